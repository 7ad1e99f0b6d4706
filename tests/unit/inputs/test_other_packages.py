"""Scenarios and presets of other packages, by their entry points."""

import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from glut4sim.sim.inputs import files
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model import observables, observables_elsewhere
from glut4sim.sim.model.parameters import PRESETS, load_preset
from glut4sim.sim.results import provenance, series_store
from glut4sim.sim.results.writer import Writer
from glut4sim.sim.scenario.scenario import SCENARIOS, Scenario
from tests.support import small_scenario

POINTS = """[glut4sim.presets]
lab = lab_cells.cells

[glut4sim.libraries]
lab = lab_cells.libraries

[glut4sim.observables]
lab_docked = lab_cells.measures:docked
lab_broken = lab_cells.measures:none_such
pip3 = lab_cells.measures:docked
lab_short = lab_cells.measures:short

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
MEASURES = '''def docked(records):
    """Docked vesicles."""
    return records.rows.vesicles[:, 3]


docked.unit = "vesicles"


def short(records):
    return [1.0]
'''


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A package that is installed, as importlib sees it."""
    for folder in ("scenarios", "cells", "libraries"):
        (tmp_path / "lab_cells" / folder).mkdir(parents=True)
        (tmp_path / "lab_cells" / folder / "__init__.py").touch()
    (tmp_path / "lab_cells" / "__init__.py").touch()
    (tmp_path / "lab_cells" / "scenarios" / "pulse.toml").write_text(SCENARIO)
    (tmp_path / "lab_cells" / "cells" / "ours.toml").write_text(PRESET)
    (tmp_path / "lab_cells" / "drugs.toml").write_text(LIBRARY)
    (tmp_path / "lab_cells" / "libraries" / "drugs.toml").write_text(LIBRARY.replace("adiponectin", "resistin"))
    (tmp_path / "lab_cells" / "measures.py").write_text(MEASURES)
    told = tmp_path / "lab_cells-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: lab-cells\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text(POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    caches = files._of_packages, observables_elsewhere.found
    for found in caches:
        found.cache_clear()
    yield
    for found in caches:
        found.cache_clear()
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


def test_a_library_is_named_as_it_is_installed(lab, tmp_path):
    (tmp_path / "mine.toml").write_text('extends = "fasting"\nlibrary = "lab/drugs"\n')
    assert "resistin" in Scenario.load(tmp_path / "mine.toml").hormone
    (tmp_path / "mine.toml").write_text('extends = "fasting"\nlibrary = "lab/drug"\n')
    with pytest.raises(InputError, match="there is no library"):
        Scenario.load(tmp_path / "mine.toml")


def test_observables_are_measured_and_a_broken_one_is_named_and_left_out(lab, caplog):
    found = observables_elsewhere.found(("pip3",))
    assert [one[:3] for one in found] == [
        ("lab_docked", "vesicles", "Docked vesicles"),
        ("lab_short", "1", "lab_short"),
    ]
    assert {one.package for one in found} == {"lab-cells 1.0"}
    assert "the observable lab_broken of lab-cells 1.0 is left out" in caplog.text
    assert "the observable pip3 of lab-cells 1.0 is left out" in caplog.text
    rows = SimpleNamespace(time=np.arange(3.0), vesicles=np.arange(21).reshape(3, 7))
    records = observables.Records(rows, None, None)
    assert found[0].measure(records).tolist() == [3.0, 10.0, 17.0]
    with pytest.raises(InputError, match=r"lab_short of lab-cells 1\.0 gives"):
        found[1].measure(records)


def test_they_are_columns_of_results(lab, tmp_path):
    """In a new interpreter, as what is recorded is known once."""
    code = (
        "from glut4sim.sim.model.observables import OBSERVABLES\n"
        "from glut4sim.sim.results import provenance, series_store\n"
        "print(OBSERVABLES[-2].name, series_store.WIDTH, series_store.COLUMNS['lab_short'], provenance._elsewhere())"
    )
    paths = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    there = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", code], env=there, capture_output=True, text=True, check=True)
    told = {"observables": {"lab_docked": "lab-cells 1.0", "lab_short": "lab-cells 1.0"}}
    assert done.stdout.strip() == f"lab_docked {series_store.WIDTH + 2} {series_store.WIDTH + 1} {told}"


def test_results_go_on_only_where_the_same_is_observed(lab, tmp_path, monkeypatch):
    scenario = small_scenario()
    Writer(scenario, tmp_path / "out", {"method": "agents"}).open()
    provenance.read_run(tmp_path / "out")
    monkeypatch.setattr(provenance, "ELSEWHERE", observables_elsewhere.found(("pip3",)))
    with pytest.raises(InputError, match=r"other observables were installed \(lab_docked of lab-cells 1.0, lab_short"):
        provenance.read_run(tmp_path / "out")


def test_without_it_there_is_none():
    assert "lab/pulse" not in SCENARIOS.names()
    assert not observables_elsewhere.found(())
