"""Quantities of measurements.py as formulas of the SBML document that sim/model/sbml_template.py writes."""

from collections.abc import Callable, Mapping
from math import pi
from typing import NamedTuple

from glut4sim.agents import glucose
from glut4sim.sim.analysis.measurements import TRACER
from glut4sim.sim.model.formulas import Formula, as_number, symbolic
from glut4sim.sim.model.observables import MOLECULES_PER_UMOL, REAL_COPIES


class Told(NamedTuple):
    """A quantity in the document's names.

    Attributes
    ----------
    formula : a counter in braces, {fusions}, is how fast it counts since the record before [1/s]
    counters : those in braces; none of what is known at a moment
    """

    formula: str
    counters: tuple[str, ...] = ()


def _millimolar(share: str) -> Told:
    """A concentration in the cell [mM], from a share of the supply."""
    return Told(f"{share} * glucose_supply / (glucose_cytosol_volume * {glucose.MOLECULES_PER_MM_PL!r})")


def _transport(outside: str) -> Told:
    """Glucose carried in from a concentration outside [mM], molecules per second."""
    parameters = glucose.Parameters(*(as_number(f"glucose_{name}") for name in glucose.Parameters._fields))
    clearance = symbolic(glucose.clearance)(Formula("surface_glut4"), Formula(outside), parameters)
    return Told(str(Formula(outside) * clearance))


TOLD: Mapping[str, Callable[[], Told]] = {
    "insulin": lambda: Told("insulin"),
    "receptors_active": lambda: Told("100 * receptors_active"),
    "receptors_phosphorylated": lambda: Told("100 * receptor_copies * receptors_phosphorylated"),
    "receptors_internal": lambda: Told("100 * receptors_internal"),
    "irs1_phosphorylated": lambda: Told("100 * (irs1_phosphorylated + signalling_pi3k_per_irs1 * pi3k_bound)"),
    "irs1_s307": lambda: Told(
        "100 * (irs1_refractory + (irs1_phosphorylated + signalling_pi3k_per_irs1 * pi3k_bound)"
        " * signalling_irs1_protect * mtorc1_active / (1 + signalling_irs1_protect * mtorc1_active))"
    ),
    "mtorc1_active": lambda: Told("100 * mtorc1_active"),
    "pip3": lambda: Told("pip3"),
    "akt_active": lambda: Told("100 * akt_active"),
    "akt_t308": lambda: Told("100 * (akt_t308 + akt_active)"),
    "akt_s473": lambda: Told("100 * (akt_s473 + akt_active)"),
    "as160_phosphorylated": lambda: Told("100 * as160_phosphorylated"),
    "rab10_active": lambda: Told("100 * rab10_active"),
    "surface_glut4_percent": lambda: Told("surface_glut4_percent"),
    "surface_glut4": lambda: Told("surface_glut4"),
    "glucose_uptake_rate": lambda: Told("glucose_supply * {glucose_net_influx}", ("glucose_net_influx",)),
    "glucose_taken_up": lambda: Told("glucose_supply * glucose_net_influx"),
    "glucose_net_uptake_rate": lambda: Told("glucose_supply * {glucose_net_influx}", ("glucose_net_influx",)),
    "uptake_per_kg": lambda: Told(
        f"glucose_supply * {{glucose_net_influx}} * {60.0 / MOLECULES_PER_UMOL!r} / ({4.0 / 3.0 * pi * 1e-15!r}"
        " * vesicle_cell_radius^3)",
        ("glucose_net_influx",),
    ),
    "glucose_inside": lambda: _millimolar("glucose_inside"),
    "glucose_6_phosphate": lambda: _millimolar("glucose_phosphorylated"),
    "surface_glut4_t_tubules": lambda: Told("0 * surface_glut4"),  # a fibre is refused
    "fusion_rate": lambda: Told("60 * vesicles * {fusions}", ("fusions",)),
    "real_fusion_rate": lambda: Told(f"{60.0 / REAL_COPIES!r} * vesicle_glut4_copies * {{fusions}}", ("fusions",)),
    "transient_fusion_rate": lambda: Told("60 * vesicles * {transient_fusions}", ("transient_fusions",)),
    "all_fusion_rate": lambda: Told(
        "60 * vesicles * ({fusions} + {transient_fusions} + {clustered_fusions})",
        ("fusions", "transient_fusions", "clustered_fusions"),
    ),
    "exocytosis_rate": lambda: Told(
        "60 * ({fusions} + {clustered_fusions}) / (1 - vesicles_at_surface)", ("fusions", "clustered_fusions")
    ),
    "tracer_transport": lambda: _transport(repr(TRACER)),
    "transport": lambda: _transport("glucose_bath"),
}
