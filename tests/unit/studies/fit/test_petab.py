"""Problems in PEtab's form: its linter is content, another simulator finds the same likelihood, data are read back."""

import copy
import sys

import numpy as np
import pytest
import tomli_w

from glut4sim.sim.analysis.measurements import QUANTITIES
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model.sbml_template import identifier
from glut4sim.sim.studies.fit.objective import Objective
from glut4sim.sim.studies.fit.petab_quantities import TOLD
from glut4sim.sim.studies.fit.problem import problem_from_table

pytest.importorskip("petab")
pytest.importorskip("roadrunner")

from glut4sim.sim.studies.fit.petab_export import FILES, check, make_petab, write_petab
from glut4sim.sim.studies.fit.petab_tables import read_series
from tests.petab_roadrunner import Simulator

# of what petab asks of pandas, which we cannot change
pytestmark = pytest.mark.filterwarnings(r"ignore::DeprecationWarning:petab\.")

SAME = 1e-6  # relative
DOSES = ["0 nM", "0.3 nM", "3 nM", "100 nM"]


def points(*values, x=DOSES):
    return [[at, value, 1.0 + 0.05 * abs(value)] for at, value in zip(x, values, strict=True)]


TABLE = {
    "title": "A dose response and a time course",
    "cell": {"preset": "adipocyte"},
    "run": {"step": "0.5 s", "record_every": "5 s", "duration": "10 min"},
    "free": {
        "receptor.bind_first": {"same": ["receptor.bind_second"]},
        "vesicle.fuse": {"prior": {"log_normal": ["8 1/min", "1.5"]}},
        "vesicle.diffusion_mobile": {},
        "signalling.pten": {},
    },
    "experiments": {
        "doses": {"title": "Doses", "doses": DOSES, "rest": "30 s"},
        "pulse": {
            "title": "Pulse",
            "bath": {"insulin": [["0 s", "0 nM"], ["30 s", "10 nM"], ["5 min", "0 nM"]], "glucose": "6 mM"},
        },
    },
    "data": {
        "irs1": {
            "experiment": "doses",
            "observable": "irs1_phosphorylated",
            "points": points(2.0, 20.0, 50.0, 90.0),
            "at": "5 min",
            "scale": "free",
            "offset": "free",
        },
        "uptake": {  # the mean over a span
            "experiment": "doses",
            "observable": "tracer_transport",
            "points": points(0.0, 20.0, 50.0, 90.0),
            "at": ["2 min", "8 min"],
            "scale": "free",
            "above_rest": True,
        },
        "surface": {  # between two records, too
            "experiment": "pulse",
            "observable": "surface_glut4_percent",
            "points": points(10.0, 20.0, 22.0, 20.0, x=["0 min", "3 min", "4.02 min", "8 min"]),
        },
        "fusions": {  # since the record before
            "experiment": "pulse",
            "observable": "fusion_rate",
            "points": points(300.0, 400.0, x=["1 min", "3 min"]),
            "scale": "free",
        },
        "change": {
            "experiment": "pulse",
            "observable": "akt_active",
            "measure": "change",
            "at": "4 min",
            "since": "1 min",
            "value": 30.0,
            "sem": 10.0,
        },
        "ratio": {
            "experiment": "pulse",
            "observable": "exocytosis_rate",
            "measure": "level",
            "at": ["1 min", "3 min"],
            "relative_to": {"at": ["3 min", "6 min"]},
            "value": 3.0,
            "sem": 0.5,
        },
        "all uptake": {
            "experiment": "doses",
            "observable": "transport",
            "points": points(0.0, 2e7, 5e7, 9e7),
            "at": "8 min",
            "held_out": True,
        },
    },
}


def changed(path, value):
    """The problem with something else at a path."""
    table = copy.deepcopy(TABLE)
    *parents, key = path
    place = table
    for parent in parents:
        place = place[parent]
    place[key] = value
    return problem_from_table(table)


