"""Vesicles through a chunk of steps: in each step all move, then all fire.

Vesicles are worked on a block at a time, so that their scratch stays in the first-level cache. Those that move are
packed into it for the whole chunk; the others cost nothing until the step in which their clock runs out. Whether a
mobile vesicle can be tethered is decided where it is after the step's motion, so it alone burns its clock step by step.
"""

from functools import lru_cache
from threading import get_ident
from typing import NamedTuple

import numpy as np
from numba import literal_unroll

from glut4sim.agents import clocks
from glut4sim.agents.compiling import compiled, internal
from glut4sim.agents.motion import Place, confine, displace, drift_by
from glut4sim.agents.streams import Source, normals, philox, words
from glut4sim.agents.vesicle import BLOCK, TABLE, TETHERING, State

_GROUP = 64  # of which a clock that runs out is looked for only where one has
_LANES = 16  # loops over those that move run to a multiple of this; what lies beyond them is never read

_MOBILE, _FUSED, _TETHERING = np.int64(State.MOBILE), np.int64(State.FUSED), np.int64(TETHERING)
_MOVING, _SEARCHING, _DRIFTING = 0, 1, 2  # places in Block.count
_SPREAD, _DRIFT, _LOW, _HIGH = 0, 1, 2, 3  # columns of the motion table


# ---- what is handed over ----


class Vesicles(NamedTuple):
    """The vesicles of a cell."""

    clocks: clocks.Clocks  # a mobile vesicle's threshold is what remains of its E
    x: np.ndarray  # (n,) float32 [um]
    y: np.ndarray
    z: np.ndarray
    glut4: np.ndarray  # (n,) int32, copies that each carries


class Sources(NamedTuple):
    """Where their random numbers come from."""

    clock: Source
    motion: Source


class Outcome(NamedTuple):
    """What they did in K steps; numbers are added to what stands there."""

    fired: np.ndarray  # (K, n_transition) int64, transitions in each step
    surface: np.ndarray  # (K,) int64, change of GLUT4 copies in the membrane in each step
    log: clocks.EventLog
    position: np.ndarray  # (capacity of the log, 3) float32, where each noted event happened [um]


# ---- scratch ----


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
    """A block at work: its vesicles that move, those whose shared clock runs out by step, and those about to fire.

    A vesicle's place in the block is its number modulo BLOCK.
    """

    moving: Moving
    count: np.ndarray  # (3,) int64: how many move, are mobile, and drift
    draw: np.ndarray  # (BLOCK,) uint32, half the step: the draw index of everybody's motion
    words: np.ndarray  # (4, BLOCK) uint32
    normals: np.ndarray  # (3, BLOCK) float32, of an even step
    slot: np.ndarray  # (BLOCK,) int64, where the vesicle of a place sits among the moving; -1 if it does not
    due: np.ndarray  # (K,) int64, a vesicle whose shared clock runs out in this step; -1 if none does
    also_due: np.ndarray  # (BLOCK,) int64, another one that is due in the same step as that of a place
    own: np.ndarray  # (K, 2) float64, hazard of a mobile vesicle in a step: anywhere, and by tethering where it can be
    firing: clocks.Batch
    fraction: np.ndarray  # (BLOCK,) float64, by place in the batch: of the step, when the clock runs out


@lru_cache(maxsize=128)  # threads come and go
def empty_block(thread: int, steps: int) -> Block:
    """The block of a thread for chunks of so many steps. `advance` leaves it empty."""
    return Block(
        moving=Moving._make((np.zeros(BLOCK, np.uint32), *np.zeros((11, BLOCK), np.float32), np.full(BLOCK, np.inf))),
        count=np.zeros(3, np.int64),
        draw=np.zeros(BLOCK, np.uint32),
        words=np.zeros((4, BLOCK), np.uint32),
        normals=np.zeros((3, BLOCK), np.float32),
        slot=np.full(BLOCK, -1),
        due=np.full(steps, -1),
        also_due=np.zeros(BLOCK, np.int64),
        own=np.zeros((steps, 2)),
        firing=clocks.batch(thread),
        fraction=np.zeros(BLOCK),
    )


