"""Scenarios: what is read from terse TOML, what is refused and how, and that resolved text loads as an equal one."""

import os
import pickle
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glut4sim.sim.cli import main
from glut4sim.sim.dashboard.page_state import read_text
from glut4sim.sim.inputs import files
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.scenario.scenario import SCENARIOS, Scenario
from glut4sim.sim.studies.benchmark.suite import load_suite
from glut4sim.sim.studies.fit.problem import load_problem

INVALID = Path(__file__).parent / "invalid"
EXPECTED = tomllib.loads((INVALID / "EXPECTED").read_text(encoding="utf-8"))
TEN_MINUTES = {"run": {"duration": "10 min"}}


@pytest.fixture
def eight_gigabytes(monkeypatch):
    """A machine with 8 GB of free memory."""
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=8e9))


def write(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# ---- what is refused ----


def test_every_invalid_case_has_its_expected_message():
    assert {path.stem for path in INVALID.glob("*.toml")} == EXPECTED.keys()
    assert len(EXPECTED) >= 30


@pytest.mark.parametrize("case", sorted(EXPECTED))
@pytest.mark.usefixtures("eight_gigabytes")
def test_invalid_scenario_gives_one_line_and_exit_status_2(case, monkeypatch, capsys):
    path = INVALID / f"{case}.toml"
    with pytest.raises(InputError) as caught:
        Scenario.load(path).check_memory()
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(str(INVALID))
    assert f"{'wrong-dimension' if case == 'parent-faulty' else case}.toml: " in line
    assert EXPECTED[case] in line

    monkeypatch.setattr("sys.argv", ["glut4sim", "scenarios", "check", str(path)])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert capsys.readouterr() == ("", line + "\n")


def test_unreadable_file_is_refused(tmp_path, monkeypatch):
    path = write(tmp_path, "locked.toml", '[run]\nduration = "10 min"\n')

    def refuse(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(InputError, match=r"locked\.toml: cannot be read: Permission denied\.$"):
        Scenario.load(path)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("insulin-chalenge", 'unknown scenario "insulin-chalenge". Did you mean "insulin-challenge"?'),
        ("nowhere.toml", "nowhere.toml: there is no such file."),
        (Path("nowhere"), "nowhere: there is no such file."),
        ("/dev/null", "/dev/null: expected a TOML file, got a device."),
        ("a\0b.toml", "cannot be read: embedded null byte."),
        ("x" * 5000 + ".toml", "cannot be read: File name too long."),
        ("../sim/model/presets/adipocyte", "unknown scenario"),
    ],
)
def test_sources_that_are_no_scenario(source, message):
    with pytest.raises(InputError) as caught:
        Scenario.load(source)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        ("cell.vesicle", "500", '--set cell.vesicle=500: cell: unknown key "vesicle". Did you mean "vesicles"?'),
        ("cell.vesicles", "many", "--set cell.vesicles=many: cell.vesicles: expected a whole number"),
        ("cell.vesicles", "true", "--set cell.vesicles=true: cell.vesicles: expected a whole number"),
        ("cell", "5", "--set cell=5: cell: expected a table, got 5."),
        ("bth", "5", '--set bth=5: unknown key "bth". Did you mean "bath"?'),
        ("bath.insulin", "10 kg", "--set bath.insulin=10 kg: bath.insulin: expected an insulin concentration"),
        (
            "bath.insulin",
            "10",
            'bath.insulin: expected an insulin concentration such as "100 nM" or "10 uU/mL", got 10',
        ),
        ("bath.insulin", "[]", "--set bath.insulin=[]: bath.insulin: expected a quantity or a list"),
        ("bath.insulin", '[["0 s", "1 M"]]', '--set bath.insulin=[["0 s", "1 M"]]: bath.insulin[0][1]: expected'),
        ("run.duration", "5 min", "insulin-challenge.toml: bath.insulin[1][0]: expected a time within run.duration"),
        ("run.step", "1 h", "--set run.step=1 h: run.step: expected a time from"),
        ("parameters.vesicle.fuse", "2 um", "--set parameters.vesicle.fuse=2 um: parameters.vesicle.fuse: expected"),
        ("parameters.vesicle.fuze", "2", "--set parameters.vesicle.fuze=2: parameters: unknown parameter"),
        ("title", "5", "--set title=5: title: expected text, got 5."),
        ("title", "\udcff", "title: expected UTF-8 text."),
        ("extends", "fasting", "--set extends=fasting: only a file can extend a scenario"),
        ("cell..vesicles", "5", "--set cell..vesicles=5: expected a path such as cell.vesicles."),
        ("", "5", "--set =5: expected a path such as cell.vesicles."),
    ],
)
def test_overrides_are_named_in_their_errors(path, text, message):
    with pytest.raises(InputError) as caught:
        Scenario.load("insulin-challenge", {path: text})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


