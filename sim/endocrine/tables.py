"""The tables of a scenario that tell of hours to months: the person, the hormones, the therapies, and the assays.

    [body]       sex, age, visceral_fat, subcutaneous_fat, lean_mass
    [hormones]   any other level: a value, or a list of [time, value]; blocked = receptors; rhythms = levels
    [cycle]      length, length_sd, amplitude_sd, anovulatory
    [[therapy]]  drug, dose, every, start, for or stop, over
    [assay]      at = when the acute experiment is done: a time, or a list of times
    [effects]    "testosterone-pi3k.gain" = 0.5: other numbers than the literature's

What takes long to import is imported where it is used: most scenarios have none of this.
"""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import pydantic
from pydantic import BeforeValidator, Field, PlainValidator

from glut4sim.sim.endocrine import library
from glut4sim.sim.endocrine.library import BODY, SEXES
from glut4sim.sim.inputs.errors import InputError, describe, unknown
from glut4sim.sim.inputs.fields import Table, Text, duration, numbers_as_text, share
from glut4sim.sim.inputs.schedule import Schedule, read_schedule, write_schedule
from glut4sim.sim.inputs.units import AGE, SPAN, write

if TYPE_CHECKING:
    from glut4sim.sim.endocrine.model import Plan
    from glut4sim.sim.endocrine.pharmacokinetics import Dose

Span = Annotated[float, BeforeValidator(SPAN.read)]
LongDuration = Annotated[float, BeforeValidator(partial(duration, kind=SPAN))]
DAY = 86400.0
MAX_ASSAYS = 1000


def _sex(value: object) -> str:
    if value not in SEXES:
        raise InputError(f"expected {' or '.join(map(describe, SEXES))}, got {describe(value)}.")
    return value


def _level(name: str):
    return Annotated[float | None, BeforeValidator(lambda value: library.levels()[name].kind.read(value))]


def _span_text(seconds: float) -> str:
    """Text that SPAN reads as the same time, in the largest unit that does: "28 d", "5 h"."""
    for size, unit in ((DAY, "d"), (3600.0, "h"), (60.0, "min")):
        text = write(seconds / size, unit)
        if seconds >= size and SPAN.read(text) == seconds:
            return text
    return "0 d" if seconds == 0.0 else SPAN.write(seconds)


class BodyTable(Table):
    """[body]: who it is. What is not given follows from the reference of the sex, and from the rest."""

    sex: Annotated[str, BeforeValidator(_sex)] = "man"
    age: Annotated[float | None, BeforeValidator(AGE.read)] = None
    visceral_fat: _level("visceral_fat") = None
    subcutaneous_fat: _level("subcutaneous_fat") = None
    lean_mass: _level("lean_mass") = None

    def resolved(self) -> dict[str, str]:
        """As TOML would hold it."""
        given = {name: getattr(self, name) for name in BODY}
        return {"sex": self.sex} | {
            name: library.levels()[name].kind.write(value) for name, value in given.items() if value is not None
        }


def _one_of(what: str, allowed: tuple[str, ...], value: object) -> str:
    if not isinstance(value, str):
        raise InputError(f"expected the name of a {what}, got {describe(value)}.")
    if value not in allowed:
        raise unknown(what, value, allowed)
    return value