# ---- the steps ----


def advance(low, high, chunk, mobility, sources, vesicles, outcome):
    """Carry vesicles low..high through every step of a chunk.

    Parameters
    ----------
    low, high : int
    chunk
        clocks.Chunk
        With the table from `vesicle.tabulate`; half a step's number is the draw index of its motion.
    mobility
        vesicle.Mobility
    sources : Sources
    vesicles : Vesicles, modified
    outcome : Outcome, modified
    """
    _advance(low, high, chunk, mobility, sources, vesicles, outcome, empty_block(get_ident(), len(chunk.rate)))


@compiled(error_model="numpy")
def _advance(low, high, chunk, mobility, sources, vesicles, outcome, block):
    n_step = len(chunk.rate)
    for k in range(n_step):
        block.own[k, 0] = clocks.total_rate(_MOBILE, chunk.rate[k], TABLE, _TETHERING) * chunk.dt
        block.own[k, 1] = chunk.rate[k, _TETHERING] * chunk.dt
    for first in range(low, high, BLOCK):
        take_in(block, first, min(first + BLOCK, high), chunk, mobility, vesicles)
        for k in range(n_step):
            move_all(block, chunk.first_step + k, k == 0, sources.motion)
            n = burn_own_clocks(block, k, mobility.capture)
            n = collect_due(block, n, k, chunk.hazard, vesicles.clocks)
            while n > 0:
                n = fire_batch(block, n, k, chunk, mobility, sources, vesicles, outcome)
        put_back(block, vesicles)


@internal
def take_in(block, first, end, chunk, mobility, vesicles):
    """Pack those of the vesicles first..end that move, and put the others down for the step in which they are due."""
    for c in range(len(block.count)):
        block.count[c] = 0
    agents = vesicles.clocks
    for i in range(first, end):
        s = np.int64(agents.state[i])
        if s != _MOBILE:
            k = clocks.find_step(agents.threshold[i], s, np.int64(0), chunk.hazard)
            if k < len(block.due):
                put_down(block, i, k)
        block.slot[i % BLOCK] = -1
        if moves(s, mobility):
            m = join(block, np.uint32(i))
            set_place(block.moving, m, Place(vesicles.x[i], vesicles.y[i], vesicles.z[i], np.float32(0.0)))
            set_motion(block.moving, m, s, mobility, agents.threshold[i])
        count_in(block, s, mobility, 1)


@internal
def put_back(block, vesicles):
    """Write what has changed of those that move back to their arrays."""
    moving, agents = block.moving, vesicles.clocks
    for m in range(block.count[_MOVING]):
        i = moving.who[m]
        vesicles.x[i], vesicles.y[i], vesicles.z[i] = moving.x[m], moving.y[m], moving.z[m]
        if agents.state[i] == _MOBILE:
            agents.threshold[i] = moving.clock[m]
    for m in range(BLOCK):
        moving.clock[m] = np.inf


# ---- moving ----


@internal
def move_all(block, step, first, source):
    """One step of all that move.

    An even step and the odd one after it share the words of one counter, three normals each.
    """
    moving, w, near = block.moving, block.words, block.normals
    n = (block.count[_MOVING] + _LANES - 1) // _LANES * _LANES
    if block.count[_DRIFTING] > 0:
        for m in range(n):
            moving.x[m], moving.y[m], moving.z[m] = drift_by(
                moving.x[m], moving.y[m], moving.z[m], moving.drift[m], moving.low[m], moving.high[m]
            )
    if step % 2 == 0 or first:
        for m in range(n):
            block.draw[m] = step // 2
        words(moving.who, block.draw, n, source, w)
        for m in range(n):
            near[0, m], near[1, m], near[2, m], moving.ahead_x[m], moving.ahead_y[m], moving.ahead_z[m] = normals(
                w[0, m], w[1, m], w[2, m], w[3, m]
            )
    if step % 2 == 0:
        displace_all(moving, n, near[0], near[1], near[2])
    else:
        displace_all(moving, n, moving.ahead_x, moving.ahead_y, moving.ahead_z)


