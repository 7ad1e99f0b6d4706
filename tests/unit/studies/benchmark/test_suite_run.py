"""Running a suite: verdicts, intervals, report and command, with cells so small that they take no time."""

import json
import threading

import numpy as np
import pytest

from glut4sim import run
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.studies import tasks
from glut4sim.sim.studies.benchmark import suite_report, suite_run
from glut4sim.sim.studies.benchmark.register import COLUMNS
from glut4sim.sim.studies.benchmark.suite import load_suite
from glut4sim.sim.studies.benchmark.suite_run import Outcome, judge, run_suite
from tests.markdown import NASTY, SEEN, headings, tables

SUITE = """
title = "A small suite"
description = "For a test."
[defaults]
cell = { vesicles = 60, receptors = 60, glucose_agents = 10 }
run = { duration = "3 min", record_every = "10 s", replicates = 4 }
[experiments.pulse]
title = "A pulse"
bath.insulin = [["0 min", "0 nM"], ["1 min", "100 nM"], ["2 min", "0 nM"]]
[experiments.doses]
title = "Doses"
doses = ["0 nM", "0.1 nM", "1 nM", "10 nM", "100 nM"]
rest = "1 min"
[measurements]
surface = { measure = "level", experiment = "pulse", observable = "surface_glut4_percent", at = "2 min" }
basal = { measure = "basal", experiment = "pulse", observable = "insulin" }
akt = { measure = "level", experiment = "doses", observable = "akt_active", dose = "10 nM", at = ["1 min", "2 min"] }
half = { measure = "half_time_fall", experiment = "doses", observable = "pip3", dose = "10 nM" }
[measurements.curve]
measure = "rms_deviation"
experiment = "pulse"
observable = "pip3"
data = "curve.csv pip3"
figure = "curves"
[measurements.points]
measure = "chi_square"
experiment = "doses"
observable = "pip3"
at = "1 min"
data = "points.csv a"
scaling = "factor"
figure = "curves"
"""
CHECK = """
[[checks]]
id = "{}"
group = "{}"
quantity = "Thing {}"
source = "X | Y 2001"
measurement = "{}"
expect = {}
{}
"""
CHECKS = (
    ("A", "Numbers", "a", "surface", "[0, 100]", 'unit = "%"'),
    ("B", "Numbers", "b", "akt", "[1e3, inf]", 'known_failure = "nobody can"'),
    (
        "C",
        "Numbers",
        "c",
        "akt",
        "[0, inf]",
        'relative_to = "surface"\nevidence = "X2001"\nknown_failure = "once upon a time"',
    ),
    ("D", "Others", "d", "half", "[0, 1]", ""),
    ("E", "Others", "e", "curve", "[0, 9]", ""),
    ("F", "Others", "f", "points", "[0, 1e-6]", ""),
)


def write_suite(folder):
    """A suite file and its data; returns the path."""
    (folder / "data").mkdir()
    (folder / "data" / "curve.csv").write_text("# from X\ntime_min,pip3\n0,0.3\n1,3.1\n2,1\n")
    (folder / "data" / "points.csv").write_text(
        "# from Y\nseries,insulin_nM,value,sem\na,0,0,0\na,1,50,5\na,100,99,3\n"
    )
    (folder / "evidence.csv").write_text(f"{','.join(COLUMNS)}\nX2001,X,a,cells,at rest,4,,,%,,,A,X 2001,adipocyte\n")
    path = folder / "small.toml"
    path.write_text(SUITE + "".join(CHECK.format(*check) for check in CHECKS))
    return path


@pytest.fixture
def path(tmp_path):
    return write_suite(tmp_path)


@pytest.fixture
def suite(path):
    return load_suite(path)


# ---- judging ----


def outcome_of(suite, values, name="pulse", observable="surface_glut4_percent"):
    """An outcome in which replicate r has values[r] from the stimulation on, and 1 before; the same at all doses."""
    time = np.arange(-60.0, 121.0, 10.0)
    series = np.where(time > 0.0, np.asarray(values, float)[:, None, None], 1.0)
    series = np.repeat(series, len(suite.experiments[name].scenarios), axis=1)
    return {name: Outcome(suite.experiments[name], time, {observable: series})}


def test_the_error_of_a_mean_is_its_standard_error(suite):
    values = [3.0, 5.0, 4.0, 8.0]
    one = judge(suite.checks[0], outcome_of(suite, values))
    assert one.value == pytest.approx(5.0)
    assert one.error == pytest.approx(np.std(values, ddof=1) / 2.0)
    assert one.interval == (pytest.approx(5.0 - 3.182446 * one.error), pytest.approx(5.0 + 3.182446 * one.error))


