"""What is measured on simulated cells in order to compare them with published numbers.

A quantity is a number of the cell at every record; a course is its mean over replicates, at one dose of insulin or
several; a measurement makes one number out of a course. Times count from the stimulation, the first rise of insulin,
from the start where there is none, or from day 0 where the course is one of hormones or of repeated assays.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from glut4sim.agents import glucose, vesicle
from glut4sim.sim.analysis.dose_response import STATUS, fit_hill
from glut4sim.sim.analysis.summary import MINUTE, crossing, running_mean
from glut4sim.sim.model import observables
from glut4sim.sim.model.parameters import ParameterSet
from glut4sim.sim.model.step_records import StepRecords

TRACER = 0.05  # mM hexose, in which uptake by human adipocytes was measured
HOUR = 3600.0  # s
SMOOTHING = 1800.0  # s, of the running mean in which an onset is looked for


class NoValue(Exception):
    """The simulated course does not allow this measurement; says why."""


# ---- quantities ----


class Recorded(NamedTuple):
    """All records of one replicate, from the start on."""

    trace: StepRecords
    parameters: ParameterSet
    scale: observables.Scale


class Quantity(NamedTuple):
    unit: str
    long_name: str
    measure: Callable[[Recorded], np.ndarray]  # (K,)


def _rate(recorded: Recorded, *transitions: int) -> np.ndarray:
    """How often a vesicle made one of these transitions, per minute, since the record before."""
    records = observables.Records(recorded.trace, None, recorded.scale)
    return MINUTE * records.per_second(lambda trace: trace.vesicle_events[:, list(transitions)].sum(axis=1))


def _exocytosis(recorded: Recorded) -> np.ndarray:
    counts = recorded.trace.vesicles
    outside = counts.sum(axis=1) - counts[:, list(vesicle.SURFACE)].sum(axis=1)
    return _rate(recorded, vesicle.FUSION, vesicle.CLUSTERED_FUSION) / outside


def _transport(recorded: Recorded, outside: float | np.ndarray) -> np.ndarray:
    return outside * glucose.clearance(recorded.trace.glut4_surface, outside, recorded.parameters.glucose)


def _of_observable(observable: observables.Observable) -> Quantity:
    return Quantity(
        observable.unit,
        observable.long_name,
        lambda recorded: observable.measure(observables.Records(recorded.trace, None, recorded.scale)).astype(float),
    )


QUANTITIES: Mapping[str, Quantity] = {o.name: _of_observable(o) for o in observables.OBSERVABLES if o.dim is None} | {
    "all_fusion_rate": Quantity(
        "1/min",
        "Vesicle fusions of all kinds, per minute",
        lambda recorded: _rate(recorded, vesicle.FUSION, vesicle.TRANSIENT_FUSION, vesicle.CLUSTERED_FUSION),
    ),
    "exocytosis_rate": Quantity(
        "1/min", "Fusions that leave GLUT4 in the membrane, per minute and per vesicle that is not there", _exocytosis
    ),
    "tracer_transport": Quantity(
        "1/s",
        f"Glucose carried in from {TRACER:g} mM outside, molecules per second",
        lambda recorded: _transport(recorded, TRACER),
    ),
    # uptake without the chance of single glucose agents, and for as long as one likes: the bath is never used up
    "transport": Quantity(
        "1/s",
        "Glucose carried in from the bath by GLUT4 and GLUT1, molecules per second",
        lambda recorded: _transport(recorded, recorded.trace.glucose_bath),
    ),
}


# ---- courses ----


class Course(NamedTuple):
    """Mean over replicates of a quantity."""

    time: np.ndarray  # (K,) since the stimulation, the start or day 0 [s]
    values: np.ndarray  # (K,), or (n_dose, K) for all doses of a series
    washout: float | None  # when insulin first falls [s since the stimulation]
    doses: np.ndarray  # (n_dose,) [nM]; empty where values are those of one dose


class Reference(NamedTuple):
    """A published curve or its points."""

    x: np.ndarray  # (n,) time [s] or dose [nM]
    y: np.ndarray  # (n,)
    sem: np.ndarray | None  # (n,) standard error of the mean; None for a curve
    is_dose: bool


# ---- measurements ----

Span = tuple[float, float]  # a moment (both ends the same) or a time to average over [s], as a course counts it


def basal(course: Course) -> float:
    """Mean over all records before the stimulation."""
    return level(course, (float(course.time[0]), 0.0))


def level(course: Course, at: Span) -> float:
    """Value at a moment, or mean of the records of a span; those of rates hold over the interval before them."""
    return float(responses(course, at))


def half_time_rise(course: Course, until: Span) -> float:
    """Minutes from the stimulation until half of the change is done that is reached by `until`."""
    return _crossing(course, 0.0, (basal(course) + level(course, until)) / 2.0, rising=True)


def half_time_fall(course: Course) -> float:
    """Minutes from the washout until half of the way back to the level before the stimulation is done."""
    if course.washout is None:
        raise NoValue("insulin is not washed out")
    reached = level(course, (course.washout, course.washout))
    return _crossing(course, course.washout, (basal(course) + reached) / 2.0, rising=False)


def share_of_peak(course: Course, at: Span) -> float:
    """Rise over the level before the stimulation, as percent of the largest."""
    start = basal(course)
    return 100.0 * (level(course, at) - start) / (float(np.nanmax(course.values)) - start)


def change(course: Course, at: Span, since: Span = (0.0, 0.0)) -> float:
    """Percent by which a later value, or mean over a span, differs from an earlier one, at first that of time 0."""
    return 100.0 * (level(course, at) / level(course, since) - 1.0)


def peak_to_trough(course: Course, at: Span) -> float:
    """Largest over smallest value within a span."""
    inside = _within(course, at).values
    return float(inside.max() / inside.min())


def highest(course: Course, at: Span) -> float:
    """Largest value within a span."""
    return float(_within(course, at).values.max())


def area(course: Course, at: Span) -> float:
    """Area under the course within a span, in units of value times hours."""
    inside = _within(course, at)
    return float(np.trapezoid(inside.values, inside.time)) / HOUR


def _within(course: Course, at: Span) -> Course:
    """The part of a course within a span."""
    inside = (course.time >= at[0]) & (course.time <= at[1])
    if course.time[-1] < at[1] or inside.sum() < 2:
        raise NoValue("the span is not recorded")
    return course._replace(time=course.time[inside], values=course.values[inside])


def onset(course: Course, since: Span = (0.0, 0.0)) -> float:
    """Hours from a moment, at first time 0, until half of the largest fall since then is done.

    Chance makes the lowest record too low: looked for in the running mean over SMOOTHING, centred. Records further
    apart than that are taken as they are.
    """
    time, values = running_mean(course.time, course.values, SMOOTHING)
    if len(time) < len(course.time):
        time = time - SMOOTHING / 2.0
    start, first = since[0], float(np.interp(since[0], time, values))
    lowest = float(values[time >= start].min())
    if not lowest < first:
        raise NoValue("it does not fall")
    smooth = Course(np.append(start, time[time > start]), np.append(first, values[time > start]), None, course.doses)
    return _crossing(smooth, start, (first + lowest) / 2.0, rising=False) * MINUTE / HOUR


def ec50(course: Course, at: Span) -> float:
    """Insulin [nM] that gives half of the response, by a Hill fit."""
    fit = fit_hill(course.doses, responses(course, at))
    if fit.ec50 is None:
        raise NoValue("; ".join(filter(None, (STATUS[fit.status], fit.remark))))
    return fit.ec50.value


def rms_deviation(course: Course, data: Reference) -> float:
    """Root mean square of the distance from a published curve, at its whole minutes."""
    return float(np.sqrt(np.mean(_deviations(course, data) ** 2)))


def largest_deviation(course: Course, data: Reference) -> float:
    """Largest distance from a published curve, at its whole minutes."""
    return float(np.abs(_deviations(course, data)).max())


def chi_square(course: Course, data: Reference, scaling: str, at: Span | None = None) -> float:
    """Squared distance from published points in units of their errors, per degree of freedom; see `fit_to`."""
    fit = fit_to(course, data, scaling, at)
    return float(np.sum(fit.misses(data) ** 2) / fit.freedom)


def _errors(data: Reference) -> np.ndarray:
    """Standard errors of published points, (n,)."""
    if data.sem is None:
        raise NoValue("the data lack the errors (sem) of their points")
    return data.sem


SCALINGS = ("factor", "factor and offset")


class Fit(NamedTuple):
    """A model scaled to published points."""

    model: np.ndarray  # (n,) at the points
    factor: float
    offset: float
    counted: np.ndarray  # (n,) bool, points that have an error and say something
    freedom: int  # points that count less what was fitted

    def misses(self, data: Reference) -> np.ndarray:
        """How far the model is above each point that counts, in its standard errors."""
        return (self.model - data.y)[self.counted] / _errors(data)[self.counted]


def counting(data: Reference, scaling: str) -> np.ndarray:
    """Which points have an error and say something of a model that is scaled so, (n,) bool; see `fit_to`."""
    counted = _errors(data) > 0.0
    return counted & (data.x > 0.0) if scaling == "factor" else counted


def fit_to(course: Course, data: Reference, scaling: str, at: Span | None = None) -> Fit:
    """Scale the rise of a course over its level at rest to published points in arbitrary units.

    Parameters
    ----------
    course : of all doses if the data are over doses
    scaling
        "factor" for points that were normalised to 0 at rest: the rise times a factor; the point at rest is 0 in
        both by construction and does not count. "factor and offset" for other points
    at : when the responses to doses are taken
    """
    if data.is_dose:
        rows = [int(np.argmin(np.abs(course.doses - dose))) for dose in data.x]
        if not np.allclose(course.doses[rows], data.x):
            raise NoValue("the experiment lacks a dose of the data")
        if at is None:
            raise NoValue("it is not said when responses to doses are taken")
        level_at = responses(course, at)
        rise = level_at[rows] - level_at[np.argmin(course.doses)]
    else:
        rise = np.array([level(course, (x, x)) for x in data.x]) - basal(course)
    counted = counting(data, scaling)
    columns = np.stack([rise, np.ones_like(rise)], axis=1)
    if scaling == "factor":
        columns = columns[:, :1]
    weight = 1.0 / _errors(data)[counted]
    solution, *_ = np.linalg.lstsq(columns[counted] * weight[:, None], data.y[counted] * weight)
    factor, offset = (*map(float, solution), 0.0)[:2]
    return Fit(columns @ solution, factor, offset, counted, int(counted.sum()) - len(solution))


def responses(course: Course, at: Span) -> np.ndarray:
    """As `level`, of every dose where there are several."""
    since, until = at
    if since < course.time[0] or until > course.time[-1]:
        raise NoValue(f"nothing is recorded at {(until if until > course.time[-1] else since) / MINUTE:g} min")
    if since < until:
        return course.values[..., (course.time > since) & (course.time <= until)].mean(axis=-1)
    after = min(int(np.searchsorted(course.time, until, side="right")), len(course.time) - 1)
    share = (until - course.time[after - 1]) / (course.time[after] - course.time[after - 1])
    return (1.0 - share) * course.values[..., after - 1] + share * course.values[..., after]


def _crossing(course: Course, start: float, threshold: float, rising: bool) -> float:
    seconds = crossing(course.time, course.values, start, threshold, rising)
    if seconds is None:
        raise NoValue("half of the change is not reached")
    return seconds / MINUTE


def _deviations(course: Course, data: Reference) -> np.ndarray:
    minutes = np.arange(np.ceil(data.x[0] / MINUTE), np.floor(data.x[-1] / MINUTE) + 1.0) * MINUTE
    found = [level(course, (minute, minute)) for minute in minutes]
    return np.array(found) - np.interp(minutes, data.x, data.y)


class Measure(NamedTuple):
    """A measurement, and what a suite file must and may say about it."""

    function: Callable[..., float]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    needs_rest: bool = False  # whether it compares with the time before the stimulation


MEASURES: Mapping[str, Measure] = {
    "basal": Measure(basal, needs_rest=True),
    "level": Measure(level, ("at",)),
    "half_time_rise": Measure(half_time_rise, ("until",), needs_rest=True),
    "half_time_fall": Measure(half_time_fall, needs_rest=True),
    "share_of_peak": Measure(share_of_peak, ("at",), needs_rest=True),
    "change": Measure(change, ("at",), ("since",)),
    "peak_to_trough": Measure(peak_to_trough, ("at",)),
    "highest": Measure(highest, ("at",)),
    "area": Measure(area, ("at",)),
    "onset": Measure(onset, (), ("since",)),
    "ec50": Measure(ec50, ("at",)),
    "rms_deviation": Measure(rms_deviation, ("data",)),
    "largest_deviation": Measure(largest_deviation, ("data",)),
    "chi_square": Measure(chi_square, ("data", "scaling"), ("at",), needs_rest=True),
}


# ---- measurements set against others ----


class Contrast(NamedTuple):
    """How a measurement is set against others."""

    references: int  # how many others
    function: Callable[..., float]  # of the measurement and the others


CONTRASTS: Mapping[str, Contrast] = {
    "": Contrast(0, lambda value: value),
    "ratio": Contrast(1, lambda value, other: value / other),
    "difference": Contrast(1, lambda value, other: value - other),
    "percent change": Contrast(1, lambda value, other: 100.0 * (value / other - 1.0)),
    "percent rescued": Contrast(2, lambda value, lost, whole: 100.0 * (value - lost) / (whole - lost)),
}
