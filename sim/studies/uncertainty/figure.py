"""The figure of a study of uncertainty: time courses with bands, shares of the kinds of doubt, and what carries it.

Bands are the middle 90 % of the draws, of the mean cell: chance and cells are not in them. Lines are their median, and
dashed the central values.
"""

import os
import textwrap
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from glut4sim.sim.analysis import summary
from glut4sim.sim.analysis.uncertainty import ENDS, LEVEL
from glut4sim.sim.model.parameters import EVIDENCE
from glut4sim.sim.reporting.figure_style import (
    A4_LANDSCAPE,
    BLUE,
    DPI,
    GREEN,
    GREY,
    ORANGE,
    PALE,
    SKY,
    VERMILION,
    frame,
    page,
    power_of_1000,
    save,
    time_axis,
)
from glut4sim.sim.studies.drawn import COURSES
from glut4sim.sim.studies.uncertainty.report import headline, main_numbers
from glut4sim.sim.studies.uncertainty.runs import Runs

LOOKS = {"akt_active": ORANGE, "surface_glut4_percent": BLUE, "glucose_uptake_rate": VERMILION}
SHARES = {"chance": ORANGE, "cells": SKY, "parameters": BLUE, "jointly": PALE}
GRADES = dict(zip(EVIDENCE, ((GREEN, ""), (BLUE, "///"), (ORANGE, "xxx"))))  # colour, hatch


def save_figure(content: Mapping, runs: Runs, path: str | os.PathLike, dpi: int = DPI) -> None:
    """Draw the figure into a file; the end of its name says the format (.png, .pdf, .svg)."""
    save(draw(content, runs), path, dpi)


def draw(content: Mapping, runs: Runs) -> Figure:
    """Courses above; shares of the variance and the values that carry the headline number below.

    Parameters
    ----------
    content
        what uncertainty.json holds
    runs : whose courses are drawn
    """
    note = (
        f"Bands: middle {100.0 * LEVEL:g} % of {content['draws']['count']} draws, the mean cell. Dashed: central values"
    )
    title = f"How sure: {content['title'] or content['scenario']}"
    with page(title, note, A4_LANDSCAPE, {"hatch.linewidth": 0.6}) as figure:
        (top,), (bottom,) = figure.subfigures(2, 1, squeeze=False, height_ratios=(1.0, 1.0))
        for ax, (i, name) in zip(top.subplots(1, len(COURSES)), enumerate(COURSES)):
            _course(ax, runs, i, name)
        left, right = bottom.subplots(1, 2)
        _shares(left, content)
        _carriers(right, content)
    return figure


def _course(ax: Axes, runs: Runs, i: int, name: str) -> None:
    unit, title = COURSES[name]
    drawn = runs.courses[1:, i]
    reached = np.isfinite(drawn).any(axis=0)
    minutes = runs.times[reached] / 60.0
    if reached.any():
        low, middle, high = np.nanquantile(drawn[:, reached], [ENDS[0], 0.5, ENDS[1]], axis=0)
        size, factor = power_of_1000(float(np.nanmax(np.abs(high)))) if unit == "1/s" else (1.0, "")
        ax.fill_between(minutes, low / size, high / size, color=LOOKS[name], alpha=0.22, linewidth=0, zorder=2)
        ax.plot(minutes, middle / size, color=LOOKS[name], zorder=3)
        ax.plot(minutes, runs.courses[0, i, reached] / size, "--", color=GREY, linewidth=1.1, zorder=4)
        label = f"{factor}molecules per second" if unit == "1/s" else "Share [%]"
        least = ax.get_ylim()[0]
        frame(ax, title.partition(",")[0], label)
        if float(low.min()) < 0.0:
            ax.set_ylim(bottom=least)
        ax.set_xlim(0.0, float(runs.times[-1]) / 60.0)
    time_axis(ax, "min")


def _shares(ax: Axes, content: Mapping) -> None:
    """Stacked bars: which kind of doubt has how much of the variance of each main number."""
    names = [name for name in main_numbers(content) if content["numbers"][name]["shares"]]
    for row, name in enumerate(names):
        left = 0.0
        for kind, colour in SHARES.items():
            share = 100.0 * max(0.0, content["numbers"][name]["shares"].get(kind, 0.0))
            ax.barh(row, share, left=left, color=colour, height=0.6, zorder=2)
            left += share
    ax.set_yticks(range(len(names)), [summary.readable(name) for name in names])
    ax.set_ylim(max(len(names), 1) - 0.4, -0.6)
    ax.set_xlim(0.0, 100.0)
    ax.set_xlabel("Share of the variance [%]")
    ax.set_title("What makes it unsure", pad=24)
    there = [kind for kind in SHARES if any(kind in content["numbers"][name]["shares"] for name in names)]
    handles = [Patch(facecolor=SHARES[kind], edgecolor="white", label=kind) for kind in there]
    if handles:
        ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=len(handles), borderaxespad=0.2)


def _carriers(ax: Axes, content: Mapping) -> None:
    """Bars: the values that carry the doubt of the headline number; colour and hatch say the evidence behind them."""
    name = headline(content)
    rows = content["carried_by"].get(name, [])
    for y, row in enumerate(rows):
        colour, hatch = GRADES[content["draws"]["values"][row["name"]]["evidence"]]
        ax.barh(y, row["share"], color=colour, hatch=hatch, edgecolor="white", linewidth=0.0, height=0.66)
        ax.errorbar(row["share"], y, xerr=row["error"], color="black", elinewidth=1.1, capsize=2.5)
    ax.axvline(0.0, color=GREY, linewidth=0.8)
    ax.set_yticks(range(len(rows)), [row["name"] for row in rows])
    ax.set_ylim(max(len(rows), 1) - 0.4, -0.6)
    ax.set_xlabel("Share of the variance that it explains by itself")
    ax.set_title(textwrap.fill(f"What carries it: {summary.readable(name)}", 46) if name else "What carries it", pad=24)
    told = {content["draws"]["values"][row["name"]]["evidence"] for row in rows}
    handles = [
        Patch(facecolor=colour, edgecolor="white", hatch=hatch, label=grade)
        for grade, (colour, hatch) in GRADES.items()
        if grade in told
    ]
    if handles:
        ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=len(handles), borderaxespad=0.2)
