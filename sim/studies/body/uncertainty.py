"""How sure the numbers of a test of the body are: what its fit left open, bodies that differ, and chance.

Three spreads of each number, by bodies with mean-field cells where nothing else is said:

    parameters   the middle 90 % over draws of what the fit of the body left open and of the posteriors of its cells
    bodies       the same over bodies that differ as [population] says, at the central values; where there is one
    agents       over bodies of sampled cells at the central values, which chance makes differ; none with --mean-field

The directory holds `uncertainty.json`, `report.md`, `scenario.toml` and `provenance.json`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from glut4sim.sim.analysis.uncertainty import LEVEL
from glut4sim.sim.endocrine.evidence import NOT_ADVICE
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.storage import Place, PlaceLike
from glut4sim.sim.reporting.numbers import NONE, rounded, symbol
from glut4sim.sim.reporting.shown import Shown, ShowsItself
from glut4sim.sim.reporting.templates import render
from glut4sim.sim.results.provenance import METHODS, doubts
from glut4sim.sim.results.writer import Writer
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.body import bodies, doubt, drawn, numbers
from glut4sim.sim.studies.body.report import CLAIMS, NAMES
from glut4sim.sim.studies.options import RunOptions

CONTENT = "uncertainty.json"
SPREADS = ("parameters", "bodies", "agents")
KIND = "kind"  # of the test, in uncertainty.json; that of a cell has none
METHOD, STUDY = METHODS[True], {"study": "uncertainty"}  # in provenance.json


@dataclass(frozen=True, repr=False)
class BodyUncertainty(ShowsItself):
    """What a study of how sure the numbers of a body are leaves.

    Attributes
    ----------
    content : content of uncertainty.json
    status : "complete" or "failed" (a body came to no end)
    """

    out: Place | None
    scenario: Scenario = field(repr=False)
    content: dict = field(repr=False)
    warnings: tuple[str, ...]
    wall_seconds: float
    status: str
    outside: bool = False

    def shown(self) -> Shown:
        """All numbers with their spreads."""
        spreads = [name for name in SPREADS if self.content["of"][name]]
        columns = {"Number": "left", "Unit": "left", "Value": "right"} | dict.fromkeys(spreads, "right")
        return Shown(self.scenario.title or self.scenario.name, columns, rows(self.content))


def uncertainty(scenario: Scenario, out: PlaceLike | None, draws: int, options: RunOptions) -> BodyUncertainty:
    """Find how sure the numbers of a test of a scenario's body are.

    Parameters
    ----------
    scenario : at one assay
    draws : how many
    options
        replicates is the number of bodies that differ, or of agents; by default the scenario's

    Raises
    ------
    InputError
        before results are written
    KeyboardInterrupt
        on Ctrl-C
    """
    scenario = options.prepare(scenario)
    options.check_out(out)
    writer = Writer(scenario, out, {"method": METHOD, **STUDY, **doubts(scenario)})
    return _run(writer, draws, options)


def resume(out: Place, before: Mapping, options: RunOptions) -> BodyUncertainty:
    """Do a study again that was stopped, of which uncertainty.json says this."""
    with storage.held(out):
        return _run(Writer.reopen(out), before["draws"], replace(options, mean_field=before["mean_field"]))


def _run(writer: Writer, draws: int, options: RunOptions) -> BodyUncertainty:
    scenario = writer.scenario
    errors: list[str] = []
    status, found = "failed", {name: np.empty((0, len(drawn.NUMBERS))) for name in SPREADS}
    central = np.full(len(drawn.NUMBERS), np.nan)
    one = scenario.model_copy(update={"population": {}, "correlation": ()})
    outside = False
    try:
        solved = drawn.solve({"parameters": one}, [doubt.AS_INSTALLED, *doubt.draws(draws)], options, errors)
        central, found["parameters"] = solved["parameters"][0], solved["parameters"][1:]
        for name, wanted, mean_field in (
            ("bodies", bool(scenario.population), True),
            ("agents", not options.mean_field and not scenario.population, False),
        ):
            if wanted and scenario.run.replicates > 1:
                result = bodies.run(scenario, None, replace(options, mean_field=mean_field, replicates=None, seed=None))
                told = [body.numbers for body in result.bodies[0] if body is not None]
                found[name] = np.array([[each.get(number, np.nan) for number in drawn.NUMBERS] for each in told])
                errors += result.warnings
                outside = outside or result.outside
        status = "complete" if not errors else "failed"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    finally:
        content = _content(scenario, central, found, errors)
        content |= {"status": status, "draws": draws, "mean_field": options.mean_field}
        writer.seconds_simulated = []
        writer.finish(None, status, [])
        writer.write_json(CONTENT, content)
    warnings = (*writer.warnings, *errors)
    if writer.out is not None:
        storage.write(writer.out / "report.md", markdown(scenario, content, warnings))
    return BodyUncertainty(writer.out, scenario, content, warnings, writer.wall_seconds, status, outside)


def _content(scenario: Scenario, central: np.ndarray, found: Mapping[str, np.ndarray], errors: list[str]) -> dict:
    return {
        "scenario": scenario.name,
        "title": scenario.title,
        KIND: scenario.assay.kind,
        "seed": scenario.run.seed,
        "level": LEVEL,
        "of": {name: len(values) for name, values in found.items()},
        "numbers": {
            name: {
                "unit": numbers.UNITS[name],
                "value": float(central[i]),
                **{spread: drawn.interval(values[:, i]) for spread, values in found.items()},
            }
            for i, name in enumerate(drawn.NUMBERS)
            if np.isfinite(central[i])
        },
        "missing": errors,
    }


def rows(content: Mapping) -> list[tuple[str, ...]]:
    """A row for each number: its value, and what the middle of each spread lies within."""
    spreads = [name for name in SPREADS if content["of"][name]]
    return [
        (
            numbers.readable(name),
            symbol(told["unit"]),
            rounded(told["value"], 3),
            *(NONE if told[of] is None else " to ".join(rounded(end, 3) for end in told[of]) for of in spreads),
        )
        for name, told in content["numbers"].items()
    ]


def markdown(scenario: Scenario, content: Mapping, warnings: tuple[str, ...]) -> str:
    """The report."""
    return render(
        "studies/body/uncertainty.md.jinja",
        title=scenario.title or scenario.name,
        test=NAMES[content[KIND]],
        of=content["of"],
        level=round(100 * content["level"]),
        spreads=[f"{name[:1].upper()}{name[1:]}" for name in SPREADS if content["of"][name]],
        rows=rows(content),
        warnings=warnings,
        disclaimers=[CLAIMS, NOT_ADVICE],
    )
