"""A fit as a whole: what it leaves, that it goes on where it was, and the command line."""

import json
import sys
import tomllib

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

from glut4sim.sim.cli import app
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario.draws import read_draws
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies import running
from glut4sim.sim.studies.fit import figure, least_squares, predictions, record
from glut4sim.sim.studies.fit.fit import fit
from glut4sim.sim.studies.fit.objective import Objective
from glut4sim.sim.studies.fit.report import markdown
from tests.extras import need
from tests.fits import MINUTES, SEM, replace_cell, table, with_values
from tests.markdown import headings, tables

need("emcee", "arviz")

CONTENT = sys.modules["glut4sim.sim.studies.fit.content"]
MODULE = sys.modules["glut4sim.sim.studies.fit.fit"]
X = np.array(MINUTES, float)
TRUTH = np.array([-1.7, 3.2])
FEW = {"starts": 3, "steps": 50, "draws": 48, "threads": 1}
FILES = {"problem.toml", "provenance.json", "searches.json", "chain.npz", "fit.json", "fitted.toml", "posterior.csv",
         "posterior.zarr", "report.md", "fit.png", "profiles.png", "correlations.png"}  # fmt: skip


def formula(inner):
    line = 20.0 + 4.0 * inner[0] * X + 3.0 * inner[1]
    return {"surface": line, "later": line + 1.0, "fold": line[:1]}


def content(**changes):
    later = table()["data"]["surface"] | {"held_out": True}
    fold = {"experiment": "pulse", "observable": "surface_glut4_percent", "measure": "basal", "value": 29.0, "sem": 1.0}
    return table(data__later=later, data__fold=fold, **changes)


@pytest.fixture
def made(monkeypatch):
    """A problem whose data follow a formula, with data that are held out and an end point."""
    replace_cell(monkeypatch, formula)
    monkeypatch.setattr(predictions, "simulate_all", lambda problem, inner: (formula(inner), {}))
    monkeypatch.setattr(MODULE, "simulate", lambda problem, inner: formula(inner))
    monkeypatch.setattr(CONTENT, "simulate_all", lambda problem, inner: (formula(inner), {}))
    noise = np.random.default_rng(2).normal(0.0, SEM, (2, len(X)))
    values = formula(TRUTH)
    return with_values(content(), surface=values["surface"] + noise[0], later=values["later"] + noise[1])


def test_a_fit_leaves_values_intervals_draws_and_a_report(made, tmp_path):
    result = fit(made, tmp_path / "out", **FEW)
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
    assert result.status == "complete"
    told = json.loads((tmp_path / "out" / "fit.json").read_text())
    assert told == json.loads(json.dumps(result.content))
    objective = Objective(made)
    best = least_squares.minimise(objective, objective.guess)
    for row, free, inner in zip(told["free"], made.free, best.inner, strict=True):
        assert row["value"] == pytest.approx(free.outer(inner), rel=1e-4)
        assert row["profile"]["identifiable"]
        assert row["profile"]["low"] < row["value"] < row["profile"]["high"]
        assert row["posterior"]["low"] < row["posterior"]["median"] < row["posterior"]["high"]
    assert told["total"]["points"] == len(X) + 1
    assert told["total"]["freedom"] == len(X) - 1
    assert json.loads((tmp_path / "out" / "provenance.json").read_text())["status"] == "complete"


def test_the_report_says_what_was_fitted_and_what_was_held_out(made, tmp_path):
    result = fit(made, **FEW)
    text = markdown(result.content)
    assert headings(text)[0] == "Fit: A pulse"
    assert "Data that were held out" in headings(text)
    values, apart, fitted, *others = tables(text)
    assert [row[0] for row in values[1:]] == ["vesicle.endocytose", "vesicle.fuse"]
    assert [row[::3] for row in apart[1:]] == [["vesicle.endocytose", "yes"], ["vesicle.fuse", "yes"]]
    assert [row[0] for row in fitted[1:]] == ["surface", "fold"]
    assert [row[0] for row in others[-1][1:]] == ["later"]
    assert "Every value is identifiable" in text


