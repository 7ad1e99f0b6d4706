"""A COMBINE archive: its parts, faultless for libsedml, and run by libRoadRunner as it says to our own curves."""

import io
import sys
import zipfile
from xml.etree import ElementTree

import numpy as np
import pytest

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model import mean_field, omex, signalling
from glut4sim.sim.scenario.scenario import Scenario

libsedml = pytest.importorskip("libsedml")


@pytest.fixture(scope="module")
def scenario():
    return Scenario.load("insulin-pulse", {"run.duration": "20 min", "bath.insulin.2.0": "15 min"})


@pytest.fixture(scope="module")
def parts(scenario):
    with zipfile.ZipFile(io.BytesIO(omex.archive(scenario, scenario.run.duration))) as packed:
        return {name: packed.read(name).decode() for name in packed.namelist()}


def test_the_manifest_names_each_part(parts):
    rows = ElementTree.fromstring(parts["manifest.xml"])
    named = {row.get("location").removeprefix("./"): row.get("master") for row in rows}
    assert named.keys() - {"."} == parts.keys() - {"manifest.xml"}
    assert [name for name, master in named.items() if master] == ["simulation.sedml"]
    forms = {row.get("location"): row.get("format").rpartition("/")[2] for row in rows}
    assert forms["./simulation.sedml"] == "sed-ml"  # as COPASI knows it; with a version in it, it takes the SBML alone
    assert "Insulin pulse" in parts["metadata.rdf"]
    ElementTree.fromstring(parts["metadata.rdf"])


def test_the_same_scenario_gives_the_same_bytes(scenario):
    assert omex.archive(scenario, scenario.run.duration) == omex.archive(scenario, scenario.run.duration)


def test_libsedml_finds_no_fault(parts):
    document = libsedml.readSedMLFromString(parts["simulation.sedml"])
    assert [document.getError(i).getMessage() for i in range(document.getNumErrors())] == []
    assert document.getSimulation(0).getNumberOfSteps() == 20 * 60 // 5
    model = ElementTree.fromstring(parts["model.xml"])
    ids = {element.get("id"): element.tag.rpartition("}")[2] for element in model.iter() if element.get("id")}
    targets = [document.getDataGenerator(i).getVariable(0).getTarget() for i in range(1, 1 + len(omex.OBSERVED))]
    for target in targets:
        kind, name = target.rpartition("/sbml:")[2].removesuffix("']").split("[@id='")
        assert ids[name] == kind


def test_run_as_it_says_it_gives_our_curves(parts, scenario):
    """libRoadRunner's CVODE, with times and tolerances of the SED-ML: within 1e-6 of the largest value. With a point
    more or less, or its last one left out, times would not be ours."""
    roadrunner = pytest.importorskip("roadrunner")
    document = libsedml.readSedMLFromString(parts["simulation.sedml"])
    course = document.getSimulation(0)
    runner = roadrunner.RoadRunner(parts["model.xml"])
    tolerances = [float(course.getAlgorithm().getAlgorithmParameter(i).getValue()) for i in range(2)]
    runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = tolerances
    columns = ["pip3", "akt_active", "surface_glut4_percent"]
    runner.timeCourseSelections = ["time", *columns]
    start, end = course.getOutputStartTime(), course.getOutputEndTime()
    found = np.array(runner.simulate(start, end, course.getNumberOfSteps() + 1))
    times = np.arange(0.0, scenario.run.duration + 1.0, scenario.run.record_every)
    np.testing.assert_allclose(found[:, 0], times, rtol=1e-12)
    trace = mean_field.solve(scenario, times)
    signals = dict(zip(signalling.SPECIES, trace.signalling.T))
    expected = {"pip3": signals["pip3"], "akt_active": 100.0 * signals["akt_active"]}
    expected["surface_glut4_percent"] = 100.0 * trace.glut4_surface / scenario.parameter_set.vesicle.glut4_copies
    for i, name in enumerate(columns, 1):
        np.testing.assert_allclose(found[:, i], expected[name], atol=1e-6 * expected[name].max(), err_msg=name)


def test_without_libsedml_one_line_says_what_to_install(scenario, monkeypatch):
    monkeypatch.setitem(sys.modules, "libsedml", None)
    with pytest.raises(InputError, match=r"^export omex: needs python-libsedml; install it with: pip install "):
        omex.simulation(scenario, scenario.run.duration)
