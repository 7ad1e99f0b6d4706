"""The task runner of all studies: many simulations worked off on threads, processes or a cluster (executors.py).

What a fault means is the study's to say, by what it does with a task that has ended: it may note the fault, and the
others go on (a run, a sweep), or raise it, which ends all (a suite).

Small tasks go to workers in batches of about a second, by what the last ones took: a message to a worker and back costs
as much as a small run. Few batches are under way at a time, so that memory does not grow with the number of tasks.
Of very brief tasks that share this process, one batch is under way: their threads would only wait for Python's lock.
"""

import pickle
import traceback
from collections import deque
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from itertools import islice
from queue import Empty, SimpleQueue
from time import monotonic, perf_counter, thread_time
from typing import Any, Generic, NamedTuple, TypeVar

from glut4sim.sim.inputs.errors import OutsideError
from glut4sim.sim.studies.executors import Stop, Workers
from glut4sim.sim.studies.options import Progress

REPORT_SECONDS = 0.1  # between two reports of progress
REFRESH_SECONDS = 0.5  # the same where other processes work, whose progress is read from disk
BATCH_SECONDS = 1.0  # that a batch shall take; after twice as much, its worker hands back what it has not begun
GROWTH = 4  # times the tasks of a batch, those of a later one at most
UNDER_WAY = 2  # batches for each worker: one at work and one that waits
BRIEF_SECONDS = 0.004  # of processor time: of a task that takes less, a good part holds Python's lock
LOCKED = 4  # times the processor time, that a brief task may take in all: it waits for the lock, not for a disk

Key = TypeVar("Key", bound=Hashable)
Take = Callable[[Key, Future], None]


class Task(NamedTuple):
    """To be called as `work(*arguments, stop)` on one of the workers; it ends soon once `stop.is_set()`.

    Other processes get copies: there, work is a function of a module, and arguments can be pickled. What several tasks
    share is sent once for all that go together.
    """

    work: Callable[..., Any]
    arguments: tuple


