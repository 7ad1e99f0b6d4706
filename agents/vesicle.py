"""GLUT4 storage vesicle: six states, a position in the shell between inner body and membrane, and its own GLUT4 copies.

    stored -> mobile -> tethered -> docked -> fused -> endocytosed -> stored

Insulin acts through Rab10: it lets stored vesicles go and lets docked ones fuse. A mobile vesicle can be tethered only
within the capture distance of the membrane; it gets there by Brownian motion and the pull of its motor. That hazard is
the vesicle's own, so a mobile vesicle burns its clock down step by step; every other state shares its hazard with all
who are in it (agents/clocks.py).

Insulin does not raise transient fusion, in which no GLUT4 is set free (Stenkula et al., Cell Metab 12:250, 2010).

Sources: the steps and where insulin acts, Bai et al., Cell Metab 5:47 (2007), Stoeckli, Fazakerley, James, J Cell Sci
124:4147 (2011), Sano et al., Cell Metab 5:293 (2007, Rab10).
"""

from enum import IntEnum
from typing import Annotated, NamedTuple

import numpy as np
from numba import literal_unroll, njit

from agents import clocks, population
from agents.population import Field
from agents.streams import exponential, normal_pair, philox, uniform


class State(IntEnum):
    STORED = 0  # sequestered
    MOBILE = 1  # released, moving through the cytosol
    TETHERED = 2  # caught at the membrane
    DOCKED = 3  # docked and primed
    FUSED = 4  # its GLUT4 is part of the membrane
    ENDOCYTOSED = 5  # taken back, being sorted


TRANSITIONS = (  # in the order in which `rates` returns their rates
    (State.STORED, State.MOBILE),
    (State.MOBILE, State.STORED),
    (State.MOBILE, State.TETHERED),
    (State.TETHERED, State.MOBILE),
    (State.TETHERED, State.DOCKED),
    (State.DOCKED, State.TETHERED),  # lets go
    (State.DOCKED, State.TETHERED),  # transient fusion: the pore closes again and the GLUT4 stays in the vesicle
    (State.DOCKED, State.FUSED),
    (State.FUSED, State.ENDOCYTOSED),
    (State.ENDOCYTOSED, State.STORED),
)
TETHERING = TRANSITIONS.index((State.MOBILE, State.TETHERED))  # possible only near the membrane
FUSION = TRANSITIONS.index((State.DOCKED, State.FUSED))
TRANSIENT_FUSION = FUSION - 1

TABLE = clocks.table(TRANSITIONS, len(State))
FIELDS = (
    *population.CLOCK_FIELDS,  # a mobile vesicle's threshold is what remains of its E
    Field("x", np.float32, "um", "position, from the centre of the cell"),
    Field("y", np.float32, "um", "position"),
    Field("z", np.float32, "um", "position"),
    Field("glut4", np.int32, "1", "GLUT4 copies it carries"),
)


class Parameters(NamedTuple):
    release: Annotated[float, "1/s"]  # per fraction of active Rab10
    recapture: Annotated[float, "1/s"]
    tether: Annotated[float, "1/s"]  # within the capture distance
    untether: Annotated[float, "1/s"]
    dock: Annotated[float, "1/s"]
    undock: Annotated[float, "1/s"]
    fuse_transiently: Annotated[float, "1/s"]
    fuse: Annotated[float, "1/s"]  # per fraction of active Rab10
    endocytose: Annotated[float, "1/s"]
    sort: Annotated[float, "1/s"]
    cell_radius: Annotated[float, "um"]
    inner_radius: Annotated[float, "um"]  # nucleus or lipid droplet: no vesicle inside
    capture_distance: Annotated[float, "um"]
    diffusion_stored: Annotated[float, "um**2/s"]  # 0: static retention
    diffusion_mobile: Annotated[float, "um**2/s"]
    diffusion_fused: Annotated[float, "um**2/s"]  # on the membrane
    diffusion_endocytosed: Annotated[float, "um**2/s"]
    drift_mobile: Annotated[float, "um/s"]  # outward, motor
    drift_endocytosed: Annotated[float, "um/s"]  # inward, motor
    glut4_copies: Annotated[float, "1"]  # per cell


