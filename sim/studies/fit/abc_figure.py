"""The figure of a fit to single vesicles, from what abc.json says: each value's posterior, and the tolerances."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from glut4sim.sim.reporting.figure_style import BLUE, GREY, ORANGE, SKY, page, save
from glut4sim.sim.reporting.numbers import labelled

BINS = 20
ACROSS, PANEL = 3, (3.9, 2.9)  # panels in a row, and their size [inches]


def save_figure(content: Mapping[str, Any], folder: Path) -> None:
    """Draw posterior.png into a folder."""
    save(draw(content), folder / "posterior.png")


def draw(content: Mapping[str, Any]) -> Figure:
    """A panel for each value, across its range, and one for the tolerances."""
    note = "Bars: weighted particles of the last population. Dashed: median and 90 % interval. Grey: the guess."

    rows = content["free"]
    across = min(ACROSS, len(rows) + 1)
    down = -(-(len(rows) + 1) // across)
    size = (max(7.5, PANEL[0] * across), 1.2 + PANEL[1] * down)
    with page(f"Fit to single vesicles: {content['title']}", note, size=size) as figure:
        axes = figure.subplots(down, across, squeeze=False).ravel()
        for ax, row in zip(axes, rows):
            _value(ax, row)
        _tolerances(axes[len(rows)], content)
        for ax in axes[len(rows) + 1 :]:
            ax.set_axis_off()
    return figure


def _value(ax: Axes, row: Mapping[str, Any]) -> None:
    low, high = row["range"]
    edges = np.geomspace(low, high, BINS + 1) if row["log"] else np.linspace(low, high, BINS + 1)
    ax.hist(row["values"], bins=edges, weights=row["weights"], color=SKY, edgecolor=BLUE)
    ax.set_xscale("log" if row["log"] else "linear")
    ax.axvline(row["guess"], color=GREY)
    for value in (row["low"], row["value"], row["high"]):
        ax.axvline(value, color=ORANGE, linestyle="--")
    ax.set_title(row["name"])
    ax.set_xlabel(labelled("Value", row["unit"]))
    ax.set_ylabel("Weight")


def _tolerances(ax: Axes, content: Mapping[str, Any]) -> None:
    tolerances = [population["tolerance"] for population in content["populations"]]
    ax.plot(range(1, len(tolerances) + 1), tolerances, "o-", color=BLUE)
    ax.set_yscale("log")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_title("Tolerances")
    ax.set_xlabel("Population")
    ax.set_ylabel("Distance [SEM]")
