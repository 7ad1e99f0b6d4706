"""Observables from traces written by hand."""

import numpy as np
import pytest

from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.sim.model import observables, signalling
from glut4sim.sim.model.observables import OBSERVABLES, STATE_NAMES, Scale
from glut4sim.sim.model.step_records import StepRecords

SCALE = Scale(glut4_total=2000, molecules_per_agent=1e6, pi3k_per_irs1=0.1, molecules_per_mm=1e9, tissue=2e-12)


def make_trace(time):
    """Rows in which every count is different: fusions are 3 t, entries 5 t, exits 2 t."""
    time = np.asarray(time, dtype=float)
    rows = len(time)
    vesicle_events = np.full((rows, len(vesicle.TRANSITIONS)), 1000)
    vesicle_events[:, vesicle.TRANSITIONS.index((vesicle.State.DOCKED, vesicle.State.FUSED))] = 3 * time
    glucose_events = np.full((rows, len(glucose.TRANSITIONS)), 1000)
    glucose_events[:, glucose.TRANSITIONS.index((glucose.State.OUTSIDE, glucose.State.INSIDE))] = 5 * time
    glucose_events[:, glucose.TRANSITIONS.index((glucose.State.INSIDE, glucose.State.OUTSIDE))] = 2 * time
    return StepRecords(
        time=time,
        insulin=10.0 * time,
        glucose_bath=np.full(rows, 5.0),
        receptors=np.tile(2 ** np.arange(len(receptor.State)), (rows, 1)),
        signalling=np.tile(np.arange(1.0, 1.0 + len(signalling.SPECIES)) / 100.0, (rows, 1)),
        vesicles=np.tile(np.arange(len(vesicle.State)), (rows, 1)),
        glut4_surface=(50 + time).astype(int),
        glut4_tubules=(20 + time).astype(int),
        vesicle_events=vesicle_events,
        glucose=np.tile(np.arange(len(glucose.State)), (rows, 1)),
        glucose_events=glucose_events,
        glucose_molecules=1e9 * np.arange(1.0, 5.0) * np.ones((rows, 1)),
        net_uptake=2.5e6 * time,
    )


def test_the_names_that_users_rely_on():
    expected = {
        "insulin": "nM",
        "receptors": "receptors",
        "receptors_active": "percent",
        "irs1_phosphorylated": "percent",
        "pip3": "percent",
        "akt_active": "percent",
        "as160_phosphorylated": "percent",
        "rab10_active": "percent",
        "surface_glut4_percent": "percent",
        "surface_glut4": "copies",
        "vesicles": "vesicles",
        "glucose": "agents",
        "glucose_uptake_rate": "1/s",
        "glucose_taken_up": "molecules",
        "fusion_rate": "1/min",
        "transient_fusion_rate": "1/min",
        "glucose_net_uptake_rate": "1/s",
        "glucose_inside": "mM",
        "glucose_6_phosphate": "mM",
        "receptors_phosphorylated": "percent",
        "receptors_internal": "percent",
        "irs1_s307": "percent",
        "akt_t308": "percent",
        "akt_s473": "percent",
        "mtorc1_active": "percent",
        "surface_glut4_t_tubules": "copies",
        "uptake_per_kg": "umol/(kg*min)",
        "real_fusion_rate": "1/min",
    }
    assert {o.name: o.unit for o in OBSERVABLES} == expected
    assert {o.name: o.dim for o in OBSERVABLES if o.dim} == {
        "receptors": "receptor_state",
        "vesicles": "vesicle_state",
        "glucose": "glucose_state",
    }
    assert STATE_NAMES["glucose_state"] == ("outside", "inside", "phosphorylated", "used")
    assert all(o.long_name for o in OBSERVABLES)


def test_measure_gives_every_observable_the_shape_of_its_dims():
    values = observables.measure(make_trace([0.0, 1.0, 2.0]), None, SCALE)
    assert list(values) == [o.name for o in OBSERVABLES]
    for o in OBSERVABLES:
        assert values[o.name].shape == ((3,) if o.dim is None else (3, len(STATE_NAMES[o.dim])))
        assert values[o.name].dtype == np.float64


