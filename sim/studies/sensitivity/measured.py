"""Which numbers of a scenario can be asked for: those of its cell, or of its body those that clinicians read."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from glut4sim.sim.analysis import summary
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies import expected
from glut4sim.sim.studies.sweep.sweep import OBSERVABLE


class Measured(NamedTuple):
    """What is measured of a scenario.

    Attributes
    ----------
    units : name of a number -> its unit
    readable : its name in words
    numbers : all of them, of a mean field; None of what there is not
    usual : the number that is asked for where nothing is said
    seconds : how long a run is
    """

    units: Mapping[str, str]
    readable: Callable[[str], str]
    numbers: Callable[[Scenario], Mapping[str, float | None]]
    usual: str
    seconds: float


def of(scenario: Scenario) -> Measured:
    """What is measured of a scenario with one assay."""
    if scenario.assay.kind is None:
        return Measured(summary.UNITS, summary.readable, expected.numbers, OBSERVABLE, scenario.run.duration)
    from glut4sim.sim.studies.body import numbers
    from glut4sim.sim.studies.body.people import protocol_of

    seconds = protocol_of(scenario).duration
    return Measured(numbers.UNITS, numbers.readable, numbers.of, numbers.USUAL[scenario.assay.kind], seconds)
