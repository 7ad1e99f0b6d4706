"""Doses to concentrations: closed forms of the textbook, the ODE itself, and what holds whatever the regimen."""

import math
import tomllib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.linalg import expm
from scipy.stats import gamma

from glut4sim.sim.endocrine import pharmacokinetics
from glut4sim.sim.endocrine.pharmacokinetics import (
    Dose,
    Kinetics,
    breakpoints,
    concentration,
    course,
    evolve,
    evolve_chain,
    regimen,
)
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.units import convert

HOUR, DAY = 3600.0, 86400.0
ORAL = Kinetics(math.log(2) / HOUR, math.log(2) / (10 * HOUR), scale=0.02)
VEIN = Kinetics(math.inf, math.log(2) / (2 * HOUR), scale=0.1)


def bateman(kinetics, amount, t):
    """Concentration t after one dose (Gibaldi & Perrier 1982, eq. 1.95)."""
    ka, ke, scale = kinetics[:3]
    t = np.maximum(t, 0.0)
    if math.isinf(ka):
        return scale * amount * np.exp(-ke * t)
    return scale * amount * ka / (ka - ke) * (np.exp(-ke * t) - np.exp(-ka * t))


def by_integration(kinetics, doses, times):
    """Concentration by a general ODE solver, from kink to kink."""
    ka, ke, scale = kinetics[:3]
    kinks = sorted({0.0, *(d.time for d in doses), *(d.time + d.duration for d in doses), max(times)})
    depot = central = 0.0
    found = np.zeros(len(times))
    for start, end in pairwise(kinks):
        given_now = sum(d.amount for d in doses if d.time == start and d.duration == 0.0)
        rate = sum(d.amount / d.duration for d in doses if d.time <= start < d.time + d.duration)
        if math.isinf(ka):
            state, f = [0.0, central + given_now], lambda t, y, r=rate: [0.0, r - ke * y[1]]
        else:
            state, f = [depot + given_now, central], lambda t, y, r=rate: [r - ka * y[0], ka * y[0] - ke * y[1]]
        at = [k for k, t in enumerate(times) if start <= t < end or t == end == kinks[-1]]
        done = solve_ivp(f, (start, end), state, "DOP853", dense_output=True, rtol=1e-11, atol=1e-12)
        found[at] = scale * done.sol(np.asarray(times)[at])[1] if at else []
        depot, central = done.y[:, -1]
    return found


# ---- closed forms ----


@pytest.mark.parametrize("kinetics", [ORAL, VEIN], ids=["oral", "vein"])
def test_single_dose(kinetics):
    times = np.linspace(0.0, 3 * DAY, 2001)
    found = concentration(kinetics, regimen(250.0, start=5 * HOUR), times)
    expected = np.where(times < 5 * HOUR, 0.0, bateman(kinetics, 250.0, times - 5 * HOUR))
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


def test_peak_is_where_absorption_equals_elimination():
    ka, ke, _ = ORAL[:3]
    at_peak = math.log(ka / ke) / (ka - ke)
    times = at_peak + np.linspace(-600.0, 600.0, 1201)
    assert times[np.argmax(concentration(ORAL, [Dose(0.0, 1.0)], times))] == pytest.approx(at_peak, abs=1.0)


def test_the_peak_is_foretold():
    assert Kinetics(1.0, 0.25, 1.0).rise == pytest.approx(math.log(4.0) / 0.75)  # of Bateman's function
    assert Kinetics(0.5, 0.5, 1.0).rise == pytest.approx(2.0)  # its limit
    assert Kinetics(1.0, 0.25, 1.0, depots=3).rise == pytest.approx(2.0 + math.log(4.0) / 0.75)
    assert Kinetics(math.inf, 0.25, 1.0).rise == 0.0


@pytest.mark.parametrize("kinetics", [ORAL, VEIN], ids=["oral", "vein"])
def test_steady_state(kinetics):
    ka, ke, scale = kinetics[:3]
    every, n = 8 * HOUR, 60
    t = np.linspace(0.0, every, 500, endpoint=False)
    found = concentration(kinetics, regimen(100.0, 0.0, every, n * every), (n - 1) * every + t)
    decay = np.exp(-ke * t) / -math.expm1(-ke * every)
    if math.isinf(ka):
        expected = scale * 100.0 * decay
    else:
        depot = np.exp(-ka * t) / -math.expm1(-ka * every)
        expected = scale * 100.0 * ka / (ka - ke) * (decay - depot)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert found.mean() == pytest.approx(scale * 100.0 / (ke * every), rel=2e-2 if math.isinf(ka) else 1e-4)