def test_held_out_data_are_scored_and_never_used(made):
    values = {entry.name: entry.y for entry in made.data}
    other = with_values(content(), surface=values["surface"], later=values["later"] + 50.0)
    first, second = (fit(problem, posterior=False, **FEW).content for problem in (made, other))
    assert first["free"] == second["free"]
    assert first["total"] == second["total"]
    assert first["score"]["chi_square"] < 100.0 < second["score"]["chi_square"]


def test_scenarios_take_the_values_and_the_draws(made, tmp_path):
    result = fit(made, tmp_path / "out", **FEW)
    (tmp_path / "s.toml").write_text('extends = "out/fitted.toml"\n[run]\nduration = "1 min"\n')
    scenario = Scenario.load(tmp_path / "s.toml")
    for row in result.content["free"]:
        assert scenario.preset.find(row["name"]).value == row["value"]
    draws = read_draws(tmp_path / "out" / "posterior.csv")
    assert draws.names == ("vesicle.endocytose", "vesicle.fuse")
    assert draws.units == ("1/min", "1/min")
    assert len(draws) == 48
    assert draws.scenario(scenario, 3).preset.find("vesicle.fuse").value == draws.values[3, 1]


def test_the_dataset_is_as_arviz_has_it(made, tmp_path):
    import arviz

    result = fit(made, tmp_path / "out", **FEW)
    tree = xr.open_datatree(tmp_path / "out" / "posterior.zarr", engine="zarr", consolidated=False)
    found = arviz.InferenceData.from_datatree(tree)
    assert set(found.groups()) == {
        "posterior",
        "sample_stats",
        "posterior_predictive",
        "log_likelihood",
        "observed_data",
    }
    assert dict(found.posterior.sizes) == {"chain": 24, "draw": 2}
    np.testing.assert_allclose(found.posterior["vesicle.fuse"].values.ravel(), result.draws.values[:, 1])
    one = (
        made.free[0].inner(float(found.posterior["vesicle.endocytose"][5, 1])),
        made.free[1].inner(float(found.posterior["vesicle.fuse"][5, 1])),
    )
    np.testing.assert_allclose(found.posterior_predictive["later"][5, 1], formula(one)["later"])


@pytest.mark.parametrize("stage", ["searches", "profiles", "posterior", "predictions"])
def test_a_stopped_fit_goes_on_to_what_nothing_stopped_would_have_given(made, tmp_path, monkeypatch, stage):
    monkeypatch.setattr(figure, "save_figures", lambda content, folder: None)  # they take most of the time
    whole = fit(made, **FEW)
    report = MODULE._Fit._report

    def interrupting(self, name, share):
        if name == stage and share > 0.3:
            raise KeyboardInterrupt
        report(self, name, share)

    monkeypatch.setattr(MODULE._Fit, "_report", interrupting)
    with pytest.raises(KeyboardInterrupt):
        fit(made, tmp_path / "out", **FEW)
    before = json.loads((tmp_path / "out" / "fit.json").read_text())
    assert before["status"] == "interrupted"
    assert (tmp_path / "out" / "report.md").exists() == bool(before["free"])
    monkeypatch.setattr(MODULE._Fit, "_report", report)
    again = running.resume(tmp_path / "out", threads=1)
    assert again.content == whole.content
    np.testing.assert_array_equal(again.draws.values, whole.draws.values)


def test_what_a_profile_finds_below_the_best_is_searched_from(made, monkeypatch):
    whole = fit(made, posterior=False, **FEW)
    objective, search = Objective(made), least_squares.search

    def short_search(problem, start, stop):  # one that gives up half way
        found = search(problem, start, stop)
        inner = 0.5 * (found.inner + objective.guess)
        return found._replace(inner=inner, chi_square=objective.evaluate(inner).chi_square)

    monkeypatch.setattr(least_squares, "search", short_search)
    again = fit(made, posterior=False, **FEW)
    for row, other in zip(again.content["free"], whole.content["free"], strict=True):
        assert row["value"] == pytest.approx(other["value"], rel=1e-4)