class Environment(NamedTuple):
    rab10_active: float  # fraction in GTP form


@njit(cache=True)
def rates(environment, p):
    """Rate of each transition [1/s], in the order of TRANSITIONS; tethering's holds within the capture distance."""
    return (
        p.release * environment.rab10_active,
        p.recapture,
        p.tether,
        p.untether,
        p.dock,
        p.undock,
        p.fuse_transiently,
        p.fuse * environment.rab10_active,
        p.endocytose,
        p.sort,
    )


@njit(cache=True, nogil=True)
def tabulate(rab10_active, parameters, dt, hazard, rate):
    """Fill the clock table of a chunk from the active fraction of Rab10 (K,) in each of its steps.

    `hazard` (K + 1, n_state) has row 0 given; that of MOBILE stays zero, since each mobile vesicle burns its own.
    """
    for k in range(len(rab10_active)):
        clocks.set_step(rates(Environment(rab10_active[k]), parameters), TABLE.source, dt, hazard, rate, k)
        hazard[k + 1, State.MOBILE.value] = 0.0


def motion_table(p: Parameters, dt: float) -> np.ndarray:
    """How each state moves in one step, (n_state, 4) float32 [um].

    Columns: standard deviation per axis, drift outward, innermost and outermost radius.
    """
    cytosol, edge = (p.inner_radius, p.cell_radius), (p.cell_radius, p.cell_radius)
    rows = {
        State.STORED: (p.diffusion_stored, 0.0, *cytosol),
        State.MOBILE: (p.diffusion_mobile, p.drift_mobile, *cytosol),
        State.TETHERED: (0.0, 0.0, *cytosol),
        State.DOCKED: (0.0, 0.0, *edge),
        State.FUSED: (p.diffusion_fused, 0.0, *edge),
        State.ENDOCYTOSED: (p.diffusion_endocytosed, -p.drift_endocytosed, *cytosol),
    }
    ordered = (rows[state] for state in State)
    return np.array([((2.0 * d * dt) ** 0.5, v * dt, low, high) for d, v, low, high in ordered], np.float32)


_TINY = np.float32(1e-6)
_TWO = np.float32(2.0)


@njit(cache=True, forceinline=True)
def displace(x, y, z, spread, drift, low, high, agent, step, source):
    """One step of one vesicle: drift along the radius as far as a wall, Brownian displacement, reflection at the walls.

    All in float32 and free of branches and calls, so that a loop over vesicles vectorises. Reflection in a sphere is
    exact to first order in (step length / radius). A state with low == high lives on that sphere: diffusion there is
    the projected displacement.

    Returns x, y, z and the radius r [um].
    """
    w0, w1, w2, w3 = philox(agent, step, source)
    n0, n1 = normal_pair(w0, w1)
    n2, _ = normal_pair(w2, w3)
    r = np.sqrt(np.float32(x * x + y * y + z * z))
    stretch = np.float32(min(max(np.float32(r + drift), low), high) / max(r, _TINY))
    x = np.float32(x * stretch + spread * n0)
    y = np.float32(y * stretch + spread * n1)
    z = np.float32(z * stretch + spread * n2)
    r = np.sqrt(np.float32(x * x + y * y + z * z))
    inside = min(r, np.float32(_TWO * high - r))
    inside = max(inside, np.float32(_TWO * low - inside))
    inside = min(max(inside, low), high)
    scale = np.float32(inside / max(r, _TINY))
    return np.float32(x * scale), np.float32(y * scale), np.float32(z * scale), inside


@njit(cache=True, forceinline=True)
def place(x, y, z, low, high):
    """The nearest point whose radius lies in low .. high; returns x, y, z, radius [um]."""
    r = np.sqrt(np.float32(x * x + y * y + z * z))
    inside = min(max(r, low), high)
    scale = np.float32(inside / max(r, _TINY))
    return np.float32(x * scale), np.float32(y * scale), np.float32(z * scale), inside


BLOCK = 512  # vesicles advanced together, so that the moving ones' scratch stays in the first-level cache


