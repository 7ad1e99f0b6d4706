"""An engine goes on from a checkpoint as if it had never stopped."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glut4sim.sim.model.engine import Engine
from glut4sim.sim.results import checkpoint
from glut4sim.sim.scenario.scenario import Scenario

STEPS = 700
SCENARIO = Scenario.from_table(
    {
        "cell": {"vesicles": 150, "receptors": 200, "glucose_agents": 3000, "receptors_cv": 0.3},
        "bath": {"insulin": [["0 s", "1 nM"], ["20 s", "100 nM"], ["50 s", "0 nM"]]},
        "run": {"duration": "70 s", "step": "0.1 s"},
    }
)


def engine(scenario=SCENARIO, **arguments):
    return Engine(scenario, seed=11, replicate=2, **arguments)


@pytest.fixture(scope="module")
def uninterrupted():
    whole = engine(log_events=True)
    return whole.advance(STEPS), whole.state(), whole.take_events()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, STEPS), min_size=1, max_size=4), st.sampled_from([1, 2]))
def test_bits_are_those_of_an_uninterrupted_run(tmp_path_factory, uninterrupted, stops, threads):
    trace, state, events = uninterrupted
    path = checkpoint.path_of(tmp_path_factory.mktemp("run"), 2)
    rows, logs, done = [], [], 0
    now = engine(log_events=True)
    for stop in [*sorted(stops), STEPS]:
        if stop > done:
            rows.append(now.advance(stop - done))
            logs.append(now.take_events())
            done = stop
        checkpoint.save(path, now)
        now = engine(threads=threads, log_events=True)  # all else is lost
        assert checkpoint.load(path, now) is not None
    for name, array in now.state().items():
        assert np.array_equal(array, state[name]), name
    for column, parts in zip(trace, zip(*rows)):
        assert np.array_equal(column, np.concatenate(parts))
    for column, parts in zip(events, zip(*logs)):
        assert np.array_equal(column, np.concatenate(parts))


@pytest.mark.parametrize("lost", ["vesicle.state", "receptor.draws", "signals", "glut4_surface", "vesicle.x"])
def test_every_part_of_the_state_matters(uninterrupted, lost):
    _, whole, _ = uninterrupted
    now = engine()
    now.advance(300)
    state, fresh = now.state(), engine().state()
    state[lost] = fresh[lost]
    again = engine()
    again.restore(state)
    again.advance(STEPS - 300)
    assert any(not np.array_equal(array, whole[name]) for name, array in again.state().items() if name != "due")


def test_no_file_is_no_checkpoint(tmp_path):
    fresh = engine()
    assert checkpoint.load(tmp_path / "none.npz", fresh) is None
    assert fresh.step == 0


def test_a_damaged_file_or_another_cell_is_refused(tmp_path):
    path = checkpoint.path_of(tmp_path, 2)
    checkpoint.save(path, engine())
    other = SCENARIO.model_copy(update={"cell": SCENARIO.cell.model_copy(update={"vesicles": 151})})
    with pytest.raises(ValueError, match=r"does not fit this engine: vesicle\."):
        checkpoint.load(path, engine(other))
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ValueError, match="cannot be read"):
        checkpoint.load(path, engine())


def test_a_draft_that_was_not_finished_leaves_the_last_checkpoint(tmp_path, monkeypatch):
    path, now = checkpoint.path_of(tmp_path, 2), engine()
    checkpoint.save(path, now)
    now.advance(50)

    def fail(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="no space"):
        checkpoint.save(path, now)
    again = engine()
    assert checkpoint.load(path, again) is not None
    assert again.step == 0
