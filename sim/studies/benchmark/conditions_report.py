"""The report of a benchmark of conditions: a table for the terminal, a figure, Markdown and JSON."""

import os
import textwrap
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure

from glut4sim.sim.endocrine.evidence import NOT_ADVICE, WHOLE_BODY, say
from glut4sim.sim.endocrine.modulation import STEPS
from glut4sim.sim.reporting.figure_style import BLUE, GREY, ORANGE, STYLE, VERMILION
from glut4sim.sim.reporting.markdown import table as markdown_table
from glut4sim.sim.results.writer import write_json
from glut4sim.sim.studies.benchmark.conditions import QUANTITIES, ConditionsResult, Finding, by_group
from glut4sim.sim.studies.comparison.report import interval, reduction

COLOURS = (ORANGE, BLUE, VERMILION, GREY)
MARKERS = ("^", "o", "s", "D")
FIGURE = "effects.png"


def write(result: ConditionsResult, out: Path) -> dict:
    """Write NAME.md, NAME.json and the figure into a new directory; returns the content of NAME.json."""
    out.mkdir(parents=True)
    content = _content(result)
    name = result.suite.name
    write_json(out / f"{name}.json", content)
    save_figure(result, out / FIGURE)
    (out / f"{name}.md").write_text(markdown(result), "utf-8")
    return content


def _content(result: ConditionsResult) -> dict:
    def plain(estimate):
        return None if estimate is None else estimate._asdict()

    return {
        "suite": result.suite.name,
        "title": result.suite.title,
        "insulin_nM": dict(result.suite.insulin),
        "replicates": result.suite.replicates,
        "seed": result.suite.seed,
        "runs": result.runs,
        "wall_seconds": round(result.wall_seconds, 1),
        "conditions": [
            {
                "name": f.condition.name,
                "group": f.condition.group,
                "scenario": f.condition.scenario.name,
                "at_days": f.condition.scenario.assay.at[0] / 86400.0,
                "reference": f.condition.reference.name,
                "reference_at_days": f.condition.reference.assay.at[0] / 86400.0,
                "effects": {
                    label: {
                        key: {
                            "reference": effect.reference,
                            "value": effect.value,
                            "percent": plain(effect.percent),
                            "variance_reduction": effect.variance_reduction,
                        }
                        for key, effect in effects.items()
                    }
                    for label, effects in f.effects.items()
                },
                "ec50_nM": {"condition": f.ec50[0], "reference": f.ec50[1]},
                "uptake_percent_by_step_alone": f.steps,
                "main_step": f.main_step,
                "expected": None
                if f.condition.expected is None
                else {
                    "quantity": f.condition.expected.quantity,
                    "insulin": f.condition.expected.insulin,
                    "band_percent": list(f.condition.expected.band),
                    "source": f.condition.expected.source,
                },
                "found_percent": f.found,
                "verdict": f.verdict,
            }
            for f in result.findings
        ],
    }


# ---- words ----


def table(result: ConditionsResult) -> tuple[dict[str, str], list[tuple[str, ...]]]:
    """Columns (name -> side) and rows for the terminal."""
    columns = {"Condition": "left"} | {f"Uptake, {label}": "right" for label in result.suite.insulin}
    columns |= {"EC50": "right", "Main step": "left", "Verdict": "left"}
    rows = []
    for findings in by_group(result.findings).values():
        for f in findings:
            effects = (interval(effects["uptake"].percent, "%") for effects in f.effects.values())
            rows.append((f.condition.name, *effects, _ec50(f), f.main_step or "-", _verdict(f)))
    return columns, rows


def _ec50(f: Finding) -> str:
    """Of uptake, relative to the reference: "x 1.3"."""
    return "-" if None in f.ec50 else f"x {f.ec50[0] / f.ec50[1]:.2f}"


def _verdict(f: Finding) -> str:
    if f.condition.expected is None:
        return f.verdict
    low, high = f.condition.expected.band
    return f"{f.verdict} {low:+g} to {high:+g} %"


def outline(result: ConditionsResult) -> str:
    """How many conditions have a published number, and how they compare."""
    verdicts = [f.verdict for f in result.findings]
    known = len(verdicts) - verdicts.count("no published number")
    holds = verdicts.count("consistent with")
    return (
        f"{len(verdicts)} conditions, {known} with a published number: {holds} consistent, {known - holds} not. "
        f"{result.runs} runs, {result.suite.replicates} paired replicates, seed {result.suite.seed}."
    )


