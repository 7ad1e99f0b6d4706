"""The most probable values by least squares: a trust region within the ranges, from one start or from many.

Method: scipy's `trf` (Branch, Coleman, Li, SIAM J Sci Comput 21:1, 1999), with derivatives by one-sided differences.
Starts are a Latin hypercube over the inner ranges, the first of them the guess of the problem. Searches move in shares
of the ranges: tolerances are then the same for a rate of 0.1 and for a number of 300,000.
"""

from typing import Any, NamedTuple, cast

import numpy as np

from glut4sim.sim.studies.fit.objective import FAR, Objective
from glut4sim.sim.studies.fit.problem import Problem
from glut4sim.sim.studies.run.replicate import Stop

TOLERANCE = 1e-6  # relative change of the sum of squares, or of the values, below which a search ends
MOST_STEPS = 100


class Optimum(NamedTuple):
    """Where a search ended.

    Attributes
    ----------
    inner : (n_free,)
    chi_square : sum of squared residuals there
    evaluations : of the problem, that it took
    converged : whether a tolerance was met
    """

    inner: np.ndarray
    chi_square: float
    evaluations: int
    converged: bool


class Interrupted(Exception):
    """The search was told to end."""


def minimise(
    objective: Objective,
    start: np.ndarray,
    vary: np.ndarray | None = None,
    stop: Stop | None = None,
    tolerance: float = TOLERANCE,
) -> Optimum | None:
    """Search for the least sum of squares.

    Parameters
    ----------
    start : (n_free,) inner values, within their ranges
    vary : (n_vary,) which of them; by default all, none of them: the start is evaluated
    stop : set: Interrupted is raised soon
    tolerance : as TOLERANCE

    Returns
    -------
    where it ended, or None if the start cannot be simulated
    """
    from scipy.optimize import least_squares

    vary = np.arange(len(start)) if vary is None else vary
    low, width = objective.low[vary], (objective.high - objective.low)[vary]
    point, count = np.clip(start, objective.low, objective.high), 0
    last: tuple[bytes, np.ndarray] = b"", np.zeros(0)

    def whole(shares: np.ndarray) -> np.ndarray:
        """Inner values at shares of the ranges of those that vary."""
        inner = point.copy()
        inner[vary] = low + shares * width
        return inner

    def residuals(shares: np.ndarray) -> np.ndarray:
        nonlocal count, last
        if stop is not None and stop.is_set():
            raise Interrupted
        count += 1
        last = shares.tobytes(), objective.residuals(whole(shares))
        return last[1]

    def jacobian(shares: np.ndarray) -> np.ndarray:
        nonlocal count
        here = last[1] if last[0] == shares.tobytes() else residuals(shares)
        count += len(vary)
        return objective.jacobian(whole(shares), here, vary) * width

    begin = np.clip((point[vary] - low) / width, 0.0, 1.0)
    first = residuals(begin)
    if np.all(np.abs(first) == FAR):
        return None
    if not len(vary):
        return Optimum(point, float(first @ first), count, True)
    found = least_squares(
        residuals, begin, cast(Any, jacobian), (0.0, 1.0),
        ftol=tolerance, xtol=tolerance, gtol=tolerance, max_nfev=MOST_STEPS,
    )  # fmt: skip
    return Optimum(whole(found.x), 2.0 * float(found.cost), count, found.status > 0)


def starts(objective: Objective, number: int, seed: int) -> np.ndarray:
    """Inner values (number, n_free) from which to search; the first is the problem's guess.

    Those of a smaller number are not among those of a larger one.
    """
    from scipy.stats.qmc import LatinHypercube

    shares = LatinHypercube(len(objective.low), rng=np.random.default_rng([seed, 0])).random(max(number - 1, 0))
    return np.concatenate([objective.guess[None], objective.low + shares * (objective.high - objective.low)])[:number]


def search(problem: Problem, start: np.ndarray, stop: Stop) -> Optimum | None:
    """A task: as `minimise`; None also if it was told to end."""
    try:
        return minimise(Objective(problem), start, stop=stop)
    except Interrupted:
        return None


def covariance(objective: Objective, best: np.ndarray) -> np.ndarray:
    """Of the inner values (n_free, n_free) as of a normal density about the optimum (Laplace's approximation).

    Where the data say little the ranges do: as if each value were known to half of its range besides.
    """
    here = objective.residuals(best)
    slopes = objective.jacobian(best, here, np.arange(len(best)))
    wide = 2.0 / (objective.high - objective.low)
    return np.linalg.inv(slopes.T @ slopes + np.diag(wide**2))
