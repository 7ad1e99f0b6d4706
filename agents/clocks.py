"""Exponential hazard clocks: who leaves its state, when, and by which transition.

An agent that enters state s draws E ~ Exp(1) once and leaves when the integrated hazard of its state since entry
reaches E (Kurtz's random time change; Anderson, J Chem Phys 127:214107, 2007, modified next reaction method, applied
per agent). All agents of a kind share the hazard of a state, so one running integral per state serves them all:

    H_s(t) = integral of the total rate out of s over 0 .. t;   leave when H_s(t) > threshold = H_s(entry) + E.

Steps come in a `Chunk`, with a table of H_s at the step boundaries and of the rates within each step, constant there.
Whoever's threshold lies beyond the last row stays where it is at the price of one comparison for the whole chunk; the
others find their step in the table and fire at the exact time within it, several times if need be. With constant rates
the path does not depend on the step at all; rates that vary within a step cost O(dt).
"""

from functools import lru_cache
from threading import get_ident
from typing import NamedTuple

import numpy as np

from glut4sim.agents.compiling import compiled, inlined
from glut4sim.agents.streams import exponential, philox, uniform, words


class TransitionTable(NamedTuple):
    """Transitions as arrays. Source and target state of each, and for each state the list of its exits."""

    source: np.ndarray  # (n_transition,) int64
    target: np.ndarray  # (n_transition,) int64
    exits: np.ndarray  # (n_state, most exits) int64, transitions that leave the state
    n_exits: np.ndarray  # (n_state,) int64


class Clocks(NamedTuple):
    """The clocks of all agents of a kind."""

    state: np.ndarray  # (n,) int8, code of the kind's State
    threshold: np.ndarray  # (n,) float64, integrated hazard at which the agent leaves its state
    draws: np.ndarray  # (n,) uint32, random numbers used so far: the counter of the next


class Chunk(NamedTuple):
    """Steps done in one compiled call, and the clock table of a kind in them."""

    first_step: int  # number of the first since time 0
    dt: float  # [s]
    hazard: np.ndarray  # (K + 1, n_state) float64, integrated hazard of each state at the step boundaries
    rate: np.ndarray  # (K, n_transition) float64, of each transition within each step [1/s]


class EventLog(NamedTuple):
    """Where kernels note single transitions. Capacity 0 switches it off; `count` goes on past the capacity.

    A log whose count exceeds its capacity has lost events: run the same chunk again from the same state with a longer
    one.
    """

    time: np.ndarray  # (capacity,) float64, exact time [s]
    agent: np.ndarray  # (capacity,) uint32
    transition: np.ndarray  # (capacity,) uint8, index into the kind's TRANSITIONS
    count: np.ndarray  # (1,) int64


def table(transitions, n_states: int) -> TransitionTable:
    """The arrays behind a kind's (source, target) pairs."""
    source = np.array([pair[0] for pair in transitions], np.int64)
    target = np.array([pair[1] for pair in transitions], np.int64)
    leaving = [np.flatnonzero(source == state) for state in range(n_states)]
    exits = np.full((n_states, max(map(len, leaving))), -1, np.int64)
    for state, those in enumerate(leaving):
        exits[state, : len(those)] = those
    return TransitionTable(source, target, exits, np.array([len(those) for those in leaving], np.int64))


def chunk(first_step: int, steps: int, dt: float, hazard: np.ndarray, n_transitions: int) -> Chunk:
    """So many steps, whose table is still empty but for the hazards (n_state,) at the start."""
    hazards = np.empty((steps + 1, len(hazard)))
    hazards[0] = hazard
    return Chunk(first_step, dt, hazards, np.empty((steps, n_transitions)))


def event_log(capacity: int) -> EventLog:
    """An empty log for so many events."""
    return EventLog(
        np.zeros(capacity), np.zeros(capacity, np.uint32), np.zeros(capacity, np.uint8), np.zeros(1, np.int64)
    )


@compiled
def set_step(chunk, k, rates, source):
    """Write step k of a clock table: its rates, and the hazards at its end from those at its start.

    `source` (n_transition,) is the state that each of the rates leads out of.
    """
    hazard, rate = chunk.hazard, chunk.rate
    for s in range(hazard.shape[1]):
        hazard[k + 1, s] = hazard[k, s]
    for j in range(len(rates)):
        rate[k, j] = rates[j]
        hazard[k + 1, source[j]] += rates[j] * chunk.dt


@inlined
def find_step(threshold, s, k, hazard):
    """First step, k or later, in which H_s passes the threshold; the number of steps if none does."""
    last = hazard.shape[0] - 1
    if threshold >= hazard[last, s]:
        return last
    slope = hazard[k + 1, s] - hazard[k, s]
    if slope > 0.0:  # rates seldom change much, so a straight line mostly finds it
        guess = k + int(min((threshold - hazard[k, s]) / slope, last - 1.0 - k))
        if hazard[guess, s] <= threshold < hazard[guess + 1, s]:
            return guess
    low, high = k, last - 1
    while low < high:
        middle = (low + high) // 2
        if threshold < hazard[middle + 1, s]:
            high = middle
        else:
            low = middle + 1
    return low


