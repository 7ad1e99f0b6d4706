"""Peak, area and half-life of a dose, against the closed forms of one compartment."""

import math

import pytest

from glut4sim.sim.endocrine import library
from glut4sim.sim.endocrine.exposure import exposure
from glut4sim.sim.endocrine.pharmacokinetics import Kinetics

HOUR = 3600.0


@pytest.mark.parametrize(("absorption", "elimination"), [(2.0, 0.1), (0.1, 2.0), (1.0, 1.0 + 1e-9)])  # 1/h
def test_of_a_dose_that_is_absorbed(absorption, elimination):
    ka, ke, amount, scale = absorption / HOUR, elimination / HOUR, 30.0, 0.5
    found = exposure(Kinetics(ka, ke, scale), amount)
    peak_time = math.log(ka / ke) / (ka - ke)
    peak = amount * scale * math.exp(-ke * peak_time)
    assert found.peak == pytest.approx(peak, rel=1e-4)
    assert found.peak_time == pytest.approx(peak_time, rel=1e-2)
    assert found.area == pytest.approx(amount * scale / ke, rel=1e-12)
    assert found.half_life == pytest.approx(math.log(2.0) / min(ka, ke), rel=1e-12)


def test_of_a_dose_into_a_vein():
    found = exposure(Kinetics(math.inf, 1.0 / HOUR, 2.0), 10.0)
    assert (found.peak, found.peak_time) == (20.0, 0.0)
    assert found.half_life == pytest.approx(math.log(2.0) * HOUR)


def test_a_second_phase_has_its_share_of_the_area_and_the_last_half_life():
    found = exposure(Kinetics(math.inf, 1.0 / HOUR, 2.0, 1, 0.1 / HOUR, 0.5), 10.0)
    assert found.area == pytest.approx(10.0 * (2.0 + 0.5 / 0.1) * HOUR)
    assert found.half_life == pytest.approx(math.log(2.0) / 0.1 * HOUR)


@pytest.mark.parametrize("name", library.drugs())
def test_doses_of_installed_drugs_come_to_something(name):
    drug = library.drugs()[name]
    found = exposure(drug.kinetics, drug.usual_amount)
    assert found.peak > 0.0
    if len(drug.kinetics.phases) == 1:  # else the last half-life may be that of a small part
        assert found.area >= found.peak * found.half_life * 0.5  # wider than a half-life at its mean height


def test_what_was_published_names_its_source_and_a_dose():
    published = [said for drug in library.drugs().values() for said in drug.published]
    assert len(published) >= 15
    for said in published:
        assert said.source
        assert said.amount > 0.0
        assert said.peak or said.peak_time or said.area or said.half_life
