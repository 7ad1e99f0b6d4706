"""What a full response of a cell is, so that a course can be told as a share of it.

A share of its own peak would make the least dose look like full activation.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.model import observables
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies import expected

INSULIN = 100.0  # nM, which saturates receptors
SECONDS = 1800.0  # for which it is given
EVERY = 30.0  # s between two looks
PLENTY = 1e3  # times the glucose that there is: no carrier is short of it


class Bath(NamedTuple):
    """What surrounds a cell, see sim/model/cell_inputs.py."""

    insulin: Schedule
    glucose: Schedule
    plasma: bool
    rest: None = None  # for ever


@lru_cache(maxsize=64)  # charts, the strip of causes and cards all ask for it
def full_response(scenario: Scenario) -> dict[str, float]:
    """The greatest value of each observable in the first half hour of 100 nM insulin, in its unit.

    By the mean field, and of the scenario's cell without what hormones change in it, so that one that is resistant is
    seen to be. Nothing where the mean field has no solution.
    """
    p, bath = scenario.unmodulated, scenario.bath
    supplied = p._replace(glucose=p.glucose._replace(supply=PLENTY * p.glucose.supply))
    stimulated = Bath(Schedule((0.0, EVERY), (0.0, INSULIN)), Schedule((0.0,), (bath.glucose.values[0],)), bath.plasma)
    cell = expected.Cell(scenario.cell, stimulated, Schedule((0.0,), (supplied,)))
    times = np.arange(0.0, EVERY + SECONDS + EVERY / 2.0, EVERY)
    try:
        found = observables.measure(expected.solved(cell, times), None, observables.mean_scale(cell))
    except ArithmeticError:
        return {}
    return {name: float(np.nanmax(values)) for name, values in found.items() if values.ndim == 1}
