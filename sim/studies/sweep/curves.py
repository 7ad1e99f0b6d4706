"""Several scenarios at the same levels: a curve for each, in one figure, one report and one dataset.

The directory holds an ordinary sweep for each scenario, `0-healthy`, `1-diabetes` .., and above them `curves.json`,
`results.zarr` with the dimension `condition`, `figure.png` and `report.md`. All have the same seed, so replicate r of
one condition and of another share their random numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from time import perf_counter
from typing import Unpack

from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.storage import Place, PlaceLike
from glut4sim.sim.results.provenance import read_run
from glut4sim.sim.results.series_store import STORE
from glut4sim.sim.results.zarr_arrays import write_dataset
from glut4sim.sim.scenario.labels import folder_names, labelled
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.scenario.sweep_axis import Axis, read_axis
from glut4sim.sim.studies.options import RunKeywords, RunOptions
from glut4sim.sim.studies.sweep import sweep
from glut4sim.sim.studies.sweep.curves_result import CurvesResult
from glut4sim.sim.studies.sweep.result import SweepResult

CONTENT = "curves.json"


def curves(
    scenarios: sweep.Several,
    vary: sweep.Vary,
    out: PlaceLike | None = None,
    observable: str = sweep.OBSERVABLE,
    **keywords: Unpack[RunKeywords],
) -> CurvesResult:
    """Run several scenarios at the same levels; as `sweep`.

    Parameters
    ----------
    scenarios
        {label: scenario}; or in a row, each alone or with its label, None for its title; names or paths of them do as
        well. Of one with several assays, each is a condition: "LABEL at 14 d"
    keywords
        as RunOptions. Seed and replicates are by default those of the first scenario; progress counts all runs

    Raises
    ------
    InputError
        also if labels do not tell the conditions apart, or they do not have the same levels
    """
    options = RunOptions(**keywords)
    given = scenarios.items() if isinstance(scenarios, Mapping) else scenarios
    rows = (row if isinstance(row, tuple) else (None, row) for row in given)
    try:
        chosen = labelled([(label, s if isinstance(s, Scenario) else Scenario.load(s)) for label, s in rows])
    except InputError as error:
        raise error.within(place="sweep") from None
    if not chosen:
        raise InputError("expected at least one scenario, got none.", place="sweep")
    first = next(iter(chosen.values())).run
    seed = first.seed if options.seed is None else options.seed
    count = options.replicates or (1 if options.mean_field else first.replicates)
    options = replace(options, seed=seed, replicates=count)
    plans = {label: sweep.Plan.of(scenario, vary, observable, options) for label, scenario in chosen.items()}
    _check_levels(plans)
    runs = sum(plan.runs for plan in plans.values())
    sweep.check_runs(runs)
    everything = [scenario for plan in plans.values() for scenario in plan.scenarios.values()]
    options.workers(runs, everything).shutdown()  # any fault in what is asked for
    study = _Study.of(plans, out, options)
    if study.out is not None:
        storage.make_directory(study.out)
        try:
            for label, plan in plans.items():  # all begun, so that `resume` finds them
                plan.begin(study.out / study.folders[label])
        except BaseException:
            storage.remove(study.out)  # `resume` could not go on with half of them
            raise
    return _run(study, plans, options)


def resume(out: PlaceLike, options: RunOptions) -> CurvesResult:
    """Run what is missing in any of the sweeps, and draw all again; as `running.resume`."""
    sweep.refuse_any_checkpoints(options)
    out = storage.place(out)
    try:
        before = storage.read_json(out / CONTENT)
        folders = {condition["name"]: condition["directory"] for condition in before["conditions"]}
        about = {key: before[key] for key in ("observable", "seed", "replicates", "method")}
        varied = {path: axis["levels"] for path, axis in before["vary"].items()}
        whole = bool(folders and varied)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        whole = False
    if not whole:
        raise InputError(f"expected the directory of several sweeps, found no whole {CONTENT} in it.", place=str(out))
    scenarios = {label: read_run(out / folder)[0] for label, folder in folders.items()}
    first = next(iter(scenarios.values()))
    axes = tuple(read_axis(first, path, levels) for path, levels in varied.items())
    return _run(_Study(out, scenarios, folders, axes, **about), {}, options)


def _check_levels(plans: Mapping[str, sweep.Plan]) -> None:
    """InputError unless all conditions have the same levels in the same units."""
    (first, plan), *others = plans.items()
    for label, other in others:
        for one, two in zip(plan.axes, other.axes):
            if one != two:
                raise InputError(
                    f"is in {one.unit} of {first} and in {two.unit} of {label}; such curves share no axis.",
                    place=f"--vary {one.path}",
                )


@dataclass(frozen=True)
class _Study:
    """What is to be run, and where the results go."""

    out: Place | None
    scenarios: Mapping[str, Scenario]  # by the labels of the conditions
    folders: Mapping[str, str]  # of their sweeps, in `out`
    axes: tuple[Axis, ...]
    observable: str
    seed: int
    replicates: int
    method: str

    @classmethod
    def of(cls, plans: Mapping[str, sweep.Plan], out: PlaceLike | None, options: RunOptions) -> "_Study":
        """Of sweeps that are begun."""
        one = next(iter(plans.values()))
        scenarios = {label: plan.scenario for label, plan in plans.items()}
        where, run = None if out is None else storage.place(out), one.scenario.run
        return cls(
            where, scenarios, folder_names(plans), one.axes, one.observable, run.seed, run.replicates, options.method
        )

    def content(self, status: str, done: Mapping[str, SweepResult]) -> dict:
        """What curves.json says."""
        return {
            "seed": self.seed,
            "replicates": self.replicates,
            "method": self.method,
            "status": status,
            "vary": {axis.path: axis.as_json() for axis in self.axes},
            "observable": self.observable,
            "conditions": [
                {
                    "name": label,
                    "scenario": scenario.name,
                    "title": scenario.title,
                    "scenario_hash": scenario.hash,
                    "directory": None if self.out is None else self.folders[label],
                    "fits": done[label].content["fits"] if label in done else [],
                    "errors": done[label].content["errors"] if label in done else [],
                }
                for label, scenario in self.scenarios.items()
            ],
        }


def _run(study: _Study, plans: Mapping[str, sweep.Plan], options: RunOptions) -> CurvesResult:
    """Run what is missing of every condition, one after the other; draw and report all together."""
    began, out = perf_counter(), study.out
    levels = 1
    for axis in study.axes:
        levels *= len(axis.levels)
    durations = [scenario.run.duration * study.replicates * levels for scenario in study.scenarios.values()]
    before = [*accumulate(durations, initial=0.0)]
    done: dict[str, SweepResult] = {}
    status = "failed"
    with storage.held(out):
        _write(study, "running", done)
        try:
            for i, label in enumerate(study.scenarios):
                part = options.as_part(before[i], before[-1])
                if out is None:
                    done[label] = sweep.run(plans[label], None, part)
                else:
                    done[label] = sweep.resume(out / study.folders[label], part)
            status = "complete" if all(result.status == "complete" for result in done.values()) else "failed"
        except KeyboardInterrupt:
            status = "interrupted"
            raise
        finally:
            content = _write(study, status, done)
        found = CurvesResult(out, done, content, perf_counter() - began)
        if out is not None:
            from glut4sim.sim.studies.sweep import curves_report, figure

            write_dataset(found.dataset, out / STORE, mode="w")
            with storage.folder(out) as folder:
                figure.save_curves(found, folder / "figure.png")
            storage.write(out / "report.md", curves_report.markdown(found))
    return found


def _write(study: _Study, status: str, done: Mapping[str, SweepResult]) -> dict:
    """What curves.json says, written where there is a directory."""
    content = study.content(status, done)
    if study.out is not None:
        storage.write_json(study.out / CONTENT, content)
    return content