def markdown(result: ConditionsResult) -> str:
    """The report."""
    suite = result.suite
    levels = ", ".join(f"{label} {level:g} nM" for label, level in suite.insulin.items())
    lines = [
        f"# {suite.title}",
        "",
        suite.description.strip(),
        "",
        f"{outline(result)} Insulin: {levels}. {WHOLE_BODY} {NOT_ADVICE}",
        "",
        f"![Effects on uptake, and the steps through which they come about]({FIGURE})",
        "",
        "Changes are relative to the reference, with 95 % intervals over paired replicates. A step alone: the "
        "reference cell at rest with that one step as hormones change it (mean field). Saved: how much less the "
        "change of surface GLUT4 varies for the pairing (ratio of variances), at each level of insulin.",
        "",
    ]
    for group, findings in by_group(result.findings).items():
        lines += [f"## {group}", ""]
        heads = [f"{title}, {label}" for title in ("Surface GLUT4", "Uptake") for label in suite.insulin]
        rows = [
            (
                f.condition.name,
                *(interval(f.effects[label]["surface_glut4"].percent, "%") for label in suite.insulin),
                *(interval(f.effects[label]["uptake"].percent, "%") for label in suite.insulin),
                _ec50(f),
                " / ".join(reduction(f.effects[label]["surface_glut4"]) for label in suite.insulin),
            )
            for f in findings
        ]
        lines += markdown_table(("Condition", *heads, "EC50", "Saved"), rows)
        rows = [(f.condition.name, _conditions(f), _steps(f), _verdict(f), _source(f)) for f in findings]
        heads = ("Condition", "Compared", "Uptake by each step alone", "Verdict", "Published")
        lines += markdown_table(heads, rows, numbers=False)
    return "\n".join(lines)


def _conditions(f: Finding) -> str:
    def words(scenario):
        return f"{scenario.name} at {say(scenario.assay.at[0])}"

    return f"{words(f.condition.scenario)} against {words(f.condition.reference)}"


def _steps(f: Finding) -> str:
    """The steps that change uptake by a tenth of a percent or more, the most first, at the level where they do most."""
    parts = []
    for step, changes in sorted(f.steps.items(), key=lambda item: -max(map(abs, item[1].values()))):
        label = max(changes, key=lambda label: abs(changes[label]))
        if abs(changes[label]) >= 0.1:
            parts.append(f"{step} {changes[label]:+.1f} % ({label})")
    return ", ".join(parts) or "-"


def _source(f: Finding) -> str:
    expected = f.condition.expected
    if expected is None:
        return "-"
    what = "EC50" if expected.quantity == "ec50" else QUANTITIES[expected.quantity][0]
    where = f" at {expected.insulin} insulin" if expected.insulin else ""
    return f"{what}{where}: {expected.source}"


# ---- figure ----


def save_figure(result: ConditionsResult, path: str | os.PathLike, dpi: int = 130) -> None:
    """Draw the figure into a file; its name's end says the format (.png, .pdf, .svg)."""
    draw(result).savefig(path, dpi=dpi)


def draw(result: ConditionsResult) -> Figure:
    """Change of uptake with its interval and the published band, and beside it what each step does alone."""
    ordered = [f for findings in by_group(result.findings).values() for f in findings]
    with mpl.rc_context(STYLE | {"axes.titlepad": 8}):
        figure = Figure(figsize=(13.0, 2.2 + 0.34 * len(ordered)), layout="constrained")
        figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08)
        forest, heat = figure.subplots(1, 2, sharey=True, width_ratios=(1.25, 1.0))
        _forest(forest, result, ordered)
        image = _heat(heat, result, ordered)
        figure.colorbar(image, ax=heat, shrink=0.6, label="Change of uptake by this step alone [%]")
        figure.suptitle(result.suite.title, x=0.014, ha="left", fontsize=13, fontweight="bold")
        return figure


def _forest(ax: Axes, result: ConditionsResult, ordered: list[Finding]) -> None:
    labels = list(result.suite.insulin)
    for row, f in enumerate(ordered):
        expected = f.condition.expected
        if expected is not None and expected.quantity == "uptake":
            low, high = expected.band
            ax.barh(
                row,
                high - low,
                left=low,
                height=0.86,
                color="#E4E4E4",
                zorder=0,
                label="published" if row == 0 else None,
            )
        for k, label in enumerate(labels):
            percent = f.effects[label]["uptake"].percent
            if percent is None:
                continue
            low, high = (percent.value if end is None else end for end in percent[1:])
            ax.errorbar(
                percent.value, row + 0.24 * (k - (len(labels) - 1) / 2.0),
                xerr=[[percent.value - low], [high - percent.value]], fmt=MARKERS[k % len(MARKERS)],
                color=COLOURS[k % len(COLOURS)], ms=4, elinewidth=1.0, capsize=2,
                label=f"{label} insulin" if row == 0 else None, zorder=3,
            )  # fmt: skip
    ax.axvline(0.0, color=GREY, linewidth=0.9, zorder=1)
    names = [textwrap.shorten(f.condition.name, 52) for f in ordered]
    ax.set_yticks(range(len(ordered)), names)
    ax.set_ylim(len(ordered) - 0.4, -0.6)
    group = [f.condition.group for f in ordered]
    for row in range(1, len(ordered)):
        if group[row] != group[row - 1]:
            ax.axhline(row - 0.5, color="#BBBBBB", linewidth=0.8)
    ax.set_xlabel("Change of glucose uptake [%]")
    ax.set_title("Effect on uptake")
    ax.legend(loc="upper left", bbox_to_anchor=(0.0, -0.07), ncols=4, borderaxespad=0.2)


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