@inlined
def note(log, time, agent, transition):
    """Add one event to the log."""
    n = log.count[0]
    if n < len(log.time):
        log.time[n] = time
        log.agent[n] = agent
        log.transition[n] = transition
    log.count[0] = n + 1


@compiled
def draw_states(cumulative, source, state):
    """Give each agent a state: the first whose cumulative probability (n_state,) exceeds the agent's uniform number."""
    for i in range(len(state)):
        w0, w1, _, _ = philox(np.uint32(i), np.uint32(0), source)
        u = uniform(w0, w1) * cumulative[-1]
        s = 0
        while u >= cumulative[s]:
            s += 1
        state[i] = s


@compiled
def arm(hazard, source, agents):
    """Start every agent's clock at integrated hazards (n_state,), each with its next random number."""
    for i in range(len(agents.state)):
        w0, w1, _, _ = philox(np.uint32(i), agents.draws[i], source)
        agents.draws[i] += np.uint32(1)
        agents.threshold[i] = exponential(w0, w1)
    for i in range(len(agents.state)):
        agents.threshold[i] += hazard[np.uint8(agents.state[i])]


class Batch(NamedTuple):
    """Agents about to fire, with their next random numbers: made for many at a time on the processor's vector unit."""

    who: np.ndarray  # (BATCH,) uint32
    draws: np.ndarray  # (BATCH,) uint32
    step: np.ndarray  # (BATCH,) int64, in which the clock runs out
    words: np.ndarray  # (4, BATCH) uint32
    wait: np.ndarray  # (BATCH,) float64, E ~ Exp(1)
    way: np.ndarray  # (BATCH,) float64, uniform in (0, 1)


BATCH = 512
_LANES = 8  # a batch is filled up to a multiple of this with numbers nobody uses


@lru_cache(maxsize=128)  # threads come and go
def batch(thread: int) -> Batch:
    """The batch of a thread, empty or with what is left of its last."""
    return Batch(
        np.zeros(BATCH, np.uint32), np.zeros(BATCH, np.uint32), np.zeros(BATCH, np.int64),
        np.zeros((4, BATCH), np.uint32), np.zeros(BATCH), np.zeros(BATCH),
    )  # fmt: skip


@inlined
def draw(firing, n, source):
    """The random numbers of the first n of a batch."""
    n = (n + _LANES - 1) // _LANES * _LANES
    words(firing.who, firing.draws, n, source, firing.words)
    for m in range(n):
        firing.wait[m] = exponential(firing.words[0, m], firing.words[1, m])
        firing.way[m] = uniform(firing.words[2, m], firing.words[3, m])


class Ways(NamedTuple):
    """Which way out of a state a uniform number means, step by step."""

    sums: np.ndarray  # (K, n_state, most exits + 1) float64, running sums of the exits' rates and, last, their total
    like: np.ndarray  # (K,) int64, the step whose row of `sums` holds: the last at which the rates changed


def ways_out(steps: int, transitions: TransitionTable) -> Ways:
    """Room for the ways of so many steps."""
    n_state, most = transitions.exits.shape
    return Ways(np.empty((steps, n_state, most + 1)), np.empty(steps, np.int64))


@compiled
def find_ways(rate, transitions, ways):
    """Fill in the ways from the rates (K, n_transition).

    The exit chosen is the number of sums that a uniform number times the total reaches. One of rate zero has the sum
    of the exit before, the last possible one an infinite sum: the first can never be the answer, the second always is
    when rounding has left nothing else.
    """
    n_state, most = transitions.exits.shape
    for k in range(len(rate)):
        same = k > 0
        for j in range(rate.shape[1]):
            same = same and rate[k, j] == rate[k - 1, j]
        ways.like[k] = ways.like[k - 1] if same else k
        if same:
            continue
        for s in range(n_state):
            total, last = 0.0, 0
            for e in range(transitions.n_exits[s]):
                r = rate[k, transitions.exits[s, e]]
                total += r
                ways.sums[k, s, e] = total
                if r > 0.0:
                    last = e
            for e in range(last, most):
                ways.sums[k, s, e] = np.inf
            ways.sums[k, s, most] = total


