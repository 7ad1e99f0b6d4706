"""Results of a run as it goes on: records, events and checkpoints taken from its replicates, and what is left of them.

The directory of a run holds `scenario.toml` (resolved), `results.zarr`, `summary.json`, `provenance.json` and
`figure.png`; that of a run with hormones also `hormones.zarr` and `hormones.png`; that of a run with events also
`single_vesicle.png`, and its store the groups of event_store.py; that of a run with checkpoints these, until each
replicate has ended. It lies on this machine or wherever fsspec reaches (storage.py).

The store is written as records come in (flush_policy.py): whatever ends the run, what was reached by then can be read,
and gone on from. Of many brief replicates, each comes as a whole (layout.py). xarray and zarr are imported where they
are used, for that takes longer than all else a run needs to start.
"""

import logging
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np

from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.storage import Place, PlaceLike, write_json
from glut4sim.sim.model.step_records import Events, StepRecords
from glut4sim.sim.results import checkpoint, damage, store
from glut4sim.sim.results.backlog import Backlog
from glut4sim.sim.results.flush_policy import FlushPolicy
from glut4sim.sim.results.gathered import Piece
from glut4sim.sim.results.layout import replicates_per_chunk
from glut4sim.sim.results.provenance import PROVENANCE, SCENARIO, WARNINGS, Provenance, read_run
from glut4sim.sim.results.series_store import PROGRESS, REACHED, STORE, Progress, by_name, record_times
from glut4sim.sim.results.shared_store import SharedStore
from glut4sim.sim.results.store import Store
from glut4sim.sim.results.zarr_arrays import METADATA
from glut4sim.sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    import xarray

    from glut4sim.sim.model.engine import Engine

LOG = logging.getLogger(__name__)
POLICY = FlushPolicy()  # of all runs
BLOCK_RECORDS = 2**17  # that are read together


