"""Programs that tests start, wait for and stop, however busy the machine is."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

PATIENCE = 300.0  # s until a test gives up on what takes a few on a quiet machine
# In the environment where `make coverage` counts what programs do: they take longer.
COUNTED = "COVERAGE_PROCESS_CONFIG"


def start(*arguments, **options) -> subprocess.Popen:
    """Start Python with these arguments; the options are those of Popen.

    It hears Ctrl-C even where the tests themselves do not: what a shell starts in the background ignores it, and so
    does all that is started from there.
    """
    with _hearing():
        return subprocess.Popen([sys.executable, *map(str, arguments)], **options)


@contextmanager
def _hearing() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def wait_until(condition: Callable[[], object], process: subprocess.Popen | None = None, every: float = 0.01) -> None:
    """Wait for a condition, looking every so many seconds.

    AssertionError where it takes too long, or where the process that is to bring it about has ended.
    """
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if process is not None and process.poll() is not None:
            said = process.stderr.read() if process.stderr else ""
            raise AssertionError(f"the process ended with {process.returncode}: {said}")
        assert time.monotonic() < deadline, f"waited {PATIENCE:g} s in vain"
        time.sleep(every)


def has_ended(pid: int) -> bool:
    """Whether a process is no more, or is only waiting for its parent to take note."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
