"""A cell with the manners of a mesa.Model, for those who know Mesa: a thin coat over the engine.

    cell = Cell("insulin-challenge", seed=1, vesicles=2000)
    cell.run(minutes=15)
    cell.vesicles.state                                 # all of them, an array
    cell.vesicles[17].state                             # one of them, as an agent
    cell.datacollector.get_model_vars_dataframe()

Agents live in arrays, not in `cell.agents`, which stays empty; randomness comes from the engine's own streams, not from
`cell.random`. For `mesa.batch_run` every argument can be a parameter, and `replicate` makes repeats differ. Where
neither it nor a seed is given, each of Mesa's iterations is a replicate:

    mesa.batch_run(Cell, {"scenario": ["men/hypogonadal", "men/eugonadal"], "replicate": range(4)}, max_steps=10**9)
    mesa.batch_run(Cell, {"scenario": ["men/hypogonadal", "men/eugonadal"]}, iterations=4, max_steps=10**9)

Works with Mesa 3.3 to 3.5, by their public parts; where they differ, `OwnClock` meets it.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from enum import IntEnum
from math import ceil, inf, isclose, isfinite
from typing import TYPE_CHECKING, Any, overload

import mesa
import numpy as np

from glut4sim.agents.population import Population
from glut4sim.sim.inputs.errors import InputError, unknown
from glut4sim.sim.inputs.fields import check_whole
from glut4sim.sim.inputs.units import TIME, whole_of
from glut4sim.sim.model import kinds, observables
from glut4sim.sim.model.engine import CHUNK, Engine
from glut4sim.sim.model.recorder import Recorder
from glut4sim.sim.scenario.cell_tables import MAX_REPLICATES, MAX_SEED, BathTable, CellTable, RunTable
from glut4sim.sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from glut4sim.sim.dashboard.page_file import Page

SCALARS = tuple(observable for observable in observables.OBSERVABLES if observable.dim is None)

_PATHS: Mapping[str, str] = {
    field: f"{table}.{field}"
    for table, kind in {"cell": CellTable, "bath": BathTable, "run": RunTable}.items()
    for field in kind.model_fields
}  # "vesicles" -> "cell.vesicles"


class AgentView:
    """One agent of a population, looking like a mesa.Agent: every field is an attribute, and `state` is an enum.

    `unique_id` is its index in the population, unique within its kind.

    It holds no data: it shows the agent as it is now. It cannot be written to: the engine counts who is in which state.
    """

    __slots__ = ("_population", "model", "unique_id")

    def __init__(self, model: "Cell", population: "PopulationView", index: int):
        self.model, self._population, self.unique_id = model, population, index

    @property
    def pos(self) -> tuple[float, float, float] | None:
        """Position from the centre of the cell [um]; None for kinds that have none."""
        if not self._population.has_position:
            return None
        return tuple(float(getattr(self, axis)) for axis in "xyz")

    def __getattr__(self, name: str):
        if name.startswith("_"):
            raise AttributeError(name)
        value = self._population.array(name)[self.unique_id]
        return self._population.State(value) if name == "state" else value.item()

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._population.fields]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AgentView) and (self._population, self.unique_id) == (
            other._population,
            other.unique_id,
        )

    def __hash__(self) -> int:
        return hash((id(self._population), self.unique_id))

    def __repr__(self) -> str:
        return f"<{self._population.name} {self.unique_id}: {self.state.name.lower()}>"


class PopulationView:
    """All agents of a kind: every field is an array over them, live and read-only.

    An index gives one agent, a slice a list of them.

    Attributes
    ----------
    State
        enum of the kind's states; `state` holds its codes
    fields : names of the arrays
    """

    def __init__(self, model: "Cell", name: str, population: Population, State: type[IntEnum]):
        self.model, self.name, self.State = model, name, State
        self._population = population
        self.fields = tuple(field.name for field in population.fields)
        self.has_position = {"x", "y", "z"} <= set(self.fields)

    def array(self, name: str) -> np.ndarray:
        """The array of a field."""
        if name not in self.fields:
            raise AttributeError(f"a {self.name} has no {name!r}; it has {', '.join(self.fields)}")
        view = getattr(self._population, name).view()
        view.flags.writeable = False
        return view

    @property
    def position(self) -> np.ndarray:
        """Positions from the centre of the cell, (n, 3) float32 [um], a copy; only of kinds that have one."""
        return np.stack([self.array(axis) for axis in "xyz"], axis=1)

    def __getattr__(self, name: str) -> np.ndarray:
        if name.startswith("_") or name == "fields":
            raise AttributeError(name)
        return self.array(name)

    def __len__(self) -> int:
        return len(self._population)

    @overload
    def __getitem__(self, index: int) -> AgentView: ...

    @overload
    def __getitem__(self, index: slice) -> list[AgentView]: ...

    def __getitem__(self, index: int | slice) -> AgentView | list[AgentView]:
        found = range(len(self))[index]
        if isinstance(found, range):
            return [AgentView(self.model, self, i) for i in found]
        return AgentView(self.model, self, found)

    def __iter__(self) -> Iterator[AgentView]:
        return (AgentView(self.model, self, index) for index in range(len(self)))

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.fields]

    def __repr__(self) -> str:
        counts = self._population.counts(len(self.State))
        return f"<{len(self)} {self.name}s: {', '.join(f'{n} {s.name.lower()}' for s, n in zip(self.State, counts))}>"


MESA = tuple(int(part) for part in mesa.__version__.split(".")[:2])


def _nothing() -> None:
    """What Mesa does every 1.0 of its clock."""


class OwnClock(mesa.Model):
    """A mesa.Model that steps, counts steps and keeps time by itself, whatever Mesa's version.

    Mesa takes the `step` that it finds when it sets up a model for what shall be done every 1.0 of its clock, adds to
    `steps` each time, and hides the class's `step` behind a wrapper of its own. So it is shown a step that does
    nothing, its wrapper is taken off again, and `steps` is not its to change. From 3.5 on users may schedule events,
    which happen as time passes them (`_pass_time`); the model must know when the next is due (`_next_event`), and so
    remembers what is scheduled by its methods.

    What Mesa 4 changes, by 4.0.0a0: a model has no `steps` (it has here), and there is no `batch_run`, which is what
    `replicate`, `rng` and `_hold` of Cell are made for. Its scenarios can carry a `replicate`, so that a loop over
    them, `Cell(scenario, replicate=k).run()`, takes its place, and `_hold` goes. Clock and events are those of 3.5.
    """

    _done = 0  # steps

    def __init__(self, rng: int):
        self._planned: list[Any] = []  # events and generators of events, of mesa.time
        self.__dict__["step"] = _nothing
        super().__init__(rng=rng)  # not seed=: Mesa 3.5 warns of it
        del self.__dict__["step"]
        self.time = 0.0

    @property
    def steps(self) -> int:
        """Steps done."""
        return self._done

    @steps.setter
    def steps(self, steps: int) -> None:
        """Mesa's count of its own steps, which is not kept."""

    if hasattr(mesa.Model, "run_until"):  # Mesa 3.5

        def schedule_event(self, *args: Any, **kwargs: Any):
            """As of mesa.Model."""
            self._planned = [plan for plan in self._planned if hasattr(plan, "schedule") or plan.time >= self.time]
            self._planned.append(super().schedule_event(*args, **kwargs))
            return self._planned[-1]

        def schedule_recurring(self, *args: Any, **kwargs: Any):
            """As of mesa.Model."""
            self._planned.append(super().schedule_recurring(*args, **kwargs))
            return self._planned[-1]

        def _pass_time(self, now: float) -> None:
            """Set the time, and do what the user has scheduled up to it."""
            super().run_until(now)
    else:

        def _pass_time(self, now: float) -> None:
            """Set the time."""
            self.time = now

    def _next_event(self) -> float:
        """Time of the next event that the user has scheduled; infinite if there is none."""
        return min((_due(plan, self.time) for plan in self._planned), default=inf)


