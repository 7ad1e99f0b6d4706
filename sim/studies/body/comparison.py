"""Compare conditions by a test of the body: body by body, and what each changes relative to the first.

Body r of every condition has the same seed and, of a population, the same factors, so that effects are paired as those
of cells are (sim/analysis/paired_effects.py). The directory holds `compare.json`, `report.md`, `figure.png`, and the
results of each condition as `run` leaves them.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from glut4sim.sim.analysis.paired_effects import PairedEffect, paired_effect
from glut4sim.sim.analysis.uncertainty import LEVEL
from glut4sim.sim.endocrine.evidence import NOT_ADVICE
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.reporting.numbers import NONE, change, rounded, symbol
from glut4sim.sim.reporting.shown import Shown, ShowsItself
from glut4sim.sim.reporting.templates import render
from glut4sim.sim.scenario.differences import differences
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.body import bodies, doubt, drawn, figure, numbers
from glut4sim.sim.studies.body.people import protocol_of
from glut4sim.sim.studies.body.report import CLAIMS, NAMES
from glut4sim.sim.studies.body.result import BodiesResult
from glut4sim.sim.studies.options import RunOptions

if TYPE_CHECKING:
    import xarray

CONTENT = "compare.json"
KIND = "kind"  # of the test, in compare.json; that of cells has none


@dataclass(frozen=True, repr=False)
class BodiesComparison(ShowsItself):
    """What a comparison by a test of the body leaves.

    Attributes
    ----------
    conditions : name -> its bodies, the reference first
    effects : condition -> number -> PairedEffect
    content : content of compare.json
    status : "complete" or "failed"
    """

    out: Place | None
    conditions: Mapping[str, BodiesResult] = field(repr=False)
    effects: Mapping[str, Mapping[str, PairedEffect]]
    content: dict = field(repr=False)
    warnings: tuple[str, ...]
    wall_seconds: float
    status: str

    @property
    def outside(self) -> bool:
        """As RunResult.outside, of any condition."""
        return any(result.outside for result in self.conditions.values())

    def shown(self) -> Shown:
        """The main number of each condition, and what it changes."""
        main = numbers.USUAL[self.content[KIND]]
        title = f"{numbers.readable(main)} [{symbol(numbers.UNITS[main])}], relative to {self.content['reference']}"
        columns = {"Condition": "left", "Reference": "right", "Value": "right", "Change": "right"}
        rows = []
        for entry in self.content["effects"]:
            if entry["number"] == main:
                percent = self.effects[entry["condition"]][main].percent
                values = rounded(entry["reference"], 3), rounded(entry["value"], 3)
                rows.append((entry["condition"], *values, change(percent, "%")))
        return Shown(title, columns, rows)


def compare(
    scenarios: Mapping[str, Scenario],
    out: Place | None,
    folders: Mapping[str, str],
    draws: int | None,
    options: RunOptions,
    said: tuple[str, ...] = (),
) -> BodiesComparison:
    """Test the bodies of conditions and compare each with the first.

    Parameters
    ----------
    scenarios : by name, the reference first; each at one assay, seed and number of bodies the same
    folders : of their results, in `out`
    draws : how many of what is not known of a body give each effect an interval; None for none
    said : warnings of whole scenarios

    Raises
    ------
    InputError
        before anything is computed: if conditions have different tests
    KeyboardInterrupt
        on Ctrl-C; what was reached is kept, and `resume` goes on with it
    """
    kinds = dict.fromkeys(scenario.assay.kind for scenario in scenarios.values())
    if len(kinds) > 1 or None in kinds:
        named = ", ".join(str(kind or "a cell") for kind in kinds)
        raise InputError(f"expected the same test in all conditions, got {named}.", "assay.kind")
    if out is not None:
        storage.make_directory(out)
        for name, scenario in scenarios.items():
            bodies.begin(scenario, out / folders[name], options)
    return _run(scenarios, out, folders, draws, options, said)


def resume(out: Place, before: Mapping[str, Any], options: RunOptions) -> BodiesComparison:
    """Go on with a comparison of which compare.json says this."""
    from glut4sim.sim.results.provenance import read_run

    folders = {condition["name"]: condition["directory"] for condition in before["conditions"]}
    scenarios = {name: read_run(out / folder)[0] for name, folder in folders.items()}
    return _run(scenarios, out, folders, before["draws"], options, tuple(before["warnings"]))


def _run(scenarios, out, folders, draws, options, said) -> BodiesComparison:
    began = perf_counter()
    names = list(scenarios)
    done: dict[str, BodiesResult] = {}
    first = scenarios[names[0]]
    seconds = protocol_of(first).duration * first.run.replicates
    content = {
        KIND: first.assay.kind,
        "reference": names[0],
        "seed": first.run.seed,
        "bodies": first.run.replicates,
        "draws": draws,
        "level": LEVEL,
        "conditions": [
            {"name": name, "scenario": one.name, "title": one.title, "directory": folders[name]}
            for name, one in scenarios.items()
        ],
        "differs": [
            {"path": one.path, "values": dict(zip(names, one.values))} for one in differences(list(scenarios.values()))
        ],
        "warnings": list(said),
        "effects": [],
    }
    status, effects = "failed", {}
    with storage.held(out):
        try:
            _write(out, content | {"status": "running"})
            for i, (name, scenario) in enumerate(scenarios.items()):
                part = options.as_part(i * seconds, len(scenarios) * seconds)
                where = None if out is None else out / folders[name]
                done[name] = bodies.run(scenario, None, part) if where is None else bodies.resume(where, part)
            effects = {name: _effects(done[names[0]], done[name], content["seed"]) for name in names[1:]}
            open_ = _doubt(scenarios, draws, options) if draws else {}
            content["effects"] = _entries(effects, open_)
            status = "complete" if all(result.status == "complete" for result in done.values()) else "failed"
        except KeyboardInterrupt:
            status = "interrupted"
            raise
        finally:
            _write(out, content | {"status": status})
    content["status"] = status
    warnings = (*said, *dict.fromkeys(f"{name}: {text}" for name, one in done.items() for text in one.warnings))
    result = BodiesComparison(out, done, effects, content, warnings, perf_counter() - began, status)
    if out is not None:
        series = side_by_side(done)
        with storage.folder(out) as folder:
            figure.save_figure(series, folder / "figure.png")
        storage.write(out / "report.md", markdown(result))
    return result


def _write(out: Place | None, content: dict) -> None:
    if out is not None:
        storage.write_json(out / CONTENT, content)


def _effects(reference: BodiesResult, other: BodiesResult, seed: int) -> dict[str, PairedEffect]:
    """Of each number that some body has in both."""
    found = {}
    for name in numbers.UNITS:
        if (effect := paired_effect(_told(reference, name), _told(other, name), seed)) is not None:
            found[name] = effect
    return found


def _told(result: BodiesResult, name: str) -> list[float | None]:
    """A number of each body; None where it has none."""
    values = (np.nan if body is None else body.numbers.get(name, np.nan) for body in result.bodies[0])
    return [float(value) if np.isfinite(value) else None for value in values]


def _doubt(scenarios, draws: int, options: RunOptions) -> dict[str, dict[str, tuple[float, float] | None]]:
    """What draws common to all conditions leave of each change [percent]."""
    workers = RunOptions(mean_field=True, threads=options.threads, executor=options.executor)
    found = drawn.solve(scenarios, doubt.draws(draws), workers, [])
    reference, *others = scenarios
    with np.errstate(divide="ignore", invalid="ignore"):
        changes = {name: 100.0 * (found[name] / found[reference] - 1.0) for name in others}
    return {
        name: {number: drawn.interval(values[:, i]) for i, number in enumerate(drawn.NUMBERS)}
        for name, values in changes.items()
    }


def _entries(effects, open_) -> list[dict]:
    """What compare.json says of effects."""
    return [
        {
            "condition": name,
            "number": number,
            "unit": numbers.UNITS[number],
            **{key: value for key, value in asdict(effect).items() if key not in ("difference", "percent")},
            "difference": effect.difference._asdict(),
            "percent": effect.percent and effect.percent._asdict(),
            **({"percent_parameters": open_[name][number]} if open_ else {}),
        }
        for name, found in effects.items()
        for number, effect in found.items()
    ]


def side_by_side(done: Mapping[str, BodiesResult]) -> "xarray.Dataset":
    """The series of all conditions, each as if an assay of one scenario."""
    import xarray as xr

    first = next(iter(done.values())).dataset
    together = xr.concat([one.dataset.isel(assay=slice(0, 1)) for one in done.values()], dim="assay")
    return together.assign_coords(label=("assay", list(done))).assign_attrs(first.attrs | {"title": ""})


# ---- the report ----


def rows(result: BodiesComparison, condition: str) -> list[tuple[str, ...]]:
    """A row for each number of a condition: reference, value, their difference, and the change."""
    found = []
    for entry in result.content["effects"]:
        if entry["condition"] != condition:
            continue
        number, effect = entry["number"], result.effects[condition][entry["number"]]
        left = entry.get("percent_parameters")
        found.append(
            (
                numbers.readable(number),
                symbol(entry["unit"]),
                rounded(effect.reference, 3),
                rounded(effect.value, 3),
                change(effect.difference),
                change(effect.percent, "%"),
                *([NONE if left is None else f"{left[0]:+.3g} to {left[1]:+.3g} %"] if result.content["draws"] else []),
            )
        )
    return found


def markdown(result: BodiesComparison) -> str:
    """The report."""
    content = result.content
    names = [condition["name"] for condition in content["conditions"]]
    return render(
        "studies/body/comparison.md.jinja",
        reference=content["reference"],
        test=NAMES[content[KIND]],
        bodies=content["bodies"],
        seed=content["seed"],
        draws=content["draws"],
        level=round(100 * content["level"]),
        names=names,
        differs=[(one["path"], *(one["values"][name] for name in names)) for one in content["differs"]],
        warnings=result.warnings,
        effects={name: rows(result, name) for name in names[1:]},
        disclaimers=[CLAIMS, NOT_ADVICE],
    )
