"""Glucose as an equation for each cell: where its molecules are, and what has been taken up, without the chance of
single agents.

The molecules m of agents/glucose.py flow along the same transitions at the same rates, driven by the GLUT4 that is now
in this cell's membrane:

    dm[target]/dt = -dm[source]/dt = rate(m, GLUT4, bath) m[source]

so net uptake, influx - efflux, is limited by what is free in the cell and by glucose 6-phosphate, which inhibits
hexokinase until it is used.
"""

import numpy as np

from glut4sim.agents import glucose
from glut4sim.agents.glucose import EFFLUX, INFLUX, TABLE, TRACE, clearance, environment, rates
from glut4sim.sim.model.compiled import compiled

_PART = 0.5  # lifetimes of what leaves its state fastest that a part of a step lasts at most: errors of some 1e-5
_N_STATE, _N_TRANSITION = len(glucose.State), len(glucose.TRANSITIONS)


@compiled
def advance(molecules, net, glut4, bath, p, dt, out, net_out):
    """Integrate through K steps by the classical fourth-order Runge-Kutta rule, GLUT4 and bath held in each.

    Parameters
    ----------
    molecules : (n_state,) float64, modified
        In each glucose.State.
    net : (1,) float64, modified
        Influx less efflux so far [molecules].
    glut4 : (K,) int64
        Copies in the membrane during each step.
    bath : (K,) float64
        Glucose outside during each step [mM].
    p
        glucose.Parameters
    dt : float
        Step [s].
    out : (K, n_state) float64, modified
        The molecules at the end of each step.
    net_out : (K,) float64, modified
        Influx less efflux up to the end of each step [molecules].
    """
    slope, total, ahead = np.empty(_N_STATE), np.empty(_N_STATE), np.empty(_N_STATE)
    for k in range(len(glut4)):
        parts = int(np.ceil(dt * _fastest(molecules, glut4[k], bath[k], p, dt) / _PART))
        h = dt / parts
        for _ in range(parts):
            for s in range(_N_STATE):
                total[s], ahead[s] = 0.0, molecules[s]
            flow = 0.0
            for stage in range(4):
                weight = 1.0 if stage == 0 or stage == 3 else 2.0
                flow += weight * _derivative(ahead, glut4[k], bath[k], p, slope)
                reach = h if stage == 2 else 0.5 * h
                for s in range(_N_STATE):
                    total[s] += weight * slope[s]
                    ahead[s] = molecules[s] + reach * slope[s]
            for s in range(_N_STATE):
                molecules[s] += h / 6.0 * total[s]
            net[0] += h / 6.0 * flow
        for s in range(_N_STATE):
            out[k, s] = molecules[s]
        net_out[k] = net[0]


@compiled
def _derivative(molecules, glut4, bath, p, out):
    """Change of the molecules per second, into `out`; returns influx less efflux [1/s]."""
    rate = rates(environment(molecules, glut4, bath, p), p)
    net = 0.0
    for s in range(_N_STATE):
        out[s] = 0.0
    for j in range(_N_TRANSITION):
        flux = rate[j] * molecules[TABLE.source[j]]
        out[TABLE.source[j]] -= flux
        out[TABLE.target[j]] += flux
        if j == INFLUX:
            net += flux
        elif j == EFFLUX:
            net -= flux
    return net


@compiled
def _fastest(molecules, glut4, bath, p, dt):
    """At least half of the fastest decay there can be in a step [1/s]: of what is free in the cell, or phosphorylated,
    or of what is left outside at its end."""
    carriers = glut4 * p.glut4_turnover / p.glut4_half + p.glut1_copies * p.glut1_turnover / p.glut1_half
    leaving = carriers / (p.cytosol_volume * glucose.MOLECULES_PER_MM_PL) + p.hexokinase_rate / p.hexokinase_half
    inflow = clearance(glut4, bath, p) * bath
    left = max(molecules[glucose.State.OUTSIDE.value] - inflow * dt, TRACE * p.supply)
    return max(leaving, p.use + p.hexokinase_rate / p.g6p_inhibition, inflow / left, 1e-12)
