"""Blood without cells: what the published model of meals does must come out where its own uptake is handed in."""

import numpy as np
import pytest

from glut4sim.sim.body.blood import Blood, Given, Rest, at_liver
from glut4sim.sim.body.organs import PMOL_PER_MU, build, organs_preset
from glut4sim.sim.body.person import HEALTHY
from glut4sim.sim.endocrine import meal
from glut4sim.sim.endocrine.meal import NORMAL, MealState
from glut4sim.sim.inputs.errors import InputError

PERSON = HEALTHY["man"]
# the liver and the clearance of the published model
PUBLISHED = {
    "liver.production": "2.7 mg/(kg*min)",
    "liver.glucose_effect": "0.0021 1/min",
    "liver.portal_effect": "0.0618 mg/min/pmol",
    "liver.fast_effect": "0 mg/(kg*min)",
    "liver.slow_effect": "0.009 mg/(kg*min)/pM",
    "splanchnic.extraction": "0 1",
    "splanchnic.first_pass": "0 1",
    "pancreas.dynamic": "2.3 pmol/kg/(mg/dL)",
    "glucose.to_tissue": "0.065 1/min",
    "glucose.from_tissue": "0.079 1/min",
    "kidney.threshold": f"{339.0 / 1.88!r} mg/dL",
}


def published():
    """The organs with the published clearance: that at which nothing is rescaled."""
    extraction = NORMAL.m6 - NORMAL.m5 * NORMAL.basal_secretion
    clearance = 1e3 * NORMAL.insulin_volume * (NORMAL.m4 + NORMAL.m2 * extraction)
    return build(values=PUBLISHED | {"insulin.clearance": f"{clearance!r} mL/(kg*min)"})


def test_with_the_published_uptake_a_meal_is_the_published_one():
    blood = Blood(published(), PERSON)
    start = meal.at_rest(NORMAL)
    insulin = start.insulin_plasma / NORMAL.insulin_volume
    blood.y = np.array([*start, *Rest(insulin_fast=insulin)])
    blood.swallow(78.0, drunk=False)
    action, found = start.insulin_action, [blood.glucose]
    for _ in range(4 * 240):  # of 15 s, with the uptake of its middle
        s = blood.states[0]
        now = s.insulin_plasma / NORMAL.insulin_volume - NORMAL.basal_insulin
        action = now + (action - now) * np.exp(-NORMAL.p2u * 0.25)
        uptake = (NORMAL.vm0 + NORMAL.vmx * action) * s.glucose_tissue / (NORMAL.km0 + s.glucose_tissue)
        blood.advance(0.25, Given(), (uptake, 0.0))
        found.append(blood.glucose)
    expected, _ = meal.solve([meal.Meal(0.0, 78.0)], 15.0 * np.arange(4 * 240 + 1))
    np.testing.assert_allclose(found, expected * meal.MG_PER_DL, atol=0.4)


def test_infused_insulin_rises_by_the_rate_over_the_clearance():
    """0.25 mU/kg/min raise insulin by 110 pM in healthy people: Sorensen 1985."""
    organs = build()
    blood = Blood(organs, PERSON)
    blood.be_at_rest(lambda glucose, insulin: 0.8)
    before, held = blood.insulin, Given(insulin=0.25 * PMOL_PER_MU, target=blood.glucose)  # so that secretion stays
    for _ in range(300):
        blood.advance(0.5, held, (0.8, 0.0))
    assert blood.insulin - before == pytest.approx(0.25 * PMOL_PER_MU * 1e3 / 13.6, rel=0.05)


def test_a_body_at_rest_stays_there():
    blood = Blood(build(), PERSON)
    blood.be_at_rest(lambda glucose, insulin: 0.2 * glucose)
    before = blood.y[: len(MealState._fields)].copy()
    blood.advance(120.0, Given(), (0.2 * blood.tissue_glucose, 0.0))
    np.testing.assert_allclose(blood.y[: len(before)], before, rtol=1e-9, atol=1e-9)


def test_a_body_that_no_glucose_keeps_at_rest_is_refused():
    with pytest.raises(ValueError, match="sign"):
        Blood(build(), PERSON).be_at_rest(lambda glucose, insulin: 50.0)


def test_the_fast_path_of_the_liver_saturates_and_production_is_never_negative():
    liver = build().liver
    low, half, high = (at_liver(liver, 100.0, 0.0, insulin, 0.0) for insulin in (0.0, liver.fast_half, 1e6))
    assert low - half == pytest.approx(0.5 * liver.fast_effect)
    assert low - high == pytest.approx(liver.fast_effect, rel=1e-3)
    assert at_liver(liver, 100.0, 1e3, 1e4, 1e4) == 0.0


def test_a_clamp_learns_nothing_while_it_wants_no_glucose():
    blood = Blood(build(), PERSON)
    blood.be_at_rest(lambda glucose, insulin: 0.2 * glucose)
    blood.advance(1.0, Given(target=blood.glucose - 20.0), (0.2 * blood.tissue_glucose, 0.0))
    assert (blood.states[1].feedback, blood.states[1].infused) == (0.0, 0.0)


def test_a_tissue_without_glucose_offers_none():
    blood = Blood(build(), PERSON)
    blood.y = np.zeros(len(MealState._fields) + len(Rest._fields))
    blood.y[MealState._fields.index("glucose_tissue")] = -1e-9
    assert blood.tissue_glucose == 0.0


def test_halving_the_parts_of_a_step_changes_next_to_nothing(monkeypatch):
    """As the rule is of fourth order; one of a lower order is not as near."""
    found = []
    for longest in (0.5, 0.25):
        monkeypatch.setattr("glut4sim.sim.body.blood.LONGEST", longest)
        blood = Blood(build(), PERSON)
        blood.be_at_rest(lambda glucose, insulin: 0.2 * glucose)
        blood.swallow(50.0, drunk=True)
        for _ in range(30):
            blood.advance(1.0, Given(), (2.0, 0.5))
        found.append(blood.y.copy())
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6, atol=1e-6)


def test_the_gut_keeps_its_share_of_a_meal():
    blood = Blood(build(), PERSON)
    blood.be_at_rest(lambda glucose, insulin: 0.2 * glucose)
    blood.swallow(50.0, drunk=True)
    for _ in range(144):
        blood.advance(10.0, Given(), (0.2 * blood.tissue_glucose, 0.0))
    kept = (1.0 - blood.subject.appearing) * 50e3 / PERSON.mass
    assert blood.states[1].kept_by_gut == pytest.approx(kept, rel=0.01)


def test_the_gain_in_the_body_rises_with_insulin_between_the_cells_from_one_to_its_most():
    tissue = build().muscle._replace(in_vivo_gain=5.0, gain_half=80.0, gain_hill=2.0)
    assert [tissue.gain(insulin) for insulin in (0.0, 80.0, 160.0)] == pytest.approx([1.0, 3.0, 1.0 + 4.0 * 0.8])


def test_values_are_overridden_by_name_and_faults_named():
    assert build(values={"muscle.in_vivo_gain": "2"}).muscle.in_vivo_gain == 2.0
    with pytest.raises(InputError, match=r"liver.produktion|production"):
        build(values={"liver.produktion": "2"})
    with pytest.raises(InputError, match="body"):
        organs_preset("helthy")
