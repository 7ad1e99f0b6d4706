"""Hazard clocks on tables that can be checked by hand."""

import math

import numpy as np
import pytest

from glut4sim.agents import clocks, glucose, receptor, vesicle
from glut4sim.agents.population import CLOCK_FIELDS, Population
from glut4sim.agents.streams import Stream, source
from tests.twin import philox, uniform

TRANSITIONS = ((0, 1), (1, 0), (1, 2), (2, 2), (1, 1))  # state 3 has no way out, and none in
TABLE = clocks.table(TRANSITIONS, 4)
SOURCE = source(Stream.RECEPTOR_CLOCK, seed=9, replicate=1)


def draw(agent, number):
    """E and uniform number of an agent's draw, from the slow twin."""
    w = philox(agent, number, Stream.RECEPTOR_CLOCK, 1, 9)
    return -math.log(uniform(w[0], w[1])), uniform(w[2], w[3])


def make_agents(state, threshold=math.inf):
    population = Population(CLOCK_FIELDS, len(state))
    population.state[:] = state
    population.threshold[:] = threshold
    return population


def clock_table(rates, dt, start=None):
    """From rates (K, n_transition): hazards and rates, by plain sums."""
    rates = np.asarray(rates, float)
    totals = np.zeros((len(rates), 4))
    for j, (s, _) in enumerate(TRANSITIONS):
        totals[:, s] += rates[:, j]
    hazard = np.vstack([np.zeros(4), np.cumsum(totals * dt, axis=0)])
    return hazard + (0.0 if start is None else start), rates


def fire(population, hazard, rates, dt=0.5, log=100, low=0, high=None, start=0.0):
    fired, events = np.zeros(rates.shape, np.int64), clocks.event_log(log)
    high = len(population) if high is None else high
    chunk = clocks.Chunk(round(start / dt), dt, hazard, rates)
    clocks.fire(low, high, chunk, TABLE, SOURCE, population.clocks, fired, events)
    return fired, events


# ---- tables ----


def test_table_lists_the_exits_of_each_state_in_order():
    assert TABLE.source.tolist() == [0, 1, 1, 2, 1]
    assert TABLE.target.tolist() == [1, 0, 2, 2, 1]
    assert TABLE.n_exits.tolist() == [1, 3, 1, 0]
    assert TABLE.exits.tolist() == [[0, -1, -1], [1, 2, 4], [3, -1, -1], [-1, -1, -1]]


@pytest.mark.parametrize("kind", [receptor, vesicle, glucose])
def test_tables_of_the_agent_kinds_are_their_transitions(kind):
    assert list(zip(kind.TABLE.source, kind.TABLE.target, strict=True)) == list(kind.TRANSITIONS)
    for s in kind.State:
        leaving = [j for j, pair in enumerate(kind.TRANSITIONS) if pair[0] == s]
        assert kind.TABLE.exits[s, : kind.TABLE.n_exits[s]].tolist() == leaving


def test_set_step_adds_the_hazard_of_each_states_exits():
    chunk = clocks.chunk(0, 2, 0.5, np.array([10.0, 20.0, 30.0, 40.0]), 5)
    clocks.set_step(chunk, 0, (1.0, 2.0, 3.0, 4.0, 5.0), TABLE.source)
    clocks.set_step(chunk, 1, (0.0, 0.0, 0.0, 0.0, 0.0), TABLE.source)
    assert chunk.hazard.tolist() == [[10.0, 20.0, 30.0, 40.0], [10.5, 25.0, 32.0, 40.0], [10.5, 25.0, 32.0, 40.0]]
    assert chunk.rate.tolist() == [[1.0, 2.0, 3.0, 4.0, 5.0], [0.0] * 5]


def test_find_step_is_the_first_whose_end_lies_beyond_the_threshold():
    rng = np.random.default_rng(1)
    steps = rng.exponential(size=40) * (rng.random(40) < 0.7)  # some add nothing
    hazard = np.zeros((41, 2))
    hazard[:, 1] = np.concatenate([[0.0], np.cumsum(steps)])
    for threshold in [0.0, *rng.uniform(0.0, 1.1 * hazard[-1, 1], 200), *hazard[:, 1], math.inf]:
        for first in (0, 3, 39):
            if hazard[first, 1] <= threshold:
                expected = next((k for k in range(first, 40) if threshold < hazard[k + 1, 1]), 40)
                assert clocks.find_step(threshold, 1, first, hazard) == expected


