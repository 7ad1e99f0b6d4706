"""`glut4sim compare` at the terminal: labels, what differs, through which steps; gains that cannot act."""

import json

import pytest

SMALL = """
title = "A man"
[cell]
preset = "skeletal-muscle"
vesicles = 60
receptors = 60
glucose_agents = 60
[bath]
insulin = [["0 min", "0 nM"], ["1 min", "1 nM"]]
[run]
duration = "3 min"
step = "0.5 s"
replicates = 2
[hormones]
testosterone = "531 ng/dL"
"""
GAIN = "effects.testosterone-pi3k.gain=0.2"
CANNOT_ACT = "effects.testosterone-pi3k is set, but cannot act: free_testosterone is at its reference, 10.62 ng/dL"


@pytest.fixture
def glut4sim(glut4sim, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "man.toml").write_text(SMALL)
    (tmp_path / "a=b.toml").write_text(
        'extends = "man.toml"\ntitle = "Another"\n[hormones]\ntestosterone = "90 ng/dL"\n'
    )

    return glut4sim


def test_what_a_comparison_prints(glut4sim, tmp_path):
    status, out, err = glut4sim("compare", "man.toml", "low = a=b.toml", "--threads", "1")
    assert (status, err) == (0, "")
    folder = "results/A-man-compared"
    told = out.split()
    assert out.index("hormones.testosterone") < out.index("Changes relative to A man")
    assert {"531", "90"} <= set(told)
    (steps,) = (line for line in out.splitlines() if line.startswith("  low: "))
    assert steps.startswith("  low: pi3k -")
    assert "; together -" in steps
    assert "Variance saved by pairing, times, over the whole run / in its last minute: low " in out
    assert f"Report   {folder}/report.md" in out
    assert {path.name for path in (tmp_path / folder).iterdir()} >= {"0-A-man", "1-low", "pairing.zarr"}


def test_what_differs_is_in_the_json(glut4sim):
    status, out, _ = glut4sim(
        "compare", "a=b.toml", "b=a=b.toml", "--mean-field", "--json", "--set", "hormones.lh=3 IU/L"
    )
    assert status == 0
    content = json.loads(out)
    assert content["reference"] == content["conditions"][0]["name"]
    assert content["conditions"][1]["name"] == "b"
    assert (content["differs"], content["steps"][0]["percent_alone"]) == ([], {})


@pytest.mark.parametrize(
    ("scenarios", "fault"),
    [
        (("man.toml", "man.toml"), 'compare: 2 conditions are called "A man" and say the same; give each a label'),
        (("x=man.toml", "x=a=b.toml"), 'compare: the label "x" stands for 2 conditions; give each one of its own.'),
        (("=man.toml", "a=b.toml"), '=man.toml: expected a label such as "low", got an empty one.'),
        (("x=", "a=b.toml"), "x=: expected a label and a scenario such as low=men/hypogonadal, got no scenario."),
        (("x=nobody.toml", "a=b.toml"), "nobody.toml: there is no such file."),
        (("x=man.toml",), "compare: expected at least 2 conditions to compare, got 1."),
    ],
)
def test_what_is_wrong_takes_a_line(glut4sim, tmp_path, scenarios, fault):
    status, out, err = glut4sim("compare", *scenarios)
    assert (status, out) == (2, "")
    assert err.startswith(fault)
    assert err.count("\n") == 1
    assert not (tmp_path / "results").exists()


def test_a_run_warns_of_a_gain_that_cannot_act(glut4sim):
    assert f"Warning: {CANNOT_ACT}" in glut4sim("run", "man.toml", "--mean-field", "-q", "--set", GAIN)[2]
    assert CANNOT_ACT not in glut4sim("run", "a=b.toml", "--mean-field", "-q", "--set", GAIN)[2]


def test_a_check_warns_and_is_content(glut4sim, tmp_path):
    (tmp_path / "gain.toml").write_text(f'{SMALL}\n[effects]\n"testosterone-pi3k.gain" = 0.2\n')
    status, out, err = glut4sim("scenarios", "check", "gain.toml", "man.toml")
    assert (status, out) == (0, "gain.toml: ok\nman.toml: ok\n")
    assert err.startswith(f"Warning: gain.toml: {CANNOT_ACT}")
    assert err.count("\n") == 1


def test_doses_are_judged_by_all_assays_of_a_scenario(glut4sim, tmp_path):
    """A baseline lies before the first dose, so a therapy that only the other assay sees is as it should be."""
    given = '\n[[therapy]]\ndrug = "testosterone gel"\ndose = "50 mg"\nevery = "1 d"\nstart = "2 h"'
    (tmp_path / "gel.toml").write_text(f'{SMALL}[assay]\nat = ["0 d", "2 d"]{given}\n')
    asked = ("compare", "none=man.toml", "gel=gel.toml", "--mean-field", "-q")
    assert glut4sim(*asked)[::2] == (0, "")
    status, _, err = glut4sim(*asked, "--set", "assay.at=0 d")
    assert (status, err.count("\n")) == (0, 1)
    assert err.startswith("Warning: gel: therapy[0]: no assay comes after the first dose of testosterone gel, at 2 h")
