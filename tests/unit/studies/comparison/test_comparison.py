"""Conditions compared: who with whom, by how much, and what is written."""

import json
from dataclasses import replace

import numpy as np
import pytest

from glut4sim import compare, run
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.studies.comparison import report
from glut4sim.sim.studies.comparison.comparison import conditions, folder_name
from tests.markdown import NASTY, SEEN, headings, tables
from tests.runs import CONTROL, LOW, muscle


def test_effects_are_those_of_the_runs_replicate_by_replicate(compared):
    runs = [run(s).replicates for s in (CONTROL, LOW)]
    key = "surface_glut4_stimulated_copies"
    a, b = (np.array([numbers[key] for numbers in run]) for run in runs)
    found = compared.effects["low"][key]
    assert found.difference.value == pytest.approx((b - a).mean())
    assert found.percent.value == pytest.approx(100.0 * (b.mean() / a.mean() - 1.0))
    assert found.variance_reduction == pytest.approx((a.var(ddof=1) + b.var(ddof=1)) / (b - a).var(ddof=1))
    assert found.percent.value < -10.0
    assert found.clear
    assert compared.effects["low"]["receptors_active_stimulated_percent"].difference == (0.0, 0.0, 0.0)


def test_what_is_written(compared):
    content = json.loads((compared.out / "compare.json").read_text())
    assert content["reference"] == "control"
    assert (content["seed"], content["replicates"], content["status"]) == (5, 3, "complete")
    assert [c["directory"] for c in content["conditions"]] == ["0-control", "1-low"]
    for condition in content["conditions"]:
        assert (compared.out / condition["directory"] / "summary.json").is_file()
    effect = next(e for e in content["effects"] if e["observable"] == "akt_stimulated_percent")
    assert effect["percent"]["low"] < effect["percent"]["value"] < effect["percent"]["high"]
    assert (compared.out / "figure.png").stat().st_size > 10_000
    report = (compared.out / "report.md").read_text()
    assert "## low" in report
    assert "Surface GLUT4 stimulated" in report
    assert "Not medical advice" in report


def test_names_break_no_table(compared):
    control, low = compared.conditions
    named = replace(
        compared,
        conditions=(replace(control, name=f"control {NASTY}"), replace(low, name=NASTY)),
        effects={NASTY: compared.effects["low"]},
    )
    text = report.markdown(named)
    assert headings(text) == [f"Conditions compared with control {SEEN}", SEEN]
    first, second = tables(text)
    assert [row[0] for row in first] == ["Condition", SEEN]
    assert first[1][-1].endswith(" x")
    assert second[0][2:4] == [f"control {SEEN}", SEEN]
    assert second[0][-1] == "Saved"
    assert len(second) == 1 + len(compared.effects["low"])
    assert {row[-2] for row in second[1:]} <= {"t", "bootstrap", "-"}


def test_a_condition_compared_with_itself_differs_in_nothing():
    again = LOW.model_copy()
    again._name = "again"
    for effect in compare([LOW, again], replicates=2).effects["again"].values():
        assert effect.difference in ((0.0, 0.0, 0.0), (0.0, None, None))  # a half-time may exist in one pair alone


def test_every_assay_of_a_scenario_is_a_condition():
    weeks = muscle("trt", hormones={"testosterone": "200 ng/dL"}, assay={"at": ["0 d", "14 d", "36 h"][:2]})
    assert list(conditions([CONTROL, weeks])) == ["control", "trt at 0 d", "trt at 14 d"]
    assert list(conditions([CONTROL, CONTROL])) == ["control", "control (2)"]
    assert folder_name("men/trt at 14 d") == "men-trt-at-14-d"


def test_conditions_are_ranked_by_size():
    lower = muscle("lower", hormones={"testosterone": "10 ng/dL"}, body={"visceral_fat": "4 kg"})
    found = compare([CONTROL, LOW, lower], replicates=2, seed=9)
    assert found.ranked() == ["lower", "low"]
    assert found.seed == 9
    assert found.effects["low"]["akt_stimulated_percent"].pairs == 2


def test_bad_input(tmp_path):
    with pytest.raises(InputError, match=r"compare: expected at least 2 conditions to compare, got 1\."):
        compare([CONTROL])
    with pytest.raises(InputError, match="expected a new directory"):
        compare([CONTROL, LOW], out=tmp_path)
