"""Live charts: what is sent to the browser keeps every spike, and is laid out as the script reads it."""

import numpy as np
import pytest

from glut4sim.sim.dashboard import chart_view
from glut4sim.sim.dashboard.chart_view import ChartView, Curve, Mark, difference, downsample, pack
from glut4sim.sim.dashboard.reference import full_response
from glut4sim.sim.model import observables
from glut4sim.sim.model.observables import OBSERVABLES
from glut4sim.sim.studies import expected
from tests.support import small_scenario


def course(rows, name="cell", **columns):
    return Curve(name, name, {"time": 5.0 * np.arange(rows), **columns})


def noisy(rows, columns=3, seed=1):
    values = np.random.default_rng(seed).normal(size=(rows, columns))
    return np.column_stack([5.0 * np.arange(rows), values])


# ---- fewer rows ----


@pytest.mark.parametrize("rows", [1, 2, 599, 600])
def test_few_rows_stay_as_they_are(rows):
    table = noisy(rows)
    np.testing.assert_array_equal(downsample(table), table)


@pytest.mark.parametrize("rows", [601, 602, 1000, 1199, 5000, 20_001])
@pytest.mark.parametrize("most", [4, 17, 600])
def test_many_rows_become_few_between_the_first_and_the_last(rows, most):
    table = noisy(rows)
    fewer = downsample(table, most)
    assert len(fewer) <= most
    np.testing.assert_array_equal(fewer[[0, -1]], table[[0, -1]])
    assert (np.diff(fewer[:, 0]) >= 0.0).all()


def test_no_spike_is_lost_in_any_column():
    table = np.column_stack([np.arange(5000.0), np.zeros((5000, 3))])
    table[1234, 1], table[1240, 2], table[4999, 3] = 7.0, -7.0, 3.0
    fewer = downsample(table)
    assert fewer[:, 1].max() == 7.0
    assert fewer[:, 2].min() == -7.0
    assert fewer[-1, 3] == 3.0
    assert abs(fewer[fewer[:, 1].argmax(), 0] - 1234.0) < 32.0


def test_least_and_greatest_come_in_the_order_in_which_they_came():
    time = np.arange(2000.0)
    fewer = downsample(np.column_stack([time, time, -time]))
    assert (np.diff(fewer[:, 1]) >= 0.0).all()
    assert (np.diff(fewer[:, 2]) <= 0.0).all()
    np.testing.assert_array_equal(fewer[:, 1], fewer[:, 0])


def test_what_was_drawn_stays_while_a_run_goes_on():
    table = noisy(5000)
    before, after = downsample(table[:4000]), downsample(table[:4300])
    same = len(before) - 3  # but for the last bucket, which was filled up, and the last row
    np.testing.assert_array_equal(before[:same], after[:same])


def test_gaps_stay_gaps():
    table = noisy(5000)
    table[:100, 1] = np.nan
    table[2000, 2] = np.nan  # alone in its bucket, it is passed over
    fewer = downsample(table)
    assert np.isnan(fewer[:5, 1]).all()
    assert np.isfinite(fewer[20:, 1]).all()
    assert np.isfinite(fewer[:, 2]).all()


# ---- the difference ----


def test_the_difference_is_taken_where_both_have_records():
    cell = course(10, insulin=np.zeros(10), akt_active=np.arange(10.0))
    later = Curve("twin", "twin", {"time": 5.0 * np.arange(4, 8), "akt_active": np.full(4, 10.0)})
    name, _, columns = difference(cell, later)
    assert name == "difference"
    assert columns["time"].tolist() == [20.0, 25.0, 30.0, 35.0]
    assert columns["akt_active"].tolist() == [6.0, 5.0, 4.0, 3.0]
    assert set(columns) == {"time", "akt_active"}


# ---- the message ----


def test_a_message_holds_each_course_column_by_column():
    values = np.array([0.5, np.nan, 2.0])
    content, (buffer, other) = pack([course(3, pip3=values), course(2, "twin", pip3=values[:2])], 60.0)
    assert content["kind"] == "charts"
    assert content["until"] == 60.0
    assert content["marks"] == []
    assert content["sets"][0] == {"name": "cell", "label": "cell", "n": 3, "columns": ["time", "pip3"]}
    np.testing.assert_array_equal(np.frombuffer(buffer, "<f4").reshape(2, 3), [[0.0, 5.0, 10.0], values])
    assert len(other) == 2 * 2 * 4


def test_time_comes_first_whatever_the_order():
    columns = {"pip3": np.zeros(2), "time": np.array([0.0, 5.0])}
    content, (buffer,) = pack([Curve("cell", "cell", columns)], 60.0, [Mark(5.0, "insulin 10 nM")])
    assert content["sets"][0]["columns"] == ["time", "pip3"]
    assert np.frombuffer(buffer, "<f4")[:2].tolist() == [0.0, 5.0]
    assert content["marks"] == [{"time": 5.0, "label": "insulin 10 nM"}]


def test_long_courses_are_thinned_out():
    content, (buffer,) = pack([course(5000, pip3=np.zeros(5000))], 25_000.0)
    assert content["sets"][0]["n"] <= chart_view.MOST_ROWS
    assert len(buffer) == 2 * 4 * content["sets"][0]["n"]


# ---- shares of a full response ----


@pytest.mark.parametrize(("insulin", "least", "most"), [("100 nM", 0.9, 1.1), ("1 pM", 0.0, 0.05)])
def test_signalling_is_told_as_a_share_of_one_response_whatever_the_dose(insulin, least, most):
    """A share of its own peak would be 1 at each dose."""
    scenario = small_scenario(insulin=0.0).replaced({"bath.insulin": insulin})
    full = full_response(scenario)
    assert full == full_response(small_scenario(insulin=0.0))
    times = np.arange(0.0, 600.0, 10.0)
    found = observables.measure(expected.solved(scenario, times), None, observables.mean_scale(scenario))
    assert least < found["akt_active"].max() / full["akt_active"] < most
    content, _ = pack([course(2, akt_active=np.zeros(2))], 60.0, full=full)
    names = ("irs1_phosphorylated", "pip3", "akt_active", "as160_phosphorylated", "rab10_active")
    assert content["full"] == {name: full[name] for name in names}


def test_what_has_no_mean_field_is_drawn_as_it_is(monkeypatch):
    def fail(*_):
        raise ArithmeticError

    monkeypatch.setattr(expected, "solved", fail)
    assert full_response.__wrapped__(small_scenario()) == {}  # anew: what was found before is kept


# ---- the view ----


def test_panels_draw_what_is_observed():
    names = {series["name"] for panel in chart_view.PANELS for series in panel["series"]}
    assert names <= {o.name for o in OBSERVABLES}
    assert all(panel["title"] and panel["unit"] for panel in chart_view.PANELS)
    for panel in chart_view.PANELS:
        assert len(panel["series"]) == 1 or all(series["label"] for series in panel["series"])


def test_the_script_brings_along_what_it_shares():
    script = ChartView._esm if isinstance(ChartView._esm, str) else ChartView()._esm
    assert "function followTheme" in script
    assert script.count("export default") == 1
