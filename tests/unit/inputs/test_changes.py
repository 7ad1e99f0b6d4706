"""Single values changed by their paths: levels of courses, items of lists."""

import pytest

from glut4sim.sim.inputs.changes import Change, apply
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.fields import Course
from glut4sim.sim.inputs.schedule import Schedule, at_level
from glut4sim.sim.inputs.units import INSULIN

BATH = Course(INSULIN)


def changed(content, path, value):
    """The content with a value set, and what is said to be set."""
    layer = apply(content, Change(path, value, "here"), lambda path: BATH if path == "bath.insulin" else None)
    assert layer.place == "here"
    return content, layer.table


def course(*values):
    return [[f"{i} min", value] for i, value in enumerate(values)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("0 nM", "100 nM", "0 nM"), ("0 nM", "5 nM", "0 nM")),  # rest and washout stay
        (("0 nM", "0.5 nM"), ("0 nM", "5 nM")),
        (("0 nM", "1 nM", "0 nM", "1000 pM", "0 nM"), ("0 nM", "5 nM", "0 nM", "5 nM", "0 nM")),  # all pulses
        (("1 nM", "100 nM", "0 nM"), ("1 nM", "5 nM", "0 nM")),
        (("1 nM", "100 nM", "0.5 nM", "0 nM"), ("1 nM", "5 nM", "0.5 nM", "0 nM")),
        (("100 nM", "0 nM"), ("5 nM", "0 nM")),  # stimulated from the start
        (("100 nM", "0 nM", "100 nM"), ("5 nM", "0 nM", "5 nM")),
        (("7 nM",), ("5 nM",)),
        (("7 nM", "7 nM"), ("5 nM", "5 nM")),
    ],
)
def test_a_plain_value_changes_the_level_of_a_course(before, after):
    content, told = changed({"bath": {"insulin": course(*before)}}, "bath.insulin", "5 nM")
    assert content == {"bath": {"insulin": course(*after)}}
    assert told == {"bath.insulin": "5 nM"}


@pytest.mark.parametrize(
    "values",
    [
        ("0 nM", "1 nM", "10 nM"),  # stairs
        ("0 nM", "100 nM", "10 nM", "0 nM"),  # pulses of different height
        ("0 nM", "100 nM", "1 nM"),  # a washout above the rest
        ("100 nM", "10 nM", "0 nM"),
    ],
)
def test_a_plain_value_for_several_levels_is_refused(values):
    content = {"bath": {"insulin": course(*values)}}
    with pytest.raises(InputError) as caught:
        changed(content, "bath.insulin", "5 nM")
    levels = ", ".join(dict.fromkeys(values))
    whole = f'[["0 s", "{values[0]}"], ["10 min", "5 nM"]]'
    asked = f"which of its levels is meant, {levels}? Give the whole course, such as {whole}."
    assert str(caught.value) == f"here: bath.insulin: {asked}"
    assert content == {"bath": {"insulin": course(*values)}}


def test_what_is_asked_of_many_levels_is_short():
    with pytest.raises(InputError, match=r"meant, 0 nM, 1 nM, 2 nM, 3 nM, 4 nM, \.\.\? Give"):
        changed({"bath": {"insulin": course(*(f"{i} nM" for i in range(100)))}}, "bath.insulin", "5 nM")


def test_a_course_and_a_constant_are_replaced_as_a_whole():
    new = course("0 nM", "3 nM")
    assert changed({"bath": {"insulin": course("1 nM", "100 nM")}}, "bath.insulin", new)[0]["bath"]["insulin"] == new
    for before in ({}, {"bath": {"insulin": "1 nM"}}):
        assert changed(before, "bath.insulin", "5 nM")[0] == {"bath": {"insulin": "5 nM"}}


def test_a_wrong_level_is_named_by_the_path_and_a_faulty_course_is_the_fault_of_its_own_file():
    with pytest.raises(InputError, match=r"^here: bath\.insulin: expected an insulin concentration .* got \"5 mg\""):
        changed({"bath": {"insulin": course("0 nM", "1 nM")}}, "bath.insulin", "5 mg")
    with pytest.raises(InputError, match=r"^bath\.insulin\[1\]\[1\]: expected an insulin concentration"):
        changed({"bath": {"insulin": course("0 nM", "1 kg")}}, "bath.insulin", "5 nM")


