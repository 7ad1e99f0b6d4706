"""The tables of a file of conditions: what each may say, before its scenarios are loaded; see conditions.py."""

from typing import Annotated, Any, ClassVar

import pydantic

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.fields import OneOf, Quantity, Range, SomeText, Words
from glut4sim.sim.inputs.tables import Table
from glut4sim.sim.inputs.units import INSULIN, SPAN
from glut4sim.sim.studies.experiments.tables import NameOrNames

QUANTITIES = {
    "surface_glut4": ("surface GLUT4", "copies"),
    "uptake": ("glucose uptake", "1/s"),
    "akt": ("active Akt", "percent"),
}


class ExpectationTable(Table):
    """expect: what is published of a condition."""

    quantity: Annotated[str, OneOf("quantity", (*QUANTITIES, "ec50"))]
    insulin: Words = ""
    band: Annotated[tuple[float, float], Range("[-40, -20], percent of change")]
    source: Words
    evidence: Annotated[tuple[str, ...], NameOrNames()] = ()


class ConditionTable(Table):
    """[[conditions]]: a scenario, or one of its assays, against a reference."""

    name: Words
    group: Words
    scenario: Words
    at: Annotated[float | None, Quantity(SPAN)] = None
    reference: Words
    reference_at: Annotated[float | None, Quantity(SPAN)] = None
    expect: ExpectationTable | None = None


class ConditionsTable(Table):
    """A file of conditions. [cell] and [run] are checked with the scenarios that they become a part of."""

    KEYS_OF_FILES: ClassVar[tuple[str, ...]] = ("extends",)

    title: Annotated[str | None, SomeText()] = None
    description: Words = ""
    insulin: dict[str, Annotated[float, Quantity(INSULIN)]]
    cell: dict[str, Any] = pydantic.Field(default={})
    run: dict[str, Any]
    levels: Words = ""
    conditions: tuple[ConditionTable, ...]

    @pydantic.model_validator(mode="after")
    def _says_something(self):
        if not self.insulin:
            raise InputError('expected a table such as basal = "30 pM", got an empty one.', "insulin")
        if not self.conditions:
            raise InputError("expected at least one condition, got an empty list.", "conditions")
        return self
