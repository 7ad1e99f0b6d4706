"""The tests that a body is put to, as clinicians do them."""

from typing import NamedTuple

from glut4sim.sim.body.blood import Given
from glut4sim.sim.body.organs import PMOL_PER_MU
from glut4sim.sim.body.person import Person
from glut4sim.sim.endocrine.meal import MG_PER_DL


class Clamp(NamedTuple):
    """Insulin at a steady rate after a prime, and as much glucose as keeps the plasma at a target: DeFronzo, Tobin,
    Andres, Am J Physiol 237:E214 (1979)."""

    insulin: float = 40.0  # mU per m2 of body surface and minute
    per_kg: bool = False  # whether that is per kg of body instead
    later: tuple[tuple[float, float], ...] = ()  # steps: when each begins [s], and its rate
    target: float | None = 5.0  # mM; None: what the person has fasting
    prime: float = 2.0  # times the rate at first
    primed: float = 600.0  # s for which it is
    duration: float = 10800.0  # s
    kind: str = "clamp"

    def swallowed(self) -> tuple[tuple[float, float, bool], ...]:
        """What is eaten: times [s], carbohydrate [g], whether it is drunk."""
        return ()

    def given(self, time: float, person: Person, fasting: float) -> Given:
        """What is infused from a time [s] on, for a fasting glucose [mg/dL]."""
        steps = [step for step in ((0.0, self.insulin), *self.later) if step[0] <= time]
        began, rate = steps[-1]
        if time - began < self.primed and all(before <= rate for _, before in steps):
            rate *= self.prime  # not where insulin is to fall
        per_kg = rate if self.per_kg else rate * person.surface / person.mass
        target = fasting if self.target is None else MG_PER_DL * self.target
        return Given(insulin=PMOL_PER_MU * per_kg, target=target)


class Eaten(NamedTuple):
    """A meal, or a drink of glucose."""

    carbohydrate: float = 78.0  # g
    drunk: bool = False
    duration: float = 18000.0  # s
    kind: str = "meal"

    def swallowed(self) -> tuple[tuple[float, float, bool], ...]:
        """As Clamp.swallowed."""
        return ((0.0, self.carbohydrate, self.drunk),)

    def given(self, time: float, person: Person, fasting: float) -> Given:
        """As Clamp.given."""
        return Given()


class Fasting(NamedTuple):
    """Nothing: what glucose and insulin are in the morning."""

    duration: float = 3600.0  # s
    kind: str = "fasting"

    def swallowed(self) -> tuple[tuple[float, float, bool], ...]:
        """As Clamp.swallowed."""
        return ()

    def given(self, time: float, person: Person, fasting: float) -> Given:
        """As Clamp.given."""
        return Given()


Protocol = Clamp | Eaten | Fasting


def meal(carbohydrate: float = 78.0, duration: float = 28800.0) -> Eaten:
    """A mixed meal of so much carbohydrate [g], followed for some time [s]."""
    return Eaten(carbohydrate, False, duration, "meal")


def ogtt(glucose: float = 75.0, duration: float = 7200.0) -> Eaten:
    """An oral glucose tolerance test: so much glucose [g] in water, followed for some time [s]."""
    return Eaten(glucose, True, duration, "ogtt")
