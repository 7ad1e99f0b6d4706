"""The cascade's ODE: its equations against the slow twin, its integrator against theory and against scipy."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from glut4sim.sim.model import signalling
from glut4sim.sim.model.signalling import SPECIES
from tests.support import PARAMETERS
from tests.twin import signalling_slope

P = PARAMETERS.signalling
REST = np.array([0.0, 0.0, P.pip3_basal, 99.4, 100.0 - 99.4 - P.pip3_basal, *[0.0] * 7, P.mtorc2_basal])
# with all that a Sedaghat-like cell leaves out
WHOLE = P._replace(
    irs1_protect=20.0,
    mtorc1_activate=0.3,
    mtorc2_basal=0.1,
    akt_s473_alone=0.7,
    akt_s473_protects=0.2,
    irs1_exhaust=0.01,
    irs1_s307_basal=0.002,
    as160_by_s473=0.3,
)
SOMEWHERE = np.array([0.3, 0.04, 2.0, 95.0, 1.0, 0.01, 0.05, 0.4, 0.03, 0.1, 0.2, 0.15, 0.6])
SHARES = ("pip3_basal", "mtorc2_basal")  # which may not be any number
LIPIDS = [SPECIES.index(name) for name in ("pip3", "pip2", "pi34p2")]


def advance(y, active, dt, parameters=P):
    """The species at the end of each step, (K, n_species), where insulin has activated all active receptors; y is left
    alone."""
    out, active = np.empty((len(active), len(SPECIES))), np.asarray(active, float)
    signalling.advance(y.copy(), active, active, parameters, dt, out)
    return out


def random_states(n):
    rng = np.random.default_rng(1)
    states = rng.random((n, len(SPECIES)))
    states[:, LIPIDS] *= [5.0, 100.0, 2.0]
    states[:, [SPECIES.index(name) for name in ("akt_t308", "akt_s473", "irs1_refractory")]] *= 0.1
    return zip(states, rng.random(n), strict=True)


def test_derivative_is_that_of_the_slow_twin():
    for y, active in random_states(100):
        out = np.empty(len(SPECIES))
        for p in (P, WHOLE):
            signalling.derivative(y, active, 0.7 * active, p, out)
            expected = signalling_slope(y.tolist(), active, 0.7 * active, p)
            np.testing.assert_allclose(out, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", signalling.Parameters._fields)
def test_every_parameter_matters_and_matters_alike_in_the_twin(name):
    changed = WHOLE._replace(**{name: 1.5 * getattr(WHOLE, name)})
    out, before = np.empty(len(SPECIES)), np.empty(len(SPECIES))
    signalling.derivative(SOMEWHERE, 0.6, 0.5, changed, out)
    signalling.derivative(SOMEWHERE, 0.6, 0.5, WHOLE, before)
    assert (out != before).any()
    np.testing.assert_allclose(out, signalling_slope(SOMEWHERE.tolist(), 0.6, 0.5, changed), rtol=1e-10, atol=1e-12)


def test_a_cell_that_leaves_out_the_feedback_leaves_its_species_at_zero():
    """Those of Sedaghat's cell are as if there were no others."""
    end = dict(zip(SPECIES, advance(REST, np.full(600, 0.8), 1.0)[-1], strict=True))
    assert [end[name] for name in ("irs1_refractory", "akt_s473", "mtorc1_active")] == [0.0, 0.0, 0.0]
    end = dict(zip(SPECIES, advance(REST, np.full(600, 0.8), 1.0, WHOLE)[-1], strict=True))
    assert min(end[name] for name in ("irs1_refractory", "akt_s473", "mtorc1_active")) > 0.01


def test_s473_does_not_need_pip3_and_t308_does_not_need_mtorc2():
    """With no IRS1 phosphorylated S473 alone is made; without mTORC2 T308 alone."""
    alone = WHOLE._replace(irs1_phosphorylate=0.0)
    without = WHOLE._replace(akt_phosphorylate_s473=0.0)
    some, other = (dict(zip(SPECIES, advance(REST, np.full(900, 0.8), 1.0, p)[-1])) for p in (alone, without))
    assert some["akt_s473"] > 0.3 > 1e-3 > some["akt_active"] + some["akt_t308"]
    assert other["akt_t308"] > 0.01
    assert other["akt_active"] == other["akt_s473"] == 0.0


