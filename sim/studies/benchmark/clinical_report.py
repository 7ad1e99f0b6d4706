"""The report of bodies against clinical numbers: fitted and held-out numbers apart, and why what fails does."""

from collections.abc import Mapping
from math import isfinite

from glut4sim.sim.analysis.uncertainty import LEVEL
from glut4sim.sim.endocrine.evidence import NOT_ADVICE
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.reporting.numbers import NONE, between, rounded
from glut4sim.sim.reporting.templates import render
from glut4sim.sim.studies.benchmark.clinical_run import ClinicalResult, Found

INSIDE, OUTSIDE = "inside", "OUTSIDE"
NOT_BLIND = ", not blind"
HEAD = ("", "Quantity", "In", "Test", "Published", "Band", "Body", "Verdict", "Source")


def content(result: ClinicalResult) -> dict:
    """Everything the report says, as JSON holds it; None where there is no value or no bound."""
    suite = result.suite
    return {
        "suite": suite.name,
        "title": suite.title,
        "description": suite.description.strip(),
        "draws": result.draws,
        "unsolved": result.unsolved,
        "level": LEVEL,
        "wall_seconds": round(result.wall_seconds, 1),
        "numbers": [_number(result, one) for one in result.found],
        "not_judged": [{"what": n.what, "source": n.source, "reason": n.reason} for n in suite.not_judged],
    }


def _number(result: ClinicalResult, one: Found) -> dict:
    told, datum, suite = one.number.told, one.number.datum, result.suite
    return {
        "id": datum.id,
        "experiment": datum.experiment,
        "group": told.group,
        "quantity": datum.quantity,
        "person": suite.people[told.person].title,
        "reference": told.reference and suite.people[told.reference].title,
        "protocol": suite.protocols[told.protocol].title,
        "published": told.value,
        "unit": told.unit,
        "band": [end if isfinite(end) else None for end in told.band],
        "value": one.value if isfinite(one.value) else None,
        "interval": None if one.interval is None else list(one.interval),
        "inside": one.holds,
        "fitted": one.number.fitted,
        "grade": datum.grade,
        "source": datum.source,
        "known_failure": told.known_failure,
        "named": told.named,
    }


def row(number: Mapping) -> tuple[str, ...]:
    """A number as the terminal and the page show it."""
    low, high = number["band"]
    band = f"above {rounded(low)}" if high is None else f"{rounded(low)} to {rounded(high)}"
    person = number["person"] + (f", against: {number['reference']}" if number["reference"] else "")
    found = NONE if number["value"] is None else rounded(number["value"])
    if number["interval"] is not None and number["value"] is not None:
        found = between(number["value"], *number["interval"])
    verdict = (INSIDE if number["inside"] else OUTSIDE) + (NOT_BLIND if number["named"] else "")
    published = f"{rounded(number['published'])} {'' if number['unit'] == '1' else number['unit']}".strip()
    return (
        number["id"], number["quantity"], person, number["protocol"], published, band, found, verdict, number["source"],
    )  # fmt: skip


def outline(report: Mapping) -> str:
    """How many numbers lie within their bands, held out and fitted to."""
    held = [n for n in report["numbers"] if not n["fitted"]]
    fitted = [n for n in report["numbers"] if n["fitted"]]
    inside = sum(n["inside"] for n in held)
    experiments = {n["experiment"] for n in held}
    whole = sum(all(n["inside"] for n in held if n["experiment"] == e) for e in experiments)
    seen = [n for n in held if n["named"]]
    blind = len(held) - len(seen)
    before = (
        f"{len(seen)} held-out numbers had named, by failing, what was then added from other sources, or a wrong "
        f"protocol: {sum(n['inside'] for n in seen)} of these are inside, and that is not blind; of the other {blind} "
        f"{inside - sum(n['inside'] for n in seen)} are. "
        if seen
        else ""
    )
    return (
        f"Of {len(held)} numbers that had no part in a fit {inside} lie within their band "
        f"({100 * inside / len(held):.0f} %); "
        f"of their {len(experiments)} experiments {whole} with all of their numbers. {before}"
        f"Of {len(fitted)} numbers that values were fitted to, {sum(n['inside'] for n in fitted)} do."
    )


def what_intervals_hold(report: Mapping) -> str:
    """Which doubt the intervals are of."""
    if not report["draws"]:
        return "No intervals were asked for."
    held = [n for n in report["numbers"] if not n["fitted"] and n["interval"] is not None]
    holding = sum(n["interval"][0] <= n["published"] <= n["interval"][1] for n in held)
    touching = sum(_overlap(n["interval"], n["band"]) for n in held)
    return (
        f"Intervals [..] are the middle {100 * report['level']:.0f} % over {report['draws']} draws of what the fit of "
        "the body left open, and of the posteriors of its cells. They hold neither what nobody knows of hormones nor "
        "what the body lacks, nor differences between people: these are what the numbers of populations show, which "
        f"have no interval. Of {len(held)} held-out numbers with an interval {holding} are inside it "
        f"({100 * holding / max(len(held), 1):.0f} %), and of {touching} the band touches it."
    )


def _overlap(interval, band) -> bool:
    low, high = band
    return (high is None or interval[0] <= high) and (low is None or interval[1] >= low)


def markdown(report: Mapping) -> str:
    """The report as Markdown."""
    numbers = report["numbers"]
    groups = list(dict.fromkeys(n["group"] for n in numbers))
    parts = {
        part: {group: [row(n) for n in numbers if n["group"] == group and n["fitted"] == fitted] for group in groups}
        for part, fitted in (("Held out", False), ("Fitted to", True))
    }
    return render(
        "studies/benchmark/clinical_report.md.jinja",
        report=report,
        outline=outline(report),
        holds=what_intervals_hold(report),
        not_advice=NOT_ADVICE,
        head=list(HEAD),
        parts={part: {group: rows for group, rows in found.items() if rows} for part, found in parts.items()},
        failed=[n | {"row": row(n)} for n in numbers if not n["inside"]],
        named=[n for n in numbers if n["named"]],
    )


def write(result: ClinicalResult, out: Place) -> dict:
    """Write NAME.md and NAME.json into a new directory; returns the content of NAME.json."""
    report = content(result)
    storage.make_directory(out)
    storage.write_json(out / f"{result.suite.name}.json", report)
    storage.write(out / f"{result.suite.name}.md", markdown(report))
    return report
