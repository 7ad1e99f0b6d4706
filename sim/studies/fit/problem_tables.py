"""The tables of a fit's problem file: what each may say, before names are looked up; see problem.py."""

from typing import Annotated, Any, ClassVar

import pydantic

from glut4sim.sim.analysis.measurements import CONTRASTS, MEASURES
from glut4sim.sim.endocrine.tables import OWN
from glut4sim.sim.inputs.errors import InputError, describe, join_path
from glut4sim.sim.inputs.fields import AnyQuantity, FiniteNumber, Flag, OneOf, Quantity, Reader, Words, YesOrNo
from glut4sim.sim.inputs.tables import Table
from glut4sim.sim.inputs.units import INSULIN
from glut4sim.sim.studies.experiments.tables import (
    ExperimentTable,
    NameOrNames,
    OptionalMoments,
    OptionalText,
    RawTable,
)
from glut4sim.sim.studies.fit.watched import WatchedTable

FREE = "free"
SHARED = ("cell", "run", "parameters", "effects", *OWN)  # tables of a scenario that all experiments share
END_POINTS = {name: measure for name, measure in MEASURES.items() if "data" not in measure.required}
COMPARISONS = tuple(name for name, contrast in CONTRASTS.items() if contrast.references == 1)


class TwoQuantities(AnyQuantity):
    """Two of them."""

    def read(self, value: object) -> tuple[str, str]:
        if not isinstance(value, list) or len(value) != 2:
            raise InputError(f'expected two quantities such as ["1 1/min", "5 1/min"], got {describe(value)}.')
        low, high = map(super().read, value)
        return low, high

    def write(self, value: tuple[str, str]) -> list[str]:
        return list(value)


class NumberOrFree(FiniteNumber):
    """A number that is known, or "free"."""

    def read(self, value: object) -> float | None:
        if value == FREE:
            return None
        try:
            return super().read(value)
        except InputError:
            raise InputError(f'expected a finite number or "{FREE}", got {describe(value)}.') from None

    def write(self, value: float | None) -> float | str:
        return FREE if value is None else value


class Points(Reader):
    """Points of a series: a list of [x, value, sem], x a time or a concentration of insulin."""

    def read(self, value: object) -> tuple[tuple[str, float, float], ...]:
        if not isinstance(value, list) or not value:
            raise InputError(f"expected {self._form}, got {describe(value)}.")
        return tuple(self._point(i, row) for i, row in enumerate(value))

    def _point(self, i: int, row: object) -> tuple[str, float, float]:
        match row:
            case [str() as x, int() | float() as value, int() | float() as sem] if sem >= 0.0:
                return x, float(value), float(sem)
        raise InputError(f"expected {self._form}; the SEM is not negative.", f"[{i}]")

    def write(self, value: tuple[tuple[str, float, float], ...]) -> list[list[str | float]]:
        return [list(row) for row in value]

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "array"}, "description": self._form}

    _form = 'a list of points [x, value, SEM] such as ["10 min", 52.0, 3.1]'


class PriorTable(Table):
    """prior = { normal = [mean, sd] } or { log_normal = [median, factor] }: what is known before the data."""

    normal: Annotated[tuple[str, str] | None, TwoQuantities()] = None
    log_normal: Annotated[tuple[str, str] | None, TwoQuantities()] = None

    @pydantic.model_validator(mode="after")
    def _is_one(self):
        if (self.normal is None) == (self.log_normal is None):
            raise InputError('expected either "normal" or "log_normal".')
        return self


class FreeTable(Table):
    """[free.NAME]: a parameter or an effect that is fitted."""

    value: Annotated[str | None, AnyQuantity()] = None
    range: Annotated[tuple[str, str] | None, TwoQuantities()] = None
    log: Annotated[bool | None, YesOrNo()] = None
    prior: PriorTable | None = None
    same: Annotated[tuple[str, ...], NameOrNames()] = ()

    @pydantic.model_validator(mode="after")
    def _scale_fits_the_prior(self):
        if self.prior is not None and self.log is not None and self.log != (self.prior.log_normal is not None):
            raise InputError("a log-normal prior is taken in equal ratios, a normal one is not; leave it out.", "log")
        return self


ARGUMENTS = ("at", "since", "until")  # of measures
REFERS = ("experiment", "observable", "dose", "during", "measure", *ARGUMENTS)  # what a measurement is made of


