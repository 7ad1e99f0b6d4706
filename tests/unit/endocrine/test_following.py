"""Hormones that are stepped while somebody else says what insulin is."""

import numpy as np
import pytest

from glut4sim.sim.endocrine import library
from glut4sim.sim.endocrine.following import Following
from glut4sim.sim.endocrine.model import Plan, solve
from glut4sim.sim.endocrine.pharmacokinetics import Dose
from glut4sim.sim.inputs.schedule import Schedule

HOUR = 3600.0
INSULIN = ((0.0, HOUR, 3 * HOUR), (30.0, 500.0, 12.0))  # pM
LIPID = {"lipid emulsion": (Dose(0.5 * HOUR, 20.0, 2 * HOUR),)}


def test_it_goes_as_if_insulin_had_been_known_beforehand():
    plan = Plan(doses=LIPID)
    times = 60.0 * np.arange(361)
    expected = solve(Plan(doses=LIPID, insulin=Schedule(*INSULIN)), times)
    following = Following(plan, 10 * 60.0, 6 * HOUR)
    assert following.time == 600.0
    for k in range(11, 361):
        factors = following.advance(times[k], Schedule(*INSULIN).at(times[k - 1]))
        assert {step: pytest.approx(factor, rel=1e-4) for step, factor in factors.items()} == {
            step: course[k] for step, course in expected.factors.items()
        }
    for name, course in expected.levels.items():
        assert following.now.levels[name] == pytest.approx(course[-1:], rel=1e-4)


def test_insulin_holds_fatty_acids_down_within_half_an_hour_and_as_its_effect_says():
    on_lipolysis, on_plasma = (library.effects()[name] for name in ("insulin-lipolysis", "insulin-ffa"))

    def strength(insulin):
        left = 1.0 / (1.0 + 0.5 / on_lipolysis.opposed_half)  # of its effect on lipolysis, with growth hormone of a man
        of = [insulin**e.hill / (e.half**e.hill + insulin**e.hill) for e in (on_lipolysis, on_plasma)]
        return (1.0 + on_lipolysis.gain * left * of[0]) * (1.0 + on_plasma.gain * of[1])

    following = Following(Plan(), 0.0, 24 * HOUR)
    for minute in range(1, 31):
        following.advance(60.0 * minute, 500.0)
    quarter = strength(500.0) / strength(30.0)
    assert 0.2 < quarter < 0.3
    half = 0.5 * (1.0 + quarter)
    assert quarter < following.now.levels["ffa"][0] / 0.5 < half
    following.advance(12 * HOUR, 500.0)
    assert following.now.levels["ffa"][0] == pytest.approx(0.5 * quarter, rel=1e-6)


def test_it_does_not_go_back_nor_beyond_its_span():
    following = Following(Plan(), 0.0, HOUR)
    for until in (0.0, 2 * HOUR):
        with pytest.raises(ValueError, match="until"):
            following.advance(until, 30.0)
