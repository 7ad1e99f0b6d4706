"""The stages of a cell in the order of a step, membrane by membrane where it has several.

Receptors, signalling and vesicles are stages of each membrane (sim/model/membranes.py), with agents and random numbers
of their own. What is of the whole cell sees the sums of what they count, and the mean of signalling, weighted by the
vesicles on which it acts.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from glut4sim.agents.population import Population
from glut4sim.sim.model import kinds, signalling, stages, variability
from glut4sim.sim.model.cell_inputs import CellInputs
from glut4sim.sim.model.membranes import Membrane, membranes
from glut4sim.sim.model.parameters import ParameterSet
from glut4sim.sim.model.stages import Known, Signalling

LOCAL = ("receptor", kinds.SIGNALLING, "vesicle")  # stages of a membrane


class Group(NamedTuple):
    """The stages of a membrane, or those of the whole cell."""

    membrane: Membrane | None
    prefix: str  # of the names of their arrays in checkpoints
    stages: dict[str, Any]  # of stages.py, by name


class StageLine:
    """All stages of a cell.

    Parameters
    ----------
    scenario : CellInputs
    individual : variability.Individual
    parameters : ParameterSet
        Of the start.
    seed, replicate : int
    """

    def __init__(
        self,
        scenario: CellInputs,
        individual: variability.Individual,
        parameters: ParameterSet,
        seed: int,
        replicate: int,
    ):
        self.membranes = membranes(parameters)
        self.groups = [Group(None, "", {})]
        if len(self.membranes) > 1:
            self.groups = [*(Group(one, f"{one.name}.", {}) for one in self.membranes), *self.groups]
        self.populations: dict[str, Population] = {}
        for name in kinds.stages():
            groups = [g for g in self.groups if len(self.groups) == 1 or (name in LOCAL) == (g.membrane is not None)]
            if name == kinds.SIGNALLING:
                for group in groups:
                    group.stages[name] = Signalling(scenario.run.step)
                continue
            kind = kinds.find(name)
            mean, size = variability.sizes(kind, scenario.cell, individual, parameters)
            whole = self.populations[name] = Population(kind.agents.FIELDS, size)
            given = seed, replicate
            own = [(group.membrane, group.stages) for group in groups if group.membrane is not None]
            if not own:
                stage = getattr(stages, kind.stage)(kind, whole, mean, *given, parameters, scenario.run.step)
                groups[0].stages[name] = stage
                continue
            ends = np.cumsum([0.0, *(membrane.share(name) for membrane, _ in own)])
            ends = np.rint(ends / ends[-1] * size).astype(int).tolist()
            for place, ((membrane, of_it), low, high) in enumerate(zip(own, ends, ends[1:])):
                of_it[name] = getattr(stages, kind.stage)(
                    kind, whole.part(low, high), mean * membrane.share(name), *given, membrane.own(parameters),
                    scenario.run.step, membrane, place,
                )  # fmt: skip

    def __iter__(self) -> Iterator[Any]:
        return (stage for group in self.groups for stage in group.stages.values())

    def __getitem__(self, name: str) -> Any:
        """The stage of a name, where there is one: the first membrane's, where there are several."""
        return self.find(name)[0]

    def find(self, name: str) -> list[Any]:
        """The stages of a name, of each membrane."""
        return [group.stages[name] for group in self.groups if name in group.stages]

    def through(
        self, known: Known, around: Callable[[Membrane], Known], parameters: ParameterSet, do: Callable[..., Known]
    ) -> Known:
        """Let every stage do something.

        Parameters
        ----------
        known
            What they read, of the whole cell; what is found is added.
        around
            Gives what is known at a membrane beside, such as its insulin.
        parameters : ParameterSet
            Of the cell.
        do
            Called with each stage, what it reads, and its parameters; gives columns of records.

        Returns
        -------
        columns
            Of the records of the cell.
        """
        columns: Known = {}
        parts: list[tuple[Known, Known]] = []
        for group in self.groups:
            if group.membrane is None:
                columns |= self._together(known, parts)
                for stage in group.stages.values():
                    columns |= do(stage, known, parameters)
                continue
            at, own = around(group.membrane), group.membrane.own(parameters)
            seen, found = known | at, {}
            for stage in group.stages.values():
                found |= do(stage, seen, own)
            added = seen.keys() - known.keys() - at.keys()
            parts.append(({name: seen[name] for name in added}, found))
        return columns

    def _together(self, known, parts):
        """What the membranes' stages found, as of the whole cell; also put into `known`."""
        if not parts:
            return {}
        together = [
            {name: self._sum(name, [one[which][name] for one in parts]) for name in parts[0][which]} for which in (0, 1)
        ]
        known.update(together[0])
        return together[1]

    def _sum(self, name, values):
        if name in kinds.find("receptor").agents.GIVES:
            return sum(one.receptors * value for one, value in zip(self.membranes, values))
        if name in signalling.SPECIES or name == kinds.SIGNALLING:
            return sum(one.vesicles * value for one, value in zip(self.membranes, values))
        return sum(values)

    # ---- to and from disk ----

    def state(self) -> dict[str, np.ndarray]:
        """All that the future depends on, by name; not copies."""
        return {
            group.prefix + name: array
            for group in self.groups
            for stage in group.stages.values()
            for name, array in stage.state().items()
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from a `state`."""
        for group in self.groups:
            start = len(group.prefix)
            own = {name[start:]: array for name, array in state.items() if name.startswith(group.prefix)}
            for stage in group.stages.values():
                stage.restore(own)
