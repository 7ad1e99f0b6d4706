"""Problems of calibration: what a file may say, what is made of it, and one line about what is wrong."""

import tomllib

import numpy as np
import pytest

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.studies.fit.problem import COURSE, DOSES, END_POINT, load_problem, problem_from_table
from tests.fits import problem, table

DOSE_TABLE = {
    "title": "Doses",
    "rest": "30 s",
    "doses": ["0 nM", "0.1 nM", "1 nM", "100 nM"],
    "run": {"duration": "5 min"},
}
WITH_DOSES = {"experiments__doses": DOSE_TABLE}


def dose_data(**more):
    return {
        "experiment": "doses",
        "observable": "akt_active",
        "at": "3 min",
        "points": [["0 nM", 0.0, 0.0], ["1 nM", 20.0, 2.0], ["100 pM", 3.0, 1.0]],
        **more,
    }


def end_point(**more):
    return {"experiment": "pulse", "observable": "surface_glut4_percent", "value": 5.0, "sem": 0.5, **more}


# ---- what is made of it ----


def test_free_values_are_those_of_the_preset_unless_said():
    made = problem(
        **{"free__vesicle.fuse": {"value": "0.5 1/s", "range": ["10 1/min", "40 1/min"]}, "free__signalling.pten": {}}
    )
    fuse, pten = made.free[1], made.free[2]
    assert (fuse.factor.value, fuse.factor.low, fuse.factor.high, fuse.factor.unit) == (30.0, 10.0, 40.0, "1/min")
    assert fuse.is_log
    assert (pten.factor.value, pten.factor.low, pten.factor.high) == (42.15, 14.0, 130.0)


def test_values_go_in_and_out_and_ties_follow_in_their_own_unit():
    made = problem(**{"free__vesicle.fuse": {"same": "vesicle.tether"}, "free__vesicle.endocytose": {"log": False}})
    inner = np.array([free.inner(free.factor.value) for free in made.free])
    assert inner[0] == made.free[0].factor.value  # equal distances
    assert inner[1] == pytest.approx(np.log(made.free[1].factor.value))
    values = made.values(inner)
    assert [factor.name for factor in made.factors] == ["vesicle.endocytose", "vesicle.fuse", "vesicle.tether"]
    assert values[1] == values[2] == pytest.approx(made.free[1].factor.value)
    changed = made.at(made.experiments["pulse"].scenarios[0], inner).preset
    assert changed.parameters["vesicle.tether"].value == pytest.approx(made.free[1].factor.value)


def test_values_never_leave_their_range_by_rounding():
    made = problem()
    low, high = np.array([free.bounds for free in made.free]).T
    assert (made.values(low) >= [free.factor.low for free in made.free]).all()
    assert (made.values(high) <= [free.factor.high for free in made.free]).all()


def test_priors_are_over_inner_values():
    log_normal = problem(**{"free__vesicle.fuse__prior": {"log_normal": ["20 1/min", "1.5"]}}).free[1]
    assert log_normal.prior == pytest.approx((np.log(20.0), np.log(1.5)))
    normal = problem(**{"free__vesicle.fuse__prior": {"normal": ["20 1/min", "0.05 1/s"]}}).free[1]
    assert normal.prior == pytest.approx((20.0, 3.0))
    assert not normal.is_log


def test_data_are_courses_doses_or_end_points():
    made = problem(
        **WITH_DOSES,
        data__doses=dose_data(above_rest=True, scale="free"),
        data__half=end_point(measure="half_time_rise", until="10 min"),
    )
    surface, doses, half = made.data
    assert [entry.kind for entry in made.data] == [COURSE, DOSES, END_POINT]
    assert surface.x.tolist() == [0, 60, 120, 240, 360, 480, 660, 900]
    assert doses.x.tolist() == [0.0, 1.0, 0.1]
    assert doses.counted.tolist() == [False, True, True]
    assert (doses.scale, doses.offset) == (None, 0.0)
    assert half.measurements[0].arguments == {"until": (600.0, 600.0)}