@pytest.mark.parametrize(
    ("mean", "passed", "remark"), [(99.0, True, False), (100.5, True, True), (101.5, False, False)]
)
def test_a_band_is_widened_by_the_standard_error(suite, mean, passed, remark):
    one = judge(suite.checks[0], outcome_of(suite, mean + np.array([-1.0, 1.0, -1.0, 1.0]) * np.sqrt(3.0)))
    assert one.error == pytest.approx(1.0)
    assert (one.passed, bool(one.remark)) == (passed, remark)


def test_without_replicates_there_is_no_interval_and_the_band_is_as_it_is(suite):
    one = judge(suite.checks[0], outcome_of(suite, [100.5]))
    assert (one.error, one.interval, one.passed) == (None, None, False)


def test_a_ratio_takes_the_same_replicates_above_and_below(suite):
    """What replicates share cancels."""
    below = outcome_of(suite, [1.0, 2.0, 3.0, 4.0])
    above = {"doses": Outcome(suite.experiments["doses"], below["pulse"].time, {"akt_active": np.empty((4, 5, 19))})}
    above["doses"].series["akt_active"][:] = 3.0 * below["pulse"].series["surface_glut4_percent"]
    one = judge(suite.checks[2], below | above)
    assert one.value == pytest.approx(3.0)
    assert one.error == pytest.approx(0.0, abs=1e-12)


def test_what_cannot_be_measured_fails_and_says_why(suite):
    one = judge(suite.checks[3], outcome_of(suite, [1.0, 2.0], "doses", "pip3"))
    assert (one.value, one.passed, one.remark) == (None, False, "cannot be measured: insulin is not washed out")


# ---- running ----


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return run_suite(load_suite(write_suite(tmp_path_factory.mktemp("suite"))), threads=2)


def test_a_suite_is_run_and_judged(result):
    assert (result.method, result.replicates, result.seconds_simulated) == ("agents", 4, 6 * 4 * 180.0)
    verdicts = {one.check.id: one.passed for one in result.checks}
    assert verdicts == {"A": True, "B": False, "C": True, "D": False, "E": True, "F": False}
    assert result.outcomes["doses"].series["akt_active"].shape == (4, 5, 19)
    assert set(result.outcomes["pulse"].series) == {"surface_glut4_percent", "pip3"}  # no more than is asked for
    assert result.outcomes["pulse"].time[0] == -60.0


def test_neither_threads_nor_other_experiments_change_a_result(suite, result):
    alone = run_suite(suite.only(lambda check: check.id in "AE"), threads=1)
    assert list(alone.outcomes) == ["pulse"]
    for observable, series in alone.outcomes["pulse"].series.items():
        np.testing.assert_array_equal(series, result.outcomes["pulse"].series[observable])


def test_replicate_r_is_replicate_r_of_a_run(result):
    scenario = result.suite.experiments["pulse"].scenarios[0]
    dataset = run(scenario).dataset
    np.testing.assert_array_equal(
        result.outcomes["pulse"].series["surface_glut4_percent"][:, 0], dataset["surface_glut4_percent"].values
    )


def test_the_mean_field_has_one_replicate_and_no_interval(path):
    suite = load_suite(path).only(lambda check: check.id in "AE")
    result = run_suite(suite, threads=2, mean_field=True)
    assert (result.method, result.replicates) == ("mean field", 1)
    assert all(one.interval is None for one in result.checks)


def test_progress_reaches_the_end(suite):
    seen = []
    run_suite(suite.only(lambda check: check.id == "A"), threads=1, progress=lambda *at: seen.append(at))
    assert seen[-1] == (720.0, 720.0)
    assert all(done <= total for done, total in seen)


def test_a_fault_in_one_thread_ends_all(suite, monkeypatch):
    class Faulty(Engine):
        def __init__(self, scenario, seed, replicate):
            if replicate == 1:
                raise ArithmeticError("no")
            super().__init__(scenario, seed, replicate)

    monkeypatch.setattr(suite_run, "Engine", Faulty)
    with pytest.raises(ArithmeticError):
        run_suite(suite, threads=2)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("task")]


def test_ctrl_c_ends_all_threads(suite, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(tasks, "REPORT_SECONDS", 0.0)
    with pytest.raises(KeyboardInterrupt):
        run_suite(suite, threads=2, progress=stop)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("task")]


