"""Glucose: molecules outside, inside, phosphorylated, used. An agent stands for many molecules (a super-individual).

Carriers work both ways by Michaelis-Menten through the GLUT4 now in the membrane and a GLUT1 background; hexokinase,
inhibited by its product, traps what came in; the product is used. The bath is perfused: its concentration is
prescribed, and the agents outside are the glucose that will flow past the cell, so influx does not fall as they are
used up, and matter is conserved: outside + inside + phosphorylated + used is constant.

Source of the forms: carrier kinetics as in Carruthers, Physiol Rev 70:1135 (1990), with equal constants both ways;
hexokinase with inhibition by glucose 6-phosphate as in Wilson, J Exp Biol 206:2049 (2003).
"""

from enum import IntEnum
from threading import get_ident
from typing import Annotated, NamedTuple

import numpy as np

from glut4sim.agents import clocks, population
from glut4sim.agents.compiling import compiled, internal


class State(IntEnum):
    OUTSIDE = 0
    INSIDE = 1
    PHOSPHORYLATED = 2
    USED = 3


TRANSITIONS = (  # in the order in which `rates` returns their rates
    (State.OUTSIDE, State.INSIDE),
    (State.INSIDE, State.OUTSIDE),
    (State.INSIDE, State.PHOSPHORYLATED),
    (State.PHOSPHORYLATED, State.USED),
)
INFLUX, EFFLUX = 0, 1  # their difference is the net uptake

TABLE = clocks.table(TRANSITIONS, len(State))
FIELDS = population.CLOCK_FIELDS
TRACE = 1e-4  # of the supply: less outside flows in ever more slowly, so that the mean field can follow it to the end
MOLECULES_PER_MM_PL = 6.02214076e23 * 1e-3 * 1e-12  # molecules in 1 pL at 1 mM


class Parameters(NamedTuple):
    supply: Annotated[float, "1"]  # molecules that all agents together stand for
    cytosol_volume: Annotated[float, "pL"]  # water space in which glucose dissolves
    glut4_turnover: Annotated[float, "1/s"]  # glucose per transporter at saturation
    glut4_half: Annotated[float, "mM"]  # Michaelis constant
    glut1_copies: Annotated[float, "1"]  # in the membrane, whatever insulin does
    glut1_turnover: Annotated[float, "1/s"]
    glut1_half: Annotated[float, "mM"]
    hexokinase_rate: Annotated[float, "mM/s"]  # at saturation, without product
    hexokinase_half: Annotated[float, "mM"]
    g6p_inhibition: Annotated[float, "mM"]  # product concentration that halves the rate
    use: Annotated[float, "1/s"]


class Environment(NamedTuple):
    glut4: float  # copies in the membrane
    bath: float  # glucose outside [mM]
    outside: float  # molecules not yet taken up
    inside: float  # free glucose [mM]
    phosphorylated: float  # glucose 6-phosphate [mM]


@compiled
def environment(molecules, glut4, bath, p):
    """What glucose meets, from the molecules in each state (n_state,), GLUT4 copies and glucose outside [mM]."""
    per_inside = p.cytosol_volume * MOLECULES_PER_MM_PL
    return Environment(
        float(glut4),
        bath,
        molecules[State.OUTSIDE.value],
        molecules[State.INSIDE.value] / per_inside,
        molecules[State.PHOSPHORYLATED.value] / per_inside,
    )


@compiled
def clearance(glut4, concentration, p):
    """Volume that the carriers clear of glucose from a side at some concentration [mM], [molecules / (s mM)]."""
    by_glut4 = glut4 * p.glut4_turnover / (p.glut4_half + concentration)
    return by_glut4 + p.glut1_copies * p.glut1_turnover / (p.glut1_half + concentration)


@compiled
def rates(e, p):
    """Rate of each transition per agent [1/s], in the order of TRANSITIONS, in Environment e."""
    inflow = clearance(e.glut4, e.bath, p) * e.bath  # molecules/s
    return (
        inflow / max(e.outside, TRACE * p.supply),  # when nothing is left, no agent is there to feel it
        clearance(e.glut4, e.inside, p) / (p.cytosol_volume * MOLECULES_PER_MM_PL),
        p.hexokinase_rate / (p.hexokinase_half + e.inside) / (1.0 + e.phosphorylated / p.g6p_inhibition),
        p.use,
    )


class Listed(NamedTuple):
    """Agents whose clocks can run out soon: all of those whose do before the integrated hazards `horizon`."""

    horizon: np.ndarray  # (n_state,) float64
    who: np.ndarray  # (n,) uint32
    count: np.ndarray  # (1,) int64, how many of `who` are meant


LOOKAHEAD = 10.0  # s for which agents are listed, at present rates
_NEAR = 0.1  # of that: for which they are looked at in every step


def nobody_listed(n: int) -> Listed:
    """Room for n agents, of whom nobody is listed."""
    return Listed(np.zeros(len(State)), np.empty(n, np.uint32), np.zeros(1, np.int64))


