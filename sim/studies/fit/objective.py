"""What is optimised and sampled: residuals and log posterior density of a problem at its free values.

Everything is a function of inner values (problem.FreeValue), the logarithm of a value where equal ratios are equally
far. Priors are densities over inner values: normal where said, else flat within the range, so that the most probable
values are where squared residuals, those of the priors included, are least.
"""

from dataclasses import dataclass

import numpy as np

from glut4sim.sim.studies.fit.likelihood import Fitted, fit_scales, log_likelihood
from glut4sim.sim.studies.fit.problem import Problem
from glut4sim.sim.studies.fit.simulation import UNSOLVABLE, simulate

FAR = 1e3  # residual of each point at values that cannot be solved, in standard errors: no step goes there
STEP = 1e-3  # of a finite difference, as share of the range or a change of e-fold; above the noise of the solver


@dataclass(frozen=True)
class Evaluation:
    """The fitted data at some values.

    Attributes
    ----------
    residuals : (n_point + n_prior,) points that count, in the order of the data, then priors
    log_likelihood : of the data
    log_prior : of the values, less a constant
    """

    fits: dict[str, Fitted]
    residuals: np.ndarray
    log_likelihood: float
    log_prior: float

    @property
    def chi_square(self) -> float:
        """Sum of all squared residuals: what is least at the most probable values."""
        return float(self.residuals @ self.residuals)


class Objective:
    """The fitted data of a problem as a function of its inner values (n_free,)."""

    def __init__(self, problem: Problem):
        self.problem = problem
        self.data = problem.fitted
        self.low, self.high = np.array([free.bounds for free in problem.free]).T
        self.points = sum(int(entry.counted.sum()) for entry in self.data)
        self._priors = [(i, free.prior) for i, free in enumerate(problem.free) if free.prior is not None]
        self._steps = np.array(
            [STEP * min(1.0, high - low) if free.is_log else STEP * (high - low)
             for free, low, high in zip(problem.free, self.low, self.high)]
        )  # fmt: skip

    @property
    def guess(self) -> np.ndarray:
        """Where the first search begins."""
        return np.array([free.inner(free.factor.value) for free in self.problem.free])

    def evaluate(self, inner: np.ndarray) -> Evaluation | None:
        """The data at these values; None where they cannot be simulated."""
        try:
            simulated = simulate(self.problem, inner, self.data)
        except UNSOLVABLE:
            return None
        fits = fit_scales(self.data, simulated)
        prior = np.array([(inner[i] - p.centre) / p.width for i, p in self._priors])
        points = [fits[entry.name].residuals[entry.counted] for entry in self.data]
        likelihood = log_likelihood(self.data, fits)
        return Evaluation(fits, np.concatenate([*points, prior]), likelihood, float(-0.5 * prior @ prior))

    def residuals(self, inner: np.ndarray) -> np.ndarray:
        """As Evaluation; FAR each where the values cannot be simulated."""
        found = self.evaluate(inner)
        return np.full(self.points + len(self._priors), FAR) if found is None else found.residuals

    def jacobian(self, inner: np.ndarray, here: np.ndarray, vary: np.ndarray) -> np.ndarray:
        """Derivatives of the residuals by some of the values, one-sided differences that stay within the range.

        Parameters
        ----------
        inner, here : (n_free,) where, and the residuals there
        vary : (n_vary,) which
        """
        columns = []
        for i in vary:
            step = self._steps[i] if inner[i] + self._steps[i] <= self.high[i] else -self._steps[i]
            there = inner.copy()
            there[i] += step
            columns.append((self.residuals(there) - here) / step)
        return np.stack(columns, axis=1)

    def log_posterior(self, inner: np.ndarray) -> float:
        """Log density of the values given the data, less a constant; -infinity out of range, and where no cell is."""
        if np.any(inner < self.low) or np.any(inner > self.high):
            return -np.inf
        found = self.evaluate(inner)
        return -np.inf if found is None else found.log_likelihood + found.log_prior
