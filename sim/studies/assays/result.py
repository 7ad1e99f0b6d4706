"""What several assays of one scenario leave, and how a number changed between two of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

from glut4sim.sim.analysis import summary
from glut4sim.sim.analysis.resolution import finest
from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.reporting.observed import Observed
from glut4sim.sim.reporting.shown import Shown, ShowsItself
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.run.result import RunResult


class PairedChange(NamedTuple):
    """How a number changed from one assay to another, over the replicates that have it in both."""

    difference: float | None  # mean of the paired differences; None without pairs
    error: float | None  # its standard error; None with fewer than two pairs
    percent: float | None  # of the mean before; None where that is 0, as far as the arithmetic tells
    n: int

    @property
    def told(self) -> str:
        """The change in percent, "+12.3 %"; empty where there is none."""
        return "" if self.percent is None else f"{round(self.percent, 1) + 0.0:+.1f} %"

    @property
    def told_with_error(self) -> str:
        """The change in percent and its standard error, "+12.3 ± 0.8 %"; without it where pairs are too few."""
        if not self.error or not self.difference or self.percent is None:
            return self.told
        return f"{self.told.removesuffix(' %')} ± {abs(self.percent / self.difference) * self.error:.2g} %"


@dataclass(frozen=True, repr=False)
class AssaysResult(ShowsItself):
    """What several assays leave.

    Attributes
    ----------
    out : Path or UPath or None
        directory of the results; None if they are in memory only
    scenario : Scenario
        with all its assays
    method
        one of writer.METHODS
    assays : tuple of RunResult
        those that were done, in the order of scenario.assay.at
    summary : dict
        content of summary.json
    warnings : tuple of str
        one line each
    status
        "complete" or "failed" (a replicate failed; what was reached is kept)
    """

    out: Place | None
    scenario: Scenario
    method: str
    assays: tuple[RunResult, ...]
    summary: dict
    warnings: tuple[str, ...]
    wall_seconds: float
    status: str

    def shown(self) -> Shown:
        """A row for each assay: the main numbers, and their change since the first."""
        observed, main = Observed(self.means), summary.MAIN
        columns = {"Assay": "left"}
        columns |= {f"{summary.readable(n)} [{summary.UNITS[n].replace('percent', '%')}]": "right" for n in main}
        rows = []
        for i, assay in enumerate(self.summary["assays"]):
            cells = [observed.number(name, assay["observables"][name]["mean"]) for name in main]
            changes = [self.change(name, i).told_with_error for name in main]
            told = [f" ({change})" if i and change else "" for change in changes]
            rows.append((assay["at"], *map("".join, zip(cells, told))))
        return Shown(self.scenario.title or self.scenario.name, columns, rows)

    @property
    def outside(self) -> bool:
        """As RunResult.outside, of any assay."""
        return any(result.outside for result in self.assays)

    def change(self, observable: str, assay: int, since: int = 0) -> PairedChange:
        """How a number of summary.UNITS changed between two assays."""
        before, after = (self.assays[i].values(observable) for i in (since, assay))
        return paired_change(before, after, finest(observable, self.means))

    @property
    def means(self) -> list[dict[str, float | None]]:
        """The means of all numbers of summary.UNITS, a table for each assay."""
        assays = [assay["observables"] for assay in self.summary["assays"]]
        return [{name: numbers["mean"] for name, numbers in observables.items()} for observables in assays]


def paired_change(before: Sequence[float | None], after: Sequence[float | None], least: float = 0.0) -> PairedChange:
    """Change of a number, replicate by replicate; `least` is what it must exceed to be told from 0."""
    pairs = [(a, b) for a, b in zip(before, after, strict=True) if a is not None and b is not None]
    if not pairs:
        return PairedChange(None, None, None, 0)
    differences = summary.statistics([b - a for a, b in pairs], "1")
    mean, sd, n = differences["mean"], differences["sd"], len(pairs)
    start = sum(a for a, _ in pairs) / n
    percent = 100.0 * mean / start if abs(start) > least else None
    return PairedChange(mean, None if sd is None else sd / sqrt(n), percent, n)
