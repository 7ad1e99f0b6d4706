"""The JSON Schema of scenario files, for editors."""

from typing import Any

from glut4sim.sim.inputs.json_schema import json_schema
from glut4sim.sim.scenario.scenario import SCENARIOS, Scenario

_INHERITS = {
    "type": "string",
    "description": "another scenario, whose tables this one inherits: an installed name, or a path from this file",
    "examples": SCENARIOS.names(),
}


def scenario_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file, as a dictionary.

    It knows keys, names and forms. What only the program can tell, such as the dimension of a unit, is not in it.
    """
    found = json_schema(Scenario)
    found["title"] = "glut4sim scenario"
    found["description"] = "A scenario of glut4sim: one cell, what surrounds it, and the hormones before."
    found["properties"]["extends"] = _INHERITS
    needed = found["$defs"]["RunTable"].pop("required")  # unless it is inherited
    of_run = {"required": ["run"], "properties": {"run": {"required": needed}}}
    return found | {"if": {"not": {"required": ["extends"]}}, "then": of_run}
