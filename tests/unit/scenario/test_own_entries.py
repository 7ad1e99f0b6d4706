"""Levels, drugs and effects of a scenario's own: from a file that it names or its own tables, wherever it is used."""

import json
import pickle
import re
import shutil
import textwrap
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from glut4sim.sim.endocrine.evidence import acting, provenance, standings
from glut4sim.sim.endocrine.known import installed
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.files import parse
from glut4sim.sim.scenario import live_changes
from glut4sim.sim.scenario.differences import NOT_SET, differences
from glut4sim.sim.scenario.editor_schema import scenario_schema
from glut4sim.sim.scenario.factors import find_factors
from glut4sim.sim.scenario.sampling import sample
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.scenario.sweep_axis import read_axis, with_levels
from glut4sim.sim.studies import running
from glut4sim.sim.studies.fit.problem import load_problem, problem_from_table

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
LIBRARY = (EXAMPLES / "my_drugs.toml").read_text("utf-8")
MINE = EXAMPLES / "own_drug.toml"
WEEKS = 12 * 7 * 86400.0


def written(folder, name, text):
    (folder / name).write_text(text)
    return folder / name


@pytest.fixture
def folder(tmp_path):
    """A folder with the library and the scenario of the how-to."""
    for path in (MINE, EXAMPLES / "my_drugs.toml"):
        shutil.copy(path, tmp_path)
    return tmp_path


def test_the_how_to_shows_the_files_that_are_tested_here():
    page = (EXAMPLES.parent / "how-to" / "own-drug.md").read_text("utf-8")
    blocks = re.findall(r"   ```toml\n(.*?)   ```", page, re.DOTALL)
    shown = [textwrap.dedent(block) for block in blocks]
    assert shown == [LIBRARY, MINE.read_text("utf-8")]
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page):
        assert (EXAMPLES.parent / "how-to" / target).exists(), target


def test_a_drug_of_ones_own_acts_through_a_hormone_of_ones_own():
    scenario = Scenario.load(MINE)
    line = scenario.timeline(np.array([0.0, WEEKS]))
    assert line.levels["adiponectin"][0] == pytest.approx(4.0, rel=1e-6)
    assert line.levels["adiponectin"][1] > 5.0
    of_level, healthy = line.levels["adiponectin"], scenario.known.levels["adiponectin"].reference["man"]
    assert line.effects["adiponectin-akt"] == pytest.approx((of_level / healthy) ** 0.3, rel=1e-3)
    without = scenario.replaced({"effects.adiponectin-akt.power": "0"}).timeline(np.array([0.0, WEEKS]))
    assert line.factors["akt"] / without.factors["akt"] == pytest.approx(line.effects["adiponectin-akt"], rel=1e-9)
    assert {"glitazone-adiponectin", "adiponectin-akt"} <= {effect.name for effect in acting(scenario)}


def test_what_is_kept_says_all_of_it_and_needs_no_other_file():
    scenario = Scenario.load(MINE)
    kept = scenario.to_toml()
    assert "library" not in parse(kept)
    again = Scenario.from_table(parse(kept), scenario.name)
    assert again.hash == scenario.hash
    assert again.to_toml() == kept
    times = np.array([0.0, WEEKS / 2])
    assert again.timeline(times).levels["adiponectin"] == pytest.approx(scenario.timeline(times).levels["adiponectin"])
    assert parse(kept)["drug"]["glitazone"]["source"] == "made up for this example"


def test_it_travels_with_the_scenario_to_wherever_that_is_computed():
    scenario = Scenario.load(MINE)
    sent = pickle.dumps(scenario)
    assert len(sent) < 30_000  # the installed library stays at home
    assert pickle.loads(sent).at_assay(WEEKS).parameter_set == scenario.at_assay(WEEKS).parameter_set


def test_installed_entries_and_scenarios_know_nothing_of_it():
    Scenario.load(MINE)
    assert "glitazone" not in installed().drugs
    assert "adiponectin" not in Scenario.load("fasting").known.levels
    with pytest.raises(InputError, match=r'therapy\[0\]\.drug: unknown drug "glitazone"'):
        Scenario.from_table({"run": {"duration": "1 h"}, "therapy": [{"drug": "glitazone", "dose": "1 mg"}]})


def test_the_provenance_tells_source_and_standing():
    scenario = Scenario.load(MINE)
    told = provenance(scenario)
    assert ("adiponectin-akt", "made up for this example") in [(e["name"], e["source"]) for e in told["effects"]]
    assert told["effects_hash"] != provenance(Scenario.load("metabolic/obesity"))["effects_hash"]
    assert "not known to us" in standings(scenario)["glitazone"]
    assert "Not medical advice." in standings(scenario)["glitazone"]
    json.dumps(told)