def _due(plan: Any, now: float) -> float:
    """When an event, or the next one of a generator of events, is due; never, if it is past."""
    if hasattr(plan, "schedule"):
        return inf if plan.next_scheduled_time is None else plan.next_scheduled_time
    return inf if plan.CANCELED or plan.time < now else plan.time


class Cell(OwnClock):
    """One insulin-responsive cell.

    Parameters
    ----------
    scenario : Scenario, or the name, path or address of one
    rng, seed
        of all randomness, by either name, a whole number or its digits; default that of the scenario
    replicate
        which of a scenario's replicates; the same seed gives the same cell as this replicate of `run`. By default 0,
        or the iteration of `mesa.batch_run`, if that gives no seed
    kwargs
        values to use instead of the scenario's, by field (`vesicles=500`) or by path
        (`**{"bath.insulin": "10 nM", "hormones.testosterone": "300 ng/dL", "parameters.vesicle.fuse": "2 1/min"}`)

    Attributes
    ----------
    time
        simulated time [s]; `steps`: steps done
    running
        False once the scenario's duration is reached; stepping further is possible, the bath staying as it is
    receptors, vesicles, glucose : PopulationView
        and so each agent kind that is registered
    datacollector
        mesa.DataCollector of the time and the scalar observables, collected every `run.record_every`
    scenario : Scenario
        what the cell was made from
    """

    receptors: PopulationView
    vesicles: PopulationView
    glucose: PopulationView
    scenario: Scenario | None = None  # hides the property of that name which Mesa 3.5 has for scenarios of its own

    def __init__(
        self,
        scenario: Scenario | str = "insulin-challenge",
        rng: int | None = None,
        replicate: int | None = None,
        **kwargs: Any,  # so called, as Mesa's SolaraViz takes parameters that are not named only by this name
    ):
        # `seed` is one of them, as Mesa 3.5's batch_run would put None for a `seed` among its parameters if this
        # function named it; and `rng` is named because batch_run passes it.
        seed = kwargs.pop("seed", None)
        if rng is not None and seed is not None:
            raise InputError("expected either rng or seed, which mean the same; got both.", "seed")
        scenario = _override(scenario if isinstance(scenario, Scenario) else Scenario.load(scenario), kwargs)
        scenario = _seeded(scenario, "rng", rng) if seed is None else _seeded(scenario, "seed", seed)
        scenario.check_one_assay()
        scenario.check_memory()
        iteration = _iteration()
        self._in_batch = iteration is not None
        if replicate is None:
            replicate = iteration or 0 if rng is None and seed is None else 0
        replicate = check_whole("replicate", _digits(replicate), 0, MAX_REPLICATES - 1)
        super().__init__(rng=scenario.run.seed)
        self.scenario = scenario
        self.engine = Engine(scenario, seed=scenario.run.seed, replicate=replicate)
        for kind in kinds.KINDS:
            population = PopulationView(self, kind.noun, self.engine.population(kind.name), kind.agents.State)
            setattr(self, kind.plural, population)
        self._recorder = Recorder(self.engine)
        self._stride = round(scenario.run.record_every / scenario.run.step)
        self._steps = round(scenario.run.duration / scenario.run.step)
        self.datacollector = mesa.DataCollector({"time": "time", **{o.name: _reporter(o.name) for o in SCALARS}})
        self._record(self._recorder.first())

    def step(self) -> None:
        """Advance by one step of the scenario."""
        self._advance(1)

    def run(self, minutes: float | None = None) -> None:
        """Advance by so many minutes, a whole number of steps; by default, to the end of the scenario."""
        left = self._steps - self.steps if minutes is None else self._steps_in(60.0 * minutes)
        while left > 0:
            if type(self).step is Cell.step:
                block = min(left, CHUNK, self._stride - self.steps % self._stride, self._steps_to_event())
                self._advance(block)
            else:  # a subclass does more in a step than the engine does
                block = 1
                self.step()
            left -= block

    def run_for(self, duration: float) -> None:
        """Advance by so many seconds, a whole number of steps."""
        self.run(minutes=duration / 60.0)

    def run_until(self, end_time: float) -> None:
        """Advance to a time [s]."""
        self.run_for(end_time - self.time)

    def view(self) -> "Page":
        """The cell as it is now, drawn as on the dashboard, with the strip of causes: in a notebook it shows itself.

        A page by itself, which no later step changes; its `html` may be written to a file.
        """
        from glut4sim.sim.dashboard import causes, frames
        from glut4sim.sim.dashboard.film import Picture
        from glut4sim.sim.dashboard.page_file import page

        assert self.scenario is not None
        picture = Picture(self.time, frames.molecules_per_hexagon(self.engine), [("Cell", *frames.pack(self.engine))])
        title, seed = self.scenario.title or self.scenario.name, f"Seed {self.scenario.run.seed}."
        numbers = frames.vesicles_shown(self.engine)
        return page(title, seed, [picture], causes.content([self.scenario]), numbers)

    def _steps_in(self, seconds: float) -> int:
        """How many steps a time takes; InputError if these are not whole, as of `run.duration`."""
        step = self.scenario.run.step
        steps = round(seconds / step) if isfinite(seconds) else 0
        if not isclose(steps * step, seconds, rel_tol=1e-9, abs_tol=1e-6 * step):
            raise InputError(f"expected a whole multiple of run.step ({TIME.write(step)}), got {seconds:.9g} s.")
        return steps

    def _advance(self, steps: int) -> None:
        """Advance by a number of steps that ends at the next record or before it."""
        record = self._recorder.advance(steps)
        self._done += steps
        self.running = self.steps < self._steps
        self._pass_time(round(self.steps * self.scenario.run.step, 9))
        self._hold(self.steps - (record is not None))
        if record is not None:
            self._record(record)
            self._hold(self.steps)

    def _hold(self, steps: int) -> None:
        """Within batch_run of Mesa 3.3, repeat the last record until there is one for each step, as that wants.

        It looks for what step k + 1 left at index k. Where every step is recorded, the record at time 0 stays in front
        and batch_run shows each a step late.
        """
        if MESA > (3, 3) or not self._in_batch:
            return
        for values in self.datacollector.model_vars.values():
            values.extend(values[-1:] * (steps - len(values)))

    def _steps_to_event(self) -> int:
        """Steps until the next event that the user has scheduled, at least 1; CHUNK if there is none by then."""
        wait = self._next_event() / self.scenario.run.step - self.steps
        return CHUNK if wait > CHUNK else max(1, ceil(round(wait, 6)))

    def _record(self, values: Mapping[str, np.ndarray]) -> None:
        self._values = values
        self.datacollector.collect(self)


