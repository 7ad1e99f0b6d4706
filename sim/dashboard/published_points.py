"""Published points that belong on the charts of a run: those measured under the insulin that the run has."""

from functools import cache
from typing import NamedTuple

import numpy as np

from glut4sim.sim.dashboard.backdrop import Overlay
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.benchmark.register import REGISTER, load_register
from glut4sim.sim.studies.experiments.published import read_reference

DATA = REGISTER.parent / "data"
MOST = 24  # points of a curve drawn; a curve that was computed has hundreds
FOREVER = float("inf")


class Course(NamedTuple):
    """A course that charts can show as it was published.

    Attributes
    ----------
    presets : cells that it is of
    name : of the observable
    insulin : since it first rises: times [s] and levels [nM]
    """

    presets: tuple[str, ...]
    name: str
    insulin: tuple[tuple[float, float], ...]


COURSES = {  # id in the register
    "sedaghat2002-pulse": Course(("adipocyte",), "surface_glut4_percent", ((0.0, 100.0), (900.0, 0.0))),
    "sedaghat2002-pulse-akt": Course(("adipocyte",), "akt_active", ((0.0, 100.0), (900.0, 0.0))),
    "sedaghat2002-short-100nM": Course(("adipocyte",), "surface_glut4_percent", ((0.0, 100.0), (120.0, 0.0))),
    "sedaghat2002-short-10nM": Course(("adipocyte",), "surface_glut4_percent", ((0.0, 10.0), (300.0, 0.0))),
    "sedaghat2002-stairs": Course(
        ("adipocyte",),
        "surface_glut4_percent",
        ((0.0, 0.1), (900.0, 0.3), (1800.0, 1.0), (2700.0, 3.0), (3600.0, 10.0), (4500.0, 100.0), (5400.0, 0.0)),
    ),
    "sedaghat2002-repeated-pulses": Course(
        ("adipocyte",),
        "surface_glut4_percent",
        tuple(change for k in range(4) for change in ((1200.0 * k, 100.0), (1200.0 * k + 300.0, 0.0))),
    ),
}


def points(scenario: Scenario) -> list[Overlay]:
    """What to draw, up to when the insulin of the run is another; of each quantity the course that agrees longest.

    Those of cells without hormones: none where a hormone acts.
    """
    if scenario.has_hormones:
        return []
    rise = _first_rise(scenario.bath.insulin)
    agreeing = [
        (agreement(scenario.bath.insulin, rise, course.insulin), name, course)
        for name, course in COURSES.items()
        if scenario.cell.preset in course.presets
    ]
    longest: dict[str, tuple[float, str, Course]] = {}
    for found in agreeing:
        if found[0] > longest.get(found[2].name, (0.0,))[0]:
            longest[found[2].name] = found
    return [_overlay(name, course, rise, until, scenario.run.duration) for until, name, course in longest.values()]


def _first_rise(insulin: Schedule[float]) -> float:
    """When insulin rises first [s]; 0 if it never does."""
    rises = [t for t, before, now in zip(insulin.times[1:], insulin.values, insulin.values[1:]) if now > before]
    return rises[0] if rises else 0.0


def agreement(insulin: Schedule[float], rise: float, published: tuple[tuple[float, float], ...]) -> float:
    """How long after its first rise insulin is as in an experiment [s]; 0 if it was another before, or is at once."""
    other = Schedule((-1.0, *(t for t, _ in published)), (0.0, *(level for _, level in published)))
    if insulin.at(0.0) != 0.0:  # in which the cell rests
        return 0.0
    changes = sorted({*(t - rise for t in insulin.times if t >= rise), *(t for t in other.times if t >= 0.0)})
    return next((t for t in changes if insulin.at(t + rise) != other.at(t)), FOREVER)


def _overlay(name: str, course: Course, rise: float, until: float, end: float) -> Overlay:
    datum, x, y, sem = _published(name)
    there = np.flatnonzero((x <= until) & (x + rise <= end))
    kept = there[:: max(1, -(-len(there) // MOST))]
    columns = {"time": x[kept] + rise, course.name: y[kept]}
    if sem is not None:
        columns[f"{course.name} sem"] = sem[kept]
    return Overlay("points", f"{datum.quantity}: {datum.source} (evidence {datum.grade})", columns)


@cache
def _published(name: str):
    """A datum of the register, its times [s], values and standard errors."""
    datum = load_register()[name]
    file, _, column = datum.data.partition(" ")
    found = read_reference(DATA / file, column)
    return datum, found.x, found.y, found.sem
