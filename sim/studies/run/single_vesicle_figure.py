"""The figure of single vesicles: what a TIRF microscope would show of their fusions, dwells and waits.

Lines are of all replicates together, bands reach from the lowest replicate to the highest; the phases are basal and the
first pulses of insulin (sim/analysis/phases.py), and a note says which others there are. Colours and style are those of
all figures.
"""

import os
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from glut4sim.sim.analysis.single_vesicle import EDGES, survival
from glut4sim.sim.reporting.figure_style import (
    BLUE,
    DPI,
    GREEN,
    GREY,
    ORANGE,
    PALE,
    PURPLE,
    VERMILION,
    frame,
    legend,
    legends_above,
    page,
    save,
    time_axis,
)
from glut4sim.sim.reporting.numbers import concentration
from glut4sim.sim.reporting.time_courses import (
    band,
    binned_curve,
    in_minutes,
    label_insulin,
    line,
    shade_insulin,
    title_of,
)

if TYPE_CHECKING:
    import xarray

LOOKS = {
    "basal": (BLUE, "-"),
    "insulin": (VERMILION, (0, (4, 1.5))),
    "insulin 2": (GREEN, (0, (2, 1.2))),
    "insulin 3": (PURPLE, (0, (5, 1.2, 1.2, 1.2))),
}  # all can be seen where they meet
NAMED = 4  # phases left out that the note names
PLAIN = StrMethodFormatter("{x:g}")  # 0.1, not 10^-1
LEAST = 0.01  # survival below which a curve is not drawn
FATES = {  # of a docked vesicle, by transition
    "fuse": ("full fusion", BLUE),
    "fuse_transiently": ("transient fusion", ORANGE),
    "undock": ("lets go", PALE),
}


def save_figure(
    dataset: "xarray.Dataset", statistics: "xarray.Dataset", path: str | os.PathLike, dpi: int = DPI
) -> None:
    """Draw the figure into a file; the end of its name says the format (.png, .pdf, .svg)."""
    save(draw(dataset, statistics), path, dpi)


def draw(dataset: "xarray.Dataset", statistics: "xarray.Dataset") -> Figure:
    """The figure of single vesicles: six panels.

    Parameters
    ----------
    dataset
        time series, as `results.open_results(path)` gives them
    statistics
        as `results.open_results(path, "single_vesicle")` gives them; NaN where a replicate did not get to

    Returns
    -------
    Figure
    """
    statistics = statistics.load()
    note = "Survival is corrected for dwells that the end of a phase cuts short"
    if statistics.sizes["replicate"] > 1:
        note = f"{statistics.sizes['replicate']} replicates together, bands: their range. {note}"
    style = legends_above(max(2, len(_phases(statistics))))
    title, note = f"Single vesicles: {title_of(dataset)}", f"{note}{_left_out(statistics)}"
    with page(title, note, style=style, panels_alone=True) as figure:
        axes = figure.subplots(2, 3)
        _rates(axes[0, 0], dataset, statistics)
        _survival(axes[0, 1], statistics, "tethered")
        _survival(axes[0, 2], statistics, "docked")
        _waits(axes[1, 0], statistics)
        _copies(axes[1, 1], statistics)
        _fates(axes[1, 2], statistics)
    return figure


def _reached(statistics) -> list[str]:
    """The phases that at least one replicate reached."""
    reached = statistics["phase_duration"].max("replicate").values > 0.0
    return statistics["phase"].values[reached].tolist()


def _phases(statistics) -> list[str]:
    """Those of them that are drawn."""
    return [phase for phase in _reached(statistics) if phase in LOOKS]


def _left_out(statistics) -> str:
    """A sentence on those that are not drawn."""
    names = [phase for phase in _reached(statistics) if phase not in LOOKS]
    if not names:
        return ""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f". Only the time course shows {', '.join(names[:NAMED])}{more}; their numbers are with the results"


def _label(statistics, phase: str) -> str:
    """A phase and its insulin, since not every scenario's basal phase is free of it."""
    level = float(statistics["phase_insulin"].sel(phase=phase))
    return f"{phase}, {concentration(level)}" if np.isfinite(level) and level != 0.0 else phase


def _pooled(statistics, name: str, **where) -> np.ndarray:
    """A histogram of each replicate that got to the phase, and last of all together, (replicates + 1, bins)."""
    each = statistics[name].sel(**where).values
    each = each[np.isfinite(each).all(axis=-1)]
    return np.concatenate([each, each.sum(axis=0, keepdims=True)])


def _rates(ax: Axes, dataset, statistics) -> None:
    shade_insulin(ax, dataset)
    area = float(statistics["membrane_area"])
    full, transient = "fusion_rate", "transient_fusion_rate"
    curves = (
        ((full, transient), "all", GREY, "-"),
        ((full,), "full", BLUE, "-"),
        ((transient,), "transient", ORANGE, "--"),
    )
    for names, label, colour, style in curves:
        minutes, drawn = binned_curve(dataset, *names)
        line(ax, minutes, drawn.times(1.0 / area), colour, label, style)
    label_insulin(ax, dataset)
    frame(ax, "Fusion events", "Events per µm$^2$ and minute")
    ax.set_ylim(top=1.1 * ax.get_ylim()[1])  # room for the concentrations
    ax.set_xlim(0.0, in_minutes(dataset)[-1])
    time_axis(ax, "min")
    legend(ax, columns=3)


