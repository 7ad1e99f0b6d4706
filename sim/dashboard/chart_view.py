"""Live charts of a cell, its twin and the difference between them, over all that has been simulated.

The browser draws them; each update brings the whole course, thinned out to what a screen can show.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import traitlets

from glut4sim.sim.dashboard import colours
from glut4sim.sim.dashboard.browser import script, style
from glut4sim.sim.dashboard.channel import Channel

MOST_ROWS = 600  # of a course sent: about one per pixel

_DIFFERENCE = {"sets": ["difference"]}
PANELS: tuple[Mapping[str, Any], ...] = (
    {
        "title": "Insulin and its receptors",
        "unit": "% of receptors",
        "strip": {"name": "insulin", "label": "Insulin", "unit": "nM", "colour": colours.INSULIN},
        "series": [{"name": "receptors_active", "label": "active at the surface", "colour": colours.RECEPTOR}],
    },
    {
        "title": "Signalling",
        "unit": "%",
        "relative": "% of full response, at 100 nM insulin",  # they differ too much for one scale
        "series": [
            {"name": "irs1_phosphorylated", "label": "IRS1-P", "colour": colours.IRS1},
            {"name": "pip3", "label": "PIP₃", "colour": colours.PIP3},
            {"name": "akt_active", "label": "active Akt", "colour": colours.AKT},
            {"name": "as160_phosphorylated", "label": "AS160-P", "colour": colours.AS160},
            {"name": "rab10_active", "label": "Rab10-GTP", "colour": colours.RAB10},
        ],
    },
    {
        "title": "GLUT4 at the surface",
        "unit": "% of the cell's GLUT4",
        "series": [{"name": "surface_glut4_percent", "colour": colours.GLUT4}],
    },
    {
        "title": "Net glucose uptake",
        "unit": "molecules/s",
        "series": [{"name": "glucose_uptake_rate", "colour": colours.GLUCOSE}],
    },
    {
        "title": "GLUT4 at the surface, difference",
        "unit": "percentage points",
        "series": [{"name": "surface_glut4_percent", "colour": colours.GLUT4}],
        **_DIFFERENCE,
    },
    {
        "title": "Net glucose uptake, difference",
        "unit": "molecules/s",
        "series": [{"name": "glucose_uptake_rate", "colour": colours.GLUCOSE}],
        **_DIFFERENCE,
    },
)
"""What is drawn unless said otherwise; names are those of glut4sim.sim.model.observables.

A panel has a `title`, a `unit` and `series` of `name`, `colour` and, if there are several, `label`. It may have `sets`
(the names of the courses it draws, else cell and twin), `relative` (each series as a share of its full response, which
this says) and `strip` (a series drawn as steps above the panel, for insulin).
"""


class Curve(NamedTuple):
    """What was recorded of one cell, or the difference between two.

    Attributes
    ----------
    name
        "cell", "twin" or "difference": by which panels choose it
    label : for the reader
    columns
        name -> values (K,); "time" [s], ascending, is one of them. NaN is a gap
    """

    name: str
    label: str
    columns: Mapping[str, np.ndarray]


class Mark(NamedTuple):
    """Something that the user changed, or that is planned."""

    time: float  # [s]
    label: str  # such as "insulin 10 nM"


def difference(cell: Curve, twin: Curve) -> Curve:
    """Twin minus cell, at the times that both have."""
    times, of_cell, of_twin = np.intersect1d(
        cell.columns["time"], twin.columns["time"], assume_unique=True, return_indices=True
    )
    shared = [name for name in cell.columns if name in twin.columns and name != "time"]
    values = {name: twin.columns[name][of_twin] - cell.columns[name][of_cell] for name in shared}
    return Curve("difference", "twin minus cell", {"time": times} | values)


def downsample(columns: np.ndarray, most: int = MOST_ROWS) -> np.ndarray:
    """Fewer rows that look the same when drawn.

    The first and the last row stay. The rest is cut into buckets of equally many rows, and of each bucket two rows are
    made, at its first and its last time: every column's least and greatest value in the bucket, in the order in which
    they came. So no spike is lost, and it is off by less than a bucket's width. A bucket's size is a power of two,
    whence what was drawn before stays as it was while a run goes on. NaNs are passed over, unless all in a bucket are.

    Parameters
    ----------
    columns : (rows, K) array
        the first column is time, ascending
    most : int
        rows to stay below, at least 4
    """
    rows, width = columns.shape
    if rows <= most:
        return columns
    inner = columns[1:-1]
    size = 2
    while 2 * -(-len(inner) // size) > most - 2:
        size *= 2
    buckets = -(-len(inner) // size)
    blocks = np.full((width, buckets * size), np.nan, columns.dtype)
    blocks[:, : len(inner)] = inner.T
    blocks = blocks.reshape(width, buckets, size)
    missing = np.isnan(blocks)
    falling = np.where(missing, np.inf, blocks).argmin(axis=2) > np.where(missing, -np.inf, blocks).argmax(axis=2)
    least, greatest = np.fmin.reduce(blocks, axis=2), np.fmax.reduce(blocks, axis=2)
    pairs = np.stack([np.where(falling, greatest, least), np.where(falling, least, greatest)], axis=2)
    return np.concatenate([columns[:1], pairs.reshape(width, 2 * buckets).T, columns[-1:]])


def pack(
    courses: Sequence[Curve],
    until: float,
    marks: Iterable[Mark] = (),
    ahead: Iterable[Mark] = (),
    full: Mapping[str, float] = MappingProxyType({}),
) -> tuple[dict, list[bytes]]:
    """The message that draws all panels.

    Parameters
    ----------
    courses : the cell first
    until : end of the run [s]
    ahead : what is planned
    full
        full response of what is drawn relative to it, in its unit; what has none is drawn as it is
    """
    sets, buffers = [], []
    for course in courses:
        names = ["time", *(name for name in course.columns if name != "time")]
        table = downsample(np.column_stack([np.asarray(course.columns[name], "<f4") for name in names]))
        sets.append({"name": course.name, "label": course.label, "n": len(table), "columns": names})
        buffers.append(table.tobytes(order="F"))
    noted = {key: [mark._asdict() for mark in those] for key, those in (("marks", marks), ("ahead", ahead))}
    relative = {one["name"] for panel in PANELS if "relative" in panel for one in panel["series"]}
    full = {name: value for name, value in full.items() if name in relative}
    return {"kind": "charts", "until": until, "sets": sets, "full": full} | noted, buffers


class ChartView(Channel):
    """The charts in the browser: `view.show(*pack(courses, until, marks))` whenever `view.is_free()`."""

    _esm = script("canvas.js", "chart_view.js")
    _css = style("charts.css")
    overlays = traitlets.List(traitlets.Dict(), []).tag(sync=True)  # what is behind the run, as Overlay.packed
    panels = traitlets.List(traitlets.Dict(), [dict(panel) for panel in PANELS]).tag(sync=True)
