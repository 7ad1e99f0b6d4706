"""Exact laws of continuous-time Markov chains, and how far a sample may be from one.

A check says how many standard errors it allows; every test that uses one also shows a wrong model that it refuses.
"""

import numpy as np
from scipy.linalg import expm
from scipy.stats import kstest

STANDARD_ERRORS = 4.0
SIGNIFICANCE = 1e-3


def generator(exits, states):
    """Generator [1/s] from {state: [(target, rate), ...]}: column = from, row = to."""
    matrix = np.zeros((len(states), len(states)))
    for source, ways in exits.items():
        for target, rate in ways:
            matrix[states.index(target), states.index(source)] += rate
            matrix[states.index(source), states.index(source)] -= rate
    return matrix


def propagate(start, generators, dt):
    """Probabilities of the states after each of K steps, (K, n_state), the generator constant within a step."""
    rows = [np.asarray(start, float)]
    for matrix in generators:
        rows.append(expm(matrix * dt) @ rows[-1])
    return np.array(rows[1:])


def far_off(counts, probabilities):
    """Distance of counts from n x probabilities, in units of the largest that is allowed: at most 1 is a pass."""
    n = np.sum(counts, axis=-1, keepdims=True)
    p = np.clip(probabilities, 1e-12, 1.0)
    return np.max(np.abs(counts - n * p) / (STANDARD_ERRORS * np.sqrt(n * p * (1.0 - p)) + 1e-9 * n))


def mean_far_off(sample, mean):
    """The same for the mean of independent values, with their own standard error."""
    return abs(np.mean(sample) - mean) / (STANDARD_ERRORS * np.std(sample, ddof=1) / len(sample) ** 0.5)


def visits(events, transitions, state):
    """Visits to a state that a log of events shows from their start.

    Returns entry times [s], durations [s] (infinite if still there at the end of the log) and the transitions that
    ended them (-1 if none).
    """
    time, agent, transition = events
    order = np.lexsort((time, agent))
    time, agent, transition = time[order], agent[order], transition[order].astype(int)
    target = np.array([pair[1] for pair in transitions])[transition]
    last = np.append(agent[1:] != agent[:-1], True)
    duration = np.where(last, np.inf, np.append(time[1:], np.inf) - time)
    left_by = np.where(last, -1, np.append(transition[1:], -1))
    inside = target == state
    return time[inside], duration[inside], left_by[inside]


def dwell_times_follow(entry, duration, end, rate):
    """Whether visits last as Exp(rate) says.

    A visit is followed for a window of three lifetimes, and only those that begin early enough for that are used, so
    that the end of the experiment at `end` [s] cuts none of them short. Shorter ones must follow the exponential law
    truncated at the window (Kolmogorov-Smirnov), and their share must be right.
    """
    window = min(3.0 / rate, end / 2.0)
    followed = duration[entry < end - window]
    ended = followed[followed < window]
    share = 1.0 - np.exp(-rate * window)
    assert len(ended) > 500, "too few visits to say anything"
    if far_off(np.array([len(ended), len(followed) - len(ended)]), np.array([share, 1.0 - share])) > 1.0:
        return False
    return kstest(ended, lambda t: (1.0 - np.exp(-rate * t)) / share).pvalue > SIGNIFICANCE
