"""Numbers of the summary as people read them: what the arithmetic does not resolve is told as 0."""

from collections.abc import Iterable

from glut4sim.sim.analysis.dose_response import Estimate
from glut4sim.sim.analysis.resolution import Numbers, finest, resolved
from glut4sim.sim.reporting.numbers import change, number


class Observed:
    """Says the numbers of runs that are shown together.

    Parameters
    ----------
    tables
        all of their numbers by name of summary.UNITS, such as a table for each replicate, or one of means for each run
    """

    def __init__(self, tables: Iterable[Numbers]):
        self._tables = list(tables)
        self._finest: dict[str, float] = {}

    def finest(self, name: str) -> float:
        """The least that a number is told from 0, in its unit."""
        if name not in self._finest:
            self._finest[name] = finest(name, self._tables)
        return self._finest[name]

    def number(self, name: str, value: float | None) -> str:
        """As numbers.number, of a value of summary.UNITS or of its spread."""
        return number(resolved(value, self.finest(name)))

    def estimate(self, name: str, found: Estimate | None) -> Estimate | None:
        """A value or a difference with its interval."""
        return None if found is None else Estimate(*(resolved(end, self.finest(name)) for end in found))

    def change(self, name: str, found: Estimate | None) -> str:
        """As numbers.change, of a difference in a number's unit."""
        return change(self.estimate(name, found))
