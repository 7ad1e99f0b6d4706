"""The JSON Schema of scenarios: accepts what the program accepts, refuses what is wrong in form, explains every key."""

import json
import re
import tomllib

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from glut4sim.sim.cli import main
from glut4sim.sim.endocrine import library
from glut4sim.sim.model.parameters import PRESETS, load_preset
from glut4sim.sim.scenario.editor_schema import scenario_schema
from glut4sim.sim.scenario.scenario import SCENARIOS, Scenario
from tests.support import ROOT
from tests.unit.scenario.test_scenario import EXPECTED, INVALID, tables

SCHEMA = scenario_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
FILES = sorted(SCENARIOS.folder.rglob("*.toml"))
BEYOND_FORM = {  # what only the program can tell: dimensions, bounds of quantities, other files, how values fit
    "absurd-concentration",
    "absurd-duration",
    "circular-here",
    "circular-self",
    "circular-there",
    "clinical-unit-of-another-substance",
    "duplicate-times",
    "first-time-not-0",
    "more-agents-than-memory",
    "more-records-than-memory",
    "overflows",
    "parameter-given-twice",
    "parameter-of-wrong-dimension",
    "parameters-that-contradict",
    "parent-faulty",
    "parent-file-missing",
    "parent-missing",
    "record-interval-beyond-duration",
    "schedule-beyond-duration",
    "step-does-not-divide-duration",
    "step-does-not-divide-record-interval",
    "step-too-large",
    "step-too-small",
    "swapped-pair",
    "unit-that-takes-ages",
    "unsorted-times",
    "wrong-dimension",
    "wrong-unit",
    "zero-duration",
}


def faults(table):
    return [f"{fault.json_path}: {fault.message}" for fault in VALIDATOR.iter_errors(table)]


def toml(path):
    return tomllib.loads(path.read_text("utf-8-sig"))


# ---- what is accepted ----


def test_it_is_a_schema():
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_installed_scenarios_are_accepted(path):
    assert faults(toml(path)) == []


@pytest.mark.parametrize("name", SCENARIOS.names())
def test_resolved_scenarios_are_accepted(name):
    assert faults(tomllib.loads(Scenario.load(name).to_toml())) == []


