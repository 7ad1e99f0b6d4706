"""The figure of a sensitivity analysis, from what sensitivity.json says.

Colour and hatch of a bar say the evidence behind the value.
"""

import os
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from glut4sim.sim.model.parameters import EVIDENCE
from glut4sim.sim.reporting.figure_style import BLUE, DPI, GREEN, GREY, ORANGE, PALE, page, save
from glut4sim.sim.studies.sensitivity.report import direction, of_change, readable

LOOKS = dict(zip(EVIDENCE, ((GREEN, ""), (BLUE, "///"), (ORANGE, "xxx"))))  # colour, hatch
MOST_BARS = 20
ROW = 0.3  # inches


def save_figure(content: Mapping, path: str | os.PathLike, dpi: int = DPI) -> None:
    """Draw the figure into a file; the end of its name says the format (.png, .pdf, .svg)."""
    save(draw(content), path, dpi)


def draw(content: Mapping) -> Figure:
    """Bars of mu* with sigma, and of S1 and ST, whichever there are.

    Parameters
    ----------
    content
        what sensitivity.json holds

    Returns
    -------
    Figure
    """
    screened = [row for row in content["parameters"] if row["mu_star"] is not None][:MOST_BARS]
    shared = sorted((row for row in content["parameters"] if row["st"] is not None), key=lambda row: -row["st"])
    shared = shared[:MOST_BARS]
    panels = [panel for panel in ((_screening, screened), (_variance, shared)) if panel[1]]
    rows = max(len(panel[1]) for panel in panels)
    title = f"{readable(content)}: {content['title'] or content['scenario']}"
    with page(title, size=(7.0 * len(panels), 2.4 + ROW * rows), style={"hatch.linewidth": 0.6}) as figure:
        axes = figure.subplots(1, len(panels), squeeze=False)[0]
        for ax, (panel, chosen) in zip(axes, panels):
            panel(ax, chosen, content)
            ax.set_yticks(range(len(chosen)), [row["name"] for row in chosen])
            ax.set_ylim(len(chosen) - 0.4, -0.6)
            ax.axvline(0.0, color=GREY, linewidth=0.8)
        told = {row["evidence"] for row in (*screened, *shared)}
        handles: list[Artist] = [
            Patch(facecolor=colour, edgecolor="white", hatch=hatch, label=evidence)
            for evidence, (colour, hatch) in LOOKS.items()
            if evidence in told
        ]
        if screened:
            handles.append(Line2D([], [], marker="D", color=GREY, mfc="white", ls="", ms=5, label="sigma"))
        if shared:
            handles.append(Patch(facecolor="white", edgecolor=GREY, label="total (ST)"))
            handles.append(Patch(facecolor=PALE, edgecolor="white", label="alone (S1)"))
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure


def _screening(ax: Axes, rows: Sequence[Mapping], content: Mapping) -> None:
    """Mean absolute effects with their intervals and directions, and their spread."""
    for y, row in enumerate(rows):
        colour, hatch = LOOKS[row["evidence"]]
        ax.barh(y, row["mu_star"], height=0.68, color=colour, hatch=hatch, edgecolor="white", linewidth=0.0)
        ax.errorbar(row["mu_star"], y, xerr=row["mu_star_error"], color="black", elinewidth=1.1, capsize=2.5)
        ax.plot(row["sigma"], y, "D", color=GREY, mfc="white", ms=5, zorder=4)
        reach = max(row["mu_star"] + row["mu_star_error"], row["sigma"])
        ax.annotate(
            direction(row), (reach, y), xytext=(7, 0), textcoords="offset points", va="center", color=GREY, fontsize=8
        )
    ax.margins(x=0.14)
    ax.set_xlim(left=0.0)
    unit = of_change(content).strip()
    ax.set_xlabel(
        f"mu*: change over the whole range{unit and f' [{unit}]'}\n+ or −: which way, when the value is raised"
    )
    ax.set_title(f"Screening: the first {len(rows)} of {len(content['parameters'])}")


def _variance(ax: Axes, rows: Sequence[Mapping], content: Mapping) -> None:
    """Total indices as outlines, first-order ones filled, with their intervals."""
    y = np.arange(len(rows))
    for k, row in zip(y, rows):
        colour, hatch = LOOKS[row["evidence"]]
        ax.barh(k - 0.19, row["st"], height=0.36, color="white", edgecolor=colour, linewidth=1.3)
        ax.barh(k + 0.19, row["s1"], height=0.36, color=colour, hatch=hatch, edgecolor="white", linewidth=0.0)
    for key, shift in (("st", -0.19), ("s1", 0.19)):
        errors = [row[f"{key}_error"] for row in rows]
        ax.errorbar([row[key] for row in rows], y + shift, xerr=errors, fmt="none", ecolor="black", elinewidth=1.1)
    ax.set_xlabel("Share of the variance")
    ax.set_title(f"Variance, {len(rows)} varied together")
