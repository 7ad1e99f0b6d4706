"""What several scenarios at the same levels leave."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from glut4sim.sim.analysis import summary
from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.reporting.observed import Observed
from glut4sim.sim.reporting.shown import Shown, ShowsItself
from glut4sim.sim.results.provenance import WARNINGS
from glut4sim.sim.scenario.sweep_axis import Axis
from glut4sim.sim.studies.sweep.result import SweepResult

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True, repr=False)
class CurvesResult(ShowsItself):
    """What several scenarios at the same levels leave.

    Attributes
    ----------
    out : Path or UPath or None
        directory of the results; None if they are in memory only
    sweeps : by the labels of the conditions, in their order
    content : dict
        content of curves.json
    """

    out: Place | None
    sweeps: Mapping[str, SweepResult]
    content: dict = field(repr=False)
    wall_seconds: float

    def shown(self) -> Shown:
        """A row for each level, a column for each condition."""
        from glut4sim.sim.studies.sweep.curves_report import levels_table  # which knows what this is

        this: Any = self  # pyright, which finds the package under a link, takes it for another class
        return Shown(self.title, *levels_table(this))

    @property
    def _one(self) -> SweepResult:
        return next(iter(self.sweeps.values()))

    @property
    def axes(self) -> tuple[Axis, ...]:
        """What was varied, the same for all."""
        return self._one.axes

    @property
    def observable(self) -> str:
        """The number that was fitted."""
        return self._one.observable

    @property
    def title(self) -> str:
        """What the numbers are."""
        return self._one.title

    @property
    def status(self) -> str:
        """Complete, or failed (a run failed; the others are kept)."""
        return self.content["status"]

    @property
    def warnings(self) -> tuple[str, ...]:
        """A line each."""
        each = (f"{label}: {line}" for label, result in self.sweeps.items() for line in result.warnings)
        return (*self.content.get(WARNINGS, ()), *each)

    @property
    def outside(self) -> bool:
        """As RunResult.outside, of any sweep."""
        return any(result.outside for result in self.sweeps.values())

    @property
    def observed(self) -> Observed:
        """How the numbers of all are told."""
        levels = (level["observables"] for result in self.sweeps.values() for level in result.content["levels"])
        return Observed([{name: numbers["mean"] for name, numbers in table.items()} for table in levels])

    @cached_property
    def dataset(self) -> "xarray.Dataset":
        """The numbers of summary.UNITS, dims: condition, varied paths, replicate; NaN where a run failed."""
        import xarray as xr

        one = self._one.dataset
        labels = np.array(list(self.sweeps), dtype=np.dtypes.StringDType())
        coordinates = {"condition": ("condition", labels, {"long_name": "Condition"}), **one.coords}
        variables = {
            name: (
                ("condition", *one[name].dims),
                np.stack([result.dataset[name].values for result in self.sweeps.values()]),
                one[name].attrs,
            )
            for name in summary.UNITS
        }
        return xr.Dataset(variables, coordinates, {"title": ", ".join(self.sweeps), "seed": self.content["seed"]})
