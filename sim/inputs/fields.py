"""What values the tables of a TOML file may hold: how each is read, written back, and described to an editor.

class CellTable(Table):
    vesicles: Annotated[int, Whole(1, MAX_COUNT)] = 10_000
    receptors_cv: Annotated[float, Number(0.0, 2.0)] = 0.0
"""

import math
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from numbers import Integral
from typing import Annotated, Any

from pydantic_core import core_schema

from glut4sim.sim.inputs.errors import InputError, describe, unknown
from glut4sim.sim.inputs.schedule import Schedule, read_schedule, write_schedule
from glut4sim.sim.inputs.units import TIME, Kind, convert

MAX_COUNT = 2**31 - 1
_NUMBER = r"(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
QUANTITY_PATTERN = rf"^\s*\+?{_NUMBER}\s*(1 ?/)?[^\s\d.+-]"  # a number that is not negative, and a unit
NUMBER_PATTERN = rf"^\s*[+-]?{_NUMBER}"  # a number, perhaps in percent


class Reader:
    """How the value of a key is read from TOML and written back; stands in the annotation of a field.

    Attributes
    ----------
    hint
        what to write, with an example; said where the key is missing. Empty where its name says enough
    """

    hint: str = ""

    def read(self, value: object) -> Any:
        """The checked value; InputError if it is not what it should be."""
        raise NotImplementedError

    def write(self, value: Any) -> Any:
        """What TOML holds for a value that was read."""
        return value

    def schema(self) -> dict[str, Any]:
        """JSON Schema of what may be read, with its form in words as `description`."""
        raise NotImplementedError

    def __get_pydantic_core_schema__(self, source: object, handler: object) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, core: object, handler: object) -> dict[str, Any]:
        return self.schema()


# ---- plain values ----


@dataclass(frozen=True)
class Whole(Reader):
    """A whole number from `low` to `high`."""

    low: int
    high: int

    def read(self, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise InputError(f"expected {self._form}, got {describe(value)}.")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.low, "maximum": self.high, "description": self._form}

    @property
    def _form(self) -> str:
        return f"a whole number from {self.low} to {self.high}"


def check_whole(name: str, value: object, low: int, high: int) -> int:
    """What a caller of Python gives for a whole number, of numpy's kinds too.

    InputError, naming it, unless it is one within limits.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or not low <= int(value) <= high:
        raise InputError(f"expected a whole number from {low} to {high}, got {describe(value)}.", name)
    return int(value)


def _plain(value: object) -> float | None:
    """A plain number; None if it is none, or too large for a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


@dataclass(frozen=True)
class Number(Reader):
    """A plain number from `low` to `high`."""

    low: float
    high: float

    def read(self, value: object) -> float:
        number = _plain(value)
        if number is None or not self.low <= number <= self.high:
            raise InputError(f"expected {self._form}, got {describe(value)}.")
        return number

    def schema(self) -> dict[str, Any]:
        return {"type": "number", "minimum": self.low, "maximum": self.high, "description": self._form}

    @property
    def _form(self) -> str:
        return f"a number from {self.low:g} to {self.high:g}"


class NumberOrText(Number):
    """A plain number from `low` to `high`, which may be written as text too: 0.5, "0.5" or "50 %"."""

    def read(self, value: object) -> float:
        number = convert(value, "1", self._form)
        if not self.low <= number <= self.high:
            raise InputError(f"expected {self._form}, got {describe(value)}.")
        return number

    def schema(self) -> dict[str, Any]:
        return {**super().schema(), "type": ["number", "string"], "pattern": NUMBER_PATTERN}


class FiniteNumber(Reader):
    """A plain number that is neither infinite nor nan."""

    def read(self, value: object) -> float:
        number = _plain(value)
        if number is None or not math.isfinite(number):
            raise InputError(f"expected a finite number, got {describe(value)}.")
        return number

    def schema(self) -> dict[str, Any]:
        return {"type": "number", "description": "a finite number"}


@dataclass(frozen=True)
class Range(Reader):
    """Two ascending numbers.

    Attributes
    ----------
    example : such as "[2, 6]", and what else is worth saying
    may_be_point : whether they may be the same number
    """

    example: str
    may_be_point: bool = False

    def read(self, value: object) -> tuple[float, float]:
        match [*map(_plain, value)] if isinstance(value, list) else []:
            case [float() as low, float() as high] if low < high or (self.may_be_point and low == high):
                return low, high
        raise InputError(f"expected {self._form}, got {_listed(value)}.")

    def write(self, value: tuple[float, float]) -> list[float]:
        return list(value)

    def schema(self) -> dict[str, Any]:
        return {
            "type": "array",
            "items": {"type": "number"},
            "minItems": 2,
            "maxItems": 2,
            "description": self._form,
        }

    @property
    def _form(self) -> str:
        return f"two ascending numbers such as {self.example}"


