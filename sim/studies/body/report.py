"""The report of tests of the body, in Markdown: the numbers that clinicians read, and what they are not."""

from typing import TYPE_CHECKING

from glut4sim.sim.body.result import UNITS
from glut4sim.sim.endocrine.evidence import NOT_ADVICE
from glut4sim.sim.reporting.numbers import NONE, counted, labelled, rounded
from glut4sim.sim.reporting.templates import render
from glut4sim.sim.results.provenance import METHODS

if TYPE_CHECKING:
    from glut4sim.sim.studies.body.result import BodiesResult

NAMES = {"clamp": "a clamp", "ogtt": "an oral glucose tolerance test", "meal": "a meal", "fasting": "a morning fasting"}
CLAIMS = (
    "The unit and the protocol are those of trials; that does not validate the numbers. The cells' uptake is scaled to "
    "the body by a fitted number of cells and a fitted gain that grows with insulin, which carries more of the answer "
    "than the cell does. Nothing here is about an individual, a dose, or the risk of diabetes; HOMA here comes from "
    "muscle and fat, in people largely from the liver."
)


def rows(summary: dict) -> list[tuple[str, ...]]:
    """A row for each number: at each assay its mean, and its standard deviation where there are several bodies."""
    assays = [assay["observables"] for assay in summary["assays"]]
    names = dict.fromkeys(name for numbers in assays for name in numbers)
    return [(labelled(*reversed(UNITS[name])), *(_cell(numbers.get(name)) for numbers in assays)) for name in names]


def spread(summary: dict) -> list[tuple[str, ...]]:
    """A row for each number of a population at each assay: its quartiles, and what the central 95 % lie within."""
    found = []
    for assay in summary["assays"]:
        for name, numbers in assay["observables"].items():
            if "quartiles" in numbers:
                low, middle, high = (rounded(value, 3) for value in numbers["quartiles"])
                within = " to ".join(rounded(value, 3) for value in numbers["central_95"])
                found.append((assay["at"], labelled(*reversed(UNITS[name])), middle, f"{low} to {high}", within))
    return found


def _cell(numbers: dict | None) -> str:
    if numbers is None or numbers["mean"] is None:
        return NONE
    mean = rounded(numbers["mean"], 3)
    return mean if numbers["sd"] is None else f"{mean} ± {rounded(numbers['sd'], 2)}"


def markdown(result: "BodiesResult") -> str:
    """The report."""
    scenario = result.scenario
    person = result.bodies[0][0].body.person if result.bodies[0][0] is not None else None
    return render(
        "studies/body/report.md.jinja",
        title=scenario.title or scenario.name,
        description=scenario.description,
        warnings=result.warnings,
        test=NAMES[scenario.assay.kind or "fasting"],
        person=person,
        by_agents=result.method == METHODS[False],
        bodies=counted(scenario.run.replicates, "body").replace("bodys", "bodies"),
        seed=scenario.run.seed,
        disclaimers=[CLAIMS, NOT_ADVICE],
        times=[assay["at"] for assay in result.summary["assays"]],
        rows=rows(result.summary),
        differ=result.scenario.population,
        spread=spread(result.summary),
    )
