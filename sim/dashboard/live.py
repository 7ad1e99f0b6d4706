"""The cell on the page and its twin: stepped together, changed by hand, recorded. No threads and no page in here.

What was done by hand is a changed scenario (sim/scenario/live_changes.py), so every cell here could be had
from the command line.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from glut4sim.sim.analysis import summary
from glut4sim.sim.dashboard import frames
from glut4sim.sim.dashboard.chart_view import Mark
from glut4sim.sim.dashboard.reference import full_response
from glut4sim.sim.endocrine.evidence import say
from glut4sim.sim.endocrine.known import Known
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.inputs.units import write
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.model.recorder import Recorder
from glut4sim.sim.results.series_store import record_times
from glut4sim.sim.scenario import live_changes
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.options import RunOptions

CHARTED = (
    "insulin", "receptors_active", "irs1_phosphorylated", "pip3", "akt_active", "as160_phosphorylated", "rab10_active",
    "surface_glut4_percent",
)  # fmt: skip

DAY = "day"  # in which a twin may differ: it is the same cell at another time of its life
MOST_SAID = 6  # planned changes of one thing that are said one by one


class LiveChange(NamedTuple):
    """Something held at a value from a moment on, by hand; or, without one, from then on as the scenario plans it."""

    time: float  # of the run [s]
    name: str
    value: float | None

    def of(self, scenario: Scenario, plan: Scenario) -> Scenario:
        """The scenario with this change; the plan is the one without any."""
        if self.value is None:
            return live_changes.resumed(scenario, plan, self.name, self.time)
        return live_changes.changed(scenario, self.name, self.value, self.time)


@dataclass(frozen=True)
class Difference:
    """In what the twin differs: something held at a value from a moment on.

    Attributes
    ----------
    name
        of what is in the bath, or of a level, as in glut4sim.sim.scenario.live_changes; or DAY
    value : in the unit of its kind; of DAY, when its experiment is done [s]
    since
        time of the run [s]; None: all along, also before the run
    """

    name: str
    value: float
    since: float | None = None

    def of(self, scenario: Scenario) -> Scenario:
        """The twin's scenario, from that of the cell; on another day, without what was changed by hand in hormones."""
        if self.name == DAY:
            return scenario.at_assay(self.value)
        if self.since is None:
            return live_changes.from_start(scenario, self.name, self.value)
        return live_changes.changed(scenario, self.name, self.value, self.since)

    def label(self, known: Known) -> str:
        """In words, among the levels that are known: "Testosterone 220 ng/dL from 12.5 min"."""
        if self.name == DAY:
            return f"{say(self.value)} after the start"
        since = "" if self.since is None else f" from {self.since / 60.0:.1f} min"
        return f"{describe(self.name, self.value, known)}{since}"


def title(name: str, known: Known) -> str:
    """What something that can be changed is called: "Testosterone"; in full where others are called so, too."""
    if name not in known.levels:
        return name.capitalize()
    short = known.levels[name].title.split(",")[0]
    others = [level for level in known.levels.values() if level.title.split(",")[0] == short]
    return known.levels[name].title if len(others) > 1 and known.levels[name] is not others[0] else short


def describe(name: str, value: float, known: Known) -> str:
    """Something and its value: "Insulin 10 nM"."""
    return f"{title(name, known)} {write(float(f'{value:.4g}'), live_changes.kind(name, known).unit)}"


def _ahead(course: Schedule[float], time: float, end: float) -> list[tuple[float, float]]:
    """Changes of a course between a time and the end of the run."""
    return [(moment, value) for moment, value in zip(course.times, course.values) if time < moment < end]


def _followed(plan: Scenario, changes: Iterable[LiveChange]) -> Scenario:
    """A scenario with changes by hand, each at its time of the run."""
    scenario = plan
    for change in sorted(changes, key=lambda change: change.time):
        scenario = change.of(scenario, plan)
    return scenario


def prepared(base: Scenario) -> Scenario:
    """A scenario of which one replicate is run, without a log of events."""
    return RunOptions(replicates=1).prepare(base).replaced({"run.events": False})


