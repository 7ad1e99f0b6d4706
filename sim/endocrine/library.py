"""The levels, drugs and effects that are known, read from data/*.toml and checked; effects may be overridden.

Numbers are in the entry's own unit (a level's, a drug's) and times in s from here on.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from math import inf, log
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import pydantic

from glut4sim.sim.endocrine.modulation import STEPS
from glut4sim.sim.inputs.errors import InputError, describe, unknown
from glut4sim.sim.inputs.fields import Choice, NumberOrText, OneOf, Quantity, Range, SomeText, Words
from glut4sim.sim.inputs.tables import Table
from glut4sim.sim.inputs.units import SPAN, Kind, convert, dose_kind, level_kind, write
from glut4sim.sim.model.parameters import Evidence

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
    rate
        of its turnover [1/s]; 0 for a constant
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
    delivers
        level that its concentration adds to; empty if it acts through effects
    bioavailability
        share of a dose that arrives; counted in `kinetics` already
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
    target
        name of a level, whose production it multiplies, or of a step of the cell
    gain, half, hill
        of the Hill form; half in the driver's unit
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


# ---- the files ----


class Whole(NumberOrText):
    """A whole number, such as of compartments."""

    def read(self, value: object) -> int:
        number = super().read(value)
        if number != int(number):
            raise InputError(f"expected a whole number, got {describe(value)}.")
        return int(number)


Fraction = Annotated[float, NumberOrText(0.0, 1.0)]
POSITIVE = NumberOrText(1e-12, 1e12)
HalfLife = Annotated[float | None, Quantity(SPAN)]
StrengthRange = Annotated[tuple[float, float] | None, Range("[0, 2]")]


class LevelTable(Table):
    """A level in levels.toml."""

    title: Words
    unit: Words
    substance: Annotated[str | None, SomeText()] = None
    man: Words
    woman: Words
    half_life: HalfLife = None
    rhythm: Annotated[str, Choice(RHYTHMS)] = ""
    source: Words
    evidence: Evidence

    def level(self, name: str) -> Level:
        """The level of this name."""
        values = {"man": self.man, "woman": self.woman}
        reference = {sex: convert(values[sex], self.unit, f"a value in {self.unit}", self.substance) for sex in SEXES}
        highest = HIGHEST * max(reference.values())
        return Level(
            name=name,
            title=self.title,
            kind=level_kind(self.title, self.unit, highest, reference["man"], self.substance),
            reference=reference,
            rate=log(2.0) / self.half_life if self.half_life is not None else 0.0,
            rhythm=self.rhythm,
            source=self.source,
            evidence=self.evidence,
        )


class DrugTable(Table):
    """A drug in drugs.toml: its kinetics, its usual dose, and a level that it delivers, or a unit of its own."""

    title: Words
    route: Words
    target: Words = ""
    delivers: Annotated[str, OneOf("value", lambda: levels())] = ""
    unit: Annotated[str | None, SomeText()] = None
    substance: Annotated[str | None, SomeText()] = None
    active_fraction: Fraction = 1.0
    bioavailability: Fraction = 1.0
    absorption_half_life: HalfLife = None
    absorption_depots: Annotated[int, Whole(1, 10)] = 1
    elimination_half_life: Annotated[float, Quantity(SPAN)]
    terminal_half_life: HalfLife = None
    terminal_share: Fraction = 0.0  # of the area
    volume: Words
    dose: Words
    every: Annotated[str | None, SomeText()] = None
    source: Words
    evidence: Evidence
    standing: Words

    def drug(self, name: str) -> Drug:
        """The drug of this name."""
        kind = self._kind()
        amount, _, dose_unit = self.dose.partition(" ")
        doses = dose_kind(POSITIVE.read(amount), dose_unit, kind.substance)
        return Drug(
            name=name,
            title=self.title,
            route=self.route,
            target=self.target,
            kind=kind,
            dose_kind=doses,
            delivers=self.delivers,
            kinetics=self._kinetics(kind, doses),
            bioavailability=self.bioavailability,
            usual=f"{self.dose} every {self.every}" if self.every else f"{self.dose} once",
            source=self.source,
            evidence=self.evidence,
            standing=self.standing,
        )

    def _kind(self) -> Kind:
        """The kind of its concentration."""
        if self.delivers:
            return levels()[self.delivers].kind
        if self.unit is None:
            raise InputError('"unit" is missing.')
        return level_kind(self.title, self.unit, 1e12, 1.0, self.substance)

    def _kinetics(self, kind: Kind, doses: Kind) -> "Kinetics":
        from glut4sim.sim.endocrine.pharmacokinetics import Kinetics

        expected = f"a dose that makes a concentration in {kind.unit}"
        per_litre = convert(f"1 {doses.unit}/L", kind.unit, expected, kind.substance)
        litres = convert(self.volume, "L", 'a volume such as "20 L"')
        first, terminal = (log(2.0) / t if t else 0.0 for t in (self.elimination_half_life, self.terminal_half_life))
        share = self.terminal_share if terminal else 0.0
        parts = (1.0 - share) * first, share * terminal  # of the concentration at first, by their shares of the area
        scale = per_litre * self.active_fraction * self.bioavailability / litres / sum(parts)
        return Kinetics(
            log(2.0) / self.absorption_half_life if self.absorption_half_life else inf,
            first,
            scale * parts[0],
            self.absorption_depots,
            terminal,
            scale * parts[1],
        )


class EffectTable(Table):
    """An effect in effects.toml: the Hill form has `gain` and `half`, the power form has `power`."""

    title: Words
    driver: Annotated[str, OneOf("value", lambda: (*levels(), *drugs()))]
    target: Annotated[str, OneOf("value", lambda: (*levels(), *STEPS))]
    sex: Annotated[str, Choice(SEXES)] = ""
    receptor: Words = ""
    gain: Annotated[float | None, NumberOrText(-1.0, 1000.0)] = None
    gain_range: StrengthRange = None
    half: float | None = None
    hill: Annotated[float, POSITIVE] = 1.0
    power: Annotated[float | None, NumberOrText(-10.0, 10.0)] = None
    power_range: StrengthRange = None
    lag: Annotated[float, Quantity(SPAN)] = 0.0
    stages: Annotated[int, Whole(1, 100)] = 1
    opposed_by: Annotated[str, OneOf("value", lambda: (*levels(), *drugs()))] = ""
    opposed_half: float | None = None
    opposed_hill: Annotated[float, POSITIVE] = 1.0
    kind: Annotated[str, Choice(KINDS)]
    source: Words
    evidence: Evidence
    disagreement: Words = ""

    @pydantic.field_validator("half", "opposed_half", mode="plain")
    @classmethod
    def _in_the_unit_of_its_level(cls, value: object, info: pydantic.ValidationInfo) -> float:
        level = info.data.get("driver" if info.field_name == "half" else "opposed_by")
        return substance(level).kind.read(value) if level else inf  # that there is none is said elsewhere

    @pydantic.model_validator(mode="after")
    def _is_of_one_form(self):
        needed, other = (("power", "power_range"), "gain") if self.power is not None else (HILL_FORM, "power")
        for key in needed:
            if getattr(self, key) is None:
                raise InputError(f"{describe(key)} is missing.")
        if getattr(self, other) is not None or bool(self.opposed_by) != (self.opposed_half is not None):
            raise InputError("expected either gain and half, or power; opposed_by goes with opposed_half.")
        if 0.0 in (self.half, self.opposed_half):
            raise InputError("expected a half above 0.")
        return self

    def effect(self, name: str) -> Effect:
        """The effect of this name."""
        told = self.model_dump(exclude={"gain", "gain_range", "half", "power_range", "opposed_half"})
        return Effect(
            name=name,
            gain=self.gain or 0.0,
            half=1.0 if self.half is None else self.half,
            opposed_half=1.0 if self.opposed_half is None else self.opposed_half,
            plausible=self.power_range or self.gain_range or (0.0, 0.0),
            **told,
        )


HILL_FORM = ("gain", "gain_range", "half")
NUMBERS = ("gain", "half", "hill", "power", "lag", "stages", "opposed_half", "opposed_hill")  # of an effect
DEFAULTED = ("hill", "lag", "stages")  # numbers that every effect has


# ---- what is known ----

Entry = TypeVar("Entry", Level, Drug, Effect)


def _entries(file: str) -> dict[str, dict]:
    return tomllib.loads((DATA / file).read_text("utf-8"))


def _read(file: str, read: Callable[[str, object], Entry]) -> dict[str, Entry]:
    """All entries of a file by name; InputError naming file and entry."""
    found = {}
    for name, entry in _entries(file).items():
        try:
            found[name] = read(name, entry)
        except InputError as error:
            raise error.within(name, file) from None
    return found


@cache
def levels() -> dict[str, Level]:
    """All levels by name."""
    return _read("levels.toml", lambda name, entry: LevelTable.read(entry).level(name))


def levels_by_title() -> dict[str, str]:
    """What people call each level, such as "growth hormone", and its name."""
    return {level.title.partition(",")[0].lower(): name for name, level in levels().items()}


@cache
def drugs() -> dict[str, Drug]:
    """All drugs by name."""
    return _read("drugs.toml", lambda name, entry: DrugTable.read(entry).drug(name))


@cache
def effects() -> dict[str, Effect]:
    """All effects by name, as the literature has them."""
    return _read("effects.toml", lambda name, entry: EffectTable.read(entry).effect(name))


def override(changes: Mapping[str, str]) -> dict[str, Effect]:
    """All effects, some of them with other numbers.

    Parameters
    ----------
    changes
        such as {"testosterone-pi3k.gain": "0.5"}

    Raises
    ------
    InputError
        naming the key
    """
    if not changes:
        return effects()
    entries, changed = _entries("effects.toml"), {}
    for path, value in changes.items():
        name, _, key = path.partition(".")
        try:
            if name not in entries:
                raise unknown("effect", name, entries, see="See `glut4sim effects list`.")
            allowed = _numbers_of(entries[name])
            if not key:
                raise InputError(f"expected one of its numbers, such as {name}.{allowed[0]}.")
            if key not in allowed:
                raise unknown("number of this effect", key, allowed)
            entries[name][key] = value
            changed[name] = EffectTable.read(entries[name]).effect(name)
        except InputError as error:
            raise InputError(error.sentence, path, key=error.key) from None
    return effects() | changed


def numbers_of_effects() -> dict[str, tuple[str, ...]]:
    """Names of the numbers of each effect that `override` can change."""
    return {name: _numbers_of(entry) for name, entry in _entries("effects.toml").items()}


def _numbers_of(entry: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(key for key in NUMBERS if key in entry or key in DEFAULTED)


def substance(name: str) -> Level | Drug:
    """The level or drug of a name."""
    return levels()[name] if name in levels() else drugs()[name]


def receptors() -> tuple[str, ...]:
    """Hormone receptors that some effect needs, and that can be blocked."""
    return tuple(sorted({e.receptor for e in effects().values()} - {""}))


def describe_strength(effect: Effect) -> str:
    """Its form and numbers in a few words: "up to +90 %, half at 400 ng/dL"."""
    if effect.power is not None:
        return f"in proportion to the power {effect.power:g}"
    return f"up to {100.0 * effect.gain:+g} %, half at {write(effect.half, substance(effect.driver).unit)}"
