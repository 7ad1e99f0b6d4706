"""The figure and the report of a sensitivity analysis, from what sensitivity.json says.

Colour and hatch of a bar say the evidence behind the value.
"""

import os
import textwrap
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from glut4sim.sim.analysis import summary
from glut4sim.sim.model.parameters import EVIDENCE
from glut4sim.sim.reporting.figure_style import BLUE, GREEN, GREY, ORANGE, STYLE

LOOKS = dict(zip(EVIDENCE, ((GREEN, ""), (BLUE, "///"), (ORANGE, "xxx"))))  # colour, hatch
MOST_BARS = 20
SAID = 5  # names in a sentence
ROW = 0.3  # inches
EXPLAINED = (
    "mu*: mean absolute change of the number over the whole range of the value{unit}, by Morris' method; direction: of "
    "the change when the value is raised; sigma: its spread over places, which non-linearity and interaction make. S1, "
    "ST: share of the variance that the value explains by itself, and in which it takes part, when the values that "
    "have one vary together and all others stand as they are; S1 above ST is the error of a small sample. ±: half of "
    "the 95 % interval. A value matters here as much as its range is wide: the ranges are as much part of the question "
    "as the model."
)


# ---- figure ----


def save_figure(content: Mapping, path: str | os.PathLike, dpi: int = 150) -> None:
    """Draw the figure into a file; its name's end says the format (.png, .pdf, .svg)."""
    draw(content).savefig(path, dpi=dpi)


def draw(content: Mapping) -> Figure:
    """Bars of mu* with sigma, and of S1 and ST, whichever there are.

    Parameters
    ----------
    content : what sensitivity.json holds
    """
    screened = [row for row in content["parameters"] if row["mu_star"] is not None][:MOST_BARS]
    shared = sorted((row for row in content["parameters"] if row["st"] is not None), key=lambda row: -row["st"])
    shared = shared[:MOST_BARS]
    panels = [panel for panel in ((_screening, screened), (_variance, shared)) if panel[1]]
    rows = max(len(panel[1]) for panel in panels)
    with mpl.rc_context(STYLE | {"axes.titlepad": 8, "hatch.linewidth": 0.6}):
        figure = Figure(figsize=(7.0 * len(panels), 2.4 + ROW * rows), layout="constrained")
        figure.get_layout_engine().set(w_pad=0.12, h_pad=0.1)
        axes = figure.subplots(1, len(panels), squeeze=False)[0]
        for ax, (panel, chosen) in zip(axes, panels):
            panel(ax, chosen, content)
            ax.set_yticks(range(len(chosen)), [row["name"] for row in chosen])
            ax.set_ylim(len(chosen) - 0.4, -0.6)
            ax.axvline(0.0, color=GREY, linewidth=0.8)
        told = {row["evidence"] for row in (*screened, *shared)}
        handles = [
            Patch(facecolor=colour, edgecolor="white", hatch=hatch, label=evidence)
            for evidence, (colour, hatch) in LOOKS.items()
            if evidence in told
        ]
        if screened:
            handles.append(Line2D([], [], marker="D", color=GREY, mfc="white", ls="", ms=5, label="sigma"))
        if shared:
            handles.append(Patch(facecolor="white", edgecolor=GREY, label="total (ST)"))
            handles.append(Patch(facecolor="#BBBBBB", edgecolor="white", label="alone (S1)"))
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
        title = f"{readable(content)}: {content['title'] or content['scenario']}"
        figure.suptitle(textwrap.fill(title, 55 * len(panels)), x=0.014, ha="left", fontsize=12, fontweight="bold")
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


def readable(content: Mapping) -> str:
    """The number in words."""
    return summary.readable(content["observable"])


def direction(row: Mapping) -> str:
    """Which way the number goes when the value is raised: "+", "-", or "+/-" where that depends on the others."""
    if row["mu_star"] == 0.0:
        return ""
    share = row["mu"] / row["mu_star"]
    return "+" if share > 0.8 else "−" if share < -0.8 else "+/−"


# ---- words ----


