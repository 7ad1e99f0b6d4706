"""The cells of a tissue: a sample of agents, or their mean field; both in the same interstitium.

What is around a cell is piecewise constant, as it was at the start of each exchange. Insulin between the cells is that
of the body (blood.py), so a cell's own share of plasma's insulin plays no part (`bath.plasma` is false); the delay of
its T-tubules does.

How much glucose a cell takes up is the equation of sim/model/net_uptake.py in both cases.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import ceil, exp
from typing import NamedTuple, Protocol

import numpy as np

from glut4sim.agents import vesicle
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.model import equilibrium, net_uptake
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.model.integrator import Course
from glut4sim.sim.model.mean_field import systems
from glut4sim.sim.model.membranes import membranes
from glut4sim.sim.model.network import COLUMNS, as_records
from glut4sim.sim.model.parameters import ParameterSet, load_preset

PM_PER_NM = 1e3
LOOK = 5.0  # s between times at which a mean field's glucose sees its GLUT4
BINS, CAPTURE_BINS = 40, 4  # of the mean field: uptake within 3e-4 of that with more
RTOL = 1e-6
PLENTY = 1e15  # molecules outside, which no day of uptake uses up
MG_PER_MOLECULE = 180.156e3 / 6.02214076e23
_SURFACE = [COLUMNS["vesicles"].start + state for state in vesicle.SURFACE]
MAX_CELLS = 4096
OF_A_BODY = 16 * MAX_CELLS  # counters: so many cells in up to 16 tissues; 65,536 bodies of a seed


@dataclass(frozen=True)
class CellKind:
    """The cells of a tissue.

    Attributes
    ----------
    preset : str
        Of sim/model/presets.
    parameters : ParameterSet
        Without what hormones make of them; by default those of the preset.
    cells : int
        How many are sampled.
    vesicles, receptors : int
        Agents of each cell.
    spread : float
        How much cells differ in receptors, GLUT4 and volume: standard deviation over mean.
    step : float
        Of the agents [s].
    """

    preset: str
    parameters: ParameterSet | None = None
    cells: int = 16
    vesicles: int = 1000
    receptors: int = 2000
    spread: float = 0.0
    step: float = 1.0

    @cached_property  # hormones change it at every exchange
    def usual(self) -> ParameterSet:
        """The parameters without hormones, with glucose that no test uses up."""
        given = self.parameters or load_preset(self.preset).build()
        return given._replace(glucose=given.glucose._replace(supply=PLENTY))


class Around(NamedTuple):
    """What is around cells over time, as CellInputs have it."""

    insulin: Schedule[float]  # nM
    glucose: Schedule[float]  # mM
    plasma: bool = False
    rest: None = None  # for ever


class Cells(Protocol):
    """Cells of one kind, which are all in the same interstitium."""

    def become(self, parameters: ParameterSet) -> None:
        """Go on with these parameters, which hormones have changed."""
        ...

    def advance(self, around: Around, start: float, seconds: float) -> float:
        """Let time pass; returns the mean net uptake of a cell [molecules]."""
        ...

    def state(self) -> dict[str, np.ndarray]:
        """All that the future depends on, by name; copies."""
        ...

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from a `state`."""
        ...


