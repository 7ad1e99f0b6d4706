"""Dose-response curves: the Hill function fitted to levels and responses, with intervals from replicates.

    response(x) = bottom + (top - bottom) x^slope / (EC50^slope + x^slope)

Each replicate is fitted on its own. Estimates are means over replicates (geometric means for EC50 and slope, which are
positive) and intervals are Student's t at 95 %, so they hold whatever links the levels within a replicate, such as
common random numbers. A curve is claimed only if there is one: see STATUS.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import expit, fdtri, stdtrit

CONFIDENCE = 0.95
SIGNIFICANCE = 0.01  # at which a response must depend on the level to be no flat line
LOW_SHARE, HIGH_SHARE = 0.25, 0.75  # of the way from bottom to top that the levels must reach below and above
EDGE = 0.05  # share of the way within which a level lies on a plateau; if all do, none says where the curve rises
MISFIT = 0.1  # root-mean-square distance of means and curve, as a share of its height, beyond which it is no Hill curve
SLOPES = (0.1, 20.0)  # allowed
FEWEST = 5  # different levels: one more than the curve has parameters

STATUS = {
    "fitted": "",
    "too few levels": f"a Hill curve takes at least {FEWEST} levels",
    "flat": "the response does not depend on the level beyond chance",
    "no plateau": "the levels do not show both ends of a curve",
    "too steep": "the response jumps between two levels; take finer ones",
    "no Hill curve": "no Hill curve describes the response",
}


class Estimate(NamedTuple):
    """A value and its 95 % interval; None where the replicates give no interval."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class HillFit:
    """What `fit_hill` found.

    Attributes
    ----------
    status
        "fitted", or why there is no curve: a key of STATUS
    remark
        what the user should know in addition; may be empty
    bottom, top : Estimate or None
        response without, and with very much [unit of the values]
    ec50 : Estimate or None
        level of the response half-way [unit of the levels]
    slope : Estimate or None
        Hill's exponent, positive also where the response falls
    misfit : float or None
        root-mean-square distance of the mean responses from the curve, as a share of its height
    """

    status: str
    remark: str = ""
    bottom: Estimate | None = None
    top: Estimate | None = None
    ec50: Estimate | None = None
    slope: Estimate | None = None
    misfit: float | None = None

    def response(self, levels: np.ndarray) -> np.ndarray:
        """The fitted curve at levels of any shape."""
        parameters = self.bottom.value, self.top.value, np.log(self.ec50.value), np.log(self.slope.value)
        return _hill(_log(np.asarray(levels, float)), *parameters)


def t_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Estimate:
    """Mean of independent values and Student's interval around it; no interval for fewer than two."""
    values = np.asarray(values, float)
    mean, n = float(values.mean()), len(values)
    if n < 2:
        return Estimate(mean)
    reach = stdtrit(n - 1, (1.0 + confidence) / 2.0) * values.std(ddof=1) / np.sqrt(n)
    return Estimate(mean, float(mean - reach), float(mean + reach))


def fit_hill(levels: Sequence[float] | np.ndarray, values: np.ndarray) -> HillFit:
    """Fit a Hill curve to responses.

    Parameters
    ----------
    levels : (n_level,)
        doses, 0 or more, in any order
    values : (n_level, n_replicate) or (n_level,)
        responses; NaN where there is none

    Returns
    -------
    HillFit
        with intervals if there are at least two replicates and each has a curve of its own

    Raises
    ------
    ValueError
        if the shapes do not match, or a level is negative or not finite
    """
    levels = np.asarray(levels, float)
    values = np.asarray(values, float)
    values = values[:, None] if values.ndim == 1 else values
    if levels.ndim != 1 or values.ndim != 2 or len(levels) != len(values):
        raise ValueError(f"levels {levels.shape} and values {values.shape} do not match")
    if not (np.isfinite(levels) & (levels >= 0.0)).all():
        raise ValueError("levels must be finite and not negative")

    there = np.isfinite(values)
    seen = there.any(axis=1)
    if len(np.unique(levels[seen])) < FEWEST:
        return HillFit("too few levels")
    levels, values, there = levels[seen], values[seen], there[seen]
    x = _log(levels)
    means = np.nanmean(values, axis=1)
    if _is_flat(values):
        return HillFit("flat")
    pooled = _fit(x, means)
    misfit = float(np.sqrt(np.mean((_hill(x, *pooled) - means) ** 2)) / abs(pooled[1] - pooled[0]))
    if values.shape[1] == 1 and _is_chance(x, means, pooled):
        return HillFit("no Hill curve", misfit=misfit)
    status, remark = _judge(levels, pooled)
    if status != "no plateau" and misfit > MISFIT:
        status = "no Hill curve"
    if status != "fitted":
        return HillFit(status, remark, misfit=misfit)

    single = [_fit_one(levels, values[:, r], there[:, r]) for r in range(values.shape[1])]
    fits = np.array([fit for fit in single if fit is not None])
    if len(fits) < len(single):  # those that can be fitted would be a biased choice
        lacking = len(single) - len(fits)
        remark = f"no interval: {lacking} of {len(single)} replicates have no curve of their own; their means have"
        fits = np.array([pooled])
    bottom, top, ln_ec50, ln_slope = (t_interval(column) for column in fits.T)
    return HillFit("fitted", remark, bottom, top, _exponential(ln_ec50), _exponential(ln_slope), misfit)


