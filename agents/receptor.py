"""Insulin receptor: nine states, shared clocks, no position.

The states are Sedaghat's x2 to x8, and two that human adipocytes show. A receptor that has signalled tires
(DESENSITISED): in 100 nM insulin tyrosine phosphorylation peaks before a minute and falls to half within five, while
few receptors leave the surface. The state stands for all that ends phosphorylation there: phosphatases that its own
signal brings, phosphorylation on serine, and the short way through endosomes from which receptors are back within
minutes. Its receptor has lost phosphate and insulin, and must recover before it can bind again. And some receptors are
phosphorylated without insulin (ACTIVE_UNBOUND), so that a cell at rest is not silent.

Her zero-order synthesis and first-order degradation of receptors are left out: over an experiment of 90 minutes they
change the number of receptors by less than 1 % (x5 = 0.0167 .. 0.1002 fM/min of 1000 fM), and without them the number
of agents is conserved, which every run can check.

Sources: Sedaghat, Sherman, Quon, Am J Physiol Endocrinol Metab 283:E1084-E1101 (2002), equations 2-8; Brannmark,
Palmer, Glad, Cedersund, Stralfors, J Biol Chem 285:20171 (2010), for the overshoot; Brannmark et al., J Biol Chem
288:9867 (2013), for phosphorylation at rest.
"""

from enum import IntEnum
from typing import Annotated, NamedTuple

from glut4sim.agents import clocks, population
from glut4sim.agents.compiling import compiled


class State(IntEnum):
    FREE = 0  # x2: at the surface, no insulin
    BOUND = 1  # x3: one insulin, not yet phosphorylated
    ACTIVE_ONCE = 2  # x5: one insulin, phosphorylated
    ACTIVE_TWICE = 3  # x4: two insulins, phosphorylated
    INTERNAL_FREE = 4  # x6
    INTERNAL_ONCE = 5  # x8
    INTERNAL_TWICE = 6  # x7
    DESENSITISED = 7  # at the surface, has signalled, does not bind or signal
    ACTIVE_UNBOUND = 8  # at the surface, no insulin, phosphorylated


LIGANDED = (State.ACTIVE_ONCE, State.ACTIVE_TWICE)  # phosphorylated at the surface, by insulin: these signal to mTORC2
ACTIVE = (*LIGANDED, State.ACTIVE_UNBOUND)  # phosphorylated at the surface: these signal to IRS1
PHOSPHORYLATED = (*ACTIVE, State.INTERNAL_ONCE, State.INTERNAL_TWICE)  # on tyrosine, wherever they are: what blots show
INTERNAL = (State.INTERNAL_FREE, State.INTERNAL_ONCE, State.INTERNAL_TWICE)
# what others read of receptors: how many are in these states, as a share of the receptors of the reference cell
GIVES = {"receptors_active": ACTIVE, "receptors_liganded": LIGANDED}

TRANSITIONS = (  # in the order in which `rates` returns their rates
    (State.FREE, State.BOUND),
    (State.BOUND, State.FREE),
    (State.BOUND, State.ACTIVE_ONCE),
    (State.ACTIVE_ONCE, State.FREE),
    (State.ACTIVE_ONCE, State.ACTIVE_TWICE),
    (State.ACTIVE_TWICE, State.ACTIVE_ONCE),
    (State.FREE, State.INTERNAL_FREE),
    (State.INTERNAL_FREE, State.FREE),
    (State.ACTIVE_ONCE, State.INTERNAL_ONCE),
    (State.INTERNAL_ONCE, State.ACTIVE_ONCE),
    (State.ACTIVE_TWICE, State.INTERNAL_TWICE),
    (State.INTERNAL_TWICE, State.ACTIVE_TWICE),
    (State.INTERNAL_ONCE, State.INTERNAL_FREE),
    (State.INTERNAL_TWICE, State.INTERNAL_FREE),
    (State.ACTIVE_ONCE, State.DESENSITISED),
    (State.ACTIVE_TWICE, State.DESENSITISED),
    (State.DESENSITISED, State.FREE),
    (State.FREE, State.ACTIVE_UNBOUND),
    (State.ACTIVE_UNBOUND, State.FREE),
    (State.ACTIVE_UNBOUND, State.ACTIVE_ONCE),
)

TABLE = clocks.table(TRANSITIONS, len(State))
FIELDS = population.CLOCK_FIELDS


class Parameters(NamedTuple):
    bind_first: Annotated[float, "1/(nM*s)"]  # k1
    unbind_first: Annotated[float, "1/s"]  # k-1
    phosphorylate: Annotated[float, "1/s"]  # k3
    dephosphorylate: Annotated[float, "1/s"]  # k-3 [PTP], loses the insulin with the phosphate
    bind_second: Annotated[float, "1/(nM*s)"]  # k2
    unbind_second: Annotated[float, "1/s"]  # k-2
    internalise_free: Annotated[float, "1/s"]  # k4
    recycle_free: Annotated[float, "1/s"]  # k-4
    internalise_active: Annotated[float, "1/s"]  # k4'
    recycle_active: Annotated[float, "1/s"]  # k-4'
    dephosphorylate_internal: Annotated[float, "1/s"]  # k6 [PTP]
    desensitise: Annotated[float, "1/s"]  # of receptors that insulin has activated
    resensitise: Annotated[float, "1/s"]
    phosphorylate_basal: Annotated[float, "1/s"]  # without insulin
    copies: Annotated[float, "1"]  # receptors of this kind of cell over those of the reference cell, [cell] receptors


class Environment(NamedTuple):
    insulin: float  # at the surface [nM]


@compiled
def rates(environment, parameters):
    """Rate of each transition [1/s], in the order of TRANSITIONS."""
    return (
        parameters.bind_first * environment.insulin,
        parameters.unbind_first,
        parameters.phosphorylate,
        parameters.dephosphorylate,
        parameters.bind_second * environment.insulin,
        parameters.unbind_second,
        parameters.internalise_free,
        parameters.recycle_free,
        parameters.internalise_active,
        parameters.recycle_active,
        parameters.internalise_active,
        parameters.recycle_active,
        parameters.dephosphorylate_internal,
        parameters.dephosphorylate_internal,
        parameters.desensitise,
        parameters.desensitise,
        parameters.resensitise,
        parameters.phosphorylate_basal,
        parameters.dephosphorylate,
        parameters.bind_first * environment.insulin,
    )


@compiled
def tabulate(environment, parameters, chunk):
    """Fill the clock table of a chunk.

    Parameters
    ----------
    environment : Environment
        Of arrays (K,), the mean over each step.
    parameters : Parameters
    chunk
        clocks.Chunk, modified
    """
    for k in range(len(chunk.rate)):
        clocks.set_step(chunk, k, rates(Environment(environment.insulin[k]), parameters), TABLE.source)
