"""The levels, drugs and effects that are known, read from data/*.toml and checked; effects may be overridden.

Numbers are in the entry's own unit (a level's, a drug's) and times in s from here on.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from math import log
from pathlib import Path
from typing import TYPE_CHECKING

from glut4sim.sim.endocrine.modulation import STEPS
from glut4sim.sim.inputs.errors import InputError, describe, unknown
from glut4sim.sim.inputs.fields import take, words
from glut4sim.sim.inputs.units import SPAN, Kind, convert, dose_kind, level_kind, write
from glut4sim.sim.model.parameters import EVIDENCE

if TYPE_CHECKING:
    from glut4sim.sim.endocrine.pharmacokinetics import Kinetics

DATA = Path(__file__).parent / "data"
SEXES = ("man", "woman")
RHYTHMS = ("pulses", "day", "cycle")
KINDS = ("genomic", "non-genomic", "body", "drug")
HIGHEST = 1e4  # times the reference: no level is set higher
BODY = ("age", "visceral_fat", "subcutaneous_fat", "lean_mass")  # levels that are no hormones: set in [body]


@dataclass(frozen=True)
class Level:
    """What circulates or makes up the body.

    Attributes
    ----------
    kind : unit, and how it is read and written
    reference : sex -> value in the healthy, 30 years old
    rate : of its turnover [1/s]; 0 for a constant
    rhythm : one of RHYTHMS, or empty
    """

    name: str
    title: str
    kind: Kind
    reference: Mapping[str, float]
    rate: float
    rhythm: str
    source: str
    evidence: str

    @property
    def unit(self) -> str:
        """Unit of its values."""
        return self.kind.unit


@dataclass(frozen=True)
class Drug:
    """What can be given.

    Attributes
    ----------
    kind : unit of its concentration
    dose_kind : unit in which its doses are counted
    delivers : level that its concentration adds to; empty if it acts through effects
    bioavailability : share of a dose that arrives; counted in `kinetics` already
    usual : usual regimen, in words
    standing : regulatory note
    """

    name: str
    title: str
    route: str
    target: str
    kind: Kind
    dose_kind: Kind
    delivers: str
    kinetics: "Kinetics"
    bioavailability: float
    usual: str
    source: str
    evidence: str
    standing: str

    @property
    def unit(self) -> str:
        """Unit of its concentration."""
        return self.kind.unit


@dataclass(frozen=True)
class Effect:
    """What a driver does to its target; see sim/endocrine/model.py for the equations.

    Attributes
    ----------
    driver : name of a level or a drug
    target : name of a level, whose production it multiplies, or of a step of the cell
    gain, half, hill : of the Hill form; half in the driver's unit
    power : of the power form, else None
    lag, stages : mean delay [s] and number of compartments that make it
    opposed_by, opposed_half, opposed_hill : level that takes the effect away
    plausible : low, high of the gain, or the power
    """

    name: str
    title: str
    driver: str
    target: str
    sex: str
    receptor: str
    gain: float
    half: float
    hill: float
    power: float | None
    lag: float
    stages: int
    opposed_by: str
    opposed_half: float
    opposed_hill: float
    plausible: tuple[float, float]
    kind: str
    source: str
    evidence: str
    disagreement: str

    @property
    def acts_on_cell(self) -> bool:
        """Whether its target is a step of the cell."""
        return self.target in STEPS


# ---- reading ----


def _one_of(allowed: tuple[str, ...]) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in allowed:
            raise unknown("value", words(value), allowed)
        return value

    return read


def _number(low: float, high: float) -> Callable[[object], float]:
    def read(value: object) -> float:
        number = convert(value, "1", f"a number from {low:g} to {high:g}")
        if not low <= number <= high:
            raise InputError(f"expected a number from {low:g} to {high:g}, got {describe(value)}.")
        return number

    return read


def _whole(value: object) -> int:
    number = _number(1, 100)(value)
    if number != int(number):
        raise InputError(f"expected a whole number, got {describe(value)}.")
    return int(number)


def _range(value: object) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2 or not value[0] < value[1]:
        raise InputError(f"expected two ascending numbers, got {describe(value)}.")
    return float(value[0]), float(value[1])


def _entries(file: str) -> dict[str, dict]:
    return tomllib.loads((DATA / file).read_text("utf-8"))


def _all(file: str, read: Callable) -> dict:
    found = {}
    for name, entry in _entries(file).items():
        try:
            found[name] = read(name, entry)
        except InputError as error:
            raise error.within(name, file) from None
    return found


_GAIN = _number(-1.0, 1000.0)
_POSITIVE = _number(1e-12, 1e12)
_SOURCED = {"source": words, "evidence": _one_of(EVIDENCE)}


@cache
def levels() -> dict[str, Level]:
    """All levels by name."""
    return _all("levels.toml", _level)


def _level(name: str, entry: object) -> Level:
    content = take(
        entry,
        {"title": words, "unit": words, "substance": words, "man": words, "woman": words, "half_life": SPAN.read}
        | {"rhythm": _one_of(RHYTHMS)}
        | _SOURCED,
        required=("title", "unit", "man", "woman", "source", "evidence"),
    )
    unit, substance = content["unit"], content.get("substance")
    reference = {sex: convert(content[sex], unit, f"a value in {unit}", substance) for sex in SEXES}
    kind = level_kind(content["title"], unit, HIGHEST * max(reference.values()), reference["man"], substance)
    rate = log(2.0) / content["half_life"] if "half_life" in content else 0.0
    rhythm = content.get("rhythm", "")
    return Level(name, content["title"], kind, reference, rate, rhythm, content["source"], content["evidence"])


@cache
def drugs() -> dict[str, Drug]:
    """All drugs by name."""
    return _all("drugs.toml", _drug)


def _drug(name: str, entry: object) -> Drug:
    from glut4sim.sim.endocrine.pharmacokinetics import Kinetics

    content = take(
        entry,
        dict.fromkeys(("title", "route", "target", "unit", "substance", "standing", "dose", "every"), words)
        | {"delivers": _one_of(tuple(levels())), "active_fraction": _number(0, 1), "bioavailability": _number(0, 1)}
        | {"absorption_half_life": SPAN.read, "elimination_half_life": SPAN.read, "volume": words}
        | _SOURCED,
        required=("title", "route", "elimination_half_life", "volume", "dose", "source", "evidence", "standing"),
    )
    delivers = content.get("delivers", "")
    if delivers:
        kind = levels()[delivers].kind
    else:
        kind = level_kind(content["title"], content["unit"], 1e12, 1.0, content.get("substance"))
    amount, _, dose_unit = content["dose"].partition(" ")
    doses = dose_kind(_POSITIVE(amount), dose_unit, kind.substance)
    expected = f"a dose that makes a concentration in {kind.unit}"
    per_litre = convert(f"1 {doses.unit}/L", kind.unit, expected, kind.substance)
    litres = convert(content["volume"], "L", 'a volume such as "20 L"')
    bioavailability = content.get("bioavailability", 1.0)
    scale = per_litre * content.get("active_fraction", 1.0) * bioavailability / litres
    absorption = content.get("absorption_half_life")
    kinetics = Kinetics(
        log(2.0) / absorption if absorption else float("inf"), log(2.0) / content["elimination_half_life"], scale
    )
    usual = f"{content['dose']} every {content['every']}" if "every" in content else f"{content['dose']} once"
    return Drug(
        name, content["title"], content["route"], content.get("target", ""), kind, doses, delivers, kinetics,
        bioavailability, usual, content["source"], content["evidence"], content["standing"],
    )  # fmt: skip


@cache
def effects() -> dict[str, Effect]:
    """All effects by name, as the literature has them."""
    return _all("effects.toml", _effect)


def override(changes: Mapping[str, str]) -> dict[str, Effect]:
    """All effects, some with other numbers: {"testosterone-pi3k.gain": "0.5"}; InputError naming the key."""
    if not changes:
        return effects()
    entries = _entries("effects.toml")
    for path, value in changes.items():
        name, _, key = path.partition(".")
        try:
            if name not in entries:
                raise unknown("effect", name, entries, see="See `glut4sim effects list`.")
            allowed = [k for k in _NUMBERS if k in entries[name] or k in _DEFAULTED]
            if not key:
                raise InputError(f"expected one of its numbers, such as {name}.{allowed[0]}.")
            if key not in allowed:
                raise unknown("number of this effect", key, allowed)
            entries[name][key] = value
            _effect(name, entries[name])
        except InputError as error:
            raise InputError(error.sentence, path, key=error.key) from None
    return {name: _effect(name, entry) for name, entry in entries.items()}


_NUMBERS = ("gain", "half", "hill", "power", "lag", "stages", "opposed_half", "opposed_hill")
_DEFAULTED = ("hill", "lag", "stages")


def substance(name: str) -> Level | Drug:
    """The level or drug of a name."""
    return levels()[name] if name in levels() else drugs()[name]


def _effect(name: str, entry: object) -> Effect:
    drivers = (*levels(), *drugs())

    def of(key: str) -> Callable[[object], float]:
        """Reads a number in the unit of the driver (opponent) that the entry names."""
        return lambda value: substance(_one_of(drivers)(entry.get(key))).kind.read(value)

    content = take(
        entry,
        {"title": words, "driver": _one_of(drivers), "target": _one_of((*levels(), *STEPS)), "sex": _one_of(SEXES)}
        | {"receptor": words, "gain": _GAIN, "gain_range": _range, "half": of("driver"), "hill": _POSITIVE}
        | {"power": _number(-10, 10), "power_range": _range, "lag": SPAN.read, "stages": _whole}
        | {"opposed_by": _one_of(tuple(levels())), "opposed_half": of("opposed_by"), "opposed_hill": _POSITIVE}
        | {"kind": _one_of(KINDS), "disagreement": words}
        | _SOURCED,
        required=("title", "driver", "target", "kind", "source", "evidence"),
    )
    form, other = ("power", "gain") if "power" in content else ("gain", "power")
    needed = (form, f"{form}_range") if form == "power" else (form, f"{form}_range", "half")
    for key in needed:
        if key not in content:
            raise InputError(f"{describe(key)} is missing.")
    if other in content or ("opposed_by" in content) != ("opposed_half" in content):
        raise InputError("expected either gain and half, or power; opposed_by goes with opposed_half.")
    if content.get("half", 1.0) == 0.0 or content.get("opposed_half", 1.0) == 0.0:
        raise InputError("expected a half above 0.")
    return Effect(
        name,
        content["title"],
        content["driver"],
        content["target"],
        content.get("sex", ""),
        content.get("receptor", ""),
        content.get("gain", 0.0),
        content.get("half", 1.0),
        content.get("hill", 1.0),
        content.get("power"),
        content.get("lag", 0.0),
        content.get("stages", 1),
        content.get("opposed_by", ""),
        content.get("opposed_half", 1.0),
        content.get("opposed_hill", 1.0),
        content[f"{form}_range"],
        content["kind"],
        content["source"],
        content["evidence"],
        content.get("disagreement", ""),
    )


def receptors() -> tuple[str, ...]:
    """Hormone receptors that some effect needs, and that can be blocked."""
    return tuple(sorted({e.receptor for e in effects().values()} - {""}))


def describe_strength(effect: Effect) -> str:
    """Its form and numbers in a few words: "up to +90 %, half at 400 ng/dL"."""
    if effect.power is not None:
        return f"in proportion to the power {effect.power:g}"
    return f"up to {100.0 * effect.gain:+g} %, half at {write(effect.half, substance(effect.driver).unit)}"
