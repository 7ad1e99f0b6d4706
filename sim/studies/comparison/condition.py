"""A condition that is compared."""

from dataclasses import dataclass

from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.run.result import RunResult


@dataclass(frozen=True)
class Condition:
    """A scenario with one assay, its name among the conditions, and its run."""

    name: str
    scenario: Scenario
    result: RunResult

    @property
    def numbers(self) -> list[dict[str, float | None]]:
        """The numbers of summary.UNITS of each replicate."""
        return self.result.replicates
