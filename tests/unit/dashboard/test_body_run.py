"""A body on the page is that of the program, and what hands do to it is done when they do it."""

import io

import numpy as np
import pandas as pd
import pytest

from glut4sim.sim.body.simulate import simulate
from glut4sim.sim.dashboard.body_run import Action, BodyRun
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.body.people import body_of, protocol_of

UNTIL = 1200.0  # s


@pytest.fixture(scope="module")
def meal():
    return Scenario.load("body/meal")


def run(scenario, *actions):
    found = BodyRun(scenario, actions)
    while found.time < UNTIL:
        found.advance()
    return found


def test_left_alone_it_is_the_test_of_the_scenario(meal):
    expected = simulate(body_of(meal), protocol_of(meal)._replace(duration=UNTIL)).series
    found = run(meal).live.series
    for name in ("time", "glucose", "insulin", "muscle_uptake"):
        np.testing.assert_array_equal(found[name], expected[name])


def test_by_hand(meal):
    plain = run(meal)
    other = run(meal, Action(600.0, "meal", 78.0), Action(900.0, "clamp", 120.0))
    before = plain.live.series["time"] <= 600.0
    for name in ("glucose", "insulin", "infusion"):
        np.testing.assert_array_equal(plain.live.series[name][before], other.live.series[name][before])
    assert other.live.now["insulin"] > 2.0 * plain.live.now["insulin"]
    assert other.curve.columns["glucose"][-1] > plain.curve.columns["glucose"][-1]
    late = BodyRun(meal, [Action(600.0, "meal", 78.0)])
    while late.time < UNTIL:
        if late.time == 900.0:
            late.add(Action(900.0, "clamp", 120.0))  # as a hand does, not as an address
        late.advance()
    np.testing.assert_array_equal(late.live.series["glucose"], other.live.series["glucose"])
    assert [mark.label for mark in other.marks][1] == "clamp with 120 mU/m²/min of insulin"
    table = pd.read_csv(io.StringIO(other.csv()), keep_default_na=False)
    np.testing.assert_allclose(table["glucose"], other.live.series["glucose"])
    done = table[table["done"] != ""]
    assert list(done["time"]) == [600.0, 900.0]
    assert list(done["done"]) == [mark.label for mark in other.marks]


@pytest.mark.parametrize(("action", "said"), [(("swim", 1.0), "swim"), (("meal", 1e6), "expected 0 to 300")])
def test_what_nobody_would_do(action, said):
    with pytest.raises(InputError, match=said):
        Action(0.0, *action).check()
