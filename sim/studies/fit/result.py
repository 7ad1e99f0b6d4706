"""What a fit leaves, in memory and in its directory."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.reporting.shown import Shown, ShowsItself
from glut4sim.sim.scenario.draws import Draws, write_draws
from glut4sim.sim.studies.fit import content as fit_content
from glut4sim.sim.studies.fit import labelled
from glut4sim.sim.studies.fit.predictions import Predictions
from glut4sim.sim.studies.fit.problem import Problem
from glut4sim.sim.studies.fit.record import Record

if TYPE_CHECKING:
    import xarray

CONTENT, FITTED, POSTERIOR = "fit.json", "fitted.toml", "posterior.csv"  # files


@dataclass(frozen=True, repr=False)
class FitResult(ShowsItself):
    """What a fit leaves.

    Attributes
    ----------
    out : Path or UPath or None
        directory of the results; None if they are in memory only
    content : dict
        content of fit.json
    fitted : dict
        content of fitted.toml, a scenario fragment; empty if nothing could be fitted
    draws : Draws or None
        of the posterior; None where it was not sampled
    dataset : dict of str to xarray.Dataset
        the groups of posterior.zarr (labelled.py); empty without a posterior
    status
        "complete", "interrupted" or "failed" (no start could be simulated)
    """

    out: Place | None
    problem: Problem = field(repr=False)
    content: dict[str, Any] = field(repr=False)
    fitted: dict[str, Any] = field(repr=False)
    draws: Draws | None = field(repr=False)
    dataset: "dict[str, xarray.Dataset]" = field(repr=False)
    warnings: tuple[str, ...]
    wall_seconds: float
    status: str

    def shown(self) -> Shown:
        """The best values; no row where no start could be simulated."""
        from glut4sim.sim.studies.fit.report import value_row  # which knows what this is

        columns = {"Value": "left", "Best": "right", "Unit": "left", "90 % (profile)": "right", "Posterior": "right"}
        return Shown(f"Fit: {self.content['title']}", columns, [value_row(row)[:5] for row in self.content["free"]])


def conclude(record: Record, predictions: Predictions | None, status: str) -> FitResult:
    """Gather what was reached, and write it where there is a directory."""
    problem, out = record.problem, record.out
    content = fit_content.build(record, predictions, status)
    fitted = fit_content.fitted_tables(problem, content) if content["free"] else {}
    draws, dataset = None, {}
    if predictions is not None and record.chain is not None:
        inner, density = record.chain.thinned(record.settings.draws)
        draws, dataset = labelled.draws(problem, inner), labelled.groups(problem, inner, density, predictions)
    if out is not None:
        storage.write_json(out / CONTENT, content)
        if fitted:
            import tomli_w

            storage.write(out / FITTED, tomli_w.dumps(fitted))
        if draws is not None:
            write_draws(out / POSTERIOR, draws)
            labelled.write(out, dataset)
        if content["free"]:
            from glut4sim.sim.studies.fit import figure, report

            storage.write(out / "report.md", report.markdown(content))
            with storage.folder(out) as folder:
                figure.save_figures(content, folder)
    return FitResult(out, problem, content, fitted, draws, dataset, _warnings(content), record.wall_seconds, status)


def _warnings(content: dict[str, Any]) -> tuple[str, ...]:
    """What the user should know, one line each."""
    lines = []
    searches, chain = content["searches"], content["posterior"]
    if not content["free"]:
        lines.append("no search could begin: the data cannot be simulated at any start")
    elif searches["ended"] > 1 and searches["at_best"] < 2:
        lines.append(f"only one of {searches['ended']} searches ended at the best values; take more --starts")
    for row in content["free"]:
        profile = row["profile"]
        if profile is not None and not profile["identifiable"]:
            lines.append(f"{row['name']} is not identifiable within its range")
    if chain is not None and not chain["long_enough"]:
        lines.append(
            f"the chain of {chain['steps']} steps is shorter than {chain['lengths']} autocorrelation times; "
            "take more --steps"
        )
    return tuple(lines)
