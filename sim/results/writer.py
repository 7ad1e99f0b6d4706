"""Results of a run: time series streamed to a Zarr store, read back as an xarray Dataset, and their provenance.

The directory of a run holds `scenario.toml` (resolved), `results.zarr`, `summary.json`, `provenance.json` and
`figure.png`; that of a run with hormones also `hormones.zarr` and `hormones.png`; that of a run with events also
`single_vesicle.png`, and its store the groups of event_store.py; that of a run with checkpoints these, until each
replicate has ended. It lies on this machine or wherever fsspec reaches (storage.py).

The store is written as records come in (series_store.py): whatever ends the run, what was reached by then can be
read, and gone on from. xarray and zarr are imported where they are used, for that takes longer than all else a run
needs to start.
"""

import json
import os
import platform
import threading
import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np

from glut4sim.sim.endocrine import evidence
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model.step_records import Events, StepRecords
from glut4sim.sim.results import checkpoint, event_store, storage
from glut4sim.sim.results.event_store import CHUNK_EVENTS, MemoryEvents, ZarrEvents
from glut4sim.sim.results.series_store import (
    CHUNK_RECORDS,
    PROGRESS,
    STORE,
    MemorySink,
    ZarrSink,
    create_store,
    open_results,
    record_times,
)
from glut4sim.sim.results.storage import Place
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.version import __version__

if TYPE_CHECKING:
    import xarray

    from glut4sim.sim.model.engine import Engine

__all__ = [
    "METHODS",
    "STORE",
    "SWEEP_KEYS",
    "Gathered",
    "Writer",
    "open_results",
    "read_run",
    "record_times",
    "write_json",
]

FLUSH_SECONDS = 5.0  # a replicate that takes less is written once, when it ends
METHODS = {False: "agents", True: "mean field"}
SWEEP_KEYS = ("vary", "observable")  # what the provenance of a sweep says besides


def _hormones(scenario) -> dict:
    """What the provenance says of hormones and assays; nothing where there are none."""
    if not scenario.has_hormones:
        return {}
    return {"assays": [evidence.say(at) for at in scenario.assay.at], "hormones": evidence.provenance(scenario)}


