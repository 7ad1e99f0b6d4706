"""Poisson variates: those of scipy's inversion to the bit, and of the law."""

import numpy as np
import pytest
from scipy.special import pdtr, pdtrik

from glut4sim.sim.model import poisson

LEAST, MOST = 2.0**-53, 1.0 - 2.0**-53


def inverted(u, mean):
    """By scipy alone, as agents were drawn from the first."""
    guess = np.ceil(pdtrik(u, mean))
    return np.where((guess > 0) & (pdtr(np.maximum(guess - 1, 0), mean) >= u), guess - 1, guess).astype(np.int64)


def numbers(mean):
    """Uniform numbers, and those at and beside the cumulative probabilities, where rounding decides."""
    spread = 5.0 * mean**0.5
    ends = pdtr(np.arange(max(0, int(mean - spread)), int(mean + spread) + 2)[:3000], mean)
    beside = [ends, np.nextafter(ends, 0.0), np.nextafter(ends, 1.0), ends * (1.0 + 1e-12)]
    u = np.concatenate([np.random.default_rng(1).random(5000), *beside, [LEAST, MOST]])
    return u[(u >= LEAST) & (u <= MOST)]


@pytest.mark.parametrize("mean", [1e-3, 0.1, 1.0, 6.0, 17.0, 100.0, 6000.0])
def test_they_are_those_of_the_inversion(mean):
    u = numbers(mean)
    np.testing.assert_array_equal(poisson.variates(u, mean), inverted(u, mean))


def test_seldom_is_scipy_asked(monkeypatch):
    asked = []
    invert = poisson._inverted
    monkeypatch.setattr(poisson, "_inverted", lambda u, mean: asked.append(len(u)) or invert(u, mean))
    poisson.variates(np.random.default_rng(1).random(100_000), 17.0)
    assert sum(asked) < 500  # of which 100 are expected
