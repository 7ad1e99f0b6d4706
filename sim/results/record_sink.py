"""What takes the records of a replicate: the Writer of its run, or what gathers them far from it."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np

from glut4sim.sim.model.step_records import Events, StepRecords

if TYPE_CHECKING:
    from glut4sim.sim.model.engine import Engine


class RecordSink(Protocol):
    """Takes what replicates say; `Writer` has the details."""

    @property
    def checkpoint_every(self) -> float | None: ...  # simulated s; None: no checkpoints

    @property
    def time(self) -> np.ndarray: ...  # of all records [s]

    def begin(self, replicate: int, state: np.ndarray | None = None) -> None: ...
    def restore(self, replicate: int, engine: "Engine") -> tuple[StepRecords, Iterable[Events]] | None: ...
    def append(self, replicate: int, values: Mapping[str, np.ndarray] | None, seconds: float) -> None: ...
    def append_events(self, replicate: int, events: Events) -> None: ...
    def put_statistics(self, replicate: int, values: Mapping[str, np.ndarray]) -> None: ...
    def save_checkpoint(self, replicate: int, engine: "Engine", last: StepRecords) -> None: ...
    def flush(self, replicate: int) -> None: ...
    def end(self, replicate: int) -> None: ...
