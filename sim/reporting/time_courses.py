"""Curves over time, with the times of insulin shaded.

Lines are means over replicates, bands reach from the lowest replicate to the highest. Datasets are those of a run, as
`results.open_results` gives them; NaN where a replicate did not get to.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

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
    insulin, minutes = curve(dataset, lambda part: part["insulin"].values).high, in_minutes(dataset)
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

PIECE_RECORDS = 2**17  # of all replicates that are in memory at a time, if they are not of one chunk


class Curve(NamedTuple):
    """Mean and range over replicates of those that got there, (K,); NaN where none did."""

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    replicates: int

    @classmethod
    def of(cls, values: np.ndarray) -> "Curve":
        """That of values (replicates, K)."""
        return cls(mean(values), np.fmin.reduce(values, axis=0), np.fmax.reduce(values, axis=0), len(values))

    def times(self, factor: float) -> "Curve":
        """The same in another unit; the factor is positive."""
        return Curve(self.mean * factor, self.low * factor, self.high * factor, self.replicates)


def curve(dataset: "xarray.Dataset", quantity: Callable[["xarray.Dataset"], np.ndarray]) -> Curve:
    """Mean and range over all replicates, of which few are in memory at a time.

    Parameters
    ----------
    quantity : of some replicates of a dataset, (replicates, K)
    """
    total = n = low = high = None
    for part in _parts(dataset):
        values = quantity(part)
        reached = np.isfinite(values)
        found = np.where(reached, values, 0.0).sum(axis=0), reached.sum(axis=0)
        total, n = found if total is None else (total + found[0], n + found[1])
        least, most = np.fmin.reduce(values, axis=0), np.fmax.reduce(values, axis=0)
        low, high = (least, most) if low is None else (np.fmin(low, least), np.fmax(high, most))
    return Curve(np.where(n > 0, total / np.maximum(n, 1), np.nan), low, high, dataset.sizes["replicate"])


def _parts(dataset) -> Iterator["xarray.Dataset"]:
    """A dataset in parts of some replicates each, whole chunks if they share such."""
    n = dataset.sizes["replicate"]
    chunks = dataset["insulin"].encoding.get("preferred_chunks") or {}
    rows = max(1, chunks.get("replicate", 1), PIECE_RECORDS // dataset.sizes["time"])
    rows -= rows % chunks.get("replicate", 1)
    for first in range(0, n, rows):
        yield dataset.isel(replicate=slice(first, first + rows))


def mean(values: np.ndarray) -> np.ndarray:
    """Mean over axis 0, the replicates, of those that got there; NaN where none did."""
    reached = np.isfinite(values)
    n = reached.sum(axis=0)
    return np.where(n > 0, np.where(reached, values, 0.0).sum(axis=0) / np.maximum(n, 1), np.nan)


def line(
    ax: Axes, x: np.ndarray, values: np.ndarray | Curve, colour: str, label: str | None = None, style: str = "-"
) -> None:
    """Mean and range of replicates.

    Parameters
    ----------
    x
        (K,)
    values : (replicates, K), or what there is of them
    """
    drawn = values if isinstance(values, Curve) else Curve.of(values)
    ax.plot(x, drawn.mean, style, color=colour, label=label, zorder=3)
    band(ax, x, drawn, colour)


def band(ax: Axes, x: np.ndarray, values: np.ndarray | Curve, colour: str) -> None:
    """Range of replicates, where there are several; as `line`."""
    if (len(values) if isinstance(values, np.ndarray) else values.replicates) > 1:
        drawn = values if isinstance(values, Curve) else Curve.of(values)
        ax.fill_between(x, drawn.low, drawn.high, color=colour, alpha=0.22, linewidth=0, zorder=2)


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


def binned_curve(dataset: "xarray.Dataset", *names: str) -> tuple[np.ndarray, Curve]:
    """The sum of rates as `binned` has them: middles of the windows [min], and mean and range over replicates."""
    minutes, _ = binned(dataset.isel(replicate=slice(0, 1)), names[0])
    return minutes, curve(dataset, lambda part: sum(binned(part, name)[1] for name in names))