class Moving(NamedTuple):
    """The vesicles of a block that move or burn a clock of their own, packed, each array (BLOCK,)."""

    who: np.ndarray  # uint32
    x: np.ndarray  # float32 [um]
    y: np.ndarray
    z: np.ndarray
    r: np.ndarray  # after the step's motion
    spread: np.ndarray  # float32 [um], their state's row of the motion table
    drift: np.ndarray
    low: np.ndarray
    high: np.ndarray
    clock: np.ndarray  # float64, what remains of E; infinite for all but the mobile


@njit(cache=True)
def _scratch():
    f = np.empty((8, BLOCK), np.float32)
    return Moving(np.empty(BLOCK, np.uint32), f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], np.empty(BLOCK))


@njit(cache=True)
def _moves(s, motion):
    return s == State.MOBILE.value or motion[s, 0] != 0 or motion[s, 1] != 0


@njit(cache=True)
def _enter(moving, m, i, x, y, z, s, motion, limit):
    moving.who[m] = i
    moving.x[m], moving.y[m], moving.z[m] = x, y, z
    moving.spread[m], moving.drift[m], moving.low[m], moving.high[m] = motion[s]
    moving.clock[m] = limit if s == State.MOBILE.value else np.inf


@njit(cache=True)
def _replace(moving, m, by):
    for column in literal_unroll(moving):
        column[m] = column[by]


@njit(cache=True)
def _fire(
    i, k, fraction, px, py, pz, r, free, tether, capture,
    hazard, rate, motion, source, first_step, dt, agents, glut4, fired, surface, log, log_position,
):  # fmt: skip
    """Fire vesicle i at a fraction of step k, and again while its next clock also runs out within the step.

    Returns its position and the step in which its clock runs out if it is a shared one (n_step if not in
    this chunk, or if it is its own).
    """
    n_step = len(rate)
    s = np.int64(agents.state[i])
    while True:
        w0, w1, w2, w3 = philox(i, agents.draws[i], source)
        agents.draws[i] += np.uint32(1)
        j = clocks.choose(uniform(w2, w3), s, rate[k], TABLE, -1 if r > capture else TETHERING)
        if log.count[0] < len(log.time):
            log_position[log.count[0]] = px, py, pz
        clocks.note(log, (first_step + k + fraction) * dt, i, j)
        fired[k, j] += 1
        if s == State.FUSED.value:
            surface[k] -= glut4[i]
        s = TABLE.target[j]
        if s == State.FUSED.value:
            surface[k] += glut4[i]
        px, py, pz, r = place(px, py, pz, motion[s, 2], motion[s, 3])
        limit = exponential(w0, w1)
        due = n_step
        if s == State.MOBILE.value:
            own = free + (tether if r > capture else 0.0)
            burned = own * (1.0 - fraction)
            if limit >= burned:
                limit -= burned
                break
            fraction += limit / own
        else:
            limit += hazard[k, s] + fraction * (hazard[k + 1, s] - hazard[k, s])
            due = clocks.find_step(limit, s, k, hazard)
            if due > k:
                break
            fraction = (limit - hazard[k, s]) / (hazard[k + 1, s] - hazard[k, s])
    agents.state[i] = s
    agents.threshold[i] = limit
    return px, py, pz, due


