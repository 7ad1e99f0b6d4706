"""The table [assay]: when the acute experiment is done, and whether it is one of a cell or a test of the body.

at                   a time, or a list of times
kind                 "clamp", "ogtt", "meal", "fasting": a test of the body, instead of [bath]
insulin, second, second_at, glucose   of a clamp: the rate, that of a second step and when, and what glucose is held
carbohydrate         of a meal or a drink
duration             of the test
exchange             between blood and cells
"""

from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import pydantic
from pydantic import Field

from glut4sim.sim.endocrine.spans import Span
from glut4sim.sim.inputs.errors import InputError, describe
from glut4sim.sim.inputs.fields import Choice, Quantity, Reader, Time, read_all
from glut4sim.sim.inputs.tables import Table
from glut4sim.sim.inputs.units import CARBOHYDRATE, GLUCOSE, SPAN, TIME, convert, write

MAX_ASSAYS = 1000
KINDS = ("clamp", "ogtt", "meal", "fasting")  # of tests of the body


class Rate(NamedTuple):
    """How much insulin is infused in a minute [mU], per m2 of body surface or per kg of body."""

    amount: float
    per_kg: bool = False

    @property
    def unit(self) -> str:
        """As it is written."""
        return f"mU/{'kg' if self.per_kg else 'm^2'}/min"


@dataclass(frozen=True)
class InsulinRate(Reader):
    """An infusion of insulin, per surface or mass of the body."""

    high: float = 10_000.0
    hint = 'a rate such as "40 mU/m2/min" or "1 mU/kg/min"'

    def read(self, value: object) -> Rate:
        text = value.replace("m2", "m^2") if isinstance(value, str) else value
        for per_kg in (False, True):
            try:
                amount = convert(text, Rate(0.0, per_kg).unit, self.hint)
            except InputError:
                continue
            if 0.0 <= amount <= self.high:
                return Rate(amount, per_kg)
        raise InputError(f"expected {self.hint}, of 0 to {self.high:g} mU, got {describe(value)}.")

    def write(self, value: Rate) -> str:
        return write(value.amount, value.unit)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "examples": ["40 mU/m2/min"], "description": self.hint}


class AssayTimes(Span):
    """A time, or an ascending list of times."""

    def read(self, value: object) -> tuple[float, ...]:
        if not isinstance(value, list):
            return (super().read(value),)
        if not 1 <= len(value) <= MAX_ASSAYS:
            raise InputError(f"expected a time or a list of 1 to {MAX_ASSAYS} times, got {describe(value)}.")
        times = read_all(super().read, value)
        for i in range(1, len(times)):
            if times[i] <= times[i - 1]:
                before, found = describe(value[i - 1]), describe(value[i])
                raise InputError(f"expected a time after {before}, got {found}.", f"[{i}]")
        return tuple(times)

    def write(self, value: tuple[float, ...]) -> str | list[str]:
        texts = [super(AssayTimes, self).write(time) for time in value]
        return texts[0] if len(texts) == 1 else texts

    def schema(self) -> dict[str, Any]:
        one = super().schema()
        several = {"type": "array", "items": one, "minItems": 1, "maxItems": MAX_ASSAYS}
        return {"anyOf": [one, several], "description": f"{one['description']}; or an ascending list of times"}


class AssayTable(Table):
    """[assay]: when the acute experiment is done, and what it is."""

    at: Annotated[tuple[float, ...], AssayTimes(SPAN)] = Field(
        default=(0.0,), description="times since the start, 8 am of day 0, at which the experiment begins"
    )
    kind: Annotated[str | None, Choice(KINDS)] = Field(
        default=None, description="a test of the body; left out, the experiment is that of [bath] on one cell"
    )
    insulin: Annotated[Rate | None, InsulinRate()] = Field(default=None, description="infused in a clamp")
    second: Annotated[Rate | None, InsulinRate()] = Field(default=None, description="infused in its second step")
    second_at: Annotated[float | None, Quantity(TIME)] = Field(default=None, description="when that begins")
    glucose: Annotated[float | None, Quantity(GLUCOSE)] = Field(
        default=None, description="that a clamp holds in plasma; 0 mM: what there is fasting"
    )
    carbohydrate: Annotated[float | None, Quantity(CARBOHYDRATE)] = Field(
        default=None, description="eaten in a meal, or drunk as glucose"
    )
    duration: Annotated[float | None, Time()] = Field(default=None, description="of the test of the body")
    exchange: Annotated[float | None, Time()] = Field(
        default=None, description="time between two exchanges of blood and cells, 30 s by default"
    )

    @pydantic.model_validator(mode="after")
    def _keys_fit(self):
        # of a test of another kind they play no part, so that a file can be put to any by its kind alone
        for key in () if self.kind else sorted(self.model_fields_set - {"at", "kind"}):
            if getattr(self, key) is not None:
                raise InputError("only a test of the body has it; leave it out, or choose assay.kind.", key)
        if (self.second is None) != (self.second_at is None):
            raise InputError("a second step needs both its rate and when it begins.", "second")
        if self.second and self.insulin and self.second.per_kg != self.insulin.per_kg:
            raise InputError("expected a rate of the same unit as insulin.", "second")
        return self
