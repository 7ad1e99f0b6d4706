"""The mean field's equations on its network, compiled: rates, time derivative, and the matrix that solves for a step.

Rates are those of the agents' own `rates`, and signalling's slope and Jacobian its own. How a rate answers to a driver
is a central difference of `rates`, exact to some 1e-10; all else in the matrix is analytic.
"""

from typing import NamedTuple

import numpy as np

from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.sim.model import signalling, sparse_lu
from glut4sim.sim.model.compiled import compiled
from glut4sim.sim.model.network import (
    ACTIVE,
    DRIVING,
    FIRST_VESICLE,
    N_GLUCOSE,
    N_RECEPTOR,
    N_SPECIES,
    N_TRANSITION,
    OF_GLUCOSE,
    OF_VESICLES,
    READ,
    Network,
)  # fmt: skip

_RAB10, _AS160 = DRIVING
_STEP, _LEAST = 6e-6, 1e-6  # of a driver in a central difference: relative, and to what at least


class Linear(NamedTuple):
    """Rates at some point, and how they change there."""

    rates: np.ndarray  # (n_transition,) [1/s]
    slopes: np.ndarray  # (n_driver, n_transition) derivatives of the rates by the drivers
    signals: np.ndarray  # (n_species, n_species + n_driver) from signalling.jacobian
    matrix: np.ndarray  # (n_entry + 1,) shift I - Jacobian, or its factors
    molecules: np.ndarray  # (n_glucose_state,) scratch


def linear(net: Network) -> Linear:
    """Empty arrays of the sizes that a network needs."""
    return Linear(
        np.zeros(N_TRANSITION),
        np.zeros((len(net.drivers), N_TRANSITION)),
        np.zeros((N_SPECIES, N_SPECIES + len(READ))),
        np.zeros(net.plan.entries + 1),
        np.zeros(N_GLUCOSE),
    )


@compiled
def set_receptor_rates(insulin, p, at):
    """Those rates that only the bath decides, at insulin [nM]."""
    found = receptor.rates(receptor.Environment(insulin), p.receptor)
    for j in range(len(found)):
        at.rates[j] = found[j]


@compiled
def set_vesicle_rates(y, p, at):
    """Those rates that depend on signalling."""
    found = vesicle.rates(vesicle.Environment(y[_RAB10], y[_AS160]), p.vesicle)
    for j in range(len(found)):
        at.rates[OF_VESICLES + j] = found[j]


@compiled
def set_glucose_rates(y, bath, p, net, at):
    """Those rates that depend on glucose and on the GLUT4 in the membrane."""
    first = net.drivers[len(DRIVING)]
    for s in range(N_GLUCOSE):
        at.molecules[s] = y[first + s] * p.glucose.supply
    surface = 0.0
    for d in range(len(DRIVING) + N_GLUCOSE, len(net.drivers)):
        surface += y[net.drivers[d]]
    around = glucose.environment(at.molecules, surface * p.vesicle.glut4_copies, bath, p.glucose)
    found = glucose.rates(around, p.glucose)
    for j in range(len(found)):
        at.rates[OF_GLUCOSE + j] = found[j]


@compiled
def receptors(y, p, driver):
    """One of signalling.DRIVERS, by its number: receptors in some states, as a share of those of the reference cell."""
    total = 0.0
    for k in range(len(ACTIVE)):
        total += READ[driver][k] * y[ACTIVE[k]]
    return p.receptor.copies * total


@compiled
def derivative(y, bath, p, net, at, out):
    """Time derivative of all unknowns.

    Parameters
    ----------
    y : (n,) float64
    bath : float
        glucose outside [mM]
    p
        record from network.as_records
    net : Network
    at : Linear, modified
        its rates of receptors are given, the others are set
    out : (n + 1,) float64, modified
        the last element means nothing
    """
    first, arcs, motion, speed = net.first, net.arcs, net.motion, net.speed
    set_vesicle_rates(y, p, at)
    set_glucose_rates(y, bath, p, net, at)
    for e in range(len(out)):
        out[e] = 0.0
    for j in range(N_TRANSITION):
        rate, traffic = at.rates[j], 0.0
        for a in range(first[j], first[j + 1]):
            flux = rate * y[arcs[a, 0]]
            out[arcs[a, 0]] -= flux
            out[arcs[a, 1]] += flux
            traffic += flux
        out[net.counter[j]] += traffic
    for m in range(len(motion)):
        flux = speed[m, 0] * y[motion[m, 0]] - speed[m, 1] * y[motion[m, 1]]
        out[motion[m, 0]] -= flux
        out[motion[m, 1]] += flux
    signalling.derivative(
        y[N_RECEPTOR:FIRST_VESICLE], receptors(y, p, 0), receptors(y, p, 1), p.signalling, out[N_RECEPTOR:FIRST_VESICLE]
    )


