"""When records, events and checkpoints are due: decisions that need neither disk nor clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glut4sim.sim.results.flush_policy import CheckpointPolicy, FlushPolicy

POLICY = FlushPolicy(seconds=5.0, records=100, events=10)


@pytest.mark.parametrize(
    ("seconds", "records", "due"), [(0.0, 0, False), (4.9, 99, False), (5.0, 0, True), (0.0, 100, True)]
)
def test_all_is_due_by_time_or_by_number(seconds, records, due):
    assert POLICY.is_due(seconds, records) == due


def test_by_default_chunks_are_written_whole():
    from glut4sim.sim.results import event_store, series_store

    assert FlushPolicy() == (5.0, series_store.CHUNK_RECORDS, event_store.CHUNK_EVENTS)


@given(st.integers(0, 10**6), st.integers(0, 10**4))
def test_events_are_written_to_the_brim_of_a_chunk(written, waiting):
    count = POLICY.full_chunks(written, waiting)
    assert 0 <= count <= waiting
    if waiting < 10:
        assert count == 0
    else:
        assert (written + count) % 10 == 0
        assert waiting - count < 10


def test_checkpoints_are_due_in_steps():
    policy = CheckpointPolicy.every(37.0, steps=1000, step=0.1)
    assert policy.between == 370
    assert [done for done in range(1001) if policy.is_due(done)] == [0, 370, 740]
    assert [policy.steps_left(done) for done in (0, 1, 370, 739, 740, 999)] == [370, 369, 370, 1, 260, 1]


def test_no_two_checkpoints_in_a_step_and_none_at_the_end():
    policy = CheckpointPolicy.every(0.01, steps=3, step=0.1)
    assert [policy.is_due(done) for done in (1, 2, 3)] == [True, True, False]


def test_without_checkpoints_there_is_only_the_end():
    policy = CheckpointPolicy.every(None, steps=1000, step=0.1)
    assert not any(map(policy.is_due, range(1001)))
    assert policy.steps_left(300) == 700
