"""What the liver makes, and what of the published model of meals has no part in a body."""

import numpy as np
import pytest

from glut4sim.sim.body.blood import INTEGRAL, PROPORTIONAL, Blood, Given, _infusion, at_liver
from glut4sim.sim.body.organs import build
from glut4sim.sim.body.person import HEALTHY


@pytest.mark.parametrize("fast", [-1.0, 0.0, 0.3, 1.7])
def test_little_insulin_suppresses_as_the_formula_says(fast):
    liver = build().liver
    share = max(fast, 0.0) ** liver.fast_hill / (max(fast, 0.0) ** liver.fast_hill + liver.fast_half**liver.fast_hill)
    expected = liver.production - liver.glucose_effect * 100.0 - liver.fast_effect * share
    assert at_liver(liver, 100.0, 0.0, fast, 0.0) == pytest.approx(expected, rel=1e-13)


def test_what_acts_on_uptake_in_the_model_of_meals_stands_still():
    blood = Blood(build(), HEALTHY["man"])
    blood.be_at_rest(lambda glucose, insulin: 0.2 * glucose)
    before = blood.states[0].insulin_action
    blood.advance(30.0, Given(insulin=6.0), (2.0, 0.5))
    assert np.isfinite(before)
    assert blood.states[0].insulin_action == before


@pytest.mark.parametrize(
    ("missing", "wanted", "learns"), [(-0.5, 0.3, True), (0.5, -0.3, True), (-0.5, -0.3, False), (0.0, 0.0, False)]
)
def test_a_clamp_learns_while_it_wants_glucose_or_misses_some_however_little(missing, wanted, learns):
    _, learning = _infusion(Given(target=90.0), 90.0 - missing, wanted - PROPORTIONAL * missing)
    assert learning == pytest.approx(INTEGRAL * missing if learns else 0.0)
