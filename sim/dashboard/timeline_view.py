"""The hormones of a scenario over hours to months, in the browser, where the day of the assay is chosen.

What is shown, and how it looks, is as in the figure of `glut4sim hormones`; see sim/studies/run/timeline_figure.py.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import anywidget
import numpy as np
import traitlets

from glut4sim.sim.analysis import timeline
from glut4sim.sim.dashboard.browser import script, style
from glut4sim.sim.dashboard.chart_view import downsample
from glut4sim.sim.endocrine.library import Drug, Level
from glut4sim.sim.reporting.figure_style import BLUE, GREEN, ORANGE, PURPLE, VERMILION
from glut4sim.sim.studies.run import timeline_figure

if TYPE_CHECKING:
    import xarray

    from glut4sim.sim.scenario.scenario import Scenario

MOST_ROWS = 1500  # of a course; most have fewer, and then values at the marker are those computed
DIGITS = 5  # of what is sent
STRIDES = {"h": (300.0, 3600.0), "d": (10800.0, 86400.0), "weeks": (86400.0, 7 * 86400.0)}  # of the marker [s]
DASHES = {"-": [], "--": [6, 4], ":": [2, 3]}


def content_of(scenario: "Scenario") -> dict[str, Any]:
    """All that the view draws.

    Returns
    -------
    dict
        `end` [s]; `unit` of the axis and its `size` [s]; `strides`: small and large step of the marker [s];
        `assays` [s]; `reference`: whom the healthy levels are of; `x`: times of all courses [s]
        `rows`: `title`, `unit`, `reference` or None, `doses` [s], `lines`. The last has the factors of the cell's steps
        `lines` of a row: `label`, `colour`, `dash`, `y`, and `mean`, the mean over a day where the course goes up and
        down too often to be followed, else None
        `steady`: `title`, `unit`, `reference` and `value` of the levels that stay as they are
    """
    data = timeline.dataset(scenario)
    levels, drugs, steps = timeline.interesting(data, scenario)
    doses = timeline.dose_days(data, scenario)
    unit, days = timeline.axis_unit(float(data["time"].values[-1]))
    known, substance = scenario.known.drugs, scenario.known.substance
    adding = {level: [drug for drug in drugs if known[drug].delivers == level] for level in levels}
    alone = [drug for drug in drugs if known[drug].delivers not in levels]
    steady = [name for name in levels if not adding[name] and not _changes(data[name].values)]
    changing = [name for name in (*levels, *alone) if name not in steady]
    seconds = data["time"].values * timeline.DAY
    return {
        "title": scenario.title or scenario.name,
        "unit": unit,
        "size": days * timeline.DAY,
        "end": timeline.end(scenario),
        "strides": list(STRIDES[unit]),
        "assays": list(scenario.assay.at),
        "reference": f"healthy {scenario.body.sex} of 30",
        "x": [round(time) for time in _thinned(seconds, seconds)[:, 0].tolist()],
        "rows": [
            *(_course(data, substance(name), adding.get(name, ()), doses) for name in changing),
            _steps(data, steps),
        ],
        "steady": [_about(substance(name), data) | {"value": _short(float(data[name].values[0]))} for name in steady],
    }


def _course(data: "xarray.Dataset", substance: Level | Drug, adding: Sequence[str], doses) -> dict[str, Any]:
    """A level with what drugs add to it, or a drug."""
    name = substance.name
    lines = [_line(data, data[name].values, "total" if adding else "", BLUE)]
    lines += [
        _line(data, data[drug].values, f"from {drug}", colour, "--")
        for drug, colour in zip(adding, (ORANGE, GREEN, PURPLE, VERMILION))
    ]
    given = [round(day * timeline.DAY) for drug in (adding or [name]) for day in doses.get(drug, ())]
    return _about(substance, data) | {"doses": given, "lines": lines}


def _about(substance: Level | Drug, data: "xarray.Dataset") -> dict[str, Any]:
    reference = getattr(substance, "reference", None)
    return {
        "title": substance.title,
        "unit": "relative" if substance.unit == "1" else substance.unit,
        "reference": reference and _short(reference[data.attrs["sex"]]),
    }


def _steps(data: "xarray.Dataset", steps: Iterable[str]) -> dict[str, Any]:
    """The factors of the cell's steps that are not 1."""
    lines = [
        _line(data, data["step_factor"].sel(step=name).values, timeline_figure.STEP_NAMES[name], colour, style)
        for name, colour, style in timeline_figure.STEP_LINES
        if name in steps
    ]
    return {
        "title": "Steps of the cell" if lines else "Steps of the cell: all 1",
        "unit": "factor",
        "reference": 1.0,
        "doses": [],
        "lines": lines,
    }


def _line(data: "xarray.Dataset", values: np.ndarray, label: str, colour: str, style: str = "-") -> dict[str, Any]:
    days = data["time"].values
    table = _thinned(days * timeline.DAY, values)
    mean = None
    if _changes(values) and timeline.swings(values):
        of_day = timeline.daily_mean(days, values)
        mean = [_short(value) for value in np.interp(table[:, 0] / timeline.DAY, days, of_day).tolist()]
    y = [_short(value) for value in table[:, 1].tolist()]
    return {"label": label, "colour": colour, "dash": DASHES[style], "y": y, "mean": mean}


def _thinned(seconds: np.ndarray, values: np.ndarray) -> np.ndarray:
    return downsample(np.column_stack([seconds, values]), MOST_ROWS)


def _changes(values: np.ndarray) -> bool:
    """By more than anyone would notice."""
    return bool(np.ptp(values) > timeline.WORTH_SHOWING * np.abs(values).max())


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


class TimelineView(anywidget.AnyWidget):
    """The timeline in the browser; `chosen` is the time of the assay [s], set when the reader lets go of the marker."""

    _esm = script("canvas.js", "timeline_view.js")
    _css = style("charts.css")
    content = traitlets.Dict().tag(sync=True)
    chosen = traitlets.Float(0.0).tag(sync=True)
