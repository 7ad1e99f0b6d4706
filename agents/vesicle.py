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

from glut4sim.agents import clocks, population
from glut4sim.agents.population import Field
from glut4sim.agents.streams import fma, normals, philox, words


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
_ROUNDING = np.float32(1e-6)


@njit(cache=True, forceinline=True)
def _length(x, y, z):
    return np.sqrt(fma(x, x, fma(y, y, np.float32(z * z))))


@njit(cache=True, forceinline=True)
def drift_by(x, y, z, drift, low, high):
    """Drift along the radius [um], as far as a wall; returns x, y, z."""
    r = _length(x, y, z)
    stretch = np.float32(min(max(np.float32(r + drift), low), high) / max(r, _TINY))
    stretch = stretch if drift != np.float32(0.0) else np.float32(1.0)
    return np.float32(x * stretch), np.float32(y * stretch), np.float32(z * stretch)


@njit(cache=True, forceinline=True)
def displace(x, y, z, spread, low, high, n0, n1, n2):
    """One step of one vesicle: Brownian displacement by three normals and reflection at the walls.

    All in float32 and free of branches and calls, so that a loop over vesicles vectorises. Reflection in a sphere is
    exact to first order in (step length / radius). A state with low == high lives on that sphere: diffusion there is
    the projected displacement.

    Returns x, y, z and the radius r [um].
    """
    x, y, z = fma(spread, n0, x), fma(spread, n1, y), fma(spread, n2, z)
    r = _length(x, y, z)
    inside = min(r, np.float32(_TWO * high - r))
    inside = max(inside, np.float32(_TWO * low - inside))
    inside = min(max(inside, low), high)
    scale = np.float32(inside / max(r, _TINY))
    return np.float32(x * scale), np.float32(y * scale), np.float32(z * scale), inside


@njit(cache=True, forceinline=True)
def place(x, y, z, low, high):
    """The nearest point whose radius lies in low .. high, or the same point where only rounding puts it outside.

    Returns x, y, z, radius [um].
    """
    r = _length(x, y, z)
    inside = min(max(r, low), high)
    if abs(np.float32(r - inside)) <= np.float32(_ROUNDING * inside):
        return x, y, z, inside
    scale = np.float32(inside / max(r, _TINY))
    return np.float32(x * scale), np.float32(y * scale), np.float32(z * scale), inside


BLOCK = clocks.BATCH  # vesicles advanced together, so that the moving ones' scratch stays in the first-level cache
_GROUP = 64  # of which a clock that runs out is looked for only where one has


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
    ahead_x: np.ndarray  # float32, the normals of the next step, where that is an odd one
    ahead_y: np.ndarray
    ahead_z: np.ndarray
    clock: np.ndarray  # float64, what remains of E; infinite for all but the mobile


class Block(NamedTuple):
    """A block at work: its vesicles that move, those whose shared clock runs out by step, and those about to fire."""

    moving: Moving
    draw: np.ndarray  # (BLOCK,) uint32, half the step: the draw index of everybody's motion
    words: np.ndarray  # (4, BLOCK) uint32
    normals: np.ndarray  # (3, BLOCK) float32, of an even step
    slot: np.ndarray  # (BLOCK,) int64, where a vesicle sits among the moving; -1 if it does not
    due: np.ndarray  # (K,) int64, a vesicle whose shared clock runs out in this step; -1 if none does
    also_due: np.ndarray  # (BLOCK,) int64, another one that is due in the same step
    fraction: np.ndarray  # (BLOCK,) float64, by place in the batch: of the step, when the clock runs out
    firing: clocks.Batch


@njit(cache=True)
def _room(steps):
    f = np.zeros((11, BLOCK), np.float32)
    moving = Moving(
        np.zeros(BLOCK, np.uint32), f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], f[8], f[9], f[10],
        np.full(BLOCK, np.inf),
    )  # fmt: skip
    return Block(
        moving, np.zeros(BLOCK, np.uint32), np.zeros((4, BLOCK), np.uint32),
        np.zeros((3, BLOCK), np.float32), np.full(BLOCK, -1), np.full(steps, -1),
        np.zeros(BLOCK, np.int64), np.zeros(BLOCK), clocks.batch(),
    )  # fmt: skip


@njit(cache=True, forceinline=True)
def _moves(s, motion):
    return s == State.MOBILE.value or motion[s, 0] != 0 or motion[s, 1] != 0


@njit(cache=True, forceinline=True)
def _enter(moving, m, i, x, y, z, r):
    moving.who[m] = i
    moving.x[m], moving.y[m], moving.z[m], moving.r[m] = x, y, z, r


