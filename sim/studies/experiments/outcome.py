"""What an experiment gave: its quantities at each record, and the courses that measurements are made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from glut4sim.sim.analysis.measurements import Course, Span
from glut4sim.sim.studies.experiments.experiment import Experiment


class Measured(Protocol):
    """What is looked at in an experiment.

    Attributes
    ----------
    observable : one of measurements.QUANTITIES, or of the hormones' own
    dose
        which of a series [nM]; None where all of them, or the only one, are meant
    during
        part of each assay of a series that counts [s since its stimulation, or its start]; None for all of it
    """

    @property
    def observable(self) -> str: ...

    @property
    def dose(self) -> float | None: ...

    @property
    def during(self) -> Span | None: ...


@dataclass(frozen=True)
class Outcome:
    """What an experiment gave.

    Attributes
    ----------
    time
        (K,) since the stimulation, or the start [s]; since day 0 for hormones alone
    series
        quantity -> (n_replicate, n, K) of n doses or assays; n is 1 for one experiment, and for hormones alone
    """

    experiment: Experiment
    time: np.ndarray
    series: Mapping[str, np.ndarray]

    @property
    def replicates(self) -> int:
        """Number of replicates."""
        return len(next(iter(self.series.values())))

    def course(self, measured: Measured, replicates: np.ndarray | slice = slice(None)) -> Course:
        """Mean over some of the replicates, or all, of what is measured."""
        e = self.experiment
        values = self.series[measured.observable][replicates].mean(axis=0)
        if e.assays:
            first, last = measured.during or (self.time[0], self.time[-1])
            rows = (self.time > first) & (self.time <= last) if first < last else self.time == first
            return Course(np.array(e.assays), values[:, rows].mean(axis=1), None, np.zeros(0))
        washout = None if e.washout is None else e.washout - (e.step or 0.0)
        if e.doses and measured.dose is None:
            return Course(self.time, values, washout, np.array(e.doses))
        row = e.doses.index(measured.dose) if e.doses else 0
        return Course(self.time, values[row], washout, np.zeros(0))
