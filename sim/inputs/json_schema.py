"""JSON Schema (draft 2020-12) of the tables of a TOML file, with which editors complete, explain and check it."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import PydanticUndefined, core_schema

from glut4sim.sim.inputs.tables import Table, key_of, reader_of, written

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(table: type[Table]) -> dict[str, Any]:
    """The schema of a table: keys, allowed values, defaults as TOML holds them, and descriptions of all."""
    return {"$schema": DIALECT, **table.model_json_schema(schema_generator=_TomlSchema)}


def nested_or_dotted(groups: Mapping[str, Mapping[str, dict[str, Any]]]) -> dict[str, Any]:
    """The schema of a table whose keys are of two parts, as one dotted key in quotes or as a table of their own.

    Parameters
    ----------
    groups : first part -> second part -> schema of the value

    Returns
    -------
    schema : of `"vesicle.fuse" = "2 1/min"` as well as of `vesicle.fuse = "2 1/min"`, which TOML reads as a table
    """
    tables = {
        name: {
            "type": "object",
            "description": f"the numbers of {name}",
            "properties": dict(group),
            "additionalProperties": False,
        }
        for name, group in groups.items()
    }
    dotted = {f"{name}.{key}": value for name, group in groups.items() for key, value in group.items()}
    return {"type": "object", "properties": tables | dotted, "additionalProperties": False}


class _TomlSchema(GenerateJsonSchema):
    """As pydantic has it, but TOML has no null, defaults are written as in TOML, and a field says what it is."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: object) -> bool:
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> dict[str, Any]:
        found = super().model_schema(schema)
        found.pop("title", None)
        found["description"] = _one_line(found["description"])
        for name, field in schema["cls"].model_fields.items():
            key, reader = key_of(name, field), reader_of(field)
            entry = found["properties"][key]
            if reader:
                form = reader.schema().get("description")
                entry["description"] = ": ".join(filter(None, (field.description, form)))
            if field.default is not PydanticUndefined and field.default not in (None, {}, ()):
                default = written(field, field.default)
                if not isinstance(default, dict):
                    entry["default"] = default
        return found


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
