"""Clinical numbers against their definitions."""

import numpy as np
import pytest

from glut4sim.sim.body.body import Body
from glut4sim.sim.body.person import HEALTHY, Person
from glut4sim.sim.body.protocols import Clamp, ogtt
from glut4sim.sim.body.result import SERIES, UNITS, homa_beta, homa_ir, matsuda, numbers


def series(minutes, **given):
    """All 1, but for what is given."""
    ones = np.ones(len(minutes))
    return dict.fromkeys(SERIES, ones) | {"time": 60.0 * minutes} | given


def test_indices():
    assert homa_ir(4.5, 10.0) == 2.0
    assert homa_beta(4.5, 10.0) == 200.0
    assert np.isnan(homa_beta(3.5, 10.0))
    assert matsuda(np.full(5, 100.0), np.full(5, 10.0)) == pytest.approx(10.0)
    assert np.isnan(matsuda(np.full(5, 100.0), np.zeros(5)))


def test_a_milliunit_is_six_picomoles():
    found = numbers(Body.of(), Clamp(), series(np.arange(3.0), insulin=np.full(3, 60.0), glucose=np.full(3, 90.0)))
    assert found["fasting_insulin"] == 10.0
    given = Clamp(insulin=1.0, per_kg=True, primed=0.0).given(0.0, Person(), 90.0)
    assert given.insulin == 6.0
    man = HEALTHY["man"]
    per_surface = Clamp(insulin=40.0, primed=0.0).given(0.0, man, 90.0)
    assert per_surface.insulin == pytest.approx(240.0 * man.surface / man.mass)


def test_a_clamp_is_primed_at_each_step_but_one_down():
    steps = Clamp(insulin=10.0, per_kg=True, later=((600.0, 20.0), (900.0, 15.0)), primed=60.0)
    times = (0.0, 60.0, 599.0, 600.0, 660.0, 899.0, 900.0)
    rates = [steps.given(time, Person(), 90.0).insulin / 6.0 for time in times]
    assert rates == [20.0, 10.0, 10.0, 40.0, 20.0, 20.0, 15.0]
    assert Clamp(target=None).given(0.0, Person(), 97.0).target == 97.0


def test_m_is_what_is_infused_less_what_raises_plasma_glucose():
    body, minutes = Body.of(), np.arange(0.0, 121.0)
    rising = series(minutes, infusion=np.full(121, 5.0), glucose=90.0 + 0.1 * minutes, production=np.full(121, 2.0))
    found = numbers(body, Clamp(), rising)
    assert found["gir_2h"] == 5.0
    assert found["m_2h"] == pytest.approx(5.0 - 0.1 * body.organs.glucose.volume)
    assert found["m_per_lean_2h"] == pytest.approx(found["m_2h"] * 78.0 / 60.0)


def test_numbers_of_a_drink():
    minutes = np.arange(0.0, 121.0)
    peak = np.interp(minutes, [0.0, 60.0, 120.0], [90.0, 150.0, 90.0])
    found = numbers(Body.of(), ogtt(), series(minutes, glucose=peak, insulin=np.full(121, 60.0)))
    assert (found["glucose_peak"], found["glucose_peak_time"], found["glucose_30min"]) == (150.0, 60.0, 120.0)
    assert found["glucose_area_above_fasting"] == pytest.approx(60.0)
    assert found["matsuda"] == pytest.approx(1e4 / np.sqrt(90.0 * 10.0 * np.mean([90, 120, 150, 120, 90]) * 10.0))


def test_all_numbers_have_units_and_words():
    minutes = np.arange(0.0, 361.0)
    flat = series(minutes, glucose=np.full(361, 90.0), insulin=np.full(361, 60.0), production=np.ones(361))
    for protocol in (Clamp(), ogtt()):
        assert numbers(Body.of(), protocol, flat).keys() <= UNITS.keys()


def test_surface_of_a_body():
    assert Person("man", 70.0, 1.70, 55.0).surface == pytest.approx(1.81, abs=0.01)
