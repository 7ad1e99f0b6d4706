"""Candidates in physical time: who leaves its state, when, and by which transition, without any history.

Every agent has, for every state, a Poisson process of candidates in time and level, of density 1, fixed once and for
all by the seed. A candidate at time t and level u moves an agent that is in this state at t if u lies below the total
rate out of it (thinning: Lewis, Shedler, Nav Res Logist Q 26:403, 1979); by which transition, the rates stacked upon
one another in the order of the exits say. So rates decide which candidates count, never where they are. Of two cells
that share a seed, two copies of an agent that are in the same state at the same time therefore see the same future,
whatever happened to them before, and part only where a level falls between their rates: the split coupling of Anderson,
SIAM J Numer Anal 50:2237, 2012, carried by the random numbers. It is closest where the exits whose rates differ come
last.

Levels come in bands that double: [0, b), [b, 2b), [2b, 4b), .. for a base rate b of each state. Only the bands that
rates reach are looked at, so that less than half of the candidates are wasted where the total rate is above b; bands
beyond the rates change nothing. A band's time is cut into bins with _PER_BIN candidates on average; the counter of a
random number holds agent, state, band, bin and draw. Rates are constant within a step; where they stay constant, a path
does not depend on the step.

A band of width w repeats itself after 2^32 bins, that is 2^32 / w: 34 years at 4/s, 50 days at 1000/s.
"""

from math import exp, factorial, floor
from typing import NamedTuple

import numpy as np

from glut4sim.agents.compiling import compiled, internal
from glut4sim.agents.streams import Source, philox

HIGHEST = 2.0**30  # total rate out of a state [1/s]; where it is more, all exits are slowed down to this
_SLACK = 2  # bands beyond what rates reach that are still looked at: to look higher again costs a look at everybody
_PER_BIN = 1.0
_MOST = 12  # candidates in a bin; more have a probability below 2^-32
_AT_MOST = np.array(  # of 2^32 random words, those that mean so many candidates or fewer
    [floor(2**32 * sum(exp(-_PER_BIN) * _PER_BIN**i / factorial(i) for i in range(n + 1))) for n in range(_MOST)]
    + [2**32],
    np.uint64,
)
_STATE, _BAND, _DRAW = np.uint32(8), np.uint32(16), np.uint32(24)  # bits of the counter's third word, above the stream
_WORD = 2.0**-32
_JUST_BEFORE = 1.0 - 2.0**-50  # more than what rounding can do to a time


class Chunk(NamedTuple):
    """Steps done in one compiled call, and the rates in them."""

    first_step: int  # number of the first since time 0
    dt: float  # [s]
    rate: np.ndarray  # (K, n_transition) float64, of each transition within each step [1/s]
    bands: np.ndarray  # (n_state,) int64, how many bands are looked at: enough for all rates of the chunk


@compiled
def fit_bands(chunk, bases, transitions):
    """Look at as many bands as the rates of a chunk need, and few more; returns whether that are more than before.

    If so, no agent's quiet time holds any longer.

    Parameters
    ----------
    chunk : Chunk, its `bands` modified, and rates whose sum is above HIGHEST
    bases : (n_state,) float64
        Upper end of the lowest band of each state [1/s], powers of 2.
    transitions
        clocks.TransitionTable
    """
    wider = False
    for s in range(len(bases)):
        highest = 0.0
        for k in range(len(chunk.rate)):
            total = sum_of(transitions.n_exits[s], s, chunk.rate[k], transitions)
            if total > HIGHEST:
                for e in range(transitions.n_exits[s]):
                    chunk.rate[k, transitions.exits[s, e]] *= HIGHEST / total
                total = HIGHEST
            highest = max(highest, total)
        needed = np.int64(highest > 0.0)
        while needed > 0 and bases[s] * 2.0 ** (needed - 1) < highest:
            needed += 1
        if needed > chunk.bands[s]:
            chunk.bands[s] = needed
            wider = True
        chunk.bands[s] = min(chunk.bands[s], needed + _SLACK)
    return wider


@internal
def sum_of(n, s, rate, transitions):
    """Sum of the rates (n_transition,) of the first n exits of state s."""
    total = 0.0
    for e in range(n):
        total += rate[transitions.exits[s, e]]
    return total


@internal
def step_of(time, chunk):
    """Which step of the chunk a time lies in, as a float; negative or beyond the last if in none."""
    return np.floor(time / chunk.dt) - chunk.first_step


@internal
def count_of(word):
    """How many candidates a bin has, by a random word: a Poisson variate of mean _PER_BIN."""
    n = np.int64(0)
    while np.uint64(word) >= _AT_MOST[n]:
        n += 1
    return n


@internal
def exit_at(level, n, s, rate, transitions):
    """Which of the first n exits of state s a level means by the rates (n_transition,); -1 if it lies above them."""
    for e in range(n):
        j = transitions.exits[s, e]
        level -= rate[j]
        if level < 0.0:
            return j
    return np.int64(-1)


@internal(error_model="numpy")
def next_event(i, s, after, first, closed, bases, transitions, chunk, source):
    """When agent i leaves state s, in which it is at time `after`, and by which transition.

    Parameters
    ----------
    i, s : int
    after : float
        [s]
    first : int
        Step of the chunk, the first in which it can.
    closed : int
        So many of its last exits are closed in that step.
    bases, transitions
        As in `fit_bands`.
    chunk : Chunk
    source
        streams.Source

    Returns
    -------
    time : float
        Of the event. Where there is none in the chunk, of the first candidate after it: until then nothing happens,
        whatever the rates, as long as no more bands are looked at.
    j : int
        The transition; -1 where there is none in the chunk.
    """
    steps, exits = len(chunk.rate), transitions.n_exits[s]
    event, way, quiet = np.inf, np.int64(-1), np.inf
    closed_from = sum_of(exits - closed, s, chunk.rate[first], transitions) if closed > 0 else np.inf
    low, width = 0.0, bases[s]
    for band in range(chunk.bands[s]):
        mine = np.uint32(source.stream | np.uint32(s) << _STATE | np.uint32(band) << _BAND)
        length = _PER_BIN / width
        # where only closed exits are so high, the step is passed over, as it may have very many candidates
        start = first + 1 if low >= closed_from else first
        number = np.int64(max(after, (chunk.first_step + start) * chunk.dt * _JUST_BEFORE) / length)
        looking = number * length < event
        while looking:
            w0, _, w2, w3 = philox(np.uint32(i), np.uint32(number), Source(mine, source.replicate, source.key))
            for n in range(count_of(w0)):
                if n % 2 == 0:
                    place, mark = w2, w3
                else:
                    again = Source(np.uint32(mine | np.uint32(n // 2 + 1) << _DRAW), source.replicate, source.key)
                    place, mark, w2, w3 = philox(np.uint32(i), np.uint32(number), again)
                time = (number + (place + 0.5) * _WORD) * length
                k = step_of(time, chunk)
                if k >= steps:
                    quiet = min(quiet, time)
                    looking = False
                elif k >= start and after < time < event:
                    n_open = exits - closed if k == first else exits
                    j = exit_at(low + (mark + 0.5) * _WORD * width, n_open, s, chunk.rate[np.int64(k)], transitions)
                    if j >= 0:
                        event, way, looking = time, j, False
            number += 1
            looking &= number * length < event
        low, width = low + width, low + width
    return event if way >= 0 else quiet, way
