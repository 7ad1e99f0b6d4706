"""Levels of a scenario's numbers: LOW..HIGH/N and lists read into floats, and the scenario that takes one of them."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from glut4sim.sim.endocrine.library import BODY
from glut4sim.sim.endocrine.names import named
from glut4sim.sim.inputs.errors import InputError, describe, join_path, unknown
from glut4sim.sim.inputs.units import GLUCOSE, INSULIN, SPAN, TIME, convert, dimension_name, parse_unit, whole_of, write
from glut4sim.sim.scenario.scenario import Scenario

MAX_LEVELS = 10_000
COUNTS = ("cell.vesicles", "cell.receptors", "cell.glucose_agents")
FORM = "expected LOW..HIGH/N such as 1pM..100nM/13, or a list such as 1nM,10nM"
_RANGE = re.compile(r"(?P<low>.+?)\.\.(?P<high>.+?)/\s*(?P<n>\d+)\s*(?P<scale>lin)?\s*")
_NUMBER = re.compile(r"\s*[+-]?[\d.]+(?:e[+-]?\d+)?\s*(.*?)\s*", re.IGNORECASE)


class Axis(NamedTuple):
    """A number of a scenario and the levels that it is to take."""

    path: str  # "bath.insulin", "parameters.vesicle.fuse"
    unit: str  # of the levels
    levels: tuple[float, ...]  # ascending or as listed

    @property
    def long_name(self) -> str:
        """In words, for a figure."""
        names = {"bath.insulin": "Insulin", "bath.glucose": "Glucose outside"}
        return names.get(self.path, self.path.removeprefix("parameters."))

    @property
    def is_dose(self) -> bool:
        """Whether a response to it may follow a Hill curve: a concentration or a parameter, at two levels or more."""
        return self.path.startswith(("bath.", "parameters.")) and len(self.levels) > 1

    def write(self, level: float) -> str:
        """A level as people read it: "bath.insulin = 0.1 nM"."""
        return f"{self.path} = {write(float(f'{level:.4g}'), self.unit)}"

    def as_json(self) -> dict:
        """Unit and levels."""
        return {"unit": self.unit, "levels": list(self.levels)}


class _Number(NamedTuple):
    """What a path of a scenario holds."""

    path: str
    unit: str
    kind: str  # "concentrations": what messages call several
    read: Callable[[str], float]  # InputError if the text is no such number

    def measures(self, what: str) -> bool:
        """Whether it is what a quantity measures, "a molar concentration"."""
        if self.kind == "concentrations":
            return "concentration" in what or "activity" in what
        return what == _measures("1" if self.unit in ("1", "whole") else f"1 {self.unit}")


def read_axis(scenario: Scenario, path: str, levels: str | Sequence[float]) -> Axis:
    """An axis from what the user wrote after the equals sign, or from numbers in the path's unit.

    Raises
    ------
    InputError
        that names the option as the user wrote it
    """
    place = f"--vary {path}={levels if isinstance(levels, str) else ','.join(map(str, levels))}"
    try:
        number = _number(scenario, path)
        if not isinstance(levels, str):
            levels = ",".join(write(level, number.unit) if number.unit != "whole" else str(level) for level in levels)
        found = _levels(number, levels)
        return Axis(number.path, "1" if number.unit == "whole" else number.unit, found)
    except InputError as error:
        raise error.within(place=place) from None


def with_levels(scenario: Scenario, levels: Mapping[Axis, float]) -> Scenario:
    """The scenario with one level of each axis; InputError if it would not be valid."""
    values = {a.path: level if a.path in COUNTS else write(level, a.unit) for a, level in levels.items()}
    try:
        changed = scenario.replaced(values, told=False)
        _ = changed.parameter_set
    except InputError as error:
        place = f"--vary {', '.join(axis.write(level) for axis, level in levels.items())}"
        raise InputError(error.sentence, error.path, place, error.key) from None
    return changed


def _number(scenario: Scenario, path: str) -> _Number:
    """What a path holds."""
    table, _, key = path.partition(".")
    if table == "hormones":
        path = join_path(table, named("hormone", key, scenario.known.hormones))
    parameters = scenario.preset.parameters
    numbers = {
        "bath.insulin": _Number("bath.insulin", INSULIN.unit, "concentrations", INSULIN.read),
        "bath.glucose": _Number("bath.glucose", GLUCOSE.unit, "concentrations", GLUCOSE.read),
    }
    for count in COUNTS:
        numbers[count] = _Number(count, "whole", "whole numbers", _read_whole)
    for key in ("duration", "step", "record_every"):
        numbers[f"run.{key}"] = _Number(f"run.{key}", TIME.unit, "times", TIME.read)
    if path in ("run.seed", "run.replicates"):
        raise InputError(f"the same for all levels; give it as --{path.removeprefix('run.')}.")
    for name, level in scenario.known.levels.items():
        place = f"body.{name}" if name in BODY else f"hormones.{name}"
        numbers[place] = _Number(place, level.unit, f"in {level.unit}", level.kind.read)
    for name, effect in scenario.known.effects.items():
        form = "gain" if effect.power is None else "power"
        numbers[f"effects.{name}.{form}"] = _Number(f"effects.{name}.{form}", "1", "plain numbers", _read_plain)
    for i, therapy in enumerate(scenario.therapy):
        dose = scenario.known.drugs[therapy.drug].dose_kind
        numbers[f"therapy.{i}.dose"] = _Number(f"therapy.{i}.dose", dose.unit, f"in {dose.unit}", dose.read)
        numbers[f"therapy.{i}.every"] = _Number(f"therapy.{i}.every", SPAN.unit, "times", SPAN.read)
    name = path.removeprefix("parameters.")
    if name in parameters:
        p = parameters[name]
        kind = "plain numbers" if p.unit == "1" else f"in {p.unit}"
        return _Number(f"parameters.{name}", p.unit, kind, lambda text: p.overridden(text).value)
    if path not in numbers:
        plain = sorted(key for key in numbers if key.startswith(("bath.", "cell.", "run.")))
        lists = "hormones.NAME, body.NAME, effects.NAME.gain (`glut4sim effects list`), therapy.0.dose"
        see = f"Allowed: {', '.join(plain)}, {lists}, and the names of `glut4sim parameters list`."
        raise unknown("number", path, {*numbers, *(f"parameters.{name}" for name in parameters)}, see)
    return numbers[path]


def _read_plain(text: str) -> float:
    return convert(text, "1", "a plain number such as 0.5")


def _read_whole(text: str) -> int:
    number = whole_of(text)
    if number is None:
        raise InputError(f"expected a whole number, got {describe(text)}.")
    return number


def _levels(number: _Number, text: str) -> tuple[float, ...]:
    match = _RANGE.fullmatch(text)
    if match is None:
        if ".." in text or not text.strip():
            raise InputError(f"{FORM}, got {describe(text)}.")
        levels = [_read(number, part, "all levels") for part in text.split(",")]
        if len(set(levels)) < len(levels):
            raise InputError("expected levels that differ.")
        return tuple(levels)
    low, high = (_read(number, match[end], "both ends") for end in ("low", "high"))
    n = whole_of(match["n"])
    if n is None or not 2 <= n <= MAX_LEVELS:
        raise InputError(f"expected 2 to {MAX_LEVELS} levels, got {describe(match['n'] if n is None else n)}.")
    if not low < high:
        raise InputError(f"expected the first end below the second, got {describe(text)}.")
    if match["scale"] is None and low == 0.0:
        raise InputError(f"equal ratios cannot start from 0; write /{n}lin for equal distances, or list the levels.")
    grid = (np.linspace if match["scale"] else np.geomspace)(float(low), float(high), n)
    if number.unit == "whole":
        grid = np.round(grid)
    levels = tuple(float(f"{level:.12g}") for level in grid[1:-1])  # 0.1, not 0.10000000000000002
    levels = (low, *map(int, levels), high) if number.unit == "whole" else (low, *levels, high)
    if len(set(levels)) < n:
        raise InputError(f"there are fewer than {n} whole numbers in it; take fewer levels.")
    return levels


def _read(number: _Number, text: str, which: str) -> float:
    """A level; an error about a wrong dimension speaks of both ends of a range, or of all levels of a list."""
    try:
        return number.read(text.strip())
    except InputError:
        found = _measures(text)
        if found is None or number.measures(found):
            raise
        raise InputError(f"{which} must be {number.kind}; {describe(text.strip())} is {found}.") from None


def _measures(text: str) -> str | None:
    """What a quantity measures, "a time"; None if it is not a quantity."""
    match = _NUMBER.fullmatch(text)
    try:
        return match and dimension_name(parse_unit(match[1] or "1"))
    except ValueError:
        return None
