"""When what a run has computed goes to disk: records, events, and the state of a replicate.

Plain decisions, which know neither disk nor clock: what they need to know, they are told.
"""

from typing import NamedTuple

from glut4sim.sim.results.event_store import CHUNK_EVENTS
from glut4sim.sim.results.series_store import CHUNK_RECORDS


class FlushPolicy(NamedTuple):
    """When the records and events of a replicate that wait in memory are written.

    Attributes
    ----------
    seconds : float
        time between two writes [s]; a replicate that takes less is written once, when it ends
    records : int
        a chunk of the store
    events : int
        a chunk of the log; a chunk that is begun would be read and written again
    """

    seconds: float = 5.0
    records: int = CHUNK_RECORDS
    events: int = CHUNK_EVENTS

    def is_due(self, seconds: float, records: int) -> bool:
        """Whether all that waits is to be written.

        Parameters
        ----------
        seconds : since the last write [s]
        records : that wait
        """
        return seconds >= self.seconds or records >= self.records

    def full_chunks(self, written: int, waiting: int) -> int:
        """How many of the waiting events to write before all else is due: none, or as many as fill chunks to the brim.

        Parameters
        ----------
        written, waiting : numbers of events
        """
        return waiting - (written + waiting) % self.events if waiting >= self.events else 0


class CheckpointPolicy(NamedTuple):
    """When the state of a replicate is written.

    Attributes
    ----------
    steps : int
        of the whole replicate
    between : int or None
        steps from one checkpoint to the next; None: there are none
    """

    steps: int
    between: int | None

    @classmethod
    def every(cls, seconds: float | None, steps: int, step: float) -> "CheckpointPolicy":
        """The policy of checkpoints at so long intervals of simulated time, at least a step of length `step` [s]."""
        return cls(steps, None if seconds is None else max(1, round(seconds / step)))

    def steps_left(self, done: int) -> int:
        """Steps until the next checkpoint or the end."""
        left = self.steps - done
        return left if self.between is None else min(left, self.between - done % self.between)

    def is_due(self, done: int) -> bool:
        """Whether a checkpoint is to be made after so many steps; none at the end, when all is written."""
        return self.between is not None and done % self.between == 0 and done < self.steps
