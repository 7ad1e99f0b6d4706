"""The task runner of all studies: many simulations worked off on threads, processes or a cluster (executors.py).

What a fault means is the study's to say, by what it does with a task that has ended: it may note the fault, and the
others go on (a run, a sweep), or raise it, which ends all (a suite).
"""

import traceback
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, NamedTuple, TypeVar

from glut4sim.sim.studies.executors import Workers
from glut4sim.sim.studies.options import Progress

REPORT_SECONDS = 0.1  # between two reports of progress
REFRESH_SECONDS = 0.5  # the same where other processes work, whose progress is read from disk

Key = TypeVar("Key", bound=Hashable)
Take = Callable[[Key, Future], None]


class Task(NamedTuple):
    """To be called as `work(*arguments, stop)` on one of the workers; it ends soon once `stop.is_set()`.

    Other processes get copies: there, work is a function of a module, and arguments can be pickled.
    """

    work: Callable[..., Any]
    arguments: tuple


def run_tasks(
    tasks: Mapping[Key, Task],
    workers: Workers,
    take: Take,
    done: Callable[[], float],
    total: float,
    progress: Progress | None = None,
    take_stopped: Take | None = None,
) -> None:
    """Work off tasks. They are begun in the order given, and handed over in this thread, each as it ends.

    Parameters
    ----------
    take
        called with the key and the ended future of each task. What it raises ends all
    done : how far all tasks are together [simulated s]
    total : how far they go
    progress
        called with what is done and the total, about ten times a second and at the end. What it raises ends all
    take_stopped
        called instead of `take` for tasks that were at work when all were ended; else these are dropped

    Raises
    ------
    BaseException
        Ctrl-C, or what `take` or `progress` raised, when no task is at work any more and none will begin
    """
    pause = REPORT_SECONDS if workers.shares_memory else REFRESH_SECONDS
    ended: SimpleQueue[Future] = SimpleQueue()
    keys: dict[Future, Key] = {}  # of those that were not handed over yet
    due = monotonic() + pause
    try:
        for key, task in tasks.items():
            future = workers.submit(task.work, *task.arguments)
            keys[future] = key
            future.add_done_callback(ended.put)
        while keys:
            future = _next(ended, due)
            if future is not None:
                key = keys.pop(future)
                if not (future.cancelled() and workers.is_stopped):
                    take(key, future)
            if monotonic() >= due:
                if progress:
                    progress(done(), total)
                due = monotonic() + pause
    except BaseException:
        workers.stop()
        workers.shutdown()
        for future, key in keys.items():
            if take_stopped and not future.cancelled():
                take_stopped(key, future)
        raise
    if progress:
        progress(done(), total)


def _next(ended: SimpleQueue, due: float) -> Future | None:
    """The next future that has ended, or None if there is none until it is due to look up."""
    try:
        return ended.get(timeout=max(0.0, due - monotonic()))
    except Empty:
        return None


def gather(
    tasks: Mapping[Key, Task],
    workers: Workers,
    durations: Mapping[Key, float],
    progress: Progress | None,
    reached: dict[Key, float] | None = None,
) -> dict[Key, Any]:
    """The results of all tasks, by key. A fault in one ends all, and is raised; the rest is as `run_tasks`.

    Parameters
    ----------
    durations : how far each task goes [simulated s]
    reached
        how far each is, 0 at first, for tasks that note it here themselves; the others are done or not
    """
    found: dict[Key, Any] = {}
    reached = dict.fromkeys(durations, 0.0) if reached is None else reached

    def take(key: Key, future: Future) -> None:
        if (error := fault(future)) is not None:
            raise error
        found[key], reached[key] = future.result(), durations[key]

    run_tasks(tasks, workers, take, lambda: sum(reached.values()), sum(durations.values()), progress)
    return found


def fault(future: Future) -> BaseException | None:
    """What went wrong in a task that has ended."""
    return RuntimeError("its workers were lost") if future.cancelled() else future.exception()


def describe_fault(error: BaseException) -> dict[str, str]:
    """A fault as the provenance says it."""
    lines = traceback.format_exception(error)
    return {"error": f"{type(error).__name__}: {error}", "traceback": "".join(lines)}
