"""Structure-of-arrays storage: a population is one array per declared field; an agent is a row seen through a view."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from glut4sim.agents.clocks import Clocks


class Field(NamedTuple):
    """One property of every agent of a kind."""

    name: str
    dtype: type
    unit: str
    doc: str


STATE = Field("state", np.int8, "1", "code of the kind's State")
CLOCK_FIELDS = (
    STATE,
    Field("threshold", np.float64, "1", "integrated hazard at which the agent leaves its state"),
    Field("draws", np.uint32, "1", "random numbers used so far: the counter of the next"),
)


def bytes_per_agent(fields: tuple[Field, ...]) -> int:
    """Memory that one agent takes [bytes]."""
    return sum(np.dtype(field.dtype).itemsize for field in fields)


class Population:
    """Agents of one kind. Every field is an attribute, an array (size,); writing to it changes the agents."""

    def __init__(self, fields: tuple[Field, ...], size: int):
        self.fields = fields
        for field in fields:
            setattr(self, field.name, np.zeros(size, field.dtype))

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> np.ndarray: ...  # a field

    def part(self, low: int, high: int) -> "Population":
        """The agents low .. high: the same agents, so what changes one changes the other."""
        part = Population(self.fields, 0)
        for field in self.fields:
            setattr(part, field.name, getattr(self, field.name)[low:high])
        return part

    def __len__(self) -> int:
        return len(self.state)

    @property
    def clocks(self) -> Clocks:
        """The fields that the clock kernels work on, of a kind that has them."""
        return Clocks(self.state, self.threshold, self.draws)

    def counts(self, n_states: int) -> np.ndarray:
        """Agents in each state, (n_states,) int64."""
        return np.bincount(self.state, minlength=n_states)