def test_effects_that_amplify_one_another_in_a_circle_are_refused():
    entry = {"title": "x", "power": 1, "power_range": [0, 3], "kind": "body", "source": "x", "evidence": "assumed"}
    circle = {f"{a}-{b}": entry | {"driver": a, "target": b} for a, b in (("cortisol", "ffa"), ("ffa", "cortisol"))}
    with pytest.raises(InputError, match=r"effect: hormones do not come to rest: effects amplify one another"):
        Scenario.from_table({"run": {"duration": "1 h"}, "effect": circle, "hormones": {"lipolysis": "2"}}).timeline(
            np.zeros(1)
        )


# ---- files ----


def test_a_child_inherits_and_changes_single_keys(folder):
    child = Scenario.load(
        written(folder, "child.toml", 'extends = "own_drug.toml"\n[drug.glitazone]\nvolume = "34 L"\n')
    )
    parent = Scenario.load(folder / "own_drug.toml")
    assert child.known.drugs["glitazone"].kinetics.scale == parent.known.drugs["glitazone"].kinetics.scale / 2
    assert child.description.endswith("twelve weeks of a drug of one's own\": drug.glitazone.")
    assert [(d.path, d.values) for d in differences([parent, child])] == [("drug.glitazone.volume", ("17 L", "34 L"))]


def test_tables_in_the_scenario_itself_do_as_well(folder):
    text = (folder / "own_drug.toml").read_text().replace('library = "my_drugs.toml"', "")
    inline = Scenario.load(written(folder, "inline.toml", f"{text}\n{LIBRARY}"))
    assert inline.hash == Scenario.load(folder / "own_drug.toml").hash


def test_several_libraries_and_their_folder(folder):
    (folder / "lib").mkdir()
    hormone, rest = LIBRARY.partition("[drug.")[0], "[drug." + LIBRARY.partition("[drug.")[2]
    written(folder / "lib", "hormones.toml", hormone)
    written(folder / "lib", "drugs.toml", rest)
    text = (folder / "own_drug.toml").read_text()
    several = text.replace('"my_drugs.toml" ', '["lib/hormones.toml", "lib/drugs.toml"] ')
    assert Scenario.load(written(folder, "two.toml", several)).hash == Scenario.load(folder / "own_drug.toml").hash
    written(folder / "lib", "drugs.toml", LIBRARY)
    with pytest.raises(InputError) as caught:
        Scenario.load(folder / "two.toml")
    place = folder / "lib" / "drugs.toml"
    assert str(caught.value) == f"{place}: hormone.adiponectin: is in {folder}/lib/hormones.toml as well."


FAULTS = {
    'man = "6 ug/mL"': ('man = "6 mmHg"', "hormone.adiponectin.man: expected a value in ug/mL, got"),
    'woman = "9 ug/mL"': ('woman = "0 ug/mL"', "hormone.adiponectin.woman: expected a value above 0"),
    'unit = "ug/mL"': ('unit = "ug/mLL"', 'hormone.adiponectin.unit: expected a unit such as "ng/mL", got "ug/mLL"'),
    'half_life = "2.5 h"': ('half_life = "0 h"', "hormone.adiponectin.half_life: expected a time above 0 s"),
    'source = "made up for this example"\nevidence = "assumed"\n\n[drug': (
        'evidence = "assumed"\n\n[drug', 'hormone.adiponectin: "source" is missing',
    ),
    'evidence = "assumed"\n\n[effect.g': ('evidence = "sure"\n\n[effect.g', "drug.glitazone.evidence: expected"),
    'unit = "ng/mL" ': ('delivers = "adiponektin" ', 'drug.glitazone.delivers: unknown level "adiponektin". Did'),
    'volume = "17 L"': ('volume = "0 L"', "drug.glitazone.volume: expected a volume above 0"),
    'dose = "30 mg" ': ('dose = "30 nmol" ', "drug.glitazone.dose: expected a dose that makes a concentration in"),
    'elimination_half_life = "5 h"': ("", "drug.glitazone.elimination_half_life: expected a time such as"),
    'driver = "glitazone"': ('driver = "glitazon"', 'unknown level or drug "glitazon". Did you mean "glitazone"?'),
    'target = "akt"': ('target = "aktt"', 'effect.adiponectin-akt.target: unknown level or step of the cell "aktt"'),
    'half = "300 ng/mL"': ('half = "300 h"', "effect.glitazone-adiponectin.half: expected a value of a glitazone"),
    "gain_range = [1, 3]": ("", 'effect.glitazone-adiponectin: "gain_range" is missing'),
    "[hormone.adiponectin]": ("[hormone.GH]", 'hormone.GH: "GH" is the name of an installed level already; set its'),
    "[drug.glitazone]": ("[drug.anastrozole]", 'drug.anastrozole: "anastrozole" is the name of an installed drug'),
    "[effect.adiponectin-akt]": ("[effect.ffa-pi3k]", "change its numbers in [effects] (a gain of 0 silences it), or"),
    'title = "A glitazone"': ('titel = "A glitazone"', 'drug.glitazone: unknown key "titel". Did you mean "title"?'),
}  # fmt: skip


