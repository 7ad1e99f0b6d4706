"""The figure of a run: what the cell was given and what it did, on one page.

Lines are means over replicates, bands reach from the lowest replicate to the highest. Insulin above its lowest level is
shaded. The colours are those of Okabe and Ito (jfly.uni-koeln.de/color, 2008), which colour-blind readers tell apart.
"""

import os
import textwrap
from itertools import pairwise
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

if TYPE_CHECKING:
    import xarray

ORANGE, SKY, GREEN, BLUE, VERMILION, PURPLE = "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7"
SHADE, GREY = "#F6EBD3", "#444444"
A4_LANDSCAPE = (11.69, 8.27)  # inches
RATE_WINDOW = 60.0  # s over which rates are averaged

STYLE = {
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 36,  # room for a legend of two rows below the title
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


def in_minutes(dataset) -> np.ndarray:
    """Times of the records [min]."""
    return dataset["time"].values / 60.0


def _insulin(dataset) -> list[tuple[float, float, float]]:
    """Stretches of constant insulin: start [min], end [min], level [nM]. The level of a record held just before it."""
    insulin, minutes = np.fmax.reduce(dataset["insulin"].values, axis=0), in_minutes(dataset)
    last = np.isfinite(insulin).sum() - 1
    if last < 1:
        return []
    changes = [0, *(i for i in range(1, last) if insulin[i + 1] != insulin[i]), last]
    return [(minutes[start], minutes[end], insulin[end]) for start, end in pairwise(changes)]


def shade_insulin(ax: Axes, dataset) -> None:
    """Shade the times with more insulin than the least, the deeper the more."""
    stretches = _insulin(dataset)
    levels = sorted({level for _, _, level in stretches})
    for start, end, level in stretches:
        if level > levels[0]:
            depth = 0.3 + 0.7 * levels.index(level) / (len(levels) - 1)
            ax.axvspan(start, end, color=SHADE, alpha=depth, linewidth=0, zorder=0)


def label_insulin(ax: Axes, dataset) -> None:
    """Write each level of insulin over its time, unless that would run into the one before."""
    width, taken = 0.18, -1.0  # of a text, and how far the last one reaches, as shares of the axis
    for start, end, level in _insulin(dataset):
        middle = (start + end) / 2.0 / in_minutes(dataset)[-1]
        middle = min(max(middle, width / 2.0), 1.0 - width / 2.0)
        if level > 0.0 and middle - width / 2.0 > taken:
            text = f"{level:.3g} nM" if level >= 0.1 else f"{1e3 * level:.3g} pM"
            ax.text(middle, 0.985, text, transform=ax.transAxes, ha="center", va="top", fontsize=8.5)
            taken = middle + width / 2.0


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean over axis 0, the replicates, of those that got there; NaN where none did."""
    reached = np.isfinite(values)
    n = reached.sum(axis=0)
    return np.where(n > 0, np.where(reached, values, 0.0).sum(axis=0) / np.maximum(n, 1), np.nan)


def line(ax: Axes, x: np.ndarray, values: np.ndarray, colour: str, label: str | None = None, style: str = "-") -> None:
    """Mean over replicates and, with several, their range. values : (replicates, K)"""
    ax.plot(x, _mean(values), style, color=colour, label=label, zorder=3)
    if len(values) > 1:
        low, high = np.fmin.reduce(values, axis=0), np.fmax.reduce(values, axis=0)
        ax.fill_between(x, low, high, color=colour, alpha=0.22, linewidth=0, zorder=2)


def legend(ax: Axes, columns: int) -> None:
    """Legend between title and panel, where no curve can run into it."""
    legend = ax.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=columns, borderaxespad=0.2)
    legend.set_in_layout(False)  # or a wide one would narrow the panels of its column


def frame(ax: Axes, title: str, label: str, top: float | None = None) -> None:
    """Title, axis label and limits: from 0 to somewhat above what is drawn, or to `top`."""
    ax.set_title(title)
    ax.set_ylabel(label)
    ax.set_ylim(0.0, top if top is not None else max(ax.get_ylim()[1], 1e-9) * 1.04)


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
        mean = _mean(values)
        peak = np.nanmax(mean) if np.isfinite(mean).any() else 0.0
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
    layers = [_mean(share[..., states.index(name)]) for name in VESICLE_COLOURS]
    reached = np.isfinite(layers[0])
    ax.stackplot(
        in_minutes(dataset)[reached], [layer[reached] for layer in layers],
        colors=list(VESICLE_COLOURS.values()), labels=list(VESICLE_COLOURS), edgecolor="white", linewidth=0.3, zorder=2,
    )  # fmt: skip
    frame(ax, "Vesicles on their way", "Share of vesicles [%], the rest stored")
    legend(ax, columns=3)


def binned(dataset, name: str) -> tuple[np.ndarray, np.ndarray]:
    """A rate as means over windows of RATE_WINDOW, or over single intervals where these are longer.

    Returns
    -------
    minutes, values : (M,) middles of the windows [min], and (replicates, M)
    """
    time, values = (
        dataset["time"].values,
        dataset[name].values[:, 1:],
    )  # a rate belongs to the interval before its record
    per_window = max(1, round(RATE_WINDOW / (time[1] - time[0]))) if len(time) > 1 else 1
    windows = values.shape[1] // per_window
    means = values[:, : windows * per_window].reshape(len(values), windows, per_window).mean(axis=2)
    edges = time[: windows * per_window + 1 : per_window] / 60.0
    return (edges[1:] + edges[:-1]) / 2.0, means


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
