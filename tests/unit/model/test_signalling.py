"""The cascade's ODE: its equations against the slow twin, its integrator against theory and against scipy."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from glut4sim.sim.model import signalling
from glut4sim.sim.model.signalling import SPECIES
from tests.support import PARAMETERS
from tests.twin import signalling_slope

P = PARAMETERS.signalling
REST = np.array([0.0, 0.0, P.pip3_basal, 99.4, 100.0 - 99.4 - P.pip3_basal, 0.0, 0.0, 0.0, 0.0])
LIPIDS = [SPECIES.index(name) for name in ("pip3", "pip2", "pi34p2")]


def advance(y, active, dt, parameters=P):
    """The species at the end of each step, (K, n_species); y is left alone."""
    out = np.empty((len(active), len(SPECIES)))
    signalling.advance(y.copy(), np.asarray(active, float), parameters, dt, out)
    return out


def random_states(n):
    rng = np.random.default_rng(1)
    states = rng.random((n, len(SPECIES)))
    states[:, LIPIDS] *= [5.0, 100.0, 2.0]
    states[:, SPECIES.index("akt_t308")] *= 0.1
    return zip(states, rng.random(n), strict=True)


def test_derivative_is_that_of_the_slow_twin():
    for y, active in random_states(100):
        out = np.empty(len(SPECIES))
        signalling.derivative(y, active, P, out)
        np.testing.assert_allclose(out, signalling_slope(y.tolist(), active, P), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", signalling.Parameters._fields)
def test_every_parameter_matters_and_matters_alike_in_the_twin(name):
    changed = P._replace(**{name: 1.5 * getattr(P, name)})
    y = np.array([0.3, 0.04, 2.0, 95.0, 1.0, 0.01, 0.05, 0.4, 0.03])
    out, before = np.empty(len(SPECIES)), np.empty(len(SPECIES))
    signalling.derivative(y, 0.6, changed, out)
    signalling.derivative(y, 0.6, P, before)
    assert (out != before).any()
    np.testing.assert_allclose(out, signalling_slope(y.tolist(), 0.6, changed), rtol=1e-10, atol=1e-12)


def differences(y, active, parameters=P):
    """Jacobian by central differences, (n_species, n_species + 1), the last column by the receptors."""
    columns = []
    for e in range(len(SPECIES) + 1):
        around = np.append(y, active)
        step = 1e-6 * max(around[e], 1e-3)
        slopes = []
        for side in (step, -step):
            moved, out = around.copy(), np.empty(len(SPECIES))
            moved[e] += side
            signalling.derivative(moved[:-1], moved[-1], parameters, out)
            slopes.append(out)
        columns.append((slopes[0] - slopes[1]) / (2.0 * step))
    return np.stack(columns, axis=1)


def jacobian(y, active, parameters=P):
    out = np.full((len(SPECIES), len(SPECIES) + 1), np.nan)
    signalling.jacobian(y, active, parameters, out)
    return out


@pytest.mark.parametrize("above", [True, False])  # PIP3 above its basal level, where Akt is recruited, or below
def test_jacobian_is_that_of_the_derivative(above):
    for y, active in random_states(50):
        pip3 = SPECIES.index("pip3")
        y[pip3] = P.pip3_basal * (1.0 + y[pip3] if above else 0.9)
        np.testing.assert_allclose(jacobian(y, active), differences(y, active), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", signalling.Parameters._fields)
def test_every_parameter_is_right_in_the_jacobian(name):
    changed = P._replace(**{name: 1.5 * getattr(P, name)})
    y = np.array([0.3, 0.04, 2.0, 95.0, 1.0, 0.01, 0.05, 0.4, 0.03])
    found = jacobian(y, 0.6, changed)
    np.testing.assert_allclose(found, differences(y, 0.6, changed), rtol=1e-6, atol=1e-8)
    assert np.abs(found - differences(y, 0.6)).max() > 1e-5


def test_without_active_receptors_pip3_stays_basal_and_akt_off():
    y = advance(REST, np.zeros(600), 1.0)
    assert np.abs(y[:, SPECIES.index("pip3")] / P.pip3_basal - 1.0).max() < 0.005
    assert y[:, SPECIES.index("akt_active")].max() < 1e-3


def test_receptors_at_the_reference_bring_pi3k_and_pip3_to_theirs():
    """Sedaghat's maximal insulin: 5 of 100 fM PI3K bound, 3.1 % of lipid PIP3, Akt some 10 % active."""
    end = dict(zip(SPECIES, advance(REST, np.full(1800, P.receptor_reference), 1.0)[-1], strict=True))
    assert end["pi3k_bound"] == pytest.approx(P.pi3k_reference, rel=0.05)
    assert end["pip3"] == pytest.approx(P.pip3_reference, rel=0.05)
    assert end["akt_active"] == pytest.approx(0.09, abs=0.04)


@pytest.mark.parametrize("dt", [0.001, 0.1, 1.0])
def test_lipid_is_conserved_and_fractions_stay_fractions(dt):
    active = np.random.default_rng(2).random(500) * np.repeat([1.0, 0.0, 1.0, 0.3, 1.0], 100)
    y = advance(REST, active, dt)
    np.testing.assert_allclose(y[:, LIPIDS].sum(axis=1), 100.0, rtol=1e-12)
    fractions = np.delete(y, LIPIDS, axis=1)
    assert fractions.min() >= 0.0
    assert fractions.max() <= 1.0
    assert y[:, LIPIDS].min() >= 0.0


@pytest.mark.parametrize("name", [name for name in signalling.Parameters._fields if name != "pip3_basal"])
def test_a_rate_far_faster_than_the_step_stays_stable(name):
    """A user may override any rate; the rule that divides the step must keep up."""
    fast = P._replace(**{name: 300.0 * getattr(P, name)})
    y = advance(REST, np.full(200, 0.8), 1.0, fast)
    assert np.isfinite(y).all()
    assert np.delete(y, LIPIDS, axis=1).min() >= -1e-9
    assert np.delete(y, LIPIDS, axis=1).max() <= 1.0 + 1e-9
    np.testing.assert_allclose(y[:, LIPIDS].sum(axis=1), 100.0, rtol=1e-9)


def test_integration_agrees_with_scipy():
    dt, active = 0.1, np.repeat([0.0, 0.8, 0.2], 200)
    found = advance(REST, active, dt)[199::200]
    y, expected = REST, []
    for level in (0.0, 0.8, 0.2):

        def slope(_, y, level=level):
            return signalling_slope(y, level, P)

        y = solve_ivp(slope, (0.0, 20.0), y, method="LSODA", rtol=1e-11, atol=1e-13).y[:, -1]
        expected.append(y)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-9)


def test_error_within_a_step_is_of_fourth_order():
    """At constant receptors only the Runge-Kutta error is left; steps of at most 0.04 s are not divided."""
    end = {dt: advance(REST, np.full(round(4.0 / dt), 0.8), dt)[-1] for dt in (0.04, 0.02, 0.01)}
    coarse, fine = np.abs(end[0.04] - end[0.02]), np.abs(end[0.02] - end[0.01])
    pip3 = SPECIES.index("pip3")
    assert np.log2(coarse[pip3] / fine[pip3]) == pytest.approx(4.0, abs=0.2)


def test_steps_at_once_or_one_by_one_are_the_same_bits():
    active = np.random.default_rng(3).random(50)
    together = advance(REST, active, 0.25)
    y = REST
    for k in range(50):
        y = advance(y, active[k : k + 1], 0.25)[0]
        np.testing.assert_array_equal(y, together[k])
