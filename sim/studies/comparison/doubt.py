"""What nobody knows of the cells that are compared, and how wide it leaves the effects between conditions.

All conditions have the same draws (sim/scenario/sampling.py), and what one draw makes of all of them is compared, by
the mean field of the mean cell: what an unknown value does to both conditions alike is no doubt of their difference.
"""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from glut4sim.sim.analysis import summary
from glut4sim.sim.analysis.resolution import finest
from glut4sim.sim.analysis.uncertainty import LEVEL, Effect, Interval, effect
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.results.zarr_arrays import write_dataset
from glut4sim.sim.scenario.draws import Draws, read_draws, write_draws
from glut4sim.sim.scenario.sampling import Sample
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies import drawn
from glut4sim.sim.studies.drawn import WEIGHT, Answer
from glut4sim.sim.studies.options import RunOptions
from glut4sim.sim.studies.tasks import fault, run_tasks

FOLDER, STORE = "draws", "draws.zarr"  # files of draws, one for each condition; and all their numbers

Effects = dict[str, dict[str, Effect]]  # condition -> observable -> effect


class Doubt:
    """The mean fields of all conditions at all draws.

    Attributes
    ----------
    about : dict
        what compare.json says of the draws
    numbers : (n_condition, 1 + n_draw, n_number)
        by summary.UNITS, NaN where there is none; first at the central values
    errors : condition, draw (-1: central) -> why it has nothing
    """

    def __init__(self, scenarios: Mapping[str, Scenario], draws: Mapping[str, Draws], about: dict[str, Any]):
        self.scenarios, self.draws, self.about = scenarios, draws, about
        count = len(next(iter(draws.values())))
        self.numbers = np.full((len(scenarios), 1 + count, len(summary.UNITS)), np.nan)
        self.errors: dict[tuple[str, int], str] = {}
        self._done = 0.0

    @classmethod
    def of(cls, scenarios: Mapping[str, Scenario], sample: Sample) -> "Doubt":
        """That of draws which have just been made."""
        draws = dict(zip(scenarios, sample.draws))
        about = {
            "level": LEVEL,
            "count": len(sample.draws[0]),
            "origins": {name: each.origin for name, each in draws.items()},
            "tried": sample.tried,
            "turned_away": dict(sample.turned_away),
            "held": dict(sample.held),
            "values": {name: asdict(factor) for name, factor in sample.factors.items()},
        }
        return cls(scenarios, draws, about)

    @classmethod
    def again(cls, scenarios: Mapping[str, Scenario], out: Place, folders: Mapping[str, str], about: Any) -> "Doubt":
        """That of a comparison that is gone on with; InputError, LookupError or TypeError if draws are not whole."""
        origins = about["origins"]
        found = {
            name: replace(read_draws(out / FOLDER / f"{folders[name]}.csv"), origin=origins[name]) for name in scenarios
        }
        return cls(scenarios, found, about)

    def save(self, out: Place, folders: Mapping[str, str]) -> None:
        """Write the draws of each condition."""
        storage.make_directory(out / FOLDER)
        for name, draws in self.draws.items():
            write_draws(out / FOLDER / f"{folders[name]}.csv", draws)

    @property
    def total(self) -> float:
        """How far all mean fields go, as progress counts it [s]."""
        return WEIGHT * self.numbers.shape[1] * sum(s.run.duration for s in self.scenarios.values())

    def run(self, options: RunOptions, total: float) -> None:
        """Solve all mean fields; `total` is what progress counts up to."""
        count = self.numbers.shape[1] - 1
        tasks = {
            (name, k): drawn.task(scenario, None if k < 0 else self.draws[name], max(k, 0))
            for name, scenario in self.scenarios.items()
            for k in range(-1, count)
        }
        with drawn.without_agents(options).workers(len(tasks), self.scenarios.values()) as workers:
            run_tasks(tasks, workers, self._take, lambda: self._done, total, options.progress)

    def _take(self, key: tuple[str, int], future: Future) -> None:
        name, k = key
        if (error := fault(future)) is not None:
            raise error
        answer: Answer = future.result()
        self.numbers[list(self.scenarios).index(name), 1 + k] = answer.values
        if answer.error:
            self.errors[key] = answer.error
        self._done += WEIGHT * self.scenarios[name].run.duration

    @property
    def effects(self) -> Effects:
        """What each condition changes relative to the first, over the draws."""
        found: Effects = {}
        most = dict(zip(summary.UNITS, np.nan_to_num(np.abs(self.numbers)).max(axis=(0, 1))))
        least = {key: finest(key, [most]) for key in summary.UNITS}
        for i, name in enumerate(list(self.scenarios)[1:], 1):
            each = {
                key: effect(self.numbers[0, 1:, j], self.numbers[i, 1:, j], least=least[key])
                for j, key in enumerate(summary.UNITS)
            }
            found[name] = {key: one for key, one in each.items() if one.difference is not None}
        return found

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know, one line each."""
        if not self.errors:
            return ()
        (name, _), error = next(iter(sorted(self.errors.items())))
        return (f"{len(self.errors)} mean fields could not be solved, the first of {name} because: {error}",)

    def write(self, out: Place) -> None:
        """Write all numbers of all draws."""
        import xarray as xr

        text = np.dtypes.StringDType()
        coordinates = {
            "condition": ("condition", np.array(list(self.scenarios), text)),
            "draw": ("draw", np.arange(self.numbers.shape[1] - 1), {"long_name": "Draw"}),
            "number": ("number", np.array(list(summary.UNITS), text)),
            "number_unit": ("number", np.array(list(summary.UNITS.values()), text)),
        }
        variables = {
            "numbers": (("condition", "draw", "number"), self.numbers[:, 1:], {"long_name": "Mean field at each draw"}),
            "central": (("condition", "number"), self.numbers[:, 0], {"long_name": "Mean field at the central values"}),
        }
        write_dataset(xr.Dataset(variables, coordinates), out / STORE)


def plain(found: Effect | None) -> dict | None:
    """An effect as JSON has it."""
    if found is None:
        return None

    def interval(one: Interval | None) -> dict | None:
        return None if one is None else one._asdict()

    return {"difference": interval(found.difference), "percent": interval(found.percent)}
