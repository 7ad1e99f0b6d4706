"""What is read off the course of a body: M, shares of the tissues, half-times, indices; each in the unit of its table.

MEASURES say something of one course, COMPARED of a course beside a reference's, and OF_MANY of a population, in each of
whom a measure is taken.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, nan, sqrt
from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares

from glut4sim.sim.body.organs import PMOL_PER_MU
from glut4sim.sim.body.person import Person
from glut4sim.sim.endocrine.meal import MG_PER_DL

LAST = 30.0  # min at the end of a clamp over which it is measured
MMOL_PER_MG = 1.0 / (10.0 * MG_PER_DL)  # 1 mM is 18 mg/dL
LEG = 0.27  # of skeletal muscle: half of the 54 % below the waist, Janssen et al., J Appl Physiol 89:81 (2000)
COMPLETE = 0.05  # share of basal production below which its suppression is called complete
SAMPLES = (0.0, 30.0, 60.0, 90.0, 120.0)  # min, of an oral glucose tolerance test


@dataclass(frozen=True)
class Course:
    """A test of a body, over time.

    Attributes
    ----------
    person : mass [kg], surface [m2], muscle and fat [kg]
    age : [yr]
    swallowed : carbohydrate [mg/kg]
    clearance_scale : the clearance of insulin over that of Dalla Man et al. (2007)
    step_ends : when each rate of insulin but the last ends [min]
    series
        name -> (n,) float64: time [min]; glucose, tissue_glucose [mM]; insulin, muscle_insulin, fat_insulin [pM];
        production, infusion, muscle, fat, splanchnic, brain [mg/kg/min]; kept_by_gut [mg/kg since the start];
        muscle_glut4 [copies at the surface]
    """

    person: Person
    age: float
    swallowed: float
    clearance_scale: float
    step_ends: tuple[float, ...]
    series: Mapping[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.series[name]

    @property
    def disposal(self) -> np.ndarray:
        """All glucose that tissues take up [mg/kg/min]."""
        return self["muscle"] + self["fat"] + self["splanchnic"] + self["brain"]

    def last(self, values: np.ndarray) -> float:
        """The mean over the last half hour."""
        return self.before(float(self["time"][-1]), values)

    def before(self, end: float, values: np.ndarray) -> float:
        """The mean over the half hour before a time [min]."""
        time = self["time"]
        return float(values[(time > end - LAST) & (time <= end)].mean())

    def in_steps(self, values: np.ndarray) -> np.ndarray:
        """The value at rest, and the mean over the last half hour of each rate of insulin."""
        return np.array([values[0], *(self.before(end, values) for end in (*self.step_ends, self["time"][-1]))])

    def at(self, minutes: float, values: np.ndarray) -> float:
        """The value at a time [min]."""
        return float(np.interp(minutes, self["time"], values))

    def half_time(self, values: np.ndarray, start: float | None = None) -> float:
        """When half of the way from the start to the mean of the last half hour is gone [min]."""
        start = float(values[0]) if start is None else start
        half = 0.5 * (start + self.last(values))
        there = values >= half if self.last(values) > start else values <= half
        i = int(np.argmax(there))
        if not there[i] or i == 0:
            return nan
        time = self["time"]
        return float(time[i - 1] + (time[i] - time[i - 1]) * (half - values[i - 1]) / (values[i] - values[i - 1]))

    def total(self, values: np.ndarray) -> float:
        """The area under a course [unit x min]."""
        return float(np.trapezoid(values, self["time"]))

    def above_rest(self, values: np.ndarray) -> float:
        """The area above the value at the start [unit x min]."""
        return self.total(values - values[0])

    def per_kg_of(self, tissue: str, values: np.ndarray) -> float:
        """What a kg of a tissue takes up in the last half hour [mg/kg/min]."""
        return self.last(values) * self.person.mass / getattr(self.person, tissue)


class Measure(NamedTuple):
    """How a number is found, and in which unit."""

    find: Callable[[Course], float]
    unit: str


def insulin(course: Course) -> np.ndarray:
    """In plasma [uU/mL]."""
    return course["insulin"] / PMOL_PER_MU


def homa_ir(course: Course) -> float:
    """Matthews et al., Diabetologia 28:412 (1985)."""
    return float(course["glucose"][0] * insulin(course)[0] / 22.5)


def matsuda(course: Course) -> float:
    """Matsuda, DeFronzo, Diabetes Care 22:1462 (1999), from five samples."""
    glucose = [MG_PER_DL * course.at(minutes, course["glucose"]) for minutes in SAMPLES]
    levels = [course.at(minutes, insulin(course)) for minutes in SAMPLES]
    return 1e4 / sqrt(glucose[0] * levels[0] * float(np.mean(glucose)) * float(np.mean(levels)))


def _share(part: Callable[[Course], np.ndarray], of: Callable[[Course], np.ndarray]) -> Callable[[Course], float]:
    return lambda course: 100.0 * float(part(course)[0] / of(course)[0])


def _share_above_rest(part: str) -> Callable[[Course], float]:
    def find(course: Course) -> float:
        both = course.above_rest(course["muscle"]) + course.above_rest(course["fat"])
        return 100.0 * course.above_rest(course[part]) / both

    return find


def half_maximal_disposal(course: Course) -> float:
    """Plasma insulin [uU/mL] at which disposal, with what there is at rest, is half of that at the highest rate."""
    found = course.in_steps(course.disposal)
    return _crossing(course, found / found[-1], 0.5)


def _insulin_that_leaves(course: Course, share: float) -> float:
    """Plasma insulin [uU/mL] that leaves so much of basal production."""
    found = course.in_steps(course["production"])
    return _crossing(course, 1.0 - found / found[0], 1.0 - share)


def _crossing(course: Course, way: np.ndarray, share: float) -> float:
    """Interpolated between the rates, on the logarithm of insulin."""
    if way[-1] < share:
        return inf
    i = max(int(np.argmax(way >= share)), 1)
    logs = np.log(course.in_steps(insulin(course)))
    slope = (share - way[i - 1]) / (way[i] - way[i - 1])
    return float(np.exp(logs[i - 1] + slope * (logs[i] - logs[i - 1])))


def clearance_of_insulin_delayed(course: Course) -> tuple[float, float]:
    """Plasma insulin at half-maximal clearance of glucose [uU/mL], and the half-time of insulin's action [min].

    As Natali et al., Am J Physiol 278:E794 (2000) read both off one clamp of two steps, before either is steady:
    clearance is a Michaelis-Menten function of insulin that acts with a delay. A part that no insulin moves is
    assumed beside it, and the delay is assumed to be of first order. Least squares over the course.
    """
    time, level, clearance = course["time"], insulin(course), course.disposal / course["glucose"]

    def misses(logs):
        half, half_time = np.exp(logs)
        acting = _delayed(time, level, half_time)
        parts = np.stack([np.ones(len(time)), acting / (half + acting)], axis=1)
        return parts @ np.linalg.lstsq(parts, clearance, rcond=None)[0] - clearance

    half, half_time = np.exp(least_squares(misses, np.log([100.0, 30.0]), bounds=np.log([[1.0, 1.0], [1e4, 1e3]])).x)
    return float(half), float(half_time)


def _delayed(time: np.ndarray, values: np.ndarray, half_time: float) -> np.ndarray:
    """What follows values with a half-time, from where they begin; each holds from the time before."""
    there = values.copy()
    for i, stays in enumerate(0.5 ** (np.diff(time) / half_time), 1):
        there[i] = values[i] + (there[i - 1] - values[i]) * stays
    return there


def _fold(values: Callable[[Course], np.ndarray]) -> Callable[[Course], float]:
    return lambda course: course.last(values(course)) / float(values(course)[0])


def _kept_by_splanchnic(course: Course) -> float:
    """What the gut keeps of what was swallowed, and all that its bed takes up meanwhile [mg/kg]."""
    return float(course["kept_by_gut"][-1]) + course.total(course["splanchnic"])


def _from_arteries(course: Course) -> np.ndarray:
    """What liver and gut take up but for what is absorbed: in proportion to glucose."""
    return float(course["splanchnic"][0] / course["glucose"][0]) * course["glucose"]


def _tissues(course: Course) -> np.ndarray:
    return course["muscle"] + course["fat"]


MG, MG_PER_AREA, UU, PM, MM, MINUTES, PERCENT, ONE = (
    "mg/kg/min", "mg/m2/min", "uU/mL", "pM", "mM", "min", "%", "1",
)  # fmt: skip

MEASURES: dict[str, Measure] = {
    "infused": Measure(lambda c: c.last(c["infusion"]), MG),
    "infused_per_area": Measure(lambda c: c.last(c["infusion"]) * c.person.mass / c.person.surface, MG_PER_AREA),
    "disposal": Measure(lambda c: c.last(c.disposal), MG),
    "production": Measure(lambda c: float(c["production"][0]), MG),
    "production_fall": Measure(lambda c: float(c["production"][0]) - c.last(c["production"]), MG),
    "production_least": Measure(lambda c: float(c["production"].min()), MG),
    "insulin": Measure(lambda c: c.last(insulin(c)), UU),
    "insulin_rise": Measure(lambda c: c.last(c["insulin"]) - float(c["insulin"][0]), PM),
    "insulin_peak": Measure(lambda c: float(c["insulin"].max()) * c.clearance_scale, PM),  # on the published axis
    "glucose": Measure(lambda c: float(c["glucose"][0]), MM),
    "glucose_2h": Measure(lambda c: c.at(120.0, c["glucose"]), MM),
    "glucose_peak": Measure(lambda c: MG_PER_DL * float(c["glucose"].max()), "mg/dL"),
    "homa_ir": Measure(homa_ir, ONE),
    "matsuda": Measure(matsuda, ONE),
    "half_time_clearance": Measure(lambda c: clearance_of_insulin_delayed(c)[1], MINUTES),
    "half_time_infused": Measure(lambda c: c.half_time(c["infusion"], 0.0), MINUTES),
    "half_time_interstitial": Measure(lambda c: c.half_time(c["muscle_insulin"]), MINUTES),
    "interstitial_ratio_muscle": Measure(lambda c: c.last(c["muscle_insulin"]) / c.last(c["insulin"]), ONE),
    "interstitial_ratio_fat": Measure(lambda c: c.last(c["fat_insulin"]) / c.last(c["insulin"]), ONE),
    "interstitial_glucose_difference": Measure(lambda c: float(c["glucose"][0] - c["tissue_glucose"][0]), MM),
    "muscle_uptake": Measure(lambda c: c.per_kg_of("muscle", c["muscle"]), MG),
    "fat_uptake": Measure(lambda c: c.per_kg_of("fat", c["fat"]), MG),
    "leg_uptake_fasting": Measure(lambda c: LEG * float(c["muscle"][0]) * c.person.mass, "mg/min"),
    "leg_uptake": Measure(lambda c: LEG * c.at(30.0, c["muscle"]) * c.person.mass, "mg/min"),
    "uptake_peak": Measure(lambda c: float((_tissues(c) + _from_arteries(c)).max()), MG),
    "splanchnic_share_of_meal": Measure(lambda c: 100.0 * _kept_by_splanchnic(c) / c.swallowed, PERCENT),
    "muscle_share_of_meal": Measure(lambda c: 100.0 * c.total(c["muscle"]) / c.swallowed, PERCENT),
    "brain_share": Measure(_share(lambda c: c["brain"], lambda c: c.disposal), PERCENT),
    "splanchnic_share": Measure(_share(lambda c: c["splanchnic"], lambda c: c.disposal), PERCENT),
    "insulin_dependent_share": Measure(_share(_tissues, lambda c: c.disposal), PERCENT),
    "muscle_share": Measure(_share_above_rest("muscle"), PERCENT),
    "fat_share": Measure(_share_above_rest("fat"), PERCENT),
    "muscle_permeability_fold": Measure(_fold(lambda c: c["muscle"] / c["tissue_glucose"]), ONE),
    "half_maximal_disposal": Measure(half_maximal_disposal, UU),
    "half_maximal_clearance": Measure(lambda c: clearance_of_insulin_delayed(c)[0], UU),
    "half_suppression": Measure(lambda c: _insulin_that_leaves(c, 0.5), UU),
    "full_suppression": Measure(lambda c: _insulin_that_leaves(c, COMPLETE), UU),
    "muscle_glut4_rise": Measure(lambda c: 100.0 * (_fold(lambda of: of["muscle_glut4"])(c) - 1.0), PERCENT),
}


def _least(course: Course, reference: Course) -> float:
    """The largest change of what is infused [percent], from the second hour on, over half hours."""
    time = reference["time"]
    changes = []
    for end in np.arange(120.0 + LAST, time[-1] + 1.0, LAST):
        during = (time > end - LAST) & (time <= end)
        changes.append(course["infusion"][during].mean() / reference["infusion"][during].mean() - 1.0)
    return 100.0 * float(min(changes))


def _per_decade(course: Course, reference: Course) -> float:
    """Change of M in ten years of age [mg/kg/min]."""
    find = MEASURES["infused"].find
    return 10.0 * (find(course) - find(reference)) / (course.age - reference.age)


class Compared(NamedTuple):
    """How a number is found of a course beside a reference's, and in which unit."""

    find: Callable[[Course, Course], float]
    unit: str


