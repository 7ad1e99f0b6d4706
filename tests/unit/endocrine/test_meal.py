"""The meal model against BioModels' encoding of it, and what must hold of any meal."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glut4sim.sim.endocrine.meal import NORMAL, TYPE_2_DIABETES, Meal, MealState, at_rest, solve, trajectory
from glut4sim.sim.inputs.errors import InputError

CURVE = Path(__file__).parent / "data" / "dallaman2007_meal.csv"
MINUTE, HOUR = 60.0, 3600.0
ENCODED_START = MealState(178.0, 135.0, 4.5, 1.25, 0.0, 0.0, 0.0, 25.0, 25.0, 0.0, 3.6, 0.0)  # of BIOMD0000000379
SUBJECTS = pytest.mark.parametrize("subject", [NORMAL, TYPE_2_DIABETES], ids=["normal", "type-2-diabetes"])


def test_the_published_curve():
    minutes, glucose_mg_dl, insulin_pm = np.loadtxt(CURVE, delimiter=",", skiprows=3, unpack=True)
    glucose, insulin = solve([Meal(0.0, 78.0)], minutes * MINUTE, start=ENCODED_START)
    np.testing.assert_allclose(glucose * 18.0156, glucose_mg_dl, rtol=2e-5)
    np.testing.assert_allclose(insulin * 1e3, insulin_pm, rtol=2e-5)


def test_the_published_peaks():
    minutes = np.arange(421.0)
    glucose, insulin = solve([Meal(0.0, 78.0)], minutes * MINUTE, start=ENCODED_START)
    assert (glucose.argmax(), insulin.argmax()) == (70, 84)
    assert glucose[[0, 70]] * 18.0156 == pytest.approx([94.68, 163.94], abs=0.01)
    assert insulin[[0, 84]] * 1e3 == pytest.approx([25.0, 259.38], abs=0.01)


def test_from_rest_a_meal_is_the_published_one_but_for_the_first_half_hour_of_insulin():
    """The encoding starts near its rest, with 25 pM of insulin instead of 30."""
    minutes, glucose_mg_dl, insulin_pm = np.loadtxt(CURVE, delimiter=",", skiprows=3, unpack=True)
    glucose, insulin = solve([Meal(HOUR, 78.0)], minutes * MINUTE + HOUR)
    np.testing.assert_allclose(glucose * 18.0156, glucose_mg_dl, rtol=0.005)
    late = minutes > 30.0
    np.testing.assert_allclose(insulin[late] * 1e3, insulin_pm[late], rtol=0.025)


@SUBJECTS
def test_without_a_meal_nothing_changes(subject):
    glucose, insulin = solve([], np.linspace(0.0, 48 * HOUR, 200), subject)
    assert np.ptp(glucose) < 1e-9 * glucose[0]
    assert np.ptp(insulin) < 1e-9 * insulin[0]


@SUBJECTS
def test_before_and_long_after_a_meal_the_subject_is_at_rest(subject):
    times = np.array([0.0, 59.9 * MINUTE, 40 * HOUR])
    states = trajectory([Meal(HOUR, 60.0)], times, subject)
    np.testing.assert_allclose(states[1], at_rest(subject), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(states[2], at_rest(subject), rtol=2e-3, atol=0.05)


def test_fasting_levels():
    """Fasting insulin of the encoding is 25 pM, 18 % below the rest of its own equations."""
    glucose, insulin = solve([], np.zeros(1), NORMAL)
    assert (glucose[0], insulin[0]) == (pytest.approx(5.27, abs=0.01), pytest.approx(0.0304, abs=1e-4))
    glucose, insulin = solve([], np.zeros(1), TYPE_2_DIABETES)
    assert (glucose[0], insulin[0]) == (pytest.approx(8.84, abs=0.01), pytest.approx(0.0598, abs=1e-4))


def test_the_diabetic_is_higher_for_longer():
    minutes = np.arange(601.0)
    normal, diabetic = (solve([Meal(0.0, 78.0)], minutes * MINUTE, s)[0] for s in (NORMAL, TYPE_2_DIABETES))
    assert diabetic.max() > normal.max() + 5.0
    assert diabetic.argmax() > normal.argmax() + 30
    above = [np.count_nonzero(glucose > 1.1 * glucose[0]) for glucose in (normal, diabetic)]
    assert above[1] > above[0] + 60


@SUBJECTS
def test_carbohydrate_is_conserved(subject):
    """What was eaten is in stomach or gut, or has been absorbed."""
    times = np.arange(0.0, 12 * HOUR, 10.0)
    states = trajectory([Meal(0.0, 40.0), Meal(2 * HOUR, 80.0)], times, subject)
    inside = states[:, 4:7].sum(axis=1)
    gut = states[:, MealState._fields.index("gut")]
    absorbed = np.append(0.0, np.cumsum(0.5 * (gut[1:] + gut[:-1]) * subject.absorption * np.diff(times) / MINUTE))
    eaten = np.where(times < 2 * HOUR, 40e3, 120e3)
    np.testing.assert_allclose(inside + absorbed, eaten, rtol=1e-5)
    assert inside[-1] < 0.02 * eaten[-1]


def test_two_meals():
    times = np.arange(0.0, 10 * HOUR, MINUTE)
    one, both = (solve(meals, times) for meals in ([Meal(0.0, 50.0)], [Meal(5 * HOUR, 50.0), Meal(0.0, 50.0)]))
    before = times < 5 * HOUR
    for alone, twice in zip(one, both):
        np.testing.assert_allclose(twice[before], alone[before], rtol=1e-6)
        assert twice[~before].max() == pytest.approx(alone.max(), rel=0.05)
        assert twice[~before].max() > 1.4 * alone[~before].max()


def test_two_halves_of_a_meal_at_once_are_the_meal():
    times = np.arange(0.0, 6 * HOUR, MINUTE)
    whole, halves = (solve(meals, times) for meals in ([Meal(60.0, 78.0)], [Meal(60.0, 39.0), Meal(60.0, 39.0)]))
    np.testing.assert_allclose(halves, whole, rtol=1e-6)


def test_meals_a_moment_apart_are_one():
    times = np.arange(0.0, 6 * HOUR, MINUTE)
    whole, apart = (solve(meals, times) for meals in ([Meal(0.0, 78.0)], [Meal(0.0, 39.0), Meal(1e-160, 39.0)]))
    np.testing.assert_allclose(apart, whole, rtol=1e-6)


def test_the_times_asked_for_do_not_matter():
    meals = [Meal(10 * MINUTE, 60.0), Meal(100 * MINUTE, 20.0), Meal(9 * HOUR, 20.0)]
    fine, coarse = np.arange(0.0, 8 * HOUR, 30.0), np.arange(0.0, 8 * HOUR, 30 * MINUTE)
    np.testing.assert_allclose(np.array(solve(meals, fine))[:, ::60], solve(meals, coarse), rtol=1e-6)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.builds(Meal, st.floats(0.0, 12 * HOUR), st.floats(0.0, 300.0)), max_size=4),
    st.sampled_from([NORMAL, TYPE_2_DIABETES]),
)
def test_no_level_is_negative(meals, subject):
    try:
        glucose, insulin = solve(meals, np.arange(0.0, 16 * HOUR, 5 * MINUTE), subject)
    except InputError:
        assert subject is TYPE_2_DIABETES  # and seven times what was eaten where the model was fitted
        assert sum(meal.carbohydrate for meal in meals) > 400.0
        return
    assert np.isfinite(glucose).all()
    assert glucose.min() > 0.0
    assert np.isfinite(insulin).all()
    assert insulin.min() >= 0.0


def test_more_than_the_model_holds_for_is_refused():
    times = np.arange(0.0, 16 * HOUR, 5 * MINUTE)
    with pytest.raises(InputError, match=r"^the model of meals does not hold for 550 g"):
        solve([Meal(0.0, 250.0), Meal(0.0, 300.0)], times, TYPE_2_DIABETES)
