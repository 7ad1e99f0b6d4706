"""The figure of several assays: the main numbers of the cell against the time of the assay.

Points are means over replicates, bars their standard deviation; the dotted line is the first assay.
"""

import os
import textwrap
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from glut4sim.sim.analysis import summary, timeline
from glut4sim.sim.reporting.figure_style import BLUE, GREY, ORANGE, STYLE, VERMILION

if TYPE_CHECKING:
    from glut4sim.sim.studies.assays.result import AssaysResult

PANEL = (4.2, 3.4)  # inches
COLOURS = (BLUE, VERMILION, ORANGE)  # of the numbers of summary.MAIN


def save_figure(result: "AssaysResult", path: str | os.PathLike, dpi: int = 130) -> None:
    """Draw the figure into a file; its name's end says the format (.png, .pdf, .svg)."""
    draw(result).savefig(path, dpi=dpi)


def draw(result: "AssaysResult") -> Figure:
    """The figure of several assays."""
    days = np.array([assay["at_days"] for assay in result.summary["assays"]])
    unit, size = timeline.axis_unit(days[-1])
    with mpl.rc_context(STYLE | {"axes.titlepad": 8}):
        figure = Figure(figsize=(PANEL[0] * len(COLOURS), PANEL[1] + 0.7), layout="constrained")
        figure.get_layout_engine().set(w_pad=0.12, h_pad=0.1)
        for ax, (name, colour) in zip(figure.subplots(1, len(COLOURS)), zip(summary.MAIN, COLOURS)):
            _panel(ax, days / size, [assay["observables"][name] for assay in result.summary["assays"]], colour)
            ax.set_title(summary.readable(name))
            ax.set_ylabel(_unit(ax, summary.UNITS[name]))
            ax.set_xlabel(f"Time of the assay [{unit}]")
            ax.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 2.5, 3, 4, 5, 6, 10]))
        title = result.scenario.title or result.scenario.name
        figure.suptitle(textwrap.fill(title, width=100), x=0.014, ha="left", fontsize=13, fontweight="bold")
        if result.scenario.run.replicates > 1:
            note = f"Mean and standard deviation of {result.scenario.run.replicates} replicates"
            figure.supxlabel(note, x=0.988, ha="right", fontsize=8.5, color=GREY)
        return figure


def _panel(ax: Axes, x: np.ndarray, assays: list[dict], colour: str) -> None:
    """A number over the assays; what does not exist leaves a gap."""
    mean, sd = (np.array([np.nan if assay[key] is None else assay[key] for assay in assays]) for key in ("mean", "sd"))
    ax.axhline(mean[0], color=GREY, linewidth=0.9, linestyle=":", zorder=1)
    ax.errorbar(x, mean, np.nan_to_num(sd), fmt="o-", color=colour, ms=5, capsize=3, elinewidth=1.1, zorder=3)
    ax.margins(x=0.06)
    ax.set_ylim(0.0, max(ax.get_ylim()[1], 1e-9) * 1.05)


def _unit(ax: Axes, unit: str) -> str:
    """The axis label: a unit, with a power of 1000 that leaves short numbers at the ticks."""
    exponent = 3 * int(np.log10(ax.get_ylim()[1]) // 3)
    if exponent < 3:
        return unit.replace("percent", "%")
    ax.yaxis.set_major_formatter(lambda value, _: f"{value / 10.0**exponent:g}")
    return f"10$^{{{exponent}}}$ {unit}"
