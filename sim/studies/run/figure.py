"""The figure of a run: what the cell was given and what it did, on one page.

Lines are means over replicates, bands reach from the lowest replicate to the highest. Insulin above its lowest level is
shaded.
"""

import os
import textwrap
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from glut4sim.sim.reporting.figure_style import (
    A4_LANDSCAPE,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    STYLE,
    VERMILION,
    binned,
    frame,
    in_minutes,
    label_insulin,
    legend,
    line,
    mean,
    shade_insulin,
)

if TYPE_CHECKING:
    import xarray

VESICLE_COLOURS = {  # from the membrane inwards; the rest are stored
    "fused": BLUE,
    "docked": SKY,
    "tethered": GREEN,
    "mobile": ORANGE,
    "endocytosed": PURPLE,
}


def save_figure(dataset: "xarray.Dataset", path: str | os.PathLike, dpi: int = 150) -> None:
    """Draw the figure of a run into a file; its name's end says the format (.png, .pdf, .svg)."""
    draw(dataset).savefig(path, dpi=dpi)


def draw(dataset: "xarray.Dataset") -> Figure:
    """The figure of a run: six panels over time.

    Parameters
    ----------
    dataset : as `results.open_results` gives it; NaN where a replicate did not get to
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=A4_LANDSCAPE, layout="constrained")
        figure.get_layout_engine().set(w_pad=0.14, h_pad=0.14, wspace=0.02, hspace=0.02)
        axes = figure.subplots(2, 3)
        panels = (_receptors, _cascade, _surface, _vesicles, _uptake, _fusion)
        for ax, panel in zip(axes.flat, panels, strict=True):
            shade_insulin(ax, dataset)
            panel(ax, dataset)
            ax.set_xlim(0.0, in_minutes(dataset)[-1])
            ax.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 1.5, 2, 3, 5, 10]))
            ax.set_xlabel("Time [min]")
        title = textwrap.fill(dataset.attrs.get("title") or dataset.attrs.get("scenario", ""), width=95)
        figure.suptitle(title, x=0.014, ha="left", fontsize=13, fontweight="bold")
        if dataset.sizes["replicate"] > 1:
            note = f"Mean and range of {dataset.sizes['replicate']} replicates"
            figure.supxlabel(note, x=0.988, ha="right", fontsize=8.5, color=GREY)
        return figure


def _total(counts: np.ndarray) -> np.ndarray:
    """Sum over the states, the last axis; NaN where nobody is in any, or a replicate did not get to."""
    total = counts.sum(axis=-1)
    return np.where(total > 0.0, total, np.nan)


def _receptors(ax: Axes, dataset) -> None:
    counts = dataset["receptors"].values
    inside = [name.startswith("internal") for name in dataset["receptor_state"].values]
    internal = 100.0 * counts[..., inside].sum(axis=-1) / _total(counts)
    line(ax, in_minutes(dataset), dataset["receptors_active"].values, VERMILION, "active at the surface")
    line(ax, in_minutes(dataset), internal, BLUE, "internalised", "--")
    label_insulin(ax, dataset)
    frame(ax, "Insulin and its receptors", "Share of receptors [%]", top=112.0)
    ax.set_yticks(range(0, 101, 20))
    legend(ax, columns=2)


def _cascade(ax: Axes, dataset) -> None:
    curves = (
        ("pip3", "PIP$_3$", GREEN, "-"),
        ("akt_active", "active Akt", ORANGE, "-"),
        ("as160_phosphorylated", "AS160-P", PURPLE, "--"),
        ("rab10_active", "Rab10-GTP", BLUE, ":"),
    )
    for name, label, colour, style in curves:
        values = dataset[name].values
        means = mean(values)
        peak = np.nanmax(means) if np.isfinite(means).any() else 0.0
        scaled = 100.0 * values / peak if peak > 0.0 else values
        line(ax, in_minutes(dataset), scaled, colour, f"{label} ({peak:.2g} %)", style)
    frame(ax, "Signalling", "Share of peak [%], peak in brackets", top=105.0)
    ax.set_yticks(range(0, 101, 20))
    legend(ax, columns=2)


def _surface(ax: Axes, dataset) -> None:
    line(ax, in_minutes(dataset), dataset["surface_glut4_percent"].values, BLUE)
    frame(ax, "GLUT4 at the surface", "Share of the cell's GLUT4 [%]")


def _vesicles(ax: Axes, dataset) -> None:
    counts, states = dataset["vesicles"].values, dataset["vesicle_state"].values.tolist()
    share = 100.0 * counts / _total(counts)[..., None]
    layers = [mean(share[..., states.index(name)]) for name in VESICLE_COLOURS]
    reached = np.isfinite(layers[0])
    ax.stackplot(
        in_minutes(dataset)[reached], [layer[reached] for layer in layers],
        colors=list(VESICLE_COLOURS.values()), labels=list(VESICLE_COLOURS), edgecolor="white", linewidth=0.3, zorder=2,
    )  # fmt: skip
    frame(ax, "Vesicles on their way", "Share of vesicles [%], the rest stored")
    legend(ax, columns=3)


def _uptake(ax: Axes, dataset) -> None:
    minutes, rate = binned(dataset, "glucose_uptake_rate")
    largest = np.nanmax(np.abs(rate)) if np.isfinite(rate).any() else 1.0
    exponent = 3 * int(np.floor(np.log10(largest) / 3.0)) if largest > 0.0 else 0
    line(ax, minutes, rate / 10.0**exponent, VERMILION)
    factor = f"10$^{{{exponent}}}$ " if exponent else ""
    low = ax.get_ylim()[0]
    frame(ax, "Net glucose uptake", f"{factor}molecules per second")
    if (rate < 0.0).any():  # more leaves than enters
        ax.set_ylim(bottom=low)


def _fusion(ax: Axes, dataset) -> None:
    line(ax, *binned(dataset, "fusion_rate"), GREEN)
    frame(ax, "Vesicle fusion", "Fusions per minute")
