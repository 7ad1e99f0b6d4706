"""Conditions compared: who with whom, by how much, and what is written."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from glut4sim import compare, resume, run
from glut4sim.sim.analysis import steps_alone, uncertainty
from glut4sim.sim.analysis.paired_effects import variance_saved
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario.draws import read_draws
from glut4sim.sim.scenario.labels import folder_name
from glut4sim.sim.studies.comparison import figure, report
from glut4sim.sim.studies.comparison.comparison import conditions
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
    receptors = compared.effects["low"]["receptors_active_stimulated_percent"]
    assert abs(receptors.percent.value) < 5.0  # there are a few less of them, of which as many are active


def test_what_is_written(compared, drawn, tmp_path):
    content = json.loads((compared.out / "compare.json").read_text())
    assert content["reference"] == "control"
    assert (content["seed"], content["replicates"], content["status"]) == (5, 3, "complete")
    assert [c["directory"] for c in content["conditions"]] == ["0-control", "1-low"]
    for condition in content["conditions"]:
        assert (compared.out / condition["directory"] / "summary.json").is_file()
    effect = next(e for e in content["effects"] if e["observable"] == "akt_stimulated_percent")
    assert effect["percent"]["low"] < effect["percent"]["value"] < effect["percent"]["high"]
    assert (compared.out / "figure.png").exists()
    figure.save_figure(compared, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 10_000
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
        steps={NASTY: compared.steps["low"]},
        pairing={NASTY: compared.pairing["low"]},
    )
    text = report.markdown(named)
    said = ["What differs", "Effects", "Through which steps"]
    assert headings(text) == [f"Conditions compared with control {SEEN}", *said, SEEN]
    differs, first, steps, second = tables(text)
    assert differs == [
        ["What differs", f"control {SEEN}", SEEN],
        ["hormones.testosterone", "531 ng/dL (not set)", "50 ng/dL"],
    ]
    assert {row[0] for row in steps[1:]} == {SEEN}
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
    """Through tables, JSON and names of files, whatever they hold; runs that are gone on with keep them."""
    odd = 'low < 300 ng/dL / "week" = ½ [x](y)'
    out = tmp_path / "out"
    found = compare({"θ": CONTROL, odd: LOW}, out, mean_field=True, threads=1)
    assert [condition.name for condition in found.conditions] == ["θ", odd]
    assert list(found.effects) == list(found.steps) == [odd]
    assert [c["directory"] for c in found.content["conditions"]] == ["0", "1-low-300-ng-dL-week-x-y"]
    assert [c["scenario"] for c in found.content["conditions"]] == ["control", "low"]
    assert odd in [row[0] for row in report.headline(found)[1]]
    assert resume(out, threads=1).content == found.content
    assert folder_name("a" * 300) == "a" * 60


def test_no_sign_in_a_label_begins_a_formula_in_the_figure(compared):
    control, low = compared.conditions
    odd = r"$\frac$ and 3 $"
    named = replace(
        compared,
        conditions=(replace(control, name=odd), replace(low, name=f"_{odd}")),
        effects={f"_{odd}": compared.effects["low"]},
        pairing={f"_{odd}": compared.pairing["low"]},
    )
    drawn = figure.draw(named)
    drawn.draw_without_rendering()
    legend = next(part.legends[0] for part in drawn.subfigs if part.legends)
    assert [text.get_text() for text in legend.get_texts()] == [label.replace("$", r"\$") for label in (odd, f"_{odd}")]
    *_, pairing, effects = drawn.axes
    assert pairing.get_title(loc="left") == "Saved by pairing"
    assert odd.replace("$", r"\$") in effects.get_xlabel()


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


# ---- what differs, through which steps, and what pairing saves ----


def test_a_comparison_opens_with_what_differs(compared):
    assert [(one.path, one.values) for one in compared.differences] == [
        ("hormones.testosterone", ("531 ng/dL (not set)", "50 ng/dL"))
    ]
    content = json.loads((compared.out / "compare.json").read_text())
    values = {"control": "531 ng/dL (not set)", "low": "50 ng/dL"}
    assert content["differs"] == [{"path": "hormones.testosterone", "values": values}]
    text = report.markdown(compared)
    assert text.index("531 ng/dL (not set)") < text.index("Changes relative to control")


def test_each_effect_is_divided_among_steps(compared):
    steps = compared.steps["low"]
    assert steps == steps_alone.found(LOW, CONTROL)
    (entry,) = compared.content["steps"]
    assert entry["condition"] == "low"
    assert entry["insulin_nM"] == 1.0
    assert entry["percent_alone"]["pi3k"]["surface_glut4"] == steps.alone["pi3k"]["surface_glut4"]
    assert entry["percent_together"] == steps.together
    (line,) = report.steps_told(compared)
    first = next(iter(steps.told()))
    assert line.startswith(f"low: {first} {steps.told()[first]:+.1f} %, ")
    assert line.endswith(f"together {steps.together['surface_glut4']:+.1f} %")
    table = tables(report.markdown(compared))[2]
    head = ["Condition", "Step", "Surface GLUT4 [%]", "Glucose uptake [%]", "Active Akt [%]", "Active receptors [%]"]
    assert table[0] == head
    assert table[-1][:3] == ["low", "all together", f"{steps.together['surface_glut4']:+.1f}"]


def test_a_cell_that_has_no_rest_ends_no_comparison(monkeypatch):
    def fail(*arguments):
        raise ArithmeticError("no rest")

    monkeypatch.setattr(steps_alone, "found", fail)
    found = compare([CONTROL, LOW], mean_field=True)
    assert found.status == "complete"
    assert found.steps == {}
    assert found.warnings == ("low: what each step does alone is not known: no rest",)
    assert "Through which steps" not in report.markdown(found)


def test_conditions_that_say_the_same_are_told_so():
    found = compare({"a": LOW, "b": LOW}, mean_field=True)
    assert found.warnings == ("b says the same as a: nothing differs",)
    assert report.NOTHING_DIFFERS in report.markdown(found)
    assert report.steps_told(found) == ["b: no step changes surface GLUT4"]


def test_a_gain_that_cannot_act_is_a_warning():
    gain = {"testosterone-pi3k.gain": "0.2"}
    idle = compare({"a": muscle("a", effects=gain), "b": CONTROL}, mean_field=True)
    assert idle.warnings[0].startswith(
        "effects.testosterone-pi3k is set, but cannot act: free_testosterone is at its reference"
    )
    acting = compare(
        {"a": muscle("a", effects=gain), "b": muscle("b", effects=gain, hormones={"testosterone": "50 ng/dL"})},
        mean_field=True,
    )
    assert idle.content["warnings"] == list(idle.warnings)
    assert acting.warnings == ()
    assert "warnings" not in acting.content


def test_what_pairing_saves_is_told_over_the_run(compared):
    a, b = (condition.result.dataset["surface_glut4"].values for condition in compared.conditions)
    time = compared.conditions[0].result.dataset["time"].values
    found = compared.pairing["low"]
    k = len(time) // 2
    expected = (a[:, k].var(ddof=1) + b[:, k].var(ddof=1)) / (b[:, k] - a[:, k]).var(ddof=1)
    assert found.course[k] == pytest.approx(expected)
    np.testing.assert_array_equal(found.time, time)
    last = compared.effects["low"]["surface_glut4_stimulated_copies"].variance_reduction
    assert found.last_minute == pytest.approx(last)  # which is the minute before the end here
    means = [np.trapezoid(rows, time, axis=1) for rows in (a, b)]
    assert found.whole_run == pytest.approx(float(variance_saved(*means)))
    assert found.error == pytest.approx(np.sqrt(1.5))
    told = {"low": {"whole_run": found.whole_run, "last_minute": found.last_minute}}
    assert compared.content["pairing"] == {"observable": "surface_glut4", "saved": told}
    assert f"low {found.whole_run:.1f} / {found.last_minute:.1f}" in report.pairing_told(compared)
    kept = xr.open_zarr(compared.out / "pairing.zarr", consolidated=False)
    assert list(kept["condition"].values) == ["low"]
    np.testing.assert_array_equal(kept["variance_saved"].sel(condition="low"), found.course)
    assert float(kept["whole_run"][0]) == found.whole_run


def test_one_replicate_has_no_pairing():
    found = compare([CONTROL, LOW], mean_field=True)
    assert found.pairing == {}
    assert "pairing" not in found.content
    assert report.pairing_told(found) == ""
    text = report.markdown(found)
    assert "saved by pairing:" not in text
    assert [row[-1] for row in tables(text)[1]] == ["Active receptors", "+0 %"]
    assert "Intervals [..]" not in text


def test_of_many_conditions_each_has_a_row_in_what_differs(compared):
    control, low = compared.conditions
    several = replace(compared, conditions=(control, *(replace(low, name=f"low {i}") for i in range(5))))
    several = replace(several, differences=tuple(
        replace(one, values=(one.values[0], *[one.values[1]] * 5)) for one in compared.differences
    ))  # fmt: skip
    columns, rows = report.differing(several)
    assert list(columns) == ["Condition", "hormones.testosterone"]
    assert rows == [("control", "531 ng/dL (not set)"), *((f"low {i}", "50 ng/dL") for i in range(5))]


def test_pairs_that_vary_in_nothing_save_nothing_that_can_be_told():
    found = compare({"a": LOW, "b": LOW}, replicates=2).pairing["b"]
    assert (found.whole_run, found.last_minute) == (None, None)
    assert np.isnan(found.course).all()


def test_runs_of_different_length_are_paired_where_both_are():
    longer = muscle("longer", run={"duration": "9 min", "step": "0.5 s", "record_every": "30 s", "replicates": 2})
    found = compare([CONTROL, longer], replicates=2).pairing["longer"]
    np.testing.assert_array_equal(found.time, np.arange(0.0, 481.0, 30.0))


# ---- what nobody knows ----


DOUBTED = "50 ng/dL = low"  # which no file can be called


@pytest.fixture(scope="module")
def doubted(tmp_path_factory):
    out = tmp_path_factory.mktemp("doubted") / "out"
    return compare({"control": CONTROL, DOUBTED: LOW}, out=out, replicates=2, uncertain=True, draws=4, threads=1)


def test_effects_over_draws_are_those_of_common_draws(doubted):
    key = "surface_glut4_stimulated_copies"
    shared = [read_draws(doubted.out / "draws" / f"{folder}.csv") for folder in ("0-control", "1-50-ng-dL-low")]
    common = [name for name in shared[0].names if name in shared[1].names]
    np.testing.assert_array_equal(shared[0].only(common).values, shared[1].only(common).values)
    assert "testosterone-pi3k.gain" in shared[1].names
    a, b = (
        [numbers(draws.scenario(s, k))[key] for k in range(4)] for s, draws in zip((CONTROL, LOW), shared, strict=True)
    )
    found = doubted.doubt[DOUBTED][key]
    assert found == uncertainty.effect(a, b)
    assert found != uncertainty.effect(a, b[1:] + b[:1])  # the wrong pairing, as of draws that are not shared
    assert doubted.effects[DOUBTED][key].pairs == 2


def test_what_nobody_knows_is_told_beside_chance(doubted):
    content = json.loads((doubted.out / "compare.json").read_text())
    assert content["doubt"]["count"] == 4
    assert content["doubt"]["tried"] == 4 + sum(content["doubt"]["turned_away"].values())
    entry = next(e for e in content["effects"] if e["observable"] == "akt_stimulated_percent")
    found = doubted.doubt[DOUBTED]["akt_stimulated_percent"]
    assert entry["doubt"] == {"difference": found.difference._asdict(), "percent": found.percent._asdict()}
    text = report.markdown(doubted)
    assert "they hold chance, and nothing else. Parameters: the middle 90 % over 4 draws" in text
    _, first, _, second = tables(text)
    assert first[2][0].strip() == "parameters, 90 %"
    assert second[0][6:8] == ["Difference, parameters", "Change, parameters"]


def test_effects_outside_of_their_draws_are_named(doubted):
    """What the replicates find has nothing in common with what the draws leave open."""
    key = "akt_stimulated_percent"

    def words(low, high):
        percent = uncertainty.Interval((low + high) / 2.0, low, high, 1.0, 4)
        found = {DOUBTED: {key: uncertainty.Effect(percent, percent)}}
        return report.what_intervals_hold(replace(doubted, doubt=found))

    at = doubted.effects[DOUBTED][key].percent
    assert f"an effect outside of that in: {DOUBTED} (active Akt); what to" in words(at.high + 0.1, at.high + 1.0)
    assert "outside of that" in words(at.low - 1.0, at.low - 0.1)
    for low, high in ((at.low - 1.0, at.value), (at.high - 0.01, at.high + 1.0)):
        assert words(low, high).endswith("without chance.")


def test_a_doubted_comparison_goes_on_with_its_draws(doubted, tmp_path, monkeypatch):
    out = tmp_path / "out"
    module = sys.modules["glut4sim.sim.studies.comparison.comparison"]
    with monkeypatch.context() as patch:
        patch.setattr(module.ensemble, "resume", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            compare({"control": CONTROL, DOUBTED: LOW}, out=out, replicates=2, uncertain=True, draws=4, threads=2)
    assert resume(out, threads=1).content == doubted.content


def test_without_it_nothing_is_said_of_it(compared):
    assert compared.doubt == {}
    assert "doubt" not in compared.content
    assert "Parameters:" not in report.markdown(compared)