def test_the_feedback_of_mtorc1_raises_irs1_and_s307_then_takes_it_away():
    """Protection raises phosphotyrosine; exhaustion lets it peak and fall. Without either it rises and stays."""

    def course(**changes):
        y = advance(REST, np.full(1800, 0.5), 1.0, WHOLE._replace(**changes))
        return y[:, 0] + WHOLE.pi3k_per_irs1 * y[:, 1]

    protected, bare, tiring = course(irs1_exhaust=0.0), course(irs1_protect=0.0), course(irs1_recover=1e-3)
    assert protected[-1] > 1.05 * bare[-1]
    assert tiring.max() > 1.2 * tiring[-1]
    assert protected.max() < 1.001 * protected[-1]


def test_s307_is_there_at_rest_without_mtorc1():
    """Of IRS1 without phosphotyrosine a share basal / (basal + recover) has S307, and mTORC1 had no part in it."""
    still = WHOLE._replace(irs1_phosphorylate=0.0, mtorc1_activate=0.0)
    y = advance(REST, np.zeros(7200), 1.0, still)
    share = still.irs1_s307_basal / (still.irs1_s307_basal + still.irs1_recover)
    assert y[-1, SPECIES.index("irs1_refractory")] == pytest.approx(share, rel=1e-4)


def test_akt_with_s473_alone_phosphorylates_as160_as_much_as_its_share_says():
    """Without T308 AS160 is balanced by S473 alone: share k akt / (share k akt + its phosphatase)."""
    alone = WHOLE._replace(irs1_phosphorylate=0.0, as160_by_s473=1e-3)
    end = dict(zip(SPECIES, advance(REST, np.full(7200, 0.8), 1.0, alone)[-1], strict=True))
    rate = alone.as160_phosphorylate * (end["akt_active"] + 1e-3 * end["akt_s473"])
    assert end["as160_phosphorylated"] == pytest.approx(rate / (rate + alone.as160_dephosphorylate), rel=1e-3)
    assert end["akt_active"] < 1e-4 * end["akt_s473"]


def differences(y, active, parameters=P):
    """Jacobian by central differences, (n_species, n_species + 2), the last columns by the receptors."""
    columns = []
    for e in range(len(SPECIES) + 2):
        around = np.append(y, [active, 0.7 * active])
        step = 1e-6 * max(around[e], 1e-3)
        slopes = []
        for side in (step, -step):
            moved, out = around.copy(), np.empty(len(SPECIES))
            moved[e] += side
            signalling.derivative(moved[:-2], *moved[-2:], parameters, out)
            slopes.append(out)
        columns.append((slopes[0] - slopes[1]) / (2.0 * step))
    return np.stack(columns, axis=1)


def jacobian(y, active, parameters=P):
    out = np.full((len(SPECIES), len(SPECIES) + 2), np.nan)
    signalling.jacobian(y, active, 0.7 * active, parameters, out)
    return out


@pytest.mark.parametrize("above", [True, False])  # PIP3 above its basal level, where Akt is recruited, or below
def test_jacobian_is_that_of_the_derivative(above):
    for y, active in random_states(50):
        pip3 = SPECIES.index("pip3")
        y[pip3] = P.pip3_basal * (1.0 + y[pip3] if above else 0.9)
        for p in (P, WHOLE):
            np.testing.assert_allclose(jacobian(y, active, p), differences(y, active, p), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", signalling.Parameters._fields)
def test_every_parameter_is_right_in_the_jacobian(name):
    changed = WHOLE._replace(**{name: 1.5 * getattr(WHOLE, name)})
    found = jacobian(SOMEWHERE, 0.6, changed)
    np.testing.assert_allclose(found, differences(SOMEWHERE, 0.6, changed), rtol=1e-6, atol=1e-8)
    assert np.abs(found - differences(SOMEWHERE, 0.6, WHOLE)).max() > 1e-5


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


@pytest.mark.parametrize("name", [name for name in signalling.Parameters._fields if name not in SHARES])
def test_a_rate_far_faster_than_the_step_stays_stable(name):
    """A user may override any rate; the rule that divides the step must keep up."""
    fast = WHOLE._replace(**{name: 300.0 * getattr(WHOLE, name)})
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
            return signalling_slope(y, level, level, P)

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
