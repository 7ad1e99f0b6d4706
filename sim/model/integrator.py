"""The mean field through time, compiled: steps of Rodas5P from one change of the bath or the hormones to the next.

The step is as long as the estimated error of every quantity that is recorded allows: for a state of vesicles the sum
over its bins. Counts of events follow from what is so controlled. No step passes a change. After a change the step
starts as long as some term of the solution's Taylor series, taken with the Jacobian that is there anyway, stays below
the tolerance; so it need not be found by trial. Records between steps come from the interpolant.
"""

from typing import NamedTuple

import numpy as np

from glut4sim.sim.model import equations, rodas, sparse_lu
from glut4sim.sim.model.compiled import compiled
from glut4sim.sim.model.network import COLUMNS, N_COLUMN, Network

DONE, TOO_MANY, TOO_SMALL, MISFIT = range(4)  # how an integration ended
MOST_TRIALS, MOST_MORE = 50_000, 500  # of steps in all, and for each change
FLOOR = 1e-12  # absolute tolerance of fractions and percents
_CONTROLLED = COLUMNS["vesicle_events"].start
_TERMS = 6  # of the Taylor series


class Room(NamedTuple):
    """Arrays to work in."""

    linear: equations.Linear
    stages: rodas.Stages
    slope: np.ndarray  # (n + 1,)
    slope_there: np.ndarray  # (n + 1,) at a stage
    before: np.ndarray  # (n_column,) what is recorded, at the start of a step
    after: np.ndarray  # (n_column,) and at its end
    error: np.ndarray  # (n_column,)
    bends: np.ndarray  # (3, n_column) coefficients of the interpolant


def room(net: Network) -> Room:
    """Arrays of the sizes that a network needs."""
    n = net.plan.size
    return Room(
        linear=equations.linear(net),
        stages=rodas.stages(n),
        slope=np.zeros(n + 1),
        slope_there=np.zeros(n + 1),
        before=np.zeros(N_COLUMN),
        after=np.zeros(N_COLUMN),
        error=np.zeros(N_COLUMN),
        bends=np.zeros((3, N_COLUMN)),
    )


class Course(NamedTuple):
    """What surrounds the cell and what it is like, piece by piece."""

    changes: np.ndarray  # (n_piece + 1,) where pieces begin, and the end [s]
    insulin: np.ndarray  # (n_piece,) [nM]
    glucose: np.ndarray  # (n_piece,) [mM]
    parameters: np.ndarray  # (n_piece,) records from network.as_records


@compiled
def add_up(values, column, sums):
    """Add what is recorded together: unknowns (n,) to columns (n_column,)."""
    for c in range(len(sums)):
        sums[c] = 0.0
    for i in range(len(column)):
        sums[column[i]] += values[i]


@compiled
def largest(changes, one, other, column, rtol, sums):
    """The largest of changes (n,), as a multiple of what is allowed to the larger of two records (n_column,)."""
    for c in range(len(sums)):
        sums[c] = 0.0
    for i in range(len(column)):
        sums[column[i]] += abs(changes[i])
    found = 0.0
    for c in range(_CONTROLLED):
        size = sums[c] / (FLOOR + rtol * max(abs(one[c]), abs(other[c])))
        if not size < np.inf:  # nor a number
            return np.inf
        found = max(found, size)
    return found


@compiled
def try_step(y, h, bath, p, net, room):
    """One step from y, linearised there; its end is `room.stages.ahead`. Returns whether it could be computed."""
    at, stages, slope = room.linear, room.stages, room.slope_there
    equations.assemble(y, 1.0 / (rodas.GAMMA * h), net, at)
    if not sparse_lu.factorise(net.plan, at.matrix):
        return False
    for i in range(rodas.STAGES):
        rodas.look_ahead(i, y, h, stages)
        equations.derivative(stages.ahead, bath, p, net, at, slope)
        for e in range(len(y)):
            stages.u[i, e] = slope[e] + stages.pull[e]
        sparse_lu.solve(net.plan, at.matrix, stages.u[i])
    rodas.look_ahead(rodas.STAGES, y, h, stages)
    return True


