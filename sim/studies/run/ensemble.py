"""Run a scenario: its replicates side by side, their records streamed to the results.

Replicates run on threads, on processes or on a Dask cluster (executors.py) and give the same bits on each. Every
replicate writes its own part of the results. What a run leaves undone, for whatever reason, `resume` does.
"""

import os
import traceback
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from numbers import Integral
from pathlib import Path
from threading import Event
from time import perf_counter
from typing import TYPE_CHECKING, Any

from glut4sim.sim.analysis import single_vesicle, summary
from glut4sim.sim.inputs.errors import InputError, describe
from glut4sim.sim.model import observables
from glut4sim.sim.model.engine import CHUNK, Engine
from glut4sim.sim.model.recorder import Recorder
from glut4sim.sim.results import storage
from glut4sim.sim.results.storage import Place
from glut4sim.sim.results.writer import METHODS, Gathered, Writer, read_run
from glut4sim.sim.scenario.scenario import MAX_REPLICATES, MAX_SEED, Scenario
from glut4sim.sim.studies.run import executors
from glut4sim.sim.studies.run.executors import Workers

if TYPE_CHECKING:
    import numpy as np
    import xarray

BLOCK_SECONDS = 0.1  # about the time between two looks at whether to stop
REPORT_SECONDS = 0.1
REFRESH_SECONDS = 0.5  # and at least, between two looks at how far replicates are in other processes
MAX_THREADS = 1024


@dataclass(frozen=True)
class RunResult:
    """What a run leaves.

    Attributes
    ----------
    out : Path or UPath or None    directory of the results; None if they are in memory only
    path : Path or UPath or None    its results.zarr
    summary : dict    content of summary.json
    warnings : tuple of str    what the user should know, one line each
    wall_seconds : float
    status : "complete" or "failed" (a replicate failed; what was reached is kept)
    dataset : xarray.Dataset    dims replicate, time (and states); read from disk when used
    single_vesicle : xarray.Dataset or None    with run.events: rates, dwell times, waits (analysis/single_vesicle.py)
    """

    out: Place | None
    path: Place | None
    summary: dict
    warnings: tuple[str, ...]
    wall_seconds: float
    status: str
    _writer: Writer = field(repr=False, compare=False)

    @property
    def scenario(self) -> Scenario:
        return self._writer.scenario

    @cached_property
    def dataset(self) -> "xarray.Dataset":
        return self._writer.dataset()

    @property
    def replicates(self) -> list[dict[str, float | None]]:
        """The numbers of summary.UNITS for each replicate; None where there is none."""
        return _numbers(self._writer)

    @property
    def seconds_simulated(self) -> list[float]:
        """How far each replicate came [s]."""
        return list(self._writer.seconds_simulated)

    @cached_property
    def single_vesicle(self) -> "xarray.Dataset | None":
        return self._writer.single_vesicle()


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
) -> RunResult:
    """Run all replicates of a scenario.

    The results do not depend on where and on how many threads they are computed, nor do states at a given time on the
    recording interval.

    Parameters
    ----------
    scenario : Scenario, or the name or path of one
    out : new directory for the results, or an address such as s3://bucket/run that fsspec knows; None keeps them in
        memory, of a log of events only its statistics
    seed, replicates : instead of the scenario's; recorded in the resolved scenario
    threads : default all processors; replicates share them
    progress : called with the simulated seconds done and in all, over all replicates, about ten times a second
    mean_field : solve the mean-field twin instead of simulating agents; without chance there is one replicate
    executor : "threads" (default), "processes", or the address of a Dask scheduler, whose workers must reach `out`
    checkpoint_every : simulated time between two checkpoints of a replicate [s], from which `resume` goes on; none by
        default: then it begins anew what was not finished
    only : run this one of the replicates 0, 1 ..; it is the same alone as among all

    Raises
    ------
    InputError
        if `out` exists, the agents do not fit into memory, or the scenario has several assays (studies/assays runs
        those): before anything is computed
    KeyboardInterrupt
        on Ctrl-C, when all replicates have stopped and the results so far are written (provenance: "interrupted")
    """
    if not isinstance(scenario, Scenario):
        scenario = Scenario.load(scenario)
    scenario.check_one_assay()
    scenario = prepare(scenario, seed, replicates, mean_field)
    _ = scenario.parameter_set  # any fault in it is found here, not in a thread
    todo, workers = find_workers(scenario, out, threads, mean_field, executor, checkpoint_every, only)
    about = {"method": METHODS[mean_field]} | ({} if only is None else {"only": only})
    with workers:
        writer = Writer(scenario, out, about, checkpoint_every)
        with storage.held(writer.out):
            return _run(writer, todo, workers, mean_field, progress)


