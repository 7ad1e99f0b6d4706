"""Doses and assays that fall together as nobody meant are told; installed scenarios and samples have none."""

import re
import tomllib

import numpy as np
import pytest

from glut4sim.sim.scenario import dosing
from glut4sim.sim.scenario.scenario import SCENARIOS, Scenario
from tests.support import ROOT

WEEKLY = {"drug": "testosterone cypionate", "dose": "100 mg", "every": "7 d"}
ONCE = {"drug": "hydrocortisone oral", "dose": "100 mg"}
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def scenario(at, *therapies, duration="70 min"):
    """A scenario with these assays and therapies."""
    table = {"run": {"duration": duration, "step": "0.5 s"}, "therapy": list(therapies), "assay": {"at": at}}
    return Scenario.from_table(table)


def said(at, *therapies, duration="70 min"):
    return dosing.warnings(scenario(at, *therapies, duration=duration))


# ---- what is told ----


def test_a_first_dose_in_the_baseline_and_doses_in_later_assays():
    found = said(["0 d", "7 d", "10 d", "14 d"], WEEKLY)
    assert found == (
        "therapy[0]: the first dose of testosterone cypionate, at 0 d, falls inside the assay at 0 d, which is no "
        'baseline then; start = "2 h" leaves all assays free of doses.',
        "therapy[0]: doses of testosterone cypionate fall inside the assays at 7 d and 14 d, so that levels change "
        'while these last; start = "2 h" leaves all assays free of doses.',
    )


def test_a_therapy_that_ends_when_the_assay_begins_or_before():
    late = WEEKLY | {"start": "3 d"}
    [found] = said(["0 d", "87 d"], late | {"for": "12 weeks"})
    assert found.startswith("therapy[0]: testosterone cypionate ends at 87 d, when the assay at 87 d begins, and no ")
    assert found.endswith("let it go on until after that assay (`for`), or do the assay earlier (assay.at).")
    [found] = said("100 d", late | {"stop": "12 weeks"})
    assert found.startswith(
        "therapy[0]: testosterone cypionate ends at 84 d, before the assay at 100 d begins, and no "
    )
    assert "(`stop`)" in found


def test_the_sample_with_both():
    """12 weeks from day 0, looked at on day 0 and at 12 weeks."""
    found = said(["0 d", "12 weeks"], WEEKLY | {"for": "12 weeks"})
    assert [line.partition(" cypionate")[2][:10] for line in found] == [", at 0 d, ", " ends at 8"]


def test_what_no_assay_sees():
    [found] = said("0 d", WEEKLY | {"start": "2 h"})
    assert found.startswith(
        "therapy[0]: no assay comes after the first dose of testosterone cypionate, at 2 h, so that"
    )
    [found] = said(["0 d", "2 d"], ONCE | {"start": "49 h"}, duration="2 h")  # one that is given for a second assay
    assert "fall inside the assay at 2 d" in found
    [found] = said("0 d", WEEKLY)
    assert found.startswith("therapy[0]: the first dose of testosterone cypionate, at 0 d, falls inside the only assay")
    assert 'end them with it: for = "70 min".' in found
    assert said("0 d", WEEKLY | {"for": "12 weeks"}) == (found,)
    assert said("0 d", WEEKLY | {"for": "70 min"}) == ()


@pytest.mark.parametrize(
    ("at", "therapy", "inside"),
    [
        (["0 d", "1 d"], ONCE | {"start": "25 h"}, True),
        (["0 d", "1 d"], ONCE | {"start": "24 h"}, True),
        (["0 d", "1 d"], ONCE | {"start": "23.99 h"}, False),
        (["0 d", "1 d", "2 d"], ONCE | {"start": "1510 min"}, False),  # as the assay ends
        (["0 d", "1 d", "2 d"], ONCE | {"start": "1509 min"}, True),
        ("14 d", WEEKLY, True),
        ("14 d", WEEKLY | {"for": "2 weeks"}, False),  # no dose is given any more; it ends as the assay begins
    ],
)
def test_an_assay_holds_what_is_given_from_its_beginning_until_before_its_end(at, therapy, inside):
    assert any("inside" in line for line in said(at, therapy)) == inside


