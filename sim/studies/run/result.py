"""What a run leaves."""

from dataclasses import dataclass, field
from functools import cached_property
from math import isnan
from typing import TYPE_CHECKING

import numpy as np

from glut4sim.sim.analysis import summary
from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.reporting.observed import Observed
from glut4sim.sim.reporting.shown import Shown, ShowsItself
from glut4sim.sim.results.writer import Writer
from glut4sim.sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    import xarray


def by_replicate(writer: Writer, rows: slice) -> list[dict[str, float | None]]:
    """The numbers of summary.UNITS for some replicates of a run."""
    series = {name: writer.series(name, rows) for name in summary.NEEDED}
    return summary.by_replicate(writer.time, series, writer.scenario.bath.insulin)


def _none_if_nan(value: float) -> float | None:
    return None if isnan(value) else value


@dataclass(frozen=True, repr=False)
class RunResult(ShowsItself):
    """What a run leaves.

    Attributes
    ----------
    out : Path or UPath or None
        directory of the results; None if they are in memory only
    path : Path or UPath or None
        its results.zarr
    summary : dict
        content of summary.json
    warnings : tuple of str
        what the user should know, one line each
    wall_seconds : float
    status
        "complete" or "failed" (a replicate failed; what was reached is kept)
    outside : bool
        whether what surrounds the program made a replicate fail, such as a full disk
    dataset
        xarray.Dataset
        dims replicate, time (and states); read from disk when used
    single_vesicle
        xarray.Dataset or None
        with run.events: rates, dwell times, waits (analysis/single_vesicle.py)
    """

    out: Place | None
    path: Place | None
    summary: dict
    warnings: tuple[str, ...]
    wall_seconds: float
    status: str
    _numbers: np.ndarray = field(repr=False, compare=False)  # of its replicates, as summary.as_table has them
    _writer: Writer = field(repr=False, compare=False)
    outside: bool = False

    def shown(self) -> Shown:
        """The numbers of the summary, with what they vary over the replicates."""
        found = self.summary["observables"]
        observed = Observed([{name: numbers["mean"] for name, numbers in found.items()}])
        rows = []
        for name, numbers in found.items():
            mean, sd = (observed.number(name, numbers[key]) for key in ("mean", "sd"))
            unit = "" if numbers["unit"] == "1" else numbers["unit"]
            rows.append((summary.readable(name), mean, sd, str(numbers["n"]), unit))
        columns = {"Observable": "left", "Mean": "right", "SD": "right", "n": "right", "Unit": "left"}
        return Shown(self.scenario.title or self.scenario.name, columns, rows)

    @property
    def scenario(self) -> Scenario:
        return self._writer.scenario

    @cached_property
    def dataset(self) -> "xarray.Dataset":
        return self._writer.dataset()

    @property
    def replicates(self) -> list[dict[str, float | None]]:
        """The numbers of summary.UNITS for each replicate; None where there is none."""
        return [dict(zip(summary.UNITS, map(_none_if_nan, row))) for row in self._numbers.tolist()]

    def values(self, name: str) -> list[float | None]:
        """One of the numbers of summary.UNITS for each replicate; None where there is none."""
        return [_none_if_nan(value) for value in self._numbers[:, list(summary.UNITS).index(name)].tolist()]

    @property
    def seconds_simulated(self) -> list[float]:
        """How far each replicate came [s]."""
        return list(self._writer.seconds_simulated)

    @cached_property
    def single_vesicle(self) -> "xarray.Dataset | None":
        return self._writer.single_vesicle()
