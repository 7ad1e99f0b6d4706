"""The equations of sim/endocrine/model.py, compiled: what effects do, and a step in time that nothing takes below zero.

Every component of the vector y, a level or a compartment of a chain, relaxes towards something: y' = k (P(t, y) - y).
One step of length h takes P linear between its ends (exponential Runge-Kutta of second order: Cox, Matthews, J Comput
Phys 176:430, 2002):

    z = k h,  e = exp(-z),  q = (1 - e) / z
    a     = e y + (1 - e) P(t, y)
    y new = e y + (q - e) P(t, y) + (1 - q) P(t + h, a)

All weights lie in 0 .. 1 and sum to 1, so y stays between its own past and P whatever the step: no level is ever
negative, and however fast a level turns over no step is too long for it. The error is O(h^2).
"""

import numpy as np

from glut4sim.agents.compiling import inlined, njit

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
        ("scale", np.float64),  # what the power is taken of the driver relative to
        ("opponent", np.int64),  # level, or -1
        ("opponent_half", np.float64),
        ("opponent_hill", np.float64),
        ("first", np.int64),  # compartment of its chain
        ("stages", np.int64),  # 0 for no chain
        ("chain_rate", np.float64),  # of each compartment [1/s]
        ("norm", np.float64),  # f that changes nothing
    ]
)


@inlined
def _strength(e, seen, values):
    """f of effect e, from its driver as seen and the values of all levels and drugs."""
    if not np.isnan(e.power):
        relative = max(seen / e.scale, TINY)
        return relative if e.power == 1.0 else relative**e.power
    ratio = seen / e.half
    if e.hill == 2.0:  # by far the most frequent, and a power takes long
        ratio *= ratio
    elif e.hill == 4.0 or e.hill == 6.0:
        square = ratio * ratio
        ratio = square * square if e.hill == 4.0 else square * square * square
    elif e.hill != 1.0:
        ratio = ratio**e.hill
    gain = e.gain
    if e.opponent >= 0:
        gain /= 1.0 + (values[e.opponent] / e.opponent_half) ** e.opponent_hill
    return max(1.0 + gain * (1.0 - 1.0 / (1.0 + ratio)), TINY)  # so written, the ratio may overflow


@inlined
def _seen(e, chains, first, values):
    """The driver of an effect as it sees it: through its chain, of those that begin at `first`, where it has one."""
    return chains[first + e.first + e.stages - 1] if e.stages > 0 else values[e.driver] * e.open


@njit(cache=True)
def strengths(chains, values, effects):
    """f of all effects, (n_effect,), from the chains and the values of all levels and drugs."""
    f = np.empty(len(effects))
    for j in range(len(effects)):
        f[j] = _strength(effects[j], _seen(effects[j], chains, 0, values), values)
    return f


@njit(cache=True)
def strengths_over_time(chains, values, effects):
    """As `strengths`, (K, n_effect), from both at K times."""
    f = np.empty((len(values), len(effects)))
    for k in range(len(values)):
        f[k] = strengths(chains[k], values[k], effects)
    return f


@inlined
def _targets(y, n_level, given, delivers, production, effects, values, known, out):
    """P, what each component relaxes towards.

    Parameters
    ----------
    given : (n_drug,) concentrations
    delivers : (n_drug,) level that each adds to, or -1
    production
        (n_level,) of each level as it would be with every effect at its norm
    values
        (n_level + n_drug,) scratch, modified: levels with what drugs deliver, then concentrations
    known
        (n_effect, 2) scratch, modified: drivers as last seen, and f of them, NaN at first; most are at rest, and their
        powers would take most of the time
    out : (size,) modified
    """
    for i in range(n_level):
        values[i], out[i] = y[i], production[i]
    for d in range(len(given)):
        values[n_level + d] = given[d]
        if delivers[d] >= 0:
            values[delivers[d]] += given[d]
    for j in range(len(effects)):
        e = effects[j]
        if e.target >= 0:
            seen = _seen(e, y, n_level, values)
            if seen != known[j, 0] or e.opponent >= 0:
                known[j, 0], known[j, 1] = seen, _strength(e, seen, values) / e.norm
            out[e.target] *= known[j, 1]
        before = values[e.driver] * e.open
        for c in range(e.first, e.first + e.stages):
            out[n_level + c] = before
            before = y[n_level + c]


@njit(cache=True, nogil=True)
def advance(y, step, given, production, delivers, rate, n_level, effects):
    """Carry y (size,) through K - 1 steps [s]; returns it at the start and after each of them, (K, size).

    given : (K, n_drug), production : (K, n_level) at these times, rate : (size,) [1/s]; the rest as `_targets`
    """
    out = np.empty((len(given), len(y)))
    out[0] = y
    now, later, guess = np.empty(len(y)), np.empty(len(y)), np.empty(len(y))
    values, known = np.empty(n_level + given.shape[1]), np.full((len(effects), 2), np.nan)
    e, q = np.empty(len(y)), np.empty(len(y))
    for i in range(len(y)):
        z = rate[i] * step
        e[i], q[i] = np.exp(-z), -np.expm1(-z) / z if z > 0.0 else 1.0
    for k in range(len(given) - 1):
        _targets(out[k], n_level, given[k], delivers, production[k], effects, values, known, now)
        for i in range(len(y)):
            guess[i] = now[i] + e[i] * (out[k, i] - now[i])
        _targets(guess, n_level, given[k + 1], delivers, production[k + 1], effects, values, known, later)
        for i in range(len(y)):
            if now[i] == out[k, i] == later[i]:  # at rest, to the bit
                out[k + 1, i] = out[k, i]
            else:
                out[k + 1, i] = e[i] * out[k, i] + (q[i] - e[i]) * now[i] + (1.0 - q[i]) * later[i]
    return out


@njit(cache=True)
def advance_each(starts, steps, given, production, delivers, rate, n_level, effects):
    """Carry K vectors, (K, size), through one step each, (K,) [s]; returns what becomes of them, (K, size).

    given : (K, 2, n_drug), production : (K, 2, n_level) at the ends of the steps; the rest as `advance`
    """
    out = np.empty_like(starts)
    for k in range(len(starts)):
        out[k] = advance(starts[k], steps[k], given[k], production[k], delivers, rate, n_level, effects)[1]
    return out
