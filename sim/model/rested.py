"""A cell that has been in its first insulin for a stated time only: what its agents are drawn from at the start.

Before that time it was at rest without insulin. It gets there as its mean field does (mean_field.System.start), so that
nothing has to be stepped before the run begins.
"""

from typing import Any

from glut4sim.sim.model import kinds
from glut4sim.sim.model.cell_inputs import Bath
from glut4sim.sim.model.membranes import Membrane
from glut4sim.sim.model.parameters import ParameterSet


def of(stage: str) -> str:
    """Under which name a stage finds its own among what it knows."""
    return f"{stage} at rest"


def start(membrane: Membrane, parameters: ParameterSet, bath: Bath) -> dict[str, Any]:
    """What the stages of a membrane start from, by `of`: as equilibrium.states, signals and resting_vesicles give it.

    Parameters
    ----------
    membrane : Membrane
    parameters : ParameterSet
        Of the membrane.
    bath : Bath
        With a stated `rest`.
    """
    from glut4sim.sim.model import equilibrium, fluxes, mean_field  # which few runs need

    space = fluxes.shell(parameters.vesicle, dimensions=membrane.dimensions)
    system = mean_field.System(parameters, space)
    receptors, signals, vesicles, _ = system.split(system.start(membrane, bath))
    return {
        of("receptor"): receptors,
        of(kinds.SIGNALLING): signals.copy(),
        of("vesicle"): equilibrium.RestingVesicles(vesicles, space.edges),
    }
