"""Vary numbers of a scenario over levels, run every combination, and fit a dose-response curve.

What to vary is written PATH=LEVELS:

    bath.insulin=1pM..100nM/13         13 levels at equal ratios
    run.step="0.1s..0.5s/5lin"         5 levels at equal distances
    vesicle.fuse="10 1/min,20 1/min"   these levels

Several make a grid of all combinations. Of a bath that changes in time, a level replaces the highest concentration
wherever it occurs, so that the insulin of a pulse is varied and the rest before it is not; all summary numbers are
taken at the times of the scenario's own schedule. Every level has the same seed, so levels share their random numbers.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from glut4sim.sim.analysis import summary
from glut4sim.sim.analysis.dose_response import STATUS, Estimate, HillFit
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError, unknown
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.inputs.storage import Place, PlaceLike
from glut4sim.sim.results.gathered import Gathered
from glut4sim.sim.results.provenance import PROVENANCE, SWEEP_KEYS, read_run
from glut4sim.sim.results.series_store import PROGRESS
from glut4sim.sim.results.writer import Writer
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.scenario.sweep_axis import Axis, read_axis, with_levels
from glut4sim.sim.studies.executors import Stop, Workers
from glut4sim.sim.studies.options import RunKeywords, RunOptions, refuse_checkpoints
from glut4sim.sim.studies.run.replicate import Pace, compute
from glut4sim.sim.studies.sweep.result import SweepResult, fit_curves
from glut4sim.sim.studies.tasks import Task, TasksToMake, describe_fault, fault, run_tasks

if TYPE_CHECKING:
    import xarray
    from zarr import Group

OBSERVABLE = "surface_glut4_stimulated_percent"
MAX_RUNS = 100_000
ENDED = f"{PROGRESS}/ended"  # array of the store


def sweep(
    scenario: Scenario | PlaceLike,
    vary: Mapping[str, str | Sequence[float]],
    out: PlaceLike | None = None,
    observable: str = OBSERVABLE,
    **keywords: Unpack[RunKeywords],
) -> SweepResult:
    """Run a scenario at all combinations of levels.

    Parameters
    ----------
    scenario : Scenario, or the name, path or address of one
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
    options = RunOptions(**keywords)
    _refuse_checkpoints(options)
    if not isinstance(scenario, Scenario):
        scenario = Scenario.load(scenario)
    if observable not in summary.UNITS:
        raise unknown("observable", observable, summary.UNITS)
    scenario.check_one_assay()
    scenario = options.prepare(scenario)
    scenario = scenario.model_copy(update={"run": scenario.run.model_copy(update={"events": False})})  # no use for them
    axes = tuple(read_axis(scenario, path, levels) for path, levels in vary.items())
    if not axes:
        raise InputError("expected at least one path to vary, got none.", place="--vary")
    paths = [a.path for a in axes]
    if len(set(paths)) < len(paths):
        raise InputError(f"{next(p for p in paths if paths.count(p) > 1)} is varied twice.", place="--vary")
    runs = int(np.prod([len(a.levels) for a in axes])) * scenario.run.replicates
    if runs > MAX_RUNS:
        raise InputError(f"expected at most {MAX_RUNS} runs, got {runs}; take fewer levels or replicates.")
    scenarios = _at_levels(scenario, axes)
    varied = {a.path: a.as_json() for a in axes}
    about = {"method": options.method, "vary": varied, "observable": observable}
    with options.workers(runs, scenarios.values()) as workers:
        writer = Writer(scenario, out, about)
        with storage.held(writer.out):
            return _run(writer, scenarios, _Store(scenario, axes, writer.store), workers, options)


def resume(out: PlaceLike, options: RunOptions) -> SweepResult:
    """Run the levels that are missing in a sweep, or at which a run failed; as `running.resume`."""
    _refuse_checkpoints(options)
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
        store = _Store(scenario, axes, writer.store)
        scenarios = _at_levels(scenario, axes)
        missing = int((~store.ended).sum()) * scenario.run.replicates
        with options.workers(missing, scenarios.values()) as workers:
            return _run(writer, scenarios, store, workers, options)


