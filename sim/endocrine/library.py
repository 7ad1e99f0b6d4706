"""Levels, drugs and effects: what each is, its table in a library file, and those that are installed (data/*.toml).

A scenario may have entries of its own, in the same tables: see known.py. Numbers are in the unit of their entry (a
level's, a drug's) and times in s from here on.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from math import inf, log
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import pydantic

from glut4sim.sim.endocrine.modulation import STEPS
from glut4sim.sim.endocrine.names import named
from glut4sim.sim.inputs.errors import InputError, describe, under, unknown
from glut4sim.sim.inputs.fields import (
    AnyQuantity,
    AnyText,
    Choice,
    NumberOrText,
    OneOf,
    Quantity,
    Range,
    SomeText,
    Texts,
    Time,
    Words,
)
from glut4sim.sim.inputs.tables import Table
from glut4sim.sim.inputs.units import SPAN, SUBSTANCES, Kind, convert, dose_kind, level_kind, parse_unit
from glut4sim.sim.model.parameters import Evidence

if TYPE_CHECKING:
    from glut4sim.sim.endocrine.pharmacokinetics import Kinetics

DATA = Path(__file__).parent / "data"
SEXES = ("man", "woman")
RHYTHMS = ("pulses", "day", "cycle")
KINDS = ("genomic", "non-genomic", "body", "drug")
HIGHEST = 1e4  # times the reference: no level is set higher
NOT_KNOWN = "Regulatory standing not known to us. Not medical advice."
PLASMA_INSULIN = "plasma_insulin"  # the level that the bath of an assay sets
BODY = ("age", "visceral_fat", "subcutaneous_fat", "lean_mass")  # levels that are no hormones: set in [body]


@dataclass(frozen=True)
class Level:
    """What circulates or makes up the body.

    Attributes
    ----------
    also : what else it is called
    kind : unit, and how it is read and written
    reference : sex -> value in the healthy, 30 years old
    rate
        of its turnover [1/s]; 0 for a constant
    rhythm : one of RHYTHMS, or empty
    """

    name: str
    title: str
    also: tuple[str, ...]
    kind: Kind
    reference: Mapping[str, float]
    rate: float
    rhythm: str
    source: str
    evidence: str

    @property
    def words(self) -> tuple[str, ...]:
        """What it may be called besides its name."""
        return self.title.partition(",")[0], *self.also

    @property
    def unit(self) -> str:
        """Unit of its values."""
        return self.kind.unit


@dataclass(frozen=True)
class Drug:
    """What can be given.

    Attributes
    ----------
    also : what else it is called
    family : its class, such as "aromatase inhibitor"
    kind : unit of its concentration
    dose_kind : unit in which its doses are counted
    delivers
        level that its concentration adds to; empty if it acts through effects
    bioavailability
        share of a dose that arrives; counted in `kinetics` already
    usual : usual regimen, in words
    usual_amount : a dose of it [unit of doses]
    doses_studied : in words; empty where that is not known to us
    published : what was published of its course
    standing : regulatory note
    standing_as_of : when that was written, in words
    """

    name: str
    title: str
    also: tuple[str, ...]
    family: str
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
    usual_amount: float
    doses_studied: str = ""
    published: "tuple[Published, ...]" = ()
    standing_as_of: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """What it may be called besides its name."""
        return self.also

    @property
    def unit(self) -> str:
        """Unit of its concentration."""
        return self.kind.unit


@dataclass(frozen=True)
class Published:
    """What a source says of the course of a dose, in its words; empty where it says nothing.

    Attributes
    ----------
    amount : the dose [unit of doses], the usual one where the source says none
    """

    amount: float
    peak: str
    peak_time: str
    area: str
    half_life: str
    source: str
    evidence: str


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
HalfLife = Annotated[float | None, Time(SPAN)]
OptionalText = Annotated[str | None, SomeText()]
Name = Annotated[str, AnyText()]  # of a level or a drug, which is looked up where all are known
OtherNames = Annotated[tuple[str, ...], Texts()]
OptionalQuantity = Annotated[str | None, AnyQuantity()]
OptionalSubstance = Annotated[str | None, OneOf("substance", SUBSTANCES)]
StrengthRange = Annotated[tuple[float, float] | None, Range("[0, 2]")]


class EntryTable(Table):
    """The table of an entry of a library."""

    def resolved(self) -> dict[str, Any]:
        """As TOML would hold it; what is empty is left out."""
        return {key: value for key, value in super().resolved().items() if value not in ("", [])}


class LevelTable(EntryTable):
    """A level: of levels.toml, or [hormone.NAME] of a scenario."""

    title: Words
    also: OtherNames = ()
    unit: Words
    substance: OptionalSubstance = None
    man: Words
    woman: Words
    half_life: HalfLife = None
    rhythm: Annotated[str, Choice(RHYTHMS)] = ""
    source: Words
    evidence: Evidence

    def level(self, name: str) -> Level:
        """The level of this name."""
        under("unit", check_unit, self.unit)
        reference = {sex: under(sex, self._reference, getattr(self, sex)) for sex in SEXES}
        highest = HIGHEST * max(reference.values())
        return Level(
            name=name,
            title=self.title,
            also=self.also,
            kind=level_kind(self.title, self.unit, highest, reference["man"], self.substance),
            reference=reference,
            rate=log(2.0) / self.half_life if self.half_life is not None else 0.0,
            rhythm=self.rhythm,
            source=self.source,
            evidence=self.evidence,
        )

    def _reference(self, text: str) -> float:
        value = convert(text, self.unit, f"a value in {self.unit}", self.substance)
        if value <= 0.0:
            raise InputError(f"expected a value above 0, got {describe(text)}.")
        return value


def check_unit(unit: str) -> None:
    """InputError if a unit is none."""
    try:
        parse_unit(unit)
    except ValueError as reason:
        raise InputError(f'expected a unit such as "ng/mL", got {describe(unit)} ({reason}).') from None


class PublishedTable(EntryTable):
    """What was published of the course of a dose, as the source prints it."""

    dose: OptionalText = None
    peak: Words = ""
    peak_time: Words = ""
    area: Words = ""
    half_life: Words = ""
    source: Words
    evidence: Evidence

    def published(self, doses: Kind, usual: float) -> Published:
        """The same, with its dose in the unit in which doses are counted."""
        amount = usual if self.dose is None else under("dose", doses.read, self.dose)
        return Published(amount, **self.model_dump(exclude={"dose"}))


class DrugTable(EntryTable):
    """A drug: of drugs.toml, or [drug.NAME] of a scenario.

    It has its kinetics, its usual dose, and a level that it delivers, or a unit of its own.
    """

    title: Words
    also: OtherNames = ()
    family: Annotated[str, SomeText()] = pydantic.Field(default="", alias="class")
    route: Words
    target: Words = ""
    delivers: Name = ""
    unit: OptionalText = None
    substance: OptionalSubstance = None
    active_fraction: Fraction = 1.0
    bioavailability: Fraction = 1.0
    absorption_half_life: HalfLife = None
    absorption_depots: Annotated[int, Whole(1, 10)] = 1
    elimination_half_life: Annotated[float, Time(SPAN)]
    terminal_half_life: HalfLife = None
    terminal_share: Fraction = 0.0  # of the area
    volume: Words
    dose: Words
    every: OptionalText = None
    source: Words
    evidence: Evidence
    standing: Words = NOT_KNOWN
    standing_as_of: Words = ""
    doses_studied: Words = ""
    published: tuple[PublishedTable, ...] = pydantic.Field(
        default=(), description="what was published of the course of a dose"
    )

    @property
    def numbers(self) -> tuple[str, ...]:
        """Names of its numbers, which [kinetics] of a scenario can change."""
        return tuple(key for key in KINETICS if getattr(self, key) is not None)

    @property
    def litres(self) -> float:
        """Its volume [L]."""
        return under("volume", self._litres)

    def drug(self, name: str, levels: Mapping[str, Level]) -> Drug:
        """The drug of this name, among the levels that there are."""
        kind = self._kind(levels)
        doses = under("dose", self._dose_kind, kind)
        usual = doses.read(self.dose)
        return Drug(
            name=name,
            title=self.title,
            also=self.also,
            family=self.family,
            route=self.route,
            target=self.target,
            kind=kind,
            dose_kind=doses,
            delivers=self.delivers and named("level", self.delivers, levels),
            kinetics=self._kinetics(kind, doses),
            bioavailability=self.bioavailability,
            usual=f"{self.dose} every {self.every}" if self.every else f"{self.dose} once",
            source=self.source,
            evidence=self.evidence,
            standing=self.standing,
            usual_amount=usual,
            doses_studied=self.doses_studied,
            published=tuple(
                under(f"published[{i}]", table.published, doses, usual) for i, table in enumerate(self.published)
            ),
            standing_as_of=self.standing_as_of,
        )

    def _kind(self, levels: Mapping[str, Level]) -> Kind:
        """The kind of its concentration."""
        if self.delivers:
            return levels[under("delivers", named, "level", self.delivers, levels)].kind
        if self.unit is None:
            raise InputError('"unit" is missing.')
        under("unit", check_unit, self.unit)
        return level_kind(self.title, self.unit, 1e12, 1.0, self.substance)

    def _dose_kind(self, kind: Kind) -> Kind:
        """The kind of its doses, in the unit in which the usual one is given."""
        amount, _, unit = self.dose.partition(" ")
        doses = dose_kind(POSITIVE.read(amount), unit.strip(), kind.substance)
        self._per_litre(doses, kind)
        return doses

    def _per_litre(self, doses: Kind, kind: Kind) -> float:
        """The concentration that one unit of dose makes in one litre."""
        expected = f"a dose that makes a concentration in {kind.unit}"
        return convert(f"1 {doses.unit}/L", kind.unit, expected, kind.substance)

    def _kinetics(self, kind: Kind, doses: Kind) -> "Kinetics":
        from glut4sim.sim.endocrine.pharmacokinetics import Kinetics

        first, terminal = (log(2.0) / t if t else 0.0 for t in (self.elimination_half_life, self.terminal_half_life))
        share = self.terminal_share if terminal else 0.0
        parts = (1.0 - share) * first, share * terminal  # of the concentration at first, by their shares of the area
        per_dose = self._per_litre(doses, kind) * self.active_fraction * self.bioavailability
        scale = per_dose / self.litres / sum(parts)
        return Kinetics(
            log(2.0) / self.absorption_half_life if self.absorption_half_life else inf,
            first,
            scale * parts[0],
            self.absorption_depots,
            terminal,
            scale * parts[1],
        )

    def _litres(self) -> float:
        litres = convert(self.volume, "L", 'a volume such as "20 L"')
        if litres <= 0.0:
            raise InputError(f"expected a volume above 0, got {describe(self.volume)}.")
        return litres


class EffectTable(EntryTable):
    """An effect: of effects.toml, or [effect.NAME] of a scenario.

    The Hill form has `gain` and `half`, the power form has `power`.
    """

    title: Words
    driver: Name
    target: Name
    sex: Annotated[str, Choice(SEXES)] = ""
    receptor: Words = ""
    gain: Annotated[float | None, NumberOrText(-1.0, 1000.0)] = None
    gain_range: StrengthRange = None
    half: OptionalQuantity = None
    hill: Annotated[float, POSITIVE] = 1.0
    power: Annotated[float | None, NumberOrText(-10.0, 10.0)] = None
    power_range: StrengthRange = None
    lag: Annotated[float, Quantity(SPAN)] = 0.0
    stages: Annotated[int, Whole(1, 100)] = 1
    opposed_by: Name = ""
    opposed_half: OptionalQuantity = None
    opposed_hill: Annotated[float, POSITIVE] = 1.0
    kind: Annotated[str, Choice(KINDS)]
    source: Words
    evidence: Evidence
    disagreement: Words = ""
    instead_of: Words = ""  # effect that does the same at another site: one of the two is nil

    @pydantic.model_validator(mode="after")
    def _is_of_one_form(self):
        needed, other = (("power", "power_range"), "gain") if self.power is not None else (HILL_FORM, "power")
        for key in needed:
            if getattr(self, key) is None:
                raise InputError(f"{describe(key)} is missing.")
        if getattr(self, other) is not None or bool(self.opposed_by) != (self.opposed_half is not None):
            raise InputError("expected either gain and half, or power; opposed_by goes with opposed_half.")
        return self

    def effect(self, name: str, levels: Mapping[str, Level], drugs: Mapping[str, Drug]) -> Effect:
        """The effect of this name, among the levels and drugs that there are."""
        drivers = {**levels, **drugs}
        driver = under("driver", named, "level or drug", self.driver, drivers)
        target = under("target", named, "level or step of the cell", self.target, levels, STEPS)
        opponent = self.opposed_by and under("opposed_by", named, "level or drug", self.opposed_by, drivers)
        half, opposed_half = (
            1.0 if text is None else under(key, _read_half, text, drivers[of].kind)
            for key, text, of in (("half", self.half, driver), ("opposed_half", self.opposed_half, opponent))
        )
        of_libraries = {"driver", "target", "opposed_by", "half", "opposed_half"}
        told = self.model_dump(exclude={*of_libraries, "gain", "gain_range", "power_range", "instead_of"})
        return Effect(
            name=name,
            driver=driver,
            target=target,
            opposed_by=opponent,
            gain=self.gain or 0.0,
            half=half,
            opposed_half=opposed_half,
            plausible=self.power_range or self.gain_range or (0.0, 0.0),
            **told,
        )

    @property
    def numbers(self) -> tuple[str, ...]:
        """Names of its numbers, which [effects] of a scenario can change."""
        return tuple(
            key for key in NUMBERS if getattr(self, key) is not None and (self.opposed_by or key not in OPPOSED)
        )


def _read_half(text: str, kind: Kind) -> float:
    half = kind.read(text)
    if half == 0.0:
        raise InputError("expected a half above 0.")
    return half


HILL_FORM = ("gain", "gain_range", "half")
NUMBERS = ("gain", "half", "hill", "power", "lag", "stages", "opposed_half", "opposed_hill")  # of an effect
OPPOSED = ("opposed_half", "opposed_hill")
KINETICS = ("volume", "bioavailability", "absorption_half_life", "elimination_half_life", "terminal_half_life")


# ---- what is installed ----

Entry = TypeVar("Entry", Level, Drug, DrugTable, Effect, EffectTable)


def _entries(file: str) -> dict[str, dict]:
    return tomllib.loads((DATA / file).read_text("utf-8"))


def _read(file: str, entries: Mapping[str, Any], read: Callable[[str, Any], Entry]) -> dict[str, Entry]:
    """All entries of a file by name; InputError naming file and entry."""
    found = {}
    for name, entry in entries.items():
        try:
            found[name] = read(name, entry)
        except InputError as error:
            raise error.within(name, file) from None
    return found


@cache
def levels() -> dict[str, Level]:
    """All levels by name."""
    return _read("levels.toml", _entries("levels.toml"), lambda name, entry: LevelTable.read(entry).level(name))


@cache
def drug_tables() -> dict[str, DrugTable]:
    """The tables of all drugs by name, with what was published of them."""
    entries, published = _entries("drugs.toml"), _entries("published.toml")
    for name, known in published.items():
        if name not in entries:
            raise unknown("drug", name, entries).within(place="published.toml")
        entries[name] |= known
    return _read("drugs.toml", entries, lambda _, entry: DrugTable.read(entry))


@cache
def drugs() -> dict[str, Drug]:
    """All drugs by name."""
    return _read("drugs.toml", drug_tables(), lambda name, table: table.drug(name, levels()))


@cache
def effect_tables() -> dict[str, EffectTable]:
    """The tables of all effects by name."""
    return _read("effects.toml", _entries("effects.toml"), lambda _, entry: EffectTable.read(entry))


@cache
def effects() -> dict[str, Effect]:
    """All effects by name, as the literature has them."""
    return _read("effects.toml", effect_tables(), lambda name, table: table.effect(name, levels(), drugs()))
