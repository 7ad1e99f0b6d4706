"""Are predictions as sure as they may be? How many data lie within their intervals, and whether these are worth making.

Whoever has predictions of data that had no part in a fit writes

    judged = [Judged(value, sem, draws, experiment), ..]        draws (n_draw,) of the prediction of this datum
    found = coverage(judged, reference=no_change(values_of_all_trials))
    found.inside, found.expected, found.verdict, found.score, found.reference_score, found.skill

and reports the fields of `Coverage`. Everything must be in one unit, or made so by `scale`.

A datum is itself only known up to its standard error, so that what should hold it in 90 of 100 cases is the interval of
the prediction plus a normal error of that size: both are drawn. Of n independent data of calibrated predictions
Binomial(n, 0.9) lie inside; `expected` is the central 95 % of it. Data of one experiment err together (their cells,
their antibody, their calibration), so they are counted twice over: each by itself, as if independent, and experiment by
experiment, where each counts as the share of its data that lies inside. If its data go together wholly, that sum is
distributed as Binomial(number of experiments, 0.9), and less widely else.

Width alone covers everything. The interval score (Gneiting, Raftery, J Am Stat Assoc 102:359, 2007, section 6.2) asks
for narrow ones that hold: for the central interval [low, high] of level 1 - a and a datum x it is

    high - low + 2 / a (low - x if x < low) + 2 / a (x - high if x > high),

the smaller the better, and smallest in expectation for the true quantiles (it is proper). `skill` is 1 less the ratio
of its mean to that of a reference forecast, which knows nothing but what trials are like: "no change, with the spread
of all trials". At 0 or below, the predictions are not worth making.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from glut4sim.sim.analysis.uncertainty import ENDS, LEVEL, REACH

CENTRAL = 0.95  # share of the binomial distribution within which coverage is as it should be
REPEATS = 32  # errors of measurement that are drawn for each draw of a prediction

Span = tuple[float, float]  # low, high


class Judged(NamedTuple):
    """A datum and what was predicted of it.

    Attributes
    ----------
    value, sem : as measured, and its standard error; 0 where it is part of the draws already
    draws : (n_draw,) of the prediction; those that are NaN are left out
    experiment : data with the same name err together; each is on its own where it is empty
    scale
        what scores are divided by, so that data in several units can be averaged: the spread of its kind, say
    """

    value: float
    sem: float
    draws: np.ndarray
    experiment: str = ""
    scale: float = 1.0


@dataclass(frozen=True)
class Coverage:
    """How predictions did.

    Attributes
    ----------
    n, inside : data, and those that lie within the 90 % interval of their prediction
    expected : fewest and most that would, were the predictions calibrated and the data independent
    experiments, experiments_inside, experiments_expected
        the same of experiments, each counted as the share of its data that lies inside
    intervals : (low, high) for each datum, its error included
    scores : of each datum, in units of its scale
    score, reference_score : means over data; None without a reference
    width : mean width of the intervals, in units of their scales
    """

    n: int
    inside: int
    expected: tuple[int, int]
    experiments: int
    experiments_inside: float
    experiments_expected: tuple[int, int]
    intervals: tuple[Span, ...]
    scores: tuple[float, ...]
    score: float
    reference_score: float | None
    width: float

    @property
    def verdict(self) -> str:
        """Whether the intervals are as wide as they should be: "calibrated", "too narrow" or "too wide"."""
        low, high = self.expected
        return "too narrow" if self.inside < low else "too wide" if self.inside > high else "calibrated"

    @property
    def can_be_too_wide(self) -> bool:
        """Whether there are data enough to tell intervals that hold everything from calibrated ones."""
        return self.expected[1] < self.n

    @property
    def skill(self) -> float | None:
        """1: perfect; 0: no better than the reference forecast; None without one."""
        return None if self.reference_score is None else 1.0 - self.score / self.reference_score


def coverage(judged: Sequence[Judged], reference: Span | Sequence[Span] | None = None, seed: int = 0) -> Coverage:
    """Judge predictions by data.

    Parameters
    ----------
    judged : at least one, each with at least one draw that is a number
    reference
        interval that the reference forecast gives for every datum, or one for each; see `no_change`
    seed : of the errors that are drawn

    Raises
    ------
    ValueError
        if there is nothing to judge, a prediction has no draw, or the numbers of data and references differ
    """
    if not judged:
        raise ValueError("expected at least one datum")
    spans = tuple(predicted(one.draws, one.sem, np.random.default_rng([seed, i])) for i, one in enumerate(judged))
    holds = [low <= one.value <= high for one, (low, high) in zip(judged, spans)]
    scores = [interval_score(one.value, *span) / one.scale for one, span in zip(judged, spans)]
    reference_score = None
    if reference is not None:
        each = [reference] * len(judged) if np.ndim(reference) == 1 else list(reference)
        compared = zip(judged, each, strict=True)
        reference_score = float(np.mean([interval_score(one.value, *span) / one.scale for one, span in compared]))
    shares: dict[object, list[bool]] = {}
    for i, (one, hold) in enumerate(zip(judged, holds)):
        shares.setdefault(one.experiment or i, []).append(hold)
    return Coverage(
        n=len(judged),
        inside=sum(holds),
        expected=binomial_range(len(judged)),
        experiments=len(shares),
        experiments_inside=float(sum(np.mean(found) for found in shares.values())),
        experiments_expected=binomial_range(len(shares)),
        intervals=spans,
        scores=tuple(map(float, scores)),
        score=float(np.mean(scores)),
        reference_score=reference_score,
        width=float(np.mean([(high - low) / one.scale for one, (low, high) in zip(judged, spans)])),
    )


def predicted(draws: np.ndarray, sem: float, rng: np.random.Generator) -> Span:
    """The 90 % interval in which a measurement with this standard error is expected.

    ValueError if no draw is a number.
    """
    draws = np.asarray(draws, float)
    draws = draws[np.isfinite(draws)]
    if not len(draws):
        raise ValueError("expected a prediction with at least one draw that is a number")
    if sem > 0.0:
        draws = (draws[:, None] + rng.normal(0.0, sem, (len(draws), REPEATS))).ravel()
    low, high = np.quantile(draws, ENDS)
    return float(low), float(high)


def interval_score(value: float, low: float, high: float, level: float = LEVEL) -> float:
    """The interval score of Gneiting and Raftery, in the unit of the value; the smaller the better."""
    penalty = 2.0 / (1.0 - level)
    return high - low + penalty * (max(low - value, 0.0) + max(value - high, 0.0))


def no_change(trials: Sequence[float], unchanged: float = 0.0) -> Span:
    """The 90 % interval of the forecast that knows only what trials are like: nothing changes, give or take.

    Parameters
    ----------
    trials : what all trials of this kind have found, whichever of them are predicted
    unchanged : value where nothing changes: 0 for a change in percent, 1 for a ratio

    Returns
    -------
    low, high : of a normal distribution around `unchanged` whose standard deviation is the root of the mean squared
        distance of the trials from there
    """
    spread = float(np.sqrt(np.mean((np.asarray(trials, float) - unchanged) ** 2)))
    return unchanged - REACH * spread, unchanged + REACH * spread


def binomial_range(n: int) -> tuple[int, int]:
    """Fewest and most of n independent data that calibrated 90 % intervals hold: the central 95 % of the binomial."""
    from scipy.stats import binom  # takes a while to import, and what exports results needs none

    low, high = binom.interval(CENTRAL, n, LEVEL)
    return int(low), int(high)