def test_a_value_that_the_data_say_nothing_about_is_reported_as_such(monkeypatch):
    def flat(problem, inner, data=None):
        return {"surface": 20.0 + 4.0 * inner[0] * X}

    for name in ("objective", "fit"):
        monkeypatch.setattr(sys.modules[f"glut4sim.sim.studies.fit.{name}"], "simulate", flat)
    monkeypatch.setattr(CONTENT, "simulate_all", lambda problem, inner: (flat(problem, inner), {}))
    result = fit(with_values(table(), surface=20.0 - 6.8 * X), posterior=False, **FEW)
    assert [row["profile"]["identifiable"] for row in result.content["free"]] == [True, False]
    assert result.warnings == ("vesicle.fuse is not identifiable within its range",)
    report = markdown(result.content)
    assert "vesicle.fuse is not identifiable: the data allow values as small as 5 1/min" in report
    assert report.partition("## What cannot be told apart")[2].count("no: 5") == 1


def test_the_number_of_processors_changes_nothing(made):
    first, second = (fit(made, **FEW | {"threads": n, "profiles": False}).content for n in (1, 3))
    assert first == second


# ---- what is wrong ----


def test_a_fit_refuses_what_makes_no_sense(made, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="starts: expected a whole number from 1"):
        fit(made, starts=0)
    with pytest.raises(InputError, match="expected a new directory"):
        fit(made, tmp_path, **FEW)
    monkeypatch.setattr(MODULE, "find_spec", lambda name: None)
    with pytest.raises(
        InputError, match=r"fit: needs emcee and arviz; install them with: pip install 'glut4sim\[fit\]'"
    ):
        fit(made, **FEW)
    assert fit(made, posterior=False, **FEW).draws is None


def test_a_fit_of_another_problem_is_not_gone_on_with(made, tmp_path):
    fit(made, tmp_path / "out", posterior=False, profiles=False, **FEW)
    where = tmp_path / "out" / "problem.toml"
    where.write_text(where.read_text().replace("A pulse", "Another"))
    with pytest.raises(InputError, match="is not the problem of the fit"):
        running.resume(tmp_path / "out")
    with pytest.raises(InputError, match="there are no checkpoints of a fit"):
        running.resume(tmp_path / "out", checkpoint_every=60.0)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("provenance.json", "[]", "out: expected the directory of a fit, found no whole"),
        ("provenance.json", "{}", "out: expected the directory of a fit, found no whole"),
        ("provenance.json", None, "provenance.json: does not say how it is fitted"),
        ("searches.json", "{}", "searches.json: is damaged; remove it"),
        ("searches.json", "{", "searches.json: is damaged; remove it"),
        ("chain.npz", "PK", "chain.npz: is damaged; remove it"),
    ],
)
def test_a_damaged_file_of_a_fit_is_named(made, tmp_path, name, content, message):
    settings = record.Settings(2, False, False, 20, 24, 1)
    record.Record.new(made, settings, tmp_path / "out")
    if content is None:
        content = (tmp_path / "out" / name).read_text().replace('"starts"', '"begins"')
    (tmp_path / "out" / name).write_text(content)
    with pytest.raises(InputError, match=message):
        running.resume(tmp_path / "out")


def test_the_command_fits_and_says_where_the_results_are(made, tmp_path):
    (tmp_path / "pulse.toml").write_text(made.to_toml())
    where = tmp_path / "out"
    words = [
        "fit",
        str(tmp_path / "pulse.toml"),
        "--out",
        str(where),
        "--starts",
        "2",
        "--no-posterior",
        "--threads",
        "1",
    ]
    said = CliRunner().invoke(app, words)
    assert said.exit_code == 0, said.output
    assert "vesicle.fuse" in said.output
    assert str(where / "fitted.toml") in said.output
    assert tomllib.loads((where / "fitted.toml").read_text())["cell"]["preset"] == "adipocyte"
    again = CliRunner().invoke(app, ["resume", str(where), "--json"])
    assert json.loads(again.stdout)["status"] == "complete"
