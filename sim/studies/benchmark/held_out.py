"""How sure are the predictions of a suite? Mean fields at joint draws, against the data that had no part in a fit.

Judged are the points, with their standard errors, of the curves that checks compare by chi-square and whose evidence
is held out. Numbers made of such a curve, such as its EC50, are the same datum and do not count again; curves of models
have no standard errors. A draw (sim/scenario/sampling.py) is a cell of each preset: from the posterior of its fit,
where one is installed, else from the plausible ranges. As the points are in arbitrary units, the curve of each draw is
scaled to them as its check does it.

The forecast that they are compared with knows only what trials are like: no change from rest, with the spread of all
curves of the suite, each as a share of its largest change.
"""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from glut4sim.sim.analysis.coverage import Coverage, Judged, Span, coverage, no_change
from glut4sim.sim.analysis.measurements import QUANTITIES, NoValue, Recorded, counting, fit_to
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.storage import PlaceLike
from glut4sim.sim.model import observables
from glut4sim.sim.results.series_store import record_times
from glut4sim.sim.scenario.draws import Draws
from glut4sim.sim.scenario.sampling import sample
from glut4sim.sim.studies.benchmark.suite import Check, Suite
from glut4sim.sim.studies.expected import solved, supplied
from glut4sim.sim.studies.experiments.experiment import Experiment
from glut4sim.sim.studies.experiments.outcome import Outcome
from glut4sim.sim.studies.options import Progress, RunOptions
from glut4sim.sim.studies.run.replicate import Stop
from glut4sim.sim.studies.tasks import Task, fault, run_tasks

DRAWS = 100
NEAR = 2.0  # standard errors from a point to the curve of the preset itself
SAID_OF_CURVES = ("n", "inside", "width", "score", "reference_score", "skill")
SAID = (*SAID_OF_CURVES, "expected", "verdict", "experiments", "experiments_inside", "experiments_expected")


@dataclass(frozen=True)
class CurveCoverage:
    """What became of one curve.

    Attributes
    ----------
    preset : of the cell that predicts it
    found : of its points that count
    """

    check: Check
    preset: str
    found: Coverage


@dataclass(frozen=True)
class HeldOut:
    """How the predictions of a suite did.

    Attributes
    ----------
    found : over the points of all curves
    curves : one by one
    draws : how many
    origins : preset -> where its draws come from
    unsolved : draws at which a mean field could not be solved or measured; they are left out
    """

    found: Coverage
    curves: tuple[CurveCoverage, ...]
    draws: int
    origins: Mapping[str, str]
    unsolved: int
    wall_seconds: float

    def as_table(self) -> dict[str, Any]:
        """What it says as plain values."""
        told = {key: getattr(self.found, key) for key in SAID}
        of_draws = {"draws": self.draws, "origins": dict(self.origins), "unsolved": self.unsolved}
        curves = [
            {
                "id": curve.check.id,
                "quantity": curve.check.quantity,
                "preset": curve.preset,
                **{key: getattr(curve.found, key) for key in SAID_OF_CURVES},
            }
            for curve in self.curves
        ]
        return {**of_draws, "wall_seconds": round(self.wall_seconds, 1), **told, "curves": curves}


def curves_held_out(suite: Suite) -> tuple[Check, ...]:
    """The checks that compare points with errors that no fit used, one for each datum."""
    found = {}
    for check in suite.checks:
        if check.evidence and not check.fitted and check.measurement.measure == "chi_square":
            found.setdefault(check.evidence, check)
    return tuple(found.values())


def points_near(check: Check, outcome: Outcome) -> tuple[int, int]:
    """Of how many points of a check, and how many are within NEAR standard errors of what was simulated."""
    misses = _fit(check, outcome).misses(check.measurement.arguments["data"])
    return len(misses), int(np.sum(np.abs(misses) <= NEAR))


