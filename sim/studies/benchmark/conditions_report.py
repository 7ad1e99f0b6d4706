"""The report of a benchmark of conditions: a table for the terminal, Markdown and JSON."""

from collections.abc import Iterable, Mapping

from glut4sim.sim.endocrine.evidence import NOT_ADVICE, WHOLE_BODY, say
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.reporting.numbers import NONE, change
from glut4sim.sim.reporting.templates import render
from glut4sim.sim.studies.benchmark import numbers_report
from glut4sim.sim.studies.benchmark.conditions import QUANTITIES, ConditionsResult, Finding, by_group
from glut4sim.sim.studies.benchmark.numbers_held_out import NumbersHeldOut
from glut4sim.sim.studies.comparison.doubt import plain as plain_doubt
from glut4sim.sim.studies.comparison.report import UNKNOWN, saved, spread

FIGURE = "effects.png"


def write(result: ConditionsResult, out: Place, numbers: NumbersHeldOut | None = None) -> dict:
    """Write NAME.md, NAME.json and the figure into a new directory; returns the content of NAME.json."""
    from glut4sim.sim.studies.benchmark.conditions_figure import save_figure

    storage.make_directory(out)
    content = _content(result) | ({} if numbers is None else {"numbers_held_out": numbers.as_table()})
    name = result.suite.name
    storage.write_json(out / f"{name}.json", content)
    with storage.folder(out) as folder:
        save_figure(result, folder / FIGURE)
    storage.write(out / f"{name}.md", markdown(result, content.get("numbers_held_out")))
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
        **({} if result.doubt is None else {"doubt": result.doubt}),
        **({"warnings": list(result.warnings)} if result.warnings else {}),
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
                            **({"doubt": plain_doubt(f.doubt[label].get(key))} if f.doubt else {}),
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
                    "evidence": [datum.id for datum in f.condition.expected.evidence],
                    "fitted": f.condition.expected.fitted,
                },
                "found_percent": f.found,
                "verdict": f.verdict,
            }
            for f in result.findings
        ],
    }


# ---- words ----


def table(result: ConditionsResult) -> tuple[dict[str, str], list[tuple[str, ...]]]:
    """A table for the terminal.

    Returns
    -------
    columns : dict of str to str
        name -> "left" or "right"
    rows : list of tuples of str
    """
    columns = {"Condition": "left"} | {f"Uptake, {label}": "right" for label in result.suite.insulin}
    columns |= {"EC50": "right", "Main step": "left", "Verdict": "left"}
    rows = []
    for findings in by_group(result.findings).values():
        for f in findings:
            effects = (change(effects["uptake"].percent, "%") for effects in f.effects.values())
            rows.append((f.condition.name, *effects, _ec50(f), f.main_step or NONE, _verdict(f)))
            if f.doubt:
                rows.append(
                    (UNKNOWN, *(spread(found["uptake"].percent, "%") for found in f.doubt.values()), "", "", "")
                )
    return columns, rows


def what_intervals_hold(result: ConditionsResult) -> str:
    """Which doubt each interval is of."""
    words = "Intervals [..] are 95 % intervals of the mean over paired replicates: they hold chance, and nothing else."
    if (about := result.doubt) is None:
        return words
    away = sum(about["turned_away"].values())
    return (
        f"{words} Parameters: the middle 90 % over {about['count']} draws common to all conditions of a cell, at rest, "
        f"by the mean field: what nobody knows of strengths of effects and of cells ({' / '.join(about['origins'])}; "
        f"{about['tried']:,} tried, {away:,} turned away), without chance.{_outside(result)}"
    )


def _outside(result: ConditionsResult) -> str:
    """Which effects on uptake are at the central values not what draws make of them, in a sentence; empty if none."""
    found = []
    for f in result.findings:
        pairs = ((label, f.effects[label]["uptake"].percent, f.doubt[label]["uptake"].percent) for label in f.doubt)
        labels = [label for label, at, open_ in pairs if at and open_ and not open_.low <= at.value <= open_.high]
        found += [f"{f.condition.name} ({', '.join(labels)})"] if labels else []
    if not found:
        return ""
    return f" The values of preset and library give an effect on uptake outside of that in: {'; '.join(found)}."


def _ec50(f: Finding) -> str:
    """Of uptake, relative to the reference: "x 1.3"."""
    ec50, reference = f.ec50
    return NONE if ec50 is None or reference is None else f"x {ec50 / reference:.2f}"


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


def markdown(result: ConditionsResult, numbers: Mapping | None = None) -> str:
    """The report; `numbers` says how predictions of what no fit used did, where asked."""
    suite = result.suite
    groups = by_group(result.findings)
    return render(
        "studies/benchmark/conditions_report.md.jinja",
        suite=suite,
        outline=outline(result),
        warnings=result.warnings,
        levels=", ".join(f"{label} {level:g} nM" for label, level in suite.insulin.items()),
        disclaimers=[WHOLE_BODY, NOT_ADVICE],
        figure=FIGURE,
        changes=[f"{quantity}, {label}" for quantity in ("Surface GLUT4", "Uptake") for label in suite.insulin],
        holds=what_intervals_hold(result),
        numbers=numbers,
        of_numbers=numbers_report,
        effects={
            group: [row for f in findings for row in _effects(f, suite.insulin)] for group, findings in groups.items()
        },
        verdicts={group: [_judgement(f) for f in findings] for group, findings in groups.items()},
    )


def _effects(f: Finding, labels: Iterable[str]) -> list[tuple[str, ...]]:
    """What a condition changes: surface GLUT4 and uptake at each level of insulin, EC50, variance saved by pairing.

    Beneath, where it was asked, what is left open of these changes.
    """
    found, told = [f.effects[label] for label in labels], ("surface_glut4", "uptake")
    changes = [change(one[quantity].percent, "%") for quantity in told for one in found]
    rows = [(f.condition.name, *changes, _ec50(f), " / ".join(saved(one["surface_glut4"]) for one in found))]
    if f.doubt:
        rows.append((UNKNOWN, *(spread(f.doubt[label][q].percent, "%") for q in told for label in labels), "", ""))
    return rows


def _judgement(f: Finding) -> tuple[str, ...]:
    """Who is compared with whom, through which steps they differ, what is published, and whether that was fitted to."""
    return f.condition.name, _compared(f), _steps(f), _verdict(f), _fitted(f), _source(f)


def _compared(f: Finding) -> str:
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
    return ", ".join(parts) or NONE


def _fitted(f: Finding) -> str:
    if f.condition.expected is None:
        return NONE
    return "yes" if f.condition.expected.fitted else "no"


def _source(f: Finding) -> str:
    expected = f.condition.expected
    if expected is None:
        return NONE
    what = "EC50" if expected.quantity == "ec50" else QUANTITIES[expected.quantity][0]
    where = f" at {expected.insulin} insulin" if expected.insulin else ""
    return f"{what}{where}: {expected.source}"
