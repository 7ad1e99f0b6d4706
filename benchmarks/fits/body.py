"""Fit the body with its loop closed: muscle, fat and liver, whose entries in the preset say `fit = "body"`.

    python -m glut4sim.benchmarks.fits.body [--evaluations 60]     as `make fit-body` does

How many cells a kilogram holds, the gain of muscle, how insulin gets to the cells, what the liver makes, and what stays
in liver and gut are fitted to NUMBERS, none of which is held out in benchmarks/clinical.toml, and to the meal of Dalla
Man et al. (2007), insulin on the rescaled axis, with fasting insulin. Then, with these, how much of what hormones do
to a cell is seen in a body (`hormones.power`), to OF_HORMONES; and the liver of type 2 diabetes, to fasting glucose.

Least squares over logarithms, from where the values are; the range of each is a prior, normal,
of two standard deviations to either side. What is found, to DIGITS digits, goes into sim/body/presets/healthy.toml;
draws from the normal distribution about it, whose covariance follows from the residuals' slopes, into
healthy.posterior.csv beside it; how each datum was met into docs/fits/body/report.md.
"""

import argparse
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from time import process_time

import numpy as np
from scipy.optimize import brentq, least_squares, minimize_scalar

from glut4sim.benchmarks.fits.adopt import DIGITS, with_values
from glut4sim.sim.body.body import Body
from glut4sim.sim.body.engine import BodyEngine
from glut4sim.sim.body.organs import BODIES, organs_preset
from glut4sim.sim.body.protocols import Clamp
from glut4sim.sim.body.simulate import simulate
from glut4sim.sim.endocrine import meal
from glut4sim.sim.endocrine.meal import MG_PER_DL
from glut4sim.sim.reporting.markdown import table
from glut4sim.sim.reporting.numbers import rounded
from glut4sim.sim.scenario.draws import Draws, write_draws
from glut4sim.sim.studies.benchmark import clinical, clinical_run
from glut4sim.sim.studies.benchmark.clinical import ClinicalNumbers
from glut4sim.sim.studies.benchmark.clinical_people import someone
from glut4sim.sim.studies.body.doubt import Drawn, Values

PRESET, FIT = "healthy", "body"
NUMBERS = (  # each with a standard deviation of a quarter of its band
    "bergman1985-m",
    "nuutila1995-men",
    "nuutila1995-muscle-men",
    "virtanen2005-abdominal",
    "virtanen2005-femoral",
    "rizza1981-utilisation",
    "rizza1981-maximum",
    "rizza1981-half-suppression",
    "rizza1981-suppression",
    "defronzo2004-production",
    "textbook-fasting",
    "dallaman2007-glucose",
    "dallaman2007-insulin",
    "dallaman2007-production",
    "dallaman2007-utilisation",
)
OF_HORMONES = (
    "ferrannini1996-decade",
    "dhindsa2016-hypogonadal",
    "dhindsa2016-therapy",
    "yialamas2007-matsuda",
    "polderman1994-women",
    "salpeter2006-homa",
    "roden1996-6h",
)
DIABETIC_BRACKET = (2.5, 5.0)  # mg/kg/min
POWER, POWERS, POWER_DIGITS = "hormones.power", (0.5, 3.0), 0.01
FLOW, GAIN = 1.4, "muscle.in_vivo_gain"  # by what blood flow rises in the healthy, and not in type 2 diabetes
DIABETES, PRODUCTION, FASTING_GLUCOSE = "type-2-diabetes", "liver.production", "textbook-fasting-t2d"
MEAL = clinical_run.Test("middle-aged", "meal")
CARBOHYDRATE = 78.0  # g, of that meal
MINUTES = np.arange(30.0, 301.0, 30.0)  # of the meal's course
GLUCOSE_SD, INSULIN_SD = 5.0, 0.06  # mg/dL, and share of the peak
ALIKE = 2.5**0.5  # times the deviation, of a point of a course: ten neighbours say as much as four numbers
FASTING_SD = 0.075  # of insulin: a quarter of the band of a number without an error
SUPPRESSED, SUPPRESSED_SD = 82.5, 3.75  # percent of production at 2 h of a clamp: 75 to 90 (a clamp of 40 mU/m2/min)
SAME = {"fat.interstitial_rate": "muscle.interstitial_rate"}
DOCUMENT = Path(__file__).parents[2] / "docs" / "fits" / "body" / "report.md"
STEP = 0.02  # of a logarithm, that tells a slope
LEAST = 0.02  # of a value that may be nil: the smallest share of it that is tried
DRAWS, TRIES, SEED = 200, 20_000, 1
PM_PER_NM = 1e3


@dataclass(frozen=True)
class Problem:
    """What is fitted, to what.

    Attributes
    ----------
    suite : ClinicalNumbers
        With the numbers that are fitted to, and no others.
    names, start, low, high : (n,)
        Of the free values, in the units of the preset.
    """

    suite: ClinicalNumbers
    names: tuple[str, ...]
    units: tuple[str, ...]
    start: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def values(self, x: np.ndarray) -> Values:
        """The values at logarithms of what is free over the start."""
        found = dict(zip(self.names, self.start * np.exp(x)))
        units = dict(zip(self.names, self.units))
        tied = {name: found[other] for name, other in SAME.items()}
        units |= {name: units[other] for name, other in SAME.items()}
        return tuple((name, f"{value:.9g} {units[name]}") for name, value in (found | tied).items())