def test_levels():
    values = observables.measure(make_trace([0.0, 5.0]), None, SCALE)
    states, whole = receptor.State, 2 ** len(receptor.State) - 1
    active = 2**states.ACTIVE_ONCE + 2**states.ACTIVE_TWICE + 2**states.ACTIVE_UNBOUND
    inside = 2**states.INTERNAL_ONCE + 2**states.INTERNAL_TWICE
    assert values["receptors_active"] == pytest.approx(100.0 * active / whole)
    assert values["receptors_phosphorylated"] == pytest.approx(100.0 * (active + inside) / whole)
    assert values["receptors_internal"] == pytest.approx(100.0 * (inside + 2**states.INTERNAL_FREE) / whole)
    assert values["pip3"] == pytest.approx((1 + signalling.SPECIES.index("pip3")) / 100.0)  # is a percentage
    assert values["irs1_phosphorylated"] == pytest.approx(1.0 + 0.1 * 2.0)  # first species, a tenth of second
    number = {name: 1.0 + i for i, name in enumerate(signalling.SPECIES)}
    for name in ("akt_active", "as160_phosphorylated", "rab10_active", "mtorc1_active"):  # are fractions
        assert values[name] == pytest.approx(number[name])
    for name in ("akt_t308", "akt_s473"):  # with the other site or without
        assert values[name] == pytest.approx(number[name] + number["akt_active"])
    assert values["surface_glut4"] == pytest.approx([50.0, 55.0])
    assert values["surface_glut4_percent"] == pytest.approx([2.5, 2.75])
    assert values["insulin"] == pytest.approx([0.0, 50.0])
    assert values["glucose_taken_up"] == pytest.approx([0.0, 3e6 * 5.0])


def test_blots_are_of_the_cells_own_amounts():
    """Of half the receptors a blot shows half; S307 is on IRS1 that mTORC1 protects and on all that is refractory."""
    trace = make_trace([0.0])
    values = observables.measure(trace, None, SCALE)
    blot = observables.measure(trace, None, SCALE._replace(receptor_copies=0.5, irs1_protect=10.0))
    assert blot["receptors_phosphorylated"] == pytest.approx(0.5 * values["receptors_phosphorylated"])
    assert blot["receptors_active"] == values["receptors_active"]
    number = {name: 1.0 + i for i, name in enumerate(signalling.SPECIES)}
    assert values["irs1_s307"] == pytest.approx(number["irs1_refractory"])
    ratio = 10.0 * number["mtorc1_active"] / 100.0
    protected = ratio / (1.0 + ratio) * values["irs1_phosphorylated"]
    assert blot["irs1_s307"] == pytest.approx(number["irs1_refractory"] + protected)


def test_uptake_per_kilogram_is_the_rate_over_the_tissue():
    """3e6 molecules per second into 2e-12 kg, by hand: 3e6 60 / 6.022e23 mol / 2e-12 kg per minute."""
    values = observables.measure(make_trace([0.0, 5.0]), None, SCALE)
    assert values["uptake_per_kg"][1] == pytest.approx(1e6 * 3e6 * 60.0 / 6.02214076e23 / 2e-12, rel=1e-12)


def test_fusions_are_counted_in_vesicles_as_large_as_real_ones():
    """2000 copies in 21 vesicles: each stands for 2000 / 21 / 7.5 real ones, however many are simulated."""
    trace = make_trace([0.0, 2.0])
    values = observables.measure(trace, None, SCALE)
    each = SCALE.glut4_total / trace.vesicles[0].sum() / observables.REAL_COPIES
    assert values["real_fusion_rate"][1] == pytest.approx(each * values["fusion_rate"][1])
    finer = trace._replace(vesicles=4 * trace.vesicles, vesicle_events=4 * trace.vesicle_events)
    np.testing.assert_allclose(observables.measure(finer, None, SCALE)["real_fusion_rate"], values["real_fusion_rate"])


def test_rates_span_the_time_since_the_record_before():
    first = observables.measure(make_trace([0.0, 2.0, 10.0]), None, SCALE)
    assert first["fusion_rate"] == pytest.approx([np.nan, 180.0, 180.0], nan_ok=True)
    assert first["glucose_uptake_rate"] == pytest.approx([np.nan, 3e6, 3e6], nan_ok=True)
    later = observables.measure(make_trace([14.0, 20.0]), make_trace([10.0]), SCALE)
    assert later["fusion_rate"] == pytest.approx([180.0, 180.0])
    assert later["glucose_uptake_rate"] == pytest.approx([3e6, 3e6])


def test_measuring_in_pieces_is_measuring_at_once():
    trace = make_trace(np.arange(7.0))
    whole = observables.measure(trace, None, SCALE)
    head = observables.measure(observables.choose(trace, np.arange(3)), None, SCALE)
    tail = observables.measure(observables.choose(trace, np.arange(3, 7)), observables.choose(trace, [2]), SCALE)
    for name, values in whole.items():
        np.testing.assert_array_equal(np.concatenate([head[name], tail[name]]), values)


def test_chosen_rows_are_copies():
    trace = make_trace(np.arange(4.0))
    chosen = observables.choose(trace, np.arange(1, 4, 2))
    trace.time[:] = -1.0
    assert chosen.time.tolist() == [1.0, 3.0]
