"""The mean field as SBML: its formulas are the model's functions, libsbml finds no fault, another simulator agrees."""

import sys

import numpy as np
import pytest

from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model import mean_field, sbml, signalling
from glut4sim.sim.model.formulas import Formula, symbolic
from glut4sim.sim.model.parameters import PRESETS
from glut4sim.sim.scenario.scenario import Scenario
from tests.support import PARAMETERS, small_scenario

FUNCTIONS = {  # each with the named tuples, or lists of so many numbers, that it takes
    "receptor.rates": (receptor.rates, [receptor.Environment, receptor.Parameters]),
    "vesicle.rates": (vesicle.rates, [vesicle.Environment, vesicle.Parameters]),
    "glucose.rates": (glucose.rates, [glucose.Environment, glucose.Parameters]),
    "glucose.environment": (glucose.environment, [4, 1, 1, glucose.Parameters]),
    "glucose.clearance": (glucose.clearance, [1, 1, glucose.Parameters]),
}


# ---- formulas from functions ----


def arguments(kinds, rng):
    """Numbers, and formulas of their names, for a function's arguments; and what the names stand for."""
    values, formulas, names = [], [], {}
    for place, kind in enumerate(kinds):
        fields = [f"a{place}_{n}" for n in range(kind if isinstance(kind, int) else len(kind._fields))]
        numbers = np.exp(rng.normal(0.0, 1.0, len(fields)))
        names |= dict(zip(fields, numbers, strict=True))
        if kind == 1:
            values.append(numbers[0])
            formulas.append(Formula(fields[0]))
        else:
            make = tuple if isinstance(kind, int) else lambda found, kind=kind: kind(*found)
            values.append(make(numbers.tolist()))
            formulas.append(make(list(map(Formula, fields))))
    return values, formulas, names


def evaluate(formula, names):
    """A formula's number, by Python's own arithmetic."""
    functions = {"piecewise": lambda if_true, condition, otherwise: if_true if condition else otherwise}
    return eval(str(formula), {"__builtins__": {}}, functions | names)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_formulas_equal_the_compiled_functions(name):
    function, kinds = FUNCTIONS[name]
    rng = np.random.default_rng(3)
    for _ in range(20):
        values, formulas, names = arguments(kinds, rng)
        expected, found = function(*values), symbolic(function)(*formulas)
        expected, found = (np.atleast_1d(expected), found) if isinstance(found, tuple) else ([expected], [found])
        assert [evaluate(f, names) for f in found] == pytest.approx(list(expected), rel=1e-12)


@pytest.mark.parametrize("pip3", [0.1, 3.0])  # below and above the basal level, where recruitment begins
def test_the_signalling_formulas_equal_the_compiled_derivative(pip3):
    rng = np.random.default_rng(4)
    species = rng.uniform(0.0, 0.3, len(signalling.SPECIES))
    species[signalling.SPECIES.index("pip3")] = pip3
    expected, found = np.empty(len(species)), [None] * len(species)
    signalling.derivative(species, 0.4, 0.3, PARAMETERS.signalling, expected)
    parameters = signalling.Parameters(*map(Formula, signalling.Parameters._fields))
    symbolic(signalling.derivative)(
        [Formula(n) for n in signalling.SPECIES], Formula("active"), Formula("liganded"), parameters, found
    )
    names = (
        dict(zip(signalling.SPECIES, species, strict=True))
        | PARAMETERS.signalling._asdict()
        | {"active": 0.4, "liganded": 0.3}
    )
    assert [evaluate(f, names) for f in found] == pytest.approx(expected.tolist(), rel=1e-12, abs=1e-15)


def test_formulas_keep_the_order_of_operations():
    a, b, c = map(Formula, "abc")
    names = {"a": 7.0, "b": 3.0, "c": 2.0}
    for formula, value in (
        (a - (b - c), 6.0),
        (a / (b / c), 7.0 / 1.5),
        (2.0 - a, -5.0),
        (1.0 / (a + b) * c, 0.2),
        (-a + b, -4.0),
        (-(a + b), -10.0),
        (a - -1e-20, 7.0),
    ):
        assert evaluate(formula, names) == pytest.approx(value)


def test_a_function_that_formulas_cannot_express_is_refused():
    import math

    from numba import njit

    @njit
    def curved(x):
        return math.exp(x)

    with pytest.raises(TypeError):
        symbolic(curved)(Formula("x"))


# ---- the document ----


@pytest.fixture(scope="module")
def libsbml():
    return pytest.importorskip("libsbml")


