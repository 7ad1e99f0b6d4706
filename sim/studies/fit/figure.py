"""The figures of a fit, from what fit.json says: fit against data, profiles, correlations."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from glut4sim.sim.analysis.summary import MINUTE
from glut4sim.sim.reporting.figure_style import BLUE, GREY, ORANGE, PALE, SKY, page, save
from glut4sim.sim.reporting.numbers import labelled
from glut4sim.sim.studies.fit.profile import RISE

ACROSS = 3  # panels in a row
PANEL = (3.9, 2.9)  # inches
FLOOR = 0.3  # of the lowest dose: where rest stands on a logarithmic axis


def save_figures(content: Mapping[str, Any], folder: Path) -> None:
    """Draw all that there is into a folder: fit.png, profiles.png, correlations.png."""
    save(draw_fit(content), folder / "fit.png")
    if all(row["profile"] for row in content["free"]):
        save(draw_profiles(content), folder / "profiles.png")
    if len(content["free"]) > 1:
        save(draw_correlations(content), folder / "correlations.png")


def _panels(title: str, note: str, rows: list, draw: Callable[[Axes, Any], None]) -> Figure:
    """A page with a panel for each row."""
    across = min(ACROSS, len(rows))
    down = -(-len(rows) // across)
    size = (max(7.5, PANEL[0] * across), 1.2 + PANEL[1] * down)
    with page(title, note, size=size, style={"axes.titlesize": 9.5}) as figure:
        axes = figure.subplots(down, across, squeeze=False).ravel()
        for ax, row in zip(axes, rows):
            draw(ax, row)
        for ax in axes[len(rows) :]:
            ax.set_axis_off()
    return figure


def draw_fit(content: Mapping[str, Any]) -> Figure:
    """Data with their SEM, the best fit, and its 90 % band where there is a posterior; end points as rows."""
    courses = [row for row in content["data"] if row["kind"] != "end point"]
    ends = [row for row in content["data"] if row["kind"] == "end point"]
    rows: list = [*courses, ends] if ends else courses
    note = "Points: data and SEM, hollow where they do not count. Lines: best fit, straight between its values at the "
    note += "data. Bands: 90 % of the posterior. Orange: held out."

    def draw(ax: Axes, row) -> None:
        _end_points(ax, row) if isinstance(row, list) else _course(ax, row)

    return _panels(f"Fit: {content['title']}", note, rows, draw)


def _course(ax: Axes, row: Mapping[str, Any]) -> None:
    x, y, sem = (np.array(row[key], float) for key in ("x", "y", "sem"))
    counted, order = np.array(row["counted"]), np.argsort(row["x"])
    colour = ORANGE if row["held_out"] else BLUE
    if row["kind"] == "dose response":
        above = x[x > 0.0]
        x = np.where(x > 0.0, x, FLOOR * above.min() if len(above) else 1.0)
        ax.set_xscale("log")
        ax.set_xlabel("Insulin [nM]")
    else:
        x = x / MINUTE
        ax.set_xlabel("Time [min]")
    if row["low"] is not None:
        ax.fill_between(
            x[order], np.array(row["low"])[order], np.array(row["high"])[order], color=colour, alpha=0.2, lw=0
        )
    ax.plot(x[order], np.array(row["predicted"])[order], color=colour)
    ax.errorbar(x[counted], y[counted], sem[counted], fmt="o", ms=4.5, color=GREY, capsize=2, elinewidth=1.0)
    ax.plot(x[~counted], y[~counted], "o", ms=4.5, mfc="white", color=GREY)
    ax.set_title(row["title"] + (" (held out)" if row["held_out"] else ""))
    ax.set_ylabel(labelled(row["observable"], row["unit"] or "1"))


def _end_points(ax: Axes, rows: list) -> None:
    """Residuals of end points, in standard errors: their units differ."""
    for y, row in enumerate(rows):
        colour, sem = ORANGE if row["held_out"] else BLUE, row["sem"][0]
        centre = row["y"][0]
        if row["low"] is not None:
            ax.plot(
                [(row["low"][0] - centre) / sem, (row["high"][0] - centre) / sem], [y, y], color=colour, alpha=0.4, lw=5
            )
        ax.plot((row["predicted"][0] - centre) / sem, y, "D", color=colour, ms=5)
    ax.axvspan(-1.0, 1.0, color=PALE, alpha=0.4, lw=0)
    ax.axvline(0.0, color=GREY, lw=0.8)
    ax.set_yticks(range(len(rows)), [row["title"] for row in rows])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlabel("(predicted − measured) / SEM")
    ax.set_title("End points")


def draw_profiles(content: Mapping[str, Any]) -> Figure:
    """How much the sum of squares rises as each value moves, and where that ends its 90 % interval."""
    note = "Others fitted anew at each point. Dashed: rise of 2.71, which ends the 90 % interval. Shaded: the interval."
    return _panels(f"Profile likelihoods: {content['title']}", note, list(content["free"]), _profile)


def _profile(ax: Axes, row: Mapping[str, Any]) -> None:
    found, (low, high) = row["profile"], row["range"]
    ax.axvspan(found["low"] or low, found["high"] or high, color=SKY, alpha=0.2, lw=0)
    ax.plot(found["values"], found["rise"], "o-", color=BLUE, ms=4)
    ax.axhline(RISE, color=GREY, ls="--", lw=1.0)
    ax.axvline(row["value"], color=GREY, lw=0.8)
    if row["log"]:
        ax.set_xscale("log")
        far = high > 1000.0 * low  # then decades alone are enough
        ax.xaxis.set_major_locator(LogLocator(subs=(1.0,) if far else (1.0, 2.0, 5.0)))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlim(low, high)
    ax.set_ylim(0.0, 2.0 * RISE)
    ax.set_xlabel(labelled(row["name"], row["unit"]))
    ax.set_ylabel("Rise of chi-square")
    ax.set_title(f"{row['name']}" + ("" if found["identifiable"] else ": not identifiable"))


def draw_correlations(content: Mapping[str, Any]) -> Figure:
    """Correlations of all pairs of values."""
    names, matrix = [row["name"] for row in content["free"]], np.array(content["correlations"])
    side = 3.2 + 0.45 * len(names)
    with page(f"Correlations: {content['title']}", size=(side + 2.0, side + 0.6)) as figure:
        ax = figure.subplots()
        image = ax.imshow(matrix, cmap="RdBu_r", vmin=-1.0, vmax=1.0)
        ax.set_xticks(range(len(names)), names, rotation=40, ha="right", rotation_mode="anchor")
        ax.set_yticks(range(len(names)), names)
        for i, k in np.ndindex(matrix.shape):
            dark = abs(matrix[i, k]) > 0.6
            ax.text(
                k,
                i,
                f"{matrix[i, k]:.2f}",
                ha="center",
                va="center",
                fontsize=7.5,
                color="white" if dark else GREY,
            )
        figure.colorbar(image, ax=ax, shrink=0.7, label="Correlation")
    return figure
