"""The mean fields of a study of uncertainty: at the central values, at draws, in cells, and in both together.

Draw k goes with cell k, and is the same draw with the mean cell and with its own, so that all differences are those of
what changed. The numbers lie in memory, and as a dataset in the results.
"""

from concurrent.futures import Future
from typing import TYPE_CHECKING

import numpy as np

from glut4sim.sim.analysis import summary
from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.model import variability
from glut4sim.sim.results import damage
from glut4sim.sim.results.series_store import open_group
from glut4sim.sim.results.zarr_arrays import write_dataset
from glut4sim.sim.scenario.draws import Draws
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies import drawn
from glut4sim.sim.studies.drawn import COURSES, WEIGHT, Answer
from glut4sim.sim.studies.executors import Workers
from glut4sim.sim.studies.options import Progress
from glut4sim.sim.studies.tasks import Task, fault, run_tasks

if TYPE_CHECKING:
    import xarray

KINDS = {  # of mean fields, and what each is at
    "central": "the values of the preset or the scenario, the mean cell",
    "parameters": "a draw, the mean cell",
    "cells": "the values of the preset or the scenario, a cell of the culture",
    "together": "a draw, a cell of the culture",
}
NUMBERS = tuple(summary.UNITS)


def differ(scenario: Scenario) -> bool:
    """Whether the cells of a scenario differ."""
    cell = scenario.cell
    return max(cell.receptors_cv, cell.glut4_cv, cell.volume_cv) > 0.0


def mean_cell(scenario: Scenario) -> Scenario:
    """The scenario with cells that do not differ."""
    alike = scenario.cell.model_copy(update={"receptors_cv": 0.0, "glut4_cv": 0.0, "volume_cv": 0.0})
    return scenario.model_copy(update={"cell": alike})


class Runs:
    """All mean fields of a study.

    Attributes
    ----------
    numbers : kind -> (n, n_number), NaN where there is none
    courses : (1 + n_draw, n_course, K), the central one first
    errors : kind, run -> why it has nothing
    """

    def __init__(self, scenario: Scenario, draws: Draws):
        self.scenario, self.draws = scenario, draws
        self.base = mean_cell(scenario)
        count = len(draws)
        of_cells = count if differ(scenario) else 0
        sizes = {"central": 1, "parameters": count, "cells": of_cells, "together": of_cells}
        self.numbers: dict[str, np.ndarray] = {
            kind: np.full((size, len(NUMBERS)), np.nan) for kind, size in sizes.items()
        }
        self.ended: dict[str, np.ndarray] = {kind: np.zeros(size, bool) for kind, size in sizes.items()}
        self.times = drawn.course_times(scenario)
        self.courses = np.full((1 + count, len(COURSES), len(self.times)), np.nan)
        self.errors: dict[tuple[str, int], str] = {}

    @property
    def total(self) -> float:
        """How far all of them go, as progress counts it [s]."""
        return WEIGHT * self.scenario.run.duration * sum(map(len, self.ended.values()))

    @property
    def done(self) -> float:
        """How far they have come [s]."""
        return WEIGHT * self.scenario.run.duration * sum(int(ended.sum()) for ended in self.ended.values())

    @property
    def missing(self) -> int:
        """How many have not been solved."""
        return sum(int((~ended).sum()) for ended in self.ended.values())

    def run(self, workers: Workers, total: float, progress: Progress | None) -> None:
        """Solve what has not been; `total` is what progress counts up to."""
        tasks = {
            (kind, k): self._task(kind, k)
            for kind, ended in self.ended.items()
            for k in np.flatnonzero(~ended).tolist()
        }
        run_tasks(tasks, workers, self._take, lambda: self.done, total, progress)

    def _task(self, kind: str, k: int) -> Task:
        draws = self.draws if kind in ("parameters", "together") else None
        has_own_cell = kind in ("cells", "together")
        who = variability.draw(self.scenario.cell, self.scenario.run.seed, k) if has_own_cell else None
        return drawn.task(self.base, draws, k, who, courses=not has_own_cell)

    def _take(self, key: tuple[str, int], future: Future) -> None:
        kind, k = key
        if (error := fault(future)) is not None:
            raise error
        answer: Answer = future.result()
        self.numbers[kind][k] = answer.values
        self.ended[kind][k] = True
        if answer.error:
            self.errors[key] = answer.error
        if answer.courses is not None:
            self.courses[0 if kind == "central" else 1 + k] = answer.courses

    # ---- as a dataset ----

    def dataset(self, agents: np.ndarray) -> "xarray.Dataset":
        """All draws, numbers and courses; agents: (replicate, n_number) of theirs."""
        import xarray as xr

        text = np.dtypes.StringDType()
        variables = {
            "value": (("draw", "value_name"), self.draws.values, {"long_name": "Values drawn"}),
            "central": (("number",), self.numbers["central"][0], {"long_name": f"Mean field at {KINDS['central']}"}),
            "agents": (("replicate", "number"), agents, {"long_name": "Agents at the central values, the mean cell"}),
            "courses": (
                ("draw", "course", "time"),
                self.courses[1:],
                {"long_name": f"Mean field at {KINDS['parameters']}"},
            ),
            "central_courses": (
                ("course", "time"),
                self.courses[0],
                {"long_name": f"Mean field at {KINDS['central']}"},
            ),
        }
        for kind, dim in {"parameters": "draw", "cells": "cell", "together": "draw"}.items():
            if len(self.numbers[kind]):
                about = {"long_name": f"Mean field at {KINDS[kind]}"}
                variables[kind] = ((dim, "number"), self.numbers[kind], about)
        for kind, ended in self.ended.items():
            if len(ended) and kind != "central":
                variables[f"{kind}_ended"] = (variables[kind][0][:1], ended, {"long_name": "Whether it was solved"})
        coordinates = {
            "draw": ("draw", np.arange(len(self.draws)), {"long_name": "Draw"}),
            "value_name": ("value_name", np.array(self.draws.names, text)),
            "value_unit": ("value_name", np.array(self.draws.units, text)),
            "number": ("number", np.array(NUMBERS, text)),
            "number_unit": ("number", np.array(list(summary.UNITS.values()), text)),
            "course": ("course", np.array(list(COURSES), text)),
            "course_unit": ("course", np.array([unit for unit, _ in COURSES.values()], text)),
            "time": ("time", self.times, {"units": "s", "long_name": "Time"}),
        }
        attributes = {
            "title": self.scenario.title,
            "scenario": self.scenario.name,
            "scenario_hash": self.scenario.hash,
            "seed": self.scenario.run.seed,
            "origin": self.draws.origin,
        }
        return xr.Dataset(variables, coordinates, attributes)

    def write(self, where: Place, agents: np.ndarray) -> None:
        """Replace the store of the results."""
        write_dataset(self.dataset(agents), where)

    def read(self, where: Place) -> None:
        """Take what an earlier process has solved from the store that it has left, if it is whole."""
        if damage.find(where):
            return  # it was being written, or is damaged: all is solved anew
        try:
            with open_group(where, None) as opened:
                found = opened.load()
            courses = np.concatenate([found["central_courses"].values[None], found["courses"].values])
            numbers = {kind: np.atleast_2d(found[kind].values) for kind, ended in self.ended.items() if len(ended)}
            # what failed may, again
            solved = {kind: np.asarray(np.isfinite(table).any(axis=1)) for kind, table in numbers.items()}
        except (OSError, ValueError, LookupError):
            return  # it is of another plan
        if courses.shape == self.courses.shape:
            self.courses, self.numbers, self.ended = courses, self.numbers | numbers, self.ended | solved