def test_accumulation_ratio():
    every, n = 3 * HOUR, 200
    _, ke, _ = VEIN[:3]
    trough = concentration(VEIN, regimen(1.0, 0.0, every, n * every), np.array([1, n]) * every - 1.0)
    assert trough[1] / trough[0] == pytest.approx(1.0 / -math.expm1(-ke * every), rel=1e-9)


@pytest.mark.parametrize("kinetics", [ORAL, VEIN], ids=["oral", "vein"])
def test_infusion(kinetics):
    ka, ke, scale = kinetics[:3]
    last, rate = 5 * HOUR, 30.0 / HOUR
    times = np.linspace(0.0, DAY, 1000)
    found = concentration(kinetics, regimen(150.0, 0.0, duration=last), times)

    def since_start(t):
        t = np.maximum(t, 0.0)
        if math.isinf(ka):
            return rate / ke * -np.expm1(-ke * t)
        return rate * ka / (ka - ke) * (-np.expm1(-ke * t) / ke + np.expm1(-ka * t) / ka)

    expected = scale * (since_start(times) - since_start(times - last))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    if math.isinf(ka):
        at_end = concentration(kinetics, regimen(150.0, 0.0, duration=last), [last])
        assert at_end[0] == pytest.approx(scale * rate * -math.expm1(-ke * last) / ke, rel=1e-12)


COURSES = {
    "oral": (ORAL, regimen(50.0, HOUR, 6 * HOUR, 2 * DAY)),
    "vein": (VEIN, regimen(50.0, 0.0, 5 * HOUR, DAY)),
    "overlapping infusions": (ORAL, (*regimen(9.0, 0.0, 4 * HOUR, DAY, 7 * HOUR), Dose(3 * HOUR, 2.0))),
    "infusions into a vein": (VEIN, (*regimen(9.0, HOUR, 4 * HOUR, DAY, HOUR), Dose(1800.0, 2.0, 10 * HOUR))),
    "equal rates": (Kinetics(1e-4, 1e-4, 1.0), regimen(5.0, 0.0, 6 * HOUR, DAY, HOUR)),
}


@pytest.mark.parametrize(("kinetics", "doses"), COURSES.values(), ids=COURSES)
def test_agrees_with_the_ode(kinetics, doses):
    times = np.linspace(0.0, 2 * DAY, 301) + 7.0
    expected = by_integration(kinetics, doses, times)
    np.testing.assert_allclose(concentration(kinetics, doses, times), expected, rtol=1e-6, atol=1e-9)


def test_two_percent_more_elimination_is_caught(monkeypatch):
    right = pharmacokinetics._propagate, pharmacokinetics._evaluate
    for name, function in zip(("_propagate", "_evaluate"), right):
        monkeypatch.setattr(pharmacokinetics, name, lambda *a, f=function: f(*a[:-2], 1.02 * a[-2], a[-1]))
    for test, args in (
        (test_single_dose, (VEIN,)),
        (test_steady_state, (ORAL,)),
        (test_accumulation_ratio, ()),
        (test_infusion, (VEIN,)),
        (test_agrees_with_the_ode, COURSES["oral"]),
    ):
        with pytest.raises(AssertionError):
            test(*args)


# ---- near the limits ----


@pytest.mark.parametrize("nearly", [1.0, 1 + 1e-15, 1 + 1e-12, 1 - 1e-9, 1 + 1e-6])
def test_equal_rates_are_a_limit(nearly):
    k, t = 1e-4, np.linspace(0.0, 2 * DAY, 200)
    found = concentration(Kinetics(nearly * k, k, 1.0), [Dose(0.0, 1.0)], t)
    np.testing.assert_allclose(found, k * t * np.exp(-k * t), rtol=2e-5)
    exact = pytest.approx(-math.expm1(-10.0) - 10.0 * math.exp(-10.0), rel=1e-5)
    assert evolve(0.0, 0.0, 1.0, nearly * k, k, 10.0 / k)[1] * k == exact


