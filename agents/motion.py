"""Motion between an inner wall and the membrane: drift along the radius, Brownian displacement, reflection at both
walls.

The radius is the length of the position along some of the axes: of all three in a spherical shell, of two in a cylinder
about the third, of one in a slab about a plane. Along the others nothing moves, as nothing depends on them.

All is float32 and free of branches and calls, so that a loop over agents vectorises.
"""

from typing import NamedTuple

import numpy as np

from glut4sim.agents.compiling import internal
from glut4sim.agents.streams import fma


class Axes(NamedTuple):
    """Along which axes there is a radius, and motion."""

    x: bool = True
    y: bool = True
    z: bool = True


SPHERE, CYLINDER, SLAB = Axes(), Axes(z=False), Axes(x=False, y=False)


class Place(NamedTuple):
    """Where an agent is, from the centre [um]."""

    x: np.float32
    y: np.float32
    z: np.float32
    r: np.float32  # radius


_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_TINY = np.float32(1e-6)
_TWO = np.float32(2.0)
_ROUNDING = np.float32(1e-6)


@internal
def length(x, y, z, axes):
    """Distance from the centre along the Axes [um]."""
    x, y, z = x if axes.x else _ZERO, y if axes.y else _ZERO, z if axes.z else _ZERO
    return np.sqrt(fma(x, x, fma(y, y, np.float32(z * z))))


@internal
def stretched(x, y, z, scale, axes):
    """x, y, z times a scale along the Axes."""
    return (
        np.float32(x * (scale if axes.x else _ONE)),
        np.float32(y * (scale if axes.y else _ONE)),
        np.float32(z * (scale if axes.z else _ONE)),
    )


@internal
def drift_by(x, y, z, drift, low, high, axes):
    """Drift along the radius [um], as far as a wall; returns x, y, z."""
    r = length(x, y, z, axes)
    stretch = np.float32(min(max(np.float32(r + drift), low), high) / max(r, _TINY))
    stretch = stretch if drift != _ZERO else _ONE
    return stretched(x, y, z, stretch, axes)


@internal
def displace(x, y, z, spread, low, high, n0, n1, n2, axes):
    """One step of one agent: Brownian displacement by three normals and reflection at the walls.

    Reflection in a sphere is exact to first order in (step length / radius). Where low == high, all is on that sphere:
    diffusion there is the projected displacement.

    Returns x, y, z and the radius r [um].
    """
    x = fma(spread, n0, x) if axes.x else x
    y = fma(spread, n1, y) if axes.y else y
    z = fma(spread, n2, z) if axes.z else z
    r = length(x, y, z, axes)
    inside = min(r, np.float32(_TWO * high - r))
    inside = max(inside, np.float32(_TWO * low - inside))
    inside = min(max(inside, low), high)
    scale = np.float32(inside / max(r, _TINY))
    x, y, z = stretched(x, y, z, scale, axes)
    return x, y, z, inside


@internal
def confine(at, low, high, axes):
    """The nearest Place whose radius lies in low .. high, or the same point where only rounding puts it outside."""
    r = length(at.x, at.y, at.z, axes)
    inside = min(max(r, low), high)
    scale = _ONE
    if abs(np.float32(r - inside)) > np.float32(_ROUNDING * inside):
        scale = np.float32(inside / max(r, _TINY))
    x, y, z = stretched(at.x, at.y, at.z, scale, axes)
    return Place(x, y, z, inside)