@pytest.fixture(scope="module")
def problem():
    return problem_from_table(TABLE)


@pytest.fixture(scope="module")
def written(problem, tmp_path_factory):
    """The directory of the problem in PEtab's form, at the first guess."""
    out = tmp_path_factory.mktemp("petab") / "problem"
    write_petab(problem, out)
    return out


@pytest.fixture(scope="module")
def simulator(written):
    return Simulator(written / "problem.yaml")


def elsewhere(problem):
    """Inner values other than the guess."""
    objective = Objective(problem)
    return np.clip(objective.guess + [0.1, -0.2, 0.15, 0.1][: len(objective.guess)], objective.low, objective.high)


def as_parameters(problem, inner, made):
    """The values, and the scales and offsets that the fit has there, by PEtab's names."""
    evaluation, rates = Objective(problem).evaluate(inner), {}
    for free, value in zip(problem.free, inner, strict=True):
        row = made.parameter_df.loc[identifier(free.name)]
        rates[identifier(free.name)] = free.outer(value) * row.upperBound / free.factor.high
    for entry in problem.fitted:
        fit = evaluation.fits[entry.name]
        rates |= {f"{what}_{identifier(entry.name)}": getattr(fit, what) for what in ("scale", "offset")}
    return evaluation.log_likelihood, {name: rates[name] for name in made.parameter_df.index}


# ---- the likelihood ----


@pytest.fixture(scope="module")
def at_other_values(problem, simulator):
    """Our log-likelihood at other values than the guess, and these by PEtab's names."""
    return as_parameters(problem, elsewhere(problem), simulator.problem)


def test_another_simulator_finds_the_same_likelihood(problem, simulator, at_other_values):
    """Also at other values, which the state of rest follows."""
    objective = Objective(problem)
    guessed = objective.evaluate(objective.guess).log_likelihood
    ours, values = at_other_values
    assert simulator.log_likelihood() == pytest.approx(guessed, rel=SAME)
    assert simulator.log_likelihood(**values) == pytest.approx(ours, rel=SAME)
    assert guessed != pytest.approx(ours, rel=1e-2)


@pytest.mark.parametrize("name", ["receptor_bind_first", "vesicle_fuse", "signalling_pten", "scale_uptake"])
def test_a_value_off_by_a_thousandth_would_be_seen(simulator, at_other_values, name):
    ours, values = at_other_values
    assert simulator.log_likelihood(**values | {name: values[name] * 1.001}) != pytest.approx(ours, rel=SAME)


def test_hormones_free_effects_and_presets_that_differ(tmp_path):
    bath = {"insulin": [["0 s", "0 nM"], ["30 s", "10 nM"]]}
    times = ["0 min", "1 min", "3 min", "8 min"]
    lipid = {"title": "Fatty acids", "scenario": "metabolic/lipid-infusion", "assay": {"at": ["2 h"]}}
    several = problem_from_table(
        {
            "cell": {"preset": "human-adipocyte"},
            "run": TABLE["run"],
            "free": {
                "receptor.bind_first": {},
                "signalling.pi3k_reference": {},
                "testosterone-pi3k.gain": {"value": "1.2", "range": ["0.1", "3"]},
            },
            "experiments": {
                "low": {"title": "Low", "hormones": {"testosterone": "5 nM"}, "bath": bath},
                "high": {"title": "High", "hormones": {"testosterone": "40 nM"}, "bath": bath},
                "diabetic": {"title": "Diabetic", "cell": {"preset": "type-2-diabetes"}, "bath": bath},
                "lipid": lipid | {"bath": {"insulin": "0.5 nM"}, "run": {"duration": "30 min"}},
            },
            "data": {
                name: {
                    "experiment": name,
                    "observable": observable,
                    "points": points(10.0, 15.0, 20.0, 30.0, x=times),
                    "scale": "free",
                }
                for name, observable in (
                    ("low", "akt_active"),
                    ("high", "surface_glut4"),
                    ("diabetic", "surface_glut4_percent"),
                )
            }
            | {
                "lipid": {
                    "experiment": "lipid",
                    "observable": "glucose_uptake_rate",
                    "points": points(40.0, 20.0, x=["10 min", "25 min"]),
                    "scale": "free",
                }
            },
        }
    )
    write_petab(several, tmp_path / "several")
    simulator = Simulator(tmp_path / "several" / "problem.yaml")
    conditions = simulator.problem.condition_df
    assert conditions.loc["lipid", "step_pi3k_at_1"] > 0.0  # hormones change in its course
    assert conditions.vesicle_glut4_copies.nunique() == 2
    ours, values = as_parameters(several, elsewhere(several), simulator.problem)
    assert simulator.log_likelihood(**values) == pytest.approx(ours, rel=SAME)
    off = values["testosterone_pi3k_gain"] * 1.01
    assert simulator.log_likelihood(**values | {"testosterone_pi3k_gain": off}) != pytest.approx(ours, rel=SAME)


