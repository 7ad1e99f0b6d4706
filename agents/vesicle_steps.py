"""Vesicles through a chunk of steps: in each step all move, then all fire.

Vesicles are worked on a block at a time, so that their scratch stays in the first-level cache. Those that move are
packed into it for the whole chunk; the others cost nothing until the step of their next event. Whether a mobile vesicle
can be tethered is decided where it is after the step's motion.
"""

from functools import lru_cache
from threading import get_ident
from typing import NamedTuple

import numpy as np
from numba import literal_unroll

from glut4sim.agents import candidates, clocks
from glut4sim.agents.compiling import compiled, internal
from glut4sim.agents.motion import Place, confine, displace, displace_in_slab
from glut4sim.agents.streams import Source, normals, philox, words
from glut4sim.agents.vesicle import BASES, BLOCK, SURFACE, TABLE, TETHERING, State

_LANES = 16  # loops over those that move run to a multiple of this; what lies beyond them is never read

_MOBILE, _TETHERING = np.int64(State.MOBILE), np.int64(TETHERING)
_IN_MEMBRANE = np.isin(list(State), SURFACE).astype(np.int64)
_TO_MEMBRANE = _IN_MEMBRANE[TABLE.target] - _IN_MEMBRANE[TABLE.source]  # by transition: 1 into it, -1 out of it
_SPREAD, _DRIFT, _LOW, _HIGH = 0, 1, 2, 3  # columns of the motion table


# ---- what is handed over ----


class Vesicles(NamedTuple):
    """The vesicles of a cell."""

    state: np.ndarray  # (n,) int8
    quiet: np.ndarray  # (n,) float64, time before which it has no candidate for leaving its state [s]
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
    """The vesicles of a block that move or can be tethered, packed, each array (BLOCK,)."""

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


class Block(NamedTuple):
    """A block at work: its vesicles that move, and the next event of those that have one in the chunk, by step.

    A vesicle's place in the block is its number modulo BLOCK.
    """

    moving: Moving
    count: np.ndarray  # (1,) int64: how many move
    draw: np.ndarray  # (BLOCK,) uint32, half the step: the draw index of everybody's motion
    words: np.ndarray  # (4, BLOCK) uint32
    normals: np.ndarray  # (3, BLOCK) float32, of an even step
    slot: np.ndarray  # (BLOCK,) int64, where the vesicle of a place sits among the moving; -1 if it does not
    due: np.ndarray  # (K,) int64, a vesicle with an event in this step; -1 if there is none
    also_due: np.ndarray  # (BLOCK,) int64, another one that is due in the same step as that of a place
    when: np.ndarray  # (BLOCK,) float64, time of the event [s]
    way: np.ndarray  # (BLOCK,) int64, its transition


@lru_cache(maxsize=128)  # threads come and go
def empty_block(thread: int, steps: int) -> Block:
    """The block of a thread for chunks of so many steps. `advance` leaves it empty."""
    return Block(
        moving=Moving._make((np.zeros(BLOCK, np.uint32), *np.zeros((11, BLOCK), np.float32))),
        count=np.zeros(1, np.int64),
        draw=np.zeros(BLOCK, np.uint32),
        words=np.zeros((4, BLOCK), np.uint32),
        normals=np.zeros((3, BLOCK), np.float32),
        slot=np.full(BLOCK, -1),
        due=np.full(steps, -1),
        also_due=np.zeros(BLOCK, np.int64),
        when=np.zeros(BLOCK),
        way=np.zeros(BLOCK, np.int64),
    )


# ---- the steps ----


def advance(low, high, chunk, mobility, sources, vesicles, outcome):
    """Carry vesicles low..high through every step of a chunk.

    Parameters
    ----------
    low, high : int
    chunk
        candidates.Chunk
        With the rates from `vesicle.tabulate`; half a step's number is the draw index of its motion.
    mobility
        vesicle.Mobility
    sources : Sources
    vesicles : Vesicles, modified
    outcome : Outcome, modified
    """
    _advance(low, high, chunk, mobility, sources, vesicles, outcome, empty_block(get_ident(), len(chunk.rate)))


@compiled(error_model="numpy")
def _advance(low, high, chunk, mobility, sources, vesicles, outcome, block):
    for first in range(low, high, BLOCK):
        take_in(block, first, min(first + BLOCK, high), chunk, mobility, sources, vesicles)
        for k in range(len(chunk.rate)):
            move_all(block, chunk.first_step + k, k == 0, mobility.axes, sources.motion)
            i = block.due[k]
            block.due[k] = -1
            while i >= 0:
                following = block.also_due[i % BLOCK]
                go_through(block, i, k, chunk, mobility, sources, vesicles, outcome)
                i = following
        put_back(block, vesicles)


@internal
def take_in(block, first, end, chunk, mobility, sources, vesicles):
    """Pack those of the vesicles first..end that move, and put down those that have an event in the chunk."""
    block.count[0] = 0
    for i in range(first, end):
        s = np.int64(vesicles.state[i])
        block.slot[i % BLOCK] = -1
        if moves(s, mobility):
            m = join(block, np.uint32(i))
            set_place(block.moving, m, Place(vesicles.x[i], vesicles.y[i], vesicles.z[i], np.float32(0.0)))
            set_motion(block.moving, m, s, mobility)
        if candidates.step_of(vesicles.quiet[i], chunk) < len(chunk.rate):
            look_ahead(block, i, s, 0.0, np.int64(0), np.int64(0), chunk, sources, vesicles)


