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


SPHERE, CYLINDER, SLAB = Axes(), Axes(z=False), Axes(x=False, y=False)  # and no others


class Place(NamedTuple):
    """Where an agent is, from the centre [um]."""

    x: np.float32
    y: np.float32
    z: np.float32
    r: np.float32  # radius


_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_TINY = np.float32(1e-6)
_HALF = np.float32(0.5)
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
def reflected(r, w, across, spread, low, high):
    """The radius after a step to r, which is w from where it began, with the squared normals across; within the walls.

    How near to a wall an agent comes within the step, and with it how far reflection throws it back, is drawn with the
    step, not read off from where the step ends: the lowest point of a path that ends w above its start, whatever the
    drift, is (w - sqrt(w^2 + spread^2 E)) / 2 above it, where E has the law of the sum of two squared normals
    (Asmussen, Glynn, Pitman, Ann Appl Probab 5:875, 1995), and the normals across the radius are just that. So what
    share of its time an agent spends near a wall does not depend on the step, however far it drifts in one, but for
    the curvature of the wall, O(step length / radius), and for steps that reach from one wall to the other.
    """
    reach = np.sqrt(fma(np.float32(spread * spread), across, np.float32(w * w)))
    inside = min(r, np.float32(high - np.float32(_HALF * np.float32(reach - w))))
    inside = max(inside, np.float32(low + np.float32(_HALF * np.float32(reach + w))))
    return min(max(inside, low), high)


@internal
def displace(x, y, z, spread, drift, low, high, n0, n1, n2, axes):
    """One step of one agent in a shell or a cylinder: drift and Brownian displacement by three normals, reflected.

    Where low == high, all is on that sphere: diffusion there is the projected displacement. Where low == 0, drift
    towards the centre holds agents near it only in steps well below D / drift speed^2: there all is curved.

    Returns x, y, z and the radius r [um].
    """
    before = max(length(x, y, z, axes), _TINY)
    along = _ZERO
    along = fma(x, n0, along) if axes.x else along
    along = fma(y, n1, along) if axes.y else along
    along = np.float32((fma(z, n2, along) if axes.z else along) / before)
    across = max(np.float32(fma(n0, n0, fma(n1, n1, np.float32(n2 * n2))) - np.float32(along * along)), _ZERO)
    pull = max(np.float32(_ONE + np.float32(drift / before)), _ZERO)
    x = fma(spread, n0, np.float32(x * pull)) if axes.x else x
    y = fma(spread, n1, np.float32(y * pull)) if axes.y else y
    z = fma(spread, n2, np.float32(z * pull)) if axes.z else z
    r = length(x, y, z, axes)
    inside = reflected(r, np.float32(r - before), across, spread, low, high)
    scale = np.float32(inside / max(r, _TINY))
    x, y, z = stretched(x, y, z, scale, axes)
    return x, y, z, inside


@internal
def displace_in_slab(z, spread, drift, low, high, n0, n1, n2):
    """One step of one agent in a slab, on its side of the plane z = 0.

    The radius |z| is itself a reflection at that plane, which may be a wall. So a step is looked at before it: the
    radius that it ends at is negative beyond the plane.

    Returns z and the radius r [um].
    """
    side = _ONE if z >= _ZERO else -_ONE
    w = fma(spread, np.float32(side * n2), drift)
    across = fma(n0, n0, np.float32(n1 * n1))
    inside = reflected(np.float32(abs(z) + w), w, across, spread, low, high)
    return np.float32(side * inside), inside


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
