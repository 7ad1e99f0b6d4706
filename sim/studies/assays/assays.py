"""The acute experiment at several times of one scenario: each an ordinary run, and what changed between them.

All have the same seed, so replicate r of one assay and of another share their random numbers: differences are paired.
The directory of several assays holds one ordinary run for each, `assay-0-d`, `assay-28-d` .., and above them
`scenario.toml`, `hormones.zarr`, `hormones.png`, `summary.json`, `figure.png`, `report.md` and `provenance.json`. The
hormones are drawn once: each run's `hormones.zarr` and `hormones.png` are those of the whole.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from glut4sim.sim.analysis.timeline import say_at
from glut4sim.sim.endocrine.evidence import say
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.storage import Place, PlaceLike
from glut4sim.sim.results.provenance import PROVENANCE, doubts, read_run
from glut4sim.sim.results.writer import Writer
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.assays.result import AssaysResult
from glut4sim.sim.studies.options import RunOptions
from glut4sim.sim.studies.run import ensemble, hormones
from glut4sim.sim.studies.run.result import RunResult

REPORT = "report.md"


def run(scenario: Scenario, out: PlaceLike | None, options: RunOptions, only: int | None = None) -> AssaysResult:
    """Run a scenario at each time of its [assay]; as `running.run`.

    Raises
    ------
    InputError
        before anything is computed; also if there are no hormones that change in between
    KeyboardInterrupt
        on Ctrl-C; the assays that were done, and what the one at work reached, are written
    """
    if not scenario.has_hormones:
        raise InputError("expected one time: without hormones all assays are the same.", "assay.at", scenario.name)
    scenario = options.prepare(scenario)
    todo = ensemble.choose_replicates(scenario, only)
    options.check_out(out)
    options.workers(len(todo), [scenario]).shutdown()  # any fault in what is asked for
    writer = Writer(scenario, out, {"method": options.method, **doubts(scenario)}, options.checkpoint_every)
    return _run_each(writer, options, only)


def resume(out: PlaceLike, options: RunOptions) -> AssaysResult:
    """Run what is missing in the results of `run`; as `running.resume`."""
    out = storage.place(out)
    _, before = read_run(out)
    writer = Writer.reopen(out, options.checkpoint_every)
    options = options.as_before(before["method"])
    writer.go_on()
    return _run_each(writer, replace(options, checkpoint_every=writer.checkpoint_every))


def _run_each(writer: Writer, options: RunOptions, only: int | None = None) -> AssaysResult:
    scenario, out = writer.scenario, writer.out
    one, total = (scenario.run.duration * scenario.run.replicates * n for n in (1, len(scenario.assay.at)))
    status, done = "failed", []
    drawn = cache(lambda: hormones.draw(scenario))  # once, for all assays
    try:
        for i, at in enumerate(scenario.assays):
            folder = None if out is None else out / directory(at)
            part = options.as_part(i * one, total)
            if folder is not None and (folder / PROVENANCE).exists():
                done.append(ensemble.resume(folder, part, drawn))
            else:
                if folder is not None:
                    storage.remove(folder)  # of an assay that was ended before it had begun
                done.append(ensemble.run(at, folder, part, only, drawn))
        status = "failed" if any(result.status == "failed" for result in done) else "complete"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    finally:
        if done:
            writer.seconds_simulated = [sum(each, 0.0) for each in zip(*(r.seconds_simulated for r in done))]
        content = _content(scenario, done)
        writer.finish(content, status, [])
    said = tuple(f"at {say(at)}: {line}" for at, result in zip(scenario.assay.at, done) for line in result.warnings)
    warnings, seconds = (*writer.warnings, *said), writer.wall_seconds
    result = AssaysResult(out, scenario, options.method, tuple(done), content, warnings, seconds, status)
    if out is not None:
        _draw_and_report(result, out, drawn())
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


def _draw_and_report(result: AssaysResult, out: Place, drawn: hormones.Drawn) -> None:
    from glut4sim.sim.studies.assays import figure, report

    hormones.put(drawn, out)
    with storage.folder(out) as folder:
        figure.save_figure(result, folder / "figure.png")
    storage.write(out / REPORT, report.markdown(result, drawn.data))
