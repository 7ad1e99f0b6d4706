"""How sure are the predictions of numbers about hormones? Joint draws of what nobody knows, against what no fit used.

Judged is each number of a suite of levels, and each change of uptake of a file of conditions, whose evidence is held
out. A draw (sim/scenario/sampling.py) has other numbers of effects and drugs, and another cell where one takes part;
what two conditions share is the same in both. A trial's own standard error is added to the draws. Where it gives none,
its band is taken for what bands of this project are: 90 % of the mean of the trial.

Numbers of several kinds are made alike as logarithms of what changed by which factor: a ratio as it is, a change in
percent as 1 + change, a difference on the level that it adds to, a level against that of the healthy of the sex, and
the concentration of a drug that is a hormone on the level that it adds to. So the forecast that they are compared with,
"no change, with the spread of all trials", is 0 with the root mean square of these logarithms over all numbers of the
files, fitted or not.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from glut4sim.sim.analysis.coverage import Coverage, Judged, Span, coverage, no_change
from glut4sim.sim.analysis.measurements import NoValue
from glut4sim.sim.analysis.uncertainty import REACH
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.storage import PlaceLike
from glut4sim.sim.scenario.draws import Draws
from glut4sim.sim.scenario.sampling import sample
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.benchmark.conditions import BenchmarkCondition, Conditions
from glut4sim.sim.studies.benchmark.conditions_doubt import at_rest_over_draws
from glut4sim.sim.studies.benchmark.register import Datum
from glut4sim.sim.studies.benchmark.suite import Check, Suite
from glut4sim.sim.studies.benchmark.suite_run import hormones_alone, judge
from glut4sim.sim.studies.drawn import without_agents
from glut4sim.sim.studies.experiments.experiment import Experiment
from glut4sim.sim.studies.options import RunOptions
from glut4sim.sim.studies.run.replicate import Stop
from glut4sim.sim.studies.tasks import Task, gather

DRAWS = 64
SAID = ("n", "inside", "expected", "verdict", "experiments", "experiments_inside", "experiments_expected")


class Number(NamedTuple):
    """A published number about hormones, as a factor by which something changed.

    Attributes
    ----------
    published, error : as its file gives it, and its standard error
    base : what a value is divided by, after `shift` was added, to be that factor
    """

    name: str
    title: str
    published: float
    error: float
    shift: float
    base: float
    unit: str
    datum: Datum

    def logarithm(self, values: np.ndarray | float) -> np.ndarray:
        """Of the factor; NaN where a value is none."""
        with np.errstate(invalid="ignore", divide="ignore"):
            found = np.log((np.asarray(values, float) + self.shift) / self.base)
        return np.where(np.isfinite(found), found, np.nan)

    def value(self, logarithm: float) -> float:
        """What has this logarithm."""
        return self.base * math.exp(logarithm) - self.shift

    def judged(self, draws: np.ndarray) -> Judged:
        """The number with its predictions, as logarithms."""
        spread = self.error / (self.published + self.shift)
        return Judged(float(self.logarithm(self.published)), spread, self.logarithm(draws), self.datum.experiment)


@dataclass(frozen=True)
class NumbersHeldOut:
    """How predictions of numbers about hormones did.

    Attributes
    ----------
    numbers : that were judged
    found : over all of them, in logarithms
    spread : of all trials, standard deviation of the logarithm
    draws : how many
    """

    numbers: tuple[Number, ...]
    found: Coverage
    spread: float
    draws: int
    wall_seconds: float

    def as_table(self) -> dict[str, Any]:
        """What it says as plain values."""
        told = {key: getattr(self.found, key) for key in (*SAID, "width", "score", "reference_score", "skill")}
        rows = []
        for number, (low, high), score in zip(self.numbers, self.found.intervals, self.found.scores):
            ends = number.value(low), number.value(high)
            row = {"name": number.name, "title": number.title, "unit": number.unit, "published": number.published}
            row |= {"standard_error": number.error, "interval": list(ends), "evidence": number.datum.id}
            rows.append(row | {"inside": ends[0] <= number.published <= ends[1], "score": score})
        return {"draws": self.draws, "spread": self.spread, **told, "numbers": rows}


def judge_numbers(
    levels: Suite | None = None,
    uptake: Conditions | None = None,
    draws: int | PlaceLike = DRAWS,
    ranges: bool = False,
    seed: int = 0,
    options: RunOptions | None = None,
) -> NumbersHeldOut:
    """Predict the numbers that are held out at joint draws, and see how many lie within 90 % intervals.

    Parameters
    ----------
    levels, uptake : a suite of checks of hormones alone, a file of conditions, or both
    draws, ranges, seed : as `sampling.sample`
    options : on what it is computed; its progress counts draws

    Raises
    ------
    InputError
        if nothing is held out, or as `sampling.sample`
    KeyboardInterrupt
        on Ctrl-C, when all threads have stopped
    """
    began, options = perf_counter(), options or RunOptions()
    checks = numbers_of(levels) if levels else []
    conditions = [(one, _of_condition(one)) for one in uptake.conditions] if uptake else []
    everything = [number for _, number in (*checks, *conditions) if number is not None]
    checks = [(check, number) for check, number in checks if not check.fitted]
    conditions = [(c, n) for c, n in conditions if n is not None and c.expected and not c.expected.fitted]
    if not checks and not conditions:
        raise InputError("nothing to judge: every number had a part in a fit.")
    predictions: list[np.ndarray] = []
    if levels and checks:
        predictions += _levels(levels, [check for check, _ in checks], draws, ranges, seed, options)
    if uptake and conditions:
        predictions += _uptake(uptake, [one for one, _ in conditions], draws, ranges, seed, options)
    numbers = tuple(number for _, number in (*checks, *conditions))
    spread = float(np.sqrt(np.mean([number.logarithm(number.published) ** 2 for number in everything])))
    judged = [number.judged(found) for number, found in zip(numbers, predictions)]
    found = coverage(judged, no_change([-spread, spread]), seed)
    return NumbersHeldOut(numbers, found, spread, len(predictions[0]), perf_counter() - began)


# ---- what is published ----


def numbers_of(levels: Suite) -> list[tuple[Check, Number]]:
    """The checks of hormones alone that a number can be judged by, and these numbers."""
    found = ((check, _of_check(check, levels)) for check in levels.checks)
    return [(check, number) for check, number in found if number is not None]


def _error(datum: Datum, published: float, band: Span) -> float:
    """Standard error of a published number, in the unit of its file."""
    if datum.sem and datum.value:
        return datum.sem * abs(published / datum.value)
    return datum.sem or (band[1] - band[0]) / (2.0 * REACH)


def _of_check(check: Check, suite: Suite) -> Number | None:
    """The number of a check; None if it is no single number, or there is no level that it could be of."""
    experiment = suite.experiments[check.measurement.experiment]
    if not experiment.timeline or not check.evidence or check.published is None:
        return None
    base = _base(check, experiment)
    if base is None:
        return None
    error = _error(check.evidence[0], check.published, check.expect)
    return Number(check.id, check.quantity, check.published, error, *base, check.unit, check.evidence[0])


def _base(check: Check, experiment: Experiment) -> tuple[float, float] | None:
    """What is added to the value of a check, and what it is divided by, to be a factor of change."""
    scenario, name = experiment.scenarios[0], check.measurement.observable
    if check.compare == "ratio":
        return 0.0, 1.0
    if check.compare == "percent change":
        return 100.0, 100.0
    before = scenario.timeline(np.zeros(1)).levels
    if check.compare == "difference":
        return float(before[name][0]), float(before[name][0])
    if check.measurement.measure == "area":
        return None
    drug = scenario.known.drugs.get(name)
    if drug is None:
        return 0.0, scenario.known.levels[name].reference[scenario.body.sex]
    if not drug.delivers:
        return None
    added_to = float(before[drug.delivers][0])
    return added_to, added_to


def _of_condition(condition: BenchmarkCondition) -> Number | None:
    """The change of uptake that is published of a condition; None if there is none, or it is of something else."""
    expected = condition.expected
    if expected is None or not expected.evidence or expected.quantity != "uptake":
        return None
    datum = expected.evidence[0]
    if datum.value is None or datum.unit != "%":
        return None
    error = _error(datum, datum.value, expected.band)
    return Number(condition.name, condition.name, datum.value, error, 100.0, 100.0, "%", datum)


# ---- what is predicted ----


def _levels(
    suite: Suite, checks: Sequence[Check], draws: int | PlaceLike, ranges: bool, seed: int, options: RunOptions
) -> list[np.ndarray]:
    """The values of checks at draws, (n_draw,) each."""
    needed = suite.only(lambda check: check in checks).experiments
    drawn = {}
    of_all = sample([experiment.scenarios[0] for experiment in needed.values()], draws, seed, ranges)
    for (name, experiment), found in zip(needed.items(), of_all.draws):
        of_cell = experiment.preset.parameters  # which plays no part
        drawn[name] = found.only([value for value in found.names if value not in of_cell])
    count = len(of_all.draws[0])
    tasks = {k: Task(_at_draw, (checks, needed, drawn, k)) for k in range(count)}
    with without_agents(options).workers(count, [e.scenarios[0] for e in needed.values()]) as workers:
        rows = gather(tasks, workers, dict.fromkeys(tasks, 1.0), options.progress)
    return list(np.array([rows[k] for k in range(count)]).T)


def _at_draw(
    checks: Sequence[Check],
    experiments: Mapping[str, Experiment],
    drawn: Mapping[str, Draws],
    k: int,
    stop: Stop,
) -> list[float]:
    """The value of each check at a draw; NaN where there is none."""
    outcomes: dict[str, Any] = {}
    for name, experiment in experiments.items():
        if stop.is_set():
            return [math.nan] * len(checks)
        try:
            outcomes[name] = hormones_alone(experiment, drawn[name].scenario(experiment.scenarios[0], k))
        except (ArithmeticError, InputError):  # a draw whose hormones do not settle predicts nothing
            outcomes[name] = None
    return [_value(check, outcomes) for check in checks]


def _value(check: Check, outcomes: Mapping[str, Any]) -> float:
    if any(outcomes[m.experiment] is None for m in check.measurements):
        return math.nan
    try:
        value = judge(check, outcomes).value
    except NoValue:
        return math.nan
    return math.nan if value is None else value


def _uptake(
    suite: Conditions,
    conditions: Sequence[BenchmarkCondition],
    draws: int | PlaceLike,
    ranges: bool,
    seed: int,
    options: RunOptions,
) -> list[np.ndarray]:
    """The changes of uptake [percent] of conditions at draws, (n_draw,) each, at the insulin of what is published."""
    pairs: list[tuple[Scenario, Scenario]] = [(one.scenario, one.reference) for one in conditions]
    answers, about = at_rest_over_draws(pairs, suite.insulin, draws, ranges, seed, options)
    labels, found = list(suite.insulin), []
    for pair, condition in zip(pairs, conditions):
        row = labels.index(condition.expected.insulin) if condition.expected else 0
        after, before = (np.array([answers[one, k][row, 1] for k in range(about["count"])]) for one in pair)
        with np.errstate(invalid="ignore", divide="ignore"):
            found.append(100.0 * (after / before - 1.0))
    return found
