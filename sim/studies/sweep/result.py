"""What a sweep leaves, and the curves that are fitted to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from glut4sim.sim.analysis import summary
from glut4sim.sim.analysis.dose_response import STATUS, Estimate, HillFit, fit_hill
from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.reporting.observed import Observed
from glut4sim.sim.reporting.shown import Shown, ShowsItself
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.scenario.sweep_axis import Axis

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True, repr=False)
class SweepResult(ShowsItself):
    """What a sweep leaves.

    Attributes
    ----------
    out : Path or UPath or None
        directory of the results; None if they are in memory only
    scenario : Scenario
        as it is where nothing is varied
    axes : tuple of Axis
        what was varied
    dataset
        xarray.Dataset
        the numbers of summary.UNITS, dims: varied paths, replicate; NaN where a run failed
    observable : str
        the number that was fitted
    content : dict
        content of sweep.json
    warnings : tuple of str
        one line each
    status
        "complete" or "failed" (a run failed; the others are kept)
    outside : bool
        as RunResult.outside
    """

    out: Place | None
    scenario: Scenario
    axes: tuple[Axis, ...]
    dataset: "xarray.Dataset" = field(repr=False)
    observable: str
    content: dict = field(repr=False)
    warnings: tuple[str, ...]
    wall_seconds: float
    status: str
    outside: bool = False

    def shown(self) -> Shown:
        """A row for each level: the number that was fitted."""
        columns = {f"{a.path} [{a.unit}]" if a.unit != "1" else a.path: "right" for a in self.axes}
        rows, observed = [], self.observed
        for level in self.content["levels"]:
            numbers = level["observables"][self.observable]
            cells = [f"{value:.4g}" if isinstance(value, float) else str(value) for value in level["at"].values()]
            cells += [observed.number(self.observable, numbers[key]) for key in ("mean", "sd")]
            rows.append((*cells, str(numbers["n"])))
        return Shown(self.title, columns | {"Mean": "right", "SD": "right", "n": "right"}, rows)

    @property
    def title(self) -> str:
        """What the numbers are."""
        name, unit = summary.readable(self.observable), summary.UNITS[self.observable]
        return name if unit == "1" else f"{name} [{unit}]"

    @property
    def observed(self) -> Observed:
        """How its numbers are told."""
        tables = (level["observables"] for level in self.content["levels"])
        return Observed([{name: numbers["mean"] for name, numbers in table.items()} for table in tables])

    def fit(self, observable: str | None = None) -> list[tuple[dict[str, float], HillFit]]:
        """Hill curves over the first path, one for each combination of the others.

        Returns
        -------
        list of ({path: level} of the other paths, HillFit)
        """
        return fit_curves(self.axes, self.dataset[observable or self.observable].values)


def fit_curves(axes: Sequence[Axis], values: np.ndarray) -> list[tuple[dict[str, float], HillFit]]:
    """Hill curves over the first axis, one for each combination of the others; none if its levels are no doses.

    Parameters
    ----------
    values
        (levels of each axis, .., replicate)
    """
    if not axes[0].is_dose:
        return []
    curves = []
    for place in product(*(range(len(a.levels)) for a in axes[1:])):
        at = {a.path: a.levels[i] for a, i in zip(axes[1:], place)}
        curves.append((at, fit_hill(axes[0].levels, values[(slice(None), *place)])))
    return curves


def describe_fits(result: SweepResult) -> list[str]:
    """A line for each fitted curve: EC50 and slope with their intervals, or why there is none."""
    lines, observed = [], result.observed
    for at, fit in result.fit():
        where = ", ".join(a.write(at[a.path]) for a in result.axes[1:]) + (": " if at else "")
        if fit.status == "fitted":
            unit = summary.UNITS[result.observable]
            bottom, top = (observed.estimate(result.observable, end) for end in (fit.bottom, fit.top))
            ends = f"from {with_interval(bottom)} to {with_interval(top, unit)}"
            ec50 = f"EC50 {with_interval(fit.ec50, result.axes[0].unit)}"
            lines.append(f"{where}{ec50}, slope {with_interval(fit.slope)}, {ends}")
        else:
            lines.append(f"{where}no curve fitted ({fit.status}): {STATUS[fit.status]}")
        if fit.remark:
            lines.append(f"{where}{fit.remark}")
    return lines


def with_interval(estimate: Estimate | None, unit: str = "1") -> str:
    """A value with its interval, where there is one: "0.55 nM [0.5, 0.6]"."""
    if estimate is None:
        return "-"
    value = f"{estimate.value:.4g}" + ("" if unit == "1" else f" {unit}")
    return value if estimate.low is None else f"{value} [{estimate.low:.4g}, {estimate.high:.4g}]"
