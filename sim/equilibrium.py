"""The steady state in which an experiment finds the cell: each agent kind's distribution over its states.

The states and transitions are those of the agents; nothing about the kinds is repeated here. The steady state is
where the cell ends up when everything starts in a kind's first state, so that it is defined even where a transition
has been switched off and several steady states exist:  p = (1 - G / e)^-1 p0  with the generator G and e far slower
than any rate.
"""

import numpy as np
from scipy.linalg import solve
from scipy.optimize import brentq

from agents import glucose, receptor, vesicle
from sim import signalling

_SLOW = 1e-9  # 1/s: 30 years
_BINS_INNER, _BINS_CAPTURE = 120, 24


def generator(rates, transitions, n_states: int) -> np.ndarray:
    """Generator of a kind, (n_state, n_state) [1/s]: column = from, row = to, columns sum to zero."""
    matrix = np.zeros((n_states, n_states))
    for (source, target), rate in zip(transitions, rates, strict=True):
        matrix[target, source] += rate
        matrix[source, source] -= rate
    return matrix


def _long_after(matrix: np.ndarray, start: np.ndarray) -> np.ndarray:
    p = np.clip(solve(np.eye(len(start)) - matrix / _SLOW, start), 0.0, None)
    return p / p.sum()


def receptors(parameters: receptor.Parameters, insulin: float) -> np.ndarray:
    """Fractions of receptors in each state at a constant insulin concentration [nM], (n_state,)."""
    rates = receptor.rates(receptor.Environment(insulin), parameters)
    start = np.zeros(len(receptor.State))
    start[receptor.State.FREE] = 1.0
    return _long_after(generator(rates, receptor.TRANSITIONS, len(start)), start)


def signals(parameters: signalling.Parameters, receptors_active: float) -> np.ndarray:
    """Species of the signalling ODE at rest, (n_species,), for a constant active fraction of receptors."""
    y = np.zeros(len(signalling.SPECIES))
    y[signalling.SPECIES.index("pip3")] = parameters.pip3_basal
    y[signalling.SPECIES.index("pip2")] = 100.0 - parameters.pip3_basal
    steps = np.full(3600, receptors_active)
    signalling.advance(y, steps, parameters, 1.0, np.empty((len(steps), len(y))))
    return y


def shell_edges(parameters: vesicle.Parameters) -> np.ndarray:
    """Radii that divide the shell into bins, the capture zone apart from the rest [um]."""
    reach = parameters.cell_radius - parameters.capture_distance
    return np.concatenate(
        [
            np.linspace(parameters.inner_radius, reach, _BINS_INNER + 1)[:-1],
            np.linspace(reach, parameters.cell_radius, _BINS_CAPTURE + 1),
        ]
    )


def _transport(edges: np.ndarray, diffusion: float, drift: float) -> np.ndarray:
    """Generator of radial diffusion and drift between bins, reflecting at both ends (Scharfetter-Gummel scheme)."""
    volumes = np.diff(edges**3) / 3.0
    centres = (edges[1:] + edges[:-1]) / 2.0
    gap = np.diff(centres)
    area = edges[1:-1] ** 2
    if diffusion > 0.0:
        peclet = drift * gap / diffusion
        outward = diffusion / gap * _bernoulli(-peclet)
        inward = diffusion / gap * _bernoulli(peclet)
    else:
        outward = np.full(len(gap), max(drift, 0.0))
        inward = np.full(len(gap), max(-drift, 0.0))
    matrix = np.zeros((len(volumes), len(volumes)))
    for b in range(len(gap)):
        for source, target, speed in ((b, b + 1, outward[b]), (b + 1, b, inward[b])):
            rate = speed * area[b] / volumes[source]
            matrix[target, source] += rate
            matrix[source, source] -= rate
    return matrix


def _bernoulli(x: np.ndarray) -> np.ndarray:
    """x / (exp(x) - 1), 1 at 0."""
    safe = np.where(np.abs(x) < 1e-8, 1.0, x)
    return np.where(np.abs(x) < 1e-8, 1.0 - x / 2.0, safe / np.expm1(np.minimum(safe, 700.0)))


def vesicles(parameters: vesicle.Parameters, rab10_active: float) -> np.ndarray:
    """Fractions of vesicles by state and radial bin, (n_state, n_bin), the bins those of `shell_edges`.

    The same states, transitions and motion as the agents', with the radius in bins: docked and fused ones sit in the
    last.
    """
    edges = shell_edges(parameters)
    n_states, n_bins = len(vesicle.State), len(edges) - 1
    motion = vesicle.motion_table(parameters, 1.0).astype(float)  # spread^2 / 2 and drift per second
    matrix = np.zeros((n_states, n_bins, n_states, n_bins))
    for state in vesicle.State:
        spread, drift, low, high = motion[state]
        if low < high:
            matrix[state, :, state, :] = _transport(edges, spread**2 / 2.0, drift)
    rates = vesicle.rates(vesicle.Environment(rab10_active), parameters)
    for j, ((source, target), rate) in enumerate(zip(vesicle.TRANSITIONS, rates, strict=True)):
        to_edge = motion[target, 2] == motion[target, 3]
        for b in range(n_bins):
            if j == vesicle.TETHERING and b < _BINS_INNER:
                continue
            matrix[target, n_bins - 1 if to_edge else b, source, b] += rate
            matrix[source, b, source, b] -= rate
    start = np.zeros((n_states, n_bins))
    start[vesicle.State.STORED] = np.diff(edges**3) / (edges[-1] ** 3 - edges[0] ** 3)
    size = n_states * n_bins
    return _long_after(matrix.reshape(size, size), start.ravel()).reshape(n_states, n_bins)


def glucose_pools(parameters: glucose.Parameters, glut4: float, bath: float) -> tuple[float, float]:
    """Free glucose and glucose 6-phosphate inside at rest [mM], by GLUT4 in the membrane and glucose outside [mM]."""
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
    product = brentq(surplus, 0.0, ceiling * (1.0 - 1e-12), xtol=1e-15) if bath > 0.0 else 0.0
    return inside(product), product
