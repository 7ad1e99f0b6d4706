"""The figure of a sweep: what came out against what was varied, with the fitted curves.

Points are replicates, lines Hill curves where they could be fitted and else the means joined. A diamond marks the EC50,
its bar the 95 % interval. A second path gives a family of curves, further ones a panel for each of their levels. Of
several scenarios each has a curve, and every path but the first a panel for each of its levels.
"""

import os
from collections.abc import Callable, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glut4sim.sim.analysis import summary
from glut4sim.sim.analysis.dose_response import HillFit
from glut4sim.sim.inputs.units import write
from glut4sim.sim.reporting.figure_style import (
    BLUE,
    DPI,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    page,
    plain,
    save,
)
from glut4sim.sim.reporting.numbers import labelled, symbol
from glut4sim.sim.reporting.time_courses import mean, title_of
from glut4sim.sim.scenario.sweep_axis import Axis
from glut4sim.sim.studies.sweep.result import with_interval

if TYPE_CHECKING:
    import xarray

    from glut4sim.sim.studies.sweep.curves_result import CurvesResult

LOGARITHMIC = 20.0  # ratio of highest to lowest level from which on the axis is logarithmic
COLUMNS = 3
PANEL = (6.2, 4.6)  # inches


def save_figure(
    axes: Sequence[Axis],
    dataset: "xarray.Dataset",
    observable: str,
    fits: Sequence[tuple[dict[str, float], HillFit]],
    path: str | os.PathLike,
    dpi: int = DPI,
) -> None:
    """Draw the figure of a sweep into a file; the end of its name says the format (.png, .pdf, .svg)."""
    save(draw(axes, dataset, observable, fits), path, dpi)


def draw(
    axes: Sequence[Axis],
    dataset: "xarray.Dataset",
    observable: str,
    fits: Sequence[tuple[dict[str, float], HillFit]],
) -> Figure:
    """The figure of a sweep.

    Parameters
    ----------
    axes : what was varied
    dataset, observable, fits
        as `sweep.SweepResult` has them; NaN where a run failed

    Returns
    -------
    Figure
    """
    families, panels = axes[1:2], axes[2:]
    values = dataset[observable].values
    by_place = {tuple(at.values()): fit for at, fit in fits}
    members = list(range(len(families[0].levels))) if families else [None]
    colours = _shades(len(members)) if families else [BLUE]

    def curves_at(place: tuple[int, ...]) -> list[_Curve]:
        curves = []
        for member, colour in zip(members, colours):
            others = (() if member is None else (member,)) + place
            at = tuple(a.levels[i] for a, i in zip(axes[1:], others))
            label = None if member is None else _level(families[0], families[0].levels[member])
            curves.append(_Curve(values[(slice(None), *others)], by_place.get(at), colour, label))
        return curves

    legend = families[0].long_name if families else ""
    return _draw(title_of(dataset), axes[0], panels, observable, curves_at, legend)


LOOKS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)  # of conditions; of more, shades of one colour


def save_curves(result: "CurvesResult", path: str | os.PathLike, dpi: int = DPI) -> None:
    """Draw the figure of several scenarios into a file; as `save_figure`."""
    save(draw_curves(result), path, dpi)


def draw_curves(result: "CurvesResult") -> Figure:
    """The figure of several scenarios: a curve for each."""
    labels, dose = list(result.sweeps), result.axes[0]
    colours = LOOKS if len(labels) <= len(LOOKS) else _shades(len(labels))
    fits = [{tuple(at.values()): fit for at, fit in one.fit()} for one in result.sweeps.values()]

    def curves_at(place: tuple[int, ...]) -> list[_Curve]:
        at = tuple(axis.levels[i] for axis, i in zip(result.axes[1:], place))
        curves = []
        for label, one, found, colour in zip(labels, result.sweeps.values(), fits, colours):
            fit = found.get(at)
            if fit is not None and fit.ec50 is not None:
                label = f"{label}: EC50 {with_interval(fit.ec50, dose.unit)}"
            elif fit is not None:
                label = f"{label}: {fit.status}"
            values = one.dataset[result.observable].values[(slice(None), *place)]
            curves.append(_Curve(values, fit, colour, plain(label)))
        return curves

    title = f"{summary.readable(result.observable)} against {dose.long_name[:1].lower()}{dose.long_name[1:]}"
    known = [fit.ec50 for found in fits for fit in found.values() if fit.ec50 is not None]
    note = "Points are replicates" if result.content["replicates"] > 1 else ""
    if known:
        interval = " with its 95 % interval" if any(ec50.low is not None for ec50 in known) else ""
        note = ". ".join(filter(None, (note, f"Lines are Hill curves, diamonds their EC50{interval}")))
    return _draw(title, dose, result.axes[1:], result.observable, curves_at, note=note)


