"""Suite files: what they say, and what is wrong with them."""

from pathlib import Path

import pytest

import glut4sim
from glut4sim.sim.endocrine import library
from glut4sim.sim.endocrine.evidence import effects_hash
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model.parameters import load_preset
from glut4sim.sim.studies.benchmark.suite import SUITES, load_suite, says_conditions, says_numbers

GOOD = """
title = "A small suite"
[defaults]
cell = { vesicles = 50, receptors = 50, glucose_agents = 10 }
run = { duration = "4 min", record_every = "10 s", replicates = 3 }
[experiments.pulse]
title = "A pulse"
bath.insulin = [["0 min", "0 nM"], ["1 min", "100 nM"], ["2 min", "0 nM"]]
[experiments.doses]
title = "Doses"
doses = ["0 nM", "1 nM", "100 nM"]
rest = "30 s"
cell.preset = "human-adipocyte"
[measurements]
surface = { measure = "level", experiment = "pulse", observable = "surface_glut4_percent", at = "2 min" }
akt = { measure = "level", experiment = "doses", observable = "akt_active", dose = "1 nM", at = ["1 min", "2 min"] }
[measurements.curve]
measure = "rms_deviation"
experiment = "pulse"
observable = "pip3"
data = "curve.csv pip3"
figure = "curves"
[measurements.points]
measure = "chi_square"
experiment = "doses"
observable = "pip3"
at = "1 min"
data = "points.csv a"
scaling = "factor"
[[checks]]
id = "A1"
group = "Numbers"
quantity = "Surface GLUT4"
measurement = "surface"
expect = [2, 6]
unit = "%"
source = "somebody 2001"
[[checks]]
id = "A2"
group = "Numbers"
quantity = "A ratio"
measurement = "akt"
relative_to = "surface"
expect = [1, inf]
source = "somebody else 2002"
evidence = ["other"]
known_failure = "it cannot"
"""
REGISTER = """id,experiment,quantity,system,condition,value,low,high,unit,sem,data,grade,source,fits
one,first,a level,cells,at rest,4,2,6,%,,,A,somebody 2001,held-out
other,second,a ratio,cells,insulin,2,,,1,,,B,somebody else 2002,adipocyte
"""
CURVE = "# A curve, from somewhere\ntime_min,pip3\n0,0.3\n1,3.1\n"
POINTS = "# Points, from elsewhere\nseries,insulin_nM,value,sem\na,0,0,0\na,1,50,5\na,100,100,3\nb,1,2,3\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "evidence.csv").write_text(REGISTER)
    (tmp_path / "data" / "curve.csv").write_text(CURVE)
    (tmp_path / "data" / "points.csv").write_text(POINTS)
    return tmp_path


def read(folder, text=GOOD, **changes):
    path = folder / "small.toml"
    path.write_text(text)
    return load_suite(path, changes)


def test_a_suite_says_what_its_file_says(folder):
    suite = read(folder)
    assert (suite.name, suite.title) == ("small", "A small suite")
    pulse, doses = suite.experiments["pulse"], suite.experiments["doses"]
    assert (pulse.step, pulse.washout, pulse.doses) == (60.0, 120.0, ())
    assert (doses.step, doses.washout, doses.doses) == (30.0, None, (0.0, 1.0, 100.0))
    assert [s.bath.insulin.values for s in doses.scenarios] == [(0.0,), (0.0, 1.0), (0.0, 100.0)]
    assert doses.preset.name == "human-adipocyte"
    first, second = suite.checks
    assert (first.id, first.expect, first.unit, first.fitted, first.known_failure) == ("A1", (2.0, 6.0), "%", False, "")
    assert first.measurement.arguments == {"at": (120.0, 120.0)}
    assert second.measurement.arguments == {"at": (60.0, 120.0)}
    assert (second.measurement.dose, second.compare) == (1.0, "ratio")
    assert [other.name for other in second.relative_to] == ["surface"]
    assert (second.expect[1], second.fitted, second.known_failure) == (float("inf"), True, "it cannot")
    assert suite.presets_of(second) == ("human-adipocyte", "adipocyte")
    assert (first.evidence, [datum.id for datum in second.evidence]) == ((), ["other"])


def test_a_check_had_a_part_in_a_fit_if_any_of_its_data_had(folder):
    both = read(folder, GOOD.replace('evidence = ["other"]', 'evidence = ["one", "other"]')).checks[1]
    none = read(folder, GOOD.replace('evidence = ["other"]', 'evidence = "one"')).checks[1]
    assert (both.fitted, none.fitted) == (True, False)


