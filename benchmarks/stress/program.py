"""The command line, called in processes that are forks of this one: what takes a second to import is there already.

A fork can be given limits, closed in, stopped and killed as a program can, and leaves no trace in the others.
"""

import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO

from glut4sim.benchmarks.stress.tally import Ended

HEARD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SECONDS = 120.0  # after which a command is taken to hang


@cache
def prepare() -> None:
    """Import what commands import, and load their kernels; once, before the first fork."""
    import matplotlib.figure
    import xarray
    import zarr

    from glut4sim.sim import cli
    from glut4sim.sim.scenario.scenario import Scenario
    from glut4sim.sim.studies import exporting, running

    _ = matplotlib.figure, xarray, zarr, cli, exporting
    few = {"cell.vesicles": "9", "cell.receptors": "9", "cell.glucose_agents": "9", "run.duration": "10 s"}
    running.run(Scenario.load("fasting", few), replicates=1, threads=1)
    running.run(Scenario.load("fasting", few), mean_field=True)


class Command:
    """A command at work in a fork.

    Attributes
    ----------
    pid : its process
    seconds : how long it took, once it has ended [s]
    """

    def __init__(self, arguments: list[str], folder: Path, before: Callable[[], object] = lambda: None):
        """Begin.

        Parameters
        ----------
        arguments : as on the command line
        folder : to work in
        before : is called in the fork first, such as to set a limit
        """
        prepare()
        self._began, self.seconds = time.monotonic(), 0.0
        self._out, self._err = (tempfile.TemporaryFile() for _ in range(2))  # noqa: SIM115  `wait` closes them
        sys.stdout.flush()
        sys.stderr.flush()
        signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)  # a signal that comes too early waits for the command
        self.pid = os.fork()
        if not self.pid:
            _become(arguments, folder, before, self._out, self._err)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)

    def send(self, number: int) -> None:
        """Send it a signal."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def ended_within(self, seconds: float, number: int = signal.SIGTERM) -> Ended:
        """Its end, for which it is sent a signal when so many seconds are over."""
        timer = threading.Timer(seconds, self.send, [number])
        timer.start()
        try:
            return self.wait(seconds + SECONDS)
        finally:
            timer.cancel()

    def wait(self, seconds: float = SECONDS) -> Ended:
        """Its end; one that takes too long is killed, and counts as killed by SIGKILL."""
        deadline = time.monotonic() + seconds
        while not (ended := os.waitpid(self.pid, os.WNOHANG))[0]:
            if time.monotonic() > deadline:
                self.send(signal.SIGKILL)
            time.sleep(0.01)
        self.seconds = time.monotonic() - self._began
        said = []
        for stream in (self._out, self._err):
            stream.seek(0)
            said.append(stream.read().decode(errors="replace"))
            stream.close()
        return Ended(os.waitstatus_to_exitcode(ended[1]), *said)


def _become(arguments: list[str], folder: Path, before: Callable[[], object], out: IO, err: IO) -> None:
    """Be a command to the end of this process."""
    status = 1
    try:
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        sys.stdout = open(1, "w", encoding="utf-8")  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115  as Python has it
        for number in HEARD:
            signal.signal(number, signal.SIG_DFL if number != signal.SIGINT else signal.default_int_handler)
        os.chdir(folder)
        before()
        sys.argv = ["glut4sim", *arguments]
        from glut4sim.__main__ import program

        signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
        program()  # which ends the process
    except BaseException as error:  # noqa: BLE001  nothing may go back to whoever forked
        import traceback

        traceback.print_exception(error)
    finally:
        with suppress(Exception):
            sys.stderr.flush()
        os._exit(status)


def call(
    arguments: list[str], folder: Path, before: Callable[[], object] = lambda: None, seconds: float = SECONDS
) -> Ended:
    """A command, from its begin to its end."""
    return Command(arguments, folder, before).wait(seconds)