@compiled
def linearise(y, bath, p, net, at):
    """Rates at y, their slopes, and signalling's Jacobian; as `derivative`, y is as before when done."""
    slopes = at.slopes
    for d in range(len(net.drivers)):
        driver = net.drivers[d]
        value = y[driver]
        step = _STEP * max(abs(value), _LEAST)
        for side in range(2):
            y[driver] = value + step - 2.0 * step * side
            if d < len(DRIVING):
                set_vesicle_rates(y, p, at)
                j, last = OF_VESICLES, OF_GLUCOSE
            else:
                set_glucose_rates(y, bath, p, net, at)
                j, last = OF_GLUCOSE, N_TRANSITION
            while j < last:
                slopes[d, j] = at.rates[j] if side == 0 else (slopes[d, j] - at.rates[j]) / (2.0 * step)
                j += 1
        y[driver] = value
    set_vesicle_rates(y, p, at)
    set_glucose_rates(y, bath, p, net, at)
    signalling.jacobian(y[N_RECEPTOR:FIRST_VESICLE], receptors(y, p, 0), receptors(y, p, 1), p.signalling, at.signals)
    for i in range(N_SPECIES):
        for driver in range(len(READ)):
            at.signals[i, N_SPECIES + driver] *= p.receptor.copies


@compiled
def assemble(y, shift, net, at):
    """The matrix  shift I - Jacobian  of what has been linearised at y."""
    matrix, first, arcs, responses, influences = at.matrix, net.first, net.arcs, net.responses, net.influences
    for e in range(len(matrix)):
        matrix[e] = net.still[e]
    for j in range(N_TRANSITION):
        rate = at.rates[j]
        for a in range(first[j], first[j + 1]):
            matrix[arcs[a, 2]] += rate
            matrix[arcs[a, 3]] -= rate
            matrix[arcs[a, 4]] -= rate
    for r in range(len(responses)):
        j = responses[r, 1]
        slope = at.slopes[responses[r, 0], j]
        if slope != 0.0:
            i = responses[r, 2]
            for a in range(first[j], first[j + 1]):
                flux = slope * y[arcs[a, 0]]
                matrix[influences[i, 0]] += flux
                matrix[influences[i, 1]] -= flux
                matrix[influences[i, 2]] -= flux
                i += 1
    e = 0
    for i in range(N_SPECIES):
        for j in range(N_SPECIES):
            matrix[net.signals[e]] -= at.signals[i, j]
            e += 1
        for k in range(len(ACTIVE)):
            for driver in range(len(READ)):
                matrix[net.signals[e]] -= READ[driver][k] * at.signals[i, N_SPECIES + driver]
            e += 1
    for e in net.plan.diagonal:
        matrix[e] += shift


@compiled
def settle(y, start, slow, first, last, insulin, bath, p, net, at):
    """Where linear flow takes unknowns first..last of y, a block, long after they were `start`; they sum to 1.

    Solves (slow I - J) x = slow start, with a rate `slow` [1/s] far below any other. `start` (n,) is that right-hand
    side, 0 outside the block, and is used up; the rest as for `derivative`. Returns whether there is a solution.
    """
    set_receptor_rates(insulin, p, at)
    linearise(y, bath, p, net, at)
    assemble(y, slow, net, at)
    sound = sparse_lu.factorise(net.plan, at.matrix)
    sparse_lu.solve(net.plan, at.matrix, start)
    total = 0.0
    for e in range(first, last):
        y[e] = max(start[e], 0.0)
        total += y[e]
    for e in range(first, last):
        y[e] /= total
    return sound and total > 0.0
