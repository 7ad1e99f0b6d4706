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

from sim import observables, summary
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


def run(
    scenario: Scenario | str | os.PathLike,
    out: str | os.PathLike | None = None,
    seed: int | None = None,
    replicates: int | None = None,
    threads: int | None = None,
    progress: Callable[[float, float], None] | None = None,
) -> RunResult:
    """Run all replicates of a scenario.

    The results do not depend on the number of threads, nor do states at a given time on the recording interval.

    Parameters
    ----------
    scenario : Scenario, or the name or path of one
    out : new directory for the results; None keeps them in memory
    seed, replicates : instead of the scenario's; recorded in the resolved scenario
    threads : default all processors; replicates share them
    progress : called with the simulated seconds done and in all, over all replicates, about ten times a second

    Raises
    ------
    InputError
        if `out` exists or the agents do not fit into memory: before anything is computed
    KeyboardInterrupt
        on Ctrl-C, when all replicates have stopped and the results so far are written (provenance: "interrupted")
    """
    if not isinstance(scenario, Scenario):
        scenario = Scenario.load(scenario)
    scenario = _with_run(scenario, seed, replicates)
    threads = _whole("threads", threads, 1, MAX_THREADS) or os.cpu_count() or 1
    replicates = scenario.run.replicates
    workers = min(replicates, threads)
    scenario.check_memory(workers)
    _ = scenario.parameter_set  # any fault in it is found here, not in a thread
    writer = Writer(scenario, out)
    stop = Event()
    total = scenario.run.duration * replicates
    status, futures, numbers = "failed", [], None
    try:
        with ThreadPoolExecutor(1) as opener, ThreadPoolExecutor(workers, thread_name_prefix="replicate") as pool:
            try:
                inner = threads // workers
                futures = [pool.submit(_simulate, scenario, r, inner, writer, stop) for r in range(replicates)]
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
    return RunResult(writer.out, writer.store, numbers, _warnings(futures, errors), writer.wall_seconds, status, writer)


def _whole(name: str, value: int | None, low: int, high: int) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Integral) or not low <= value <= high:
        raise InputError(f"expected a whole number from {low} to {high}, got {describe(value)}.", name)
    return int(value)


def _with_run(scenario: Scenario, seed: int | None, replicates: int | None) -> Scenario:
    """The scenario with another seed or number of replicates; None keeps its own."""
    changes = {
        "seed": _whole("seed", seed, 0, MAX_SEED),
        "replicates": _whole("replicates", replicates, 1, MAX_REPLICATES),
    }
    changes = {key: value for key, value in changes.items() if value is not None}
    return scenario.model_copy(update={"run": scenario.run.model_copy(update=changes)}) if changes else scenario


def _simulate(scenario: Scenario, replicate: int, threads: int, writer: Writer, stop: Event) -> list[str]:
    """Run one replicate to the end, or until told to stop; returns the engine's warnings."""
    engine = Engine(scenario, seed=scenario.run.seed, replicate=replicate, threads=threads)
    scale = observables.Scale(engine.glut4_total, engine.molecules_per_agent)
    stride = round(scenario.run.record_every / scenario.run.step)
    steps = round(scenario.run.duration / scenario.run.step)
    last = observables.choose(engine.snapshot(), [0])
    writer.append(replicate, observables.measure(last, None, scale), 0.0)
    done, block = 0, 1
    try:
        while done < steps and not stop.is_set():
            began = perf_counter()
            block = min(block, steps - done)
            trace = engine.advance(block)
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


def _summarise(writer: Writer) -> dict:
    scenario = writer.scenario
    schedule = scenario.bath.insulin
    series = {name: writer.series(name) for name in summary.NEEDED}
    time = writer.time[: writer.reached]
    return summary.summarise(scenario.name, scenario.run.seed, time, series, (schedule.times, schedule.values))
