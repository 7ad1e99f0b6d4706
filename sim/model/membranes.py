"""The membranes of a cell that vesicles fuse with, each with the vesicles and receptors that belong to it.

A cell in a spherical shell has one. A slice of a muscle fibre has two, the sarcolemma around it and the T-tubules in
it, and a vesicle belongs to one of them for good. So does a receptor. What a vesicle does depends on one coordinate
alone, how far it is from the cylinder or plane of its membrane; along that all is mixed:

    sarcolemma   cylinder of radius R = vesicle.cell_radius; its vesicles between vesicle.inner_radius and R
    T-tubules    planes across the fibre; a vesicle within fibre.tubule_depth h of one, on the side towards the middle
                 of two, at a distance h - |z|. Mammals have two planes in a sarcomere, so that h is a quarter of it

T-tubules are a net and cover only a part of the faces of their planes,

    cover = fibre.tubule_area / (pi R^2 thickness / h),

and a vesicle within the capture distance of a plane is tethered so much more rarely. Receptors are as dense on both
membranes: their share on the T-tubules is tubule_area / (tubule_area + 2 pi R thickness). Insulin C in the T-tubules
follows that of the bath by diffusion, here dC/dt = (bath - C) / fibre.tubule_delay; of a bath that is plasma, only the
share fibre.interstitial_insulin gets between the fibres. Signalling from the receptors of a
membrane acts on the vesicles of that membrane alone; GLUT4 in both brings glucose into one cytosol.

Left out: exchange of vesicles between the membranes, diffusion of signals between them, and the glucose that is used up
in T-tubules before it is replaced.
"""

from functools import lru_cache
from math import exp, pi
from typing import Any, NamedTuple

import numpy as np

from glut4sim.agents.motion import CYLINDER, SLAB, SPHERE, Axes
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.model.cell_inputs import Bath
from glut4sim.sim.model.parameters import ParameterSet

SURFACE, SARCOLEMMA, TUBULES = "membrane", "sarcolemma", "t_tubules"
DENSITY = 1.06  # of muscle [kg/L]: Mendez, Keys, Metabolism 9:184 (1960); other cells are taken to be as heavy as water
FIBRES = 0.9  # of muscle: a tenth lies between fibres, Sjogaard, Saltin, Am J Physiol 243:R271 (1982)
_PARTS = 10  # in which a delay is cut: insulin is constant in each
_CLOSE = 1e-3  # of what is followed: what is off by less is taken to be there
_GONE = 1e-6  # of what there was, where nothing is followed


class Membrane(NamedTuple):
    """A membrane, and what belongs to it."""

    name: str
    axes: Axes = SPHERE  # along which is the radius of its vesicles
    vesicles: float = 1.0  # share of the cell's that go to it
    receptors: float = 1.0  # share of the cell's that are on it
    inner: float = 0.0  # radii between which its vesicles are [um], where they are not those of the cell
    outer: float = 0.0
    extent: float = 0.0  # how far it reaches from the middle, along itself [um]
    cover: float = 1.0  # share of where its vesicles are caught that it covers
    delay: float = 0.0  # of insulin there [s]
    of_plasma: float = 1.0  # insulin there in the end, over that in plasma

    @property
    def dimensions(self) -> int:
        """Number of axes along which there is a radius."""
        return sum(self.axes)

    def own(self, parameters: ParameterSet) -> ParameterSet:
        """The cell's parameters as its vesicles see them; a membrane without area has no receptors that signal."""
        if self.name == SURFACE:
            return parameters  # to the bit
        p, receptor = parameters.vesicle, parameters.receptor
        return parameters._replace(
            receptor=receptor if self.receptors > 0.0 else receptor._replace(copies=0.0),
            vesicle=p._replace(
                inner_radius=self.inner,
                cell_radius=self.outer,
                tether=p.tether * self.cover,
                glut4_copies=p.glut4_copies * self.vesicles,
            ),
        )

    def insulin(self, bath: Bath) -> Schedule[float]:
        """Insulin at its receptors [nM]."""
        course = self._not_delayed(bath)
        if self.delay == 0.0:
            return course
        return delayed(course, self.delay) if bath.rest is None else self._from_none(course, bath.rest, bath.rest)

    def insulin_before(self, bath: Bath) -> Schedule[float]:
        """The same while the cell rests, where that is for a stated time, counted from the start of it."""
        course = self._not_delayed(bath)
        if self.delay == 0.0:
            return course._replace(times=(0.0,), values=course.values[:1])
        return self._from_none(course, bath.rest, 0.0)

    def _not_delayed(self, bath):
        course = bath.insulin
        if bath.plasma and self.of_plasma != 1.0:
            course = course._replace(values=tuple(self.of_plasma * value for value in course.values))
        return course

    def _from_none(self, course, rest, start):
        """What is delayed of a course whose first value was there for so long [s] before it, from a time of that on."""
        whole = course._replace(times=(0.0, self.delay, *(self.delay + rest + time for time in course.times[1:])))
        return delayed(whole._replace(values=(0.0, *course.values)), self.delay).later(self.delay + start)

    def share(self, kind: str) -> float:
        """Of the agents of a kind, those that belong to it."""
        return self.receptors if kind == "receptor" else self.vesicles


