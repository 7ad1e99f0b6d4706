"""The report of a suite: verdicts as JSON, the same in plain words as Markdown, and figures of curves against data."""

import math
import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version

from glut4sim.sim.endocrine import library
from glut4sim.sim.endocrine.evidence import WHOLE_BODY, effects_hash
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.model.parameters import load_preset
from glut4sim.sim.reporting.numbers import between, counted, rounded
from glut4sim.sim.reporting.templates import render
from glut4sim.sim.results.provenance import METHODS
from glut4sim.sim.studies.benchmark import numbers_report
from glut4sim.sim.studies.benchmark.held_out import NEAR, HeldOut, points_near
from glut4sim.sim.studies.benchmark.numbers_held_out import NumbersHeldOut
from glut4sim.sim.studies.benchmark.suite_run import CheckResult, SuiteResult
from glut4sim.version import __version__

PASS, FAIL = "pass", "FAIL"
CONSISTENT, INCONSISTENT = "consistent with", "NOT consistent with"  # numbers of whole bodies
HORMONES_ALONE = "hormones alone"


# ---- content ----


def content(result: SuiteResult, held_out: HeldOut | None = None, numbers: NumbersHeldOut | None = None) -> dict:
    """Everything the report says, as JSON holds it; None where there is no value or no bound.

    Parameters
    ----------
    held_out, numbers : how predictions of curves, and of numbers about hormones, that no fit used did, where asked
    """
    suite = result.suite
    used = {}  # preset -> ids of the checks that are about it
    for check in suite.checks:
        for name in suite.presets_of(check):
            used.setdefault(name, []).append(check.id)
    first = next(iter(suite.experiments.values())).scenarios[0]
    with_hormones = any(s.has_hormones for e in suite.experiments.values() for s in e.scenarios)
    return {
        "suite": suite.name,
        "title": suite.title,
        "description": suite.description,
        "version": __version__,
        "method": result.method,
        "replicates": result.replicates,
        "seed": first.run.seed,
        "cells": _sizes(result),
        "environment": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "numba")},
            "platform": platform.platform(),
        },
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "wall_seconds": round(result.wall_seconds, 1),
        "seconds_simulated": result.seconds_simulated,
        "presets": {name: _preset(name, checks) for name, checks in used.items()},
        "effects_hash": effects_hash(library.effects()) if with_hormones else None,
        "effects_changed": {
            e.title: dict(e.scenarios[0].effects) for e in suite.experiments.values() if e.scenarios[0].effects
        },
        "checks": [_check(one, suite.presets_of(one.check)) for one in result.checks],
        "held_out": None if held_out is None else held_out.as_table() | {"near": _near(result, held_out)},
        **({} if numbers is None else {"numbers_held_out": numbers.as_table()}),
        "figures": {name: [c.id for c in drawn] for name, drawn in figures(result).items()},
    }


def _near(result: SuiteResult, held_out: HeldOut) -> dict[str, list[int]]:
    """Check -> its points, and those near what the preset itself gives."""
    checks = [curve.check for curve in held_out.curves]
    return {check.id: [*points_near(check, result.outcomes[check.measurement.experiment])] for check in checks}


def _sizes(result: SuiteResult) -> dict[str, list[int]]:
    """Smallest and largest number of agents of each kind."""
    experiments = [e for e in result.suite.experiments.values() if not e.timeline]
    cells = [scenario.cell for e in experiments for scenario in e.scenarios]
    if not cells:
        return {}
    sizes = {kind: [getattr(cell, kind) for cell in cells] for kind in ("vesicles", "receptors", "glucose_agents")}
    return {kind: [min(numbers), max(numbers)] for kind, numbers in sizes.items()}


def _preset(name: str, checks: list[str]) -> dict:
    preset = load_preset(name)
    return {"title": preset.title, "hash": preset.hash, "evidence": preset.counts(), "checks": checks}


def _check(one: CheckResult, presets: Iterable[str]) -> dict:
    check = one.check
    verdicts = (INCONSISTENT, CONSISTENT) if check.whole_body else (FAIL, PASS)
    return {
        "id": check.id,
        "group": check.group,
        "quantity": check.quantity,
        "preset": list(presets),
        "expected": [bound if math.isfinite(bound) else None for bound in check.expect],
        "published": check.published,
        "value": one.value,
        "standard_error": one.error,
        "interval_95": None if one.interval is None else list(one.interval),
        "unit": check.unit,
        "passed": one.passed,
        "verdict": verdicts[one.passed],
        "whole_body": check.whole_body,
        "remark": one.remark,
        "evidence": [datum.id for datum in check.evidence],
        "fitted": check.fitted,
        "known_failure": check.known_failure,
        "source": check.source,
    }


def figures(result: SuiteResult) -> dict[str, list]:
    """The checks that each figure shows."""
    shown = {}
    for check in result.suite.checks:
        for name in dict.fromkeys((check.measurement.figure, check.figure)):
            if name:
                shown.setdefault(name, []).append(check)
    return shown


