"""The cell at rest in constant insulin and glucose, by the mean field, and what hormones make of its steps."""

import numpy as np

from glut4sim.agents import glucose, vesicle
from glut4sim.sim.endocrine.modulation import STEPS
from glut4sim.sim.model.fluxes import shell
from glut4sim.sim.model.mean_field import System
from glut4sim.sim.model.parameters import ParameterSet
from glut4sim.sim.scenario.scenario import Scenario

BATH = 5.0  # mM of glucose
BINS = (12, 4)  # radial bins of the mean field: surface GLUT4 within 1e-4 of that with many


def surface(parameters: ParameterSet, insulin: float, bath: float = BATH) -> float:
    """GLUT4 in the membrane [copies] at rest in insulin [nM] and glucose outside [mM]."""
    system = System(parameters, shell(parameters.vesicle, *BINS))
    _, _, vesicles, _ = system.split(system.rest(insulin, bath))
    return float(vesicles[vesicle.State.FUSED].sum() * parameters.vesicle.glut4_copies)


def transport(parameters: ParameterSet, glut4: float, bath: float = BATH) -> float:
    """Glucose that so many carriers [copies] bring in from outside [mM], molecules per second."""
    return bath * float(glucose.clearance(glut4, bath, parameters.glucose))


def uptake(parameters: ParameterSet, insulin: float, bath: float = BATH) -> float:
    """Glucose that the carriers bring in at rest in insulin [nM] and glucose outside [mM], molecules per second."""
    return transport(parameters, surface(parameters, insulin, bath), bath)


def factors(scenario: Scenario) -> dict[str, float]:
    """By what hormones multiply each step of the cell when the assay begins."""
    if not scenario.has_hormones:
        return dict.fromkeys(STEPS, 1.0)
    found = scenario.timeline(np.array([scenario.assay.at[0]])).factors
    return {step: float(factor[0]) for step, factor in found.items()}
