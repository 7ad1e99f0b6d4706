"""Suites of checks against published numbers: a TOML file says what is simulated, measured and expected.

    [defaults]             tables of a scenario that all experiments share
    [experiments.NAME]     a scenario: its tables, or the name of an installed one in `scenario` and what differs;
                           or a dose series: `doses`, each from the end of `rest` until the end
    [measurements.NAME]    measure = one of sim.measurements.MEASURES, of which experiment and quantity
    [[checks]]             a measurement, or its ratio to another (`relative_to`), and the band expected of it

An experiment cannot change parameters: all checks of a preset are about the same cell.

sim/bench.py runs a suite.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sim.errors import InputError, describe, join_path, unknown
from sim.files import Layer, Shelf, merge
from sim.measurements import MEASURES, QUANTITIES, SCALINGS, Reference, Span
from sim.parameters import Preset
from sim.scenario import Scenario
from sim.summary import MINUTE, first_stimulation
from sim.units import INSULIN, TIME

SUITES = Shelf("suite", Path(__file__).parent.parent / "benchmarks")


# ---- what a suite says ----


@dataclass(frozen=True)
class Experiment:
    """A scenario, or one for every dose of a series.

    Attributes
    ----------
    scenarios : one for every dose
    doses : [nM]; empty if it is no series
    step, washout : when insulin first rises and falls [s]; None where it never does
    """

    name: str
    title: str
    scenarios: tuple[Scenario, ...]
    doses: tuple[float, ...]
    step: float
    washout: float | None

    @property
    def preset(self) -> Preset:
        """The cell it is done with."""
        return self.scenarios[0].preset


@dataclass(frozen=True)
class Measurement:
    """One number to be made of an experiment; see sim.measurements.

    Attributes
    ----------
    dose : which of a series [nM]; None where all of them, or the only one, are meant
    arguments : what the measure takes besides the course
    figure : name of the figure that shows it; empty if none does
    """

    name: str
    measure: str
    experiment: str
    observable: str
    dose: float | None
    arguments: Mapping[str, Any]
    figure: str

    @property
    def data(self) -> Reference | None:
        """The published curve or points that it is compared with."""
        return self.arguments.get("data")


@dataclass(frozen=True)
class Check:
    """What is expected of a measurement, or of its ratio to another.

    Attributes
    ----------
    expect : lowest and highest value
    fitted : whether parameters of the cell were fitted to this number or to the data behind it
    known_failure : why it fails, as far as known
    """

    id: str
    group: str
    quantity: str
    measurement: Measurement
    relative_to: Measurement | None
    expect: tuple[float, float]
    unit: str
    source: str
    fitted: bool
    known_failure: str

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """What has to be measured."""
        return (self.measurement,) if self.relative_to is None else (self.measurement, self.relative_to)


@dataclass(frozen=True)
class Suite:
    """A suite as read from its file."""

    name: str
    title: str
    description: str
    experiments: Mapping[str, Experiment]
    checks: tuple[Check, ...]

    def only(self, chosen: Callable[[Check], bool]) -> "Suite":
        """The suite with some of its checks, and the experiments that these need."""
        checks = tuple(filter(chosen, self.checks))
        needed = {measurement.experiment for check in checks for measurement in check.measurements}
        experiments = {name: e for name, e in self.experiments.items() if name in needed}
        return replace(self, experiments=experiments, checks=checks)

    def presets_of(self, check: Check) -> tuple[str, ...]:
        """The presets that a check is about."""
        names = (self.experiments[measurement.experiment].preset.name for measurement in check.measurements)
        return tuple(dict.fromkeys(names))


# ---- reading one ----


def load_suite(source: str | os.PathLike, changes: Mapping[str, Mapping[str, Any]] | None = None) -> Suite:
    """Read a suite.

    Parameters
    ----------
    source : name of an installed suite, or path of a file
    changes : tables that all its scenarios shall have instead: {"run": {"replicates": 2}}

    Raises
    ------
    InputError
        naming the file and the path within it
    """
    own, layers = SUITES.read(source)
    table = merge(layers)
    try:
        content = _take(
            table,
            {
                "title": _text,
                "description": _text,
                "defaults": _table,
                "experiments": _table,
                "measurements": _table,
                "checks": _list,
            },
            required=("experiments", "measurements", "checks"),
        )
        layers = Layer("defaults", content.get("defaults", {})), Layer("changes", dict(changes or {}))
        experiments = {
            name: _within(f"experiments.{name}", _experiment, name, entry, *layers)
            for name, entry in content["experiments"].items()
        }
        measurements = {
            name: _within(f"measurements.{name}", _measurement, name, entry, experiments, own.path.parent)
            for name, entry in content["measurements"].items()
        }
        checks = [_within(f"checks[{i}]", _check, entry, measurements) for i, entry in enumerate(content["checks"])]
        ids = [check.id for check in checks]
        for i, name in enumerate(ids):
            if name in ids[:i]:
                raise InputError(f"this id is given twice: {describe(name)}.", f"checks[{i}].id")
        if not checks:
            raise InputError("expected at least one check, got an empty list.", "checks")
    except InputError as error:
        raise error.within(place=own.place) from None
    return Suite(own.name, content.get("title", own.name), content.get("description", ""), experiments, tuple(checks))


def _within(path: str, read: Callable, *arguments):
    try:
        return read(*arguments)
    except InputError as error:
        raise InputError(error.sentence, join_path(path, error.path), key=error.key) from None


def _take(table: object, readers: Mapping[str, Callable], required: Iterable[str] = ()) -> dict[str, Any]:
    """Values of a table, each read by the reader of its key."""
    for key in _table(table):
        if key not in readers:
            raise unknown("key", key, readers)
    for key in required:
        if key not in table:
            raise InputError(f"{describe(key)} is missing.")
    return {key: _within(key, readers[key], value) for key, value in table.items()}


def _experiment(name: str, entry: object, defaults: Layer, changes: Layer) -> Experiment:
    content = _take(
        entry,
        {
            "title": _text,
            "scenario": _text,
            "doses": _list,
            "rest": TIME.read,
            "cell": _table,
            "bath": _table,
            "run": _table,
        },
        required=("title",),
    )
    own = Layer(name, {key: content[key] for key in ("cell", "bath", "run") if key in content})
    base = Scenario.load(content["scenario"]).resolved() if "scenario" in content else {}
    base = {key: value for key, value in base.items() if key not in ("title", "description", "parameters")}
    table = merge([Layer("scenario", base), defaults, own, changes])
    if "doses" not in content:
        scenario = Scenario.from_table(table, name)
        schedule = scenario.bath.insulin
        step, washout, _ = first_stimulation(schedule.times, schedule.values)
        if not step:
            raise InputError("expected insulin that rises some time after the start.", "bath.insulin")
        return Experiment(name, content["title"], (scenario,), (), step, washout)
    if "rest" not in content:
        raise InputError('"rest" is missing: how long before the doses.')
    rest = TIME.write(content["rest"])
    doses = [_within(f"doses[{i}]", INSULIN.read, dose) for i, dose in enumerate(content["doses"])]
    none = INSULIN.write(0.0)
    scenarios = [
        Scenario.from_table(merge([Layer("", table), Layer("", {"bath": {"insulin": insulin}})]), name)
        for insulin in ([["0 s", none], [rest, INSULIN.write(dose)]] if dose else none for dose in doses)
    ]
    return Experiment(name, content["title"], tuple(scenarios), tuple(doses), content["rest"], None)


def _measurement(name: str, entry: object, experiments: Mapping[str, Experiment], folder: Path) -> Measurement:
    kind = _table(entry).get("measure")
    if kind not in MEASURES:
        raise unknown("measure", str(kind), MEASURES).within("measure")
    measure = MEASURES[kind]
    arguments = {
        "at": _span,
        "until": _span,
        "data": partial(_data, folder=folder),
        "scaling": partial(_one_of, "scaling", SCALINGS),
    }
    always = {
        "measure": str,
        "experiment": partial(_one_of, "experiment", experiments),
        "observable": partial(_one_of, "observable", QUANTITIES),
    }
    optional = {"dose": INSULIN.read, "figure": _text}
    allowed = {key: arguments[key] for key in measure.required + measure.optional}
    content = _take(entry, always | optional | allowed, required=(*always, *measure.required))
    data, dose = content.get("data"), content.get("dose")
    experiment = experiments[content["experiment"]]
    takes_all = kind == "ec50" or (data is not None and data.is_dose)
    if takes_all and not experiment.doses:
        raise InputError(f"expected an experiment with doses, got {describe(experiment.name)}.", "experiment")
    if takes_all and dose is not None:
        raise InputError("this measure takes all doses.", "dose")
    if not takes_all and experiment.doses and dose not in experiment.doses:
        raise InputError("expected one of the doses of the experiment.", "dose")
    given = {key: content[key] for key in allowed if key in content}
    return Measurement(name, kind, experiment.name, content["observable"], dose, given, content.get("figure", ""))


def _check(entry: object, measurements: Mapping[str, Measurement]) -> Check:
    named = partial(_one_of, "measurement", measurements)
    always = {"id": _text, "group": _text, "quantity": _text, "measurement": named, "expect": _band, "source": _text}
    optional = {"relative_to": named, "unit": _text, "fitted": _yes_or_no, "known_failure": _text}
    content = _take(entry, always | optional, required=always)
    relative_to = content.get("relative_to")
    return Check(
        content["id"],
        content["group"],
        content["quantity"],
        measurements[content["measurement"]],
        relative_to and measurements[relative_to],
        content["expect"],
        content.get("unit", ""),
        content["source"],
        content.get("fitted", False),
        content.get("known_failure", ""),
    )


def _table(value: object) -> dict:
    if not isinstance(value, dict):
        raise InputError(f"expected a table, got {describe(value)}.")
    return value


def _list(value: object) -> list:
    if not isinstance(value, list):
        raise InputError(f"expected a list, got {describe(value)}.")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"expected text, got {describe(value)}.")
    return value


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise InputError(f"expected true or false, got {describe(value)}.")
    return value


def _one_of(what: str, allowed: Iterable[str], value: object) -> str:
    if value not in allowed:
        raise unknown(what, _text(value), allowed)
    return value


def _span(value: object) -> Span:
    """A time, or a list of two."""
    if not isinstance(value, list):
        return (TIME.read(value),) * 2
    if len(value) != 2:
        raise InputError(f"expected a time or two, got {describe(value)}.")
    since, until = map(TIME.read, value)
    if since >= until:
        raise InputError("expected two ascending times.")
    return since, until


def _band(value: object) -> tuple[float, float]:
    numbers = [number for number in _list(value) if isinstance(number, int | float) and not isinstance(number, bool)]
    if len(numbers) != 2 or len(value) != 2 or not numbers[0] < numbers[1]:
        raise InputError("expected two ascending numbers such as [2, 6]; inf for none.")
    return float(numbers[0]), float(numbers[1])


def _data(value: object, folder: Path) -> Reference:
    """A curve, "file.csv column", or points, "file.csv series", from a file in the folder `data` beside the suite."""
    file, _, name = _text(value).partition(" ")
    path = folder / "data" / file
    try:
        lines = [line.strip().split(",") for line in path.read_text("utf-8").splitlines() if line[:1] not in ("#", "")]
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.") from None
    head, rows = lines[0], lines[1:]
    x_name = next((column for column in ("insulin_nM", "time_min") if column in head), None)
    if x_name is None:
        raise InputError(f"{file} has neither a column time_min nor insulin_nM.")
    if "series" in head:
        rows = [row for row in rows if row[head.index("series")] == name]
        y_name = "value"
        if not rows:
            raise InputError(f"{file} has no series {describe(name)}.")
    else:
        y_name = name
    if y_name not in head:
        raise unknown("column", y_name, head)
    x, y, sem = (
        np.array([float(row[head.index(c)]) for row in rows]) if c in head else None for c in (x_name, y_name, "sem")
    )
    return Reference(x if x_name == "insulin_nM" else x * MINUTE, y, sem, is_dose=x_name == "insulin_nM")