@internal
def put_back(block, vesicles):
    """Write the places of those that move back to their arrays."""
    moving = block.moving
    for m in range(block.count[0]):
        i = moving.who[m]
        vesicles.x[i], vesicles.y[i], vesicles.z[i] = moving.x[m], moving.y[m], moving.z[m]


# ---- moving ----


@internal
def move_all(block, step, first, axes, source):
    """One step of all that move.

    An even step and the odd one after it share the words of one counter, three normals each.
    """
    moving, w, near = block.moving, block.words, block.normals
    n = (block.count[0] + _LANES - 1) // _LANES * _LANES
    if step % 2 == 0 or first:
        for m in range(n):
            block.draw[m] = step // 2
        words(moving.who, block.draw, n, source, w)
        for m in range(n):
            near[0, m], near[1, m], near[2, m], moving.ahead_x[m], moving.ahead_y[m], moving.ahead_z[m] = normals(
                w[0, m], w[1, m], w[2, m], w[3, m]
            )
    if step % 2 == 0:
        displace_all(moving, n, near[0], near[1], near[2], axes)
    else:
        displace_all(moving, n, moving.ahead_x, moving.ahead_y, moving.ahead_z, axes)


@internal
def displace_all(moving, n, normal_x, normal_y, normal_z, axes):
    """Displace the first n of the moving by three normals each, (n,)."""
    if not (axes.x or axes.y):
        for m in range(n):
            moving.z[m], moving.r[m] = displace_in_slab(
                moving.z[m], moving.spread[m], moving.drift[m], moving.low[m], moving.high[m],
                normal_x[m], normal_y[m], normal_z[m],
            )  # fmt: skip
        return
    for m in range(n):
        moving.x[m], moving.y[m], moving.z[m], moving.r[m] = displace(
            moving.x[m], moving.y[m], moving.z[m], moving.spread[m], moving.drift[m], moving.low[m], moving.high[m],
            normal_x[m], normal_y[m], normal_z[m], axes,
        )  # fmt: skip


# ---- events ----


@internal
def look_ahead(block, i, s, after, first, closed, chunk, sources, vesicles):
    """Put vesicle i, in state s, down for its next event, or note how long it has none; see candidates.next_event."""
    time, j = candidates.next_event(i, s, after, first, closed, BASES, TABLE, chunk, sources.clock)
    if j < 0:
        vesicles.quiet[i] = time
        return
    place, k = i % BLOCK, np.int64(candidates.step_of(time, chunk))
    block.when[place], block.way[place] = time, j
    block.also_due[place] = block.due[k]
    block.due[k] = i


@internal
def go_through(block, i, k, chunk, mobility, sources, vesicles, outcome):
    """The event of vesicle i in step k, for which it is put down, and those that follow in the same step.

    One that is too far away to be tethered is so for the whole step.
    """
    place = i % BLOCK
    while True:
        time, j = block.when[place], block.way[place]
        at = place_of(block, i, vesicles)
        s, closed = np.int64(TABLE.source[j]), np.int64(j == _TETHERING and at.r <= mobility.capture)
        if closed == 0:
            note(outcome, time, k, i, j, at, vesicles.glut4[i])
            s = go_over(block, i, np.int64(TABLE.target[j]), at, k, chunk.first_step, mobility, sources, vesicles)
        look_ahead(block, i, s, time, k, closed, chunk, sources, vesicles)
        if block.due[k] != i:
            return
        block.due[k] = -1


@internal
def go_over(block, i, s, at, k, first_step, mobility, sources, vesicles):
    """Take vesicle i, which is at some place, to another state; returns that."""
    at = confine(at, mobility.by_state[s, _LOW], mobility.by_state[s, _HIGH], mobility.axes)
    vesicles.state[i] = s
    vesicles.x[i], vesicles.y[i], vesicles.z[i] = at.x, at.y, at.z
    if moves(s, mobility):
        m = block.slot[i % BLOCK]
        if m < 0:
            m = join(block, np.uint32(i))
            if (first_step + k) % 2 == 0:
                draw_next_step(block.moving, m, first_step + k, sources.motion)
        set_place(block.moving, m, at)
        set_motion(block.moving, m, s, mobility)
    elif block.slot[i % BLOCK] >= 0:
        leave(block, i)
    return s


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
    outcome.surface[k] += _TO_MEMBRANE[j] * glut4


# ---- who is among the moving ----


@internal
def moves(s, mobility):
    """Whether vesicles in state s are kept among the moving."""
    return s == _MOBILE or mobility.by_state[s, _SPREAD] != 0 or mobility.by_state[s, _DRIFT] != 0


@internal
def join(block, i):
    """Take vesicle i among the moving; returns its slot."""
    m = block.count[0]
    block.count[0] += 1
    block.slot[i % BLOCK] = m
    block.moving.who[m] = i
    return m


@internal
def leave(block, i):
    """Take vesicle i from among the moving; the last of them takes the slot that falls free."""
    moving, m = block.moving, block.slot[i % BLOCK]
    block.count[0] -= 1
    last = block.count[0]
    copy_slot(moving, m, last)
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
def set_motion(moving, m, s, mobility):
    """How the vesicle in slot m moves in state s."""
    row = mobility.by_state[s]
    moving.spread[m], moving.drift[m], moving.low[m], moving.high[m] = row[_SPREAD], row[_DRIFT], row[_LOW], row[_HIGH]


@internal
def draw_next_step(moving, m, step, source):
    """The normals of the odd step after this even one, which one counter's words also hold."""
    w0, w1, w2, w3 = philox(moving.who[m], np.uint32(step // 2), source)
    _, _, _, moving.ahead_x[m], moving.ahead_y[m], moving.ahead_z[m] = normals(w0, w1, w2, w3)