@internal
def displace_all(moving, n, normal_x, normal_y, normal_z):
    """Displace the first n of the moving by three normals each, (n,)."""
    for m in range(n):
        moving.x[m], moving.y[m], moving.z[m], moving.r[m] = displace(
            moving.x[m], moving.y[m], moving.z[m], moving.spread[m], moving.low[m], moving.high[m],
            normal_x[m], normal_y[m], normal_z[m],
        )  # fmt: skip


# ---- whose clock runs out ----


@internal(error_model="numpy")
def burn_own_clocks(block, k, capture):
    """Burn the hazard of step k off every clock that is a vesicle's own. Those that run out go into the batch, with the
    fraction of the step at which they do; returns how many they are."""
    n = np.int64(0)
    if block.count[_SEARCHING] == 0:
        return n
    clock, r, who = block.moving.clock, block.moving.r, block.moving.who
    free, tether = block.own[k, 0], block.own[k, 1]
    for group in range((block.count[_MOVING] + _GROUP - 1) // _GROUP):
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


@internal
def put_down(block, i, k):
    """Put vesicle i down for step k, in which its shared clock runs out."""
    block.also_due[i % BLOCK] = block.due[k]
    block.due[k] = i


@internal(error_model="numpy")
def collect_due(block, n, k, hazard, agents):
    """Add all that are put down for step k to a batch of n; returns how many it holds then."""
    i = block.due[k]
    block.due[k] = -1
    while i >= 0:
        s = np.int64(agents.state[i])
        block.firing.who[n] = i
        block.fraction[n] = (agents.threshold[i] - hazard[k, s]) / (hazard[k + 1, s] - hazard[k, s])
        n += 1
        i = block.also_due[i % BLOCK]
    return n


# ---- firing ----


@internal(error_model="numpy")
def fire_batch(block, n, k, chunk, mobility, sources, vesicles, outcome):
    """One event of each of the first n of the batch in step k; returns how many are due again in it: its first."""
    firing, agents = block.firing, vesicles.clocks
    for f in range(n):
        firing.draws[f] = agents.draws[firing.who[f]]
    clocks.draw(firing, n, sources.clock)
    kept = np.int64(0)
    for f in range(n):
        i, fraction = firing.who[f], block.fraction[f]
        s = np.int64(agents.state[i])
        at = place_of(block, i, vesicles)
        barred = np.int64(-1) if at.r > mobility.capture else _TETHERING
        j = clocks.choose(firing.way[f], s, chunk.rate[k], TABLE, barred)
        note(outcome, (chunk.first_step + k + fraction) * chunk.dt, k, i, j, at, vesicles.glut4[i])
        count_in(block, s, mobility, -1)
        s = TABLE.target[j]
        count_in(block, s, mobility, 1)
        at = confine(at, mobility.by_state[s, _LOW], mobility.by_state[s, _HIGH])
        limit, due, fraction = new_clock(firing.wait[f], s, at.r > mobility.capture, k, fraction, block, chunk.hazard)
        agents.state[i], agents.threshold[i] = s, limit
        agents.draws[i] += np.uint32(1)
        vesicles.x[i], vesicles.y[i], vesicles.z[i] = at.x, at.y, at.z
        if moves(s, mobility):
            m = block.slot[i % BLOCK]
            if m < 0:
                m = join(block, i)
                if (chunk.first_step + k) % 2 == 0:
                    draw_next_step(block.moving, m, chunk.first_step + k, sources.motion)
            set_place(block.moving, m, at)
            set_motion(block.moving, m, s, mobility, limit)
        elif block.slot[i % BLOCK] >= 0:
            leave(block, i)
        if due == k:
            firing.who[kept], block.fraction[kept] = i, fraction
            kept += 1
        elif due < len(block.due):
            put_down(block, np.int64(i), due)
    return kept


@internal
def place_of(block, i, vesicles):
    """Where vesicle i is now; the radius is known only of those that move, for whom alone it matters."""
    m, moving = block.slot[i % BLOCK], block.moving
    if m >= 0:
        return Place(moving.x[m], moving.y[m], moving.z[m], moving.r[m])
    return Place(vesicles.x[i], vesicles.y[i], vesicles.z[i], np.float32(0.0))


@internal
def note(outcome, time, k, i, j, at, glut4):
    """Book transition j of vesicle i, which carries so much GLUT4, in step k."""
    n = outcome.log.count[0]
    if n < len(outcome.log.time):
        outcome.position[n, 0], outcome.position[n, 1], outcome.position[n, 2] = at.x, at.y, at.z
    clocks.note(outcome.log, time, np.uint32(i), np.uint8(j))
    outcome.fired[k, j] += 1
    if TABLE.source[j] == _FUSED:
        outcome.surface[k] -= glut4
    if TABLE.target[j] == _FUSED:
        outcome.surface[k] += glut4


@internal(error_model="numpy")
def new_clock(wait, s, near, k, fraction, block, hazard):
    """The clock of a vesicle that enters state s in step k, at a fraction of it, and waits for E = `wait`.

    Returns
    -------
    limit : float
        Its threshold; of a mobile vesicle, what is left of E at the end of the step.
    due : int
        The step in which it runs out. The number of steps if none does, or none yet, for a mobile vesicle.
    fraction : float
        Of that step, when it does, if it is step k.
    """
    n_step = np.int64(len(block.due))
    if s == _MOBILE:
        whole = block.own[k, 0] + (block.own[k, 1] if near else 0.0)
        burned = whole * (1.0 - fraction)
        if wait < burned:
            return wait, k, fraction + wait / whole
        return wait - burned, n_step, fraction
    limit = wait + (hazard[k, s] + fraction * (hazard[k + 1, s] - hazard[k, s]))
    due = clocks.find_step(limit, s, k, hazard)
    if due == k:
        fraction = (limit - hazard[k, s]) / (hazard[k + 1, s] - hazard[k, s])
    return limit, due, fraction


# ---- who is among the moving ----


@internal
def moves(s, mobility):
    """Whether vesicles in state s are kept among the moving."""
    return s == _MOBILE or mobility.by_state[s, _SPREAD] != 0 or mobility.by_state[s, _DRIFT] != 0


@internal
def count_in(block, s, mobility, by):
    """Count one more, or one less, in state s."""
    if s == _MOBILE:
        block.count[_SEARCHING] += by
    if mobility.by_state[s, _DRIFT] != 0:
        block.count[_DRIFTING] += by


@internal
def join(block, i):
    """Take vesicle i among the moving; returns its slot."""
    m = block.count[_MOVING]
    block.count[_MOVING] += 1
    block.slot[i % BLOCK] = m
    block.moving.who[m] = i
    return m


@internal
def leave(block, i):
    """Take vesicle i from among the moving; the last of them takes the slot that falls free."""
    moving, m = block.moving, block.slot[i % BLOCK]
    block.count[_MOVING] -= 1
    last = block.count[_MOVING]
    copy_slot(moving, m, last)
    moving.clock[last] = np.inf
    block.slot[moving.who[m] % BLOCK] = m
    block.slot[i % BLOCK] = -1


@internal
def copy_slot(moving, m, last):
    """Put what stands in the last slot into slot m."""
    for column in literal_unroll(moving):
        column[m] = column[last]


@internal
def set_place(moving, m, at):
    """Where the vesicle in slot m is."""
    moving.x[m], moving.y[m], moving.z[m], moving.r[m] = at.x, at.y, at.z, at.r


@internal
def set_motion(moving, m, s, mobility, limit):
    """How the vesicle in slot m moves in state s, and its own clock if it has one."""
    row = mobility.by_state[s]
    moving.spread[m], moving.drift[m], moving.low[m], moving.high[m] = row[_SPREAD], row[_DRIFT], row[_LOW], row[_HIGH]
    moving.clock[m] = limit if s == _MOBILE else np.inf


@internal
def draw_next_step(moving, m, step, source):
    """The normals of the odd step after this even one, which one counter's words also hold."""
    w0, w1, w2, w3 = philox(moving.who[m], np.uint32(step // 2), source)
    _, _, _, moving.ahead_x[m], moving.ahead_y[m], moving.ahead_z[m] = normals(w0, w1, w2, w3)
