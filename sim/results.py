"""Results of a run: time series streamed to a Zarr store, read back as an xarray Dataset, and their provenance.

The directory of a run holds `scenario.toml` (resolved), `results.zarr`, `summary.json`, `provenance.json` and
`figure.png`; that of a run with hormones also `hormones.zarr` and `hormones.png` (sim/hormones.py); that of a run with
events also `single_vesicle.png`, and its store the groups of sim/event_store.py. The store is made whole at the start,
filled with NaN, and written chunk by chunk as records come in: whatever ends the run, what was reached by then can be
read. xarray and zarr are imported where they are used, for that takes longer than all else a run needs to start.
"""

import json
import os
import platform
import threading
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np

from sim import __version__
from sim.endocrine import account
from sim.errors import InputError
from sim.event_store import CHUNK_EVENTS, MemoryEvents, ZarrEvents, consolidate
from sim.observables import OBSERVABLES, STATE_NAMES
from sim.trace import Events

if TYPE_CHECKING:
    import xarray

STORE = "results.zarr"
CHUNK_RECORDS = 256
FLUSH_SECONDS = 2.0


def record_times(scenario) -> np.ndarray:
    """Times of all records of a complete run, t = 0 included [s]. Shape (K,)."""
    stride = round(scenario.run.record_every / scenario.run.step)
    steps = round(scenario.run.duration / scenario.run.step)
    return np.round(np.arange(steps // stride + 1) * scenario.run.record_every, 9)  # 0.3, not 0.30000000000000004


def _dims(observable) -> tuple[str, ...]:
    return ("replicate", "time") if observable.dim is None else ("replicate", "time", observable.dim)


def _shape(observable, replicates: int, records: int) -> tuple[int, ...]:
    return (replicates, records) if observable.dim is None else (replicates, records, len(STATE_NAMES[observable.dim]))


def _attributes(observable) -> dict[str, str]:
    return {"units": observable.unit, "long_name": observable.long_name}


TIME_ATTRIBUTES = {"units": "s", "long_name": "Time"}
REPLICATE_ATTRIBUTES = {"long_name": "Replicate"}


def _hormones(scenario) -> dict:
    """What the provenance says of hormones and assays; nothing where there are none."""
    if not scenario.has_hormones:
        return {}
    return {"assays": [account.say(at) for at in scenario.assay.at], "hormones": account.provenance(scenario)}


class MemorySink:
    """Series kept in memory: `arrays[name][replicate, a:b] = values`."""

    def __init__(self, time: np.ndarray, replicates: int, attributes: Mapping[str, str]):
        self.time, self.replicates, self.attributes = time, replicates, dict(attributes)
        self.arrays = {o.name: np.full(_shape(o, replicates, len(time)), np.nan) for o in OBSERVABLES}

    def dataset(self) -> "xarray.Dataset":
        import xarray as xr

        coordinates = {
            "replicate": ("replicate", np.arange(self.replicates), REPLICATE_ATTRIBUTES),
            "time": ("time", self.time, TIME_ATTRIBUTES),
            **{dim: (dim, list(names)) for dim, names in STATE_NAMES.items()},
        }
        variables = {o.name: (_dims(o), self.arrays[o.name], _attributes(o)) for o in OBSERVABLES}
        return xr.Dataset(variables, coordinates, self.attributes)


class ZarrSink:
    """Series in a Zarr store on disk, each replicate in chunks of its own, so that several threads may write.

    A chunk is replaced as a whole by renaming a finished file, so a reader never meets half of one.

    final : whether no other group will be added to the store
    """

    def __init__(self, path: Path, time: np.ndarray, replicates: int, attributes: Mapping[str, str], final: bool):
        import zarr

        self.path = path
        group = zarr.create_group(path, zarr_format=3, attributes=dict(attributes))
        self.arrays = {}
        for o in OBSERVABLES:
            shape = _shape(o, replicates, len(time))
            self.arrays[o.name] = group.create_array(
                o.name,
                shape=shape,
                chunks=(1, min(CHUNK_RECORDS, len(time)), *shape[2:]),
                dtype="float64",
                fill_value=np.nan,
                dimension_names=_dims(o),
                attributes=_attributes(o),
            )

        def coordinate(name, values, attributes):
            array = group.create_array(
                name, shape=values.shape, dtype=values.dtype, dimension_names=(name,), attributes=attributes
            )
            array[:] = values

        coordinate("time", time, TIME_ATTRIBUTES)
        coordinate("replicate", np.arange(replicates), REPLICATE_ATTRIBUTES)
        for dim, names in STATE_NAMES.items():
            coordinate(dim, np.array(names, dtype=np.dtypes.StringDType()), {})
        if final:
            consolidate(path)

    def dataset(self) -> "xarray.Dataset":
        return open_results(self.path)


def open_results(path: str | os.PathLike, group: str | None = None) -> "xarray.Dataset":
    """Open the results of a run, lazily: data are read when used.

    Parameters
    ----------
    path : a run's directory, or its results.zarr
    group : None for the time series; of a run with events also "single_vesicle" (the statistics of all replicates) and
        "events/0" (the log of replicate 0)
    """
    import xarray as xr

    path = Path(path)
    store = path / STORE if (path / STORE).is_dir() else path
    inside = sorted(found.parent.name for found in path.glob(f"assay-*/{STORE}"))
    if inside:
        raise InputError(f"holds {len(inside)} assays; choose one: {path / inside[0]}.", place=str(path))
    if not (store / "zarr.json").is_file():
        raise InputError(f"expected the directory of a run, found no {STORE} in it.", place=str(path))
    if group is not None and not (store / group / "zarr.json").is_file():
        raise InputError(f'found no group "{group}" in {STORE}; run with run.events = true.', place=str(path))
    with warnings.catch_warnings():  # that the metadata of a run with events are not consolidated before it ends
        warnings.filterwarnings("ignore", message="Failed to open Zarr store with consolidated")
        return xr.open_zarr(store, group=group)


class Writer:
    """Takes the records of all replicates as they come and finalises the results.

    Safe from several threads as long as each replicate has one. `open` may run in a thread of its own while replicates
    already work: what they append before it has returned waits in memory.
    """

    def __init__(self, scenario, out: str | os.PathLike | None, about: Mapping[str, object] | None = None):
        """`about` : what else the provenance shall say, such as {"method": "mean field"}"""
        self.scenario = scenario
        self.about = dict(about or {})
        self.out = None if out is None else Path(out)
        self.time = record_times(scenario)
        self.replicates = scenario.run.replicates
        self.started = datetime.now(UTC)
        self.seconds_simulated = [0.0] * self.replicates
        self._clock = monotonic()
        self._sink = None
        self._opened = threading.Event()
        self._pending = [[] for _ in range(self.replicates)]
        self._events = None
        self._initial_state = [None] * self.replicates
        self._pending_events = [[] for _ in range(self.replicates)]
        self._events_written = [0] * self.replicates
        self._written = [0] * self.replicates
        self._flushed_at = [self._clock] * self.replicates
        if self.out is not None:
            self._make_directory()
            (self.out / "scenario.toml").write_text(scenario.to_toml(), encoding="utf-8")
            self.write_json("provenance.json", self.provenance("running", []))

    def _make_directory(self) -> None:
        try:
            self.out.mkdir(parents=True)
        except FileExistsError:
            raise InputError(
                "expected a new directory, got one that exists; choose another.", place=str(self.out)
            ) from None
        except OSError as error:
            raise InputError(f"cannot be made a directory: {error.strerror}.", place=str(self.out)) from None

    @property
    def store(self) -> Path | None:
        return None if self.out is None else self.out / STORE

    def open(self) -> None:
        """Make the arrays: in memory, or the store on disk."""
        attributes = {
            "title": self.scenario.title,
            "scenario": self.scenario.name,
            "scenario_hash": self.scenario.hash,
            "seed": self.scenario.run.seed,
            "source": f"glut4sim {__version__}",
        }
        events = self.scenario.run.events
        try:
            if self.out is None:
                sink = MemorySink(self.time, self.replicates, attributes)
                self._events = MemoryEvents(self.scenario) if events else None
            else:
                sink = ZarrSink(self.store, self.time, self.replicates, attributes, not events)
                self._events = ZarrEvents(self.store, self.scenario) if events else None
            self._sink = sink
        finally:
            self._opened.set()  # also after a fault: nobody should wait for what will not come

    def append(self, replicate: int, values: Mapping[str, np.ndarray] | None, seconds: float) -> None:
        """Take the next records of a replicate (None: no new ones) and how far it has come [s]; flush when due."""
        pending = self._pending[replicate]
        if values is not None:
            pending.append(values)
        self.seconds_simulated[replicate] = seconds
        due = monotonic() - self._flushed_at[replicate] >= FLUSH_SECONDS
        if self._opened.is_set():
            if due or sum(len(v["insulin"]) for v in pending) >= CHUNK_RECORDS:
                self.flush(replicate)
            elif sum(len(events.time) for events in self._pending_events[replicate]) >= CHUNK_EVENTS:
                self._flush_events(replicate, whole_chunks=True)

    def start_log(self, replicate: int, state: np.ndarray) -> None:
        """Begin a replicate's log of events with the state (n,) of each vesicle at t = 0."""
        self._initial_state[replicate] = state.copy()

    def append_events(self, replicate: int, events: Events) -> None:
        """Take the next events of a replicate, to be written with its next records."""
        self._pending_events[replicate].append(events)

    def put_statistics(self, replicate: int, values: Mapping[str, np.ndarray]) -> None:
        """Write the statistics of a replicate's single vesicles, by name as in single_vesicle.VARIABLES."""
        self._opened.wait()
        if self._sink is not None:
            for name, array in self._events.tables.items():
                array[replicate] = values[name]

    def flush(self, replicate: int) -> None:
        """Write what a replicate has appended."""
        self._opened.wait()
        if self._sink is None:
            return
        pending, self._pending[replicate] = self._pending[replicate], []
        self._flushed_at[replicate] = monotonic()
        self._flush_events(replicate)
        if not pending:
            return
        start = self._written[replicate]
        stop = start + sum(len(v["insulin"]) for v in pending)
        for name, array in self._sink.arrays.items():
            array[replicate, start:stop] = np.concatenate([v[name] for v in pending])
        self._written[replicate] = stop

    def _flush_events(self, replicate: int, whole_chunks: bool = False) -> None:
        """Write the pending events, or as many as fill chunks to the brim: a chunk begun would be written again."""
        pending = self._pending_events[replicate]
        if self._events is None or not pending:
            return
        joined = Events(*map(np.concatenate, zip(*pending)))
        count = len(joined.time)
        if whole_chunks:
            count -= (self._events_written[replicate] + count) % CHUNK_EVENTS
        self._events.append(replicate, self._initial_state[replicate], Events(*(column[:count] for column in joined)))
        self._events_written[replicate] += count
        self._pending_events[replicate] = [Events(*(column[count:] for column in joined))] if whole_chunks else []

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
            if summary is not None:
                self.write_json("summary.json", summary)
            self.write_json("provenance.json", self.provenance(status, errors))

    def write_json(self, name: str, content: dict) -> None:
        """Replace a file in the directory."""
        write_json(self.out / name, content)


def write_json(path: Path, content: dict) -> None:
    """Replace a file as a whole, so that a reader never meets half of one. Refuses NaN, which is not JSON."""
    draft = path.with_name(f".{path.name}.part")
    draft.write_text(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    draft.replace(path)
