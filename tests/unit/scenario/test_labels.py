"""Labels of scenarios: those that are given, titles, and titles told apart by what differs."""

import pytest

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario.labels import folder_name, folder_names, labelled, read_label, split_label
from tests.runs import muscle

LEVEL = {"testosterone": "531 ng/dL"}
SHORT = {"duration": "8 min", "step": "0.5 s", "record_every": "10 s", "replicates": 3, "seed": 5}  # that of `muscle`
MAN = muscle("man", title="A man", hormones=LEVEL)


def titled(*scenarios):
    return list(labelled((None, scenario) for scenario in scenarios))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("low=men/hypogonadal", ("low", "men/hypogonadal")),
        (" low  T = cell.toml ", ("low T", "cell.toml")),
        ("men/hypogonadal", (None, "men/hypogonadal")),
        ("s3://bucket/a=b/cell.toml", (None, "s3://bucket/a=b/cell.toml")),
        ("low=s3://bucket/a=b/cell.toml", ("low", "s3://bucket/a=b/cell.toml")),
        ("there=is.toml", (None, "there=is.toml")),
        ("low=there=is.toml", ("low", "there=is.toml")),
        ("./there=is.toml", (None, "./there=is.toml")),
    ],
)
def test_a_label_stands_before_a_scenario(text, found, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there=is.toml").write_text("")
    assert split_label(text) == found


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("=men/trt", '=men/trt: expected a label such as "low", got an empty one.'),
        ("low=", "low=: expected a label and a scenario such as low=men/hypogonadal, got no scenario."),
        ("a\x07b=men/trt", "expected a label such as"),
    ],
)
def test_what_is_no_label(text, fault):
    with pytest.raises(InputError) as found:
        split_label(text)
    assert fault in str(found.value)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize("label", [3, None, ["low"], 0.5, True])
def test_labels_are_text(label):
    with pytest.raises(InputError, match="expected a label as text, got"):
        read_label(label)


def test_a_label_is_on_one_line():
    assert read_label(" low\n testosterone ") == "low testosterone"


def test_titles_label_whom_nobody_has_named():
    assert titled(MAN, muscle("untitled")) == ["A man", "untitled"]
    assert list(labelled([("x", MAN), (None, MAN)])) == ["x", "A man"]


def test_one_title_is_told_apart_by_what_differs():
    low = muscle("low", title="A man", hormones={"testosterone": "220 ng/dL"})
    assert titled(MAN, low) == ["A man, testosterone 531 ng/dL", "A man, testosterone 220 ng/dL"]
    other = muscle(
        "man", title="A man", hormones=LEVEL, run=SHORT | {"replicates": 2}
    )  # which a comparison sets anyway
    with pytest.raises(InputError, match='2 conditions are called "A man" and say the same; give each a label'):
        titled(MAN, other)
    with pytest.raises(InputError, match='2 conditions are called "A man, testosterone 531 ng/dL" and say'):
        titled(MAN, low, MAN)


def test_what_was_changed_in_all_is_in_no_label():
    """Else the labels of all conditions of `compare --set` would say the same at length."""
    longer = {"run.duration": "9 min"}
    assert titled(MAN.replaced(longer), muscle("b").replaced(longer)) == ["A man", "b"]
    assert titled(MAN.replaced(longer), muscle("b")) == ["A man, run.duration = 9 min", "b"]
    assert titled(MAN, MAN.replaced(longer)) == ["A man", "A man, run.duration = 9 min"]


def test_what_one_lacks_tells_apart_too():
    once = {"drug": "anastrozole", "dose": "1 mg"}
    given = muscle("b", title="A man", hormones=LEVEL, therapy=[once])
    assert titled(MAN, given) == ["A man, without anastrozole", "A man, anastrozole 1 mg once, at 0 d (oral)"]


def test_what_differs_in_much_asks_for_labels():
    other = muscle(
        "man", title="A man", hormones={"testosterone": "9 ng/dL", "lh": "1 IU/L"}, run=SHORT | {"step": "1 s"}
    )
    with pytest.raises(InputError) as found:
        titled(MAN, other)
    assert str(found.value) == (
        '2 conditions are called "A man" and differ in hormones.testosterone, hormones.lh, run.step; '
        "give each a label, such as low=men/hypogonadal."
    )


def test_a_label_stands_for_one_condition():
    with pytest.raises(InputError, match='the label "low" stands for 2 conditions; give each one of its own'):
        labelled([("low", MAN), ("low", muscle("b"))])
    with pytest.raises(InputError, match='the label "A man" stands for 2 conditions'):
        labelled([("A man", muscle("b")), (None, MAN)])


def test_assays_of_one_title_are_told_apart():
    weeks = {"hormones": {"testosterone": "531 ng/dL"}, "assay": {"at": ["0 d", "7 d"]}}
    a, b = muscle("a", title="T", **weeks), muscle("b", title="T", body={"age": "60 yr"}, **weeks)
    ages = ["age 30 yr (not set)", "age 60 yr"]
    assert titled(a, b) == [f"T at {day}, {age}" for age in ages for day in ("0 d", "7 d")]


def test_directories_are_named_after_labels():
    assert folder_name("men/trt at 14 d") == "men-trt-at-14-d"
    assert folder_name("a" * 300) == "a" * 60
    assert folder_names(["men/trt at 14 d", "?", "?!"]) == {"men/trt at 14 d": "0-men-trt-at-14-d", "?": "1", "?!": "2"}
