"""Motion in the spherical shell between an inner body and the membrane: drift along the radius, Brownian displacement,
reflection at both walls.

All is float32 and free of branches and calls, so that a loop over agents vectorises.
"""

from typing import NamedTuple

import numpy as np

from glut4sim.agents.compiling import internal
from glut4sim.agents.streams import fma


class Place(NamedTuple):
    """Where an agent is, from the centre of the cell [um]."""

    x: np.float32
    y: np.float32
    z: np.float32
    r: np.float32  # radius


_TINY = np.float32(1e-6)
_TWO = np.float32(2.0)
_ROUNDING = np.float32(1e-6)


@internal
def length(x, y, z):
    """Distance from the centre [um]."""
    return np.sqrt(fma(x, x, fma(y, y, np.float32(z * z))))


@internal
def drift_by(x, y, z, drift, low, high):
    """Drift along the radius [um], as far as a wall; returns x, y, z."""
    r = length(x, y, z)
    stretch = np.float32(min(max(np.float32(r + drift), low), high) / max(r, _TINY))
    stretch = stretch if drift != np.float32(0.0) else np.float32(1.0)
    return np.float32(x * stretch), np.float32(y * stretch), np.float32(z * stretch)


@internal
def displace(x, y, z, spread, low, high, n0, n1, n2):
    """One step of one agent: Brownian displacement by three normals and reflection at the walls.

    Reflection in a sphere is exact to first order in (step length / radius). Where low == high, all is on that sphere:
    diffusion there is the projected displacement.

    Returns x, y, z and the radius r [um].
    """
    x, y, z = fma(spread, n0, x), fma(spread, n1, y), fma(spread, n2, z)
    r = length(x, y, z)
    inside = min(r, np.float32(_TWO * high - r))
    inside = max(inside, np.float32(_TWO * low - inside))
    inside = min(max(inside, low), high)
    scale = np.float32(inside / max(r, _TINY))
    return np.float32(x * scale), np.float32(y * scale), np.float32(z * scale), inside


@internal
def confine(at, low, high):
    """The nearest Place whose radius lies in low .. high, or the same point where only rounding puts it outside."""
    r = length(at.x, at.y, at.z)
    inside = min(max(r, low), high)
    scale = np.float32(1.0)
    if abs(np.float32(r - inside)) > np.float32(_ROUNDING * inside):
        scale = np.float32(inside / max(r, _TINY))
    return Place(np.float32(at.x * scale), np.float32(at.y * scale), np.float32(at.z * scale), inside)