@njit(cache=True, nogil=True)
def advance(
    low, high, hazard, rate, motion, capture, motion_source, clock_source, first_step, dt,
    agents, x, y, z, glut4, fired, surface, log, log_position,
):  # fmt: skip
    """Carry vesicles low..high through every step of a clock table: in each step all move, then all fire.

    Whether a mobile vesicle can be tethered is decided where it is after the step's motion. The vesicles that move are
    packed into scratch for the whole chunk; the others cost nothing until the step in which their clock runs out.

    Parameters
    ----------
    hazard : (K + 1, n_state) float64;  rate : (K, n_transition) float64 [1/s]    from `tabulate`
    motion : (n_state, 4) float32    from `motion_table`
    capture : float32    radius beyond which a mobile vesicle can be tethered [um]
    motion_source, clock_source : streams.Source
    first_step : int    number of the first step since time 0: the draw index of its motion
    dt : float    step [s]
    agents : clocks.Clocks, modified
    x, y, z : (n,) float32, modified    [um]
    glut4 : (n,) int32    copies each carries
    fired : (K, n_transition) int64, modified    the transitions of each step are added
    surface : (K,) int64, modified    the change of GLUT4 copies in the membrane in each step is added
    log : EventLog, modified;  log_position : (capacity, 3) float32, modified    where each noted event happened [um]
    """
    n_step = len(rate)
    mobile = State.MOBILE.value
    state, threshold = agents.state, agents.threshold
    due = np.empty(BLOCK, np.int64)  # step in which a shared clock runs out; n_step if none does
    slot = np.empty(BLOCK, np.int64)  # where the vesicle sits among the moving; -1 if it does not
    moving = _scratch()
    for first in range(low, high, BLOCK):
        size = min(BLOCK, high - first)
        n_moving = 0
        next_due = n_step
        for b in range(size):
            i = first + b
            s = np.int64(state[i])
            due[b] = n_step if s == mobile else clocks.find_step(threshold[i], s, 0, hazard)
            next_due = min(next_due, due[b])
            slot[b] = -1
            if _moves(s, motion):
                slot[b] = n_moving
                _enter(moving, n_moving, i, x[i], y[i], z[i], s, motion, threshold[i])
                n_moving += 1
        for k in range(n_step):
            _displace_all(moving, n_moving, first_step + k, motion_source)
            free = clocks.total_rate(mobile, rate[k], TABLE, TETHERING) * dt
            tether = rate[k, TETHERING] * dt
            if not _burn_all(moving, n_moving, free, tether, capture) and k < next_due:
                continue
            for b in range(size):
                i = first + b
                m = slot[b]
                if state[i] == mobile:
                    if moving.clock[m] >= 0.0:
                        continue
                    fraction = 1.0 + moving.clock[m] / (free + (tether if moving.r[m] > capture else 0.0))
                elif due[b] == k:
                    s = np.int64(state[i])
                    fraction = (threshold[i] - hazard[k, s]) / (hazard[k + 1, s] - hazard[k, s])
                else:
                    continue
                if m >= 0:
                    px, py, pz, r = moving.x[m], moving.y[m], moving.z[m], moving.r[m]
                else:
                    px, py, pz, r = x[i], y[i], z[i], np.float32(0.0)
                px, py, pz, due[b] = _fire(
                    i, k, fraction, px, py, pz, r, free, tether, capture, hazard, rate, motion, clock_source,
                    first_step, dt, agents, glut4, fired, surface, log, log_position,
                )  # fmt: skip
                x[i], y[i], z[i] = px, py, pz
                s = np.int64(state[i])
                if _moves(s, motion):
                    if m < 0:
                        m = n_moving
                        slot[b] = m
                        n_moving += 1
                    _enter(moving, m, i, px, py, pz, s, motion, threshold[i])
                elif m >= 0:  # the last of the moving takes the place that falls free
                    n_moving -= 1
                    _replace(moving, m, n_moving)
                    slot[np.int64(moving.who[m]) - first] = m
                    slot[b] = -1
            next_due = n_step
            for b in range(size):
                if due[b] > k:
                    next_due = min(next_due, due[b])
        for m in range(n_moving):
            i = moving.who[m]
            x[i], y[i], z[i] = moving.x[m], moving.y[m], moving.z[m]
            if state[i] == mobile:
                threshold[i] = moving.clock[m]


@njit(cache=True)
def _displace_all(moving, n_moving, step, source):
    for m in range(n_moving):
        moving.x[m], moving.y[m], moving.z[m], moving.r[m] = displace(
            moving.x[m], moving.y[m], moving.z[m],
            moving.spread[m], moving.drift[m], moving.low[m], moving.high[m], moving.who[m], step, source,
        )  # fmt: skip


@njit(cache=True)
def _burn_all(moving, n_moving, free, tether, capture):
    """Burn one step's hazard off every clock that is a vesicle's own; True if one ran out."""
    ringing = False
    for m in range(n_moving):
        moving.clock[m] -= free + (tether if moving.r[m] > capture else 0.0)
        ringing |= moving.clock[m] < 0.0
    return ringing
