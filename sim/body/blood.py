"""What is in the blood, the stomach and the interstitium, and how it changes while the cells are not looked at.

States and kinetics are those of the model of meals (sim/endocrine/meal.py) with six differences:

- what muscle and fat take from the tissue compartment is handed in, as it came out of their cells;
- the liver answers by a portal, a fast and a slow path (`production`);
- liver and gut take up glucose (organs.Splanchnic);
- hormones act on liver and pancreas (Blood.become);
- a drink leaves the stomach, and is absorbed, at rates of its own;
- the clearance of insulin is the measured one (organs.Organs.clearance_scale).

All is integrated by the classical fourth-order Runge-Kutta rule in equal parts of at most `LONGEST`. Amounts of glucose
that came and went are integrated beside the states by the same rule, so that the books balance to rounding.
"""

from math import ceil
from typing import NamedTuple

import numpy as np

from glut4sim.sim.body.organs import TISSUES, Liver, Organs
from glut4sim.sim.body.person import Person
from glut4sim.sim.endocrine import meal
from glut4sim.sim.endocrine.meal import MealState, Subject, excretion, rates

LONGEST = 10.0 / 60.0  # min, of a part of a step
_N_MEAL = len(MealState._fields)


class Rest(NamedTuple):
    """What a body keeps account of besides the states of the model of meals; glucose per kg of body."""

    insulin_fast: float = 0.0  # pM, that acts on the liver's fast path
    feedback: float = 0.0  # mg/kg/min, what the clamp's infusion has learnt
    muscle_insulin: float = 0.0  # pM, between the cells
    fat_insulin: float = 0.0  # pM
    # since the start [mg/kg]
    produced: float = 0.0  # by the liver
    infused: float = 0.0
    kept_by_gut: float = 0.0  # what is absorbed and does not get to the plasma
    used_by_splanchnic: float = 0.0  # bed: liver and gut
    used_by_brain: float = 0.0  # and blood cells
    excreted: float = 0.0
    used_by_muscle: float = 0.0
    used_by_fat: float = 0.0


class Given(NamedTuple):
    """What is done to a body for a while."""

    insulin: float = 0.0  # infused [pmol/kg/min]
    glucose: float = 0.0  # infused, besides a clamp's [mg/kg/min]
    target: float | None = None  # of a clamp's feedback: plasma glucose [mg/dL]


# Of the feedback: proportional and integral, from plasma glucose in mg/dL to mg/kg/min. Critically damped in V_G.
PROPORTIONAL, INTEGRAL = 0.4, 0.02  # mg/kg/min per mg/dL, and per min


class Blood:
    """The blood of a person.

    Parameters
    ----------
    organs : Organs
    person : Person

    Attributes
    ----------
    organs : Organs
        As hormones make them.
    y : (n,) float64
        Fields of MealState, and of Rest.
    full : float
        What was in the stomach after the last meal [mg].
    drunk : bool
        Whether that was a drink.
    """

    def __init__(self, organs: Organs, person: Person):
        self._usual, self.person = organs, person
        self.become(1.0, 1.0)
        self.y = np.zeros(_N_MEAL + len(Rest._fields))
        self.full, self.drunk = 0.0, False

    def become(self, insulin_action: float, secretion: float) -> None:
        """Go on with a liver that answers so much to insulin, and a pancreas that makes so much: times the usual."""
        self.organs = self._usual.acted_on(insulin_action)
        self._subjects = tuple(self._usual.subject(self.person, drunk, secretion) for drunk in (False, True))

    # ---- the present ----

    @property
    def subject(self) -> Subject:
        """The parameters of the model of meals, after what was last swallowed."""
        return self._subjects[self.drunk]

    @property
    def states(self) -> tuple[MealState, Rest]:
        """By name."""
        return MealState(*self.y[:_N_MEAL].tolist()), Rest(*self.y[_N_MEAL:].tolist())

    @property
    def glucose(self) -> float:
        """In plasma [mg/dL]."""
        return self.states[0].glucose_plasma / self.subject.glucose_volume

    @property
    def insulin(self) -> float:
        """In plasma [pM]."""
        return self.states[0].insulin_plasma / self.subject.insulin_volume

    @property
    def tissue_glucose(self) -> float:
        """Between the cells [mM]: what in plasma would be in balance with the tissue compartment."""
        p = self.subject
        return max(self.states[0].glucose_tissue, 0.0) * p.k2 / p.k1 / p.glucose_volume / meal.MG_PER_DL

    def interstitial(self, tissue: str) -> float:
        """Insulin between the cells of a tissue [pM]."""
        return getattr(self.states[1], f"{tissue}_insulin")

    def production(self) -> float:
        """Of the liver now [mg/kg/min]."""
        return production(self.organs.liver, *self.states)

    def splanchnic_uptake(self) -> float:
        """Of glucose by liver and gut now [mg/kg/min]."""
        return self.organs.splanchnic.uptake(self.glucose, _entering(self.subject, self.states[0]))

    def infusion(self, given: Given) -> float:
        """Of glucose now [mg/kg/min]."""
        s, rest = self.states
        return _infusion(given, s.glucose_plasma / self.subject.glucose_volume, rest.feedback)[0]

    def in_body(self) -> float:
        """Glucose in plasma, tissue, stomach and gut [mg/kg]."""
        s = self.states[0]
        inside = s.stomach_solid + s.stomach_liquid + s.gut
        return s.glucose_plasma + s.glucose_tissue + inside / self.subject.body_weight

    # ---- what happens ----

    def be_at_rest(self, uptake, bracket: tuple[float, float] = (0.4, 3.0)) -> None:
        """Find the state in which it stays, for an uptake [mg/kg/min] of glucose [mM] and insulin in plasma [pM].

        ValueError if there is none with glucose within the bracket, as multiples of the basal.
        """
        p, organs = self.subject, self.organs

        def level(tissue):
            return max(tissue, 0.0) * p.k2 / p.k1 / p.glucose_volume / meal.MG_PER_DL

        s = meal.resting(
            p,
            lambda glucose, insulin, portal: (
                at_liver(organs.liver, glucose, portal, insulin, insulin)
                - organs.splanchnic.uptake(glucose / p.glucose_volume, 0.0)
            ),
            lambda tissue, insulin: uptake(level(tissue), insulin),
            bracket,
        )
        insulin = s.insulin_plasma / p.insulin_volume
        between = (getattr(organs, tissue).interstitial_ratio * insulin for tissue in TISSUES)
        self.y = np.array([*s, *Rest(insulin, 0.0, *between)])
        self.full, self.drunk = 0.0, False

    def swallow(self, carbohydrate: float, drunk: bool) -> None:
        """Put carbohydrate [g] into the stomach: ground already where it is drunk."""
        place = MealState._fields.index("stomach_liquid" if drunk else "stomach_solid")
        self.y[place] += 1e3 * carbohydrate
        self.drunk = drunk
        s = self.states[0]
        self.full = s.stomach_solid + s.stomach_liquid

    def advance(self, minutes: float, given: Given, uptakes: tuple[float, float]) -> None:
        """Let time pass in which the tissues take up so much [mg/kg/min]."""
        parts = max(1, ceil(minutes / LONGEST - 1e-9))
        h = minutes / parts
        for _ in range(parts):
            k1 = self._slope(self.y, given, uptakes)
            k2 = self._slope(self.y + 0.5 * h * k1, given, uptakes)
            k3 = self._slope(self.y + 0.5 * h * k2, given, uptakes)
            k4 = self._slope(self.y + h * k3, given, uptakes)
            self.y += h / 6.0 * (k1 + 2.0 * (k2 + k3) + k4)

    def _slope(self, y, given: Given, uptakes):
        values = y.tolist()
        s, rest = MealState(*values[:_N_MEAL]), Rest(*values[_N_MEAL:])
        own, others = slopes(self.organs, self.subject, self.full, s, rest, given, uptakes)
        return np.array([*own, *others])


