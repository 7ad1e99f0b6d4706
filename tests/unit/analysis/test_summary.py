"""Summary numbers against curves whose answers are known in closed form."""

import json
from math import exp, log

import numpy as np
import pytest

from glut4sim.sim.analysis import summary

CHALLENGE = ((0.0, 600.0, 2400.0), (0.0, 100.0, 0.0))


def exponential_response(interval, basal=4.0, top=40.0, rise=180.0, fall=600.0, end=5400.0):
    """Basal, exponential approach to the top from 600 s, exponential return from 2400 s. [s], [percent]"""
    time = np.arange(0.0, end + interval / 2.0, interval)
    reached = top - (top - basal) * exp(-1800.0 / rise)
    up = top - (top - basal) * np.exp(-(time - 600.0) / rise)
    down = basal + (reached - basal) * np.exp(-(time - 2400.0) / fall)
    return time, np.where(time <= 600.0, basal, np.where(time <= 2400.0, up, down))


def make_series(time, level, rate):
    """Everything that a summary needs: one level for all levels, one rate [1/s] for all rates; (1, K) each."""
    cumulative = np.append(0.0, np.cumsum(rate[1:] * np.diff(time)))
    rate_per_min = np.append(np.nan, 60.0 * rate[1:])
    levels = dict.fromkeys((*summary.LEVELS, "surface_glut4"), level[None])
    return levels | {
        "glucose_taken_up": cumulative[None],
        "uptake_per_kg": rate_per_min[None],
        "fusion_rate": rate_per_min[None],
    }


# ---- when insulin comes and goes ----


@pytest.mark.parametrize(
    ("times", "values", "expected"),
    [
        (*CHALLENGE, (600.0, 2400.0, np.inf)),
        ((0.0, 900.0), (100.0, 0.0), (0.0, 900.0, np.inf)),  # a pulse from the start
        ((0.0, 600.0, 2400.0), (0.06, 100.0, 0.06), (600.0, 2400.0, np.inf)),  # from the fasting level and back
        ((0.0,), (0.0,), (None, None, np.inf)),
        ((0.0,), (0.06,), (None, None, np.inf)),  # fasting: never changes
        ((0.0, 60.0), (0.06, 0.06), (None, None, np.inf)),
        ((0.0, 600.0), (0.0, 1.0), (600.0, None, np.inf)),  # stays on
        ((0.0, 60.0, 120.0, 180.0), (0.0, 1.0, 10.0, 0.0), (60.0, 180.0, np.inf)),  # up a ladder
        ((0.0, 60.0, 120.0, 180.0, 240.0), (0.0, 5.0, 0.0, 5.0, 0.0), (60.0, 120.0, 180.0)),  # two pulses
        ((0.0, 60.0, 120.0), (5.0, 0.0, 5.0), (0.0, 60.0, 120.0)),
    ],
)
def test_first_stimulation(times, values, expected):
    assert summary.first_stimulation(times, values) == expected


# ---- running means ----


@pytest.mark.parametrize("interval", [0.1, 1.0, 5.0, 7.0, 20.0, 40.0, 60.0])
def test_running_mean_of_a_line_is_its_value_half_a_window_before(interval):
    time = np.arange(0.0, 600.0 + interval / 2.0, interval)
    end, mean = summary.running_mean(time, 3.0 + 0.25 * time)
    np.testing.assert_allclose(mean, 3.0 + 0.25 * (end - 30.0), rtol=1e-12)
    assert end[0] == pytest.approx(interval * np.ceil(60.0 / interval - 1e-9))
    assert end[-1] == time[-1]


@pytest.mark.parametrize("interval", [7.0, 25.0, 40.0])
def test_running_mean_is_exact_between_records(interval):
    """Where no record lies on the window's start, against a fine quadrature of the same broken line."""
    time = np.arange(0.0, 400.0, interval)
    values = np.sin(time / 37.0) + 0.3 * np.cos(time / 11.0)
    for end, mean in zip(*summary.running_mean(time, values), strict=True):
        fine = np.linspace(end - 60.0, end, 60_001)
        assert mean == pytest.approx(np.trapezoid(np.interp(fine, time, values), fine) / 60.0, abs=1e-7)


def test_running_mean_of_coarse_records_is_the_records():
    time, values = np.arange(0.0, 1000.0, 90.0), np.arange(12.0) ** 2
    end, mean = summary.running_mean(time, values)
    assert np.array_equal(end, time)
    assert np.array_equal(mean, values)