def resume(
    out: str | os.PathLike,
    threads: int | None = None,
    progress: Callable[[float, float], None] | None = None,
    executor: str | None = None,
    checkpoint_every: float | None = None,
) -> RunResult:
    """Run what is missing in the results of a run: replicates that were not run, failed, or were interrupted.

    A replicate goes on from its last checkpoint, or begins anew where there is none; either way, its bits are those
    of a run that nothing had stopped.

    Parameters
    ----------
    out : directory of the run
    threads, progress, executor : as `run`; they may differ from those of that run
    checkpoint_every : as `run`, by default as that run

    Raises
    ------
    InputError
        if there is no run, another process is at it, or version or scenario are not those of the run
    KeyboardInterrupt
        as `run`
    """
    out = storage.place(out)
    if "vary" in read_run(out)[1]:
        raise InputError(
            "expected the directory of a run, found that of a sweep; sim.resume goes on with one on this machine.",
            place=str(out),
        )
    with storage.held(out):
        writer = Writer.reopen(out, checkpoint_every)
        _ = writer.scenario.parameter_set  # as in `run`
        writer.open()
        mean_field = writer.about["method"] == METHODS[True]
        _check_checkpoints(checkpoint_every, out, mean_field)
        todo = [replicate for replicate, ended in enumerate(writer.ended) if not ended]
        with choose_workers(executor, threads, len(todo), writer.scenario, mean_field) as workers:
            return _run(writer, todo, workers, mean_field, progress)


def find_workers(
    scenario: Scenario,
    out: object,
    threads: int | None,
    mean_field: bool,
    executor: str | None,
    checkpoint_every: float | None,
    only: int | None,
) -> tuple[Sequence[int], Workers]:
    """The replicates that `run` is to run, and on what; InputError as `run`."""
    last = scenario.run.replicates - 1
    todo = range(last + 1) if only is None else [_whole("replicate", only, 0, last)]
    _check_checkpoints(checkpoint_every, out, mean_field)
    return todo, choose_workers(executor, threads, len(todo), scenario, mean_field)


def _check_checkpoints(every, out, mean_field) -> None:
    if every is None:
        return
    place = "checkpoint_every"
    if isinstance(every, bool) or not isinstance(every, int | float) or not 0.0 < every < float("inf"):
        raise InputError(f"expected a time above 0 s, got {describe(every)}.", place)
    if mean_field or out is None:
        why = "a mean field, which is solved at one go" if mean_field else "results in memory"
        raise InputError(f"there are no checkpoints of {why}; leave it out.", place)


def choose_workers(
    executor: str | None, threads: int | None, tasks: int, scenario: Scenario, mean_field: bool
) -> Workers:
    """As `executors.choose`; InputError also if the memory is too small for so many cells of a scenario at a time."""
    workers = executors.choose(executor, count_threads(threads), tasks)
    try:
        if workers.is_local and not mean_field:
            scenario.check_memory(workers.count)
    except BaseException:
        workers.shutdown()
        raise
    return workers


