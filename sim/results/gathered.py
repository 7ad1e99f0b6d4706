"""What a replicate says that runs where it cannot reach the memory of its run."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from glut4sim.sim.model.step_records import Events, StepRecords
from glut4sim.sim.results.series_store import record_times
from glut4sim.sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from glut4sim.sim.model.engine import Engine
    from glut4sim.sim.results.writer import Writer


class Gathered:
    """In place of a Writer, for one replicate: what it says, to be sent to its run as a whole.

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

    def save_checkpoint(self, replicate: int, engine: "Engine", last: StepRecords) -> None:
        """As Writer.save_checkpoint, but there are none."""

    def put_statistics(self, replicate: int, values: Mapping[str, np.ndarray]) -> None:
        """As Writer.put_statistics."""
        self.table = values

    def flush(self, replicate: int) -> None:
        """As Writer.flush."""

    def end(self, replicate: int) -> None:
        """As Writer.end."""
        self.has_ended = True

    def pour(self, replicate: int, writer: "Writer") -> None:
        """Hand all to the Writer of the run."""
        for values in self.records:
            writer.append(replicate, values, self.seconds)
        if self.table:
            writer.put_statistics(replicate, self.table)
        if self.has_ended:
            writer.end(replicate)
        else:
            writer.flush(replicate)
