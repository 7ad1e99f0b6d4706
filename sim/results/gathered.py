"""What a replicate says that does not write itself: kept as a whole, and handed to the Writer of its run."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from glut4sim.sim.model.step_records import Events, StepRecords
from glut4sim.sim.results.series_store import as_table, record_times
from glut4sim.sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from glut4sim.sim.model.engine import Engine


class Piece(NamedTuple):
    """A replicate as far as it has come, small enough to be sent."""

    records: np.ndarray  # (n, columns) as series_store.as_table
    seconds: float  # simulated
    ended: bool
    statistics: Mapping[str, np.ndarray]  # of its single vesicles, by name as in single_vesicle.VARIABLES, or nothing
    initial_state: np.ndarray | None  # (n_vesicle,) int8, with its log
    events: Events | None  # None: they are not kept


class Gathered:
    """In place of a Writer, for one replicate.

    Parameters
    ----------
    keep_events : whether the log is kept, not just its statistics
    reached
        where it notes how far it has come [s], by replicate, if whoever asks shares this memory
    """

    checkpoint_every = None

    def __init__(self, scenario: Scenario, keep_events: bool = False, reached: list[float] | None = None):
        self.scenario, self._keep_events, self._reached = scenario, keep_events, reached
        self.records: list[Mapping[str, np.ndarray]] = []
        self._events: list[Events] = []
        self._statistics: Mapping[str, np.ndarray] = {}
        self._initial_state: np.ndarray | None = None
        self.seconds, self.has_ended = 0.0, False

    @property
    def time(self) -> np.ndarray:
        """As Writer.time."""
        return record_times(self.scenario)

    def begin(self, replicate: int, state: np.ndarray | None = None) -> None:
        """As Writer.begin."""
        if self._keep_events and state is not None:
            self._initial_state = state.copy()

    def restore(self, replicate: int, engine: "Engine") -> None:
        """As Writer.restore; there is no checkpoint."""

    def append(self, replicate: int, values: Mapping[str, np.ndarray] | None, seconds: float) -> None:
        """As Writer.append."""
        self.seconds = seconds
        if self._reached is not None:
            self._reached[replicate] = seconds
        if values is not None:
            self.records.append(values)

    def append_events(self, replicate: int, events: Events) -> None:
        """As Writer.append_events."""
        if self._keep_events:
            self._events.append(events)

    def save_checkpoint(self, replicate: int, engine: "Engine", last: StepRecords) -> None:
        """As Writer.save_checkpoint, but there are none."""

    def put_statistics(self, replicate: int, values: Mapping[str, np.ndarray]) -> None:
        """As Writer.put_statistics."""
        self._statistics = values

    def flush(self, replicate: int) -> None:
        """As Writer.flush."""

    def end(self, replicate: int) -> None:
        """As Writer.end."""
        self.has_ended = True

    def piece(self) -> Piece:
        """All that was gathered."""
        events = None
        if self._initial_state is not None:
            events = Events(*map(np.concatenate, zip(*self._events))) if self._events else Events.none()
        return Piece(
            as_table(self.records), self.seconds, self.has_ended, self._statistics, self._initial_state, events
        )
