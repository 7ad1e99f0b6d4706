"""Test the bodies of a scenario: each replicate is a body, at each time of [assay].

Bodies run on threads, processes or a Dask cluster and give the same bits on each. A body that has ended is kept as a
checkpoint until all have, so that `resume` does no work twice. The directory holds `scenario.toml`, `results.zarr`
(dims assay, replicate, time), `summary.json`, `figure.png`, `report.md` and `provenance.json`.
"""

from concurrent.futures import Future
from dataclasses import replace

from glut4sim.sim.body.result import BodyResult
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError, outside_fault
from glut4sim.sim.inputs.storage import Place, PlaceLike
from glut4sim.sim.results import checkpoint
from glut4sim.sim.results.provenance import doubts, read_run
from glut4sim.sim.results.series_store import STORE
from glut4sim.sim.results.writer import Writer
from glut4sim.sim.results.zarr_arrays import write_dataset
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.body.one_body import Job, test
from glut4sim.sim.studies.body.people import body_of, protocol_of
from glut4sim.sim.studies.body.result import BodiesResult, content, dataset
from glut4sim.sim.studies.options import RunOptions
from glut4sim.sim.studies.tasks import Task, describe_fault, run_tasks

REPORT = "report.md"


def run(scenario: Scenario, out: PlaceLike | None, options: RunOptions) -> BodiesResult:
    """Test the bodies of a scenario; as `running.run`.

    Raises
    ------
    InputError
        before anything is computed; also if assay.kind asks for no test of the body
    KeyboardInterrupt
        on Ctrl-C; what was reached is kept
    """
    return _run(begin(scenario, out, options), options)


def begin(scenario: Scenario, out: PlaceLike | None, options: RunOptions) -> Writer:
    """Check what a scenario asks of its bodies, and make the directory from which `resume` goes on."""
    if scenario.assay.kind is None:
        raise InputError("asks for no test of the body.", "assay.kind", scenario.name)
    scenario = options.prepare(scenario)
    options.check_out(out)
    for at in scenario.assays:
        _ = protocol_of(at), body_of(at)
    return Writer(scenario, out, {"method": options.method, **doubts(scenario)}, options.checkpoint_every)


def resume(out: PlaceLike, options: RunOptions) -> BodiesResult:
    """Go on with the tests of `run`; as `running.resume`."""
    out = storage.place(out)
    _, before = read_run(out)
    writer = Writer.reopen(out, options.checkpoint_every)
    options = options.as_before(before["method"])
    writer.go_on()
    return _run(writer, replace(options, checkpoint_every=writer.checkpoint_every))


def _run(writer: Writer, options: RunOptions) -> BodiesResult:
    scenario, out = writer.scenario, writer.out
    assays, bodies = scenario.assays, scenario.run.replicates
    seconds = protocol_of(assays[0]).duration
    found: list[list[BodyResult | None]] = [[None] * bodies for _ in assays]
    said: list[str] = []
    errors: list[dict] = []
    faults: list[BaseException] = []
    status = "failed"
    with options.workers(len(assays) * bodies, [scenario]) as workers:

        def job(assay: int, replicate: int) -> Job:
            file = None if out is None else out / checkpoint.FOLDER / f"assay-{assay}-body-{replicate}.npz"
            agents = not options.mean_field
            return Job(assays[assay], replicate, agents, workers.threads, file, options.checkpoint_every)

        def take(key: tuple[int, int], ended: Future) -> None:
            try:
                tested = ended.result()
            except Exception as fault:  # noqa: BLE001  whatever it is, the others go on
                faults.append(fault)
                reached = {"assay": key[0], "replicate": key[1], "seconds_simulated": 0.0}
                errors.append(reached | describe_fault(fault))
                return
            found[key[0]][key[1]] = tested.result
            said.extend(tested.said)

        def done() -> float:
            return seconds * sum(body is not None for of in found for body in of)

        keys = [(assay, replicate) for assay in range(len(assays)) for replicate in range(bodies)]
        tasks = {key: Task(test, (job(*key),)) for key in keys}
        try:
            run_tasks(tasks, workers, take, done, seconds * len(tasks), options.progress)
            status = "failed" if errors else "complete"
        except KeyboardInterrupt:
            status = "interrupted"
            raise
        finally:
            writer.seconds_simulated = [seconds * sum(of[r] is not None for of in found) for r in range(bodies)]
            summary, series = content(scenario, found), dataset(scenario, found)
            if out is not None:
                write_dataset(series, out / STORE)
                if status == "complete":
                    storage.remove(out / checkpoint.FOLDER)
            writer.finish(summary, status, errors)
    lines = [f"body {e['replicate']} failed: {e['error']}" for e in errors]
    warnings = (*writer.warnings, *dict.fromkeys((*lines, *said)))
    outside = any(outside_fault(fault) for fault in faults)
    frozen = tuple(map(tuple, found))
    wall = writer.wall_seconds
    result = BodiesResult(out, scenario, options.method, frozen, summary, series, warnings, wall, status, outside)
    if out is not None and status == "complete":
        _draw_and_report(result, out)
    return result


def _draw_and_report(result: BodiesResult, out: Place) -> None:
    from glut4sim.sim.studies.body import figure, report

    with storage.folder(out) as folder:
        figure.save_figure(result.dataset, folder / "figure.png")
    storage.write(out / REPORT, report.markdown(result))
