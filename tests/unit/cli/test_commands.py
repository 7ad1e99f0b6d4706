"""The command line: what it prints, and its exit status. Runs themselves are tested elsewhere."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.main import get_command

from glut4sim.sim import cli
from glut4sim.sim.endocrine import library
from glut4sim.sim.endocrine.modulation import STEPS
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError, OutsideError
from glut4sim.sim.inputs.files import TomlFolder
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.run.result import RunResult
from tests.processes import COUNTED

SUMMARY = {
    "scenario": "fasting",
    "seed": 1,
    "observables": {
        "surface_glut4_peak_percent": {"mean": 40.123456, "sd": None, "n": 1, "unit": "percent"},
        "glucose_uptake_basal_per_s": {"mean": 1.5e7, "sd": 2.0e6, "n": 3, "unit": "1/s"},
        "surface_glut4_half_time_rise_min": {"mean": None, "sd": None, "n": 0, "unit": "min"},
    },
}


WITHDRAWAL = """
title = "Withdrawal"
cell = { vesicles = 100, receptors = 100, glucose_agents = 100 }
bath = { insulin = [["0 s", "0 nM"], ["10 s", "5 nM"]] }
run = { duration = "2 min", replicates = 1 }
hormones = { testosterone = [["0 d", "531 ng/dL"], ["1 d", "28 ng/dL"]] }
assay = { at = ["0 d", "28 d"] }