class Interstitium:
    """Cells with what is around them.

    Insulin in T-tubules follows that between the cells by the delay of the preset; it is carried along here, so that
    nothing before the present needs to be known.
    """

    def __init__(self, cells: Cells, kind: CellKind, insulin: float):
        self.cells = cells
        self._delay = max(one.delay for one in membranes(kind.usual))
        self.tubules = insulin

    def become(self, parameters: ParameterSet) -> None:
        """As Cells.become."""
        self.cells.become(parameters)

    def advance(self, insulin: float, glucose: float, start: float, seconds: float) -> float:
        """Let time pass in constant insulin [nM] and glucose [mM]; returns a cell's mean net uptake [molecules]."""
        if start > 0.0:
            # to a membrane that lags behind, the first value is what it has now, and the last ends the exchange
            course = Schedule((0.0, start, start + seconds), (self.tubules, insulin, insulin))
        else:
            course = Schedule((0.0,), (insulin,))
        taken = self.cells.advance(Around(course, Schedule((0.0,), (glucose,))), start, seconds)
        if self._delay > 0.0:
            self.tubules = insulin + (self.tubules - insulin) * exp(-seconds / self._delay)
        return taken

    def state(self) -> dict[str, np.ndarray]:
        """All that the future depends on, by name; copies."""
        return self.cells.state() | {"tubules": np.array(self.tubules)}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from a `state`."""
        self.tubules = float(state["tubules"])
        self.cells.restore(state)


class MeanField:
    """Infinitely many cells, all alike: what fits ask for.

    Parameters
    ----------
    kind : CellKind
    insulin, bath : float
        In which they rest [nM], [mM].
    """

    def __init__(self, kind: CellKind, insulin: float, bath: float):
        p = kind.usual
        self.parts = systems(p, BINS, CAPTURE_BINS)
        self.become(p)
        self.unknowns = [system.rest(insulin, bath) for _, system in self.parts]
        self.glut4 = sum(
            _surface(system.split(y)[2].sum(axis=1)[list(vesicle.SURFACE)], membrane, p)
            for (membrane, system), y in zip(self.parts, self.unknowns)
        )
        self.molecules = equilibrium.glucose_molecules(p.glucose, float(self.glut4), bath)
        self.net = np.zeros(1)

    def become(self, parameters: ParameterSet) -> None:
        """As Cells.become."""
        self.parameters = parameters
        self._records = [as_records([membrane.own(parameters)]) for membrane, _ in self.parts]

    def advance(self, around: Around, start: float, seconds: float) -> float:
        """As Cells.advance."""
        p = self.parameters
        looks = ceil(seconds / LOOK - 1e-9)
        times = start + seconds * np.arange(1, looks + 1) / looks
        times[-1] = start + seconds
        ends = np.array([start, start + seconds])
        bath = np.array([around.glucose.at(start)])
        surface = np.zeros(looks)
        for i, (membrane, system) in enumerate(self.parts):
            insulin = np.array([membrane.insulin(around).at(start)])
            rows = system.follow(self.unknowns[i], Course(ends, insulin, bath, self._records[i]), times, RTOL)
            surface += _surface(rows[:, _SURFACE].T, membrane, p)
        seen = 0.5 * (surface + np.append(self.glut4, surface[:-1]))
        self.glut4 = float(surface[-1])
        before = self.net[0]
        out, reached = np.empty((looks, len(self.molecules))), np.empty(looks)
        outside, dt = np.full(looks, bath[0]), seconds / looks
        net_uptake.advance(self.molecules, self.net, seen, outside, p.glucose, dt, out, reached)
        return float(self.net[0] - before)

    def state(self) -> dict[str, np.ndarray]:
        """As Cells.state."""
        own = {"molecules": self.molecules.copy(), "net": self.net.copy(), "glut4": np.array(self.glut4)}
        return own | {f"unknowns.{i}": y.copy() for i, y in enumerate(self.unknowns)}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """As Cells.restore."""
        self.molecules[:], self.net[:] = state["molecules"], state["net"]
        self.glut4 = float(state["glut4"])
        for i, y in enumerate(self.unknowns):
            y[:] = state[f"unknowns.{i}"]


def _surface(shares, membrane, p: ParameterSet):
    """GLUT4 in the membrane [copies], of the whole cell, by the shares of vesicles that are in it."""
    return np.sum(shares, axis=0) * p.vesicle.glut4_copies * membrane.vesicles


class CellSize(NamedTuple):
    """As a scenario's [cell]."""

    vesicles: int
    receptors: int
    receptors_cv: float
    glut4_cv: float
    volume_cv: float
    glucose_agents: int = 0


class Timing(NamedTuple):
    """As a scenario's [run], of which the engine asks for the step alone."""

    step: float
    record_every: float


@dataclass(frozen=True)
class Inputs:
    """What an engine must be told, see sim/model/cell_inputs.py."""

    cell: CellSize
    bath: Around
    run: Timing
    parameter_schedule: Schedule[ParameterSet]
    title: str = "a cell of a body"
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def parameter_set(self) -> ParameterSet:
        """At the start."""
        return self.parameter_schedule.values[0]


class Agents:
    """A sample of cells, each with agents and a counter of its own.

    Parameters
    ----------
    kind : CellKind
    insulin, bath : float
        In which they rest [nM], [mM].
    seed : int
    body, tissue : int
        With the number of the cell they are the replicate of its random numbers.
    threads : ThreadPoolExecutor, optional
        On which cells advance at a time; it changes no bit.
    """

    def __init__(
        self,
        kind: CellKind,
        insulin: float,
        bath: float,
        seed: int,
        body: int = 0,
        tissue: int = 0,
        threads: ThreadPoolExecutor | None = None,
    ):
        size = CellSize(kind.vesicles, kind.receptors, kind.spread, kind.spread, kind.spread)
        around = Around(Schedule((0.0,), (insulin,)), Schedule((0.0,), (bath,)))
        self._inputs = Inputs(size, around, Timing(kind.step, kind.step), Schedule((0.0,), (kind.usual,)))
        first = body * OF_A_BODY + tissue * MAX_CELLS
        self._each = map if threads is None else threads.map
        self.engines = list(self._each(lambda cell: Engine(self._inputs, seed, first + cell), range(kind.cells)))

    def become(self, parameters: ParameterSet) -> None:
        """As Cells.become."""
        self._inputs = replace(self._inputs, parameter_schedule=Schedule((0.0,), (parameters,)))

    def advance(self, around: Around, start: float, seconds: float) -> float:
        """As Cells.advance."""
        inputs = self._inputs = replace(self._inputs, bath=around)

        def advance(engine):
            engine.follow(inputs)
            before = engine.stages["glucose"].net_uptake[0]
            engine.advance(round(seconds / engine.dt))
            return float(engine.stages["glucose"].net_uptake[0] - before)

        taken = list(self._each(advance, self.engines))
        return sum(taken) / len(taken)

    def state(self) -> dict[str, np.ndarray]:
        """As Cells.state."""
        states = [engine.state() for engine in self.engines]
        return {f"{cell}.{name}": array for cell, of in enumerate(states) for name, array in of.items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """As Cells.restore."""
        for cell, engine in enumerate(self.engines):
            prefix = f"{cell}."
            own = {name[len(prefix) :]: array for name, array in state.items() if name.startswith(prefix)}
            engine.restore(own)
