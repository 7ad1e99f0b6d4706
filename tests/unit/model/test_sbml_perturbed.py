"""What the exported mean field is for: it has our units, names and sources, and rests anew when a parameter changes."""

import numpy as np
import pytest

from glut4sim.sim.model import mean_field, observables, sbml, sbml_words
from glut4sim.sim.scenario.scenario import Scenario

BINS = 6, 3
REST = 1e7  # s
PULSE = Scenario.load("insulin-pulse")
INSTANT = {"glucose_uptake_rate"}  # here at the moment, in results the mean since the record before


@pytest.fixture(scope="module")
def libsbml():
    return pytest.importorskip("libsbml")


@pytest.fixture(scope="module")
def runner(libsbml):
    roadrunner = pytest.importorskip("roadrunner")
    runner = roadrunner.RoadRunner(sbml.export(PULSE, *BINS))
    runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = 1e-9, 1e-14
    return runner


def theirs(runner, changes, names, times, rest=0.0):
    """Values (names, times) by libRoadRunner, of the document with parameters changed."""
    runner.resetToOrigin()
    for name, value in (changes | {"rest_until": rest}).items():
        runner[name] = value
    runner.timeCourseSelections = ["time", *names]
    if rest:
        runner.simulate(0.0, rest, 2)
    return np.array(runner.simulate(rest, rest + times[-1], len(times)))[:, 1:].T


def worst(found, expected):
    return max(np.abs(f - e).max() / (np.abs(e).max() or 1.0) for f, e in zip(found, expected, strict=True))


def test_what_results_have_is_there_by_the_same_name_and_unit(runner, libsbml):
    model = libsbml.readSBMLFromString(sbml.export(PULSE, *BINS)).getModel()
    times = np.arange(0.0, 1501.0, 50.0)
    trace = mean_field.solve(PULSE, times, 1e-8, *BINS)
    measured = observables.measure(trace, None, observables.mean_scale(PULSE))
    names = [o.name for o in observables.OBSERVABLES if o.dim is None and model.getElementBySId(o.name)]
    assert len(names) >= 18
    for o in observables.OBSERVABLES:
        if o.name in names and o.unit in sbml_words.UNITS:
            element = model.getElementBySId(o.name)
            unit = element.getSubstanceUnits() if hasattr(element, "getSubstanceUnits") else element.getUnits()
            assert unit == sbml_words.UNITS[o.unit].id, o.name
            assert element.getName()
    names = [name for name in names if name not in INSTANT]
    found = theirs(runner, {}, names, times)
    assert worst(found, [measured[name] for name in names]) < 1e-6
    assert measured["akt_active"].max() > 1.0  # percent


def test_a_changed_rate_starts_from_its_own_rest(runner):
    changed = PULSE.replaced({"parameters.vesicle.endocytose": "0.05 1/min", "parameters.signalling.pten": "20 1/min"})
    p = changed.parameter_set
    values = {"vesicle_endocytose": p.vesicle.endocytose, "signalling_pten": p.signalling.pten}
    times = np.arange(0.0, 1501.0, 50.0)
    trace = mean_field.solve(changed, times, 1e-8, *BINS)
    measured = observables.measure(trace, None, observables.mean_scale(changed))
    names = ["surface_glut4", "akt_active", "glucose_inside"]
    expected = [measured[name] for name in names]
    assert worst(theirs(runner, values, names, times, REST), expected) < 1e-5
    assert worst(theirs(runner, values, names, times), expected) > 0.1  # from the rest of what it was


def test_a_parameter_says_how_its_number_is_known(libsbml):
    model = libsbml.readSBMLFromString(sbml.export(PULSE, *BINS)).getModel()
    known = PULSE.preset.find("vesicle.fuse")
    said = model.getParameter("vesicle_fuse").getNotesString()
    assert known.evidence in said
    assert known.source.split(",")[0] in said
    assert model.getParameter("vesicle_fuse").getUnits() == "per_second"
    assert "rest_until" in model.getNotesString()
    assert model.getSpecies("pip3").getSubstanceUnits() == "percent"