@compiled
def first_step(y, most, net, room, rtol):
    """How long a step from y, linearised there, may be at first; at most `most` [s]."""
    term, next_term = room.stages.ahead, room.stages.pull
    equations.assemble(y, 0.0, net, room.linear)
    add_up(y, net.column, room.before)
    for e in range(len(y)):
        term[e] = room.slope[e]
    best, factorial = 0.0, 1.0
    for k in range(1, _TERMS + 1):
        factorial *= k
        size = largest(term, room.before, room.before, net.column, rtol, room.error) / factorial
        if size * most**k <= 1.0:
            return most
        best = max(best, size ** (-1.0 / k))
        sparse_lu.multiply(net.plan, room.linear.matrix, term, next_term)
        for e in range(len(y)):
            term[e] = -next_term[e]
    return best


@compiled
def record(t, h, times, k, now, net, room, rows):
    """Fill rows from k on for all times up to `now`, in the step of h from t; returns the next row."""
    if k == len(times) or times[k] > now:
        return k
    rodas.bend(room.stages)
    for m in range(3):
        add_up(room.stages.bends[m], net.column, room.bends[m])
    while k < len(times) and times[k] <= now:
        part = (times[k] - t) / h
        for c in range(rows.shape[1]):
            rows[k, c] = rodas.between(
                part, room.before[c], room.after[c], room.bends[0, c], room.bends[1, c], room.bends[2, c]
            )
        k += 1
    return k


@compiled
def integrate(y, course, net, room, times, rows, rtol):
    """Follow the mean field through a course.

    Parameters
    ----------
    y : (n,) float64, modified
        the unknowns
    course : Course
    net : Network
    room : Room, modified
    times : (K,) float64, ascending
        when to record, from the start to the end of the course [s]
    rows : (K, n_column) float64, modified
        the records
    rtol : float
        relative tolerance

    Returns
    -------
    ending : int
        DONE; or TOO_MANY or TOO_SMALL steps; MISFIT if arrays do not fit each other
    time : float
        up to where it came [s]
    steps, rejected : int
    """
    pieces, changes = len(course.insulin), course.changes
    fits = len(y) == len(net.column) == net.plan.rows.shape[0] - 1 == room.stages.u.shape[1] == len(room.slope) - 1
    fits &= len(changes) == pieces + 1 and len(course.glucose) == pieces and len(course.parameters) == pieces
    fits &= rows.shape[0] == len(times) and rows.shape[1] == len(room.before)
    fits &= len(room.linear.matrix) == len(net.still) and (len(times) == 0 or times[-1] <= changes[-1])
    if not fits:
        return MISFIT, 0.0, 0, 0
    k, steps, rejected, most = 0, 0, 0, MOST_TRIALS + MOST_MORE * pieces
    t, step = changes[0], np.inf
    while k < len(times) and times[k] <= t:
        add_up(y, net.column, rows[k])
        k += 1
    for piece in range(pieces):
        end, bath, p = changes[piece + 1], course.glucose[piece], course.parameters[piece]
        equations.set_receptor_rates(course.insulin[piece], p, room.linear)
        begun = False
        while t < end:
            equations.linearise(y, bath, p, net, room.linear)
            if not begun:
                begun = True
                equations.derivative(y, bath, p, net, room.linear, room.slope)
                step = first_step(y, min(step, end - t), net, room, rtol)
            add_up(y, net.column, room.before)
            accepted, left, h = False, 0.0, 0.0
            while not accepted:
                left = end - t
                h = left if step >= left else min(step, 0.5 * left)
                if not h > 1e-14 * max(abs(t), 1.0):
                    return TOO_SMALL, t, steps, rejected
                if steps + rejected >= most:
                    return TOO_MANY, t, steps, rejected
                error = np.inf
                if try_step(y, h, bath, p, net, room):
                    add_up(room.stages.ahead, net.column, room.after)
                    error = largest(
                        room.stages.u[rodas.STAGES - 1], room.before, room.after, net.column, rtol, room.error
                    )
                accepted = error <= 1.0
                grown = h * rodas.resize(error)
                step = max(step, grown) if accepted and h < step else grown
                rejected += not accepted
            steps += 1
            now = end if h == left else t + h
            k = record(t, h, times, k, now, net, room, rows)
            for e in range(len(y)):
                y[e] = room.stages.ahead[e]
            t = now
    return DONE, t, steps, rejected