@pytest.mark.parametrize("x", [0.0, 1e-300, 1e-12, 1e-3, 0.3, 0.999, 1.0, 1.001, 5.0, 60.0, 1e4])
@pytest.mark.parametrize("y", [0.0, 1e-12, 1e-4, 0.7, 0.999999, 1.0, 3.0, 800.0])
def test_evolve_is_exact_at_any_rates(x, y):
    """Against the integrals done by Gauss-Legendre on a fine grid, free of the quotients."""
    depot, central = evolve(2.0, 3.0, 1.0, x, y, 1.0)
    nodes, weights = np.polynomial.legendre.leggauss(40)
    edges = np.concatenate([[0.0], np.geomspace(1e-9, 1.0, 200)])
    s = (edges[:-1, None] + np.diff(edges)[:, None] * (nodes + 1) / 2).ravel()
    w = (np.diff(edges)[:, None] * weights / 2).ravel()
    absorbed = np.where(x * s > 1e-8, -np.expm1(-x * s), x * s)  # rate out of the depot, of a constant input
    assert depot == pytest.approx(2.0 * math.exp(-x) + w @ np.exp(-x * s), rel=1e-11)
    from_depot = w @ (2.0 * x * np.exp(-x * s - y * (1.0 - s)))
    from_input = w @ (absorbed * np.exp(-y * (1.0 - s)))
    assert central == pytest.approx(3.0 * math.exp(-y) + from_depot + from_input, rel=1e-9, abs=1e-300)


def test_pieces_make_the_whole():
    whole = evolve(3.0, 1.0, 0.01, *ORAL[:2], DAY)
    depot, central = 3.0, 1.0
    for _ in range(97):
        depot, central = evolve(depot, central, 0.01, *ORAL[:2], DAY / 97)
    assert (depot, central) == pytest.approx(whole, rel=1e-12)


# ---- depots in a row, and two phases ----


def chain_matrix(n, x, y):
    """The generator of n depots, a central compartment and a constant input (its first row)."""
    a = np.diag([0.0] + [-x] * n + [-y])
    a[0, 1] = 1.0
    for i in range(1, n + 1):
        a[i, i + 1] = x
    return a


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize(
    ("x", "y"), [(0.3, 0.2), (1.0, 1.0), (1.0, 1.0 + 1e-9), (1e-6, 3.0), (40.0, 0.1), (0.02, 900.0)]
)
def test_a_chain_is_its_matrix_exponential(n, x, y):
    depots, central, rate = np.arange(1.0, n + 1.0), 0.7, 1.3
    start = np.concatenate([[rate], depots, [central]])
    expected = start @ expm(chain_matrix(n, x, y))
    found = evolve_chain(depots, central, rate, x, y, 1.0)
    assert [*depots, found] == pytest.approx(expected[1:].tolist(), rel=1e-11, abs=1e-14)


def test_one_depot_in_a_row_is_a_depot():
    for x, y in ((0.3, 0.2), (1e-3, 5.0), (70.0, 0.01), (1.0, 1.0)):
        depots = np.array([2.0])
        central = evolve_chain(depots, 3.0, 1.0, x, y, 1.0)
        assert (depots[0], central) == pytest.approx(evolve(2.0, 3.0, 1.0, x, y, 1.0), rel=1e-12)


def test_a_drug_that_leaves_at_once_shows_how_a_gamma_distributed_delay_delivers():
    """With n depots of one rate and elimination that is far faster, elimination equals what arrives."""
    kinetics = Kinetics(1 / HOUR, 1.0, 1.0, depots=3)
    times = np.linspace(0.5, 24.0, 48) * HOUR
    arriving = gamma.pdf(times, 3, scale=HOUR)
    np.testing.assert_allclose(concentration(kinetics, [Dose(0.0, 5.0)], times), 5.0 * arriving, rtol=2e-3)
    two = concentration(kinetics._replace(depots=2), [Dose(0.0, 5.0)], times)
    assert np.abs(two / (5.0 * arriving) - 1.0).max() > 0.1  # the wrong number of depots


