"""Suites of checks against published numbers: a TOML file says what is simulated, measured and expected.

    [defaults]             tables of a scenario that all experiments share
    [experiments.NAME]     a scenario: its tables, or the name of an installed one in `scenario` and what differs;
                           or a dose series: `doses`, each from the end of `rest` until the end;
                           or hormones alone, without a cell: `timeline = true`, looked at `every` so long, `until` when
    [measurements.NAME]    measure = one of measurements.MEASURES, of which experiment and quantity
    [[checks]]             a measurement, or its comparison (`compare`) with others (`relative_to`), and the band
                           expected of it; `whole_body` where the number is one of a person rather than of cells

An experiment cannot change parameters: all checks of a preset are about the same cell, as its hormones leave it.

Times count from the stimulation, the first rise of insulin; from the start of the run where insulin never rises; and
from day 0, 8 am, for hormones alone and where the acute experiment is done at several times (assay.at): a point of such
a course is the mean over an assay, or over the part of it that a measurement names in `during`.

sim/studies/benchmark/suite_run.py runs a suite.
"""

import math
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from glut4sim.sim.analysis.summary import MINUTE, first_stimulation
from glut4sim.sim.endocrine import library
from glut4sim.sim.endocrine.modulation import STEPS
from glut4sim.sim.inputs.errors import InputError, describe, join_path, unknown
from glut4sim.sim.inputs.fields import take, words
from glut4sim.sim.inputs.files import Layer, Shelf, merge
from glut4sim.sim.inputs.units import INSULIN, SPAN, TIME
from glut4sim.sim.model.parameters import Preset
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.benchmark.measurements import MEASURES, QUANTITIES, SCALINGS, Reference, Span

SUITES = Shelf("suite", Path(__file__).parents[3] / "benchmarks")
TABLES = ("cell", "bath", "run", "body", "hormones", "cycle", "therapy", "assay", "effects")
MAX_TIMES = 100_000  # of a timeline


# ---- what a suite says ----


@dataclass(frozen=True)
class Experiment:
    """A scenario, one for every dose or assay of a series, or the hormones of one.

    Attributes
    ----------
    scenarios : one for every dose or assay
    step, washout : when insulin first rises and falls [s]; None where it never does
    doses : [nM]; empty if it is no series of doses
    assays : times of the assays since day 0 [s]; empty if it is no series of assays
    timeline : times at which hormones are looked at [s]; empty if cells are simulated
    observables : what can be measured
    """

    name: str
    title: str
    scenarios: tuple[Scenario, ...]
    step: float | None
    washout: float | None
    doses: tuple[float, ...] = ()
    assays: tuple[float, ...] = ()
    timeline: tuple[float, ...] = ()
    observables: tuple[str, ...] = tuple(QUANTITIES)

    @property
    def preset(self) -> Preset:
        """The cell it is done with."""
        return self.scenarios[0].preset


@dataclass(frozen=True)
class Measurement:
    """One number to be made of an experiment; see measurements.py.

    Attributes
    ----------
    dose : which of a series [nM]; None where all of them, or the only one, are meant
    during : part of each assay of a series that counts [s since its stimulation, or its start]; None for all of it
    arguments : what the measure takes besides the course
    figure : name of the figure that shows the course; empty if none does
    """

    name: str
    measure: str
    experiment: str
    observable: str
    dose: float | None
    during: Span | None
    arguments: Mapping[str, Any]
    figure: str

    @property
    def data(self) -> Reference | None:
        """The published curve or points that it is compared with."""
        return self.arguments.get("data")


class Contrast(NamedTuple):
    """How a measurement is set against others."""

    references: int  # how many others
    function: Callable[..., float]  # of the measurement and the others


CONTRASTS: Mapping[str, Contrast] = {
    "": Contrast(0, lambda value: value),
    "ratio": Contrast(1, lambda value, other: value / other),
    "percent change": Contrast(1, lambda value, other: 100.0 * (value / other - 1.0)),
    "percent rescued": Contrast(2, lambda value, lost, whole: 100.0 * (value - lost) / (whole - lost)),
}


