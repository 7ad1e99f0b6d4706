"""A page that needs no server: one picture of a cell, or all of a recorded run, with what draws it, in one file.

The scripts and styles are those of the dashboard. Arrays lie in the page deflated: of pictures the first, and of each
other one the difference to the one before, most of which is nothing.
"""

import html
import json
import zlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from glut4sim.sim.dashboard.browser import CELL, CHARTS, function, script, style
from glut4sim.sim.dashboard.film import Picture
from glut4sim.sim.reporting import templates
from glut4sim.version import __version__

STYLES = ("page_file.css", "cell_view.css", "causes.css", "charts.css")
HEIGHT = 900  # of the frame in a notebook [px]


class Changes(NamedTuple):
    """Changes of state of the vesicles that are drawn, in order of time."""

    time: np.ndarray  # (n,) [s]
    vesicle: np.ndarray  # (n,), by number among those drawn
    state: np.ndarray  # (n,), the vesicle.State that it came to

    @classmethod
    def none(cls) -> "Changes":
        """No changes."""
        return cls(np.zeros(0), np.zeros(0), np.zeros(0))


class Charts(NamedTuple):
    """What the charts show.

    Attributes
    ----------
    content : the message of `chart_view.pack`, of one course
    table : (columns, rows) of that
    panels : as of ChartView
    """

    content: Mapping[str, Any]
    table: np.ndarray
    panels: Sequence[Mapping[str, Any]]


class Page:
    """A page as text; in a notebook it shows itself.

    Attributes
    ----------
    html : the whole file
    """

    def __init__(self, text: str):
        self.html = text

    def __repr__(self) -> str:
        return f"<a page of {len(self.html) / 1e6:.1f} MB; a notebook shows it, or write its `html` to a file>"

    def _repr_html_(self) -> str:
        """In a frame, so that it and the notebook leave each other alone."""
        held = html.escape(self.html, quote=True)
        look = f"border:0;width:100%;height:{HEIGHT}px"
        return f'<iframe srcdoc="{held}" style="{look}" title="A cell of glut4sim"></iframe>'


def page(
    title: str,
    about: str,
    pictures: Sequence[Picture],
    causes: Mapping[str, Any],
    numbers: np.ndarray,
    changes: Changes | None = None,
    charts: Charts | None = None,
) -> Page:
    """The page of pictures of one cell.

    Parameters
    ----------
    title, about : a line each
    pictures : in order of time, of one cell, with the same vesicles drawn
    causes : `causes.content`
    numbers : of the vesicles drawn, in the cell
    changes : None for none
    charts : None for none
    """
    changes = Changes.none() if changes is None else changes
    buffers = [picture.cells[0][2] for picture in pictures]
    drawn = [np.stack([np.frombuffer(each[k], kind) for each in buffers]) for k, kind in enumerate(("<u2", "u1", "u1"))]
    (places, states, groups), (vesicles, receptors) = drawn, (drawn[1].shape[1], drawn[2].shape[1])
    table = np.zeros((0, 0)) if charts is None else charts.table
    arrays = [
        changes.time.astype("<f4"),
        changes.vesicle.astype("<u4"),
        table.astype("<f4"),
        *(np.diff(array, axis=0, prepend=array[:1] * 0) for array in (places, states, groups)),
        changes.state.astype("u1"),
    ]
    told = {
        "pictures": [{"time": picture.time, "facts": picture.cells[0][1]} for picture in pictures],
        "perHexagon": pictures[0].molecules_per_hexagon,
        "every": pictures[1].time - pictures[0].time if len(pictures) > 1 else 1.0,
        "vesicles": vesicles,
        "receptors": receptors,
        "numbers": numbers.tolist(),
        "changes": len(changes.time),
        "causes": causes,
        "charts": charts
        and {
            "content": {key: value for key, value in charts.content.items() if key != "sets"},
            "columns": charts.content["sets"][0]["columns"],
            "rows": table.shape[1],
            "panels": [dict(panel) for panel in charts.panels],
        },
    }
    return Page(
        templates.render(
            "dashboard/page.html.jinja",
            version=__version__,
            title=html.escape(title),
            about=html.escape(about),
            style="\n".join(map(style, STYLES)),
            told=json.dumps(told).replace("<", "\\u003c"),  # nothing in it may end the script that holds it
            arrays=b64encode(zlib.compress(b"".join(array.tobytes() for array in arrays), 6)).decode(),
            cell_view=function(CELL),
            chart_view=function(CHARTS),
            player=script("player.js"),
        )
    )
