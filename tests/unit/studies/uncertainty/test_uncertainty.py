"""A study of uncertainty: its numbers are those of draws, cells and replicates, whatever stops it."""

import json
import shutil
import sys

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from glut4sim import run
from glut4sim.sim.analysis import summary
from glut4sim.sim.analysis.uncertainty import split
from glut4sim.sim.cli.uncertainty import uncertainty as command
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model import variability
from glut4sim.sim.results.series_store import open_results
from glut4sim.sim.scenario.draws import Draws, write_draws
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies import running
from glut4sim.sim.studies.expected import numbers
from glut4sim.sim.studies.uncertainty.report import markdown, verdict
from glut4sim.sim.studies.uncertainty.runs import NUMBERS, differ, mean_cell
from glut4sim.sim.studies.uncertainty.uncertainty import uncertainty
from tests.markdown import NASTY, headings, tables

MODULE = sys.modules["glut4sim.sim.studies.uncertainty.uncertainty"]
NAME = "surface_glut4_stimulated_percent"
TABLE = {
    "title": "A few minutes",
    "cell": {"vesicles": 300, "receptors": 300, "glucose_agents": 300, "receptors_cv": 0.4, "glut4_cv": 0.2},
    "bath": {"insulin": [["0 s", "0 nM"], ["60 s", "100 nM"]], "glucose": "5 mM"},
    "run": {"duration": "5 min", "step": "0.5 s", "record_every": "5 s", "seed": 7},
}
BRIEF = Scenario.from_table(TABLE, "brief")


def bits(result):
    """All numbers of a result."""
    return {
        name: result.dataset[name].values
        for name in ("central", "parameters", "cells", "together", "agents", "courses")
    }


def assert_same(one, other):
    for name, values in bits(one).items():
        np.testing.assert_array_equal(values, bits(other)[name], err_msg=name)
    assert one.content == other.content


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    return uncertainty(
        BRIEF, tmp_path_factory.mktemp("uncertainty") / "out", draws=5, ranges=True, replicates=3, threads=1
    )


def test_numbers_are_those_of_each_draw_each_cell_and_both(studied):
    column = NUMBERS.index(NAME)
    alike = mean_cell(BRIEF)
    assert studied.dataset["central"].values[column] == numbers(alike)[NAME]
    cell = variability.draw(BRIEF.cell, 7, 2)
    drawn = studied.draws.scenario(alike, 2)
    for kind, scenario, who in (("parameters", drawn, None), ("cells", alike, cell), ("together", drawn, cell)):
        own = {} if who is None else variability.overrides(scenario.preset, who)
        again = scenario.model_copy(update={"parameters": scenario.parameters | own})
        assert studied.dataset[kind].values[2, column] == numbers(again)[NAME], kind
    replicates = run(alike, replicates=3).replicates
    assert studied.dataset["agents"].values[:, column].tolist() == [one[NAME] for one in replicates]


def test_what_is_told_is_the_split_of_those_numbers(studied):
    column = NUMBERS.index(NAME)
    of = {kind: studied.dataset[kind].values[:, column] for kind in ("parameters", "cells", "together", "agents")}
    found = split(
        float(studied.dataset["central"][column]), of["parameters"], of["cells"], of["together"], of["agents"], seed=7
    )
    told = studied.content["numbers"][NAME]
    assert told["together"] == found.together._asdict()
    assert told["chance"] == found.chance._asdict()
    assert told["shares"] == found.shares
    assert set(studied.content["numbers"]) <= set(summary.UNITS)
    assert studied.content["draws"]["tried"] == 5 + sum(studied.content["draws"]["turned_away"].values())


def test_what_is_left(studied):
    names = {path.name for path in studied.out.iterdir()}
    assert names == {
        "agents", "draws.csv", "figure.png", "provenance.json", "report.md", "results.zarr", "scenario.toml",
        "uncertainty.json",
    }  # fmt: skip
    assert json.loads((studied.out / "uncertainty.json").read_text()) == studied.content
    assert json.loads((studied.out / "provenance.json").read_text())["status"] == "complete"
    with open_results(studied.out) as stored:
        assert (
            stored["parameters"].sel(number=NAME).values.tolist()
            == bits(studied)["parameters"][:, NUMBERS.index(NAME)].tolist()
        )
        assert dict(stored.sizes)["draw"] == 5
        np.testing.assert_array_equal(stored["value"].values, studied.draws.values)
        np.testing.assert_array_equal(stored["courses"].values, studied.dataset["courses"].values)
    assert "from plausible ranges" in (studied.out / "report.md").read_text()


def test_workers_change_nothing(studied):
    assert_same(uncertainty(BRIEF, draws=5, ranges=True, replicates=3, threads=3), studied)


def test_stopped_and_gone_on_with_it_is_the_same(studied, tmp_path, monkeypatch):
    calls = []
    answer = MODULE.Runs._take

    def take(self, key, future):
        answer(self, key, future)
        calls.append(key)
        if len(calls) == 6:
            raise KeyboardInterrupt

    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(MODULE.Runs, "_take", take)
        with pytest.raises(KeyboardInterrupt):
            uncertainty(BRIEF, out, draws=5, ranges=True, replicates=3, threads=1)
    assert json.loads((out / "provenance.json").read_text())["status"] == "interrupted"
    with open_results(out) as stored:
        assert np.isfinite(stored["parameters"].sel(number=NAME).values).sum() == 5
    seen = []
    with monkeypatch.context() as patch:
        patch.setattr(MODULE.Runs, "_take", lambda self, key, future: (seen.append(key), answer(self, key, future)))
        again = running.resume(out, threads=1)
    assert len(seen) == 1 + 3 * 5 - 6
    assert_same(again, studied)
    assert again.content == json.loads((out / "uncertainty.json").read_text())


