"""Run a suite of checks: simulate its experiments side by side on threads, measure, compare with what is expected.

A check compares the mean over replicates. Its standard error is jackknifed over replicates, which all experiments share
(replicate r has the same seed everywhere, so ratios profit from common random numbers), and the band is widened by it
on both sides. Hormones alone have no replicates: their bands are as they are.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from scipy.special import stdtrit

from glut4sim.sim.analysis.dose_response import CONFIDENCE
from glut4sim.sim.analysis.measurements import CONTRASTS, MEASURES, QUANTITIES, NoValue, Recorded
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model import mean_field, observables
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.model.recorder import Recorder
from glut4sim.sim.model.step_records import StepRecords
from glut4sim.sim.results.series_store import record_times
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.benchmark.suite import Check, Suite
from glut4sim.sim.studies.experiments.experiment import Experiment
from glut4sim.sim.studies.experiments.outcome import Outcome
from glut4sim.sim.studies.options import Progress, RunOptions
from glut4sim.sim.studies.run.replicate import Stop
from glut4sim.sim.studies.tasks import Task, gather

BLOCK = 256  # steps between two looks at whether to stop


@dataclass(frozen=True)
class CheckResult:
    """How a check came out.

    Attributes
    ----------
    value
        mean over replicates; None if it could not be measured, and `remark` says why
    error
        its standard error; None without replicates
    interval
        its 95 % interval; None without replicates
    passed : whether the value lies within the band, widened by `error`
    """

    check: Check
    value: float | None
    error: float | None
    interval: tuple[float, float] | None
    passed: bool
    remark: str


@dataclass(frozen=True)
class SuiteResult:
    """How a suite came out.

    Attributes
    ----------
    method
        "agents" or "mean field"
    seconds_simulated : over all experiments, doses and replicates
    """

    suite: Suite
    method: str
    replicates: int
    outcomes: Mapping[str, Outcome]
    checks: tuple[CheckResult, ...]
    wall_seconds: float
    seconds_simulated: float


def run_suite(
    suite: Suite,
    threads: int | None = None,
    mean_field: bool = False,
    progress: Progress | None = None,
) -> SuiteResult:
    """Simulate all experiments of a suite and judge its checks.

    Parameters
    ----------
    threads
        default all processors; changes the speed, never a result
    mean_field : solve the mean-field twin instead: no replicates, no chance
    progress
        called with the simulated seconds done and in all, about ten times a second

    Raises
    ------
    InputError
        before anything is computed: the agents do not fit into memory, or experiments differ in their replicates
    KeyboardInterrupt
        on Ctrl-C, when all threads have stopped
    """
    began = perf_counter()
    options = RunOptions(threads=threads, mean_field=mean_field, progress=progress)
    cells = [e for e in suite.experiments.values() if not e.timeline]
    counts = {s.run.replicates for e in cells for s in e.scenarios}
    if len(counts) > 1:
        raise InputError("expected the same number in all experiments.", "run.replicates", suite.name)
    replicates = counts.pop() if counts and not mean_field else 1
    jobs = {
        (e.name, i, replicate): scenario
        for e in cells
        for i, scenario in enumerate(e.scenarios)
        for replicate in range(replicates)
    }
    found = _run_all(jobs, suite, options) if jobs else {}
    outcomes = {
        name: hormones_alone(experiment, experiment.scenarios[0])
        if experiment.timeline
        else _gather(experiment, replicates, found)
        for name, experiment in suite.experiments.items()
    }
    checks = tuple(judge(check, outcomes) for check in suite.checks)
    simulated = sum(scenario.run.duration for scenario in jobs.values())
    return SuiteResult(suite, options.method, replicates, outcomes, checks, perf_counter() - began, simulated)


def _run_all(jobs: Mapping[tuple, Scenario], suite: Suite, options: RunOptions) -> dict[tuple, dict[str, np.ndarray]]:
    """The wanted quantities of each job: experiment, number of its scenario, replicate."""
    wanted = {name: set() for name in suite.experiments}
    for check in suite.checks:
        for measurement in check.measurements:
            wanted[measurement.experiment].add(measurement.observable)
    longest_first = sorted(jobs, key=lambda key: -jobs[key].run.duration)  # no long one is left for the end
    durations = {key: jobs[key].run.duration for key in longest_first}
    reached = dict.fromkeys(longest_first, 0.0)
    work = _solve if options.mean_field else _simulate
    tasks = {key: Task(work, (jobs[key], key, sorted(wanted[key[0]]), reached)) for key in longest_first}
    with options.workers(len(jobs), jobs.values()) as workers:
        return gather(tasks, workers, durations, options.progress, reached)


def _simulate(scenario: Scenario, key: tuple, wanted: list[str], reached: dict, stop: Stop) -> dict[str, np.ndarray]:
    """The wanted quantities of a replicate at each record; notes how far it is."""
    engine = Engine(scenario, seed=scenario.run.seed, replicate=key[2])
    recorder, steps = Recorder(engine), round(scenario.run.duration / scenario.run.step)
    kept = [recorder.last]
    for first in range(0, steps, BLOCK):
        if stop.is_set():
            return {}
        block = min(BLOCK, steps - first)
        rows = recorder.rows(block)
        if rows is not None:
            kept.append(rows)
        reached[key] = (first + block) * scenario.run.step
    return _quantities(scenario, StepRecords(*map(np.concatenate, zip(*kept))), engine.glut4_total, wanted)


def _solve(scenario: Scenario, key: tuple, wanted: list[str], reached: dict, stop: Stop) -> dict[str, np.ndarray]:
    """As `_simulate`, of the mean-field twin."""
    trace = mean_field.solve(scenario, record_times(scenario))
    return _quantities(scenario, trace, scenario.parameter_set.vesicle.glut4_copies, wanted)


def _quantities(scenario, trace, glut4_total, wanted):
    scale = observables.mean_scale(scenario)._replace(glut4_total=glut4_total)
    recorded = Recorded(trace, scenario.parameter_set, scale)
    return {name: QUANTITIES[name].measure(recorded) for name in wanted}


def _gather(experiment: Experiment, replicates: int, found: Mapping[tuple, Mapping[str, np.ndarray]]) -> Outcome:
    parts = range(len(experiment.scenarios))
    series = {
        name: np.array([[found[experiment.name, i, r][name] for i in parts] for r in range(replicates)])
        for name in found[experiment.name, 0, 0]
    }
    return Outcome(experiment, record_times(experiment.scenarios[0]) - (experiment.step or 0.0), series)


def hormones_alone(experiment: Experiment, scenario: Scenario) -> Outcome:
    """The hormones of an experiment without a cell, as its scenario has them or one like it."""
    time = np.array(experiment.timeline)
    found = scenario.timeline(time)
    series = {**found.levels, **found.drugs, **found.factors}
    return Outcome(experiment, time, {name: values[None, None] for name, values in series.items()})


def judge(check: Check, outcomes: Mapping[str, Outcome]) -> CheckResult:
    """Measure what a check asks for, and compare it with its band."""
    n = outcomes[check.measurement.experiment].replicates
    everyone = np.arange(n)
    try:
        value = _value(check, outcomes, everyone)
        without = [_value(check, outcomes, np.delete(everyone, r)) for r in everyone] if n > 1 else []
    except NoValue as reason:
        return CheckResult(check, None, None, None, False, f"cannot be measured: {reason}")
    low, high = check.expect
    result = CheckResult(check, value, None, None, low <= value <= high, "")
    if n == 1:
        return result
    error = math.sqrt((n - 1) / n * sum((v - np.mean(without)) ** 2 for v in without))
    reach = stdtrit(n - 1, (1.0 + CONFIDENCE) / 2.0) * error
    passed = low - error <= value <= high + error
    remark = "within the standard error of the bound" if passed and not result.passed else ""
    return replace(result, error=error, interval=(value - reach, value + reach), passed=passed, remark=remark)


def _value(check: Check, outcomes: Mapping[str, Outcome], replicates: np.ndarray) -> float:
    values = (
        MEASURES[m.measure].function(outcomes[m.experiment].course(m, replicates), **m.arguments)
        for m in check.measurements
    )
    return CONTRASTS[check.compare].function(*values)