def judge_held_out(
    suite: Suite,
    draws: int | PlaceLike = DRAWS,
    ranges: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> HeldOut:
    """Predict what is held out at joint draws, and see how many of its points lie within 90 % intervals.

    Parameters
    ----------
    draws : how many, or a file of them
    ranges : pass over posteriors that are installed
    threads
        default all processors; changes the speed, never a result
    progress : called with the simulated seconds done and in all

    Raises
    ------
    InputError
        if nothing is held out, or there are no plausible draws
    KeyboardInterrupt
        on Ctrl-C, when all threads have stopped
    """
    began = perf_counter()
    checks = curves_held_out(suite)
    if not checks:
        raise InputError("nothing to judge: every curve with standard errors had a part in a fit.", place=suite.name)
    experiments = {check.measurement.experiment: suite.experiments[check.measurement.experiment] for check in checks}
    first = {experiment.preset.name: experiment.scenarios[0] for experiment in experiments.values()}
    drawn = dict(zip(first, sample(list(first.values()), draws, ranges=ranges).draws))
    count = len(next(iter(drawn.values())))
    duration = sum(scenario.run.duration for e in experiments.values() for scenario in e.scenarios)
    tasks = {draw: Task(_predict, (checks, experiments, drawn, draw)) for draw in range(count)}
    rows: dict[int, tuple[np.ndarray, ...] | None] = {}

    def take(draw: int, future: Future) -> None:
        if (error := fault(future)) is not None:
            raise error
        rows[draw] = future.result()

    options = RunOptions(threads=threads, mean_field=True, progress=progress)
    with options.workers(count, list(first.values())) as workers:
        run_tasks(tasks, workers, take, lambda: len(rows) * duration, count * duration, progress)
    solved_rows = [found for draw in range(count) if (found := rows[draw]) is not None]
    if not solved_rows:
        raise InputError("no draw could be solved.", place=suite.name)
    predictions = [np.stack(columns) for columns in zip(*solved_rows)]
    spread = _spread(suite)
    curves, everything, references = [], [], []
    for check, prediction in zip(checks, predictions):
        judged, reference = _judged(check, prediction, spread)
        name = experiments[check.measurement.experiment].preset.name
        curves.append(CurveCoverage(check, name, coverage(judged, reference)))
        everything += judged
        references += [reference] * len(judged)
    origins = {name: found.origin for name, found in drawn.items()}
    unsolved = count - len(solved_rows)
    found = coverage(everything, references)
    return HeldOut(found, tuple(curves), count, origins, unsolved, perf_counter() - began)


def _predict(
    checks: tuple[Check, ...], experiments: Mapping[str, Experiment], drawn: Mapping[str, Draws], draw: int, stop: Stop
) -> tuple[np.ndarray, ...] | None:
    """The curve of each check at a draw, (n,) at its points, scaled to them; None where it cannot be solved."""
    wanted: dict[str, list[str]] = {}
    for check in checks:
        wanted.setdefault(check.measurement.experiment, []).append(check.measurement.observable)
    try:
        outcomes = {
            name: _solve(experiments[name], drawn[experiments[name].preset.name], draw, quantities, stop)
            for name, quantities in wanted.items()
        }
        return tuple(_fit(check, outcomes[check.measurement.experiment]).model for check in checks)
    except (ArithmeticError, InputError, NoValue):
        return None


def _solve(experiment: Experiment, draws: Draws, draw: int, wanted: list[str], stop: Stop) -> Outcome:
    parts, time = [], np.zeros(0)
    for base in experiment.scenarios:
        if stop.is_set():
            raise NoValue("it was stopped")
        scenario = draws.scenario(base, draw)
        time, cell = record_times(scenario), supplied(scenario)
        recorded = Recorded(solved(cell, time), cell.parameter_set, observables.mean_scale(cell))
        parts.append({name: QUANTITIES[name].measure(recorded) for name in wanted})
    series = {name: np.array([[part[name] for part in parts]]) for name in wanted}
    return Outcome(experiment, time - (experiment.step or 0.0), series)


def _fit(check: Check, outcome: Outcome):
    m = check.measurement
    return fit_to(outcome.course(m), m.arguments["data"], m.arguments["scaling"], m.arguments.get("at"))


# ---- what they are judged by ----


def _judged(check: Check, prediction: np.ndarray, spread: float) -> tuple[list[Judged], Span]:
    """The points of a check with their predictions (n_draw, n), and what the forecast "no change" says of each."""
    data = check.measurement.arguments["data"]
    rest, size = _rest(data), _largest(data)
    experiment = check.evidence[0].experiment
    judged = [
        Judged(float(data.y[i]), float(data.sem[i]), prediction[:, i], experiment, size)
        for i in np.flatnonzero(counting(data, check.measurement.arguments["scaling"]))
    ]
    low, high = no_change([-spread, spread])
    return judged, (rest + low * size, rest + high * size)


def _spread(suite: Suite) -> float:
    """Root mean square of the changes from rest of all curves of a suite, each as a share of its largest."""
    data = [check.measurement.arguments["data"] for check in suite.checks if check.measurement.measure == "chi_square"]
    changes = np.concatenate([(one.y[one.x > 0.0] - _rest(one)) / _largest(one) for one in data])
    return float(np.sqrt(np.mean(changes**2)))


def _rest(data) -> float:
    return float(data.y[np.argmin(data.x)])


def _largest(data) -> float:
    return float(np.abs(data.y - _rest(data)).max())