def verdict(content: Mapping, top: int = 10) -> str:
    """Which assumed values matter most, in a sentence or two."""
    key = "st" if content["method"] == "sobol" else "mu_star"
    first = [row for row in content["parameters"] if row[key]][:top]
    if not first:
        return f"Nothing that was varied is known to move {_lower(readable(content))}."
    guessed = [row for row in first if row["evidence"] == "assumed"]
    several = "values that move" if len(first) > 1 else "value that moves"
    head = f"Of the {len(first)} {several} {_lower(readable(content))} most, "
    if not guessed:
        return head + "none is assumed."
    name, unit = ("ST", "") if key == "st" else ("mu*", of_change(content))
    told = [f"{row['name']} ({name} {with_error(row, key)}{unit})" for row in guessed[:SAID]]
    more = f" and {len(guessed) - SAID} more" if len(guessed) > SAID else ""
    return f"{head}{len(guessed)} {'is' if len(guessed) == 1 else 'are'} assumed: {', '.join(told)}{more}."


def of_change(content: Mapping) -> str:
    """Unit of a change of the number, after a space; empty if it has none."""
    unit = content["unit"].replace("percent", "percentage points")
    return "" if unit == "1" else f" {unit}"


def _lower(text: str) -> str:
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def with_error(row: Mapping, key: str) -> str:
    """A number and its 95 % half-width: "12.3 ± 0.8"."""
    if row[key] is None:
        return "-"
    form = ".3g" if key == "mu_star" else ".2f"
    return f"{row[key]:{form}} ± {row[f'{key}_error']:{'.2g' if key == 'mu_star' else form}}"


def markdown(content: Mapping) -> str:
    """The report."""
    unit = content["unit"].replace("percent", "%")
    lines = [
        f"# What moves {_lower(readable(content))}: {content['title'] or content['scenario']}",
        "",
        verdict(content),
        "",
        f"At the values of the preset it is {content['value']:.4g}{'' if unit == '1' else f' {unit}'}. "
        f"{content['runs']} runs of the mean-field twin, seed {content['seed']}{_missing(content)}.",
        "",
    ]
    if any(row["mu_star"] is not None or row["st"] is not None for row in content["parameters"]):
        lines += ["![Effects and shares of the variance](figure.png)", ""]
    head = ("", "Parameter", "Value", "Unit", "Range", "Taken in", "Evidence")
    head += ("mu*", "Direction", "sigma", "S1", "ST", "Source")
    lines += [_row(head), _row(("---:", "---", "---:", "---", *["---"] * 3, "---:", "---", *["---:"] * 3, "---"))]
    for rank, row in enumerate(content["parameters"], 1):
        low, high = row["range"]
        screened = row["mu_star"] is not None
        lines.append(
            _row(
                (
                    str(rank),
                    row["name"],
                    f"{row['value']:.4g}",
                    "" if row["unit"] == "1" else row["unit"],
                    f"{low:.3g} to {high:.3g}",
                    "equal ratios" if row["scale"] == "log" else "equal distances",
                    row["evidence"],
                    with_error(row, "mu_star"),
                    direction(row) if screened else "-",
                    f"{row['sigma']:.3g}" if screened else "-",
                    with_error(row, "s1"),
                    with_error(row, "st"),
                    row["source"],
                )
            )
        )
    unit = of_change(content).strip()
    lines += ["", EXPLAINED.format(unit=f" [{unit}]" if unit else ""), ""]
    if content["left_out"]:
        lines += ["Held:", "", *(f"- {name}: {why}" for name, why in content["left_out"].items()), ""]
    return "\n".join(lines)


def _missing(content: Mapping) -> str:
    count = len(content["missing"])
    if not count:
        return "; all have a value"
    kept = [
        f"{content[key]['kept'] or 0} of {content[key]['wanted']} {key}"
        for key, method in (("trajectories", "morris"), ("samples", "sobol"))
        if content["method"] in (method, "both")
    ]
    return f"; {count} have no value, and what holds them is left out: {' and '.join(kept)} are complete"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
