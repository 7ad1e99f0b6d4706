"""What draws of the posterior predict of all data, fitted and held out."""

from typing import NamedTuple

import numpy as np

from glut4sim.sim.studies.fit.likelihood import fit_scales, point_log_likelihood
from glut4sim.sim.studies.fit.problem import Problem
from glut4sim.sim.studies.fit.simulation import UNSOLVABLE, simulate_all
from glut4sim.sim.studies.run.replicate import Stop

BATCH = 8  # draws of a task


class Predictions(NamedTuple):
    """By name of the data set.

    Attributes
    ----------
    predicted : (n_draw, n) in the unit of the data, scaled; NaN where a draw has no such number
    log_likelihood : (n_draw, n_counted) of each point that counts
    """

    predicted: dict[str, np.ndarray]
    log_likelihood: dict[str, np.ndarray]


def predict(problem: Problem, draws: np.ndarray, stop: Stop | None = None) -> Predictions:
    """What draws (n_draw, n_free) of inner values predict; a task."""
    shapes = {entry.name: (len(entry.x), int(entry.counted.sum())) for entry in problem.data}
    predicted = {name: np.full((len(draws), n), np.nan) for name, (n, _) in shapes.items()}
    likelihood = {name: np.full((len(draws), n), -np.inf) for name, (_, n) in shapes.items()}
    for k, inner in enumerate(draws):
        if stop is not None and stop.is_set():
            break
        try:
            values, missing = simulate_all(problem, inner)
        except UNSOLVABLE:
            continue
        there = [entry for entry in problem.data if entry.name not in missing]
        fits = fit_scales(there, values)
        for entry in there:
            predicted[entry.name][k] = fits[entry.name].predicted
            likelihood[entry.name][k] = point_log_likelihood(entry, fits[entry.name])
    return Predictions(predicted, likelihood)


def joined(parts: list[Predictions]) -> Predictions:
    """Those of several batches, one after the other."""
    first, second = ({name: np.concatenate([part[i][name] for part in parts]) for name in parts[0][i]} for i in (0, 1))
    return Predictions(first, second)