def _reporter(name: str) -> Callable[[Cell], float]:
    """What collects an observable: a function, as Mesa 3.4 takes no partial."""

    def report(cell: Cell) -> float:
        return float(cell._values[name][0])

    return report


def _iteration() -> int | None:
    """Which of its iterations makes Mesa's batch_run call for a cell; None where it does not.

    It tells a model nothing of it, and so leaves all iterations to be the same cell.
    """
    frame = sys._getframe()
    while frame is not None and frame.f_globals.get("__name__") != "mesa.batchrunner":
        frame = frame.f_back
    return None if frame is None else frame.f_locals.get("iteration", 0)


def _digits(value: object) -> object:
    """The number where it is given as text, as by the field for a seed of Mesa's SolaraViz; else as it is."""
    number = whole_of(value) if isinstance(value, str) else None
    return value if number is None else number


def _seeded(scenario: Scenario, name: str, seed: object) -> Scenario:
    """The scenario with another seed, which hormones that are drawn at random follow too; None keeps its own.

    `name` is what a seed that makes no sense is called.
    """
    if seed is None:
        return scenario
    run = scenario.run.model_copy(update={"seed": check_whole(name, _digits(seed), 0, MAX_SEED)})
    return scenario.model_copy(update={"run": run})


def _override(scenario: Scenario, overrides: Mapping[str, Any]) -> Scenario:
    """The scenario with values replaced, by dotted path or by field name."""
    values = {}
    for name, value in overrides.items():
        path = name if "." in name else _PATHS.get(name)
        if path is None:
            raise unknown("field", name, _PATHS)
        values[path] = value.item() if isinstance(value, np.generic) else value
    return scenario.replaced(values) if values else scenario
