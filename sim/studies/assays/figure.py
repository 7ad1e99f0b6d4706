"""The figure of several assays: the main numbers of the cell against the time of the assay.

Points are means over replicates, bars their standard deviation; the dotted line is the first assay.
"""

import os
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glut4sim.sim.analysis import summary, timeline
from glut4sim.sim.reporting.figure_style import (
    BLUE,
    DPI,
    GREY,
    ORANGE,
    VERMILION,
    frame,
    page,
    power_of_1000,
    save,
    time_axis,
)
from glut4sim.sim.reporting.numbers import symbol

if TYPE_CHECKING:
    from glut4sim.sim.studies.assays.result import AssaysResult

PANEL = (4.2, 3.4)  # inches
COLOURS = (BLUE, VERMILION, ORANGE)  # of the numbers of summary.MAIN


def save_figure(result: "AssaysResult", path: str | os.PathLike, dpi: int = DPI) -> None:
    """Draw the figure into a file; the end of its name says the format (.png, .pdf, .svg)."""
    save(draw(result), path, dpi)


def draw(result: "AssaysResult") -> Figure:
    """The figure of several assays: a panel for each of the numbers of summary.MAIN."""
    assays = result.summary["assays"]
    days = np.array([assay["at_days"] for assay in assays])
    unit, length = timeline.axis_unit(days[-1])
    replicates = result.scenario.run.replicates
    note = f"Mean and standard deviation of {replicates} replicates" if replicates > 1 else ""
    size = PANEL[0] * len(COLOURS), PANEL[1] + 0.7
    with page(result.scenario.title or result.scenario.name, note, size, panels_alone=True) as figure:
        for ax, name, colour in zip(figure.subplots(1, len(COLOURS)), summary.MAIN, COLOURS):
            _course(ax, days / length, [assay["observables"][name] for assay in assays], colour)
            frame(ax, summary.readable(name), "")
            ax.set_ylabel(_label(ax, summary.UNITS[name]))
            time_axis(ax, unit, "Time of the assay")
    return figure


def _course(ax: Axes, x: np.ndarray, numbers: list[dict], colour: str) -> None:
    """A number over the assays; what does not exist leaves a gap."""
    mean, sd = (np.array([np.nan if n[key] is None else n[key] for n in numbers]) for key in ("mean", "sd"))
    ax.axhline(mean[0], color=GREY, linewidth=0.9, linestyle=":", zorder=1)
    ax.errorbar(x, mean, np.nan_to_num(sd), fmt="o-", color=colour, ms=5, capsize=3, elinewidth=1.1, zorder=3)
    ax.margins(x=0.06)


def _label(ax: Axes, unit: str) -> str:
    """The axis label: a unit, with the power of 1000 that the ticks are divided by."""
    size, factor = power_of_1000(max(ax.get_ylim()[1], 1.0))
    if not factor:
        return symbol(unit)
    ax.yaxis.set_major_formatter(lambda value, _: f"{value / size:g}")
    return f"{factor}{unit}"