def _refuse_checkpoints(options: RunOptions) -> None:
    if options.checkpoint_every is not None:
        refuse_checkpoints("a sweep")


def _at_levels(scenario: Scenario, axes: Sequence[Axis]) -> dict[tuple[int, ...], Scenario]:
    """The scenario at all combinations of levels, by their places on the axes."""
    places = np.ndindex(*(len(a.levels) for a in axes))
    return {place: with_levels(scenario, {a: a.levels[i] for a, i in zip(axes, place)}) for place in places}


def _run(
    writer: Writer,
    scenarios: Mapping[tuple[int, ...], Scenario],
    store: "_Store",
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
    remarks = tuple(dict.fromkeys(grid.remarks))
    wall_seconds = writer.wall_seconds
    return SweepResult(writer.out, scenario, axes, dataset, observable, content, remarks, wall_seconds, status)


class _Grid:
    """All runs of a sweep, by the places of their levels and their replicate."""

    def __init__(self, protocol: Schedule, scenarios: Mapping[tuple[int, ...], Scenario], store: "_Store"):
        self.protocol, self.scenarios, self.store = protocol, scenarios, store
        self.replicates = store.scenario.run.replicates
        self.seconds = {place: [0.0] * self.replicates for place in scenarios}  # how far each run is known to be
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


class _Store:
    """The numbers of all runs: in memory, and in a Zarr store that is complete in form from the start.

    `ended` says at which levels all runs have come to their end, also when the sweep was begun by another process.
    """

    def __init__(self, scenario: Scenario, axes: tuple[Axis, ...], path: Place | None):
        self.path, self.axes, self.scenario = path, axes, scenario
        self.dims = (*(a.path for a in axes), "replicate")
        shape = (*(len(a.levels) for a in axes), scenario.run.replicates)
        self.arrays = {name: np.full(shape, np.nan) for name in summary.UNITS}
        self.ended = np.zeros(shape[:-1], bool)
        self._group: Group | None = None
        if path is not None:
            import zarr

            where = storage.zarr_store(path)
            if (path / ENDED / "zarr.json").exists():
                self._group = zarr.open_group(where, mode="r+")
                self.arrays = {name: self._array(name)[:] for name in summary.UNITS}
                self.ended = self._array(ENDED)[:]
            else:
                self.dataset().to_zarr(where, mode="w", zarr_format=3, consolidated=False)
                self._group = zarr.open_group(where, mode="r+")
                self._group.create_array(ENDED, data=self.ended)  # last: only then it is all there

    def _array(self, name: str) -> Any:
        """An array of the Zarr store; zarr's own type says little of what comes out of it."""
        assert self._group is not None
        return self._group[name]

    def put(self, place: tuple, numbers: Sequence[Mapping[str, float | None]], ended: bool) -> None:
        """Take the numbers of a level, one mapping for each replicate, and whether all of them have ended."""
        for name, array in self.arrays.items():
            array[place] = [np.nan if one[name] is None else one[name] for one in numbers]
            if self._group is not None:
                self._array(name)[place] = array[place]
        self.ended[place] = ended
        if self._group is not None:
            self._array(ENDED)[place] = ended

    def dataset(self) -> "xarray.Dataset":
        import xarray as xr

        coordinates = {
            a.path: (a.path, np.asarray(a.levels), {"units": a.unit, "long_name": a.long_name}) for a in self.axes
        }
        coordinates["replicate"] = ("replicate", np.arange(self.scenario.run.replicates), {"long_name": "Replicate"})
        variables = {
            name: (self.dims, array, {"units": summary.UNITS[name], "long_name": summary.readable(name)})
            for name, array in self.arrays.items()
        }
        attributes = {
            "title": self.scenario.title,
            "scenario": self.scenario.name,
            "scenario_hash": self.scenario.hash,
            "seed": self.scenario.run.seed,
        }
        return xr.Dataset(variables, coordinates, attributes)


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
