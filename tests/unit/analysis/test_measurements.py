"""Measurements on courses whose numbers are known."""

import numpy as np
import pytest

from glut4sim.agents import vesicle
from glut4sim.sim.analysis import measurements
from glut4sim.sim.analysis.measurements import QUANTITIES, Course, NoValue, Recorded, Reference, fit_to
from glut4sim.sim.model.observables import Scale
from glut4sim.sim.scenario.scenario import Scenario

MINUTE = 60.0
TIME = np.arange(-120.0, 3601.0, 2.0)
AT_30 = (1800.0, 1800.0)


def rise_and_fall(basal=4.0, top=40.0, rise=180.0, washout=900.0, fall=600.0):
    """Exponential rise and fall with these half-times [s]."""
    up = basal + (top - basal) * (1.0 - 0.5 ** (np.clip(TIME, 0.0, washout) / rise))
    return Course(TIME, basal + (up - basal) * 0.5 ** (np.clip(TIME - washout, 0.0, None) / fall), washout, np.zeros(0))


def hill_course(ec50, slope=1.0, doses=(0.0, 0.01, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0)):
    doses = np.array(doses)
    response = 5.0 + 30.0 * doses**slope / (ec50**slope + doses**slope)
    return Course(TIME, np.where(TIME > 0.0, response[:, None], 5.0), None, doses)


def points(x, y, sem, is_dose=False):
    return Reference(np.array(x, float), np.array(y, float), np.array(sem, float), is_dose)


# ---- one number of one course ----


def test_basal_is_the_mean_before_the_stimulation():
    values = np.where(TIME <= 0.0, 5.0 + np.where(np.arange(len(TIME)) % 2, 1.0, -1.0), 50.0)
    assert measurements.basal(Course(TIME, values, None, np.zeros(0))) == pytest.approx(5.0, abs=0.02)


def test_the_first_record_of_a_rate_does_not_exist_and_does_not_count():
    values = np.where(TIME <= 0.0, 3.0, 9.0)
    values[0] = np.nan
    assert measurements.basal(Course(TIME, values, None, np.zeros(0))) == 3.0


def test_level_at_a_moment_is_linear_between_records_and_over_a_span_a_mean():
    course = Course(TIME, TIME / 2.0, None, np.zeros(0))
    assert measurements.level(course, (61.0, 61.0)) == pytest.approx(30.5)
    assert measurements.level(course, (3600.0, 3600.0)) == pytest.approx(1800.0)
    assert measurements.level(course, (100.0, 200.0)) == pytest.approx(75.5)  # of 102, 104 .. 200
    with pytest.raises(NoValue, match="61 min"):
        measurements.level(course, (3660.0, 3660.0))


def test_half_times():
    course = rise_and_fall()
    reached = measurements.level(course, (900.0, 900.0))
    half = 180.0 * np.log2(1.0 / (1.0 - (reached - 4.0) / 72.0)) / MINUTE  # half of what 15 min reach
    assert measurements.half_time_rise(course, (900.0, 900.0)) == pytest.approx(half, rel=1e-3)
    assert measurements.half_time_fall(course) == pytest.approx(10.0, rel=1e-3)


def test_half_times_that_do_not_exist():
    slow = rise_and_fall(fall=1e5)
    with pytest.raises(NoValue, match="half of the change is not reached"):
        measurements.half_time_fall(slow)
    with pytest.raises(NoValue, match="not washed out"):
        measurements.half_time_fall(slow._replace(washout=None))


def test_share_of_peak():
    values = np.where(TIME <= 0.0, 2.0, np.where(TIME < 60.0, 12.0, 6.0))
    assert measurements.share_of_peak(Course(TIME, values, None, np.zeros(0)), AT_30) == pytest.approx(40.0)


HOURS = np.arange(0.0, 24.5) * 3600.0


def hourly(values):
    return Course(HOURS, np.asarray(values, float), None, np.zeros(0))


def at(hours):
    return (3600.0 * hours,) * 2


def test_change_is_in_percent_of_an_earlier_moment_or_span():
    course = hourly(100.0 + 2.0 * np.arange(25))
    assert measurements.change(course, at(10)) == pytest.approx(20.0)
    assert measurements.change(course, at(10), at(5)) == pytest.approx(100.0 * (120.0 / 110.0 - 1.0))
    spans = (at(19)[0], at(24)[0]), (at(0)[0], at(3)[0])
    assert measurements.change(course, *spans) == pytest.approx(100.0 * (144.0 / 104.0 - 1.0))  # of 20..24 and 1..3 h
    with pytest.raises(NoValue, match="1500 min"):
        measurements.change(course, at(25))


