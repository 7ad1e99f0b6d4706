"""A problem in PEtab's form (version 1): a model in SBML with tables of conditions, observables, data and parameters.

Schmiester et al., PLoS Comput Biol 17:e1008646 (2021). Every tool that reads PEtab can fit the problem, and finds the
same likelihood. Held-out data are left out.

- A condition is a scenario of an experiment: what is in the bath, when it changes, what hormones do to the cell, and
  where presets differ. Before each the cell comes to rest in a condition of its own (pre-equilibration).
- Free values are in the units of the model, rates per second. Tied ones take the value of the first in every condition.
- Free scales and offsets are parameters of their own here; a fit of this program has them at their optimum.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.storage import Place, folder, make_directory
from glut4sim.sim.inputs.units import convert, write
from glut4sim.sim.model import sbml_template
from glut4sim.sim.model.parameters import canonical_units, sections
from glut4sim.sim.model.sbml_template import identifier
from glut4sim.sim.scenario.factors import Factor
from glut4sim.sim.studies.expected import BINS, CAPTURE_BINS
from glut4sim.sim.studies.fit.likelihood import Fitted, fit_scales
from glut4sim.sim.studies.fit.petab_conditions import find_conditions
from glut4sim.sim.studies.fit.petab_readings import Part, Point, Reader, scenario_of
from glut4sim.sim.studies.fit.petab_tables import load_petab
from glut4sim.sim.studies.fit.problem import DataSet, FreeValue, Problem
from glut4sim.sim.studies.fit.simulation import UNSOLVABLE, simulate

WIDE = 1e3  # a scale may be so many times larger or smaller, an offset so many times the largest of its data
FILES = {
    "model_file": "model.xml",
    "condition_file": "conditions.tsv",
    "observable_file": "observables.tsv",
    "measurement_file": "measurements.tsv",
    "parameter_file": "parameters.tsv",
    "yaml_file": "problem.yaml",
}


def write_petab(
    problem: Problem,
    out: Place,
    inner: np.ndarray | None = None,
    bins: int = BINS,
    capture_bins: int = CAPTURE_BINS,
) -> None:
    """Write a problem to a new directory, FILES.

    Parameters
    ----------
    inner
        (n_free,) inner values that are the nominal ones, by default where the first search begins
    bins, capture_bins
        radial bins of the model; only with those of a fit, the default, is the likelihood that of a fit

    Raises
    ------
    InputError
        naming what PEtab cannot have, or the package that is missing
    """
    found = make_petab(problem, inner, bins, capture_bins)
    make_directory(out)
    with folder(out) as where:
        found.to_files(prefix_path=where, **FILES)


def make_petab(
    problem: Problem, inner: np.ndarray | None = None, bins: int = BINS, capture_bins: int = CAPTURE_BINS
) -> Any:
    """The same as a petab.v1.Problem, with which PEtab's own linter is content."""
    petab = load_petab("export petab")
    if problem.needs_agents:
        raise InputError("PEtab's models have no single vesicles; leave them out.", "watched", problem.name)
    inner = np.array([free.inner(free.factor.value) for free in problem.free]) if inner is None else inner
    try:
        fits = fit_scales(problem.fitted, simulate(problem, inner, problem.fitted))
    except UNSOLVABLE as error:
        raise InputError(f"the data cannot be simulated at the nominal values: {error}.", place=problem.name) from None
    reader, points = Reader(problem), {}
    for entry in problem.fitted:
        try:
            points[entry.name] = reader.points(entry)
        except InputError as error:
            raise InputError(f"{error.sentence} Hold it out.", f"data.{entry.name}", problem.name) from None
    parts = list(dict.fromkeys(point.part for found in points.values() for point in found))
    scenarios = [scenario_of(problem, part, inner) for part in parts]
    conditions = find_conditions(problem, scenarios, list(reader.readings.values()))
    model = sbml_template.export(scenarios[0], conditions.template, bins, capture_bins)
    experiments, rests, names = _condition_rows(problem, parts, conditions)
    observables, measurements = [], []
    for entry in problem.fitted:
        said = _observable_rows(entry, points[entry.name])
        observables += said.values()
        measurements += [_measurement_row(entry, point, said[point.formula], names) for point in points[entry.name]]
    made = petab.Problem(
        model=petab.models.sbml_model.SbmlModel.from_string(model),
        condition_df=_table(experiments + rests, "conditionId"),
        observable_df=_table(observables, "observableId"),
        measurement_df=_table(measurements, ""),
        parameter_df=_table(_parameter_rows(problem, inner, fits), "parameterId"),
    )
    check(made)
    return made


class _Listener(logging.Handler):
    """Keeps what is logged."""

    def __init__(self, level: int):
        super().__init__(level)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def check(made: Any) -> None:
    """RuntimeError, with what it says, if PEtab's own linter is not content with a petab.v1.Problem."""
    lint = load_petab("export petab").lint
    listener = _Listener(logging.ERROR)
    lint.logger.addHandler(listener)
    propagates, lint.logger.propagate = lint.logger.propagate, False  # it also says what is not needed
    try:
        if lint.lint_problem(made):
            faults = "; ".join(listener.said[:-1])  # the last only says that there are any
            raise RuntimeError(f"PEtab's linter finds fault with what was made of the problem: {faults}")
    finally:
        lint.logger.removeHandler(listener)
        lint.logger.propagate = propagates


def _table(rows: Sequence[Mapping[str, Any]], index: str):
    import pandas as pd

    table = pd.DataFrame(list(rows))
    return table.set_index(index) if index else table