def test_what_is_compared_with_is_as_the_data_but_for_what_is_said():
    change = end_point(measure="level", at="5 min", relative_to={"measure": "basal"}, compare="percent change")
    made = problem(data__change=change).data[1]
    first, second = made.measurements
    assert (first.measure, second.measure, second.observable) == ("level", "basal", first.observable)
    assert second.arguments == {}
    assert (made.compare, made.unit) == ("percent change", "percent")


def test_units_of_data_are_converted_unless_the_scale_is_free():
    assert problem(data__surface__unit="1").data[0].factor == pytest.approx(0.01)
    assert problem(data__surface__unit="a.u.", data__surface__scale="free").data[0].factor == 1.0


def test_a_problem_written_out_says_the_same_and_needs_no_file(tmp_path):
    (tmp_path / "points.csv").write_text("series,time_h,value,sem\na,0,5,1\na,0.1,9,1\nb,0,1,1\n")
    (tmp_path / "p.toml").write_text(
        """
        title = "From a file"
        [run]
        duration = "20 min"
        [free."vesicle.fuse"]
        [experiments.e]
        title = "e"
        bath.insulin = [["0 min", "0 nM"], ["1 min", "100 nM"]]
        [data.d]
        experiment = "e"
        observable = "surface_glut4_percent"
        file = "points.csv"
        series = "a"
        evidence = ["E001", "E002"]
        """
    )
    made = load_problem(tmp_path / "p.toml")
    assert made.data[0].x.tolist() == [0.0, 360.0]
    assert made.data[0].evidence == ("E001", "E002")
    again = problem_from_table(tomllib.loads(made.to_toml()), "p")
    assert again.to_toml() == made.to_toml()
    assert again.free == made.free
    assert again.data[0].y.tolist() == [5.0, 9.0]


# ---- what is wrong ----

WRONG = {
    "free__vesicle.fuze": ({}, "free.vesicle.fuze: unknown parameter"),
    "free__vesicle.fuse__value": ("100 1/min", "free.vesicle.fuse.value: expected a value within its range"),
    "free__vesicle.fuse__range": (["5 nM", "6 nM"], "free.vesicle.fuse.range: expected a quantity in 1/min"),
    "free__vesicle.fuse__same": ("vesicle.endocytose", "free.vesicle.endocytose: this value is free, or tied, twice."),
    "free__vesicle.fuse__prior": ({"flat": 1}, 'free.vesicle.fuse.prior: unknown key "flat"'),
    "free": ({}, "free: expected at least one value"),
    "parameters": ({"vesicle.fuse": "3 1/min"}, "vesicle.fuse: the scenario sets it"),
    "data__surface__experiment": (
        "pulze",
        'data.surface.experiment: unknown experiment "pulze". Did you mean "pulse"?',
    ),
    "data__surface__observable": ("surface", "data.surface.observable: unknown observable"),
    "data__surface__points": ([["1 min", 2.0]], "data.surface.points[0]: expected a list of points"),
    "data__surface__held_out": (True, "data: expected data with errors that are not held out"),
    "data__surface__scale_of": ("other", "data.surface.scale_of: unknown data"),
    "data__surface__unit": ("nM", "data.surface.unit: expected a unit that percent converts to"),
    "data__surface__at": ("3 min", "data.surface.at: expected this only of dose responses"),
    "data__surface__file": ("x.csv", 'data.surface.points: expected one of "file", "points" and "value"'),
    "data__end": (end_point(), 'data.end: "measure" is missing'),
    "data__more": (end_point(measure="half_time_rise"), 'data.more: "until" is missing'),
    "data__zero": (end_point(measure="basal", sem=0.0), "data.zero.sem: expected a standard error above 0"),
    "data__dose": (dose_data(experiment="pulse"), "data.dose.experiment: expected an experiment with doses"),
}


@pytest.mark.parametrize("path", WRONG)
def test_what_is_wrong_is_said_in_one_line_that_names_the_place(path):
    value, line = WRONG[path]
    with pytest.raises(InputError) as caught:
        problem_from_table(table(**{path: value}))
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_dose_that_was_not_given_is_refused():
    with pytest.raises(InputError, match=r"data\.doses\.experiment: the experiment lacks the dose 0.1 nM of the data"):
        problem(**WITH_DOSES, data__doses=dose_data(), experiments__doses__doses=["0 nM", "1 nM"])