class Recipe(NamedTuple):
    """What cells on a page are made from, as `Live` takes it."""

    base: Scenario
    day: float | None = None
    difference: Difference | None = None
    changes: Iterable[LiveChange] = ()

    @property
    def memory_bytes(self) -> int:
        """Memory that its cells take, roughly."""
        return self.base.memory_bytes * (1 if self.difference is None else 2)


class LiveRecords:
    """What was recorded of one cell: arrays that grow to the end of its run and no further.

    Attributes
    ----------
    count : records so far, t = 0 included
    """

    def __init__(self, scenario: Scenario, first: Mapping[str, np.ndarray]):
        self.time = record_times(scenario)
        self._arrays = {name: np.full((len(self.time), *v.shape[1:]), np.nan) for name, v in first.items()}
        self.count = 0
        self.append(first)

    def append(self, values: Mapping[str, np.ndarray]) -> None:
        """Take the next records."""
        start, self.count = self.count, self.count + len(values["insulin"])
        for name, array in self._arrays.items():
            array[start : self.count] = values[name]

    def taken(self) -> dict[str, np.ndarray]:
        """All records so far by name, views."""
        return {name: array[: self.count] for name, array in self._arrays.items()}

    def charted(self) -> dict[str, np.ndarray]:
        """What the charts show, and its times; of the uptake the mean over a minute, since single records are noise."""
        time = self.time[: self.count]
        shown = {name: self._arrays[name][: self.count] for name in CHARTED}
        end, uptake = summary.running_rate(time, self._arrays["glucose_taken_up"][: self.count])
        rate = np.full(self.count, np.nan)
        rate[self.count - len(end) :] = uptake
        return {"time": time, **shown, "glucose_uptake_rate": rate}

    def continued(self, scenario: Scenario) -> "LiveRecords":
        """A copy, with room for the run of another scenario, which is as long or longer."""
        return LiveRecords(scenario, self.taken())


class Taken(NamedTuple):
    """What was recorded of a cell up to a moment, for `ensemble.save`."""

    scenario: Scenario
    values: Mapping[str, np.ndarray]
    seconds: float


class _Member:
    """One of the cells on the page."""

    def __init__(self, label: str, recorder: Recorder, records: LiveRecords):
        self.label, self.recorder, self.records = label, recorder, records

    @classmethod
    def new(cls, label: str, scenario: Scenario) -> "_Member":
        recorder = Recorder(Engine(scenario, scenario.run.seed))
        return cls(label, recorder, LiveRecords(scenario, recorder.first()))

    @property
    def engine(self) -> Engine:
        return self.recorder.engine

    @property
    def scenario(self) -> Scenario:
        return self.engine.scenario

    def advance(self, steps: int) -> None:
        values = self.recorder.advance(steps)
        if values is not None:
            self.records.append(values)

    def fork(self, label: str, scenario: Scenario) -> "_Member":
        """A copy of this cell as it is, which goes on by another scenario."""
        engine = Engine(self.scenario, self.scenario.run.seed)
        engine.restore(self.engine.state())
        engine.follow(scenario)
        return _Member(label, Recorder(engine, self.recorder.last), self.records.continued(scenario))

    def taken(self) -> Taken:
        values = {name: array.copy() for name, array in self.records.taken().items()}
        return Taken(self.scenario, values, round(self.engine.time, 9))

    def follow(self, scenario: Scenario) -> None:
        self.engine.follow(scenario)
        if len(record_times(scenario)) != len(self.records.time):
            self.records = self.records.continued(scenario)


