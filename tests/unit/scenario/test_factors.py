"""The uncertain values of a scenario: which there are, over which range, and that a change reaches the model."""

from dataclasses import replace

import numpy as np
import pytest

from glut4sim.sim.endocrine import library
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario.factors import SUPPLY, changed, find_factors
from glut4sim.sim.scenario.scenario import Scenario

PULSE = Scenario.load("insulin-pulse")


def test_all_parameters_with_a_range_vary():
    factors, left_out = find_factors(PULSE)
    assert {f.name for f in factors} == set(PULSE.preset.parameters) - {SUPPLY}
    assert set(left_out) == {SUPPLY}
    taken = {f.name: f.is_log for f in factors}
    assert taken["vesicle.fuse"]  # 10 to 300
    assert not taken["vesicle.cell_radius"]  # 10 to 20
    assert not taken["vesicle.diffusion_stored"]  # 0 to 0.01
    for f in factors:
        np.testing.assert_allclose(f.at(np.array([0.0, 1.0])), [f.low, f.high], rtol=1e-12, atol=0.0)
        middle = np.sqrt(f.low * f.high) if f.is_log else (f.low + f.high) / 2.0
        assert f.at(np.array([0.5])) == pytest.approx(middle)


def test_patterns_choose_and_what_is_set_or_has_no_range_is_held(monkeypatch):
    scenario = Scenario.load("insulin-pulse", {"parameters.vesicle.fuse": "40 1/min"})
    preset = replace(scenario.preset, parameters=dict(scenario.preset.parameters))
    preset.parameters["vesicle.dock"] = replace(preset.parameters["vesicle.dock"], low=12.0, high=12.0)
    monkeypatch.setattr(Scenario, "preset", property(lambda self: preset))
    factors, left_out = find_factors(scenario, ("vesicle.fuse", "vesicle.fuse_t*", "vesicle.dock", "glucose.use"))
    assert [f.name for f in factors] == ["vesicle.fuse_transiently", "glucose.use"]
    assert left_out == {"vesicle.fuse": "the scenario sets it", "vesicle.dock": "its range has no width"}
    with pytest.raises(InputError, match=r"^--parameters: nothing is left to vary \(vesicle.dock: its range has no"):
        find_factors(scenario, ("vesicle.dock",))


def test_effects_that_act_or_might_vary_as_well():
    low = {"hormones.testosterone": "28 ng/dL"}
    factors, _ = find_factors(Scenario.load("insulin-pulse", low))
    found = {f.name: f for f in factors}
    effect = library.effects()["testosterone-pi3k"]
    assert found["testosterone-pi3k.gain"].value == effect.gain
    assert (found["testosterone-pi3k.gain"].low, found["testosterone-pi3k.gain"].high) == effect.plausible
    assert "lipolysis-ffa.power" in found
    assert "testosterone-women.gain" not in found
    assert library.effects()["testosterone-visceral-fat"].gain == 0.0
    assert found["testosterone-visceral-fat.gain"].value == 0.0
    held = Scenario.load("insulin-pulse", low | {"effects.testosterone-pi3k.gain": "0.5"})
    assert find_factors(held)[1]["testosterone-pi3k.gain"] == "the scenario sets it"


def test_values_reach_the_model():
    scenario = Scenario.load("insulin-pulse", {"hormones.testosterone": "28 ng/dL"})
    factors, _ = find_factors(scenario, ("vesicle.*", "testosterone-pi3k.gain"))
    for end in ("low", "high"):
        values = [getattr(f, end) for f in factors]
        values[[f.name for f in factors].index("vesicle.inner_radius")] = 8.0  # within the smallest cell
        other = changed(scenario, factors, values)
        assert other.preset.find("vesicle.fuse").value == getattr(PULSE.preset.find("vesicle.fuse"), end)
        assert other.parameter_set.vesicle.fuse != scenario.parameter_set.vesicle.fuse
        assert other.plan(0.0, 1).effects["testosterone-pi3k"].gain == values[-1]
    assert other.parameter_set.signalling.pi3k_reference > 1.01 * scenario.parameter_set.signalling.pi3k_reference