def test_peak_to_trough_looks_at_a_span_only():
    course = hourly(np.where(np.arange(25) < 3, 1000.0, 30.0 + 10.0 * (np.arange(25) % 4)))
    assert measurements.peak_to_trough(course, (at(12)[0], at(24)[0])) == pytest.approx(60.0 / 30.0)
    with pytest.raises(NoValue, match="not recorded"):
        measurements.peak_to_trough(course, (at(12)[0], at(25)[0]))


def test_onset_is_half_of_the_largest_fall_since_a_moment():
    """Flat until 4 h, down to a half by 8 h, and up again from 12 h on."""
    course = hourly(np.interp(np.arange(25), [0, 4, 8, 12, 24], [10, 10, 5, 5, 9]))
    assert measurements.onset(course) == pytest.approx(6.0)
    assert measurements.onset(course, at(1)) == pytest.approx(5.0)
    assert measurements.onset(course, at(6)) == pytest.approx(1.0)  # from 7.5 to 5
    with pytest.raises(NoValue, match="does not fall"):
        measurements.onset(hourly(np.arange(25)))


def test_onset_of_a_fine_record_is_that_of_its_running_mean():
    """One record far below all others is chance: half an hour of them counts."""
    time = np.arange(0.0, 43_200.0, 60.0)
    values = np.interp(time / 3600.0, [0, 4, 8, 12], [10, 10, 5, 5])
    values[300] = 0.0  # at 5 h
    found = measurements.onset(Course(time, values, None, np.zeros(0)))
    assert found == pytest.approx(6.0, abs=0.05)


@pytest.mark.parametrize(("ec50", "slope"), [(0.5, 1.0), (2.0, 1.5)])
def test_ec50_of_a_hill_curve(ec50, slope):
    assert measurements.ec50(hill_course(ec50, slope), AT_30) == pytest.approx(ec50, rel=1e-3)


def test_ec50_of_a_flat_response_has_no_value():
    flat = hill_course(1.0)
    with pytest.raises(NoValue, match="does not depend"):
        measurements.ec50(flat._replace(values=np.full_like(flat.values, 5.0)), AT_30)


# ---- against published curves and points ----


def test_deviations_are_taken_at_whole_minutes():
    course = Course(TIME, np.where(TIME % MINUTE == 0.0, 3.0, 99.0), None, np.zeros(0))
    curve = Reference(
        np.arange(0.0, 601.0, 30.0), np.where(np.arange(0.0, 601.0, 30.0) == 600.0, 7.0, 3.0), None, False
    )
    assert measurements.largest_deviation(course, curve) == pytest.approx(4.0)
    assert measurements.rms_deviation(course, curve) == pytest.approx(4.0 / np.sqrt(11.0))


def test_a_curve_longer_than_the_experiment_cannot_be_compared():
    curve = Reference(np.array([0.0, 7200.0]), np.zeros(2), None, False)
    with pytest.raises(NoValue, match="nothing is recorded"):
        measurements.rms_deviation(rise_and_fall(), curve)


def test_points_that_follow_a_multiple_of_the_course_have_no_distance():
    course = hill_course(0.5)
    data = points(
        [0, 0.1, 1, 10],
        2.0 * (5.0 + 30.0 * np.array([0, 0.1, 1, 10]) / (0.5 + np.array([0, 0.1, 1, 10]))) - 10,
        [1] * 4,
        True,
    )
    fit = fit_to(course, data, "factor", AT_30)
    assert (fit.factor, fit.offset, fit.freedom) == (pytest.approx(2.0), 0.0, 2)
    assert measurements.chi_square(course, data, "factor", AT_30) == pytest.approx(0.0, abs=1e-12)


def test_chi_square_counts_errors_and_freedom():
    """A course that is constant at 1 above rest; points 10 +- 1 and 12 +- 1 about the factor 11."""
    course = Course(TIME, np.where(TIME > 0.0, 1.0, 0.0), None, np.zeros(0))
    data = points([0.0, 600.0, 1200.0, 1800.0], [0.0, 10.0, 12.0, 50.0], [1.0, 1.0, 1.0, 0.0])
    fit = fit_to(course, data, "factor")
    assert fit.factor == pytest.approx(11.0)
    assert list(fit.counted) == [False, True, True, False]  # at rest 0 by construction; one without error
    assert measurements.chi_square(course, data, "factor") == pytest.approx((1.0 + 1.0) / 1)
    fit = fit_to(course, data, "factor and offset")
    assert (fit.factor, fit.offset, fit.freedom) == (pytest.approx(11.0), pytest.approx(0.0, abs=1e-9), 1)


