"""Searches and profiles, on data that follow a formula whose optimum and intervals are known."""

import threading

import numpy as np
import pytest
from scipy.stats import norm

from glut4sim.sim.studies.fit import least_squares, profile
from glut4sim.sim.studies.fit.objective import Objective
from tests.fits import MINUTES, SEM, replace_cell, table, with_values

X = np.array(MINUTES, float)
GO = threading.Event()


def line(inner):
    """A straight line in the two inner values, so that all is known in closed form."""
    return {"surface": 20.0 + 4.0 * inner[0] * X + 3.0 * inner[1]}


def two_humps(inner):
    """A formula with a second, worse optimum."""
    far = 0.6 * np.cos(4.0 * inner[1]) + 0.3 * inner[1]
    return {"surface": 20.0 + 4.0 * inner[0] * X + 3.0 * far}


@pytest.fixture
def straight(monkeypatch):
    replace_cell(monkeypatch, line)
    truth = np.array([-1.7, 3.2])
    noise = np.random.default_rng(3).normal(0.0, SEM, len(X))
    made = with_values(table(), surface=line(truth)["surface"] + noise)
    design = np.stack([4.0 * X, np.full_like(X, 3.0)], axis=1) / SEM
    y = (made.data[0].y - 20.0) / SEM
    covariance = np.linalg.inv(design.T @ design)
    return made, covariance @ design.T @ y, covariance


def test_a_search_ends_at_the_least_squares(straight):
    made, best, _ = straight
    objective = Objective(made)
    found = least_squares.minimise(objective, objective.guess)
    np.testing.assert_allclose(found.inner, best, atol=1e-4)
    assert found.chi_square == pytest.approx(objective.evaluate(best).chi_square, abs=1e-4)
    assert found.converged


def test_the_covariance_is_that_of_least_squares_where_the_data_say_more_than_the_range(straight):
    made, best, covariance = straight
    np.testing.assert_allclose(least_squares.covariance(Objective(made), best), covariance, rtol=0.1)


def test_a_value_of_great_numbers_does_not_end_the_search_early(monkeypatch):
    replace_cell(monkeypatch, lambda inner: {"surface": 20.0 + 4.0 * inner[0] * X + 3.0 * inner[1]})
    many = {"free__vesicle.glut4_copies": {"log": False}}
    truth = line(np.array([-1.9, 2.4]))["surface"]
    objective = Objective(with_values(table(**many), surface=truth))
    found = least_squares.minimise(objective, objective.guess)
    np.testing.assert_allclose(found.inner[:2], [-1.9, 2.4], atol=1e-3)


def test_only_what_may_vary_is_varied(straight):
    made, _, _ = straight
    objective = Objective(made)
    found = least_squares.minimise(objective, objective.guess, np.array([1]))
    assert found.inner[0] == objective.guess[0]
    assert found.inner[1] != objective.guess[1]
    still = least_squares.minimise(objective, objective.guess, np.zeros(0, int))
    assert (still.inner == objective.guess).all()
    assert still.evaluations == 1


def test_a_prior_draws_the_optimum_to_its_centre(straight, monkeypatch):
    made, best, _ = straight
    prior = {"free__vesicle.fuse__prior": {"log_normal": ["30 1/min", "1.01"]}}
    tied = with_values(table(**prior), surface=made.data[0].y)
    found = least_squares.minimise(Objective(tied), Objective(tied).guess)
    assert abs(found.inner[1] - np.log(30.0)) < 0.1 * abs(best[1] - np.log(30.0))


def test_starts_begin_at_the_guess_and_fill_the_ranges():
    objective = Objective(with_values(table()))
    found = least_squares.starts(objective, 40, seed=5)
    assert (found[0] == objective.guess).all()
    shares = np.sort((found[1:] - objective.low) / (objective.high - objective.low), axis=0)
    expected = np.arange(39)[:, None] / 39  # a Latin hypercube has one in each row and each column
    assert ((shares >= expected) & (shares <= expected + 1 / 39)).all()
    assert (found == least_squares.starts(objective, 40, seed=5)).all()
    assert (found != least_squares.starts(objective, 40, seed=6))[1:].any()


def test_a_search_that_is_told_to_end_ends():
    stopped = threading.Event()
    stopped.set()
    made = with_values(table())
    assert least_squares.search(made, Objective(made).guess, stopped) is None


def test_a_profile_ends_where_least_squares_say(straight):
    made, best, covariance = straight
    objective = Objective(made)
    optimum = least_squares.minimise(objective, objective.guess, tolerance=1e-10)
    for which in range(2):
        reach = norm.ppf(0.95) * np.sqrt(covariance[which, which])
        for side in (profile.LOWER, profile.UPPER):
            found = profile.trace(made, optimum, covariance, which, side, GO)
            assert found.end == pytest.approx(best[which] + side * reach, abs=0.05 * reach)
            assert (np.diff(found.chi_square) > 0.0).all()
            assert (np.diff(found.points[:, which]) * side > 0.0).all()


def test_a_profile_that_does_not_rise_has_no_end(monkeypatch):
    replace_cell(monkeypatch, lambda inner: {"surface": 20.0 + 4.0 * inner[0] * X})
    made = with_values(table(), surface=20.0 - 6.8 * X)
    objective = Objective(made)
    optimum = least_squares.minimise(objective, objective.guess)
    spread = least_squares.covariance(objective, optimum.inner)
    for side in (profile.LOWER, profile.UPPER):
        flat = profile.trace(made, optimum, spread, 1, side, GO)
        assert (flat.end, flat.reason) == (None, "range")
        assert profile.trace(made, optimum, spread, 0, side, GO).end is not None


def test_a_profile_that_comes_to_where_no_cell_is_says_so(monkeypatch):
    from glut4sim.sim.inputs.errors import InputError

    def formula(inner):
        if inner[1] > 3.5:
            raise InputError("no cell")
        return {"surface": 20.0 + 4.0 * inner[0] * X}

    replace_cell(monkeypatch, formula)
    made = with_values(table(), surface=20.0 - 6.8 * X)
    objective = Objective(made)
    optimum = least_squares.minimise(objective, objective.guess)
    spread = least_squares.covariance(objective, optimum.inner)
    found = profile.trace(made, optimum, spread, 1, profile.UPPER, GO)
    assert (found.end, found.reason) == (None, "no cell")


def test_the_lowest_point_of_profiles_is_found():
    high = profile.Side(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 4.0]), None, "range")
    low = profile.Side(np.array([[1.0, 2.0], [7.0, 8.0]]), np.array([5.0, 3.0]), None, "range")
    found = profile.lowest([high, low])
    assert found.inner.tolist() == [7.0, 8.0]
    assert profile.lowest([]) is None
