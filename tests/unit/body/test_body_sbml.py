"""The body as SBML: libsbml finds no fault, and libroadrunner runs it to the courses of the program."""

import libsbml
import pytest

from glut4sim.sim.body import cells, sbml
from glut4sim.sim.body.body import Body
from glut4sim.sim.body.protocols import Clamp, ogtt
from glut4sim.sim.body.simulate import simulate

MINUTES = 30
NAMES = ("glucose", "insulin", "production", "infusion", "muscle_uptake", "fat_uptake")


@pytest.fixture(autouse=True)
def few_bins(monkeypatch):
    """Of the cells, so that the document is small; the program's mean field has the same."""
    monkeypatch.setattr(cells, "BINS", 2)
    monkeypatch.setattr(cells, "CAPTURE_BINS", 1)


@pytest.fixture
def roadrunner():
    """Which compiles without optimising: seconds less."""
    module = pytest.importorskip("roadrunner")
    config = module.Config
    asked = {config.LLVM_BACKEND: config.LLJIT, config.LLJIT_OPTIMIZATION_LEVEL: 0}
    before = {key: config.getValue(key) for key in asked}
    for key, value in asked.items():
        config.setValue(key, value)
    yield module
    for key, value in before.items():
        config.setValue(key, value)


def test_a_clamp_runs_elsewhere_to_the_same_course(roadrunner):
    clamp = Clamp(duration=60.0 * MINUTES, primed=300.0, later=((1200.0, 80.0),))
    runner = roadrunner.RoadRunner(sbml.export(Body.of(), clamp))
    runner.integrator.absolute_tolerance = 1e-14  # glucose of a cell is a small part of what is outside
    runner.timeCourseSelections = ["time", *NAMES]
    found = runner.simulate(0, 60 * MINUTES, MINUTES + 1)
    expected = simulate(Body.of(), clamp, exchange=4.0).series
    for column, name in enumerate(NAMES, 1):
        late = pytest.approx(expected[name][15::15], rel=0.03, abs=0.03)  # by an exchange
        assert found[1:, column] == late, name  # the program infuses nothing before the first
    assert found[-1, 2] > 1.3 * found[15, 2]  # wrong: insulin is infused as at the start


def test_a_drink_is_in_the_stomach_at_the_start_and_the_document_has_no_fault():
    text = sbml.export(Body.of(), ogtt())
    document = libsbml.readSBMLFromString(text)
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, False)
    document.checkConsistency()
    assert document.getNumErrors(libsbml.LIBSBML_SEV_ERROR) == 0
    model = document.getModel()
    assert model.getParameter("stomach_liquid").getValue() == 75_000.0
    assert model.getParameter("meal_absorption").getValue() == Body.of().organs.drink.absorption
    assert model.getRateRuleByVariable("fat_insulin") is not None
    assert model.getParameter("clamp_target") is None
