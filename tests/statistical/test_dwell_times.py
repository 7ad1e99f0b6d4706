"""Waiting times and branching: how long agents stay in a state, and which way they leave it, from logged events."""

import numpy as np
import pytest

from glut4sim.agents import glucose, receptor, vesicle
from tests.statistical import laws
from tests.statistical.test_receptor_paths import BRISK, PRESET
from tests.support import PARAMETERS, Glucose, Receptors, Vesicles, on_sphere
from tests.twin import RECEPTOR_STATES, receptor_exits

SECONDS = 120.0


@pytest.fixture(scope="module", params=["brisk, step 0.1 s", "brisk, step 1 s", "preset, step 0.1 s"])
def receptors(request):
    """A log of receptors at 100 nM, their exits, and the transitions that are common enough to be tested."""
    name, step = request.param.split(", step ")
    step = float(step.removesuffix(" s"))
    parameters = {"brisk": BRISK, "preset": PRESET}[name]
    agents = Receptors(5_000, dt=step, parameters=parameters, log=1_000_000, seed=3)
    agents.advance(np.full(round(SECONDS / step), 100.0))
    tested = range(len(receptor.TRANSITIONS)) if name == "brisk" else (2, 3, 4, 5)  # the preset's others are rare
    return agents.events(), receptor_exits(100.0, parameters), tested


def test_dwell_times_are_exponential_with_the_total_exit_rate(receptors):
    """For each transition, the visits that it ended: how long a visit lasts says nothing about how it ends."""
    events, exits, tested = receptors
    for j in tested:
        source = receptor.TRANSITIONS[j][0]
        rate = sum(rate for _, rate in exits[RECEPTOR_STATES[source]])
        entry, duration, left_by = laws.visits(events, receptor.TRANSITIONS, source)
        assert laws.dwell_times_follow(entry, duration, SECONDS, rate)
        assert not laws.dwell_times_follow(entry, duration, SECONDS, 1.2 * rate)
        assert not laws.dwell_times_follow(entry, duration, SECONDS, rate / 1.2)
        # cut at a window that does not depend on the way out, those that left by j alone
        mine = (left_by == j) & (duration < 1.0 / rate) & (entry < SECONDS - 1.0 / rate)
        assert (
            laws.kstest(duration[mine], lambda t, rate=rate: np.expm1(-rate * t) / np.expm1(-1.0)).pvalue
            > laws.SIGNIFICANCE
        )


def test_ways_out_are_taken_in_proportion_to_their_rates(receptors):
    events, exits, tested = receptors
    for source in {receptor.TRANSITIONS[j][0] for j in tested}:
        ways = exits[RECEPTOR_STATES[source]]
        entry, duration, left_by = laws.visits(events, receptor.TRANSITIONS, source)
        # visits are followed for a fixed time, so that none is left out for having lasted long
        rates = np.array([rate for _, rate in ways])
        window = 3.0 / rates.sum()
        taken = left_by[(entry < SECONDS - window) & (duration < window)]
        numbers = [receptor.TRANSITIONS.index((source, RECEPTOR_STATES.index(target))) for target, _ in ways]
        counts = np.array([(taken == j).sum() for j in numbers])
        assert counts.sum() == len(taken) > 500
        assert laws.far_off(counts, rates / rates.sum()) <= 1.0
        for wrong in range(len(rates)) if len(rates) > 1 else ():
            if rates[wrong] > 0.01 * rates.sum() and rates[wrong] < 0.99 * rates.sum():
                doubled = np.where(np.arange(len(rates)) == wrong, 2.0 * rates, rates)
                assert laws.far_off(counts, doubled / doubled.sum()) > 1.0


def test_logged_events_are_the_ones_that_were_counted():
    agents = Receptors(500, dt=0.5, parameters=BRISK, log=50_000, seed=4)
    fired = agents.advance(np.full(40, 100.0))
    time, agent, transition = agents.events()
    steps = np.minimum((time / 0.5).astype(int), 39)
    expected = np.zeros_like(fired)
    np.add.at(expected, (steps, transition), 1)
    np.testing.assert_array_equal(fired, expected)
    np.testing.assert_array_equal(np.bincount(agent, minlength=500), agents.population.draws - 1)


# ---- the clock that a vesicle burns for itself ----

NEAR = PARAMETERS.vesicle._replace(
    diffusion_mobile=0.0, drift_mobile=0.0, tether=0.5, recapture=0.2, retain=0.0, dock=0.7, untether=0.4
)


