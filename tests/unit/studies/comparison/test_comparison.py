"""Conditions compared: who with whom, by how much, and what is written."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from glut4sim import compare, resume, run
from glut4sim.sim.analysis import uncertainty
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario.draws import read_draws
from glut4sim.sim.studies.comparison import report
from glut4sim.sim.studies.comparison.comparison import conditions, folder_name
from glut4sim.sim.studies.expected import numbers
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
    for effect in compare({"low": LOW, "again": LOW}, replicates=2).effects["again"].values():
        assert effect.difference in ((0.0, 0.0, 0.0), (0.0, None, None))  # a half-time may exist in one pair alone


def test_every_assay_of_a_scenario_is_a_condition():
    weeks = muscle("trt", hormones={"testosterone": "200 ng/dL"}, assay={"at": ["0 d", "14 d", "36 h"][:2]})
    assert list(conditions([CONTROL, weeks])) == ["control", "trt at 0 d", "trt at 14 d"]
    assert list(conditions({"none": CONTROL, "gel": weeks})) == ["none", "gel at 0 d", "gel at 14 d"]
    assert folder_name("men/trt at 14 d") == "men-trt-at-14-d"


def test_labels_go_wherever_a_condition_is_named(tmp_path):
    """Through tables, figure, JSON and names of files, whatever they hold; runs that are gone on with keep them."""
    odd = 'low < 300 ng/dL / "week" = ½ [x](y)'
    out = tmp_path / "out"
    found = compare({"θ": CONTROL, odd: LOW}, out, mean_field=True, uncertain=True, draws=2, threads=1)
    assert [condition.name for condition in found.conditions] == ["θ", odd]
    assert list(found.effects) == list(found.doubt) == [odd]
    assert [c["directory"] for c in found.content["conditions"]] == ["0", "1-low-300-ng-dL-week-x-y"]
    assert [c["scenario"] for c in found.content["conditions"]] == ["control", "low"]
    assert {path.name for path in (out / "draws").iterdir()} == {"0.csv", "1-low-300-ng-dL-week-x-y.csv"}
    assert odd in [row[0] for row in report.headline(found)[1]]
    assert resume(out, threads=1).content == found.content
    assert folder_name("a" * 300) == "a" * 60


def test_labels_that_tell_nothing_apart_are_refused(tmp_path):
    with pytest.raises(InputError, match=r'compare: 2 conditions are called "low" and say the same; give each a label'):
        compare([CONTROL, LOW, LOW], tmp_path / "out")
    with pytest.raises(InputError, match=r'compare: expected a label such as "low", got an empty one\.'):
        compare({" ": CONTROL, "low": LOW}, tmp_path / "out")
    assert not (tmp_path / "out").exists()


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


# ---- what nobody knows ----


@pytest.fixture(scope="module")
def doubted(all_unrendered, tmp_path_factory):
    out = tmp_path_factory.mktemp("doubted") / "out"
    return compare([CONTROL, LOW], out=out, replicates=2, uncertain=True, draws=4, threads=1)


def test_effects_over_draws_are_those_of_common_draws(doubted):
    key = "surface_glut4_stimulated_copies"
    shared = [read_draws(doubted.out / "draws" / f"{folder}.csv") for folder in ("0-control", "1-low")]
    common = [name for name in shared[0].names if name in shared[1].names]
    np.testing.assert_array_equal(shared[0].only(common).values, shared[1].only(common).values)
    assert "testosterone-pi3k.gain" in shared[1].names
    a, b = (
        [numbers(draws.scenario(s, k))[key] for k in range(4)] for s, draws in zip((CONTROL, LOW), shared, strict=True)
    )
    found = doubted.doubt["low"][key]
    assert found == uncertainty.effect(a, b)
    apart = uncertainty.effect(a, b[1:] + b[:1])  # the wrong pairing, as of draws that are not shared
    assert found.difference.sd < apart.difference.sd
    assert doubted.effects["low"][key].pairs == 2


def test_what_nobody_knows_is_told_beside_chance(doubted):
    content = json.loads((doubted.out / "compare.json").read_text())
    assert content["doubt"]["count"] == 4
    assert content["doubt"]["tried"] == 4 + sum(content["doubt"]["turned_away"].values())
    entry = next(e for e in content["effects"] if e["observable"] == "akt_stimulated_percent")
    found = doubted.doubt["low"]["akt_stimulated_percent"]
    assert entry["doubt"] == {"difference": found.difference._asdict(), "percent": found.percent._asdict()}
    text = report.markdown(doubted)
    assert "they hold chance, and nothing else. Parameters: the middle 90 % over 4 draws" in text
    first, second = tables(text)
    assert first[2][0].strip() == "parameters, 90 %"
    assert second[0][6:8] == ["Difference, parameters", "Change, parameters"]


def test_a_doubted_comparison_goes_on_with_its_draws(doubted, tmp_path, monkeypatch):
    out = tmp_path / "out"
    module = sys.modules["glut4sim.sim.studies.comparison.comparison"]
    with monkeypatch.context() as patch:
        patch.setattr(module.ensemble, "resume", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            compare([CONTROL, LOW], out=out, replicates=2, uncertain=True, draws=4, threads=2)
    assert resume(out, threads=1).content == doubted.content


def test_without_it_nothing_is_said_of_it(compared):
    assert compared.doubt == {}
    assert "doubt" not in compared.content
    assert "Parameters:" not in report.markdown(compared)
