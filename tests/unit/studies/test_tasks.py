"""The task runner: order, what a fault does, Ctrl-C, results by key, and nobody left at work."""

import json
import os
import signal
import threading
import time
from concurrent.futures import Future
from types import SimpleNamespace

import pytest

from glut4sim.sim.inputs.errors import OutsideError
from glut4sim.sim.studies import executors, tasks
from glut4sim.sim.studies.tasks import Task, describe_fault, fault, gather, run_tasks


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(tasks, "REPORT_SECONDS", 0.01)
    monkeypatch.setattr(tasks, "REFRESH_SECONDS", 0.01)


def square(number, stop):
    return number * number


def square_or_fail(number, stop):
    if number == 2:
        raise ArithmeticError("no square of 2")
    return number * number


def wait(number, began, stop):
    """Goes on until it is told to stop."""
    began.append(number)
    while not stop.is_set():
        time.sleep(0.001)
    return number


def left_at_work():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("task")]


def run(work, numbers, workers, take, progress=None, **more):
    """Tasks of a second each."""
    ended = []

    def note(key, future):
        ended.append(key)
        take(key, future)

    run_tasks(
        {n: Task(work, (n,)) for n in numbers}, workers, note, lambda: float(len(ended)), len(numbers), progress, **more
    )


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_results_come_by_key_wherever_they_are_computed(kind):
    told = []
    with executors.choose(kind, 2, 9) as workers:
        found = gather(
            {n: Task(square, (n,)) for n in range(9)}, workers, dict.fromkeys(range(9), 10.0),
            lambda *call: told.append(call),
        )  # fmt: skip
    assert found == {n: n * n for n in range(9)}
    assert told[-1] == (90.0, 90.0)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert {total for _, total in told} == {90.0}


def test_tasks_are_begun_in_the_order_given_and_handed_over_in_this_thread():
    begun, taken_in = [], set()

    def note(number, stop):
        begun.append(number)

    with executors.choose("threads", 1, 5) as workers:
        run(note, [3, 1, 4, 0, 5], workers, lambda *_: taken_in.add(threading.current_thread()))
    assert begun == [3, 1, 4, 0, 5]
    assert taken_in == {threading.main_thread()}


def test_each_is_handed_over_as_it_ends():
    """The second while the first is at work, which ends only then."""
    second = threading.Event()

    def work(number, stop):
        if number == 1:
            assert second.wait(20.0)

    taken = []

    def take(number, future):
        assert future.exception() is None
        taken.append(number)
        second.set()

    with executors.choose("threads", 2, 2) as workers:
        run(work, [1, 2], workers, take)
    assert taken == [2, 1]


def test_progress_is_told_while_they_are_at_work_but_not_too_often(monkeypatch):
    monkeypatch.setattr(tasks, "REPORT_SECONDS", 0.05)
    told = []

    def work(number, stop):
        time.sleep(0.001)

    began = time.perf_counter()
    with executors.choose("threads", 2, 300) as workers:
        run(work, range(300), workers, lambda *_: None, lambda *call: told.append(call))
    took = time.perf_counter() - began
    assert 2 <= len(told) <= took / 0.05 + 1
    assert told[-1] == (300.0, 300)


def test_no_tasks_are_done_at_once():
    told = []
    with executors.choose("threads", 2, 0) as workers:
        run(square, [], workers, pytest.fail, lambda *call: told.append(call))
    assert told == [(0.0, 0)]


# ---- batches ----


@pytest.fixture
def batches(monkeypatch):
    """How many tasks went to the workers at a time."""
    sizes, work_off = [], tasks._work_off

    def note(batch, copies, stop):
        sizes.append(len(batch))
        return work_off(batch, copies, stop)

    monkeypatch.setattr(tasks, "_work_off", note)
    return sizes


def test_small_tasks_go_together_and_the_last_are_shared_out(batches):
    taken = []
    with executors.choose("threads", 2, 1000) as workers:
        run(square, range(1000), workers, lambda key, future: taken.append((key, future.result())))
    assert sorted(taken) == [(n, n * n) for n in range(1000)]
    assert batches[:4] == [1, 1, 1, 1]  # before anything is known of them
    assert max(batches) >= 64
    assert all(later <= tasks.GROWTH * max(batches[:k]) for k, later in enumerate(batches) if k)
    assert batches[-1] == 1
    assert len(batches) < 60


def test_long_tasks_go_alone(batches, monkeypatch):
    monkeypatch.setattr(tasks, "BATCH_SECONDS", 0.02)
    with executors.choose("threads", 2, 20) as workers:
        run(lambda number, stop: time.sleep(0.03), range(20), workers, lambda *_: None)
    assert batches == [1] * 20