def _survival(ax: Axes, statistics, state: str) -> None:
    """Share of dwells that last longer, on a logarithmic axis: straight where the exit rate is constant."""
    longest = 0.0
    for phase in _phases(statistics):
        where = {"phase": phase, "vesicle_state": state}
        dwells, at_risk = (_pooled(statistics, name, **where) for name in ("dwells", "time_at_risk"))
        curves = np.insert(survival(dwells, at_risk), 0, 1.0, axis=-1)
        if dwells[-1].sum() == 0:
            continue
        drawn = curves[-1] >= LEAST  # False where it is NaN
        longest = max(longest, EDGES[drawn][-1])
        colour, style = LOOKS[phase]
        mean = at_risk[-1].sum() / dwells[-1].sum()  # the mean dwell time, were the exit rate constant
        label = f"{_label(statistics, phase)}: mean {mean:.3g} s"
        ax.plot(EDGES[drawn], curves[-1][drawn], linestyle=style, color=colour, label=label, zorder=3)
        band(ax, EDGES[drawn], curves[:-1, drawn], colour)
    ax.set_yscale("log")
    ax.set_title(f"How long vesicles stay {state}")
    ax.set_ylabel("Share of dwells that last longer")
    ax.set_ylim(LEAST, 1.1)
    ax.yaxis.set_major_formatter(PLAIN)
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.set_xlim(0.0, longest or 1.0)
    ax.set_xlabel("Dwell time [s]")
    _legend_if_any(ax, columns=1)


def _waits(ax: Axes, statistics) -> None:
    """Share of fusions that came within a time of the last tethering (solid) and of the first (dotted)."""
    low, high = np.inf, 0.0
    for phase in _phases(statistics):
        for name, style, what in (("tether_to_fusion", "-", "last tethering"), ("arrival_to_fusion", ":", "arrival")):
            counts = _pooled(statistics, name, phase=phase)
            if counts[-1].sum() == 0:
                continue
            with np.errstate(invalid="ignore"):  # a replicate without a fusion
                curves = np.cumsum(counts, axis=-1) / counts.sum(axis=-1, keepdims=True)
            low = min(low, EDGES[1:][curves[-1] > LEAST][0])
            high = max(high, EDGES[1:][curves[-1] <= 1.0 - LEAST / 2.0][-1:].max(initial=1.0))
            ax.plot(EDGES[1:], curves[-1], style, color=LOOKS[phase][0], label=f"{phase}, {what}", zorder=3)
            band(ax, EDGES[1:], curves[:-1], LOOKS[phase][0])
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.xaxis.set_major_formatter(PLAIN)
    ax.xaxis.set_minor_formatter(NullFormatter())
    if high > low:
        ax.set_xlim(low, high)
    ax.set_xlabel("Time to full fusion [s]")
    frame(ax, "From membrane contact to fusion", "Share of fusions within this time", top=1.02)
    _legend_if_any(ax)


def _copies(ax: Axes, statistics) -> None:
    left = statistics["glut4_low"].values
    width = left[1] - left[0]
    edges = np.append(left, left[-1] + width) - 0.5
    used = np.zeros(len(left), bool)
    for phase in _phases(statistics):
        counts = _pooled(statistics, "glut4_at_fusion", phase=phase)[-1]
        if counts.sum() == 0:
            continue
        used |= counts > 0
        mean = _mean_over_fusions(statistics, phase)
        colour, style = LOOKS[phase]
        shares = 100.0 * counts / counts.sum()
        label = f"{phase}: mean {mean:.3g}"
        ax.stairs(shares, edges, color=colour, label=label, linestyle=style, linewidth=1.7, zorder=3)
    frame(ax, "GLUT4 per vesicle at fusion", "Share of fusions [%]")
    if used.any():
        first, last = np.flatnonzero(used)[[0, -1]]
        ax.set_xlim(float(edges[first]), float(edges[last + 1]))
    ax.set_xlabel("GLUT4 copies in the vesicle")
    _legend_if_any(ax)


def _mean_over_fusions(statistics, phase: str) -> float:
    chosen = statistics.sel(phase=phase)
    fusions = chosen["glut4_at_fusion"].sum("glut4_bin").values
    means = chosen["glut4_at_fusion_mean"].values
    return float(np.average(means[fusions > 0], weights=fusions[fusions > 0]))


def _fates(ax: Axes, statistics) -> None:
    """How docked vesicles leave, one bar for each phase."""
    phases = _phases(statistics)
    counts = statistics["transitions"].sel(transition=list(FATES)).sum("replicate").sel(phase=phases).values
    totals = counts.sum(axis=1)
    shares = 100.0 * counts / np.maximum(totals, 1.0)[:, None]
    rows, left = np.arange(len(phases)), np.zeros(len(phases))
    for share, (label, colour) in zip(shares.T, FATES.values()):
        ax.barh(rows, share, left=left, color=colour, label=label, height=0.5, zorder=2)
        left += share
    for row, share in zip(rows, shares):
        text = "  :  ".join(f"{value:.1f}" for value in share)
        ax.text(0.0, row - 0.3, f"{text}  %", va="bottom", fontsize=8.5)
    ax.set_yticks(rows, [f"{phase}\nn = {int(n):,}" for phase, n in zip(phases, totals)])
    ax.set_ylim(max(len(phases), 1) - 0.5, -0.65)
    ax.tick_params(axis="y", length=0)
    ax.set_title("How docked vesicles leave")
    ax.set_xlim(0.0, 100.0)
    ax.set_xlabel("Share of dockings [%]")
    legend(ax, columns=3)


def _legend_if_any(ax: Axes, columns: int = 2) -> None:
    if ax.get_legend_handles_labels()[0]:
        legend(ax, columns)
