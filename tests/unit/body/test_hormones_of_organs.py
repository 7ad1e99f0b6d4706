"""What hormones do to liver and pancreas of a body, and what differs between people in its tissues."""

from dataclasses import replace

import pytest

from glut4sim.sim.body.blood import Blood, production
from glut4sim.sim.body.body import Body
from glut4sim.sim.body.engine import BodyEngine
from glut4sim.sim.body.organs import build
from glut4sim.sim.body.person import HEALTHY
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.body.people import body_of

MAN, WOMAN = HEALTHY["man"], HEALTHY["woman"]


def rested(insulin_action=1.0, secretion=1.0):
    blood = Blood(build(), MAN)
    blood.become(insulin_action, secretion)
    blood.be_at_rest(lambda glucose, insulin: 0.2 * glucose)
    return blood


def test_a_liver_that_answers_to_half_of_the_insulin_makes_what_it_made_of_half():
    blood = rested()
    s, rest = blood.states
    half = s._replace(insulin_portal=0.5 * s.insulin_portal, insulin_at_liver=0.5 * s.insulin_at_liver)
    expected = production(blood.organs.liver, half, rest._replace(insulin_fast=0.5 * rest.insulin_fast))
    blood.become(0.5, 1.0)
    assert blood.production() == pytest.approx(expected)
    assert expected > production(build().liver, s, rest)  # wrong: hormones do not reach the liver


def test_at_rest_less_of_insulins_action_is_more_glucose_and_more_secretion_is_less():
    usual, resistant, secreting = rested(), rested(insulin_action=0.7), rested(secretion=1.5)
    assert resistant.glucose > usual.glucose + 1.0
    assert resistant.insulin > 1.05 * usual.insulin
    assert secreting.glucose < usual.glucose - 1.0
    assert secreting.insulin > 1.05 * usual.insulin


def test_growth_hormone_acts_on_the_liver_of_a_body():
    """Production rises before fatty acids have done much: Diabetologia 32:105 (1989)."""
    found = []
    for dose in ("0.001 mg", "0.9 mg"):
        drug = {"drug": "growth hormone intravenous", "dose": dose, "start": "0 h", "over": "4 h"}
        table = {"body": {"sex": "man", "age": "30 yr"}, "therapy": [drug], "run": {"duration": "1 min"}}
        assay = {"at": "4 h", "kind": "fasting"}
        found.append(BodyEngine(body_of(Scenario.from_table(table | {"assay": assay}))))
    before, after = found
    assert after.hormones.on_organs[0] < 0.75 * before.hormones.on_organs[0]
    assert after.fasting > before.fasting + 2.0
    state = after.state()
    before.restore(state)
    assert before.blood.production() == after.blood.production()  # what acts on organs is restored with hormones


def test_in_women_muscle_gains_more_and_in_the_obese_insulin_comes_late():
    body = Body.of()
    heavy = replace(body, person=MAN._replace(mass=102.0))
    women = replace(body, person=WOMAN)
    gain, rate = body.own_organs.muscle.in_vivo_gain, body.own_organs.muscle.interstitial_rate
    assert body.own_organs == body.organs
    assert women.own_organs.muscle.in_vivo_gain == pytest.approx(1.29 * gain)
    assert women.own_organs.fat == body.organs.fat
    assert heavy.own_organs.muscle.interstitial_rate == pytest.approx(rate * (78.0 / 102.0) ** 2)
    thin = replace(body, person=MAN._replace(mass=60.0))
    assert thin.own_organs == body.organs