[[therapy]]
drug = "anastrozole"
dose = "1 mg"
every = "1 d"
start = "1 h"
stop = "30 d"
"""


class Simulated(SimpleNamespace):
    """In place of what a simulation leaves; it shows itself as that does."""

    shown = RunResult.shown


@pytest.fixture
def simulate(monkeypatch, tmp_path):
    """In place of the simulation: what it was called with, and what it shall return or raise."""
    stage = SimpleNamespace(status="complete", warnings=(), error=None, outside=False, calls=[], act=lambda: None)

    def run(scenario, out, seed, replicates, threads, progress, mean_field, executor, checkpoint_every, only):
        stage.calls.append(SimpleNamespace(**locals()))
        storage.make_directory(out)
        storage.write_json(out / "provenance.json", {})
        progress(600.0, 1200.0)
        stage.act()
        if stage.error:
            raise stage.error
        return Simulated(
            scenario=scenario, out=out, summary=SUMMARY, warnings=stage.warnings, wall_seconds=1.25,
            status=stage.status, outside=stage.outside,
        )  # fmt: skip

    monkeypatch.setitem(sys.modules, "glut4sim.sim.studies.running", SimpleNamespace(run=run))
    monkeypatch.chdir(tmp_path)
    return stage


@pytest.fixture
def withdrawal(tmp_path):
    """File of a scenario with hormones, a drug and two assays."""
    path = tmp_path / "withdrawal.toml"
    path.write_text(WITHDRAWAL, encoding="utf-8")
    return path


# ---- run ----


def test_run_prints_the_summary_and_where_the_results_are(glut4sim, simulate):
    status, out, err = glut4sim("run", "fasting")
    assert (status, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "Surface GLUT4 peak 40.12 - 1 percent" in lines
    assert "Glucose uptake basal 1.500e+07 2.000e+06 3 1/s" in lines
    assert "Surface GLUT4 half-time rise - - 0 min" in lines
    counts = Scenario.load("fasting").preset.counts()
    assert f"{counts['assumed']} of the {sum(counts.values())} parameter values behind this are assumed" in out
    assert "Figure results/fasting/figure.png" in lines
    assert "Results results/fasting/results.zarr (1.2 s)" in lines


def test_run_passes_on_what_it_is_told(glut4sim, simulate):
    options = ["--seed", 2**64 - 1, "--replicates", 3, "--threads", 2, "--out", "here", "--quiet"]
    changes = [
        "--set",
        "cell.vesicles=500",
        "--set",
        "bath.insulin = 10 nM",
        "--set",
        "parameters.vesicle.fuse=2 1/min",
    ]
    assert glut4sim("run", "fasting", *options, *changes) == (0, "here\n", "")
    [call] = simulate.calls
    assert (call.seed, call.replicates, call.threads, call.out) == (2**64 - 1, 3, 2, Path("here"))
    assert call.scenario.cell.vesicles == 500
    assert call.scenario.bath.insulin.values == (10.0,)
    assert call.scenario.parameters == {"vesicle.fuse": "2 1/min"}


def test_run_takes_the_next_free_directory(glut4sim, simulate):
    found = [glut4sim("run", "fasting", "-q")[1] for _ in range(3)]
    assert found == ["results/fasting\n", "results/fasting-2\n", "results/fasting-3\n"]


def test_runs_that_are_started_together_take_directories_of_their_own(glut4sim, simulate, tmp_path):
    claimed = storage.claim(Path("results/fasting"))  # by a run that has not written anything yet
    assert glut4sim("run", "fasting", "-q")[1] == "results/fasting-2\n"
    assert list(claimed.iterdir()) == []


def test_a_directory_in_which_nothing_came_to_be_is_not_left_behind(glut4sim, simulate, monkeypatch):
    def refuse(*_, **__):
        raise InputError("refused late.")

    monkeypatch.setattr(sys.modules["glut4sim.sim.studies.running"], "run", refuse)
    assert glut4sim("run", "fasting", "-q")[0] == 2
    assert not Path("results").exists()


def test_a_name_that_no_file_system_takes_is_refused_before_the_run(glut4sim, simulate):
    status, _, err = glut4sim("run", "fasting", "--out", "x" * 300)
    assert (status, simulate.calls) == (2, [])
    assert "cannot be written: File name too long." in err


def test_out_may_begin_with_the_home(glut4sim, simulate, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert glut4sim("run", "fasting", "-q", "--out=~/runs/a") == (0, f"{tmp_path}/home/runs/a\n", "")
    assert not Path("~").exists()


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
@pytest.mark.parametrize(("arguments", "expected"), [(["drugs", "list"], 0), (["drugs", "show", "nothing"], 2)])
def test_closed_streams_change_no_exit_status(arguments, expected, closed):
    def close():
        for number in closed:
            os.close(number)

    command = [sys.executable, "-m", "glut4sim", *arguments]
    ended = subprocess.run(command, preexec_fn=close, capture_output=True, check=False)
    assert ended.returncode == expected
    assert (not ended.stdout) == (1 in closed or expected == 2)
    assert (not ended.stderr) == (2 in closed or expected == 0)


@pytest.mark.parametrize("mode", ["rb", "wb"])
def test_complaints_that_cannot_be_written_change_no_exit_status(mode):
    """To what is open for reading, as a shell may leave the number of a closed stream, or to a full disk."""
    path = "/dev/full" if mode == "wb" else __file__
    with Path(path).open(mode) as stream:
        command = [sys.executable, "-m", "glut4sim", "drugs", "show", "nothing"]
        assert subprocess.run(command, stderr=stream, check=False).returncode == 2


def test_run_prints_json(glut4sim, simulate):
    status, out, err = glut4sim("run", "fasting", "--json")
    assert (status, err) == (0, "")
    assert json.loads(out) == {"out": "results/fasting", "status": "complete", **SUMMARY}


def test_failed_run_warns_and_exits_with_1(glut4sim, simulate):
    simulate.status, simulate.warnings = "failed", ("replicate 0 failed",)
    status, out, err = glut4sim("run", "fasting", "-q")
    assert (status, out, err) == (1, "results/fasting\n", "Warning: replicate 0 failed\n")


def test_interrupted_run_says_what_is_kept(glut4sim, simulate):
    simulate.error = KeyboardInterrupt()
    kept = "Stopped; what was reached is kept in results/fasting; go on: glut4sim resume results/fasting\n"
    assert glut4sim("run", "fasting", "-q") == (130, "", kept)


SIGNALS = [number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None))]


@pytest.mark.parametrize("number", SIGNALS)
def test_signals_end_a_command_like_ctrl_c(glut4sim, simulate, monkeypatch, number):
    simulate.act, ignored = (lambda: signal.raise_signal(number)), signal.signal(number, signal.SIG_DFL)
    kept = "Stopped; what was reached is kept in results/fasting; go on: glut4sim resume results/fasting\n"
    assert glut4sim("run", "fasting", "-q") == (128 + number, "", kept)
    monkeypatch.setattr(Scenario, "load", lambda *_: signal.raise_signal(number))
    assert glut4sim("scenarios", "check", "fasting") == (128 + number, "", "Stopped.\n")
    assert signal.signal(number, ignored) == signal.SIG_DFL


def test_signals_that_are_ignored_stay_so(glut4sim, simulate):
    """As those of a program that nohup has started."""
    (number, *_) = SIGNALS
    before = signal.signal(number, signal.SIG_IGN)
    try:
        simulate.act = lambda: signal.raise_signal(number)
        assert glut4sim("run", "fasting", "-q") == (0, "results/fasting\n", "")
    finally:
        signal.signal(number, before)


class EndpointConnectionError(Exception):
    __module__ = "botocore.exceptions"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device", "here/x"), "here/x: No space left on device"),
        (TimeoutError(110, "Connection timed out"), "Connection timed out"),
        (MemoryError(), "there is not enough memory"),
        (OutsideError("the scheduler is gone"), "the scheduler is gone"),
        (EndpointConnectionError("no\nanswer"), "EndpointConnectionError: no answer"),
    ],
)
def test_what_surrounds_the_program_fails_with_3_and_a_way_on(glut4sim, simulate, monkeypatch, error, said):
    simulate.error = error
    kept = "what was reached is kept in results/fasting; go on: glut4sim resume results/fasting"
    assert glut4sim("run", "fasting", "-q") == (3, "", f"{said}; {kept}\n")

    def fail(*_):
        raise error

    monkeypatch.setattr(Scenario, "load", fail)
    assert glut4sim("scenarios", "check", "fasting") == (3, "", f"{said}\n")


def test_replicates_that_fail_from_outside_end_with_3(glut4sim, simulate):
    simulate.status, simulate.warnings, simulate.outside = "failed", ("replicate 0 failed",), True
    status, out, err = glut4sim("run", "fasting", "-q")
    assert (status, out) == (3, "results/fasting\n")
    kept = "What was reached is kept; go on: glut4sim resume results/fasting"
    assert err == f"Warning: replicate 0 failed\n{kept}\n"


def test_fault_of_ours_is_one_line_unless_debugging(glut4sim, simulate, monkeypatch):
    simulate.error = RuntimeError("two\nlines")
    status, out, err = glut4sim("run", "fasting", "-q")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "RuntimeError: two lines" in err
    assert "GLUT4SIM_DEBUG=1" in err
    monkeypatch.setenv("GLUT4SIM_DEBUG", "1")
    monkeypatch.setattr(sys, "argv", ["glut4sim", "run", "fasting", "-q"])
    with pytest.raises(RuntimeError, match="two"):
        cli.main()


# ---- wrong input ----


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "nothing-like-it"], 'unknown scenario "nothing-like-it". Allowed: '),
        (["run", "fasting", "--out", "."], "--out .: expected a new directory, got one that exists; choose another."),
        (["run", "fasting", "--set", "cell.vesicles"], "--set cell.vesicles: expected PATH=VALUE such as"),
        (["run", "fasting", "--set", "cell.vesicle=5"], '--set cell.vesicle=5: cell: unknown key "vesicle". Did you'),
        (["run", "fasting", "--seed", "-1"], "--seed"),
        (["run", "fasting", "--seed", 2**64], "--seed: expected a whole number from 0 to 18446744073709551615, got"),
        (["run", "fasting", "--replicates", "0"], "--replicates"),
        (["run", "fasting", "--threads", "many"], "--threads"),
        (["run", "fasting", "--sed", "1"], "--sed"),
        (["run"], "SCENARIO"),
        (["rum"], "run"),
        (
            ["run", "fasting", "--endocrine-only"],
            "fasting: it sets no hormones: expected a table such as [hormones] or",
        ),
        (["run", "WITHDRAWAL", "--endocrine-only", "--mean-field"], "--mean-field: --endocrine-only computes no cell"),
        (["run", "WITHDRAWAL", "--endocrine-only", "--replicates", "2"], "--replicates: --endocrine-only computes no"),
        (
            ["export", "sbml", "WITHDRAWAL"],
            'assay.at: expected one time, got a list of 2; choose one: --set assay.at="2',
        ),
        (["sweep", "WITHDRAWAL", "--vary", "run.step=0.1s,0.2s"], "choose one: --set assay.at="),
        (["drugs", "show", "gonadorelinn"], 'unknown drug "gonadorelinn". Did you mean "gonadorelin"?'),
        (["effects", "show", "x"], 'unknown effect "x". See `glut4sim effects list`.'),
        (["scenarios", "show", "fastin"], 'unknown scenario "fastin". Did you mean "fasting"?'),
        (["parameters", "show", "vesicle.fuze"], 'unknown parameter "vesicle.fuze". Did you mean "vesicle.fuse"?'),
        (["parameters", "list", "--preset", "x"], 'unknown preset "x". Allowed: '),
    ],
)
def test_wrong_input_is_one_line_and_exit_status_2(glut4sim, withdrawal, arguments, message):
    status, out, err = glut4sim(*(withdrawal if argument == "WITHDRAWAL" else argument for argument in arguments))
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert message in err


# ---- the other commands ----


def test_scenarios_list(glut4sim):
    status, out, _ = glut4sim("scenarios", "list")
    assert status == 0
    assert {"fasting", "insulin-challenge", "insulin-pulse"} <= set(out.split())
    listed = json.loads(glut4sim("scenarios", "list", "--json")[1])
    assert {"fasting", "insulin-challenge", "insulin-pulse"} <= {scenario["name"] for scenario in listed}


def test_scenarios_show_prints_toml_that_loads(glut4sim):
    status, out, _ = glut4sim("scenarios", "show", "insulin-pulse")
    assert status == 0
    assert out.startswith("# insulin-pulse: ")
    assert Scenario.from_table(tomllib.loads(out)) == Scenario.load("insulin-pulse")


def test_scenarios_check_goes_on_after_a_faulty_one(glut4sim, tmp_path):
    faulty = tmp_path / "faulty.toml"
    faulty.write_text("title = 5\n", encoding="utf-8")
    status, out, err = glut4sim("scenarios", "check", "fasting", faulty, "insulin-pulse")
    assert (status, out) == (2, "fasting: ok\ninsulin-pulse: ok\n")
    assert err.startswith(f"{faulty}: ")


def test_parameters_list_and_show(glut4sim):
    status, out, _ = glut4sim("parameters", "list")
    preset = Scenario.load("fasting").preset
    assert status == 0
    assert all(p.source in out and p.name.split(".")[1] in out for p in preset.parameters.values())
    assert out.endswith(f"{len(preset.parameters)} parameter values: " + out.rpartition("values: ")[2])
    listed = json.loads(glut4sim("parameters", "list", "--json")[1])
    assert [entry["name"] for entry in listed] == list(preset.parameters)
    fuse = preset.parameters["vesicle.fuse"]
    assert f"vesicle.fuse = {fuse}\n" in glut4sim("parameters", "show", "vesicle.fuse")[1]
    assert json.loads(glut4sim("parameters", "show", "vesicle.fuse", "--json")[1])["source"] == fuse.source


def test_run_of_several_assays(glut4sim, withdrawal, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, err = glut4sim("run", withdrawal, "--mean-field")
    assert (status, err) == (0, "")
    rows = [line.split() for line in out.splitlines()]
    [first], [second] = ([row for row in rows if row[:2] == [day, "d"]] for day in ("0", "28"))
    assert len(first) == 5
    assert second[-2].startswith("(-")  # less Akt
    assert "Report   results/withdrawal/report.md" in out
    assert (tmp_path / "results" / "withdrawal" / "assay-28-d" / "results.zarr").is_dir()
    content = json.loads((tmp_path / "results" / "withdrawal" / "summary.json").read_text())
    assert [assay["at"] for assay in content["assays"]] == ["0 d", "28 d"]
    single = json.loads(glut4sim("run", withdrawal, "--mean-field", "--json", "--set", "assay.at=28 d")[1])
    assert single["observables"] == content["assays"][1]["observables"]


def test_run_of_hormones_alone(glut4sim, withdrawal, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, err = glut4sim("run", withdrawal, "--endocrine-only")
    assert (status, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert any(line.startswith("Testosterone, total 531 ") and line.endswith("ng/dL") for line in lines)
    assert any(line.startswith("Anastrozole 0 0 ") and line.endswith("ng/mL") for line in lines)
    assert "Not medical advice." in out
    folder = tmp_path / "results" / "withdrawal-hormones"
    assert (folder / "hormones.zarr").is_dir()
    assert not (folder / "results.zarr").exists()
    content = json.loads(glut4sim("run", withdrawal, "--endocrine-only", "--json", "--seed", "9")[1])
    assert content["courses"]["testosterone"]["start"] == pytest.approx(531.0)
    assert content["seed"] == 9
    assert glut4sim("run", withdrawal, "--endocrine-only", "--quiet", "--out", "here") == (0, "here\n", "")


def test_drugs_list_and_show(glut4sim):
    found = library.drugs()
    status, out, _ = glut4sim("drugs", "list")
    assert status == 0
    assert {name.split()[0] for name in found} <= set(out.split())
    assert [entry["name"] for entry in json.loads(glut4sim("drugs", "list", "--json")[1])] == list(found)
    drug = found["testosterone cypionate"]
    text = glut4sim("drugs", "show", drug.name)[1]
    for told in (drug.route, drug.usual, "half-life 8 d", "Testosterone, total", drug.source, drug.standing):
        assert told in text
    entry = json.loads(glut4sim("drugs", "show", "anastrozole", "--json")[1])
    assert (entry["delivers"], entry["acts_on"]) == ("", ["estradiol"])
    assert entry["standing"] == found["anastrozole"].standing


def test_a_drug_is_shown_with_its_course_against_the_source_and_what_it_meets(glut4sim):
    text = glut4sim("drugs", "show", "anastrozole")[1]
    assert "class            aromatase inhibitor" in text
    assert "(measured: Yuan et al., Acta Pharmacol Sin, twenty Chinese men)" in text
    assert "estradiol transdermal" in text.split("meets")[1].splitlines()[0]
    assert "written November 2026; to our knowledge" in text
    assert "National Medical Products Administration (NMPA)" in text
    assert "Nothing here is medical advice." in text
    entry = json.loads(glut4sim("drugs", "show", "anastrozole", "--json")[1])
    (course,) = entry["courses"]
    assert (course["dose"], course["published"][0]["area"]) == ("1 mg", "443 +- 141 ug h/L")
    area = float(course["computed"]["area"].split()[0])
    kinetics = library.drugs()["anastrozole"].kinetics
    assert area == pytest.approx(kinetics.scale / kinetics.elimination_rate / 3600.0, rel=5e-3)
    assert entry["standing_as_of"] == "November 2026"
    assert entry["terminal_half_life"] == ""


def test_the_concentration_per_dose_of_a_drug_is_that_of_both_its_phases(glut4sim):
    """A dose that arrived at once in one litre over the volume: tesamorelin has two phases."""
    entry = json.loads(glut4sim("drugs", "show", "tesamorelin", "--json")[1])
    told = library.drugs()["tesamorelin"]
    found = float(entry["concentration_per_dose"].split()[0])
    assert found == pytest.approx(told.kinetics.scale + told.kinetics.terminal_scale, rel=5e-3)
    assert found > 1.01 * told.kinetics.scale
    assert entry["terminal_half_life"] == "26 min"
    assert "then 26 min" in glut4sim("drugs", "show", "tesamorelin")[1]


def test_a_scenarios_own_are_listed_and_shown_as_the_installed(glut4sim):
    of = "--scenario", str(Path(__file__).parents[3] / "docs" / "examples" / "own_drug.toml")
    assert "glitazone" not in glut4sim("drugs", "list")[1]
    assert "glitazone" in glut4sim("drugs", "list", *of)[1]
    text = glut4sim("drugs", "show", "Glitazone", *of)[1]
    assert "doses studied    not known to us" in text
    assert "peak, area and half-life as published: not known to us" in text
    assert "acts on          adiponectin, up to +200 %, half at 300 ng/mL (glitazone-adiponectin)" in text
    assert "made up for this example" in glut4sim("effects", "show", "adiponectin-akt", *of)[1]
    assert glut4sim("hormones", "show", "acrp30", *of)[1].startswith("adiponectin: Adiponectin\n")
    assert glut4sim("drugs", "show", "glitazone")[0] == 2


def test_hormones_list_and_show(glut4sim):
    found = library.levels()
    assert glut4sim("hormones", "list")[0] == 0
    assert [entry["name"] for entry in json.loads(glut4sim("hormones", "list", "--json")[1])] == list(found)
    text = glut4sim("hormones", "show", "17beta-estradiol")[1]
    for told in ("estradiol: Estradiol", "estradiol oral", "anastrozole-estradiol", found["estradiol"].source):
        assert told in text
    assert json.loads(glut4sim("hormones", "show", "GH", "--json")[1])["name"] == "gh"


def test_effects_list_and_show(glut4sim):
    found = library.effects()
    assert glut4sim("effects", "list")[0] == 0
    listed = json.loads(glut4sim("effects", "list", "--json")[1])
    assert [entry["name"] for entry in listed] == list(found)
    assert all(entry["source"] and entry["evidence"] for entry in listed)
    effect = found["testosterone-pi3k"]
    text = glut4sim("effects", "show", effect.name)[1]
    for told in (effect.title, STEPS["pi3k"].title, effect.source, effect.evidence, "AR", "only in          man"):
        assert told in text
    disputed = next(e for e in found.values() if e.disagreement)
    assert disputed.disagreement in glut4sim("effects", "show", disputed.name)[1]


def test_scenarios_show_says_what_acts_where_and_how_therapies_stand(glut4sim, withdrawal):
    status, out, _ = glut4sim("scenarios", "show", withdrawal)
    assert status == 0
    comments = " ".join(line.removeprefix("#").strip() for line in out.splitlines() if line.startswith("#"))
    effect = library.effects()["testosterone-pi3k"]
    assert f"free_testosterone -> {STEPS['pi3k'].title}: {effect.title}" in comments
    assert effect.source.split(",")[0] in comments
    assert "anastrozole 1 mg every 1 d, from 1 h to 30 d" in comments
    assert " ".join(library.drugs()["anastrozole"].standing.split()[:6]) in comments
    assert "Not medical advice." in comments
    assert "cortisol" not in comments
    assert all(len(line) <= 120 for line in out.splitlines() if line.startswith("#"))
    assert Scenario.from_table(tomllib.loads(out)) == Scenario.load(withdrawal)


def test_scenarios_list_keeps_folders_together(glut4sim, monkeypatch, tmp_path):
    for name in ("zebra.toml", "men/b.toml", "alone.toml", "men/a.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(WITHDRAWAL, encoding="utf-8")
    monkeypatch.setattr("glut4sim.sim.scenario.scenario.SCENARIOS", TomlFolder("scenario", tmp_path))
    rows = [line.split() for line in glut4sim("scenarios", "list")[1].splitlines()[3:]]
    assert [row[0] if row else "" for row in rows][:5] == ["alone", "zebra", "", "men/a", "men/b"]
    assert rows[0][1:] == ["Withdrawal", "2", "min", "1", "2"]


def test_scenarios_check_takes_several_assays(glut4sim, withdrawal):
    assert glut4sim("scenarios", "check", withdrawal) == (0, f"{withdrawal}: ok\n", "")


def test_version_and_help(glut4sim):
    assert glut4sim("--version") == (0, f"glut4sim {cli.__version__}\n", "")
    status, out, _ = glut4sim("--help")
    assert status == 0
    assert all(command in out for command in ("run", "scenarios", "parameters"))
    assert glut4sim()[0] == 2


def all_commands(command, *path):
    yield path, command
    for name, each in getattr(command, "commands", {}).items():
        yield from all_commands(each, *path, name)


def test_help_shows_what_stands_in_brackets(glut4sim, monkeypatch):
    """Of every command that there is, also where an option or the list of commands says it."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(cli.options.Seed.__metadata__[0], "help", "Instead of [run] seed.")
    shown = {path: " ".join(glut4sim(*path, "--help")[1].split()) for path, _ in all_commands(get_command(cli.app))}
    assert "Where [assay] names several times" in shown["run",]
    for path, command in all_commands(get_command(cli.app)):
        for part in (command, *command.params):
            for word in re.findall(r"\[\S+?\]", getattr(part, "help", None) or ""):
                assert word in shown[path], (path, word)
    assert sum("Instead of [run] seed." in text for text in shown.values()) >= 5


def test_help_takes_less_than_half_a_second_of_processor_time():
    code = "import sys; sys.argv = ['glut4sim', '--help']; from glut4sim.sim.cli import main; main()"
    uncounted = {name: value for name, value in os.environ.items() if name != COUNTED}
    took = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], env=uncounted, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(took) < 0.5


def test_command_line_loads_nothing_heavy():
    code = "import sys, glut4sim.sim.cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "typer" in loaded
    assert not {"numpy", "numba", "pydantic", "pint", "xarray", "zarr", "mesa", "matplotlib"} & set(loaded)