class Writer:
    """Takes the records of all replicates as they come and finalises the results.

    Safe from several threads as long as each replicate has one. `open` may run in a thread of its own while replicates
    already work: what they append before it has returned waits in memory. Replicates in other processes have a Writer
    each, made by `attach`; `refresh` then tells how far they are. Replicates that are gathered as a whole are taken by
    `put`, in one thread.

    Parameters
    ----------
    out
        where the results shall lie, a new directory or address; None keeps them in memory
    about
        what else the provenance shall say, such as {"method": "mean field"}
    checkpoint_every : float or None
        simulated time between two checkpoints of a replicate [s]

    Attributes
    ----------
    scenario : Scenario
    out : Path or UPath or None
    time : (K,) float64
        of all records of a complete run [s]
    seconds_simulated : list of float
        how far each replicate has come [s]
    ended : list of bool
        whether it has come to its end, and all of it is written
    damaged : dict of int -> str
        what was found to be wrong with replicates that are therefore begun anew
    """

    def __init__(
        self,
        scenario: Scenario,
        out: PlaceLike | None,
        about: Mapping[str, object] | None = None,
        checkpoint_every: float | None = None,
    ):
        provenance = Provenance(scenario, about or {}, checkpoint_every)
        self._set_up(scenario, None if out is None else storage.place(out), provenance, is_new=True)
        if self.out is not None:
            storage.make_directory(self.out)
            storage.write(self.out / SCENARIO, scenario.to_toml())
            self._write_provenance("running", [])

    @classmethod
    def attach(cls, scenario: Scenario, out: Place, checkpoint_every: float | None = None) -> "Writer":
        """A Writer for replicates of a run whose store another Writer has opened."""
        writer = cls.__new__(cls)
        writer._set_up(scenario, out, Provenance(scenario, {}, checkpoint_every), is_new=False)
        writer._store = store.open_existing(out / STORE, scenario)  # how far others are is no matter
        writer._opened.set()
        return writer

    @classmethod
    def reopen(cls, out: PlaceLike, checkpoint_every: float | None = None) -> "Writer":
        """A Writer that goes on with a run: when it is open, `ended` says which replicates need not be run again.

        Parameters
        ----------
        checkpoint_every : None: as that run

        Raises
        ------
        InputError
            as `read_run`
        """
        where = storage.place(out)
        scenario, before = read_run(where)
        begun = (where / STORE / PROGRESS / REACHED / METADATA).is_file()
        writer = cls.__new__(cls)
        writer._set_up(scenario, where, Provenance.going_on(scenario, before, checkpoint_every), is_new=not begun)
        return writer

    def go_on(self) -> None:
        """Say in the provenance that it is at work again, as it would not if it were killed."""
        self._write_provenance("running", [])

    def _set_up(self, scenario: Scenario, out: Place | None, provenance: Provenance, is_new: bool) -> None:
        self.scenario, self.out = scenario, out
        self.time = record_times(scenario)
        self.seconds_simulated = [0.0] * self.replicates
        self.ended = [False] * self.replicates
        self.damaged: dict[int, str] = {}
        self._provenance, self._is_new = provenance, is_new
        self._records = np.zeros(self.replicates, np.int64)  # that each has written
        self._backlogs: dict[int, Backlog] = {}  # of those at work
        self._store: Store | None = None
        self._shared: SharedStore | None = None
        self._opened = threading.Event()

    @property
    def replicates(self) -> int:
        """How many replicates the run has."""
        return self.scenario.run.replicates

    @property
    def store(self) -> Place | None:
        """Where results.zarr is; None in memory."""
        return None if self.out is None else self.out / STORE

    @property
    def about(self) -> Mapping[str, object]:
        """What the provenance says besides."""
        return self._provenance.about

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the provenance says of a scenario that is probably not what was meant (`provenance.doubts`)."""
        found = self.about.get(WARNINGS, ())
        return tuple(map(str, found)) if isinstance(found, list | tuple) else ()

    @property
    def checkpoint_every(self) -> float | None:
        """Simulated time between two checkpoints of a replicate [s]; None: there are none."""
        return self._provenance.checkpoint_every

    @property
    def wall_seconds(self) -> float:
        """As Provenance.wall_seconds."""
        return self._provenance.wall_seconds

    def open(self) -> None:
        """Make the arrays, in memory or on disk, or open those that are there."""
        try:
            if self.store is None:
                self._store = store.in_memory(self.scenario)
                return
            if self._is_new:
                store.create(self.store, self.scenario)
            else:
                self._forget_damaged(self.store)
            self._store = store.open_existing(self.store, self.scenario)
            if not self._is_new:
                self.refresh(range(self.replicates))
        finally:
            self._opened.set()  # also after a fault: nobody should wait for what will not come

    def _forget_damaged(self, where: Place) -> None:
        """Begin those replicates anew of which a part is missing or damaged; InputError if that is of no help."""
        flaws = damage.find(where)
        damage.refuse(where, [flaw for flaw in flaws if not flaw.replicates], damage.anew(where))
        self.damaged = damage.forget(where, flaws)
        for replicate in self.damaged:
            checkpoint.path_of(where.parent, replicate).unlink(missing_ok=True)

    @property
    def is_open(self) -> bool:
        """Whether `open` has made or found the arrays."""
        return self._store is not None

    @property
    def _kept(self) -> Store:
        """The arrays, once `open` has made or found them."""
        if self._store is None:
            raise RuntimeError("the results are not open")
        return self._store

    @property
    def shares_chunks(self) -> bool:
        """Whether replicates share chunks of the store, or would on disk, so that they are to come as a whole."""
        if self.store is None or self._is_new:
            return replicates_per_chunk(self.scenario) > 1
        return self._kept.rows > 1

    def refresh(self, replicates: Sequence[int]) -> None:
        """Learn from the store how far some replicates are that others write."""
        for replicate, progress in zip(replicates, self._kept.series.progress(replicates)):
            self._note_progress(replicate, progress)

    def _note_progress(self, replicate: int, progress: Progress) -> None:
        self.seconds_simulated[replicate], self.ended[replicate] = progress.seconds, progress.ended
        self._records[replicate] = progress.records

    # ---- a replicate ----

    def begin(self, replicate: int, state: np.ndarray | None = None) -> None:
        """Begin a replicate, with the state (n,) of each vesicle at t = 0 if its events are logged."""
        LOG.info("replicate %d begins", replicate)
        self._note_progress(replicate, Progress(0.0, 0, False))
        self._backlogs[replicate] = Backlog(monotonic(), initial_state=None if state is None else state.copy())

    def append(self, replicate: int, values: Mapping[str, np.ndarray] | None, seconds: float) -> None:
        """Take the next records of a replicate (None: no new ones) and how far it has come [s]; flush when due."""
        backlog = self._backlog(replicate)
        if values is not None:
            backlog.add_records(values)
        self.seconds_simulated[replicate] = seconds
        if not self._opened.is_set():
            return
        if POLICY.is_due(monotonic() - backlog.flushed_at, backlog.records_waiting):
            self.flush(replicate)
        elif count := POLICY.full_chunks(backlog.events_written, backlog.events_waiting):
            self._write_events(backlog, replicate, count)

    def _backlog(self, replicate: int) -> Backlog:
        if replicate not in self._backlogs:
            self._backlogs[replicate] = Backlog(monotonic())
        return self._backlogs[replicate]

    def append_events(self, replicate: int, events: Events) -> None:
        """Take the next events of a replicate, to be written with its next records."""
        self._backlog(replicate).add_events(events)

    def flush(self, replicate: int) -> None:
        """Write what a replicate has appended."""
        self._opened.wait()
        if self._store is not None:
            self._write_all(replicate)
            self._note(replicate)

    def put_statistics(self, replicate: int, values: Mapping[str, np.ndarray]) -> None:
        """Write the statistics of a replicate's single vesicles, by name as in single_vesicle.VARIABLES."""
        self._opened.wait()
        if self._store is not None and self._store.events is not None:
            self._store.events.put_statistics(replicate, values)

    def end(self, replicate: int) -> None:
        """Write what is left of a replicate that has come to its end, then note that all of it is written."""
        self._opened.wait()
        if self._store is not None:
            self._write_all(replicate)
            self.ended[replicate] = True
            self._note(replicate)
            LOG.info("replicate %d has ended", replicate)
            del self._backlogs[replicate]
            if self.out is not None:
                checkpoint.path_of(self.out, replicate).unlink(missing_ok=True)

    def put(self, replicate: int, piece: Piece) -> None:
        """Take a replicate as a whole, in place of what there was of it; written when its chunk is full, or in time."""
        self._opened.wait()
        if self._store is None:
            return
        progress = Progress(piece.seconds, len(piece.records), piece.ended)
        self._note_progress(replicate, progress)
        if self.store is None:
            self._store.series.write(replicate, 0, by_name(piece.records))
            self._store.series.note(replicate, progress)
            if piece.statistics:
                self.put_statistics(replicate, piece.statistics)
            return
        if self._shared is None:
            self._shared = SharedStore(self.store, self.scenario.run.events)
        self._shared.put(replicate, piece, POLICY)

    def write_pieces(self) -> None:
        """Write what was put and waits."""
        if self._shared is not None:
            self._shared.flush()

    def _write_all(self, replicate: int) -> None:
        backlog = self._backlog(replicate)
        records = backlog.take_records(monotonic())
        self._write_events(backlog, replicate, backlog.events_waiting)
        if records:
            self._kept.series.write(replicate, backlog.records_written, records)
            backlog.records_written += len(records["insulin"])
            self._records[replicate] = backlog.records_written

    def _write_events(self, backlog: Backlog, replicate: int, count: int) -> None:
        log = self._kept.events
        if log is None:
            return
        if backlog.initial_state is not None:
            log.begin(replicate, backlog.initial_state)
            backlog.initial_state = None
        if count:
            log.append(replicate, backlog.take_events(count))
            backlog.events_written += count

    def _note(self, replicate: int) -> None:
        written = int(self._records[replicate])
        self._kept.series.note(replicate, Progress(self.seconds_simulated[replicate], written, self.ended[replicate]))

    # ---- checkpoints ----

    def save_checkpoint(self, replicate: int, engine: "Engine", last: StepRecords) -> None:
        """Write all that a replicate needs to go on from here; `last` is its last record."""
        self.flush(replicate)
        if self._store is None or self.out is None:
            return
        backlog = self._backlog(replicate)
        counts = {"records": backlog.records_written, "events": backlog.events_written}
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
        records, events = int(rest["records"]), int(rest["events"])
        LOG.info("replicate %d goes on from %g s", replicate, engine.time)
        self._backlogs[replicate] = Backlog(monotonic(), records, events)
        self._note_progress(replicate, Progress(round(engine.time, 9), records, False))
        log = self._kept.events
        logged = () if log is None else log.cut(replicate, events)
        return StepRecords(*(rest[f"last.{name}"] for name in StepRecords._fields)), logged

    # ---- what was written ----

    @property
    def reached(self) -> int:
        """Number of records that the furthest replicate has written."""
        return int(self._records.max())

    def blocks(self) -> Iterator[slice]:
        """All replicates, in parts that are read together and take little memory."""
        rows = self._kept.rows if self._kept.rows > 1 else max(1, BLOCK_RECORDS // len(self.time))
        for first in range(0, self.replicates, rows):
            yield slice(first, min(first + rows, self.replicates))

    def series(self, name: str, replicates: slice = slice(None)) -> np.ndarray:
        """One observable's records so far, (replicates, reached) or (.., states); NaN where a replicate lags behind."""
        return self._kept.series.read(name, replicates, self.reached)

    def dataset(self) -> "xarray.Dataset":
        """All series, as xarray has them."""
        return self._kept.series.dataset()

    def statistics(self, name: str) -> np.ndarray | None:
        """One of single_vesicle.VARIABLES, (replicates, ..); NaN where not reached. None without a log of events."""
        events = self._kept.events
        return None if events is None else events.statistics(name)

    def single_vesicle(self) -> "xarray.Dataset | None":
        """The statistics of single vesicles; None without a log of events."""
        events = self._kept.events
        return None if events is None else events.dataset()

    def finish(self, summary: dict | None, status: str, errors: Sequence[Mapping]) -> None:
        """Write the summary, where there is one, and the final provenance; nothing is appended any more.

        Parameters
        ----------
        status, errors
            as Provenance.content
        """
        if self.out is not None and all(self.ended):
            storage.remove(self.out / checkpoint.FOLDER)
        try:
            if summary is not None:
                self.write_json("summary.json", summary)
        finally:  # also on a full disk, which may have room for it
            self._write_provenance(status, errors)

    def _write_provenance(self, status: str, errors: Sequence[Mapping]) -> None:
        told = self._provenance.content(status, self.seconds_simulated, errors)
        try:
            self.write_json(PROVENANCE, told)
        except OSError:
            self.write_json(PROVENANCE, told | {"errors": []})  # there may be room for no more than there was
            raise

    def write_json(self, name: str, content: Mapping) -> None:
        """Replace a file in the directory, if there is one."""
        if self.out is None:
            return
        write_json(self.out / name, content)
