"""Vary numbers of a scenario over levels, run every combination, and fit a dose-response curve.

What to vary is written PATH=LEVELS:

    bath.insulin=1pM..100nM/13         13 levels at equal ratios
    run.step="0.1s..0.5s/5lin"         5 levels at equal distances
    vesicle.fuse="10 1/min,20 1/min"   these levels

Several make a grid of all combinations. Of what changes over time its level is varied (`schedule.at_level`), as the
insulin of a pulse, and not the rest before it; all summary numbers are taken at the times of the scenario's own
schedule. Every level has the same seed, so levels share their random numbers.

Several scenarios at the same levels are several curves: curves.py.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Unpack, overload

import numpy as np

from glut4sim.sim.analysis import summary
from glut4sim.sim.analysis.dose_response import STATUS, Estimate, HillFit
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError, outside_fault, unknown
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.inputs.storage import PlaceLike
from glut4sim.sim.results.gathered import Gathered
from glut4sim.sim.results.provenance import PROVENANCE, SWEEP_KEYS, doubts, read_run
from glut4sim.sim.results.writer import Writer
from glut4sim.sim.scenario.labels import Several
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.scenario.sweep_axis import Axis, read_axis, with_levels
from glut4sim.sim.studies.executors import Stop, Workers
from glut4sim.sim.studies.options import RunKeywords, RunOptions, refuse_checkpoints
from glut4sim.sim.studies.run.replicate import Pace, compute
from glut4sim.sim.studies.sweep.result import SweepResult, fit_curves
from glut4sim.sim.studies.sweep.store import SweepStore
from glut4sim.sim.studies.tasks import Task, TasksToMake, describe_fault, fault, run_tasks

if TYPE_CHECKING:
    from glut4sim.sim.studies.sweep.curves import CurvesResult

OBSERVABLE = "surface_glut4_stimulated_percent"
MAX_RUNS = 100_000
Vary = Mapping[str, str | Sequence[float]]  # path -> levels


@overload
def sweep(
    scenario: Scenario | PlaceLike,
    vary: Vary,
    out: PlaceLike | None = None,
    observable: str = OBSERVABLE,
    **keywords: Unpack[RunKeywords],
) -> SweepResult: ...


@overload
def sweep(
    scenario: Several,
    vary: Vary,
    out: PlaceLike | None = None,
    observable: str = OBSERVABLE,
    **keywords: Unpack[RunKeywords],
) -> "CurvesResult": ...


def sweep(
    scenario: Scenario | PlaceLike | Several,
    vary: Vary,
    out: PlaceLike | None = None,
    observable: str = OBSERVABLE,
    **keywords: Unpack[RunKeywords],
) -> "SweepResult | CurvesResult":
    """Run a scenario at all combinations of levels, or several scenarios for a curve each.

    Parameters
    ----------
    scenario
        Scenario, or the name, path or address of one; or several of these: {label: scenario}, or a list of scenarios,
        which their titles label, or of pairs of label and scenario (curves.py)
    vary
        path -> levels, as text ("1pM..100nM/13") or as numbers in the path's unit (nM, mM, s, a parameter's own)
    out
        new directory for results.zarr, sweep.json, figure.png, scenario.toml, provenance.json; None: in memory only
    observable
        number of summary.UNITS to fit a curve to, if levels of the first path are doses (`Axis.is_dose`)
    keywords : as RunOptions, but there are no checkpoints

    Raises
    ------
    InputError
        before anything is computed
    KeyboardInterrupt
        on Ctrl-C, when all runs have stopped and the levels that were done are written (provenance: "interrupted");
        `resume` goes on with the others
    """
    if isinstance(scenario, Mapping | Sequence) and not isinstance(scenario, str):
        from glut4sim.sim.studies.sweep.curves import curves

        return curves(scenario, vary, out, observable, **keywords)
    options = RunOptions(**keywords)
    scenario = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
    plan = Plan.of(scenario, vary, observable, options)
    return run(plan, out, options, doubts(plan.scenario))


def run(
    plan: "Plan", out: PlaceLike | None, options: RunOptions, doubts: Mapping[str, object] | None = None
) -> SweepResult:
    """Run a plan from the beginning; as `sweep`. `doubts` as `ensemble.run` has them."""
    with options.workers(plan.runs, plan.scenarios.values()) as workers:
        writer = plan.begin(out, doubts)
        with storage.held(writer.out):
            return _run(writer, plan.scenarios, SweepStore(plan.scenario, plan.axes, writer.store), workers, options)


@dataclass(frozen=True)
class Plan:
    """What a sweep is to run: a scenario as it is where nothing is varied, and at all combinations of levels."""

    scenario: Scenario
    axes: tuple[Axis, ...]
    observable: str
    method: str
    scenarios: dict[tuple[int, ...], Scenario] = field(repr=False)  # by the places of their levels on the axes

    @classmethod
    def of(cls, scenario: Scenario, vary: Vary, observable: str, options: RunOptions) -> "Plan":
        """The plan of what a user asks for; InputError if that makes no sense."""
        refuse_any_checkpoints(options)
        if observable not in summary.UNITS:
            raise unknown("observable", observable, summary.UNITS)
        scenario.check_one_assay()
        scenario = options.prepare(scenario)
        no_events = scenario.run.model_copy(update={"events": False})  # there is no use for them
        scenario = scenario.model_copy(update={"run": no_events})
        axes = tuple(read_axis(scenario, path, levels) for path, levels in vary.items())
        if not axes:
            raise InputError("expected at least one path to vary, got none.", place="--vary")
        paths = [a.path for a in axes]
        if len(set(paths)) < len(paths):
            raise InputError(f"{next(p for p in paths if paths.count(p) > 1)} is varied twice.", place="--vary")
        check_runs(int(np.prod([len(a.levels) for a in axes])) * scenario.run.replicates)
        return cls(scenario, axes, observable, options.method, _at_levels(scenario, axes))

    @property
    def runs(self) -> int:
        """How many there are."""
        return len(self.scenarios) * self.scenario.run.replicates

    def begin(self, out: PlaceLike | None, doubts: Mapping[str, object] | None = None) -> Writer:
        """Begin its results, so that `resume` finds them."""
        varied = {a.path: a.as_json() for a in self.axes}
        about = {"method": self.method, "vary": varied, "observable": self.observable, **(doubts or {})}
        return Writer(self.scenario, out, about)


def check_runs(runs: int) -> None:
    """InputError if there are too many."""
    if runs > MAX_RUNS:
        raise InputError(f"expected at most {MAX_RUNS} runs, got {runs}; take fewer levels or replicates.")


def resume(out: PlaceLike, options: RunOptions) -> SweepResult:
    """Run the levels that are missing in a sweep, or at which a run failed; as `running.resume`."""
    refuse_any_checkpoints(options)
    out = storage.place(out)
    scenario, before = read_run(out)
    if any(key not in before for key in SWEEP_KEYS):
        raise InputError("expected the directory of a sweep.", place=str(out))
    with storage.whole(out, f"expected the directory of a sweep, found no whole {PROVENANCE} in it."):
        axes = tuple(read_axis(scenario, path, axis["levels"]) for path, axis in before["vary"].items())
        _ = summary.UNITS[before["observable"]]
    options = options.as_before(before["method"])
    with storage.held(out):
        writer = Writer.reopen(out)
        store = SweepStore(scenario, axes, writer.store)
        scenarios = _at_levels(scenario, axes)
        missing = int((~store.ended).sum()) * scenario.run.replicates
        with options.workers(missing, scenarios.values()) as workers:
            writer.go_on()
            return _run(writer, scenarios, store, workers, options)


def refuse_any_checkpoints(options: RunOptions) -> None:
    """InputError if they are asked for."""
    if options.checkpoint_every is not None:
        refuse_checkpoints("a sweep")


def _at_levels(scenario: Scenario, axes: Sequence[Axis]) -> dict[tuple[int, ...], Scenario]:
    """The scenario at all combinations of levels, by their places on the axes."""
    places = np.ndindex(*(len(a.levels) for a in axes))
    return {place: with_levels(scenario, {a: a.levels[i] for a, i in zip(axes, place)}) for place in places}


def _run(
    writer: Writer,
    scenarios: Mapping[tuple[int, ...], Scenario],
    store: SweepStore,
    workers: Workers,
    options: RunOptions,
) -> SweepResult:
    """Run what is missing, and fit all levels."""
    scenario, axes, observable = writer.scenario, store.axes, str(writer.about["observable"])
    grid = _Grid(scenario.bath.insulin, scenarios, store)
    status = "failed"
    try:
        grid.run(workers, options)
        status = "failed" if grid.errors else "complete"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    finally:
        writer.seconds_simulated = [sum(each, 0.0) for each in zip(*grid.seconds.values(), strict=True)]
        writer.finish(None, status, grid.errors)
        dataset = store.dataset()
        content = _content(scenario, axes, dataset, observable, status, grid.errors)
        if writer.out is not None:
            writer.write_json("sweep.json", content)
    if writer.out is not None:
        from glut4sim.sim.studies.sweep.figure import save_figure

        fits = fit_curves(axes, dataset[observable].values)
        with storage.folder(writer.out) as folder:
            save_figure(axes, dataset, observable, fits, folder / "figure.png")
    remarks = (*writer.warnings, *dict.fromkeys(grid.remarks))
    wall_seconds = writer.wall_seconds
    return SweepResult(
        writer.out, scenario, axes, dataset, observable, content, remarks, wall_seconds, status, grid.outside
    )


class _Grid:
    """All runs of a sweep, by the places of their levels and their replicate."""

    def __init__(self, protocol: Schedule, scenarios: Mapping[tuple[int, ...], Scenario], store: SweepStore):
        self.protocol, self.scenarios, self.store = protocol, scenarios, store
        self.replicates = store.scenario.run.replicates
        self.seconds = {place: [0.0] * self.replicates for place in scenarios}  # how far each run is known to be
        self.outside = False  # whether a run failed by a fault of what surrounds the program
        self._ended: dict[tuple, dict[int, Future]] = {}  # of levels at which some runs have ended
        self._errors: dict[tuple, list[dict]] = {}
        self._remarks: dict[tuple, list[str]] = {}

    @property
    def errors(self) -> list[dict]:
        """Those of all failed runs, in the order of the levels."""
        return [error for place in self.scenarios for error in self._errors.get(place, ())]

    @property
    def remarks(self) -> list[str]:
        """What the user should know, in the order of the levels."""
        return [remark for place in self.scenarios for remark in self._remarks.get(place, ())]

    def run(self, workers: Workers, options: RunOptions) -> None:
        """Run what the store lacks; levels go to it as they are done."""
        for place, scenario in self.scenarios.items():
            if self.store.ended[place]:
                self.seconds[place] = [scenario.run.duration] * self.replicates
        todo = [(p, r) for p in self.scenarios if not self.store.ended[p] for r in range(self.replicates)]
        pace = Pace()

        def make(key: tuple[tuple[int, ...], int]) -> Task:
            place, replicate = key
            scenario = self.scenarios[place]
            gathered = Gathered(scenario, reached=self.seconds[place])
            which = scenario, replicate, workers.threads, options.mean_field
            return Task(partial(_numbers, pace=pace), (*which, self.protocol, gathered))

        def done() -> float:
            return sum(map(sum, self.seconds.values()))

        total = sum(s.run.duration for s in self.scenarios.values()) * self.replicates
        run_tasks(TasksToMake(todo, make), workers, self._take, done, total, options.progress)

    def _take(self, key: tuple[tuple[int, ...], int], future: Future) -> None:
        """Keep a run that has ended until all of its level have."""
        place, replicate = key
        level = self._ended.setdefault(place, {})
        level[replicate] = future
        if len(level) == self.replicates:
            self._finish(place, self._ended.pop(place))

    def _finish(self, place: tuple[int, ...], level: Mapping[int, Future]) -> None:
        """Take the numbers of a level whose runs have ended."""
        axes = self.store.axes
        at = {a.path: a.levels[i] for a, i in zip(axes, place)}
        where = ", ".join(a.write(level) for a, level in zip(axes, at.values()))
        numbers, errors, remarks = [], [], []
        for replicate, future in sorted(level.items()):
            if (error := fault(future)) is None:
                found, said = future.result()
                numbers.append(found)
                self.seconds[place][replicate] = self.scenarios[place].run.duration
                remarks += said
                continue
            self.outside |= outside_fault(error) is not None
            numbers.append(dict.fromkeys(summary.UNITS))
            seconds, told = self.seconds[place][replicate], describe_fault(error)
            errors.append({"at": at, "replicate": replicate, "seconds_simulated": seconds, **told})
            remarks.append(f"replicate {replicate} failed at {seconds:g} s: {told['error']}")
        self._errors[place], self._remarks[place] = errors, [f"at {where}: {remark}" for remark in remarks]
        self.store.put(place, numbers, not errors)


def _numbers(
    scenario: Scenario,
    replicate: int,
    threads: int,
    mean_field: bool,
    protocol: Schedule,
    gathered: Gathered,
    stop: Stop,
    pace: Pace,
) -> tuple[dict[str, float | None], list[str]]:
    """One run: its numbers, and what the engine says."""
    if stop.is_set():
        return dict.fromkeys(summary.UNITS), []
    remarks = compute(scenario, replicate, threads, mean_field, gathered, stop, pace)
    series = {name: np.concatenate([values[name] for values in gathered.records]) for name in summary.NEEDED}
    return summary.one_replicate(gathered.time, series, (protocol.times, protocol.values)), remarks


def _content(scenario, axes, dataset, observable, status, errors) -> dict:
    """What sweep.json holds."""
    levels = []
    for place in np.ndindex(*(len(a.levels) for a in axes)):
        numbers = {
            name: summary.statistics([None if np.isnan(v) else float(v) for v in dataset[name].values[place]], unit)
            for name, unit in summary.UNITS.items()
        }
        levels.append({"at": {a.path: a.levels[i] for a, i in zip(axes, place)}, "observables": numbers})
    return {
        "scenario": scenario.name,
        "seed": scenario.run.seed,
        "replicates": scenario.run.replicates,
        "status": status,
        "vary": {a.path: a.as_json() for a in axes},
        "observable": observable,
        "fits": [
            {"at": at, **_fit_content(axes[0], fit, summary.UNITS[observable])}
            for at, fit in fit_curves(axes, dataset[observable].values)
        ],
        "levels": levels,
        "errors": [{key: value for key, value in error.items() if key != "traceback"} for error in errors],
    }


def _fit_content(dose: Axis, fit: HillFit, unit: str) -> dict:
    def entry(estimate: Estimate | None, of: str) -> dict | None:
        return None if estimate is None else {**estimate._asdict(), "unit": of}

    return {
        "status": fit.status,
        "remark": fit.remark or STATUS[fit.status],
        "ec50": entry(fit.ec50, dose.unit),
        "slope": entry(fit.slope, "1"),
        "bottom": entry(fit.bottom, unit),
        "top": entry(fit.top, unit),
        "misfit": fit.misfit,
    }