def membranes(parameters: ParameterSet) -> tuple[Membrane, ...]:
    """The membranes of a cell; their shares of vesicles and of receptors add up to 1."""
    fibre, radius = parameters.fibre, parameters.vesicle.cell_radius
    if not fibre:
        return (Membrane(SURFACE),)
    around = 2.0 * pi * radius * fibre.thickness
    of_receptors = fibre.tubule_area / (fibre.tubule_area + around)
    faces = pi * radius**2 * fibre.thickness / fibre.tubule_depth
    return (
        Membrane(
            SARCOLEMMA, CYLINDER, 1.0 - fibre.tubule_share, 1.0 - of_receptors, parameters.vesicle.inner_radius,
            radius, 0.5 * fibre.thickness, of_plasma=fibre.interstitial_insulin,
        ),
        Membrane(
            TUBULES, SLAB, fibre.tubule_share, of_receptors, 0.0, fibre.tubule_depth, parameters.vesicle.inner_radius,
            fibre.tubule_area / faces, fibre.tubule_delay, fibre.interstitial_insulin,
        ),
    )  # fmt: skip


def area(parameters: ParameterSet) -> float:
    """Membrane of a cell that vesicles fuse with [um**2]."""
    radius, fibre = parameters.vesicle.cell_radius, parameters.fibre
    return 4.0 * pi * radius**2 if not fibre else 2.0 * pi * radius * fibre.thickness + fibre.tubule_area


def volume(parameters: ParameterSet) -> float:
    """What a cell takes of its tissue, inner body and all [pL]."""
    radius, fibre = parameters.vesicle.cell_radius, parameters.fibre
    um3 = 4.0 / 3.0 * pi * radius**3 if not fibre else pi * radius**2 * fibre.thickness
    return 1e-3 * um3


def tissue(parameters: ParameterSet) -> float:
    """Tissue that a cell makes up [kg]: of a slice, muscle and what lies between its fibres; else the cell alone."""
    muscle = DENSITY / FIBRES if parameters.fibre else 1.0
    return 1e-12 * volume(parameters) * muscle


def places(membrane: Membrane, radius, uniforms) -> tuple[Any, Any, Any]:
    """Coordinates [um] of points at some radii (n,), evenly spread along the membrane, from uniforms (n, 2)."""
    height, angle = 2.0 * uniforms[:, 0] - 1.0, 2.0 * np.pi * uniforms[:, 1]
    if membrane.axes == SPHERE:
        across = np.sqrt(1.0 - height**2)
        return radius * across * np.cos(angle), radius * across * np.sin(angle), radius * height
    if membrane.axes == CYLINDER:
        return radius * np.cos(angle), radius * np.sin(angle), membrane.extent * height
    off = membrane.extent * np.sqrt(np.abs(height))
    return off * np.cos(angle), off * np.sin(angle), np.copysign(radius, height)


@lru_cache(maxsize=64)
def delayed(bath: Schedule[float], delay: float) -> Schedule[float]:
    """A course that follows another with a time constant [s], from rest; in parts of a tenth of that, each its mean.

    It is taken to be there when it is off by a thousandth of what it follows, whatever came before or comes later.
    """
    part = delay / _PARTS
    mean = (1.0 - exp(-1.0 / _PARTS)) * _PARTS  # over a part, of what decays from 1
    times, values, now, least = [0.0], [bath.values[0]], bath.values[0], 0.0
    before = (0.0, *bath.values)
    for start, end, last, target in zip(bath.times, (*bath.times[1:], np.inf), before, bath.values):
        if target != 0.0:
            least = _CLOSE * abs(target)
        elif last != 0.0:
            least = _GONE * abs(now)
        n = 0
        while (time := start + n * part) < end:
            away = now - target
            long = min(part, end - time)
            past = abs(away) <= least
            share = mean if long == part else (1.0 - exp(-long / delay)) * delay / long
            value = target if past else target + away * share
            if value != values[-1]:
                if time > times[-1]:
                    times.append(time)
                    values.append(value)
                else:
                    values[-1] = value
            if past:
                now = target + away * exp(-(end - time) / delay) if end < np.inf else target
                break
            now = target + away * exp(-long / delay)
            n += 1
    return Schedule(tuple(times), tuple(values))