@pytest.fixture
def batches_at_a_time(monkeypatch):
    """How many batches were under way whenever more could be sent."""
    found, submit = [], tasks._Batches.submit

    def note(self):
        is_left = submit(self)
        found.append(len(self._under_way))
        return is_left

    monkeypatch.setattr(tasks._Batches, "submit", note)
    return found


def compute(number, stop):
    """Takes 5 ms of the processor, whatever else it does."""
    end = time.thread_time() + 0.005
    while time.thread_time() < end:
        pass


def test_very_brief_tasks_on_threads_are_sent_a_batch_at_a_time(batches_at_a_time, monkeypatch):
    """Two threads would only wait for each other's lock."""
    monkeypatch.setattr(tasks, "BATCH_SECONDS", 0.02)
    monkeypatch.setattr(tasks, "LOCKED", 1e9)  # others at work on the machine must not make them seem to wait
    with executors.choose("threads", 2, 5000) as workers:
        run(square, range(5000), workers, lambda *_: None)
    known = batches_at_a_time[tasks.UNDER_WAY * 2 :]
    assert len(known) > 3
    assert max(known) == 1


@pytest.mark.parametrize("work", [compute, lambda number, stop: time.sleep(0.02)], ids=["longer", "waiting"])
def test_other_tasks_on_threads_keep_all_workers_busy(work, batches_at_a_time, monkeypatch):
    monkeypatch.setattr(tasks, "BATCH_SECONDS", 0.02)
    with executors.choose("threads", 2, 30) as workers:
        run(work, range(30), workers, lambda *_: None)
    assert batches_at_a_time[5:15] == [tasks.UNDER_WAY * 2] * 10


def test_very_brief_tasks_that_share_no_memory_keep_all_workers_busy(batches_at_a_time, monkeypatch):
    monkeypatch.setattr(tasks, "BATCH_SECONDS", 0.005)
    monkeypatch.setattr(executors.Threads, "shares_memory", False)
    with executors.choose("threads", 2, 5000) as workers:
        run(square, range(5000), workers, lambda *_: None)
    assert set(batches_at_a_time[5:15]) == {tasks.UNDER_WAY * 2}


def test_what_a_batch_has_no_time_for_is_handed_back(batches, monkeypatch):
    """The first are quick, so that many go together; then they are slow."""
    monkeypatch.setattr(tasks, "BATCH_SECONDS", 0.05)
    begun, taken = [], []

    def work(number, stop):
        begun.append(number)
        time.sleep(0.0 if number < 100 else 0.02)

    with executors.choose("threads", 1, 140) as workers:
        run(work, range(140), workers, lambda key, future: taken.append(key))
    assert sorted(begun) == sorted(taken) == list(range(140))
    assert sum(batches) > 140


def test_few_tasks_exist_at_a_time(monkeypatch):
    """Each is made when it is begun, and what it returns is not kept."""

    monkeypatch.setattr(tasks, "BATCH_SECONDS", 0.05)

    class Work:
        alive = most = 0

        def __init__(self, number):
            self.number = number
            Work.alive += 1
            Work.most = max(Work.most, Work.alive)

        def __call__(self, stop):
            time.sleep(0.001)
            return self

        def __del__(self):
            Work.alive -= 1

    taken = []
    with executors.choose("threads", 2, 2000) as workers:
        made = tasks.TasksToMake(range(2000), lambda number: Task(Work(number), ()))
        run_tasks(made, workers, lambda key, future: taken.append(future.result().number), lambda: 0.0, 1.0)
    assert sorted(taken) == list(range(2000))
    assert Work.most < 600


def die_at_2(number, stop):
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_of_a_batch_whose_process_dies_only_the_one_to_blame_is_lost(monkeypatch):
    monkeypatch.setattr(tasks._Batches, "_next_batch", take_all_at_once(tasks._Batches._next_batch))
    ended = {}
    with executors.choose("processes", 1, 4) as workers:
        run(die_at_2, range(4), workers, ended.__setitem__)
    assert {key: ended[key].result() for key in (0, 1, 3)} == {0: 0, 1: 1, 3: 3}
    assert "process was killed" in str(fault(ended[2]))


def take_all_at_once(next_batch):
    def taken(batches):
        batches._size = 1e9
        batches._workers.count, count = 0.25, batches._workers.count
        try:
            return next_batch(batches)
        finally:
            batches._workers.count = count

    return taken


class Unsendable(Exception):
    def __init__(self, one, two):
        super().__init__(one)


def raise_unsendable(number, stop):
    raise Unsendable("it", "said")


def test_a_fault_that_cannot_be_sent_is_told_all_the_same():
    ended = {}
    with executors.choose("processes", 1, 2) as workers:
        run(raise_unsendable, range(2), workers, ended.__setitem__)
    for future in ended.values():
        told = describe_fault(fault(future))
        assert told["error"] == "RuntimeError: Unsendable: it"
        assert "in raise_unsendable" in told["traceback"]