def test_every_quantity_is_told_and_is_that_of_the_records(tmp_path):
    """By their values at a record and their means over a span, with the records' own as data."""
    data = {
        name: {
            "experiment": "pulse",
            "observable": name,
            "points": points(1.0, 1.0, x=["1 min", "3 min"]),
        }
        for name in QUANTITIES
    }
    everything = problem_from_table(TABLE | {"data": data})
    assert TOLD.keys() == QUANTITIES.keys()
    write_petab(everything, tmp_path / "all")
    found = Simulator(tmp_path / "all" / "problem.yaml").simulated()
    objective = Objective(everything)
    fits = objective.evaluate(objective.guess).fits
    expected = np.concatenate([fits[name].predicted for name in QUANTITIES])
    np.testing.assert_allclose(found, expected, rtol=1e-5)  # rates are differences of what is counted


# ---- the tables ----


def test_the_tables_say_what_the_problem_says(problem, simulator, written):
    made = simulator.problem
    assert {"model.xml", "conditions.tsv", "problem.yaml"} <= {path.name for path in written.iterdir()}
    conditions = made.condition_df
    assert conditions.loc["doses_4", ["insulin", "insulin_at_1", "insulin_to_1", "resting"]].tolist() == [0, 30, 100, 0]
    assert set(conditions.receptor_bind_second) == {"receptor_bind_first"}
    assert set(made.measurement_df.preequilibrationConditionId) == {"rest_1", "rest_2"}
    assert set(made.measurement_df.datasetId) == {identifier(entry.name) for entry in problem.fitted}
    fuse = made.parameter_df.loc["vesicle_fuse"]
    assert (fuse.parameterScale, fuse.estimate, fuse.objectivePriorType) == ("log10", 1, "logNormal")
    assert fuse.parameterName == "vesicle.fuse [1/s]"
    centre, width = map(float, fuse.objectivePriorParameters.split(";"))
    assert (np.exp(centre), np.exp(width)) == pytest.approx((8.0 / 60.0, 1.5))
    assert {"scale_irs1", "offset_irs1", "scale_uptake", "scale_fusions"} < set(made.parameter_df.index)


def test_data_that_share_a_scale_have_one_parameter_even_with_data_that_are_held_out():
    data = copy.deepcopy(TABLE["data"])
    data["irs1"]["held_out"] = True
    data["surface"]["scale_of"] = "irs1"
    del data["uptake"]["scale"]
    data["uptake"]["scale_of"] = "irs1"
    made = make_petab(problem_from_table(TABLE | {"data": data}))
    scales = [name for name in made.parameter_df.index if name.startswith("scale_")]
    assert scales == ["scale_irs1", "scale_fusions"]
    rows = made.measurement_df[made.measurement_df.datasetId.isin(["surface", "uptake"])]
    assert set(rows.observableParameters) == {"scale_irs1;0.0"}


