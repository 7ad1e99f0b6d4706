import numpy as np
import pytest

from glut4sim.sim.analysis.given_data import ENOUGH, correlation_ratios


def ishigami(n, seed=1):
    """Ishigami, Homma, Proc ISUMA 398 (1990), with a = 7, b = 0.1, and its first-order indices in closed form."""
    a, b = 7.0, 0.1
    x = np.random.default_rng(seed).uniform(-np.pi, np.pi, (n, 4))  # the last does nothing
    y = np.sin(x[:, 0]) + a * np.sin(x[:, 1]) ** 2 + b * x[:, 2] ** 4 * np.sin(x[:, 0])
    first = (1 + b * np.pi**4 / 5) ** 2 / 2
    total = a**2 / 8 + b * np.pi**4 / 5 + b**2 * np.pi**8 / 18 + 0.5
    return x, y, np.array([first / total, a**2 / 8 / total, 0.0, 0.0])


def test_shares_are_those_in_closed_form():
    x, y, exact = ishigami(4000)
    shares, errors = correlation_ratios(x, y)
    assert shares == pytest.approx(exact, abs=0.03)  # the second is cut into bins, which costs a little
    assert np.all(errors < 0.06)


def test_errors_are_those_of_repeats_and_what_does_nothing_has_no_share_on_average():
    found = [correlation_ratios(*ishigami(256, seed)[:2]) for seed in range(60)]
    shares, errors = np.array([f[0] for f in found]), np.array([f[1] for f in found])
    assert abs(shares[:, 3].mean()) < 4.0 * shares[:, 3].std() / np.sqrt(60)
    ratio = errors.mean(axis=0) / (1.96 * shares.std(axis=0))  # itself known to a tenth
    assert np.all((ratio > 0.75) & (ratio < 1.75)), ratio


def test_a_scale_and_a_shift_change_nothing_and_missing_numbers_are_left_out():
    x, y, _ = ishigami(300)
    shares, _ = correlation_ratios(x, y)
    np.testing.assert_allclose(correlation_ratios(np.exp(x), 1e6 + 1e3 * y)[0], shares, rtol=1e-6)
    some = np.arange(300) % 3 != 0
    np.testing.assert_allclose(
        correlation_ratios(x, np.where(some, y, np.nan))[0], correlation_ratios(x[some], y[some])[0]
    )


def test_too_few_draws_or_a_number_that_hardly_varies_say_nothing():
    x, y, _ = ishigami(ENOUGH)
    assert np.isnan(correlation_ratios(x[1:], y[1:])[0]).all()
    assert np.isnan(correlation_ratios(x, 5.0 + 1e-9 * y)[0]).all()
