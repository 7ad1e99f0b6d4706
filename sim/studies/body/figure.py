"""The figure of tests of the body, as clinicians draw them: glucose, insulin, and what is infused or produced.

Lines are means over bodies, bands reach one standard deviation to either side; each assay has its colour.
"""

import os
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glut4sim.sim.body.organs import PMOL_PER_MU
from glut4sim.sim.endocrine.evidence import say
from glut4sim.sim.endocrine.spans import DAY
from glut4sim.sim.reporting.figure_style import (
    BLUE,
    DPI,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    frame,
    legend,
    legends_above,
    page,
    plain,
    save,
    time_axis,
)

if TYPE_CHECKING:
    import xarray

COLOURS = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY)
PANEL = (5.6, 3.4)  # inches


def save_figure(dataset: "xarray.Dataset", path: str | os.PathLike, dpi: int = DPI) -> None:
    """Draw the figure into a file; the end of its name says the format (.png, .pdf, .svg)."""
    save(draw(dataset), path, dpi)


def draw(dataset: "xarray.Dataset") -> Figure:
    """The figure: four panels over time.

    Parameters
    ----------
    dataset
        as `result.dataset` gives it; a coordinate `label` names the assays, else their times do
    """
    if "label" in dataset.coords:
        labels = dataset["label"].values.tolist()
    else:
        labels = [say(float(at) * DAY) for at in dataset["assay"].values]
    bodies = dataset.sizes["replicate"]
    note = f"Mean and standard deviation of {bodies} bodies" if bodies > 1 else ""
    fourth = "infusion" if dataset.attrs["kind"] == "clamp" else "muscle_uptake"
    panels = {
        "glucose": ("Plasma glucose", "mg/dL", 1.0),
        "insulin": ("Plasma insulin", "uU/mL", PMOL_PER_MU),
        fourth: ("Glucose infusion" if fourth == "infusion" else "Uptake of muscle", "mg/(kg min)", 1.0),
        "production": ("Endogenous production", "mg/(kg min)", 1.0),
    }
    title = str(dataset.attrs["title"] or dataset.attrs["scenario"])
    rows = 1 if dataset.sizes["assay"] > 1 else 0
    size = 2.0 * PANEL[0], 2.0 * PANEL[1] + 0.7
    with page(title, note, size, style=legends_above(rows), panels_alone=True) as figure:
        for ax, (name, (heading, unit, per)) in zip(figure.subplots(2, 2).flat, panels.items()):
            _courses(ax, dataset, name, per, labels)
            frame(ax, heading, unit)
            ax.set_xlim(0.0, float(dataset["time"][-1]) / 60.0)
            time_axis(ax, "min")
            if rows:
                legend(ax, min(dataset.sizes["assay"], 4))
    return figure


def _courses(ax: Axes, dataset: "xarray.Dataset", name: str, per: float, labels: Sequence[str]) -> None:
    """A series of each assay."""
    minutes = dataset["time"].values / 60.0
    for i, label in enumerate(labels):
        values, colour = dataset[name].values[i] / per, COLOURS[i % len(COLOURS)]
        if np.isnan(values).all():
            continue
        mean = np.nanmean(values, axis=0)
        ax.plot(minutes, mean, color=colour, label=plain(textwrap.shorten(label, 46)))
        if len(values) > 1:
            sd = np.nanstd(values, axis=0, ddof=1)
            ax.fill_between(minutes, mean - sd, mean + sd, color=colour, alpha=0.2, linewidth=0.0)