@pytest.mark.parametrize("page", ["README.md", "docs/scenarios.md", "docs/how-to/editor-support.md"])
def test_samples_of_the_documentation_are_accepted(page):
    samples = re.findall(r"^ *```toml\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)
    scenarios = [table for table in map(tomllib.loads, samples) if "rule" not in table]  # which is Taplo's own file
    assert any("extends" in table for table in scenarios)
    for table in scenarios:
        assert faults(table) == []
        assert Scenario.load(table["extends"])


@given(tables())
@settings(max_examples=50, deadline=None)
def test_what_the_program_accepts_is_accepted(table):
    assert faults(table) == []


@pytest.mark.parametrize(
    "table",
    [
        {"extends": "fasting"},
        {"run": {"duration": ".5 h"}},
        {"run": {"duration": "1.5e3s"}},
        {"extends": "fasting", "parameters": {"vesicle": {"fuse": "2 1/min"}, "vesicle.dock": "2/min"}},
        {"extends": "fasting", "parameters": {"vesicle.glut4_copies": 1000}},
        {"extends": "fasting", "parameters": {"vesicle": {"glut4_copies": "1000"}}},
        {"extends": "fasting", "effects": {"testosterone-pi3k": {"gain": 0, "half": "10 nM"}, "ffa-pi3k.gain": "50 %"}},
        {"extends": "fasting", "hormones": {"cortisol": [["0 d", "300 nM"], ["2 d", "1 uM"]], "lipolysis": 0.5}},
        {"extends": "fasting", "hormones": {"blocked": ["AR"], "rhythms": ["gh"], "lipolysis": "50 %"}},
        {"extends": "fasting", "bath": {"meal": [{"at": "5 min", "carbohydrate": "75 g"}]}},
    ],
)
def test_other_ways_to_write_it_are_accepted_by_both(table):
    assert faults(table) == []
    own = {key: content for key, content in table.items() if key != "extends"}
    assert Scenario.from_table({"run": {"duration": "1 h"}} | own)


# ---- what is refused ----


@pytest.mark.parametrize("case", sorted(EXPECTED))
def test_what_is_wrong_in_form_is_refused(case):
    path = INVALID / f"{case}.toml"
    try:
        table = toml(path)
    except (OSError, ValueError, RecursionError):
        return  # no TOML: no editor gets as far as the schema
    assert bool(faults(table)) == (case not in BEYOND_FORM)


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ({"bth": {}}, "'bth' was unexpected"),
        ({"cell": {"vesicels": 5}}, "'vesicels' was unexpected"),
        ({"cell": {"preset": "adipocite"}}, "'adipocite' is not one of"),
        ({"hormones": {"testosteron": "5 nM"}}, "'testosteron' is not one of"),
        ({"hormones": {"blocked": ["AS"]}}, "'AS' is not one of"),
        ({"body": {"sex": "male"}}, "'male' is not one of"),
        ({"therapy": [{"drug": "aspirin", "dose": "1 g"}]}, "'aspirin' is not one of"),
        ({"therapy": [{"drug": "MK-677"}]}, "'dose' is a required property"),
        ({"therapy": {"drug": "MK-677", "dose": "25 mg"}}, "is not of type 'array'"),
        ({"therapy": [{"drug": "MK-677", "doses": "d.csv", "unit": "mg", "dose": "25 mg"}]}, "'dose' was unexpected"),
        ({"therapy": [{"drug": "MK-677", "dose": "25"}]}, "'25' does not match"),
        ({"effects": {"testosterone-pi3k": {"gian": 1}}}, "'gian' was unexpected"),
        ({"effects": {"testosteron-pi3k.gain": 1}}, "'testosteron-pi3k.gain' is not one of"),
        ({"parameters": {"vesicle.fuze": "2 1/min"}}, "'vesicle.fuze' was unexpected"),
        ({"parameters": {"vesicle.fuse": 2}}, "2 is not of type 'string'"),
        ({"assay": {"at": []}}, "is not valid under any of the given schemas"),
        ({"bath": {"insulin": [["0 min"]]}}, "is not valid under any of the given schemas"),
        ({"bath": {"insulin": "5"}}, "is not valid under any of the given schemas"),
    ],
)
def test_typos_are_refused(table, fault):
    found = faults({"extends": "fasting", **table})
    assert len(found) == 1
    assert fault in found[0]


# ---- what it tells ----


def _entries(schema):
    """All keys with what is said of each."""
    for key, entry in schema.get("properties", {}).items():
        yield key, entry
        yield from _entries(entry)
    for entry in schema.get("$defs", {}).values():
        yield from _entries(entry)


def test_every_key_says_what_it_is():
    entries = list(_entries(SCHEMA))
    assert len(entries) > 200
    for key, entry in entries:
        of_table = SCHEMA["$defs"].get(entry.get("$ref", "").rpartition("/")[2], {})
        assert entry.get("description") or of_table.get("description"), key


def test_names_are_those_that_exist():
    definitions = SCHEMA["$defs"]
    assert definitions["CellTable"]["properties"]["preset"]["enum"] == PRESETS.names()
    assert definitions["TherapyTable"]["properties"]["drug"]["anyOf"][0]["enum"] == list(library.drugs())
    assert set(SCHEMA["properties"]["effects"]["properties"]) >= set(library.effects())
    levels = set(library.levels()) - set(library.BODY)
    assert set(SCHEMA["properties"]["hormones"]["properties"]) == levels | {"blocked", "rhythms"}
    assert set(SCHEMA["properties"]["parameters"]["properties"]) >= set(load_preset("adipocyte").parameters)


def test_defaults_are_as_they_are_written():
    run = SCHEMA["$defs"]["RunTable"]["properties"]
    assert (run["step"]["default"], run["replicates"]["default"], run["events"]["default"]) == ("0.1 s", 1, False)
    assert "default" not in run["duration"]
    assert SCHEMA["$defs"]["BathTable"]["properties"]["glucose"]["default"] == "5 mM"
    assert SCHEMA["$defs"]["CycleTable"]["properties"]["length"]["default"] == "28 d"


def test_the_command_prints_it(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["glut4sim", "scenarios", "schema"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert not stopped.value.code
    assert json.loads(capsys.readouterr().out) == SCHEMA
