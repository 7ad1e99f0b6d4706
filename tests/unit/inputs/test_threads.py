"""Where memory ends, threads are not begun, and what one leaves undone as it dies is not waited for for ever."""

import threading
from concurrent.futures import Future

import pytest

from glut4sim.sim.inputs import memory, threads
from glut4sim.sim.inputs.errors import OutsideError, outside_fault

SECONDS = 30.0  # that the tests wait in vain at most


@pytest.fixture
def told():
    """What `end` was called with, and an event for when it was."""
    faults, event = [], threading.Event()

    def end(fault):
        faults.append(fault)
        event.set()

    end.faults, end.wait = faults, lambda: event.wait(SECONDS)
    return end


def test_no_thread_is_begun_without_room_for_it(monkeypatch):
    with threads.Pool(1) as pool:
        assert pool.submit(len, "ab").result() == 2
        monkeypatch.setattr(threads, "ROOM", 2**46)
        with pytest.raises(OutsideError, match="not enough memory to start a thread"):
            pool.submit(len, "ab")


def test_a_thread_that_dies_before_it_has_begun_is_told(told):
    class Dying(threading.Thread):
        def _set_ident(self):
            raise MemoryError

    dying = Dying(daemon=True)
    with threads.when_one_dies(told):
        begins = threading.Thread(target=dying.start, daemon=True)
        begins.start()
        assert told.wait()
        assert begins.is_alive()  # Python waits
    dying._started.set()


def test_a_thread_of_a_pool_that_cannot_answer_is_told(told, monkeypatch):
    def fail(*_):
        raise MemoryError

    with threads.when_one_dies(told), threads.Pool(1) as pool:
        monkeypatch.setattr(Future, "set_result", fail)
        pool.submit(len, "ab")
        assert told.wait()
    assert [type(fault) for fault in told.faults] == [MemoryError]


def test_a_thread_that_fails_for_other_reasons_is_left_to_python(told, monkeypatch):
    def fail(error):
        raise error

    seen = []
    monkeypatch.setattr(threading, "excepthook", lambda args: seen.append(args.exc_type))
    with threads.when_one_dies(told):
        for error in (KeyError("a"), MemoryError()):
            one = threading.Thread(target=fail, args=(error,))
            one.start()
            one.join()
    assert (seen, [type(fault) for fault in told.faults]) == ([KeyError], [MemoryError])


@pytest.mark.parametrize(("spent", "short", "ends"), [(0.0, True, True), (1.0, True, False), (0.0, False, False)])
def test_what_stands_still_under_a_limit_that_was_reached_ends(told, monkeypatch, spent, short, ends):
    looks = []

    def processor_seconds():
        looks.append(spent)
        return spent * len(looks)

    monkeypatch.setattr(threads, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(threads, "STILL_SECONDS", 0.005)
    monkeypatch.setattr(threads, "_processor_seconds", processor_seconds)
    monkeypatch.setattr(memory, "limit", lambda: 2**40)
    monkeypatch.setattr(memory, "was_short", lambda: short)
    with threads.when_all_stand_still(told):
        while len(looks) < 20 and not told.faults:
            threading.Event().wait(0.001)
        assert told.faults == [] or ends
        assert not ends or told.wait()


def test_the_processor_time_of_this_process_is_seen():
    before = threads._processor_seconds()
    assert sum(range(10**6)) > 0
    assert threads._processor_seconds() > before


def test_a_limit_that_leaves_too_little_is_told_before_a_study_begins(monkeypatch):
    memory.prepare()  # without one there is nothing to tell
    monkeypatch.setattr(memory, "limit", lambda: 2**20)
    assert memory.free() == 0
    assert memory.was_short()
    with pytest.raises(OutsideError, match=r"0 MB are left within the limit of the system, and 336 MB are the least"):
        memory.prepare()
    monkeypatch.setattr(memory, "limit", lambda: 2**46)
    assert memory.free() > 2**20
    assert not memory.was_short()


@pytest.mark.parametrize(
    "error",
    [
        SystemError("<function known> returned NULL without setting an exception"),
        RuntimeError("Zstd compression error: b'Allocation error : not enough memory'"),
        ImportError("libx.so: failed to map segment from shared object"),
    ],
)
def test_other_words_for_the_same(error):
    assert outside_fault(error) == "there is not enough memory"
    assert outside_fault(type(error)("wrong")) is None