def still_vesicles(radius, step, parameters=NEAR, seconds=20.0, n=20_000):
    """Mobile vesicles that stay where they are."""
    agents = Vesicles(on_sphere(n, radius), vesicle.State.MOBILE, dt=step, parameters=parameters, log=15 * n, seed=5)
    agents.advance(np.zeros(round(seconds / step)))
    return agents


@pytest.mark.parametrize("step", [0.1, 1.0])
def test_tethering_near_the_membrane_is_exact(step):
    agents = still_vesicles(NEAR.cell_radius - 0.5 * NEAR.capture_distance, step)
    time, agent, transition = agents.events()
    _, first = np.unique(agent, return_index=True)  # of each vesicle, if it had one: all began at time 0
    duration = np.full(len(agents.state), np.inf)
    duration[agent[first]] = time[first]
    entry, total = np.zeros(len(duration)), NEAR.tether + NEAR.recapture
    assert laws.dwell_times_follow(entry, duration, 20.0, total)
    for wrong in (1.2 * total, NEAR.tether, NEAR.recapture):
        assert not laws.dwell_times_follow(entry, duration, 20.0, wrong)
    tethered = (transition[first] == vesicle.TETHERING).sum()
    assert laws.far_off(np.array([tethered, len(first) - tethered]), np.array([5.0, 2.0]) / 7.0) <= 1.0
    assert laws.far_off(np.array([tethered, len(first) - tethered]), np.array([10.0, 2.0]) / 12.0) > 1.0


@pytest.mark.parametrize("step", [0.1, 1.0])
def test_a_vesicle_that_comes_loose_can_be_tethered_again_at_once(step):
    """Later stays in the mobile state begin within a step, at a tether's release."""
    agents = still_vesicles(NEAR.cell_radius - 0.5 * NEAR.capture_distance, step)
    entry, duration, _ = laws.visits(agents.events(), vesicle.TRANSITIONS, vesicle.State.MOBILE)
    total = NEAR.tether + NEAR.recapture
    assert laws.dwell_times_follow(entry, duration, 20.0, total)
    assert not laws.dwell_times_follow(entry, duration, 20.0, 1.2 * total)


def test_there_is_no_tethering_out_of_reach():
    agents = still_vesicles(NEAR.cell_radius - 1.01 * NEAR.capture_distance, 0.5)
    _, _, transition = agents.events()
    assert set(transition) == {vesicle.TRANSITIONS.index((vesicle.State.MOBILE, vesicle.State.STORED))}
    stored = (agents.state == vesicle.State.STORED).sum()
    left = np.array([stored, len(agents.state) - stored])
    assert laws.far_off(left, np.array([-np.expm1(-20.0 * NEAR.recapture), np.exp(-20.0 * NEAR.recapture)])) <= 1.0


def test_events_are_logged_where_they_happen():
    agents = still_vesicles(NEAR.cell_radius - 0.5 * NEAR.capture_distance, 0.5, n=300)
    time, agent, transition = agents.events()
    where = np.linalg.norm(agents.log_position[: len(time)], axis=1)
    from_membrane = np.array([s in (vesicle.State.DOCKED, *vesicle.SURFACE) for s, _ in vesicle.TRANSITIONS])
    np.testing.assert_allclose(where[from_membrane[transition]], NEAR.cell_radius, rtol=1e-6)
    never_docked = ~np.isin(agent, agent[from_membrane[transition]])
    np.testing.assert_allclose(where[never_docked], NEAR.cell_radius - 0.5 * NEAR.capture_distance, rtol=1e-6)


# ---- glucose ----


def test_glucose_at_prescribed_rates_follows_their_chain():
    rates = np.array([0.05, 0.2, 0.3, 0.1])
    agents = Glucose(50_000, dt=1.0, seed=6)
    matrix = np.zeros((4, 4))
    for (source, target), rate in zip(glucose.TRANSITIONS, rates, strict=True):
        matrix[target, source] += rate
        matrix[source, source] -= rate
    counts = []
    for _ in range(5):
        agents.advance(np.tile(rates, (6, 1)))
        counts.append(agents.counts)
    assert laws.far_off(np.array(counts), laws.propagate([1, 0, 0, 0], [matrix] * 5, 6.0)) <= 1.0
    assert laws.far_off(np.array(counts), laws.propagate([1, 0, 0, 0], [1.2 * matrix] * 5, 6.0)) > 1.0