@compiled(error_model="numpy")
def fire_batch(firing, n, chunk, ways, transitions, agents, fired, log):
    """One event of each of the first n of a batch, their numbers drawn; returns how many are due again: its first.

    No branch in here depends on what an agent does, as a wrong guess of the processor costs as much as all the rest.
    Indices are unsigned, so that none is taken for one from the end.
    """
    hazard = chunk.hazard
    last, most = len(ways.like), transitions.exits.shape[1]
    logging = len(log.time) > 0
    one = np.uint64(1)
    kept = np.int64(0)
    for m in range(n):
        i, k, number = np.uint64(firing.who[m]), np.uint64(firing.step[m]), firing.draws[m] + np.uint32(1)
        s = np.uint64(agents.state[i])
        start = hazard[k, s]
        fraction = (agents.threshold[i] - start) / (hazard[k + one, s] - start)
        row = np.uint64(ways.like[k])
        point = firing.way[m] * ways.sums[row, s, np.uint64(most)]
        e = np.uint64(0)
        for w in range(most):
            e += np.uint64(point >= ways.sums[row, s, np.uint64(w)])
        j = np.uint64(transitions.exits[s, e])
        fired[k, j] += 1
        if logging:
            note(log, (chunk.first_step + np.int64(k) + fraction) * chunk.dt, np.uint32(i), np.uint8(j))
        s = np.uint64(transitions.target[j])
        start = hazard[k, s]
        slope = hazard[k + one, s] - start
        threshold = start + fraction * slope + firing.wait[m]
        agents.state[i], agents.threshold[i], agents.draws[i] = s, threshold, number
        # the next step, by the straight line of `find_step`
        again = threshold < hazard[last, s]
        guess = np.uint64(np.int64(min(np.float64(np.int64(k)) + (threshold - start) / max(slope, 1e-300), last - 1.0)))
        if again & ((threshold < hazard[guess, s]) | (threshold >= hazard[guess + one, s])):
            guess = np.uint64(find_step(threshold, np.int64(s), np.int64(k), hazard))
        firing.who[kept], firing.draws[kept], firing.step[kept] = i, number, guess
        kept += np.int64(again)
    if not logging:
        log.count[0] += n
    return kept


def fire(low, high, chunk, transitions, source, agents, fired, log):
    """Carry agents low..high through every step of a chunk.

    Those whose clocks run out are gathered in batches, and a batch fires once all round until nobody in it is due
    again: the random numbers and logarithms of a round are then made side by side.

    Parameters
    ----------
    low, high : int
    chunk : Chunk
    transitions : TransitionTable
    source
        streams.Source
        The random numbers of this kind.
    agents : Clocks, modified
    fired : (K, n_transition) int64, modified
        The transitions of each step are added.
    log : EventLog, modified
    """
    ways = ways_out(len(chunk.rate), transitions)
    _fire(low, high, chunk, transitions, source, agents, fired, log, batch(get_ident()), ways)


@compiled
def _fire(low, high, chunk, transitions, source, agents, fired, log, firing, ways):
    find_ways(chunk.rate, transitions, ways)
    horizon = chunk.hazard[len(chunk.rate)]
    for first in range(low, high, BATCH):
        n = gather_due(first, min(first + BATCH, high), chunk.hazard, horizon, agents, firing)
        while n > 0:
            draw(firing, n, source)
            n = fire_batch(firing, n, chunk, ways, transitions, agents, fired, log)


@inlined
def gather_due(low, high, hazard, horizon, agents, firing):
    """Put those of the agents low..high whose clocks run out before the hazards `horizon` (n_state,) into a batch, each
    with the step in which it does; returns how many they are."""
    n = np.int64(0)
    for i in range(low, high):
        if agents.threshold[i] < horizon[np.uint8(agents.state[i])]:
            firing.who[n] = i
            n += 1
    for m in range(n):
        i = firing.who[m]
        firing.draws[m] = agents.draws[i]
        firing.step[m] = find_step(agents.threshold[i], np.int64(agents.state[i]), np.int64(0), hazard)
    return n


@compiled
def collect_due(horizon, agents, due):
    """List the agents whose clocks run out before the integrated hazards `horizon` (n_state,); returns how many."""
    n = np.int64(0)
    for i in range(len(agents.state)):
        if agents.threshold[i] < horizon[np.uint8(agents.state[i])]:
            due[n] = i
            n += 1
    return n


@compiled
def tally(fired, transitions, counts, events):
    """Book the transitions of a chunk.

    Parameters
    ----------
    fired : (K, n_transition) int64
        The transitions of each step.
    transitions : TransitionTable
    counts : (n_state,) int64
        Agents in each state before.
    events : (n_transition,) int64
        The transitions so far.

    Returns
    -------
    counts : (K, n_state) int64
        Agents in each state after each step.
    events : (K, n_transition) int64
        The transitions so far, after each step.
    """
    n_step, n_transition = fired.shape
    counts_after = np.empty((n_step, len(counts)), np.int64)
    events_after = np.empty((n_step, n_transition), np.int64)
    for k in range(n_step):
        for s in range(len(counts)):
            counts_after[k, s] = counts[s]
        for j in range(n_transition):
            events_after[k, j] = events[j] + fired[k, j]
            counts_after[k, transitions.source[j]] -= fired[k, j]
            counts_after[k, transitions.target[j]] += fired[k, j]
        counts, events = counts_after[k], events_after[k]
    return counts_after, events_after


@compiled
def rebase(hazard, agents):
    """Count all hazards from zero again, before the running integrals (n_state,) outgrow the digits of a double."""
    for i in range(len(agents.state)):
        agents.threshold[i] -= hazard[agents.state[i]]
    for s in range(len(hazard)):
        hazard[s] = 0.0