def test_data_are_read_with_their_units(folder):
    extra = '[[checks]]\nid="A3"\ngroup="N"\nquantity="Q"\nmeasurement="{}"\nexpect=[0,2]\nsource="S"\n'
    curve = read(folder, GOOD + extra.format("curve")).checks[-1].measurement
    assert (list(curve.data.x), list(curve.data.y), curve.data.sem, curve.figure) == (
        [0, 60],
        [0.3, 3.1],
        None,
        "curves",
    )
    points = read(folder, GOOD + extra.format("points")).checks[-1].measurement.data
    assert points.is_dose
    assert [list(column) for column in points[:3]] == [[0, 1, 100], [0, 50, 100], [0, 5, 3]]


def test_changes_reach_every_scenario(folder):
    suite = read(folder, run={"replicates": 2, "seed": 7}, cell={"vesicles": 20})
    for experiment in suite.experiments.values():
        for scenario in experiment.scenarios:
            assert (scenario.run.replicates, scenario.run.seed, scenario.cell.vesicles) == (2, 7, 20)
            assert scenario.cell.receptors == 50


def test_some_checks_need_only_their_experiments(folder):
    suite = read(folder).only(lambda check: check.id == "A1")
    assert [check.id for check in suite.checks] == ["A1"]
    assert list(suite.experiments) == ["pulse"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "A pulse"', 'titel = "A pulse"', 'experiments.pulse: unknown key "titel". Did you mean "title"?'),
        (
            'title = "A pulse"',
            'title = "A pulse"\nparameters = { "vesicle.fuse" = "2 1/min" }',
            'experiments.pulse: unknown table "parameters"',
        ),
        ('title = "A pulse"\n', "", 'experiments.pulse: "title" is missing.'),
        (
            'figure = "curves"',
            'figure = "../../elsewhere/x"',
            "measurements.curve: figure: expected a name of up",
        ),
        (
            'unit = "%"',
            'unit = "%"\nfigure = "/tmp/x"',
            "checks[0]: figure: expected a name of up",
        ),
        ('"100 nM"], ["2 min"', '"100 mM/s"], ["2 min"', "experiments.pulse: bath.insulin[1][1]: expected an insulin"),
        ('cell.preset = "human-adipocyte"', 'cell.preset = "human"', 'cell.preset: unknown preset "human"'),
        ('rest = "30 s"\n', "", 'experiments.doses: "rest" and "doses" go together'),
        (
            'doses = ["0 nM", "1 nM", "100 nM"]',
            'doses = ["0 nM", "1 min"]',
            "experiments.doses: doses[1]: expected an ins",
        ),
        (
            'measure = "level", experiment = "pulse"',
            'measure = "levle", experiment = "pulse"',
            'unknown measure "levle"',
        ),
        (
            'experiment = "pulse", observable = "surf',
            'experiment = "puls", observable = "surf',
            'unknown experiment "puls"',
        ),
        (
            'observable = "surface_glut4_percent"',
            'observable = "surface"',
            "measurements.surface: observable: unknown obs",
        ),
        ('at = "2 min" }', 'at = "2 nM" }', "measurements.surface: at: expected a time"),
        ('at = ["1 min", "2 min"]', 'at = ["2 min", "1 min"]', "measurements.akt: at: expected two ascending times"),
        (', at = "2 min" }', " }", 'measurements.surface: "at" is missing'),
        ('dose = "1 nM"', 'dose = "2 nM"', "measurements.akt: dose: expected one of the doses"),
        ('scaling = "factor"', 'scaling = "none"', 'measurements.points: scaling: unknown scaling "none"'),
        ('data = "curve.csv pip3"', 'data = "curves.csv pip3"', "measurements.curve: data: curves.csv cannot be read"),
        ('data = "curve.csv pip3"', 'data = "curve.csv pip2"', 'data: unknown column "pip2"'),
        ('data = "points.csv a"', 'data = "points.csv c"', 'data: points.csv has no series "c"'),
        ('experiment = "doses"\nobservable = "pip3"', 'experiment = "pulse"\nobservable = "pip3"', "with doses"),
        ('measurement = "surface"', 'measurement = "surf"', 'checks[0]: measurement: unknown measurement "surf"'),
        ("expect = [2, 6]", "expect = [6, 2]", "checks[0]: expect: expected two ascending numbers"),
        ("expect = [2, 6]", "expect = [2, nan]", "checks[0]: expect: expected two ascending numbers"),
        ("expect = [2, 6]", 'expect = [2, "6"]', "checks[0]: expect: expected two ascending numbers"),
        ('["other"]', '["othr"]', 'checks[1]: evidence: unknown datum "othr". Did you mean "other"?'),
        ('["other"]', "[2]", "checks[1]: evidence[0]: expected"),
        ('source = "somebody 2001"\n', "", 'checks[0]: "source" is missing'),
        ('id = "A2"', 'id = "A1"', 'checks[1].id: this id is given twice: "A1"'),
        (
            'relative_to = "surface"',
            'relative_to = ["surface", "akt"]',
            'relative_to: expected 1 measurement(s) for "rat',
        ),
        ('relative_to = "surface"', 'compare = "percent change"', "relative_to: expected 1 measurement(s)"),
        ('relative_to = "surface"', 'compare = "percent"', 'compare: unknown comparison "percent"'),
        ("expect = [2, 6]", 'expect = [2, 6]\npublished = "4"', "checks[0]: published: expected a finite number"),
        (
            'at = "2 min" }',
            'at = "2 min", during = "1 min" }',
            "measurements.surface: during: expected this only where",
        ),
    ],
)
def test_faults_are_named(folder, old, new, message):
    assert GOOD.count(old) >= 1
    with pytest.raises(InputError) as error:
        read(folder, GOOD.replace(old, new, 1))
    text = str(error.value)
    assert text.startswith(f"{folder / 'small.toml'}: ")
    assert message.replace(": ", "").replace(".", "") in text.replace(": ", "").replace(".", "")
    assert "\n" not in text