DOTS = ".".join(["x"] * 2000)  # tables within tables, deeper than Python's stack


@pytest.mark.parametrize(
    "load",
    [
        lambda folder: Scenario.load(write(folder, "deep.toml", f"{DOTS} = 1")),
        lambda folder: Scenario.load(write(folder, "deep.toml", f'extends = "fasting"\n[bath]\n{DOTS} = 1')),
        lambda folder: Scenario.load("fasting", {DOTS: "1"}),
        lambda folder: Scenario.load("fasting", {"bath": f"{{ {DOTS} = 1 }}"}),
        lambda folder: Scenario.from_table(tomllib.loads(f"[cell]\n{DOTS} = 1")),
        lambda folder: load_problem(write(folder, "deep.toml", f"{DOTS} = 1")),
        lambda folder: load_suite(write(folder, "deep.toml", f"{DOTS} = 1")),
        lambda folder: read_text(f"{DOTS} = 1", "the page"),
    ],
)
def test_tables_that_are_nested_too_deeply_are_refused(tmp_path, load):
    with pytest.raises(InputError, match=r": nested too deeply\.$"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("x = [", "Invalid value"), ("x = " + "9" * 5000, "too many digits"), ("x = " + "[" * 5000, "nested too deeply")],
)
def test_what_is_no_toml_is_said_to_be_none_wherever_it_comes_from(tmp_path, text, reason):
    for read in (lambda: Scenario.load(write(tmp_path, "x.toml", text)), lambda: read_text(text, "the page")):
        with pytest.raises(InputError, match=rf"not valid TOML: .*{reason}"):
            read()


HALF = "\ud800"  # of a character: what Python and JSON may hold, and UTF-8 may not


@pytest.mark.parametrize(
    "table",
    [
        {HALF: 1},
        {"cell": {HALF: 1}},
        {"cell": {"preset": HALF}},
        {"bath": {"insulin": f"1 {HALF}nM"}},
        {"hormones": {HALF: "1"}},
        {"effects": {HALF: "1"}},
        {"parameters": {f"vesicle.{HALF}": "1 1/s"}},
        {"therapy": [{"drug": HALF, "dose": "1 mg"}]},
        {"title": HALF},
    ],
)
def test_half_a_character_is_refused_in_a_line_that_can_be_written(table):
    with pytest.raises(InputError) as caught:
        Scenario.from_table(TEN_MINUTES | table, "table")
    assert str(caught.value).encode().startswith(b"table: ")
    with pytest.raises(InputError, match="keys that are text"):
        Scenario.from_table(TEN_MINUTES | {"cell": {7: 1}})


@pytest.mark.usefixtures("eight_gigabytes")
def test_memory_grows_with_the_number_of_concurrent_replicates():
    scenario = Scenario.from_table({**TEN_MINUTES, "cell": {"receptors": 100_000_000}})
    assert scenario.memory_bytes == pytest.approx(2.1e9, rel=0.05)
    scenario.check_memory(3)
    with pytest.raises(InputError, match=r"needs about .* 8 GB are free; lower cell\.receptors\."):
        scenario.check_memory(4)


# ---- what is read ----


def test_defaults():
    scenario = Scenario.from_table(TEN_MINUTES, name="short")
    assert scenario.name == "short"
    assert scenario.source is None
    assert scenario.cell.model_dump() == {
        "preset": "adipocyte",
        "vesicles": 10_000,
        "receptors": 100_000,
        "glucose_agents": 100_000,
        "receptors_cv": 0.0,
        "glut4_cv": 0.0,
        "volume_cv": 0.0,
    }
    assert scenario.bath.insulin == Schedule((0.0,), (0.0,))
    assert scenario.bath.glucose == Schedule((0.0,), (5.0,))
    assert scenario.run.model_dump() == {
        "duration": 600.0,
        "step": 0.1,
        "record_every": 5.0,
        "replicates": 1,
        "seed": 1,
        "events": False,
    }


