"""What a test of a body gives: series over time, and the numbers that clinicians read from them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from glut4sim.sim.body.body import Body
from glut4sim.sim.body.organs import PMOL_PER_MU
from glut4sim.sim.body.protocols import Clamp, Eaten, Protocol
from glut4sim.sim.endocrine.meal import MG_PER_DL

SERIES = {  # name: unit, in words
    "time": ("s", "time"),
    "glucose": ("mg/dL", "plasma glucose"),
    "insulin": ("pM", "plasma insulin"),
    "tissue_glucose": ("mM", "glucose between the cells"),
    "muscle_insulin": ("pM", "insulin between the fibres of muscle"),
    "fat_insulin": ("pM", "insulin between fat cells"),
    "production": ("mg/(kg*min)", "endogenous glucose production"),
    "infusion": ("mg/(kg*min)", "glucose infusion rate"),
    "muscle_uptake": ("mg/(kg*min)", "glucose uptake of muscle, per kg of body"),
    "fat_uptake": ("mg/(kg*min)", "glucose uptake of fat, per kg of body"),
    "splanchnic_uptake": ("mg/(kg*min)", "glucose uptake of liver and gut, per kg of body"),
    "other_uptake": ("mg/(kg*min)", "glucose uptake of brain and blood cells, per kg of body"),
    "fatty_acids": ("mM", "fatty acids in plasma; none where nothing is said of hormones"),
}
HOUR, READ_OVER = 3600.0, 1800.0  # s: what a clamp says at an hour is the mean of the half hour before
HOURS = (2, 3, 6)
OGTT_MINUTES = (0, 30, 60, 90, 120)
UMOL_PER_MG = 1e3 / 180.156


@dataclass(frozen=True)
class BodyResult:
    """What a test of a body gave.

    Attributes
    ----------
    body : Body
    protocol : Protocol
    series : mapping
        Name of `SERIES` -> (K,), from the start; each at the end of an exchange.
    numbers : mapping
        By name, in the units of `UNITS`.
    books : mapping
        As BodyEngine.books, at the end.
    """

    body: Body
    protocol: Protocol
    series: Mapping[str, np.ndarray]
    numbers: Mapping[str, float]
    books: Mapping[str, float]

    @property
    def unaccounted(self) -> float:
        """Glucose that came in and is nowhere [mg/kg]: rounding."""
        b = self.books
        return b["eaten"] + b["infused"] + b["produced"] - b["used"] - b["excreted"] - b["stored"]


def homa_ir(glucose: float, insulin: float) -> float:
    """Of fasting glucose [mM] and insulin [uU/mL]: Matthews et al., Diabetologia 28:412 (1985)."""
    return glucose * insulin / 22.5


def homa_beta(glucose: float, insulin: float) -> float:
    """In percent, of fasting glucose [mM] and insulin [uU/mL], there; nan where glucose is 3.5 mM or less."""
    return 20.0 * insulin / (glucose - 3.5) if glucose > 3.5 else float("nan")


def matsuda(glucose: np.ndarray, insulin: np.ndarray) -> float:
    """Of glucose [mg/dL] and insulin [uU/mL] at the times of a glucose drink: Matsuda, DeFronzo, Diabetes Care 22:1462
    (1999); nan without insulin."""
    product = glucose[0] * insulin[0] * glucose.mean() * insulin.mean()
    return 1e4 / float(np.sqrt(product)) if product > 0.0 else float("nan")


def numbers(body: Body, protocol: Protocol, series: Mapping[str, np.ndarray]) -> dict[str, float]:
    """What clinicians read from the series of a test."""
    time, glucose, insulin = series["time"], series["glucose"], series["insulin"] / PMOL_PER_MU
    fasting = glucose[0] / MG_PER_DL
    found = {
        "fasting_glucose": fasting,
        "fasting_insulin": insulin[0],
        "homa_ir": homa_ir(fasting, insulin[0]),
        "homa_beta": homa_beta(fasting, insulin[0]),
        "fasting_production": series["production"][0],
    }
    if isinstance(protocol, Clamp):
        for hour in HOURS:
            if time[-1] >= hour * HOUR:
                found |= _steady(body, series, time, hour)
    elif isinstance(protocol, Eaten):
        found |= _eaten(time, glucose, insulin)
    return {name: float(value) for name, value in found.items()}


def _steady(body: Body, series, time, hour: int) -> dict[str, float]:
    """Of a clamp, the means over the half hour before an hour."""
    over = (time > hour * HOUR - READ_OVER) & (time <= hour * HOUR + 1e-6)
    mean = {name: values[over].mean() for name, values in series.items()}
    ends = series["glucose"][over]
    # glucose that only raised what is in plasma was not disposed of: DeFronzo et al. 1979
    space = body.organs.glucose.volume * (ends[-1] - ends[0]) / ((over.sum() - 1) * (time[1] - time[0]) / 60.0)
    total = sum(mean[f"{of}_uptake"] for of in ("muscle", "fat", "splanchnic", "other"))
    m, person = mean["infusion"] - space, body.person
    suppression = 100.0 * (1.0 - mean["production"] / series["production"][0])
    found = {
        "gir": mean["infusion"],
        "m": m,
        "m_per_lean": m * person.mass / person.lean_mass,
        "m_per_surface": m * person.mass / person.surface,
        "glucose": mean["glucose"],
        "insulin": mean["insulin"] / PMOL_PER_MU,
        "production": mean["production"],
        "production_suppressed": suppression,
        "disposal": total,
        "muscle_share": 100.0 * mean["muscle_uptake"] / total,
        "fat_share": 100.0 * mean["fat_uptake"] / total,
        "splanchnic_share": 100.0 * mean["splanchnic_uptake"] / total,
        "muscle_per_kg": mean["muscle_uptake"] * UMOL_PER_MG * person.mass / body.mass("muscle"),
        "fat_per_kg": mean["fat_uptake"] * UMOL_PER_MG * person.mass / body.mass("fat"),
        "muscle_gain": body.own_organs.muscle.gain(mean["muscle_insulin"])
        / body.own_organs.muscle.gain(series["muscle_insulin"][0]),
    }
    return {f"{name}_{hour}h": value for name, value in found.items()}


def _eaten(time, glucose, insulin) -> dict[str, float]:
    """After a meal or a drink."""
    minutes = time / 60.0
    at = [minute for minute in OGTT_MINUTES if minute <= minutes[-1]]
    sugar, hormone = (np.interp(at, minutes, values) for values in (glucose, insulin))
    found = {f"glucose_{minute}min": value for minute, value in zip(at, sugar)}
    found |= {f"insulin_{minute}min": value for minute, value in zip(at, hormone)}
    hours = minutes / 60.0
    found |= {
        "glucose_peak": glucose.max(),
        "glucose_peak_time": minutes[glucose.argmax()],
        "insulin_peak": insulin.max(),
        "insulin_peak_time": minutes[insulin.argmax()],
        "glucose_area": np.trapezoid(glucose, hours),
        "insulin_area": np.trapezoid(insulin, hours),
        "glucose_area_above_fasting": np.trapezoid(glucose - glucose[0], hours),
        "insulin_area_above_fasting": np.trapezoid(insulin - insulin[0], hours),
    }
    if at[-1] == OGTT_MINUTES[-1]:
        found["matsuda"] = matsuda(sugar, hormone)
    return found


_RATE, _SUGAR, _HORMONE = "mg/(kg*min)", "mg/dL", "uU/mL"
_AT_HOURS = {
    "gir": (_RATE, "glucose infusion rate"),
    "m": (_RATE, "M: glucose infusion, less what raised plasma glucose"),
    "m_per_lean": (_RATE, "M per kg of lean mass"),
    "m_per_surface": ("mg/(m2*min)", "M per m2 of body surface"),
    "glucose": (_SUGAR, "plasma glucose"),
    "insulin": (_HORMONE, "plasma insulin"),
    "production": (_RATE, "endogenous glucose production"),
    "production_suppressed": ("percent", "suppression of endogenous production"),
    "disposal": (_RATE, "glucose taken up by all tissues"),
    "muscle_share": ("percent", "share of muscle in it"),
    "fat_share": ("percent", "share of fat in it"),
    "splanchnic_share": ("percent", "share of liver and gut in it"),
    "muscle_per_kg": ("umol/(kg*min)", "uptake of muscle"),
    "fat_per_kg": ("umol/(kg*min)", "uptake of adipose tissue"),
    "muscle_gain": ("1", "gain of muscle in the body over that at rest: what the cell does not explain"),
}
UNITS = {  # name: unit, in words
    "fasting_glucose": ("mM", "fasting glucose"),
    "fasting_insulin": (_HORMONE, "fasting insulin"),
    "homa_ir": ("1", "HOMA-IR"),
    "homa_beta": ("percent", "HOMA-beta"),
    "fasting_production": (_RATE, "fasting glucose production"),
    "glucose_peak": (_SUGAR, "highest glucose"),
    "glucose_peak_time": ("min", "when glucose is highest"),
    "insulin_peak": (_HORMONE, "highest insulin"),
    "insulin_peak_time": ("min", "when insulin is highest"),
    "glucose_area": ("mg/dL*h", "area under glucose"),
    "insulin_area": ("uU/mL*h", "area under insulin"),
    "glucose_area_above_fasting": ("mg/dL*h", "area under glucose, above fasting"),
    "insulin_area_above_fasting": ("uU/mL*h", "area under insulin, above fasting"),
    "matsuda": ("1", "Matsuda index"),
}
UNITS |= {f"glucose_{minute}min": (_SUGAR, f"glucose at {minute} min") for minute in OGTT_MINUTES}
UNITS |= {f"insulin_{minute}min": (_HORMONE, f"insulin at {minute} min") for minute in OGTT_MINUTES}
UNITS |= {f"{n}_{hour}h": (unit, f"{said}, {hour} h") for hour in HOURS for n, (unit, said) in _AT_HOURS.items()}
