"""The tables of a scenario that tell of its body, besides [body]: its organs, and the cells of its tissues.

[organs]           preset = "healthy" or "type-2-diabetes"; "liver.production" = "2 mg/(kg*min)": other numbers
[tissue.muscle], [tissue.fat]   preset, cells, vesicles, receptors, spread
"""

from typing import Annotated, Any

from pydantic import Field

from glut4sim.sim.inputs.fields import Count, Number, OneOf, QuantityTexts, Whole
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