def test_insulin_challenge():
    scenario = Scenario.load("insulin-challenge")
    assert scenario.name == "insulin-challenge"
    assert scenario.source == SCENARIOS.folder / "insulin-challenge.toml"
    assert scenario.bath.insulin == Schedule((0.0, 600.0, 2400.0), (0.0, 100.0, 0.0))
    assert scenario.run.duration == 5400.0
    assert scenario.run.step == 0.1


def test_insulin_pulse_and_fasting_extend_the_challenge():
    pulse, fasting = Scenario.load("insulin-pulse"), Scenario.load("fasting")
    assert pulse.bath.insulin == Schedule((0.0, 300.0, 1200.0), (0.0, 100.0, 0.0))
    assert (pulse.run.duration, pulse.run.replicates) == (3900.0, 8)
    assert fasting.bath.insulin == Schedule((0.0,), (0.034,))
    assert fasting.bath.glucose == Schedule((0.0,), (5.0,))


def test_schedule_holds_each_value_until_the_next_time():
    schedule = Scenario.load("insulin-challenge").bath.insulin
    times = (0.0, 599.9, 600.0, 2399.9, 2400.0, 5400.0)
    assert [schedule.at(time) for time in times] == [0.0, 0.0, 100.0, 100.0, 0.0, 0.0]


def test_clinical_units():
    bath = {"insulin": "10 uU/mL", "glucose": "90 mg/dL"}
    scenario = Scenario.from_table({**TEN_MINUTES, "bath": bath})
    assert scenario.bath.insulin.values == (0.06,)
    assert scenario.bath.glucose.values == pytest.approx((90 * 10 / 180.156,))
    as_printed = {"bath.insulin": "1 ng/mL", "bath.glucose": "90 mg%", "hormones.ffa": "0.5 mEq/L"}
    scenario = Scenario.load("fasting", as_printed)
    assert scenario.bath.insulin.values == pytest.approx((0.172188,), rel=1e-5)
    assert scenario.bath.glucose.values == pytest.approx((90 * 10 / 180.156,))
    assert scenario.hormones.levels["ffa"].values == (0.5,)
    loaded = [Scenario.load("fasting", {"bath.glucose": text}) for text in ("90 mg/100 mL", "90 mg/dL")]
    assert loaded[0].bath == loaded[1].bath


def test_overrides_are_typed_by_toml_and_otherwise_text():
    overrides = {
        "cell.vesicles": "500",
        "title": "two words",
        "bath.insulin": "10 nM",
        "bath.glucose": '[["0 min", "5 mM"], ["1 min", "10 mM"]]',
        "parameters.vesicle.fuse": "2 1/min",
        "parameters.vesicle.glut4_copies": "1000",
    }
    scenario = Scenario.load("insulin-challenge", overrides)
    assert scenario.cell.vesicles == 500
    assert scenario.title == "two words"
    assert scenario.bath.insulin == Schedule((0.0, 600.0, 2400.0), (0.0, 10.0, 0.0))
    assert scenario.bath.glucose == Schedule((0.0, 60.0), (5.0, 10.0))
    assert scenario.parameter_set.vesicle.fuse == pytest.approx(2 / 60)
    assert scenario.parameter_set.vesicle.glut4_copies == 1000.0


def test_a_value_means_the_same_on_the_command_line_and_in_python():
    """Also one that a file gives as text and Python as a number, and for a level of hormones over time."""
    name, changes = "men/testosterone-withdrawal", {"hormones.testosterone": "600 ng/dL", "bath.insulin": "2 nM"}
    loaded, replaced = Scenario.load(name, changes), Scenario.load(name).replaced(changes)
    assert loaded == replaced
    assert loaded.title == replaced.title != Scenario.load(name).title
    assert loaded.bath.insulin == Schedule((0.0, 600.0), (0.0, 2.0))
    of = loaded.hormones.levels["testosterone"]
    assert (of.times, of.values) == ((0.0, 86400.0), (600.0, 28.0))
    assert Scenario.load("meal", {"run.seed": "3"}) == Scenario.load("meal").replaced({"run.seed": 3})


