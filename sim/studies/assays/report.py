"""The report of several assays, in Markdown: what changed over the weeks, with the hormones on those days."""

from typing import TYPE_CHECKING

from glut4sim.sim.analysis import summary, timeline
from glut4sim.sim.endocrine.evidence import NOT_ADVICE, WHOLE_BODY, acting, describe_effect, describe_therapy, standings
from glut4sim.sim.endocrine.modulation import STEPS
from glut4sim.sim.reporting.numbers import NONE, counted, labelled, number
from glut4sim.sim.reporting.observed import Observed
from glut4sim.sim.reporting.templates import render
from glut4sim.sim.results.provenance import METHODS

if TYPE_CHECKING:
    import xarray

    from glut4sim.sim.studies.assays.result import AssaysResult

OBSERVABLES = (
    "surface_glut4_basal_percent",
    "surface_glut4_stimulated_percent",
    "surface_glut4_stimulated_copies",
    "glucose_uptake_basal_per_s",
    "glucose_uptake_stimulated_per_s",
    "receptors_active_stimulated_percent",
    "irs1_stimulated_percent",
    "pip3_stimulated_percent",
    "akt_stimulated_percent",
    "as160_stimulated_percent",
)


def markdown(result: "AssaysResult", data: "xarray.Dataset") -> str:
    """The report.

    Parameters
    ----------
    data
        the hormones, as `timeline.dataset` gives them
    """
    scenario = result.scenario
    on_days = data.sel(time=[assay["at_days"] for assay in result.summary["assays"]], method="nearest")
    return render(
        "studies/assays/report.md.jinja",
        title=scenario.title or scenario.name,
        description=scenario.description,
        warnings=result.warnings,
        times=[assay["at"] for assay in result.summary["assays"]],
        by_agents=result.method == METHODS[False],
        replicates=counted(scenario.run.replicates, "replicate"),
        seed=scenario.run.seed,
        disclaimers=[WHOLE_BODY, NOT_ADVICE],
        changes=[row for name in OBSERVABLES for row in _changes(result, name)],
        levels=_levels(result, data, on_days),
        steps=[_step(step, on_days) for step in data["step"].values],
        effects=[describe_effect(effect, scenario) for effect in acting(scenario)],
        therapies=[describe_therapy(therapy) for therapy in scenario.therapy],
        standings=standings(scenario),
    )


def _changes(result, name: str) -> list[tuple[str, ...]]:
    """A number of the cell at each assay, and how it changed since the first."""
    rows, observed = [], Observed(result.means)
    for i, assay in enumerate(result.summary["assays"]):
        numbers = assay["observables"][name]
        changed = result.change(name, i)
        said = "", "", ""
        if i:
            paired = (observed.number(name, value) for value in (changed.difference, changed.error))
            said = changed.told or NONE, *paired
        title = labelled(summary.readable(name), summary.UNITS[name]) if i == 0 else ""
        cells = (observed.number(name, numbers[key]) for key in ("mean", "sd"))
        rows.append((title, assay["at"], *cells, *said, str(numbers["n"])))
    return rows


def _levels(result, data, on_days) -> list[tuple[str, ...]]:
    """Hormones, body and drugs on the days of the assays, as far as they are worth showing."""
    names, drugs, _ = timeline.interesting(data, result.scenario)
    rows = []
    for name in (*names, *drugs):
        substance = result.scenario.known.substance(name)
        unit = "relative" if substance.unit == "1" else substance.unit
        rows.append((labelled(substance.title, unit), *(number(float(value)) for value in on_days[name].values)))
    return rows


def _step(step: str, on_days) -> tuple[str, ...]:
    """By what a step of the cell is multiplied on the days of the assays."""
    return (STEPS[step].title, *(f"{value:.3f}" for value in timeline.factor(on_days, step)))
