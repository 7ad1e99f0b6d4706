"""Predictions of what no fit used: which data are judged, that right cells hold them and wrong ones not, and words."""

from dataclasses import replace

import numpy as np
import pytest

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario.draws import Draws, write_draws
from glut4sim.sim.studies.benchmark import suite_report
from glut4sim.sim.studies.benchmark.held_out import curves_held_out, judge_held_out, points_near
from glut4sim.sim.studies.benchmark.register import COLUMNS
from glut4sim.sim.studies.benchmark.suite import load_suite
from glut4sim.sim.studies.benchmark.suite_run import run_suite

SUITE = """
title = "Held out"
[defaults.run]
record_every = "10 s"
replicates = 1
[experiments.doses]
title = "Doses"
doses = ["0 nM", "0.3 nM", "1 nM", "3 nM", "10 nM", "100 nM"]
rest = "30 s"
cell = { preset = "adipocyte", vesicles = 50, receptors = 50, glucose_agents = 10 }
run.duration = "2 min"
"""
CURVE = """
[measurements.{0}]
measure = "chi_square"
experiment = "doses"
observable = "receptors_active"
at = "90 s"
data = "points.csv {0}"
scaling = "factor"
[[checks]]
id = "{0}"
group = "Curves"
quantity = "Curve {0}"
measurement = "{0}"
expect = [0, 9]
source = "X 2001"
evidence = ["{0}"]
"""
FITS = {"a": "held-out", "b": "held-out", "c": "adipocyte"}
SEM = 3.0  # percent of the largest


def suite_with(folder, values):
    """A suite whose curves hold these values (6,) each, a and b held out; b twice as large, in an arbitrary unit."""
    (folder / "data").mkdir(exist_ok=True)
    doses = (0, 0.3, 1, 3, 10, 100)
    rows = [
        f"{name},{dose},{size * value},{size * SEM}"
        for name, size in zip("abc", (1.0, 2.0, 1.0))
        for dose, value in zip(doses, values)
    ]
    (folder / "data" / "points.csv").write_text("\n".join(["# from X", "series,insulin_nM,value,sem", *rows]) + "\n")
    lines = [f'{i},{i},receptors,cells,insulin,,,,%,,"points.csv {i}",A,X 2001,{fits}' for i, fits in FITS.items()]
    (folder / "evidence.csv").write_text("\n".join([",".join(COLUMNS), *lines]) + "\n")
    path = folder / "held.toml"
    path.write_text(SUITE + "".join(CURVE.format(name) for name in FITS))
    return load_suite(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("held-out")


@pytest.fixture(scope="module")
def suite(folder):
    """Its points are what the adipocyte shows, with errors of the size that they claim."""
    rough = suite_with(folder, [0, 10, 20, 40, 80, 100])
    outcome = run_suite(rough.only(lambda check: check.id == "a"), threads=1, mean_field=True).outcomes["doses"]
    at_90_s = outcome.series["receptors_active"][0, :, np.searchsorted(outcome.time, 90.0)]
    rise = 100.0 * (at_90_s - at_90_s[0]) / (at_90_s.max() - at_90_s[0])
    errors = SEM * np.array([0.0, 0.6, -1.1, 0.4, -0.3, 0.8])
    return suite_with(folder, rise + errors)


def judged(suite, folder, factor):
    """At draws of cells that bind insulin so many times as fast as the adipocyte does, give or take a tenth."""
    bind = 6e7 * factor * np.linspace(0.9, 1.1, 12)[:, None]
    draws = Draws(("receptor.bind_first",), ("1/(M*min)",), bind, "a test")
    write_draws(folder / "draws.csv", draws)
    return judge_held_out(suite, folder / "draws.csv", threads=1)


@pytest.fixture(scope="module")
def right(suite, folder):
    return judged(suite, folder, 1.0)


def test_judged_are_curves_that_no_fit_used(suite):
    assert [check.id for check in curves_held_out(suite)] == ["a", "b"]


def test_cells_like_those_that_were_measured_hold_the_data(right):
    """5 points count of each curve; of 10 independent ones 7 to 10 would lie inside."""
    assert (right.found.n, right.draws, right.unsolved) == (10, 12, 0)
    assert right.found.verdict == "calibrated"
    assert right.found.skill > 0.5


def test_wrong_cells_do_not(suite, folder, right):
    """The same cells, but binding five times as fast: two points at least lie outside, and the score tells."""
    wrong = judged(suite, folder, 5.0)
    assert wrong.found.inside < right.found.inside
    assert wrong.found.verdict == "too narrow"
    assert wrong.found.score > 2.0 * right.found.score


def test_points_are_near_or_not(suite):
    """Points were moved by at most 1.1 standard errors; a curve of another shape misses them."""
    outcomes = run_suite(suite, threads=1, mean_field=True).outcomes
    assert points_near(suite.checks[0], outcomes["doses"]) == (5, 5)
    slow = outcomes["doses"].series["receptors_active"] ** 3
    other = replace(outcomes["doses"], series={"receptors_active": slow})
    assert points_near(suite.checks[0], other)[1] < 4


def test_units_do_not_matter(right):
    a, b = (curve.found for curve in right.curves)
    assert b.width == pytest.approx(a.width, rel=0.1)  # errors of measurement are drawn for each
    assert b.reference_score == pytest.approx(a.reference_score)


def test_the_report_says_it(suite, right):
    content = suite_report.content(run_suite(suite, threads=1, mean_field=True), right)
    text = suite_report.markdown(content)
    assert "Of 10 points of 2 curves that had no part in a fit 10 (100 %) lie within 2 standard errors" in text
    assert "| a | Curve a | adipocyte | 5 | 5 |" in text
    assert "Mean field at 12 joint draws: adipocyte from 12 draws in draws.csv." in text
    assert content["held_out"]["expected"] == right.found.expected
    without = suite_report.content(run_suite(suite, threads=1, mean_field=True))
    assert "How sure" not in suite_report.markdown(without)


def test_a_suite_without_such_data_is_refused(suite):
    with pytest.raises(InputError, match="nothing to judge"):
        judge_held_out(suite.only(lambda check: check.id == "c"), 2)
