"""Thinned candidates give the Markov chain of the rates: when and how states are left, and who is where.

So many agents that a rate off by 2 % stands out; the laws are the exact ones, also where the rates change step by step.
"""

import numpy as np
import pytest
from numba import njit

from glut4sim.agents import candidates, clocks
from glut4sim.agents.streams import Stream, source
from tests.statistical import laws
from tests.support import next_events

TRANSITIONS = ((0, 1), (0, 2), (0, 1), (1, 0), (1, 2), (2, 0))
TABLE = clocks.table(TRANSITIONS, 3)
BASES = 2.0 ** np.array([-2, -1, 0])
SOURCE = source(Stream.VESICLE_CLOCK, seed=11, replicate=2)
AGENTS, STEPS, DT = 800_000, 12, 0.25
FEWER = 200_000  # see that a band is left out
CONSTANT = np.tile([0.8, 0.7, 0.9, 1.1, 0.8, 1.3], (STEPS, 1))
# below and above the bases by turns
CHANGING = CONSTANT * np.random.default_rng(1).choice([0.2, 0.5, 1.5, 2.5], CONSTANT.shape)


def chunk_of(rates, dt=DT, missing=0):
    """A chunk with these rates, the highest bands of which, so many, may be `missing`."""
    chunk = candidates.Chunk(0, dt, np.array(rates), np.zeros(3, np.int64))
    candidates.fit_bands(chunk, BASES, TABLE)
    return chunk._replace(bands=chunk.bands - missing)


def first_events(chunk, n=AGENTS):
    """Of n agents in state 0 at time 0: when they leave it, and how; -1 where they do not in the chunk."""
    times, ways, zero = np.zeros(n), np.zeros(n, np.int64), np.int64(0)
    next_events(np.zeros(n, np.int64), np.zeros(n), zero, zero, BASES, TABLE, chunk, SOURCE, times, ways)
    return times, ways


@njit
def walk(n, bases, transitions, chunk, source, counts):
    """Take n agents that begin in state 0 through a chunk; counts (K, n_state) are those at the ends of its steps."""
    steps = len(chunk.rate)
    for i in range(n):
        s, after, k = np.int64(0), 0.0, np.int64(0)
        while k < steps:
            time, j = candidates.next_event(i, s, after, k, np.int64(0), bases, transitions, chunk, source)
            there = np.int64(time / chunk.dt) if j >= 0 else steps
            for passed in range(k, there):
                counts[passed, s] += 1
            after, k = time, there
            if j >= 0:
                s = transitions.target[j]


def occupancies(chunk, n=AGENTS):
    counts = np.zeros((STEPS, 3), np.int64)
    walk(n, BASES, TABLE, chunk, SOURCE, counts)
    assert (counts.sum(axis=1) == n).all()
    return counts


def law_of_first_events(rates):
    """Probability of each step and way out of state 0, (K, 3), and of none, by the integrated rates."""
    ways = rates[:, :3]
    total = ways.sum(axis=1)
    there = np.exp(-DT * np.concatenate([[0.0], np.cumsum(total)]))
    return np.append(((there[:-1] - there[1:]) / total)[:, None] * ways, there[-1])


def law_of_occupancies(rates):
    exits = [
        {s: [(t, r) for (f, t), r in zip(TRANSITIONS, now, strict=True) if f == s] for s in range(3)} for now in rates
    ]
    return laws.propagate([1.0, 0.0, 0.0], [laws.generator(ways, [0, 1, 2]) for ways in exits], DT)


def changed(rates, j, factor=1.02):
    return rates * np.where(np.arange(len(TRANSITIONS)) == j, factor, 1.0)


def counted(events):
    """How many first events there are of each step and way, (K, 3), and how many agents without one."""
    times, ways = events
    steps = np.floor(times[ways >= 0] / DT).astype(int)
    return np.bincount(3 * steps + ways[ways >= 0], minlength=3 * STEPS).reshape(STEPS, 3), (ways < 0).sum()


def follow(found, rates):
    """Whether the counts of first events are those of the rates, step by step and in all."""
    counts, none = found
    summed = np.append(counts.sum(axis=0), none)
    found, law = np.append(counts, none), law_of_first_events(rates)
    law_summed = np.append(law[:-1].reshape(STEPS, 3).sum(axis=0), law[-1])
    return laws.far_off(found, law) <= 1.0 and laws.far_off(summed, law_summed) <= 1.0


def occupancies_follow(counts, rates):
    return laws.far_off(counts, law_of_occupancies(rates)) <= 1.0


@pytest.mark.parametrize("rates", [CONSTANT, CHANGING], ids=["constant", "changing"])
def test_a_state_is_left_when_and_as_its_rates_say(rates):
    found = counted(first_events(chunk_of(rates)))
    assert follow(found, rates)
    for j in range(3):  # a rate off by 2 %
        assert not follow(found, changed(rates, j))
    assert not follow(counted(first_events(chunk_of(changed(rates, 1)))), rates)
    assert not follow(counted(first_events(chunk_of(rates, missing=1), FEWER)), rates)  # the highest band is left out


@pytest.mark.parametrize("rates", [CONSTANT, CHANGING], ids=["constant", "changing"])
def test_agents_are_where_the_master_equation_says(rates):
    counts = occupancies(chunk_of(rates))
    assert occupancies_follow(counts, rates)
    for j in range(len(TRANSITIONS)):
        assert not occupancies_follow(counts, changed(rates, j))
    assert not occupancies_follow(occupancies(chunk_of(rates, missing=1), FEWER), rates)


def test_times_within_a_step_are_exponential_and_say_nothing_of_the_way():
    times, ways = first_events(chunk_of(CONSTANT), 500_000)
    total, end = CONSTANT[0, :3].sum(), STEPS * DT

    def follows(sample, rate):
        law = laws.kstest(sample, lambda t: np.expm1(-rate * t) / np.expm1(-rate * end))
        return law.pvalue > laws.SIGNIFICANCE

    assert follows(times[ways >= 0], total)
    assert not follows(times[ways >= 0], 1.02 * total)
    assert not follows(times[ways >= 0], total / 1.02)
    for j in range(3):
        assert follows(times[ways == j], total)
        assert not follows(times[ways == j], 1.05 * total)


@pytest.mark.parametrize(("dt", "steps"), [(0.1, 30), (0.5, 6), (3.0, 1)])
def test_where_rates_do_not_move_the_step_is_nothing_to_the_path(dt, steps):
    """To the bit, so that no law has to be looked at again."""
    times, ways = first_events(chunk_of(CONSTANT), 20_000)
    others, other_ways = first_events(chunk_of(np.tile(CONSTANT[0], (steps, 1)), dt), 20_000)
    np.testing.assert_array_equal(ways, other_ways)
    np.testing.assert_array_equal(times, others)
    slower = chunk_of(changed(np.tile(CONSTANT[0], (steps, 1)), 0, 0.9), dt)
    assert (first_events(slower, 20_000)[0] != times).any()
