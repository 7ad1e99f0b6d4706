"""The equations of sim/endocrine/model.py, compiled: what effects do, and how fast levels and chains change."""

import numpy as np
from numba import njit

TINY = 1e-9  # an f, or a driver relative to its scale, is never taken to be less

EFFECT = np.dtype(  # levels are numbered first, then drugs; the compartments of all chains are one array
    [
        ("driver", np.int64),  # level or drug
        ("target", np.int64),  # level, or -1 for a step of the cell
        ("open", np.float64),  # 0 where the receptor is blocked, else 1
        ("gain", np.float64),
        ("half", np.float64),
        ("hill", np.float64),
        ("power", np.float64),  # NaN where f is Hill's
        ("scale", np.float64),  # what the power is taken of the driver relative to; of Hill's f, half
        ("opponent", np.int64),  # level, or -1
        ("opponent_half", np.float64),
        ("opponent_hill", np.float64),
        ("first", np.int64),  # compartment of its chain
        ("stages", np.int64),  # 0 for no chain
        ("chain_rate", np.float64),  # of each compartment [1/s]
        ("norm", np.float64),  # f that changes nothing
    ]
)


@njit(cache=True)
def _strength(e, seen, values):
    """f of effect e, from its driver as seen, and its relative change with the driver and with the opponent."""
    seen = max(seen, 0.0)
    if not np.isnan(e.power):
        relative = max(seen / e.scale, TINY)
        return relative**e.power, e.power / (relative * e.scale), 0.0
    bound = 1.0 - 1.0 / (1.0 + (seen / e.half) ** e.hill)  # so written, the ratio may overflow
    left, lost = 1.0, 0.0
    if e.opponent >= 0:
        against = max(values[e.opponent], 0.0)
        left = 1.0 / (1.0 + (against / e.opponent_half) ** e.opponent_hill)
        lost = e.opponent_hill * (1.0 - left) * left / max(against, TINY * e.opponent_half)
    f = max(1.0 + e.gain * left * bound, TINY)
    by_driver = e.gain * left * e.hill * bound * (1.0 - bound) / max(seen, TINY * e.half) / f
    return f, by_driver, -e.gain * bound * lost / f


@njit(cache=True)
def _seen(e, chains, values):
    """The driver of an effect as it sees it: through its chain where it has one."""
    return chains[e.first + e.stages - 1] if e.stages > 0 else values[e.driver] * e.open


@njit(cache=True)
def strengths(chains, values, effects):
    """f of all effects, (n_effect,), from the chains and the values of all levels and drugs."""
    f = np.empty(len(effects))
    for j in range(len(effects)):
        f[j], _, _ = _strength(effects[j], _seen(effects[j], chains, values), values)
    return f


@njit(cache=True)
def derivative(y, delivered, given, production, rate, effects):
    """Time derivative of y: what the body makes of each level, then the compartments of the chains.

    Parameters
    ----------
    delivered : (n_level,) what drugs add to each level
    given : (n_drug,) concentrations
    production : (n_level,) of each level as it would be with every effect at its norm; modified
    rate : (n_level,) of turnover [1/s]
    """
    n = len(rate)
    values, chains, out = np.append(y[:n] + delivered, given), y[n:], np.empty(len(y))
    for j in range(len(effects)):
        e = effects[j]
        if e.target >= 0:
            production[e.target] *= _strength(e, _seen(e, chains, values), values)[0] / e.norm
        before = values[e.driver] * e.open
        for c in range(e.first, e.first + e.stages):
            out[n + c] = e.chain_rate * (before - chains[c])
            before = chains[c]
    for i in range(n):
        out[i] = rate[i] * (production[i] - y[i])
    return out


@njit(cache=True)
def jacobian(y, delivered, given, production, rate, effects):
    """Derivative of `derivative` with y, (size, size): the stiff solver would else find it by many evaluations."""
    n = len(rate)
    values, chains, out = np.append(y[:n] + delivered, given), y[n:], np.zeros((len(y), len(y)))
    for j in range(len(effects)):
        e = effects[j]
        if e.target >= 0:
            f, by_driver, by_opponent = _strength(e, _seen(e, chains, values), values)
            production[e.target] *= f / e.norm
            if e.stages > 0:
                out[e.target, n + e.first + e.stages - 1] += by_driver
            elif e.driver < n:
                out[e.target, e.driver] += by_driver * e.open
            if e.opponent >= 0:
                out[e.target, e.opponent] += by_opponent
        for c in range(e.first, e.first + e.stages):
            out[n + c, n + c] = -e.chain_rate
            if c > e.first:
                out[n + c, n + c - 1] = e.chain_rate
            elif e.driver < n:
                out[n + c, e.driver] = e.chain_rate * e.open
    for i in range(n):
        out[i] *= rate[i] * production[i]
        out[i, i] -= rate[i]
    return out
