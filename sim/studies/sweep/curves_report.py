"""The words of several curves: tables for the terminal, and the report in Markdown."""

from collections.abc import Mapping

from glut4sim.sim.analysis.dose_response import STATUS
from glut4sim.sim.endocrine.evidence import NOT_ADVICE, WHOLE_BODY
from glut4sim.sim.reporting.numbers import NONE, counted, labelled
from glut4sim.sim.reporting.observed import Observed
from glut4sim.sim.reporting.templates import render
from glut4sim.sim.results.provenance import METHODS
from glut4sim.sim.scenario.differences import differences
from glut4sim.sim.studies.sweep.curves_result import CurvesResult
from glut4sim.sim.studies.sweep.result import with_interval

FITS = {"Condition": "left", "EC50": "right", "Slope": "right", "Bottom": "right", "Top": "right", "Remark": "left"}


def levels_table(result: CurvesResult) -> tuple[dict[str, str], list[tuple[str, ...]]]:
    """The means and standard deviations of all conditions, a row for each combination of levels.

    Returns
    -------
    columns : dict of str to str
        name -> "left" or "right"
    rows : list of tuples of str
    """
    observed, name = result.observed, result.observable
    columns = {labelled(axis.path, axis.unit): "right" for axis in result.axes}
    columns |= dict.fromkeys(result.sweeps, "right")
    rows = []
    for levels in zip(*(one.content["levels"] for one in result.sweeps.values())):
        at = [f"{value:.4g}" for value in levels[0]["at"].values()]
        rows.append((*at, *(_spread(observed, name, level["observables"][name]) for level in levels)))
    return columns, rows


def _spread(observed: Observed, name: str, numbers: Mapping) -> str:
    mean, sd = (observed.number(name, numbers[key]) for key in ("mean", "sd"))
    return mean if sd == NONE else f"{mean} ± {sd}"


def fits_table(result: CurvesResult) -> tuple[dict[str, str], list[tuple[str, ...]]]:
    """The curve of each condition; as `levels_table`. No rows if the levels are no doses."""
    observed, name, dose, *others = result.observed, result.observable, *result.axes
    rows = []
    curves = [(label, *curve) for label, one in result.sweeps.items() for curve in one.fit()]
    for label, at, fit in sorted(curves, key=lambda curve: list(curve[1].values())):
        where = ", ".join(axis.write(at[axis.path]) for axis in others)
        ends = (with_interval(observed.estimate(name, end)) for end in (fit.bottom, fit.top))
        cells = with_interval(fit.ec50, dose.unit), with_interval(fit.slope), *ends
        fault = "" if fit.status == "fitted" else f"no curve fitted ({fit.status}): {STATUS[fit.status]}"
        said = "; ".join(filter(None, (fault, fit.remark)))
        rows.append((f"{label}, {where}" if where else label, *cells, said))
    return FITS, rows


def outline(result: CurvesResult) -> str:
    """What was run, in a sentence."""
    content = result.content
    if content["method"] == METHODS[True]:
        return "The same levels for all, by the mean-field twin, which knows no chance."
    count = counted(content["replicates"], "replicate")
    return f"The same levels and the same seed, {content['seed']}, for all; {count} at each level."


def markdown(result: CurvesResult) -> str:
    """The report."""
    scenarios = [one.scenario for one in result.sweeps.values()]
    columns, rows = levels_table(result)
    fit_columns, fits = fits_table(result)
    return render(
        "studies/sweep/curves_report.md.jinja",
        title=f"{result.title} against {result.axes[0].long_name[:1].lower()}{result.axes[0].long_name[1:]}",
        outline=outline(result),
        warnings=result.warnings,
        labels=list(result.sweeps),
        differences=[(one.path, *one.values) for one in differences(scenarios)],
        fit_columns=list(fit_columns),
        fits=fits,
        columns=list(columns),
        rows=rows,
        replicates=result.content["replicates"],
        folders=[(one["name"], one["directory"]) for one in result.content["conditions"]],
        disclaimers=[WHOLE_BODY, NOT_ADVICE] if any(scenario.has_hormones for scenario in scenarios) else [],
    )