def test_levels_without_a_single_meaning_are_refused_and_courses_replace_them():
    stairs, course = Scenario.load("women/progesterone"), [["0 d", "1 ng/mL"], ["3 d", "2 ng/mL"]]
    with pytest.raises(InputError) as caught:
        stairs.replaced({"hormones.progesterone": "7 ng/mL"})
    assert str(caught.value).startswith("women/progesterone: hormones.progesterone: which of its levels is meant, ")
    assert stairs.replaced({"hormones.progesterone": course}).hormones.levels["progesterone"].times == (0.0, 259200.0)
    text = '[["0 d", "1 ng/mL"], ["3 d", "2 ng/mL"]]'
    again = Scenario.load("women/progesterone", {"hormones.progesterone": text})
    assert again.hormones == stairs.replaced({"hormones.progesterone": course}).hormones
    only = stairs.replaced({"hormones.progesterone": course[:1]}).hormones.levels["progesterone"]
    assert only == Schedule((0.0,), (only.values[0],))


def test_items_of_lists_are_set_and_named_in_errors():
    scenario = Scenario.load("men/trt-full-protocol", {"therapy.0.dose": "200 mg", "therapy.2.every": "2 d"})
    assert [therapy.dose for therapy in scenario.therapy] == ["200 mg", "100 ug", "1 mg"]
    assert scenario.therapy[2].every == 2 * 86400.0
    for path, text, message in (
        ("therapy.3.dose", "1 mg", "--set therapy.3.dose=1 mg: therapy: expected the number of an item, 0 to 2"),
        ("therapy.1.dose", "1 kg/s", '--set therapy.1.dose=1 kg/s: therapy[1].dose: expected a dose such as "10 ug"'),
        ("therapy.1.dos", "1 mg", '--set therapy.1.dos=1 mg: therapy[1]: unknown key "dos". Did you mean "dose"?'),
    ):
        with pytest.raises(InputError) as caught:
            Scenario.load("men/trt-full-protocol", {path: text})
        assert str(caught.value).startswith(message)
    with pytest.raises(InputError, match=r"^men/trt: therapy: expected 0, for there is one item"):
        Scenario.load("men/trt").replaced({"therapy.1.dose": "1 mg"})


def test_a_changed_scenario_says_so():
    plain = Scenario.load("insulin-pulse")
    scenario = Scenario.load("insulin-pulse", {"bath.insulin": "5 nM", "run.replicates": "2"})
    assert scenario.title == "Insulin pulse, 15 min, bath.insulin = 5 nM"
    assert scenario.description == f"As insulin-pulse, but bath.insulin = 5 nM. Of insulin-pulse: {plain.description}"
    more = scenario.replaced({"cell.vesicles": 9}).replaced({"bath.insulin": "7 nM"})
    assert more.title == "Insulin pulse, 15 min, bath.insulin = 7 nM, cell.vesicles = 9"
    assert more.description.endswith(f" Of insulin-pulse: {plain.description}")
    quiet = plain.replaced({"bath.insulin": "5 nM"}, told=False)
    assert (quiet.title, quiet.bath) == (plain.title, scenario.bath)
    assert Scenario.load("insulin-pulse", {"run.seed": "9"}).title == plain.title
    assert Scenario.from_table(tomllib.loads(scenario.to_toml())) == scenario


@pytest.mark.parametrize("name", ["Testosterone Cypionate", " TESTOSTERONE  cypionate", "testosterone cypionate"])
def test_drugs_are_read_in_any_case_and_have_one_name(name):
    scenario = Scenario.load("men/trt", {"therapy.0.drug": name})
    assert scenario.therapy[0].drug == "testosterone cypionate"
    assert scenario.therapy == Scenario.load("men/trt").therapy
    assert Scenario.load("growth-hormone/mk-677", {"therapy.0.drug": "mk-677"}).therapy[0].drug == "MK-677"