# ---- which way out ----


def way_out(u, rates):
    """The way out of state 1 that a uniform number picks."""
    ways = clocks.ways_out(1, TABLE)
    clocks.find_ways(np.array([rates]), TABLE, ways)
    *sums, total = ways.sums[0, 1]
    return TABLE.exits[1, sum(u * total >= reached for reached in sums)]


@pytest.mark.parametrize(
    ("u", "chosen"), [(1e-16, 1), (0.199, 1), (0.201, 2), (0.499, 2), (0.501, 4), (1.0 - 1e-16, 4)]
)
def test_choice_is_in_proportion_to_the_rates(u, chosen):
    assert way_out(u, [7.0, 2.0, 3.0, 7.0, 5.0]) == chosen  # out of state 1: 2, 3 and 5


def test_choice_never_takes_a_way_of_rate_zero():
    for rates, ways in (([9.0, 0.0, 3.0, 9.0, 0.0], {2}), ([9.0, 1.0, 0.0, 9.0, 1.0], {1, 4})):
        assert {way_out(u, rates) for u in (2.0**-53, 0.3, 0.7, 1.0 - 2.0**-53)} == ways


# ---- firing ----


def test_an_agent_fires_at_the_exact_time_and_draws_for_the_next_state():
    hazard, rates = clock_table([[2.0, 1.0, 1.0, 0.0, 0.0]] * 4, 0.5)
    agents = make_agents([0, 0, 0], [math.inf, 1.3, 4.0])  # H_0 grows by 1 per step; 4.0 is reached, not passed
    fired, log = fire(agents, hazard, rates, start=100.0)
    assert log.time[0] == pytest.approx(100.0 + 1.3 / 2.0)
    assert (log.agent[0], log.transition[0]) == (1, 0)
    exponential, u = draw(1, 0)[0], draw(1, 1)[1]
    leaves = 0.65 + exponential / 2.0  # state 1 has the total rate 2
    if leaves < 2.0:  # the next event follows from the same clock
        assert log.time[1] == pytest.approx(100.0 + leaves)
        assert log.transition[1] == (1 if u < 0.5 else 2)
    else:
        assert agents.threshold[1] == pytest.approx(hazard[-1, 1] + exponential - 2.0 * (2.0 - 0.65))
    assert agents.draws.tolist() == [0, log.count[0], 0]
    assert agents.state[[0, 2]].tolist() == [0, 0]
    assert fired.sum() == log.count[0]
    assert fired[1, 0] == 1


