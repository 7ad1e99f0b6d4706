"""The examples of docs/examples run as their first lines say, quickly, and show what they are about; and the scenarios,
names and files that the pages tell of exist.
"""

import re
import runpy
import subprocess
import sys
import tomllib

import pytest

from glut4sim import Scenario
from glut4sim.sim.endocrine import library
from glut4sim.sim.scenario.scenario import SCENARIOS
from tests.support import ROOT

EXAMPLES = ROOT / "docs" / "examples"
TIMEOUT = 120  # s; each takes a few where the compiled code is cached and nothing else is running


@pytest.fixture
def run(drawn, tmp_path):
    """Runs the main function of an example; returns what it returns."""

    def run(name, figure):
        found = runpy.run_path(str(EXAMPLES / f"{name}.py"))["main"](tmp_path / "made")
        assert (tmp_path / "made" / figure).stat().st_size > 100
        return found

    return run


def test_an_example_runs_as_a_script(tmp_path):
    command = [sys.executable, str(EXAMPLES / "my_regimen.py"), str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 0, done.stderr
    assert "Not medical advice." in done.stdout
    assert (tmp_path / "my-regimen.png").exists()


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_each_example_says_how_to_run_it(path):
    assert f"    python docs/examples/{path.name} [FOLDER]" in path.read_text("utf-8")


def test_run_a_scenario(run):
    data = run("run_a_scenario", "run.png")
    assert data.sizes["replicate"] == 2
    assert data.surface_glut4_percent.max() > 30.0


def test_compare_states(run):
    found = run("compare_states", "compare.png")
    assert found.ranked() == ["morbid obesity", "low testosterone"]
    for effects in found.effects.values():
        assert effects["surface_glut4_stimulated_copies"].percent.high < 0.0


def test_therapy_over_weeks(run):
    result = run("therapy_over_weeks", "therapy.png")
    assert [assay["at"] for assay in result.summary["assays"]] == ["0 d", "14 d", "168 d"]
    assert 10.0 < result.change("surface_glut4_stimulated_copies", 2).percent < 70.0


def test_dose_response(run):
    half = run("dose_response", "dose-response.png")
    assert half["1.5 mM"] > 1.5 * half["0.5 mM"]


def test_mesa_batch(run):
    table = run("mesa_batch", "batch.csv")
    assert len(table) == 8
    assert (table.minutes == 15.0).all()
    means = table.groupby(["scenario", "bath.insulin"]).surface_glut4.mean()
    assert means["men/eugonadal", "10 nM"] > 1.5 * means["men/eugonadal", "0.1 nM"]
    assert means["men/eugonadal", "10 nM"] > means["men/hypogonadal", "10 nM"]


def test_my_regimen(run):
    hormones = run("my_regimen", "my-regimen.png")
    scenario = Scenario.load(EXAMPLES / "my_regimen.toml")
    assert {therapy.drug for therapy in scenario.therapy} <= set(hormones)
    assert hormones.lh[-1] < 0.2 * hormones.lh[0]
    assert hormones.visceral_fat.sel(time=84.0, method="nearest") < hormones.visceral_fat[0]


def test_which_step(run):
    shares = run("which_step", "which-step.png")
    assert list(shares)[:2] == ["cytokines-irs1", "cytokines-as160"]


# ---- README.md, docs/scenarios.md and docs/hormones.md ----

TEXTS = {name: (ROOT / name).read_text("utf-8") for name in ("README.md", "docs/scenarios.md", "docs/hormones.md")}


@pytest.mark.parametrize("name", TEXTS)
def test_scenarios_in_the_text_load(name, tmp_path):
    blocks = re.findall(r"```toml\n(.*?)```", TEXTS[name], re.DOTALL)
    assert blocks
    for block in blocks:
        file = tmp_path / "mine.toml"
        file.write_text(block, encoding="utf-8")
        scenario = Scenario.load(file)
        assert scenario.title == tomllib.loads(block)["title"]
        _ = scenario.assays[-1].parameter_set


@pytest.mark.parametrize("name", TEXTS)
def test_links_lead_somewhere(name):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", TEXTS[name]):
        assert ((ROOT / name).parent / target).exists(), target


@pytest.mark.parametrize("name", ["docs/scenarios.md", "docs/hormones.md"])
def test_every_scenario_is_told_of(name):
    for scenario in SCENARIOS.names():
        of_a_body = scenario.startswith("body/")
        if name == "docs/hormones.md" and (of_a_body or not Scenario.load(scenario).has_hormones):
            continue
        short = scenario.rpartition("/")[2]
        assert f"`{scenario}`" in TEXTS[name] or f"`{short}`" in TEXTS[name], scenario


def test_every_disagreement_is_told_of():
    rows = {line.split("`")[1]: line for line in TEXTS["docs/hormones.md"].splitlines() if line.startswith("| `")}
    for effect in library.effects().values():
        if effect.disagreement:
            low, high = effect.plausible
            strength = effect.gain if effect.power is None else effect.power
            expected = f"| `{effect.name}` | {strength:g} | {low:g} to {high:g} | {effect.disagreement} |"
            assert rows.get(effect.name) == expected


def test_what_is_counted_is_right():
    text = " ".join(TEXTS["docs/hormones.md"].split())
    evidence = [effect.evidence for effect in library.effects().values()]
    assert f"{len(library.drugs())} drugs and {len(evidence)} effects" in text
    measured, fitted, assumed = (evidence.count(kind) for kind in ("measured", "fitted", "assumed"))
    assert f"{measured} are measured, {fitted} are fitted to published results and {assumed} are assumed" in text