def test_child_merges_tables_and_replaces_lists(tmp_path):
    write(
        tmp_path, "grandparent.toml", '[cell]\nvesicles = 7\nreceptors = 8\n[parameters]\n"vesicle.fuse" = "1 1/min"\n'
    )
    write(
        tmp_path,
        "parent.toml",
        'extends = "grandparent.toml"\n[cell]\nreceptors = 9\n'
        '[bath]\ninsulin = [["0 s", "1 nM"], ["1 min", "2 nM"]]\n[run]\nduration = "10 min"\n',
    )
    child = 'extends = "../parent.toml"\n[bath]\ninsulin = [["0 s", "3 nM"]]\n[parameters.vesicle]\nfuse = "4 1/min"\n'
    (tmp_path / "below").mkdir()
    scenario = Scenario.load(write(tmp_path / "below", "child.toml", child))
    assert scenario.name == "child"
    assert (scenario.cell.vesicles, scenario.cell.receptors) == (7, 9)
    assert scenario.bath.insulin == Schedule((0.0,), (3.0,))
    assert scenario.parameters == {"vesicle.fuse": "4 1/min"}


def test_diamond_of_parents_is_no_circle(tmp_path):
    """The same installed ancestor may be met again by another scenario."""
    write(tmp_path, "a.toml", 'extends = "fasting"\n')
    assert Scenario.load(write(tmp_path, "b.toml", 'extends = "a.toml"\n')).run.duration == 3600.0


@pytest.mark.skipif(sys.platform != "linux", reason="file systems elsewhere take no such name")
def test_a_file_whose_name_is_no_text_has_a_name_that_can_be_written(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.toml")
    scenario = Scenario.load(write(tmp_path, path.name, 'extends = "fasting"'))
    assert (scenario.name.encode(), scenario.source) == (b"caf?", path)
    with pytest.raises(InputError, match=r"caf\\udce9") as caught:
        Scenario.load(write(tmp_path, path.name, "x = 1"))
    assert str(caught.value).encode()


def test_byte_order_mark_is_ignored(tmp_path):
    path = tmp_path / "notepad.toml"
    path.write_bytes(b'\xef\xbb\xbf[run]\nduration = "10 min"\n')
    assert Scenario.load(path).run.duration == 600.0


# ---- identity ----


@pytest.mark.parametrize("name", SCENARIOS.names())
def test_installed_scenarios_are_valid_and_round_trip(name, tmp_path):
    scenario = Scenario.load(name)
    scenario.check_memory()
    assert all(one.parameter_set.vesicle.glut4_copies > 0.0 for one in scenario.assays)
    again = Scenario.load(write(tmp_path, "scenario.toml", scenario.to_toml()))
    assert again == scenario
    assert again.hash == scenario.hash
    assert scenario.title
    assert len(scenario.description) > 40


def test_name_does_not_matter_for_equality_but_everything_else_does():
    one, other = Scenario.from_table(TEN_MINUTES, name="one"), Scenario.from_table(TEN_MINUTES, name="other")
    assert one == other
    assert len({one, other}) == 1
    for path, text in {
        "run.seed": "2",
        "title": "x",
        "bath.insulin": "1 nM",
        "parameters.vesicle.fuse": "2 1/s",
    }.items():
        table = files.merge([files.Layer("", TEN_MINUTES), files.Layer("", _nest(path, text))])
        changed = Scenario.from_table(table)
        assert changed != one
        assert changed.hash != one.hash


def _nest(path, text):
    *tables, key = path.split(".")
    table = {key: int(text) if text.isdecimal() else text}
    for name in reversed(tables):
        table = {name: table}
    return table


def test_copy_with_another_run_table_keeps_its_name_and_parameters():
    scenario = Scenario.load("fasting", {"parameters.vesicle.fuse": "2 1/min"})
    copy = scenario.model_copy(update={"run": scenario.run.model_copy(update={"seed": 5})})
    assert copy.name == "fasting"
    assert copy.parameter_set == scenario.parameter_set
    assert copy.hash != scenario.hash


def test_pickle_round_trip():
    scenario = Scenario.load("insulin-pulse", {"parameters.vesicle.fuse": "2 1/min"})
    _ = scenario.parameter_set
    again = pickle.loads(pickle.dumps(scenario))
    assert again == scenario
    assert (again.name, again.source) == (scenario.name, scenario.source)
    assert again.parameter_set == scenario.parameter_set


TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)
COUNTS = st.integers(1, 2**31 - 1)


