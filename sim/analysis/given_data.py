"""Which uncertain values carry the doubt of a number, from the draws that were made anyway.

The correlation ratio var(E[y | x]) / var(y) is the share of the variance that knowing x alone would take away; for
independent values it is Sobol's first-order index. It is estimated by dividing the draws into bins with equally many
values of x (Plischke, Borgonovo, Smith, Eur J Oper Res 226:536, 2013): the share of the sum of squares that is between
bins, less what bins of a value that does nothing would hold by chance (Kelley, Proc Natl Acad Sci USA 21:554, 1935),

    1 - (1 - between / all) (n - 1) / (n - bins),

which therefore can be below 0. Where draws are correlated, as those of a posterior are, a value is credited also with
what goes along with it. What values do only together is in no share: shares may sum to less than 1.

Errors are half-widths of 95 % intervals from the jackknife that leaves out a twentieth of the draws at a time, which
errs on the wide side, by up to half where a value does little.
"""

import numpy as np

from glut4sim.sim.analysis.global_sensitivity import FLOOR, RESOLUTION

GROUPS = 20  # of the jackknife
FEWEST, MOST = 3, 20  # bins
ENOUGH = 3 * GROUPS  # draws, below which nothing can be said


def bins_of(n: int) -> int:
    """Bins for so many draws: few enough that each holds some, enough that they follow a curve."""
    return int(np.clip(round(n ** (1.0 / 3.0)), FEWEST, MOST))


def correlation_ratios(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of the variance of a number that each value explains by itself, and its error.

    Parameters
    ----------
    x : (n_draw, n_value)
    y : (n_draw,) NaN where a draw has no such number

    Returns
    -------
    shares, errors : (n_value,); NaN where there are fewer than ENOUGH draws or the number hardly varies
    """
    there = np.isfinite(y)
    x, y = np.asarray(x, float)[there], np.asarray(y, float)[there]
    n = len(y)
    if n < ENOUGH or np.ptp(y) <= max(RESOLUTION * np.abs(y).max(), FLOOR):
        return np.full(x.shape[1], np.nan), np.full(x.shape[1], np.nan)
    y = (y - y.mean()) / y.std()
    bins, group = bins_of(n), np.arange(n) % GROUPS
    shares, errors = np.empty(x.shape[1]), np.empty(x.shape[1])
    for i, column in enumerate(x.T):
        rank = np.argsort(np.argsort(column, kind="stable"), kind="stable")
        cell = rank * bins // n * GROUPS + group
        tables = [np.bincount(cell, weights=w, minlength=bins * GROUPS).reshape(bins, GROUPS) for w in (None, y, y**2)]
        shares[i] = _share(*(table.sum(axis=1, keepdims=True) for table in tables), bins)[0]
        without = _share(*(table.sum(axis=1, keepdims=True) - table for table in tables), bins)
        errors[i] = 1.96 * np.sqrt((GROUPS - 1) / GROUPS * ((without - without.mean()) ** 2).sum())
    return shares, errors


def _share(count: np.ndarray, first: np.ndarray, second: np.ndarray, bins: int) -> np.ndarray:
    """The corrected share from counts and sums of y and y^2 by bin, (bins, k); (k,)."""
    n, total = count.sum(axis=0), first.sum(axis=0)
    between = (first**2 / count).sum(axis=0) - total**2 / n
    everything = second.sum(axis=0) - total**2 / n
    return 1.0 - (1.0 - between / everything) * (n - 1) / (n - bins)