def test_the_linter_would_find_a_fault(problem):
    made = make_petab(problem)
    made.parameter_df = made.parameter_df.drop("scale_irs1")
    with pytest.raises(RuntimeError, match=r"linter finds fault .*: Missing parameter.*{'scale_irs1'}$"):
        check(made)


REFUSED = [
    (("data", "change", "measure"), "half_time_rise", r'data\.change: PEtab has no measure "half_time_rise"'),
    (("data", "ratio", "relative_to"), {"experiment": "doses", "dose": "3 nM"}, "no comparison of one condition"),
    (("experiments", "doses", "doses"), DOSES[1:], "only where one of the doses is 0 nM"),
]


@pytest.mark.parametrize(("path", "value", "sentence"), REFUSED)
def test_what_petab_cannot_have_is_refused_in_a_line(path, value, sentence):
    table = copy.deepcopy(TABLE)
    if value == "half_time_rise":
        table["data"]["change"] = {k: v for k, v in table["data"]["change"].items() if k not in ("at", "since")}
        table["data"]["change"] |= {"measure": value, "until": "4 min"}
    elif path[-1] == "doses":
        table["experiments"]["doses"]["doses"] = value
        for name in ("irs1", "uptake", "all uptake"):
            table["data"][name]["points"] = table["data"][name]["points"][1:]
    else:
        table["data"]["ratio"]["relative_to"] = value
    with pytest.raises(InputError, match=sentence) as refused:
        make_petab(problem_from_table(table))
    assert str(refused.value).endswith("Hold it out.")


def test_data_beyond_the_run_are_refused_in_a_line():
    beyond = TABLE["data"]["surface"] | {"points": points(10.0, 20.0, x=["1 min", "20 min"])}
    with pytest.raises(InputError, match=r"cannot be simulated at the nominal values: data\.surface: nothing is rec"):
        make_petab(problem_from_table(TABLE | {"data": {"surface": beyond}}))


def test_single_vesicles_are_refused_in_a_line():
    seen = {"experiment": "pulse", "observable": "dwell_docked_insulin_mean_s", "value": 5.0, "sem": 1.0}
    with pytest.raises(InputError, match=r"watched: PEtab's models have no single vesicles; leave them out\.$"):
        make_petab(problem_from_table(TABLE | {"watched": {"docked": seen}}))


def test_without_petab_one_line_says_what_to_install(problem, monkeypatch):
    monkeypatch.setitem(sys.modules, "petab.v1", None)
    with pytest.raises(InputError, match=r"needs petab; install it with: pip install 'glut4sim\[fit\]'"):
        make_petab(problem)


# ---- the command ----


def test_the_command_writes_them_and_refuses_to_overwrite(written, tmp_path, glut4sim):
    (tmp_path / "problem.toml").write_text(tomli_w.dumps(TABLE))
    for status, said in ((0, ""), (2, "expected a new directory, got one that exists")):
        ended, _, err = glut4sim("export", "petab", tmp_path / "problem.toml", "--out", tmp_path / "petab")
        assert ended == status
        assert said in err
    assert {path.name for path in (tmp_path / "petab").iterdir()} == set(FILES.values())
    for name in FILES.values():
        assert (tmp_path / "petab" / name).read_bytes() == (written / name).read_bytes()


# ---- reading ----


def test_a_problem_takes_its_data_from_them(problem, written):
    """The same likelihood as with the points themselves; rows of rest that do not count are not in the tables."""
    data = copy.deepcopy(TABLE["data"])
    for name in ("irs1", "uptake"):
        del data[name]["points"]
        data[name] |= {"file": str(written / "problem.yaml"), "series": name}
    objective, again = Objective(problem), Objective(problem_from_table(TABLE | {"data": data}))
    found, expected = again.evaluate(again.guess), objective.evaluate(objective.guess)
    assert found.log_likelihood == pytest.approx(expected.log_likelihood, rel=1e-9)


