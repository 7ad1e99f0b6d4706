"""The tables of a suite file: what each may say, before their names are looked up; see suite.py."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, NamedTuple

import pydantic

from glut4sim.sim.inputs.errors import InputError, describe, unknown
from glut4sim.sim.inputs.fields import (
    FiniteNumber,
    Flag,
    OneOf,
    Quantity,
    Range,
    SomeText,
    Words,
    read_all,
)
from glut4sim.sim.inputs.tables import Table
from glut4sim.sim.inputs.units import INSULIN, SPAN, TIME
from glut4sim.sim.studies.benchmark.measurements import MEASURES, SCALINGS, Span

SCENARIO_TABLES = ("cell", "bath", "run", "body", "hormones", "cycle", "therapy", "assay", "effects")

RawTable = dict[str, Any]  # a table of a scenario, checked with the scenario that it becomes a part of
OptionalText = Annotated[str | None, SomeText()]
OptionalSpan = Annotated[float | None, Quantity(SPAN)]


class Moments(Quantity):
    """A moment, read as a span whose ends are the same, or a list of two ascending ones."""

    def read(self, value: object) -> Span:
        if not isinstance(value, list):
            moment = super().read(value)
            return moment, moment
        if len(value) != 2:
            raise InputError(f"expected a time or two, got {describe(value)}.")
        since, until = read_all(super().read, value)
        if since >= until:
            raise InputError("expected two ascending times.")
        return since, until


class NameOrNames(SomeText):
    """A name, or a list of them."""

    def read(self, value: object) -> tuple[str, ...]:
        return tuple(read_all(super().read, value)) if isinstance(value, list) else (super().read(value),)


OptionalMoments = Annotated[Span | None, Moments(SPAN)]


class ExperimentTable(Table):
    """[experiments.NAME]: tables of a scenario, or the name of an installed one and what differs."""

    title: Words
    scenario: OptionalText = None
    doses: tuple[Annotated[float, Quantity(INSULIN)], ...] | None = None
    rest: Annotated[float | None, Quantity(TIME)] = None
    timeline: Flag = False
    until: OptionalSpan = None
    every: OptionalSpan = None

    cell: RawTable | None = None
    bath: RawTable | None = None
    run: RawTable | None = None
    body: RawTable | None = None
    hormones: RawTable | None = None
    cycle: RawTable | None = None
    therapy: list[Any] | None = None
    assay: RawTable | None = None
    effects: RawTable | None = None

    @pydantic.model_validator(mode="after")
    def _parts_fit(self):
        for key, needed_by in (("rest", "doses"), ("until", "timeline"), ("every", "timeline")):
            if bool(getattr(self, needed_by)) != (getattr(self, key) is not None):
                raise InputError(f"{describe(key)} and {describe(needed_by)} go together.")
        if self.doses is not None and self.timeline:
            raise InputError("expected hormones alone, without a cell; leave it out.", "doses")
        return self

    @property
    def scenario_tables(self) -> dict[str, Any]:
        """What it says of its scenario."""
        return {name: table for name in SCENARIO_TABLES if (table := getattr(self, name)) is not None}


ARGUMENTS = ("at", "since", "until", "data", "scaling")  # of measures


class MeasurementTable(Table):
    """[measurements.NAME]: what is measured of which experiment."""

    measure: Annotated[str, OneOf("measure", MEASURES)]
    experiment: Words
    observable: Words
    dose: Annotated[float | None, Quantity(INSULIN)] = None
    during: OptionalMoments = None
    figure: Words = ""
    at: OptionalMoments = None
    since: OptionalMoments = None
    until: OptionalMoments = None
    data: OptionalText = None
    scaling: Annotated[str | None, OneOf("scaling", SCALINGS)] = None

    @pydantic.model_validator(mode="after")
    def _has_the_arguments_of_its_measure(self):
        measure = MEASURES[self.measure]
        others = set(type(self).model_fields) - set(ARGUMENTS)
        for key in self.arguments:
            if key not in (*measure.required, *measure.optional):
                raise unknown("key", key, {*others, *measure.required, *measure.optional})
        for key in measure.required:
            if key not in self.arguments:
                raise InputError(f"{describe(key)} is missing.")
        return self

    @property
    def arguments(self) -> dict[str, Any]:
        """What it says to its measure."""
        return {key: value for key in ARGUMENTS if (value := getattr(self, key)) is not None}


class Contrast(NamedTuple):
    """How a measurement is set against others."""

    references: int  # how many others
    function: Callable[..., float]  # of the measurement and the others


CONTRASTS: Mapping[str, Contrast] = {
    "": Contrast(0, lambda value: value),
    "ratio": Contrast(1, lambda value, other: value / other),
    "percent change": Contrast(1, lambda value, other: 100.0 * (value / other - 1.0)),
    "percent rescued": Contrast(2, lambda value, lost, whole: 100.0 * (value - lost) / (whole - lost)),
}


class CheckTable(Table):
    """[[checks]]: what is expected of a measurement, or of its comparison with others."""

    id: Words
    group: Words
    quantity: Words
    measurement: Words
    relative_to: Annotated[tuple[str, ...], NameOrNames()] = ()
    compare: Annotated[str | None, OneOf("comparison", [*CONTRASTS][1:])] = None
    expect: Annotated[tuple[float, float], Range("[2, 6]; inf for none")]
    unit: Words = ""
    published: Annotated[float | None, FiniteNumber()] = None
    source: Words
    fitted: Flag = False
    whole_body: Flag = False
    figure: Words = ""
    known_failure: Words = ""

    @pydantic.model_validator(mode="after")
    def _has_what_it_is_compared_with(self):
        expected, found = CONTRASTS[self.comparison].references, len(self.relative_to)
        if found != expected:
            kind = describe(self.comparison)
            raise InputError(f"expected {expected} measurement(s) for {kind}, got {found}.", "relative_to")
        return self

    @property
    def comparison(self) -> str:
        """How it is compared; empty if it is not."""
        return self.compare or ("ratio" if self.relative_to else "")


class SuiteTable(Table):
    """A suite."""

    KEYS_OF_FILES: ClassVar[tuple[str, ...]] = ("extends",)

    title: OptionalText = None
    description: Words = ""
    defaults: RawTable | None = None
    experiments: dict[str, ExperimentTable]
    measurements: dict[str, MeasurementTable]
    checks: tuple[CheckTable, ...]

    @pydantic.model_validator(mode="after")
    def _checks_are_there_and_differ(self):
        if not self.checks:
            raise InputError("expected at least one check, got an empty list.", "checks")
        ids = [check.id for check in self.checks]
        for i, name in enumerate(ids):
            if name in ids[:i]:
                raise InputError(f"this id is given twice: {describe(name)}.", f"checks[{i}].id")
        return self
