"""Where tasks run: threads of this process, processes of this machine, or the workers of a Dask cluster.

All are executors after `concurrent.futures`: `submit(work, *arguments)` calls `work(*arguments, stop)` somewhere and
returns a Future. `stop.is_set()` tells the work that it is to end soon. dask and distributed, the extra "cluster", are
imported only here and where a scheduler is named.
"""

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from functools import cache
from multiprocessing import get_context, parent_process
from multiprocessing.context import BaseContext
from pkgutil import resolve_name
from queue import SimpleQueue
from time import monotonic
from typing import Any, Protocol
from uuid import uuid4

from glut4sim.sim.inputs.errors import InputError, OutsideError, unknown
from glut4sim.sim.inputs.threads import Pool, check_room, when_one_dies
from glut4sim.version import __version__

NAMES = ("threads", "processes")
ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]  # end a program
PRELOADED = "glut4sim.sim.studies.run.ensemble"  # the module with the imports of most tasks
CONNECT_SECONDS = 5.0  # for which a scheduler may keep silent
WORKERS_SECONDS = 60.0  # for which it may be without workers
LOOK_SECONDS = 0.5  # between two questions of the same to a scheduler
VERSION = "glut4sim.version:__version__"  # what workers are asked for
LOG = logging.getLogger(__name__)
LOGGERS = ("distributed", "distributed.client")  # of Dask's, in this process


class Stop(Protocol):
    """Whether a task is to end: an Event of this process, or what stands for it in another."""

    def is_set(self) -> bool: ...


class Workers(Executor):
    """Something to run tasks on.

    Attributes
    ----------
    count : int
        tasks that run at a time
    threads : int
        processors for each
    is_local : bool
        whether they take this machine's memory
    shares_memory : bool
        whether tasks see this process's objects, rather than copies
    is_stopped : bool
        whether they were told to stop
    """

    count: int
    threads: int
    is_local: bool
    shares_memory: bool
    is_stopped = False

    def check(self) -> None:
        """OutsideError if what they run on is gone, so that no task will end any more."""

    def stop(self) -> None:
        """Tell the tasks at work to end soon, and drop the others; `shutdown` waits for them."""
        self.is_stopped = True
        self._stop_tasks()

    def _stop_tasks(self) -> None:
        raise NotImplementedError


