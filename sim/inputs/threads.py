"""Threads where memory may end: they are begun only where there is room, and one that dies is not waited for for ever.

Python waits for a thread to say that it has begun, and pools wait for what they gave a thread to do. One that has not
even the memory to say that it fails never answers.
"""

import logging
import mmap
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress

from glut4sim.sim.inputs import memory
from glut4sim.sim.inputs.errors import OutsideError, outside_fault

ROOM = 32 * 2**20  # bytes that a thread is begun with: its stack, of 8 MiB on most systems, and what it takes first
SPARE = 4 * 2**20  # bytes that are kept to tell in
LOOK_SECONDS = 1.0  # between two looks at whether anything is computed
STILL_SECONDS = 15.0  # after which what stands still is taken to do so for ever
BUSY = 0.1  # share of one processor below which it stands still
BEGUN_BY = "in thread started by"  # Python's word on a thread that died before it had begun


def check_room() -> None:
    """OutsideError if there is no memory for another thread."""
    try:
        mmap.mmap(-1, ROOM).close()
    except OSError:
        raise OutsideError("there is not enough memory to start a thread") from None


class Pool(ThreadPoolExecutor):
    """Threads that are begun, as tasks come, where there is room; `submit` raises OutsideError where there is none."""

    def submit(self, fn: Callable, /, *args, **kwargs) -> Future:
        """As of every executor."""
        check_room()
        return super().submit(fn, *args, **kwargs)


@contextmanager
def when_one_dies(end: Callable[[BaseException], None]) -> Iterator[None]:
    """Within, a thread that dies for want of memory, what it was to do undone, calls `end` with the fault.

    `end` is to end the program: whoever waits for the thread would wait for ever. Nothing that Python, or a pool, says
    of such a fault by itself is said.
    """
    spare = [bytearray(SPARE)]
    unraisable, uncaught = sys.unraisablehook, threading.excepthook

    def died(fault: BaseException) -> None:
        spare.clear()
        end(fault)

    def on_unraisable(told) -> None:
        if BEGUN_BY in (told.err_msg or ""):
            died(told.exc_value)
        elif not isinstance(told.exc_value, MemoryError):  # which is told by what comes of it
            unraisable(told)

    def on_uncaught(told) -> None:
        if told.exc_value is not None and outside_fault(told.exc_value):
            died(told.exc_value)
        else:
            uncaught(told)

    logger, handler = logging.getLogger("concurrent.futures"), _Faults(died)
    sys.unraisablehook, threading.excepthook = on_unraisable, on_uncaught
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        sys.unraisablehook, threading.excepthook = unraisable, uncaught


@contextmanager
def when_all_stand_still(end: Callable[[BaseException], None]) -> Iterator[None]:
    """Within, if nothing is computed any more under a limit on memory that was reached, `end` is called.

    So it is where what was lost for want of memory was the answer that others wait for.
    """
    if memory.limit() is None:
        yield
        return
    check_room()
    over = threading.Event()
    threading.Thread(target=_watch, args=(over, end), name="watch", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _watch(over: threading.Event, end: Callable[[BaseException], None]) -> None:
    spare, still, before = [bytearray(SPARE)], 0, 0.0
    while not over.wait(LOOK_SECONDS):
        try:
            spent = _processor_seconds()
            still = still + 1 if spent - before < BUSY * LOOK_SECONDS else 0
            before = spent
            if still * LOOK_SECONDS < STILL_SECONDS or not memory.was_short():
                continue
        except MemoryError:
            continue
        spare.clear()
        end(MemoryError())


def _processor_seconds() -> float:
    """Spent so far by this process and those that it has started [s]."""
    import psutil

    seconds = time.process_time()
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            times = process.cpu_times()
            seconds += times.user + times.system
    return seconds


class _Faults(logging.Handler):
    """Hands on what pools log when a thread of theirs dies, or an answer of one is lost."""

    def __init__(self, take: Callable[[BaseException], None]):
        super().__init__(logging.ERROR)
        self._take = take

    def emit(self, record: logging.LogRecord) -> None:
        fault = record.exc_info[1] if record.exc_info else None
        if fault is not None and outside_fault(fault):
            self._take(fault)