def _run(
    writer: Writer,
    todo: Iterable[int],
    workers: Workers,
    mean_field: bool,
    progress: Callable[[float, float], None] | None,
) -> RunResult:
    """Run replicates of a Writer's scenario, then summarise and draw its results."""
    total = writer.scenario.run.duration * writer.replicates
    status, futures, numbers = "failed", {}, None
    try:
        with ThreadPoolExecutor(1) as opener, workers:
            try:
                opening = opener.submit(lambda: writer.is_open or writer.open())
                if not workers.shares_memory:
                    opening.result()
                futures = _submit(writer, todo, workers, mean_field)
                if writer.out is not None:
                    for name in (
                        "glut4sim.sim.studies.run.figure",
                        "xarray",
                    ):  # take a while, and are needed at the end
                        opener.submit(import_module, name)
                pause = REPORT_SECONDS if workers.shares_memory else REFRESH_SECONDS
                while wait(futures.values(), timeout=pause).not_done:
                    if progress:
                        progress(_seconds_done(writer, futures, workers), total)
                    if opening.done():  # else stepping goes on meanwhile: it need not wait for zarr to be imported
                        opening.result()
                opening.result()
            except BaseException:
                workers.stop()
                raise
        status = "complete"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    finally:
        if writer.is_open:
            _collect(writer, futures, workers)
        errors = _errors(futures, writer, status)
        if status == "complete" and not all(writer.ended[replicate] for replicate in todo):
            status = "failed"
        if writer.is_open:
            numbers = _summarise(writer)
        writer.finish(numbers, status, errors)
    if progress:
        progress(sum(writer.seconds_simulated), total)
    if writer.out is not None:
        _draw(writer)
    return RunResult(writer.out, writer.store, numbers, _warnings(futures, errors), writer.wall_seconds, status, writer)


def _submit(writer: Writer, todo: Iterable[int], workers: Workers, mean_field: bool) -> dict[int, Future]:
    scenario, n = writer.scenario, workers.threads
    if workers.shares_memory:
        return {r: workers.submit(_here, scenario, r, n, mean_field, writer) for r in todo}
    about = None if writer.out is None else (writer.out.absolute(), writer.checkpoint_every)
    return {r: workers.submit(_elsewhere, scenario, r, n, mean_field, about) for r in todo}


def _here(scenario, replicate, threads, mean_field, writer, stop) -> tuple[list[str], None]:
    """One replicate, in this process."""
    return (solve if mean_field else simulate)(scenario, replicate, threads, writer, stop), None


def _elsewhere(scenario, replicate, threads, mean_field, about, stop) -> tuple[list[str], Gathered | None]:
    """One replicate, in another process: written to the store, or else gathered and returned."""
    if stop.is_set():
        return [], None
    try:
        writer = Gathered(scenario) if about is None else Writer.attach(scenario, *about)
    except FileNotFoundError:
        raise RuntimeError(f"this worker sees no {about[0]}: choose an --out that all workers share") from None
    said = (solve if mean_field else simulate)(scenario, replicate, threads, writer, stop)
    return said, writer if about is None else None


def _seconds_done(writer: Writer, futures: Mapping[int, Future], workers: Workers) -> float:
    """How far all replicates are together [s]."""
    if not workers.shares_memory and writer.out is not None:
        writer.refresh()
    elif not workers.shares_memory:
        return writer.scenario.run.duration * sum(future.done() for future in futures.values())
    return sum(writer.seconds_simulated)


def _collect(writer: Writer, futures: Mapping[int, Future], workers: Workers) -> None:
    """Take over what replicates left that ran in other processes."""
    if workers.shares_memory:
        return
    if writer.out is not None:
        writer.refresh()
        return
    for replicate, future in futures.items():
        if future.done() and not future.cancelled() and future.exception() is None:
            _, gathered = future.result()
            if gathered is not None:
                gathered.pour(replicate, writer)