def _names(what: str, allowed: tuple[str, ...], value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise InputError(f"expected a list of names, got {describe(value)}.")
    names = []
    for i, name in enumerate(value):
        try:
            names.append(_one_of(what, allowed, name))
        except InputError as error:
            raise error.within(f"[{i}]") from None
    return tuple(sorted(set(names)))


class HormoneTable(Table):
    """[hormones]: levels before any drug, receptors that are blocked, and rhythms that are followed."""

    levels: dict[str, Schedule] = Field(default={})
    blocked: tuple[str, ...] = ()
    rhythms: tuple[str, ...] = ()

    @classmethod
    def read(cls, value: object) -> "HormoneTable":
        """From the TOML table."""
        if isinstance(value, HormoneTable):
            return value
        if not isinstance(value, dict):
            raise InputError(f"expected a table, got {describe(value)}.")
        known = {name: level for name, level in library.levels().items() if name not in BODY}
        lists = {
            "blocked": partial(_names, "receptor", library.receptors()),
            "rhythms": partial(
                _names, "level with a daily rhythm", tuple(n for n in known if known[n].rhythm in ("pulses", "day"))
            ),
        }
        content: dict[str, Any] = {"levels": {}}
        for name in sorted(value):
            try:
                if name in lists:
                    content[name] = lists[name](value[name])
                elif name in known:
                    content["levels"][name] = read_schedule(value[name], known[name].kind, SPAN)
                else:
                    raise unknown("hormone", name, (*known, *lists))
            except InputError as error:
                raise (error if error.key == name else error.within(name)) from None
        return cls.model_construct(**content)

    def resolved(self) -> dict[str, Any]:
        """As TOML would hold it."""
        lists = {"blocked": list(self.blocked), "rhythms": list(self.rhythms)}
        return {
            name: write_schedule(schedule, library.levels()[name].kind, SPAN) for name, schedule in self.levels.items()
        } | {name: names for name, names in lists.items() if names}


class CycleTable(Table):
    """[cycle]: menstrual cycles; see glut4sim.sim.endocrine.rhythm.Cycle."""

    length: Annotated[float, BeforeValidator(partial(duration, low=DAY, high=365.0 * DAY, kind=SPAN))] = 28.0 * DAY
    length_sd: Annotated[float, BeforeValidator(share)] = 0.0
    amplitude_sd: Annotated[float, BeforeValidator(share)] = 0.0
    anovulatory: Annotated[float, BeforeValidator(share)] = 0.0

    def resolved(self) -> dict[str, Any]:
        """As TOML would hold it."""
        return {**self.model_dump(), "length": _span_text(self.length)}


class TherapyTable(Table):
    """[[therapy]]: a drug and its doses."""

    drug: Annotated[str, BeforeValidator(lambda value: _one_of("drug", tuple(library.drugs()), value))]
    dose: Text
    start: Span = 0.0
    every: LongDuration | None = None
    for_: LongDuration | None = Field(default=None, alias="for")
    stop: LongDuration | None = None
    over: LongDuration | None = None

    @pydantic.model_validator(mode="after")
    def _parts_fit(self):
        _ = self._amount
        if self.for_ is not None and self.stop is not None:
            raise InputError("expected either `for` or `stop`, got both.")
        if self.every is None and (self.for_ is not None or self.stop is not None):
            raise InputError("is missing: how often? Without it the dose is given once, and has no end.", "every")
        if self.stop is not None and self.stop <= self.start:
            raise InputError(f"expected a time after start ({SPAN.write(self.start)}).", "stop")
        return self

    @property
    def _amount(self) -> float:
        try:
            return library.drugs()[self.drug].dose_kind.read(self.dose)
        except InputError as error:
            raise error.within("dose") from None

    @property
    def end(self) -> float | None:
        """When the last dose is due at the latest [s]; None if only the end of the scenario ends it."""
        if self.every is None:
            return self.start
        return self.stop if self.for_ is None else self.start + self.for_

    def doses(self, until: float) -> "tuple[Dose, ...]":
        """All doses up to a time [s]."""
        from glut4sim.sim.endocrine.pharmacokinetics import regimen

        end = until if self.every is None or self.end is None else min(self.end, until)
        return regimen(self._amount, self.start, self.every, max(end, self.start + 1e-6), self.over or 0.0)

    def resolved(self) -> dict[str, str]:
        """As TOML would hold it."""
        times = {"start": self.start, "every": self.every, "for": self.for_, "stop": self.stop, "over": self.over}
        return {"drug": self.drug, "dose": self.dose} | {
            key: _span_text(time) for key, time in times.items() if time is not None
        }


def _assay_times(value: object) -> tuple[float, ...]:
    if isinstance(value, tuple):
        return value
    if not isinstance(value, list):
        return (SPAN.read(value),)
    if not 1 <= len(value) <= MAX_ASSAYS:
        raise InputError(f"expected a time or a list of 1 to {MAX_ASSAYS} times, got {describe(value)}.")
    times = []
    for i, entry in enumerate(value):
        try:
            times.append(SPAN.read(entry))
            if i and times[i] <= times[i - 1]:
                raise InputError(f"expected a time after {describe(value[i - 1])}, got {describe(entry)}.")
        except InputError as error:
            raise error.within(f"[{i}]") from None
    return tuple(times)


class AssayTable(Table):
    """[assay]: when the acute experiment is done."""

    at: Annotated[tuple[float, ...], BeforeValidator(_assay_times)] = (0.0,)

    def resolved(self) -> dict[str, Any]:
        """As TOML would hold it."""
        texts = [_span_text(time) for time in self.at]
        return {"at": texts[0] if len(texts) == 1 else texts}


class EndocrineTables(Table):
    """What a scenario says of hours to months."""

    body: BodyTable = BodyTable()
    hormones: Annotated[HormoneTable, PlainValidator(HormoneTable.read)] = HormoneTable()
    cycle: CycleTable | None = None
    therapy: tuple[TherapyTable, ...] = ()
    assay: AssayTable = AssayTable()
    effects: dict[str, str] = Field(default={})

    @pydantic.field_validator("effects", mode="before")
    @classmethod
    def _effects_are_text(cls, value: object) -> object:
        return numbers_as_text(value, "0.5")

    @pydantic.model_validator(mode="after")
    def _endocrine_parts_fit(self):
        try:
            if self.effects:
                library.override(self.effects)
        except InputError as error:
            raise error.within("effects") from None
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
        tables = (self.body, self.hormones, self.cycle, self.therapy, self.effects)
        return any(table != default for table, default in zip(tables, (BodyTable(), HormoneTable(), None, (), {})))

    def plan(self, until: float, seed: int) -> "Plan":
        """The person and their doses up to a time [s]."""
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
            blocked=self.hormones.blocked,
            rhythms=self.hormones.rhythms,
            cycle=None if self.cycle is None else Cycle(**self.cycle.model_dump()),
            doses=doses,
            effects=library.override(self.effects),
            seed=seed,
        )

    def resolved_endocrine(self) -> dict[str, Any]:
        """As TOML would hold it; what is left at its default is left out."""
        parts = {
            "body": self.body.resolved() if self.has_hormones else {},
            "hormones": self.hormones.resolved(),
            "cycle": self.cycle.resolved() if self.cycle is not None else {},
            "assay": self.assay.resolved() if self.assay != AssayTable() else {},
            "effects": dict(self.effects),
            "therapy": [therapy.resolved() for therapy in self.therapy],
        }
        return {key: value for key, value in parts.items() if value}