def test_stopped_among_the_agents_it_goes_on_with_them(studied, tmp_path, monkeypatch):
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(MODULE.ensemble, "resume", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            uncertainty(BRIEF, out, draws=5, ranges=True, replicates=3, threads=1)
    stopped = json.loads((out / "uncertainty.json").read_text())
    assert stopped["numbers"][NAME]["chance"] is None
    assert stopped["numbers"][NAME]["parameters"] == studied.content["numbers"][NAME]["parameters"]
    assert_same(running.resume(out, threads=1), studied)


def test_a_store_that_was_being_written_is_made_anew(studied, tmp_path):
    out = tmp_path / "out"
    uncertainty(BRIEF, out, draws=5, ranges=True, replicates=3, threads=1)
    shutil.rmtree(out / "results.zarr" / "courses" / "c")  # of which xarray makes NaN
    assert_same(running.resume(out, threads=1), studied)


def test_what_is_no_whole_study_is_not_gone_on_with(tmp_path):
    out = tmp_path / "out"
    uncertainty(BRIEF, out, draws=2, mean_field=True)
    (out / "draws.csv").rename(tmp_path / "draws.csv")
    with pytest.raises(InputError, match=r"draws\.csv: there is no such file"):
        running.resume(out)
    (tmp_path / "draws.csv").rename(out / "draws.csv")
    (out / "uncertainty.json").write_text("[]")
    with pytest.raises(InputError, match=r"found no whole uncertainty\.json and draws\.csv"):
        running.resume(out)


def test_without_agents_chance_is_not_known_and_cells_that_do_not_differ_have_no_share(tmp_path):
    found = uncertainty(mean_cell(BRIEF), draws=2, mean_field=True).content
    assert not differ(mean_cell(BRIEF))
    told = found["numbers"][NAME]
    assert told["chance"] is told["cells"] is found["cells"] is None
    assert told["together"] == told["parameters"]
    assert set(told["shares"]) == {"parameters"}


def test_draws_of_a_file_are_taken_and_one_that_is_no_cell_is_left_out_and_told(tmp_path):
    values = np.array([[0.1], [0.15], [0.25]])
    write_draws(tmp_path / "posterior.csv", Draws(("vesicle.endocytose",), ("1/min",), values, ""))
    found = uncertainty(mean_cell(BRIEF), draws=tmp_path / "posterior.csv", mean_field=True)
    np.testing.assert_array_equal(found.draws.values, values)
    assert found.content["draws"]["origin"] == "3 draws in posterior.csv"
    surface = found.dataset["parameters"].sel(number=NAME).values
    assert surface[0] > surface[1] > surface[2]
    wrong = Draws(("vesicle.inner_radius",), ("um",), np.array([[8.0], [9.0], [99.0]]), "")
    write_draws(tmp_path / "wrong.csv", wrong)
    told = uncertainty(mean_cell(BRIEF), draws=tmp_path / "wrong.csv", mean_field=True)
    assert told.content["numbers"][NAME]["parameters"]["n"] == 2
    assert told.warnings[0].startswith("1 mean fields could not be solved, the first because: InputError: vesicle")
    assert "1 mean field could not be solved" in markdown(told.content)


def test_one_replicate_tells_nothing_of_chance():
    with pytest.raises(InputError, match="--replicates: expected 2 or more, got 1"):
        uncertainty(BRIEF, draws=2, replicates=1)


def test_names_break_no_table(studied):
    content = json.loads(json.dumps(studied.content)) | {"title": NASTY}
    content["draws"] |= {"origin": NASTY, "held": {NASTY: NASTY}, "turned_away": {NASTY: 3}}
    name = content["draws"]["values"]
    first = next(iter(name))
    name[NASTY] = name.pop(first) | {"source": NASTY}
    content["carried_by"][NAME] = [{"name": NASTY, "share": 0.5, "error": 0.1}]
    content["carried_by"]["surface_glut4_stimulated_copies"] = content["carried_by"][NAME]
    text = markdown(content)
    assert len(headings(text)) >= 5
    rows = [row for table in tables(text) for row in table]
    assert any("0.50 ± 0.10" in row for row in rows)
    assert "50 ± 10 %" in verdict(content)


def test_command(tmp_path, monkeypatch, drawn):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "brief.toml").write_text(BRIEF.to_toml())
    app = typer.Typer()
    app.command()(command)
    runner = CliRunner()
    told = runner.invoke(app, ["brief.toml", "--draws", "2", "--mean-field", "--threads", "1"])
    assert told.exit_code == 0, told.exception
    assert "Surface GLUT4" in told.stdout
    assert (tmp_path / "results" / "brief-uncertainty" / "figure.png").stat().st_size > 10_000
    quiet = runner.invoke(app, ["brief.toml", "--draws", "2", "--mean-field", "-q", "--out", "here", "--ranges"])
    assert quiet.stdout == "here\n"
    wrong = runner.invoke(app, ["brief.toml", "--draws", "none.csv"]).exception
    assert isinstance(wrong, InputError)
    assert str(wrong) == "none.csv: there is no such file."