def test_two_phases_are_a_sum_of_two_exponentials():
    kinetics = Kinetics(math.inf, 1 / HOUR, 3.0, terminal_rate=0.1 / HOUR, terminal_scale=0.5)
    times = np.linspace(0.0, 48.0, 200) * HOUR
    found = concentration(kinetics, [Dose(0.0, 2.0)], times)
    expected = 6.0 * np.exp(-times / HOUR) + 1.0 * np.exp(-0.1 * times / HOUR)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    by_mouth = kinetics._replace(absorption_rate=2 / HOUR)
    apart = sum(bateman((2 / HOUR, rate, scale), 2.0, times) for rate, scale in ((1 / HOUR, 3.0), (0.1 / HOUR, 0.5)))
    np.testing.assert_allclose(concentration(by_mouth, [Dose(0.0, 2.0)], times), apart, rtol=1e-11, atol=1e-13)


# ---- whatever the regimen ----

times_of_day = st.floats(0.0, 30 * DAY)
amounts = st.floats(0.0, 1e4)
a_dose = st.builds(Dose, times_of_day, amounts, st.one_of(st.just(0.0), st.floats(0.0, 3 * DAY)))
some_doses = st.lists(a_dose, max_size=12)
rates = st.floats(-9.0, 0.0).map(lambda power: 10.0**power)
scales = st.floats(1e-6, 1e3)
second = st.one_of(st.just(0.0), scales)
any_kinetics = st.builds(Kinetics, st.one_of(st.just(math.inf), rates), rates, scales, st.integers(1, 4), rates, second)
ANY = settings(max_examples=150, deadline=None)


@ANY
@given(any_kinetics, some_doses, st.lists(times_of_day, max_size=20))
def test_never_negative(kinetics, doses, times):
    found = concentration(kinetics, doses, np.array([*times, *breakpoints(doses)]))
    assert np.isfinite(found).all()
    assert (found >= 0.0).all()
    if doses:
        known = course(kinetics, doses)
        assert all((part >= 0.0).all() for part in (known.depot, known.central, known.input_rate))


@ANY
@given(any_kinetics, some_doses, some_doses, st.floats(0.0, 100.0), st.lists(times_of_day, max_size=20))
def test_doses_superpose_and_scale(kinetics, some, more, factor, times):
    times = np.array(times)
    apart = factor * concentration(kinetics, some, times) + concentration(kinetics, more, times)
    together = [*(d._replace(amount=factor * d.amount) for d in some), *more]
    tolerance = 1e-12 * (1.0 + kinetics.scale * sum(d.amount for d in together))
    # from one of up to 24 kinks to the next a time is rounded, and some hundred numbers of the matrix are: 1e-13 each
    np.testing.assert_allclose(concentration(kinetics, together, times), apart, rtol=3e-12, atol=tolerance)


