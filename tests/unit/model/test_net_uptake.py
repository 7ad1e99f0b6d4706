"""Glucose as an equation for each cell: against its closed form at rest, a solver of its own, and the agents."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from glut4sim.agents import glucose
from glut4sim.agents.glucose import State
from glut4sim.sim.model import equilibrium, net_uptake
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.model.mean_field import solve
from glut4sim.sim.model.parameters import load_preset
from tests.support import small_scenario

P = load_preset("adipocyte").build().glucose


def advance(molecules, glut4, bath, p, dt):
    """Molecules (K, n_state) and net uptake (K,) after each of K steps; `molecules` are changed."""
    out, net = np.empty((len(glut4), len(State))), np.empty(len(glut4))
    net_uptake.advance(molecules, np.zeros(1), glut4, bath, p, dt, out, net)
    return out, net


def steady(copies, bath=5.0, p=P, seconds=3600):
    """Net uptake of a cell that rests so [1/s], over an hour."""
    molecules = equilibrium.glucose_molecules(p, copies, bath)
    _, net = advance(molecules, np.full(seconds, copies), np.full(seconds, bath), p, 1.0)
    return net[-1] / seconds


def test_a_resting_cell_rests_and_what_comes_in_is_used():
    start = equilibrium.glucose_molecules(P, 50_000, 5.0)
    molecules = start.copy()
    out, net = advance(molecules, np.full(600, 50_000), np.full(600, 5.0), P, 1.0)
    np.testing.assert_allclose(out[:, [State.INSIDE, State.PHOSPHORYLATED]], np.tile(start[1:3], (600, 1)), rtol=1e-9)
    np.testing.assert_allclose(out.sum(axis=1), start.sum(), rtol=1e-12)
    np.testing.assert_allclose(net, out[:, State.USED], rtol=1e-9)
    assert net[-1] == pytest.approx(600.0 * P.use * start[State.PHOSPHORYLATED], rel=1e-9)


@pytest.mark.parametrize("dt", [0.1, 5.0])
def test_a_step_of_glut4_is_followed_as_by_a_solver_of_its_own(dt):
    steps = round(300.0 / dt)
    start = equilibrium.glucose_molecules(P, 10_000, 5.0)

    def slope(_, molecules):
        rates = glucose.rates(glucose.environment(molecules, 100_000, 5.0, P), P)
        change = np.zeros(len(State))
        for (source, target), rate in zip(glucose.TRANSITIONS, rates):
            change[source] -= rate * molecules[source]
            change[target] += rate * molecules[source]
        return change

    molecules = start.copy()
    out, net = advance(molecules, np.full(steps, 100_000), np.full(steps, 5.0), P, dt)
    times = dt * np.arange(1, steps + 1)
    expected = solve_ivp(slope, (0.0, 300.0), start, "LSODA", times, rtol=1e-10, atol=1.0).y.T
    np.testing.assert_allclose(out[:, 1:3], expected[:, 1:3], rtol=1e-4)
    np.testing.assert_allclose(net, start[0] - expected[:, 0], rtol=1e-4)
    np.testing.assert_array_equal(molecules, out[-1])


@pytest.mark.parametrize("parameter", ["use", "hexokinase_rate"])
def test_what_happens_to_glucose_in_the_cell_limits_its_uptake(parameter):
    """With as much GLUT4: half of the use, or of hexokinase, is less uptake; a wrong model, influx alone, sees none."""
    halved = P._replace(**{parameter: getattr(P, parameter) / 2.0})
    full, less = steady(100_000), steady(100_000, p=halved)
    assert less < 0.99 * full
    influx = 5.0 * glucose.clearance(100_000, 5.0, P)
    assert full < influx == 5.0 * glucose.clearance(100_000, 5.0, halved)
    assert steady(100_000, p=P._replace(use=P.use / 100.0)) < 0.5 * full


def test_very_fast_phosphorylation_is_no_trouble_for_long_steps():
    p = P._replace(hexokinase_rate=0.5, hexokinase_half=0.1, g6p_inhibition=0.02)
    assert steady(100_000, p=p) == pytest.approx(p.use * equilibrium.glucose_molecules(p, 100_000, 5.0)[2], rel=1e-9)
    molecules = equilibrium.glucose_molecules(p, 0, 0.0)
    out, _ = advance(molecules, np.full(10, 100_000), np.full(10, 5.0), p, 60.0)
    assert np.isfinite(out).all()
    assert (out >= 0.0).all()


@pytest.mark.parametrize("dt", [0.1, 1.0])
def test_what_is_used_up_is_gone_and_no_more_is_taken_up(dt):
    """A rule whose parts do not heed how fast the rest goes swings beyond all bounds."""
    p = P._replace(supply=2e9)
    molecules, steps = equilibrium.glucose_molecules(p, 50_000, 5.0), round(400.0 / dt)
    outside = molecules[State.OUTSIDE]
    out, net = advance(molecules, np.full(steps, 100_000), np.full(steps, 5.0), p, dt)
    assert (out > -1e-6 * p.supply).all()
    assert out[-1, State.OUTSIDE] < 1e-3 * outside
    np.testing.assert_allclose(out.sum(axis=1), p.supply, rtol=1e-9)
    np.testing.assert_allclose(net, outside - out[:, State.OUTSIDE], rtol=1e-6)


def test_of_glucose_that_is_used_up_a_cell_without_agents_warns():
    scenario = small_scenario(glucose_agents=0, vesicles=300, step=1.0, parameters={"glucose.supply": "2e9"})
    engine = Engine(scenario, 1)
    assert engine.warnings() == []
    engine.advance(1200)
    assert "all glucose outside was used up" in engine.warnings()[0]


def test_without_glucose_outside_nothing_is_taken_up():
    assert steady(100_000, bath=0.0) == 0.0


def test_a_cell_without_glucose_agents_still_takes_up_glucose():
    scenario = small_scenario(vesicles=300, receptors=300, glucose_agents=0)
    records = Engine(scenario, 1).advance(200)
    assert records.glucose.sum() == records.glucose_events.sum() == 0
    assert (np.diff(records.net_uptake) > 0.0).all()
    mean = solve(scenario, records.time[-1:])
    assert mean.glucose.sum() == 0.0
    assert mean.net_uptake[0] > 0.0


def test_agents_take_up_what_the_equation_says():
    """To within the chance of the agents, 4 standard errors; a wrong model, influx alone, is far off in rest."""
    scenario = small_scenario(vesicles=300, receptors=300, glucose_agents=20_000)
    engine = Engine(scenario, 1)
    records = engine.advance(round(1200.0 / engine.dt))
    per_agent = engine.molecules_per_agent
    events = records.glucose_events[-1]
    net = events[glucose.INFLUX] - events[glucose.EFFLUX]
    assert net > 300
    error = 4.0 * np.sqrt(events[glucose.INFLUX] + events[glucose.EFFLUX])
    assert net == pytest.approx(records.net_uptake[-1] / per_agent, abs=error)
