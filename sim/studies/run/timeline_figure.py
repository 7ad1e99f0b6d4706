"""The figure of a scenario's hormones: a small panel for each level, each drug, and the cell.

Levels are those that are set or differ from the healthy.

A drug that adds to a level is drawn with that level, dashed. Ticks at the foot of a panel are doses, vertical lines
assays, dotted lines the healthy reference person. What goes up and down too often to be told apart is pale, and the
line in it is the mean over a day. The last panel has the factors by which the steps of the cell are multiplied.
"""

import os
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glut4sim.sim.analysis import timeline
from glut4sim.sim.endocrine.evidence import say
from glut4sim.sim.endocrine.library import Drug, Level
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
    save,
    time_axis,
)
from glut4sim.sim.reporting.time_courses import title_of

if TYPE_CHECKING:
    import xarray

    from glut4sim.sim.scenario.scenario import Scenario

PANEL = (4.1, 2.75)  # inches
SMALL = {"axes.titlepad": 7, "axes.titlesize": 10, "lines.linewidth": 1.4}
COLUMNS = 3
ZERO_BELOW = 0.6  # lowest over highest value, below which an axis begins at 0
MAX_TICKS = 120  # doses that can be told apart as ticks; more become a bar
STEP_LINES = (
    ("receptor_copies", VERMILION, ":"),
    ("receptor", VERMILION, "-"),
    ("receptor_kinase", VERMILION, "--"),
    ("irs1", BLUE, "-"),
    ("pi3k", GREEN, "-"),
    ("akt", ORANGE, "-"),
    ("as160", PURPLE, "--"),
    ("translocation", SKY, "--"),
    ("glut4", "black", ":"),
    ("use", "black", "-"),
)
STEP_NAMES = {
    "receptor_copies": "receptors",
    "receptor": "binding",
    "receptor_kinase": "kinase",
    "irs1": "IRS1",
    "pi3k": "PI3K",
    "akt": "Akt",
    "as160": "AS160",
    "translocation": "translocation",
    "glut4": "GLUT4",
    "use": "use",
}
_PLATE = {"frameon": True, "edgecolor": "none", "framealpha": 0.9}  # legends stand before the lines of assays


def save_figure(data: "xarray.Dataset", scenario: "Scenario", path: str | os.PathLike, dpi: int = DPI) -> None:
    """Draw the figure into a file; the end of its name says the format (.png, .pdf, .svg)."""
    save(draw(data, scenario), path, dpi)


