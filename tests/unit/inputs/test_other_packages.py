"""Scenarios and presets of other packages, by their entry points."""

import sys

import pytest

from glut4sim.sim.inputs import files
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model.parameters import PRESETS, load_preset
from glut4sim.sim.scenario.scenario import SCENARIOS, Scenario

POINTS = """[glut4sim.presets]
lab = lab_cells.cells

[glut4sim.scenarios]
lab = lab_cells.scenarios
gone = lab_that_is_gone.scenarios
"""
SCENARIO = 'title = "Ours"\nextends = "insulin-pulse"\nlibrary = "../drugs.toml"\n[cell]\npreset = "lab/ours"\n'
LIBRARY = """[hormone.adiponectin]
title = "Adiponectin"
unit = "ug/mL"
man = "6 ug/mL"
woman = "9 ug/mL"
half_life = "2.5 h"
source = "ourselves"
evidence = "assumed"
"""
PRESET = """title = "Our cell"
extends = "adipocyte"
[vesicle.fuse]
value = 7
unit = "1/min"
range = [1, 20]
source = "ourselves"
evidence = "measured"
"""


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A package that is installed, as importlib sees it."""
    for folder in ("scenarios", "cells"):
        (tmp_path / "lab_cells" / folder).mkdir(parents=True)
        (tmp_path / "lab_cells" / folder / "__init__.py").touch()
    (tmp_path / "lab_cells" / "__init__.py").touch()
    (tmp_path / "lab_cells" / "scenarios" / "pulse.toml").write_text(SCENARIO)
    (tmp_path / "lab_cells" / "cells" / "ours.toml").write_text(PRESET)
    (tmp_path / "lab_cells" / "drugs.toml").write_text(LIBRARY)
    told = tmp_path / "lab_cells-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: lab-cells\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text(POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    files._of_packages.cache_clear()
    yield
    files._of_packages.cache_clear()
    for name in [name for name in sys.modules if name.startswith("lab_cells")]:
        del sys.modules[name]


def test_they_are_found_behind_the_name_of_their_entry_point(lab):
    assert "lab/pulse" in SCENARIOS.names()
    assert "lab/ours" in PRESETS.names()
    assert "insulin-pulse" in SCENARIOS.names()
    scenario = Scenario.load("lab/pulse")
    assert (scenario.title, scenario.cell.preset) == ("Ours", "lab/ours")
    assert "adiponectin" in scenario.hormone
    assert [name for name in SCENARIOS.names() if name.startswith("lab/")] == ["lab/pulse"]
    assert load_preset("lab/ours").find("vesicle.fuse").value == 7
    assert scenario.parameter_set.vesicle.fuse == pytest.approx(7 / 60)


def test_a_package_that_is_gone_hides_no_other(lab):
    assert not [name for name in SCENARIOS.names() if name.startswith("gone/")]
    with pytest.raises(InputError, match="gone/pulse"):
        Scenario.load("gone/pulse")


def test_without_it_there_is_none():
    assert "lab/pulse" not in SCENARIOS.names()
