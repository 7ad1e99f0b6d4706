"""What is probably not meant of doses and assays: every study says it once, and keeps it with its results."""

import json

import pytest

from glut4sim import Scenario, compare, resume, run
from glut4sim.sim.cli import main
from glut4sim.sim.results.provenance import doubts
from glut4sim.sim.scenario import dosing
from glut4sim.sim.studies.benchmark import conditions, conditions_report
from glut4sim.sim.studies.run import hormones
from glut4sim.sim.studies.sweep.sweep import sweep
from glut4sim.sim.studies.uncertainty.uncertainty import uncertainty

MINE = """
title = "Mine"
cell = { vesicles = 100, receptors = 100, glucose_agents = 100 }
bath = { insulin = [["0 s", "0 nM"], ["30 s", "5 nM"]] }
run = { duration = "2 min", step = "0.5 s", record_every = "30 s" }
assay = { at = AT }

[[therapy]]
drug = "hydrocortisone oral"
dose = "20 mg"
every = "1 d"
"""


@pytest.fixture
def mine(tmp_path):
    """A file of a scenario whose doses fall inside both of its assays."""
    return _written(tmp_path / "mine.toml", '["0 d", "2 d"]')


@pytest.fixture
def once(tmp_path):
    """The same with one assay."""
    return _written(tmp_path / "once.toml", '"2 d"')


def _written(path, at):
    path.write_text(MINE.replace("AT", at), encoding="utf-8")
    assert dosing.warnings(Scenario.load(path)) != ()
    return path


def kept(folder, file="provenance.json"):
    return tuple(json.loads((folder / file).read_text())["warnings"])


def test_a_run_says_it_and_keeps_it(once, tmp_path):
    told = dosing.warnings(Scenario.load(once))
    result = run(once, tmp_path / "out", mean_field=True)
    assert result.warnings == kept(tmp_path / "out") == told
    assert resume(tmp_path / "out").warnings == kept(tmp_path / "out") == told
    assert run(once, mean_field=True).warnings == told


def test_assays_say_it_once_for_all(mine, tmp_path):
    told = dosing.warnings(Scenario.load(mine))
    assert len(told) == 2
    result = run(mine, tmp_path / "out", mean_field=True)
    assert result.warnings == kept(tmp_path / "out") == told
    assert "warnings" not in json.loads((tmp_path / "out" / "assay-0-d" / "provenance.json").read_text())
    report = (tmp_path / "out" / "report.md").read_text()
    assert report.count("**Warning**: therapy") == 2
    assert resume(tmp_path / "out").warnings == told


def test_hormones_alone(mine, tmp_path):
    assert (
        hormones.run(mine, tmp_path / "out").warnings == kept(tmp_path / "out") == dosing.warnings(Scenario.load(mine))
    )


def test_a_comparison_says_of_which_scenario_before_its_assays_are_taken_apart(mine, once, tmp_path):
    told = tuple(f"{s.name}: {line}" for s in map(Scenario.load, (mine, once)) for line in dosing.warnings(s))
    result = compare([mine, once], tmp_path / "out", mean_field=True)
    assert result.warnings == kept(tmp_path / "out", "compare.json") == told
    assert len(told) == 3
    assert (tmp_path / "out" / "report.md").read_text().count("**Warning**") == 3
    assert resume(tmp_path / "out").warnings == kept(tmp_path / "out", "compare.json") == told


def test_a_sweep(once, tmp_path):
    told = dosing.warnings(Scenario.load(once))
    assert sweep(once, {"bath.insulin": "1nM,2nM"}, tmp_path / "out", mean_field=True).warnings == told
    assert kept(tmp_path / "out") == resume(tmp_path / "out").warnings == told


def test_several_curves_say_it_once_for_all_assays_of_a_scenario(mine, once, tmp_path):
    told = dosing.warnings_of([("a", Scenario.load(mine)), ("b", Scenario.load(once))])
    vary = {"bath.insulin": "1nM,2nM"}
    result = sweep([("a", mine), ("b", once)], vary, tmp_path / "out", mean_field=True)
    assert list(result.sweeps) == ["a at 0 d", "a at 2 d", "b"]
    assert result.warnings == kept(tmp_path / "out", "curves.json") == told
    assert len(told) == 3
    assert (tmp_path / "out" / "report.md").read_text().count("**Warning**") == 3
    assert resume(tmp_path / "out").warnings == kept(tmp_path / "out", "curves.json") == told
    assert sweep([("a", mine), ("b", once)], vary, mean_field=True).warnings == told


def test_uncertainty(once, tmp_path):
    told = dosing.warnings(Scenario.load(once))
    result = uncertainty(once, tmp_path / "out", draws=3, mean_field=True)
    assert result.warnings == kept(tmp_path / "out") == kept(tmp_path / "out", "uncertainty.json") == told
    assert (tmp_path / "out" / "report.md").read_text().count("Warning: therapy") == 1
    assert resume(tmp_path / "out").warnings == told


def test_a_scenario_that_is_as_meant_has_none(tmp_path):
    fine = Scenario.from_table({"run": {"duration": "2 min", "step": "0.5 s", "record_every": "30 s"}}, "fine")
    assert doubts(fine) == {}
    assert run(fine, tmp_path / "out", mean_field=True).warnings == ()
    assert "warnings" not in json.loads((tmp_path / "out" / "provenance.json").read_text())


CONDITIONS = """
insulin = { high = "1 nM" }
cell = { vesicles = 50, receptors = 50, glucose_agents = 50 }
run = { duration = "1 min", step = "0.5 s", replicates = 2 }

[[conditions]]
name = "Two days"
group = "Mine"
scenario = "FILE"
at = "2 d"
reference = "FILE"
reference_at = "0 d"
"""


def test_a_benchmark_of_conditions(mine, tmp_path):
    file = tmp_path / "two.toml"
    file.write_text(CONDITIONS.replace("FILE", str(mine)), encoding="utf-8")
    result = conditions.run(conditions.load(file))
    assert result.warnings == tuple(f"mine: {line}" for line in dosing.warnings(Scenario.load(mine)))
    assert conditions_report.write(result, tmp_path / "out")["warnings"] == list(result.warnings)
    assert (tmp_path / "out" / "two.md").read_text().count("**Warning**: mine: therapy") == 2


def test_the_installed_benchmark_is_as_meant():
    assert conditions._warnings(conditions.load("hormones")) == ()


def test_check_says_it_and_a_run_says_it_on_stderr_once(mine, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    first = "therapy[0]: the first dose of hydrocortisone oral, at 0 d, falls inside the assay at 0 d, which is no"
    for arguments, start in (
        (["scenarios", "check", "mine.toml"], f"Warning: mine.toml: {first}"),
        (["run", "mine.toml", "--mean-field", "-q"], f"Warning: {first}"),
        (["run", "mine.toml", "--endocrine-only", "-q"], f"Warning: {first}"),
        (["compare", "mine.toml", "--mean-field", "-q"], f"Warning: mine: {first}"),
    ):
        monkeypatch.setattr("sys.argv", ["glut4sim", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = capsys.readouterr()
        assert stopped.value.code == 0
        lines = err.splitlines()
        assert len(lines) == 2
        assert lines[0].startswith(start)
        assert "arning" not in out
