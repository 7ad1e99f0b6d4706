"""People who differ: bodies around a person of a file of clinical numbers.

What differs, each by a normal deviate of its own, and of what source the spread is:

    height        sd 7 cm; assumed, of adults of one sex
    mass          by the body mass index about the person's: sd 14 %, as of nine tenths of healthy men between 19.5 and
                  30 kg/m2 (Flegal, Int J Obes 30:374, 2006), or as the population says
    lean mass     by mass and height (Boer, Am J Physiol 247:F632, 1984), residual sd 6 %; assumed. Fat is the rest
    cells         what insulin adds to the uptake of muscle, sd 35 %; assumed
    liver         how much insulin it takes: as the cube of the body mass index from that of the reference person on,
                  and more where muscle takes up less (assumed), residual sd 50 %; power and sd were set so that fasting
                  insulin spreads as in NHANES III
    secretion     of insulin: as much more as the liver takes, so that glucose stays (the hyperbola of Kahn et al.,
                  Diabetes 42:1663, 1993)
    clearance     of insulin, sd 15 %; assumed

Hormones are those of the person. Deviates depend on the seed and the number of a body alone.
"""

from collections.abc import Iterator
from dataclasses import replace
from math import exp

import numpy as np

from glut4sim.sim.body.person import HEALTHY
from glut4sim.sim.studies.benchmark.clinical_people import Someone, someone
from glut4sim.sim.studies.benchmark.clinical_tables import PersonTable, ProtocolTable
from glut4sim.sim.studies.body.doubt import AS_INSTALLED, Drawn

SEED = 1
HEIGHT = 0.07  # m
LEAN, CELLS, LIVER, CLEARANCE = 0.06, 0.35, 0.5, 0.15  # of the logarithm
WITH_CELLS, WITH_MASS = -1.0, 3.0  # powers of what cells take up, and of the body mass index, in what the liver takes
FAR = 2.0  # deviates beyond which no body is made
LEANEST = 0.93  # lean over whole mass


def lean_mass(sex: str, mass: float, height: float) -> float:
    """[kg], of mass [kg] and height [m]: Boer, Am J Physiol 247:F632 (1984)."""
    of_mass, of_height, constant = (0.407, 26.7, -19.2) if sex == "man" else (0.252, 47.3, -48.3)
    return of_mass * mass + of_height * height + constant


def many(told: PersonTable, protocol: ProtocolTable, drawn: Drawn = AS_INSTALLED) -> Iterator[Someone]:
    """The bodies of a population for a protocol.

    Raises
    ------
    InputError
        if the tables of the person do not fit
    """
    middle = someone(told, protocol.kind, protocol.duration, drawn)
    assert told.population is not None
    for number in range(told.population.n):
        deviates = np.clip(np.random.default_rng([SEED, number]).normal(size=6), -FAR, FAR)
        yield _other(middle, deviates, told.population.body_mass_index)


def _other(one: Someone, deviates: np.ndarray, spread: float) -> Someone:
    height_by, index_by, lean_by, cells_by, liver_by, clearance_by = deviates.tolist()
    person, organs, usual = one.body.person, one.body.organs, HEALTHY[one.body.person.sex]
    height = person.height + HEIGHT * height_by
    mass = person.mass * (height / person.height) ** 2 * exp(spread * index_by)
    ratio = lean_mass(person.sex, mass, height) / lean_mass(person.sex, person.mass, person.height)
    lean = min(person.lean_mass * ratio * exp(LEAN * lean_by), LEANEST * mass)
    cells = exp(CELLS * cells_by)
    index = mass / height**2 / (usual.mass / usual.height**2)
    more = cells**WITH_CELLS * index**WITH_MASS * exp(LIVER * liver_by)  # insulin that the liver takes, and is made
    liver, pancreas = organs.liver, organs.pancreas
    numbers = {
        "muscle.in_vivo_gain": f"{1.0 + (organs.muscle.in_vivo_gain - 1.0) * cells!r}",
        "liver.fast_half": f"{liver.fast_half * more!r} pM",
        "liver.slow_effect": f"{liver.slow_effect / more!r} mg/(kg*min)/pM",
        "liver.portal_effect": f"{liver.portal_effect / more!r} mg/min/pmol",
        "pancreas.basal_secretion": f"{pancreas.basal_secretion * more!r} pmol/(kg*min)",
        "pancreas.static": f"{pancreas.static * more!r} pmol/(kg*min)/(mg/dL)",
        "pancreas.dynamic": f"{pancreas.dynamic * more!r} pmol/kg/(mg/dL)",
        "insulin.clearance": f"{organs.insulin.clearance * exp(CLEARANCE * clearance_by)!r} mL/(kg*min)",
    }
    other = person._replace(mass=mass, height=height, lean_mass=lean)
    return Someone(replace(one.body.replaced(numbers), person=other), one.age)
