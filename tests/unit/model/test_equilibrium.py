"""The steady state: nothing flows on balance, by the twin's rates."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.linalg import expm

from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.sim.model import equilibrium
from glut4sim.sim.model.fluxes import shell
from glut4sim.sim.model.signalling import SPECIES
from tests.statistical.laws import generator
from tests.support import PARAMETERS
from tests.twin import (
    GLUCOSE_STATES,
    MOLECULES,
    RECEPTOR_STATES,
    glucose_exits,
    receptor_exits,
    signalling_slope,
)

FREE, INTERNAL = receptor.State.FREE, receptor.State.INTERNAL_FREE


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
    y = equilibrium.signals(PARAMETERS.signalling, active)
    slope = np.array(signalling_slope(y.tolist(), active, PARAMETERS.signalling))
    assert np.abs(slope / np.maximum(y, 1e-6)).max() < 1e-6  # per second
    assert y[[SPECIES.index(name) for name in ("pip3", "pip2", "pi34p2")]].sum() == pytest.approx(100.0)


# ---- vesicles ----


@pytest.mark.parametrize("rab10", [0.01, 0.06, 0.5])
def test_traffic_of_vesicles_goes_round_in_balance(rab10):
    p = PARAMETERS.vesicle
    space = shell(p)
    by_bin = equilibrium.vesicles(p, rab10, space)
    stored, mobile, tethered, docked, fused, endocytosed = by_bin.sum(axis=1)
    near = by_bin[vesicle.State.MOBILE, space.near].sum()
    assert by_bin.sum() == pytest.approx(1.0, abs=1e-12)
    assert by_bin.min() >= 0.0
    round_trip = p.endocytose * fused
    assert p.sort * endocytosed == pytest.approx(round_trip, rel=1e-5)
    assert p.release * rab10 * stored - p.recapture * mobile == pytest.approx(round_trip, rel=1e-4)
    assert p.tether * near - p.untether * tethered == pytest.approx(round_trip, rel=1e-4)
    assert p.dock * tethered - (p.undock + p.fuse_transiently) * docked == pytest.approx(round_trip, rel=1e-4)
    assert p.fuse * rab10 * docked == pytest.approx(round_trip, rel=1e-5)


def test_docked_and_fused_vesicles_are_at_the_membrane_and_tethered_ones_near_it():
    space = shell(PARAMETERS.vesicle)
    by_bin = equilibrium.vesicles(PARAMETERS.vesicle, 0.06, space)
    assert not by_bin[[vesicle.State.DOCKED, vesicle.State.FUSED], :-1].any()
    assert not by_bin[vesicle.State.TETHERED, ~space.near].any()


def test_without_insulins_effect_all_stay_stored():
    by_bin = equilibrium.vesicles(PARAMETERS.vesicle, 0.0, shell(PARAMETERS.vesicle))
    np.testing.assert_allclose(by_bin[vesicle.State.STORED].sum(), 1.0, rtol=1e-12)


@pytest.mark.parametrize("capture", [3.0, 3.5, 20.0])
def test_a_capture_distance_as_wide_as_the_shell_is_all_of_it(capture):
    """What reaches beyond the inner body reaches no further: there is nothing there."""
    p = PARAMETERS.vesicle._replace(capture_distance=capture)
    space = shell(p)
    assert np.diff(space.edges).min() > 0.0
    np.testing.assert_allclose(space.edges[[0, -1]], [p.inner_radius, p.cell_radius])
    stored, mobile, tethered, *_ = equilibrium.vesicles(p, 0.06, space).sum(axis=1)
    assert p.tether * mobile == pytest.approx(
        p.release * 0.06 * stored - p.recapture * mobile + p.untether * tethered, rel=0.01
    )


@pytest.mark.parametrize("drift", [0.0, 0.03])
def test_mobile_vesicles_that_cannot_be_tethered_settle_by_boltzmann(drift):
    """Stored and mobile alone: the mobile have the density r^2 exp(v r / D); the stored do not move, and follow."""
    p = PARAMETERS.vesicle._replace(tether=0.0, drift_mobile=drift)
    space = shell(p)
    found = equilibrium.vesicles(p, 0.06, space)[:2]
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
