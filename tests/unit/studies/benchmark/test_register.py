"""The register of evidence: what a line says, what is wrong with one, and that the installed one holds all we use."""

import runpy
import tomllib

import pytest

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.studies.benchmark import clinical, conditions
from glut4sim.sim.studies.benchmark.register import BODY, BY_HAND, COLUMNS, REGISTER, find, fitted, load_register
from glut4sim.sim.studies.benchmark.suite import load_suite
from tests.support import ROOT

GOOD = (
    "a,first,a level,cells,at rest,4,2,6,%,0.5,,A,Somebody 2001,held-out",
    'b,first,a curve,cells,insulin,,,,%,,"curve.csv pip3",A,"Somebody, Else 2001",held-out',
    "c,second,a ratio,cells,insulin,2,,,1,,,C,Else 2002,adipocyte by-hand",
)


@pytest.fixture
def file(tmp_path):
    def write(*lines, columns=COLUMNS):
        path = tmp_path / "evidence.csv"
        path.write_text("\n".join([",".join(columns), *lines]) + "\n")
        return path

    return write


def test_a_line_is_a_datum(file):
    register = load_register(file(*GOOD))
    a, b, c = register.values()
    assert (a.id, a.value, a.low, a.high, a.sem, a.grade) == ("a", 4.0, 2.0, 6.0, 0.5, "A")
    assert (b.value, b.data, b.source) == (None, "curve.csv pip3", "Somebody, Else 2001")
    assert (c.fits, c.sem) == (("adipocyte", "by-hand"), None)
    assert [datum.held_out for datum in (a, b, c)] == [True, True, False]
    assert find(register, ["c", "a"]) == (c, a)
    assert (fitted([a, b]), fitted([a, c]), fitted([])) == (False, True, False)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (GOOD[0], 'line 3: this id is given twice: "a"'),
        ("d,first,q,cells,,1,,,%,,,A,S,adipocyte", 'line 3: other data of "first" had a part in other fits'),
        ("d,third,q,cells,,1,,,%,,,A,S,adipocyte held-out", "line 3: expected held-out alone"),
        ("d,third,q,cells,,1,,,%,,,A,S,", 'line 3: "fits" is missing'),
        ("d,third,q,cells,,1,,,%,,,A,,held-out", 'line 3: "source" is missing'),
        ("d,third,q,cells,,1,,,%,,,D,S,held-out", 'line 3: unknown grade "D"'),
        ("d,third,q,cells,,one,,,%,,,A,S,held-out", 'line 3: expected a number as value, got "one"'),
        ("d,third,q,cells,,9,2,6,%,,,A,S,held-out", "line 3: expected a band that holds the value"),
        ("d,third,q,cells,,4,2,,%,,,A,S,held-out", "line 3: expected a band"),
        ("d,third,q,cells,,,,,%,,,A,S,held-out", "line 3: expected a value, or where many are"),
        ("d,third,q,cells,,4,,,%,,curve.csv pip3,A,S,held-out", "line 3: expected a value, or where many are"),
    ],
)
def test_faults_are_named(file, line, message):
    with pytest.raises(InputError) as error:
        load_register(file(GOOD[0], line))
    assert "evidence.csv" in str(error.value)
    assert message in str(error.value)


def test_other_columns_are_refused(file):
    with pytest.raises(InputError, match="expected the columns id, experiment"):
        load_register(file(columns=COLUMNS[:-1]))


def test_a_register_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"evidence\.csv.*cannot be read"):
        load_register(tmp_path / "evidence.csv")


# ---- the installed one ----


@pytest.fixture(scope="module")
def register():
    return load_register()


@pytest.fixture(scope="module")
def suite():
    return load_suite("validation")


@pytest.fixture(scope="module")
def expectations():
    found = conditions.load("hormones").conditions
    return [condition.expected for condition in found if condition.expected is not None]


def test_every_check_and_every_expectation_names_its_evidence(suite, expectations):
    assert all(check.evidence for check in suite.checks)
    assert all(expected.evidence for expected in expectations)


