"""The numbers of a body, organ by organ, with their sources: presets such as presets/healthy.toml.

They are read, overridden and shown like those of a cell (sim/model/parameters.py).
"""

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, NamedTuple

from glut4sim.sim.body.person import HEALTHY, Person
from glut4sim.sim.endocrine.meal import Subject
from glut4sim.sim.inputs.errors import InputError, unknown
from glut4sim.sim.inputs.files import TomlFolder
from glut4sim.sim.inputs.units import rescale
from glut4sim.sim.model.parameters import Preset, canonical_units, load_preset

BODIES = TomlFolder("body", Path(__file__).parent / "presets")
PMOL_PER_MU = 6.0  # of insulin, so 1 uU/mL is 6 pM: see SUBSTANCES in sim/inputs/units.py


class Glucose(NamedTuple):
    """Where glucose is, of the mean subject's symbols V_G, k1, k2."""

    volume: Annotated[float, "dL/kg"]
    to_tissue: Annotated[float, "1/min"]
    from_tissue: Annotated[float, "1/min"]


class Insulin(NamedTuple):
    """Kinetics of insulin: V_I, m1, m2, m4, m5, m6, and the clearance to which m1, m2 and m4 are rescaled."""

    volume: Annotated[float, "L/kg"]
    liver_to_plasma: Annotated[float, "1/min"]
    plasma_to_liver: Annotated[float, "1/min"]
    loss: Annotated[float, "1/min"]
    extraction_fall: Annotated[float, "kg*min/pmol"]
    extraction: Annotated[float, "1"]
    clearance: Annotated[float, "mL/(kg*min)"]


class Gut(NamedTuple):
    """Stomach and gut: k_max, k_min, k_abs, k_gri, f, b, d."""

    emptying_max: Annotated[float, "1/min"]
    emptying_min: Annotated[float, "1/min"]
    absorption: Annotated[float, "1/min"]
    grinding: Annotated[float, "1/min"]
    appearing: Annotated[float, "1"]
    half_slowed: Annotated[float, "1"]
    half_recovered: Annotated[float, "1"]


class Drink(NamedTuple):
    """Stomach and gut after glucose in water, which is faster: k_max, k_min, k_abs, b, d."""

    emptying_max: Annotated[float, "1/min"]
    emptying_min: Annotated[float, "1/min"]
    absorption: Annotated[float, "1/min"]
    half_slowed: Annotated[float, "1"]
    half_recovered: Annotated[float, "1"]


class Splanchnic(NamedTuple):
    """What liver and gut take up: of glucose in the arteries, and of what is absorbed on its first way to the heart."""

    extraction: Annotated[float, "1"]
    flow: Annotated[float, "dL/(kg*min)"]
    first_pass: Annotated[float, "1"]

    def uptake(self, glucose: float, absorbed: float) -> float:
        """[mg/kg/min] of glucose in plasma [mg/dL] and what the gut gives [mg/kg/min]."""
        return self.extraction * self.flow * glucose + self.first_pass * absorbed


class Liver(NamedTuple):
    """Production of glucose: see `blood.production`."""

    production: Annotated[float, "mg/(kg*min)"]
    glucose_effect: Annotated[float, "1/min"]
    portal_effect: Annotated[float, "mg/min/pmol"]
    fast_effect: Annotated[float, "mg/(kg*min)"]
    fast_half: Annotated[float, "pM"]
    fast_hill: Annotated[float, "1"]
    fast_rate: Annotated[float, "1/min"]
    slow_effect: Annotated[float, "mg/(kg*min)/pM"]
    slow_rate: Annotated[float, "1/min"]


class Pancreas(NamedTuple):
    """Secretion of insulin: K, alpha, beta, gamma, and the glucose at which it is basal."""

    dynamic: Annotated[float, "pmol/kg/(mg/dL)"]
    static_rate: Annotated[float, "1/min"]
    static: Annotated[float, "pmol/(kg*min)/(mg/dL)"]
    to_liver: Annotated[float, "1/min"]
    basal_glucose: Annotated[float, "mg/dL"]
    basal_secretion: Annotated[float, "pmol/(kg*min)"]


class Kidney(NamedTuple):
    """Excretion of glucose: ke1, and ke2 as a concentration."""

    excretion: Annotated[float, "1/min"]
    threshold: Annotated[float, "mg/dL"]


class Brain(NamedTuple):
    """Uptake of brain and blood cells, whatever insulin does: F_cns."""

    uptake: Annotated[float, "mg/(kg*min)"]


class Tissue(NamedTuple):
    """A tissue whose cells take up glucose."""

    mass_factor: Annotated[float, "1"]  # over what the person's lean mass or fat makes of it
    interstitial_ratio: Annotated[float, "1"]  # insulin between the cells over that in plasma, in the end
    interstitial_rate: Annotated[float, "1/min"]  # at which it gets there
    cells_per_kg: Annotated[float, "1/kg"]
    in_vivo_gain: Annotated[float, "1"]  # uptake per cell in the body at much insulin, over that of the cell alone
    gain_half: Annotated[float, "pM"]  # insulin between the cells at which half of the gain is there
    gain_hill: Annotated[float, "1"]
    gain_of_women: Annotated[float, "1"]  # in_vivo_gain of women over that of men
    slower_with_mass: Annotated[float, "1"]  # power of the body mass index by which interstitial_rate falls

    def gain(self, insulin: float) -> float:
        """Uptake in the body over that of the cell alone, by insulin between the cells [pM]."""
        there = insulin**self.gain_hill
        return 1.0 + (self.in_vivo_gain - 1.0) * there / (there + self.gain_half**self.gain_hill)


