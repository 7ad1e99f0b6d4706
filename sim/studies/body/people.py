"""The body of a scenario, and the test that it is put to."""

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from glut4sim.sim.body.body import CELLS, Body
from glut4sim.sim.body.cells import CellKind
from glut4sim.sim.body.engine import EXCHANGE
from glut4sim.sim.body.hormones import Hormones
from glut4sim.sim.body.person import HEALTHY, Person
from glut4sim.sim.body.protocols import Clamp, Fasting, Protocol, meal, ogtt
from glut4sim.sim.endocrine.spans import DAY
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.units import TIME
from glut4sim.sim.scenario.body_tables import Spreads, split

if TYPE_CHECKING:
    from glut4sim.sim.scenario.scenario import Scenario


@lru_cache(maxsize=256)  # months of hormones take seconds, and all bodies of a scenario begin as this one
def body_of(scenario: "Scenario") -> Body:
    """The body of a scenario at its one assay.

    Raises
    ------
    InputError
        if there are several assays, or what it says of the body does not fit
    """
    scenario.check_one_assay()
    preset, values = split(scenario.organs)
    cells = {}
    for tissue, usual in CELLS[preset].items():
        told = getattr(scenario.tissue, tissue)
        name = told.preset or usual.preset
        cells[tissue] = CellKind(name, None, told.cells, told.vesicles, told.receptors, told.spread)
    return Body(person_of(scenario), preset, values, cells, _hormones(scenario))


def _hormones(scenario):
    """What it says of hormones, and that they are followed from its assay to the end of the test, or of its day."""
    if not (scenario.has_hormones or any(map(Spreads.hormone, scenario.population))):
        return None
    start = scenario.assay.at[0]
    end = start + max(protocol_of(scenario).duration, DAY)
    return Hormones(scenario.plan(end, scenario.run.seed), start, end)


def person_of(scenario: "Scenario") -> Person:
    """Mass, height and lean mass at the one assay.

    Where lean mass is not given, it is that of the reference person of the sex in proportion to the mass, times what
    hormones and age make of it.
    """
    body, reference = scenario.body, HEALTHY[scenario.body.sex]
    mass = reference.mass if body.mass is None else body.mass
    height = reference.height if body.height is None else body.height
    lean = reference.lean_mass * mass / reference.mass if body.lean_mass is None else body.lean_mass
    if scenario.has_hormones:
        level = scenario.known.levels["lean_mass"]
        now = float(scenario.timeline(np.array([scenario.assay.at[0]])).levels["lean_mass"][0])
        lean = now if body.lean_mass is not None else lean * now / level.reference[body.sex]
    if not 0.0 < lean < mass:
        raise InputError(f"expected less than the mass of the body ({mass:g} kg), got {lean:g} kg.", "body.lean_mass")
    if height <= 0.0:
        raise InputError("expected a height above 0 m.", "body.height")
    return Person(body.sex, mass, height, lean)


def protocol_of(scenario: "Scenario") -> Protocol:
    """The test that its [assay] asks for."""
    asked = scenario.assay
    protocol: Protocol
    match asked.kind:
        case "clamp":
            usual, rate, second = Clamp(), asked.insulin, asked.second
            protocol = usual._replace(
                insulin=usual.insulin if rate is None else rate.amount,
                per_kg=rate is not None and rate.per_kg,
                later=() if second is None or asked.second_at is None else ((asked.second_at, second.amount),),
                target=usual.target if asked.glucose is None else (asked.glucose or None),
            )
        case "ogtt":
            protocol = ogtt() if asked.carbohydrate is None else ogtt(asked.carbohydrate)
        case "meal":
            protocol = meal() if asked.carbohydrate is None else meal(asked.carbohydrate)
        case _:
            protocol = Fasting()
    duration = asked.duration or protocol.duration
    exchange, step = exchange_of(scenario), CellKind("").step
    for key, seconds, part in (("exchange", exchange, step), ("duration", duration, exchange)):
        if abs(round(seconds / part) * part - seconds) > 1e-9 * seconds:
            sentence = f"expected a whole multiple of {TIME.write(part)}, got {TIME.write(seconds)}."
            raise InputError(sentence, f"assay.{key}")
    return protocol._replace(duration=duration)


def exchange_of(scenario: "Scenario") -> float:
    """Between blood and cells [s]."""
    return scenario.assay.exchange or EXCHANGE