def draw(data: "xarray.Dataset", scenario: "Scenario") -> Figure:
    """The figure of a scenario's hormones.

    Parameters
    ----------
    data
        as `timeline.dataset` gives it

    Returns
    -------
    Figure
    """
    levels, drugs, steps = timeline.interesting(data, scenario)
    doses = timeline.dose_days(data, scenario)
    alone = [name for name in drugs if scenario.known.drugs[name].delivers not in levels]
    panels = [*levels, *alone, "steps"]
    columns = min(COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    size = PANEL[0] * columns, PANEL[1] * rows + 0.75
    with page(title_of(data), _note(data, doses, levels), size, SMALL, panels_alone=True) as figure:
        for place, name in enumerate(panels):
            ax = figure.add_subplot(rows, columns, place + 1)
            if name == "steps":
                _steps(ax, data, steps)
            else:
                adding = [drug for drug in drugs if scenario.known.drugs[drug].delivers == name]
                _course(ax, data, scenario.known.substance(name), adding)
                _ticks(ax, data, [doses[drug] for drug in (adding or [name]) if drug in doses])
            _time_axis(ax, data)
    return figure


def _scale(data) -> tuple[str, float]:
    return timeline.axis_unit(data["time"].values[-1])


def _x(data) -> np.ndarray:
    return data["time"].values / _scale(data)[1]


def _line(ax: Axes, data, values: np.ndarray, style: str, colour: str, label: str | None = None) -> None:
    """A course; one that goes up and down too often, pale behind its mean over a day."""
    if timeline.swings(values):
        ax.plot(_x(data), values, color=colour, linewidth=0.4, alpha=0.25, zorder=2)
        values = timeline.daily_mean(data["time"].values, values)
    ax.plot(_x(data), values, style, color=colour, label=label, zorder=3)


def _course(ax: Axes, data, substance: Level | Drug, adding: Sequence[str]) -> None:
    """A level with what drugs add to it, or a drug."""
    values = [data[substance.name].values, *(data[drug].values for drug in adding)]
    for drug, course, colour in zip(adding, values[1:], (ORANGE, GREEN, PURPLE, VERMILION)):
        _line(ax, data, course, "--", colour, f"from {drug}")
    _line(ax, data, values[0], "-", BLUE)
    lowest, highest = min(map(np.min, values)), values[0].max()
    if isinstance(substance, Level):
        reference = substance.reference[data.attrs["sex"]]
        ax.axhline(reference, color=GREY, linewidth=0.9, linestyle=":", zorder=1)
        lowest, highest = min(lowest, reference), max(highest, reference)
    ax.set_title(textwrap.fill(substance.title, 38))
    ax.set_ylabel("relative" if substance.unit == "1" else substance.unit)
    _limits(ax, lowest, highest)
    if adding:
        ax.set_ylim(top=ax.get_ylim()[1] * (1.0 + 0.13 * len(adding)))
        ax.legend(loc="upper right", borderaxespad=0.0, **_PLATE)


def _limits(ax: Axes, lowest: float, highest: float) -> None:
    """From 0 where a course comes near it, else around the course; with room for the ticks of doses below."""
    if highest <= 0.0:
        ax.set_ylim(-0.08, 1.0)
        return
    bottom = 0.0 if lowest < ZERO_BELOW * highest else lowest
    room = max(highest - bottom, 0.02 * highest)
    ax.set_ylim(bottom - 0.09 * room, highest + 0.08 * room)


def _ticks(ax: Axes, data, given: Sequence[np.ndarray]) -> None:
    """Doses at the foot of a panel."""
    for times in filter(len, given):
        x = times / _scale(data)[1]
        few = len(x) <= MAX_TICKS
        style: dict[str, Any] = {"marker": "|", "linestyle": "", "ms": 6, "mew": 1.1} if few else {"linewidth": 3.5}
        ax.plot(x, np.full(len(x), 0.03), transform=ax.get_xaxis_transform(), color=VERMILION, **style)


def _steps(ax: Axes, data, steps: Sequence[str]) -> None:
    """The factors of the cell's steps that are not 1."""
    ax.axhline(1.0, color=GREY, linewidth=0.9, linestyle=":", zorder=1)
    low, high = 0.95, 1.05
    for name, colour, style in STEP_LINES:
        if name in steps:
            values = timeline.factor(data, name)
            _line(ax, data, values, style, colour, STEP_NAMES[name])
            low, high = min(low, values.min()), max(high, values.max())
    room = high - low
    ax.set_ylim(low - 0.08 * room, high + 0.08 * room + (0.16 * room * -(-len(steps) // 3)))
    ax.set_title("Steps of the cell" if steps else "Steps of the cell: all 1")
    ax.set_ylabel("factor")
    if steps:
        ax.legend(loc="upper left", ncols=3, borderaxespad=0.0, columnspacing=0.7, handlelength=1.5, **_PLATE)


def _time_axis(ax: Axes, data) -> None:
    unit, size = _scale(data)
    for at in data.attrs["assays"]:
        ax.axvline(at / size, color=GREY, linewidth=0.9, linestyle=(0, (6, 3)), alpha=0.7, zorder=1)
    last = _x(data)[-1]
    ax.set_xlim(-0.02 * last, 1.02 * last)
    time_axis(ax, unit)


def _note(data, doses: Mapping[str, np.ndarray], levels: Sequence[str]) -> str:
    """What the lines are."""
    at = [say(days * timeline.DAY) for days in data.attrs["assays"]]
    when = ", ".join(at) if len(at) <= 12 else f"{at[0]} to {at[-1]}, {len(at)} times"
    notes = [f"Dashed vertical lines: assays at {when}."]
    if any(map(len, doses.values())):
        many = any(len(times) > MAX_TICKS for times in doses.values())
        notes.append("Ticks at the foot, or a bar where they are many: doses." if many else "Ticks at the foot: doses.")
    if any(timeline.swings(data[name].values) for name in (*levels, *doses)):
        notes.append("Pale: ups and downs, around their mean over a day.")
    if levels:
        notes.append(f"Dotted: healthy {data.attrs['sex']} of 30.")
    return " ".join(notes)
