"""The figure of a benchmark of conditions: how much each changes uptake, and through which step of the cell."""

import os
import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure

from glut4sim.sim.endocrine.modulation import STEPS
from glut4sim.sim.reporting.figure_style import (
    BLUE,
    DPI,
    GREY,
    ORANGE,
    PALE,
    VERMILION,
    interval_bar,
    page,
    save,
)
from glut4sim.sim.studies.benchmark.conditions import ConditionsResult, Finding, by_group

LOOKS = ((ORANGE, "^"), (BLUE, "o"), (VERMILION, "s"), (GREY, "D"))  # of the levels of insulin


def save_figure(result: ConditionsResult, path: str | os.PathLike, dpi: int = DPI) -> None:
    """Draw the figure into a file; the end of its name says the format (.png, .pdf, .svg)."""
    save(draw(result), path, dpi)


def draw(result: ConditionsResult) -> Figure:
    """Change of uptake with its interval and the published band, and beside it what each step does alone."""
    ordered = [f for findings in by_group(result.findings).values() for f in findings]
    note = (
        ""
        if result.doubt is None
        else "Broad and pale: middle 90 % over what nobody knows; bars: 95 % interval of chance"
    )
    with page(result.suite.title, note, size=(13.0, 2.2 + 0.34 * len(ordered))) as figure:
        forest, heat = figure.subplots(1, 2, sharey=True, width_ratios=(1.25, 1.0))
        _forest(forest, result, ordered)
        image = _heat(heat, result, ordered)
        figure.legend(*forest.get_legend_handles_labels(), loc="outside lower left", ncols=4)
        figure.colorbar(image, ax=heat, shrink=0.6, label="Change of uptake by this step alone [%]")
    return figure


def _forest(ax: Axes, result: ConditionsResult, ordered: list[Finding]) -> None:
    labels = list(result.suite.insulin)
    for row, f in enumerate(ordered):
        expected = f.condition.expected
        if expected is not None and expected.quantity == "uptake":
            low, high = expected.band
            name = "published" if row == 0 else None
            ax.barh(row, high - low, left=low, height=0.86, color="#E4E4E4", zorder=0, label=name)
        for k, label in enumerate(labels):
            percent = f.effects[label]["uptake"].percent
            if percent is None:
                continue
            name = f"{label} insulin" if row == 0 else None
            colour, marker = LOOKS[k % len(LOOKS)]
            y = row + 0.24 * (k - (len(labels) - 1) / 2.0)
            if f.doubt and (open_ := f.doubt[label]["uptake"].percent) is not None:
                ax.plot([open_.low, open_.high], [y, y], color=colour, alpha=0.25, linewidth=4.5, zorder=2)
            interval_bar(ax, percent, y, marker, colour, ms=4, elinewidth=1.0, capsize=2, label=name)
    ax.axvline(0.0, color=GREY, linewidth=0.9, zorder=1)
    names = [textwrap.shorten(f.condition.name, 52) for f in ordered]
    ax.set_yticks(range(len(ordered)), names)
    ax.set_ylim(len(ordered) - 0.4, -0.6)
    group = [f.condition.group for f in ordered]
    for row in range(1, len(ordered)):
        if group[row] != group[row - 1]:
            ax.axhline(row - 0.5, color=PALE, linewidth=0.8)
    ax.set_xlabel("Change of glucose uptake [%]")
    ax.set_title("Effect on uptake")


def _heat(ax: Axes, result: ConditionsResult, ordered: list[Finding]):
    """Steps as columns; the colour is symmetric around 0, and every noticeable number is written."""
    steps = list(STEPS)
    label = list(result.suite.insulin)[min(1, len(result.suite.insulin) - 1)]
    values = np.array([[f.steps.get(step, {}).get(label, 0.0) for step in steps] for f in ordered])
    most = max(1.0, np.abs(values).max())
    image = ax.imshow(values, cmap="RdBu", norm=TwoSlopeNorm(0.0, -most, most), aspect="auto")
    for row, line in enumerate(values):
        for column, value in enumerate(line):
            if abs(value) >= 0.5:
                dark = abs(value) > 0.6 * most
                colour = "white" if dark else "black"
                ax.text(column, row, f"{value:+.0f}", ha="center", va="center", fontsize=7.5, color=colour)
    ax.set_xticks(range(len(steps)), steps, rotation=35, ha="right")
    ax.tick_params(axis="y", labelleft=False)
    for spine in ("left", "bottom"):
        ax.spines[spine].set_visible(False)
    ax.set_title(f"Through which step, {label} insulin")
    return image
