"""Candidates against a plain enumeration of them all, and how many bands are looked at."""

import math
from functools import cache

import numpy as np
import pytest
from numba import njit
from scipy.stats import poisson

from glut4sim.agents import candidates, clocks, vesicle
from glut4sim.agents.streams import Stream, source
from tests import twin
from tests.support import next_events

TABLE = clocks.table(((0, 1), (0, 2), (0, 1), (1, 0)), 3)  # state 2 has no way out
BASES = np.array([0.25, 2.0, 1.0])
SEED, REPLICATE = 2**33 + 5, 4
SOURCE = source(Stream.VESICLE_CLOCK, SEED, REPLICATE)
AGENTS, DT, FIRST_STEP, STEPS = 60, 0.3, 70, 25


def chunk_of(rate, bands=None):
    """A chunk with rates (K, n_transition), and as many bands as it needs if it is not said how many."""
    chunk = candidates.Chunk(FIRST_STEP, DT, np.array(rate, float), np.zeros(3, np.int64))
    candidates.fit_bands(chunk, BASES, TABLE)
    return chunk if bands is None else chunk._replace(bands=np.array(bands))


def changing_rates():
    """Of 25 steps: by turns none, some below the base and some far above it."""
    rng = np.random.default_rng(1)
    return np.exp(rng.uniform(-5.0, 1.5, (STEPS, 4))) * (rng.random((STEPS, 4)) < 0.5)


def find(chunk, state, after=0.0, first=0, closed=0):
    """Of each agent: the time of its next event or how long it is quiet, and the transition."""
    times, ways = np.zeros(AGENTS), np.zeros(AGENTS, np.int64)
    states, after = np.full(AGENTS, state), np.full(AGENTS, after)
    next_events(states, after, np.int64(first), np.int64(closed), BASES, TABLE, chunk, SOURCE, times, ways)
    return times, ways


@cache
def enumerate_all(agent, state, bands):
    """All candidates of an agent from before the chunk to long after it, by time, each with its step."""
    start, end = (FIRST_STEP - 2) * DT, (FIRST_STEP + STEPS) * DT
    found = []
    for band in range(bands):
        base = float(BASES[state])
        later = end + 25.0 / (base * 2**band)
        found += twin.candidates(agent, state, band, base, start, later, REPLICATE, SEED)
    return [(time, level, math.floor(time / DT) - FIRST_STEP) for time, level in sorted(found)]


def expect(chunk, state, after=0.0, first=0, closed=0):
    """The same as `find`, by looking at all candidates of all bands in order of time."""
    exits = [j for j, (s, _) in enumerate(zip(TABLE.source, TABLE.target, strict=True)) if s == state]
    for agent in range(AGENTS):
        yield next(
            (time, way)
            for time, level, k in enumerate_all(agent, state, chunk.bands[state])
            if time > after and k >= first
            for way in [way_at(level, exits[: len(exits) - closed * (k == first)], k, chunk)]
            if way >= 0 or k >= len(chunk.rate)
        )


def way_at(level, exits, k, chunk):
    """Which of the exits has the level in its stretch of the running sum; -1 if none has, or beyond the chunk."""
    if k < len(chunk.rate):
        for j, reached in zip(exits, np.cumsum(chunk.rate[k, exits]), strict=True):
            if level < reached:
                return j
    return -1


# ---- how many in a bin ----


@njit
def count(word):
    return candidates.count_of(word)


def test_a_bin_has_as_many_candidates_as_a_poisson_variate_of_mean_one():
    """To the last of 32 bits: the words at which the number changes are those of the distribution function."""
    for n in range(12):
        reached = math.floor(2**32 * poisson.cdf(n, 1.0))
        assert count(np.uint32(reached - 1)) == n
        if reached < 2**32 - 1:
            assert count(np.uint32(reached + 1)) == n + 1
    assert count(np.uint32(0)) == 0
    assert count(np.uint32(2**32 - 1)) == 12
    assert poisson.sf(12, 1.0) < 2.0**-32


# ---- the next event ----


@pytest.mark.parametrize("state", [0, 1])
@pytest.mark.parametrize(("after", "first", "closed"), [(0.0, 0, 0), (21.77, 2, 0), (24.4, 11, 0), (0.0, 24, 0)])
def test_the_next_event_is_the_first_candidate_that_rates_reach(state, after, first, closed):
    chunk = chunk_of(changing_rates())
    times, ways = find(chunk, state, after, first, closed)
    assert list(zip(times, ways, strict=True)) == list(expect(chunk, state, after, first, closed))
    assert (ways >= 0).any()
    if first < 20:
        assert set(ways[ways >= 0]) == {0: {0, 1, 2}, 1: {3}}[state]


@pytest.mark.parametrize("first", [0, 11])
def test_exits_that_are_closed_in_a_step_are_open_in_the_next(first):
    """However much higher than the others they are."""
    chunk = chunk_of([[0.4, 0.3, 12.0, 0.0]] * STEPS)
    for closed in (1, 2):
        times, ways = find(chunk, 0, 0.0, first, closed)
        assert list(zip(times, ways, strict=True)) == list(expect(chunk, 0, 0.0, first, closed))
        step = np.floor(times / DT) - FIRST_STEP
        assert 0 < (step == first).sum() < AGENTS / 2
        assert (ways[step == first] < 3 - closed).all()
        assert (ways[step == first + 1] == 2).any()