@pytest.mark.parametrize(
    ("at", "therapy"),
    [
        ("0 d", ONCE),  # doses that are the experiment
        ("0 d", ONCE | {"start": "1 h"}),
        ("3 d", ONCE | {"start": "73 h"}),
        ("0 d", ONCE | {"every": "20 min", "for": "1 h"}),
        (["0 d", "12 weeks"], WEEKLY | {"start": "2 h", "for": "12 weeks"}),
        (["0 d", "12 weeks", "20 weeks"], WEEKLY | {"start": "2 h", "for": "13 weeks"}),  # and what is left of it
        (["0 d", "3 d"], ONCE | {"start": "1 d"}),
        (["3 d", "10 d"], WEEKLY),
    ],
)
def test_of_what_is_meant_nothing_is_told(at, therapy):
    assert said(at, therapy) == ()


def test_each_therapy_is_told_by_its_number_and_long_lists_are_short():
    found = said([f"{7 * week} d" for week in range(20)], ONCE | {"start": "1 d"}, WEEKLY)
    assert [line[:12] for line in found] == ["therapy[1]: ", "therapy[1]: "]
    assert "the assays at 7 d, 14 d, 21 d and 16 more, so that" in found[1]
    assert "the assay at 7 d, so that levels change while it lasts" in said(["0 d", "7 d"], WEEKLY)[1]


def test_without_hormones_nothing_is_told():
    assert said("0 d") == ()


@pytest.mark.parametrize("days", [0.0, 7.0, 28.0])
def test_a_dose_acts_from_its_very_time_whatever_is_asked_for_later(days):
    """Into a vein, so that the drug is there at once: 100 mg of hydrocortisone, and none the moment before."""
    vein = {"drug": "hydrocortisone intravenous", "dose": "100 mg", "every": "7 d"}
    of, moment = scenario("28 d", vein), days * 86400.0
    last, not_last = (of.timeline(np.array(times)) for times in ([moment], [moment, moment + 60.0]))
    assert last.drugs["hydrocortisone intravenous"][0] == not_last.drugs["hydrocortisone intravenous"][0] > 1000.0
    ended = scenario("28 d", vein | {"for": "1 week"}).timeline(np.array([604800.0]))
    assert ended.drugs["hydrocortisone intravenous"][0] < 1.0  # none at the end itself


# ---- the remedy ----


def remedied(at, therapy, **keywords):
    [start] = {re.search(r'start = "(.*?)"', line)[1] for line in said(at, therapy, **keywords) if "start =" in line}
    return said(at, therapy | {"start": start}, **keywords)


@pytest.mark.parametrize(
    ("at", "therapy"),
    [
        (["0 d", "7 d", "14 d"], WEEKLY),
        (["0 d", "1 d", "2 d"], ONCE | {"every": "12 h"}),
        (["0 d", "2 h", "4 h", "14 d"], WEEKLY),  # the first gaps are too short
        (["0 d", "12 weeks"], WEEKLY | {"for": "12 weeks"}),
    ],
)
def test_what_is_told_helps(at, therapy):
    assert said(at, therapy) != ()
    assert remedied(at, therapy) == ()


def test_where_no_start_helps_it_says_so():
    found = said(["0 d", "14 d"], ONCE | {"every": "1 h"})
    assert all("between doses (assay.at)" in line and "start =" not in line for line in found)
    early = said(["0 d", "1 d"], ONCE | {"every": "1 h", "start": "0 h", "stop": "2 h"})
    assert "start =" not in early[0]


# ---- what is installed, and what is shown ----


@pytest.mark.parametrize("name", SCENARIOS.names())
def test_installed_scenarios_are_as_meant(name):
    assert dosing.warnings(Scenario.load(name)) == ()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_samples_are_as_meant(page, tmp_path):
    """Every block of TOML that is a scenario; what belongs to a problem or an editor is none."""
    text = page.read_text("utf-8")
    for name, table in re.findall(r"<!-- file: (\S+) -->\n```csv\n(.*?)```", text, re.DOTALL):
        (tmp_path / name).write_text(table, encoding="utf-8")
    for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL):
        told = tomllib.loads(block)
        if {"therapy", "assay"} & told.keys() and "library" not in told:  # whose files a test of their own has
            file = tmp_path / "sample.toml"
            file.write_text(block, encoding="utf-8")
            assert dosing.warnings(Scenario.load(file)) == ()


def test_samples_that_have_doses_are_found():
    texts = [block for page in PAGES for block in re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)]
    assert sum("[[therapy]]" in text for text in texts) >= 2


@pytest.mark.parametrize("path", sorted((ROOT / "docs").rglob("*.toml")), ids=lambda path: path.stem)
def test_examples_are_as_meant(path):
    if "run" in tomllib.loads(path.read_text("utf-8")):
        assert dosing.warnings(Scenario.load(path)) == ()