@st.composite
def schedules(draw, unit, high):
    """A quantity, or a list of [time, quantity] within ten minutes."""
    values = st.floats(0.0, high).map(lambda value: f"{value!r} {unit}")
    times = sorted(draw(st.sets(st.floats(1e-3, 600.0), max_size=4)))
    if draw(st.booleans()):
        return draw(values)
    return [[f"{time!r} s", draw(values)] for time in [0.0, *times]]


@st.composite
def tables(draw):
    step = draw(st.sampled_from([0.001, 0.1, 0.25, 1.0]))
    return {
        "title": draw(TEXTS),
        "description": draw(TEXTS),
        "cell": {"vesicles": draw(COUNTS), "receptors": draw(COUNTS), "glucose_agents": draw(COUNTS)},
        "bath": {
            "insulin": draw(st.one_of(schedules("nM", 1e6), schedules("pM", 1e9), schedules("uU/mL", 1e8))),
            "glucose": draw(st.one_of(schedules("mM", 1e3), schedules("mg/dL", 1e4))),
        },
        "run": {
            "duration": "10 min",
            "step": f"{step} s",
            "record_every": f"{draw(st.integers(1, 600)) * step!r} s",
            "replicates": draw(st.integers(1, 100_000)),
            "seed": draw(st.integers(0, 2**64 - 1)),
            "events": draw(st.booleans()),
        },
        "parameters": draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "vesicle.fuse": st.floats(1e-6, 1e6).map(lambda value: f"{value!r} 1/min"),
                    "vesicle.glut4_copies": st.floats(1.0, 1e9),
                },
            )
        ),
    }


@given(tables())
@settings(max_examples=200, deadline=None)
def test_resolved_text_loads_as_an_equal_scenario(table):
    scenario = Scenario.from_table(table)
    again = Scenario.from_table(tomllib.loads(scenario.to_toml()))
    assert again == scenario
    assert again.hash == scenario.hash
    assert again.to_toml() == scenario.to_toml()
    assert again.preset.hash == scenario.preset.hash


@pytest.mark.parametrize(
    "text",
    [
        "".join(map(chr, range(32))),
        "\x7f",
        "\x80\x85\xa0\u2028\ufeff",
        "µ Ω 葡萄糖 🧬",
        'a "quoted" word, \\ and \\u0041',
        "first line\nsecond line\r\n",
        "\"\"\"'''",
        "# no comment",
        "x" * 10_000,
    ],
)
def test_text_of_any_kind_is_written_and_read_as_the_same(text, tmp_path):
    scenario = Scenario.from_table({**TEN_MINUTES, "title": text, "description": text})
    again = Scenario.load(write(tmp_path, "scenario.toml", scenario.to_toml()))
    assert (again.title, again.description, again.hash) == (text, text, scenario.hash)


def test_keys_that_need_quotes_and_empty_tables_are_written_and_read_as_the_same(tmp_path):
    table = {
        **TEN_MINUTES,
        "parameters": {"vesicle.fuse": "2 1/min"},
        "effects": {"testosterone-pi3k.gain": "0.5"},
        "hormones": {"blocked": ["AR"], "cortisol": [["0 d", "300 nM"], ["1 d", "1 uM"]]},
        "therapy": [
            {"drug": "testosterone gel", "dose": "50 mg", "every": "1 d", "for": "3 weeks"},
            {"drug": "lipid emulsion", "dose": "10 g"},
        ],
        "assay": {"at": ["1 d", "36 h"]},
    }
    scenario = Scenario.from_table(table)
    text = scenario.to_toml()
    assert '"vesicle.fuse" = "2 1/min"' in text
    assert len(tomllib.loads(text)["therapy"]) == 2
    assert "[cycle]" not in text
    therapy, _ = scenario.resolved()["therapy"]
    assert (therapy["start"], therapy["every"], therapy["for"]) == ("0 d", "1 d", "21 d")
    assert scenario.resolved()["assay"]["at"] == ["1 d", "1.5 d"]
    again = Scenario.load(write(tmp_path, "scenario.toml", text))
    assert again == scenario
    assert again.hash == scenario.hash
    assert Scenario.from_table({**TEN_MINUTES, "body": {}, "hormones": {}, "effects": {}}) == Scenario.from_table(
        TEN_MINUTES
    )
