"""The steady state in which an experiment finds the cell: each agent kind's distribution over its states.

The states and transitions are those of the agents; nothing about the kinds is repeated here. The steady state is
where the cell ends up when everything starts in a kind's first state, so that it is defined even where a transition
has been switched off and several steady states exist:  p = (1 - G / e)^-1 p0  with the generator G and e far slower
than any rate.

Agents are drawn from these, so not one bit of them may change. The mean field computes the same state of rest on its
own network, compiled (sim/model/mean_field.py).
"""

import numpy as np
from scipy.sparse import csc_array
from scipy.sparse.linalg import spsolve

from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.sim.model import signalling
from glut4sim.sim.model.fluxes import Shell, flow, vesicle_flow

SLOW = 1e-9  # 1/s: 30 years
SETTLING = 3600  # s that signalling takes to rest


def _long_after(derivative, start: np.ndarray) -> np.ndarray:
    """Where a linear flow has taken amounts of any shape long after they were `start`; they sum to 1.

    derivative : amounts (.., *shape) -> their change per second
    """
    units = np.eye(start.size)
    generator = derivative(units.reshape(start.size, *start.shape)).reshape(units.shape).T
    # a sparse solver, as a dense one starts threads that then get in the way of other replicates
    solution = np.asarray(spsolve(csc_array(units - generator / SLOW), start.ravel(), use_umfpack=False))
    p = np.clip(solution, 0.0, None)
    return (p / p.sum()).reshape(start.shape)


def receptors(parameters: receptor.Parameters, insulin: float) -> np.ndarray:
    """Fractions of receptors in each state at a constant insulin concentration [nM], (n_state,)."""
    return states(receptor, receptor.Environment(insulin), parameters)


def unstimulated(parameters: signalling.Parameters) -> np.ndarray:
    """Species of the signalling ODE, (n_species,), from where it goes to rest."""
    y = np.zeros(len(signalling.SPECIES))
    y[signalling.SPECIES.index("pip3")] = parameters.pip3_basal
    y[signalling.SPECIES.index("pip2")] = 100.0 - parameters.pip3_basal
    return y


def signals(parameters: signalling.Parameters, receptors_active: float) -> np.ndarray:
    """Species of the signalling ODE at rest, (n_species,), for a constant active fraction of receptors."""
    y = unstimulated(parameters)
    steps = np.full(SETTLING, receptors_active)
    signalling.advance(y, steps, parameters, 1.0, np.empty((len(steps), len(y))))
    return y


def shares_of_volume(space: Shell) -> np.ndarray:
    """How vesicles are spread over the radial bins, (n_bin,), before they move."""
    volume = np.diff(space.edges**3)
    return volume / volume.sum()


def vesicles(parameters: vesicle.Parameters, rab10_active: float, space: Shell) -> np.ndarray:
    """Fractions of vesicles by state and radial bin, (n_state, n_bin), at a constant active fraction of Rab10."""
    rates = vesicle.rates(vesicle.Environment(rab10_active), parameters)
    start = np.zeros((len(vesicle.State), len(space.near)))
    start[vesicle.State.STORED] = shares_of_volume(space)
    return _long_after(lambda amounts: vesicle_flow(space, rates, amounts)[0], start)


def glucose_molecules(parameters: glucose.Parameters, glut4: float, bath: float) -> np.ndarray:
    """Molecules in each state (n_state,) of a cell at rest, by GLUT4 in the membrane and glucose outside [mM].

    What is neither inside nor phosphorylated is outside, still to come; none counts as used yet.
    """
    p = parameters
    per_inside = p.cytosol_volume * glucose.MOLECULES_PER_MM_PL

    def inside(product):
        share = p.use * product * (1.0 + product / p.g6p_inhibition) / p.hexokinase_rate
        return p.hexokinase_half * share / (1.0 - share)

    def surplus(product):
        free = inside(product)
        flow = glucose.clearance(glut4, bath, p) * bath - glucose.clearance(glut4, free, p) * free
        return flow / per_inside - p.use * product

    # hexokinase saturates at the positive root of use g (1 + g / K) = rate
    half = p.g6p_inhibition / 2.0
    ceiling = np.sqrt(half**2 + p.g6p_inhibition * p.hexokinase_rate / p.use) - half
    product = _falling_root(surplus, ceiling * (1.0 - 1e-12)) if bath > 0.0 else 0.0
    molecules = np.zeros(len(glucose.State))
    molecules[glucose.State.INSIDE] = inside(product) * per_inside
    molecules[glucose.State.PHOSPHORYLATED] = product * per_inside
    molecules[glucose.State.OUTSIDE] = max(p.supply - molecules.sum(), 0.0)
    return molecules


def _falling_root(function, high: float) -> float:
    """Where a function falls through 0 between 0 and `high`, to the last digit; scipy.optimize takes long to import."""
    low = 0.0
    while low < (middle := 0.5 * (low + high)) < high:
        low, high = (middle, high) if function(middle) > 0.0 else (low, middle)
    return middle


def states(agents, environment, parameters) -> np.ndarray:
    """Fractions of a kind's agents in each state in a constant environment, (n_state,).

    Parameters
    ----------
    agents : module
        The kind's file.
    environment, parameters : its Environment and Parameters
    """
    rates = agents.rates(environment, parameters)
    start = np.zeros(len(agents.State))
    start[0] = 1.0
    return _long_after(lambda amounts: flow(agents.TRANSITIONS, rates, amounts)[0], start)
