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

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from glut4sim.sim.analysis.summary import MINUTE, first_stimulation
from glut4sim.sim.endocrine import library
from glut4sim.sim.endocrine.modulation import STEPS
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError, describe, join_path, unknown
from glut4sim.sim.inputs.files import Layer, TomlFolder, merge
from glut4sim.sim.inputs.storage import Place, PlaceLike
from glut4sim.sim.inputs.units import INSULIN, SPAN, TIME
from glut4sim.sim.model.parameters import Preset
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.benchmark.measurements import MEASURES, QUANTITIES, Reference, Span
from glut4sim.sim.studies.benchmark.suite_tables import (
    SCENARIO_TABLES,
    CheckTable,
    ExperimentTable,
    MeasurementTable,
    SuiteTable,
)

SUITES = TomlFolder("suite", Path(__file__).parents[3] / "benchmarks")
MAX_TIMES = 100_000  # of a timeline


# ---- what a suite says ----


@dataclass(frozen=True)
class Experiment:
    """A scenario, one for every dose or assay of a series, or the hormones of one.

    Attributes
    ----------
    scenarios : one for every dose or assay
    step, washout
        when insulin first rises and falls [s]; None where it never does
    doses
        [nM]; empty if it is no series of doses
    assays
        times of the assays since day 0 [s]; empty if it is no series of assays
    timeline
        times at which hormones are looked at [s]; empty if cells are simulated
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
    dose
        which of a series [nM]; None where all of them, or the only one, are meant
    during
        part of each assay of a series that counts [s since its stimulation, or its start]; None for all of it
    arguments : what the measure takes besides the course
    figure
        name of the figure that shows the course; empty if none does
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


@dataclass(frozen=True)
class Check:
    """What is expected of a measurement, or of its comparison with others.

    Attributes
    ----------
    relative_to : what it is compared with
    compare
        one of suite_tables.CONTRASTS
    expect : lowest and highest value
    published
        the value in its source; None where there is none
    whole_body
        whether the source measured people, so that a cell can only be consistent with it
    figure
        name of the figure that has value and band as a row; empty if none does
    fitted
        whether parameters of the cell were fitted to this number or to the data behind it
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


def load_suite(source: PlaceLike, changes: Mapping[str, Mapping[str, Any]] | None = None) -> Suite:
    """Read a suite.

    Parameters
    ----------
    source : name of an installed suite, or path or address of a file
    changes
        tables that all its scenarios shall have instead: {"run": {"replicates": 2}}

    Raises
    ------
    InputError
        naming the file and the path within it
    """
    own, layers = SUITES.read(source)
    try:
        told = SuiteTable.read(merge(layers))
        layers = Layer("defaults", told.defaults or {}), Layer("changes", dict(changes or {}))
        experiments = {
            name: _within(f"experiments.{name}", _experiment, name, table, *layers)
            for name, table in told.experiments.items()
        }
        measurements = {
            name: _within(f"measurements.{name}", _measurement, name, table, experiments, own.path.parent)
            for name, table in told.measurements.items()
        }
        checks = tuple(
            _within(f"checks[{i}]", _check, table, measurements, experiments) for i, table in enumerate(told.checks)
        )
    except InputError as error:
        raise error.within(place=own.place) from None
    return Suite(own.name, told.title or own.name, told.description, experiments, checks)


Made = TypeVar("Made")


def _within(path: str, make: Callable[..., Made], *arguments: Any) -> Made:
    """What `make` makes; an InputError names the path."""
    try:
        return make(*arguments)
    except InputError as error:
        raise InputError(error.sentence, join_path(path, error.path), key=error.key) from None


def _experiment(name: str, told: ExperimentTable, defaults: Layer, changes: Layer) -> Experiment:
    base = {} if told.scenario is None else _within("scenario", _installed, told.scenario)
    table = merge([Layer("scenario", base), defaults, Layer(name, told.scenario_tables), changes])
    if told.doses:
        return _series(name, told, table)
    if told.timeline:
        return _timeline(name, told, table)
    scenario = Scenario.from_table(table, name)
    step, washout, _ = first_stimulation(scenario.bath.insulin.times, scenario.bath.insulin.values)
    times = scenario.assay.at if len(scenario.assay.at) > 1 else ()
    return Experiment(name, told.title, scenario.assays, step, washout, assays=times)


def _installed(scenario: str) -> dict[str, Any]:
    """The tables of an installed scenario, or of a file.

    How much glucose its agents stand for is left out: it says how long they last, and nothing of the cell.
    """
    base = Scenario.load(scenario).resolved()
    if base["parameters"].keys() - {"glucose.supply"}:
        raise InputError(f"expected a scenario that changes no parameters, got {', '.join(base['parameters'])}.")
    return {key: base[key] for key in SCENARIO_TABLES if key in base}


