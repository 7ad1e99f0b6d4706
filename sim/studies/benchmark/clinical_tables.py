"""The tables of a file of clinical numbers: what each may say, before any body is made; see clinical.py."""

from math import inf, isclose
from typing import Annotated, Any, ClassVar, NamedTuple

import pydantic

from glut4sim.sim.inputs.errors import InputError, describe
from glut4sim.sim.inputs.fields import (
    Choice,
    FiniteNumber,
    Flag,
    OneOf,
    Quantity,
    Range,
    Reader,
    Time,
    Whole,
    Words,
    read_all,
)
from glut4sim.sim.inputs.tables import Table
from glut4sim.sim.inputs.units import CARBOHYDRATE, SPAN
from glut4sim.sim.studies.benchmark.clinical_measures import ALL
from glut4sim.sim.studies.experiments.tables import OptionalText, RawTable

KINDS = ("fasting", "clamp", "drink", "meal")
LEAST = 0.15  # half a band, as a share of the value, where its source does not give more
SD, SE = 2.0, 3.0  # halves of a band, in standard deviations of people and in standard errors of the mean
RATES = {"mU/m2/min": False, "mU/kg/min": True}  # unit -> whether it is per kg of body
DIGITS = 1e-3  # relative, to which a band is written


class Rate(NamedTuple):
    """At which insulin is infused [mU/min], per m2 of body surface or per kg of body."""

    insulin: float
    per_kg: bool


class Rates(Reader):
    """A rate at which insulin is infused, or a list of them."""

    hint = 'a rate such as "40 mU/m2/min"'

    def read(self, value: object) -> tuple[Rate, ...]:
        return tuple(read_all(self._one, value)) if isinstance(value, list) else (self._one(value),)

    def _one(self, value: object) -> Rate:
        number, _, unit = str(value).partition(" ")
        if unit not in RATES or not number.replace(".", "", 1).isdigit():
            raise InputError(f"expected {self.hint} or per kg, got {describe(value)}.")
        return Rate(float(number), RATES[unit])


class Times(Reader):
    """A list of times [s]."""

    hint = 'a list such as ["2 h", "4 h"]'

    def read(self, value: object) -> tuple[float, ...]:
        if not isinstance(value, list):
            raise InputError(f"expected {self.hint}, got {describe(value)}.")
        return tuple(read_all(Time().read, value))


class PopulationTable(Table):
    """population: how many there are of a person, and how their body mass index spreads (sd of its logarithm).

    How they differ else is the same in all populations.
    """

    n: Annotated[int, Whole(2, 10_000)]
    body_mass_index: Annotated[float, FiniteNumber()] = 0.14


class PersonTable(Table):
    """[people.NAME]: an installed scenario at one of its assays, or a body and what it is given.

    `diabetes` makes tissues, liver and pancreas those of type 2 diabetes; `population` makes many of the person.
    """

    title: Words
    scenario: OptionalText = None
    at: Annotated[float | None, Quantity(SPAN)] = None
    diabetes: Flag = False
    body: RawTable = pydantic.Field(default={})
    therapy: list[Any] = pydantic.Field(default=[])
    population: PopulationTable | None = None


class ProtocolTable(Table):
    """[protocols.NAME]: what is done. Several rates of insulin follow one another, and `steps_at` says when."""

    title: Words
    kind: Annotated[str, Choice(KINDS)]
    insulin: Annotated[tuple[Rate, ...], Rates()] = ()
    steps_at: Annotated[tuple[float, ...], Times()] = ()  # when the second rate begins, the third, ...
    carbohydrate: Annotated[float | None, Quantity(CARBOHYDRATE)] = None
    duration: Annotated[float | None, Time()] = None

    @pydantic.model_validator(mode="after")
    def _has_what_its_kind_needs(self):
        needed = {"clamp": ("insulin", "duration"), "drink": ("carbohydrate", "duration")}
        needed["meal"] = needed["drink"]
        for key in ("insulin", "carbohydrate", "duration"):
            if bool(getattr(self, key)) != (key in needed.get(self.kind, ())):
                raise InputError(f"a {self.kind} {'has none' if getattr(self, key) else 'needs one'}.", key)
        if len(self.steps_at) != max(len(self.insulin) - 1, 0):
            raise InputError("expected when each rate begins but the first.", "steps_at")
        if sorted({0.0, *self.steps_at, self.duration or inf}) != [0.0, *self.steps_at, self.duration or inf]:
            raise InputError("expected times in order, before the end.", "steps_at")
        if len({rate.per_kg for rate in self.insulin}) > 1:
            raise InputError("expected one unit for all rates.", "insulin")
        return self


class NumberTable(Table):
    """[[numbers]]: a number that was published, how it is measured here, its band, and whether a fit used it."""

    evidence: Words
    group: Words
    measure: Annotated[str, OneOf("measure", ALL)]
    person: Words
    reference: OptionalText = None
    protocol: Words
    change: Flag = False
    value: Annotated[float, FiniteNumber()]
    range: Annotated[tuple[float, float] | None, Range("[4.7, 8.7]; inf for no limit")] = None
    sd: Annotated[float | None, FiniteNumber()] = None
    se: Annotated[float | None, FiniteNumber()] = None
    band: Annotated[tuple[float, float], Range("[4.7, 8.7]; inf for no limit")]
    unit: Words
    fit: Flag
    note: Words = ""
    known_failure: Words = ""
    named: Words = ""  # what was added since its failure named it: how it does then is not blind

    @pydantic.model_validator(mode="after")
    def _has_the_band_of_the_rule(self):
        expected = self.band_by_rule
        if not all(isclose(a, b, rel_tol=DIGITS) for a, b in zip(self.band, expected)):
            low, high = expected
            raise InputError(f"expected [{low:.4g}, {high:.4g}] by the rule, got {describe(self.band)}.", "band")
        if not expected[0] <= self.value <= expected[1]:
            raise InputError(f"expected a band that holds the value, {self.value:g}.", "range")
        if self.change and self.unit != "%":
            raise InputError(f'expected "%" of a change, got {describe(self.unit)}.', "unit")
        return self

    @property
    def band_by_rule(self) -> tuple[float, float]:
        """The range of the source; else 2 sd; else 3 se and at least 15 %, of a change 15 % of what is compared."""
        if sum(spread is not None for spread in (self.range, self.sd, self.se)) > 1:
            raise InputError("expected one of range, sd and se.", "range")
        if self.range is not None:
            return self.range
        if self.sd is not None:
            half = SD * self.sd
        else:
            half = max(SE * (self.se or 0.0), LEAST * (100.0 + self.value if self.change else abs(self.value)))
        return self.value - half, self.value + half


class NotJudgedTable(Table):
    """[[not_judged]]: a published number that no body can be held against, and why."""

    what: Words
    source: Words
    reason: Words


class ClinicalTable(Table):
    """A file of clinical numbers."""

    KEYS_OF_FILES: ClassVar[tuple[str, ...]] = ("extends",)

    title: Words
    description: Words = ""
    people: dict[str, PersonTable]
    protocols: dict[str, ProtocolTable]
    numbers: tuple[NumberTable, ...]
    not_judged: tuple[NotJudgedTable, ...] = ()
