"""Curves over time, with the times of insulin shaded.

Lines are means over replicates, bands reach from the lowest replicate to the highest. Datasets are those of a run, as
`results.open_results` gives them; NaN where a replicate did not get to.
"""

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from glut4sim.sim.reporting.figure_style import SHADE
from glut4sim.sim.reporting.numbers import concentration

if TYPE_CHECKING:
    import xarray

RATE_WINDOW = 60.0  # s over which rates are averaged


def title_of(dataset: "xarray.Dataset") -> str:
    """The title of the scenario that a dataset is of, or its name where it has none."""
    return dataset.attrs.get("title") or dataset.attrs.get("scenario", "")


def in_minutes(dataset: "xarray.Dataset") -> np.ndarray:
    """Times of the records [min]."""
    return dataset["time"].values / 60.0


# ---- insulin ----


def _insulin(dataset) -> list[tuple[float, float, float]]:
    """Stretches of constant insulin: start [min], end [min], level [nM]. The level of a record held just before it."""
    insulin, minutes = np.fmax.reduce(dataset["insulin"].values, axis=0), in_minutes(dataset)
    last = np.isfinite(insulin).sum() - 1
    if last < 1:
        return []
    changes = [0, *(i for i in range(1, last) if insulin[i + 1] != insulin[i]), last]
    return [(float(minutes[start]), float(minutes[end]), float(insulin[end])) for start, end in pairwise(changes)]


def shade_insulin(ax: Axes, dataset: "xarray.Dataset") -> None:
    """Shade the times with more insulin than the least, the deeper the more."""
    stretches = _insulin(dataset)
    levels = sorted({level for _, _, level in stretches})
    for start, end, level in stretches:
        if level > levels[0]:
            depth = 0.3 + 0.7 * levels.index(level) / (len(levels) - 1)
            ax.axvspan(start, end, color=SHADE, alpha=depth, linewidth=0, zorder=0)


def label_insulin(ax: Axes, dataset: "xarray.Dataset") -> None:
    """Write each level of insulin over its time, unless that would run into the one before."""
    width, taken = 0.18, -1.0  # of a text, and how far the last one reaches, as shares of the axis
    for start, end, level in _insulin(dataset):
        middle = (start + end) / 2.0 / in_minutes(dataset)[-1]
        middle = min(max(middle, width / 2.0), 1.0 - width / 2.0)
        if level > 0.0 and middle - width / 2.0 > taken:
            ax.text(middle, 0.985, concentration(level), transform=ax.transAxes, ha="center", va="top", fontsize=8.5)
            taken = middle + width / 2.0


# ---- curves ----


def mean(values: np.ndarray) -> np.ndarray:
    """Mean over axis 0, the replicates, of those that got there; NaN where none did."""
    reached = np.isfinite(values)
    n = reached.sum(axis=0)
    return np.where(n > 0, np.where(reached, values, 0.0).sum(axis=0) / np.maximum(n, 1), np.nan)


def line(ax: Axes, x: np.ndarray, values: np.ndarray, colour: str, label: str | None = None, style: str = "-") -> None:
    """Mean and range of replicates.

    Parameters
    ----------
    x
        (K,)
    values : (replicates, K)
    """
    ax.plot(x, mean(values), style, color=colour, label=label, zorder=3)
    band(ax, x, values, colour)


def band(ax: Axes, x: np.ndarray, values: np.ndarray, colour: str) -> None:
    """Range of replicates, where there are several. x : (K,), values : (replicates, K)"""
    if len(values) > 1:
        low, high = np.fmin.reduce(values, axis=0), np.fmax.reduce(values, axis=0)
        ax.fill_between(x, low, high, color=colour, alpha=0.22, linewidth=0, zorder=2)


def binned(dataset: "xarray.Dataset", name: str) -> tuple[np.ndarray, np.ndarray]:
    """A rate as means over windows of RATE_WINDOW, or over single intervals where these are longer.

    Returns
    -------
    minutes : (M,) float
        middles of the windows [min]
    values : (replicates, M) float
    """
    time = dataset["time"].values
    values = dataset[name].values[:, 1:]  # a rate belongs to the interval before its record
    per_window = max(1, round(RATE_WINDOW / (time[1] - time[0]))) if len(time) > 1 else 1
    windows = values.shape[1] // per_window
    means = values[:, : windows * per_window].reshape(len(values), windows, per_window).mean(axis=2)
    edges = time[: windows * per_window + 1 : per_window] / 60.0
    return (edges[1:] + edges[:-1]) / 2.0, means