COMPARED: dict[str, Compared] = {
    "infused_least": Compared(_least, PERCENT),
    "infused_per_decade": Compared(_per_decade, MG),
}


class OfMany(NamedTuple):
    """A measure of each of a population, and what is said of all: the value below which a share lies, or a mean.

    Attributes
    ----------
    low, high
        shares [percent] between which the mean is taken; where they are the same, what lies there
    """

    measure: str
    low: float
    high: float

    @property
    def unit(self) -> str:
        """Of the measure."""
        return MEASURES[self.measure].unit

    def find(self, values: np.ndarray) -> float:
        """Of the values of all people."""
        low, high = np.percentile(values, [self.low, self.high])
        if self.low == self.high:
            return float(low)
        return float(values[(values >= low) & (values <= high)].mean())


OF_MANY: dict[str, OfMany] = {
    "infused_low": OfMany("infused", 2.5, 2.5),
    "infused_high": OfMany("infused", 97.5, 97.5),
    "infused_per_area_lowest_quartile": OfMany("infused_per_area", 0.0, 25.0),
    "infused_per_area_highest_quartile": OfMany("infused_per_area", 75.0, 100.0),
    **{
        f"{measure}_{name}": OfMany(of, share, share)
        for measure, of in (("insulin", "insulin"), ("homa_ir", "homa_ir"))
        for name, share in (("lower_quartile", 25.0), ("median", 50.0), ("upper_quartile", 75.0))
    },
}

ALL = {**MEASURES, **COMPARED, **OF_MANY}
MG_PER_UMOL = 1e-3 / MMOL_PER_MG  # of glucose


def in_unit(value: float, unit: str, wanted: str) -> float:
    """A value in the unit of its source: of glucose as mass or as amount."""
    if unit == wanted:
        return value
    if unit.startswith("mg") and wanted == unit.replace("mg", "umol", 1):
        return value / MG_PER_UMOL
    raise ValueError(f"{wanted} is no unit of {unit}")
