"""A body that somebody plays with: it goes on exchange by exchange, and is fed, infused and clamped as it goes."""

from collections.abc import Mapping

import numpy as np

from glut4sim.sim.body.blood import Given
from glut4sim.sim.body.engine import BodyEngine
from glut4sim.sim.body.organs import PMOL_PER_MU
from glut4sim.sim.body.result import SERIES
from glut4sim.sim.endocrine.meal import MG_PER_DL


class LiveBody:
    """A body in the hands of a user, one thread at a time.

    Parameters
    ----------
    engine : BodyEngine
        At rest, or anywhere later; it has agents or a mean field.

    Attributes
    ----------
    given : Given
        What is infused now.
    """

    def __init__(self, engine: BodyEngine):
        self.engine = engine
        self.given = Given()
        self._rows = [self._now()]

    def advance(self, seconds: float) -> None:
        """Let so much time pass [s]: whole exchanges, at least one."""
        for _ in range(max(1, round(seconds / self.engine.exchange))):
            self.engine.advance(self.given)
            self._rows.append(self._now())

    def eat(self, carbohydrate: float) -> None:
        """A mixed meal of carbohydrate [g], now."""
        self.engine.swallow(carbohydrate)

    def drink(self, glucose: float) -> None:
        """Glucose [g] in water, now."""
        self.engine.swallow(glucose, drunk=True)

    def clamp(self, insulin: float, target: float | None = None) -> None:
        """From now on infuse insulin [mU/m2/min], and what glucose keeps plasma at a target [mM]; None: the fasting."""
        person = self.engine.body.person
        rate = PMOL_PER_MU * (insulin * person.surface / person.mass)
        self.given = Given(rate, target=self.engine.fasting if target is None else MG_PER_DL * target)

    def infuse(self, insulin: float = 0.0, glucose: float = 0.0) -> None:
        """From now on infuse insulin [mU/kg/min] and glucose [mg/kg/min] at these rates, and clamp nothing."""
        self.given = Given(PMOL_PER_MU * insulin, glucose)

    @property
    def series(self) -> Mapping[str, np.ndarray]:
        """What there was after each exchange, by the names of `SERIES`; (K,)."""
        return dict(zip(SERIES, np.array(self._rows).T))

    @property
    def now(self) -> dict[str, float]:
        """The last of each series."""
        return dict(zip(SERIES, self._rows[-1]))

    def _now(self):
        found = self.engine.now(self.given)
        return [found[name] for name in SERIES]