def advance(glut4, bath, p, chunk, source, agents, listed, counts, fired, log):
    """Carry all glucose agents through a chunk of steps whose rates depend on their own numbers.

    The hazard of a step is known only when the step before is done. So the agents whose clocks can run out soon are
    listed once, and from them those of the next second or so; each step looks at these alone. When a hazard passes its
    horizon the list is made anew. The lists decide what is looked at, never what happens.

    Parameters
    ----------
    glut4 : (K,) int64
        Copies in the membrane during each step.
    bath : (K,) float64
        Glucose outside during each step [mM].
    p : Parameters
    chunk
        clocks.Chunk, modified
        Its table is filled.
    source
        streams.Source
    agents
        clocks.Clocks, modified
    listed : Listed, modified
    counts : (n_state,) int64, modified
        Agents in each state.
    fired : (K, n_transition) int64, modified
    log
        clocks.EventLog, modified
    """
    near = chunk.hazard[0].copy()
    scratch = np.empty(len(counts)), near, clocks.batch(get_ident()), clocks.ways_out(1, TABLE)
    _advance(glut4, bath, p, chunk, source, agents, listed, counts, fired, log, *scratch)


@compiled
def _advance(glut4, bath, p, chunk, source, agents, listed, counts, fired, log, molecules, near, firing, ways):
    """As `advance`, with scratch: molecules (n_state,), the horizon of those listed for the next second, those about to
    fire and their ways."""
    per_agent = p.supply / len(agents.state)
    soon, n_soon = listed.who[:0], np.int64(0)
    for k in range(len(glut4)):
        for s in range(len(counts)):
            molecules[s] = counts[s] * per_agent
        clocks.set_step(chunk, k, rates(environment(molecules, glut4[k], bath[k], p), p), TABLE.source)
        step = clocks.Chunk(chunk.first_step + k, chunk.dt, chunk.hazard[k : k + 2], chunk.rate[k : k + 1])
        clocks.find_ways(step.rate, TABLE, ways)
        start, end = step.hazard[0], step.hazard[1]
        outgrown = _passes(end, listed.horizon)
        if outgrown:
            for s in range(len(near)):
                listed.horizon[s] = _ahead(start[s], end[s], LOOKAHEAD / step.dt)
            listed.count[0] = clocks.collect_due(listed.horizon, agents, listed.who)
        if outgrown or _passes(end, near):
            for s in range(len(near)):
                near[s] = min(listed.horizon[s], _ahead(start[s], end[s], _NEAR * LOOKAHEAD / step.dt))
            soon, n_soon = _nearest(agents, listed, near)
        d = np.int64(0)
        while d < n_soon:
            n, d = _gather_due(soon, n_soon, d, end, agents, firing)
            while n > 0:
                clocks.draw(firing, n, source)
                n = clocks.fire_batch(firing, n, step, ways, TABLE, agents, fired[k : k + 1], log)
        for j in range(fired.shape[1]):
            counts[TABLE.source[j]] -= fired[k, j]
            counts[TABLE.target[j]] += fired[k, j]
    listed.count[0] = _keep(agents, listed, listed.horizon, listed.who)


@internal
def _passes(hazard, horizon):
    """Whether the integrated hazard of any state (n_state,) lies beyond its horizon."""
    passed = False
    for s in range(len(hazard)):
        passed |= hazard[s] > horizon[s]
    return passed


@internal
def _ahead(start, end, steps):
    """Where a hazard that grows from start to end in this step is so many steps, at least 2, after its start."""
    return start + (end - start) * max(2.0, steps)


@compiled
def _nearest(agents, listed, near):
    """Those listed whose clocks run out before the hazards `near`: an array, and how many of it are meant."""
    count = listed.count[0]
    if 2 * count > len(listed.who):
        return listed.who, count  # no room for a list of their own
    soon = listed.who[count:]  # they find room in the rest of the array
    return soon, _keep(agents, listed, near, soon)


@compiled
def _keep(agents, listed, horizon, kept):
    """Copy those listed whose clocks run out before the hazards `horizon` to `kept`, in order; returns how many."""
    n = np.int64(0)
    for d in range(listed.count[0]):
        i = listed.who[d]
        if agents.threshold[i] < horizon[np.uint8(agents.state[i])]:
            kept[n] = i
            n += 1
    return n


@internal
def _gather_due(who, n_who, d, hazard, agents, firing):
    """Put agents of a list, from place d on, whose clocks run out before the hazards (n_state,) into a batch; returns
    how many, and up to where the list was read."""
    n = np.int64(0)
    while d < n_who and n < clocks.BATCH:
        i = who[d]
        if agents.threshold[i] < hazard[np.uint8(agents.state[i])]:
            firing.who[n], firing.draws[n], firing.step[n] = i, agents.draws[i], 0
            n += 1
        d += 1
    return n, d
