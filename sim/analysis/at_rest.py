"""The cell at rest in constant insulin and glucose, by the mean field, and what hormones make of its steps."""

from typing import NamedTuple

import numpy as np

from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.sim.endocrine.modulation import EXPRESSED, STEPS
from glut4sim.sim.model import equilibrium, mean_field, signalling
from glut4sim.sim.model.parameters import ParameterSet
from glut4sim.sim.scenario.scenario import Scenario

BATH = 5.0  # mM of glucose
BINS = (12, 4)  # radial bins of the mean field: surface GLUT4 within 1e-4 of that with many

_AKT = signalling.SPECIES.index("akt_active")


class Rest(NamedTuple):
    """What a cell at rest has and does."""

    surface_glut4: float  # copies
    uptake: float  # net: what the carriers bring in and is used, molecules per second
    akt: float  # active [percent]
    receptors_active: float  # phosphorylated at the surface [percent]


def rest(parameters: ParameterSet, insulin: float, bath: float = BATH) -> Rest:
    """The cell at rest in insulin [nM] and glucose outside [mM]; ArithmeticError if it has no rest."""
    surface = active = akt = 0.0
    for membrane, system in mean_field.systems(parameters, *BINS):
        receptors, signals, vesicles, _ = system.split(system.rest(insulin, bath))
        surface += membrane.vesicles * float(vesicles[list(vesicle.SURFACE)].sum() * parameters.vesicle.glut4_copies)
        active += membrane.receptors * float(receptors[list(receptor.ACTIVE)].sum() / receptors.sum())
        akt += membrane.vesicles * float(signals[_AKT])
    return Rest(surface, net_uptake(parameters, surface, bath), 100.0 * akt, 100.0 * active)


def surface(parameters: ParameterSet, insulin: float, bath: float = BATH) -> float:
    """GLUT4 in the membrane [copies] at rest in insulin [nM] and glucose outside [mM]."""
    return rest(parameters, insulin, bath).surface_glut4


def net_uptake(parameters: ParameterSet, glut4: float, bath: float = BATH) -> float:
    """Glucose that so many carriers [copies] bring in from outside [mM] and that is used, molecules per second."""
    molecules = equilibrium.glucose_molecules(parameters.glucose, glut4, bath)
    return parameters.glucose.use * float(molecules[glucose.State.PHOSPHORYLATED])


def uptake(parameters: ParameterSet, insulin: float, bath: float = BATH) -> float:
    """Glucose that is taken up, net, at rest in insulin [nM] and glucose outside [mM], molecules per second."""
    return rest(parameters, insulin, bath).uptake


def factors(scenario: Scenario, after: float = 0.0) -> dict[str, float]:
    """By what hormones multiply each step of the cell so long after its assay began [s].

    Proteins that are made or lost in that time are left out, as in a run.
    """
    if not scenario.has_hormones:
        return dict.fromkeys(STEPS, 1.0)
    at = scenario.assay.at[0]
    found = scenario.timeline(np.array([at, at + after])).factors
    return {step: float(factor[0 if step in EXPRESSED else 1]) for step, factor in found.items()}
