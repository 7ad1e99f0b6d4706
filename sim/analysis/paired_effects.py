"""Effects between two conditions whose replicates are paired by common random numbers.

Replicate r of both conditions draws the same numbers for the same agents, so what chance does to one it does, nearly,
to the other: the differences vary less than the values. How much less is measured, not assumed:

    variance reduction = (var a + var b) / var (b - a),   what independent replicates would need more of

For strong effects there is a bound to it, which docs/hormones.md gives.

The interval of a difference is Student's t over the pairs where the differences look normal (Shapiro-Wilk), else that
of the BCa bootstrap over pairs (Efron, J Am Stat Assoc 82:171, 1987). The relative change is a ratio of means; its
interval is the jackknife's (pairs left out one at a time), or the bootstrap's in the same cases.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from glut4sim.sim.analysis.dose_response import CONFIDENCE, Estimate, t_interval

NORMAL = 0.05  # Shapiro-Wilk p-value below which differences do not look normal
FEWEST_TO_BOOTSTRAP = 8  # pairs: of fewer, resampling makes too few different sets
RESAMPLES = 9999


@dataclass(frozen=True)
class PairedEffect:
    """What a condition changes in a quantity.

    Attributes
    ----------
    pairs : how many
    reference, value : means over the pairs
    difference : value - reference, with its interval
    percent
        100 (value / reference - 1), with its interval; None where the reference is 0, as far as the arithmetic tells,
        or changes its sign
    method
        "t" or "bootstrap"; empty where one pair gives no interval
    variance_reduction
        None with fewer than two pairs, or where the differences do not vary at all
    """

    pairs: int
    reference: float
    value: float
    difference: Estimate
    percent: Estimate | None
    method: str
    variance_reduction: float | None

    @property
    def clear(self) -> bool:
        """Whether the interval of the difference leaves 0 out."""
        low, high = self.difference.low, self.difference.high
        return low is not None and (low > 0.0 or high < 0.0)


def paired_effect(
    reference: Sequence[float | None], values: Sequence[float | None], seed: int = 0, least: float = 0.0
) -> PairedEffect | None:
    """The effect between two conditions from a number per replicate, in the same order; None if no pair is whole.

    Parameters
    ----------
    reference, values : (n,) None where a replicate has no such number
    seed : of the bootstrap's resampling
    least : what a number must reach to be told from 0 (resolution.py)
    """
    whole = [(a, b) for a, b in zip(reference, values, strict=True) if a is not None and b is not None]
    if not whole:
        return None
    a, b = np.array(whole).T
    d, n = b - a, len(a)
    varies = n > 1 and d.std() > 0.0
    by_bootstrap = n >= FEWEST_TO_BOOTSTRAP and varies and not _looks_normal(d)
    fewer = (a.sum() - a) / (n - 1) if n > 1 else a  # means that the jackknife divides by
    has_ratio = np.all(fewer != 0.0) and abs(a.mean()) > least and not min(a) < 0.0 < max(a)
    if by_bootstrap:
        difference = _bootstrapped(lambda x, y, axis: (y - x).mean(axis), a, b, seed)
        percent = _bootstrapped(_percent, a, b, seed) if has_ratio else None
    else:
        difference = t_interval(d)
        percent = _jackknifed(a, b) if has_ratio else None
    reduction = float(variance_saved(a, b)) if varies else None
    method = "" if n == 1 else "bootstrap" if by_bootstrap else "t"
    return PairedEffect(n, float(a.mean()), float(b.mean()), difference, percent, method, reduction)


def variance_saved(reference: np.ndarray, values: np.ndarray) -> np.ndarray:
    """How many times less paired differences vary than unpaired ones: (pairs, ..) -> (..); NaN where they do not vary.

    Whole pairs only, at least two.
    """
    unpaired = reference.var(axis=0, ddof=1) + values.var(axis=0, ddof=1)
    paired = np.asarray((values - reference).var(axis=0, ddof=1))
    return np.divide(unpaired, paired, out=np.full(paired.shape, np.nan), where=paired > 0.0)


def _percent(a, b, axis=-1):
    return 100.0 * (b.mean(axis) / a.mean(axis) - 1.0)


def _looks_normal(differences: np.ndarray) -> bool:
    from scipy.stats import shapiro  # takes a while to import, and a run needs none

    return shapiro(differences).pvalue >= NORMAL


def _bootstrapped(statistic, a, b, seed) -> Estimate:
    from scipy.stats import bootstrap

    interval = bootstrap(
        (a, b),
        statistic,
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="BCa",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return Estimate(float(statistic(a, b, axis=-1)), float(interval.low), float(interval.high))


def _jackknifed(a, b) -> Estimate:
    value, n = float(_percent(a, b)), len(a)
    if n == 1:
        return Estimate(value)
    without = np.array([_percent(np.delete(a, r), np.delete(b, r)) for r in range(n)])
    error = np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum())
    reach = float(stdtrit(n - 1, (1.0 + CONFIDENCE) / 2.0) * error)
    return Estimate(value, value - reach, value + reach)