def faults(libsbml, text):
    """What libsbml's consistency checks call an error, units and all."""
    document = libsbml.readSBMLFromString(text)
    document.checkConsistency()
    return [
        document.getError(i).getMessage()
        for i in range(document.getNumErrors())
        if document.getError(i).getSeverity() >= libsbml.LIBSBML_SEV_ERROR
    ]


@pytest.mark.parametrize("preset", PRESETS.names())
def test_libsbml_finds_no_fault(libsbml, preset):
    scenario = Scenario.load("insulin-pulse", {"cell.preset": preset})
    assert faults(libsbml, sbml.export(scenario, bins=4, capture_bins=2)) == []


def test_libsbml_would_find_one(libsbml):
    text = sbml.export(Scenario.load("fasting"), bins=4, capture_bins=2)
    assert faults(libsbml, text) == []
    assert faults(libsbml, text.replace('id="receptor_bound"', 'id="receptor_free"', 1)) != []


def test_the_document_says_what_it_is(libsbml):
    model = libsbml.readSBMLFromString(sbml.export(Scenario.load("insulin-pulse"))).getModel()
    assert model.getName() == "glut4sim mean field: Insulin pulse, 15 min"
    events = [model.getEvent(i) for i in range(model.getNumEvents())]
    assert [event.getId() for event in events] == ["insulin_1", "insulin_2"]
    assert model.getParameter("insulin").getValue() == 0.0
    assert [model.getParameter(f"insulin_to_{n}").getValue() for n in (1, 2)] == [100.0, 0.0]
    assert model.getParameter("vesicle_fuse").getName() == "vesicle.fuse [1/s]"
    assert model.getParameter("vesicle_fuse").getValue() == pytest.approx(PARAMETERS.vesicle.fuse, rel=1e-14)
    ids = [model.getParameter(i).getId() for i in range(model.getNumParameters())]
    assert {"receptors_active", "surface_glut4", "surface_glut4_percent", "vesicle_mobile"} <= set(ids)


def test_parameters_that_hormones_change_during_the_run_are_events(libsbml):
    """Fatty acids block PI3K for hours: its parameter changes, and no other."""
    lipid = {"drug": "lipid emulsion", "dose": "90 g", "over": "6 h"}
    scenario = Scenario.from_table({"run": {"duration": "6 h"}, "therapy": [lipid]})
    courses = scenario.parameter_schedule
    text = sbml.export(scenario, bins=4, capture_bins=2)
    assert faults(libsbml, text) == []
    model = libsbml.readSBMLFromString(text).getModel()
    found = [model.getEvent(i) for i in range(model.getNumEvents())]
    of_pi3k = [event for event in found if event.getId().startswith("signalling_pi3k_reference_")]
    assert len(of_pi3k) > 10
    last = libsbml.formulaToL3String(of_pi3k[-1].getEventAssignment(0).getMath())
    assert float(last) == pytest.approx(courses.values[-1].signalling.pi3k_reference)
    trigger = libsbml.formulaToL3String(of_pi3k[-1].getTrigger().getMath())
    assert float(trigger.split()[-1].rstrip(")")) == courses.times[-1]
    assert not model.getParameter("signalling_pi3k_reference").getConstant()
    assert model.getParameter("signalling_pten").getConstant()
    assert model.getParameter("signalling_pi3k_reference").getValue() == courses.values[0].signalling.pi3k_reference


def test_without_libsbml_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "libsbml", None)
    with pytest.raises(InputError, match=r"^export sbml: needs python-libsbml; install it with: pip install "):
        sbml.export(small_scenario())


# ---- another simulator ----


@pytest.fixture(scope="module")
def road_runner():
    """libRoadRunner with the exported insulin pulse; its CVODE three orders more exact than what is asked."""
    roadrunner = pytest.importorskip("roadrunner")
    runner = roadrunner.RoadRunner(sbml.export(Scenario.load("insulin-pulse")))
    runner.integrator.relative_tolerance = 1e-9
    runner.integrator.absolute_tolerance = 1e-14
    return runner


def named(share):
    """What the export calls a share of 1."""
    return f"{share}_share" if share in sbml.TAKEN else share


