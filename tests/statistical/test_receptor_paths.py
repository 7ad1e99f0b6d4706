"""Receptors are exact: their histories do not depend on the step, and follow the Markov chain of their rates."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from glut4sim.agents import receptor
from tests.statistical import laws
from tests.support import PARAMETERS, Receptors
from tests.twin import RECEPTOR_STATES, receptor_exits

PRESET = PARAMETERS.receptor
BRISK = receptor.Parameters(  # at 100 nM every rate is 0.1 .. 0.6 per second, so that each shapes the occupancies
    bind_first=0.005,
    unbind_first=0.3,
    phosphorylate=0.6,
    dephosphorylate=0.4,
    bind_second=0.006,
    unbind_second=0.5,
    internalise_free=0.1,
    recycle_free=0.15,
    internalise_active=0.2,
    recycle_active=0.15,
    dephosphorylate_internal=0.25,
    desensitise=0.15,
    resensitise=0.1,
    phosphorylate_basal=0.3,
    copies=1.0,
)
START = np.eye(len(RECEPTOR_STATES))[RECEPTOR_STATES.index("free")]


def law(insulin, parameters):
    return laws.generator(receptor_exits(insulin, parameters), RECEPTOR_STATES)


# ---- one history, whatever the step ----


def histories(step, seconds, every, parameters):
    agents = Receptors(20_000, dt=step, parameters=parameters, seed=7)
    for _ in range(round(seconds / every)):
        agents.advance(np.full(round(every / step), 100.0))
        yield agents.state.copy(), agents.population.draws.copy(), agents.remaining


@pytest.mark.parametrize(("parameters", "seconds", "every"), [(PRESET, 300.0, 10.0), (BRISK, 60.0, 2.0)])
def test_histories_at_constant_insulin_do_not_depend_on_the_step(parameters, seconds, every):
    reference = list(histories(0.1, seconds, every, parameters))
    for step in (0.5, 1.0):
        for expected, found in zip(reference, histories(step, seconds, every, parameters), strict=True):
            np.testing.assert_array_equal(found[0], expected[0])
            np.testing.assert_array_equal(found[1], expected[1])
            np.testing.assert_allclose(found[2], expected[2], atol=1e-9)
    assert reference[-1][1].min() > 1  # everyone has moved


# ---- occupancies ----


def occupancies(insulin, times, parameters, n=100_000, step=0.5):
    """Agents in each state at the times, (time, n_state)."""
    agents = Receptors(n, dt=step, parameters=parameters, seed=11)
    rows = []
    for steps in np.diff(np.round(np.array([0.0, *times]) / step).astype(int)):
        agents.advance(np.full(steps, insulin))
        rows.append(agents.counts)
    return np.array(rows)


def occupancies_fit(counts, insulin, times, parameters):
    expected = laws.propagate(START, [law(insulin, parameters) * dt for dt in np.diff([0.0, *times])], 1.0)
    return laws.far_off(counts, expected) <= 1.0


TIMES = (0.5, 2.0, 5.0, 10.0, 30.0)


@pytest.mark.parametrize(
    ("parameters", "times", "insulin"),
    [
        (PRESET, (0.5, 10.0, 60.0, 300.0, 900.0), 100.0),
        (PRESET, (5.0, 30.0, 120.0, 600.0, 1800.0), 1.0),
        (BRISK, TIMES, 100.0),
    ],
)
def test_occupancies_are_those_of_the_matrix_exponential(parameters, times, insulin):
    assert occupancies_fit(occupancies(insulin, times, parameters), insulin, times, parameters)


@pytest.mark.parametrize("wrong", [name for name in receptor.Parameters._fields if name != "copies"])  # no rate
def test_occupancies_of_agents_with_one_rate_doubled_are_refused(wrong):
    doubled = BRISK._replace(**{wrong: 2.0 * getattr(BRISK, wrong)})
    counts = occupancies(100.0, TIMES, doubled)
    assert not occupancies_fit(counts, 100.0, TIMES, BRISK)
    assert occupancies_fit(counts, 100.0, TIMES, doubled)


# ---- insulin that changes ----

RAMP = 20.0  # nM/s


def ramp_occupancies(step, times, n=100_000):
    agents = Receptors(n, dt=step, parameters=BRISK, seed=13)
    insulin = RAMP * step * (np.arange(round(times[-1] / step)) + 0.5)  # the mean over each step
    rows = []
    done = 0
    for steps in np.round(np.array(times) / step).astype(int):
        agents.advance(insulin[done:steps])
        rows.append(agents.counts)
        done = steps
    return np.array(rows), insulin


@pytest.mark.parametrize("step", [0.1, 0.5])
def test_occupancies_under_insulin_that_changes_every_step(step):
    times = (1.0, 2.0, 4.0, 6.0, 10.0)
    rows = np.round(np.array(times) / step).astype(int) - 1
    counts, insulin = ramp_occupancies(step, times)

    def fits(course):
        return laws.far_off(counts, laws.propagate(START, [law(c, BRISK) for c in course], step)[rows]) <= 1.0

    assert fits(insulin)
    assert not fits(np.full_like(insulin, insulin.mean()))
    if step == 0.5:
        assert not fits(np.roll(insulin, 1))  # one step late
        assert not fits(np.roll(insulin, -1))  # one step early


def test_occupancies_under_a_ramp_follow_its_ode():
    """Steps of 0.1 s hold the ramp's mean. What that neglects is of second order, below a tenth of a standard error."""
    times = (1.0, 2.0, 4.0, 6.0, 10.0)
    counts, _ = ramp_occupancies(0.1, times)

    def solution(slope):
        return solve_ivp(
            lambda t, y: law(slope * t, BRISK) @ y, (0.0, times[-1]), START, t_eval=times, rtol=1e-9, atol=1e-12
        ).y.T

    assert laws.far_off(counts, solution(RAMP)) <= 1.0
    assert laws.far_off(counts, solution(2.0 * RAMP)) > 1.0
