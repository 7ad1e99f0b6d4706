"""The report of a suite: verdicts as JSON, the same in plain words as Markdown, and figures of curves against data."""

import hashlib
import json
import math
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from glut4sim.sim.endocrine import library
from glut4sim.sim.endocrine.evidence import WHOLE_BODY
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model.parameters import load_preset
from glut4sim.sim.studies.benchmark.suite_run import CheckResult, SuiteResult
from glut4sim.version import __version__

PASS, FAIL = "pass", "FAIL"
CONSISTENT, INCONSISTENT = "consistent with", "NOT consistent with"  # numbers of whole bodies
HORMONES_ALONE = "hormones alone"


# ---- content ----


def content(result: SuiteResult) -> dict:
    """Everything the report says, as JSON holds it; None where there is no value or no bound."""
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
        "effects_hash": effects_hash() if with_hormones else None,
        "effects_changed": {
            e.title: dict(e.scenarios[0].effects) for e in suite.experiments.values() if e.scenarios[0].effects
        },
        "checks": [_check(one, suite.presets_of(one.check)) for one in result.checks],
        "figures": {name: [c.id for c in drawn] for name, drawn in figures(result).items()},
    }


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


def effects_hash() -> str:
    """SHA-256 of everything that is said of the effects of hormones, as the provenance of a run has it."""
    effects = {name: asdict(effect) for name, effect in library.effects().items()}
    return hashlib.sha256(json.dumps(effects, sort_keys=True).encode()).hexdigest()


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


def number(value: float | None) -> str:
    """Three significant digits; at least those before the point."""
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def expected(check: Mapping) -> str:
    """The band of a check."""
    low, high = check["expected"]
    if high is None:
        return f"above {number(low)}"
    return f"at most {number(high)}" if low in (None, 0.0) else f"{number(low)} to {number(high)}"


def simulated(check: Mapping) -> str:
    """The value of a check and its 95 % interval."""
    if check["interval_95"] is None:
        return number(check["value"])
    low, high = check["interval_95"]
    digits = max(3, len(f"{max(abs(low), abs(high)):.0f}"))  # before the point all, and enough to tell the ends apart
    while digits < 6 and f"{low:.{digits}g}" == f"{high:.{digits}g}":
        digits += 1
    value, low, high = (f"{n:.{digits}g}" for n in (check["value"], low, high))
    return f"{value} [{low}, {high}]"


