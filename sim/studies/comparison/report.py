"""The figure and the report of a comparison of conditions."""

import os
import textwrap
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from glut4sim.sim.analysis import summary
from glut4sim.sim.analysis.dose_response import Estimate
from glut4sim.sim.endocrine.evidence import NOT_ADVICE, WHOLE_BODY
from glut4sim.sim.reporting.figure_style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    STYLE,
    VERMILION,
    binned,
    in_minutes,
    line,
)
from glut4sim.sim.reporting.markdown import table
from glut4sim.sim.reporting.numbers import number

if TYPE_CHECKING:
    from glut4sim.sim.analysis.paired_effects import PairedEffect
    from glut4sim.sim.studies.comparison.result import Comparison

COLOURS = (GREY, BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY)
STYLES = ("-", "--", "-.", ":")
FOREST = {  # number of the summary -> name, colour, marker
    "surface_glut4_stimulated_copies": ("surface GLUT4", BLUE, "o"),
    "glucose_uptake_stimulated_per_s": ("glucose uptake", VERMILION, "s"),
    "akt_stimulated_percent": ("active Akt", ORANGE, "^"),
    "receptors_active_stimulated_percent": ("active receptors", GREEN, "D"),
}
MAX_CURVES = 12  # conditions whose time courses are told apart; the forest shows all


# ---- figure ----


def save_figure(comparison: "Comparison", path: str | os.PathLike, dpi: int = 130) -> None:
    """Draw the figure into a file; its name's end says the format (.png, .pdf, .svg)."""
    draw(comparison).savefig(path, dpi=dpi)


def draw(comparison: "Comparison") -> Figure:
    """Time courses of the conditions laid over one another, and a forest plot of their effects."""
    ranked = comparison.ranked()
    shown = comparison.conditions[:MAX_CURVES]
    with mpl.rc_context(STYLE | {"axes.titlepad": 8}):
        height = 4.6 + 1.2 + 0.62 * len(ranked)
        figure = Figure(figsize=(11.69, height), layout="constrained")
        figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1)
        top, bottom = figure.subfigures(2, 1, height_ratios=(4.6, 1.2 + 0.62 * len(ranked)))
        panels = top.subplots(1, 3)
        for ax, (name, title, label, scale) in zip(panels, _courses(shown)):
            for i, condition in enumerate(shown):
                _course(ax, condition.result.dataset, name, scale, i)
            ax.set_title(title)
            ax.set_ylabel(label)
            ax.set_ylim(0.0, max(ax.get_ylim()[1], 1e-9) * 1.05)
            ax.set_xlabel("Time [min]")
            ax.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 1.5, 2, 3, 5, 10]))
        handles, _ = panels[0].get_legend_handles_labels()
        names = [textwrap.shorten(condition.name, 46) for condition in shown]
        top.legend(handles, names, loc="outside lower center", ncols=min(3, len(shown)))
        _forest(bottom.subplots(), comparison, ranked)
        if comparison.conditions[0].scenario.run.replicates > 1:
            count = comparison.conditions[0].scenario.run.replicates
            note = f"Bands: range of {count} replicates. Bars: 95 % interval of the paired change"
            figure.supxlabel(note, x=0.988, ha="right", fontsize=8.5, color=GREY)
        return figure


def _courses(conditions):
    """Name, title, label and scale of each panel."""
    rates = [np.nanmax(np.abs(c.result.dataset["glucose_uptake_rate"].values[:, 1:]), initial=1.0) for c in conditions]
    exponent = 3 * int(np.floor(np.log10(max(rates)) / 3.0))
    factor = f"10$^{{{exponent}}}$ " if exponent else ""
    return (
        ("akt_active", "Active Akt", "Share of Akt [%]", 1.0),
        ("surface_glut4", "GLUT4 at the surface", "1000 copies", 1e-3),
        ("glucose_uptake_rate", "Net glucose uptake", f"{factor}molecules per second", 10.0**-exponent),
    )


