"""Several scenarios at the same levels: a curve for each, in one figure, one report and one dataset.

The directory holds an ordinary sweep for each scenario, `0-healthy`, `1-diabetes` .., and above them `curves.json`,
`results.zarr` with the dimension `condition`, `figure.png` and `report.md`. All have the same seed, so replicate r of
one condition and of another share their random numbers. What is to be said of a scenario is said here of all of its
assays together, and not by the sweep of each.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from math import prod
from time import perf_counter
from typing import Unpack

from glut4sim.sim.analysis import idle_effects
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.storage import Place, PlaceLike
from glut4sim.sim.results.provenance import WARNINGS, read_run
from glut4sim.sim.results.series_store import STORE
from glut4sim.sim.results.zarr_arrays import write_dataset
from glut4sim.sim.scenario import dosing
from glut4sim.sim.scenario.cell_tables import RunTable
from glut4sim.sim.scenario.labels import Several, folder_names, labelled, rows_of
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.scenario.sweep_axis import Axis, read_axis
from glut4sim.sim.studies.options import RunKeywords, RunOptions
from glut4sim.sim.studies.sweep import sweep
from glut4sim.sim.studies.sweep.curves_result import CurvesResult
from glut4sim.sim.studies.sweep.result import SweepResult

CONTENT = "curves.json"


def curves(
    scenarios: Several,
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
    rows = rows_of(scenarios)
    try:
        chosen = labelled(rows)
    except InputError as error:
        raise error.within(place="sweep") from None
    if not chosen:
        raise InputError("expected at least one scenario, got none.", place="sweep")
    options = options.shared(next(iter(chosen.values())))
    plans = {label: sweep.Plan.of(scenario, vary, observable, options) for label, scenario in chosen.items()}
    _check_levels(plans)
    runs = sum(plan.runs for plan in plans.values())
    sweep.check_runs(runs)
    everything = [scenario for plan in plans.values() for scenario in plan.scenarios.values()]
    options.workers(runs, everything).shutdown()  # any fault in what is asked for
    said = dosing.warnings_of(rows) + idle_effects.warnings(*chosen.values())
    study = _Study.of(plans, out, options.method, said)
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
    with storage.whole(out, f"expected the directory of several sweeps, found no whole {CONTENT} in it."):
        before = storage.read_json(out / CONTENT)
        folders = {condition["name"]: condition["directory"] for condition in before["conditions"]}
        about = {key: before[key] for key in ("observable", "method")}
        said = tuple(map(str, before.get(WARNINGS, ())))
        if not folders or not before["vary"]:
            raise LookupError
        scenarios = {label: read_run(out / folder)[0] for label, folder in folders.items()}
        first = next(iter(scenarios.values()))
        axes = tuple(read_axis(first, path, axis["levels"]) for path, axis in before["vary"].items())
    return _run(_Study(out, scenarios, folders, axes, said=said, **about), {}, options)


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
    method: str
    said: tuple[str, ...]  # warnings of whole scenarios

    @classmethod
    def of(cls, plans: Mapping[str, sweep.Plan], out: PlaceLike | None, method: str, said: tuple[str, ...]) -> "_Study":
        """Of sweeps that are begun."""
        one = next(iter(plans.values()))
        scenarios = {label: plan.scenario for label, plan in plans.items()}
        where = None if out is None else storage.place(out)
        return cls(where, scenarios, folder_names(plans), one.axes, one.observable, method, said)

    @property
    def run(self) -> RunTable:
        """Of any condition: they share seed and replicates."""
        return next(iter(self.scenarios.values())).run

    def content(self, status: str, done: Mapping[str, SweepResult]) -> dict:
        """What curves.json says."""
        return {
            "seed": self.run.seed,
            "replicates": self.run.replicates,
            "method": self.method,
            "status": status,
            "vary": {axis.path: axis.as_json() for axis in self.axes},
            "observable": self.observable,
            **({WARNINGS: list(self.said)} if self.said else {}),
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
    levels = prod(len(axis.levels) for axis in study.axes)
    durations = [scenario.run.duration * scenario.run.replicates * levels for scenario in study.scenarios.values()]
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

            write_dataset(found.dataset, out / STORE)
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