def test_a_check_against_data_names_the_datum_that_holds_them(suite):
    told = tomllib.loads(REGISTER.with_name("validation.toml").read_text("utf-8"))["measurements"]
    for check in suite.checks:
        for measurement in check.measurements:
            if data := told[measurement.name].get("data"):
                assert data in {datum.data for datum in check.evidence}, check.id


def test_every_datum_is_used(register, suite, expectations):
    used = {datum.id for one in (*suite.checks, *load_suite("levels").checks, *expectations) for datum in one.evidence}
    used |= {number.datum.id for number in clinical.load().numbers}
    assert {datum.id for datum in register.values() if datum.held_out or set(datum.fits) == {BY_HAND}} <= used


def test_every_file_of_data_is_in_the_register_and_none_is_missing(register):
    folder = REGISTER.parent / "data"
    named = {tuple(datum.data.split(" ")) for datum in register.values() if datum.data}
    there = set()
    for path in folder.glob("*.csv"):
        head, *rows = [line.split(",") for line in path.read_text().splitlines() if line[:1] != "#"]
        there |= {(path.name, row[0]) for row in rows} if "series" in head else {(path.name, name) for name in head[1:]}
    assert named == there


def test_a_third_of_the_experiments_on_human_adipocytes_is_held_out_some_of_diabetes_among_them(register):
    data = [datum for datum in register.values() if "human_adipocyte" in datum.data]
    held = {datum.experiment for datum in data if datum.held_out}
    assert 3 * len(held) >= len({datum.experiment for datum in data})
    assert any("type 2 diabetes" in datum.system for datum in data if datum.held_out)


def test_the_page_in_docs_is_made_from_it():
    script = runpy.run_path(str(ROOT / "docs" / "evidence.py"))
    assert (ROOT / "docs" / "evidence.md").read_text("utf-8") == script["page"](), "run: python docs/evidence.py"


# ---- the problems of fits ----


def problems():
    """Name -> what its file says."""
    return {path.stem: tomllib.loads(path.read_text("utf-8")) for path in (REGISTER.parent / "fits").glob("*.toml")}


@pytest.mark.parametrize("name", problems())
def test_a_problem_is_fitted_to_the_experiments_that_name_it_and_to_no_other(register, name):
    data = problems()[name]["data"].values()
    fitted_to = {
        datum.experiment for entry in data if "held_out" not in entry for datum in find(register, entry["evidence"])
    }
    assert fitted_to == {datum.experiment for datum in register.values() if name in datum.fits}


@pytest.mark.parametrize("name", problems())
def test_what_a_problem_holds_out_is_in_no_fit(register, name):
    for key, entry in problems()[name]["data"].items():
        for datum in find(register, entry["evidence"]) if "held_out" in entry else ():
            assert set(datum.fits) <= {BY_HAND}, key


@pytest.mark.parametrize("name", problems())
def test_a_problem_takes_the_data_that_the_register_names(register, name):
    for key, entry in problems()[name]["data"].items():
        data = find(register, entry["evidence"])
        if "file" in entry:
            assert [datum.data for datum in data] == [f"{entry['file'].removeprefix('../data/')} {entry['series']}"], (
                key
            )
        else:
            assert [datum.value for datum in data] == [entry["value"]], key


def test_every_fit_in_the_register_is_a_problem(register):
    assert {name for datum in register.values() for name in datum.fits} - {BY_HAND, BODY} == set(problems())


def test_each_problem_with_data_to_spare_holds_out_a_third_of_its_experiments(register):
    few = {"skeletal-muscle", "hormones-men", "hormones-obesity", "hormones-cortisol"}  # one or two experiments in all
    for name in set(problems()) - few:
        experiments, held = set(), set()
        for entry in problems()[name]["data"].values():
            found = {datum.experiment for datum in find(register, entry["evidence"])}
            experiments |= found
            held |= found if "held_out" in entry else set()
        assert 3 * len(held) >= len(experiments), name