def choose(executor: str | None, threads: int, tasks: int) -> Workers:
    """The workers that the user wants.

    Parameters
    ----------
    executor
        "threads" (also None), "processes", or the address of a Dask scheduler such as "tcp://10.0.0.1:8786"
    threads
        processors of this machine to use, shared among as many tasks as there are
    tasks : to be expected

    Raises
    ------
    InputError
        if there is no such executor, no Dask, no scheduler that answers, or a script that cannot be imported again
    """
    count = max(1, min(tasks, threads))
    LOG.info("%d tasks, on %s; %d processors", tasks, executor or "threads", threads)
    if executor in (None, "threads"):
        return Threads(count, threads // count)
    if executor == "processes":
        return Processes(count, threads // count)
    if ":" in executor:
        return Dask(executor)
    raise unknown("executor", executor, NAMES)


class Threads(Workers):
    """Threads of this process, which the compiled kernels leave free to run side by side."""

    is_local = shares_memory = True

    def __init__(self, count: int, threads: int):
        self.count, self.threads = count, threads
        self._stop = threading.Event()
        self._pool = Pool(count, thread_name_prefix="task")

    def submit(self, work: Callable, /, *arguments) -> Future:
        return self._pool.submit(work, *arguments, self._stop)

    def _stop_tasks(self) -> None:
        self._stop.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._pool.shutdown(wait, cancel_futures=cancel_futures)


class Processes(Workers):
    """Processes of this machine. One that dies takes its task with it and no other; the next gets a new process."""

    is_local, shares_memory = True, False

    def __init__(self, count: int, threads: int):
        self.count, self.threads = count, threads
        self._context = _context()
        self._stop: Any = self._context.Event()
        self._leaders = Pool(count, thread_name_prefix="process")
        self._idle = SimpleQueue()
        with deaf():
            begun = [self._start() for _ in range(count)]
        for process, _ in begun:
            self._idle.put(process)
        try:
            begun[0][1].result()
        except BrokenProcessPool:
            self.shutdown()
            raise InputError(
                "the processes ended as they began. They import the script that starts them, which must not run all of "
                'itself again: put what it does under `if __name__ == "__main__":`, or use threads.',
                "executor",
            ) from None

    def _start(self) -> tuple[ProcessPoolExecutor, Future]:
        """A process, and a task that is done when it has begun."""
        check_room()  # for the thread that leads it
        process = ProcessPoolExecutor(1, self._context, _prepare_process, (self._stop, dict(os.environ)))
        return process, process.submit(os.getpid)

    def submit(self, work: Callable, /, *arguments) -> Future:
        return self._leaders.submit(self._lead, work, arguments)

    def _lead(self, work, arguments):
        process = self._idle.get()
        try:
            return process.submit(_in_process, work, arguments).result()
        except BrokenProcessPool:
            process, _ = self._start()
            raise OutsideError("its process was killed, perhaps for want of memory") from None
        finally:
            self._idle.put(process)

    def _stop_tasks(self) -> None:
        if self._stop is not None:
            self._stop.set()
        self._leaders.shutdown(wait=False, cancel_futures=True)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._leaders.shutdown(wait, cancel_futures=cancel_futures)
        while not self._idle.empty():
            self._idle.get().shutdown(wait)
        self._stop = None  # its semaphores go with it: the program may end without taking its objects down


@cache
def _context() -> BaseContext:
    """How processes begin: as forks of a server that has imported what tasks need, which takes milliseconds each.

    Elsewhere than on Linux, where libraries of the system may not survive a fork, each imports it itself. The server
    must have no threads at work when it forks: what is imported there starts none but those of numpy's linear algebra,
    which ends them before a fork.
    """
    if sys.platform != "linux":
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload([PRELOADED])
    return context


_stop_of_process = None  # in a process of Processes: its Event


def _prepare_process(stop, environment: Mapping[str, str]) -> None:
    """What a process of Processes does first. A forked one has the environment of its server, perhaps an older one."""
    global _stop_of_process
    _stop_of_process = stop
    if environment != os.environ:
        os.environ.clear()
        os.environ.update(environment)
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)  # it is for the first process to stop this one

    def follow():
        if (parent := parent_process()) is not None:
            parent.join()
        os._exit(1)

    check_room()
    threading.Thread(target=follow, daemon=True).start()  # or it would write on when that one was killed


def _in_process(work, arguments):
    with when_one_dies(lambda _: os._exit(1)):
        return work(*arguments, _stop_of_process)


@contextmanager
def deaf() -> Iterator[None]:
    """Processes that are started within ignore what ends this one from their first moment: it is for it to stop them.

    A terminal, and what runs jobs on a cluster, send Ctrl-C and the like to all of them.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Dask(Workers):
    """The workers of a Dask cluster. When one dies, its tasks begin anew on another."""

    is_local = shares_memory = False
    threads = 1

    def __init__(self, address: str):
        place = self._place = f"--scheduler {address}"
        try:
            import distributed
        except ImportError:
            raise InputError("needs Dask; install it with: pip install 'glut4sim[cluster]'", place=place) from None
        try:
            self._client: Any = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError):
            raise InputError(
                "expected the address of a Dask scheduler, but none answers; start one with: dask scheduler",
                place=place,
            ) from None
        try:
            self._client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except TimeoutError:
            self._client.close()
            raise InputError(
                f"this scheduler has no workers; start some with: dask worker {address}", place=place
            ) from None
        self._check_package()
        self.count = sum(self._client.nthreads().values())
        self._seen = monotonic()  # when there were workers
        self._levels = {logger: logger.level for logger in map(logging.getLogger, LOGGERS)}
        for logger in self._levels:
            logger.setLevel(logging.CRITICAL + 1)  # `check` says it in one line
        self._executor = self._client.get_executor(pure=False)
        self._stop = distributed.Event(f"glut4sim-{uuid4()}", client=self._client)

    def _check_package(self) -> None:
        """InputError if a worker cannot import this program: it would die of the first task, and say nothing."""
        found = self._client.run(resolve_name, VERSION, on_error="return")
        for worker, version in sorted(found.items()):
            if version != __version__:
                self._client.close()
                has = f"glut4sim {version}" if isinstance(version, str) else f"no glut4sim ({version})"
                raise InputError(
                    f"the worker {worker} has {has}; install glut4sim {__version__} where it runs.", place=self._place
                )

    def submit(self, work: Callable, /, *arguments) -> Future:
        self.check()
        return self._executor.submit(_on_worker, __version__, self._stop.name, work, arguments)

    def check(self) -> None:
        if not self._is_connected:  # if it connects again, its tasks are lost all the same
            raise OutsideError(f"{self._place}: the scheduler is gone")
        if monotonic() - self._seen > LOOK_SECONDS and self._has_workers():
            self._seen = monotonic()
        if monotonic() - self._seen > WORKERS_SECONDS:
            raise OutsideError(f"{self._place}: this scheduler has had no workers for {WORKERS_SECONDS:g} s")

    @property
    def _is_connected(self) -> bool:
        return self._client.status == "running"

    def _has_workers(self) -> bool:
        try:
            return self._is_connected and bool(self._client.nthreads())
        except OSError:  # the connection breaks at this moment, and `check` says so the next time
            return False

    def _stop_tasks(self) -> None:
        with suppress(OSError):  # as above
            if self._is_connected:
                self._stop.set()  # and those that wait end as they begin, so that no task is left behind at work

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if self._is_connected:
            self._executor.shutdown(wait and self._has_workers())  # without workers, no task would ever end
        self._client.close()
        for logger, level in self._levels.items():
            logger.setLevel(level)


def _on_worker(version, stop, work, arguments):
    if version != __version__:
        raise RuntimeError(f"this worker has glut4sim {__version__}, the run {version}; install the same")
    return work(*arguments, _DaskStop(stop))


class _DaskStop:
    """The stop sign of a run, seen from a worker."""

    def __init__(self, name: str):
        from distributed import Event

        self._event, self._is_set, self._looked = Event(name), False, 0.0

    def is_set(self) -> bool:
        if not self._is_set and monotonic() - self._looked > LOOK_SECONDS:
            self._is_set, self._looked = bool(self._event.is_set()), monotonic()
        return self._is_set
