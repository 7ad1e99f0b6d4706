"""Profile likelihoods: how much worse the data are described as one value moves away and all others adapt.

A value is held at points farther and farther from its best, the others are fitted anew at each, until the sum of
squares has risen by the 90 % quantile of chi-square with one degree of freedom (2.71), or the range ends. Where it
rises so far on both sides the value is identifiable, and the crossings are the ends of its 90 % interval (Raue, Kreutz,
Maiwald, Bachmann, Schilling, Klingmuller, Timmer, Bioinformatics 25:1923, 2009).
"""

from typing import Any, NamedTuple

import numpy as np
from scipy.special import chdtri

from glut4sim.sim.analysis.uncertainty import LEVEL
from glut4sim.sim.studies.fit.least_squares import Interrupted, Optimum, minimise
from glut4sim.sim.studies.fit.objective import Objective
from glut4sim.sim.studies.fit.problem import Problem
from glut4sim.sim.studies.run.replicate import Stop

RISE = float(chdtri(1, 1.0 - LEVEL))  # of chi-square, at which an interval ends
LOWER, UPPER = -1, 1  # sides
MOST_POINTS = 16  # of a side
CLOSE = 0.02  # to the crossing, in standard errors
TOLERANCE = 1e-5  # as least_squares.TOLERANCE


class Side(NamedTuple):
    """One side of a profile.

    Attributes
    ----------
    points : (n_point, n_free) inner values, all fitted, from the best outwards
    chi_square : (n_point,)
    end : inner value of the 90 % interval's end; None where the profile does not rise so far
    reason : why there is none: "range" or "no cell"
    """

    points: np.ndarray
    chi_square: np.ndarray
    end: float | None
    reason: str


def trace(problem: Problem, best: Optimum, spread: np.ndarray, which: int, side: int, stop: Stop) -> Side | None:
    """A task: one side of the profile of a value; None if it was told to end.

    Parameters
    ----------
    best : where all values are fitted
    spread : (n_free, n_free) covariance there, which only says how far to go at first
    which : of the free values
    side : LOWER or UPPER
    """
    try:
        return _Walk(Objective(problem), best, spread, which, side, stop).go()
    except Interrupted:
        return None


class _Walk:
    def __init__(self, objective: Objective, best: Optimum, spread: np.ndarray, which: int, side: int, stop: Stop):
        self.objective, self.best, self.which, self.stop = objective, best, which, stop
        self.others = np.delete(np.arange(len(best.inner)), which)
        self.bound = float((objective.low if side == LOWER else objective.high)[which])
        self.slopes = spread[:, which] / spread[which, which]  # how the others follow
        self.first = 0.5 * np.sqrt(RISE * spread[which, which])
        self.points, self.chi_square = [best.inner], [best.chi_square]

    def go(self) -> Side:
        """Go outwards until the rise is there, or nothing is left."""
        at, height, step = float(self.best.inner[self.which]), 0.0, self.first
        room, goal = abs(self.bound - at), np.sqrt(RISE)
        gone = 0.0
        while gone < room and len(self.points) <= MOST_POINTS:
            reach = min(gone + step, room)
            risen = self._height(reach)
            if risen is None:
                if step < 0.01 * self.first:
                    return self._side(None, "no cell")
                step *= 0.5
                continue
            if risen >= goal:
                return self._side(self._crossing(gone, height, reach, risen), "")
            slope = (risen - height) / (reach - gone)
            ahead = 1.05 * (goal - risen) / slope if slope > 0.0 else np.inf
            gone, height, step = reach, risen, float(np.clip(ahead, 0.5 * step, 2.0 * step))
        return self._side(None, "range")

    def _crossing(self, near: float, low: float, far: float, high: float) -> float:
        """Distance at which the rise is reached, between two others, as a value; the secant of the height, twice."""
        goal = np.sqrt(RISE)
        for _ in range(3):
            middle = near + (goal - low) * (far - near) / (high - low)
            height = self._height(middle)
            if height is None or abs(height - goal) < CLOSE:
                break
            near, low, far, high = (middle, height, far, high) if height < goal else (near, low, middle, height)
        else:
            middle = near + (goal - low) * (far - near) / (high - low)
        return self._value(middle)

    def _value(self, distance: float) -> float:
        at = self.best.inner[self.which]
        return float(at + np.sign(self.bound - at) * distance)

    def _height(self, distance: float) -> float | None:
        """Root of the rise of the sum of squares at a distance; None where nothing can be simulated."""
        value = self._value(distance)
        last = self.points[-1]
        start = last + self.slopes * (value - last[self.which])
        start[self.which] = value
        found = minimise(self.objective, start, self.others, self.stop, TOLERANCE)
        if found is None:
            return None
        self.points.append(found.inner)
        self.chi_square.append(found.chi_square)
        return float(np.sqrt(max(0.0, found.chi_square - self.best.chi_square)))

    def _side(self, end: float | None, reason: str) -> Side:
        order = np.argsort(np.abs(np.array(self.points)[:, self.which] - self.best.inner[self.which]), kind="stable")
        return Side(np.array(self.points)[order], np.array(self.chi_square)[order], end, reason)


def lowest(sides: Any) -> Optimum | None:
    """The lowest of all points of some sides, as the start of a further search."""
    candidates = [(float(side.chi_square.min()), side) for side in sides]
    if not candidates:
        return None
    chi_square, side = min(candidates, key=lambda pair: pair[0])
    return Optimum(side.points[int(side.chi_square.argmin())], chi_square, 0, False)
