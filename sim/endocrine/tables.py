"""The tables of a scenario that tell of hours to months: the person, the hormones, the therapies, and the assays.

    [body]       sex, age, mass, height, visceral_fat, subcutaneous_fat, lean_mass
    [hormones]   any other level: a value, or a list of [time, value]; blocked = receptors; rhythms = levels
    [cycle]      length, length_sd, amplitude_sd, anovulatory
    [[therapy]]  drug, dose, every, start, for or stop, over
    [assay]      at = when the acute experiment is done: a time, or a list of times; kind = a test of
                 the body; see assay_table.py
    [effects]    "testosterone-pi3k.gain" = 0.5: other numbers than the literature's
    [kinetics]   "testosterone gel.volume" = "120 L": of drugs
    [hormone.NAME], [drug.NAME], [effect.NAME]   what the installed library lacks; see known.py

Values that need to know all levels and drugs, the scenario's own included, are read with these as the context.

What takes long to import is imported where it is used: most scenarios have none of this.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Self

import pydantic
from pydantic import Field, PrivateAttr
from pydantic_core import core_schema

from glut4sim.sim.endocrine import library
from glut4sim.sim.endocrine.assay_table import AssayTable
from glut4sim.sim.endocrine.known import Known, extended, installed
from glut4sim.sim.endocrine.library import BODY, SEXES, DrugTable, EffectTable, LevelTable
from glut4sim.sim.endocrine.names import named, resolved
from glut4sim.sim.endocrine.spans import DAY, LongTime, Span
from glut4sim.sim.inputs.changes import renamed
from glut4sim.sim.inputs.errors import InputError, describe, under
from glut4sim.sim.inputs.fields import (
    QUANTITY_PATTERN,
    AnyText,
    Choice,
    Course,
    Names,
    Number,
    Quantity,
    QuantityTexts,
    Reader,
)
from glut4sim.sim.inputs.files import Layer, merge
from glut4sim.sim.inputs.json_schema import nested_or_dotted
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.inputs.tables import Table
from glut4sim.sim.inputs.units import AGE, HEIGHT, MASS, SPAN, Kind, level_kind

if TYPE_CHECKING:
    from glut4sim.sim.endocrine.model import Plan
    from glut4sim.sim.endocrine.pharmacokinetics import Dose

OWN = ("hormone", "drug", "effect")  # tables of entries that are a scenario's own
LISTS = ("blocked", "rhythms")  # keys of [hormones] that are no levels
ADULT = 18.0  # yr


# ---- how their values are read ----


@dataclass(frozen=True)
class BodyLevel(Reader):
    """A level of the body: its unit stands in the library."""

    name: str

    @property
    def quantity(self) -> Quantity:
        """What reads it."""
        return Quantity(library.levels()[self.name].kind)

    def read(self, value: object) -> float:
        return self.quantity.read(value)

    def write(self, value: float) -> str:
        return self.quantity.write(value)

    def schema(self) -> dict[str, Any]:
        return self.quantity.schema()


class DoseText(AnyText):
    """A dose, kept as text: its unit depends on the drug."""

    hint = 'a dose such as "100 mg"'

    def schema(self) -> dict[str, Any]:
        usual = {drug.usual.partition(" every ")[0].removesuffix(" once") for drug in library.drugs().values()}
        return {
            "type": "string",
            "pattern": QUANTITY_PATTERN,
            "examples": sorted(usual),
            "description": f"{self.hint}, in the unit of the drug: see `glut4sim drugs show`",
        }


class EffectNumbers(QuantityTexts):
    """Other numbers of effects, as `Known.override` takes them."""

    def schema(self) -> dict[str, Any]:
        known = installed()
        groups = {}
        for name, table in known.effect_tables.items():
            effect = known.effects[name]
            now = f"{effect.title}, {known.describe_strength(effect)} [{effect.evidence}]"
            number = {"type": ["number", "string"]}
            groups[name] = {key: number | {"description": f"{key} of: {now}"} for key in table.numbers}
        own = {"type": ["number", "string", "object"], "description": "of an effect of the scenario's own"}
        return nested_or_dotted(groups) | {"additionalProperties": own}


class KineticsNumbers(QuantityTexts):
    """Other numbers of drugs, as `Known.with_kinetics` takes them."""

    def schema(self) -> dict[str, Any]:
        groups = {}
        for name, table in installed().drug_tables.items():
            told = f"{table.title} [{table.evidence}]"
            number = {"type": ["number", "string"]}
            groups[name] = {key: number | {"description": f"{key} of: {told}"} for key in table.numbers}
        own = {"type": ["number", "string", "object"], "description": "of a drug of the scenario's own"}
        return nested_or_dotted(groups) | {"additionalProperties": own}


class AmongKnown(Reader):
    """A value that is read with all that the scenario knows."""

    def read_among(self, value: object, known: Known) -> Any:
        """The checked value; InputError if it is not what it should be."""
        raise NotImplementedError

    def __get_pydantic_core_schema__(self, source: object, handler: object) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(
            lambda value, info: self.read_among(value, info.context or installed())
        )


class DrugName(AmongKnown):
    """The name of a drug, or another word for it."""

    hint = "the name of a drug; see `glut4sim drugs list`"

    def read_among(self, value: object, known: Known) -> str:
        if not isinstance(value, str):
            raise InputError(f"expected the name of a drug, got {describe(value)}.")
        return named("drug", value, known.drugs)

    def schema(self) -> dict[str, Any]:
        names = list(library.drugs())
        own = {"type": "string", "description": "a drug of the scenario's own, or another word for one"}
        return {"anyOf": [{"enum": names}, own], "description": "the name of a drug"}


@dataclass(frozen=True)
class LevelNames(Reader):
    """A list of levels, by their names or other words for them, read as a sorted tuple without doubles."""

    what: str
    levels: Mapping[str, library.Level]

    def read(self, value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise InputError(f"expected a list of names, got {describe(value)}.")
        for i, entry in enumerate(value):
            under(f"[{i}]", AnyText().read, entry)
        return tuple(sorted({under(f"[{i}]", named, self.what, entry, self.levels) for i, entry in enumerate(value)}))

    def schema(self) -> dict[str, Any]:
        return Names(self.what, self.levels).schema()


@dataclass(frozen=True)
class HormoneTable:
    """[hormones]: levels before any drug, receptors that are blocked, and rhythms that are followed.

    Attributes
    ----------
    kinds : level -> how its values are written, of those in `levels`
    """

    levels: dict[str, Schedule[float]] = field(default_factory=dict)
    blocked: tuple[str, ...] = ()
    rhythms: tuple[str, ...] = ()
    kinds: dict[str, Kind] = field(default_factory=dict, compare=False)


class Hormones(AmongKnown):
    """The table [hormones]: its keys are the levels that are known, beside `blocked` and `rhythms`."""

    def read_among(self, value: object, known: Known) -> HormoneTable:
        if not isinstance(value, dict):
            raise InputError(f"expected a table, got {describe(value)}.")
        readers, found = self._readers(known), {}
        for key in sorted(value):
            name = key if key in LISTS else named("hormone", key, known.hormones, LISTS)
            if name in found:
                raise InputError(f"is {describe(name)}, which is given twice.", key)
            try:
                found[name] = readers[name].read(value[key])
            except InputError as error:
                raise error.within(key) from None
        lists = {name: found.pop(name) for name in LISTS if name in found}
        return HormoneTable(found, **lists, kinds={name: known.levels[name].kind for name in found})

    def write(self, value: HormoneTable) -> dict[str, Any]:
        levels = {name: Course(value.kinds[name], SPAN).write(course) for name, course in value.levels.items()}
        lists = {"blocked": list(value.blocked), "rhythms": list(value.rhythms)}
        return levels | {name: names for name, names in lists.items() if names}

    def schema(self) -> dict[str, Any]:
        known = installed()
        entries = {name: reader.schema() for name, reader in self._readers(known).items()}
        about = {"blocked": "receptors whose effects do not act", "rhythms": "levels that follow their daily rhythm"}
        for name, entry in entries.items():
            entry["description"] = f"{about.get(name) or self._about(known.levels[name])}; {entry['description']}"
        own = Course(level_kind("the scenario's own", "1", 1e12, 1.0), SPAN).schema()
        return {"type": "object", "properties": entries, "additionalProperties": own}

    @classmethod
    def course(cls, name: str, known: Known) -> Course | None:
        """What reads a level over time; None of what is none."""
        reader = cls._readers(known).get(name)
        return reader if isinstance(reader, Course) else None

    @staticmethod
    def _readers(known: Known) -> Mapping[str, Reader]:
        """What reads each of its keys."""
        daily = {name: level for name, level in known.hormones.items() if level.rhythm in ("pulses", "day")}
        lists = {
            "blocked": Names("receptor", known.receptors),
            "rhythms": LevelNames("level with a daily rhythm", daily),
        }
        return {name: Course(level.kind, SPAN) for name, level in known.hormones.items()} | lists

    @staticmethod
    def _about(level: library.Level) -> str:
        healthy = ", ".join(f"{level.kind.write(level.reference[sex])} in a {sex}" for sex in SEXES)
        return f"{level.title}, before any drug ({healthy})"


@dataclass(frozen=True)
class AdultAge(Quantity):
    """The age of somebody who has the hormones of adults."""

    kind: Kind = AGE

    def read(self, value: object) -> float:
        years = super().read(value)
        if years < ADULT:
            raise InputError(
                f"expected {ADULT:g} yr or more, as all levels are those of adults, got {describe(value)}."
            )
        return years


# ---- the tables ----


class BodyTable(Table):
    """[body]: who it is. What is not given follows from the reference of the sex, and from the rest."""

    sex: Annotated[str, Choice(SEXES)] = Field(default="man", description="sex, which sets the reference levels")
    age: Annotated[float | None, AdultAge()] = Field(default=None, description="age")
    mass: Annotated[float | None, Quantity(MASS)] = Field(default=None, description="of the whole body, for its tests")
    height: Annotated[float | None, Quantity(HEIGHT)] = Field(default=None, description="height, for its tests")
    visceral_fat: Annotated[float | None, BodyLevel("visceral_fat")] = Field(
        default=None, description="mass of fat around the organs"
    )
    subcutaneous_fat: Annotated[float | None, BodyLevel("subcutaneous_fat")] = Field(
        default=None, description="mass of fat under the skin"
    )
    lean_mass: Annotated[float | None, BodyLevel("lean_mass")] = Field(default=None, description="mass without fat")


class CycleTable(Table):
    """[cycle]: menstrual cycles; see glut4sim.sim.endocrine.rhythm.Cycle."""

    length: Annotated[float, LongTime(SPAN, DAY, 365.0 * DAY)] = Field(
        default=28.0 * DAY, description="mean length of a cycle, from 1 d to 365 d"
    )
    length_sd: Annotated[float, Number(0.0, 1.0)] = Field(
        default=0.0, description="how much the length varies: standard deviation over mean"
    )
    amplitude_sd: Annotated[float, Number(0.0, 1.0)] = Field(
        default=0.0, description="how much the height of the luteal phase varies: standard deviation over mean"
    )
    anovulatory: Annotated[float, Number(0.0, 1.0)] = Field(
        default=0.0, description="share of the cycles without ovulation"
    )
    percentile: Annotated[float, Number(1.0, 99.0)] = Field(
        default=50.0, description="which of a hundred women, by the height of her hormones on each day"
    )


class TherapyTable(Table):
    """[[therapy]]: a drug and its doses."""

    drug: Annotated[str, DrugName()] = Field(description="what is given")
    dose: Annotated[str, DoseText()] = Field(description="how much at a time")
    start: Annotated[float, Span(SPAN)] = Field(default=0.0, description="when the first dose is given")
    every: Annotated[float | None, LongTime(SPAN)] = Field(
        default=None, description="time from dose to dose; left out, there is one dose"
    )
    for_: Annotated[float | None, LongTime(SPAN)] = Field(
        default=None, alias="for", description="how long it goes on from the start; instead of `stop`"
    )
    stop: Annotated[float | None, LongTime(SPAN)] = Field(default=None, description="when it ends; instead of `for`")
    over: Annotated[float | None, LongTime(SPAN)] = Field(
        default=None, description="how long a dose takes, such as an infusion"
    )

    _amount: float = PrivateAttr(0.0)

    @pydantic.model_validator(mode="after")
    def _parts_fit(self, info: pydantic.ValidationInfo):
        drugs = (info.context or installed()).drugs
        self._amount = under("dose", drugs[self.drug].dose_kind.read, self.dose)
        if self.for_ is not None and self.stop is not None:
            raise InputError("expected either `for` or `stop`, got both.")
        if self.every is None and (self.for_ is not None or self.stop is not None):
            raise InputError("is missing: how often? Without it the dose is given once, and has no end.", "every")
        if self.stop is not None and self.stop <= self.start:
            raise InputError(f"expected a time after start ({SPAN.write(self.start)}).", "stop")
        return self

    @property
    def amount(self) -> float:
        """Its dose, in the unit in which doses of its drug are counted."""
        return self._amount

    @property
    def end(self) -> float | None:
        """When the last dose is due at the latest [s]; None if only the end of the scenario ends it."""
        if self.every is None:
            return self.start
        return self.stop if self.for_ is None else self.start + self.for_

    def doses(self, until: float) -> "tuple[Dose, ...]":
        """All doses up to a time [s], and one at it."""
        from glut4sim.sim.endocrine.pharmacokinetics import regimen

        past = until + 1.0  # what is given after the time asked for changes nothing before it
        end = past if self.every is None or self.end is None else min(self.end, past)
        return regimen(self.amount, self.start, self.every, max(end, self.start + 1e-6), self.over or 0.0)


class OwnTables(Table):
    """Levels, drugs and effects that a scenario, or a library file that it names, has besides the installed ones."""

    hormone: dict[str, LevelTable] = Field(default={}, description="[hormone.NAME]: a level that is not installed")
    drug: dict[str, DrugTable] = Field(default={}, description="[drug.NAME]: a drug that is not installed")
    effect: dict[str, EffectTable] = Field(default={}, description="[effect.NAME]: an effect that is not installed")

    @property
    def known(self) -> Known:
        """All levels, drugs and effects: those that are installed, and these."""
        if not (self.hormone or self.drug or self.effect):
            return installed()
        return extended(*(tuple(table.items()) for table in (self.hormone, self.drug, self.effect)))


def key_of(table: str, key: str, own: OwnTables) -> str:
    """What a key of a table means: in [hormones] the level, whatever it is called there."""
    return resolved(key, own.known.hormones) if table == "hormones" else key


def in_one_name(layers: Sequence[Layer]) -> tuple[list[Layer], OwnTables]:
    """Layers of a scenario that call every level by its name, so that they can be merged; and their own entries.

    InputError, naming the path, if an entry of their own is faulty, or a layer names a level twice.
    """
    own = OwnTables.read({key: table for key, table in merge(layers).items() if key in OWN})
    return [renamed(layer, partial(key_of, own=own)) for layer in layers], own


class EndocrineTables(OwnTables):
    """What a scenario says of hours to months."""

    body: BodyTable = BodyTable()
    hormones: Annotated[HormoneTable, Hormones()] = Field(
        default=HormoneTable(),
        description="[hormones]: levels before any drug, blocked receptors, and rhythms that are followed",
    )
    cycle: CycleTable | None = None
    therapy: tuple[TherapyTable, ...] = Field(default=(), description="[[therapy]]: drugs that are given")
    assay: AssayTable = AssayTable()
    effects: Annotated[dict[str, str], EffectNumbers("0.5")] = Field(
        default={},
        description='[effects]: other numbers than the literature\'s, such as "testosterone-pi3k.gain" = 0.5',
    )

    kinetics: Annotated[dict[str, str], KineticsNumbers("120 L")] = Field(
        default={},
        description='[kinetics]: other numbers of drugs, such as "testosterone gel.volume" = "120 L"',
    )

    @classmethod
    def read(cls, content: object, context: object = None) -> Self:
        """As `Table.read`; what it knows comes first, for the rest is read with it."""
        own = {key: content[key] for key in OWN if key in content} if isinstance(content, dict) else {}
        return super().read(content, OwnTables.read(own).known if own else context)

    @pydantic.model_validator(mode="after")
    def _endocrine_parts_fit(self):
        try:
            if self.has_hormones:  # which reads the library here once, rather than in every thread that simulates
                self.known.override(self.effects)
        except InputError as error:
            raise error.within("effects") from None
        try:
            if self.kinetics:
                self.known.with_kinetics(self.kinetics)
        except InputError as error:
            raise error.within("kinetics") from None
        if self.cycle is not None and self.body.sex != "woman":
            raise InputError('expected body.sex = "woman" where there is a cycle.', "body.sex")
        for i, therapy in enumerate(self.therapy):
            try:
                therapy.doses(self.assay.at[-1])
            except InputError as error:
                raise error.within(f"therapy[{i}]") from None
        return self

    @property
    def has_hormones(self) -> bool:
        """Whether it says anything of hormones; else the cell is left as its preset has it."""
        body = self.body.model_copy(update={"mass": None, "height": None})
        tables = (body, self.hormones, self.cycle, self.therapy, self.effects)
        return any(table != default for table, default in zip(tables, (BodyTable(), HormoneTable(), None, (), {})))

    @property
    def plasma_insulin(self) -> Schedule[float] | None:
        """Insulin in plasma over time [pM]; None where it is fasting all along."""
        return self.hormones.levels.get(library.PLASMA_INSULIN)

    def plan(self, until: float, seed: int) -> "Plan":
        """The person and their doses, as `endocrine.model.solve` takes them.

        Parameters
        ----------
        until : up to when doses are given [s]
        seed : of the random numbers of irregular cycles
        """
        from glut4sim.sim.endocrine.model import Plan
        from glut4sim.sim.endocrine.rhythm import Cycle

        body = {name: getattr(self.body, name) for name in BODY}
        baseline = {name: Schedule((0.0,), (value,)) for name, value in body.items() if value is not None}
        doses: dict[str, tuple[Dose, ...]] = {}
        for therapy in self.therapy:
            doses[therapy.drug] = doses.get(therapy.drug, ()) + therapy.doses(until)
        return Plan(
            sex=self.body.sex,
            baseline=baseline | self.hormones.levels,
            insulin=self.plasma_insulin,
            blocked=self.hormones.blocked,
            rhythms=self.hormones.rhythms,
            cycle=None if self.cycle is None else Cycle(**self.cycle.model_dump()),
            doses=doses,
            levels=self.known.levels,
            drugs=self.known.with_kinetics(self.kinetics) if self.kinetics else self.known.drugs,
            effects=self.known.override(self.effects),
            seed=seed,
        )

    def resolved(self) -> dict[str, Any]:
        """As TOML would hold it; what of hours to months is left at its default is left out."""
        content = super().resolved()
        if self.body == BodyTable():
            del content["body"]
        if self.assay == AssayTable():
            del content["assay"]
        return {key: value for key, value in content.items() if value or key not in EndocrineTables.model_fields}
