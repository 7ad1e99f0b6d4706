"""Benchmarks of hormonal conditions: reading them, judging them, and the step that each acts through."""

import json
from dataclasses import replace

import pytest

from glut4sim.sim.analysis import at_rest
from glut4sim.sim.analysis.dose_response import Estimate
from glut4sim.sim.analysis.paired_effects import PairedEffect
from glut4sim.sim.analysis.uncertainty import Effect, Interval, effect
from glut4sim.sim.endocrine.modulation import apply
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario.sampling import sample
from glut4sim.sim.scenario.scenario import SCENARIOS, Scenario
from glut4sim.sim.studies.benchmark import conditions, conditions_report
from glut4sim.sim.studies.benchmark.suite import says_conditions
from tests.markdown import NASTY, SEEN, headings, tables

GOOD = """
title = "Two conditions"
[insulin]
fasting = "30 pM"
high = "1 nM"
[cell]
vesicles = 400
receptors = 200
glucose_agents = 10
[run]
duration = "1 min"
step = "0.5 s"
record_every = "30 s"
replicates = 3
seed = 2
[[conditions]]
group = "Men"
name = "Low testosterone"
scenario = "men/hypogonadal"
reference = "men/eugonadal"
expect = { quantity = "uptake", insulin = "high", band = [-60, -5], source = "a test" }
[[conditions]]
group = "Women"
name = "High progesterone"
scenario = "women/progesterone"
at = "63 d"
reference = "women/progesterone"
reference_at = "0 d"
expect = { quantity = "ec50", band = [50, 100], source = "another" }
"""


@pytest.fixture
def file(tmp_path):
    def write(text=GOOD):
        path = tmp_path / "two.toml"
        path.write_text(text)
        return path

    return write


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    path = tmp_path_factory.mktemp("conditions") / "two.toml"
    path.write_text(GOOD)
    return conditions.run(conditions.load(path))


def test_effects_and_verdicts(result):
    men, women = result.findings
    assert men.effects["high"]["uptake"].percent.value < -5.0
    assert men.verdict == "consistent with"
    assert women.effects["high"]["surface_glut4"].percent.value == pytest.approx(-21.0, abs=4.0)
    assert women.verdict == "not consistent with"  # progesterone leaves the EC50 where it is
    assert women.ec50[0] == pytest.approx(women.ec50[1], rel=0.02)
    assert result.runs == 4 * 2 * 3


def test_steps_alone_tell_where_a_condition_acts(result):
    men, women = result.findings
    assert set(men.steps) == {"receptor_copies", "pi3k", "akt", "translocation", "glut4"}
    assert men.main_step in ("pi3k", "translocation")
    assert set(women.steps) == {"glut4"}
    assert women.main_step == "glut4"
    together = men.effects["high"]["uptake"].percent.value
    alone = sum(changes["high"] for changes in men.steps.values())
    assert alone == pytest.approx(together, abs=0.4 * abs(together))  # nearly additive, as small changes are


def test_the_report(result, drawn, tmp_path):
    content = conditions_report.write(result, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "two.json").read_text()) == content
    report = (tmp_path / "out" / "two.md").read_text()
    for text in (
        "Low testosterone",
        "not consistent with +50 to +100 %",
        "men/hypogonadal at 0 d",
        "Not medical advice",
    ):
        assert text in report
    assert (tmp_path / "out" / conditions_report.FIGURE).stat().st_size > 10_000
    columns, rows = conditions_report.table(result)
    assert all(len(row) == len(columns) for row in rows)


def test_names_break_no_table(result):
    men, women = result.findings
    expected = replace(men.condition.expected, source=NASTY)
    men = replace(men, condition=replace(men.condition, name=NASTY, group=NASTY, expected=expected))
    named = replace(result, suite=replace(result.suite, title=NASTY), findings=(men, women))
    text = conditions_report.markdown(named)
    assert headings(text) == [SEEN, SEEN, "Women"]
    effects, verdicts, *_ = tables(text)
    assert [row[0] for row in effects + verdicts] == ["Condition", SEEN] * 2
    assert effects[1][-2].startswith("x ")
    assert verdicts[1][-1] == f"glucose uptake at high insulin: {SEEN}"


# ---- what nobody knows ----


@pytest.fixture(scope="module")
def doubted(tmp_path_factory):
    path = tmp_path_factory.mktemp("doubted") / "one.toml"
    path.write_text(GOOD.partition('[[conditions]]\ngroup = "Women"')[0].replace("replicates = 3", "replicates = 2"))
    return conditions.run(conditions.load(path), threads=1, uncertain=True, draws=3)


