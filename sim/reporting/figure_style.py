"""How every figure looks: its colours, its page, and the pieces that several draw.

The colours are those of Okabe and Ito (jfly.uni-koeln.de/color, 2008), which colour-blind readers tell apart.
"""

import os
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine, TightLayoutEngine
from matplotlib.ticker import MaxNLocator

if TYPE_CHECKING:
    from matplotlib.container import ErrorbarContainer

    from glut4sim.sim.analysis.dose_response import Estimate

ORANGE, SKY, GREEN, BLUE, VERMILION, PURPLE = "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7"
SHADE, GREY, PALE = "#F6EBD3", "#444444", "#BBBBBB"

A4_LANDSCAPE = (11.69, 8.27)  # inches
DPI = 150
PACKED = 1  # of 0 to 9, how hard a PNG is packed: at 6, as it is by default, a figure is 12 % smaller and takes longer
STYLE: dict[Any, object] = {
    "font.size": 9.5,
    "figure.titlesize": 13,
    "figure.titleweight": "bold",
    "figure.labelsize": 8.5,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.labelcolor": GREY,
    "axes.edgecolor": "#999999",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "legend.handlelength": 1.4,
    "legend.columnspacing": 1.3,
    "legend.labelspacing": 0.3,
    "lines.linewidth": 1.7,
}

_EDGE = 0.014  # of the page, free beside title and note
_PADS = (0.12, 0.1)  # inch, free on either side of a panel with its labels, and above and below it
_TITLE_LETTERS, _NOTE_LETTERS = 8.1, 15.1  # in an inch
_TICKS = {"min": (6, [1, 1.5, 2, 3, 5, 10])}  # unit -> how many at most, and their steps
_OTHER_TICKS = (7, [1, 2, 2.5, 3, 4, 5, 6, 10])


# ---- the page ----


@contextmanager
def page(
    title: str = "",
    note: str = "",
    size: tuple[float, float] = A4_LANDSCAPE,
    style: Mapping[Any, object] | None = None,
    panels_alone: bool = False,
) -> Iterator[Figure]:
    """An empty page, to be drawn on as long as the context lasts: only then the style holds.

    Parameters
    ----------
    title : at the upper left, in as many lines as it takes
    note : at the lower right, small: what lines, bands and bars are
    size : width and height [inch]
    style : what differs from STYLE
    panels_alone
        there will be nothing but panels of one grid, equal in size, which is laid out in a third of the time; else
        there may be parts with grids of their own, bars of colours and legends beside the panels

    Yields
    ------
    Figure
    """
    with mpl.rc_context(STYLE | dict(style or {})):
        if panels_alone:
            font = mpl.rcParams["font.size"] / 72.0  # inch, in which this layout wants its pads
            pads = {"pad": _PADS[0] / font, "w_pad": 2.0 * _PADS[0] / font, "h_pad": 2.0 * _PADS[1] / font}
            layout = TightLayoutEngine(**pads, rect=None)  # with a rectangle it measures all of it twice
            top, bottom = 1.0 - _PADS[1] / size[1], _PADS[1] / size[1]
        else:
            layout = ConstrainedLayoutEngine(w_pad=_PADS[0], h_pad=_PADS[1])
            top = bottom = None  # it places them itself
        figure = Figure(figsize=size, layout=layout)
        if title:
            figure.suptitle(plain(textwrap.fill(title, round(_TITLE_LETTERS * size[0]))), x=_EDGE, y=top, ha="left")
        if note:
            note = textwrap.fill(note, round(_NOTE_LETTERS * size[0]))
            figure.supxlabel(note, x=1.0 - _EDGE, y=bottom, ha="right", multialignment="left", color=GREY)
        yield figure


def save(figure: Figure, path: str | os.PathLike, dpi: int = DPI) -> None:
    """Write a figure into a file.

    Parameters
    ----------
    path
        of a file on this machine or, as a UPath, elsewhere; the end of its name says the format (.png, .pdf, .svg)
    dpi : dots per inch
    """
    place = Path(path) if isinstance(path, str | os.PathLike) else path
    kind = place.suffix.removeprefix(".") or mpl.rcParams["savefig.format"]
    packed: dict[str, Any] = {"pil_kwargs": {"compress_level": PACKED}} if kind == "png" else {}
    with place.open("wb") as file, _laid_out(figure, dpi):
        figure.savefig(file, format=kind, dpi=dpi, **packed)


@contextmanager
def _laid_out(figure: Figure, dpi: int) -> Iterator[None]:
    """Within, the layout stands: matplotlib would draw all of the figure once more only to have it worked out."""
    engine, before = figure.get_layout_engine(), figure.dpi
    figure.set_dpi(dpi)
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine(None)
    try:
        yield
    finally:
        figure.set_layout_engine(engine)
        figure.set_dpi(before)


# ---- pieces ----


def plain(text: str) -> str:
    """Text of a user, in which no sign begins a formula."""
    return text.replace("$", r"\$")


def legends_above(rows: int = 2) -> dict[Any, object]:
    """The style of a page with room for legends of so many rows between titles and panels."""
    return {"axes.titlepad": 10 + 13 * rows, "axes.titley": 1.0}


def legend(ax: Axes, columns: int) -> None:
    """Legend between title and panel, where no curve can run into it; the page has `legends_above`."""
    drawn = ax.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=columns, borderaxespad=0.2)
    drawn.set_in_layout(False)  # or a wide one would narrow the panels of its column


def frame(ax: Axes, title: str, label: str, top: float | None = None) -> None:
    """Title, axis label and limits: from 0 to somewhat above what is drawn, or to `top`."""
    ax.set_title(title)
    ax.set_ylabel(label)
    ax.set_ylim(0.0, top if top is not None else max(ax.get_ylim()[1], 1e-9) * 1.04)


def time_axis(ax: Axes, unit: str, name: str = "Time") -> None:
    """Label and ticks of a time axis, in steps that suit its unit."""
    count, steps = _TICKS.get(unit, _OTHER_TICKS)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=count, steps=steps))
    ax.set_xlabel(f"{name} [{unit}]")


def power_of_1000(largest: float) -> tuple[float, str]:
    """The power of 1000 that leaves short numbers at the ticks, and how an axis says it: 1e6 and "10^6 "; 1 and ""."""
    exponent = 3 * int(np.floor(np.log10(largest) / 3.0)) if largest > 0.0 else 0
    return 10.0**exponent, f"10$^{{{exponent}}}$ " if exponent else ""


def interval_bar(ax: Axes, estimate: "Estimate", y: float, marker: str, colour: str, **look) -> "ErrorbarContainer":
    """A point with its interval across, at the height y; the point alone where there is no interval."""
    low, high = (estimate.value if end is None else end for end in (estimate.low, estimate.high))
    reach = [[estimate.value - low], [high - estimate.value]]
    return ax.errorbar(estimate.value, y, xerr=reach, fmt=marker, color=colour, zorder=3, **look)
