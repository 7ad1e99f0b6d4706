"""Makes bodies of the people of a file of clinical numbers: scenarios with a test, as `run --assay` makes them."""

from typing import Any, NamedTuple

from glut4sim.sim.body.body import Body
from glut4sim.sim.inputs.units import SPAN, TIME
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.benchmark.clinical_tables import PersonTable
from glut4sim.sim.studies.body import doubt
from glut4sim.sim.studies.body.doubt import AS_INSTALLED, Drawn
from glut4sim.sim.studies.body.people import body_of

AGE = 30.0  # yr, of whom none is told, as of the reference person
KINDS = {"fasting": "fasting", "clamp": "clamp", "drink": "ogtt", "meal": "meal"}  # of protocols, in [assay]


class Someone(NamedTuple):
    """A body, and the age of whose it is [yr]."""

    body: Body
    age: float


def someone(told: PersonTable, kind: str, duration: float | None, drawn: Drawn = AS_INSTALLED) -> Someone:
    """The body of a person for a test of a kind and a duration [s], with other numbers.

    What a kind of body or cell has of its own, such as the liver of type 2 diabetes, stays.

    Raises
    ------
    InputError
        if its tables or its numbers do not fit
    """
    scenario = _scenario(told, kind, duration)
    return Someone(doubt.at(body_of(scenario), drawn), scenario.body.age or AGE)


def _scenario(told: PersonTable, kind: str, duration: float | None) -> Scenario:
    table: dict[str, Any] = Scenario.load(told.scenario).resolved() if told.scenario else {"run": {"duration": "1 min"}}
    table["assay"] = {"at": SPAN.write(told.at or 0.0), "kind": KINDS[kind]}
    if duration is not None:
        table["assay"]["duration"] = TIME.write(duration)
    if told.diabetes:
        table["organs"] = {"preset": "type-2-diabetes"}
    for key, given in (("body", told.body), ("therapy", told.therapy)):
        if given:
            table[key] = given
    return Scenario.from_table(table)