def test_effects_over_draws_are_those_of_common_draws_at_rest(doubted):
    (men,) = doubted.findings
    pair = men.condition.scenario, men.condition.reference
    found = sample(pair, 3, doubted.suite.seed)
    uptake = [
        [
            at_rest.uptake(apply(s.preset.build(), at_rest.factors(s)), 1.0)
            for s in (d.scenario(one, k) for k in range(3))
        ]
        for one, d in zip(pair, found.draws)
    ]
    assert men.doubt["high"]["uptake"] == effect(uptake[1], uptake[0])
    assert men.doubt["high"]["uptake"].percent.low < men.doubt["high"]["uptake"].percent.high
    chance = men.effects["high"]["uptake"].percent
    assert chance.low < chance.value < chance.high


def test_what_nobody_knows_is_told_beside_chance(doubted, tmp_path):
    content = conditions_report.write(doubted, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "one.json").read_text()) == content
    (men,) = doubted.findings
    told = content["conditions"][0]["effects"]["high"]
    assert told["uptake"]["doubt"]["percent"] == men.doubt["high"]["uptake"].percent._asdict()
    assert told["akt"]["doubt"] is None
    assert content["doubt"]["count"] == 3
    text = (tmp_path / "out" / "one.md").read_text()
    assert "they hold chance, and nothing else. Parameters: the middle 90 % over 3 draws" in text
    columns, rows = conditions_report.table(doubted)
    assert [row[0].strip() for row in rows] == ["Low testosterone", "parameters, 90 %"]
    assert all(len(row) == len(columns) for row in rows)
    effects, *_ = tables(text)
    assert len({len(row) for row in effects}) == 1


def test_effects_outside_of_their_draws_are_named(doubted):
    (men,) = doubted.findings

    def told(low, high):
        percent = Interval((low + high) / 2.0, low, high, 1.0, 3)
        return {label: {**found, "uptake": Effect(percent, percent)} for label, found in men.doubt.items()}

    def words(low, high):
        return conditions_report.what_intervals_hold(replace(doubted, findings=(replace(men, doubt=told(low, high)),)))

    assert words(1.0, 2.0).endswith("outside of that in: Low testosterone (fasting, high).")
    assert words(-99.0, 99.0).endswith("without chance.")


def test_without_it_nothing_is_said_of_it(result):
    assert result.doubt is None
    assert all(finding.doubt == {} for finding in result.findings)
    assert "Parameters:" not in conditions_report.markdown(result)


@pytest.mark.parametrize(("low", "high", "holds"), [(-30, -10, True), (-19, 0, True), (-10, 0, False)])
def test_a_band_is_widened_by_the_standard_error(low, high, holds):
    """The value is -20 [-24, -16]: a standard error of about 2."""
    effect = PairedEffect(4, 100.0, 80.0, Estimate(-20.0), Estimate(-20.0, -24.0, -16.0), "t", 2.0)
    expected = conditions.Expectation("uptake", "high", (low, high), "a test")
    value, error = conditions._expected_value(expected, {"high": {"uptake": effect}}, (1.0, 1.0))
    assert (low - error <= value <= high + error) == holds


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"men/hypogonadal"', '"men/hypogonad"', 'conditions[0].scenario: unknown scenario "men/hypogonad".'),
        ('at = "63 d"\n', "", "conditions[1].at: is missing: women/progesterone has assays at 0 d, 21 d"),
        ('at = "63 d"', 'at = "63 kg"', "conditions[1].at: expected a time such as"),
        ('insulin = "high"', 'insulin = "max"', 'conditions[0].expect.insulin: unknown level of insulin "max".'),
        ('"uptake"', '"upteak"', 'conditions[0].expect.quantity: unknown quantity "upteak". Did you mean "uptake"?'),
        ("[-60, -5]", "[-5, -60]", "conditions[0].expect.band: expected two ascending numbers"),
        ('high = "1 nM"', 'high = "1 kg"', "insulin.high: expected an insulin concentration"),
        ('step = "0.5 s"', 'step = "9 s"', "run.step: expected a time from"),
        ("vesicles = 400", "vesicels = 400", 'cell: unknown key "vesicels". Did you mean "vesicles"?'),
        ('group = "Men"\n', "", 'conditions[0]: "group" is missing.'),
    ],
)  # fmt: skip
def test_a_fault_is_one_line_that_names_the_place(file, old, new, message):
    assert old in GOOD
    with pytest.raises(InputError) as error:
        conditions.load(file(GOOD.replace(old, new)))
    assert message in str(error.value)
    assert "two.toml: " in str(error.value)


def test_the_installed_file_covers_every_hormonal_scenario():
    loaded = conditions.load("hormones")
    covered = {c.scenario.name for c in loaded.conditions} | {c.reference.name for c in loaded.conditions}
    of_cells = {name for name in SCENARIOS.names() if not name.startswith("body/")} - {"metabolic/long-clamp"}
    themes = {name for name in of_cells if Scenario.load(name).has_hormones}
    assert themes - covered == set()
    assert says_conditions("hormones")
    assert not says_conditions("validation")
