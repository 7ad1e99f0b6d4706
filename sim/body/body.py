"""What a body is, before anything happens to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from glut4sim.sim.body import organs
from glut4sim.sim.body.cells import MG_PER_MOLECULE, PM_PER_NM, CellKind
from glut4sim.sim.body.hormones import Hormones
from glut4sim.sim.body.organs import TISSUES, Organs
from glut4sim.sim.body.person import HEALTHY, Person
from glut4sim.sim.endocrine.modulation import apply
from glut4sim.sim.model import resting_uptake
from glut4sim.sim.model.parameters import ParameterSet

CELLS = {  # of each tissue, by the kind of body
    "healthy": {"muscle": CellKind("skeletal-muscle"), "fat": CellKind("human-adipocyte")},
    "type-2-diabetes": {"muscle": CellKind("skeletal-muscle-t2d"), "fat": CellKind("type-2-diabetes")},
}


@dataclass(frozen=True)
class Body:
    """A person with organs and cells.

    Attributes
    ----------
    person : Person
    preset : str
        Of sim/body/presets: the numbers of the organs.
    values : mapping
        Other numbers by name, such as {"liver.production": "2 mg/(kg*min)"}.
    cells : mapping
        Tissue -> CellKind.
    hormones : Hormones, optional
        That act on the cells of all tissues.
    """

    person: Person = HEALTHY["man"]
    preset: str = "healthy"
    values: Mapping[str, str] = field(default_factory=dict)
    cells: Mapping[str, CellKind] = field(default_factory=lambda: CELLS["healthy"])
    hormones: Hormones | None = None

    @classmethod
    def of(
        cls, preset: str = "healthy", person: Person | None = None, values: Mapping[str, str] | None = None
    ) -> "Body":
        """A body of a kind, with the cells that go with it; by default of the mean man of Dalla Man et al. (2007)."""
        return cls(person or HEALTHY["man"], preset, dict(values or {}), CELLS[preset])

    def replaced(self, values: Mapping[str, str]) -> "Body":
        """The same with other numbers by name; InputError, naming it, if one does not fit."""
        organs.build(self.preset, {**self.values, **values})
        return replace(self, values={**self.values, **values})

    @property
    def organs(self) -> Organs:
        """The numbers of the organs in the units that are computed with."""
        return organs.build(self.preset, self.values)

    @property
    def own_organs(self) -> Organs:
        """The same as this person has them."""
        return self.organs.of(self.person)

    def mass(self, tissue: str) -> float:
        """Of a tissue [kg]."""
        return getattr(self.organs, tissue).mass_factor * getattr(self.person, tissue)

    def per_molecule(self, tissue: str) -> float:
        """What a net uptake per cell is to the body without any gain [mg/kg per molecule]."""
        numbers = getattr(self.organs, tissue)
        return MG_PER_MOLECULE * numbers.cells_per_kg * self.mass(tissue) / self.person.mass

    def parameters(self, factors: Mapping[str, float]) -> dict[str, ParameterSet]:
        """Of the cells of each tissue, as hormones make them: by what each step is multiplied."""
        power = self.organs.hormones.power
        seen = {step: factor**power for step, factor in factors.items()}
        return {tissue: apply(self.cells[tissue].usual, seen) for tissue in TISSUES}

    def resting_uptake(
        self, parameters: Mapping[str, ParameterSet], glucose: float, insulin: float
    ) -> dict[str, float]:
        """Of each tissue at rest [mg/kg/min], by its cells, glucose between them [mM] and insulin in plasma [pM]."""
        found = {}
        for tissue in TISSUES:
            numbers = getattr(self.own_organs, tissue)
            between = numbers.interstitial_ratio * insulin
            cell = resting_uptake.per_second(parameters[tissue], between / PM_PER_NM, glucose)
            found[tissue] = 60.0 * cell * self.per_molecule(tissue) * numbers.gain(between)
        return found
