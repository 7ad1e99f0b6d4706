"""Predictions of numbers about hormones: what is judged, in which unit, and that errors and draws make the interval."""

import math

import numpy as np
import pytest

from glut4sim.benchmarks.fits import adopt_effects
from glut4sim.sim.analysis.coverage import binomial_range
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.studies.benchmark import numbers_report
from glut4sim.sim.studies.benchmark.numbers_held_out import REACH, judge_numbers
from glut4sim.sim.studies.benchmark.suite import load_suite

LEVELS = load_suite("levels")
ADDED, RELATIVE, FITTED = "L03", "L38", "L02"  # by a drug; a change in percent


@pytest.fixture(scope="module")
def found():
    return judge_numbers(LEVELS.only(lambda check: check.id in (ADDED, RELATIVE, FITTED)), draws=6, seed=3)


def test_what_is_held_out_is_judged_as_a_factor_of_change(found):
    assert [number.name for number in found.numbers] == [ADDED, RELATIVE]  # L02 is fitted
    by_drug, in_percent = found.numbers
    assert by_drug.logarithm(by_drug.published) == pytest.approx(math.log((0.2 + 4.7) / 0.2), rel=0.01)
    assert in_percent.logarithm(in_percent.published) == pytest.approx(math.log(1.45))
    assert by_drug.error == pytest.approx((5.9 - 3.5) / (2.0 * REACH))
    for number in found.numbers:
        assert number.value(float(number.logarithm(number.published))) == pytest.approx(number.published)
    assert np.isnan(by_drug.logarithm(-1.0))


def test_intervals_hold_draws_and_the_error_of_the_trial(found):
    for number, (low, high) in zip(found.numbers, found.found.intervals):
        alone = REACH * number.error / (number.published + number.shift)
        assert high - low > 2.0 * alone  # what nobody knows comes on top
    told = found.as_table()
    assert told["n"] == 2
    assert tuple(told["expected"]) == binomial_range(2)
    for row, number in zip(told["numbers"], found.numbers):
        low, high = row["interval"]
        assert row["inside"] == (low <= number.published <= high)
    assert sum(row["inside"] for row in told["numbers"]) == told["inside"]
    assert numbers_report.outline(told).startswith("Of 2 numbers about hormones")
    assert all(len(row) == len(numbers_report.HEAD) for row in numbers_report.rows(told))


def test_draws_follow_from_the_seed_alone():
    suite = LEVELS.only(lambda check: check.id == ADDED)
    first, again, other = (judge_numbers(suite, draws=3, seed=seed).found.intervals for seed in (3, 3, 4))
    assert first == again != other


def test_nothing_held_out_is_said():
    with pytest.raises(InputError, match="every number had a part in a fit"):
        judge_numbers(LEVELS.only(lambda check: check.id == FITTED))


def test_strengths_of_a_fit_are_adopted_and_drawn_within_what_it_leaves_open():
    text = '[one]\ntitle = "a"\ngain = 0.5\nhill = 2\n\n[two]\ngain = 0.7\n'
    assert adopt_effects.with_strength(text, "two", "gain", -0.12345) == text.replace("0.7", "-0.123")
    with pytest.raises(ValueError, match="three is not in the file of effects"):
        adopt_effects.with_strength(text, "three", "gain", 1.0)
    free = [
        {"name": "one.gain", "value": 0.5, "range": [0.0, 2.0], "profile": {"low": 0.4, "high": 0.6}},
        {"name": "two.gain", "value": -1.0, "range": [-1.0, 0.0], "profile": {"low": None, "high": -0.8}},
    ]
    draws = adopt_effects.about_the_best("x", {"free": free, "correlations": None}).values
    assert np.quantile(draws[:, 0], [0.05, 0.95]) == pytest.approx([0.4, 0.6], abs=0.03)
    assert draws[:, 1].min() >= -1.0
    assert draws[:, 1].max() > -0.9
