"""Pictures of a run as it went by, to be looked at again: at even distances, in bounded memory."""

from bisect import bisect_right
from typing import Any, NamedTuple

from glut4sim.sim.scenario.scenario import Scenario

PICTURES = 400  # of a run, or as many as it has records
MOST_BYTES = 64_000_000  # that they take; beyond it every second one is dropped, and so again


class Picture(NamedTuple):
    """What the cell view is shown of one moment: the arguments of `CellView.show_cells`.

    Attributes
    ----------
    time : simulated [s]
    molecules_per_hexagon : flow of glucose that one hexagon stands for [molecules/s]
    cells : label, facts and buffers of each, the last two from `frames.pack`
    """

    time: float
    molecules_per_hexagon: float
    cells: list[tuple[str, dict[str, Any], list[Any]]]

    @property
    def size(self) -> int:
        """Bytes of its arrays."""
        return sum(memoryview(buffer).nbytes for _, _, buffers in self.cells for buffer in buffers)


class Film:
    """Pictures of one run.

    Parameters
    ----------
    scenario : of the run
    most_bytes : that the arrays of all pictures take; one may be more

    Attributes
    ----------
    every : time between two pictures, a whole number of the scenario's steps [s]
    pictures : in order of time
    """

    def __init__(self, scenario: Scenario, most_bytes: int = MOST_BYTES):
        run = scenario.run
        self._step = run.step
        self.every = run.step * max(1, round(max(run.record_every, run.duration / PICTURES) / run.step))
        self.pictures: list[Picture] = []
        self._most_bytes, self._bytes = most_bytes, 0

    def steps_to_next(self, time: float) -> int:
        """Steps from a time until the next picture is due, at least 1."""
        due = self.pictures[-1].time + self.every if self.pictures else 0.0
        return max(1, round((due - time) / self._step))

    def is_due(self, time: float) -> bool:
        """Whether a picture of this time is wanted."""
        return not self.pictures or time > self.pictures[-1].time + self.every - self._step / 2.0

    def add(self, picture: Picture) -> None:
        """Take the next picture; where there is no room for it, thin out those before."""
        self.pictures.append(picture)
        self._bytes += picture.size
        while self._bytes > self._most_bytes and len(self.pictures) > 2:
            self.pictures = self.pictures[::2]
            self.every *= 2.0
            self._bytes = sum(one.size for one in self.pictures)

    def at(self, time: float) -> Picture:
        """The last picture up to a time, or the first."""
        later = bisect_right(self.pictures, time + self._step / 2.0, key=lambda picture: picture.time)
        return self.pictures[max(later - 1, 0)]