def _listed(value: object) -> str:
    """A short list as it was written; else as `describe`."""
    if isinstance(value, list) and 1 <= len(value) <= 3:
        return f"[{', '.join(map(describe, value))}]"
    return describe(value)


class YesOrNo(Reader):
    """True or false."""

    def read(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise InputError(f"expected true or false, got {describe(value)}.")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean", "description": "true or false"}


# ---- text ----


class AnyText(Reader):
    """Text in Unicode, which may be empty."""

    def read(self, value: object) -> str:
        if not isinstance(value, str):
            raise InputError(f"expected text, got {describe(value)}.")
        if value.encode(errors="replace").decode() != value:
            raise InputError("expected UTF-8 text.")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "description": "text"}


class SomeText(AnyText):
    """Text in Unicode that is not empty."""

    def read(self, value: object) -> str:
        if not isinstance(value, str) or not value.strip():
            raise InputError(f"expected text, got {describe(value)}.")
        return super().read(value)

    def schema(self) -> dict[str, Any]:
        return {**super().schema(), "pattern": r"\S"}


class Texts(SomeText):
    """A list of texts, none of them empty."""

    def read(self, value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise InputError(f"expected a list of texts, got {describe(value)}.")
        return tuple(read_all(super().read, value))

    def write(self, value: tuple[str, ...]) -> list[str]:
        return list(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": super().schema(), "description": "a list of texts"}


class FileName(SomeText):
    """The name of a file that is to be written into a directory of ours, without its ending: it leads nowhere else."""

    _ALLOWED = r"[\w+-]([\w+. -]{0,98}[\w+-])?"

    def read(self, value: object) -> str:
        name = super().read(value)
        if not re.fullmatch(self._ALLOWED, name):
            raise InputError(f"expected a name of up to 100 letters, digits, spaces and _ . + -, got {describe(name)}.")
        return name

    def schema(self) -> dict[str, Any]:
        return {**super().schema(), "pattern": f"^{self._ALLOWED}$"}


@dataclass(frozen=True)
class OneOf(Reader):
    """A name among many; a wrong one is answered with the nearest.

    Attributes
    ----------
    what : that has the name, such as "preset"
    allowed : the names, or what gives them when they are needed
    hint : as in `Reader`
    """

    what: str
    allowed: Collection[str] | Callable[[], Iterable[str]]
    hint: str = ""

    def read(self, value: object) -> str:
        if not isinstance(value, str):
            raise InputError(f"expected the name of {_article(self.what)}, got {describe(value)}.")
        if value not in (names := self.names):
            raise unknown(self.what, value, names)
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": self.names, "description": f"the name of {_article(self.what)}"}

    @property
    def names(self) -> list[str]:
        """All names."""
        return list(self.allowed() if callable(self.allowed) else self.allowed)


class OneOfInAnyCase(OneOf):
    """A name among many, in capitals or not; what is kept, and what an editor completes, is as it stands among them."""

    def read(self, value: object) -> str:
        return super().read(in_their_case(value, self.names) if isinstance(value, str) else value)


def in_their_case(name: str, names: Iterable[str]) -> str:
    """The one of the names that differs in capitals and spaces only; the name itself if none does."""
    plain = " ".join(name.split()).casefold()
    return next((known for known in names if known.casefold() == plain), name)


def _article(noun: str) -> str:
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


class Names(OneOf):
    """A list of names among many, read as a sorted tuple without doubles."""

    def read(self, value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise InputError(f"expected a list of names, got {describe(value)}.")
        return tuple(sorted(set(read_all(super().read, value))))

    def write(self, value: tuple[str, ...]) -> list[str]:
        return list(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": super().schema(), "description": f"a list of names, each of a {self.what}"}


@dataclass(frozen=True)
class Choice(Reader):
    """One of a few words."""

    words: tuple[str, ...]

    def read(self, value: object) -> str:
        if value not in self.words:
            raise InputError(f"expected {self._form}, got {describe(value)}.")
        return str(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.words), "description": self._form}

    @property
    def _form(self) -> str:
        *others, last = map(describe, self.words)
        return f"{', '.join(others)} or {last}"


# ---- quantities ----


@dataclass(frozen=True)
class Quantity(Reader):
    """A quantity from 0 to the largest of its kind, written with its unit: "100 nM"."""

    kind: Kind

    @property
    def hint(self) -> str:
        """The kind with its examples."""
        return f"{self.kind.name} such as {self.kind.examples}"

    def read(self, value: object) -> float:
        return self.kind.read(value)

    def write(self, value: float) -> str:
        return self.kind.write(value)

    def schema(self) -> dict[str, Any]:
        examples = [example.strip('"') for example in self.kind.examples.split(" or ")]
        text = {"type": "string", "pattern": QUANTITY_PATTERN}
        plain = {"type": ["number", "string"], "minimum": 0.0, "maximum": self.kind.high, "pattern": NUMBER_PATTERN}
        limit = self.kind.limit or self.kind.write(self.kind.high)
        return {
            **(plain if self.kind.unit == "1" else text),
            "examples": examples,
            "description": f"{self.hint}, at most {limit}",
        }


@dataclass(frozen=True)
class Time(Quantity):
    """A time above 0, from `low` to `high` [s]."""

    kind: Kind = TIME
    low: float = 0.0
    high: float | None = None

    def read(self, value: object) -> float:
        high = self.kind.high if self.high is None else self.high
        seconds = self.kind.read(value)
        if seconds == 0.0 or not self.low <= seconds <= high:
            bounds = f"from {self.kind.write(self.low)} to {self.kind.write(high)}" if self.low else "above 0 s"
            raise InputError(f"expected a time {bounds}, got {describe(value)}.")
        return seconds


@dataclass(frozen=True)
class Course(Reader):
    """One quantity, or a list of [time, quantity], each of which holds until the next time."""

    kind: Kind
    time: Kind = TIME

    def read(self, value: object) -> Schedule[float]:
        return read_schedule(value, self.kind, self.time)

    def write(self, value: Schedule[float]) -> str | list[list[str]]:
        return write_schedule(value, self.kind, self.time)

    def schema(self) -> dict[str, Any]:
        quantity, time = Quantity(self.kind).schema(), Quantity(self.time).schema()
        pair = {"type": "array", "prefixItems": [time, quantity], "minItems": 2, "maxItems": 2}
        return {
            "anyOf": [quantity, {"type": "array", "items": pair, "minItems": 1}],
            "description": f"{quantity['description']}; or a list of pairs such as {self.kind.pair}, the first at "
            f"{self.time.write(0.0)}",
        }


class AnyQuantity(Reader):
    """A quantity as text, or a plain number; whoever knows its unit reads it."""

    def read(self, value: object) -> str:
        if not isinstance(value, str) and _plain(value) is None:
            raise InputError(f'expected a quantity such as "2 1/min", got {describe(value)}.')
        return str(value).strip()

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "number"], "description": 'a quantity such as "2 1/min"'}


@dataclass(frozen=True)
class QuantityTexts(Reader):
    """A table of quantities, each kept as text, in the order of their names; whoever uses them checks them.

    Attributes
    ----------
    example : of a quantity
    """

    example: str

    def read(self, value: object) -> dict[str, str]:
        if not isinstance(value, dict):
            raise InputError(f"expected a table, got {describe(value)}.")
        for name, quantity in value.items():
            if not isinstance(quantity, str) and _plain(quantity) is None:
                raise InputError(f"expected a quantity such as {self.example}, got {describe(quantity)}.", name)
        return {name: str(value[name]).strip() for name in sorted(value)}

    def write(self, value: dict[str, str]) -> dict[str, str]:
        return dict(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": {"type": ["string", "number"]}}


def read_all(read: Callable[[object], Any], values: Iterable[object]) -> list:
    """All values of a list as `read` has them; an InputError tells which one is wrong."""
    found = []
    for i, value in enumerate(values):
        try:
            found.append(read(value))
        except InputError as error:
            raise error.within(f"[{i}]") from None
    return found


Text = Annotated[str, AnyText()]
Words = Annotated[str, SomeText()]
Count = Annotated[int, Whole(1, MAX_COUNT)]
CountOrNone = Annotated[int, Whole(0, MAX_COUNT)]
Duration = Annotated[float, Time()]
Flag = Annotated[bool, YesOrNo()]
Finite = Annotated[float, FiniteNumber()]
