"""Mean fields at drawn values, for studies that ask how sure a number is: one task for each, on any workers.

What is drawn is changed where the task runs, so that only numbers are sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from glut4sim.sim.analysis import summary
from glut4sim.sim.model import variability
from glut4sim.sim.model.variability import Individual
from glut4sim.sim.results.series_store import record_times
from glut4sim.sim.scenario.draws import Draws
from glut4sim.sim.scenario.factors import Named, changed
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.expected import series, sum_up
from glut4sim.sim.studies.options import RunOptions
from glut4sim.sim.studies.run.replicate import Stop
from glut4sim.sim.studies.tasks import Task

COURSES = {  # name of a course -> its unit, and what it is
    "akt_active": ("percent", "Active Akt"),
    "surface_glut4_percent": ("percent", "GLUT4 at the surface"),
    "glucose_uptake_rate": ("1/s", "Net glucose uptake, over the minute before"),
}
MOST_TIMES = 241  # of a course
WEIGHT = 0.01  # of a mean field in the progress: about the time that it takes, over that of a replicate of agents


@dataclass(frozen=True)
class Answer:
    """What a mean field gives.

    Attributes
    ----------
    numbers : of summary.UNITS; None where it has none
    courses : (n_course, K) at course_times, NaN where there is none; None if they were not asked for
    error : why there is nothing; empty if there is
    """

    numbers: dict[str, float | None]
    courses: np.ndarray | None = None
    error: str = ""

    @property
    def values(self) -> np.ndarray:
        """The numbers in the order of summary.UNITS, (n_number,); NaN for None."""
        return np.array([np.nan if self.numbers[name] is None else self.numbers[name] for name in summary.UNITS], float)


def without_agents(options: RunOptions) -> RunOptions:
    """The options of the mean fields of a study that also has agents: they take little memory, and no checkpoints."""
    return replace(options, mean_field=True, replicates=None, checkpoint_every=None)


def course_times(scenario: Scenario) -> np.ndarray:
    """Times of the courses that are kept of a scenario, (K,) [s]: those of its records, or evenly fewer."""
    times = record_times(scenario)
    return times if len(times) <= MOST_TIMES else np.linspace(0.0, times[-1], MOST_TIMES)


def task(
    base: Scenario,
    draws: Draws | None = None,
    draw: int = 0,
    individual: Individual | None = None,
    courses: bool = False,
) -> Task:
    """The mean field of a scenario, with the values of a draw, and of another cell than the mean one; an Answer."""
    columns, values = ((), ()) if draws is None else (draws.columns, draws.values[draw].tolist())
    return Task(answer, (base, columns, values, individual, courses))


def answer(
    base: Scenario,
    columns: Sequence[Named],
    values: Sequence[float],
    individual: Individual | None,
    courses: bool,
    stop: Stop,
) -> Answer:
    """What the task does."""
    nothing = dict.fromkeys(summary.UNITS)
    if stop.is_set():
        return Answer(nothing, error="stopped")
    try:
        scenario = changed(base, columns, values) if columns else base
        if individual is not None:
            own = variability.overrides(scenario.preset, individual)
            scenario = scenario.model_copy(update={"parameters": scenario.parameters | own})
        times, found = series(scenario)
        kept = _courses(course_times(scenario), times, found) if courses else None
        return Answer(sum_up(scenario, times, found), kept)
    except (ArithmeticError, ValueError) as error:  # what may happen far from the presets' values
        return Answer(nothing, error=" ".join(f"{type(error).__name__}: {error}".split()))


def _courses(at: np.ndarray, times: np.ndarray, found) -> np.ndarray:
    rows = []
    for name in COURSES:
        if name == "glucose_uptake_rate":
            ends, rates = summary.running_rate(times, found["glucose_taken_up"])
            rows.append(np.interp(at, ends, rates, left=np.nan) if len(ends) else np.full(len(at), np.nan))
        else:
            rows.append(np.interp(at, times, found[name]))
    return np.array(rows)