@pytest.mark.parametrize("old", FAULTS)
def test_a_fault_is_one_line_that_names_library_entry_and_key(folder, old):
    new, said = FAULTS[old]
    assert old in LIBRARY
    path = written(folder, "my_drugs.toml", LIBRARY.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        Scenario.load(folder / "own_drug.toml")
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"hormone": {"insulin": {}}}, 'hormone.insulin: "title" is missing'),
        ({"hormone": 5}, "hormone: expected a table, got 5."),
        ({"drug": {"x": 5}}, "drug.x: expected a table, got 5."),
    ],
)
def test_what_is_no_entry(table, said):
    with pytest.raises(InputError, match=said.replace(".", r"\.")):
        Scenario.from_table({"run": {"duration": "1 h"}, **table})


@pytest.mark.parametrize("name", ["insulin", "glucose", "time", "akt", "glut4_factor", "blocked", "free fatty acids"])
def test_names_that_mean_something_else_are_refused(name):
    entry = parse(LIBRARY)["hormone"]["adiponectin"]
    with pytest.raises(InputError, match=r"is the name of .* already"):
        Scenario.from_table({"run": {"duration": "1 h"}, "hormone": {name: entry}})


def test_the_menstrual_cycle_is_that_of_installed_levels():
    entry = parse(LIBRARY)["hormone"]["adiponectin"] | {"rhythm": "cycle"}
    with pytest.raises(InputError, match=r'hormone\.x\.rhythm: expected "pulses" or "day"'):
        Scenario.from_table({"run": {"duration": "1 h"}, "hormone": {"x": entry}})
    daily = {"run": {"duration": "1 h"}, "hormone": {"x": entry | {"rhythm": "day"}}, "hormones": {"rhythms": ["X"]}}
    assert Scenario.from_table(daily).hormones.rhythms == ("x",)


@pytest.mark.parametrize(
    ("library", "said"),
    [
        ('"nowhere.toml"', "mine.toml: library: there is no library"),
        ("5", "mine.toml: library: expected the path or address of a library, got 5."),
        ('["my_drugs.toml", ""]', "mine.toml: library[1]: expected the path or address of a library"),
        ('"own_drug.toml"', 'own_drug.toml: unknown table of a library "extends".'),
    ],
)
def test_what_is_no_library(folder, library, said):
    path = written(folder, "mine.toml", f'extends = "fasting"\nlibrary = {library}\n')
    with pytest.raises(InputError) as caught:
        Scenario.load(path)
    assert said in str(caught.value)


def test_the_command_line_cannot_name_a_library():
    with pytest.raises(InputError, match="only a file can name a library"):
        Scenario.load("fasting", {"library": "x.toml"})


# ---- wherever scenarios are used ----


def test_by_hand_and_in_sweeps(folder):
    by_hand = {"drug.glitazone.volume": "34 L", "hormones.acrp30": "5 ug/mL"}
    scenario = Scenario.load(MINE, by_hand).at_assay(WEEKS)
    assert parse(scenario.to_toml())["drug"]["glitazone"]["volume"] == "34 L"
    assert scenario.hormones.levels["adiponectin"].values == (5.0,)
    for path, text, unit in (
        ("hormones.Acrp30", "2ug/mL,4000ng/mL", "ug/mL"),
        ("effects.adiponectin-akt.power", "0.1,0.2", "1"),
        ("therapy.0.dose", "15mg,0.06g", "mg"),
    ):
        axis = read_axis(scenario, path, text)
        assert axis.unit == unit
        assert with_levels(scenario, {axis: axis.levels[1]}).hash != scenario.hash
    assert read_axis(scenario, "hormones.Acrp30", "2ug/mL,4000ng/mL").levels == (2.0, 4.0)
    assert scenario.replaced({"therapy.0.dose": "60 mg"}).therapy[0].amount == 60.0


