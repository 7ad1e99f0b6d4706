"""Problems of calibration: a TOML file says what is free, what was measured in which experiment, and what is held out.

    title, description, extends = another problem
    [cell], [run], [parameters], [effects]   tables of a scenario that all experiments share; so [hormone.NAME],
                                   [drug.NAME], [effect.NAME], and `library` = a file of these
    [free."receptor.bind_first"]   a parameter of the preset, or "testosterone-pi3k.gain", an effect's. All optional:
        value = "2 1/min"          where the first search begins, by default the preset's
        range = ["1 1/min", "5 1/min"]   outside which nothing is looked for, by default the plausible one
        log = true                 whether equal ratios are equally far, by default as the range has it (factors.py)
        prior = { log_normal = ["2 1/min", 1.5] }   median and factor; or { normal = [mean, sd] }; else flat
        same = ["receptor.bind_second"]   further names that take the same value
    [experiments.NAME]             as in suites of checks: sim/studies/experiments/experiment.py
    [data.NAME]                    what was measured, in which `experiment`, of which `observable` of QUANTITIES
        file = "data/x.csv", series = "irs1"   a time course or a dose response (published.py), the path from here; or
            or a series of a PEtab problem: file = "petab/problem.yaml" (petab_tables.py)
        points = [["10 min", 52.0, 3.1], ..]   the same, each point x, value and SEM
        at = "10 min"              when responses to doses were taken, or ["15 min", "45 min"]: over which their mean
        dose = "10 nM", during     which of a series of doses, and part of each assay, as in suites
        above_rest = true          the rise over the level before the stimulation was reported
        measure = "half_time_rise", until = "15 min", value = 5.2, sem = 0.4   an end point, by one of MEASURES; perhaps
        relative_to = { at = "0 min" }, compare = "percent change"   set against another, "ratio" by default
        unit = "percent"           of the values, by default that of the observable; any text where the scale is free
        scale = "free", offset = "free"   what the simulated value is multiplied by and what is added, or numbers (1, 0)
        scale_of = "other data"    the same scale as those data
        held_out = true            scored, never fitted
        evidence = "E041"          its entries in the register of evidence; source = "author, journal, year"
    [watched.NAME]                 what was seen of single vesicles, which only agents can answer: watched.py

Errors are normal with the SEM of each point; points with an SEM of 0, such as a level that others were divided by, say
nothing and do not count. Nothing is fitted but what [free] names and free scales and offsets.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from glut4sim.sim.analysis.measurements import MEASURES, QUANTITIES, Span
from glut4sim.sim.endocrine.tables import OWN
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError, describe, under, unknown
from glut4sim.sim.inputs.files import Layer, TomlFolder, merge
from glut4sim.sim.inputs.storage import Place, PlaceLike
from glut4sim.sim.inputs.units import INSULIN, SPAN, convert, write
from glut4sim.sim.model.parameters import load_preset
from glut4sim.sim.scenario.factors import Factor, changed, find_factors
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.experiments.experiment import Experiment, read_experiment
from glut4sim.sim.studies.experiments.published import read_reference
from glut4sim.sim.studies.fit.petab_tables import SUFFIXES, read_series
from glut4sim.sim.studies.fit.problem_tables import DataTable, FreeTable, ProblemTable
from glut4sim.sim.studies.fit.watched import Watched, read_watched

PROBLEMS = TomlFolder("problem", Path(__file__).parents[3] / "benchmarks" / "fits", libraries=OWN)
COURSE, DOSES, END_POINT = "time course", "dose response", "end point"  # kinds of data


# ---- what a problem says ----


class Prior(NamedTuple):
    """A normal density over the working scale of a free value: its value, or its natural logarithm."""

    centre: float
    width: float


@dataclass(frozen=True)
class FreeValue:
    """A value that is fitted.

    Searches and samplers work with its logarithm where `is_log`, else with itself: "inner" values.

    Attributes
    ----------
    factor : its name, unit, range, first guess, and what the preset says of it
    is_log : whether equal ratios are equally far
    prior : over inner values; None: flat within the range
    tied : what else takes its value, each in its own unit
    """

    factor: Factor
    is_log: bool
    prior: Prior | None
    tied: tuple[Factor, ...]

    @property
    def name(self) -> str:
        """Such as "vesicle.fuse"."""
        return self.factor.name

    @property
    def bounds(self) -> tuple[float, float]:
        """Inner values of the range."""
        return self.inner(self.factor.low), self.inner(self.factor.high)

    def inner(self, value: float) -> float:
        """From the value in its unit."""
        return float(np.log(value)) if self.is_log else float(value)

    def outer(self, inner: Any) -> Any:
        """The value in its unit, of a number or an array."""
        return np.exp(inner) if self.is_log else inner


@dataclass(frozen=True)
class Measurement:
    """What is looked at in an experiment, and, for an end point, the measure that makes a number of it."""

    experiment: str
    observable: str
    dose: float | None
    during: Span | None
    measure: str
    arguments: Mapping[str, Span]


@dataclass(frozen=True)
class DataSet:
    """What was measured: a time course, a dose response, or an end point.

    Attributes
    ----------
    kind : COURSE, DOSES or END_POINT
    measurements : what is measured in the simulation, and what that is set against by `compare`
    x : (n,) time since the stimulation, or since day 0 [s]; insulin [nM]; 0 of an end point
    y, sem : (n,) values and their standard errors, in `unit`
    above_rest : whether what counts is the rise over the level before the stimulation
    factor : from the unit of the simulation to `unit`
    scale, offset : of the simulated value; None where free
    scale_of : the data set whose scale it shares; its own name where it shares none
    held_out : whether it is scored only
    evidence : ids of the register of evidence
    """

    name: str
    title: str
    kind: str
    measurements: tuple[Measurement, ...]
    compare: str
    x: np.ndarray
    y: np.ndarray
    sem: np.ndarray
    above_rest: bool
    unit: str
    factor: float
    scale: float | None
    offset: float | None
    scale_of: str
    held_out: bool
    evidence: tuple[str, ...]
    source: str

    @cached_property
    def counted(self) -> np.ndarray:
        """(n,) bool, points that have an error and, where the rise over rest was reported, are not rest itself."""
        return (self.sem > 0.0) & ((self.x > 0.0) | (not self.above_rest))

    @cached_property
    def weights(self) -> np.ndarray:
        """1 / SEM^2 (n,); 0 where a point does not count."""
        return np.where(self.counted, 1.0 / np.where(self.counted, self.sem, 1.0) ** 2, 0.0)


@dataclass(frozen=True)
class Problem:
    """A problem as read from its file.

    Attributes
    ----------
    preset : name of the cell
    watched : what was seen of single vesicles
    table : as a TOML file would hold it, points and ranges included, so that it needs no other file
    """

    name: str
    title: str
    description: str
    preset: str
    free: tuple[FreeValue, ...]
    experiments: Mapping[str, Experiment]
    data: tuple[DataSet, ...]
    watched: tuple[Watched, ...]
    table: Mapping[str, Any]

    @property
    def needs_agents(self) -> bool:
        """Whether it has data of single vesicles, which the mean field does not know."""
        return bool(self.watched)

    @property
    def fitted(self) -> tuple[DataSet, ...]:
        """The data that are fitted to."""
        return tuple(data for data in self.data if not data.held_out)

    @property
    def held_out(self) -> tuple[DataSet, ...]:
        """The data that are scored only."""
        return tuple(data for data in self.data if data.held_out)

    @property
    def factors(self) -> tuple[Factor, ...]:
        """All that changes with the free values: each with what is tied to it."""
        return tuple(factor for free in self.free for factor in (free.factor, *free.tied))

    def values(self, inner: np.ndarray) -> np.ndarray:
        """Values of `factors`, (n_factor,), each in its unit, at the inner values (n_free,)."""
        found = []
        for free, number in zip(self.free, inner, strict=True):
            value = float(np.clip(free.outer(number), free.factor.low, free.factor.high))
            found += [value, *(_in_unit(value, free.factor.unit, factor.unit) for factor in free.tied)]
        return np.array(found)

    def at(self, scenario: Scenario, inner: np.ndarray) -> Scenario:
        """A scenario with the free values, but for those of which its preset has a number of its own."""
        here, there = scenario.preset.parameters, load_preset(self.preset).parameters
        chosen = [
            pair for pair in zip(self.factors, self.values(inner)) if here.get(pair[0].name) == there.get(pair[0].name)
        ]
        return changed(scenario, [factor for factor, _ in chosen], [float(value) for _, value in chosen])

    def to_toml(self) -> str:
        """Text of a problem file that says the same, and needs no other file."""
        import tomli_w

        return tomli_w.dumps(self.table)


# ---- reading one ----


def load_problem(source: PlaceLike) -> Problem:
    """Read a problem.

    Parameters
    ----------
    source : name of an installed problem, or path or address of a file

    Raises
    ------
    InputError
        naming the file and the path within it
    """
    own, layers = PROBLEMS.read(source)
    try:
        return problem_from_table(merge(layers), own.name, own.path.parent)
    except InputError as error:
        raise error.within(place=own.place) from None


def problem_from_table(table: Mapping[str, Any], name: str = "problem", folder: Place = Path()) -> Problem:
    """A problem from what a TOML file would hold, as a dictionary.

    Parameters
    ----------
    name : of the problem
    folder : from which the paths of data count
    """
    table = copy.deepcopy(dict(table))
    told = ProblemTable.read(table)
    experiments = {
        key: under(f"experiments.{key}", _experiment, key, experiment, told.shared)
        for key, experiment in told.experiments.items()
    }
    free = tuple(under(f"free.{key}", _free, key, value, experiments) for key, value in told.free.items())
    names = [factor.name for value in free for factor in (value.factor, *value.tied)]
    for i, factor in enumerate(names):
        if factor in names[:i]:
            raise InputError("this value is free, or tied, twice.", f"free.{factor}")
    data = tuple(under(f"data.{key}", _data, key, entry, experiments, folder) for key, entry in told.data.items())
    for entry in data:
        under(f"data.{entry.name}", _check_scale, entry, data)
    if not free:
        raise InputError("expected at least one value, got none.", "free")
    watched = tuple(under(f"watched.{key}", read_watched, key, t, experiments) for key, t in told.watched.items())
    fitted = sum(int(entry.counted.sum()) for entry in data if not entry.held_out)
    if fitted + sum(not entry.held_out for entry in watched) == 0:
        raise InputError("expected data with errors that are not held out, got none.", "data")
    for value in free:
        low, high = (write(bound, value.factor.unit) for bound in (value.factor.low, value.factor.high))
        table["free"][value.name] |= {"value": write(value.factor.value, value.factor.unit), "range": [low, high]}
    for entry in data:
        if entry.kind != END_POINT:
            kind = INSULIN if entry.kind == DOSES else SPAN
            rows = zip(entry.x.tolist(), entry.y.tolist(), entry.sem.tolist())
            content = {key: v for key, v in table["data"][entry.name].items() if key not in ("file", "series")}
            table["data"][entry.name] = content | {"points": [[kind.write(x), y, sem] for x, y, sem in rows]}
    preset = next(iter(experiments.values())).preset.name if experiments else ""
    return Problem(name, told.title or name, told.description or "", preset, free, experiments, data, watched, table)


def _experiment(name: str, told, shared: dict) -> Experiment:
    experiment = read_experiment(name, told, Layer("shared", shared), Layer("", {}))
    if experiment.timeline:
        raise InputError("expected cells, not hormones alone; leave it out.", "timeline")
    return experiment


def _free(name: str, told: FreeTable, experiments: Mapping[str, Experiment]) -> FreeValue:
    factor = _factor(name, experiments)

    def number(text: str, path: str) -> float:
        try:
            return convert(text, factor.unit, f"a quantity in {factor.unit}" if factor.unit != "1" else "a number")
        except InputError as error:
            raise error.within(path) from None

    low, high = factor.low, factor.high
    if told.range is not None:
        low, high = (number(text, "range") for text in told.range)
        if not low < high:
            raise InputError("expected two ascending quantities.", "range")
    elif not low < high:
        raise InputError("its plausible range has no width; say one.", "range")
    value = min(max(factor.value, low), high) if told.value is None else number(told.value, "value")
    if not low <= value <= high:
        expected = f"{write(low, factor.unit)} to {write(high, factor.unit)}"
        raise InputError(f"expected a value within its range, {expected}, got {describe(told.value)}.", "value")
    factor = replace(factor, value=value, low=low, high=high)
    is_log, prior = factor.is_log if told.log is None else told.log, None
    if told.prior is not None and told.prior.log_normal is not None:
        median, ratio = number(told.prior.log_normal[0], "prior"), convert(told.prior.log_normal[1], "1", "a factor")
        if median <= 0.0 or ratio <= 1.0:
            raise InputError("expected a median above 0 and a factor above 1.", "prior.log_normal")
        is_log, prior = True, Prior(float(np.log(median)), float(np.log(ratio)))
    elif told.prior is not None and told.prior.normal is not None:
        mean, sd = (number(text, "prior") for text in told.prior.normal)
        if sd <= 0.0:
            raise InputError("expected a standard deviation above 0.", "prior.normal")
        is_log, prior = False, Prior(mean, sd)
    if is_log and low <= 0.0:
        raise InputError("expected a range above 0, in which equal ratios are equally far.", "range")
    tied = tuple(under(f"same[{i}]", _factor, other, experiments) for i, other in enumerate(told.same))
    for i, other in enumerate(tied):
        under(f"same[{i}]", _in_unit, value, factor.unit, other.unit)
    return FreeValue(factor, is_log, prior, tied)


def _factor(name: str, experiments: Mapping[str, Experiment]) -> Factor:
    """The parameter or effect of a name, as the first experiment has it that depends on it."""
    reason = InputError("expected an experiment that it could act in, got none.")
    for experiment in experiments.values():
        try:
            return find_factors(experiment.scenarios[0], (name,))[0][0]
        except InputError as error:
            reason = error
    raise InputError(reason.sentence, key=reason.key)


def _in_unit(value: float, unit: str, other: str) -> float:
    return value if unit == other else convert(write(value, unit), other, f"a quantity in {other}")


def _data(name: str, told: DataTable, experiments: Mapping[str, Experiment], folder: Place) -> DataSet:
    first = told.said
    others = () if told.reference is None else (told.reference,)
    if told.value is not None:
        kind, x, y, sem = END_POINT, np.zeros(1), np.array([told.value]), np.array([told.sem])
    else:
        x, y, sem, is_dose = _points(told, folder)
        kind = DOSES if is_dose else COURSE
    measurements = (_measurement(first, kind, experiments),)
    measurements += tuple(under("relative_to", _measurement, other, kind, experiments) for other in others)
    experiment = experiments[measurements[0].experiment]
    if told.above_rest and not experiment.doses and (experiment.assays or not experiment.step):
        raise InputError(
            "expected an experiment whose insulin rises some time after the start of its run.", "above_rest"
        )
    if kind == DOSES:
        missing = [dose for dose in x if not np.isclose(experiment.doses, dose).any()]
        if missing:
            raise InputError(f"the experiment lacks the dose {INSULIN.write(missing[0])} of the data.", "experiment")
    unit = QUANTITIES[told.observable].unit if kind != END_POINT or told.measure in ("basal", "level") else ""
    unit = "1" if told.comparison == "ratio" else "percent" if told.comparison else unit
    found = DataSet(
        name=name,
        title=told.title or name,
        kind=kind,
        measurements=measurements,
        compare=told.comparison,
        x=x,
        y=y,
        sem=sem,
        above_rest=told.above_rest,
        unit=told.unit or unit,
        factor=_unit_factor(unit, told),
        scale=None if told.scale_of else told.scale,
        offset=told.offset,
        scale_of=told.scale_of or name,
        held_out=told.held_out,
        evidence=told.evidence,
        source=told.source or "",
    )
    if not found.counted.any():
        raise InputError("expected at least one point with an SEM above 0.")
    return found


def _points(told: DataTable, folder: Place) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool]:
    """x, values, SEM, and whether x are doses."""
    if told.file is not None:
        read = read_series if told.file.endswith(SUFFIXES) else read_reference
        found = under("file", read, storage.beside(folder, told.file), told.series or "")
        sem = np.full(len(found.x), told.sem) if found.sem is None and told.sem else found.sem
        if sem is None:
            raise InputError('the data lack the errors of their points; add a column "sem", or "sem" here.', "file")
        return found.x, found.y, sem, found.is_dose
    texts, y, sem = zip(*(told.points or ()))
    try:
        x, is_dose = [INSULIN.read(text) for text in texts], True
    except InputError:
        x, is_dose = [under(f"points[{i}]", SPAN.read, text) for i, text in enumerate(texts)], False
    return np.array(x), np.array(y), np.array(sem), is_dose


def _measurement(said: Mapping[str, Any], kind: str, experiments: Mapping[str, Experiment]) -> Measurement:
    for key, allowed in (("experiment", experiments), ("observable", QUANTITIES)):
        if said[key] not in allowed:
            raise unknown(key, said[key], allowed).within(key)
    experiment, dose, measure = experiments[said["experiment"]], said.get("dose"), said.get("measure", "")
    takes_all = kind == DOSES or measure == "ec50"
    if takes_all and not experiment.doses:
        raise InputError(f"expected an experiment with doses, got {describe(experiment.name)}.", "experiment")
    if takes_all and dose is not None:
        raise InputError("these data take all doses; leave it out.", "dose")
    if not takes_all and experiment.doses and dose not in experiment.doses:
        raise InputError("expected one of the doses of the experiment.", "dose")
    if not experiment.doses and dose is not None:
        raise InputError("expected this only of an experiment with doses.", "dose")
    if kind == DOSES and "at" not in said:
        raise InputError('expected "at", when the responses to doses were taken.', "at")
    if kind == COURSE and "at" in said:
        raise InputError("expected this only of dose responses and end points.", "at")
    if said.get("during") is not None and not experiment.assays:
        raise InputError("expected this only where there are several assays.", "during")
    if measure and MEASURES[measure].needs_rest and (experiment.assays or not experiment.step):
        raise InputError("expected one whose insulin rises some time after the start of its run.", "experiment")
    arguments = {key: said[key] for key in ("at", "since", "until") if key in said}
    return Measurement(experiment.name, said["observable"], dose, said.get("during"), measure, arguments)


def _unit_factor(unit: str, told: DataTable) -> float:
    """From the unit of the simulation to that of the data; 1 where the scale is free or shared, as it takes that in."""
    if told.unit is None or told.scale is None or told.scale_of or not unit:
        return 1.0
    try:
        return convert(write(1.0, unit) if unit != "1" else 1.0, told.unit, f"a unit of {unit}")
    except InputError:
        raise InputError(f"expected a unit that {unit} converts to, got {describe(told.unit)}.", "unit") from None


def _check_scale(entry: DataSet, data: tuple[DataSet, ...]) -> None:
    """InputError unless the data set whose scale it shares is there, and has one of its own that is fitted."""
    by_name = {other.name: other for other in data}
    if entry.scale_of == entry.name:
        return
    if entry.scale_of not in by_name:
        raise unknown("data", entry.scale_of, by_name).within("scale_of")
    of = by_name[entry.scale_of]
    if of.scale_of != of.name or of.scale is not None:
        raise InputError('expected data whose own scale is "free".', "scale_of")
