"""Contraction: what it changes, when, and what it leaves."""

import numpy as np
import pytest

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.model import mean_field, observables
from glut4sim.sim.model.contraction import contracted, over_time
from glut4sim.sim.scenario.scenario import Scenario
from tests.unit.model.test_membranes import SLICE


def test_it_takes_away_gap_and_endocytosis_in_proportion():
    half = contracted(SLICE, 0.5)
    assert half.signalling.rab10_hydrolyse == pytest.approx(0.7 * SLICE.signalling.rab10_hydrolyse)
    ways = ("endocytose", "endocytose_clustered")
    for way in ways:
        assert getattr(half.vesicle, way) == pytest.approx(0.85 * getattr(SLICE.vesicle, way))
    others = half._replace(
        signalling=half.signalling._replace(rab10_hydrolyse=SLICE.signalling.rab10_hydrolyse),
        vesicle=half.vesicle._replace(**{way: getattr(SLICE.vesicle, way) for way in ways}),
    )
    assert others == SLICE


def test_a_fibre_at_rest_is_the_same_object():
    assert contracted(SLICE, 0.0) is SLICE
    at_rest = Schedule((0.0,), (SLICE,))
    assert over_time(at_rest, Schedule((0.0,), (0.0,))) is at_rest


def test_it_and_hormones_change_the_parameters_each_at_their_times():
    other = SLICE._replace(vesicle=SLICE.vesicle._replace(release=1.0))
    found = over_time(Schedule((0.0, 60.0), (SLICE, other)), Schedule((0.0, 30.0, 90.0), (0.0, 1.0, 0.0)))
    assert found.times == (0.0, 30.0, 60.0, 90.0)
    assert found.values == (SLICE, contracted(SLICE, 1.0), contracted(other, 1.0), other)


@pytest.mark.parametrize(("key", "value"), [("contraction", "0.5"), ("plasma", True)])
def test_a_cell_that_is_no_fibre_refuses(key, value):
    with pytest.raises(InputError, match=rf"bath\.{key}: preset adipocyte knows nothing of"):
        Scenario.from_table({"bath": {key: value}, "run": {"duration": "1 min"}})


def test_what_is_neutral_leaves_no_trace():
    plain = Scenario.from_table({"run": {"duration": "1 min"}})
    told = Scenario.from_table({"bath": {"contraction": "0", "plasma": False}, "run": {"duration": "1 min"}})
    assert told.resolved() == plain.resolved()
    assert set(plain.resolved()["bath"]) == {"insulin", "glucose"}


def test_more_than_maximal_is_refused():
    with pytest.raises(InputError, match=r"bath\.contraction.*a share of the maximal contraction of 0 to 1"):
        Scenario.from_table({"bath": {"contraction": "1.5"}, "run": {"duration": "1 min"}})


# ---- the muscle preset ----


def final(insulin, contraction="0", preset="skeletal-muscle", **bath):
    """Uptake [umol/(kg min)] after an hour."""
    table = {
        "bath": {
            "insulin": [["0 min", "0 nM"], ["1 min", insulin]],
            "contraction": [["0 min", "0"], ["1 min", contraction]],
            **bath,
        },
        "run": {"duration": "61 min"},
        "cell": {"preset": preset},
    }
    scenario, times = Scenario.from_table(table), np.array([0.0, 3600.0, 3660.0])
    trace = mean_field.solve(scenario, times, 1e-5, 12, 4)
    return observables.measure(trace, None, observables.mean_scale(scenario))["uptake_per_kg"][-1]


def test_contraction_adds_to_insulin():
    """Both together do within a tenth what they do alone, one after the other (Ihlemann et al. 1999: additive)."""
    rest, insulin, work, both = final("0 nM"), final("100 nM"), final("0 nM", "1"), final("100 nM", "1")
    assert 2.0 < work / rest < 3.5
    assert both - rest == pytest.approx(insulin - rest + work - rest, rel=0.1)


def test_of_plasmas_insulin_less_is_seen():
    assert final("0.5 nM", plasma=True) == pytest.approx(final("0.215 nM"), rel=1e-6)
    assert final("0.5 nM", plasma=True) < 0.9 * final("0.5 nM")
