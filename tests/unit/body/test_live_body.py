"""A body in the hands of a user does what the same test does."""

import numpy as np

from glut4sim.sim.body.body import Body
from glut4sim.sim.body.engine import BodyEngine
from glut4sim.sim.body.live import LiveBody
from glut4sim.sim.body.protocols import Clamp, meal
from glut4sim.sim.body.simulate import simulate


def test_a_meal_by_hand_is_the_meal_of_the_test():
    live = LiveBody(BodyEngine(Body.of()))
    live.eat(78.0)
    live.advance(1800.0)
    expected = simulate(Body.of(), meal(duration=1800.0)).series
    for name, values in live.series.items():
        np.testing.assert_array_equal(values, expected[name], err_msg=name)
    assert live.now["glucose"] == live.series["glucose"][-1] > live.series["glucose"][0] + 20.0


def test_a_clamp_by_hand_is_the_clamp_of_the_test_without_a_prime_and_it_can_end():
    live = LiveBody(BodyEngine(Body.of()))
    live.clamp(40.0, target=5.0)
    live.advance(1200.0)
    expected = simulate(Body.of(), Clamp(duration=1200.0, primed=0.0)).series
    np.testing.assert_array_equal(live.series["infusion"][1:], expected["infusion"][1:])
    live.infuse()
    live.advance(600.0)
    assert live.now["infusion"] == 0.0
    assert live.now["insulin"] < live.series["insulin"][40]