@dataclass(frozen=True)
class Datum:
    """What was asked for, and what a body gave, with the standard deviation that is allowed."""

    name: str
    published: float
    sd: float
    found: float

    @property
    def residual(self) -> float:
        return (self.found - self.published) / self.sd


def only(names: tuple[str, ...]) -> ClinicalNumbers:
    """The published numbers of these names; ValueError if one is held out."""
    suite = clinical.load("clinical")
    chosen = {number.datum.id: number for number in suite.numbers}
    for name in names:
        if not chosen[name].fitted:
            raise ValueError(f"{name} is held out")
    return replace(suite, numbers=tuple(chosen[name] for name in names))


def problem() -> Problem:
    """What is free, and what it is fitted to; ValueError if that is held out."""
    free = [p for p in organs_preset(PRESET).parameters.values() if p.fit == FIT and p.name not in SAME]
    start, low, high = (np.array([getattr(p, key) for p in free]) for key in ("value", "low", "high"))
    names, units = (tuple(getattr(p, key) for p in free) for key in ("name", "unit"))
    return Problem(only(NUMBERS), names, units, start, np.maximum(low, LEAST * start), high)


def _answers(suite: ClinicalNumbers, courses) -> list[Datum]:
    found = []
    for number in suite.numbers:
        low, high = number.told.band
        value = clinical_run.answer(number, courses)
        found.append(Datum(number.datum.id, number.told.value, (high - low) / 4.0, value))
    return found


def data(asked: Problem, x: np.ndarray) -> list[Datum]:
    """What a body gives for every datum."""
    suite = asked.suite
    (courses,) = clinical_run.courses_of(suite, [Drawn(asked.values(x))])
    found = _answers(suite, courses)
    (eaten,) = courses[MEAL]
    body = Body.of(values=dict(asked.values(x)))  # of whose hormones nothing is said
    clamp = simulate(body, Clamp(duration=7200.0), exchange=clinical_run.EXCHANGE).numbers
    name = "clamp, production suppressed"
    found.append(Datum(name, SUPPRESSED, SUPPRESSED_SD, clamp["production_suppressed_2h"]))
    basal = meal.NORMAL.basal_insulin / eaten.clearance_scale
    found.append(Datum("meal, fasting insulin", basal, FASTING_SD * basal, float(eaten["insulin"][0])))
    glucose, insulin = meal.solve([meal.Meal(0.0, CARBOHYDRATE)], 60.0 * MINUTES)
    insulin = insulin * PM_PER_NM / eaten.clearance_scale
    for at, sugar, hormone in zip(MINUTES.tolist(), MG_PER_DL * glucose, insulin):
        name, here = f"at {at:.0f} min", MG_PER_DL * eaten.at(at, eaten["glucose"])
        found.append(Datum(f"meal, glucose {name}", sugar, ALIKE * GLUCOSE_SD, here))
        here = eaten.at(at, eaten["insulin"])
        found.append(Datum(f"meal, insulin {name}", hormone, ALIKE * INSULIN_SD * insulin.max(), here))
    return found


def fit(asked: Problem, evaluations: int) -> tuple[np.ndarray, np.ndarray]:
    """The best logarithms, and their covariance, wider where the data are missed by more than their deviations."""
    low, high = (np.log(limit / asked.start) for limit in (asked.low, asked.high))
    middle, sd = 0.5 * (low + high), 0.25 * (high - low)

    def residuals(x):
        found = np.array([datum.residual for datum in data(asked, x - 1.0)])
        sys.stderr.write(f"{float(found @ found):10.4f}  {process_time():7.0f} s\n")
        return np.append(found, (x - 1.0 - middle) / sd)

    begin = np.ones(len(asked.names))  # not 0, of which no share is a step
    limits = 1.0 + low, 1.0 + high
    found = least_squares(residuals, begin, bounds=limits, diff_step=STEP, max_nfev=evaluations, xtol=1e-3, ftol=1e-2)
    of_data, slopes = found.fun[: -len(begin)], found.jac[: -len(begin)]
    excess = max(1.0, float(of_data @ of_data) / (len(of_data) - len(begin)))
    return found.x - 1.0, np.linalg.inv(slopes.T @ slopes / excess + np.diag(sd**-2))


def of_hormones(values: Values) -> list[Datum]:
    """What bodies with these numbers give for the trials of hormones."""
    suite = only(OF_HORMONES)
    (courses,) = clinical_run.courses_of(suite, [Drawn(values)])
    return _answers(suite, courses)