# ---- hormones ----

HORMONES = """
[defaults]
cell = { vesicles = 50, receptors = 50, glucose_agents = 10 }
run = { duration = "1 min", record_every = "10 s" }
[experiments.clamp]
title = "A clamp"
bath.insulin = "0.5 nM"
[experiments.weeks]
title = "A clamp now and then"
scenario = "men/trt"
assay.at = ["0 d", "2 weeks"]
bath.insulin = "0.5 nM"
[experiments.levels]
title = "Levels"
scenario = "men/trt"
timeline = true
until = "4 weeks"
every = "6 h"
[measurements]
clamp = { measure = "level", experiment = "clamp", observable = "transport", at = ["0 s", "60 s"] }
later = { measure = "change", experiment = "weeks", observable = "transport", at = "2 weeks", during = "30 s" }
peak = { measure = "peak_to_trough", experiment = "levels", observable = "testosterone", at = ["3 weeks", "4 weeks"] }
[[checks]]
id = "A1"
group = "Hormones"
quantity = "Uptake"
measurement = "later"
expect = [0, 50]
published = 32
source = "somebody 2001"
whole_body = true
figure = "effects"
[[checks]]
id = "A2"
group = "Hormones"
quantity = "Uptake, compared"
measurement = "later"
relative_to = ["later", "clamp"]
compare = "percent rescued"
expect = [0, 50]
source = "somebody 2001"
[[checks]]
id = "A3"
group = "Hormones"
quantity = "Peak"
measurement = "peak"
expect = [1, 2]
source = "somebody 2001"
"""


def test_an_experiment_may_be_a_clamp_a_series_of_assays_or_hormones_alone(folder):
    suite = read(folder, HORMONES)
    clamp, weeks, levels = suite.experiments.values()
    assert (clamp.step, clamp.washout, clamp.assays, clamp.timeline) == (None, None, (), ())
    assert weeks.assays == (0.0, 14 * 86400.0)
    assert [scenario.assay.at for scenario in weeks.scenarios] == [(0.0,), (14 * 86400.0,)]
    assert weeks.scenarios[0].therapy[0].drug == "testosterone cypionate"
    assert weeks.scenarios[0].cell.vesicles == 50
    assert (len(levels.timeline), levels.timeline[1], levels.timeline[-1]) == (113, 21600.0, 28 * 86400.0)
    assert {"testosterone", "testosterone cypionate", "pi3k"} <= set(levels.observables)
    assert "anastrozole" not in levels.observables  # it is not given
    change, rescued, peak = suite.checks
    assert (change.whole_body, change.published, change.figure, peak.whole_body) == (True, 32.0, "effects", False)
    assert (change.measurement.during, change.measurement.arguments) == ((30.0, 30.0), {"at": (1209600.0, 1209600.0)})
    assert [m.name for m in rescued.measurements] == ["later", "later", "clamp"]
    assert [suite.presets_of(check) for check in suite.checks] == [
        ("skeletal-muscle",),
        ("skeletal-muscle", "adipocyte"),
        (),
    ]


