"""What values a scenario's tables may hold: how each is read from TOML and checked."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Annotated, Any

import pydantic
from pydantic import BaseModel, BeforeValidator

from glut4sim.sim.inputs.errors import InputError, describe, join_path, unknown
from glut4sim.sim.inputs.units import TIME, Kind

MAX_COUNT = 2**31 - 1


class Table(BaseModel):
    """A table whose keys are all known."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


def whole(value: object, low: int, high: int) -> int:
    """A whole number from low to high."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(f"expected a whole number from {low} to {high}, got {describe(value)}.")
    return value


def share(value: object, high: float = 1.0) -> float:
    """A plain number from 0 to `high`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value <= high:
        raise InputError(f"expected a number from 0 to {high:g}, got {describe(value)}.")
    return float(value)


def text(value: object) -> str:
    """Text in Unicode."""
    if not isinstance(value, str):
        raise InputError(f"expected text, got {describe(value)}.")
    if value.encode(errors="replace").decode() != value:
        raise InputError("expected UTF-8 text.")
    return value


def words(value: object) -> str:
    """Text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"expected text, got {describe(value)}.")
    return value


def flag(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise InputError(f"expected true or false, got {describe(value)}.")
    return value


def duration(value: object, low: float = 0.0, high: float | None = None, kind: Kind = TIME) -> float:
    """A time above 0 [s]."""
    high = kind.high if high is None else high
    seconds = kind.read(value)
    if seconds == 0.0 or not low <= seconds <= high:
        bounds = f"from {kind.write(low)} to {kind.write(high)}" if low else "above 0 s"
        raise InputError(f"expected a time {bounds}, got {describe(value)}.")
    return seconds


def numbers_as_text(value: object, example: str) -> object:
    """A table of quantities as texts, sorted by name; pydantic refuses what is no table."""
    if isinstance(value, dict):
        for name, quantity in value.items():
            if isinstance(quantity, bool) or not isinstance(quantity, str | int | float):
                raise InputError(f"expected a quantity such as {example}, got {describe(quantity)}.", name)
        return {name: str(value[name]).strip() for name in sorted(value)}
    return value


Text = Annotated[str, BeforeValidator(text)]
Count = Annotated[int, BeforeValidator(partial(whole, low=1, high=MAX_COUNT))]
Duration = Annotated[float, BeforeValidator(duration)]


def take(table: object, readers: Mapping[str, Callable[[object], Any]], required: Iterable[str] = ()) -> dict[str, Any]:
    """Values of a table that is no user's scenario, each read by the reader of its key; InputError naming the key."""
    if not isinstance(table, dict):
        raise InputError(f"expected a table, got {describe(table)}.")
    for key in table:
        if key not in readers:
            raise unknown("key", key, readers)
    for key in required:
        if key not in table:
            raise InputError(f"{describe(key)} is missing.")
    content = {}
    for key, value in table.items():
        try:
            content[key] = readers[key](value)
        except InputError as error:
            raise InputError(error.sentence, join_path(key, error.path), key=error.key) from None
    return content
