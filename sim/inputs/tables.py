"""The tables of a TOML file as pydantic models, and what is wrong with one in one line."""

from collections.abc import Sequence
from typing import Any, ClassVar, Self, get_args, get_origin

import pydantic
from pydantic.fields import FieldInfo

from glut4sim.sim.inputs.errors import InputError, describe, join_path, unknown
from glut4sim.sim.inputs.fields import Reader


class Table(pydantic.BaseModel):
    """A table whose keys are all known.

    Its fields are other tables, tuples or dictionaries of tables, and values with a `Reader` in their annotation.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    KEYS_OF_FILES: ClassVar[tuple[str, ...]] = ()  # that only a file can have, such as `extends`

    @classmethod
    def read(cls, content: object, context: object = None) -> Self:
        """Check a table.

        Parameters
        ----------
        content : as TOML holds it
        context : what those of its values are read with that need to know of other tables

        Raises
        ------
        InputError
            naming the path within the table
        """
        try:
            return cls.model_validate(content, context=context)
        except pydantic.ValidationError as error:
            raise _first_fault(cls, error) from None

    def resolved(self) -> dict[str, Any]:
        """As TOML would hold it, defaults included; what is None is left out."""
        values = {name: (field, getattr(self, name)) for name, field in type(self).model_fields.items()}
        return {
            key_of(name, field): written(field, value) for name, (field, value) in values.items() if value is not None
        }


def key_of(name: str, field: FieldInfo) -> str:
    """The key of a field in TOML."""
    return field.alias or name


def reader_of(field: FieldInfo) -> Reader | None:
    """What reads the value of a field; None of tables."""
    return next((part for part in field.metadata if isinstance(part, Reader)), None)


def written(field: FieldInfo, value: Any) -> Any:
    """The value of a field as TOML would hold it."""
    if reader := reader_of(field):
        return reader.write(value)
    if isinstance(value, tuple):
        return [entry.resolved() for entry in value]
    if isinstance(value, dict) and all(isinstance(entry, Table) for entry in value.values()):
        return {key: entry.resolved() for key, entry in value.items()}
    return value.resolved() if isinstance(value, Table) else value


# ---- what is wrong ----


def _first_fault(table: type[Table], error: pydantic.ValidationError) -> InputError:
    """What pydantic found, as one sentence about the first fault; unknown keys first, for they explain missing ones."""
    faults = sorted(error.errors(include_url=False), key=lambda fault: fault["type"] != "extra_forbidden")
    first = faults[0]
    *parents, key = first["loc"] or ("",)
    path, found = join_path(*first["loc"]), describe(first["input"])
    reason = first.get("ctx", {}).get("error")
    match first["type"]:
        case "extra_forbidden":
            fault = _unknown_key(_annotation(table, parents), str(key), first["input"]).within(join_path(*parents))
        case "value_error" if isinstance(reason, InputError):
            fault = reason.within(path)
        case "missing":
            field = _field(_annotation(table, parents), str(key))
            if hint := field and (reader := reader_of(field)) and reader.hint:
                fault = InputError(f"expected {hint}, found none.", path)
            else:
                fault = InputError(f"{describe(key)} is missing.", join_path(*parents))
        case "tuple_type":
            of_tables = any(_is_table(part) for part in get_args(_annotation(table, first["loc"])))
            fault = InputError(f"expected a list{' of tables' if of_tables else ''}, got {found}.", path)
        case "string_unicode" | "invalid_key":  # half a character; a number, from Python
            fault = InputError(f"expected keys that are text, got {found}.", path)
        case _:
            fault = InputError(f"expected a table, got {found}.", path)
    if len(faults) > 1:
        fault.sentence += f" (and {len(faults) - 1} more)"
    return fault


def _unknown_key(table: type[Table], key: str, value: object) -> InputError:
    keys = {key_of(name, field) for name, field in table.model_fields.items()}
    return unknown("table" if isinstance(value, dict) else "key", key, {*keys, *table.KEYS_OF_FILES} - {key})


def _annotation(table: type[Table], path: Sequence[str | int]) -> Any:
    """The annotation of what lies at a path: in a table, a list or a dictionary."""
    here: Any = table
    for step in path:
        if not _is_table(here):
            here = get_args(here)[get_origin(here) is dict]
        elif field := _field(here, str(step)):
            here = field.annotation
        else:
            here = get_args(here.__annotations__["__pydantic_extra__"])[1]
        if type(None) in get_args(here):  # CycleTable | None
            here = next(filter(_is_table, get_args(here)), here)
    return here


def _field(table: type[Table], key: str) -> FieldInfo | None:
    return next((field for name, field in table.model_fields.items() if key_of(name, field) == key), None)


def _is_table(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Table)
