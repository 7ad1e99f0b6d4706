"""Whose title and description a scenario has."""

import pytest

from glut4sim.sim.scenario.own_words import MOST_SAID, say, tell
from glut4sim.sim.scenario.scenario import SCENARIOS, Scenario

BASE = """
title = "A man"
description = "Look for 531 ng/dL."
[hormones]
testosterone = "531 ng/dL"
[run]
duration = "2 min"
"""


@pytest.fixture
def write(tmp_path):
    def to(name, text):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    to("base.toml", BASE)
    return to


def words(path):
    scenario = Scenario.load(path)
    return scenario.title, scenario.description


def test_a_file_that_changes_another_does_not_inherit_its_words(write):
    low = write("low.toml", 'extends = "base.toml"\n[hormones]\ntestosterone = "220 ng/dL"\n')
    assert words(low) == ("", 'Changed from "A man": hormones.testosterone = 220 ng/dL.')
    lower = write("lower.toml", 'extends = "low.toml"\n[hormones]\nlh = "1 IU/L"\n')
    assert words(lower)[1] == 'Changed from "A man": hormones.testosterone = 220 ng/dL, hormones.lh = 1 IU/L.'


def test_words_of_its_own_stay_what_they_are(write):
    own = write(
        "own.toml", 'extends = "base.toml"\ntitle = "T"\ndescription = "D"\n[hormones]\ntestosterone = "9 ng/dL"'
    )
    assert words(own) == ("T", "D")
    half = write("half.toml", 'extends = "base.toml"\ntitle = "T"\n[hormones]\ntestosterone = "9 ng/dL"')
    assert words(half) == ("T", 'Changed from "A man": hormones.testosterone = 9 ng/dL.')


def test_what_only_says_how_it_is_simulated_keeps_the_words(write):
    finer = write("finer.toml", 'extends = "base.toml"\n[cell]\nvesicles = 9\n[run]\nseed = 3\nstep = "0.5 s"\n')
    assert words(finer) == words(finer.with_name("base.toml")) == ("A man", "Look for 531 ng/dL.")
    same = write("same.toml", 'extends = "base.toml"\n[hormones]\ntestosterone = "531 ng/dL"\n')
    assert words(same) == ("A man", "Look for 531 ng/dL.")
    dotted = write("dotted.toml", f'{BASE}[parameters]\n"vesicle.fuse" = "2 1/min"\n')
    nested = write("nested.toml", f'extends = "{dotted.name}"\n[parameters.vesicle]\nfuse = "2 1/min"\n')
    assert words(nested) == words(dotted)
    longer = write("longer.toml", 'extends = "base.toml"\n[run]\nduration = "3 min"\n')
    assert words(longer) == ("", 'Changed from "A man": run.duration = 3 min.')


def test_many_changes_are_cut_short(write):
    rates = "".join(f'"vesicle.{key}" = "1 1/min"\n' for key in ("fuse", "release", "endocytose"))
    hormones = 'lh = "1 IU/L"\nestradiol = "50 pg/mL"\n'
    body = 'age = "50 yr"\nsex = "woman"\n'
    path = write("many.toml", f'extends = "base.toml"\n[parameters]\n{rates}[hormones]\n{hormones}[body]\n{body}')
    assert words(path)[1].endswith(" and 1 more.")
    assert words(path)[1].count(" = ") == 6


def test_where_nothing_was_said_nothing_is(write):
    longer = '[run]\nduration = "3 min"\n'
    write("bare.toml", '[run]\nduration = "2 min"\n')
    assert words(write("a.toml", f'extends = "bare.toml"\n{longer}')) == ("", "")
    write("untitled.toml", 'description = "D"\n[run]\nduration = "2 min"\n')
    told = "Changed from a scenario without a title: run.duration = 3 min."
    assert words(write("b.toml", f'extends = "untitled.toml"\n{longer}')) == ("", told)


def test_words_survive_being_written_out(write):
    low = Scenario.load(write("low.toml", 'extends = "base.toml"\n[hormones]\ntestosterone = "220 ng/dL"\n'))
    again = Scenario.load(write("again.toml", low.to_toml()))
    assert (again.description, again.hash) == (low.description, low.hash)


@pytest.mark.parametrize("name", SCENARIOS.names())
def test_installed_scenarios_have_words_of_their_own(name):
    scenario = Scenario.load(name)
    assert scenario.title
    assert scenario.description
    assert not scenario.description.startswith("Changed from")


# ---- changes by hand ----


def test_a_title_says_what_was_set_and_a_description_whose_it_is():
    content = {"title": "Pulse", "description": "100 nM for 15 min."}
    first = tell(content, {"bath.insulin": "5 nM", "run.seed": 3, "run.events": True}, "insulin-pulse")
    assert content["title"] == "Pulse, bath.insulin = 5 nM"
    assert content["description"] == "As insulin-pulse, but bath.insulin = 5 nM. Of insulin-pulse: 100 nM for 15 min."
    tell(content, {"bath.insulin": "7 nM", "cell.vesicles": 5}, "insulin-pulse", first)
    assert content["title"] == "Pulse, bath.insulin = 7 nM, cell.vesicles = 5"
    assert content["description"].endswith(". Of insulin-pulse: 100 nM for 15 min.")


def test_a_title_of_what_has_none():
    content = {}
    tell(content, {"cell.vesicles": 5}, "mine")
    assert content == {"title": "mine, cell.vesicles = 5", "description": "As mine, but cell.vesicles = 5."}


def test_the_users_own_words_stay():
    content = {"title": "Mine", "description": "old"}
    after = tell(content, {"title": "Mine", "cell.vesicles": 5}, "x")
    assert content == {"title": "Mine", "description": "As x, but cell.vesicles = 5. Of x: old"}
    content["description"] = "new"
    tell(content, {"cell.vesicles": 6, "description": "new"}, "x", after)
    assert content == {"title": "Mine, cell.vesicles = 6", "description": "new"}


def test_what_changes_no_cell_is_not_told():
    content = {"title": "Mine"}
    tell(content, {"run.seed": 5, "run.replicates": 2, "run.record_every": "1 s"}, "x")
    assert content == {"title": "Mine"}


def test_a_fault_in_a_title_is_not_hidden():
    content = {"title": 5}
    tell(content, {"cell.vesicles": 5}, "x")
    assert content == {"title": 5}


def test_what_is_said_of_many_or_long_values_is_short():
    many = {f"cell.{i}": i for i in range(10)}
    assert say(many) == f"cell.0 = 0, cell.1 = 1, cell.2 = 2, and {10 - MOST_SAID} more"
    assert say({"a": [1, 2], "b": True}) == "a = a list of 2, b = true"
    assert len(say({"a": "x" * 1000})) < 100
