"""Cells differ as much as a scenario says, and each replicate is the same cell whatever else changes."""

import numpy as np
import pytest

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.model.mean_field import solve
from glut4sim.sim.model.membranes import membranes, volume
from glut4sim.sim.model.parameters import load_preset
from glut4sim.sim.model.variability import Individual, apply, draw, overrides
from glut4sim.sim.scenario.scenario import Scenario
from tests.support import PARAMETERS

CELL = {"vesicles": 400, "receptors": 1000, "glucose_agents": 100}


def scenario(**cell):
    bath = {"insulin": "1 nM"}
    return Scenario.from_table({"cell": CELL | cell, "bath": bath, "run": {"duration": "1 min", "step": "0.5 s"}})


def test_without_variation_nothing_changes():
    assert draw(scenario().cell, 1, 5) == Individual()
    assert apply(PARAMETERS, Individual()) is PARAMETERS


def test_factors_have_mean_one_and_the_variation_given():
    cell = scenario(receptors_cv=0.3, glut4_cv=0.8, volume_cv=0.1).cell
    factors = np.array([draw(cell, 1, replicate) for replicate in range(4000)])
    error = np.array([0.3, 0.8, 0.1]) / np.sqrt(4000)
    assert np.all(np.abs(factors.mean(axis=0) - 1.0) < 4.0 * error)
    assert factors.std(axis=0) == pytest.approx([0.3, 0.8, 0.1], rel=0.15)
    normal = factors.std(axis=0) / np.exp(np.log(factors).std(axis=0))  # the wrong model: s = cv, not ln(1 + cv^2)
    assert np.log(factors).std(axis=0)[1] == pytest.approx(np.sqrt(np.log1p(0.8**2)), rel=0.05)
    assert normal[1] != pytest.approx(0.8, rel=0.05)
    assert np.abs(np.corrcoef(factors.T)[np.triu_indices(3, 1)]).max() < 0.06
    assert factors.min() > 0.0


def test_a_replicate_is_the_same_cell_in_every_scenario():
    one, other = scenario(receptors_cv=0.5, volume_cv=0.2).cell, scenario(receptors_cv=0.5, glut4_cv=0.4).cell
    assert draw(one, 7, 3).receptors == draw(other, 7, 3).receptors
    assert draw(one, 7, 3) != draw(one, 7, 4)
    assert draw(one, 7, 3) != draw(one, 8, 3)


def test_the_engine_makes_that_cell():
    varied = scenario(receptors_cv=0.5, glut4_cv=0.5, volume_cv=0.5)
    for replicate in range(3):
        who = draw(varied.cell, 1, replicate)
        engine = Engine(varied, seed=1, replicate=replicate)
        assert len(engine.receptors) == round(1000 * who.receptors)
        copies = PARAMETERS.vesicle.glut4_copies * who.glut4
        assert engine.glut4_total == pytest.approx(copies, abs=5.0 * np.sqrt(copies))
        v = engine.vesicles
        radius = np.sqrt(v.x**2 + v.y**2 + v.z**2)
        assert radius.max() == pytest.approx(15.0 * who.volume ** (1 / 3), rel=1e-3)
        assert radius.min() >= 12.0 * who.volume ** (1 / 3) * (1.0 - 1e-5)


def test_more_receptors_signal_more():
    active = {}
    for replicate in range(6):
        engine = Engine(scenario(receptors_cv=0.6), seed=2, replicate=replicate)
        active[engine.individual.receptors] = engine.advance(100).signalling[-1, 0]
    order = sorted(active)
    assert np.corrcoef(order, [active[factor] for factor in order])[0, 1] > 0.9
    assert active[order[-1]] > 1.2 * active[order[0]]


def test_a_cell_with_half_the_receptors_has_half_the_agents_and_half_the_signal():
    """In the mean field too. What an own share of them says (receptors_active) does not change."""
    few = Scenario.from_table(
        {
            "cell": CELL,
            "bath": {"insulin": "1 nM"},
            "run": {"duration": "1 min", "step": "0.5 s"},
            "parameters": {"receptor.copies": "0.5"},
        }
    )
    engine, whole = Engine(few, seed=2), Engine(scenario(), seed=2)
    assert (len(engine.receptors), len(whole.receptors)) == (500, 1000)
    assert engine.advance(100).signalling[-1, 0] < 0.7 * whole.advance(100).signalling[-1, 0]
    half, full = (solve(cell, [0.0, 60.0]) for cell in (few, scenario()))
    np.testing.assert_allclose(half.receptors, 0.5 * full.receptors, rtol=1e-9)
    assert half.signalling[0, 0] < 0.7 * full.signalling[0, 0]


@pytest.mark.parametrize("value", [-0.1, 2.5, "0.3", True])
def test_a_variation_is_a_plain_number(value):
    with pytest.raises(InputError, match=r"cell.glut4_cv: expected a number from 0 to 2, got"):
        scenario(glut4_cv=value)


@pytest.mark.parametrize("name", ["adipocyte", "skeletal-muscle"])
def test_overrides_make_the_same_cell_and_its_receptors_count_more_in_signalling(name):
    who = Individual(receptors=1.6, glut4=0.7, volume=1.9)
    preset = load_preset(name)
    cell, applied = preset.override(overrides(preset, who)).build(), apply(preset.build(), who)
    for section, own in applied._asdict().items():
        for name, value in own._asdict().items():
            expected = value * 1.6 if name == "copies" else value
            assert getattr(getattr(cell, section), name) == pytest.approx(expected, rel=1e-12), name


def test_t_tubules_grow_with_the_cross_section():
    """So that they cover as much of it as in the mean cell; the fibre is as thick a slice as before."""
    mean = load_preset("skeletal-muscle").build()
    large = apply(mean, Individual(volume=2.0))
    assert large.fibre.tubule_area == 2.0 * mean.fibre.tubule_area
    assert large.fibre.thickness == mean.fibre.thickness
    assert volume(large) == pytest.approx(2.0 * volume(mean))
    covers = [membranes(parameters)[1].cover for parameters in (mean, large)]
    assert covers[1] == pytest.approx(covers[0])
