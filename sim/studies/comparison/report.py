"""The words of a comparison of conditions: a table for the terminal, and the report in Markdown."""

from typing import TYPE_CHECKING

from glut4sim.sim.analysis import summary
from glut4sim.sim.analysis.uncertainty import Interval
from glut4sim.sim.endocrine.evidence import NOT_ADVICE, WHOLE_BODY
from glut4sim.sim.reporting.numbers import NONE, change, formatted, symbol
from glut4sim.sim.reporting.observed import Observed
from glut4sim.sim.reporting.templates import render
from glut4sim.sim.studies.comparison.result import MAIN_EFFECTS

if TYPE_CHECKING:
    from glut4sim.sim.analysis.paired_effects import PairedEffect
    from glut4sim.sim.studies.comparison.result import Comparison


def headline(comparison: "Comparison") -> tuple[dict[str, str], list[tuple[str, ...]]]:
    """A table of the conditions, ranked, with their main effects.

    Returns
    -------
    columns : dict of str to str
        name -> "left" or "right"
    rows : list of tuples of str
    """
    columns = {"Condition": "left"} | {title[:1].upper() + title[1:]: "right" for title in MAIN_EFFECTS.values()}
    columns |= {"Variance saved by pairing": "right"}
    rows = []
    for name in comparison.ranked():
        found = comparison.effects[name]
        cells = [change(found[key].percent, "%") if key in found else NONE for key in MAIN_EFFECTS]
        first = found.get(next(iter(MAIN_EFFECTS)))
        rows.append((name, *cells, NONE if first is None else f"{saved(first)} x"))
        if comparison.doubt:
            doubt = comparison.doubt[name]
            cells = [spread(doubt[key].percent, "%") if key in doubt else NONE for key in MAIN_EFFECTS]
            rows.append((UNKNOWN, *cells, ""))
    return columns, rows


UNKNOWN = "  parameters, 90 %"  # row beneath a condition


def spread(found: Interval | None, unit: str = "") -> str:
    """What draws leave open of a change: "-3 to +12 %"."""
    return NONE if found is None else f"{found.low:+.3g} to {found.high:+.3g} {unit}".strip()


def what_intervals_hold(comparison: "Comparison") -> str:
    """Which doubt each interval is of, in a sentence or two."""
    varied = any(
        max(c.scenario.cell.receptors_cv, c.scenario.cell.glut4_cv, c.scenario.cell.volume_cv) > 0.0
        for c in comparison.conditions
    )
    chance = "chance and cells that differ" if varied else "chance"
    words = (
        f"Intervals [..] are 95 % intervals of the mean over paired replicates: they hold {chance}, and nothing else."
    )
    if not comparison.doubt:
        return words
    about = comparison.content["doubt"]
    origins = " / ".join(dict.fromkeys(about["origins"].values()))
    away = sum(about["turned_away"].values())
    return (
        f"{words} Parameters: the middle 90 % over {about['count']} draws common to all conditions, by the mean field: "
        f"what nobody knows of cells and hormones ({origins}; {about['tried']:,} tried, {away:,} turned away), without "
        "chance."
    )


def outline(comparison: "Comparison") -> str:
    """What the table shows, in a sentence."""
    replicates = comparison.conditions[0].scenario.run.replicates
    count = f"{replicates} paired replicates" if replicates > 1 else "one replicate: no intervals"
    return f"Changes relative to {comparison.reference}, with insulin; {count}, seed {comparison.seed}."


def saved(effect: "PairedEffect") -> str:
    """How many times less the paired differences vary than unpaired ones would."""
    return formatted(effect.variance_reduction, ".1f")


def markdown(comparison: "Comparison") -> str:
    """The report."""
    columns, rows = headline(comparison)
    return render(
        "studies/comparison/report.md.jinja",
        reference=comparison.reference,
        outline=outline(comparison),
        columns=list(columns),
        rows=rows,
        holds=what_intervals_hold(comparison),
        doubted=["Difference, parameters", "Change, parameters"] if comparison.doubt else [],
        effects={name: _rows(comparison, name) for name in comparison.ranked()},
        disclaimers=[WHOLE_BODY, NOT_ADVICE] if any(c.scenario.has_hormones for c in comparison.conditions) else [],
    )


def _rows(comparison: "Comparison", name: str) -> list[tuple[str, ...]]:
    """All numbers of a condition, and what differs from the reference."""
    rows, found = [], comparison.effects[name]
    tables = ({key: getattr(effect, end) for key, effect in found.items()} for end in ("reference", "value"))
    observed = Observed(tables)
    for key, effect in found.items():
        levels = observed.number(key, effect.reference), observed.number(key, effect.value)
        changes = observed.change(key, effect.difference), change(effect.percent, "%")
        doubt = comparison.doubt[name].get(key) if comparison.doubt else None
        open_ = (NONE, NONE) if doubt is None else (spread(doubt.difference), spread(doubt.percent, "%"))
        how = effect.method or NONE, saved(effect)
        unknown = open_ if comparison.doubt else ()
        rows.append((summary.readable(key), symbol(summary.UNITS[key]), *levels, *changes, *unknown, *how))
    return rows