class TasksToMake(Mapping[Key, Task]):
    """Tasks by key, each made when it is begun, so that very many take no memory."""

    def __init__(self, keys: Collection[Key], make: Callable[[Key], Task]):
        self._keys, self._make = keys, make

    def __getitem__(self, key: Key) -> Task:
        return self._make(key)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def run_tasks(
    tasks: Mapping[Key, Task],
    workers: Workers,
    take: Take,
    done: Callable[[], float],
    total: float,
    progress: Progress | None = None,
    take_stopped: Take | None = None,
) -> None:
    """Work off tasks. They are begun in the order given, and handed over in this thread, soon after each has ended.

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
    batches = _Batches(tasks, workers)
    due = monotonic() + pause
    try:
        while batches.submit():
            for key, future in batches.next_ended(due):
                take(key, future)
            if monotonic() >= due:
                if progress:
                    progress(done(), total)
                due = monotonic() + pause
    except BaseException:
        workers.stop()
        workers.shutdown()
        if take_stopped:
            for key, future in batches.stopped():
                take_stopped(key, future)
        raise
    if progress:
        progress(done(), total)


class _Batches(Generic[Key]):
    """Tasks on their way to workers and back.

    A batch whose worker dies is begun again task by task, so that the fault is that of the one task that is to blame.
    """

    def __init__(self, tasks: Mapping[Key, Task], workers: Workers):
        self._workers = workers
        self._new, self._left = iter(tasks.items()), len(tasks)  # of which none was begun; how many
        self._handed_back: deque[tuple[Key, Task]] = deque()
        self._alone: deque[tuple[Key, Task]] = deque()  # of a batch whose worker died
        self._size = 1.0  # of the next batch
        self._is_brief = False  # whether a task took less than BRIEF_SECONDS in the last batch
        self._under_way: dict[Future, Sequence[tuple[Key, Task]]] = {}
        self._ended: SimpleQueue[Future] = SimpleQueue()

    def submit(self) -> bool:
        """Send more batches, where there is room; returns whether any is under way."""
        most = 1 if self._is_brief and self._workers.shares_memory else UNDER_WAY * self._workers.count
        while len(self._under_way) < most and not self._workers.is_stopped:
            batch = self._next_batch()
            if not batch:
                break
            submit: Callable[..., Future] = self._workers.submit
            future = submit(_work_off, [task for _, task in batch], not self._workers.shares_memory)
            self._under_way[future] = batch
            future.add_done_callback(self._ended.put)
        return bool(self._under_way)

    def _next_batch(self) -> Sequence[tuple[Key, Task]]:
        if self._alone:
            return [self._alone.popleft()]
        waiting = len(self._handed_back) + self._left
        share = waiting / (UNDER_WAY * self._workers.count)  # at the end there is something for everyone
        size = max(1, int(min(self._size, share)))
        batch = [self._handed_back.popleft() for _ in range(min(size, len(self._handed_back)))]
        fresh = list(islice(self._new, size - len(batch)))
        self._left -= len(fresh)
        return batch + fresh

    def next_ended(self, due: float) -> list[tuple[Key, Future]]:
        """The tasks of the next batch that has ended; none if there is none until it is due to look up."""
        try:
            future = self._ended.get(timeout=max(0.0, due - monotonic()))
        except Empty:
            self._workers.check()
            return []
        if future.cancelled() and not self._workers.is_stopped:
            self._workers.check()
        batch = self._under_way.pop(future)
        if future.cancelled() and self._workers.is_stopped:
            return []
        if future.cancelled() or future.exception() is not None:
            if len(batch) == 1:
                return [(batch[0][0], future)]
            self._alone.extend(batch)
            return []
        outcomes, seconds, processor = future.result()
        self._is_brief = max(processor, seconds / LOCKED) < BRIEF_SECONDS * len(outcomes)
        if not self._workers.is_stopped:
            self._handed_back.extendleft(reversed(batch[len(outcomes) :]))
        self._size = max(1.0, min(GROWTH * len(outcomes), BATCH_SECONDS * len(outcomes) / max(seconds, 1e-9)))
        return [(key, outcome.as_future()) for (key, _), outcome in zip(batch, outcomes)]

    def stopped(self) -> Iterator[tuple[Key, Future]]:
        """The tasks that were at work when the workers were stopped, once these are shut down."""
        for future, batch in self._under_way.items():
            if future.cancelled():
                continue
            if future.exception() is not None:
                yield from ((key, future) for key, _ in batch)
            else:
                yield from ((key, outcome.as_future()) for (key, _), outcome in zip(batch, future.result()[0]))


class _Outcome(NamedTuple):
    """What a task returned, or the fault in it."""

    value: Any
    fault: Exception | None

    def as_future(self) -> Future:
        """As if it had been submitted alone."""
        future = Future()
        if self.fault is None:
            future.set_result(self.value)
        else:
            future.set_exception(self.fault)
        return future


def _work_off(batch: Sequence[Task], copies: bool, stop: Stop) -> tuple[list[_Outcome], float, float]:
    """On a worker: the outcomes of a batch, or of its first tasks if it takes too long or is stopped; the time that
    they took [s], and that of the processor.

    copies : whether they go to another process, where a fault comes without its traceback, if it comes at all
    """
    began, processor, outcomes = perf_counter(), thread_time(), []
    for task in batch:
        if outcomes and (stop.is_set() or perf_counter() - began > 2.0 * BATCH_SECONDS):
            break
        try:
            outcomes.append(_Outcome(task.work(*task.arguments, stop), None))
        except Exception as error:  # noqa: BLE001  whatever it is, the others of the batch have no part in it
            outcomes.append(_Outcome(None, portable(error) if copies else error))
    return outcomes, perf_counter() - began, thread_time() - processor


def portable(error: Exception) -> Exception:
    """A fault that can be sent, and tells where it happened."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001  pickling calls what code it finds
        error = RuntimeError(f"{type(error).__name__}: {error}").with_traceback(error.__traceback__)
    error.add_note("".join(traceback.format_tb(error.__traceback__)))
    return error


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
    return OutsideError("its workers were lost") if future.cancelled() else future.exception()


def describe_fault(error: BaseException) -> dict[str, str]:
    """A fault as the provenance says it."""
    lines = traceback.format_exception(error)
    return {"error": f"{type(error).__name__}: {error}", "traceback": "".join(lines)}