def test_a_run_of_less_than_a_minute_has_no_running_mean():
    time = np.arange(0.0, 55.0, 5.0)
    assert summary.highest(*summary.running_mean(time, time)) is None
    assert summary.highest(*summary.running_rate(time, time)) is None


def test_a_spike_counts_by_its_area():
    """A triangle of height 30 and base 10 s adds 150/60 to the minute's mean; a peak of single records would be 30."""
    time = np.arange(0.0, 300.0, 5.0)
    values = np.where(time == 150.0, 30.0, 0.0)
    assert summary.highest(*summary.running_mean(time, values)) == pytest.approx(150.0 / 60.0)


@pytest.mark.parametrize("interval", [0.5, 5.0, 30.0, 60.0])
def test_peak_rate_does_not_depend_on_the_recording_interval(interval):
    """2 per s, but 8 per s between 120 and 240 s: the cumulative count is a broken line."""
    time = np.arange(0.0, 480.0 + interval / 2.0, interval)
    cumulative = 2.0 * time + 6.0 * (np.clip(time, 120.0, 240.0) - 120.0)
    assert summary.highest(*summary.running_rate(time, cumulative)) == pytest.approx(8.0)


def test_peak_rate_of_coarse_records_is_that_between_neighbours():
    time = np.array([0.0, 120.0, 240.0, 360.0])
    assert summary.highest(*summary.running_rate(time, np.array([0.0, 12.0, 84.0, 96.0]))) == pytest.approx(
        72.0 / 120.0
    )


# ---- half-times ----


@pytest.mark.parametrize("interval", [0.5, 5.0, 30.0])
def test_half_times_of_exponentials(interval):
    """The half-time of an exponential is its time constant times ln 2; straight lines between records cost a little."""
    time, values = exponential_response(interval)
    rise, fall = summary.half_times(time, values, 600.0, 2400.0, np.inf)
    assert rise == pytest.approx(180.0 * log(2.0), rel=0.01)
    # The last minute before washout is flat to 1e-4 of the change, so the level reached is the top.
    assert fall == pytest.approx(600.0 * log(2.0), rel=0.003)


def test_half_time_of_a_ramp_is_exact_between_records():
    """From 0 at 600 s to 60 at 660 s, then flat: half at 630 s, wherever the records lie."""
    time = np.arange(0.0, 1200.0, 7.0)
    values = np.clip(time - 600.0, 0.0, 60.0)
    rise, fall = summary.half_times(time, values, 600.0, None, np.inf)
    assert rise == pytest.approx(30.0, abs=1e-9)
    assert fall is None


def test_half_time_counts_from_the_step_not_from_the_start_of_the_rise():
    time, values = exponential_response(5.0)
    delayed = np.interp(time - 60.0, time, values)
    rise, _ = summary.half_times(time, delayed, 600.0, None, np.inf)
    assert rise == pytest.approx(60.0 + 180.0 * log(2.0), rel=0.01)


def test_no_half_time_of_a_fall_that_does_not_get_half_way():
    time, values = exponential_response(5.0, fall=600.0, end=2400.0 + 0.9 * 600.0 * log(2.0))
    rise, fall = summary.half_times(time, values, 600.0, 2400.0, np.inf)
    assert rise is not None
    assert fall is None


def test_no_half_times_without_a_change():
    time = np.arange(0.0, 5400.0, 5.0)
    assert summary.half_times(time, np.full(len(time), 4.0), 600.0, 2400.0, np.inf) == (None, None)


def test_no_half_times_of_a_level_that_insulin_lowers():
    time, values = exponential_response(5.0, basal=40.0, top=4.0)
    assert summary.half_times(time, values, 600.0, 2400.0, np.inf) == (None, None)


def test_a_second_higher_stimulation_does_not_enter_the_first_half_time():
    time, values = exponential_response(5.0, end=9000.0)
    second = values + np.where(time > 6000.0, 200.0, 0.0)
    assert summary.half_times(time, second, 600.0, 2400.0, 6000.0) == summary.half_times(
        time, values, 600.0, 2400.0, np.inf
    )


def test_crossing_needs_a_start_on_the_other_side():
    time, values = np.arange(10.0), np.arange(10.0)
    assert summary.crossing(time, values, 2.0, 4.5, rising=True) == pytest.approx(2.5)
    assert summary.crossing(time, values, 2.0, 1.0, rising=True) is None  # already there
    assert summary.crossing(time, values, 2.0, 99.0, rising=True) is None  # never there
    assert summary.crossing(time, values, 20.0, 4.5, rising=True) is None  # after the end
    assert summary.crossing(time, -values, 2.0, -4.5, rising=False) == pytest.approx(2.5)


# ---- all numbers of a run ----