def test_experiments_must_have_as_many_replicates(path):
    path.write_text(path.read_text().replace('title = "A pulse"', 'title = "A pulse"\nrun.replicates = 2'))
    with pytest.raises(InputError, match="same number in all experiments"):
        run_suite(load_suite(path))


# ---- hormones ----

WEEKS = """
title = "Hormones"
[defaults]
cell = { vesicles = 60, receptors = 60, glucose_agents = 10 }
run = { duration = "2 min", step = "0.5 s", record_every = "10 s", replicates = 3 }
[experiments.control]
title = "A clamp"
cell.preset = "skeletal-muscle"
bath.insulin = "0.5 nM"
[experiments.weeks]
title = "A clamp now and then, with testosterone"
scenario = "men/trt"
assay.at = ["0 d", "1 week", "12 weeks"]
bath.insulin = "0.5 nM"
[experiments.levels]
title = "Testosterone"
scenario = "men/trt"
effects = { "testosterone-lh.gain" = -0.9 }
timeline = true
until = "4 weeks"
every = "1 d"
[measurements]
control = { measure = "level", experiment = "control", observable = "transport", at = ["0 s", "2 min"] }
before = { measure = "level", experiment = "weeks", observable = "transport", at = "0 d" }
later = { measure = "level", experiment = "weeks", observable = "transport", at = "12 weeks", figure = "courses" }
rise = { measure = "change", experiment = "weeks", observable = "transport", at = "12 weeks", figure = "courses" }
fat = { measure = "change", experiment = "levels", observable = "subcutaneous_fat", at = "4 weeks", figure = "levels" }
peak = { measure = "peak_to_trough", experiment = "levels", observable = "testosterone", at = ["2 weeks", "4 weeks"] }
[measurements.minute]
measure = "change"
experiment = "weeks"
observable = "transport"
at = "1 week"
during = ["1 min", "2 min"]
"""
WEEKS_CHECKS = (
    ("A", "Uptake", "a", "rise", "[-1e3, 1e3]", 'unit = "%"\nwhole_body = true\npublished = 32\nfigure = "effects"'),
    ("B", "Uptake", "b", "later", "[1e3, 2e3]", 'relative_to = "before"\nwhole_body = true'),
    ("C", "Uptake", "c", "later", "[-1e3, 1e3]", 'relative_to = "before"\ncompare = "percent change"\nunit = "%"'),
    ("D", "Uptake", "d", "later", "[0, 1]", 'relative_to = ["before", "control"]\ncompare = "percent rescued"'),
    ("E", "Uptake", "e", "minute", "[-1e3, 1e3]", 'unit = "%"\nfigure = "effects"'),
    ("F", "Levels", "f", "peak", "[1, 3]", ""),
    ("G", "Levels", "g", "fat", "[-50, 0]", 'unit = "%"'),
)


@pytest.fixture(scope="module")
def weeks(tmp_path_factory):
    path = tmp_path_factory.mktemp("weeks") / "weeks.toml"
    path.write_text(WEEKS + "".join(CHECK.format(*check) for check in WEEKS_CHECKS))
    return run_suite(load_suite(path), threads=2)


def test_a_series_of_assays_is_a_course_over_days(weeks):
    outcome = weeks.outcomes["weeks"]
    rise, *_, minute, _, _ = (one.check.measurement for one in weeks.checks)
    assert outcome.series["transport"].shape == (3, 3, 13)
    course = outcome.course(rise)
    np.testing.assert_array_equal(course.time, np.array([0.0, 7.0, 84.0]) * 86400.0)
    every = outcome.series["transport"].mean(axis=0)
    np.testing.assert_allclose(course.values, every[:, 1:].mean(axis=1))
    np.testing.assert_allclose(outcome.course(minute).values, every[:, 7:].mean(axis=1))


def test_an_assay_is_the_run_at_its_time(weeks):
    scenario = weeks.suite.experiments["weeks"].scenarios[2]
    assert scenario.assay.at == (84 * 86400.0,)
    surface = run(scenario).dataset["surface_glut4"].values
    glucose = scenario.parameter_set.glucose
    glut4 = glucose.glut4_turnover / (glucose.glut4_half + 5.0)
    glut1 = glucose.glut1_copies * glucose.glut1_turnover / (glucose.glut1_half + 5.0)
    found = weeks.outcomes["weeks"].series["transport"][:, 2]
    np.testing.assert_allclose(found, 5.0 * (surface * glut4 + glut1), rtol=1e-6)


