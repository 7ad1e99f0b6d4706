"""What was seen of single vesicles, by TIRF microscopy: data that only agents can answer.

    [watched.NAME]
    experiment = "pulse"                          # cell.vesicles and run.replicates: as many as were watched
    observable = "dwell_docked_insulin_mean_s"    # one of single_vesicle.NUMBERS
    dose = "10 nM"                                # which of a series of doses
    value = 5.2, sem = 0.4
    title, held_out, evidence, source             # as of other data

Simulated numbers have the chance of as many vesicles as are simulated, and are taken as they come: no scale, no offset.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pydantic

from glut4sim.sim.analysis import single_vesicle
from glut4sim.sim.analysis.phases import phase_bounds
from glut4sim.sim.inputs.errors import InputError, describe, unknown
from glut4sim.sim.inputs.fields import FiniteNumber, Flag, OneOf, Quantity, Words
from glut4sim.sim.inputs.tables import Table
from glut4sim.sim.inputs.units import INSULIN
from glut4sim.sim.model.engine import CHUNK, Engine
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.experiments.experiment import Experiment
from glut4sim.sim.studies.experiments.tables import NameOrNames, OptionalText


class WatchedTable(Table):
    """[watched.NAME]: a number of single vesicles."""

    experiment: Words
    observable: Annotated[str, OneOf("number of single vesicles", single_vesicle.NUMBERS)]
    dose: Annotated[float | None, Quantity(INSULIN)] = None
    value: Annotated[float, FiniteNumber()]
    sem: Annotated[float, FiniteNumber()]
    title: OptionalText = None
    held_out: Flag = False
    evidence: Annotated[tuple[str, ...], NameOrNames()] = ()
    source: OptionalText = None

    @pydantic.model_validator(mode="after")
    def _has_an_error(self):
        if self.sem <= 0.0:
            raise InputError(f"expected a standard error above 0, got {describe(self.sem)}.", "sem")
        return self


@dataclass(frozen=True)
class Watched:
    """A number that was seen of single vesicles.

    Attributes
    ----------
    scenario : number of the scenario among those of its experiment
    observable : one of single_vesicle.NUMBERS, in whose unit value and sem are
    """

    name: str
    title: str
    experiment: str
    scenario: int
    observable: str
    value: float
    sem: float
    held_out: bool
    evidence: tuple[str, ...]
    source: str

    @property
    def unit(self) -> str:
        """Of the value and its error."""
        return single_vesicle.NUMBERS[self.observable]


def read_watched(name: str, told: WatchedTable, experiments: Mapping[str, Experiment]) -> Watched:
    """What a table says; InputError, naming the path in it, if it does not fit its experiment."""
    if told.experiment not in experiments:
        raise unknown("experiment", told.experiment, experiments).within("experiment")
    experiment, number = experiments[told.experiment], 0
    if experiment.assays:
        raise InputError("expected an experiment at one time, not at several.", "experiment")
    if experiment.doses:
        if told.dose not in experiment.doses:
            raise InputError("expected one of the doses of the experiment.", "dose")
        number = experiment.doses.index(told.dose)
    elif told.dose is not None:
        raise InputError("expected this only of an experiment with doses.", "dose")
    if "_insulin_" in told.observable and np.isinf(phase_bounds(experiment.scenarios[number])[1]):
        raise InputError("expected an experiment in which insulin rises.", "observable")
    return Watched(
        name,
        told.title or name,
        told.experiment,
        number,
        told.observable,
        told.value,
        told.sem,
        told.held_out,
        told.evidence,
        told.source or "",
    )


def watch(scenario: Scenario, seed: int, threads: int = 1) -> dict[str, float]:
    """The numbers of single vesicles of a scenario's cells, mean over replicates; NaN where none was seen.

    Parameters
    ----------
    seed : instead of the scenario's
    threads : of each cell; they change the speed only
    """
    steps, found = round(scenario.run.duration / scenario.run.step), []
    for replicate in range(scenario.run.replicates):
        engine = Engine(scenario, seed=seed, replicate=replicate, threads=threads, log_events=True)
        statistics = single_vesicle.Statistics(scenario, engine.vesicles.state)
        for first in range(0, steps, CHUNK):
            engine.advance(min(CHUNK, steps - first))
            statistics.add(engine.take_events())
        found.append(statistics.result(scenario.run.duration))
    columns = {name: np.array([values[name] for values in found]) for name in single_vesicle.SUMMED}
    numbers = single_vesicle.summarise(columns)
    return {name: np.nan if told["mean"] is None else float(told["mean"]) for name, told in numbers.items()}


def parts(watched: Sequence[Watched]) -> list[tuple[str, int]]:
    """Experiments and numbers of their scenarios that have to be simulated, each once."""
    return list(dict.fromkeys((entry.experiment, entry.scenario) for entry in watched))
