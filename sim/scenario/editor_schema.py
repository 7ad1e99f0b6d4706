"""The JSON Schema of scenario files, for editors."""

from typing import Any

from glut4sim.sim.endocrine.known import installed
from glut4sim.sim.endocrine.names import other_words
from glut4sim.sim.endocrine.tables import OWN
from glut4sim.sim.inputs.json_schema import json_schema
from glut4sim.sim.scenario.nonmem import DosesTable
from glut4sim.sim.scenario.scenario import SCENARIOS, Scenario

_INHERITS = {
    "type": "string",
    "description": "another scenario, whose tables this one inherits: an installed name, or a path from this file",
    "examples": SCENARIOS.names(),
}
_LIBRARY = {
    "type": ["string", "array"],
    "items": {"type": "string"},
    "description": "a file of [hormone.NAME], [drug.NAME], [effect.NAME], by its path from this file, or a list",
}
_DOSES = {key: value for key, value in json_schema(DosesTable).items() if key != "$schema"}
_DOSES["properties"] |= {key: {"type": ["string", "integer"]} for key in ("id", "cmt")}


# a file that may speak of levels, drugs and effects that are not installed
_MAY_HAVE_OWN = {
    "anyOf": [
        *({"required": [key]} for key in ("library", *OWN)),
        {"required": ["extends"], "properties": {"extends": {"pattern": r"\.toml$"}}},
    ]
}


def _installed_alone(tables: dict[str, Any]) -> dict[str, Any]:
    """Names that there are for a file that has no entries of its own."""
    known = installed()
    words = {word.replace(" ", sign) for word in other_words(known.hormones) for sign in " _"}
    words |= {word for level in known.hormones.values() for word in level.also}
    keys = {
        "hormones": sorted({*tables["hormones"]["properties"], *words}),
        "effects": list(tables["effects"]["properties"]),
    }
    of_drugs = {*known.drugs, *other_words(known.drugs), *(word for drug in known.drugs.values() for word in drug.also)}
    therapy = {"items": {"properties": {"drug": {"enum": sorted(of_drugs)}}}}
    return {
        "properties": {"therapy": therapy} | {key: {"propertyNames": {"enum": names}} for key, names in keys.items()}
    }


def scenario_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file, as a dictionary.

    It knows keys, names and forms. What only the program can tell, such as the dimension of a unit, is not in it.
    """
    found = json_schema(Scenario)
    found["title"] = "glut4sim scenario"
    found["description"] = "A scenario of glut4sim: one cell, what surrounds it, and the hormones before."
    found["properties"] |= {"extends": _INHERITS, "library": _LIBRARY}
    therapies = found["properties"]["therapy"]
    therapies["items"] = {"if": {"required": ["doses"]}, "then": _DOSES, "else": therapies["items"]}
    found["allOf"] = [{"if": _MAY_HAVE_OWN, "else": _installed_alone(found["properties"])}]
    needed = found["$defs"]["RunTable"].pop("required")  # unless it is inherited
    of_run = {"required": ["run"], "properties": {"run": {"required": needed}}}
    return found | {"if": {"not": {"required": ["extends"]}}, "then": of_run}
