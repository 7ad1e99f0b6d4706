"""Changes by hand: what comes out is the scenario that, run from the start, does the same."""

import numpy as np
import pytest

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.model.step_records import StepRecords
from glut4sim.sim.scenario import live_changes
from glut4sim.sim.scenario.scenario import Scenario

SMALL = {"cell.vesicles": "300", "cell.receptors": "600", "cell.glucose_agents": "400", "run.step": "0.5 s"}


def load(name, **changes):
    scenario = Scenario.load(name, SMALL | changes)
    return scenario.assays[-1]


def acted(scenario, steps):
    engine = Engine(scenario, seed=1)
    return engine, engine.advance(steps)


@pytest.mark.parametrize(
    ("name", "what", "value"),
    [
        ("insulin-challenge", "insulin", 3.0),
        ("insulin-challenge", "testosterone", 200.0),
        ("men/hypogonadal", "testosterone", 900.0),
        ("growth-hormone/acute", "lipolysis", 20.0),
        ("meal", "glucose", 9.0),
    ],
)
def test_a_changed_run_is_that_of_the_changed_scenario_to_the_bit(name, what, value):
    scenario = load(name)
    engine, before = acted(scenario, 1233)
    changed = live_changes.changed(scenario, what, value, engine.time)
    engine.follow(changed)
    after = engine.advance(1500)
    _, whole = acted(changed, 2733)
    for column, first, second, expected in zip(StepRecords._fields, before, after, whole, strict=True):
        np.testing.assert_array_equal(np.concatenate([first, second]), expected, err_msg=column)
    _, unchanged = acted(scenario, 2733)
    assert not all(np.array_equal(a, b) for a, b in zip(unchanged, whole, strict=True))


def test_a_change_replaces_what_was_to_come():
    scenario = load("insulin-challenge")
    changed = live_changes.changed(live_changes.changed(scenario, "insulin", 5.0, 1200.0), "insulin", 1.0, 900.0)
    assert changed.bath.insulin.times == (0.0, 600.0, 900.0)
    assert changed.bath.insulin.values == (0.0, 100.0, 1.0)
    assert changed.bath.glucose == scenario.bath.glucose


def test_a_hormone_changes_at_the_next_whole_minute_of_the_run():
    scenario = load("men/trt", **{"assay.at": "7 d"})
    changed = live_changes.changed(scenario, "testosterone", 100.0, 61.0)
    assert changed.hormones.levels["testosterone"].times == (0.0, 7 * 86400.0 + 120.0)


def test_a_meal_becomes_the_bath_that_it_leads_to():
    scenario = load("meal")
    changed = live_changes.changed(scenario, "insulin", 0.0, 3600.0)
    assert changed.bath.meal == ()
    assert changed.bath.glucose == scenario.bath.glucose
    assert changed.bath.insulin.at(3000.0) == scenario.bath.insulin.at(3000.0) > 0.0
    assert changed.bath.insulin.at(7200.0) == 0.0


def test_all_along_means_before_any_drug_and_the_first_day():
    scenario = load("men/trt")
    assert live_changes.from_start(scenario, "testosterone", 100.0).hormones.levels["testosterone"].values == (100.0,)
    assert live_changes.from_start(scenario, "visceral_fat", 3.0).body.visceral_fat == 3.0
    assert live_changes.from_start(scenario, "insulin", 1.0).bath.insulin.values == (1.0,)


def test_what_acts_in_a_run_depends_on_the_sex_and_on_how_long_it_is():
    """Insulin in plasma is in no list: it is that of the bath."""
    of_a_man = ["testosterone", "free_testosterone", "lipolysis"]
    assert live_changes.acting_in_run(load("insulin-challenge")) == of_a_man
    assert live_changes.acting_in_run(load("women/premenopausal")) == ["free_estradiol", "lipolysis"]
    of_hours = live_changes.acting_in_run(load("metabolic/long-clamp"))
    assert {"ffa", "cortisol"} <= {*of_hours}
    assert "plasma_insulin" not in of_hours


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("insuln", 1.0, 'unknown hormone "insuln". Did you mean "insulin"?'),
        ("visceral_fat", 1.0, "does not change within a run"),
        ("insulin", -1.0, "bath.insulin[1][1]: expected an insulin concentration of 0 to 1000000 nM"),
    ],
)
def test_what_cannot_be_changed_is_said_in_a_line(name, value, message):
    with pytest.raises(InputError) as error:
        live_changes.changed(load("insulin-challenge"), name, value, 600.0)
    assert message in str(error.value)


def test_an_engine_follows_only_a_scenario_of_the_same_cell():
    scenario = load("insulin-challenge")
    with pytest.raises(ValueError, match="same cell"):
        Engine(scenario, seed=1).follow(load("insulin-challenge", **{"cell.vesicles": "301"}))
