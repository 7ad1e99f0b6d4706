"""What the cell of a problem would have shown: simulated values beside all data, by the mean field with coarse bins."""

from collections.abc import Mapping, Sequence

import numpy as np

from glut4sim.sim.analysis.measurements import (
    CONTRASTS,
    MEASURES,
    QUANTITIES,
    Course,
    NoValue,
    Recorded,
    basal,
    level,
    responses,
)
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model import observables
from glut4sim.sim.results.series_store import record_times
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.expected import solved, supplied
from glut4sim.sim.studies.experiments.experiment import Experiment
from glut4sim.sim.studies.experiments.outcome import Outcome
from glut4sim.sim.studies.fit.problem import COURSE, DOSES, DataSet, Measurement, Problem

UNSOLVABLE = (ArithmeticError, InputError, NoValue)  # what is raised at values that are no cell, or lack a number


def simulate(problem: Problem, inner: np.ndarray, data: Sequence[DataSet] | None = None) -> dict[str, np.ndarray]:
    """Simulated values beside data, each experiment and dose solved once.

    Parameters
    ----------
    inner : (n_free,) inner values
    data : which, by default all

    Returns
    -------
    name of the data set -> (n,) values before their scale and offset, in the unit of the data

    Raises
    ------
    UNSOLVABLE
        where the mean field cannot be solved, the preset forbids the values, or a course lacks what is measured
    """
    chosen = problem.data if data is None else data
    found = outcomes(problem, inner, chosen)
    return {entry.name: _values(entry, found) for entry in chosen}


def simulate_all(problem: Problem, inner: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Simulated values beside all data, where held-out data that lack one are left out.

    Returns
    -------
    values : as `simulate`
    missing : name of a data set that was held out -> why there are none

    Raises
    ------
    UNSOLVABLE
        as `simulate`, of the data that are fitted
    """
    try:
        found = outcomes(problem, inner, problem.data)
    except UNSOLVABLE as error:
        return simulate(problem, inner, problem.fitted), {entry.name: str(error) for entry in problem.held_out}
    values, missing = {}, {}
    for entry in problem.data:
        try:
            values[entry.name] = _values(entry, found)
        except NoValue as reason:
            if not entry.held_out:
                raise
            missing[entry.name] = str(reason)
    return values, missing


def needed_seconds(problem: Problem) -> float:
    """Simulated time that the data which are fitted take [s]."""
    return sum(
        problem.experiments[name].scenarios[i].run.duration
        for name, parts in _needed(problem, problem.fitted).items()
        for i in parts
    )


def _needed(problem: Problem, data: Sequence[DataSet]) -> dict[str, set[int]]:
    """Which of the scenarios of each experiment data need."""
    needed: dict[str, set[int]] = {}
    for entry in data:
        for m in entry.measurements:
            needed.setdefault(m.experiment, set()).update(_parts(problem.experiments[m.experiment], m, entry))
    return needed


def outcomes(problem: Problem, inner: np.ndarray, data: Sequence[DataSet]) -> dict[str, Outcome]:
    """What the experiments behind data give, by their names; doses that no data ask for are NaN."""
    wanted: dict[str, set[str]] = {}
    for entry in data:
        for m in entry.measurements:
            wanted.setdefault(m.experiment, set()).add(m.observable)
    return {
        name: _outcome(problem.experiments[name], {i: problem.experiments[name].scenarios[i] for i in sorted(parts)},
                       problem, inner, wanted[name])
        for name, parts in _needed(problem, data).items()
    }  # fmt: skip


def _parts(experiment: Experiment, m: Measurement, entry: DataSet) -> Sequence[int]:
    """Which of an experiment's scenarios a measurement needs."""
    everything = range(len(experiment.scenarios))
    if not experiment.doses or m.measure == "ec50":
        return everything
    if m.dose is not None:
        return [experiment.doses.index(m.dose)]
    rest = [int(np.argmin(experiment.doses))] if entry.above_rest else []
    return rest + _rows(experiment.doses, entry)


def _rows(doses: Sequence[float], entry: DataSet) -> list[int]:
    """Where the doses of data stand among those of their experiment."""
    return [int(np.argmin(np.abs(np.subtract(doses, dose)))) for dose in entry.x]


def _outcome(
    experiment: Experiment, parts: Mapping[int, Scenario], problem: Problem, inner: np.ndarray, wanted: set[str]
) -> Outcome:
    time = record_times(experiment.scenarios[0])
    series = {name: np.full((1, len(experiment.scenarios), len(time)), np.nan) for name in sorted(wanted)}
    for i, scenario in parts.items():
        cell = supplied(problem.at(scenario, inner))
        recorded = Recorded(solved(cell, time), cell.parameter_set, observables.mean_scale(cell))
        for name in series:
            series[name][0, i] = QUANTITIES[name].measure(recorded)
    return Outcome(experiment, time - (experiment.step or 0.0), series)


def _values(entry: DataSet, found: Mapping[str, Outcome]) -> np.ndarray:
    """The simulated values beside one data set, (n,)."""
    courses = [found[m.experiment].course(m) for m in entry.measurements]
    first, course = entry.measurements[0], courses[0]
    try:
        if entry.kind == COURSE:
            values = _levels(course, entry)
        elif entry.kind == DOSES:
            at = responses(course, first.arguments["at"])
            values = at[_rows(course.doses.tolist(), entry)]
            values = values - at[int(np.argmin(course.doses))] if entry.above_rest else values
        else:
            numbers = (MEASURES[m.measure].function(c, **m.arguments) for m, c in zip(entry.measurements, courses))
            values = np.array([CONTRASTS[entry.compare].function(*numbers)])
    except NoValue as reason:
        raise NoValue(f"data.{entry.name}: {reason}") from None
    if not np.isfinite(values[entry.counted]).all():
        raise NoValue(f"data.{entry.name}: a simulated value is no finite number")
    return entry.factor * values


def _levels(course: Course, entry: DataSet) -> np.ndarray:
    """A course at the times of data (n,), linear between records."""
    early, late = float(entry.x.min()), float(entry.x.max())
    for end in (early, late):
        level(course, (end, end))  # that it is recorded
    values = np.interp(entry.x, course.time, course.values)
    return values - basal(course) if entry.above_rest else values