@njit(cache=True, forceinline=True)
def _behave(moving, m, s, motion, limit):
    moving.spread[m], moving.drift[m], moving.low[m], moving.high[m] = motion[s]
    moving.clock[m] = limit if s == State.MOBILE.value else np.inf


@njit(cache=True)
def _look_ahead(moving, m, step, source):
    """The normals of an odd step, which an even step's words also hold."""
    _, _, _, moving.ahead_x[m], moving.ahead_y[m], moving.ahead_z[m] = normals(
        *philox(moving.who[m], step // 2, source)
    )


@njit(cache=True)
def _replace(moving, m, by):
    for column in literal_unroll(moving):
        column[m] = column[by]


@njit(cache=True, forceinline=True)
def _wait(block, b, k):
    """Put vesicle b of the block down for step k."""
    block.also_due[b] = block.due[k]
    block.due[k] = b


@njit(cache=True, nogil=True, error_model="numpy")
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
    first_step : int    number of the first step since time 0; half of it is the draw index of its motion
    dt : float    step [s]
    agents : clocks.Clocks, modified
    x, y, z : (n,) float32, modified    [um]
    glut4 : (n,) int32    copies each carries
    fired : (K, n_transition) int64, modified    the transitions of each step are added
    surface : (K,) int64, modified    the change of GLUT4 copies in the membrane in each step is added
    log : EventLog, modified;  log_position : (capacity, 3) float32, modified    where each noted event happened [um]
    """
    n_step = len(rate)
    mobile, fused = State.MOBILE.value, State.FUSED.value
    state, threshold = agents.state, agents.threshold
    own = np.empty((n_step, 2))  # hazard of a mobile vesicle in each step: anywhere, and by tethering where it can be
    for k in range(n_step):
        own[k, 0] = clocks.total_rate(mobile, rate[k], TABLE, TETHERING) * dt
        own[k, 1] = rate[k, TETHERING] * dt
    block = _room(n_step)
    moving, slot, firing = block.moving, block.slot, block.firing
    for first in range(low, high, BLOCK):
        n_moving, n_mobile, n_drifting = 0, 0, 0
        for i in range(first, min(first + BLOCK, high)):
            s = np.int64(state[i])
            if s != mobile:
                k = clocks.find_step(threshold[i], s, 0, hazard)
                if k < n_step:
                    _wait(block, i - first, k)
            slot[i - first] = -1
            if _moves(s, motion):
                slot[i - first] = n_moving
                _enter(moving, n_moving, i, x[i], y[i], z[i], np.float32(0.0))
                _behave(moving, n_moving, s, motion, threshold[i])
                n_moving += 1
                n_mobile += s == mobile
                n_drifting += motion[s, 1] != 0
        for k in range(n_step):
            _move(block, n_moving, n_drifting > 0, first_step + k, k == 0, motion_source)
            free, tether = own[k, 0], own[k, 1]
            n = 0
            if n_mobile > 0:
                n = _burn(block, n_moving, free, tether, capture)
            b = block.due[k]
            block.due[k] = -1
            while b >= 0:
                i = first + b
                s = np.int64(state[i])
                firing.who[n] = i
                block.fraction[n] = (threshold[i] - hazard[k, s]) / (hazard[k + 1, s] - hazard[k, s])
                n += 1
                b = block.also_due[b]
            while n > 0:
                for f in range(n):
                    firing.draws[f] = agents.draws[firing.who[f]]
                clocks.draw(firing, n, clock_source)
                kept = 0
                for f in range(n):
                    i = firing.who[f]
                    fraction = block.fraction[f]
                    b = i - first
                    m = slot[b]
                    if m >= 0:
                        px, py, pz, r = moving.x[m], moving.y[m], moving.z[m], moving.r[m]
                    else:
                        px, py, pz, r = x[i], y[i], z[i], np.float32(0.0)
                    s = np.int64(state[i])
                    j = clocks.choose(firing.way[f], s, rate[k], TABLE, -1 if r > capture else TETHERING)
                    if log.count[0] < len(log.time):
                        log_position[log.count[0]] = px, py, pz
                    clocks.note(log, (first_step + k + fraction) * dt, i, j)
                    fired[k, j] += 1
                    n_mobile -= s == mobile
                    if m >= 0:
                        n_drifting -= motion[s, 1] != 0
                    if s == fused:
                        surface[k] -= glut4[i]
                    s = TABLE.target[j]
                    if s == fused:
                        surface[k] += glut4[i]
                    px, py, pz, r = place(px, py, pz, motion[s, 2], motion[s, 3])
                    limit = firing.wait[f]
                    again = False
                    if s == mobile:
                        whole = free + (tether if r > capture else 0.0)
                        burned = whole * (1.0 - fraction)
                        again = limit < burned
                        if again:
                            fraction += limit / whole
                        else:
                            limit -= burned
                    else:
                        limit += hazard[k, s] + fraction * (hazard[k + 1, s] - hazard[k, s])
                        due = clocks.find_step(limit, s, k, hazard)
                        again = due == k
                        if again:
                            fraction = (limit - hazard[k, s]) / (hazard[k + 1, s] - hazard[k, s])
                        elif due < n_step:
                            _wait(block, b, due)
                    if again:
                        firing.who[kept] = i
                        block.fraction[kept] = fraction
                        kept += 1
                    state[i], threshold[i] = s, limit
                    agents.draws[i] += np.uint32(1)
                    x[i], y[i], z[i] = px, py, pz
                    if _moves(s, motion):
                        if m < 0:
                            m = n_moving
                            slot[b] = m
                            n_moving += 1
                            _enter(moving, m, i, px, py, pz, r)
                            if (first_step + k) % 2 == 0:
                                _look_ahead(moving, m, first_step + k, motion_source)
                        else:
                            moving.x[m], moving.y[m], moving.z[m], moving.r[m] = px, py, pz, r
                        _behave(moving, m, s, motion, limit)
                        n_mobile += s == mobile
                        n_drifting += motion[s, 1] != 0
                    elif m >= 0:  # the last of the moving takes the place that falls free
                        n_moving -= 1
                        _replace(moving, m, n_moving)
                        moving.clock[n_moving] = np.inf
                        slot[np.int64(moving.who[m]) - first] = m
                        slot[b] = -1
                n = kept
        for m in range(n_moving):
            i = moving.who[m]
            x[i], y[i], z[i] = moving.x[m], moving.y[m], moving.z[m]
            if state[i] == mobile:
                threshold[i] = moving.clock[m]
        moving.clock[:] = np.inf


@njit(cache=True, forceinline=True)
def _move(block, n_moving, drifting, step, first, source):
    """One step of all that move.

    An even step and the odd one after it share the words of one counter, three normals each. Loops run over whole
    vectors; what lies beyond `n_moving` is never read.
    """
    moving, w, near = block.moving, block.words, block.normals
    n = (n_moving + 15) // 16 * 16
    if drifting:
        for m in range(n):
            moving.x[m], moving.y[m], moving.z[m] = drift_by(
                moving.x[m], moving.y[m], moving.z[m], moving.drift[m], moving.low[m], moving.high[m]
            )
    if step % 2 == 0 or first:
        block.draw[:n] = step // 2
        words(moving.who, block.draw, n, source, w)
        for m in range(n):
            near[0, m], near[1, m], near[2, m], moving.ahead_x[m], moving.ahead_y[m], moving.ahead_z[m] = normals(
                w[0, m], w[1, m], w[2, m], w[3, m]
            )
    if step % 2 == 0:
        _spread(moving, n, near[0], near[1], near[2])
    else:
        _spread(moving, n, moving.ahead_x, moving.ahead_y, moving.ahead_z)


@njit(cache=True, forceinline=True)
def _spread(moving, n, normal_x, normal_y, normal_z):
    for m in range(n):
        moving.x[m], moving.y[m], moving.z[m], moving.r[m] = displace(
            moving.x[m], moving.y[m], moving.z[m], moving.spread[m], moving.low[m], moving.high[m],
            normal_x[m], normal_y[m], normal_z[m],
        )  # fmt: skip


@njit(cache=True, forceinline=True, error_model="numpy")
def _burn(block, n_moving, free, tether, capture):
    """Burn one step's hazard off every clock that is a vesicle's own. Those that run out go into the batch, with the
    fraction of the step at which they do; returns how many they are."""
    clock, r, who = block.moving.clock, block.moving.r, block.moving.who
    n = 0
    for group in range((n_moving + _GROUP - 1) // _GROUP):
        ringing = False
        for lane in range(_GROUP):
            m = group * _GROUP + lane
            clock[m] -= free + (tether if r[m] > capture else 0.0)
            ringing |= clock[m] < 0.0
        if ringing:
            for m in range(group * _GROUP, (group + 1) * _GROUP):
                if clock[m] < 0.0:
                    block.firing.who[n] = who[m]
                    block.fraction[n] = 1.0 + clock[m] / (free + (tether if r[m] > capture else 0.0))
                    n += 1
    return n