class Writer:
    """Takes the records of all replicates as they come and finalises the results.

    Safe from several threads as long as each replicate has one. `open` may run in a thread of its own while replicates
    already work: what they append before it has returned waits in memory. Replicates in other processes have a Writer
    each, made by `attach`; `refresh` then tells how far they are.

    Parameters
    ----------
    out : where the results shall lie, a new directory; None keeps them in memory
    about : what else the provenance shall say, such as {"method": "mean field"}
    checkpoint_every : float or None    simulated time between two checkpoints of a replicate [s]
    """

    def __init__(
        self,
        scenario: Scenario,
        out: str | os.PathLike | None,
        about: Mapping[str, object] | None = None,
        checkpoint_every: float | None = None,
    ):
        self._set_up(scenario, None if out is None else storage.place(out), checkpoint_every)
        self.about = dict(about or {})
        self._is_new = True
        if self.out is not None:
            storage.make_directory(self.out)
            storage.write(self.out / "scenario.toml", scenario.to_toml().encode())
            self.write_json("provenance.json", self.provenance("running", []))

    @classmethod
    def attach(cls, scenario: Scenario, out: Place, checkpoint_every: float | None = None) -> "Writer":
        """A Writer for replicates of a run whose store another Writer has opened."""
        writer = cls.__new__(cls)
        writer._set_up(scenario, out, checkpoint_every)
        writer._is_new = False
        writer.open()
        return writer

    @classmethod
    def reopen(cls, out: str | os.PathLike, checkpoint_every: float | None = None) -> "Writer":
        """A Writer that goes on with a run: when it is open, `ended` says which replicates need not be run again.

        checkpoint_every : None: as that run

        Raises
        ------
        InputError
            if there is no run, or it is one of another version or of another scenario than its scenario.toml now is
        """
        out = storage.place(out)
        scenario, before = read_run(out)
        writer = cls.__new__(cls)
        writer._set_up(scenario, out, checkpoint_every or before.get("checkpoint_every"))
        writer.about = {key: before[key] for key in ("method", *SWEEP_KEYS) if key in before}
        writer.started = datetime.fromisoformat(before["started"])
        writer._clock -= before["wall_seconds"]
        writer._is_new = not (out / STORE / PROGRESS / "reached" / "zarr.json").is_file()  # it was not begun
        return writer

    def _set_up(self, scenario, out, checkpoint_every):
        self.scenario, self.out, self.checkpoint_every = scenario, out, checkpoint_every
        self.time = record_times(scenario)
        self.replicates = scenario.run.replicates
        self.started = datetime.now(UTC)
        self.seconds_simulated = [0.0] * self.replicates
        self.ended = [False] * self.replicates
        self._clock = monotonic()
        self._sink = None
        self._opened = threading.Event()
        self._pending = [[] for _ in range(self.replicates)]
        self._events = None
        self._initial_state = {}
        self._pending_events = [[] for _ in range(self.replicates)]
        self._appended = [0] * self.replicates  # records, those written among them
        self._written = [0] * self.replicates
        self._events_appended = [0] * self.replicates
        self._events_written = [0] * self.replicates
        self._flushed_at = [self._clock] * self.replicates

    @property
    def store(self) -> Place | None:
        return None if self.out is None else self.out / STORE

    def open(self) -> None:
        """Make the arrays, in memory or on disk, or open those that are there."""
        events = self.scenario.run.events
        try:
            if self.out is None:
                sink = MemorySink(self.time, self.replicates, self._attributes())
                self._events = MemoryEvents(self.scenario) if events else None
            else:
                if self._is_new:
                    create_store(self.store, self.time, self.replicates, self._attributes(), not events)
                    if events:
                        event_store.create(self.store, self.scenario)
                sink = ZarrSink(self.store)
                self._events = ZarrEvents(self.store) if events else None
            self._sink = sink
            if not self._is_new:
                self.refresh()
        finally:
            self._opened.set()  # also after a fault: nobody should wait for what will not come

    def _attributes(self) -> dict[str, object]:
        return {
            "title": self.scenario.title,
            "scenario": self.scenario.name,
            "scenario_hash": self.scenario.hash,
            "seed": self.scenario.run.seed,
            "source": f"glut4sim {__version__}",
        }

    def refresh(self) -> None:
        """Learn from the store how far replicates are that others write."""
        seconds, records, ended = np.asarray(self._sink.reached[:]).T
        self.seconds_simulated = seconds.tolist()
        self._written = records.astype(int).tolist()
        self.ended = (ended > 0.0).tolist()

    # ---- a replicate ----

    def begin(self, replicate: int, state: np.ndarray | None = None) -> None:
        """Begin a replicate, with the state (n,) of each vesicle at t = 0 if its events are logged."""
        self.seconds_simulated[replicate], self.ended[replicate] = 0.0, False
        self._appended[replicate] = self._written[replicate] = 0
        self._events_appended[replicate] = self._events_written[replicate] = 0
        self._flushed_at[replicate] = monotonic()
        self._initial_state[replicate] = None if state is None else state.copy()

    def append(self, replicate: int, values: Mapping[str, np.ndarray] | None, seconds: float) -> None:
        """Take the next records of a replicate (None: no new ones) and how far it has come [s]; flush when due."""
        pending = self._pending[replicate]
        if values is not None:
            pending.append(values)
            self._appended[replicate] += len(values["insulin"])
        self.seconds_simulated[replicate] = seconds
        due = monotonic() - self._flushed_at[replicate] >= FLUSH_SECONDS
        if self._opened.is_set():
            if due or self._appended[replicate] - self._written[replicate] >= CHUNK_RECORDS:
                self.flush(replicate)
            elif self._events_appended[replicate] - self._events_written[replicate] >= CHUNK_EVENTS:
                self._flush_events(replicate, whole_chunks=True)

    def append_events(self, replicate: int, events: Events) -> None:
        """Take the next events of a replicate, to be written with its next records."""
        self._pending_events[replicate].append(events)
        self._events_appended[replicate] += len(events.time)

    def flush(self, replicate: int) -> None:
        """Write what a replicate has appended."""
        self._opened.wait()
        if self._sink is not None:
            self._write_pending(replicate)
            self._note_progress(replicate)

    def _write_pending(self, replicate: int) -> None:
        pending, self._pending[replicate] = self._pending[replicate], []
        self._flushed_at[replicate] = monotonic()
        self._flush_events(replicate)
        if pending:
            start, stop = self._written[replicate], self._appended[replicate]
            self._sink.write(replicate, start, stop, {k: np.concatenate([v[k] for v in pending]) for k in pending[0]})
            self._written[replicate] = stop

    def _flush_events(self, replicate: int, whole_chunks: bool = False) -> None:
        """Write the pending events, or as many as fill chunks to the brim: a chunk begun would be written again."""
        if self._events is None:
            return
        if (state := self._initial_state.pop(replicate, None)) is not None:
            self._events.begin(replicate, state)
        pending = self._pending_events[replicate]
        if not pending:
            return
        joined = Events(*map(np.concatenate, zip(*pending)))
        count = len(joined.time)
        if whole_chunks:
            count -= (self._events_written[replicate] + count) % CHUNK_EVENTS
        self._events.append(replicate, Events(*(column[:count] for column in joined)))
        self._events_written[replicate] += count
        self._pending_events[replicate] = [Events(*(column[count:] for column in joined))] if whole_chunks else []

    def _note_progress(self, replicate: int) -> None:
        if self.out is not None:
            reached = self.seconds_simulated[replicate], self._written[replicate], self.ended[replicate]
            self._sink.reached[replicate] = np.array(reached, float)

    def put_statistics(self, replicate: int, values: Mapping[str, np.ndarray]) -> None:
        """Write the statistics of a replicate's single vesicles, by name as in single_vesicle.VARIABLES."""
        self._opened.wait()
        if self._sink is not None:
            for name, array in self._events.tables.items():
                array[replicate] = values[name]

    def end(self, replicate: int) -> None:
        """Write what is left of a replicate that has come to its end, then note that all of it is written."""
        self._opened.wait()
        if self._sink is not None:
            self._write_pending(replicate)
            self.ended[replicate] = True
            self._note_progress(replicate)
            if self.out is not None:
                checkpoint.path_of(self.out, replicate).unlink(missing_ok=True)

    # ---- checkpoints ----

    def save_checkpoint(self, replicate: int, engine: "Engine", last: StepRecords) -> None:
        """Write all that a replicate needs to go on from here; `last` is its last record."""
        self.flush(replicate)
        if self._sink is None:
            return
        counts = {"records": self._written[replicate], "events": self._events_written[replicate]}
        rest = {f"last.{name}": column for name, column in last._asdict().items()}
        path = checkpoint.path_of(self.out, replicate)
        checkpoint.save(path, engine, rest | {name: np.array(count) for name, count in counts.items()})

    def restore(self, replicate: int, engine: "Engine") -> tuple[StepRecords, Iterable[Events]] | None:
        """Bring an engine to the last checkpoint of its replicate, and what was written back to it.

        Returns
        -------
        last record, events until then in pieces (to be taken all); or None if there is no checkpoint

        Raises
        ------
        ValueError
            if the checkpoint is damaged
        """
        if self.out is None or self._is_new:
            return None
        rest = checkpoint.load(checkpoint.path_of(self.out, replicate), engine)
        if rest is None:
            return None
        self._initial_state.pop(replicate, None)
        self._appended[replicate] = self._written[replicate] = int(rest["records"])
        self._events_appended[replicate] = self._events_written[replicate] = int(rest["events"])
        self.seconds_simulated[replicate] = round(engine.time, 9)
        events = () if self._events is None else self._events.cut(replicate, int(rest["events"]))
        return StepRecords(*(rest[f"last.{name}"] for name in StepRecords._fields)), events

    # ---- what was written ----

    @property
    def reached(self) -> int:
        """Number of records that the furthest replicate has written."""
        return max(self._written)

    def series(self, name: str) -> np.ndarray:
        """One observable's records so far, (replicates, reached) or (.., states); NaN where a replicate lags behind."""
        return np.asarray(self._sink.arrays[name][:, : self.reached])

    @property
    def is_open(self) -> bool:
        return self._sink is not None

    def dataset(self) -> "xarray.Dataset":
        return self._sink.dataset()

    def statistics(self, name: str) -> np.ndarray | None:
        """One of single_vesicle.VARIABLES, (replicates, ..); NaN where not reached. None without a log of events."""
        return None if self._events is None else np.asarray(self._events.tables[name][:])

    def single_vesicle(self) -> "xarray.Dataset | None":
        """The statistics of single vesicles; None without a log of events."""
        return None if self._events is None else self._events.dataset()

    def provenance(self, status: str, errors: list[dict]) -> dict:
        """Where the results come from: program, scenario, parameters, machine, time.

        status : running (also what a killed run says for ever) | complete | interrupted | failed
        errors : of failed replicates, each {"replicate", "seconds_simulated", "error", "traceback"}
        """
        scenario = self.scenario
        return {
            "version": __version__,
            **self.about,
            **({"checkpoint_every": self.checkpoint_every} if self.checkpoint_every else {}),
            "scenario": scenario.name,
            "scenario_hash": scenario.hash,
            "parameter_hash": scenario.preset.hash,
            "parameter_evidence": scenario.preset.counts(),
            "seed": scenario.run.seed,
            "replicates": self.replicates,
            **_hormones(scenario),
            "environment": {
                "python": platform.python_version(),
                **{name: version(name) for name in ("numpy", "numba")},
                "platform": platform.platform(),
                "cpu_count": os.cpu_count(),
            },
            "started": self.started.isoformat(timespec="seconds"),
            "finished": None if status == "running" else datetime.now(UTC).isoformat(timespec="seconds"),
            "wall_seconds": round(self.wall_seconds, 3),
            "status": status,
            "seconds_simulated": list(self.seconds_simulated),
            "errors": errors,
        }

    @property
    def wall_seconds(self) -> float:
        return monotonic() - self._clock

    def finish(self, summary: dict | None, status: str, errors: list[dict]) -> None:
        """Write the summary, where there is one, and the final provenance; nothing is appended any more."""
        if self._events is not None:
            self._events.close()
        if self.out is not None:
            if all(self.ended):
                storage.remove(self.out / checkpoint.FOLDER)
            if summary is not None:
                self.write_json("summary.json", summary)
            self.write_json("provenance.json", self.provenance(status, errors))

    def write_json(self, name: str, content: dict) -> None:
        """Replace a file in the directory."""
        write_json(self.out / name, content)


