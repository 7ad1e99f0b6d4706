"""Mean flow: how fractions of agents move between states, and vesicles through the shell, when chance is averaged out.

The TRANSITIONS and `rates` are the agents' own; nothing of the model is written again here. Where a vesicle is
matters to it, so vesicles are kept by radial bin as well as by state, and the motion of each state becomes transport
between neighbouring bins: Brownian motion and drift in Scharfetter-Gummel finite volumes (IEEE Trans Electron Devices
16:64, 1969).
"""

from typing import NamedTuple

import numpy as np

from glut4sim.agents import vesicle


class Shell(NamedTuple):
    """The space between inner body and membrane in radial bins, as the vesicles' states move in it."""

    edges: np.ndarray  # (n_bin + 1,) [um]
    near: np.ndarray  # (n_bin,) bool, within the capture distance of the membrane
    at_edge: np.ndarray  # (n_state,) bool, states that live on the membrane: all in the last bin
    transport: np.ndarray  # (n_state, n_bin, n_bin) generators of motion [1/s], columns sum to zero
    dimensions: int = 3  # of the space: 3 in a sphere, 2 in a cylinder, 1 in a slab


BINS, CAPTURE_BINS = 40, 10  # three times as many change surface GLUT4 by 0.002 percentage points


def shell(p: vesicle.Parameters, bins: int = BINS, capture_bins: int = CAPTURE_BINS, dimensions: int = 3) -> Shell:
    """Divide the shell, of so many dimensions: so many bins up to the capture distance, and so many within it, which
    may be all there is."""
    reach = p.cell_radius - p.capture_distance
    if reach <= p.inner_radius:
        reach, bins = p.inner_radius, 0
    outer = np.linspace(reach, p.cell_radius, capture_bins + 1)
    edges = np.concatenate([np.linspace(p.inner_radius, reach, bins + 1)[:-1], outer])
    motion = vesicle.motion_table(p, 1.0).astype(float)  # spread^2 / 2 is the diffusion coefficient
    at_edge = motion[:, 2] == motion[:, 3]
    still = np.zeros((bins + capture_bins,) * 2)
    transport = [
        still if edge or spread == drift == 0.0 else _transport(edges, spread**2 / 2.0, drift, dimensions)
        for (spread, drift, _, _), edge in zip(motion, at_edge)
    ]
    return Shell(edges, np.arange(len(still)) >= bins, at_edge, np.array(transport), dimensions)


def _transport(edges, diffusion, drift, dimensions):
    volume, area = np.diff(edges**dimensions) / dimensions, edges[1:-1] ** (dimensions - 1)
    gap = np.diff((edges[1:] + edges[:-1]) / 2.0)
    if diffusion > 0.0:
        peclet = drift * gap / diffusion
        outward, inward = diffusion / gap * _bernoulli(-peclet), diffusion / gap * _bernoulli(peclet)
    else:
        outward, inward = np.full(len(gap), max(drift, 0.0)), np.full(len(gap), max(-drift, 0.0))
    up = np.diag(outward * area / volume[:-1], -1)
    down = np.diag(inward * area / volume[1:], 1)
    return up + down - np.diag((up + down).sum(axis=0))


def _bernoulli(x):
    """x / (exp(x) - 1), and 1 at 0."""
    x = np.clip(np.where(np.abs(x) < 1e-8, 1e-8, x), -700.0, 700.0)
    return x / np.expm1(x)


def flow(transitions, rates, amounts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Change of a kind's states (.., n_state) and traffic through its transitions (.., n_transition), per second."""
    change, traffic = np.zeros_like(amounts), np.empty((*amounts.shape[:-1], len(transitions)))
    for j, ((source, target), rate) in enumerate(zip(transitions, rates)):
        traffic[..., j] = rate * amounts[..., source]
        change[..., source] -= traffic[..., j]
        change[..., target] += traffic[..., j]
    return change, traffic


def vesicle_generator(space: Shell, rates) -> np.ndarray:
    """The matrix that turns amounts of vesicles by state and bin into their change per second.

    Shape (n_state n_bin, n_state n_bin): the change of what stands in a row, by what stands in a column.
    """
    n_state, n_bin = len(space.transport), len(space.near)
    matrix = np.zeros((n_state, n_bin, n_state, n_bin))
    bins = np.arange(n_bin)
    for state, transport in enumerate(space.transport):
        matrix[state, :, state] = transport
    for j, ((source, target), rate) in enumerate(zip(vesicle.TRANSITIONS, rates)):
        moved = rate * space.near if j == vesicle.TETHERING else rate
        matrix[source, bins, source, bins] -= moved
        matrix[target, -1 if space.at_edge[target] else bins, source, bins] += moved
    return matrix.reshape(n_state * n_bin, -1)