def test_numbers_of_an_insulin_challenge():
    time, level = exponential_response(5.0)
    series = make_series(time, level, np.where(time <= 600.0, 2.0, 14.0))
    numbers = summary.summarise("challenge", 7, time, series, CHALLENGE)
    assert numbers["scenario"] == "challenge"
    assert numbers["seed"] == 7
    value = {name: entry["mean"] for name, entry in numbers["observables"].items()}
    assert value["surface_glut4_basal_percent"] == pytest.approx(4.0)
    assert value["surface_glut4_peak_percent"] == pytest.approx(40.0, abs=0.01)
    assert value["surface_glut4_half_time_rise_min"] == pytest.approx(3.0 * log(2.0), rel=0.01)
    assert value["surface_glut4_half_time_fall_min"] == pytest.approx(10.0 * log(2.0), rel=0.01)
    assert value["glucose_uptake_basal_per_s"] == pytest.approx(2.0)
    assert value["glucose_uptake_peak_per_s"] == pytest.approx(14.0)
    assert value["glucose_uptake_fold"] == pytest.approx(7.0)
    assert value["glucose_taken_up_molecules"] == pytest.approx(2.0 * 600.0 + 14.0 * 4800.0)
    assert value["fusion_rate_basal_per_min"] == pytest.approx(120.0)
    assert value["uptake_per_kg_basal"] == pytest.approx(120.0)
    assert value["fusion_rate_peak_per_min"] == pytest.approx(840.0)
    assert value["akt_peak_percent"] == pytest.approx(40.0, abs=0.01)
    assert all(entry["n"] == 1 and entry["sd"] is None for entry in numbers["observables"].values())
    json.dumps(numbers, allow_nan=False)


def test_basal_is_the_minute_before_the_step_and_not_the_time_before():
    time = np.arange(0.0, 5400.0, 5.0)
    level = np.where(time < 540.0, 9.0, 4.0)
    basal = summary.basal_level(time, level, 600.0)
    assert basal == pytest.approx(4.0)
    cumulative = np.where(time < 540.0, 0.0, 3.0 * (time - 540.0))
    assert summary.rate_numbers(time, cumulative, 600.0)[0] == pytest.approx(3.0)


def test_basal_of_a_step_within_the_first_minute_is_the_time_there_is():
    time = np.arange(0.0, 600.0, 5.0)
    assert summary.basal_level(time, 4.0 + 0.1 * time, 20.0) == pytest.approx(5.0)
    assert summary.rate_numbers(time, 3.0 * time, 20.0)[0] == pytest.approx(3.0)


def test_with_insulin_on_from_the_start_basal_levels_are_the_first_and_basal_rates_do_not_exist():
    time = np.arange(0.0, 3600.0, 5.0)
    level = 40.0 - 36.0 * np.exp(-time / 180.0)
    numbers = summary.summarise("pulse", 1, time, make_series(time, level, np.ones(len(time))), ((0, 900), (100, 0)))
    entry = numbers["observables"]
    assert entry["surface_glut4_basal_percent"]["mean"] == 4.0
    absent = {
        "glucose_uptake_basal_per_s", "glucose_uptake_fold", "uptake_per_kg_basal", "fusion_rate_basal_per_min",
    }  # fmt: skip
    for name in absent | {name for name in summary.UNITS if "half_time" in name}:
        assert entry[name] == {"mean": None, "sd": None, "n": 0, "unit": summary.UNITS[name]}
    assert entry["glucose_uptake_peak_per_s"]["mean"] == pytest.approx(1.0)


def test_without_an_insulin_step_there_are_peaks_and_the_last_minute():
    time = np.arange(0.0, 3600.0, 5.0)
    series = make_series(time, np.full(len(time), 4.0), np.ones(len(time)))
    entry = summary.summarise("fasting", 1, time, series, ((0.0,), (0.034,)))["observables"]
    existing = {name for name in entry if entry[name]["mean"] is not None}
    expected = {name for name in summary.UNITS if "peak" in name or "stimulated" in name}
    assert existing == expected | {"glucose_taken_up_molecules"}