def test_hormone_tables_of_an_experiment_reach_its_scenario(folder):
    text = HORMONES.replace(
        'title = "A clamp"',
        """title = "A clamp"
therapy = [{ drug = "lipid emulsion", dose = "10 g" }]
body.sex = "woman"
cycle.length = "30 d"
hormones.blocked = ["AR"]
effects = { "ffa-pi3k.gain" = -0.5 }""",
    )
    scenario = read(folder, text, effects={"cortisol-pi3k.gain": 0}).experiments["clamp"].scenarios[0]
    assert (scenario.body.sex, scenario.cycle.length, scenario.hormones.blocked) == ("woman", 30 * 86400.0, ("AR",))
    assert scenario.therapy[0].drug == "lipid emulsion"
    assert scenario.effects == {"ffa-pi3k.gain": "-0.5", "cortisol-pi3k.gain": "0"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('every = "6 h"\n', "", 'experiments.levels: "every" and "timeline" go together'),
        ("timeline = true\n", "", 'experiments.levels: "until" and "timeline" go together'),
        ('every = "6 h"', 'every = "1 s"', "experiments.levels.every: expected a time from 24.192 s to"),
        ('every = "6 h"', 'every = "6 h"\ndoses = ["1 nM"]\nrest = "1 s"', "levels.doses: expected hormones alone"),
        (
            'scenario = "men/trt"\nassay',
            'scenario = "men/tr"\nassay',
            'experiments.weeks: scenario: unknown scenario "men/tr"',
        ),
        (
            'assay.at = ["0 d", "2 weeks"]',
            'assay.at = ["0 d", "0 d"]',
            "experiments.weeks: assay.at[1]: expected a time",
        ),
        (
            'observable = "testosterone"',
            'observable = "transport"',
            "measurements.peak: observable: unknown observable",
        ),
        (
            'observable = "transport", at = ["0 s"',
            'observable = "lh", at = ["0 s"',
            'clamp: observable: unknown observable "lh"',
        ),
        (
            'measure = "level", experiment = "clamp", observable = "transport", at = ["0 s", "60 s"]',
            'measure = "basal", experiment = "clamp", observable = "transport"',
            "measurements.clamp: experiment: expected one whose insulin rises some time after the start",
        ),
        (
            'measurement = "peak"',
            'measurement = "peak"\nrelative_to = "clamp"',
            "checks[2]: relative_to: expected cells or",
        ),
        ("whole_body = true", "whole_body = 1", "checks[0]: whole_body: expected true or false"),
    ],
)
def test_faults_about_hormones_are_named(folder, old, new, message):
    assert HORMONES.count(old) == 1
    with pytest.raises(InputError) as error:
        read(folder, HORMONES.replace(old, new))
    assert message.replace(": ", ".").replace(".", "") in str(error.value).replace(": ", ".").replace(".", "")


def test_a_knock_out_is_a_scenario_and_no_table_of_an_experiment(folder):
    (folder / "other.toml").write_text('run.duration = "1 min"\nparameters = { "vesicle.fuse" = "0 1/min" }\n')
    suite = read(folder, HORMONES.replace('"men/trt"\nassay', f'"{folder / "other.toml"}"\nassay'))
    fuse = {name: e.scenarios[0].parameter_set.vesicle.fuse for name, e in suite.experiments.items() if e.scenarios}
    assert sorted(value == 0.0 for value in fuse.values()).count(True) == 1
    with pytest.raises(InputError, match="parameters"):
        read(folder, HORMONES.replace('scenario = "men/trt"\nassay', 'parameters = {}\nscenario = "men/trt"\nassay'))


def test_an_unknown_suite_is_named_with_those_that_exist():
    with pytest.raises(InputError, match=r"unknown suite.*validation"):
        load_suite("validations")


# ---- what is installed ----


def test_every_installed_suite_can_be_read():
    assert "validation" in SUITES.names()
    for name in SUITES.names():
        if not says_conditions(name) and not says_numbers(name):
            assert load_suite(name).checks


def test_every_data_file_says_where_it_is_from_and_is_used():
    folder = Path(glut4sim.__file__).parent / "benchmarks"
    register = (folder / "evidence.csv").read_text()
    for path in (folder / "data").glob("*.csv"):
        first = path.read_text().splitlines()[0]
        assert first.startswith("# ")
        assert "J Biol Chem" in path.read_text() or "Am J Physiol" in first
        assert path.name in register


def test_the_report_in_docs_is_about_this_suite_and_these_parameters():
    """If not, run `make validation`."""
    text = (Path(glut4sim.__file__).parent / "docs" / "validation.md").read_text()
    suite = load_suite("validation")
    for check in suite.checks:
        assert f"| {check.id} | {check.quantity} |" in text
        for name in suite.presets_of(check):
            assert load_preset(name).hash[:12] in text
    assert effects_hash(library.effects())[:12] in text