def _course(ax: Axes, dataset, name: str, scale: float, i: int) -> None:
    if name == "glucose_uptake_rate":
        x, values = binned(dataset, name)
    else:
        x, values = in_minutes(dataset), dataset[name].values
    colour, style = COLOURS[i % len(COLOURS)], STYLES[i // len(COLOURS) % len(STYLES)]
    line(ax, x, scale * values, colour, f"{i}", style)


def _forest(ax: Axes, comparison: "Comparison", ranked: list[str]) -> None:
    """Relative changes with their intervals, a block of rows for each condition."""
    names, handles = list(FOREST), {}
    for row, condition in enumerate(ranked):
        for k, key in enumerate(names):
            effect = comparison.effects[condition].get(key)
            if effect is None or effect.percent is None:
                continue
            title, colour, marker = FOREST[key]
            y = row + 0.68 * ((k + 0.5) / len(names) - 0.5)
            low, high = (effect.percent.value if end is None else end for end in effect.percent[1:])
            reach = [[effect.percent.value - low], [high - effect.percent.value]]
            handles[title] = ax.errorbar(
                effect.percent.value, y, xerr=reach, fmt=marker, color=colour, ms=5, capsize=2.5,
                elinewidth=1.2, zorder=3,
            )  # fmt: skip
    ax.axvline(0.0, color=GREY, linewidth=0.9, zorder=1)
    for row in range(1, len(ranked)):
        ax.axhline(row - 0.5, color="#DDDDDD", linewidth=0.8, zorder=0)
    ax.set_yticks(range(len(ranked)), [textwrap.fill(name, 34) for name in ranked])
    ax.set_ylim(len(ranked) - 0.5, -0.5)
    ax.set_xlabel(f"Change relative to {comparison.reference} [%], with insulin")
    ax.set_title("Effects, the largest first")
    if handles:
        place = {"loc": "lower right", "bbox_to_anchor": (1.0, 1.0), "borderaxespad": 0.2}
        ax.legend(handles.values(), handles.keys(), ncols=len(names), **place)


# ---- words ----


def interval(estimate: Estimate | None, unit: str = "") -> str:
    """An estimate and its interval: "+12.3 [10.1, 14.5] %"."""
    if estimate is None:
        return "-"
    words = f"{estimate.value:+.3g}"
    if estimate.low is not None:
        words += f" [{estimate.low:+.3g}, {estimate.high:+.3g}]"
    return f"{words} {unit}".strip()


def reduction(effect: "PairedEffect") -> str:
    """How many times less the paired differences vary."""
    return "-" if effect.variance_reduction is None else f"{effect.variance_reduction:.1f}"


def headline(comparison: "Comparison") -> tuple[dict[str, str], list[tuple[str, ...]]]:
    """Columns (name -> side) and rows of a table: the conditions, ranked, with their main effects."""
    columns = {"Condition": "left"} | {title[:1].upper() + title[1:]: "right" for title, *_ in FOREST.values()}
    columns |= {"Variance saved by pairing": "right"}
    rows = []
    for name in comparison.ranked():
        found = comparison.effects[name]
        cells = [interval(found[key].percent, "%") if key in found else "-" for key in FOREST]
        first = found.get(next(iter(FOREST)))
        rows.append((name, *cells, "-" if first is None else f"{reduction(first)} x"))
    return columns, rows


def outline(comparison: "Comparison") -> str:
    """What the table shows, in a sentence."""
    replicates = comparison.conditions[0].scenario.run.replicates
    count = f"{replicates} paired replicates" if replicates > 1 else "one replicate: no intervals"
    return f"Changes relative to {comparison.reference}, with insulin; {count}, seed {comparison.seed}."


def markdown(comparison: "Comparison") -> str:
    """The report."""
    columns, rows = headline(comparison)
    lines = [
        f"# Conditions compared with {comparison.reference}",
        "",
        outline(comparison),
        "",
        *table(tuple(columns), rows),
        "![Time courses and effects](figure.png)",
        "",
        "Variance saved by pairing: (variance of the one + variance of the other) / variance of their differences, of "
        "surface GLUT4; so many times more independent replicates would be needed.",
        "",
    ]
    for name in comparison.ranked():
        lines += [f"## {name}", ""]
        head = ("Number", "Unit", comparison.reference, name, "Difference [95 %]", "Change [95 %]", "Interval", "Saved")
        numbers = []
        for key, effect in comparison.effects[name].items():
            unit = summary.UNITS[key].replace("percent", "%")
            values = number(effect.reference), number(effect.value)
            changes = interval(effect.difference), interval(effect.percent, "%")
            words = (summary.readable(key), unit, *values, *changes, effect.method or "-", reduction(effect))
            numbers.append(words)
        lines += table(head, numbers)
    if any(condition.scenario.has_hormones for condition in comparison.conditions):
        lines += [f"{WHOLE_BODY} {NOT_ADVICE}", ""]
    return "\n".join(lines)
