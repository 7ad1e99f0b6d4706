"""The likelihood of data: normal errors with the SEM of each point, and scales and offsets at their optimum.

Of a data set y with simulated values m the prediction is s m + o. Where the scale s or the offset o is free it is the
one that makes the data most likely, by weighted least squares, in closed form: hierarchical optimisation (Loos, Krause,
Hasenauer, Bioinformatics 34:4266, 2018). A scale is never below 0: data that run against the simulation do not agree
with it by being turned over. Data sets that share a scale are scaled together. Data that are held out have no say in a
scale that fitted data share; a scale or an offset of their own is free all the same.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from glut4sim.sim.studies.fit.problem import DataSet

ROOT_TWO_PI = float(np.sqrt(2.0 * np.pi))


class Fitted(NamedTuple):
    """A data set with what the simulation makes of it.

    Attributes
    ----------
    predicted : (n,) in the unit of the data
    residuals : (n,) (data - predicted) / SEM; 0 where a point does not count
    """

    scale: float
    offset: float
    predicted: np.ndarray
    residuals: np.ndarray


def fit_scales(data: Sequence[DataSet], simulated: Mapping[str, np.ndarray]) -> dict[str, Fitted]:
    """Scale simulated values to data, by name.

    Parameters
    ----------
    simulated : name -> (n,), in the units of the data
    """
    found = {}
    for owner in dict.fromkeys(entry.scale_of for entry in data):
        sharing = [entry for entry in data if entry.scale_of == owner]
        fitted = [entry for entry in sharing if not entry.held_out] or sharing
        known = fitted[0].scale
        scale = known if known is not None else _best_scale(fitted, simulated)
        for entry in sharing:
            found[entry.name] = _at_scale(entry, simulated[entry.name], scale)
    return found


def log_likelihood(data: Sequence[DataSet], fits: Mapping[str, Fitted]) -> float:
    """Logarithm of the density of all points that count, at the scales and offsets found."""
    return float(sum(point_log_likelihood(entry, fits[entry.name]).sum() for entry in data))


def point_log_likelihood(entry: DataSet, fit: Fitted) -> np.ndarray:
    """The same of each point that counts, (n_counted,)."""
    residuals, sem = fit.residuals[entry.counted], entry.sem[entry.counted]
    return -0.5 * residuals**2 - np.log(ROOT_TWO_PI * sem)


def _best_scale(data: Sequence[DataSet], simulated: Mapping[str, np.ndarray]) -> float:
    """The scale of at least 0 that, with the best offsets, makes the data most likely; 0 where nothing varies."""
    along = across = 0.0
    for entry in data:
        w, m, y = entry.weights, simulated[entry.name], entry.y
        if entry.offset is None:  # the best offset takes the weighted means away
            m, y = m - np.average(m, weights=w), y - np.average(y, weights=w)
        else:
            y = y - entry.offset
        along += float(np.sum(w * m * y))
        across += float(np.sum(w * m * m))
    return max(0.0, along / across) if across > 0.0 else 0.0


def _at_scale(entry: DataSet, m: np.ndarray, scale: float) -> Fitted:
    w = entry.weights
    offset = float(np.average(entry.y - scale * m, weights=w)) if entry.offset is None else entry.offset
    predicted = scale * m + offset
    return Fitted(scale, offset, predicted, np.sqrt(w) * (entry.y - predicted))