@ANY
@given(any_kinetics, some_doses)
def test_nothing_is_lost(kinetics, doses):
    """What is eliminated, ke times the area under the curve, is all that was given, times its scale."""
    ka, ke, _ = kinetics[:3]
    if not doses:
        return
    known = course(kinetics, doses)
    # the area between kinks follows from the amounts there: input - change = eliminated
    body = known.depot.sum(axis=1) + known.central[:, 0]
    dt = np.diff(known.times)

    def left(depots, central, rate, time):
        if len(depots) == 1 or math.isinf(ka):
            return sum(evolve(depots[0], central, rate, ka, ke, time))
        depots = depots.copy()
        central = evolve_chain(depots, central, rate, ka, ke, time)
        return depots.sum() + central

    before = [left(d, c, r, t) for d, c, r, t in zip(known.depot, known.central[:, 0], known.input_rate, dt)]
    eliminated = body[:-1] + known.input_rate[:-1] * dt - before
    dosed = sum(d.amount for d in doses)
    assert (eliminated >= -1e-11 * (1.0 + dosed)).all()  # rounding, where rates lie eight decades apart
    assert eliminated.sum() + body[-1] == pytest.approx(dosed, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("kinetics", [ORAL, VEIN], ids=["oral", "vein"])
def test_area_under_the_curve(kinetics):
    doses = (*regimen(10.0, 0.0, 5 * HOUR, DAY), *regimen(30.0, HOUR, duration=4 * HOUR))
    edges = np.concatenate([breakpoints(doses), np.linspace(1.5, 20.0, 60) * DAY])
    nodes, weights = np.polynomial.legendre.leggauss(20)
    half = np.diff(edges) / 2
    times = (edges[:-1, None] + half[:, None] * (nodes + 1)).ravel()
    area = concentration(kinetics, doses, times) @ (half[:, None] * weights).ravel()
    assert area * kinetics.elimination_rate == pytest.approx(kinetics.scale * 80.0, rel=1e-9)


def test_order_of_doses_and_times_does_not_matter():
    doses = (*regimen(5.0, 0.0, 7 * HOUR, 3 * DAY, HOUR), *regimen(2.0, HOUR, DAY, 3 * DAY))
    times = np.linspace(0.0, 4 * DAY, 100)
    np.testing.assert_allclose(
        concentration(ORAL, doses[::-1], times[::-1])[::-1], concentration(ORAL, doses, times), rtol=1e-12
    )


# ---- regimens ----


def test_regimen():
    assert regimen(3.0, 10.0) == (Dose(10.0, 3.0, 0.0),)
    assert regimen(3.0, 10.0, 5.0, 25.0, 1.0) == (Dose(10.0, 3.0, 1.0), Dose(15.0, 3.0, 1.0), Dose(20.0, 3.0, 1.0))
    assert regimen(3.0, 10.0, 5.0, 10.0) == regimen(3.0, 10.0, stop=10.0) == ()
    assert len(regimen(1.0, 0.0, 0.1, 0.1 * 3)) == 3  # 0.1 * 3 is a little over 0.3


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ((-1.0, 0.0), "dose"),
        ((math.nan, 0.0), "dose"),
        ((1.0, -1.0), "start"),
        ((1.0, 0.0, 0.0, 9.0), "every"),
        ((1.0, 0.0, 1.0), "every"),
        ((1.0, 0.0, 1e-9, 1.0), "every"),
        ((1.0, 0.0, 1.0, 9.0, -1.0), "over"),
    ],
)
def test_a_regimen_that_cannot_be(arguments, path):
    with pytest.raises(InputError) as error:
        regimen(*arguments)
    assert error.value.path == path


def test_breakpoints():
    doses = (Dose(5.0, 1.0), Dose(0.0, 1.0, 5.0), Dose(3.0, 1.0, 9.0))
    assert breakpoints(doses).tolist() == [0.0, 3.0, 5.0, 12.0]
    assert len(breakpoints(())) == 0


def test_without_doses_there_is_nothing():
    assert concentration(ORAL, (), np.arange(3.0)).tolist() == [0.0, 0.0, 0.0]


# ---- the library's numbers ----


def library(name):
    """Kinetics and entry of a drug, as its file has it, per mg."""
    path = Path(pharmacokinetics.__file__).parent / "data" / "drugs.toml"
    entry = tomllib.loads(path.read_text("utf-8"))[name]
    ka = math.log(2) / convert(entry["absorption_half_life"], "s", "a time")
    ke = math.log(2) / convert(entry["elimination_half_life"], "s", "a time")
    per_mg = entry["active_fraction"] * entry["bioavailability"] / convert(entry["volume"], "L", "a volume")
    return Kinetics(ka, ke, per_mg * convert("1 mg/L", entry["unit"], "a concentration"))


def test_weekly_testosterone_cypionate():
    """Steady peak over trough, and mean; peak after one dose on day 2 to 5 (Nankin, Fertil Steril 47:1004, 1987)."""
    kinetics = library("testosterone cypionate")
    week = concentration(kinetics, regimen(100.0, 0.0, 7 * DAY, 210 * DAY), np.linspace(203, 210, 2001)[:-1] * DAY)
    assert 1.3 < week.max() / week.min() < 1.9
    assert 600.0 < week.mean() < 700.0
    single = concentration(kinetics, [Dose(0.0, 200.0)], np.linspace(0.0, 14.0, 1401) * DAY)
    assert 2.0 <= np.argmax(single) / 100 <= 5.0