def test_one_event_after_the_other_is_every_candidate_that_rates_reach():
    """Also those that fall in one step."""
    chunk = chunk_of([[0.0, 0.0, 0.0, 40.0]] * 3)
    seen = [[] for _ in range(AGENTS)]
    times, ways, first = np.zeros(AGENTS), np.zeros(AGENTS, np.int64), np.int64(0)
    for _ in range(100):
        next_events(np.full(AGENTS, 1), times.copy(), first, np.int64(0), BASES, TABLE, chunk, SOURCE, times, ways)
        for agent in np.flatnonzero(ways >= 0):
            seen[agent].append(times[agent])
    for agent, mine in enumerate(seen):
        inside = [t for t, u, k in enumerate_all(agent, 1, chunk.bands[1]) if 0 <= k < 3 and u < 40.0]
        assert mine == inside
        assert len(mine) > 10


@pytest.mark.parametrize("state", [0, 1, 2])
def test_without_rates_there_is_no_event_and_no_end_of_quiet(state):
    times, ways = find(chunk_of(np.zeros((STEPS, 4))), state)
    assert (times == math.inf).all()
    assert (ways == -1).all()


def test_until_its_quiet_ends_nothing_happens_whatever_the_rates():
    chunk = chunk_of([[0.0, 0.001, 0.0, 0.0]] * STEPS)
    quiet, ways = find(chunk, 0)
    late = ways < 0
    assert late.sum() > AGENTS / 2
    as_high_as_can_be = chunk_of([[0.0, 0.25, 0.0, 0.0]] * 200)
    np.testing.assert_array_equal(as_high_as_can_be.bands, chunk.bands)
    times, ways = find(as_high_as_can_be, 0, first=STEPS)
    np.testing.assert_array_equal(times[late], quiet[late])
    assert (ways[late] == 1).mean() > 0.95


def test_looking_at_more_bands_than_the_rates_reach_changes_nothing():
    rates = changing_rates()
    chunk = chunk_of(rates)
    for more in (1, 4):
        for state in (0, 1):
            times, ways = find(chunk, state)
            others, other_ways = find(chunk_of(rates, chunk.bands + more), state)
            np.testing.assert_array_equal(ways, other_ways)
            np.testing.assert_array_equal(times[ways >= 0], others[ways >= 0])
            assert (others[ways < 0] <= times[ways < 0]).all()


def test_looking_at_fewer_is_seen():
    rates = changing_rates()
    chunk = chunk_of(rates)
    assert (find(chunk, 0)[0] != find(chunk_of(rates, chunk.bands - 1), 0)[0]).any()


def test_cutting_a_chunk_in_two_changes_no_event():
    rates = changing_rates()
    whole = find(chunk_of(rates), 0)
    bands = chunk_of(rates).bands
    head, tail = chunk_of(rates[:9], bands), chunk_of(rates[9:], bands)._replace(first_step=FIRST_STEP + 9)
    (early, early_ways), (late, late_ways) = find(head, 0), find(tail, 0)
    np.testing.assert_array_equal(np.where(early_ways >= 0, early, late), whole[0])
    np.testing.assert_array_equal(np.where(early_ways >= 0, early_ways, late_ways), whole[1])
    np.testing.assert_array_equal(early[early_ways < 0] >= DT * (FIRST_STEP + 9), True)


# ---- bands ----


@pytest.mark.parametrize(
    ("highest", "bands"), [(0.0, 0), (1e-9, 1), (0.25, 1), (0.2500001, 2), (0.5, 2), (0.51, 3), (250.0, 11)]
)
def test_bands_are_as_many_as_the_highest_total_needs(highest, bands):
    assert chunk_of([[0.0] * 4, [0.5 * highest, 0.25 * highest, 0.25 * highest, 0.0]]).bands.tolist() == [bands, 0, 0]


def test_bands_follow_the_rates_up_at_once_and_down_with_some_slack():
    chunk = chunk_of([[0.25, 0.0, 0.0, 2.0]])
    for highest, bands, wider in [(0.2, 1, False), (250.0, 11, True), (100.0, 11, False), (1.0, 5, False),
                                  (7.0, 6, True), (0.0, 2, False), (0.3, 2, False), (0.6, 3, True)]:  # fmt: skip
        chunk.rate[0, 0] = highest
        assert candidates.fit_bands(chunk, BASES, TABLE) == wider
        assert chunk.bands.tolist() == [bands, 1, 0]


def test_rates_beyond_the_highest_are_slowed_down_in_proportion():
    chunk = chunk_of([[1e15, 3e15, 0.0, 7.0]])
    np.testing.assert_allclose(chunk.rate, [[0.25 * candidates.HIGHEST, 0.75 * candidates.HIGHEST, 0.0, 7.0]])
    times, ways = find(chunk, 0)
    assert (times - FIRST_STEP * DT > 0.0).all()
    assert (times - FIRST_STEP * DT < 1e-7).all()
    assert 0 < (ways == 0).sum() < (ways == 1).sum()


def test_bins_of_the_vesicles_bands_meet_exactly():
    assert np.array_equal(np.frexp(vesicle.BASES)[0], np.full(len(vesicle.State), 0.5))  # powers of 2
    assert vesicle.BASES.tolist() == [twin.LOWEST_BAND[name] for name in twin.VESICLE_STATES]
    # only its last exit may be closed: a mobile vesicle's that depends on where it is
    last = vesicle.TABLE.n_exits[vesicle.State.MOBILE] - 1
    assert vesicle.TABLE.exits[vesicle.State.MOBILE, last] == vesicle.TETHERING
