"""The figure of a comparison of conditions: their time courses laid over one another, and their effects."""

import os
import textwrap
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glut4sim.sim.reporting.figure_style import (
    A4_LANDSCAPE,
    BLUE,
    DPI,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    frame,
    interval_bar,
    page,
    plain,
    power_of_1000,
    save,
    time_axis,
)
from glut4sim.sim.reporting.time_courses import binned, in_minutes, line
from glut4sim.sim.studies.comparison.result import MAIN_EFFECTS

if TYPE_CHECKING:
    from glut4sim.sim.studies.comparison.result import Comparison

COLOURS = (GREY, BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY)
STYLES = ("-", "--", "-.", ":")
LOOKS = ((BLUE, "o"), (VERMILION, "s"), (ORANGE, "^"), (GREEN, "D"))  # of MAIN_EFFECTS
MAX_CURVES = 12  # conditions whose time courses are told apart; the effects of all are shown
COURSES, EFFECTS, EFFECT = 4.6, 1.2, 0.62  # heights of the courses, and of the effects without and for each row [inch]


def save_figure(comparison: "Comparison", path: str | os.PathLike, dpi: int = DPI) -> None:
    """Draw the figure into a file; the end of its name says the format (.png, .pdf, .svg)."""
    save(draw(comparison), path, dpi)


def draw(comparison: "Comparison") -> Figure:
    """Time courses of the conditions laid over one another, and a forest plot of their effects."""
    ranked = comparison.ranked()
    shown = comparison.conditions[:MAX_CURVES]
    replicates = comparison.conditions[0].scenario.run.replicates
    note = f"Bands: range of {replicates} replicates. Bars: 95 % interval of the paired change"
    if comparison.doubt:
        note += ". Broad and pale: middle 90 % over what nobody knows of the cells"
    heights = COURSES, EFFECTS + EFFECT * len(ranked)
    with page("", note if replicates > 1 or comparison.doubt else "", (A4_LANDSCAPE[0], sum(heights))) as figure:
        (top,), (bottom,) = figure.subfigures(2, 1, squeeze=False, height_ratios=heights)
        panels = top.subplots(1, 4 if comparison.pairing else 3)
        if comparison.pairing:
            _saved(panels[3], comparison, shown)
        for ax, (name, title, label, scale) in zip(panels, _courses(shown)):
            for i, condition in enumerate(shown):
                _course(ax, condition.result.dataset, name, scale, i)
            frame(ax, title, label)
            time_axis(ax, "min")
        handles, _ = panels[0].get_legend_handles_labels()
        names = [plain(textwrap.shorten(condition.name, 46)) for condition in shown]
        top.legend(handles, names, loc="outside lower center", ncols=min(3, len(shown)))
        _effects(bottom.subplots(), comparison, ranked)
    return figure


def _courses(conditions):
    """Name, title, label and scale of each panel."""
    rates = [np.nanmax(np.abs(c.result.dataset["glucose_uptake_rate"].values[:, 1:]), initial=1.0) for c in conditions]
    size, factor = power_of_1000(max(rates))
    return (
        ("akt_active", "Active Akt", "Share of Akt [%]", 1.0),
        ("surface_glut4", "GLUT4 at the surface", "1000 copies", 1e-3),
        ("glucose_uptake_rate", "Net glucose uptake", f"{factor}molecules per second", 1.0 / size),
    )


def _course(ax: Axes, dataset, name: str, scale: float, i: int) -> None:
    if name == "glucose_uptake_rate":
        x, values = binned(dataset, name)
    else:
        x, values = in_minutes(dataset), dataset[name].values
    line(ax, x, scale * values, _colour(i), f"{i}", _style(i))


def _saved(ax: Axes, comparison: "Comparison", shown) -> None:
    """What pairing saves at each record; a gap where nothing varies."""
    for i, condition in enumerate(shown):
        if (found := comparison.pairing.get(condition.name)) is not None:
            ax.plot(found.time / 60.0, found.course, _style(i), color=_colour(i), linewidth=1.1)
    ax.axhline(1.0, color=GREY, linewidth=0.9, zorder=1)
    ax.set_yscale("log")
    ax.set_title("Saved by pairing")
    ax.set_ylabel("Variance of strangers / of pairs, surface GLUT4")
    time_axis(ax, "min")


def _colour(i: int) -> str:
    return COLOURS[i % len(COLOURS)]


def _style(i: int) -> str:
    return STYLES[i // len(COLOURS) % len(STYLES)]


def _effects(ax: Axes, comparison: "Comparison", ranked: list[str]) -> None:
    """Relative changes with their intervals, a block of rows for each condition."""
    handles = {}
    for row, condition in enumerate(ranked):
        for k, ((key, title), (colour, marker)) in enumerate(zip(MAIN_EFFECTS.items(), LOOKS)):
            effect = comparison.effects[condition].get(key)
            if effect is None or effect.percent is None:
                continue
            y = row + 0.68 * ((k + 0.5) / len(LOOKS) - 0.5)
            if (doubt := comparison.doubt.get(condition, {}).get(key)) is not None and doubt.percent is not None:
                ax.plot([doubt.percent.low, doubt.percent.high], [y, y], color=colour, alpha=0.25, lw=6, zorder=2)
            handles[title] = interval_bar(ax, effect.percent, y, marker, colour, ms=5, capsize=2.5, elinewidth=1.2)
    ax.axvline(0.0, color=GREY, linewidth=0.9, zorder=1)
    for row in range(1, len(ranked)):
        ax.axhline(row - 0.5, color="#DDDDDD", linewidth=0.8, zorder=0)
    ax.set_yticks(range(len(ranked)), [plain(textwrap.fill(name, 34)) for name in ranked])
    ax.set_ylim(len(ranked) - 0.5, -0.5)
    ax.set_xlabel(f"Change relative to {plain(comparison.reference)} [%], with insulin")
    ax.set_title("Effects, the largest first")
    if handles:
        place = {"loc": "lower right", "bbox_to_anchor": (1.0, 1.0), "borderaxespad": 0.2}
        ax.legend(handles.values(), handles.keys(), ncols=len(LOOKS), **place)
