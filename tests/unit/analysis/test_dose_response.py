"""Hill curves with known constants: estimates, intervals, and when no curve may be claimed."""

import numpy as np
import pytest
from scipy.stats import norm

from glut4sim.sim.analysis import dose_response
from glut4sim.sim.analysis.dose_response import fit_hill, t_interval

LEVELS = np.geomspace(1e-3, 100.0, 13)
TRUTH = {"bottom": 4.0, "top": 39.0, "ec50": 0.42, "slope": 1.3}


def hill(levels, bottom=4.0, top=39.0, ec50=0.42, slope=1.3):
    return bottom + (top - bottom) * levels**slope / (ec50**slope + levels**slope)


def noisy(replicates, seed, noise=1.0, **truth):
    """Responses of so many replicates, (13, replicates)."""
    rng = np.random.default_rng(seed)
    return hill(LEVELS, **truth)[:, None] + rng.normal(0.0, noise, (len(LEVELS), replicates))


# ---- estimates ----


@pytest.mark.parametrize(
    "truth",
    [
        {},
        {"ec50": 0.01, "slope": 0.8},
        {"ec50": 10.0, "slope": 3.0},
        {"bottom": 39.0, "top": 4.0},  # falls
        {"bottom": -2e7, "top": 6e7},
        {"bottom": 0.0, "top": 1e-9},
        {"slope": 10.0, "ec50": 0.316},
    ],
)
def test_a_curve_without_noise_is_found_exactly(truth):
    fit = fit_hill(LEVELS, hill(LEVELS, **truth))
    assert (fit.status, fit.remark) == ("fitted", "")
    for name, value in (TRUTH | truth).items():
        estimate = getattr(fit, name)
        height = abs((TRUTH | truth)["top"] - (TRUTH | truth)["bottom"])
        assert estimate.value == pytest.approx(value, rel=1e-5, abs=1e-5 * (height if name in ("bottom", "top") else 0))
        assert (estimate.low, estimate.high) == (None, None)
    assert fit.misfit < 1e-6
    np.testing.assert_allclose(fit.response(LEVELS), hill(LEVELS, **truth), rtol=1e-4)


def test_level_zero_is_the_bottom_and_order_does_not_matter():
    levels = np.append(LEVELS[::-1], 0.0)
    fit = fit_hill(levels, hill(levels))
    assert fit.ec50.value == pytest.approx(0.42, rel=1e-6)
    assert fit.response(np.array([0.0]))[0] == pytest.approx(4.0)
    # level 0 shows the lower plateau that the others do not reach
    high = np.array([0.0, 0.3, 1.0, 3.0, 10.0, 30.0])
    assert fit_hill(high, hill(high)).status == "fitted"
    assert fit_hill(high[1:], hill(high[1:])).status == "no plateau"


@pytest.mark.parametrize("replicates", [1, 4])
@pytest.mark.parametrize(("ends", "slope"), [((4.0, 39.0), 1.0), ((39.0, 4.0), 1.0), ((4.0, 39.0), 5.0)])
def test_no_ec50_below_the_lowest_dose_is_claimed_for_level_zero(replicates, ends, slope):
    """Level 0 shows the bottom, yet nowhere between it and the lowest dose was the rise seen."""
    noise = np.random.default_rng(1).normal(0.0, 0.1, (6, replicates))
    high = np.array([0.0, 100.0, 200.0, 300.0, 400.0, 500.0])
    for ec50 in (5.0, 10.0, 60.0):
        fit = fit_hill(high, hill(high, *ends, ec50, slope)[:, None] + noise)
        assert (fit.status, fit.ec50) == ("no plateau", None)
        assert "half of the response lies between 0 and the lowest level above it, 100" in fit.remark
    wide = np.array([0.0, 100.0, 200.0, 400.0, 1_600.0, 6_400.0])
    seen = fit_hill(wide, hill(wide, *ends, 150.0, slope)[:, None] + noise)
    assert seen.status == "fitted"
    assert 120.0 < seen.ec50.value < 180.0


def test_estimates_are_means_over_replicates_and_intervals_students():
    values = noisy(4, seed=5)
    single = [fit_hill(LEVELS, values[:, r]) for r in range(4)]
    together = fit_hill(LEVELS, values)
    logarithms = np.log([fit.ec50.value for fit in single])
    reach = 3.182446 * logarithms.std(ddof=1) / 2.0  # Student's t at 97.5 % with 3 degrees of freedom
    expected = np.exp([logarithms.mean(), logarithms.mean() - reach, logarithms.mean() + reach])
    assert together.ec50 == pytest.approx(tuple(expected), rel=1e-6)
    tops = np.array([fit.top.value for fit in single])
    assert together.top.value == pytest.approx(tops.mean())
    assert together.top.high - together.top.value == pytest.approx(3.182446 * tops.std(ddof=1) / 2.0, rel=1e-6)


def test_interval_of_a_mean():
    assert t_interval([3.0]) == (3.0, None, None)
    assert t_interval([1.0, 2.0, 3.0]) == pytest.approx((2.0, 2.0 - 2.484138, 2.0 + 2.484138), rel=1e-6)


# ---- the interval covers the truth as often as it says ----


EXPERIMENTS = 200


@pytest.fixture(scope="module")
def experiments():
    """Experiments of 4 replicates each; within one, replicates share their EC50's error, as cells of one dish may."""
    fits = []
    for seed in range(EXPERIMENTS):
        rng = np.random.default_rng([11, seed])
        ec50 = 0.42 * np.exp(rng.normal(0.0, 0.1, 4))  # replicates differ, and levels of one go together
        values = np.stack([hill(LEVELS, ec50=one) for one in ec50], axis=1)
        fits.append(fit_hill(LEVELS, values + rng.normal(0.0, 0.7, values.shape)))
    assert {fit.status for fit in fits} == {"fitted"}
    return fits


