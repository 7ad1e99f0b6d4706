"""Numbers of the installed library against those of their sources: drugs, free hormones, the cycle."""

import numpy as np
import pytest
from scipy.optimize import brentq

from glut4sim.sim.endocrine import library, rhythm
from glut4sim.sim.endocrine.model import Plan, solve
from glut4sim.sim.endocrine.pharmacokinetics import concentration, regimen
from glut4sim.sim.inputs.schedule import Schedule

HOUR, DAY = 3600.0, 86400.0
NG_PER_DL = 28.843  # of testosterone, one nM


def once(drug, dose, hours=96.0):
    """Peak, its time [h] and area [h] of one dose."""
    times = np.linspace(0.0, hours, 48001) * HOUR
    found = concentration(library.drugs()[drug].kinetics, regimen(dose, 0.0), times)
    return found.max(), times[found.argmax()] / HOUR, np.trapezoid(found, times / HOUR)


@pytest.mark.parametrize(
    ("drug", "dose", "peak", "time", "area"),
    [
        ("progesterone oral", 100.0, 2.2, (0.6, 1.4), 3.5),  # Levine, Watson 2000
        ("tesamorelin", 2.0, 2.87, (0.0, 0.2), 0.635),  # US label
        ("medroxyprogesterone", 10.0, 4.8, (1.5, 3.5), 102.0),  # US label, from memory
        ("norethisterone", 1.0, 6.0, (0.5, 2.0), 29.7),  # US label, from memory
    ],
)
def test_peak_time_and_area(drug, dose, peak, time, area):
    found = once(drug, dose, hours=6.0 if drug == "tesamorelin" else 400.0)
    assert found[0] == pytest.approx(peak, rel=0.05)
    assert time[0] < found[1] < time[1]
    assert found[2] == pytest.approx(area, rel=0.05)


def test_growth_hormone_under_the_skin_comes_after_four_hours():
    _, time, _ = once("growth hormone", 0.3, hours=24.0)
    assert time == pytest.approx(4.0, abs=0.6)


def test_gel_rises_over_hours_and_is_steady_on_the_third_day():
    times = np.arange(0.0, 6.0, 1 / 96) * DAY
    level = concentration(library.drugs()["testosterone gel"].kinetics, regimen(50.0, 0.0, DAY, 6 * DAY), times)
    days = level.reshape(6, 96).mean(axis=1)
    assert level[times <= 70 * 60.0].max() < 0.1 * days[-1]  # half of it came in 70 min before
    assert days[2] == pytest.approx(days[5], rel=0.05)


def test_ipamorelin_releases_what_was_measured_in_one_burst():
    effect, level = library.effects()["ipamorelin-gh"], library.levels()["gh"]
    production = (1.0 + effect.gain) * level.reference["man"] * level.rate * HOUR
    assert production == pytest.approx(694.0 / 3.0, rel=0.02)  # ug/L/h, 694 mIU/L/h at 3 IU/mg: Gobburu 1999
    times = np.arange(0.0, 6.0, 0.02) * HOUR
    gh = solve(Plan(doses={"ipamorelin": regimen(2.0, 0.0)}), times).levels["gh"]
    assert times[gh.argmax()] / HOUR == pytest.approx(0.67, abs=0.2)
    assert gh[times == 2 * HOUR] < 0.15 * gh.max()  # while the drug is still at half
    without = dict(library.effects())
    del without["gh-gh"]
    going_on = solve(Plan(doses={"ipamorelin": regimen(2.0, 0.0)}, effects=without), times).levels["gh"]
    assert going_on[times == 2 * HOUR] > 0.5 * going_on.max()


def free_by_vermeulen(total, shbg):
    """Free testosterone [nM] by the equation of mass action, Vermeulen, Verdonck, Kaufman 1999; all in nM."""
    albumin = 1.0 + 3.6e4 * 43.0 / 69000.0

    def missing(free):
        return albumin * free + shbg * free / (1.0 + free) - total  # SHBG binds with 1e9 L/mol

    return brentq(missing, 0.0, total)


def levels_of(sex, **set_points):
    baseline = {name: Schedule((0.0,), (value,)) for name, value in set_points.items()}
    return {
        name: float(values[0]) for name, values in solve(Plan(sex=sex, baseline=baseline), np.zeros(1)).levels.items()
    }


