"""What one replicate has computed and is not yet written."""

from collections.abc import Mapping

import numpy as np

from glut4sim.sim.model.step_records import Events


class Backlog:
    """Records and events of a replicate that wait to be written, and how many were.

    Attributes
    ----------
    records_written, events_written : int
    records_waiting, events_waiting : int
    flushed_at : float
        when all that waited was last taken [s]
    initial_state : (n,) int8 or None
        of all vesicles, as long as the log of events is not begun
    """

    def __init__(
        self,
        now: float,
        records_written: int = 0,
        events_written: int = 0,
        initial_state: np.ndarray | None = None,
    ):
        self.records_written, self.events_written = records_written, events_written
        self.records_waiting = self.events_waiting = 0
        self.flushed_at, self.initial_state = now, initial_state
        self._records: list[Mapping[str, np.ndarray]] = []
        self._events: list[Events] = []

    def add_records(self, values: Mapping[str, np.ndarray]) -> None:
        """Take the next records, of every observable by name."""
        self._records.append(values)
        self.records_waiting += len(values["insulin"])

    def add_events(self, events: Events) -> None:
        """Take the next events."""
        self._events.append(events)
        self.events_waiting += len(events.time)

    def take_records(self, now: float) -> dict[str, np.ndarray]:
        """All records that wait, joined; empty if there are none."""
        taken, self._records, self.records_waiting = self._records, [], 0
        self.flushed_at = now
        return {name: np.concatenate([values[name] for values in taken]) for name in taken[0]} if taken else {}

    def take_events(self, count: int) -> Events:
        """The first of the events that wait, joined."""
        joined = Events(*map(np.concatenate, zip(*self._events))) if self._events else Events.none()
        rest = Events(*(column[count:] for column in joined))
        self.events_waiting = len(rest.time)
        self._events = [rest] if self.events_waiting else []  # an empty rest would keep all of it in memory
        return Events(*(column[:count] for column in joined))
