"""Data of a problem as PEtab has them: at one time of one condition, a formula of the model's quantities.

PEtab compares a formula at a time with a measurement. What else a problem measures, the model reads while it runs and
keeps (sbml_template.Reading): means over the records of a span, records between which the data lie, rates since the
record before, the level at rest. What needs a whole course or two experiments at a time cannot be said.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from glut4sim.sim.analysis.measurements import Span
from glut4sim.sim.inputs.errors import InputError, describe
from glut4sim.sim.model.sbml_template import Reading
from glut4sim.sim.results.series_store import record_times
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.experiments.experiment import Experiment
from glut4sim.sim.studies.fit.petab_quantities import TOLD
from glut4sim.sim.studies.fit.problem import COURSE, DOSES, DataSet, Measurement, Problem

MEASURES = ("basal", "level", "change")  # that PEtab can have
CLOSE = 1e-6  # s between a time and a record that it is taken for


class Part(NamedTuple):
    """One of the scenarios of an experiment."""

    experiment: str
    number: int


class Point(NamedTuple):
    """A point of data.

    Attributes
    ----------
    formula : of the document's names, before scale and offset
    time : when the formula is to be taken [s since the start]
    """

    part: Part
    formula: str
    time: float
    value: float
    sem: float


class _Term(NamedTuple):
    """A formula and when it may be taken [s]: at that time, or at any later one."""

    formula: str
    time: float
    lasts: bool


@dataclass
class Reader:
    """Makes points of data, and notes what the model has to read for them."""

    problem: Problem
    readings: dict[Reading, Reading] = field(default_factory=dict)

    def points(self, entry: DataSet) -> list[Point]:
        """The points of a data set that count.

        InputError if PEtab cannot say what was measured.
        """
        experiment = self.problem.experiments[entry.measurements[0].experiment]
        if entry.kind == COURSE:
            found = [self._of_course(entry, experiment, x) for x in entry.x]
        elif entry.kind == DOSES:
            found = [self._of_dose(entry, experiment, x) for x in entry.x]
        else:
            found = [self._of_end_point(entry, experiment)]
        points = zip(found, entry.y.tolist(), entry.sem.tolist(), entry.counted)
        return [
            Point(part, term.formula, term.time, value, sem) for (part, term), value, sem, counts in points if counts
        ]

    def _of_course(self, entry: DataSet, experiment: Experiment, x: float) -> tuple[Part, _Term]:
        measured = entry.measurements[0]
        if experiment.assays:
            return self._of_assay(measured, experiment, x)
        part = _part(experiment, measured)
        term = self._level(experiment, part, measured.observable, (x, x))
        return part, self._above_rest(experiment, part, measured, term) if entry.above_rest else term

    def _of_assay(self, measured: Measurement, experiment: Experiment, x: float) -> tuple[Part, _Term]:
        """Mean over the part of an assay that counts; the first record of all is not one of them."""
        numbers = np.flatnonzero(np.isclose(experiment.assays, x, rtol=0.0, atol=CLOSE))
        if not len(numbers):
            raise InputError("PEtab can have such data only at the times of the assays.")
        part = Part(experiment.name, int(numbers[0]))
        times = record_times(experiment.scenarios[part.number]) - (experiment.step or 0.0)
        span = measured.during or (float(times[0]), float(times[-1]))
        return part, self._level(experiment, part, measured.observable, span)

    def _of_dose(self, entry: DataSet, experiment: Experiment, x: float) -> tuple[Part, _Term]:
        measured = entry.measurements[0]
        part = Part(experiment.name, int(np.argmin(np.abs(np.subtract(experiment.doses, x)))))
        term = self._level(experiment, part, measured.observable, measured.arguments["at"])
        if not entry.above_rest:
            return part, term
        if min(experiment.doses) > 0.0:
            raise InputError("PEtab can have the rise over rest only where one of the doses is 0 nM, which is rest.")
        return part, self._above_rest(experiment, part, measured, term)

    def _of_end_point(self, entry: DataSet, experiment: Experiment) -> tuple[Part, _Term]:
        parts = {_part(self.problem.experiments[m.experiment], m) for m in entry.measurements}
        if len(parts) > 1 or experiment.assays:
            raise InputError("PEtab has no comparison of one condition with another.")
        part = parts.pop()
        terms = [self._measure(experiment, part, measured) for measured in entry.measurements]
        if len(terms) == 1:
            return part, terms[0]
        first, other = (term.formula for term in terms)
        ratio = f"({first}) / ({other})"
        formula = ratio if entry.compare == "ratio" else f"100 * ({ratio} - 1)"
        return part, _Term(formula, max(term.time for term in terms), True)

    def _measure(self, experiment: Experiment, part: Part, measured: Measurement) -> _Term:
        if measured.measure not in MEASURES:
            raise InputError(f"PEtab has no measure {describe(measured.measure)}, which takes a whole course.")
        if measured.measure == "basal":
            return self._rest(experiment, part, measured.observable)
        late = self._kept(experiment, part, measured.observable, measured.arguments["at"])
        if measured.measure == "level":
            return late
        early = self._kept(experiment, part, measured.observable, measured.arguments.get("since", (0.0, 0.0)))
        formula = f"100 * (({late.formula}) / ({early.formula}) - 1)"
        return _Term(formula, max(late.time, early.time), True)

    def _above_rest(self, experiment: Experiment, part: Part, measured: Measurement, term: _Term) -> _Term:
        rest = self._rest(experiment, part, measured.observable)
        return _Term(f"{term.formula} - {rest.formula}", max(term.time, rest.time), term.lasts)

    def _rest(self, experiment: Experiment, part: Part, observable: str) -> _Term:
        """The level before the stimulation, where nothing changes: read once, what is counted over all records."""
        step, told = experiment.step or 0.0, TOLD[observable]()
        if not told.counters and "glucose_net_influx" not in told.formula:
            return self._read(experiment, part, observable, (step / 2.0, step / 2.0))
        times = record_times(experiment.scenarios[part.number])
        return self._kept(experiment, part, observable, (float(times[0]) - step, 0.0))

    def _level(self, experiment: Experiment, part: Part, observable: str, span: Span) -> _Term:
        """As measurements.level: at a moment, linear between records, or the mean over the records of a span."""
        scenario = experiment.scenarios[part.number]
        time = span[0] + (experiment.step or 0.0)
        on_record = bool(np.isclose(record_times(scenario), time, rtol=0.0, atol=CLOSE).any())
        if span[0] == span[1] and on_record and not TOLD[observable]().counters:
            return _Term(TOLD[observable]().formula, time, False)
        return self._kept(experiment, part, observable, span)

    def _kept(self, experiment: Experiment, part: Part, observable: str, span: Span) -> _Term:
        """The same, read by the model and kept."""
        step, times = experiment.step or 0.0, record_times(experiment.scenarios[part.number])
        since, until = span
        if since < until:
            inside = times[(times - step > since) & (times - step <= until)]
            return self._read(experiment, part, observable, (float(inside[0]), float(inside[-1])))
        after = int(np.searchsorted(times - step, until - CLOSE, side="left"))
        late = self._at_record(experiment, part, observable, float(times[after]))
        if abs(times[after] - step - until) <= CLOSE:
            return late
        early = self._at_record(experiment, part, observable, float(times[after - 1]))
        share = float((until + step - times[after - 1]) / (times[after] - times[after - 1]))
        return _Term(f"({1.0 - share!r} * {early.formula} + {share!r} * {late.formula})", late.time, True)

    def _at_record(self, experiment: Experiment, part: Part, observable: str, time: float) -> _Term:
        return self._read(experiment, part, observable, (time, time))

    def _read(self, experiment: Experiment, part: Part, observable: str, records: Span) -> _Term:
        """The mean over records from one to another [s since the start]."""
        told, every = TOLD[observable](), experiment.scenarios[part.number].run.record_every
        reading = Reading("", told.formula, told.counters, *records, every)
        named = reading._replace(name=f"reading_{len(self.readings) + 1}_of_{observable}")
        kept = self.readings.setdefault(reading, named)
        return _Term(kept.name, kept.last + every / 2.0, True)


def _part(experiment: Experiment, measured: Measurement) -> Part:
    """Which scenario of an experiment is measured."""
    return Part(experiment.name, experiment.doses.index(measured.dose) if experiment.doses else 0)


def scenario_of(problem: Problem, part: Part, inner: np.ndarray) -> Scenario:
    """The scenario of a part at the free values."""
    return problem.at(problem.experiments[part.experiment].scenarios[part.number], inner)
