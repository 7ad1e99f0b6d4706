"""Puts the people of a file of clinical numbers to their protocols, and reads off each number.

Bodies are mean-field ones (sim/body): without chance, so that what an interval holds is doubt about the body alone. The
same body at the same protocol is computed once, whatever is read off it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from time import perf_counter
from typing import NamedTuple

import numpy as np

from glut4sim.sim.body.cells import MeanField
from glut4sim.sim.body.engine import BodyEngine
from glut4sim.sim.body.protocols import Clamp, Eaten, Fasting, Protocol
from glut4sim.sim.endocrine.meal import MG_PER_DL
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.studies import executors
from glut4sim.sim.studies.benchmark.clinical import ClinicalNumber, ClinicalNumbers
from glut4sim.sim.studies.benchmark.clinical_measures import (
    ALL,
    COMPARED,
    MEASURES,
    OF_MANY,
    Course,
    in_unit,
)
from glut4sim.sim.studies.benchmark.clinical_people import Someone, someone
from glut4sim.sim.studies.benchmark.clinical_population import many
from glut4sim.sim.studies.benchmark.clinical_tables import ProtocolTable
from glut4sim.sim.studies.body.doubt import AS_INSTALLED, Drawn
from glut4sim.sim.studies.body.drawn import interval
from glut4sim.sim.studies.executors import Stop
from glut4sim.sim.studies.options import Progress, RunOptions
from glut4sim.sim.studies.tasks import Task, gather

EXCHANGE = 120.0  # s between blood and cells: M within a thousandth of that at 30 s


class Test(NamedTuple):
    """One person at one protocol."""

    person: str
    protocol: str


@dataclass(frozen=True)
class Found:
    """What a body answers to a published number.

    Attributes
    ----------
    value : in the unit of the number; nan where there is none
    interval : the middle 90 % over draws of what is not known of the body; None where none were made
    """

    number: ClinicalNumber
    value: float
    interval: tuple[float, float] | None

    @property
    def holds(self) -> bool:
        """Whether it lies within the band."""
        return self.number.holds(self.value)


@dataclass(frozen=True)
class ClinicalResult:
    """How bodies did."""

    suite: ClinicalNumbers
    found: tuple[Found, ...]
    draws: int
    unsolved: int
    wall_seconds: float


def run(
    suite: ClinicalNumbers,
    draws: Sequence[Drawn] = (),
    threads: int | None = None,
    progress: Progress | None = None,
) -> ClinicalResult:
    """Measure every number in bodies.

    Parameters
    ----------
    draws
        other numbers of all bodies, one set for each draw, from which intervals come; populations are not drawn again
    threads : on which tests run; changes no result
    progress : called with the tests done and in all

    Raises
    ------
    InputError
        if a person cannot be made, or an installed body does not come to rest
    """
    began = perf_counter()
    central, *others = (
        [answer(number, courses) for number in suite.numbers]
        for courses in courses_of(suite, [AS_INSTALLED, *draws], threads, progress)
    )
    found = [
        Found(number, central[i], interval(np.array([row[i] for row in others], float)))
        for i, number in enumerate(suite.numbers)
    ]
    unsolved = sum(not any(map(isfinite, row)) for row in others)
    return ClinicalResult(suite, tuple(found), len(others), unsolved, perf_counter() - began)


def courses_of(
    suite: ClinicalNumbers,
    sets: Sequence[Drawn] = (AS_INSTALLED,),
    threads: int | None = None,
    progress: Progress | None = None,
) -> list[dict[Test, list[Course]]]:
    """The courses of all people in all tests that the numbers ask for, by each set of numbers of their bodies.

    Those of the first set who do not come to rest are an InputError; in the others they, and populations, are left out.
    """
    tests = list(dict.fromkeys(test for number in suite.numbers for test in _tests(number)))
    tasks = {
        (k, test): Task(_courses, (suite, test, drawn, k == 0))
        for k, drawn in enumerate(sets)
        for test in tests
        if k == 0 or suite.people[test.person].population is None
    }
    options = RunOptions(mean_field=True, threads=threads)
    with executors.choose(options.executor, options.processors, len(tasks)) as workers:
        found = gather(tasks, workers, dict.fromkeys(tasks, 1.0), progress)
    return [{test: found.get((k, test), []) for test in tests} for k in range(len(sets))]


def _tests(number: ClinicalNumber) -> list[Test]:
    told = number.told
    people = [told.person] if told.reference is None else [told.person, told.reference]
    return [Test(person, told.protocol) for person in people]


def _courses(suite: ClinicalNumbers, test: Test, drawn: Drawn, strict: bool, stop: Stop) -> list[Course]:
    """The course of each person of a test; none of those who do not come to rest."""
    told, protocol = suite.people[test.person], suite.protocols[test.protocol]
    bodies = (
        many(told, protocol, drawn) if told.population else (someone(told, protocol.kind, protocol.duration, drawn),)
    )
    found = []
    for one in bodies:
        if stop.is_set():
            return []
        try:
            found.append(course(one, protocol))
        except (InputError, ArithmeticError) as error:
            if strict and told.population is None:
                raise InputError(f"{error}", f"people.{test.person}") from None
    return found


def answer(number: ClinicalNumber, courses: Mapping[Test, list[Course]]) -> float:
    """What bodies that were put to the tests answer to a number; nan where one did not come to rest."""
    told = number.told
    first, *others = (courses[test] for test in _tests(number))
    if not all((first, *others)):
        return nan
    name = told.measure
    if name in OF_MANY:
        found = OF_MANY[name].find(np.array([MEASURES[OF_MANY[name].measure].find(one) for one in first]))
    elif name in COMPARED:
        found = COMPARED[name].find(first[0], others[0][0])
    else:
        found = MEASURES[name].find(first[0])
        if others:
            found /= MEASURES[name].find(others[0][0])
            return 100.0 * (found - 1.0) if told.change else found
    return in_unit(found, ALL[name].unit, told.unit)


def course(one: Someone, protocol: ProtocolTable) -> Course:
    """What a test of a body gives over time.

    Raises
    ------
    InputError
        if the body does not come to rest
    """
    engine = BodyEngine(one.body, exchange=EXCHANGE)
    test = _protocol(protocol)
    rows = [_now(engine, 0.0)]
    for given in engine.follow(test, test.duration):
        rows.append(_now(engine, engine.blood.infusion(given)))
    names = rows[0]
    series = {name: np.array([row[name] for row in rows]) for name in names}
    swallowed = 1e3 * (protocol.carbohydrate or 0.0) / one.body.person.mass
    ends = tuple(time / 60.0 for time in protocol.steps_at)
    return Course(one.body.person, one.age, swallowed, engine.organs.clearance_scale, ends, series)


def _protocol(told: ProtocolTable) -> Protocol:
    if told.insulin:
        rates = [rate.insulin for rate in told.insulin]
        later = tuple(zip(told.steps_at, rates[1:]))
        return Clamp(rates[0], told.insulin[0].per_kg, later, duration=told.duration or 0.0)
    if told.carbohydrate is not None:
        return Eaten(told.carbohydrate, told.kind == "drink", told.duration or 0.0)
    return Fasting()


def _now(engine: BodyEngine, infused: float) -> dict[str, float]:
    blood, rest = engine.blood, engine.blood.states[1]
    muscle = engine.tissues["muscle"].cells
    assert isinstance(muscle, MeanField)
    return {
        "time": engine.time / 60.0,
        "glucose": blood.glucose / MG_PER_DL,
        "insulin": blood.insulin,
        "tissue_glucose": blood.tissue_glucose,
        "muscle_insulin": blood.interstitial("muscle"),
        "fat_insulin": blood.interstitial("fat"),
        "production": blood.production(),
        "infusion": infused,
        "muscle": engine.uptakes["muscle"],
        "fat": engine.uptakes["fat"],
        "splanchnic": blood.splanchnic_uptake(),
        "brain": engine.organs.brain.uptake,
        "kept_by_gut": rest.kept_by_gut,
        "muscle_glut4": muscle.glut4,
    }
