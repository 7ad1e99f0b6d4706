"""What the engine and the mean field must be told: which cell, in which bath, in which steps.

A `Scenario` says all this and more. Here are only the parts that one cell needs, so that the model does not know the
scenario, and anything that has these attributes can be stepped.
"""

from collections.abc import Mapping
from typing import Protocol

from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.model.parameters import ParameterSet


class CellSize(Protocol):
    """How many agents of each kind a cell has, and how much cells differ (coefficients of variation)."""

    @property
    def vesicles(self) -> int: ...
    @property
    def receptors(self) -> int: ...
    @property
    def glucose_agents(self) -> int: ...
    @property
    def receptors_cv(self) -> float: ...
    @property
    def glut4_cv(self) -> float: ...
    @property
    def volume_cv(self) -> float: ...


class Bath(Protocol):
    """What surrounds the cell over time."""

    @property
    def insulin(self) -> Schedule: ...  # nM

    @property
    def glucose(self) -> Schedule: ...  # mM

    @property
    def plasma(self) -> bool: ...  # whether the insulin is that of plasma, of which less gets to the cells

    @property
    def rest(self) -> float | None: ...  # how long the cell has been in its first insulin [s]; None: for ever


class Timing(Protocol):
    """How finely a run is stepped and how often it is recorded [s]."""

    @property
    def step(self) -> float: ...
    @property
    def record_every(self) -> float: ...


class CellInBath(Protocol):
    """A cell in a bath, and the parameters that it has over time: all that a mean field knows of it."""

    @property
    def cell(self) -> CellSize: ...
    @property
    def bath(self) -> Bath: ...
    @property
    def parameter_set(self) -> ParameterSet: ...  # at the start

    @property
    def parameter_schedule(self) -> Schedule: ...  # of ParameterSet, as hormones change them


class CellInputs(CellInBath, Protocol):
    """The same, with how it is run."""

    @property
    def title(self) -> str: ...
    @property
    def run(self) -> Timing: ...
    @property
    def parameters(self) -> Mapping[str, str]: ...  # that replace those of the preset
