"""What tests of a scenario's bodies leave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from glut4sim.sim.analysis.timeline import say_at
from glut4sim.sim.body.result import SERIES, UNITS, BodyResult
from glut4sim.sim.endocrine.spans import DAY
from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.reporting.shown import Shown, ShowsItself
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.body import report

if TYPE_CHECKING:
    import xarray


QUANTILES = {"quartiles": (0.25, 0.5, 0.75), "central_95": (0.025, 0.975)}  # of a population, in summary.json


@dataclass(frozen=True, repr=False)
class BodiesResult(ShowsItself):
    """What tests of bodies leave.

    Attributes
    ----------
    out : Path or UPath or None
        Directory of the results; None if they are in memory only.
    scenario : Scenario
        With all its assays.
    method : str
        One of METHODS.
    bodies : tuple of tuple of BodyResult
        By assay and by replicate; None where one did not come to its end.
    summary : dict
        Content of summary.json.
    dataset
        xarray.Dataset
        Dims assay, replicate, time: the series.
    warnings : tuple of str
        One line each.
    status : str
        "complete" or "failed".
    """

    out: Place | None
    scenario: Scenario
    method: str
    bodies: tuple[tuple[BodyResult | None, ...], ...] = field(repr=False)
    summary: dict = field(repr=False)
    dataset: "xarray.Dataset" = field(repr=False)
    warnings: tuple[str, ...]
    wall_seconds: float
    status: str
    outside: bool = False

    def shown(self) -> Shown:
        """A row for each number that clinicians read, a column for each assay."""
        columns = {"Number": "left"} | dict.fromkeys((assay["at"] for assay in self.summary["assays"]), "right")
        return Shown(self.scenario.title or self.scenario.name, columns, report.rows(self.summary))


def content(scenario: Scenario, bodies: Sequence[Sequence[BodyResult | None]]) -> dict:
    """What summary.json holds: numbers by assay, over the bodies."""
    return {
        "scenario": scenario.name,
        "seed": scenario.run.seed,
        "kind": scenario.assay.kind,
        "assays": [
            {
                **say_at(at),
                "observables": _numbers([body for body in of if body is not None], bool(scenario.population)),
            }
            for at, of in zip(scenario.assay.at, bodies)
        ],
    }


def _numbers(bodies: Sequence[BodyResult], is_population: bool) -> dict[str, dict]:
    found = {}
    for name, (unit, _) in UNITS.items():
        values = np.array([body.numbers[name] for body in bodies if name in body.numbers], float)
        values = values[np.isfinite(values)]
        if any(name in body.numbers for body in bodies):
            mean = float(values.mean()) if len(values) else None
            sd = float(values.std(ddof=1)) if len(values) > 1 else None
            found[name] = {"mean": mean, "sd": sd, "n": len(values), "unit": unit}
            if is_population and len(values) > 1:
                found[name] |= {key: np.quantile(values, shares).tolist() for key, shares in QUANTILES.items()}
    return found


def dataset(scenario: Scenario, bodies: Sequence[Sequence[BodyResult | None]]) -> "xarray.Dataset":
    """The series of all bodies; NaN of those that did not come to their end."""
    import xarray as xr

    done = [body for of in bodies for body in of if body is not None]
    time = done[0].series["time"] if done else np.zeros(0)
    shape, dims = (len(bodies), scenario.run.replicates, len(time)), ("assay", "replicate", "time")
    variables: dict[str, tuple] = {}
    for name, (unit, said) in SERIES.items():
        if name == "time":
            continue
        values = np.full(shape, np.nan)
        for place in np.ndindex(*shape[:2]):
            if (body := bodies[place[0]][place[1]]) is not None:
                values[place] = body.series[name]
        variables[name] = (dims, values, {"units": unit, "long_name": said})
    coordinates: Mapping = {
        "assay": ("assay", np.array(scenario.assay.at) / DAY, {"units": "d", "long_name": "time of the assay"}),
        "replicate": ("replicate", np.arange(scenario.run.replicates), {"long_name": "number of the body"}),
        "time": ("time", time, {"units": "s", "long_name": "time since the start of the test"}),
    }
    about = {"scenario": scenario.name, "title": scenario.title, "kind": scenario.assay.kind or ""}
    return xr.Dataset(variables, coordinates, about)
