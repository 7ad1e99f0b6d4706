"""What waits to be written comes out whole, once, and in order."""

import numpy as np

from glut4sim.sim.model.step_records import Events
from glut4sim.sim.results.backlog import Backlog


def records(*numbers):
    return {"insulin": np.array(numbers, float), "vesicles": np.array([[n, -n] for n in numbers], float)}


def events(*times):
    n = len(times)
    return Events(np.array(times), np.arange(n), np.zeros(n, np.uint8), np.zeros((n, 3)), np.ones(n, np.int32))


def test_records_are_taken_once():
    backlog = Backlog(1.0)
    backlog.add_records(records(0, 1))
    backlog.add_records(records(2))
    assert backlog.records_waiting == 3
    taken = backlog.take_records(7.0)
    assert taken["insulin"].tolist() == [0.0, 1.0, 2.0]
    assert taken["vesicles"].shape == (3, 2)
    assert (backlog.records_waiting, backlog.flushed_at) == (0, 7.0)
    assert backlog.take_records(8.0) == {}
    assert backlog.flushed_at == 8.0


def test_events_are_taken_in_part():
    backlog = Backlog(0.0)
    assert len(backlog.take_events(0).time) == 0
    for times in ((1.0, 2.0), (3.0,), (4.0, 5.0)):
        backlog.add_events(events(*times))
    assert backlog.events_waiting == 5
    assert backlog.take_events(3).time.tolist() == [1.0, 2.0, 3.0]
    backlog.add_events(events(6.0))
    assert backlog.events_waiting == 3
    rest = backlog.take_events(3)
    assert rest.time.tolist() == [4.0, 5.0, 6.0]
    assert rest.position.shape == (3, 3)
    assert backlog.events_waiting == 0


def test_what_was_written_before_counts():
    backlog = Backlog(0.0, records_written=7, events_written=9)
    backlog.add_records(records(7))
    assert (backlog.records_written, backlog.events_written, backlog.records_waiting) == (7, 9, 1)