def slopes(organs: Organs, p: Subject, full: float, s: MealState, rest: Rest, given: Given, uptakes):
    """How fast the state of a body changes, by its fields [1/min]; the rest is as in `Blood`."""
    insulin, glucose = s.insulin_plasma / p.insulin_volume, s.glucose_plasma / p.glucose_volume
    produced = production(organs.liver, s, rest)
    infused, learnt = _infusion(given, glucose, rest.feedback)
    entering = _entering(p, s)
    splanchnic = organs.splanchnic.uptake(glucose, entering)
    own = rates(s, p, full, produced + infused - splanchnic, uptakes[0] + uptakes[1])
    others = Rest(
        insulin_fast=organs.liver.fast_rate * (insulin - rest.insulin_fast),
        feedback=learnt,
        muscle_insulin=_seep(organs.muscle, insulin, rest.muscle_insulin),
        fat_insulin=_seep(organs.fat, insulin, rest.fat_insulin),
        produced=produced,
        infused=infused,
        kept_by_gut=entering * (1.0 / p.appearing - 1.0),
        used_by_splanchnic=splanchnic,
        used_by_brain=p.constant_uptake,
        excreted=excretion(p, s.glucose_plasma),
        used_by_muscle=uptakes[0],
        used_by_fat=uptakes[1],
    )
    return own._replace(insulin_plasma=own.insulin_plasma + given.insulin), others


def production(liver: Liver, s: MealState, rest: Rest) -> float:
    """Of glucose [mg/kg/min], by the state of a body."""
    return at_liver(liver, s.glucose_plasma, s.insulin_portal, rest.insulin_fast, s.insulin_at_liver)


def at_liver(liver: Liver, glucose: float, portal: float, fast: float, slow: float) -> float:
    """Production of glucose [mg/kg/min].

    kp1 - kp2 Gp - kp4 Ipo - kf If^n / (Kf^n + If^n) - kp3 Is, not below 0: the first three terms and the last as
    published, where insulin from the periphery takes hours to act; the fast path saturates.

    Parameters
    ----------
    glucose
        In plasma [mg/kg].
    portal
        Insulin in the portal vein [pmol/kg].
    fast, slow
        Insulin of the plasma as the two paths see it [pM].
    """
    there = max(fast, 0.0) ** liver.fast_hill
    suppressed = liver.fast_effect * there / (there + liver.fast_half**liver.fast_hill)
    free = liver.production - liver.glucose_effect * glucose - liver.portal_effect * portal
    return max(free - suppressed - liver.slow_effect * slow, 0.0)


def _entering(p: Subject, s: MealState) -> float:
    """What the gut gives to the portal vein [mg/kg/min]."""
    return p.appearing * p.absorption * s.gut / p.body_weight


def _infusion(given: Given, glucose: float, feedback: float) -> tuple[float, float]:
    """Glucose infused [mg/kg/min], and how fast what the feedback has learnt changes."""
    if given.target is None:
        return given.glucose, 0.0
    missing = given.target - glucose
    wanted = PROPORTIONAL * missing + feedback
    learning = INTEGRAL * missing if wanted > 0.0 or missing > 0.0 else 0.0
    return given.glucose + max(wanted, 0.0), learning


def _seep(tissue, plasma: float, between: float) -> float:
    """How fast insulin between the cells changes [pM/min]."""
    return tissue.interstitial_rate * (tissue.interstitial_ratio * plasma - between)