class Hormonal(NamedTuple):
    """How much of what hormones do to a cell is seen in a body."""

    power: Annotated[float, "1"]  # of the factors by which they multiply steps of the cells


class Organs(NamedTuple):
    """All numbers of a body."""

    glucose: Glucose
    insulin: Insulin
    gut: Gut
    drink: Drink
    splanchnic: Splanchnic
    liver: Liver
    pancreas: Pancreas
    kidney: Kidney
    brain: Brain
    hormones: Hormonal
    muscle: Tissue
    fat: Tissue

    def of(self, person: Person) -> "Organs":
        """The numbers as this person has them: the tissues differ with sex, and with mass for the height."""
        return self._replace(**{tissue: _own(getattr(self, tissue), person) for tissue in TISSUES})

    def acted_on(self, insulin: float) -> "Organs":
        """The numbers with a liver that answers to so many times the insulin that there is."""
        liver = self.liver
        return self._replace(
            liver=liver._replace(
                portal_effect=liver.portal_effect * insulin,
                fast_half=liver.fast_half / insulin,
                slow_effect=liver.slow_effect * insulin,
            )
        )

    @property
    def clearance_scale(self) -> float:
        """By what m1, m2 and m4 are multiplied, so that insulin in plasma is cleared at the measured rate.

        Insulin that is infused is lost from plasma and, by the extraction h of the basal secretion, in the liver:
        clearance = V_I (m4 + m2 h). The insulin axis of the published model is divided by this.
        """
        of = self.insulin
        extraction = max(of.extraction - of.extraction_fall * self.pancreas.basal_secretion, 0.0)
        return of.clearance / (1e3 * of.volume * (of.loss + of.plasma_to_liver * extraction))

    def subject(self, person: Person, drunk: bool = False, secretion: float = 1.0) -> Subject:
        """What the model of meals takes of them, for a person, after a meal or a drink.

        Its own uptake and production are not asked for. The secretion of insulin is multiplied as hormones have it.
        """
        scale, insulin, gut, pancreas = self.clearance_scale, self.insulin, self.gut, self.pancreas
        last = self.drink if drunk else gut
        unused, none = float("nan"), 0.0  # its action of insulin on uptake stands still
        return Subject(
            body_weight=person.mass,
            glucose_volume=self.glucose.volume,
            k1=self.glucose.to_tissue,
            k2=self.glucose.from_tissue,
            insulin_volume=insulin.volume,
            m1=scale * insulin.liver_to_plasma,
            m2=scale * insulin.plasma_to_liver,
            m4=scale * insulin.loss,
            m5=insulin.extraction_fall,
            m6=insulin.extraction,
            emptying_max=last.emptying_max,
            emptying_min=last.emptying_min,
            absorption=last.absorption,
            grinding=gut.grinding,
            appearing=gut.appearing,
            b=last.half_slowed,
            d=last.half_recovered,
            kp1=unused,
            kp2=unused,
            kp3=unused,
            kp4=unused,
            ki=self.liver.slow_rate,
            constant_uptake=self.brain.uptake,
            vm0=unused,
            vmx=unused,
            km0=unused,
            p2u=none,
            secretion_slope=secretion * pancreas.dynamic,
            alpha=pancreas.static_rate,
            beta=secretion * pancreas.static,
            gamma=pancreas.to_liver,
            ke1=self.kidney.excretion,
            ke2=self.kidney.threshold * self.glucose.volume,
            basal_glucose=pancreas.basal_glucose,
            basal_insulin=none,
            basal_secretion=secretion * pancreas.basal_secretion,
        )


TISSUES = ("muscle", "fat")


def _own(tissue: Tissue, person: Person) -> Tissue:
    """A tissue as this person has it: in those who are heavier than the usual person insulin gets to cells later."""
    heavier = max(person.mass_index / HEALTHY["man"].mass_index, 1.0)
    return tissue._replace(
        in_vivo_gain=tissue.in_vivo_gain * (tissue.gain_of_women if person.sex == "woman" else 1.0),
        interstitial_rate=tissue.interstitial_rate * heavier**-tissue.slower_with_mass,
    )


@cache
def names() -> tuple[str, ...]:
    """The names of all numbers, such as "liver.production"."""
    sections = Organs.__annotations__
    return tuple(f"{section}.{field}" for section, kind in sections.items() for field in kind._fields)


@lru_cache(maxsize=1024)
def _build(name: str, values: tuple[tuple[str, str], ...]) -> Organs:
    preset = organs_preset(name, dict(values))
    found = {}
    for section, kind in Organs.__annotations__.items():
        units = canonical_units(kind)
        parameters = {field: preset.find(f"{section}.{field}") for field in kind._fields}
        found[section] = kind(**{f: rescale(p.value, p.unit, units[f]) for f, p in parameters.items()})
    return Organs(**found)


def build(name: str = "healthy", values: Mapping[str, str] | None = None) -> Organs:
    """The numbers of an installed body, with some replaced, such as {"liver.production": "2 mg/(kg*min)"}.

    InputError, naming it, if a value does not fit.
    """
    return _build(name, tuple(sorted((values or {}).items())))


def organs_preset(name: str, values: Mapping[str, str] | None = None) -> Preset:
    """The same numbers with their sources; InputError, naming it, if a value does not fit."""
    if name not in BODIES.names():
        raise unknown("body", name, BODIES.names())
    preset = load_preset(name, BODIES)
    missing = [known for known in names() if known not in preset.parameters]
    if missing:
        raise InputError("this parameter is missing.", missing[0], name)
    return preset.override(values or {})
