"""What is expected of a scenario: the numbers of its summary that its mean field gives, for studies that ask thousands.

The mean field has coarse radial bins here. At the values of the presets its numbers are within 3e-4 of those of the
fine one; at 13 places drawn from all ranges surface GLUT4 was within 0.13 percentage points and half-times within
0.7 %. Half-times of what does not rise at all, such as Akt without PIP3, are the solver's noise.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from glut4sim.agents import glucose
from glut4sim.sim.analysis import summary
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.model import mean_field, observables
from glut4sim.sim.model.cell_inputs import Bath, CellInBath, CellSize
from glut4sim.sim.model.parameters import ParameterSet
from glut4sim.sim.model.step_records import StepRecords
from glut4sim.sim.results.series_store import record_times
from glut4sim.sim.scenario.scenario import Scenario

BINS, CAPTURE_BINS = 40, 4  # numbers to 3e-4 of those of the usual ones, in less time
SPARE = 4.0  # times the glucose that the carriers could take up at most


class Cell(NamedTuple):
    """What the mean field needs of a scenario; to change that is cheaper than to change a scenario."""

    cell: CellSize
    bath: Bath
    parameter_schedule: Schedule[ParameterSet]

    @property
    def parameter_set(self) -> ParameterSet:
        """The parameters at the start."""
        return self.parameter_schedule.values[0]


def numbers(scenario: Scenario) -> dict[str, float | None]:
    """The numbers of summary.UNITS of a scenario's mean field, with coarse bins and glucose that no run uses up."""
    return sum_up(scenario, *series(scenario))


def sum_up(scenario: Scenario, times: np.ndarray, found: Mapping[str, np.ndarray]) -> dict[str, float | None]:
    """The numbers of summary.UNITS of what `series` has found."""
    insulin = scenario.bath.insulin
    return summary.one_replicate(times, {n: found[n] for n in summary.NEEDED}, (insulin.times, insulin.values))


def series(scenario: Scenario) -> tuple[np.ndarray, Mapping[str, np.ndarray]]:
    """Times (K,) [s] and observables of the mean field that `numbers` sums up."""
    times, cell = record_times(scenario), supplied(scenario)
    return times, observables.measure(solved(cell, times), None, observables.mean_scale(cell))


def supplied(scenario: Scenario) -> Cell:
    """A scenario's cell with more glucose around it than its carriers could take up.

    Glucose that runs out ends uptake, and stalls the solver; it says how many molecules the agents stand for, nothing
    about the cell. Whoever turns agents into molecules takes this cell's scale.
    """
    p, bath, schedule = scenario.unmodulated, max(scenario.bath.glucose.values), scenario.parameter_schedule
    supply = SPARE * glucose.clearance(p.vesicle.glut4_copies, bath, p.glucose) * bath * scenario.run.duration
    if supply > p.glucose.supply:
        plenty = [each._replace(glucose=each.glucose._replace(supply=supply)) for each in schedule.values]
        schedule = Schedule(schedule.times, tuple(plenty))
    return Cell(scenario.cell, scenario.bath, schedule)


def solved(cell: CellInBath, times: np.ndarray) -> StepRecords:
    """Records (K,) of a cell's mean field with coarse bins; ArithmeticError if it has no solution."""
    return mean_field.solve(cell, times, bins=BINS, capture_bins=CAPTURE_BINS)
