"""A replicate as it is recorded: an engine advanced in pieces of any length, measured whenever a record is due."""

import numpy as np

from glut4sim.sim.model import observables
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.model.step_records import StepRecords


class Recorder:
    """Advances an engine and measures its records, every `run.record_every` of its scenario.

    Parameters
    ----------
    engine : at the start of its run, or anywhere later
    last
        the last record before its present, where that is not a time of a record
    """

    def __init__(self, engine: Engine, last: StepRecords | None = None):
        run = engine.scenario.run
        self.engine = engine
        self.last = observables.choose(engine.snapshot(), [0]) if last is None else last
        scale = observables.scale(engine.parameters, engine.glut4_total, engine.molecules_per_agent)
        self._scale = scale._replace(receptor_copies=scale.receptor_copies * engine.individual.receptors)
        self._stride = round(run.record_every / run.step)

    def first(self) -> dict[str, np.ndarray]:
        """The record of the start: the values of every observable, (1,) or (1, states)."""
        return observables.measure(self.last, None, self._scale)

    def advance(self, steps: int) -> dict[str, np.ndarray] | None:
        """Do so many steps; returns the K records that fell due in them, (K,) or (K, states), or None."""
        before = self.last
        rows = self.rows(steps)
        return None if rows is None else observables.measure(rows, before, self._scale)

    def rows(self, steps: int) -> StepRecords | None:
        """Do so many steps; returns the engine's own rows of the K records that fell due in them, or None."""
        done = self.engine.step
        trace = self.engine.advance(steps)
        due = np.arange(self._stride - 1 - done % self._stride, steps, self._stride)
        if not len(due):
            return None
        rows = observables.choose(trace, due)
        self.last = observables.choose(rows, [-1])
        return rows