@dataclass(frozen=True)
class Check:
    """What is expected of a measurement, or of its comparison with others.

    Attributes
    ----------
    relative_to : what it is compared with
    compare : one of CONTRASTS
    expect : lowest and highest value
    published : the value in its source; None where there is none
    whole_body : whether the source measured people, so that a cell can only be consistent with it
    figure : name of the figure that has value and band as a row; empty if none does
    fitted : whether parameters of the cell were fitted to this number or to the data behind it
    known_failure : why it fails, as far as known
    """

    id: str
    group: str
    quantity: str
    measurement: Measurement
    relative_to: tuple[Measurement, ...]
    compare: str
    expect: tuple[float, float]
    published: float | None
    unit: str
    source: str
    fitted: bool
    whole_body: bool
    figure: str
    known_failure: str

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """What has to be measured."""
        return (self.measurement, *self.relative_to)


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
        """The presets that a check is about; none where it is about hormones alone."""
        experiments = (self.experiments[measurement.experiment] for measurement in check.measurements)
        return tuple(dict.fromkeys(e.preset.name for e in experiments if not e.timeline))


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
        content = take(
            table,
            {
                "title": words,
                "description": words,
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
        checks = [
            _within(f"checks[{i}]", _check, entry, measurements, experiments)
            for i, entry in enumerate(content["checks"])
        ]
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


def _experiment(name: str, entry: object, defaults: Layer, changes: Layer) -> Experiment:
    content = take(
        entry,
        {"title": words, "scenario": words, "doses": _list, "rest": TIME.read}
        | {"timeline": _yes_or_no, "until": SPAN.read, "every": SPAN.read}
        | {table: _list if table == "therapy" else _table for table in TABLES},
        required=("title",),
    )
    base = _within("scenario", _installed, content["scenario"]) if "scenario" in content else {}
    own = {key: content[key] for key in TABLES if key in content}
    table = merge([Layer("scenario", base), defaults, Layer(name, own), changes])
    for key, needed_by in (("rest", "doses"), ("until", "timeline"), ("every", "timeline")):
        if bool(content.get(needed_by)) != (key in content):
            raise InputError(f"{describe(key)} and {describe(needed_by)} go together.")
    if "doses" in content and content.get("timeline"):
        raise InputError("expected hormones alone, without a cell; leave it out.", "doses")
    if content.get("doses"):
        return _series(name, content, table)
    if content.get("timeline"):
        return _timeline(name, content, table)
    scenario = Scenario.from_table(table, name)
    step, washout, _ = first_stimulation(scenario.bath.insulin.times, scenario.bath.insulin.values)
    times = scenario.assay.at if len(scenario.assay.at) > 1 else ()
    return Experiment(name, content["title"], scenario.assays, step, washout, assays=times)


def _installed(scenario: str) -> dict[str, Any]:
    """The tables of an installed scenario, or of a file.

    How much glucose its agents stand for is left out: it says how long they last, and nothing of the cell.
    """
    base = Scenario.load(scenario).resolved()
    if base["parameters"].keys() - {"glucose.supply"}:
        raise InputError(f"expected a scenario that changes no parameters, got {', '.join(base['parameters'])}.")
    return {key: base[key] for key in TABLES if key in base}


def _series(name: str, content: Mapping[str, Any], table: dict) -> Experiment:
    """A scenario for every dose."""
    rest = TIME.write(content["rest"])
    doses = [_within(f"doses[{i}]", INSULIN.read, dose) for i, dose in enumerate(content["doses"])]
    none = INSULIN.write(0.0)
    scenarios = [
        Scenario.from_table(merge([Layer("", table), Layer("", {"bath": {"insulin": insulin}})]), name)
        for insulin in ([["0 s", none], [rest, INSULIN.write(dose)]] if dose else none for dose in doses)
    ]
    for scenario in scenarios:
        scenario.check_one_assay()
    return Experiment(name, content["title"], tuple(scenarios), content["rest"], None, doses=tuple(doses))


def _timeline(name: str, content: Mapping[str, Any], table: dict) -> Experiment:
    """Hormones alone; what is done to the cell plays no part."""
    run = {"duration": "1 min"} | {key: value for key, value in table.get("run", {}).items() if key == "seed"}
    hormones = {key: table[key] for key in ("body", "hormones", "cycle", "therapy", "effects") if key in table}
    scenario = Scenario.from_table({**hormones, "run": run}, name)
    every, until = content["every"], content["until"]
    if not until / MAX_TIMES <= every <= until or not every:
        shortest, longest = SPAN.write(until / MAX_TIMES), SPAN.write(until)
        raise InputError(f"expected a time from {shortest} to {longest}, got {describe(SPAN.write(every))}.", "every")
    times = tuple((every * np.arange(round(until / every) + 1)).tolist())
    drugs = dict.fromkeys(therapy.drug for therapy in scenario.therapy)
    observables = (*library.levels(), *drugs, *STEPS)
    return Experiment(name, content["title"], (scenario,), None, None, timeline=times, observables=observables)


def _measurement(name: str, entry: object, experiments: Mapping[str, Experiment], folder: Path) -> Measurement:
    kind = _table(entry).get("measure")
    if kind not in MEASURES:
        raise unknown("measure", str(kind), MEASURES).within("measure")
    measure = MEASURES[kind]
    if "experiment" not in entry:
        raise InputError('"experiment" is missing.')
    experiment = experiments[_within("experiment", _one_of, "experiment", experiments, entry.get("experiment"))]
    arguments = {
        "at": _span,
        "since": _span,
        "until": _span,
        "data": partial(_data, folder=folder),
        "scaling": partial(_one_of, "scaling", SCALINGS),
    }
    always = {
        "measure": str,
        "experiment": words,
        "observable": partial(_one_of, "observable", experiment.observables),
    }
    optional = {"dose": INSULIN.read, "during": _span, "figure": words}
    allowed = {key: arguments[key] for key in measure.required + measure.optional}
    content = take(entry, always | optional | allowed, required=(*always, *measure.required))
    data, dose, during = content.get("data"), content.get("dose"), content.get("during")
    takes_all = kind == "ec50" or (data is not None and data.is_dose)
    if takes_all and not experiment.doses:
        raise InputError(f"expected an experiment with doses, got {describe(experiment.name)}.", "experiment")
    if takes_all and dose is not None:
        raise InputError("this measure takes all doses.", "dose")
    if not takes_all and experiment.doses and dose not in experiment.doses:
        raise InputError("expected one of the doses of the experiment.", "dose")
    if during is not None and not experiment.assays:
        raise InputError("expected this only where there are several assays; name times in `at`.", "during")
    if measure.needs_rest and (experiment.assays or not experiment.step):
        raise InputError("expected one whose insulin rises some time after the start of its run.", "experiment")
    given = {key: content[key] for key in allowed if key in content}
    figure = content.get("figure", "")
    return Measurement(name, kind, experiment.name, content["observable"], dose, during, given, figure)


def _check(entry: object, measurements: Mapping[str, Measurement], experiments: Mapping[str, Experiment]) -> Check:
    named = partial(_one_of, "measurement", measurements)
    always = {"id": words, "group": words, "quantity": words, "measurement": named, "expect": _band, "source": words}
    optional = {"relative_to": partial(_names, named), "compare": partial(_one_of, "comparison", [*CONTRASTS][1:])}
    optional |= {"unit": words, "published": _number, "fitted": _yes_or_no, "whole_body": _yes_or_no}
    optional |= {"figure": words, "known_failure": words}
    content = take(entry, always | optional, required=always)
    others = content.get("relative_to", ())
    compare = content.get("compare", "ratio" if others else "")
    if len(others) != CONTRASTS[compare].references:
        expected = CONTRASTS[compare].references
        raise InputError(
            f"expected {expected} measurement(s) for {describe(compare)}, got {len(others)}.", "relative_to"
        )
    check = Check(
        content["id"],
        content["group"],
        content["quantity"],
        measurements[content["measurement"]],
        tuple(measurements[other] for other in others),
        compare,
        content["expect"],
        content.get("published"),
        content.get("unit", ""),
        content["source"],
        content.get("fitted", False),
        content.get("whole_body", False),
        content.get("figure", ""),
        content.get("known_failure", ""),
    )
    if len({bool(experiments[measurement.experiment].timeline) for measurement in check.measurements}) > 1:
        raise InputError("expected cells or hormones alone on both sides: hormones have no replicates.", "relative_to")
    return check


def _names(read: Callable[[object], str], value: object) -> tuple[str, ...]:
    """One name, or a list of them."""
    entries = value if isinstance(value, list) else [value]
    return tuple(map(read, entries))


def _table(value: object) -> dict:
    if not isinstance(value, dict):
        raise InputError(f"expected a table, got {describe(value)}.")
    return value


def _list(value: object) -> list:
    if not isinstance(value, list):
        raise InputError(f"expected a list, got {describe(value)}.")
    return value


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise InputError(f"expected true or false, got {describe(value)}.")
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise InputError(f"expected a number, got {describe(value)}.")
    return float(value)


def _one_of(what: str, allowed: Iterable[str], value: object) -> str:
    if value not in allowed:
        raise unknown(what, words(value), allowed)
    return value


def _span(value: object) -> Span:
    """A time, or a list of two."""
    if not isinstance(value, list):
        return (SPAN.read(value),) * 2
    if len(value) != 2:
        raise InputError(f"expected a time or two, got {describe(value)}.")
    since, until = map(SPAN.read, value)
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
    file, _, name = words(value).partition(" ")
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


def says_conditions(source: str | os.PathLike) -> bool:
    """Whether a file is one of conditions, for sim/studies/benchmark/conditions.py, rather than a suite of checks."""
    _, layers = SUITES.read(source)
    return "conditions" in merge(layers)
