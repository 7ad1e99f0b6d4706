"""Run a scenario: its replicates side by side, their records streamed to the results.

Replicates run on threads, on processes or on a Dask cluster (executors.py) and give the same bits on each. Every
replicate writes its own part of the results. What a run leaves undone, for whatever reason, `resume` does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from glut4sim.sim.analysis import single_vesicle, summary
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError, outside_fault
from glut4sim.sim.inputs.fields import check_whole
from glut4sim.sim.inputs.storage import Place, PlaceLike
from glut4sim.sim.inputs.threads import Pool
from glut4sim.sim.results.provenance import METHODS, read_run
from glut4sim.sim.results.writer import Writer
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.executors import Workers
from glut4sim.sim.studies.options import RunOptions
from glut4sim.sim.studies.run.replicate import Finished, Pace, compute, compute_elsewhere, compute_whole
from glut4sim.sim.studies.run.result import RunResult, by_replicate
from glut4sim.sim.studies.tasks import Task, TasksToMake, describe_fault, fault, run_tasks

if TYPE_CHECKING:
    from glut4sim.sim.studies.run.hormones import Drawn

NEEDED_LATER = ("glut4sim.sim.studies.run.figure", "xarray")  # take a while to import


def run(
    scenario: Scenario,
    out: PlaceLike | None,
    options: RunOptions,
    only: int | None = None,
    drawn: "Callable[[], Drawn] | None" = None,
    doubts: Mapping[str, object] | None = None,
) -> RunResult:
    """Run all replicates of a scenario, or `only` one of them; as `running.run`.

    Parameters
    ----------
    drawn : gives its hormones as they are to be shown, where that is not its own affair
    doubts : of the scenario, as `provenance.doubts`; none where it is a part of what was asked for

    Raises
    ------
    InputError
        also if the scenario has several assays (studies/assays runs those)
    """
    scenario.check_one_assay()
    scenario = options.prepare(scenario)
    _ = scenario.parameter_set  # any fault in it is found here, not in a thread
    todo = choose_replicates(scenario, only)
    options.check_out(out)
    about = {"method": options.method, **(doubts or {})} | ({} if only is None else {"only": only})
    with options.workers(len(todo), [scenario]) as workers:
        writer = Writer(scenario, out, about, options.checkpoint_every)
        with storage.held(writer.out):
            return _run(writer, todo, workers, options, drawn)


def resume(out: PlaceLike, options: RunOptions, drawn: "Callable[[], Drawn] | None" = None) -> RunResult:
    """Run what is missing in the results of a run: replicates that were not run, failed, or were interrupted.

    A replicate goes on from its last checkpoint, or begins anew where there is none; either way, its bits are those
    of a run that nothing had stopped. As `running.resume`; `drawn` as in `run`.
    """
    out = storage.place(out)
    if "vary" in read_run(out)[1]:
        raise InputError(
            "expected the directory of a run, found that of a sweep; glut4sim.resume goes on with one.", place=str(out)
        )
    options.check_out(out)
    with storage.held(out):
        writer = Writer.reopen(out, options.checkpoint_every)
        _ = writer.scenario.parameter_set  # as in `run`
        writer.open()
        options = options.as_before(writer.about["method"])
        todo = [replicate for replicate, ended in enumerate(writer.ended) if not ended]
        with options.workers(len(todo), [writer.scenario]) as workers:
            if todo:
                writer.go_on()
            return _run(writer, todo, workers, options, drawn)


def choose_replicates(scenario: Scenario, only: int | None) -> Sequence[int]:
    """All replicates of a scenario, or one; InputError if there is no such one."""
    count = scenario.run.replicates
    if only is None:
        return range(count)
    check_whole("replicate", only, 0, count - 1)
    return [int(only)]


class _Found:
    """What is known of the replicates of a run."""

    def __init__(self, replicates: int):
        self.said: dict[str, int] = {}  # what the user should know, and the first replicate of which it is true
        self.faults: dict[int, BaseException] = {}
        self.numbers = np.full((replicates, len(summary.UNITS)), np.nan)  # as summary.as_table
        self.is_counted = np.zeros(replicates, bool)  # whether its numbers are there

    def say(self, replicate: int, sentences: Iterable[str]) -> None:
        """Note what the user should know."""
        for sentence in sentences:
            self.said[sentence] = min(replicate, self.said.get(sentence, replicate))

    def warnings(self, errors: Sequence[Mapping]) -> tuple[str, ...]:
        """What the user should know, one line each: faults first."""
        lines = [f"replicate {e['replicate']} failed at {e['seconds_simulated']:g} s: {e['error']}" for e in errors]
        return (*dict.fromkeys(lines), *sorted(self.said, key=lambda sentence: self.said[sentence]))


def _run(
    writer: Writer,
    todo: Sequence[int],
    workers: Workers,
    options: RunOptions,
    drawn: "Callable[[], Drawn] | None" = None,
) -> RunResult:
    """Run replicates of a Writer's scenario, then summarise and draw its results."""
    status, numbers = "failed", {}
    found = _Found(writer.replicates)
    for replicate, what in writer.damaged.items():
        found.say(replicate, [f"replicate {replicate} was begun anew: {what}"])
    errors = []
    try:
        with _opening(writer, workers):
            _run_replicates(writer, todo, workers, options, found)
        status = "complete"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    finally:
        if writer.is_open:
            writer.write_pieces()
            numbers = _summarise(writer, found)
        if status == "complete" and not all(writer.ended[replicate] for replicate in todo):
            status = "failed"
        errors = [_error(writer, replicate, found.faults[replicate]) for replicate in sorted(found.faults)]
        writer.finish(numbers or None, status, errors)
    if writer.out is not None:
        _draw(writer, writer.out, drawn)
    warnings, seconds = (*writer.warnings, *found.warnings(errors)), writer.wall_seconds
    outside = any(outside_fault(error) for error in found.faults.values())
    return RunResult(writer.out, writer.store, numbers, warnings, seconds, status, found.numbers, writer, outside)


