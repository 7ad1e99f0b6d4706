"""Suites of checks against published numbers: a TOML file says what is simulated, measured and expected.

    [defaults]             tables of a scenario that all experiments share
    [experiments.NAME]     a scenario: its tables, or the name of an installed one in `scenario` and what differs;
                           or a dose series: `doses`, each from the end of `rest` until the end;
                           or hormones alone, without a cell: `timeline = true`, looked at `every` so long, `until` when
    [measurements.NAME]    measure = one of measurements.MEASURES, of which experiment and quantity
    [[checks]]             a measurement, or its comparison (`compare`) with others (`relative_to`), and the band
                           expected of it; `evidence`, the data behind it in the register (register.py), which says
                           whether a fit used them; `whole_body` where the number is one of a person, not of cells

An experiment cannot change parameters: all checks of a preset are about the same cell, as its hormones leave it. Only
a scenario can, by its own [parameters]: a knock-out.

Times count from the stimulation, the first rise of insulin; from the start of the run where insulin never rises; and
from day 0, 8 am, for hormones alone and where the acute experiment is done at several times (assay.at): a point of such
a course is the mean over an assay, or over the part of it that a measurement names in `during`.

sim/studies/benchmark/suite_run.py runs a suite.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from glut4sim.sim.analysis.measurements import MEASURES, Reference, Span
from glut4sim.sim.inputs.errors import InputError, describe, under, unknown
from glut4sim.sim.inputs.files import Layer, TomlFolder, merge
from glut4sim.sim.inputs.storage import Place, PlaceLike
from glut4sim.sim.studies.benchmark.register import FILE, Datum, find, fitted, load_register
from glut4sim.sim.studies.benchmark.suite_tables import CheckTable, MeasurementTable, SuiteTable
from glut4sim.sim.studies.experiments.experiment import Experiment, read_experiment
from glut4sim.sim.studies.experiments.published import read_reference

SUITES = TomlFolder("suite", Path(__file__).parents[3] / "benchmarks", "*.toml")  # problems of fits lie below


# ---- what a suite says ----


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
        one of measurements.CONTRASTS
    expect : lowest and highest value
    published
        the value in its source; None where there is none
    whole_body
        whether the source measured people, so that a cell can only be consistent with it
    figure
        name of the figure that has value and band as a row; empty if none does
    evidence : the published data behind it, from the register of evidence beside the suite
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
    evidence: tuple[Datum, ...]
    whole_body: bool
    figure: str
    known_failure: str

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """What has to be measured."""
        return (self.measurement, *self.relative_to)

    @property
    def fitted(self) -> bool:
        """Whether a value of the cell or of a hormone was fitted to the data behind it."""
        return fitted(self.evidence)


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
            name: under(f"experiments.{name}", read_experiment, name, table, *layers)
            for name, table in told.experiments.items()
        }
        measurements = {
            name: under(f"measurements.{name}", _measurement, name, table, experiments, own.path.parent)
            for name, table in told.measurements.items()
        }
        register = load_register(own.path.parent / FILE) if any(check.evidence for check in told.checks) else {}
        checks = tuple(
            under(f"checks[{i}]", _check, table, measurements, experiments, register)
            for i, table in enumerate(told.checks)
        )
    except InputError as error:
        raise error.within(place=own.place) from None
    return Suite(own.name, told.title or own.name, told.description, experiments, checks)


def _measurement(
    name: str, told: MeasurementTable, experiments: Mapping[str, Experiment], folder: Place
) -> Measurement:
    experiment = experiments[_known("experiment", experiments, told.experiment)]
    _known("observable", experiment.observables, told.observable)
    arguments = told.arguments
    if told.data is not None:
        file, _, series = told.data.partition(" ")  # "file.csv column", or "file.csv series"
        arguments["data"] = under("data", read_reference, folder / "data" / file, series)
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


def _check(
    told: CheckTable,
    measurements: Mapping[str, Measurement],
    experiments: Mapping[str, Experiment],
    register: Mapping[str, Datum],
) -> Check:
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
        evidence=under("evidence", find, register, told.evidence),
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


def says_numbers(source: PlaceLike) -> bool:
    """Whether a file is one of clinical numbers, for sim/studies/benchmark/clinical.py."""
    _, layers = SUITES.read(source)
    return "numbers" in merge(layers)


def says_conditions(source: PlaceLike) -> bool:
    """Whether a file is one of conditions, for sim/studies/benchmark/conditions.py, rather than a suite of checks."""
    _, layers = SUITES.read(source)
    return "conditions" in merge(layers)
