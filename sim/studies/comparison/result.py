"""What a comparison of conditions leaves."""

from dataclasses import dataclass, field
from typing import Any

from glut4sim.sim.analysis.paired_effects import PairedEffect
from glut4sim.sim.analysis.steps_alone import StepsAlone
from glut4sim.sim.analysis.uncertainty import Effect
from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.reporting.shown import Shown, ShowsItself
from glut4sim.sim.scenario.differences import Difference
from glut4sim.sim.studies.comparison.condition import Condition
from glut4sim.sim.studies.comparison.pairing import Saved

HEADLINE = "surface_glut4_stimulated_copies"
MAIN_EFFECTS = {  # number of the summary -> name
    HEADLINE: "surface GLUT4",
    "glucose_uptake_stimulated_per_s": "glucose uptake",
    "akt_stimulated_percent": "active Akt",
    "receptors_active_stimulated_percent": "active receptors",
}


@dataclass(frozen=True, repr=False)
class Comparison(ShowsItself):
    """What a comparison leaves.

    Attributes
    ----------
    out : Path or UPath or None
        directory of the results; None if they are in memory only
    conditions : the first is the reference
    effects
        condition -> observable -> PairedEffect; observables that some replicate of neither has are left out
    status
        "complete" or "failed" (a replicate failed; the others are kept)
    doubt
        condition -> observable -> what is left open of its effect by what nobody knows of the cells; empty if that was
        not asked
    differences : what the conditions have in different ways, with the values in their order
    steps
        condition -> what each thing that differs from the reference does alone; those that have no rest are left out
    pairing
        condition -> what pairing saves over the run; those of fewer than two whole pairs are left out
    """

    out: Place | None
    conditions: tuple[Condition, ...]
    effects: dict[str, dict[str, PairedEffect]]
    warnings: tuple[str, ...]
    wall_seconds: float
    status: str
    seed: int
    content: dict = field(repr=False)
    doubt: dict[str, dict[str, Effect]] = field(default_factory=dict, repr=False)
    differences: tuple[Difference, ...] = ()
    steps: dict[str, StepsAlone] = field(default_factory=dict, repr=False)
    pairing: dict[str, Saved] = field(default_factory=dict, repr=False)

    def shown(self) -> Shown:
        """What each condition changes, and how surely."""
        from glut4sim.sim.studies.comparison import report  # which says it, and knows what this is

        this: Any = self  # pyright, which finds the package under a link, takes it for another class
        return Shown(report.outline(this), *report.headline(this))

    @property
    def outside(self) -> bool:
        """As RunResult.outside, of any condition."""
        return any(condition.result.outside for condition in self.conditions)

    @property
    def reference(self) -> str:
        """Name of the condition that all others are compared with."""
        return self.conditions[0].name

    def ranked(self, observable: str = HEADLINE) -> list[str]:
        """The other conditions, the largest change of an observable first; those that lack it last."""

        def size(name: str) -> float:
            effect = self.effects[name].get(observable)
            return -1.0 if effect is None else abs(effect.difference.value)

        return sorted(self.effects, key=size, reverse=True)