class MeasuredTable(Table):
    """What is measured, of a course that is named elsewhere."""

    measure: Annotated[str | None, OneOf("measure", END_POINTS)] = None
    dose: Annotated[float | None, Quantity(INSULIN)] = None
    during: OptionalMoments = None
    at: OptionalMoments = None
    since: OptionalMoments = None
    until: OptionalMoments = None

    @property
    def said(self) -> dict[str, Any]:
        """What it says, by key."""
        return {key: value for key in REFERS if (value := getattr(self, key, None)) is not None}


class RelativeTable(MeasuredTable):
    """`relative_to` of data: what is not said is as in the data."""

    experiment: OptionalText = None
    observable: OptionalText = None


class DataTable(MeasuredTable):
    """[data.NAME]: a time course, a dose response, or an end point."""

    experiment: Words
    observable: Words
    title: OptionalText = None
    unit: OptionalText = None

    file: OptionalText = None
    series: OptionalText = None
    points: Annotated[tuple[tuple[str, float, float], ...] | None, Points()] = None
    above_rest: Flag = False
    scale: Annotated[float | None, NumberOrFree()] = 1.0
    offset: Annotated[float | None, NumberOrFree()] = 0.0
    scale_of: OptionalText = None

    value: Annotated[float | None, FiniteNumber()] = None
    sem: Annotated[float | None, FiniteNumber()] = None
    relative_to: RelativeTable | None = None
    compare: Annotated[str | None, OneOf("comparison", COMPARISONS)] = None

    held_out: Flag = False
    evidence: Annotated[tuple[str, ...], NameOrNames()] = ()
    source: OptionalText = None

    @pydantic.model_validator(mode="after")
    def _is_of_one_kind(self):
        told = [key for key in ("file", "points", "value") if getattr(self, key) is not None]
        if len(told) != 1:
            raise InputError('expected one of "file", "points" and "value".', told[1] if told else "")
        if self.series is not None and self.file is None:
            raise InputError('expected a "file" that holds it.', "series")
        if self.value is None:
            for key in ("measure", "since", "until", "relative_to", "compare"):
                if getattr(self, key) is not None:
                    raise InputError('expected this only with "value", a single number.', key)
            return self
        if self.above_rest:
            raise InputError('expected this only with points; take the measure "change".', "above_rest")
        if not self.sem or self.sem < 0.0:
            raise InputError(f"expected a standard error above 0, got {describe(self.sem or 0.0)}.", "sem")
        if self.compare is not None and self.relative_to is None:
            raise InputError('expected "relative_to" with it.', "compare")
        check_arguments(self.said)
        if self.reference is not None:
            check_arguments(self.reference, "relative_to")
        return self

    @property
    def reference(self) -> dict[str, Any] | None:
        """What its measurement is set against: itself, but for what is said. A measure brings its own times."""
        if self.relative_to is None:
            return None
        own = self.relative_to.said
        return {key: value for key, value in self.said.items() if "measure" not in own or key not in ARGUMENTS} | own

    @property
    def comparison(self) -> str:
        """How its measurement is set against another; empty if it is not."""
        return self.compare or ("ratio" if self.relative_to else "")


def check_arguments(said: dict[str, Any], path: str = "") -> None:
    """InputError unless a measurement says what its measure needs, and nothing that it does not take."""
    if "measure" not in said:
        raise InputError('"measure" is missing.', path)
    measure = END_POINTS[said["measure"]]
    for key in ARGUMENTS:
        if key in said and key not in (*measure.required, *measure.optional):
            raise InputError(f"{describe(said['measure'])} does not take it.", join_path(path, key))
        if key not in said and key in measure.required:
            raise InputError(f"{describe(key)} is missing.", path)


class ProblemTable(Table):
    """A problem."""

    KEYS_OF_FILES: ClassVar[tuple[str, ...]] = ("extends", "library")

    title: OptionalText = None
    description: OptionalText = None
    cell: RawTable | None = None
    run: RawTable | None = None
    parameters: RawTable | None = None
    effects: RawTable | None = None
    hormone: RawTable | None = None
    drug: RawTable | None = None
    effect: RawTable | None = None
    free: dict[str, FreeTable]
    experiments: dict[str, ExperimentTable]
    data: dict[str, DataTable] = pydantic.Field(default={})
    watched: dict[str, WatchedTable] = pydantic.Field(default={})

    @property
    def shared(self) -> dict[str, RawTable]:
        """Tables of a scenario that all experiments share."""
        return {name: table for name in SHARED if (table := getattr(self, name)) is not None}
