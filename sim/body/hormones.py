"""The hormones of a body in a test: they answer to the insulin that it makes, exchange by exchange.

What follows insulin within hours is above all lipolysis, and with it fatty acids. Hormones act on the cells of muscle
and fat by the factors of their steps, on liver and pancreas by two levels of the library. Insulin of the body enters as
a share of its fasting one: what hormones make of it was fitted on the axis of [hormones], where fasting is 30 pM.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from glut4sim.sim.endocrine.following import Following
from glut4sim.sim.endocrine.model import Plan
from glut4sim.sim.endocrine.modulation import EXPRESSED


@dataclass(frozen=True)
class Hormones:
    """A person's hormones, and when in their course a test begins.

    Attributes
    ----------
    plan : Plan
        Its insulin holds until the test.
    start, end : float
        Of the test, since 8 am of day 0 [s]; from the end on nothing of them changes.
    """

    plan: Plan
    start: float
    end: float


class Answering:
    """Hormones that go on with a body, from the start of a test.

    Attributes
    ----------
    factors : dict
        Step of the cell -> by what hormones multiply it now. What a cell makes or loses over days stays as it was at
        the start.
    """

    def __init__(self, hormones: Hormones):
        self._following = Following(hormones.plan, hormones.start, hormones.end)
        self._made = {}
        self._made = {step: factor for step, factor in self.factors.items() if step in EXPRESSED}

    @property
    def factors(self) -> dict[str, float]:
        return self._following.factors | self._made

    @property
    def fatty_acids(self) -> float:
        """In plasma [mM]."""
        return float(self._following.now.levels["ffa"][0])

    @property
    def on_organs(self) -> tuple[float, float]:
        """By what insulin's action on the liver, and its secretion, are multiplied now."""
        levels = self._following.now.levels
        return float(levels["liver_insulin_action"][0]), float(levels["insulin_secretion"][0])

    def advance(self, seconds: float, share: float) -> None:
        """Let time pass with insulin in plasma at a share of what it is fasting."""
        until = min(self._following.time + seconds, self._following.span)
        if until > self._following.time:
            self._following.advance(until, share * self._following.fasting)

    def state(self) -> dict[str, np.ndarray]:
        """All that the future depends on besides the plan: arrays by name, copies."""
        return self._following.state()

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from a `state` of the same hormones."""
        self._following.restore(state)
