"""What liver and gut take up, and how a drink leaves the stomach."""

from dataclasses import replace

import pytest

from glut4sim.sim.body.blood import Blood, Given
from glut4sim.sim.body.body import Body
from glut4sim.sim.body.engine import BodyEngine
from glut4sim.sim.body.organs import Splanchnic, build
from glut4sim.sim.body.person import HEALTHY
from glut4sim.sim.body.protocols import ogtt

KG, MINUTES = 69.0, 210.0  # of Ferrannini et al. (1985), who gave 1 g/kg to drink


def test_of_what_is_absorbed_another_share_is_taken_than_of_what_is_in_the_arteries():
    bed = Splanchnic(0.03, 0.142, 0.2)
    assert bed.uptake(90.0, 0.0) == pytest.approx(0.03 * 0.142 * 90.0)
    assert bed.uptake(90.0, 4.0) - bed.uptake(90.0, 0.0) == pytest.approx(0.2 * 4.0)


def test_liver_and_gut_take_up_what_catheters_measured_fasting_and_after_1_g_per_kg():
    """5 and 19 g in 3.5 h with standard errors of 1 and 4 g; what the gut keeps is counted with it."""
    body = Body.of()
    engine = BodyEngine(replace(body, person=body.person._replace(mass=KG, lean_mass=53.0)), exchange=120.0)
    fasting = engine.blood.splanchnic_uptake() * MINUTES * KG / 1e3
    assert fasting == pytest.approx(5.0, abs=2.0)
    for _ in engine.follow(ogtt(KG), 60.0 * MINUTES):
        pass
    rest = engine.blood.states[1]
    assert (rest.used_by_splanchnic + rest.kept_by_gut) * KG / 1e3 == pytest.approx(19.0, abs=8.0)
    assert rest.kept_by_gut * KG / 1e3 < 11.0  # wrong: the gut alone


def test_a_drink_leaves_the_stomach_at_rates_of_its_own_until_a_meal_follows():
    organs = build()
    left = {}
    for drunk in (False, True):
        blood = Blood(organs, HEALTHY["man"])
        blood.be_at_rest(lambda glucose, insulin: 0.2 * glucose)
        blood.swallow(75.0, drunk)
        blood.advance(60.0, Given(), (0.8, 0.0))
        s = blood.states[0]
        left[drunk] = s.stomach_solid + s.stomach_liquid + s.gut
        assert blood.subject.absorption == (organs.drink if drunk else organs.gut).absorption
    assert left[True] < 0.8 * left[False]
    blood.swallow(10.0, drunk=False)
    assert blood.subject.absorption == organs.gut.absorption