@pytest.mark.parametrize("path", ["therapy.1.dose", "therapy[1].dose", "therapy[1][dose]"])
def test_items_of_lists(path):
    content, told = changed({"therapy": [{"dose": "1 mg"}, {"dose": "2 mg", "every": "1 d"}]}, path, "3 mg")
    assert content == {"therapy": [{"dose": "1 mg"}, {"dose": "3 mg", "every": "1 d"}]}
    assert told == {"therapy[1].dose": "3 mg"}


def test_an_item_itself_and_a_key_that_it_has_not():
    content = {"assay": {"at": ["0 d", "7 d"]}, "therapy": [{"dose": "1 mg"}]}
    assert changed(content, "assay.at.1", "8 d")[0]["assay"]["at"] == ["0 d", "8 d"]
    assert changed(content, "therapy.0.every", "1 d")[0]["therapy"] == [{"dose": "1 mg", "every": "1 d"}]
    assert changed({"bath": {"insulin": course("0 nM", "1 nM")}}, "bath.insulin.1.0", "9 min")[0]["bath"] == {
        "insulin": [["0 min", "0 nM"], ["9 min", "1 nM"]]
    }


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("therapy.2.dose", 'therapy: expected the number of an item, 0 to 1, got "2".'),
        ("therapy.-1.dose", 'therapy: expected the number of an item, 0 to 1, got "-1".'),
        ("therapy.dose", 'therapy: expected the number of an item, 0 to 1, got "dose".'),
        ("therapy." + "9" * 5000, "therapy: expected the number of an item, 0 to 1, got"),
        ("assay.at.1", 'assay.at: expected 0, for there is one item, got "1".'),
        ("none.0", 'none: expected a list with items, got "0".'),
        ("bath.meal.0.at", "bath.meal: expected a list with an item 0, there is none."),
        ("run.duration.0", 'run.duration: expected a list with an item 0, found "1 h".'),
        ("therapy..dose", "expected a path such as cell.vesicles."),
        ("therapy[].dose", "expected a path such as cell.vesicles."),
    ],
)
def test_paths_that_lead_nowhere_are_one_clear_line(path, message):
    content = {"therapy": [{}, {}], "assay": {"at": ["0 d"]}, "none": [], "run": {"duration": "1 h"}}
    with pytest.raises(InputError) as caught:
        changed(content, path, "1 mg")
    assert str(caught.value).startswith(f"here: {message}")


def test_an_inline_table_leaves_what_it_does_not_name():
    content = {"run": {"seed": 1, "duration": "1 h"}, "parameters": {"vesicle.fuse": "1 1/s"}, "therapy": [{"a": 1}]}
    assert changed(content, "run", {"seed": 2})[1] == {"run.seed": 2}
    assert changed(content, "parameters", {"vesicle": {"dock": "2 1/s"}})[1] == {"parameters.vesicle.dock": "2 1/s"}
    changed(content, "therapy.0", {"b": 2})
    changed(content, "effects", {})
    assert content == {
        "run": {"seed": 2, "duration": "1 h"},
        "parameters": {"vesicle.fuse": "1 1/s", "vesicle.dock": "2 1/s"},
        "therapy": [{"a": 1, "b": 2}],
    }


def test_what_the_user_gave_is_not_changed_afterwards():
    given = course("0 nM", "1 nM")
    content, _ = changed({}, "bath.insulin", given)
    changed(content, "bath.insulin.1.1", "2 nM")
    assert given == course("0 nM", "1 nM")


def test_the_level_of_what_begins_with_its_highest_value():
    assert at_level(Schedule((0.0, 1.0), (5.0, 1.0))) == (True, False)
    assert at_level(Schedule((0.0, 1.0, 2.0), (1.0, 5.0, 0.0))) == (False, True, False)
    assert at_level(Schedule((0.0, 1.0, 2.0), (5.0, 1.0, 0.0))) == ()


# ---- what a content says of itself ----