# ---- what a fault does is the study's to say ----


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_a_fault_that_is_noted_leaves_the_others(kind):
    ended = {}
    with executors.choose(kind, 2, 4) as workers:
        run(square_or_fail, range(4), workers, ended.__setitem__)
    faults = {key: fault(future) for key, future in ended.items()}
    assert {key for key, error in faults.items() if error is not None} == {2}
    assert [ended[key].result() for key in (0, 1, 3)] == [0, 1, 9]
    told = describe_fault(faults[2])
    assert told["error"] == "ArithmeticError: no square of 2"
    assert "in square_or_fail" in told["traceback"]
    assert json.dumps(told)


def test_a_fault_that_is_raised_ends_all():
    begun = []

    def work(number, stop):
        if number == 0:
            raise ArithmeticError("no")
        return wait(number, begun, stop)

    with executors.choose("threads", 2, 50) as workers, pytest.raises(ArithmeticError, match="no"):
        gather({n: Task(work, (n,)) for n in range(50)}, workers, dict.fromkeys(range(50), 1.0), None)
    assert sorted(begun) in ([1], [1, 2])  # and those that had not begun never did
    assert not left_at_work()


def test_workers_that_are_gone_end_all(monkeypatch):
    """Which are asked for when nothing ends."""

    def check(_):
        raise OutsideError("the scheduler is gone")

    monkeypatch.setattr(executors.Threads, "check", check)
    begun: list[int] = []
    work = {n: Task(wait, (n, begun)) for n in range(50)}
    with executors.choose("threads", 2, 50) as workers, pytest.raises(OutsideError, match="the scheduler is gone"):
        gather(work, workers, dict.fromkeys(work, 1.0), None)
    assert len(begun) <= 2
    assert not left_at_work()


@pytest.mark.parametrize("connected", [True, False])
def test_a_scheduler_that_is_gone_or_has_no_workers(monkeypatch, connected):
    clock, threads = [0.0], {"tcp://a:2": 1}
    monkeypatch.setattr(executors, "monotonic", lambda: clock[0])
    dask = executors.Dask.__new__(executors.Dask)
    dask._place, dask._seen, dask._levels = "--scheduler tcp://a:1", 0.0, {}
    ended = []
    dask._executor = SimpleNamespace(shutdown=ended.append)
    dask._client = SimpleNamespace(status="running", nthreads=lambda: threads, close=lambda: ended.append("closed"))
    for clock[0] in (10.0, 2.0 * executors.WORKERS_SECONDS):
        dask.check()
    if connected:
        threads.clear()
        clock[0] += 0.9 * executors.WORKERS_SECONDS
        dask.check()
        clock[0] += 0.2 * executors.WORKERS_SECONDS
        said = "has had no workers for 60 s"
    else:
        dask._client.status = "connecting"
        said = "the scheduler is gone"
    with pytest.raises(OutsideError, match=f"^--scheduler tcp://a:1: .*{said}$"):
        dask.submit(print)
    dask.shutdown()
    assert ended == ([False, "closed"] if connected else ["closed"])  # and waits for no task


def test_lost_workers_are_a_fault():
    future = Future()
    future.cancel()
    assert str(fault(future)) == "its workers were lost"


# ---- Ctrl-C ----


def stop(done, total):
    raise KeyboardInterrupt


def test_ctrl_c_ends_all_before_it_goes_on():
    begun, taken, left = [], [], []

    def at_work(number, stop):
        return wait(number, begun, stop)

    def take_stopped(number, future):
        assert not left_at_work()
        left.append((number, future.result()))

    workers = executors.choose("threads", 2, 5)
    with pytest.raises(KeyboardInterrupt):
        run(at_work, range(5), workers, lambda key, _: taken.append(key), stop, take_stopped=take_stopped)
    assert not left_at_work()
    assert sorted(begun) == [0, 1]
    assert taken == []
    assert sorted(left) == [(0, 0), (1, 1)]  # what the tasks at work had reached, and nothing of the others


def test_what_was_stopped_is_dropped_where_nobody_wants_it():
    with executors.choose("threads", 2, 5) as workers, pytest.raises(KeyboardInterrupt):
        run(lambda number, stop: wait(number, [], stop), range(5), workers, pytest.fail, stop)


def test_workers_that_someone_else_stops_hand_over_only_what_had_begun():
    begun, taken = [], []

    def at_work(number, stop):
        return wait(number, begun, stop)

    with executors.choose("threads", 1, 3) as workers:
        threading.Timer(0.05, workers.stop).start()
        run(at_work, range(3), workers, lambda key, future: taken.append(future.result()))
    assert begun == taken == [0]
