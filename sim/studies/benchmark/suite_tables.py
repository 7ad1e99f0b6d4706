"""The tables of a suite file: what each may say, before their names are looked up; see suite.py."""

from typing import Annotated, Any, ClassVar

import pydantic

from glut4sim.sim.analysis.measurements import CONTRASTS, MEASURES, SCALINGS
from glut4sim.sim.inputs.errors import InputError, describe, unknown
from glut4sim.sim.inputs.fields import (
    FileName,
    FiniteNumber,
    Flag,
    OneOf,
    Quantity,
    Range,
    Words,
)
from glut4sim.sim.inputs.tables import Table
from glut4sim.sim.inputs.units import INSULIN
from glut4sim.sim.studies.experiments.tables import (
    ExperimentTable,
    NameOrNames,
    OptionalMoments,
    OptionalText,
    RawTable,
)

ARGUMENTS = ("at", "since", "until", "data", "scaling")  # of measures


class MeasurementTable(Table):
    """[measurements.NAME]: what is measured of which experiment."""

    measure: Annotated[str, OneOf("measure", MEASURES)]
    experiment: Words
    observable: Words
    dose: Annotated[float | None, Quantity(INSULIN)] = None
    during: OptionalMoments = None
    figure: Annotated[str, FileName()] = ""
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
    evidence: Annotated[tuple[str, ...], NameOrNames()] = ()
    whole_body: Flag = False
    figure: Annotated[str, FileName()] = ""
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
