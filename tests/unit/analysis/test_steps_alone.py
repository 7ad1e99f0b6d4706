"""Through which step two scenarios differ."""

import pytest

from glut4sim.sim.analysis import at_rest, steps_alone
from glut4sim.sim.analysis.steps_alone import Moment, changed_parameters, found, stimulated
from glut4sim.sim.endocrine.modulation import apply
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies import expected
from tests.runs import CONTROL, LOW, muscle

KEY = "surface_glut4_stimulated_copies"


def percent(before, after):
    return 100.0 * (after / before - 1.0)


def test_a_step_alone_is_the_reference_cell_with_that_step_as_hormones_change_it():
    alone = found(LOW, CONTROL)
    factors = at_rest.factors(LOW, CONTROL.run.duration)
    base = CONTROL.unmodulated
    pi3k = apply(base, {"pi3k": factors["pi3k"]})
    assert alone.moment == Moment(480.0, 1.0, 5.0)
    assert set(alone.alone) == {"receptor_copies", "pi3k", "akt", "translocation", "glut4"}
    for name in ("surface_glut4", "uptake", "akt"):
        before, after = (getattr(at_rest.rest(cell, 1.0), name) for cell in (base, pi3k))
        assert alone.alone["pi3k"][name] == pytest.approx(percent(before, after))
    assert alone.alone["pi3k"]["receptors_active"] == 0.0
    assert next(iter(alone.told())) in ("pi3k", "translocation")
    assert alone.together["surface_glut4"] < min(alone.told().values()) < -1.0


def test_a_reference_whose_hormones_act_is_changed_from_what_they_make_of_it():
    factor = at_rest.factors(LOW, LOW.run.duration)["glut4"]
    assert factor < 0.99
    assert found(CONTROL, LOW).alone["glut4"]["surface_glut4"] == pytest.approx(percent(factor, 1.0))


def test_together_is_what_the_experiment_comes_to_in_the_end():
    """Which takes hours, as half of the way takes a quarter of one."""
    long = {"run.duration": "4 h", "run.record_every": "1 min"}
    first, second = (Scenario.load(f"men/{name}", long) for name in ("eugonadal", "hypogonadal"))
    simulated = percent(expected.numbers(first)[KEY], expected.numbers(second)[KEY])
    alone = found(second, first)
    assert alone.together["surface_glut4"] == pytest.approx(simulated, abs=0.5)
    assert sum(alone.told().values()) == pytest.approx(simulated, abs=0.4 * abs(simulated))


def test_hormones_that_change_during_the_run_are_those_of_the_minute_that_is_told_of():
    """At the beginning nothing differs yet."""
    acute = Scenario.load("growth-hormone/acute")
    control = acute.replaced({"therapy": []})
    assert found(acute, control, Moment(0.0, 0.5, 5.0)).told("uptake") == {}
    told = found(acute, control, Moment(5 * 3600.0, 0.5, 5.0)).told("uptake")
    assert next(iter(told)) == "use"
    assert told["use"] < -10.0


def test_parameters_and_the_bath_are_told_beside_hormones():
    other = muscle(
        "other",
        hormones={"testosterone": "50 ng/dL"},
        parameters={"vesicle.fuse": "5 1/min", "vesicle.glut4_copies": "100000"},
        bath={"insulin": [["0 min", "0 nM"], ["2 min", "0.3 nM"]]},
    )
    alone = found(other, LOW)
    copies = float(CONTROL.unmodulated.vesicle.glut4_copies)
    assert set(alone.alone) == {"vesicle.fuse", "vesicle.glut4_copies", "bath.insulin"}
    assert alone.alone["vesicle.glut4_copies"]["surface_glut4"] == pytest.approx(percent(copies, 1e5))
    assert alone.alone["bath.insulin"]["akt"] < -5.0
    assert alone.alone["bath.insulin"]["receptors_active"] < -5.0


def test_cells_of_two_presets_differ_through_their_parameters():
    healthy, ill = (Scenario.load(f"metabolic/{name}") for name in ("human-adipocyte", "type-2-diabetes"))
    names = {"vesicle.glut4_copies", "receptor.copies", "signalling.irs1_protect", "signalling.as160_phosphorylate"}
    assert set(found(ill, healthy).told()) == names
    assert set(changed_parameters(healthy.unmodulated, ill.unmodulated)) == names
    assert found(ill, healthy).told("uptake")["vesicle.glut4_copies"] < -10.0


def test_cells_of_two_geometries_differ_through_what_both_have():
    """In both orders. The lengths of either shape say nothing of the other: a sphere as wide as a fibre is none."""
    shell, fibre = (
        Scenario.from_table({"cell": {"preset": preset}, "run": {"duration": "1 min"}})
        for preset in ("adipocyte", "skeletal-muscle")
    )
    there, back = found(fibre, shell), found(shell, fibre)
    assert set(there.alone) == set(back.alone)
    assert {"vesicle.endocytose", "vesicle.glut4_copies"} <= set(there.alone)
    assert not {name for name in there.alone if "radius" in name or name.startswith("fibre.")}
    factors = (1.0 + each.together["surface_glut4"] / 100.0 for each in (there, back))
    assert next(factors) * next(factors) == pytest.approx(1.0)


def test_the_lengths_of_one_geometry_are_compared():
    wide = muscle("wide", parameters={"vesicle.cell_radius": "33 um", "fibre.thickness": "2 um"})
    assert set(changed_parameters(CONTROL.unmodulated, wide.unmodulated)) == {
        "vesicle.cell_radius",
        "fibre.thickness",
    }


def test_the_same_differs_in_nothing():
    alone = found(LOW, LOW)
    assert alone.alone == {}
    assert alone.told() == {}
    assert set(alone.together.values()) == {0.0}


@pytest.mark.parametrize(
    ("insulin", "moment"),
    [
        ([["0 min", "0 nM"], ["2 min", "1 nM"], ["4 min", "0.1 nM"]], (240.0, 1.0)),
        ("3 nM", (480.0, 3.0)),
        ([["0 min", "2 nM"], ["2 min", "1 nM"]], (120.0, 2.0)),
    ],
)
def test_the_minute_that_is_told_of_is_that_of_the_summary(insulin, moment):
    assert stimulated(muscle("x", bath={"insulin": insulin}))[:2] == moment


def test_what_is_not_there_has_no_change_in_percent():
    rested, low = (
        muscle("x", bath={"insulin": "0 nM"}, **tables) for tables in ({}, {"hormones": {"testosterone": "50 ng/dL"}})
    )
    alone = found(low, rested)
    assert not {"akt", "receptors_active"} & set(alone.alone["akt"])  # Akt of 1e-34 %, as rounding leaves it, is none
    assert alone.told("receptors_active") == {}
    assert "surface_glut4" in alone.alone["translocation"]
    assert steps_alone.TOLD == 0.1