def test_comparisons(weeks):
    found = {one.check.id: one for one in weeks.checks}
    outcomes = weeks.outcomes
    before, _, later = outcomes["weeks"].course(found["A"].check.measurement).values
    control = outcomes["control"].series["transport"][:, 0, 1:].mean()
    assert found["A"].value == found["C"].value == pytest.approx(100.0 * (later / before - 1.0))
    assert found["B"].value == pytest.approx(later / before)
    assert found["D"].value == pytest.approx(100.0 * (later - before) / (control - before))
    assert all(found[name].error > 0.0 for name in "ABCD")


def test_hormones_alone_have_one_course_and_no_error(weeks):
    found = {one.check.id: one for one in weeks.checks}
    assert weeks.seconds_simulated == 4 * 3 * 120.0
    levels = weeks.outcomes["levels"]
    assert (levels.replicates, levels.time[-1]) == (1, 28 * 86400.0)
    known = weeks.suite.experiments["levels"].scenarios[0].timeline(levels.time).levels
    np.testing.assert_array_equal(levels.series["testosterone"][0, 0], known["testosterone"])
    assert (found["F"].error, found["F"].interval, found["F"].passed) == (None, None, True)
    alone = run_suite(weeks.suite.only(lambda check: check.id == "F"), threads=1)
    assert (alone.replicates, alone.seconds_simulated, alone.checks[0].value) == (1, 0.0, found["F"].value)


def test_the_report_says_consistent_of_whole_bodies_and_why(weeks, drawn, tmp_path):
    content = suite_report.write(weeks, tmp_path / "new")
    text = (tmp_path / "new" / "weeks.md").read_text()
    checks = {check["id"]: check for check in content["checks"]}
    assert [checks[name]["verdict"] for name in "ABC"] == ["consistent with", "NOT consistent with", "pass"]
    assert (checks["A"]["published"], checks["F"]["preset"], checks["F"]["interval_95"]) == (32.0, [], None)
    assert "4 of 5 checks pass, 1 fail. The cell is consistent with 1 of 2 numbers of whole bodies." in text
    assert "A, B come from people: clamps and HOMA" in text
    assert "does not validate" in text
    assert "| **NOT consistent with** |" in text
    assert "| F | Thing f | hormones alone | 1 to 3 |" in text
    assert content["effects_hash"][:12] in text
    assert "another number of an effect: Testosterone: testosterone-lh.gain = -0.9." in text
    assert content["presets"]["skeletal-muscle"]["checks"] == list("ABCDE")
    assert set(content["figures"]) == {"courses", "effects", "levels"}
    assert all((tmp_path / "new" / "weeks" / f"{name}.png").stat().st_size > 5000 for name in content["figures"])


def test_figures_show_bands_and_published_values(weeks):
    from glut4sim.sim.studies.benchmark.suite_figures import draw

    courses = draw(weeks, "courses").axes
    assert len(courses) == 1  # one panel for all checks of an experiment
    labels = courses[0].get_legend_handles_labels()[1]
    assert {"simulated, 95 % interval", "band", "published"} <= set(labels)
    title = courses[0].get_title(loc="left")
    assert title.startswith("A clamp now and then\nA  ")
    assert "B  " in title
    assert "FAIL" in title
    rows = draw(weeks, "effects").axes[0]
    assert [label.get_text() for label in rows.get_yticklabels()] == ["E  Thing e", "A  Thing a"]


# ---- report ----


@pytest.fixture(scope="module")
def written(result, tmp_path_factory):
    out = tmp_path_factory.mktemp("report") / "new" / "place"
    return out, suite_report.write(result, out)


def test_the_report_is_json_markdown_and_figures(written):
    out, content = written
    assert sorted(p.relative_to(out).as_posix() for p in out.rglob("*.*")) == [
        "small.json",
        "small.md",
        "small/curves.png",
    ]
    assert json.loads((out / "small.json").read_text()) == content
    checks = {check["id"]: check for check in content["checks"]}
    assert checks["A"]["expected"] == [0.0, 100.0]
    assert checks["B"]["expected"] == [1000.0, None]
    assert checks["B"]["verdict"] == "FAIL"
    assert checks["D"]["value"] is None
    assert content["presets"]["adipocyte"]["checks"] == list("ABCDEF")
    assert content["cells"]["vesicles"] == [60, 60]


