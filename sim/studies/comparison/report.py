"""The words of a comparison of conditions: a table for the terminal, and the report in Markdown."""

from typing import TYPE_CHECKING

from glut4sim.sim.analysis import summary
from glut4sim.sim.analysis.at_rest import Rest
from glut4sim.sim.analysis.steps_alone import TOLD
from glut4sim.sim.analysis.uncertainty import Interval
from glut4sim.sim.endocrine.evidence import NOT_ADVICE, WHOLE_BODY
from glut4sim.sim.endocrine.modulation import STEPS
from glut4sim.sim.reporting.numbers import LEAST_CHANGE, NONE, change, formatted, signed, symbol
from glut4sim.sim.reporting.observed import Observed
from glut4sim.sim.reporting.templates import render
from glut4sim.sim.studies.comparison.result import MAIN_EFFECTS

if TYPE_CHECKING:
    from glut4sim.sim.analysis.dose_response import Estimate
    from glut4sim.sim.analysis.paired_effects import PairedEffect
    from glut4sim.sim.studies.comparison.result import Comparison


MOST_ACROSS = 5  # conditions that have a column each


def differing(comparison: "Comparison") -> tuple[dict[str, str], list[tuple[str, ...]]]:
    """A table of what differs between the conditions; as `headline`. Many conditions have a row each."""
    if len(comparison.conditions) > MOST_ACROSS:
        down = {"Condition": "left"} | {one.path: "left" for one in comparison.differences}
        names = (condition.name for condition in comparison.conditions)
        return down, [*zip(names, *(one.values for one in comparison.differences))]
    columns = {"What differs": "left"} | {condition.name: "left" for condition in comparison.conditions}
    return columns, [(one.path, *one.values) for one in comparison.differences]


NOTHING_DIFFERS = "The conditions say the same: nothing differs."


def headline(comparison: "Comparison") -> tuple[dict[str, str], list[tuple[str, ...]]]:
    """A table of the conditions, ranked, with their main effects.

    Returns
    -------
    columns : dict of str to str
        name -> "left" or "right"
    rows : list of tuples of str
    """
    columns = {"Condition": "left"} | {title[:1].upper() + title[1:]: "right" for title in MAIN_EFFECTS.values()}
    paired = bool(comparison.pairing)
    if paired:
        columns |= {"Variance saved by pairing": "right"}
    rows = []
    for name in comparison.ranked():
        found = comparison.effects[name]
        cells = [change(found[key].percent, "%") if key in found else NONE for key in MAIN_EFFECTS]
        first = found.get(next(iter(MAIN_EFFECTS)))
        times = f"{saved(first)} x" if first and first.variance_reduction else NONE
        rows.append((name, *cells, *([times] if paired else [])))
        if comparison.doubt:
            doubt = comparison.doubt[name]
            cells = [spread(doubt[key].percent, "%") if key in doubt else NONE for key in MAIN_EFFECTS]
            rows.append((UNKNOWN, *cells, *([""] if paired else [])))
    return columns, rows


UNKNOWN = "  parameters, 90 %"  # row beneath a condition


def spread(found: Interval | None, unit: str = "") -> str:
    """What draws leave open of a change: "-3 to +12 %"."""
    return NONE if found is None else f"{signed(found.low, unit)} to {signed(found.high, unit)} {unit}".strip()


def what_intervals_hold(comparison: "Comparison") -> str:
    """Which doubt each interval is of, in a sentence or two; empty where there is none."""
    varied = any(
        max(c.scenario.cell.receptors_cv, c.scenario.cell.glut4_cv, c.scenario.cell.volume_cv) > 0.0
        for c in comparison.conditions
    )
    chance = "chance and cells that differ" if varied else "chance"
    words = (
        f"Intervals [..] are 95 % intervals of the mean over paired replicates: they hold {chance}, and nothing else. "
    )
    if comparison.conditions[0].scenario.run.replicates == 1:
        words = ""
    if not comparison.doubt:
        return words.strip()
    about = comparison.content["doubt"]
    origins = " / ".join(dict.fromkeys(about["origins"].values()))
    away = sum(about["turned_away"].values())
    return (
        f"{words}Parameters: the middle 90 % over {about['count']} draws common to all conditions, by the mean field: "
        f"what nobody knows of cells and hormones ({origins}; {about['tried']:,} tried, {away:,} turned away), without "
        f"chance.{_outside(comparison)}"
    )