@pytest.mark.parametrize(
    ("insulin", "moment"),
    [
        (CHALLENGE, 2400.0),  # the washout
        (((0.0, 600.0), (0.0, 100.0)), 5400.0),  # stays on: the end of the run
        (((0.0,), (0.034,)), 5400.0),
        (((0.0, 60.0, 120.0, 180.0, 240.0), (0.0, 5.0, 0.0, 5.0, 0.0)), 120.0),  # the first of two pulses
        (((0.0, 30.0), (5.0, 0.0)), 30.0),  # half a minute is all there is
    ],
)
def test_stimulated_is_the_minute_before_the_washout_or_the_end(insulin, moment):
    time = np.arange(0.0, 5405.0, 5.0)
    length = min(60.0, moment)
    numbers = summary.one_replicate(time, _single(make_series(time, 0.01 * time, time)), insulin)
    for name in summary.LEVELS.values():
        assert numbers[f"{name}_stimulated_percent"] == pytest.approx(0.01 * (moment - length / 2.0))
    # the rate of an interval stands at its end, so the mean over the window lies half an interval later
    assert numbers["glucose_uptake_stimulated_per_s"] == pytest.approx(moment - length / 2.0 + 2.5)
    assert numbers["fusion_rate_stimulated_per_min"] == pytest.approx(60.0 * (moment - length / 2.0 + 2.5))


def test_a_run_stopped_before_the_end_has_no_last_minute():
    time = np.arange(0.0, 5405.0, 5.0)
    series = _single(make_series(time, 0.01 * time, time))
    short = {name: values[: len(time) // 2] for name, values in series.items()}
    assert summary.one_replicate(time, short, ((0.0,), (1.0,)))["akt_stimulated_percent"] is None
    assert summary.one_replicate(time, short, CHALLENGE)["akt_stimulated_percent"] is not None


def test_noise_raises_the_peak_and_not_the_stimulated_level():
    time = np.arange(0.0, 5405.0, 5.0)
    noise = np.random.default_rng(3).normal(0.0, 1.0, (200, len(time)))
    series = {name: np.repeat(values, 200, axis=0) for name, values in make_series(time, 4.0 * time**0, time).items()}
    series["surface_glut4_percent"] = 4.0 + noise
    entry = summary.summarise("x", 1, time, series, CHALLENGE)["observables"]
    for name, unbiased in (("surface_glut4_stimulated_percent", True), ("surface_glut4_peak_percent", False)):
        error = abs(entry[name]["mean"] - 4.0)
        assert (error < 4.0 * entry[name]["sd"] / 200**0.5) == unbiased


def _single(series):
    return {name: values[0] for name, values in series.items()}


def test_fold_of_no_basal_uptake_does_not_exist():
    time = np.arange(0.0, 1200.0, 5.0)
    series = make_series(time, time, np.where(time <= 600.0, 0.0, 5.0))
    entry = summary.summarise("x", 1, time, series, CHALLENGE)["observables"]
    assert entry["glucose_uptake_basal_per_s"]["mean"] == 0.0
    assert entry["glucose_uptake_fold"]["mean"] is None


def test_a_replicate_counts_as_far_as_it_got():
    """One complete, one stopped before the washout, one before the step, one that never began."""
    time, level = exponential_response(5.0)
    one = make_series(time, level, np.where(time <= 600.0, 2.0, 14.0))
    series = {name: np.repeat(values, 4, axis=0) for name, values in one.items()}
    for values in series.values():
        values[1, time > 2000.0] = np.nan
        values[2, time > 300.0] = np.nan
        values[3] = np.nan
    entry = summary.summarise("x", 1, time, series, CHALLENGE)["observables"]
    assert entry["surface_glut4_peak_percent"]["n"] == 3
    assert entry["surface_glut4_basal_percent"]["n"] == 2
    assert entry["surface_glut4_half_time_rise_min"]["n"] == 2
    assert entry["surface_glut4_half_time_fall_min"]["n"] == 1
    assert entry["surface_glut4_half_time_fall_min"]["sd"] is None
    json.dumps(entry, allow_nan=False)


def test_statistics_over_replicates():
    assert summary.statistics([1.0, 2.0, None, 6.0], "min") == {
        "mean": 3.0,
        "sd": pytest.approx(7.0**0.5),
        "n": 3,
        "unit": "min",
    }
    assert summary.statistics([None, None], "1") == {"mean": None, "sd": None, "n": 0, "unit": "1"}
    assert summary.statistics([5.0], "1") == {"mean": 5.0, "sd": None, "n": 1, "unit": "1"}


@pytest.mark.parametrize("interval", [1.0, 5.0, 30.0, 60.0])
def test_numbers_hardly_depend_on_the_recording_interval(interval):
    fine, coarse = (
        summary.summarise("x", 1, time, make_series(time, level, np.where(time <= 600.0, 2.0, 14.0)), CHALLENGE)
        for time, level in (exponential_response(0.5), exponential_response(interval))
    )
    for name, entry in coarse["observables"].items():
        assert entry["mean"] == pytest.approx(fine["observables"][name]["mean"], rel=0.05), name
