"""Run a scenario: its replicates side by side on threads, their records streamed to the results."""

import os
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import cached_property
from numbers import Integral
from pathlib import Path
from threading import Event
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from sim import meanfield, observables, single_vesicle, summary
from sim.engine import Engine
from sim.errors import InputError, describe
from sim.results import Writer
from sim.scenario import MAX_REPLICATES, MAX_SEED, Scenario

if TYPE_CHECKING:
    import xarray

MAX_BLOCK = 256  # steps between two looks at whether to stop
BLOCK_SECONDS = 0.1  # and about the time between them
REPORT_SECONDS = 0.1
MAX_THREADS = 1024
METHODS = {False: "agents", True: "mean field"}


@dataclass(frozen=True)
class RunResult:
    """What a run leaves.

    Attributes
    ----------
    out : Path or None    directory of the results; None if they are in memory only
    path : Path or None    its results.zarr
    summary : dict    content of summary.json
    warnings : tuple of str    what the user should know, one line each
    wall_seconds : float
    status : "complete" or "failed" (a replicate failed; what was reached is kept)
    dataset : xarray.Dataset    dims replicate, time (and states); read from disk when used
    single_vesicle : xarray.Dataset or None    with run.events: rates, dwell times and waits (sim/single_vesicle.py)
    """

    out: Path | None
    path: Path | None
    summary: dict
    warnings: tuple[str, ...]
    wall_seconds: float
    status: str
    _writer: Writer = field(repr=False, compare=False)

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
) -> RunResult:
    """Run all replicates of a scenario.

    The results do not depend on the number of threads, nor do states at a given time on the recording interval.

    Parameters
    ----------
    scenario : Scenario, or the name or path of one
    out : new directory for the results; None keeps them in memory, of a log of events only its statistics
    seed, replicates : instead of the scenario's; recorded in the resolved scenario
    threads : default all processors; replicates share them
    progress : called with the simulated seconds done and in all, over all replicates, about ten times a second
    mean_field : solve the mean-field twin instead of simulating agents; without chance there is one replicate

    Raises
    ------
    InputError
        if `out` exists, the agents do not fit into memory, or the scenario has several assays (sim/assays.py runs
        those): before anything is computed
    KeyboardInterrupt
        on Ctrl-C, when all replicates have stopped and the results so far are written (provenance: "interrupted")
    """
    if not isinstance(scenario, Scenario):
        scenario = Scenario.load(scenario)
    scenario.check_one_assay()
    scenario = prepare(scenario, seed, replicates, mean_field)
    threads = count_threads(threads)
    replicates = scenario.run.replicates
    workers = min(replicates, threads)
    if not mean_field:
        scenario.check_memory(workers)
    _ = scenario.parameter_set  # any fault in it is found here, not in a thread
    writer = Writer(scenario, out, {"method": METHODS[mean_field]})
    work = solve if mean_field else simulate
    stop = Event()
    total = scenario.run.duration * replicates
    status, futures, numbers = "failed", [], None
    try:
        with ThreadPoolExecutor(1) as opener, ThreadPoolExecutor(workers, thread_name_prefix="replicate") as pool:
            try:
                inner = threads // workers
                futures = [pool.submit(work, scenario, r, inner, writer, stop) for r in range(replicates)]
                opening = opener.submit(writer.open)  # meanwhile: stepping need not wait for zarr to be imported
                while wait(futures, timeout=REPORT_SECONDS).not_done:
                    if progress:
                        progress(sum(writer.seconds_simulated), total)
                    if opening.done():
                        opening.result()
                opening.result()
            except BaseException:
                stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        if progress:
            progress(sum(writer.seconds_simulated), total)
        status = "complete"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    finally:
        errors = _errors(futures, writer)
        if errors and status == "complete":
            status = "failed"
        if writer.is_open:
            numbers = _summarise(writer)
        writer.finish(numbers, status, errors)
    if writer.out is not None:
        from sim.plots import save_figure

        save_figure(writer.dataset(), writer.out / "figure.png")
        if scenario.has_hormones:
            from sim import hormones

            hormones.save(scenario, writer.out)
        if scenario.run.events:
            from sim import single_vesicle_figure

            single_vesicle_figure.save_figure(
                writer.dataset(), writer.single_vesicle(), writer.out / "single_vesicle.png"
            )
    return RunResult(writer.out, writer.store, numbers, _warnings(futures, errors), writer.wall_seconds, status, writer)


def _whole(name: str, value: int | None, low: int, high: int) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Integral) or not low <= value <= high:
        raise InputError(f"expected a whole number from {low} to {high}, got {describe(value)}.", name)
    return int(value)


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
    trace = meanfield.solve(scenario, writer.time)
    p = scenario.parameter_set
    scale = observables.Scale(
        p.vesicle.glut4_copies, p.glucose.supply / scenario.cell.glucose_agents, p.signalling.pi3k_per_irs1
    )
    writer.append(replicate, observables.measure(trace, None, scale), scenario.run.duration)
    writer.flush(replicate)
    return []


def simulate(scenario: Scenario, replicate: int, threads: int, writer: Writer, stop: Event) -> list[str]:
    """Run one replicate to the end, or until told to stop; returns the engine's warnings."""
    logging = scenario.run.events
    engine = Engine(scenario, seed=scenario.run.seed, replicate=replicate, threads=threads, log_events=logging)
    scale = observables.Scale(
        engine.glut4_total, engine.molecules_per_agent, scenario.parameter_set.signalling.pi3k_per_irs1
    )
    stride = round(scenario.run.record_every / scenario.run.step)
    steps = round(scenario.run.duration / scenario.run.step)
    last = observables.choose(engine.snapshot(), [0])
    writer.append(replicate, observables.measure(last, None, scale), 0.0)
    if logging:
        watched = single_vesicle.Statistics(scenario, engine.vesicles.state)
        writer.start_log(replicate, engine.vesicles.state)
    done, block = 0, 1
    try:
        while done < steps and not stop.is_set():
            began = perf_counter()
            block = min(block, steps - done)
            trace = engine.advance(block)
            if logging:
                events = engine.take_events()
                watched.add(events)
                writer.append_events(replicate, events)
            chosen = np.arange(stride - 1 - done % stride, block, stride)
            done += block
            values = None
            if len(chosen):
                rows = observables.choose(trace, chosen)
                values = observables.measure(rows, last, scale)
                last = observables.choose(rows, [-1])
            writer.append(replicate, values, round(done * scenario.run.step, 9))
            took = perf_counter() - began
            if took < BLOCK_SECONDS / 2:
                block = min(2 * block, MAX_BLOCK)
            elif took > BLOCK_SECONDS:
                block = max(block // 2, 1)
    finally:
        writer.flush(replicate)
        if logging:
            writer.put_statistics(replicate, watched.result(done * scenario.run.step))
    return engine.warnings()


def _errors(futures: list[Future], writer: Writer) -> list[dict]:
    """What went wrong, replicate by replicate."""
    found = []
    for replicate, future in enumerate(futures):
        error = future.exception() if future.done() and not future.cancelled() else None
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


def _warnings(futures: list[Future], errors: list[dict]) -> tuple[str, ...]:
    """One line for every failed replicate, and what the engines say, each sentence once."""
    failed = [f"replicate {e['replicate']} failed at {e['seconds_simulated']:g} s: {e['error']}" for e in errors]
    said = [sentence for future in futures if future.exception() is None for sentence in future.result()]
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
