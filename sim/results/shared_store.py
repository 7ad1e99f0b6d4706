"""The results.zarr of a run whose replicates share chunks, as one process writes it while they end."""

from time import monotonic
from typing import Any

from glut4sim.sim.analysis import single_vesicle
from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.results.event_store import COUNT, EVENTS, FIRST, INITIAL, SharedLog
from glut4sim.sim.results.flush_policy import FlushPolicy
from glut4sim.sim.results.gathered import Piece
from glut4sim.sim.results.row_blocks import RowBlocks
from glut4sim.sim.results.series_store import ROWS, Progress, by_name


class SharedStore:
    """Takes replicates, each as a whole, and writes those of a chunk together, or when it is time."""

    def __init__(self, path: Place, events: bool):
        names = ROWS
        if events:
            of_events = (FIRST, COUNT, INITIAL.name)
            names = (
                *(f"{single_vesicle.GROUP}/{v.name}" for v in single_vesicle.VARIABLES),
                *(f"{EVENTS}/{name}" for name in of_events),
                *ROWS,
            )
        self._blocks = RowBlocks(path, names)
        self._log = SharedLog(path) if events else None

    def put(self, replicate: int, piece: Piece, policy: FlushPolicy) -> None:
        """Take a replicate, in place of what was there of it."""
        row: dict[str, Any] = dict(by_name(piece.records))
        row[ROWS[-1]] = Progress(piece.seconds, len(piece.records), piece.ended)
        if self._log is not None:
            row |= {f"{single_vesicle.GROUP}/{name}": values for name, values in piece.statistics.items()}
            if piece.events is not None:
                first = self._log.append(piece.events)
                told = {FIRST: first, COUNT: len(piece.events.time), INITIAL.name: piece.initial_state}
                row |= {f"{EVENTS}/{name}": value for name, value in told.items()}
        is_due = self._blocks.put(replicate, row)
        events = 0 if self._log is None else self._log.waiting
        if is_due or policy.seconds <= monotonic() - self._blocks.flushed_at or events >= policy.events:
            self.flush()

    def flush(self) -> None:
        """Write all that waits; the log first, as the rows say where in it a replicate stands."""
        if self._log is not None:
            self._log.flush()
        self._blocks.flush()
