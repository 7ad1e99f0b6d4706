"""Exponential hazard clocks: who leaves its state, when, and by which transition.

An agent that enters state s draws E ~ Exp(1) once and leaves when the integrated hazard of its state since entry
reaches E (Kurtz's random time change; Anderson, J Chem Phys 127:214107, 2007, modified next reaction method, applied
per agent). All agents of a kind share the hazard of a state, so one running integral per state serves them all:

    H_s(t) = integral of the total rate out of s over 0 .. t;   leave when H_s(t) > threshold = H_s(entry) + E.

A chunk of K steps comes as a *clock table*: `hazard` (K + 1, n_state) holds H_s at the step boundaries and `rate`
(K, n_transition) the rates within each step, constant there. Whoever's threshold lies beyond the last row stays where
it is at the price of one comparison for the whole chunk; the others find their step in the table and fire at the
exact time within it, several times if need be. With constant rates the path does not depend on the step at all; rates
that vary within a step cost O(dt).
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from agents.streams import exponential, philox, uniform


class Table(NamedTuple):
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


class EventLog(NamedTuple):
    """Where kernels note single transitions. Capacity 0 switches it off; `count` goes on past the capacity.

    A log whose count exceeds its capacity has lost events: run the same chunk again from the same state with a longer
    one.
    """

    time: np.ndarray  # (capacity,) float64, exact time [s]
    agent: np.ndarray  # (capacity,) uint32
    transition: np.ndarray  # (capacity,) uint8, index into the kind's TRANSITIONS
    count: np.ndarray  # (1,) int64


def table(transitions, n_states: int) -> Table:
    """The arrays behind a kind's (source, target) pairs."""
    source = np.array([pair[0] for pair in transitions], np.int64)
    target = np.array([pair[1] for pair in transitions], np.int64)
    leaving = [np.flatnonzero(source == state) for state in range(n_states)]
    exits = np.full((n_states, max(map(len, leaving))), -1, np.int64)
    for state, those in enumerate(leaving):
        exits[state, : len(those)] = those
    return Table(source, target, exits, np.array([len(those) for those in leaving], np.int64))


def event_log(capacity: int) -> EventLog:
    """An empty log for so many events."""
    return EventLog(
        np.zeros(capacity), np.zeros(capacity, np.uint32), np.zeros(capacity, np.uint8), np.zeros(1, np.int64)
    )


@njit(cache=True)
def set_step(step_rates, source, dt, hazard, rate, k):
    """Write step k of a clock table: its rates, and the hazards at its end from those at its start."""
    for s in range(hazard.shape[1]):
        hazard[k + 1, s] = hazard[k, s]
    for j in range(len(step_rates)):
        rate[k, j] = step_rates[j]
        hazard[k + 1, source[j]] += step_rates[j] * dt


@njit(cache=True)
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


@njit(cache=True)
def total_rate(s, rates, transitions, barred):
    """Sum of the rates (n_transition,) of all transitions out of s except `barred`."""
    total = 0.0
    for e in range(transitions.n_exits[s]):
        j = transitions.exits[s, e]
        if j != barred:
            total += rates[j]
    return total


@njit(cache=True)
def choose(u, s, rates, transitions, barred):
    """The transition out of s that a uniform number picks by the rates (n_transition,); never `barred`."""
    left = u * total_rate(s, rates, transitions, barred)
    chosen = transitions.exits[s, 0]
    for e in range(transitions.n_exits[s]):
        j = transitions.exits[s, e]
        if j != barred and rates[j] > 0.0:
            chosen = j
            left -= rates[j]
            if left < 0.0:
                break
    return chosen


@njit(cache=True)
def note(log, time, agent, transition):
    """Add one event to the log."""
    n = log.count[0]
    if n < len(log.time):
        log.time[n] = time
        log.agent[n] = agent
        log.transition[n] = transition
    log.count[0] = n + 1


@njit(cache=True, nogil=True)
def draw_states(cumulative, source, state):
    """Give each agent a state: the first whose cumulative probability (n_state,) exceeds the agent's uniform number."""
    for i in range(len(state)):
        w0, w1, _, _ = philox(i, 0, source)
        u = uniform(w0, w1) * cumulative[-1]
        s = 0
        while u >= cumulative[s]:
            s += 1
        state[i] = s


@njit(cache=True, nogil=True)
def arm(hazard, source, agents):
    """Start every agent's clock at integrated hazards (n_state,), each with its next random number."""
    for i in range(len(agents.state)):
        w0, w1, _, _ = philox(i, agents.draws[i], source)
        agents.draws[i] += np.uint32(1)
        agents.threshold[i] = hazard[agents.state[i]] + exponential(w0, w1)


@njit(cache=True)
def fire_agent(i, hazard, rate, transitions, source, first_step, dt, agents, fired, log):
    """Carry one agent through every step of a clock table; parameters as in `fire`."""
    s = np.int64(agents.state[i])
    threshold = agents.threshold[i]
    last = len(rate)
    k = find_step(threshold, s, 0, hazard)
    while k < last:
        fraction = (threshold - hazard[k, s]) / (hazard[k + 1, s] - hazard[k, s])
        w0, w1, w2, w3 = philox(i, agents.draws[i], source)
        agents.draws[i] += np.uint32(1)
        j = choose(uniform(w2, w3), s, rate[k], transitions, -1)
        fired[k, j] += 1
        note(log, (first_step + k + fraction) * dt, i, j)
        s = transitions.target[j]
        threshold = hazard[k, s] + fraction * (hazard[k + 1, s] - hazard[k, s]) + exponential(w0, w1)
        k = find_step(threshold, s, k, hazard)
    agents.state[i] = s
    agents.threshold[i] = threshold


@njit(cache=True, nogil=True)
def fire(low, high, hazard, rate, transitions, source, first_step, dt, agents, fired, log):
    """Carry agents low..high through every step of a clock table.

    Parameters
    ----------
    hazard : (K + 1, n_state) float64    integrated hazard of each state at the step boundaries
    rate : (K, n_transition) float64    rates within each step [1/s]
    transitions : Table
    source : streams.Source    the random numbers of this kind
    first_step : int    number of the first step since time 0, for the log
    dt : float    step [s]
    agents : Clocks, modified
    fired : (K, n_transition) int64, modified    the transitions of each step are added
    log : EventLog, modified
    """
    last = len(rate)
    for i in range(low, high):
        if agents.threshold[i] < hazard[last, agents.state[i]]:
            fire_agent(i, hazard, rate, transitions, source, first_step, dt, agents, fired, log)


@njit(cache=True, nogil=True)
def collect_due(horizon, agents, due):
    """List the agents whose clocks run out before the integrated hazards `horizon` (n_state,); returns how many."""
    n = 0
    for i in range(len(agents.state)):
        if agents.threshold[i] < horizon[agents.state[i]]:
            due[n] = i
            n += 1
    return n


@njit(cache=True, nogil=True)
def rebase(hazard, agents):
    """Count all hazards from zero again, before the running integrals (n_state,) outgrow the digits of a double."""
    for i in range(len(agents.state)):
        agents.threshold[i] -= hazard[agents.state[i]]
    hazard[:] = 0.0
