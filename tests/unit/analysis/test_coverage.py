import numpy as np
import pytest
from scipy.stats import binom, norm

from glut4sim.sim.analysis.coverage import (
    LEVEL,
    Judged,
    binomial_range,
    coverage,
    interval_score,
    no_change,
    predicted,
)

Z = float(norm.ppf(0.95))
QUANTILES = norm.ppf((np.arange(100) + 0.5) / 100)  # draws that are a standard normal distribution


def forecasts(n, spread, seed=3, sem=0.5):
    """Data that are N(mean, 1) plus an error of measurement, predicted as N(mean, spread)."""
    rng = np.random.default_rng(seed)
    means = rng.normal(0.0, 5.0, n)
    values = means + rng.normal(0.0, 1.0, n) + rng.normal(0.0, sem, n)
    return [Judged(v, sem, m + spread * QUANTILES) for v, m in zip(values, means)]


def test_interval_score_is_the_width_and_twenty_times_the_miss():
    assert interval_score(1.0, 0.0, 3.0) == 3.0
    assert interval_score(-0.5, 0.0, 3.0) == pytest.approx(3.0 + 20.0 * 0.5)
    assert interval_score(4.0, 0.0, 3.0) == pytest.approx(3.0 + 20.0)
    assert interval_score(4.0, 0.0, 3.0, level=0.5) == pytest.approx(3.0 + 4.0)


def test_score_of_a_normal_at_its_own_quantiles_has_its_closed_form_and_no_other_interval_beats_it():
    x = norm.ppf((np.arange(20_000) + 0.5) / 20_000)

    def mean(reach):
        return np.mean([interval_score(value, -reach, reach) for value in x])

    assert mean(Z) == pytest.approx(2.0 / (1.0 - LEVEL) * 2.0 * norm.pdf(Z), rel=1e-3)
    assert mean(Z) < min(mean(0.8 * Z), mean(1.25 * Z))


@pytest.mark.parametrize("n", [1, 7, 40, 300])
def test_binomial_range_leaves_at_most_a_fortieth_on_either_side(n):
    low, high = binomial_range(n)
    assert binom.cdf(low - 1, n, 0.9) <= 0.025 < binom.cdf(low, n, 0.9) + 1e-12
    assert binom.sf(high, n, 0.9) <= 0.025 + 1e-12


def test_error_of_the_datum_widens_the_interval_as_variances_add():
    low, high = predicted(3.0 + 2.0 * QUANTILES, 1.5, np.random.default_rng(1))
    assert (low, high) == pytest.approx((3.0 - 2.5 * Z, 3.0 + 2.5 * Z), abs=0.1)
    exact = predicted(3.0 + 2.0 * QUANTILES, 0.0, np.random.default_rng(1))
    assert exact == pytest.approx((3.0 - 2.0 * Z, 3.0 + 2.0 * Z), abs=2.0 / (100 * norm.pdf(Z)))  # between two draws


def test_draws_without_a_number_are_left_out():
    assert predicted([np.nan, 2.0, np.nan], 0.0, np.random.default_rng(1)) == (2.0, 2.0)
    with pytest.raises(ValueError, match="datum"):
        coverage([])
    with pytest.raises(ValueError, match="draw"):
        coverage([Judged(1.0, 0.0, np.array([np.nan]))])


def test_calibrated_forecasts_pass_and_others_do_not():
    assert coverage(forecasts(300, 1.0)).verdict == "calibrated"
    assert coverage(forecasts(300, 0.5)).verdict == "too narrow"
    assert coverage(forecasts(300, 2.0)).verdict == "too wide"
    sure_of_the_data = [one._replace(sem=0.0, draws=one.value - 0.3 + 0.1 * QUANTILES) for one in forecasts(300, 1.0)]
    assert coverage(sure_of_the_data).inside == 0


def test_calibrated_forecasts_score_best_and_the_reference_tells_what_width_alone_is_worth():
    trials = [one.value for one in forecasts(300, 1.0)]
    reference = no_change(trials)
    skills = {spread: coverage(forecasts(300, spread), reference).skill for spread in (0.3, 1.0, 3.0, 6.0)}
    assert max(skills, key=skills.__getitem__) == 1.0
    assert skills[1.0] == pytest.approx(1.0 - np.sqrt(1.25 / 26.25), abs=0.05)  # normal: scores go as the spread
    covers_all = coverage([one._replace(draws=30.0 * QUANTILES) for one in forecasts(300, 1.0)], reference)
    assert covers_all.verdict == "too wide"
    assert covers_all.skill < 0.0


def test_reference_is_centred_on_no_change_with_the_spread_of_the_trials():
    assert no_change([-2.0, 2.0, 2.0, -2.0]) == pytest.approx((-2.0 * Z, 2.0 * Z))
    assert no_change([1.5, 1.5], unchanged=1.0) == pytest.approx((1.0 - 0.5 * Z, 1.0 + 0.5 * Z))
    own = [no_change([1.0]), no_change([3.0])]
    two = [Judged(0.0, 0.0, QUANTILES), Judged(0.0, 0.0, QUANTILES)]
    assert coverage(two, own).reference_score == pytest.approx(4.0 * Z)


def test_experiments_count_as_the_share_of_their_data():
    inside, outside = Judged(0.0, 0.0, QUANTILES), Judged(9.0, 0.0, QUANTILES)
    data = [one._replace(experiment="one") for one in (inside, inside, outside, outside)] + [inside, outside]
    found = coverage(data)
    assert (found.n, found.inside) == (6, 3)
    assert (found.experiments, found.experiments_inside) == (3, 1.5)
    assert found.experiments_expected == binomial_range(3)


def test_scale_makes_units_comparable():
    small = Judged(0.001, 0.0, 0.001 * QUANTILES, scale=0.001)
    assert coverage([small]).width == pytest.approx(coverage([Judged(1.0, 0.0, QUANTILES)]).width)
    assert not coverage([small]).can_be_too_wide
    assert coverage(forecasts(100, 1.0)).can_be_too_wide
