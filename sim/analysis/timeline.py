"""The hormones of a scenario over hours to months, as a labelled dataset and in a few numbers.

From 8 am of day 0 to the end of the last assay, or of the therapies and the changes of levels if these come later.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from glut4sim.sim.analysis import summary
from glut4sim.sim.endocrine.evidence import say
from glut4sim.sim.endocrine.library import BODY
from glut4sim.sim.endocrine.modulation import STEPS
from glut4sim.version import __version__

if TYPE_CHECKING:
    import xarray

    from glut4sim.sim.endocrine.library import Drug
    from glut4sim.sim.endocrine.pharmacokinetics import Dose
    from glut4sim.sim.scenario.scenario import Scenario

DAY, WEEK = 86400.0, 7 * 86400.0
POINTS, MOST_POINTS = 600, 8000  # equidistant ones, at least and at most
POINTS_OF_ASSAY = 25
POINTS_PER_DOSE = 24  # from one dose to the next
MOST_DOSE_POINTS = 1500  # beyond which doses get no points of their own
_UNITS = ((2.0, "h", 1 / 24.0), (60.0, "d", 1.0), (np.inf, "weeks", 7.0))  # up to so many days, unit, days
MAX_SWINGS = 60.0  # times up or down its range that a line can be followed
WORTH_SHOWING = 0.005  # relative difference from the healthy reference
RHYTHM_INTERVAL = 900.0  # s between points where a daily rhythm is followed


def axis_unit(days: float) -> tuple[str, float]:
    """Unit for an axis of so many days, and its length [d]."""
    return next((unit, size) for most, unit, size in _UNITS if days <= most)


def end(scenario: "Scenario") -> float:
    """When the hormones of a scenario have nothing more to tell [s]."""
    therapies = [therapy.end or 0.0 for therapy in scenario.therapy]
    changes = [schedule.times[-1] for schedule in scenario.hormones.levels.values()]
    return max([scenario.assay.at[-1] + scenario.run.duration, *therapies, *changes])


def grid(scenario: "Scenario") -> np.ndarray:
    """Times that show what happens, (K,) ascending [s]: equidistant, each dose with its trough and peak, each assay.

    Where what repeats is too fast for equidistant points they are scattered, so that none of it is mistaken for slow.
    """
    last = end(scenario)
    doses = scenario.plan(last, scenario.run.seed).doses
    turns = np.array([time for drug, given in doses.items() for time in _turns(scenario.known.drugs[drug], given)])
    turns = turns[(turns >= 0.0) & (turns <= last)] if len(turns) <= MOST_DOSE_POINTS else turns[:0]
    intervals = [np.diff([dose.time for dose in given]).min() for given in doses.values() if len(given) > 2]
    finest = min([last / POINTS, *(max(interval, 1.0) / POINTS_PER_DOSE for interval in intervals)])
    if scenario.hormones.rhythms:
        finest = min(finest, RHYTHM_INTERVAL)
    during = [at + np.linspace(0.0, scenario.run.duration, POINTS_OF_ASSAY) for at in scenario.assay.at]
    return np.unique(np.concatenate([_spread(last, min(int(last / finest), MOST_POINTS)), turns, *during]))


def _spread(last: float, points: int) -> np.ndarray:
    """So many times from 0 to the last, both included; if more than POINTS, each anywhere in its own interval."""
    if points <= POINTS:
        return np.linspace(0.0, last, points)
    inside = (np.arange(points - 2) + np.random.default_rng(0).random(points - 2)) / (points - 2)
    return np.concatenate([[0.0], last * inside, [last]])


def _turns(drug: "Drug", doses: Sequence["Dose"]) -> Iterator[float]:
    """Just before each dose, at it, at its end, and about when its concentration is highest [s]."""
    rise = drug.kinetics.rise
    for dose in doses:
        given = dose.time + dose.duration
        yield from (dose.time - 1.0, dose.time, given, given + rise)


def dataset(scenario: "Scenario") -> "xarray.Dataset":
    """Levels, drugs, effects and the factors of the cell's steps over `grid`.

    Returns
    -------
    xarray.Dataset
        a variable (time,) for each level and each drug given; `effect_factor` (effect, time) and `step_factor`
        (step, time); time in d. Attributes: `sex`, and `assays` in d
    """
    import xarray as xr

    def of(dims: tuple[str, ...], values: np.ndarray, unit: str, title: str) -> xr.Variable:
        # the fast path takes an array as it is; to check it, xarray would import all of dask.array
        return xr.Variable(dims, values, {"units": unit, "long_name": title}, fastpath=True)

    times = grid(scenario)
    line = scenario.timeline(times)
    variables = {}
    for name, values in (*line.levels.items(), *line.drugs.items()):
        substance = scenario.known.substance(name)
        variables[name] = of(("time",), values, substance.unit, substance.title)
    for dim, courses in (("effect", line.effects), ("step", line.factors)):
        table = np.array(list(courses.values())).reshape(len(courses), len(times))
        what = "Factor of each effect on its target" if dim == "effect" else "Factor of each step of the cell"
        variables[f"{dim}_factor"] = of((dim, "time"), table, "1", what)
    coordinates = {"time": of(("time",), times / DAY, "d", "Time since 8 am of day 0")}
    for dim, courses in (("effect", line.effects), ("step", line.factors)):
        coordinates[dim] = xr.Variable((dim,), np.array(list(courses)), fastpath=True)
    attributes = {
        "title": scenario.title,
        "scenario": scenario.name,
        "scenario_hash": scenario.hash,
        "sex": scenario.body.sex,
        "assays": [at / DAY for at in scenario.assay.at],
        "source": f"glut4sim {__version__}",
    }
    return xr.Dataset(variables, coordinates, attributes)


def factor(data: "xarray.Dataset", step: str) -> np.ndarray:
    """By what a step of the cell is multiplied, (time,)."""
    return data["step_factor"].values[data["step"].values.tolist().index(step)]


def interesting(data: "xarray.Dataset", scenario: "Scenario") -> tuple[list[str], list[str], list[str]]:
    """What is worth showing: levels that are set or differ from the healthy, drugs given, steps not at 1.

    Parameters
    ----------
    data : as `dataset` gives it
    """
    body = {name for name in BODY if getattr(scenario.body, name) is not None}
    stated = (body | set(scenario.hormones.levels)) - {"age"}
    differing = {
        name
        for name, level in scenario.known.levels.items()
        if name != "age" and _differs(data[name].values, level.reference[scenario.body.sex])
    }
    levels = [name for name in scenario.known.levels if name in stated | differing]
    drugs = [name for name in scenario.known.drugs if name in data]
    steps = [name for name in STEPS if _differs(factor(data, name), 1.0)]
    return levels, drugs, steps


def _differs(values: np.ndarray, reference: float) -> bool:
    return bool(np.abs(values - reference).max() > WORTH_SHOWING * reference)


def dose_days(data: "xarray.Dataset", scenario: "Scenario") -> dict[str, np.ndarray]:
    """When each drug is given [d], within the time drawn."""
    last = data["time"].values[-1]
    doses = scenario.plan(last * DAY, scenario.run.seed).doses
    days = {drug: np.array([dose.time for dose in given]) / DAY for drug, given in doses.items()}
    return {drug: times[times <= last] for drug, times in days.items() if drug in data}  # not one yet to begin


def swings(values: np.ndarray) -> bool:
    """Whether a course goes up and down too often to be followed by eye."""
    return np.abs(np.diff(values)).sum() > MAX_SWINGS * np.ptp(np.percentile(values, [2.0, 98.0])) > 0.0


def daily_mean(days: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Mean over the day around each time; at both ends, over the first and the last day."""
    total = np.append(0.0, np.cumsum(np.diff(days) * (values[1:] + values[:-1]) / 2.0))
    low = np.clip(days - 0.5, days[0], max(days[-1] - 1.0, days[0]))
    high = np.minimum(low + 1.0, days[-1])
    return (np.interp(high, days, total) - np.interp(low, days, total)) / (high - low)


def numbers(data: "xarray.Dataset", scenario: "Scenario") -> dict:
    """Each level, drug and step in a few numbers, as summary.json holds them: start, extremes, last week and assay."""
    time = data["time"].values * DAY
    courses = {name: (data[name].values, data[name].attrs["units"]) for name in data if data[name].dims == ("time",)}
    steps = {f"{step}_factor": (factor(data, step), "1") for step in data["step"].values}
    return {
        "scenario": scenario.name,
        "seed": scenario.run.seed,
        "days": float(data["time"].values[-1]),
        "assays": [say_at(at) for at in scenario.assay.at],
        "courses": {
            name: {
                "start": float(values[0]),
                "min": float(values.min()),
                "max": float(values.max()),
                "mean_last_week": summary.mean_between(time, values, max(time[-1] - WEEK, 0.0), time[-1]),
                "at_last_assay": float(np.interp(scenario.assay.at[-1], time, values)),
                "unit": unit,
            }
            for name, (values, unit) in (courses | steps).items()
        },
    }


def say_at(seconds: float) -> dict:
    """A time of an assay as JSON holds it."""
    return {"at_days": seconds / DAY, "at": say(seconds)}