def _draw(writer: Writer) -> None:
    """Draw the figures of a run into its directory."""
    from glut4sim.sim.studies.run.figure import save_figure

    scenario = writer.scenario
    with storage.folder(writer.out) as folder:
        save_figure(writer.dataset(), folder / "figure.png")
        if scenario.has_hormones:
            from glut4sim.sim.studies.run import hormones

            storage.remove(folder / hormones.STORE)  # of a run that is resumed
            hormones.save(scenario, folder)
        if scenario.run.events:
            from glut4sim.sim.studies.run import single_vesicle_figure

            single_vesicle_figure.save_figure(writer.dataset(), writer.single_vesicle(), folder / "single_vesicle.png")


def _whole(name: str, value: int | None, low: int, high: int) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Integral) or not low <= value <= high:
        raise InputError(f"expected a whole number from {low} to {high}, got {describe(value)}.", name)
    return int(value)


class Halted(Exception):
    """A simulation was told to stop."""


def work_off(
    tasks: Mapping[Hashable, Callable[[Event], Any]],
    threads: int,
    done: Mapping[Hashable, float],
    total: float,
    progress: Callable[[float, float], None] | None,
) -> dict[Hashable, Any]:
    """Run simulations side by side on threads, in the order given; a fault in one, or Ctrl-C, ends all.

    Parameters
    ----------
    tasks : key -> what to call with an event that says when to stop; it then raises Halted
    done : key -> simulated seconds so far, as the tasks note them
    total : simulated seconds of all
    progress : called with the simulated seconds done and in all, about ten times a second
    """
    stop = Event()
    with ThreadPoolExecutor(threads, thread_name_prefix="simulation") as pool:
        try:
            futures = {key: pool.submit(task, stop) for key, task in tasks.items()}
            while (state := wait(futures.values(), timeout=REPORT_SECONDS)).not_done:
                for future in state.done:
                    future.result()
                if progress:
                    progress(sum(done.values()), total)
        except BaseException:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    if progress:
        progress(total, total)
    return {key: future.result() for key, future in futures.items()}


def count_threads(threads: int | None) -> int:
    """The number of threads that the user wants, checked; all processors if None."""
    return _whole("threads", threads, 1, MAX_THREADS) or os.cpu_count() or 1


def prepare(scenario: Scenario, seed: int | None, replicates: int | None, mean_field: bool = False) -> Scenario:
    """The scenario with another seed or number of replicates; None keeps its own.

    A mean field has one replicate and, since it knows no single vesicles, no events.
    """
    changes = {
        "seed": _whole("seed", seed, 0, MAX_SEED),
        "replicates": _whole("replicates", replicates, 1, MAX_REPLICATES),
    }
    if mean_field:
        if replicates not in (None, 1):
            raise InputError("expected 1 for a mean field, which knows no chance; leave it out.", "replicates")
        changes |= {"replicates": 1, "events": False}
    changes = {key: value for key, value in changes.items() if value is not None}
    return scenario.model_copy(update={"run": scenario.run.model_copy(update=changes)}) if changes else scenario


def solve(scenario: Scenario, replicate: int, threads: int, writer: Writer, stop: Event) -> list[str]:
    """Solve the mean field of a scenario as its only replicate; as `simulate`, but in one thread and at one go."""
    from glut4sim.sim.model import mean_field  # scipy's solvers take a while to import

    trace = mean_field.solve(scenario, writer.time)
    values = observables.measure(trace, None, observables.mean_scale(scenario))
    writer.begin(replicate)
    writer.append(replicate, values, scenario.run.duration)
    writer.end(replicate)
    return []


