"""The frames of the dashboard: what is packed is what the engine holds."""

import json
import re

import numpy as np
import pytest

from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.sim.dashboard import frames
from glut4sim.sim.model.engine import Engine
from tests.support import ROOT, small_scenario
from tests.unit.model.test_membranes import FIBRE, SLICE, scenario_of

SIZES = {"vesicles": 700, "receptors": 300, "glucose_agents": 2_000}


@pytest.fixture(scope="module")
def engine():
    engine = Engine(small_scenario(100.0, step=0.5, **SIZES), seed=1)
    engine.advance(400)
    return engine


def unpacked(buffers):
    positions, states, receptors = buffers
    return (
        np.frombuffer(positions, np.uint16).reshape(-1, 3),
        np.frombuffer(states, np.uint8),
        np.frombuffer(receptors, np.uint8),
    )


def test_positions_come_back_to_half_a_step_of_the_grid(engine):
    positions, states, _ = unpacked(frames.pack(engine)[1])
    v, radius = engine.vesicles, engine.parameters.vesicle.cell_radius
    step = 2.0 * radius / 65_535
    back = positions * step - radius
    np.testing.assert_allclose(back, np.column_stack([v.x, v.y, v.z]), atol=0.51 * step)
    np.testing.assert_array_equal(states, v.state)


def test_what_rounding_puts_outside_the_cell_does_not_wrap_to_its_other_side():
    engine = Engine(small_scenario(**SIZES), seed=1)
    v, radius = engine.vesicles, np.float32(engine.parameters.vesicle.cell_radius)
    v.x[:3] = [radius, np.nextafter(radius, np.float32(np.inf)), radius * np.float32(1.00001)]
    v.y[:3] = -v.x[:3]
    positions, _, _ = unpacked(frames.pack(engine)[1])
    assert positions[:3, 0].tolist() == [65_535] * 3
    assert positions[:3, 1].tolist() == [0] * 3


def test_the_numbers_are_those_of_the_whole_cell(engine, monkeypatch):
    monkeypatch.setattr(frames, "MAX_POINTS", 100)
    monkeypatch.setattr(frames, "MAX_RECEPTORS", 50)
    facts, buffers = frames.pack(engine)
    positions, states, receptors = unpacked(buffers)
    assert (len(positions), len(states), len(receptors)) == (100, 100, 50)
    assert (facts["points"], facts["shown_of"]) == (100, 700)
    assert list(facts["counts"].values()) == engine.vesicles.counts(len(vesicle.State)).tolist()
    state = engine.receptors.state
    assert facts["receptors"]["active"] == np.isin(state, receptor.ACTIVE).sum()
    assert facts["receptors"]["internalised"] == (state >= receptor.State.INTERNAL_FREE).sum()
    assert sum(facts["receptors"].values()) == 300
    fused = engine.vesicles.glut4[np.isin(engine.vesicles.state, vesicle.SURFACE)].sum()
    assert facts["glut4_surface"] == fused
    assert facts["glut4_percent"] == pytest.approx(100.0 * fused / engine.vesicles.glut4.sum())


def test_receptors_are_told_by_group(engine):
    _, _, groups = unpacked(frames.pack(engine)[1])
    names = np.array(frames.RECEPTOR_GROUPS)[groups]
    for state, name in zip(engine.receptors.state, names, strict=True):
        inside = receptor.State(state).name.startswith("INTERNAL")
        assert name == ("internalised" if inside else "active" if state in receptor.ACTIVE else "free")


def test_flows_are_the_rates_at_which_agents_cross():
    engine = Engine(small_scenario(step=0.5, vesicles=700, receptors=300, glucose_agents=50_000), seed=1)
    seconds, influx = 10.0, []
    for _ in range(100):
        engine.advance(round(seconds / engine.dt))
        facts, _ = frames.pack(engine)
        assert facts["influx"] > facts["efflux"] >= 0.0
        influx.append(facts["influx"])
    expected = sum(influx) * seconds / engine.molecules_per_agent
    assert expected > 500.0
    entered = engine.snapshot().glucose_events[0][glucose.INFLUX]
    assert entered == pytest.approx(expected, abs=5.0 * expected**0.5)


def test_a_hexagon_stands_for_the_same_flow_whatever_flows(engine):
    at_rest = Engine(small_scenario(0.0, step=0.5, **SIZES), seed=1)
    per_hexagon = frames.molecules_per_hexagon(at_rest)
    assert per_hexagon == frames.molecules_per_hexagon(engine)
    assert f"{per_hexagon:e}"[0] in "125"
    p = engine.parameters.glucose
    most = engine.glut4_total * p.glut4_turnover + p.glut1_copies * p.glut1_turnover
    assert frames.HEXAGONS <= most / per_hexagon <= 2.5 * frames.HEXAGONS
    few, many = (frames.pack(one)[0]["influx"] / per_hexagon for one in (at_rest, engine))
    assert many > 2.0 * few > 2.0


def test_a_frame_is_json_and_bytes_of_its_own(engine):
    facts, buffers = frames.pack(engine)
    json.dumps(facts, allow_nan=False)
    before = [bytes(buffer) for buffer in buffers]
    assert [len(buffer) for buffer in before] == [700 * 6, 700, 300]
    state = engine.vesicles.state.copy()
    engine.vesicles.state[:] = vesicle.State.FUSED
    assert [bytes(buffer) for buffer in buffers] == before
    engine.vesicles.state[:] = state


# ---- a slice of a muscle fibre ----


def test_a_sample_of_a_slice_has_vesicles_and_receptors_of_both_membranes(monkeypatch):
    """In proportion, to one agent; the first ones alone would all be the sarcolemma's."""
    monkeypatch.setattr(frames, "MAX_POINTS", 100)
    monkeypatch.setattr(frames, "MAX_RECEPTORS", 50)
    engine = Engine(scenario_of(SLICE), seed=1)
    facts, buffers = frames.pack(engine)
    positions, states, receptors = unpacked(buffers)
    assert (len(positions), len(states), len(receptors)) == (100, 100, 50)
    radius = SLICE.vesicle.cell_radius
    x, y, z = (positions * (2.0 * radius / 65_535) - radius).T
    outside = np.hypot(x, y) > SLICE.vesicle.inner_radius
    assert outside.sum() == pytest.approx(100 * (1.0 - FIBRE.tubule_share), abs=1)
    assert np.abs(z[~outside]).max() < FIBRE.tubule_depth + 1e-3
    assert facts["inner_radius"] == 0.0
    assert facts["slice"]["receptors_on_tubules"] == pytest.approx(400.0 / 814.7, rel=1e-4)
    json.dumps(facts)


def test_a_shell_is_no_slice(engine):
    assert frames.pack(engine)[0]["slice"] is None


def test_the_view_knows_the_states_of_vesicles_and_which_bring_glucose_in():
    script = (ROOT / "sim/dashboard/browser/cell_symbols.js").read_text(encoding="utf-8")
    lists = {
        name: json.loads(those) for name, those in re.findall(r"^const (\w+) = (\[\"[^]]*\]);", script, re.MULTILINE)
    }
    assert lists["VESICLES"] == [state.name.lower() for state in vesicle.State]
    assert lists["IN_MEMBRANE"] == [state.name.lower() for state in vesicle.SURFACE]
