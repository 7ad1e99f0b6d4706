"""The steady state: nothing flows on balance, by the twin's rates."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.linalg import expm

from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.sim.model import equilibrium, signalling
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.model.fluxes import shell, vesicle_generator
from glut4sim.sim.model.parameters import PRESETS, load_preset
from glut4sim.sim.model.signalling import SPECIES
from glut4sim.sim.scenario.scenario import Scenario
from tests.statistical.laws import generator
from tests.support import ALL_ROUTES, PARAMETERS
from tests.twin import (
    GLUCOSE_STATES,
    MOLECULES,
    RECEPTOR_STATES,
    glucose_exits,
    receptor_exits,
    signalling_slope,
    vesicle_flow,
)

FREE, INTERNAL = receptor.State.FREE, receptor.State.INTERNAL_FREE
NO_AS160 = vesicle.Environment(0.06, 0.0)


@pytest.mark.parametrize("insulin", [0.0, 1e-3, 1.0, 100.0, 1e5])
def test_receptors_are_where_they_are_after_a_very_long_time(insulin):
    p = equilibrium.receptors(PARAMETERS.receptor, insulin)
    matrix = generator(receptor_exits(insulin, PARAMETERS.receptor), RECEPTOR_STATES)
    assert p.sum() == pytest.approx(1.0, abs=1e-12)
    assert p.min() >= 0.0
    np.testing.assert_allclose(p, expm(matrix * 1e8)[:, FREE], atol=1e-4)
    doubled = generator(receptor_exits(insulin, PARAMETERS.receptor._replace(recycle_free=1e-4)), RECEPTOR_STATES)
    assert np.abs(matrix @ p).max() < 1e-8 < np.abs(doubled @ p).max()


def test_without_insulin_receptors_only_recycle():
    p = equilibrium.receptors(PARAMETERS.receptor, 0.0)
    assert p[FREE] / p[INTERNAL] == pytest.approx(
        PARAMETERS.receptor.recycle_free / PARAMETERS.receptor.internalise_free, rel=1e-4
    )
    assert p[FREE] + p[INTERNAL] == pytest.approx(1.0)


@pytest.mark.parametrize("active", [0.0, 1e-3, 0.3, 0.9])
def test_signals_at_rest_do_not_change(active):
    y = equilibrium.signals(PARAMETERS.signalling, active, active)
    slope = np.array(signalling_slope(y.tolist(), active, active, PARAMETERS.signalling))
    assert np.abs(slope / np.maximum(y, 1e-6)).max() < 1e-6  # per second
    assert y[[SPECIES.index(name) for name in ("pip3", "pip2", "pi34p2")]].sum() == pytest.approx(100.0)


# ---- vesicles ----


@pytest.mark.parametrize("rab10", [0.01, 0.06, 0.5])
def test_traffic_of_vesicles_goes_round_in_balance(rab10):
    p, as160 = ALL_ROUTES, 0.7
    space = shell(p)
    by_bin = equilibrium.vesicles(p, vesicle.Environment(rab10, as160), space)
    stored, mobile, tethered, docked, fused, endocytosed, clustered = by_bin.sum(axis=1)
    near = by_bin[vesicle.State.MOBILE, space.near].sum()
    assert by_bin.sum() == pytest.approx(1.0, abs=1e-12)
    assert by_bin.min() >= 0.0
    round_trip = p.endocytose * fused + p.endocytose_clustered * (1.0 - as160) * clustered
    assert (p.sort + p.recycle) * endocytosed == pytest.approx(round_trip, rel=1e-5)
    released = (p.release * rab10 + p.release_without_rab10 * as160) * stored
    retained = (p.recapture + p.retain * (1.0 - as160)) * mobile
    assert released + p.recycle * endocytosed - retained == pytest.approx(round_trip, rel=1e-4)
    assert p.tether * near - p.untether * tethered == pytest.approx(round_trip, rel=1e-4)
    assert p.dock * tethered - (p.undock + p.fuse_transiently) * docked == pytest.approx(round_trip, rel=1e-4)
    fuse = p.fuse * rab10 + p.fuse_without_rab10 * as160
    assert (fuse + p.fuse_clustered) * docked == pytest.approx(round_trip, rel=1e-5)
    gathered = p.cluster * fused - (p.disperse + p.disperse_stimulated * as160) * clustered
    assert fuse * docked - p.endocytose * fused == pytest.approx(gathered, rel=1e-4, abs=1e-9)


def test_docked_and_fused_vesicles_are_at_the_membrane_and_tethered_ones_near_it():
    space = shell(PARAMETERS.vesicle)
    by_bin = equilibrium.vesicles(ALL_ROUTES, vesicle.Environment(0.06, 0.7), space)
    assert not by_bin[[vesicle.State.DOCKED, *vesicle.SURFACE], :-1].any()
    assert not by_bin[vesicle.State.TETHERED, ~space.near].any()


def test_without_insulins_effect_all_stay_stored():
    by_bin = equilibrium.vesicles(ALL_ROUTES, vesicle.Environment(0.0, 0.0), shell(PARAMETERS.vesicle))
    np.testing.assert_allclose(by_bin[vesicle.State.STORED].sum(), 1.0, rtol=1e-12)


@pytest.mark.parametrize("capture", [3.0, 3.5, 20.0])
def test_a_capture_distance_as_wide_as_the_shell_is_all_of_it(capture):
    """What reaches beyond the inner body reaches no further: there is nothing there."""
    p = PARAMETERS.vesicle._replace(capture_distance=capture)
    space = shell(p)
    assert np.diff(space.edges).min() > 0.0
    np.testing.assert_allclose(space.edges[[0, -1]], [p.inner_radius, p.cell_radius])
    stored, mobile, tethered, _, _, endocytosed, _ = equilibrium.vesicles(p, NO_AS160, space).sum(axis=1)
    gained = p.release * 0.06 * stored + p.untether * tethered + p.recycle * endocytosed
    assert p.tether * mobile == pytest.approx(gained - (p.recapture + p.retain) * mobile, rel=0.01)


@pytest.mark.parametrize("drift", [0.0, 0.03])
def test_mobile_vesicles_that_cannot_be_tethered_settle_by_boltzmann(drift):
    """Stored and mobile alone: the mobile have the density r^2 exp(v r / D); the stored do not move, and follow."""
    p = PARAMETERS.vesicle._replace(tether=0.0, drift_mobile=drift)
    space = shell(p)
    found = equilibrium.vesicles(p, NO_AS160, space)[:2]
    found /= found.sum(axis=1, keepdims=True)

    def shares(rate):
        def density(r):
            return r**2 * np.exp(rate * (r - p.cell_radius))

        weights = np.array([quad(density, a, b)[0] for a, b in pairwise(space.edges)])
        return weights / weights.sum()

    expected = shares(drift / p.diffusion_mobile)
    np.testing.assert_allclose(found[vesicle.State.MOBILE], expected, rtol=0.01)
    np.testing.assert_allclose(found[vesicle.State.STORED], expected, rtol=0.01)
    for wrong in (2.0 * drift, drift / 2.0):
        if drift:
            assert np.abs(found[vesicle.State.MOBILE] / shares(wrong / p.diffusion_mobile) - 1.0).max() > 0.1


# ---- glucose ----


@pytest.mark.parametrize("glut4", [0.0, 1e4, 1.2e5])
@pytest.mark.parametrize("bath", [0.1, 5.0, 30.0])
def test_pools_of_glucose_neither_fill_nor_empty(glut4, bath):
    p = PARAMETERS.glucose
    molecules = equilibrium.glucose_molecules(p, glut4, bath)
    assert molecules.sum() == pytest.approx(p.supply)
    assert molecules.min() >= 0.0
    there = dict(zip(GLUCOSE_STATES, molecules, strict=True))
    exits = glucose_exits(there, glut4, bath, p)
    (influx,), (efflux, phosphorylation), (use,) = (
        [rate * there[state] for _, rate in exits[state]] for state in ("outside", "inside", "phosphorylated")
    )
    assert influx > efflux
    assert phosphorylation == pytest.approx(influx - efflux, rel=1e-6)
    assert use == pytest.approx(influx - efflux, rel=1e-6)
    assert there["inside"] / (p.cytosol_volume * MOLECULES) < bath


def test_without_glucose_outside_there_is_none_inside():
    molecules = equilibrium.glucose_molecules(PARAMETERS.glucose, 1e5, 0.0)
    assert molecules.tolist() == [PARAMETERS.glucose.supply, 0.0, 0.0, 0.0]
    assert glucose.State.OUTSIDE == 0


# ---- what agents are drawn from, to the bit ----


@pytest.mark.parametrize("preset", PRESETS.names())
@pytest.mark.parametrize("active", [0.0, 0.02, 0.9])
def test_signals_that_rest_are_those_after_all_the_time(preset, active):
    """However early they come to rest; a third of that time is too early."""
    p = load_preset(preset).build().signalling
    y, early = equilibrium.unstimulated(p), equilibrium.unstimulated(p)
    for species, seconds in ((y, equilibrium.SETTLING), (early, 400)):
        signalling.advance(species, *np.full((2, seconds), active), p, 1.0, np.empty((seconds, len(y))))
    assert equilibrium.signals(p, active, active).tobytes() == y.tobytes() != early.tobytes()


@pytest.mark.parametrize("change", [{}, {"diffusion_stored": 1e-3}, {"capture_distance": 20.0}, {"untether": 0.0}])
def test_the_generator_of_vesicles_is_their_flow(change):
    p = ALL_ROUTES._replace(**change)
    space, rates = shell(p), vesicle.rates(vesicle.Environment(0.06, 0.7), p)
    n_state, n_bin = len(vesicle.State), len(space.near)
    units = np.eye(n_state * n_bin).reshape(-1, n_state, n_bin)
    expected = vesicle_flow(space, rates, units)[0].reshape(len(units), -1).T
    np.testing.assert_array_equal(vesicle_generator(space, rates), expected)
    for little_more in ((0.0601, 0.7), (0.06, 0.7001)):
        wrong = vesicle.rates(vesicle.Environment(*little_more), p)
        assert (vesicle_generator(space, wrong) != expected).any()


def test_a_cell_is_the_same_after_others_and_alone():
    """States of rest are remembered; nobody who is given one changes it for those after."""
    varied = {"receptors_cv": 0.3, "glut4_cv": 0.3, "volume_cv": 0.1}
    scenario = Scenario.from_table(
        {
            "cell": {"vesicles": 60, "receptors": 60, "glucose_agents": 60, **varied},
            "bath": {"insulin": "1 nM"},
            "run": {"duration": "1 min"},
        }
    )

    def bits(replicate):
        engine = Engine(scenario, 1, replicate)
        start = engine.state()
        engine.advance(50)
        return [array.tobytes() for array in start.values()]

    forget = (equilibrium._signals, equilibrium._resting_vesicles, equilibrium._states)
    after = [bits(replicate) for replicate in (0, 1, 0, 2, 1)]
    assert equilibrium._signals.cache_info().hits > 0
    for replicate, found in zip((0, 1, 0, 2, 1), after, strict=True):
        for one in forget:
            one.cache_clear()
        assert bits(replicate) == found