def coverage_is(share, fits, name, interval):
    """Whether the truth lies in its interval in a share of the fits, within 3.5 binomial standard errors."""
    inside = [low <= TRUTH[name] <= high for low, high in (interval(getattr(fit, name)) for fit in fits)]
    return abs(np.mean(inside) - share) <= 3.5 * (share * (1.0 - share) / len(fits)) ** 0.5


@pytest.mark.parametrize("name", list(TRUTH))
def test_intervals_cover_the_truth_in_95_of_100_experiments(experiments, name):
    assert coverage_is(0.95, experiments, name, lambda estimate: estimate[1:])


def test_wrong_intervals_do_not(experiments):
    """Normal quantiles in place of Student's cover 86 %; half the width, 79 %."""
    t = 3.182446

    def scaled(factor):
        def interval(estimate):
            middle, reach = np.log(estimate.value), np.log(estimate.high / estimate.low) / 2.0 * factor
            return np.exp(middle - reach), np.exp(middle + reach)

        return interval

    assert coverage_is(0.95, experiments, "ec50", scaled(1.0))
    assert not coverage_is(0.95, experiments, "ec50", scaled(norm.ppf(0.975) / t))
    assert not coverage_is(0.95, experiments, "ec50", scaled(0.5))


def test_a_biased_ec50_would_be_seen(experiments):
    assert not coverage_is(0.95, experiments, "ec50", lambda e: (1.1 * e.low, 1.1 * e.high))


# ---- when there is no curve ----


@pytest.mark.parametrize("replicates", [2, 4])
@pytest.mark.parametrize("levels", [5, 13])
def test_noise_is_flat(replicates, levels):
    """Chance makes a response of 1 % of flat lines; of 200 up to 7 may pass, at 4 standard errors."""
    rng = np.random.default_rng(7)
    x = np.geomspace(1e-3, 100.0, levels)
    found = [fit_hill(x, rng.normal(5.0, 1.0, (levels, replicates))).status for _ in range(200)]
    assert found.count("flat") >= 193


def test_noise_of_one_replicate_is_no_curve():
    rng = np.random.default_rng(7)
    found = [fit_hill(LEVELS, rng.normal(5.0, 1.0, 13)).status for _ in range(50)]
    assert "fitted" not in found


@pytest.mark.parametrize(
    ("values", "status", "remark"),
    [
        (np.full(13, 5.0), "flat", ""),
        (hill(LEVELS, ec50=60.0), "no plateau", "the response still changes at the highest level, 100"),
        (hill(LEVELS, ec50=0.001), "no plateau", "the response still changes at the lowest level, 0.001"),
        (np.log(LEVELS), "no plateau", "lowest level, 0.001 and the response still changes at the highest level, 100"),
        (LEVELS**0.5, "no plateau", "highest level, 100"),
        (LEVELS, "no plateau", "highest level, 100"),
        (np.where(LEVELS < 1.0, 4.0, 39.0), "too steep", ""),
        (np.exp(-(np.log(LEVELS) ** 2)), "no Hill curve", ""),  # a bell
    ],
)
def test_what_is_no_curve_says_so(values, status, remark):
    for replicates in (1, 3):
        noise = np.zeros((13, replicates)) if replicates == 1 else np.random.default_rng(1).normal(0.0, 1e-4, (13, 3))
        fit = fit_hill(LEVELS, values[:, None] + (noise if np.ptp(values) else 0.0) * np.ptp(values))
        assert fit.status == status
        assert remark in fit.remark
        assert (fit.ec50, fit.slope, fit.bottom, fit.top) == (None,) * 4
        assert fit.status in dose_response.STATUS


def test_four_levels_are_too_few():
    assert fit_hill(LEVELS[::4], hill(LEVELS[::4])).status == "too few levels"
    values = hill(LEVELS)
    values[4:] = np.nan
    assert fit_hill(LEVELS, values).status == "too few levels"
    assert fit_hill(np.repeat(LEVELS[::4], 3), np.repeat(hill(LEVELS[::4]), 3)).status == "too few levels"


def test_missing_values_are_left_out():
    values = noisy(4, seed=9, noise=0.1)
    values[3, 1] = np.nan
    values[7] = np.nan
    fit = fit_hill(LEVELS, values)
    assert fit.status == "fitted"
    assert fit.ec50.low < 0.42 < fit.ec50.high
    kept = np.delete(np.arange(13), 7)
    assert fit.bottom == pytest.approx(fit_hill(LEVELS[kept], values[kept]).bottom)


def test_a_replicate_without_a_curve_of_its_own_takes_the_interval_away():
    """Leaving it out would choose among replicates by their outcome."""
    values = noisy(3, seed=3, noise=0.2)
    values[:, 2] = 4.0 + 0.01 * np.arange(13)
    fit = fit_hill(LEVELS, values)
    assert fit.status == "fitted"
    assert fit.ec50.low is None
    assert fit.remark == "no interval: 1 of 3 replicates have no curve of their own; their means have"
    assert fit.ec50.value == pytest.approx(fit_hill(LEVELS, values.mean(axis=1)).ec50.value)


@pytest.mark.parametrize(
    ("levels", "shape"), [([1.0, 2.0], (3, 1)), ([1.0, -2.0, 3.0, 4.0, 5.0], (5, 2)), ([1.0, np.inf], (2,))]
)
def test_nonsense_is_refused(levels, shape):
    with pytest.raises(ValueError, match="levels"):
        fit_hill(levels, np.ones(shape))
