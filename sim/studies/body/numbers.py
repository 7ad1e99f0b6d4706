"""The numbers of a scenario's body with mean-field cells, for studies that ask for them many times."""

from typing import TYPE_CHECKING

from glut4sim.sim.body import result
from glut4sim.sim.body.simulate import simulate
from glut4sim.sim.studies.body.people import body_of, exchange_of, protocol_of

if TYPE_CHECKING:
    from glut4sim.sim.scenario.scenario import Scenario

UNITS = {name: unit for name, (unit, _) in result.UNITS.items()}
USUAL = {
    "clamp": "m_2h",
    "ogtt": "glucose_120min",
    "meal": "glucose_peak",
    "fasting": "homa_ir",
}  # by default


def of(scenario: "Scenario") -> dict[str, float | None]:
    """All numbers of the body at its one assay; None of those that its test does not give.

    Raises
    ------
    InputError
        if what it says of the body does not fit, or the body does not come to rest
    """
    found = simulate(body_of(scenario), protocol_of(scenario), exchange=exchange_of(scenario)).numbers
    return dict.fromkeys(UNITS) | dict(found)


def readable(name: str) -> str:
    """A number in words: "M: glucose infusion, less what raised plasma glucose, 2 h"."""
    words = result.UNITS[name][1]
    return words[:1].upper() + words[1:]