@contextmanager
def _opening(writer: Writer, workers: Workers) -> Iterator[None]:
    """Open the results while replicates already work, which need not wait for zarr to be imported.

    If that fails, the workers stop, and its error is raised at the end.
    """
    with Pool(1) as opener:
        opening = opener.submit(lambda: writer.is_open or writer.open())
        opening.add_done_callback(lambda opened: opened.exception() and workers.stop())
        if not workers.shares_memory and not writer.shares_chunks:
            opening.result()  # they open it as well
        if writer.out is not None:
            for name in NEEDED_LATER:
                opener.submit(import_module, name)
        try:
            yield
        finally:
            opening.result()


def _run_replicates(writer: Writer, todo: Sequence[int], workers: Workers, options: RunOptions, found: _Found) -> None:
    """Run replicates; notes what is known of each as it ends."""
    scenario, here, out = writer.scenario, workers.shares_memory, writer.out
    as_whole = writer.shares_chunks or (out is None and not here)
    pace, begun = Pace(), set()  # replicates that have not ended

    def make(replicate: int) -> Task:
        begun.add(replicate)
        which = scenario, replicate, workers.threads, options.mean_field
        if as_whole:
            keep_events, reached = out is not None, writer.seconds_simulated if here else None
            return Task(partial(compute_whole, pace=pace), (*which, keep_events, reached))
        if here:
            return Task(partial(compute, pace=pace), (*which, writer))
        return Task(partial(compute_elsewhere, pace=pace), (*which, out and out.absolute(), writer.checkpoint_every))

    def take(replicate: int, future: Future) -> None:
        begun.discard(replicate)
        if not here and not as_whole:
            writer.refresh([replicate])
        if (error := fault(future)) is not None:
            found.faults[replicate] = error
        elif not as_whole:
            found.say(replicate, future.result())
        else:
            keep(replicate, future.result())

    def keep(replicate: int, finished: Finished) -> None:
        if finished.piece is None:
            return
        writer.put(replicate, finished.piece)
        found.say(replicate, finished.said)
        found.numbers[replicate], found.is_counted[replicate] = finished.numbers, True
        if finished.fault is not None:
            found.faults[replicate] = finished.fault

    def done() -> float:
        if not here and not as_whole:
            writer.refresh(sorted(begun))
        return sum(writer.seconds_simulated)

    total = scenario.run.duration * writer.replicates
    run_tasks(TasksToMake(todo, make), workers, take, done, total, options.progress, take_stopped=take)


def _error(writer: Writer, replicate: int, error: BaseException) -> dict:
    """A failed replicate, as the provenance has it."""
    return {
        "replicate": replicate,
        "seconds_simulated": writer.seconds_simulated[replicate],
        **describe_fault(error),
    }


def _draw(writer: Writer, out: Place, drawn: "Callable[[], Drawn] | None" = None) -> None:
    """Draw the figures of a run into its directory."""
    from glut4sim.sim.studies.run.figure import save_figure

    scenario = writer.scenario
    with storage.folder(out) as folder:
        save_figure(writer.dataset(), folder / "figure.png")
        if scenario.has_hormones:
            from glut4sim.sim.studies.run import hormones

            hormones.put(drawn() if drawn else hormones.draw(scenario), out)
        statistics = writer.single_vesicle()
        if statistics is not None:
            from glut4sim.sim.studies.run import single_vesicle_figure

            single_vesicle_figure.save_figure(writer.dataset(), statistics, folder / "single_vesicle.png")


def _summarise(writer: Writer, found: _Found | None = None) -> dict:
    scenario = writer.scenario
    found = found or _Found(writer.replicates)
    for rows in writer.blocks():
        if not found.is_counted[rows].all():
            found.numbers[rows] = summary.as_table(by_replicate(writer, rows))
    content = summary.collect(scenario.name, scenario.run.seed, found.numbers)
    if scenario.run.events:
        tables = ((name, writer.statistics(name)) for name in single_vesicle.SUMMED)
        values = {name: table for name, table in tables if table is not None}
        content[single_vesicle.GROUP] = single_vesicle.summarise(values)
    return content


def save(scenario: Scenario, values: Mapping[str, np.ndarray], seconds: float, out: Path) -> None:
    """Write what was recorded elsewhere of the first replicate of a scenario, as a run leaves it that ended there.

    Parameters
    ----------
    values : its records by name, (K,) or (K, states), t = 0 included
    seconds : how far it came [s]
    """
    writer = Writer(scenario, out, {"method": METHODS[False]})
    writer.open()
    writer.begin(0)
    writer.append(0, values, seconds)
    ended = seconds >= scenario.run.duration
    (writer.end if ended else writer.flush)(0)
    writer.finish(_summarise(writer), "complete" if ended else "interrupted", [])
    _draw(writer, storage.place(out))
