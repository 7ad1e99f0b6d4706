"""The hormones of a person step by step, where insulin is not known beforehand: a body makes its own.

`model.solve` is told insulin over time, as a clamp holds it. Where tissues, hormones and insulin answer to one another,
whoever steps the body says at each step what insulin in plasma is, and reads what hormones make of the cells:

    following = Following(plan, start, span)
    for step in ...:
        factors = following.advance(time, insulin)

Insulin lowers lipolysis, and with it fatty acids, within half an hour; what these do to the cell comes hours later.
"""

from collections.abc import Mapping

import numpy as np

from glut4sim.sim.endocrine import library
from glut4sim.sim.endocrine.model import STEP, Plan, System, Timeline, end_of_stretch


class Following:
    """Where the hormones of a plan are, and how they go on.

    Parameters
    ----------
    plan : Plan
        its insulin holds until `start`
    start : float
        time since 8 am of day 0 from which insulin is told [s]
    span : float
        up to when it will be stepped at most [s]

    Attributes
    ----------
    time : float
        now, since 8 am of day 0 [s]
    span : float
    fasting : float
        insulin in plasma at the start [pM]
    """

    def __init__(self, plan: Plan, start: float, span: float):
        self._system = System(plan, span)
        self._insulin = self._system.levels.index(library.PLASMA_INSULIN)
        self._kinks = self._system.kinks()
        self._y, self.time = self._system.rest(), 0.0
        self._go(start, None)
        self.span = span
        self._system.enter(start)
        self.fasting = float(self._system.set_points[self._insulin])

    @property
    def now(self) -> Timeline:
        """Levels, drugs, effects and factors at this moment, arrays of one."""
        at = np.array([self.time])
        self._system.enter(self.time)
        return self._system.timeline(at, self._y[None, :], self._system.concentrations(at))

    @property
    def factors(self) -> dict[str, float]:
        """Step of the cell -> by what hormones multiply it at this moment."""
        return {step: float(factor[0]) for step, factor in self.now.factors.items()}

    def advance(self, until: float, insulin: float) -> dict[str, float]:
        """Step to a later time [s] with insulin in plasma held at a value [pM] from now on.

        Returns
        -------
        factors : step of the cell -> by what hormones multiply it then

        ValueError if the time is not later, or beyond the span.
        """
        if not self.time < until <= self.span:
            raise ValueError(f"until: expected a time after {self.time!r} s, at most {self.span!r} s")
        self._go(until, insulin)
        return self.factors

    def state(self) -> dict[str, np.ndarray]:
        """All that the future depends on besides the plan: arrays by name, copies."""
        return {"levels": self._y.copy(), "time": np.array(self.time)}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from a `state` of hormones of the same plan."""
        self._y, self.time = np.array(state["levels"]), float(state["time"])

    def _go(self, until, insulin):
        while self.time < until:
            ahead = self._kinks[np.searchsorted(self._kinks, self.time, side="right") :]
            end = min(until, ahead[0]) if len(ahead) else until
            self._system.enter(self.time)
            if insulin is not None:
                self._system.set_points[self._insulin] = insulin
            grid = np.linspace(self.time, end, max(2, 1 + int(np.ceil((end - self.time) / STEP - 1e-9))))
            if insulin is None:
                self._y = end_of_stretch(self._system, self._y, grid)
            else:
                self._y = self._system.advance(self._y, grid)[-1].copy()
            self.time = float(end)
