"""The tables of a scenario that tell of its body, besides [body]: its organs, the cells of its tissues, and how much
bodies differ.

[organs]           preset = "healthy" or "type-2-diabetes"; "liver.production" = "2 mg/(kg*min)": other numbers
[tissue.muscle], [tissue.fat]   preset, cells, vesicles, receptors, spread
[population]       lean_mass = 0.1, "pancreas.static" = 0.3, "hormones.shbg" = 0.4: by how much bodies differ in
                   these, sd over mean
[[correlation]]    of = "pancreas.static", to = "muscle.cells_per_kg", value = -0.5: between their logarithms
"""

from typing import Annotated, Any

import numpy as np
from pydantic import Field

from glut4sim.sim.endocrine import library
from glut4sim.sim.inputs.errors import InputError, describe, unknown
from glut4sim.sim.inputs.fields import Count, Number, OneOf, QuantityTexts, Reader, Whole, Words
from glut4sim.sim.inputs.json_schema import nested_or_dotted
from glut4sim.sim.inputs.tables import Table
from glut4sim.sim.model.parameters import PRESETS

PRESET = "preset"
HEALTHY = "healthy"


class OrganValues(QuantityTexts):
    """The preset of the organs, and values to use instead of its own."""

    def read(self, value: object) -> dict[str, str]:
        found = super().read(value)
        if found:
            from glut4sim.sim.body.organs import build  # which takes long to import, and few scenarios have a body

            build(*split(found))
        return found

    def schema(self) -> dict[str, Any]:
        from glut4sim.sim.body.organs import BODIES, organs_preset

        groups: dict[str, Any] = {}
        for name, parameter in organs_preset(HEALTHY).parameters.items():
            section, _, key = name.partition(".")
            about = f"such as {parameter} ({parameter.evidence}: {parameter.source})"
            groups.setdefault(section, {})[key] = {"type": ["string", "number"], "description": about}
        found = nested_or_dotted(groups)
        found["properties"][PRESET] = {"type": "string", "enum": BODIES.names(), "description": "the kind of body"}
        return found


def split(organs: dict[str, str]) -> tuple[str, dict[str, str]]:
    """The preset of [organs], and the values to use instead of its own."""
    return organs.get(PRESET, HEALTHY), {name: value for name, value in organs.items() if name != PRESET}


class Spreads(Reader):
    """By how much bodies differ, by the name of what they differ in."""

    OF_PERSONS = ("fat_mass", "height", "lean_mass")
    _HORMONE = "hormones."
    _ONE = Number(0.0, 2.0)

    def read(self, value: object) -> dict[str, float]:
        if not isinstance(value, dict):
            raise InputError(f"expected a table, got {describe(value)}.")
        found = {}
        for name in sorted(value):
            self.check(name)
            try:
                found[name] = self._ONE.read(value[name])
            except InputError as error:
                raise error.within(name) from None
        return found

    @classmethod
    def check(cls, name: str) -> None:
        """InputError if bodies cannot differ in something."""
        if name not in cls.OF_PERSONS and name not in cls._others():
            raise unknown("number of a body", name, (*cls.OF_PERSONS, *cls._others()))

    @classmethod
    def hormone(cls, name: str) -> str | None:
        """The level in which people differ by this name; None where it is something else."""
        level = name.removeprefix(cls._HORMONE)
        return level if level != name and level in _hormones() else None

    @classmethod
    def _others(cls) -> tuple[str, ...]:
        """What they may differ in besides mass and height: numbers of their organs, and their hormones."""
        from glut4sim.sim.body.organs import names

        return *names(), *(f"{cls._HORMONE}{level}" for level in _hormones())

    def schema(self) -> dict[str, Any]:
        groups: dict[str, Any] = {}
        for name in self._others():
            section, _, key = name.partition(".")
            groups.setdefault(section, {})[key] = self._ONE.schema()
        found = nested_or_dotted(groups)
        found["properties"] |= dict.fromkeys(self.OF_PERSONS, self._ONE.schema())
        return found


def _hormones() -> list[str]:
    """Levels that people have: the body makes its own insulin, and its mass is told otherwise."""
    return [level for level in library.levels() if level not in (*library.BODY, library.PLASMA_INSULIN)]


class CorrelationTable(Table):
    """[[correlation]]: how two numbers in which bodies differ go together."""

    of: Words = Field(description="the one, by its name in [population]")
    to: Words = Field(description="and the other")
    value: Annotated[float, Number(-1.0, 1.0)] = Field(description="between their logarithms")


def correlations(spreads: dict[str, float], given: tuple[CorrelationTable, ...]) -> np.ndarray:
    """Of all in which bodies differ, (n, n); InputError if one of them is not, or no population has them."""
    names, found = list(spreads), np.eye(len(spreads))
    for i, table in enumerate(given):
        for key, name in (("of", table.of), ("to", table.to)):
            if name not in spreads:
                raise unknown("number in [population]", name, spreads).within(f"[{i}].{key}")
        row, column = names.index(table.of), names.index(table.to)
        if row == column:
            raise InputError(f"expected another than {describe(table.of)}.", f"[{i}].to")
        found[row, column] = found[column, row] = table.value
    if len(names) and np.linalg.eigvalsh(found)[0] < 1e-9:
        raise InputError("these cannot all hold at once; bring them nearer to 0.")
    return found


class TissueTable(Table):
    """[tissue.muscle], [tissue.fat]: the cells of a tissue."""

    preset: Annotated[str | None, OneOf("preset", PRESETS.names)] = Field(
        default=None, description="its cells, with all their parameters; by default those that go with the organs"
    )
    cells: Annotated[int, Whole(1, 4096)] = Field(default=16, description="how many are sampled")
    vesicles: Count = Field(default=1000, description="number of GLUT4 vesicles of each")
    receptors: Count = Field(default=2000, description="number of insulin receptors of each")
    spread: Annotated[float, Number(0.0, 2.0)] = Field(
        default=0.0, description="how much cells differ in receptors, GLUT4 and volume: sd over mean"
    )


class TissuesTable(Table):
    """[tissue]: the tissues whose cells take up glucose."""

    muscle: TissueTable = TissueTable()
    fat: TissueTable = TissueTable()