def fitted_power(values: Values) -> Values:
    """The power of hormones' factors with which the other numbers answer best, to POWER_DIGITS."""

    def excess(power):
        found = sum(datum.residual**2 for datum in of_hormones(_with(values, POWER, f"{power:.9g} 1")))
        sys.stderr.write(f"power {power:.3f}: {found:10.4f}\n")
        return found

    best = minimize_scalar(excess, bounds=POWERS, method="bounded", options={"xatol": POWER_DIGITS}).x
    return _with(values, POWER, f"{round(float(best) / POWER_DIGITS) * POWER_DIGITS:.4g} 1")


def diabetic(values: Values) -> Values:
    """The gain of muscle in type 2 diabetes, and what the liver must make for fasting glucose to be as published."""
    gain, unit = dict(values)[GAIN].split()
    own = ((GAIN, f"{float(gain) / FLOW:.{DIGITS}g} {unit}"),)
    suite = only((FASTING_GLUCOSE,))
    (number,) = suite.numbers
    told, unit = suite.people[number.told.person], organs_preset(DIABETES).find(PRODUCTION).unit
    usual = someone(told, "fasting", None, Drawn(values)).body.replaced(dict(own))

    def above(production):
        engine = BodyEngine(usual.replaced({PRODUCTION: f"{production!r} {unit}"}))
        return engine.fasting / MG_PER_DL - number.told.value

    return (*own, (PRODUCTION, f"{brentq(above, *DIABETIC_BRACKET, xtol=1e-4):.{DIGITS}g} {unit}"))


def _with(values: Values, name: str, value: str) -> Values:
    return tuple((dict(values) | {name: value}).items())


def draws(asked: Problem, x: np.ndarray, covariance: np.ndarray) -> Draws:
    """Values about the best, of those within their ranges."""
    drawn = np.random.default_rng(SEED).multivariate_normal(x, covariance, size=TRIES)
    values = asked.start * np.exp(drawn)
    values = values[np.all((values >= asked.low) & (values <= asked.high), axis=1)][:DRAWS]
    if len(values) < DRAWS:
        raise ValueError(f"only {len(values)} of {TRIES} draws lie within the ranges")
    names = [*asked.names, *SAME]
    columns = [asked.names.index(SAME.get(name, name)) for name in names]
    units = tuple(asked.units[column] for column in columns)
    return Draws(tuple(names), units, values[:, columns], "draws of the fit of the body")


def page(asked: Problem, x: np.ndarray, covariance: np.ndarray, found: list[Datum], values: Values) -> str:
    """The report of a fit, in Markdown."""
    sd = np.sqrt(np.diag(covariance))
    best = asked.start * np.exp(x)
    rows = [
        (name, rounded(value, DIGITS), unit, f"{100.0 * one:.0f} %", f"{rounded(low)} to {rounded(high)}")
        for name, value, unit, one, low, high in zip(asked.names, best, asked.units, sd, asked.low, asked.high)
    ]
    power, hormonal = dict(values)[POWER].split()[0], of_hormones(values)
    columns = ["Datum", "Published", "SD", "Body", "Residual [SD]"]
    chi2 = sum(one.residual**2 for one in found)
    return "\n".join(
        [
            "# Fit of the body",
            "",
            "Written by `make fit-body`; not edited by hand. What was held out in `benchmarks/clinical.toml` has no "
            "part in it.",
            "",
            f"The sum of squared residuals is {chi2:.1f}, of {len(found)} data and {len(x)} free values. Standard "
            "errors are of the logarithm, and larger by the square root of what the data are missed by.",
            "",
            table(["Value", "Fitted", "Unit", "Standard error", "Range"], rows, "lrlrl"),
            "",
            "## How the data are met",
            "",
            table(columns, _met(found), "lrrrr"),
            "",
            "## Hormones",
            "",
            f"The factors by which hormones multiply steps of cells are raised to the power {power} in a body.",
            "",
            table(columns, _met(hormonal), "lrrrr"),
            "",
        ]
    )


def _met(found: list[Datum]) -> list[tuple[str, ...]]:
    return [
        (one.name, rounded(one.published), rounded(one.sd), rounded(one.found), f"{one.residual:+.1f}") for one in found
    ]


def _put(file: Path, values: Values) -> None:
    """Write values, to DIGITS digits, where a preset has them."""
    texts = {name: f"{float(text.split()[0]):.{DIGITS}g}" for name, text in values}
    file.write_text(with_values(file.read_text("utf-8"), texts), "utf-8")


def main(arguments: list[str] | None = None) -> None:
    """Fit, and put what was found where the program reads it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--evaluations", type=int, default=60)
    asked = problem()
    x, covariance = fit(asked, parser.parse_args(arguments).evaluations)
    values = fitted_power(asked.values(x))
    of_diabetes = diabetic(values)
    DOCUMENT.parent.mkdir(parents=True, exist_ok=True)
    DOCUMENT.write_text(page(asked, x, covariance, data(asked, x), values), "utf-8")
    file = BODIES.folder / f"{PRESET}.toml"
    write_draws(file.with_suffix(".posterior.csv"), draws(asked, x, covariance))
    _put(file, values)
    _put(BODIES.folder / f"{DIABETES}.toml", of_diabetes)


if __name__ == "__main__":
    sys.exit(main())