class Live:
    """A cell at work, perhaps with a twin in lockstep.

    The scenario of the cell is the one it began with and all changes by hand since; that of the twin, the cell's and
    the difference. On another day the changes are made at the same times of the run.

    Parameters
    ----------
    base
        the scenario before any change; of its replicates the first one is run, without a log of events
    day
        when the experiment is done [s]; None for the last assay of the scenario
    difference
        in what a twin differs; None for no twin
    changes : to be made when their time comes

    Attributes
    ----------
    cells
        the cell, and its twin if there is one; each with `label`, `engine`, `scenario` and `records`
    molecules_per_hexagon
        the flow of glucose that one hexagon of the picture stands for, the same all along [molecules/s]
    full_response
        of the cell's observables, as in reference.py
    """

    def __init__(
        self,
        base: Scenario,
        day: float | None = None,
        difference: Difference | None = None,
        changes: Iterable[LiveChange] = (),
    ):
        self.base = prepared(base)
        self.day = base.assay.at[-1] if day is None else day
        self.difference, self.changes = difference, tuple(changes)
        self._plans: dict[str, Schedule[float]] = {}  # of what is held by hand
        self._begin(self._scenarios(self.base, self.changes, difference))
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="cell")

    def _scenarios(self, base, changes, difference) -> list[Scenario]:
        """Those of the cell and of the twin, checked as a whole."""
        scenario = _followed(base.at_assay(self.day), changes)
        found = [scenario]
        if difference is not None and difference.name == DAY:
            found.append(_followed(difference.of(base), changes))
        elif difference is not None:
            found.append(difference.of(scenario))
        scenario.check_memory(len(found))
        for each in found:
            _ = each.parameter_schedule
        return found

    def _begin(self, scenarios):
        self.cells = [_Member.new(label, each) for label, each in zip(self._labels(), scenarios)]
        self.full_response = full_response(scenarios[0])
        self.molecules_per_hexagon = frames.molecules_per_hexagon(self.cells[0].engine)
        self._levels = live_changes.levels_at_start(scenarios[0])

    def _labels(self):
        return ["Cell"] if self.difference is None else ["Cell", f"Twin: {self.difference.label(self.base.known)}"]

    @property
    def recipe(self) -> Recipe:
        """What would make these cells again."""
        return Recipe(self.base, self.day, self.difference, self.changes)

    @property
    def scenario(self) -> Scenario:
        """Of the cell, with all that was changed."""
        return self.cells[0].scenario

    @property
    def whole(self) -> Scenario:
        """The same, with all assays of the scenario besides the one on show."""
        return self.scenario.at_assay(*sorted({*self.base.assay.at, self.day}))

    @property
    def twin_whole(self) -> Scenario | None:
        """The same of the twin, where it is another cell all along or on another day; else None."""
        if self.difference is None or self.difference.since is not None:
            return None
        return self.cells[1].scenario.at_assay(*self.whole.assay.at)

    @property
    def time(self) -> float:
        """Simulated time [s]."""
        return self.cells[0].engine.time

    @property
    def duration(self) -> float:
        """When the run ends [s]."""
        return self.scenario.run.duration

    @property
    def steps_left(self) -> int:
        return round(self.duration / self.scenario.run.step) - self.cells[0].engine.step

    @property
    def steps_to_record(self) -> int:
        """Steps until the next record."""
        stride = round(self.scenario.run.record_every / self.scenario.run.step)
        return stride - self.cells[0].engine.step % stride

    @property
    def is_at_record(self) -> bool:
        """Whether the present is the time of a record."""
        stride = round(self.scenario.run.record_every / self.scenario.run.step)
        return self.cells[0].engine.step % stride == 0

    def advance(self, steps: int) -> None:
        """Do so many steps in all cells, or as many as are left."""
        steps = min(steps, self.steps_left)
        if steps > 0:
            for done in [self._pool.submit(cell.advance, steps) for cell in self.cells]:
                done.result()

    # ---- by hand ----

    @property
    def marks(self) -> list[Mark]:
        """What was changed by hand, for the charts."""
        known = self.base.known
        return [
            Mark(time, f"{title(name, known)} as planned" if value is None else describe(name, value, known))
            for time, name, value in self.changes
        ]

    @property
    def ahead(self) -> list[Mark]:
        """What will change in the cell's bath, for the charts; of meals, which change it each minute, nothing."""
        known, found = self.base.known, []
        for name in live_changes.BATH:
            changes = _ahead(getattr(self.scenario.bath, name), self.time, self.duration)
            if len(changes) <= MOST_SAID:
                found += [Mark(time, describe(name, value, known)) for time, value in changes]
        return sorted(found)

    @property
    def planned(self) -> dict[str, str]:
        """What is in the bath and will change by itself -> what is planned for it, in words."""
        courses = {name: getattr(self.scenario.bath, name) for name in live_changes.BATH}
        return {
            name: self._say(name, course)
            for name, course in courses.items()
            if _ahead(course, self.time, self.duration)
        }

    @property
    def overruled(self) -> dict[str, str]:
        """What is held by hand -> what the scenario plans for it, in words."""
        by_time = sorted(self.changes, key=lambda change: change.time)
        held = {change.name: change.value is not None for change in by_time}
        return {name: self._say(name, self._plan(name)) for name, is_held in held.items() if is_held}

    def _plan(self, name):
        """The course of something in the run without what was changed by hand."""
        if name not in self._plans:
            self._plans[name] = live_changes.course_in_run(self.base.at_assay(self.day), name)
        return self._plans[name]

    def _say(self, name, course):
        """What comes of a course: "100 nM from 10 min, 0 nM from 40 min"."""
        unit = live_changes.kind(name, self.base.known).unit
        changes = _ahead(course, self.time, self.duration)
        if len(changes) > MOST_SAID:
            return f"{len(changes)} changes until {changes[-1][0] / 60.0:.4g} min"
        if not changes:
            return write(float(f"{course.at(self.time):.4g}"), unit)
        return ", ".join(f"{write(float(f'{value:.4g}'), unit)} from {time / 60.0:.4g} min" for time, value in changes)

    @property
    def slider_values(self) -> dict[str, float]:
        """What can be changed in the run -> its value now; of a hormone, what it is before drugs.

        A hormone changed by hand is what it was set to, though it takes a while to get there.
        """
        found = {name: getattr(self.scenario.bath, name).at(self.time) for name in live_changes.BATH} | self._levels
        for change in sorted(self.changes, key=lambda change: change.time):
            if (
                change.value is not None
                and change.name in self._levels
                and live_changes.takes_effect(change.name, change.time) <= self.time
            ):
                found[change.name] = change.value
        return found

    def change(self, name: str, value: float) -> None:
        """Hold something at a value from now on: in both cells, unless it is that in which the twin differs."""
        kept = (change for change in self.changes if change.name != name or change.time < self.time)
        self._follow(self.base, (*kept, LiveChange(self.time, name, value)))

    def resume(self, name: str) -> None:
        """Let something that is held by hand be as the scenario plans it, from now on."""
        kept = tuple(change for change in self.changes if change.name != name or change.time < self.time)
        is_held = any(change.name == name for change in kept)
        self._follow(self.base, (*kept, LiveChange(self.time, name, None)) if is_held else kept)

    def lengthen(self, seconds: float) -> None:
        """Let the run end later."""
        self._follow(live_changes.lengthened(self.base, seconds), self.changes)

    def _follow(self, base, changes):
        """Go on by another scenario and other changes; at the start, begin with them, for a cell begins at rest.

        Nothing happens if they do not suit all cells.
        """
        scenarios = self._scenarios(base, changes, self.difference)
        if self.cells[0].engine.step == 0:
            self._begin(scenarios)
        else:
            for cell, scenario in zip(self.cells, scenarios):
                cell.follow(scenario)
        self.base, self.changes = base, changes
        self._plans = {}

    def fork(self, name: str, value: float) -> None:
        """Put a twin beside the cell, the same up to now; from now on something is held at another value in it."""
        if name not in (*live_changes.BATH, *live_changes.acting_in_run(self.scenario)):
            raise InputError("acts too slowly to be felt in this run; start a twin that has it all along.", name)
        difference = Difference(name, value, self.time)
        scenarios = self._scenarios(self.base, self.changes, difference)
        self.difference = difference
        if self.cells[0].engine.step == 0:
            self._begin(scenarios)
        else:
            self.cells = [self.cells[0], self.cells[0].fork(self._labels()[1], scenarios[1])]

    def drop_twin(self) -> None:
        """Go on without the twin."""
        self.difference, self.cells = None, self.cells[:1]

    def close(self) -> None:
        """Let go of the threads."""
        self._pool.shutdown(wait=False)

    def taken(self) -> list[Taken]:
        """What was recorded of each cell up to now, copies."""
        return [cell.taken() for cell in self.cells]
