"""Single values of a TOML content changed by their paths: bath.insulin, therapy.0.dose, parameters.vesicle.fuse.

A file says what is; a change says what is different. So a plain value for something that changes over time changes its
level and leaves the times, the rest and the washout (`schedule.at_level`), while a list takes the place of the whole.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

from glut4sim.sim.inputs.errors import InputError, describe, join_path, under
from glut4sim.sim.inputs.fields import Course
from glut4sim.sim.inputs.files import DEEPEST, Layer, check_depth, parse
from glut4sim.sim.inputs.schedule import at_level

FLAT = ("parameters", "effects", "kinetics", "organs", "population")  # tables whose keys have dots: "vesicle.fuse"
MOST_LEVELS = 6  # in a message


class Change(NamedTuple):
    """A value that is to be different.

    Attributes
    ----------
    path : dotted, as the user wrote it
    value : as TOML holds it
    place : how error messages call it, such as "--set cell.vesicles=500"
    """

    path: str
    value: Any
    place: str


def read_change(path: str, text: object) -> Change:
    """The change of one `--set path=text`. Text is read as a TOML value; what is not TOML is text: 10 nM."""
    place = f"--set {path}={text}"
    if path == "extends":
        raise InputError("only a file can extend a scenario; run that one, or write a file.", place=place)
    if path == "library":
        raise InputError("only a file can name a library; write a file that extends the scenario.", place=place)
    try:
        parsed = parse(f"value = {text}")
    except InputError:
        parsed = {}
    return Change(path, parsed["value"] if parsed.keys() == {"value"} else text, place)


def flattened(layer: Layer) -> Layer:
    """[parameters.vesicle] fuse = ... becomes "vesicle.fuse" = ... in [parameters]; so for [effects]."""
    for table in FLAT:
        content = layer.table.get(table)
        if not isinstance(content, dict):
            continue
        flat = {}
        for key, value in content.items():
            for field, entry in value.items() if isinstance(value, dict) else [("", value)]:
                name = join_path(key, field)
                if name in flat:
                    raise InputError(
                        f"this {table.removesuffix('s')} is given twice.", join_path(table, name), layer.place
                    )
                flat[name] = entry
        layer = Layer(layer.place, {**layer.table, table: flat})
    return layer


def renamed(layer: Layer, key_of: Callable[[str, str], str]) -> Layer:
    """The layer with the keys of its tables as they are meant.

    Parameters
    ----------
    key_of : of a table, and a key as it is written there

    Raises
    ------
    InputError
        if two keys of a table mean the same
    """
    tables = {}
    for name, table in layer.table.items():
        tables[name] = table
        if not isinstance(table, dict):
            continue
        tables[name] = {}
        for key, value in table.items():
            meant = key_of(name, key)
            if meant in tables[name]:
                path, other = join_path(name, key), next(other for other in table if key_of(name, other) == meant)
                raise InputError(f"is the same as {join_path(name, other)}; say it once.", path, layer.place)
            tables[name][meant] = value
    return Layer(layer.place, tables)


def _as_written(_table: str, key: str) -> str:
    return key


def apply(
    content: dict,
    change: Change,
    course_at: Callable[[str], Course | None],
    key_of: Callable[[str, str], str] = _as_written,
) -> Layer:
    """Change a content; returns what was set as a layer of its own, for errors that are found later.

    Of an inline table each value is set, and what it does not name stays.

    Parameters
    ----------
    content : is changed in place, with the tables and lists in it
    course_at : what reads the value at a path, if that is a course over time
    key_of : as in `renamed`

    Raises
    ------
    InputError
        if the path leads nowhere, or the value has no single meaning there
    """
    layer = Layer(change.place, {})
    check_depth(Layer(change.place, {change.path: change.value}))
    for path, value in _leaves(change.path, change.value):
        steps = [step.strip() for step in re.sub(r"\[([^\[\]]*)\]", r".\1", path).split(".")]
        if not all(steps):
            raise InputError("expected a path such as cell.vesicles.", place=change.place)
        if len(steps) > DEEPEST:
            raise InputError("nested too deeply.", place=change.place)
        if len(steps) > 1:
            steps[1] = key_of(steps[0], steps[1])
        if steps[0] in FLAT and len(steps) > 1:
            steps = [steps[0], ".".join(steps[1:])]
        here, key, place = _find(content, steps, change.place)
        here[key] = _at_level(_held(here, key), value, place, change.place, course_at(place))
        layer.table[place] = value
    return layer


def _leaves(path: str, value: object) -> Iterable[tuple[str, Any]]:
    """Paths and values; those of a table one by one."""
    if not isinstance(value, dict):
        yield path, deepcopy(value)
    for key, entry in value.items() if isinstance(value, dict) else ():
        yield from _leaves(f"{path}.{key}", entry)


def _find(content: dict, steps: Sequence[str], place: str) -> tuple[Any, str | int, str]:
    """The table or the list that holds what the steps lead to, with its key or number there, and its whole path."""
    here: Any = content
    path = ""
    for step, following in zip(steps, [*steps[1:], None]):
        key: Any = _number(here, step, path, place) if isinstance(here, list) else step
        path = join_path(path, key)
        if following is None:
            return here, key, path
        below = _held(here, key)
        if not isinstance(below, dict | list):
            if following.isdecimal():
                found = "there is none" if below is None else f"found {describe(below)}"
                raise InputError(f"expected a list with an item {following}, {found}.", path, place)
            here[key] = below = {}
        here = below
    raise AssertionError("a path has a step")


def _held(here: Any, key: str | int) -> Any:
    """What a table or a list holds; None if a table does not."""
    return here.get(key) if isinstance(key, str) else here[key]


def _number(items: list, step: str, path: str, place: str) -> int:
    """The number of an item."""
    if not re.fullmatch(r"[0-9]{1,9}", step) or int(step) >= len(items):
        allowed = f"the number of an item, 0 to {len(items) - 1}" if len(items) > 1 else "0, for there is one item"
        raise InputError(f"expected {allowed if items else 'a list with items'}, got {describe(step)}.", path, place)
    return int(step)


def _at_level(before: object, value: Any, path: str, place: str, course: Course | None) -> Any:
    """What is to be set: of a course over time, the course at another level."""
    if course is None or not isinstance(before, list) or isinstance(value, list):
        return value
    earlier = under(path, course.read, before)  # a fault in it is that of whoever wrote it
    try:
        course.kind.read(value)
        if not (is_level := at_level(earlier)):
            levels = [course.kind.write(level) for level in dict.fromkeys(earlier.values)]
            told = ", ".join(levels if len(levels) <= MOST_LEVELS else [*levels[: MOST_LEVELS - 1], ".."])
            whole = f'[["{course.time.write(0.0)}", "{levels[0]}"], {course.kind.pair}]'
            raise InputError(f"which of its levels is meant, {told}? Give the whole course, such as {whole}.")
    except InputError as error:
        raise error.within(path, place) from None
    return [[time, value if changes else held] for (time, held), changes in zip(before, is_level)]