def test_markdown_says_plainly_what_fails(written):
    text = (written[0] / "small.md").read_text()
    date = written[1]["finished"][:10]
    assert f"on {date}; not edited by hand" in text
    assert "**3 of 6 checks pass, 3 fail.**" in text
    assert "Parameters were fitted to 1 of these numbers" in text
    assert "The other 5 had no part in a fit: 2 of them pass." in text
    failures = text.partition("## What fails")[2].partition("## Numbers")[0]
    assert "**B** Thing b (adipocyte): expected above 1000, simulated" in failures
    assert "Why: nobody can." in failures
    assert (
        "**D** Thing d (adipocyte): cannot be measured: insulin is not washed out. Why: no reason is known." in failures
    )
    assert "C is listed as a known failure and passes" in failures
    assert "| A | Thing a | adipocyte | at most 100 % | " in text
    assert "X \\| Y 2001" in text
    assert "![E, F](small/curves.png)" in text
    assert "No parameter differs between the checks of one preset" in text


def test_how_it_was_simulated_is_said_in_a_sentence(written):
    ends = "by the standard error of the mean.{}\n\nParameters were fitted"
    cells = (
        " Simulated with agents: 60 vesicles, 60 receptors, 10 glucose agents per cell, {} of each experiment, seed 1."
    )
    for replicates, said in ((1, "1 replicate"), (4, "4 replicates")):
        text = suite_report.markdown(written[1] | {"replicates": replicates})
        assert ends.format(cells.format(said)) in text
    assert ends.format("") in suite_report.markdown(written[1] | {"cells": {}})  # hormones alone


def test_names_break_no_table(written):
    content = json.loads(json.dumps(written[1]))
    content["title"] = NASTY
    content["presets"]["adipocyte"]["title"] = NASTY
    content["checks"][0] |= {"group": NASTY, "quantity": NASTY, "source": NASTY, "unit": NASTY}
    text = suite_report.markdown(content)
    titles = [SEEN, "What fails", SEEN, "Numbers", "Others", "Figures", "The cells behind it"]
    assert headings(text) == titles
    nasty, _, _, cells = tables(text)
    assert nasty[1][:4] == ["A", SEEN, "adipocyte", f"at most 100 {SEEN}"]
    assert nasty[1][5:] == ["pass", "no", SEEN]
    assert cells[1][1] == SEEN
    assert cells[1][-1] == "A, B, C, D, E, F"


@pytest.mark.parametrize(
    ("value", "interval", "expected"),
    [
        (39.876, (39.5, 40.3), "39.9 [39.5, 40.3]"),
        (0.64152, (0.64151, 0.64153), "0.64152 [0.64151, 0.64153]"),
        (1234.6, (1200.1, 1260.4), "1235 [1200, 1260]"),
        (0.0109, None, "0.0109"),
        (None, None, "-"),
        (1234.6, None, "1235"),
    ],
)
def test_values_are_written_as_precisely_as_they_are_known(value, interval, expected):
    assert suite_report.simulated({"value": value, "interval_95": interval}) == expected


# ---- command ----


@pytest.fixture
def glut4sim(glut4sim, monkeypatch, tmp_path):
    """Calls the program in an empty directory."""
    monkeypatch.chdir(tmp_path)
    return glut4sim


def test_bench_prints_a_table_and_exits_with_0_though_checks_fail(glut4sim, path, tmp_path):
    status, out, err = glut4sim("bench", path, "--mean-field", "--threads", 2)
    assert (status, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert any(line.startswith("A Thing a at most 100 % ") and line.endswith("pass") for line in lines)
    assert any(line.startswith("B Thing b above 1000 ") and line.endswith("FAIL") for line in lines)
    assert "3 of 6 checks pass, 3 fail." in out
    assert (tmp_path / "results" / "small" / "small.md").exists()


def test_bench_takes_replicates_and_directory_and_prints_json(glut4sim, path, tmp_path):
    status, out, _ = glut4sim("bench", path, "--replicates", 2, "--out", "here", "--json")
    assert status == 0
    content = json.loads(out)
    assert (content["replicates"], content["out"]) == (2, "here")
    assert json.loads((tmp_path / "here" / "small.json").read_text())["checks"] == content["checks"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing",), 'unknown suite "nothing"'),
        (("validation", "--out", "."), "--out .: expected a new directory"),
        (("validation", "--mean-field", "--replicates", 2), "knows no chance"),
        (("validation", "--draws", 5), "--draws: says how to draw what nobody knows; add --uncertain."),
    ],
)
def test_wrong_input_is_one_line_and_status_2(glut4sim, arguments, message):
    status, out, err = glut4sim("bench", *arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert message in err