def test_what_is_written_is_read_back(problem, written):
    for name, is_dose in (("irs1", True), ("uptake", True)):
        entry, found = (
            next(entry for entry in problem.data if entry.name == name),
            read_series(written / "problem.yaml", name),
        )
        assert found.is_dose == is_dose
        for values, expected in ((found.x, entry.x), (found.y, entry.y), (found.sem, entry.sem)):
            np.testing.assert_allclose(values, expected[entry.counted], rtol=1e-12)
    course = read_series(written / "problem.yaml", "data_surface_1")
    assert not course.is_dose
    np.testing.assert_allclose(course.x, [0.0, 180.0, 480.0])


FOREIGN = {
    "problem.yaml": "format_version: 1\nparameter_file: p.tsv\nproblems:\n- sbml_files: [m.xml]\n"
    "  condition_files: [c.tsv]\n  measurement_files: [m.tsv]\n  observable_files: [o.tsv]\n",
    "c.tsv": "conditionId\tdose\nlow\t0.1\nhigh\t10\n",
    "o.tsv": "observableId\tobservableFormula\tnoiseFormula\npAkt\tscale * akt\tnoiseParameter1_pAkt\nglut4\tg\t2.5\n",
    "m.tsv": "observableId\tsimulationConditionId\tmeasurement\ttime\tnoiseParameters\n"
    "pAkt\tlow\t1\t300\t0.5\npAkt\thigh\t3\t300\tsigma\n"
    "glut4\tlow\t4\t60\t\nglut4\tlow\t5\t120\t\n",
}


@pytest.fixture
def foreign(tmp_path):
    """Writes tables of another origin, some of them other than FOREIGN; returns the path of the problem."""

    def write(**changes):
        for name, text in FOREIGN.items():
            (tmp_path / name).write_text(changes.get(name.partition(".")[0], text))
        return tmp_path / "problem.yaml"

    return write


def test_tables_of_another_origin(foreign):
    doses = read_series(foreign(), "pAkt")
    assert (doses.x.tolist(), doses.y.tolist(), doses.sem, doses.is_dose) == ([0.1, 10.0], [1.0, 3.0], None, True)
    course = read_series(foreign(), "glut4")
    assert (course.x.tolist(), course.sem.tolist(), course.is_dose) == ([60.0, 120.0], [2.5, 2.5], False)


FAULTS = [
    ({}, "Akt", r'^problem\.yaml: unknown series "Akt". Did you mean "pAkt"\?'),
    ({"problem": "a: [1"}, "pAkt", "expected one problem in PEtab's form"),
    ({"problem": "problems: []"}, "pAkt", "expected one problem in PEtab's form"),
    ({"c": "conditionId\tdose\ttime\nlow\t0.1\t1\nhigh\t10\t2\n"}, "pAkt", "differ in one column, .* got dose, time"),
    ({"c": "conditionId\tdose\nlow\tmuch\nhigh\tmore\n"}, "pAkt", "expected a number in each row of the column dose"),
    (
        {
            "o": FOREIGN["o.tsv"]
            .replace("\t2.5", "\t2.5\tlog10")
            .replace("Formula\n", "Formula\tobservableTransformation\n")
        },
        "glut4",
        'expected errors that are normal, "glut4" is transformed',
    ),
]


@pytest.mark.parametrize(("changes", "name", "sentence"), FAULTS)
def test_a_fault_in_tables_is_named_in_a_line(foreign, changes, name, sentence):
    with pytest.raises(InputError, match=sentence):
        read_series(foreign(**changes), name)


def test_tables_that_are_not_there(foreign, tmp_path):
    path = foreign()
    (tmp_path / "m.tsv").unlink()
    with pytest.raises(InputError, match=r"m\.tsv cannot be read: No such file"):
        read_series(path, "pAkt")
