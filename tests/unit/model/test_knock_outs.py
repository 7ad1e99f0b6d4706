"""Whatever is knocked out, the cell that is left has a state of rest, lives, and can be measured."""

import numpy as np
import pytest

from glut4sim.sim.model import observables
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.model.mean_field import systems
from glut4sim.sim.model.parameters import POSITIVE, load_preset
from glut4sim.sim.model.recorder import Recorder
from tests.support import small_scenario

FAT, MUSCLE = "human-adipocyte", "skeletal-muscle"  # the first has every step, the second has a fibre
SECTIONS = {"receptor": FAT, "signalling": FAT, "vesicle": FAT, "glucose": FAT, "fibre": MUSCLE}


def knocked_out(section):
    """Name and text of every parameter of a section that can be 0."""
    for name, parameter in load_preset(SECTIONS[section]).parameters.items():
        if name.startswith(f"{section}.") and name not in POSITIVE:
            yield name, f"0 {parameter.unit}" if parameter.unit != "1" else "0"


@pytest.mark.parametrize("section", SECTIONS)
def test_the_mean_field_rests_without_any_one_step(section):
    for name, none in knocked_out(section):
        p = load_preset(SECTIONS[section]).override({name: none}).build()
        for insulin in (0.0, 10.0):
            for _, system in systems(p, 3, 2):
                y = system.rest(insulin, 5.0)
                assert np.isfinite(y).all(), name
                assert y.min() >= -1e-9, name


@pytest.mark.parametrize("section", SECTIONS)
def test_agents_live_without_any_one_step(section):
    for name, none in knocked_out(section):
        scenario = small_scenario(
            insulin=[(0.0, 0.0), (1.0, 100.0)], step=0.5, vesicles=40, parameters={name: none}, preset=SECTIONS[section]
        )
        recorder = Recorder(Engine(scenario, seed=1))
        rows = recorder.advance(20)
        assert rows is not None
        for observable in observables.OBSERVABLES:
            assert np.isfinite(rows[observable.name]).all(), (name, observable.name)
