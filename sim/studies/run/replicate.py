"""One replicate of a scenario, from its first step to its last, or to where it is told to stop."""

from time import perf_counter
from typing import NamedTuple

import numpy as np

from glut4sim.sim.analysis import single_vesicle, summary
from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.model import observables
from glut4sim.sim.model.engine import CHUNK, Engine
from glut4sim.sim.model.recorder import Recorder
from glut4sim.sim.results.flush_policy import CheckpointPolicy
from glut4sim.sim.results.gathered import Gathered, Piece
from glut4sim.sim.results.record_sink import RecordSink
from glut4sim.sim.results.series_store import by_name
from glut4sim.sim.results.writer import Writer
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.executors import Stop
from glut4sim.sim.studies.tasks import portable

BLOCK_SECONDS = 0.1  # about the time between two looks at whether to stop


class Pace:
    """How many steps to take until the next look at whether to stop; replicates that follow one another share it."""

    def __init__(self):
        self.block = 1

    def took(self, steps: int, seconds: float) -> None:
        """Learn that so many steps took so long [s]."""
        if seconds < BLOCK_SECONDS / 2:
            self.block = max(self.block, min(2 * steps, CHUNK))
        elif seconds > BLOCK_SECONDS:
            self.block = max(steps // 2, 1)


class Finished(NamedTuple):
    """What is left of a replicate that was gathered."""

    said: list[str]  # what the user should know
    piece: Piece | None  # None: it was not begun
    numbers: np.ndarray  # (n,) its numbers, in the order of summary.UNITS; NaN where there is none
    fault: Exception | None  # that ended it


def compute(
    scenario: Scenario,
    replicate: int,
    threads: int,
    mean_field: bool,
    writer: RecordSink,
    stop: Stop,
    pace: Pace | None = None,
) -> list[str]:
    """One replicate, by agents or by the mean field; as `simulate`."""
    return (solve if mean_field else simulate)(scenario, replicate, threads, writer, stop, pace)


def compute_elsewhere(
    scenario: Scenario,
    replicate: int,
    threads: int,
    mean_field: bool,
    out: Place,
    checkpoint_every: float | None,
    stop: Stop,
    pace: Pace | None = None,
) -> list[str]:
    """As `compute`, in another process than its run's, written to the store in `out`."""
    if stop.is_set():
        return []
    try:
        writer = Writer.attach(scenario, out, checkpoint_every)
    except FileNotFoundError:
        raise RuntimeError(f"this worker sees no {out}: choose an --out that all workers share") from None
    return compute(scenario, replicate, threads, mean_field, writer, stop, pace)


def compute_whole(
    scenario: Scenario,
    replicate: int,
    threads: int,
    mean_field: bool,
    keep_events: bool,
    reached: list[float] | None,
    stop: Stop,
    pace: Pace | None = None,
) -> Finished:
    """As `compute`, wherever it is; gathered and returned as far as it has come, also if a fault ended it.

    `keep_events` and `reached` as Gathered; without `reached`, it is sent to another process.
    """
    numbers, error = np.full(len(summary.UNITS), np.nan), None
    if stop.is_set():
        return Finished([], None, numbers, None)
    gathered, said = Gathered(scenario, keep_events, reached), []
    try:
        said = compute(scenario, replicate, threads, mean_field, gathered, stop, pace)
    except Exception as fault:  # noqa: BLE001  whatever it is, what was reached is kept
        error = portable(fault) if reached is None else fault
    piece = gathered.piece()
    if len(piece.records):
        series, insulin = by_name(piece.records), scenario.bath.insulin
        found = summary.one_replicate(gathered.time, {n: series[n] for n in summary.NEEDED}, insulin)
        numbers = summary.as_table([found])[0]
    return Finished(said, piece, numbers, error)


def solve(
    scenario: Scenario, replicate: int, threads: int, writer: RecordSink, stop: Stop, pace: Pace | None = None
) -> list[str]:
    """Solve the mean field of a scenario as its only replicate; as `simulate`, but in one thread and at one go."""
    from glut4sim.sim.model import mean_field  # scipy's solvers take a while to import

    trace = mean_field.solve(scenario, writer.time)
    values = observables.measure(trace, None, observables.mean_scale(scenario))
    writer.begin(replicate)
    writer.append(replicate, values, scenario.run.duration)
    writer.end(replicate)
    return []


def simulate(
    scenario: Scenario, replicate: int, threads: int, writer: RecordSink, stop: Stop, pace: Pace | None = None
) -> list[str]:
    """Run one replicate to the end, or until told to stop; returns what the user should know, a sentence each.

    It goes on from its last checkpoint where the Writer has one.
    """
    logging, step = scenario.run.events, scenario.run.step
    engine = Engine(scenario, seed=scenario.run.seed, replicate=replicate, threads=threads, log_events=logging)
    steps = round(scenario.run.duration / step)
    checkpoints = CheckpointPolicy.every(writer.checkpoint_every, steps, step)
    watched = single_vesicle.Statistics(scenario, engine.vesicles.state) if logging else None
    writer.begin(replicate, engine.vesicles.state if logging else None)
    recorder, said = _begin(writer, replicate, engine, watched)
    done, pace = engine.step, pace or Pace()
    try:
        while done < steps and not stop.is_set():
            began = perf_counter()
            block = min(pace.block, checkpoints.steps_left(done))
            values = recorder.advance(block)
            if watched is not None:
                events = engine.take_events()
                watched.add(events)
                writer.append_events(replicate, events)
            done += block
            writer.append(replicate, values, round(done * step, 9))
            if checkpoints.is_due(done):
                writer.save_checkpoint(replicate, engine, recorder.last)
            pace.took(block, perf_counter() - began)
    finally:
        if done < steps:  # else `end` does
            writer.flush(replicate)
        if watched is not None:
            writer.put_statistics(replicate, watched.result(done * step))
    if done == steps:
        writer.end(replicate)
    elif checkpoints.between is not None:
        writer.save_checkpoint(replicate, engine, recorder.last)
    return said + engine.warnings()


def _begin(
    writer: RecordSink, replicate: int, engine: Engine, watched: single_vesicle.Statistics | None
) -> tuple[Recorder, list[str]]:
    """The recorder of an engine at the last checkpoint of its replicate, or at the start; and what there is to say."""
    said, found = [], None
    try:
        found = writer.restore(replicate, engine)
    except ValueError as error:
        said.append(f"replicate {replicate} was begun anew: {error}")
    if found is None:
        recorder = Recorder(engine)
        writer.append(replicate, recorder.first(), 0.0)
        return recorder, said
    last, events = found
    if watched is not None:
        for piece in events:
            watched.add(piece)
    return Recorder(engine, last), said