# ---- words ----


def expected(check: Mapping) -> str:
    """The band of a check and its unit."""
    low, high = check["expected"]
    if high is None:
        band = f"above {rounded(low)}"
    else:
        band = f"at most {rounded(high)}" if low in (None, 0.0) else f"{rounded(low)} to {rounded(high)}"
    return f"{band} {check['unit']}".rstrip()


def simulated(check: Mapping) -> str:
    """The value of a check and its 95 % interval."""
    if check["interval_95"] is None:
        return rounded(check["value"])
    return between(check["value"], *check["interval_95"])


def table(report: Mapping) -> list[tuple[str, str, str, str, str]]:
    """Id, quantity, band, value and verdict of each check, as the terminal shows them."""
    return [
        (check["id"], check["quantity"], expected(check), simulated(check), check["verdict"])
        for check in report["checks"]
    ]


def outline(report: Mapping) -> str:
    """How many checks pass, and how many numbers of whole bodies are consistent."""
    whole = [check["passed"] for check in report["checks"] if check["whole_body"]]
    checks = [check["passed"] for check in report["checks"] if not check["whole_body"]]
    said = [f"{sum(checks)} of {len(checks)} checks pass, {checks.count(False)} fail."] if checks else []
    if whole:
        said.append(f"The cell is consistent with {sum(whole)} of {len(whole)} numbers of whole bodies.")
    return " ".join(said)


def coverage_outline(held_out: Mapping) -> str:
    """How many of the points that no fit used lie within their intervals, and whether these are worth making."""
    low, high = held_out["expected"]
    points, near = (sum(column) for column in zip(*held_out["near"].values()))
    return (
        f"Of {points} points of {len(held_out['near'])} curves that had no part in a fit {near} "
        f"({100 * near / points:.0f} %) lie within {NEAR:g} standard errors of what the presets' own values give, and "
        f"{held_out['inside']} of {held_out['n']} within the 90 % interval of their prediction, with doubt about the "
        f"values in it; {low} to {high} would if predictions were calibrated and points independent: "
        f"{held_out['verdict']}. Interval score {rounded(held_out['score'])} against "
        f"{rounded(held_out['reference_score'])} of no change with the spread of all trials "
        f"(skill {rounded(held_out['skill'])}; mean width {rounded(held_out['width'])} of the largest change)."
    )


def _coverage_row(curve: Mapping, near: Mapping) -> tuple[object, ...]:
    """A curve, its points, those near it and those within their intervals, and how wide and how good these are."""
    numbers = (rounded(curve[key]) for key in ("width", "score", "reference_score", "skill"))
    points = curve["n"], near[curve["id"]][1], curve["inside"]
    return (curve["id"], curve["quantity"], curve["preset"], *points, *numbers)


def markdown(report: Mapping) -> str:
    """The report as Markdown; figures lie in a folder named like the suite beside it."""
    checks = [
        check | {"band": expected(check), "found": simulated(check), "about": check["preset"] or [HORMONES_ALONE]}
        for check in report["checks"]
    ]
    free = [check for check in checks if not check["fitted"]]
    judged = report["held_out"]
    return render(
        "studies/benchmark/suite_report.md.jinja",
        report=report,
        outline=outline(report),
        by_agents=report["method"] == METHODS[False],
        sizes=", ".join(f"{_range(*sizes)} {kind.replace('_', ' ')}" for kind, sizes in report["cells"].items()),
        replicates=counted(report["replicates"], "replicate"),
        fitted=len(checks) - len(free),
        free=len(free),
        free_and_passed=sum(check["passed"] for check in free),
        of_whole_bodies=[check["id"] for check in checks if check["whole_body"]],
        whole_body=WHOLE_BODY,
        coverage=judged and coverage_outline(judged),
        coverage_rows=[_coverage_row(curve, judged["near"]) for curve in judged["curves"]] if judged else [],
        numbers=report.get("numbers_held_out"),
        of_numbers=numbers_report,
        failed=[check for check in checks if not check["passed"]],
        no_failures=[check for check in checks if check["passed"] and check["known_failure"]],
        groups={
            group: [check for check in checks if check["group"] == group]
            for group in dict.fromkeys(check["group"] for check in checks)
        },
    )


def _range(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


# ---- files ----


def write(
    result: SuiteResult, out: Place, held_out: HeldOut | None = None, numbers: NumbersHeldOut | None = None
) -> dict:
    """Write NAME.json, NAME.md and the figures NAME/*.png of a suite into a new directory; returns the content."""
    from glut4sim.sim.studies.benchmark.suite_figures import save_figure

    report = content(result, held_out, numbers)
    name = result.suite.name
    storage.make_directory(out / name)
    storage.write_json(out / f"{name}.json", report)
    storage.write(out / f"{name}.md", markdown(report))
    with storage.folder(out / name) as folder:
        for figure in report["figures"]:
            save_figure(result, figure, folder / f"{figure}.png")
    return report
