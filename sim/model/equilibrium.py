"""The steady state in which an experiment finds the cell: each agent kind's distribution over its states.

The states and transitions are those of the agents; nothing about the kinds is repeated here. The steady state is
where the cell ends up when everything starts in a kind's first state, so that it is defined even where a transition
has been switched off and several steady states exist:  p = (1 - G / e)^-1 p0  with the generator G and e far slower
than any rate.

Agents are drawn from these, so not one bit of them may change. The mean field computes the same state of rest on its
own network, compiled (sim/model/mean_field.py).

What cells have in common is found once: thousands of them may rest in the same state, and a small one takes less time
to run than its state of rest to find.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.sparse import csc_array
from scipy.sparse.linalg import spsolve

from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.agents.compiling import compiled
from glut4sim.sim.model import signalling
from glut4sim.sim.model.fluxes import Shell, flow, shell, vesicle_generator

SLOW = 1e-9  # 1/s: 30 years
SETTLING = 14400  # s that signalling takes to rest
LOOK = 60  # s between two looks whether it rests
KEPT = 1024  # states of rest that are remembered, of each kind; 2 MB where they are of vesicles


def _long_after(generator: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Where a linear flow has taken amounts (n,) long after they were `start`; they sum to 1.

    generator : (n, n), amounts -> their change per second
    """
    matrix = np.eye(start.size) - generator / SLOW
    column, row = np.nonzero(matrix.T)
    first = np.searchsorted(column, np.arange(start.size + 1))
    # a sparse solver, as a dense one starts threads that then get in the way of other replicates
    solution = spsolve(csc_array((matrix[row, column], row, first)), start, use_umfpack=False)
    p = np.clip(np.asarray(solution), 0.0, None)
    return p / p.sum()


def receptors(parameters: receptor.Parameters, insulin: float) -> np.ndarray:
    """Fractions of receptors in each state at a constant insulin concentration [nM], (n_state,)."""
    return states(receptor, receptor.Environment(insulin), parameters)


def unstimulated(parameters: signalling.Parameters) -> np.ndarray:
    """Species of the signalling ODE, (n_species,), from where it goes to rest."""
    y = np.zeros(len(signalling.SPECIES))
    y[signalling.SPECIES.index("pip3")] = parameters.pip3_basal
    y[signalling.SPECIES.index("pip2")] = 100.0 - parameters.pip3_basal
    y[signalling.SPECIES.index("mtorc2_active")] = parameters.mtorc2_basal
    return y


def signals(parameters: signalling.Parameters, receptors_active: float, receptors_liganded: float) -> np.ndarray:
    """Species of the signalling ODE at rest, (n_species,), for constant shares of receptors."""
    return np.array(_signals(parameters, float(receptors_active), float(receptors_liganded)))


@lru_cache(KEPT)
def _signals(parameters, receptors_active, receptors_liganded) -> tuple[float, ...]:
    y = unstimulated(parameters)
    active, liganded = np.full(LOOK, receptors_active), np.full(LOOK, receptors_liganded)
    out = np.empty((LOOK, len(y)))
    for _ in range(0, SETTLING, LOOK):
        before = y.tobytes()
        signalling.advance(y, active, liganded, parameters, 1.0, out)
        if y.tobytes() == before:
            break  # and so it would for ever
    return tuple(y.tolist())


def shares_of_volume(space: Shell) -> np.ndarray:
    """How vesicles are spread over the radial bins, (n_bin,), before they move."""
    volume = np.diff(space.edges**space.dimensions)
    return volume / volume.sum()


def vesicles(parameters: vesicle.Parameters, environment: vesicle.Environment, space: Shell) -> np.ndarray:
    """Fractions of vesicles by state and radial bin, (n_state, n_bin), in a constant environment."""
    rates = vesicle.rates(environment, parameters)
    start = np.zeros((len(vesicle.State), len(space.near)))
    start[vesicle.State.STORED] = shares_of_volume(space)
    return _long_after(vesicle_generator(space, rates), start.ravel()).reshape(start.shape)


class RestingVesicles(NamedTuple):
    """Where vesicles are in a cell at rest; for all who look, so nobody may write here."""

    by_bin: np.ndarray  # (n_state, n_bin) fractions
    edges: np.ndarray  # (n_bin + 1,) of the bins [um]


def resting_vesicles(
    parameters: vesicle.Parameters, environment: vesicle.Environment, dimensions: int = 3
) -> RestingVesicles:
    """As `vesicles`, in the shell of so many dimensions that the parameters say."""
    alike = parameters._replace(glut4_copies=1.0)  # how many is no matter
    return _resting_vesicles(alike, environment._make(map(float, environment)), dimensions)


@lru_cache(KEPT)
def _resting_vesicles(parameters, environment, dimensions) -> RestingVesicles:
    space = shell(parameters, dimensions=dimensions)
    return RestingVesicles(vesicles(parameters, environment, space), space.edges)


def glucose_molecules(parameters: glucose.Parameters, glut4: float, bath: float) -> np.ndarray:
    """Molecules in each state (n_state,) of a cell at rest, by GLUT4 in the membrane and glucose outside [mM].

    What is neither inside nor phosphorylated is outside, still to come; none counts as used yet.
    """
    p = parameters
    per_inside = p.cytosol_volume * glucose.MOLECULES_PER_MM_PL
    # hexokinase saturates at the positive root of use g (1 + g / K) = rate
    half = p.g6p_inhibition / 2.0
    ceiling = np.sqrt(half**2 + p.g6p_inhibition * p.hexokinase_rate / p.use) - half
    product = _product_at_rest(glut4, bath, p, per_inside, ceiling * (1.0 - 1e-12)) if bath > 0.0 else 0.0
    free = _free_glucose(product, p) if p.hexokinase_rate > 0.0 else bath  # without hexokinase as much as outside
    molecules = np.zeros(len(glucose.State))
    molecules[glucose.State.INSIDE] = free * per_inside
    molecules[glucose.State.PHOSPHORYLATED] = product * per_inside
    molecules[glucose.State.OUTSIDE] = max(p.supply - molecules.sum(), 0.0)
    return molecules


@compiled
def _free_glucose(product, p):
    """Glucose inside [mM] at which hexokinase makes as much product as is used."""
    share = p.use * product * (1.0 + product / p.g6p_inhibition) / p.hexokinase_rate
    return p.hexokinase_half * share / (1.0 - share)


@compiled
def _product_at_rest(glut4, bath, p, per_inside, high):
    """Product [mM], at most `high`, at which as much glucose enters as is used: bisected to the last digit."""
    low, middle = 0.0, 0.5 * high
    while low < middle < high:
        free = _free_glucose(middle, p)
        flow = glucose.clearance(glut4, bath, p) * bath - glucose.clearance(glut4, free, p) * free
        if flow / per_inside - p.use * middle > 0.0:
            low = middle
        else:
            high = middle
        middle = 0.5 * (low + high)
    return middle


def states(agents, environment, parameters) -> np.ndarray:
    """Fractions of a kind's agents in each state in a constant environment, (n_state,).

    Parameters
    ----------
    agents : module
        The kind's file.
    environment, parameters : its Environment and Parameters
    """
    return np.array(_states(agents, environment, parameters))


@lru_cache(KEPT)
def _states(agents, environment, parameters) -> tuple[float, ...]:
    rates = agents.rates(environment, parameters)
    units = np.eye(len(agents.State))
    return tuple(_long_after(flow(agents.TRANSITIONS, rates, units)[0].T, units[0]).tolist())