MEN = [("man", total, shbg) for total in (300.0, 531.0, 900.0) for shbg in (15.0, 35.0, 70.0)]
WOMEN = [("woman", total, shbg) for total in (30.0, 90.0) for shbg in (15.0, 35.0, 70.0, 120.0)]


@pytest.mark.parametrize(("sex", "total", "shbg"), MEN + WOMEN)
def test_free_testosterone_is_that_of_mass_action(sex, total, shbg):
    """Within 16 %: that the free share rises as testosterone fills SHBG is left out. SHBG doing nothing is far off."""
    found = levels_of(sex, testosterone=total, shbg=shbg)["free_testosterone"]
    expected = NG_PER_DL * free_by_vermeulen(total / NG_PER_DL, shbg)
    assert found == pytest.approx(expected, rel=0.16)
    if sex == "woman":
        share = library.levels()["free_testosterone"].reference[sex] / library.levels()["testosterone"].reference[sex]
        assert shbg in (35.0, 70.0) or share * total != pytest.approx(expected, rel=0.16)


def test_free_hormones_equal_what_the_total_did_at_the_reference():
    """A man's testosterone of 220 ng/dL does what it did before there was SHBG."""
    gain = library.effects()["testosterone-pi3k"].gain
    low = {"testosterone": Schedule((0.0,), (220.0,)), "lh": Schedule((0.0,), (3.0,))}
    found = solve(Plan(baseline=low), np.zeros(1))
    assert found.levels["free_testosterone"][0] / 10.62 == pytest.approx(220.0 / 531.0, rel=1e-9)

    def hill(testosterone):
        return 1.0 + gain * testosterone**2 / (200.0**2 + testosterone**2)

    assert found.effects["testosterone-pi3k"][0] == pytest.approx(hill(220.0) / hill(531.0), rel=1e-9)


@pytest.mark.parametrize("percentile", [5.0, 50.0, 95.0])
def test_the_cycle_is_the_measured_one(percentile):
    lines = (library.DATA / "cycle.csv").read_text("utf-8").splitlines()[2:]
    head, rows = lines[0].split(","), np.array([line.split(",") for line in lines[1:]], float)
    cycle, length = rhythm.Cycle(length=30.0 * DAY, percentile=percentile), 30
    for first in (1, 4, 7):
        level = head[first].split("_")[0]
        found = rhythm.cycles(level, cycle, 90 * DAY, 1).at(np.arange(length) * DAY) * rows[:, first].mean()
        median, low, high = rows[:, first : first + 3].T
        expected = {5.0: low, 50.0: median, 95.0: high}[percentile]
        assert found == pytest.approx(expected, rel=1e-9)
        reference = library.levels()[level].reference["woman"]
        assert reference == pytest.approx(median.mean(), rel=2e-3)


def test_levels_follow_the_cycle_within_the_spread_of_women():
    """With their turnover, on each day of the second cycle; the course of a model was outside on nine days."""
    lines = (library.DATA / "cycle.csv").read_text("utf-8").splitlines()[3:]
    rows = np.array([line.split(",") for line in lines], float)
    plan = Plan(sex="woman", cycle=rhythm.Cycle(length=30 * DAY))
    found = solve(plan, (30.0 + np.arange(30)) * DAY).levels
    for level, first in (("estradiol", 1), ("progesterone", 4), ("lh", 7)):
        low, high = rows[:, first + 1], rows[:, first + 2]
        assert np.all((found[level] >= 0.98 * low) & (found[level] <= high)), level


def test_pulses_of_gonadorelin_drive_and_constant_exposure_silences():
    times = np.arange(20.0, 21.0, 1 / 48) * DAY
    pulses, constant = (
        solve(Plan(doses={"gonadorelin": doses}), times).levels["lh"].mean()
        for doses in (regimen(10.0, 0.0, 1.5 * HOUR, 30 * DAY), regimen(160.0 * 30, 0.0, duration=30 * DAY))
    )
    assert pulses == pytest.approx(5.0, rel=0.3)
    assert constant < 0.1 * pulses
    first_day = solve(Plan(doses={"gonadorelin": regimen(160.0, 0.0, duration=DAY)}), np.array([0.3 * DAY]))
    assert first_day.levels["lh"][0] > 10.0  # it drives before it silences