class Gathered:
    """In place of a Writer, for one replicate that runs where it cannot reach the memory of its run: what it says.

    `pour` hands it to the run's Writer. Of events only the statistics are kept.
    """

    checkpoint_every = None

    def __init__(self, scenario: Scenario):
        self.scenario = scenario
        self.records: list[Mapping[str, np.ndarray]] = []
        self.table: Mapping[str, np.ndarray] = {}
        self.seconds, self.has_ended = 0.0, False

    @property
    def time(self) -> np.ndarray:
        """As Writer.time."""
        return record_times(self.scenario)

    def begin(self, replicate: int, state: np.ndarray | None = None) -> None:
        """As Writer.begin."""

    def restore(self, replicate: int, engine: "Engine") -> None:
        """As Writer.restore; there is no checkpoint."""

    def append(self, replicate: int, values: Mapping[str, np.ndarray] | None, seconds: float) -> None:
        """As Writer.append."""
        self.seconds = seconds
        if values is not None:
            self.records.append(values)

    def append_events(self, replicate: int, events: Events) -> None:
        """As Writer.append_events, but nothing is kept."""

    def put_statistics(self, replicate: int, values: Mapping[str, np.ndarray]) -> None:
        """As Writer.put_statistics."""
        self.table = values

    def flush(self, replicate: int) -> None:
        """As Writer.flush."""

    def end(self, replicate: int) -> None:
        """As Writer.end."""
        self.has_ended = True

    def pour(self, replicate: int, writer: Writer) -> None:
        """Hand all to the Writer of the run."""
        for values in self.records:
            writer.append(replicate, values, self.seconds)
        if self.table:
            writer.put_statistics(replicate, self.table)
        if self.has_ended:
            writer.end(replicate)
        else:
            writer.flush(replicate)


