"""Doses that stand in a NONMEM-style table: read into therapies, refused where they say what no therapy can."""

import re

import pytest

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario.scenario import Scenario

HEADER = "ID,TIME,AMT,RATE,ADDL,II,CMT,EVID,DV,MDV"
TABLE = f"""{HEADER}
7,2,100,0,11,168,1,1,.,1
7,24,.,.,.,.,2,0,486.2,0
7,2500,50,25,.,.,1,1,,1
8,2,200,0,0,0,1,1,.,1
"""
SCENARIO = """extends = "men/hypogonadal"
[[therapy]]
drug = "testosterone cypionate"
doses = "doses.csv"
unit = "mg"
"""


@pytest.fixture
def load(tmp_path):
    """Loads the scenario with a table, and more lines in its therapy."""

    def load(table=TABLE, more="id = 7"):
        (tmp_path / "doses.csv").write_text(table, encoding="utf-8")
        (tmp_path / "mine.toml").write_text(SCENARIO + more, encoding="utf-8")
        return Scenario.load(tmp_path / "mine.toml")

    return load


def doses(scenario, until=200 * 86400.0):
    return [(d.time / 3600.0, d.amount, d.duration / 3600.0) for t in scenario.therapy for d in t.doses(until)]


def test_rows_are_doses(load):
    found = doses(load())
    assert found[:-1] == [(pytest.approx(2.0 + 168.0 * i), 100.0, 0.0) for i in range(12)]
    assert found[-1] == pytest.approx((2500.0, 50.0, 2.0))
    assert doses(load(more="id = 8")) == [(2.0, 200.0, 0.0)]


def test_what_is_kept_of_a_run_needs_no_table(load, tmp_path):
    scenario = load()
    (tmp_path / "doses.csv").unlink()
    again = Scenario.from_table(scenario.resolved())
    assert doses(again) == doses(scenario)


def test_times_may_be_days_and_columns_few_and_in_any_order(load):
    assert doses(load("amt,time\n# a remark\n10,0\n\n20,1.5\n", 'time = "d"')) == [(0, 10, 0), (36, 20, 0)]


@pytest.mark.parametrize(
    ("table", "more", "told"),
    [
        (TABLE, "", r"doses.csv: has doses of several ID \(7, 8\); say in the therapy which: id = 7"),
        (TABLE, "id = 9", r"doses.csv: unknown ID"),
        (TABLE, "id = 7\ndose = '1 mg'", r"mine.toml: therapy\[0\]: unknown key"),
        ("TIME,DV\n1,2\n", "", r"doses.csv: expected a first line that names the columns, AMT among them"),
        ("", "", r"doses.csv: expected a table"),
        ("TIME,AMT\n1,0\n", "", r"doses.csv: has no dose"),
        ("TIME,AMT\n1,ten\n", "", r"doses.csv: line 2.AMT: expected a number or nothing, got"),
        ("TIME,AMT,EVID\n1,10,4\n", "", r"line 2.EVID: expected 0, 1 or 2, got 4"),
        ("TIME,AMT,SS\n1,10,1\n", "", r"line 2.SS: expected no doses to a steady state"),
        ("TIME,AMT,RATE\n1,10,-2\n", "", r"line 2.RATE: expected 0 or more"),
        ("TIME,AMT,ADDL\n1,10,3\n", "", r"line 2.II: expected the time between doses"),
    ],
)
def test_what_no_therapy_can_say_is_refused_with_its_place(load, table, more, told):
    with pytest.raises(InputError) as fault:
        load(table, more)
    assert re.search(told, str(fault.value)), str(fault.value)


def test_a_table_that_is_not_there_is_named(load, tmp_path):
    load()
    (tmp_path / "doses.csv").unlink()
    with pytest.raises(InputError, match=r"mine.toml: therapy\[0\].doses: doses.csv cannot be read"):
        Scenario.load(tmp_path / "mine.toml")
