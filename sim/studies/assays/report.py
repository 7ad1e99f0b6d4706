"""The report of several assays, in Markdown: what changed over the weeks, with the hormones on those days."""

from typing import TYPE_CHECKING

from glut4sim.sim.analysis import summary, timeline
from glut4sim.sim.endocrine import library
from glut4sim.sim.endocrine.evidence import NOT_ADVICE, WHOLE_BODY, acting, describe_effect, describe_therapy, standings
from glut4sim.sim.endocrine.modulation import STEPS
from glut4sim.sim.reporting.markdown import table
from glut4sim.sim.reporting.numbers import number
from glut4sim.sim.studies.run.ensemble import METHODS

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
    data : the hormones, as `timeline.dataset` gives them
    """
    parts = (_head(result), _changes(result), _hormones(result, data), _steps(result, data), _effects(result))
    return "\n".join([line for part in (*parts, _therapies(result)) for line in part]) + "\n"


def _head(result) -> list[str]:
    scenario = result.scenario
    replicates, seed = scenario.run.replicates, scenario.run.seed
    how = f"{replicates} replicate{'s' if replicates > 1 else ''} at each assay, seed {seed}"
    if result.method != METHODS[False]:
        how = "computed with the mean-field twin, which knows no chance"
    return [
        f"# {scenario.title or scenario.name}",
        "",
        *([scenario.description, ""] if scenario.description else []),
        f"The acute experiment at {', '.join(_times(result))}; {how}.",
        "",
        f"{WHOLE_BODY} {NOT_ADVICE}",
        "",
    ]


def _times(result) -> list[str]:
    return [assay["at"] for assay in result.summary["assays"]]


def _changes(result) -> list[str]:
    first = _times(result)[0]
    head = ["Number", "assay", "mean", "SD", f"change since {first}", "paired difference", "its standard error", "n"]
    rows = []
    for name in OBSERVABLES:
        unit = summary.UNITS[name].replace("percent", "%")
        for i, assay in enumerate(result.summary["assays"]):
            numbers = assay["observables"][name]
            change = result.change(name, i)
            told = ("", "", "") if i == 0 else (change.told or "-", number(change.difference), number(change.error))
            title = f"{summary.readable(name)} [{unit}]" if i == 0 else ""
            cells = (title, assay["at"], number(numbers["mean"]), number(numbers["sd"]), *told, str(numbers["n"]))
            rows.append(cells)
    about = (
        "Differences are taken replicate by replicate: all assays share their random numbers, so what differs is the "
        "hormones. SD is over replicates."
    )
    return ["## Change of the cell", "", about, "", *table(head, rows)]


def _hormones(result, data) -> list[str]:
    levels, drugs, _ = timeline.interesting(data, result.scenario)
    days = _on_days(result, data)
    rows = []
    for name in (*levels, *drugs):
        substance = library.substance(name)
        unit = "relative" if substance.unit == "1" else substance.unit
        rows.append((f"{substance.title} [{unit}]", *(number(float(value)) for value in days[name].values)))
    return ["## Hormones, body and drugs at the assays", "", *table(["", *_times(result)], rows)]


def _steps(result, data) -> list[str]:
    days = _on_days(result, data)["step_factor"]
    rows = [(STEPS[step].title, *(f"{v:.3f}" for v in days.sel(step=step).values)) for step in days["step"].values]
    about = "By what each step of the cell is multiplied at the start of the assay; 1 in the healthy reference person."
    return ["## Steps of the cell", "", about, "", *table(["Step", *_times(result)], rows)]


def _on_days(result, data) -> "xarray.Dataset":
    return data.sel(time=[assay["at_days"] for assay in result.summary["assays"]], method="nearest")


def _effects(result) -> list[str]:
    lines = [f"- {describe_effect(effect, result.scenario)}" for effect in acting(result.scenario)]
    return ["## What acts", "", *(lines or ["Nothing."]), ""]


def _therapies(result) -> list[str]:
    if not result.scenario.therapy:
        return []
    given = [f"- {describe_therapy(therapy)}" for therapy in result.scenario.therapy]
    notes = [f"- **{drug}**: {note}" for drug, note in standings(result.scenario).items()]
    return ["## Therapies", "", *given, "", "Regulatory standing:", "", *notes]
