"""Who a body is: mass, height and lean mass, and what follows from them."""

from typing import NamedTuple

# Skeletal muscle over lean mass. By magnetic resonance it is 38.4 % of the mass of men and 30.6 % of that of women,
# Janssen, Heymsfield, Wang, Ross, J Appl Physiol 89:81 (2000): so much of the lean masses of the persons below.
MUSCLE_OF_LEAN = {"man": 0.50, "woman": 0.45}
LIPID_OF_FAT = (
    0.8  # of adipose tissue is lipid: International Commission on Radiological Protection, Publication 23 (1975)
)


class Person(NamedTuple):
    """Mass, height and lean mass.

    The default is the mean subject of Dalla Man et al. (2007), 78 kg; height and lean mass are assumed.
    """

    sex: str = "man"
    mass: float = 78.0  # kg
    height: float = 1.77  # m
    lean_mass: float = 60.0  # kg

    @property
    def surface(self) -> float:
        """Of the body [m2]: Du Bois, Du Bois, Arch Intern Med 17:863 (1916)."""
        return 0.007184 * self.mass**0.425 * (100.0 * self.height) ** 0.725

    @property
    def mass_index(self) -> float:
        """Body mass index [kg/m2]."""
        return self.mass / self.height**2

    @property
    def muscle(self) -> float:
        """Skeletal muscle [kg]."""
        return MUSCLE_OF_LEAN[self.sex] * self.lean_mass

    @property
    def fat(self) -> float:
        """Adipose tissue [kg]: all that is not lean is its lipid."""
        return (self.mass - self.lean_mass) / LIPID_OF_FAT


HEALTHY = {"man": Person(), "woman": Person("woman", 65.0, 1.65, 44.0)}  # the woman is assumed