def test_an_agent_may_fire_many_times_in_a_step():
    hazard, rates = clock_table([[200.0, 200.0, 0.0, 0.0, 0.0]], 1.0)
    agents = make_agents([0], [0.01])
    fired, log = fire(agents, hazard, rates, dt=1.0, log=1000)
    count = int(log.count[0])
    assert count > 100
    np.testing.assert_array_equal(log.transition[:count], np.arange(count) % 2)
    expected = np.cumsum([0.01, *(draw(0, k)[0] for k in range(count))]) / 200.0
    np.testing.assert_allclose(log.time[:count], expected[:-1], rtol=1e-12)
    assert expected[-1] > 1.0
    assert fired.tolist() == [[(count + 1) // 2, count // 2, 0, 0, 0]]


def test_steps_at_once_or_one_by_one_are_the_same_bits():
    rng = np.random.default_rng(3)
    hazard, rates = clock_table(rng.exponential(2.0, (30, 5)), 0.5)
    start = rng.integers(0, 3, 200)
    together, apart = (make_agents(start, rng_threshold) for rng_threshold in [rng.exponential(5.0, 200)] * 2)
    fired, log = fire(together, hazard, rates, log=20_000)
    pieces = []
    for k in range(30):
        pieces.append(fire(apart, hazard[k : k + 2], rates[k : k + 1], start=k * 0.5)[0])
    np.testing.assert_array_equal(np.concatenate(pieces), fired)
    for field in CLOCK_FIELDS:
        np.testing.assert_array_equal(getattr(together, field.name), getattr(apart, field.name))
    assert log.count[0] == fired.sum() > 1_000


def test_only_the_agents_asked_for_fire():
    hazard, rates = clock_table([[2.0] * 5] * 4, 0.5)
    agents = make_agents([0] * 10, 0.5)
    fire(agents, hazard, rates, low=3, high=7)
    assert (agents.draws > 0).tolist() == [False] * 3 + [True] * 4 + [False] * 3


@pytest.mark.parametrize("state", [0, 3])
def test_without_hazard_nobody_fires(state):
    """Rates of zero, and a state that nothing leaves."""
    rates = np.zeros(5) if state == 0 else np.full(5, 9.0)
    hazard, rates = clock_table([rates] * 3, 0.5)
    agents = make_agents([state] * 4, [0.0, 1e-300, 1.0, math.inf])
    fired, log = fire(agents, hazard, rates)
    assert not fired.any()
    assert log.count[0] == 0
    assert agents.threshold.tolist() == [0.0, 1e-300, 1.0, math.inf]


@pytest.mark.parametrize("capacity", [0, 7])
def test_a_full_log_keeps_counting(capacity):
    hazard, rates = clock_table([[2.0] * 5] * 10, 0.5)
    whole = fire(make_agents([0] * 20, 0.5), hazard, rates, log=10_000)[1]
    log = fire(make_agents([0] * 20, 0.5), hazard, rates, log=capacity)[1]
    assert log.count[0] == whole.count[0] > 7
    assert [len(column) for column in log] == [capacity, capacity, capacity, 1]
    for one, other in zip(log[:3], whole[:3], strict=True):
        np.testing.assert_array_equal(one, other[:capacity])


# ---- starting, listing, counting from zero ----


def test_clocks_are_armed_with_each_agents_next_number():
    agents = make_agents([0, 1, 2, 3])
    agents.draws[:] = [0, 1, 5, 0]
    hazard = np.array([0.0, 10.0, 20.0, 30.0])
    clocks.arm(hazard, SOURCE, agents.clocks)
    expected = [hazard[i] + draw(i, number)[0] for i, number in enumerate((0, 1, 5, 0))]
    np.testing.assert_allclose(agents.threshold, expected, rtol=1e-15)
    assert agents.draws.tolist() == [1, 2, 6, 1]


def test_states_are_drawn_by_their_probabilities():
    n, shares = 40_000, np.array([0.0, 0.2, 0.0, 0.5, 0.3, 0.0])
    agents = make_agents(np.zeros(n))
    clocks.draw_states(np.cumsum(3.0 * shares), SOURCE, agents.state)  # need not sum to 1
    counts = agents.counts(6)
    assert (np.abs(counts - n * shares) <= 4.0 * np.sqrt(n * shares * (1.0 - shares))).all()
    assert not (np.abs(counts - n * shares[[0, 1, 2, 4, 3, 5]]) <= 4.0 * np.sqrt(n * shares * (1.0 - shares))).all()
    assert not agents.draws.any()


def test_agents_that_are_due_are_listed():
    agents = make_agents([0, 1, 0, 2, 1], [0.5, 0.5, 2.0, 9.0, 3.0])
    due = np.zeros(5, np.uint32)
    n = clocks.collect_due(np.array([1.0, 3.0, 10.0, 0.0]), agents.clocks, due)
    assert due[:n].tolist() == [0, 1, 3]


def test_the_tally_is_the_running_sum_of_what_fired():
    fired = np.random.default_rng(1).integers(0, 5, (7, len(receptor.TRANSITIONS)))
    counts, events = np.arange(len(receptor.State)) * 100, np.arange(len(receptor.TRANSITIONS))
    counts_after, events_after = clocks.tally(fired, receptor.TABLE, counts, events)
    np.testing.assert_array_equal(events_after, events + np.cumsum(fired, axis=0))
    for k in range(7):
        for (left, entered), times in zip(receptor.TRANSITIONS, fired[k]):
            counts[left] -= times
            counts[entered] += times
        np.testing.assert_array_equal(counts_after[k], counts)


def test_rebasing_keeps_what_remains():
    agents = make_agents([0, 1, 3], [100.5, 7.25, 50.0])
    hazard = np.array([100.0, 7.0, 3.0, 0.0])
    clocks.rebase(hazard, agents.clocks)
    assert agents.threshold.tolist() == [0.5, 0.25, 50.0]
    assert not hazard.any()