def read_run(out: Place) -> tuple[Scenario, dict]:
    """Scenario and provenance of a run or sweep that may be resumed; InputError as `Writer.reopen`."""
    if not out.is_dir():
        raise InputError("there is no such directory.", place=str(out))
    try:
        before = json.loads((out / "provenance.json").read_text(encoding="utf-8"))
        text = (out / "scenario.toml").read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise InputError(
            "expected the directory of a run, found no scenario.toml and provenance.json in it.", place=str(out)
        ) from None
    if before.get("method") not in METHODS.values():
        raise InputError("expected the directory of a run, a comparison or a sweep.", place=str(out))
    written = f"{STORE} was written by glut4sim {before['version']}"
    if before["version"] != __version__:
        raise InputError(
            f"{written}, not by this one ({__version__}); install that version, or run the scenario anew.",
            place=str(out),
        )
    try:
        scenario = Scenario.from_table(tomllib.loads(text), before["scenario"])
    except (InputError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"is no longer the scenario of the run: {error}", place=str(out / "scenario.toml")) from None
    if scenario.hash != before["scenario_hash"]:
        raise InputError(
            f"{written} of scenario {before['scenario_hash'][:8]}, not of this scenario.toml ({scenario.hash[:8]}); "
            "restore the file, or run it with another --out.",
            place=str(out),
        )
    return scenario, before


def write_json(path: Place, content: dict) -> None:
    """Replace a file as a whole, so that a reader never meets half of one. Refuses NaN, which is not JSON."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    storage.write(storage.place(path), text.encode())