def _log(levels: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(levels)


def _hill(x, bottom, top, ln_ec50, ln_slope):
    """The curve at logarithms of levels; minus infinity, level 0, gives the bottom."""
    return bottom + (top - bottom) * expit(np.exp(ln_slope) * (x - ln_ec50))


def _jacobian(x, bottom, top, ln_ec50, ln_slope):
    slope = np.exp(ln_slope)
    share = expit(slope * (x - ln_ec50))
    bend = (top - bottom) * share * (1.0 - share)
    away = np.where(np.isfinite(x), x - ln_ec50, 0.0)  # at level 0 nothing but the bottom matters
    return np.stack([1.0 - share, share, -bend * slope, bend * slope * away], axis=1)


def _fit(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Least squares: bottom, top, ln EC50, ln slope; started from the best of a grid of EC50s and slopes."""
    from scipy.optimize import least_squares  # takes a while to import, and a run needs none

    shift, scale = y.min(), np.ptp(y)
    scaled = (y - shift) / scale
    finite = np.unique(x[np.isfinite(x)])
    grid = [(centre, slope) for centre in np.linspace(finite[0], finite[-1], 25) for slope in np.log((0.5, 1, 2, 4))]
    shares = np.array([_hill(x, 0.0, 1.0, *place) for place in grid])
    straight = np.stack([1.0 - shares, shares], axis=2)  # bottom and top are linear in the response
    ends = np.linalg.pinv(straight) @ scaled
    errors = np.sum((np.einsum("gxe,ge->gx", straight, ends) - scaled) ** 2, axis=1)
    best = int(np.argmin(errors))
    start = [*ends[best], *grid[best]]
    reach = np.log(1e3)  # beyond the levels, where a curve without plateaus may end up
    low = [-100.0, -100.0, finite[0] - reach, np.log(SLOPES[0])]
    high = [100.0, 100.0, finite[-1] + reach, np.log(SLOPES[1])]
    start = np.clip(start, np.array(low) + 1e-6, np.array(high) - 1e-6)
    found = least_squares(
        lambda p: _hill(x, *p) - scaled, start, lambda p: _jacobian(x, *p), bounds=(low, high), max_nfev=300
    ).x  # without an end to the valley, as where there is no plateau, the best so far
    return np.array([found[0] * scale + shift, found[1] * scale + shift, found[2], found[3]])


def _judge(levels: np.ndarray, fit: np.ndarray) -> tuple[str, str]:
    """Whether the levels show the whole curve, and if not, what is missing."""
    shares = _hill(_log(levels), 0.0, 1.0, *fit[2:])
    lowest = levels[levels > 0.0].min()
    remarks = []
    if shares.min() > LOW_SHARE:
        remarks.append(f"the response still changes at the lowest level, {lowest:.4g}")
    elif np.exp(fit[2]) < lowest:  # level 0 shows the bottom, but no level shows where the curve leaves it
        remarks.append(f"half of the response lies between 0 and the lowest level above it, {lowest:.4g}")
    if shares.max() < HIGH_SHARE:
        remarks.append(f"the response still changes at the highest level, {levels.max():.4g}")
    if remarks:
        return "no plateau", " and ".join(remarks)
    if not ((shares > EDGE) & (shares < 1.0 - EDGE)).any():
        return "too steep", ""
    return "fitted", ""


def _fit_one(levels: np.ndarray, values: np.ndarray, there: np.ndarray) -> np.ndarray | None:
    """The fit of one replicate; None if it has no curve."""
    levels, values = levels[there], values[there]
    if len(np.unique(levels)) < FEWEST or np.ptp(values) == 0.0:
        return None
    fit = _fit(_log(levels), values)
    return fit if _judge(levels, fit)[0] == "fitted" else None


def _is_flat(values: np.ndarray) -> bool:
    """No range, or no effect of the level in a two-way analysis of variance (level, replicate)."""
    if np.nanmax(values) - np.nanmin(values) <= 1e-9 * np.nanmax(np.abs(values)):
        return True
    complete = values[:, np.isfinite(values).all(axis=0)]
    n_level, n_replicate = complete.shape
    if n_replicate < 2:
        return False
    by_level, by_replicate = complete.mean(axis=1, keepdims=True), complete.mean(axis=0, keepdims=True)
    between = n_replicate * np.sum((by_level - complete.mean()) ** 2) / (n_level - 1)
    rest = complete - by_level - by_replicate + complete.mean()
    freedom = (n_level - 1) * (n_replicate - 1)
    within = np.sum(rest**2) / freedom
    return between <= within * fdtri(n_level - 1, freedom, 1.0 - SIGNIFICANCE)


def _is_chance(x: np.ndarray, y: np.ndarray, fit: np.ndarray) -> bool:
    """Whether a constant does as well as the curve, for one series: F-test of three parameters more."""
    freedom = len(y) - 4
    curve, constant = np.sum((y - _hill(x, *fit)) ** 2), np.sum((y - y.mean()) ** 2)
    return (constant - curve) / 3.0 <= curve / freedom * fdtri(3, freedom, 1.0 - SIGNIFICANCE)


def _exponential(estimate: Estimate) -> Estimate:
    return Estimate(*(None if number is None else float(np.exp(number)) for number in estimate))
