"""People who differ: bodies around a person of a file of clinical numbers.

What differs, each by a normal deviate of its own, and of what source the spread is:

    height        sd 7 cm; assumed, of adults of one sex
    mass          by the body mass index, sd 14 % about the person's; assumed
    lean mass     by mass and height (Boer, Am J Physiol 247:F632, 1984), residual sd 6 %; assumed. Fat is the rest
    cells         uptake per cell of muscle and of fat under insulin, sd 35 %, alike in both; assumed
    secretion     basal secretion of insulin: falls as fat and cells make a person sensitive, so that the product of
                  both stays (the hyperbola of Kahn et al., Diabetes 42:1663, 1993), residual sd 35 %: with the rest
                  it was set so that fasting insulin spreads as in NHANES III
    clearance     of insulin, sd 15 %; assumed

Hormones are those of the person. Deviates depend on the seed and the number of a body alone.
"""

from collections.abc import Iterator
from dataclasses import replace
from math import exp

import numpy as np

from glut4sim.sim.studies.benchmark.clinical_people import Someone, Values, someone
from glut4sim.sim.studies.benchmark.clinical_tables import PersonTable, ProtocolTable

SEED = 1
HEIGHT = 0.07  # m
BODY_MASS_INDEX, LEAN, CELLS, SECRETION, CLEARANCE = 0.14, 0.06, 0.35, 0.35, 0.15  # of the logarithm
HYPERBOLA = 1.0  # by which power secretion falls as sensitivity rises
RANGE = 2.5  # deviates beyond which no body is made


def lean_mass(sex: str, mass: float, height: float) -> float:
    """[kg], of mass [kg] and height [m]: Boer, Am J Physiol 247:F632 (1984)."""
    of_mass, of_height, constant = (0.407, 26.7, -19.2) if sex == "man" else (0.252, 47.3, -48.3)
    return of_mass * mass + of_height * height + constant


def many(told: PersonTable, protocol: ProtocolTable, values: Values = ()) -> Iterator[Someone]:
    """The bodies of a population for a protocol.

    Raises
    ------
    InputError
        if the tables of the person do not fit
    """
    middle = someone(told, protocol.kind, protocol.duration, values)
    assert told.population is not None
    for number in range(told.population.n):
        yield _other(middle, np.clip(np.random.default_rng([SEED, number]).normal(size=6), -RANGE, RANGE))


def _other(one: Someone, deviates: np.ndarray) -> Someone:
    height_by, index_by, lean_by, cells_by, secretion_by, clearance_by = deviates.tolist()
    person, organs = one.body.person, one.body.organs
    height = person.height + HEIGHT * height_by
    mass = person.mass * (height / person.height) ** 2 * exp(BODY_MASS_INDEX * index_by)
    ratio = lean_mass(person.sex, mass, height) / lean_mass(person.sex, person.mass, person.height)
    lean = min(person.lean_mass * ratio * exp(LEAN * lean_by), 0.93 * mass)
    cells = exp(CELLS * cells_by)
    sensitivity = cells * (lean / mass) / (person.lean_mass / person.mass)
    secretion = organs.pancreas.basal_secretion * sensitivity**-HYPERBOLA * exp(SECRETION * secretion_by)
    numbers = {
        "muscle.in_vivo_gain": f"{1.0 + (organs.muscle.in_vivo_gain - 1.0) * cells!r}",
        "fat.cells_per_kg": f"{organs.fat.cells_per_kg * cells!r} 1/kg",
        "pancreas.basal_secretion": f"{secretion!r} pmol/(kg*min)",
        "insulin.clearance": f"{organs.insulin.clearance * exp(CLEARANCE * clearance_by)!r} mL/(kg*min)",
    }
    other = person._replace(mass=mass, height=height, lean_mass=lean)
    return Someone(replace(one.body.replaced(numbers), person=other), one.age)
