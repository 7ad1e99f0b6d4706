import numpy as np
import pytest
from scipy.stats import norm, t

from glut4sim.sim.analysis.uncertainty import central, split, student

EVEN = (np.arange(2000) + 0.5) / 2000
Z = norm.ppf(0.95)


def test_central_interval_leaves_a_twentieth_on_either_side_and_what_does_not_exist_out():
    found = central([None, *(10.0 * EVEN), np.nan])
    assert found[:3] == pytest.approx((5.0, 0.5, 9.5), abs=0.01)
    assert found.n == 2000
    assert central([1.0, None]) is None


def test_chance_is_the_interval_of_one_further_replicate():
    found = student([1.0, 2.0, 3.0, 6.0])
    reach = t.ppf(0.95, 3) * np.std([1.0, 2.0, 3.0, 6.0], ddof=1) * np.sqrt(1.25)
    assert found[:3] == pytest.approx((3.0, 3.0 - reach, 3.0 + reach))
    assert student([1.0, None]) is None


def test_parameters_alone_are_all_there_is_without_cells_and_replicates():
    found = split(5.0, 10.0 * EVEN)
    assert found.together[:3] == found.parameters[:3]
    assert (found.cells, found.chance) == (None, None)
    assert found.shares == {"parameters": 1.0}


def test_together_is_shifted_as_the_agents_are_from_the_mean_field():
    found = split(5.0, 5.0 + 0.01 * norm.ppf(EVEN), replicates=[7.0, 7.001, 6.999])
    assert found.together.middle == pytest.approx(7.0, abs=0.01)
    assert found.parameters.middle == pytest.approx(5.0, abs=1e-6)


def test_what_values_and_cells_do_only_together_is_named():
    rng = np.random.default_rng(1)
    values, cells = rng.normal(0.0, 1.0, 4000), rng.normal(0.0, 1.0, 4000)
    found = split(0.0, values, rng.permutation(cells), values + cells + values * cells)
    assert found.shares == pytest.approx({"parameters": 1 / 3, "cells": 1 / 3, "jointly": 1 / 3}, abs=0.05)
    assert sum(found.shares.values()) == pytest.approx(1.0)


def test_nothing_that_varies_has_no_shares():
    found = split(1.0, np.ones(10), np.ones(10), np.ones(10), [1.0, 1.0])
    assert found.shares == {}
    assert found.together[:3] == (1.0, 1.0, 1.0)
    assert split(1.0, [None, None]).together is None