def simulate(scenario: Scenario, replicate: int, threads: int, writer: Writer, stop: Event) -> list[str]:
    """Run one replicate to the end, or until told to stop; returns what the user should know, a sentence each.

    It goes on from its last checkpoint where the Writer has one.
    """
    logging, step = scenario.run.events, scenario.run.step
    engine = Engine(scenario, seed=scenario.run.seed, replicate=replicate, threads=threads, log_events=logging)
    steps = round(scenario.run.duration / step)
    saving = writer.checkpoint_every is not None
    between = max(1, round(writer.checkpoint_every / step)) if saving else steps  # checkpoints
    watched = single_vesicle.Statistics(scenario, engine.vesicles.state) if logging else None
    writer.begin(replicate, engine.vesicles.state if logging else None)
    said, found, done = [], None, 0
    try:
        found = writer.restore(replicate, engine)
    except ValueError as error:
        said.append(f"replicate {replicate} was begun anew: {error}")
    if found is None:
        recorder = Recorder(engine)
        writer.append(replicate, recorder.first(), 0.0)
    else:
        last, events = found
        recorder = Recorder(engine, last)
        for piece in events:
            watched.add(piece)
        done = engine.step
    block = 1
    try:
        while done < steps and not stop.is_set():
            began = perf_counter()
            block = min(block, steps - done, between - done % between)
            values = recorder.advance(block)
            if logging:
                events = engine.take_events()
                watched.add(events)
                writer.append_events(replicate, events)
            done += block
            writer.append(replicate, values, round(done * step, 9))
            if saving and done % between == 0 and done < steps:
                writer.save_checkpoint(replicate, engine, recorder.last)
            took = perf_counter() - began
            if took < BLOCK_SECONDS / 2:
                block = min(2 * block, CHUNK)
            elif took > BLOCK_SECONDS:
                block = max(block // 2, 1)
    finally:
        if done < steps:  # else `end` does
            writer.flush(replicate)
        if logging:
            writer.put_statistics(replicate, watched.result(done * step))
    if done == steps:
        writer.end(replicate)
    elif saving:
        writer.save_checkpoint(replicate, engine, recorder.last)
    return said + engine.warnings()


def save(scenario: Scenario, values: Mapping[str, "np.ndarray"], seconds: float, out: Path) -> None:
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
    _draw(writer)


def _errors(futures: Mapping[int, Future], writer: Writer, status: str) -> list[dict]:
    """What went wrong, replicate by replicate."""
    found = []
    for replicate, future in futures.items():
        if not future.done() or (future.cancelled() and status != "complete"):
            continue
        error = RuntimeError("its workers were lost") if future.cancelled() else future.exception()
        if error is not None:
            found.append(
                {
                    "replicate": replicate,
                    "seconds_simulated": writer.seconds_simulated[replicate],
                    "error": f"{type(error).__name__}: {error}",
                    "traceback": "".join(traceback.format_exception(error)),
                }
            )
    return found


def _warnings(futures: Mapping[int, Future], errors: list[dict]) -> tuple[str, ...]:
    """One line for every failed replicate, and what the engines say, each sentence once."""
    failed = [f"replicate {e['replicate']} failed at {e['seconds_simulated']:g} s: {e['error']}" for e in errors]
    well = [f for f in futures.values() if not f.cancelled() and f.exception() is None]
    said = [sentence for future in well for sentence in future.result()[0]]
    return tuple(dict.fromkeys(failed + said))


def _numbers(writer: Writer) -> list[dict[str, float | None]]:
    schedule = writer.scenario.bath.insulin
    series = {name: writer.series(name) for name in summary.NEEDED}
    return summary.by_replicate(writer.time, series, (schedule.times, schedule.values))


def _summarise(writer: Writer) -> dict:
    scenario = writer.scenario
    schedule = scenario.bath.insulin
    series = {name: writer.series(name) for name in summary.NEEDED}
    content = summary.summarise(
        scenario.name, scenario.run.seed, writer.time, series, (schedule.times, schedule.values)
    )
    if scenario.run.events:
        values = {name: writer.statistics(name) for name in single_vesicle.SUMMED}
        content[single_vesicle.GROUP] = single_vesicle.summarise(values)
    return content
