"""The acute experiment at several times of one scenario: each an ordinary run, and what changed between them.

All have the same seed, so replicate r of one assay and of another share their random numbers: differences are paired.
The directory of several assays holds one ordinary run for each, `assay-0-d`, `assay-28-d` .., and above them
`scenario.toml`, `hormones.zarr`, `hormones.png`, `summary.json`, `figure.png`, `report.md` and `provenance.json`.
"""

import os
from collections.abc import Callable, Sequence

from glut4sim.sim.analysis.timeline import say_at
from glut4sim.sim.endocrine.evidence import say
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.results import storage
from glut4sim.sim.results.writer import Writer, read_run
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.assays.result import AssaysResult
from glut4sim.sim.studies.run import ensemble
from glut4sim.sim.studies.run.ensemble import RunResult

REPORT = "report.md"


def run(
    scenario: Scenario | str | os.PathLike,
    out: str | os.PathLike | None = None,
    seed: int | None = None,
    replicates: int | None = None,
    threads: int | None = None,
    progress: Callable[[float, float], None] | None = None,
    mean_field: bool = False,
    executor: str | None = None,
    checkpoint_every: float | None = None,
    only: int | None = None,
) -> RunResult | AssaysResult:
    """Run a scenario at each time of its [assay].

    Parameters
    ----------
    all as `ensemble.run`

    Returns
    -------
    RunResult for one assay, AssaysResult for several

    Raises
    ------
    InputError
        before anything is computed; also if there are several assays and no hormones that change in between
    KeyboardInterrupt
        on Ctrl-C; the assays that were done, and what the one at work reached, are written
    """
    if not isinstance(scenario, Scenario):
        scenario = Scenario.load(scenario)
    if len(scenario.assay.at) == 1:
        return ensemble.run(
            scenario, out, seed, replicates, threads, progress, mean_field, executor, checkpoint_every, only
        )
    if not scenario.has_hormones:
        raise InputError("expected one time: without hormones all assays are the same.", "assay.at", scenario.name)
    scenario = ensemble.prepare(scenario, seed, replicates, mean_field)
    options = {"executor": executor, "checkpoint_every": checkpoint_every, "only": only}
    _, workers = ensemble.find_workers(scenario, out, threads, mean_field, **options)
    workers.shutdown()
    writer = Writer(scenario, out, {"method": ensemble.METHODS[mean_field]}, checkpoint_every)
    return _run_each(writer, mean_field, threads, progress, options)


def resume(
    out: str | os.PathLike,
    threads: int | None = None,
    progress: Callable[[float, float], None] | None = None,
    executor: str | None = None,
    checkpoint_every: float | None = None,
) -> RunResult | AssaysResult:
    """Run what is missing in the results of `run`; all as `ensemble.resume`."""
    out = storage.place(out)
    scenario, before = read_run(out)
    if len(scenario.assay.at) == 1:
        return ensemble.resume(out, threads, progress, executor, checkpoint_every)
    mean_field = before["method"] == ensemble.METHODS[True]
    every = checkpoint_every or before.get("checkpoint_every")
    options = {"executor": executor, "checkpoint_every": every}
    writer = Writer.reopen(out, every)
    return _run_each(writer, mean_field, threads, progress, options)


def _run_each(writer, mean_field, threads, progress, options) -> AssaysResult:
    scenario, out = writer.scenario, writer.out
    one, total = (scenario.run.duration * scenario.run.replicates * n for n in (1, len(scenario.assay.at)))
    status, done = "failed", []
    try:
        for i, at in enumerate(scenario.assays):
            folder = None if out is None else out / directory(at)
            told = progress and (lambda seconds, _, before=i * one: progress(before + seconds, total))
            if folder is not None and folder.exists():
                again = {key: options[key] for key in ("executor", "checkpoint_every")}
                done.append(ensemble.resume(folder, threads=threads, progress=told, **again))
            else:
                done.append(ensemble.run(at, folder, threads=threads, progress=told, mean_field=mean_field, **options))
        status = "failed" if any(result.status == "failed" for result in done) else "complete"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    finally:
        if done:
            writer.seconds_simulated = [sum(each) for each in zip(*(result.seconds_simulated for result in done))]
        content = _content(scenario, done)
        writer.finish(content, status, [])
    warnings = tuple(f"at {say(at)}: {line}" for at, result in zip(scenario.assay.at, done) for line in result.warnings)
    method = ensemble.METHODS[mean_field]
    result = AssaysResult(out, scenario, method, tuple(done), content, warnings, writer.wall_seconds, status)
    if out is not None:
        _draw_and_report(result)
    return result


def directory(scenario: Scenario) -> str:
    """Name of the directory of a scenario's only assay: "assay-28-d"."""
    return f"assay-{say(scenario.assay.at[0]).replace(' ', '-')}"


def _content(scenario: Scenario, done: Sequence[RunResult]) -> dict:
    """What summary.json holds: the assays that were done."""
    return {
        "scenario": scenario.name,
        "seed": scenario.run.seed,
        "assays": [
            {**say_at(at), "observables": result.summary["observables"]} for at, result in zip(scenario.assay.at, done)
        ],
    }


def _draw_and_report(result: AssaysResult) -> None:
    from glut4sim.sim.studies.assays import figure, report
    from glut4sim.sim.studies.run import hormones

    data = hormones.save(result.scenario, result.out)
    figure.save_figure(result, result.out / "figure.png")
    (result.out / REPORT).write_text(report.markdown(result, data), encoding="utf-8")