def _shades(count: int) -> list[Any]:
    return list(mpl.colormaps["viridis"](np.linspace(0.0, 0.88, count)))


class _Curve(NamedTuple):
    values: np.ndarray  # (levels, replicates)
    fit: HillFit | None
    colour: Any
    label: str | None  # None where it is alone, and says its EC50 itself


def _draw(
    title: str,
    x_axis: Axis,
    panels: Sequence[Axis],
    observable: str,
    curves_at: Callable[[tuple[int, ...]], list[_Curve]],
    legend: str = "",
    note: str = "",
) -> Figure:
    """A page with a panel for each combination of levels of some axes, by their places."""
    places = list(product(*(range(len(a.levels)) for a in panels)))
    columns = min(COLUMNS, len(places))
    rows = -(-len(places) // columns)
    with page(title, note, size=(PANEL[0] * columns, PANEL[1] * rows + 0.5)) as figure:
        grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
        for ax, place in zip(grid.flat, places):
            curves = curves_at(place)
            for curve in curves:
                _draw_curve(ax, x_axis, curve)
            _x_axis(ax, x_axis)
            if panels:
                ax.set_title(", ".join(f"{a.long_name} {_level(a, a.levels[i])}" for a, i in zip(panels, place)))
            if curves[0].label is not None:
                ax.legend(title=legend or None, ncols=1 if len(curves) <= 8 else 2)
            ax.margins(y=0.08)
        for ax in grid.flat[len(places) :]:
            ax.set_visible(False)
        for ax in grid[:, 0]:
            ax.set_ylabel(labelled(summary.readable(observable), summary.UNITS[observable]))
    return figure


def _level(axis: Axis, level: float) -> str:
    return write(float(f"{level:.4g}"), axis.unit)


def _draw_curve(ax: Axes, axis: Axis, curve: _Curve) -> None:
    """Replicates, curve and EC50."""
    values, fit, colour, label = curve
    x = _places(axis)
    means = mean(values.T)
    many = values.shape[1] > 1
    if many:
        ax.plot(np.repeat(x, values.shape[1]), values.ravel(), "o", color=colour, ms=3.5, alpha=0.35, mew=0, zorder=3)
    if fit is None or fit.ec50 is None or fit.bottom is None or fit.top is None:
        order = np.argsort(x)
        ax.plot(x[order], means[order], "-", marker=None if many else "o", ms=4, color=colour, label=label, zorder=2)
        return
    if not many:
        ax.plot(x, means, "o", color=colour, ms=4, zorder=3)
    positive = [level for level in axis.levels if level > 0.0]
    fine = np.geomspace(min(positive), max(positive), 400) if _is_log(axis) else np.linspace(x.min(), x.max(), 400)
    ax.plot(fine, fit.response(fine), color=colour, label=label, zorder=2)
    ec50, middle = fit.ec50, (fit.bottom.value + fit.top.value) / 2.0
    ax.plot(ec50.value, middle, "D", color="white", mec=colour, mew=1.5, ms=7, zorder=5)
    interval = ""
    if ec50.low is not None and ec50.high is not None:
        interval = f"\n95 %: {ec50.low:.3g} to {ec50.high:.3g}"
        ax.plot([ec50.low, ec50.high], [middle, middle], color=colour, lw=3, solid_capstyle="butt", zorder=4)
    if label is None:
        text = f"EC50 {ec50.value:.3g} {symbol(axis.unit)}".rstrip() + interval
        rising = fit.top.value > fit.bottom.value
        ax.annotate(
            text, (ec50.value, middle), xytext=(14, -4 if rising else 4), textcoords="offset points", color=GREY,
            va="top" if rising else "bottom", fontsize=9,
        )  # fmt: skip


def _is_log(axis: Axis) -> bool:
    positive = [level for level in axis.levels if level > 0.0]
    return len(positive) > 1 and min(axis.levels) >= 0.0 and max(positive) / min(positive) >= LOGARITHMIC


def _places(axis: Axis) -> np.ndarray:
    """Where the levels stand on the axis: level 0 of a logarithmic one half a decade below the lowest other."""
    levels = np.asarray(axis.levels, float)
    return np.where(levels > 0.0, levels, levels[levels > 0.0].min() / 10**0.5) if _is_log(axis) else levels


def _x_axis(ax: Axes, axis: Axis) -> None:
    if _is_log(axis):
        ax.set_xscale("log")
        if 0.0 in axis.levels:
            zero = _places(axis).min()
            ax.axvline(zero, color=GREY, lw=0.6, ls=":", zorder=0)
            ax.annotate("0", (zero, 0.01), xycoords=("data", "axes fraction"), ha="left", color=GREY, fontsize=9)
    ax.set_xlabel(labelled(axis.long_name, axis.unit))
