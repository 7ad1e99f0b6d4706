"""Glucose: molecules outside, inside, phosphorylated, used. An agent stands for many molecules (a super-individual).

Carriers work both ways by Michaelis-Menten through the GLUT4 now in the membrane and a GLUT1 background; hexokinase,
inhibited by its product, traps what came in; the product is used. The bath is perfused: its concentration is
prescribed, and the agents outside are the glucose that will flow past the cell, so influx does not fall as they are
used up, and matter is conserved: outside + inside + phosphorylated + used is constant.

Source of the forms: carrier kinetics as in Carruthers, Physiol Rev 70:1135 (1990), with equal constants both ways;
hexokinase with inhibition by glucose 6-phosphate as in Wilson, J Exp Biol 206:2049 (2003).
"""

from enum import IntEnum
from typing import Annotated, NamedTuple

import numpy as np
from numba import njit

from glut4sim.agents import clocks, population


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
TRACE = 1e-6  # of the supply: less outside flows in ever more slowly, so that the mean field can follow it to the end
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


@njit(cache=True)
def environment(molecules, glut4, bath, p):
    """What glucose meets, from the molecules in each state (n_state,), GLUT4 copies and glucose outside [mM]."""
    outside, inside, phosphorylated, _ = molecules
    per_inside = p.cytosol_volume * MOLECULES_PER_MM_PL
    return Environment(float(glut4), bath, outside, inside / per_inside, phosphorylated / per_inside)


@njit(cache=True)
def clearance(glut4, concentration, p):
    """Volume that the carriers clear of glucose from a side at some concentration [mM], [molecules / (s mM)]."""
    by_glut4 = glut4 * p.glut4_turnover / (p.glut4_half + concentration)
    return by_glut4 + p.glut1_copies * p.glut1_turnover / (p.glut1_half + concentration)


@njit(cache=True)
def rates(e, p):
    """Rate of each transition per agent [1/s], in the order of TRANSITIONS, in Environment e."""
    inflow = clearance(e.glut4, e.bath, p) * e.bath  # molecules/s
    return (
        inflow / max(e.outside, TRACE * p.supply),  # when nothing is left, no agent is there to feel it
        clearance(e.glut4, e.inside, p) / (p.cytosol_volume * MOLECULES_PER_MM_PL),
        p.hexokinase_rate / (p.hexokinase_half + e.inside) / (1.0 + e.phosphorylated / p.g6p_inhibition),
        p.use,
    )


_NEAR = 0.1  # of the lookahead: what counts as nearest


@njit(cache=True)
def _keep(agents, horizon, due, n_due, kept):
    """Copy those listed whose clocks run out before the hazards `horizon` to `kept`, in order; returns how many."""
    n = 0
    for d in range(n_due):
        i = due[d]
        if agents.threshold[i] < horizon[np.uint8(agents.state[i])]:
            kept[n] = i
            n += 1
    return n


@njit(cache=True, nogil=True)
def advance(glut4, bath, p, source, first_step, dt, hazard, horizon, lookahead, agents, due, n_due, counts, fired, log):
    """Carry all glucose agents through K steps whose rates depend on their own numbers.

    The hazard of a step is known only when the step before is done. So the agents whose clocks can run out soon, before
    the integrated hazards reach `horizon`, are listed once, and from them those of the next second or so; each step
    looks at these alone. When a hazard passes its horizon the list is made anew. The lists decide what is looked at,
    never what happens.

    Parameters
    ----------
    glut4 : (K,) int64    copies in the membrane during each step
    bath : (K,) float64    glucose outside during each step [mM]
    p : Parameters
    source : streams.Source
    first_step : int    number of the first step since time 0
    dt : float    step [s]
    hazard : (n_state,) float64, modified    running integrals
    horizon : (n_state,) float64, modified    up to where `due` is complete
    lookahead : float    how far ahead to list, at present rates [s]
    agents : clocks.Clocks, modified
    due : (n,) uint32, modified    agents listed, the first `n_due` of them
    counts : (K + 1, n_state) int64, modified    agents in each state; row 0 is given
    fired : (K, n_transition) int64, modified
    log : clocks.EventLog, modified

    Returns
    -------
    n_due : int
    """
    per_agent = p.supply / len(agents.state)
    table = np.zeros((2, len(hazard)))
    rate = np.zeros((1, fired.shape[1]))
    ways, firing = clocks.ways_out(1, TABLE), clocks.batch()
    near, soon = hazard.copy(), due[:0]  # those whose clocks run out before the hazards `near`
    n_soon = 0
    for k in range(len(glut4)):
        around = environment(counts[k] * per_agent, glut4[k], bath[k], p)
        table[0] = hazard
        clocks.set_step(rates(around, p), TABLE.source, dt, table, rate, 0)
        clocks.find_ways(rate, TABLE, ways)
        passed = False
        for s in range(len(hazard)):
            passed |= table[1, s] > horizon[s]
        if passed:
            for s in range(len(hazard)):
                horizon[s] = hazard[s] + (table[1, s] - hazard[s]) * max(2.0, lookahead / dt)
            n_due = clocks.collect_due(horizon, agents, due)
        for s in range(len(hazard)):
            passed |= table[1, s] > near[s]
        if passed:
            for s in range(len(hazard)):
                near[s] = min(horizon[s], hazard[s] + (table[1, s] - hazard[s]) * max(2.0, _NEAR * lookahead / dt))
            if 2 * n_due <= len(due):  # they find room in the rest of the list's own array
                soon = due[n_due:]
                n_soon = _keep(agents, near, due, n_due, soon)
            else:
                soon, n_soon = due, n_due
        hazard[:] = table[1]
        d = 0
        while d < n_soon:
            n = 0
            while d < n_soon and n < clocks.BATCH:
                i = soon[d]
                if agents.threshold[i] < hazard[np.uint8(agents.state[i])]:
                    firing.who[n], firing.draws[n], firing.step[n] = i, agents.draws[i], 0
                    n += 1
                d += 1
            while n > 0:
                clocks.draw(firing, n, source)
                n = clocks.fire_batch(
                    firing, n, table, ways, TABLE, first_step + k, dt, agents, fired[k : k + 1], log
                )  # fmt: skip
        counts[k + 1] = counts[k]
        for j in range(fired.shape[1]):
            counts[k + 1, TABLE.source[j]] -= fired[k, j]
            counts[k + 1, TABLE.target[j]] += fired[k, j]
    return _keep(agents, horizon, due, n_due, due)
