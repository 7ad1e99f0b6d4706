"""Benchmark hormonal conditions: what each does to the cell, how surely, through which step, and what is published.

A file of conditions says

    [insulin]        label = concentration: the levels at which every condition is simulated
    [cell], [run]    how the agents are simulated at each: number of agents, duration, replicates, seed
    levels           a suite of checks of hormones alone, whose held-out numbers are predicted with those of this file
    [[conditions]]   a scenario (and which of its assays) against a reference, and the band expected of it, if any, with
                     the data behind it in the register of evidence (register.py)

Effects on surface GLUT4 and on uptake come from the agents, replicate by replicate (analysis/paired_effects.py): the
cell starts at the steady state of each level of insulin, and what is compared is the mean over the run. Uptake is net:
what so much GLUT4 brings in and is used, so that steps beyond the carriers are seen. The EC50 of uptake, and what each
step does alone (analysis/steps_alone.py), come from the steady state of the mean field.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from time import perf_counter
from typing import Any

import numpy as np

from glut4sim.sim.analysis import at_rest, steps_alone
from glut4sim.sim.analysis.dose_response import fit_hill
from glut4sim.sim.analysis.paired_effects import PairedEffect, paired_effect
from glut4sim.sim.endocrine.evidence import say
from glut4sim.sim.inputs.errors import InputError, unknown
from glut4sim.sim.inputs.files import merge
from glut4sim.sim.inputs.storage import PlaceLike
from glut4sim.sim.inputs.units import INSULIN
from glut4sim.sim.model import signalling
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.model.parameters import ParameterSet
from glut4sim.sim.scenario import dosing
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.benchmark.condition_tables import QUANTITIES, ConditionsTable, ConditionTable
from glut4sim.sim.studies.benchmark.conditions_doubt import DRAWS, Doubted, doubt
from glut4sim.sim.studies.benchmark.register import FILE, Datum, find, fitted, load_register
from glut4sim.sim.studies.benchmark.suite import SUITES
from glut4sim.sim.studies.options import Progress, RunOptions
from glut4sim.sim.studies.run.replicate import Stop
from glut4sim.sim.studies.tasks import Task, gather

DOSES = np.geomspace(1e-3, 1e3, 31)  # nM, for the EC50
BLOCK = 256  # steps between two looks at whether to stop

_AKT = signalling.SPECIES.index("akt_active")


@dataclass(frozen=True)
class Expectation:
    """What is published of a condition.

    Attributes
    ----------
    quantity : key of QUANTITIES, or "ec50"
    insulin : label of the level
    band : lowest and highest change [percent]
    evidence : the published data behind it, from the register of evidence beside the file
    """

    quantity: str
    insulin: str
    band: tuple[float, float]
    source: str
    evidence: tuple[Datum, ...] = ()

    @property
    def fitted(self) -> bool:
        """Whether a value of the cell or of a hormone was fitted to the data behind it."""
        return fitted(self.evidence)


@dataclass(frozen=True)
class BenchmarkCondition:
    """A scenario with one assay, and the one that it is compared with."""

    name: str
    group: str
    scenario: Scenario
    reference: Scenario
    expected: Expectation | None


@dataclass(frozen=True)
class Conditions:
    """A file of conditions."""

    name: str
    title: str
    description: str
    insulin: Mapping[str, float]  # [nM]
    replicates: int
    seed: int
    cell: Mapping[str, Any]
    run: Mapping[str, Any]
    conditions: tuple[BenchmarkCondition, ...]
    levels: str = ""  # name of a suite

    def at(self, scenario: Scenario, insulin: float) -> Scenario:
        """The acute experiment on the cell of a scenario: constant insulin [nM] and glucose."""
        table = scenario.resolved()
        table["cell"] = {"preset": scenario.cell.preset, **self.cell}
        table["bath"] = {"insulin": INSULIN.write(insulin), "glucose": "5 mM"}
        table["run"] = {**self.run, "replicates": self.replicates, "seed": self.seed}
        return Scenario.from_table(table, scenario.name)


@dataclass(frozen=True)
class Finding:
    """What a condition does.

    Attributes
    ----------
    effects : label of insulin -> quantity -> PairedEffect
    ec50
        of uptake, of condition and reference [nM]; None where there is no curve
    steps
        step of the cell, or parameter -> label of insulin -> change of uptake by this alone [percent]
    verdict
        "consistent with", "not consistent with" or "no published number"
    doubt
        label of insulin -> quantity -> what is left open of the effect by what nobody knows; empty if not asked
    """

    condition: BenchmarkCondition
    effects: Mapping[str, Mapping[str, PairedEffect]]
    ec50: tuple[float | None, float | None]
    steps: Mapping[str, Mapping[str, float]]
    verdict: str
    found: float | None
    doubt: Doubted = field(default_factory=dict)

    @property
    def main_step(self) -> str:
        """The step that does most; empty if none does anything."""
        sizes = {step: max(map(abs, changes.values())) for step, changes in self.steps.items()}
        return max(sizes, key=sizes.__getitem__) if sizes else ""


@dataclass(frozen=True)
class ConditionsResult:
    """How a file of conditions came out."""

    suite: Conditions
    findings: tuple[Finding, ...]
    wall_seconds: float
    runs: int
    doubt: dict | None = None  # what is said of the draws, where there are any
    warnings: tuple[str, ...] = ()  # one line each


# ---- reading ----


def load(source: PlaceLike, replicates: int | None = None) -> Conditions:
    """Read a file of conditions.

    Parameters
    ----------
    source : name of an installed one, or path or address of a file
    replicates : instead of the file's

    Raises
    ------
    InputError
        naming the file and the path within it
    """
    own, layers = SUITES.read(source)
    try:
        told = ConditionsTable.read(merge(layers))
        run = dict(told.run)
        count, seed = run.pop("replicates", 4), run.pop("seed", 1)
        named = any(table.expect is not None and table.expect.evidence for table in told.conditions)
        register = load_register(own.path.parent / FILE) if named else {}
        found = []
        for i, table in enumerate(told.conditions):
            try:
                found.append(_condition(table, told.insulin, register))
            except InputError as error:
                raise InputError(error.sentence, f"conditions[{i}].{error.path}".rstrip("."), key=error.key) from None
        suite = Conditions(
            name=own.name,
            title=told.title or own.name,
            description=told.description,
            insulin=told.insulin,
            replicates=count if replicates is None else replicates,
            seed=seed,
            cell=told.cell,
            run=run,
            conditions=tuple(found),
            levels=told.levels,
        )
        try:
            suite.at(suite.conditions[0].scenario, 0.0)  # any fault in [cell] and [run]
        except InputError as error:
            raise InputError(error.sentence, error.path, key=error.key) from None
    except InputError as error:
        raise error.within(place=own.place) from None
    return suite


def _condition(told: ConditionTable, insulin: Mapping[str, float], register: Mapping[str, Datum]) -> BenchmarkCondition:
    expected = None
    if told.expect is not None:
        quantity, label = told.expect.quantity, told.expect.insulin
        if quantity != "ec50" and label not in insulin:
            raise unknown("level of insulin", label, insulin).within("expect.insulin")
        try:
            evidence = find(register, told.expect.evidence)
        except InputError as error:
            raise error.within("expect.evidence") from None
        expected = Expectation(quantity, label, told.expect.band, told.expect.source, evidence)
    return BenchmarkCondition(
        name=told.name,
        group=told.group,
        scenario=_assay(told.scenario, told.at, "at"),
        reference=_assay(told.reference, told.reference_at, "reference_at"),
        expected=expected,
    )


def _assay(name: str, at: float | None, key: str) -> Scenario:
    """One assay of a scenario."""
    try:
        scenario = Scenario.load(name)
    except InputError as error:
        raise InputError(error.sentence, "reference" if key == "reference_at" else "scenario") from None
    if at is None:
        if len(scenario.assays) > 1:
            times = ", ".join(say(time) for time in scenario.assay.at)
            raise InputError(f"is missing: {name} has assays at {times}.", key)
        return next(iter(scenario.assays))
    return scenario.at_assay(at)


# ---- running ----


def run(
    suite: Conditions,
    threads: int | None = None,
    progress: Progress | None = None,
    *,
    uncertain: bool = False,
    draws: int | PlaceLike = DRAWS,
    ranges: bool = False,
) -> ConditionsResult:
    """Simulate all conditions and their references, once each, and judge them.

    Parameters
    ----------
    threads
        default all processors; changes the speed, never a result
    progress
        called with the simulated seconds done and in all; before, of draws, with their number
    uncertain
        whether to say how wide what nobody knows of cells and hormones leaves each effect (conditions_doubt.py), from
        `draws` of it: how many, or a file of them; with `ranges` also where a preset has a posterior

    Raises
    ------
    InputError
        before anything is computed
    KeyboardInterrupt
        on Ctrl-C, when all threads have stopped
    """
    began = perf_counter()
    options = RunOptions(threads=threads, progress=progress)
    acute = {}  # scenario, label -> its acute experiment
    for condition in suite.conditions:
        for scenario in (condition.scenario, condition.reference):
            for label, insulin in suite.insulin.items():
                acute[scenario, label] = suite.at(scenario, insulin)
    scenarios = list(dict.fromkeys(acute.values()))
    jobs = [(scenario, replicate) for scenario in scenarios for replicate in range(suite.replicates)]
    durations = {job: job[0].run.duration for job in jobs}
    tasks = {job: Task(_simulate, job) for job in jobs}
    left_open: Sequence[Doubted] = [{}] * len(suite.conditions)
    about = None
    if uncertain:
        pairs = [(condition.scenario, condition.reference) for condition in suite.conditions]
        left_open, about = doubt(pairs, suite.insulin, draws, ranges, suite.seed, options)
    with options.workers(len(jobs), scenarios) as workers:
        found = gather(tasks, workers, durations, progress)
    findings = tuple(
        _finding(suite, condition, acute, found, open_) for condition, open_ in zip(suite.conditions, left_open)
    )
    return ConditionsResult(suite, findings, perf_counter() - began, len(jobs), about, _warnings(suite))


def _warnings(suite: Conditions) -> tuple[str, ...]:
    """What is said of doses and assays of each scenario, all of its assays that are looked at taken together."""
    looked_at: dict[str, tuple[Scenario, set[float]]] = {}
    for condition in suite.conditions:
        for scenario in (condition.scenario, condition.reference):
            looked_at.setdefault(scenario.name, (scenario, set()))[1].add(scenario.assay.at[0])
    return dosing.warnings_of(
        (None, suite.at(scenario, 0.0).at_assay(*sorted(times))) for scenario, times in looked_at.values()
    )


def _simulate(scenario: Scenario, replicate: int, stop: Stop) -> dict[str, float]:
    """Means over a run of one replicate."""
    engine = Engine(scenario, seed=scenario.run.seed, replicate=replicate)
    steps = round(scenario.run.duration / scenario.run.step)
    surface = akt = 0.0
    for first in range(0, steps, BLOCK):
        if stop.is_set():
            return {}
        trace = engine.advance(min(BLOCK, steps - first))
        surface += float(trace.glut4_surface.sum())
        akt += float(trace.signalling[:, _AKT].sum())
    surface /= steps
    uptake = at_rest.net_uptake(engine.parameters, surface, scenario.bath.glucose.values[0])
    return {"surface_glut4": surface, "uptake": uptake, "akt": 100.0 * akt / steps}


def _finding(suite, condition, acute, found, left_open) -> Finding:
    effects = {}
    for label in suite.insulin:
        values, reference = (
            [found[acute[scenario, label], r] for r in range(suite.replicates)]
            for scenario in (condition.scenario, condition.reference)
        )
        effects[label] = {
            key: paired_effect([n[key] for n in reference], [n[key] for n in values], suite.seed) for key in QUANTITIES
        }
    ec50 = _ec50(condition.scenario.parameter_set), _ec50(condition.reference.parameter_set)
    steps = _steps_alone(condition, suite.insulin)
    value, error = _expected_value(condition.expected, effects, ec50)
    verdict = "no published number"
    if condition.expected is not None:
        low, high = condition.expected.band
        holds = value is not None and low - error <= value <= high + error
        verdict = "consistent with" if holds else "not consistent with"
    return Finding(condition, effects, ec50, steps, verdict, value, left_open)


def _expected_value(expected, effects, ec50) -> tuple[float | None, float]:
    """The change [percent] that was expected, and its standard error."""
    if expected is None:
        return None, 0.0
    if expected.quantity == "ec50":
        return (None if None in ec50 else 100.0 * (ec50[0] / ec50[1] - 1.0)), 0.0
    effect = effects[expected.insulin][expected.quantity]
    if effect.percent is None:
        return None, 0.0
    reach = 0.0 if effect.percent.low is None else (effect.percent.high - effect.percent.low) / 4.0
    return effect.percent.value, reach


# ---- steady state ----


@cache  # several conditions have the same reference
def _ec50(parameters: ParameterSet) -> float | None:
    fit = fit_hill(DOSES, np.array([at_rest.uptake(parameters, dose) for dose in DOSES]))
    return None if fit.ec50 is None else fit.ec50.value


def _steps_alone(condition: BenchmarkCondition, insulin: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Change of uptake [percent] by each step of the cell alone, at each level of insulin."""
    changes: dict[str, dict[str, float]] = {}
    for label, level in insulin.items():
        found = steps_alone.found(condition.scenario, condition.reference, steps_alone.Moment(0.0, level, at_rest.BATH))
        for step, alone in found.alone.items():
            changes.setdefault(step, {})[label] = alone.get("uptake", 0.0)
    return changes


def by_group(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    """Findings in the order of their file, group by group."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.condition.group, []).append(finding)
    return groups