# ---- conditions ----


def _condition_rows(problem: Problem, parts: Sequence[Part], conditions):
    """Rows of experiments and of the rests before them, each of these once; and the names of both for each part."""
    tied = {identifier(other.name): identifier(free.name) for free in problem.free for other in free.tied}
    experiments, rests, names = [], {}, {}
    for part, values, rest in zip(parts, conditions.experiments, conditions.rests, strict=True):
        number = f"_{part.number + 1}" if len(problem.experiments[part.experiment].scenarios) > 1 else ""
        name, title = f"{identifier(part.experiment)}{number}", _title(problem, part)
        experiments.append({"conditionId": name, "conditionName": title} | values | tied)
        known = rests.setdefault(tuple(rest.items()), f"rest_{len(rests) + 1}")
        names[part] = (name, known)
    resting = [
        {"conditionId": name, "conditionName": "until nothing changes"} | dict(values) | tied
        for values, name in rests.items()
    ]
    return experiments, resting, names


def _title(problem: Problem, part: Part) -> str:
    experiment = problem.experiments[part.experiment]
    if experiment.doses:
        return f"{experiment.title}: {experiment.doses[part.number]:g} nM"
    if experiment.assays:
        return f"{experiment.title}: after {experiment.assays[part.number] / 3600.0:g} h"
    return experiment.title


# ---- data ----


def _observable_rows(entry: DataSet, points: Sequence[Point]) -> dict[str, dict[str, Any]]:
    """An observable for each formula of a data set."""
    formulas = list(dict.fromkeys(point.formula for point in points))
    rows = {}
    for n, formula in enumerate(formulas, 1):
        name = f"data_{identifier(entry.name)}" + (f"_{n}" if len(formulas) > 1 else "")
        scaled = formula if entry.factor == 1.0 else f"{entry.factor!r} * {formula}"
        rows[formula] = {
            "observableId": name,
            "observableName": entry.title,
            "observableFormula": f"observableParameter1_{name} * ({scaled}) + observableParameter2_{name}",
            "noiseFormula": f"noiseParameter1_{name}",
            "noiseDistribution": "normal",
        }
    return rows


def _measurement_row(entry: DataSet, point: Point, observable: Mapping[str, Any], names) -> dict[str, Any]:
    experiment, rest = names[point.part]
    scale = entry.scale if entry.scale is not None else f"scale_{identifier(entry.scale_of)}"
    offset = entry.offset if entry.offset is not None else f"offset_{identifier(entry.name)}"
    return {
        "observableId": observable["observableId"],
        "preequilibrationConditionId": rest,
        "simulationConditionId": experiment,
        "measurement": point.value,
        "time": point.time,
        "observableParameters": f"{scale};{offset}",
        "noiseParameters": point.sem,
        "datasetId": identifier(entry.name),
    }


# ---- parameters ----


def _parameter_rows(problem: Problem, inner: np.ndarray, fits: Mapping[str, Fitted]) -> list[dict[str, Any]]:
    """Free values, then scales, each once, and offsets."""
    rows = [_free_row(free, free.outer(number)) for free, number in zip(problem.free, inner, strict=True)]
    titles = {entry.name: entry.title for entry in problem.data}
    scales = {entry.scale_of: fits[entry.name].scale for entry in problem.fitted if entry.scale is None}
    for owner, scale in scales.items():
        rows.append(
            _row(f"scale_{identifier(owner)}", f"scale of {titles[owner]}", scale, (0.0, WIDE * (scale or 1.0)))
        )
    for entry in problem.fitted:
        if entry.offset is None:
            reach = WIDE * (float(np.abs(entry.y).max()) or 1.0)
            offset = fits[entry.name].offset
            rows.append(_row(f"offset_{identifier(entry.name)}", f"offset of {entry.title}", offset, (-reach, reach)))
    return rows


def _free_row(free: FreeValue, value: float) -> dict[str, Any]:
    """A free value in the units of the model."""
    per_unit = _in_model_units(free.factor)
    low, high = free.factor.low * per_unit, free.factor.high * per_unit
    ends = tuple(math.log10(end) if free.is_log else end for end in (low, high))
    kind, numbers = "parameterScaleUniform", ends
    if free.prior is not None and free.is_log:
        kind, numbers = "logNormal", (free.prior.centre + math.log(per_unit), free.prior.width)
    elif free.prior is not None:
        kind, numbers = "normal", (free.prior.centre * per_unit, free.prior.width * per_unit)
    row = _row(identifier(free.name), f"{free.name} [{_model_unit(free.factor)}]", value * per_unit, (low, high))
    return row | {
        "parameterScale": "log10" if free.is_log else "lin",
        "objectivePriorType": kind,
        "objectivePriorParameters": f"{numbers[0]!r};{numbers[1]!r}",
    }


def _row(name: str, title: str, value: float, bounds: tuple[float, float]) -> dict[str, Any]:
    return {
        "parameterId": name,
        "parameterName": title,
        "parameterScale": "lin",
        "lowerBound": bounds[0],
        "upperBound": bounds[1],
        "nominalValue": float(value),
        "estimate": 1,
    }


def _in_model_units(factor: Factor) -> float:
    """How much of the model's unit one unit of a factor is."""
    unit = _model_unit(factor)
    return 1.0 if unit == factor.unit else convert(write(1.0, factor.unit), unit, "a quantity")


def _model_unit(factor: Factor) -> str:
    """The unit that a factor has in the model."""
    section, _, field = factor.name.partition(".")
    return canonical_units(sections()[section])[field] if section in sections() else factor.unit
