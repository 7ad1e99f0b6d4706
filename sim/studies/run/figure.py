"""The figure of a run: what the cell was given and what it did, on one page.

Lines are means over replicates, bands reach from the lowest replicate to the highest. Insulin above its lowest level is
shaded.
"""

import os
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

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
    power_of_1000,
    save,
    time_axis,
)
from glut4sim.sim.reporting.time_courses import (
    binned_curve,
    curve,
    in_minutes,
    label_insulin,
    line,
    shade_insulin,
    title_of,
)

if TYPE_CHECKING:
    import xarray

VESICLE_COLOURS = {  # from the membrane inwards; the rest are stored
    "clustered": VERMILION,
    "fused": BLUE,
    "docked": SKY,
    "tethered": GREEN,
    "mobile": ORANGE,
    "endocytosed": PURPLE,
}


def save_figure(dataset: "xarray.Dataset", path: str | os.PathLike, dpi: int = DPI) -> None:
    """Draw the figure of a run into a file; the end of its name says the format (.png, .pdf, .svg)."""
    save(draw(dataset), path, dpi)


def draw(dataset: "xarray.Dataset") -> Figure:
    """The figure of a run: six panels over time.

    Parameters
    ----------
    dataset
        as `results.open_results` gives it; NaN where a replicate did not get to

    Returns
    -------
    Figure
    """
    replicates = dataset.sizes["replicate"]
    note = f"Mean and range of {replicates} replicates" if replicates > 1 else ""
    with page(title_of(dataset), note, style=legends_above(), panels_alone=True) as figure:
        axes = figure.subplots(2, 3)
        panels = (_receptors, _cascade, _surface, _vesicles, _uptake, _fusion)
        for ax, panel in zip(axes.flat, panels, strict=True):
            shade_insulin(ax, dataset)
            panel(ax, dataset)
            ax.set_xlim(0.0, in_minutes(dataset)[-1])
            time_axis(ax, "min")
    return figure


def _total(counts: np.ndarray) -> np.ndarray:
    """Sum over the states, the last axis; NaN where nobody is in any, or a replicate did not get to."""
    total = counts.sum(axis=-1)
    return np.where(total > 0.0, total, np.nan)


def _receptors(ax: Axes, dataset) -> None:
    inside = [name.startswith("internal") for name in dataset["receptor_state"].values]

    def internal(part):
        counts = part["receptors"].values
        return 100.0 * counts[..., inside].sum(axis=-1) / _total(counts)

    active = curve(dataset, lambda part: part["receptors_active"].values)
    line(ax, in_minutes(dataset), active, VERMILION, "active at the surface")
    line(ax, in_minutes(dataset), curve(dataset, internal), BLUE, "internalised", "--")
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
        drawn = curve(dataset, lambda part, name=name: part[name].values)
        peak = np.nanmax(drawn.mean) if np.isfinite(drawn.mean).any() else 0.0
        scaled = drawn.times(100.0 / peak) if peak > 0.0 else drawn
        line(ax, in_minutes(dataset), scaled, colour, f"{label} ({peak:.2g} %)", style)
    frame(ax, "Signalling", "Share of peak [%], peak in brackets", top=105.0)
    ax.set_yticks(range(0, 101, 20))
    legend(ax, columns=2)


def _surface(ax: Axes, dataset) -> None:
    line(ax, in_minutes(dataset), curve(dataset, lambda part: part["surface_glut4_percent"].values), BLUE)
    frame(ax, "GLUT4 at the surface", "Share of the cell's GLUT4 [%]")


def _vesicles(ax: Axes, dataset) -> None:
    states = dataset["vesicle_state"].values.tolist()

    def share(part):
        counts = part["vesicles"].values
        return 100.0 * counts / _total(counts)[..., None]

    means = curve(dataset, share).mean
    layers = [means[:, states.index(name)] for name in VESICLE_COLOURS]
    reached = np.isfinite(layers[0])
    ax.stackplot(
        in_minutes(dataset)[reached], [layer[reached] for layer in layers],
        colors=list(VESICLE_COLOURS.values()), labels=list(VESICLE_COLOURS), edgecolor="white", linewidth=0.3, zorder=2,
    )  # fmt: skip
    frame(ax, "Vesicles on their way", "Share of vesicles [%], the rest stored")
    legend(ax, columns=3)


def _uptake(ax: Axes, dataset) -> None:
    minutes, rate = binned_curve(dataset, "glucose_uptake_rate")
    reached = np.isfinite(rate.low)
    largest = max(np.abs(rate.low[reached]).max(), np.abs(rate.high[reached]).max()) if reached.any() else 1.0
    size, factor = power_of_1000(largest)
    line(ax, minutes, rate.times(1.0 / size), VERMILION)
    low = ax.get_ylim()[0]
    frame(ax, "Net glucose uptake", f"{factor}molecules per second")
    if (rate.low < 0.0).any():  # more leaves than enters
        ax.set_ylim(bottom=low)


def _fusion(ax: Axes, dataset) -> None:
    line(ax, *binned_curve(dataset, "fusion_rate"), GREEN)
    frame(ax, "Vesicle fusion", "Fusions per minute")
