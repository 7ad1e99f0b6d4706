"""Poisson variates by inversion: the least count whose cumulative probability reaches a uniform number."""

import numpy as np

DOUBTFUL = 1e-3  # of a count's probability: nearer to its lower end, a uniform number is inverted by scipy
RARE = 1e-12  # probability of a count below which all its numbers are


def variates(u: np.ndarray, mean: float) -> np.ndarray:
    """Poisson variates (n,) int64 of uniform numbers (n,).

    A count is guessed (Cornish and Fisher, Rev Inst Int Stat 5:307, 1938) and moved until the cumulative probabilities
    enclose the number. That is a tenth of the work of scipy's inversion, whose answer it is to the bit: where that may
    round to the count below, it is asked.
    """
    from scipy.special import ndtri, pdtr

    z = ndtri(u)
    count = np.maximum(np.rint(mean + np.sqrt(mean) * z + (z * z - 1.0) / 6.0), 0.0)
    upper, lower = pdtr(count, mean), _below(count, mean)
    while True:
        move = np.where(upper < u, 1.0, np.where((lower >= u) & (count > 0.0), -1.0, 0.0))
        moving = move != 0.0
        if not moving.any():
            break
        count[moving] += move[moving]
        upper[moving], lower[moving] = pdtr(count[moving], mean), _below(count[moving], mean)
    share = upper - lower
    doubtful = (u - lower < DOUBTFUL * share) | (share < RARE)
    count[doubtful] = _inverted(u[doubtful], mean)
    return count.astype(np.int64)


def _below(count, mean):
    """The cumulative probability of the count before."""
    from scipy.special import pdtr

    return np.where(count > 0.0, pdtr(np.maximum(count - 1.0, 0.0), mean), 0.0)


def _inverted(u, mean):
    """By scipy's inversion."""
    from scipy.special import pdtr, pdtrik

    guess = np.ceil(pdtrik(u, mean))
    return np.where((guess > 0) & (pdtr(np.maximum(guess - 1, 0), mean) >= u), guess - 1, guess)