def table(report: Mapping) -> list[tuple[str, str, str, str, str]]:
    """Id, quantity, band, value and verdict of each check, as the terminal shows them."""
    return [
        (check["id"], check["quantity"], expected(check) + _unit(check), simulated(check), check["verdict"])
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


def markdown(report: Mapping) -> str:
    """The report as Markdown; figures lie in a folder named like the suite beside it."""
    return "\n".join([*_head(report), *_failures(report), *_tables(report), *_pictures(report), *_cells(report)]) + "\n"


def _head(report):
    checks = report["checks"]
    free = [check for check in checks if not check["fitted"]]
    passed = sum(check["passed"] for check in free)
    if report["method"] == "agents":
        sizes = ", ".join(f"{_range(*report['cells'][kind])} {kind.replace('_', ' ')}" for kind in report["cells"])
        how = (
            f"Simulated with agents: {sizes} per cell, {report['replicates']} replicates of each experiment, "
            f"seed {report['seed']}."
        )
        verdict = (
            "The simulated value is the mean over replicates with its 95 % interval; a check passes if the value lies "
            "within the band, widened on both sides by the standard error of the mean."
        )
    else:
        how = "Computed with the mean-field twin, which knows no chance."
        verdict = "A check passes if the value lies within the band."
    return [
        f"# {report['title']}",
        "",
        f"Written by `glut4sim bench {report['suite']}`, version {report['version']}; not edited by hand.",
        "",
        report["description"],
        "",
        f"**{outline(report)}** {verdict} {how}",
        "",
        f"Parameters were fitted to {len(checks) - len(free)} of these numbers, or to the data behind them; those "
        f"checks say that the fit holds. The other {len(free)} had no part in a fit: {passed} of them pass.",
        "",
        *_whole_body(checks),
    ]


def _whole_body(checks):
    named = [check["id"] for check in checks if check["whole_body"]]
    if not named:
        return []
    return [
        f"{', '.join(named)} come from people: clamps and HOMA measure insulin, liver, vessels, fat and muscle "
        "together, and are set here against one cell. There the verdict is that the cell is consistent with the "
        f"number, or is not. {WHOLE_BODY}",
        "",
    ]


def _range(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _failures(report):
    lines = ["## What fails", ""]
    failed = [check for check in report["checks"] if not check["passed"]]
    for check in failed:
        said = f"expected {expected(check)}{_unit(check)}, simulated {simulated(check)}"
        said = check["remark"] or said
        reason = check["known_failure"] or "no reason is known"
        lines.append(f"- **{check['id']}** {check['quantity']} ({_of(check, ', ')}): {said}. Why: {reason}.")
    lines += [] if failed else ["Nothing."]
    listed = [c for c in report["checks"] if c["passed"] and c["known_failure"]]
    lines += [f"- {c['id']} is listed as a known failure and passes: take it off the list." for c in listed]
    return [*lines, ""]


def _of(check, separator):
    """What a check is about: presets, or hormones alone."""
    return separator.join(check["preset"]) or HORMONES_ALONE


def _unit(check):
    return f" {check['unit']}" if check["unit"] else ""


def _tables(report):
    lines = []
    for group in dict.fromkeys(check["group"] for check in report["checks"]):
        lines += [
            f"## {group}",
            "",
            "| | quantity | preset | expected | simulated [95 %] | verdict | fitted | source |",
        ]
        lines += ["|---|---|---|---|---|---|---|---|"]
        for check in report["checks"]:
            if check["group"] == group:
                verdict = check["verdict"] if check["passed"] else f"**{check['verdict']}**"
                verdict += f" ({check['remark']})" if check["remark"] and check["passed"] else ""
                cells = (
                    check["id"],
                    check["quantity"],
                    _of(check, " / "),
                    expected(check) + _unit(check),
                    simulated(check),
                    verdict,
                    "yes" if check["fitted"] else "no",
                    check["source"],
                )
                lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        lines.append("")
    return lines


def _pictures(report):
    lines = ["## Figures", ""] if report["figures"] else []
    for name, ids in report["figures"].items():
        lines += [f"![{', '.join(ids)}]({report['suite']}/{name}.png)", ""]
    return lines


def _cells(report):
    lines = [
        "## The cells behind it",
        "",
        "No parameter differs between the checks of one preset: an experiment chooses a preset, the insulin, hormones "
        "and the time, and cannot change a parameter.",
        "",
        "| preset | | measured | fitted | assumed | parameters (SHA-256) | checks |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, preset in report["presets"].items():
        counts = " | ".join(str(preset["evidence"][kind]) for kind in ("measured", "fitted", "assumed"))
        lines.append(
            f"| {name} | {preset['title']} | {counts} | `{preset['hash'][:12]}` | {', '.join(preset['checks'])} |"
        )
    if report["effects_hash"]:
        lines += [
            "",
            "Where a check has hormones, they multiply the steps of the cell that their effects name, by 1 in the "
            "healthy reference person; `glut4sim effects list` gives each effect with its source. Numbers and sources "
            f"of the effects (SHA-256): `{report['effects_hash'][:12]}`.",
        ]
    for title, changes in report["effects_changed"].items():
        said = ", ".join(f"{name} = {value}" for name, value in changes.items())
        lines += ["", f"Its scenario has another number of an effect: {title}: {said}."]
    lines += [
        "",
        "Numbers of parameter values by the evidence behind them; `glut4sim parameters list --preset NAME` gives each "
        "with its source. The measurements behind the presets come from cells and muscle strips in vitro.",
    ]
    return lines


# ---- files ----


def write(result: SuiteResult, out: Path) -> dict:
    """Write NAME.json, NAME.md and the figures NAME/*.png of a suite into a new directory; returns the content."""
    from glut4sim.sim.studies.benchmark.suite_figures import save_figure

    report = content(result)
    name = result.suite.name
    try:
        (out / name).mkdir(parents=True)
    except FileExistsError:
        raise InputError("expected a new directory, got one that exists.", place=str(out / name)) from None
    except OSError as error:
        raise InputError(f"cannot be made a directory: {error.strerror}.", place=str(out / name)) from None
    text = json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False)
    (out / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    (out / f"{name}.md").write_text(markdown(report), encoding="utf-8")
    for figure in report["figures"]:
        save_figure(result, figure, out / name / f"{figure}.png")
    return report
