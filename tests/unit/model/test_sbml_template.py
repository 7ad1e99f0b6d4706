"""The document of all experiments: its rest, its speeds and its readings are those of the mean field."""

import numpy as np
import pytest

from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.sim.endocrine.modulation import STEPS, apply
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model import sbml_template, signalling
from glut4sim.sim.model.fluxes import shell
from glut4sim.sim.model.mean_field import System
from glut4sim.sim.model.sbml_template import FreeEffect, Reading, Template, identifier
from glut4sim.sim.scenario.scenario import Scenario
from tests.support import PARAMETERS

BINS = 5, 3
INSULIN = 1.0  # nM at rest, so that signalling is not silent
VARIED = {
    "vesicle.diffusion_mobile",
    "vesicle.drift_mobile",
    "vesicle.drift_endocytosed",
    "vesicle.fuse",
    "signalling.pten",
}
STEPS_TOLD = {name: step.parameters for name, step in STEPS.items()}
GAIN = FreeEffect("testosterone-pi3k.gain", 0.5, "pi3k")
SURFACE = Reading("surface", "surface_glut4", (), 100.0, 300.0, 10.0)
FUSIONS = Reading("speed", "60 * {fusions}", ("fusions",), 60.0, 300.0, 10.0)
TEMPLATE = Template(PARAMETERS, {"insulin": 1, "step_akt": 1}, STEPS_TOLD, VARIED, (SURFACE, FUSIONS), (GAIN,))


def document(template=TEMPLATE):
    return sbml_template.export(Scenario.load("insulin-pulse"), template, *BINS)


@pytest.fixture(scope="module")
def runner():
    """libRoadRunner with the document."""
    roadrunner = pytest.importorskip("roadrunner")
    found = roadrunner.RoadRunner(document())
    found.integrator.relative_tolerance = 1e-11
    found.integrator.absolute_tolerance = 1e-16
    return found


@pytest.fixture(scope="module")
def changed():
    """A cell that differs in what the document lets vary, and in its hormones; and its numbers in the document."""
    changes = {
        "vesicle.diffusion_mobile": "0.02 um**2/s",
        "vesicle.drift_mobile": "0.01 um/s",
        "vesicle.drift_endocytosed": "0.02 um/s",
        "vesicle.fuse": "8 1/min",
        "signalling.pten": "60 1/min",
    }
    scenario = Scenario.load("insulin-pulse").replaced({f"parameters.{k}": v for k, v in changes.items()})
    cell = scenario.preset.build()
    values = {identifier(name): getattr(getattr(cell, name.split(".")[0]), name.split(".")[1]) for name in changes}
    values |= {"step_akt": 0.8, "testosterone_pi3k_gain_seen": 0.6, "testosterone_pi3k_gain_healthy": 0.4}
    hormones = {"akt": 0.8, "pi3k": (1.0 + 0.5 * 0.6) / (1.0 + 0.5 * 0.4)}
    return apply(cell, hormones), values


def enter(runner, values, resting):
    runner.resetToOrigin()
    for name, value in (values | {"resting": float(resting)}).items():
        runner[name] = value


def rest(runner, values):
    enter(runner, {"insulin": INSULIN} | values, resting=True)
    runner.simulate(0.0, 1e8, 2)
    rates = ["fusions", "transient_fusions", "glucose_net_influx"]
    return {name: runner[name] for name in [*runner.model.getFloatingSpeciesIds(), *signalling.SPECIES, *rates]}


def states(parameters):
    """The mean field's rest in the document's names."""
    space = shell(parameters.vesicle, *BINS)
    system = System(parameters, space)
    receptors, signals, vesicles, sugar = system.split(system.rest(INSULIN, 5.0))
    found = dict(zip(signalling.SPECIES, signals))
    for name, kind, fractions in (("receptor", receptor, receptors), ("glucose", glucose, sugar)):
        found |= {f"{name}_{s.name.lower()}": fractions[s] for s in kind.State}
    for s in vesicle.State:
        bins = [sum(BINS) - 1] if space.at_edge[s] else range(sum(BINS))
        found |= {f"vesicle_{s.name.lower()}_{b}": vesicles[s, b] for b in bins}
    return found


def worst(found, expected):
    return max(abs(found[name] - value) / max(abs(value), 1e-6) for name, value in expected.items())


def test_libsbml_finds_no_fault():
    libsbml = pytest.importorskip("libsbml")
    read = libsbml.readSBMLFromString(document())
    read.checkConsistency()
    faults = [read.getError(i) for i in range(read.getNumErrors())]
    assert [f.getMessage() for f in faults if f.getSeverity() >= libsbml.LIBSBML_SEV_ERROR] == []


def test_the_rest_is_that_of_the_mean_field_whatever_the_parameters(runner, changed):
    parameters, values = changed
    found = rest(runner, values)
    assert worst(found, states(parameters)) < 1e-6  # the mean field's own error is 1e-7
    assert found["fusions"] == found["glucose_net_influx"] == found["glucose_used"] == 0.0
    assert worst(found, states(PARAMETERS)) > 0.1


@pytest.mark.parametrize(
    "name", ["vesicle_diffusion_mobile", "vesicle_drift_mobile", "vesicle_drift_endocytosed", "testosterone_pi3k_gain"]
)
def test_a_value_off_by_a_thousandth_would_be_seen_in_the_rest(runner, changed, name):
    parameters, values = changed
    off = values | {name: values.get(name, GAIN.value) * 1.001}
    assert worst(rest(runner, off), states(parameters)) > 1e-6


def test_motion_without_diffusion_and_without_drift_is_that_of_the_mean_field(runner):
    for diffusion, drift in ((0.0, 0.01), (0.01, 0.0)):
        cell = PARAMETERS._replace(vesicle=PARAMETERS.vesicle._replace(diffusion_mobile=diffusion, drift_mobile=drift))
        found = rest(runner, {"vesicle_diffusion_mobile": diffusion, "vesicle_drift_mobile": drift})
        assert worst(found, states(cell)) < 1e-6


def test_readings_are_means_over_records(runner):
    resting = rest(runner, {})
    enter(runner, {"insulin_at_1": 100.0, "insulin_to_1": 10.0} | resting, resting=False)
    runner.timeCourseSelections = ["time", "surface_glut4", "fusions", "surface", "speed"]
    path = np.array(runner.simulate(0.0, 400.0, 41))
    surface = path[(path[:, 0] >= 100.0) & (path[:, 0] <= 300.0), 1].mean()
    assert path[-1, 3] == pytest.approx(surface, rel=1e-9)
    assert path[-1, 4] == pytest.approx(60.0 * (path[30, 2] - path[5, 2]) / 250.0, rel=1e-9)
    assert path[-1, 3] != pytest.approx(path[20, 1], rel=1e-3)


def test_what_shapes_the_bins_cannot_vary():
    with pytest.raises(InputError, match=r"^vesicle\.cell_radius: it shapes the radial bins"):
        document(TEMPLATE._replace(varied={"vesicle.cell_radius"}))