def test_its_ranges_are_drawn_from():
    scenario = Scenario.load(MINE).at_assay(WEEKS)
    factors = {factor.name: factor for factor in find_factors(scenario)[0]}
    assert (factors["adiponectin-akt.power"].low, factors["adiponectin-akt.power"].high) == (0.0, 0.6)
    drawn = sample([scenario], 4, seed=1).draws[0]
    assert {"adiponectin-akt.power", "glitazone-adiponectin.gain"} <= set(drawn.names)
    power = drawn.values[2, drawn.names.index("adiponectin-akt.power")]
    assert drawn.scenario(scenario, 2).known.override(drawn.scenario(scenario, 2).effects)[
        "adiponectin-akt"
    ].power == pytest.approx(power)


def test_beside_one_that_lacks_it():
    mine, other = Scenario.load(MINE).at_assay(0.0), Scenario.load("metabolic/obesity").at_assay(0.0)
    found = {one.path: one.values for one in differences([mine, other])}
    assert found["drug.glitazone"] == ("A glitazone", NOT_SET)
    assert found["effect.adiponectin-akt"] == ("Adiponectin raises the phosphorylation of Akt", NOT_SET)
    assert found["therapy.glitazone"][0].startswith("30 mg every 1 d, from 14 h")


def test_sliders_know_it():
    scenario = Scenario.load(MINE).at_assay(0.0)
    assert live_changes.kind("adiponectin", scenario.known).unit == "ug/mL"
    assert live_changes.changed(scenario, "adiponectin", 8.0, 60.0).hormones.levels["adiponectin"].values[-1] == 8.0


def test_editors_take_it(folder):
    check = jsonschema.Draft202012Validator(scenario_schema())
    for name in ("own_drug.toml", "kept.toml"):
        if name == "kept.toml":
            written(folder, name, Scenario.load(MINE).to_toml())
        assert not list(check.iter_errors(parse((folder / name).read_text())))
    faulty = parse((folder / "kept.toml").read_text())
    del faulty["drug"]["glitazone"]["source"]
    assert [error.message for error in check.iter_errors(faulty)] == ["'source' is a required property"]


# ---- in runs and fits ----


def test_a_run_goes_on_without_the_file(folder, tmp_path):
    small = {"cell.vesicles": "20", "cell.receptors": "20", "cell.glucose_agents": "20", "run.duration": "1 min"}
    scenario = Scenario.load(
        folder / "own_drug.toml",
        small | {"bath.insulin": '[["0 s", "1 nM"]]', "run.record_every": "30 s", "run.replicates": "1"},
    )
    done = running.run(scenario.at_assay(WEEKS), tmp_path / "run", threads=1)
    shutil.rmtree(folder / "lib", ignore_errors=True)
    (folder / "my_drugs.toml").unlink()
    again = running.resume(tmp_path / "run", threads=1)
    assert again.scenario == done.scenario
    assert Scenario.load(tmp_path / "run" / "scenario.toml") == done.scenario


PROBLEM = """
title = "How much adiponectin does"
library = "my_drugs.toml"
[free."adiponectin-akt.power"]
[experiments.low]
title = "Low adiponectin"
cell = { preset = "skeletal-muscle", vesicles = 100, receptors = 100, glucose_agents = 100 }
run = { duration = "20 min", record_every = "1 min" }
bath = { insulin = [["0 s", "0 nM"], ["5 min", "1 nM"]] }
scenario = "metabolic/obesity"
hormones = { Acrp30 = "2 ug/mL", "Free fatty acids" = "0.7 mEq/L" }
[data.akt]
experiment = "low"
observable = "akt_active"
measure = "level"
at = "15 min"
value = 0.1
sem = 0.02
source = "made up"
"""


def test_a_problem_names_a_library_and_fits_its_effect(folder):
    problem = load_problem(written(folder, "problem.toml", PROBLEM))
    (free,) = problem.free
    assert (free.name, free.factor.low, free.factor.high) == ("adiponectin-akt.power", 0.0, 0.6)
    kept = problem_from_table(parse(problem.to_toml()))
    low, high = (problem.at(kept.experiments["low"].scenarios[0], np.array([x])) for x in (0.1, 0.5))
    assert low.parameter_set != high.parameter_set
    assert "library" not in problem.table