def test_points_at_a_dose_that_was_not_simulated_have_no_value():
    with pytest.raises(NoValue, match="lacks a dose"):
        fit_to(hill_course(1.0), points([0, 0.2, 1], [0, 1, 2], [1, 1, 1], True), "factor", AT_30)


# ---- quantities ----


@pytest.fixture(scope="module")
def recorded():
    from glut4sim.sim.model.mean_field import solve

    scenario = Scenario.from_table(
        {"bath": {"insulin": [["0 min", "0 nM"], ["1 min", "100 nM"]]}, "run": {"duration": "21 min"}}
    )
    p = scenario.parameter_set
    trace = solve(scenario, np.arange(0.0, 1261.0, 30.0))
    return Recorded(trace, p, Scale(p.vesicle.glut4_copies, 1.0, p.signalling.pi3k_per_irs1, 1.0, 1.0))


@pytest.mark.parametrize("name", QUANTITIES)
def test_every_quantity_is_a_number_at_every_record(recorded, name):
    values = QUANTITIES[name].measure(recorded)
    assert values.shape == recorded.trace.time.shape
    assert np.isfinite(values[1:]).all()  # the first record has no rates
    assert QUANTITIES[name].unit
    assert QUANTITIES[name].long_name


def test_quantities_of_the_suites_own(recorded):
    found = {name: QUANTITIES[name].measure(recorded)[-1] for name in QUANTITIES}
    events = np.diff(recorded.trace.vesicle_events[-2:, vesicle.CLUSTERED_FUSION])[0]
    clustered = 2.0 * events  # in half a minute
    assert clustered > 0.0
    assert found["all_fusion_rate"] == pytest.approx(found["fusion_rate"] + found["transient_fusion_rate"] + clustered)
    not_fused = 10_000 * (1.0 - found["surface_glut4_percent"] / 100.0)
    assert found["exocytosis_rate"] == pytest.approx((found["fusion_rate"] + clustered) / not_fused)
    assert found["akt_t308"] > found["akt_active"]
    glucose = recorded.parameters.glucose
    carriers = found["surface_glut4"] * glucose.glut4_turnover + glucose.glut1_copies * glucose.glut1_turnover
    assert found["tracer_transport"] == pytest.approx(carriers * 0.05 / 5.05)  # both have a Michaelis constant of 5 mM
    assert found["transport"] == pytest.approx(carriers * 5.0 / 10.0)  # from 5 mM outside


def test_transport_knows_of_glut4_that_hormones_made():
    """More GLUT4, the same share of it at the surface; GLUT1 is as it was."""
    from glut4sim.sim.model.mean_field import solve

    by_glut4, shares, copies = [], [], []
    for estradiol in ("12 pg/mL", "100 pg/mL"):
        scenario = Scenario.from_table(
            {
                "bath": {"insulin": "1 nM"},
                "run": {"duration": "1 min"},
                "body": {"sex": "woman", "visceral_fat": "1 kg"},
                "hormones": {"estradiol": estradiol},
                "effects": {"estradiol-as160.gain": "0", "estradiol-receptor.gain": "0"},
            }
        )
        p = scenario.parameter_set
        recorded = Recorded(
            solve(scenario, np.array([0.0, 60.0])),
            p,
            Scale(p.vesicle.glut4_copies, 1.0, p.signalling.pi3k_per_irs1, 1.0, 1.0),
        )
        glut1 = 5.0 * p.glucose.glut1_copies * p.glucose.glut1_turnover / (p.glucose.glut1_half + 5.0)
        by_glut4.append(QUANTITIES["transport"].measure(recorded)[-1] - glut1)
        shares.append(QUANTITIES["surface_glut4_percent"].measure(recorded)[-1])
        copies.append(p.vesicle.glut4_copies)
    assert copies[1] > 1.05 * copies[0]
    assert shares[1] == pytest.approx(shares[0])
    assert by_glut4[1] / by_glut4[0] == pytest.approx(copies[1] / copies[0])


def test_points_without_errors_give_no_chi_square():
    data = Reference(np.array([0.0, 60.0]), np.array([0.0, 1.0]), None, False)
    with pytest.raises(NoValue, match="lack the errors"):
        measurements.chi_square(Course(TIME, TIME / 2.0, None, np.zeros(0)), data, "factor")