def _series(name: str, told: ExperimentTable, table: dict) -> Experiment:
    """A scenario for every dose."""
    doses, rest, none = told.doses or (), TIME.write(told.rest or 0.0), INSULIN.write(0.0)
    scenarios = [
        Scenario.from_table(merge([Layer("", table), Layer("", {"bath": {"insulin": insulin}})]), name)
        for insulin in ([["0 s", none], [rest, INSULIN.write(dose)]] if dose else none for dose in doses)
    ]
    for scenario in scenarios:
        scenario.check_one_assay()
    return Experiment(name, told.title, tuple(scenarios), told.rest, None, doses=doses)


def _timeline(name: str, told: ExperimentTable, table: dict) -> Experiment:
    """Hormones alone; what is done to the cell plays no part."""
    run = {"duration": "1 min"} | {key: value for key, value in table.get("run", {}).items() if key == "seed"}
    hormones = {key: table[key] for key in ("body", "hormones", "cycle", "therapy", "effects") if key in table}
    scenario = Scenario.from_table({**hormones, "run": run}, name)
    every, until = told.every or 0.0, told.until or 0.0
    if not until / MAX_TIMES <= every <= until or not every:
        shortest, longest = SPAN.write(until / MAX_TIMES), SPAN.write(until)
        raise InputError(f"expected a time from {shortest} to {longest}, got {describe(SPAN.write(every))}.", "every")
    times = tuple((every * np.arange(round(until / every) + 1)).tolist())
    drugs = dict.fromkeys(therapy.drug for therapy in scenario.therapy)
    observables = (*library.levels(), *drugs, *STEPS)
    return Experiment(name, told.title, (scenario,), None, None, timeline=times, observables=observables)


def _measurement(
    name: str, told: MeasurementTable, experiments: Mapping[str, Experiment], folder: Place
) -> Measurement:
    experiment = experiments[_known("experiment", experiments, told.experiment)]
    _known("observable", experiment.observables, told.observable)
    arguments = told.arguments
    if told.data is not None:
        arguments["data"] = _within("data", _data, told.data, folder)
    takes_all = told.measure == "ec50" or ("data" in arguments and arguments["data"].is_dose)
    if takes_all and not experiment.doses:
        raise InputError(f"expected an experiment with doses, got {describe(experiment.name)}.", "experiment")
    if takes_all and told.dose is not None:
        raise InputError("this measure takes all doses.", "dose")
    if not takes_all and experiment.doses and told.dose not in experiment.doses:
        raise InputError("expected one of the doses of the experiment.", "dose")
    if told.during is not None and not experiment.assays:
        raise InputError("expected this only where there are several assays; name times in `at`.", "during")
    if MEASURES[told.measure].needs_rest and (experiment.assays or not experiment.step):
        raise InputError("expected one whose insulin rises some time after the start of its run.", "experiment")
    return Measurement(
        name, told.measure, experiment.name, told.observable, told.dose, told.during, arguments, told.figure
    )


def _check(told: CheckTable, measurements: Mapping[str, Measurement], experiments: Mapping[str, Experiment]) -> Check:
    check = Check(
        id=told.id,
        group=told.group,
        quantity=told.quantity,
        measurement=measurements[_known("measurement", measurements, told.measurement)],
        relative_to=tuple(
            measurements[_known("measurement", measurements, o, "relative_to")] for o in told.relative_to
        ),
        compare=told.comparison,
        expect=told.expect,
        published=told.published,
        unit=told.unit,
        source=told.source,
        fitted=told.fitted,
        whole_body=told.whole_body,
        figure=told.figure,
        known_failure=told.known_failure,
    )
    if len({bool(experiments[measurement.experiment].timeline) for measurement in check.measurements}) > 1:
        raise InputError("expected cells or hormones alone on both sides: hormones have no replicates.", "relative_to")
    return check


def _known(what: str, allowed: Iterable[str], name: str, key: str = "") -> str:
    """A name that there is; InputError at the key if there is none."""
    if name not in allowed:
        raise unknown(what, name, allowed).within(key or what)
    return name


def _data(told: str, folder: Place) -> Reference:
    """A curve, "file.csv column", or points, "file.csv series", from a file in the folder `data` beside the suite."""
    file, _, name = told.partition(" ")
    path = folder / "data" / file
    try:
        with storage.reading(path):
            text = storage.read_text(path)
        lines = [line.strip().split(",") for line in text.splitlines() if line[:1] not in ("#", "")]
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or 'there is no such file'}.") from None
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
    columns = {c: np.array([float(row[head.index(c)]) for row in rows]) for c in (x_name, y_name, "sem") if c in head}
    is_dose = x_name == "insulin_nM"
    x = columns[x_name] if is_dose else columns[x_name] * MINUTE
    return Reference(x, columns[y_name], columns.get("sem"), is_dose)


def says_conditions(source: PlaceLike) -> bool:
    """Whether a file is one of conditions, for sim/studies/benchmark/conditions.py, rather than a suite of checks."""
    _, layers = SUITES.read(source)
    return "conditions" in merge(layers)
