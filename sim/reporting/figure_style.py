"""How all figures look, and what several draw: curves over time with insulin shaded, legends, frames.

Lines are means over replicates, bands reach from the lowest replicate to the highest. The colours are those
of Okabe and Ito (jfly.uni-koeln.de/color, 2008), which colour-blind readers tell apart.
"""

from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes

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


def mean(values: np.ndarray) -> np.ndarray:
    """Mean over axis 0, the replicates, of those that got there; NaN where none did."""
    reached = np.isfinite(values)
    n = reached.sum(axis=0)
    return np.where(n > 0, np.where(reached, values, 0.0).sum(axis=0) / np.maximum(n, 1), np.nan)


def line(ax: Axes, x: np.ndarray, values: np.ndarray, colour: str, label: str | None = None, style: str = "-") -> None:
    """Mean over replicates and, with several, their range. values : (replicates, K)"""
    ax.plot(x, mean(values), style, color=colour, label=label, zorder=3)
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
