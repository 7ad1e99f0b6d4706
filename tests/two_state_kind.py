"""A small agent kind that is none of the cell's: a gate, opened by active Akt and closed by itself.

The example of docs/how-to/add-an-agent-kind.md, which a test registers and steps.
"""

from enum import IntEnum
from typing import Annotated, NamedTuple

from glut4sim.agents import clocks, population
from glut4sim.agents.compiling import compiled


class State(IntEnum):
    SHUT = 0
    OPEN = 1


TRANSITIONS = (  # in the order in which `rates` returns their rates
    (State.SHUT, State.OPEN),
    (State.OPEN, State.SHUT),
)
TABLE = clocks.table(TRANSITIONS, len(State))
FIELDS = population.CLOCK_FIELDS
GIVES = {"gates_open": (State.OPEN,)}


class Parameters(NamedTuple):
    open: Annotated[float, "1/s"]  # per fraction of active Akt
    shut: Annotated[float, "1/s"]


class Environment(NamedTuple):
    akt_active: float  # fraction


@compiled
def rates(environment, p):
    """Rate of each transition [1/s], in the order of TRANSITIONS."""
    return p.open * environment.akt_active, p.shut


@compiled
def tabulate(environment, parameters, chunk):
    """Fill the clock table of a chunk from the Environment of its steps, whose fields are arrays (K,)."""
    for k in range(len(chunk.rate)):
        clocks.set_step(chunk, k, rates(Environment(environment.akt_active[k]), parameters), TABLE.source)