def _outside(comparison: "Comparison") -> str:
    """Which main effects are at the central values not what draws make of them, in a sentence; empty if none."""
    found = []
    for name in comparison.ranked():
        pairs = ((key, comparison.effects[name].get(key), comparison.doubt[name].get(key)) for key in MAIN_EFFECTS)
        shares = ((key, effect.percent, open_.percent) for key, effect, open_ in pairs if effect and open_)
        away = [MAIN_EFFECTS[key] for key, at, open_ in shares if at and open_ and _apart(at, open_)]
        found += [f"{name} ({', '.join(away)})"] if away else []
    if not found:
        return ""
    return (
        f" The values of preset and library, by which the conditions were run, give an effect outside of that in: "
        f"{'; '.join(found)}; what to make of that stands in docs/uncertainty.md."
    )


def _apart(at: "Estimate", open_: Interval) -> bool:
    """Whether a change [percent], with its interval where it has one, has nothing in common with what draws leave."""
    low, high = (at.value, at.value) if at.low is None or at.high is None else (at.low, at.high)
    return high < open_.low - LEAST_CHANGE or low > open_.high + LEAST_CHANGE


def outline(comparison: "Comparison") -> str:
    """What the table shows, in a sentence."""
    replicates = comparison.conditions[0].scenario.run.replicates
    count = f"{replicates} paired replicates" if replicates > 1 else "one replicate: no intervals"
    return f"Changes relative to {comparison.reference}, with insulin; {count}, seed {comparison.seed}."


# ---- steps ----

STEPS_ALONE = (
    "the reference cell at rest, by the mean field, with one thing alone as in the condition, in the insulin and with "
    "the hormones of the minute that is called stimulated"
)
_OF_REST = dict(zip(Rest._fields, MAIN_EFFECTS.values()))


def steps_told(comparison: "Comparison") -> list[str]:
    """Through which steps each condition changes surface GLUT4, a line each, the most first."""
    lines = []
    for name in comparison.ranked():
        if (found := comparison.steps.get(name)) is None:
            continue
        alone = [f"{step} {change:+.1f} %" for step, change in found.told().items()]
        together = f"; together {found.together['surface_glut4']:+.1f} %" if alone else ""
        lines.append(f"{name}: {', '.join(alone) or 'no step changes surface GLUT4'}{together}")
    return lines


def _steps(comparison: "Comparison") -> list[tuple[str, ...]]:
    """What each thing that differs does alone, and all of it together."""
    rows = []
    for name in comparison.ranked():
        if (found := comparison.steps.get(name)) is None:
            continue
        alone = sorted(found.alone.items(), key=lambda item: -abs(item[1].get("surface_glut4", 0.0)))
        worth = [(step, changes) for step, changes in alone if any(abs(one) >= TOLD for one in changes.values())]
        for step, changes in [*worth, ("all together", found.together)]:
            title = STEPS[step].title if step in STEPS else step
            rows.append((name, title, *(formatted(changes.get(key), "+.1f") for key in _OF_REST)))
    return rows


# ---- pairing ----


def pairing_told(comparison: "Comparison") -> str:
    """What pairing saves over the whole run and in its last minute, in a sentence; empty where that is not known."""
    told = [
        f"{name} {formatted(found.whole_run, '.1f')} / {formatted(found.last_minute, '.1f')}"
        for name, found in comparison.pairing.items()
    ]
    if not told:
        return ""
    doubt = 100.0 * max(found.error for found in comparison.pairing.values())
    return (
        "Variance saved by pairing, times, over the whole run / in its last minute: "
        f"{'; '.join(told)} (each give or take {doubt:.0f} %)."
    )


def saved(effect: "PairedEffect") -> str:
    """How many times less the paired differences vary than unpaired ones would."""
    return formatted(effect.variance_reduction, ".1f")


def markdown(comparison: "Comparison") -> str:
    """The report."""
    columns, rows = headline(comparison)
    return render(
        "studies/comparison/report.md.jinja",
        reference=comparison.reference,
        differing=differing(comparison),
        nothing_differs=NOTHING_DIFFERS,
        steps=_steps(comparison),
        steps_alone=STEPS_ALONE,
        quantities=[f"{title[:1].upper()}{title[1:]} [%]" for title in _OF_REST.values()],
        pairing=pairing_told(comparison),
        outline=outline(comparison),
        warnings=comparison.warnings,
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