@pytest.fixture(scope="module")
def ours():
    """Our own solution of the insulin pulse, every 10 s: times, and every state by the name it has in the export."""
    scenario = Scenario.load("insulin-pulse")
    times = np.arange(0.0, 3901.0, 10.0)
    trace = mean_field.solve(scenario, times)
    states = {named(name): trace.signalling[:, i] for i, name in enumerate(signalling.SPECIES)}
    for name, kind, counts, total in (
        ("receptor", receptor, trace.receptors, scenario.cell.receptors),
        ("vesicle", vesicle, trace.vesicles, scenario.cell.vesicles),
        ("glucose", glucose, trace.glucose, scenario.cell.glucose_agents),
    ):
        states |= {named(f"{name}_{state.name.lower()}"): counts[:, state] / total for state in kind.State}
    return times, states | {"surface_glut4": trace.glut4_surface}


def largest_difference(runner, times, states):
    """Over all states and times, relative to the state's largest value."""
    runner.timeCourseSelections = ["time", *states]
    theirs = np.array(runner.simulate(times[0], times[-1], len(times)))
    np.testing.assert_allclose(theirs[:, 0], times)
    return max(
        np.abs(theirs[:, i] - values).max() / (values.max() or 1.0) for i, values in enumerate(states.values(), 1)
    )


def test_libroadrunner_gets_the_same_curves(road_runner, ours):
    road_runner.resetToOrigin()
    assert largest_difference(road_runner, *ours) < 1e-6


def test_another_dose_is_another_value_of_a_parameter(road_runner):
    """As our own solution of the scenario with that dose and that time: the events give what is set, not what was."""
    road_runner.resetToOrigin()
    road_runner["insulin_to_1"], road_runner["insulin_at_2"] = 2.0, 1200.0
    changed = Scenario.load("insulin-pulse", {"bath.insulin": "2 nM"}).replaced({"bath.insulin.2.0": "20 min"})
    times = np.arange(0.0, 3901.0, 60.0)
    trace = mean_field.solve(changed, times)
    assert largest_difference(road_runner, times, {"surface_glut4": trace.glut4_surface}) < 1e-6


@pytest.mark.parametrize("parameter", ["vesicle_fuse", "receptor_bind_first", "signalling_pten", "glucose_use"])
def test_a_parameter_off_by_a_ten_thousandth_would_be_seen(road_runner, ours, parameter):
    road_runner.resetToOrigin()
    road_runner[parameter] *= 1.0001
    assert largest_difference(road_runner, *ours) > 1e-6


@pytest.mark.parametrize(
    "changes",
    [{}, {"fibre.tubule_share": "1", "fibre.tubule_delay": "2 min"}, {"fibre.tubule_area": "0 um**2"}],
)
def test_a_slice_of_a_fibre_is_followed_membrane_by_membrane(changes):
    """In plasma and with contraction, against the mean field by libRoadRunner: within 2e-3 of the largest value, as
    insulin in T-tubules rises steadily there and in steps of a minute here."""
    roadrunner = pytest.importorskip("roadrunner")
    content = {
        "bath": {
            "insulin": [["0 min", "0 nM"], ["2 min", "2 nM"]],
            "contraction": [["0 min", "0"], ["12 min", "0.5"]],
            "plasma": True,
        },
        "run": {"duration": "40 min"},
        "cell": {"preset": "skeletal-muscle"},
        "parameters": changes,
    }
    scenario, times = Scenario.from_table(content), np.arange(0.0, 2401.0, 60.0)
    model = roadrunner.RoadRunner(sbml.export(scenario, 6, 3))
    model.integrator.relative_tolerance, model.integrator.absolute_tolerance = 1e-9, 1e-12
    names = ["surface_glut4", "akt_active_share", "receptors_active_share", "glucose_used"]
    of_tubules = [f"t_tubules_vesicle_{state.name.lower()}" for state in vesicle.SURFACE]
    model.selections = names + of_tubules
    found = np.array(model.simulate(0.0, times[-1], len(times))).T
    found = [*found[: len(names)], found[len(names) :].sum(axis=0)]
    trace, p = mean_field.solve(scenario, times, 1e-7, 6, 3), scenario.parameter_set
    active = trace.receptors[:, list(receptor.ACTIVE)].sum(axis=1) / trace.receptors[0].sum()
    expected = [
        trace.glut4_surface,
        trace.signalling[:, signalling.SPECIES.index("akt_active")],
        active,
        trace.glucose[:, glucose.State.USED] / scenario.cell.glucose_agents,
        trace.glut4_tubules / (p.fibre.tubule_share * p.vesicle.glut4_copies),
    ]
    for name, ours, theirs in zip([*names, "T-tubules"], expected, found, strict=True):
        np.testing.assert_allclose(theirs, ours, atol=2e-3 * np.max(ours), rtol=0.0, err_msg=name)
