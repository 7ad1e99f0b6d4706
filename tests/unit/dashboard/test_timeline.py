"""The timeline of hormones: what the browser is given to draw."""

import json

import numpy as np
import pytest

from glut4sim.sim.analysis import timeline
from glut4sim.sim.dashboard.timeline_view import TimelineView, content_of
from glut4sim.sim.endocrine import library
from glut4sim.sim.scenario.scenario import Scenario

DAY = 86400.0
CYPIONATE = {"drug": "testosterone cypionate", "dose": "100 mg", "every": "7 d"}
GONADORELIN = {"drug": "gonadorelin", "dose": "10 ug", "every": "90 min", "for": "4 weeks"}


def make_scenario(at=("0 d", "28 d"), **tables):
    return Scenario.from_table(
        {
            "title": "Low testosterone, replaced",
            "run": {"duration": "90 min"},
            "hormones": {"testosterone": "220 ng/dL", "cortisol": "600 nM"},
            "assay": {"at": list(at)},
            **tables,
        }
    )


@pytest.fixture(scope="module")
def weekly():
    scenario = make_scenario(therapy=[CYPIONATE])
    return scenario, content_of(scenario)


@pytest.fixture(scope="module")
def pulses():
    return content_of(make_scenario(therapy=[GONADORELIN]))


def row(content, title):
    return next(row for row in content["rows"] if row["title"].startswith(title))


def test_each_level_that_changes_has_a_row_and_each_other_its_value(weekly):
    scenario, content = weekly
    levels, drugs, _ = timeline.interesting(timeline.dataset(scenario), scenario)
    assert drugs == ["testosterone cypionate"]  # adds to testosterone, in whose row it is
    rows, steady = ([one["title"] for one in content[part]] for part in ("rows", "steady"))
    assert rows[-1] == "Steps of the cell"
    assert sorted(rows[:-1] + steady) == sorted(library.levels()[name].title for name in levels)
    assert "Testosterone, total" in rows
    assert "Cortisol, mean of the day" in steady


def test_a_row_has_its_unit_the_healthy_value_and_the_doses(weekly):
    testosterone = row(weekly[1], "Testosterone")
    level = library.levels()["testosterone"]
    assert testosterone["unit"] == level.unit
    assert testosterone["reference"] == pytest.approx(level.reference["man"], rel=1e-4)
    assert testosterone["doses"] == [0.0, 7 * DAY, 14 * DAY, 21 * DAY, 28 * DAY]
    assert [line["label"] for line in testosterone["lines"]] == ["total", "from testosterone cypionate"]
    assert [line["dash"] for line in testosterone["lines"]] == [[], [6, 4]]


def test_courses_are_those_of_the_timeline(weekly):
    scenario, content = weekly
    times = np.array(content["x"], float)
    expected = timeline.dataset(scenario)["testosterone"]
    drawn = row(content, "Testosterone")["lines"][0]["y"]
    at = [0.0, 3 * DAY, 14 * DAY, 28 * DAY]
    np.testing.assert_allclose(
        np.interp(at, times, drawn), np.interp(at, expected["time"].values * DAY, expected.values), rtol=1e-3
    )


def test_the_axis_reaches_to_the_end_and_has_the_assays(weekly):
    scenario, content = weekly
    assert content["assays"] == [0.0, 28 * DAY]
    assert content["end"] == timeline.end(scenario) == content["x"][-1]
    assert (content["unit"], content["size"]) == ("d", DAY)
    small, large = content["strides"]
    assert 0.0 < small < large < content["end"]
    assert content["reference"] == "healthy man of 30"


def test_every_line_has_a_value_at_every_time(weekly, pulses):
    for content in (weekly[1], pulses):
        lines = [line for row in content["rows"] for line in row["lines"]]
        assert {len(line["y"]) for line in lines} == {len(content["x"])}
        assert {len(line["mean"]) for line in lines if line["mean"]} <= {len(content["x"])}


def test_what_swings_within_a_day_has_its_mean(weekly, pulses):
    assert not any(line["mean"] for row in weekly[1]["rows"] for line in row["lines"])
    [given] = row(pulses, "Gonadorelin")["lines"]
    assert np.ptp(given["mean"]) < 0.5 * np.ptp(given["y"])


def test_content_is_small_and_json(weekly, pulses):
    assert len(json.dumps(weekly[1], allow_nan=False)) < 150_000
    assert len(json.dumps(pulses, allow_nan=False)) < 250_000


def test_a_course_without_hormones_says_so():
    content = content_of(Scenario.load("insulin-challenge"))
    assert [row["title"] for row in content["rows"]] == ["Steps of the cell: all 1"]
    assert content["steady"] == []


def test_the_view_is_told_what_to_draw_and_which_time_is_chosen(weekly):
    view = TimelineView(content=weekly[1], chosen=28 * DAY)
    assert view.chosen == 28 * DAY
    assert view.content["assays"] == [0.0, 28 * DAY]
