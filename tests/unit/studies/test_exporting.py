"""Tables of what any study leaves: every directory that the program writes, the columns asked for, times in a unit."""

import csv
import io
import json

import numpy as np
import pytest

from glut4sim import run
from glut4sim.agents import vesicle
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.results.csv_table import write_parts
from glut4sim.sim.results.series_store import open_results
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.exporting import tables
from glut4sim.sim.studies.run import hormones
from glut4sim.sim.studies.sensitivity.sensitivity import sensitivity
from glut4sim.sim.studies.uncertainty.uncertainty import uncertainty
from tests.runs import CONTROL, brief, make_scenario


def exported(out, columns=None, time_unit=None):
    file = io.StringIO()
    count = write_parts(tables(out, columns, time_unit), file, columns)
    rows = list(csv.DictReader(io.StringIO(file.getvalue())))
    assert len(rows) == count
    return rows


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    return run(make_scenario(duration="90 s", replicates=2), tmp_path_factory.mktemp("run") / "out")


@pytest.fixture(scope="module")
def weeks(tmp_path_factory):
    """A therapy seen at 0, 14 and 112 days, which names of directories do not sort so."""
    of = CONTROL.resolved() | {
        "therapy": [{"drug": "testosterone enanthate", "dose": "100 mg", "every": "7 d", "for": "20 weeks"}],
        "assay": {"at": ["0 d", "14 d", "112 d"]},
    }
    return run(Scenario.from_table(of, "weeks"), tmp_path_factory.mktemp("assays") / "out", mean_field=True)


def test_columns_are_those_asked_for_in_their_order(ran):
    rows = exported(ran.out, ["vesicles.fused", "insulin", "vesicles.stored"])
    assert list(rows[0]) == [
        "replicate", "time [s]", "vesicles.fused [vesicles]", "insulin [nM]", "vesicles.stored [vesicles]",
    ]  # fmt: skip
    found = ran.dataset["vesicles"].sel(vesicle_state="fused").values.ravel()
    np.testing.assert_array_equal([float(row["vesicles.fused [vesicles]"]) for row in rows], found)
    states = [name for name in exported(ran.out, ["vesicles"])[0] if name.startswith("vesicles.")]
    assert states == [name for name in exported(ran.out)[0] if name.startswith("vesicles.")]
    assert len(states) == len(vesicle.State)


def test_times_are_in_the_unit_asked_for(ran):
    seconds, minutes, hours = (exported(ran.out, ["insulin"], unit) for unit in (None, "min", "h"))
    assert [row["time [min]"] for row in minutes[29:32]] == ["0.48333333333333334", "0.5", "0.5166666666666667"]
    assert [float(row["time [h]"]) for row in hours[:91]] == [n / 3600.0 for n in range(91)]
    for one, other in zip(seconds, minutes):
        assert one["insulin [nM]"] == other["insulin [nM]"]
        assert one["replicate"] == other["replicate"]
    assert exported(ran.out, ["insulin"], "s") == seconds


def test_a_comparison_is_one_table_of_all_conditions(compared):
    rows = exported(compared.out, ["akt_active"])
    alone = [exported(compared.out / one["directory"], ["akt_active"]) for one in compared.content["conditions"]]
    labels = [condition.name for condition in compared.conditions]
    together = [{"condition": label, **row} for label, part in zip(labels, alone) for row in part]
    assert rows == together
    assert list(rows[0]) == ["condition", "replicate", "time [s]", "akt_active [percent]"]
    assert alone[0] != alone[1]


def test_assays_are_one_table_in_the_order_of_their_times(weeks):
    rows = exported(weeks.out, ["surface_glut4_percent"], "min")
    assert list(dict.fromkeys(row["assay"] for row in rows)) == ["0 d", "14 d", "112 d"]
    for at, result in zip(("0 d", "14 d", "112 d"), weeks.assays):
        values = [float(row["surface_glut4_percent [percent]"]) for row in rows if row["assay"] == at]
        np.testing.assert_array_equal(values, result.dataset["surface_glut4_percent"][0])


def test_hormones_alone_have_a_row_for_each_time(tmp_path):
    result = hormones.run(Scenario.load("men/hypogonadal"), tmp_path / "out")
    rows = exported(result.out, ["testosterone"], "h")
    assert [float(row["time [h]"]) for row in rows] == pytest.approx((24.0 * result.dataset["time"].values).tolist())
    found = [float(row["testosterone [ng/dL]"]) for row in rows]
    np.testing.assert_array_equal(found, result.dataset["testosterone"])
    effect = result.dataset["effect"].values[3]
    [column] = [name for name in exported(result.out, [f"effect_factor.{effect}"])[0] if name != "time [d]"]
    assert column == f"effect_factor.{effect}"
    chunk = result.out / "hormones.zarr" / "testosterone" / "c" / "0"
    chunk.unlink()
    with pytest.raises(InputError, match=f"^{chunk}: is missing"):
        exported(result.out)


def test_draws_have_a_row_each(tmp_path):
    result = uncertainty(brief(), tmp_path / "out", draws=5, mean_field=True)
    rows = exported(result.out)
    stored = open_results(result.out).load()
    assert [row["draw"] for row in rows] == [str(n) for n in range(stored.sizes["draw"])]
    name = "akt_stimulated_percent"
    found = stored["parameters"].sel(number=name).values
    assert [float(row[f"parameters.{name}"]) for row in rows] == found.tolist()
    value = stored["value_name"].values[0]
    assert [float(row[f"value.{value}"]) for row in rows] == stored["value"].values[:, 0].tolist()


def test_an_analysis_of_sensitivity_has_a_row_for_each_run(tmp_path):
    result = sensitivity(
        brief(), out=tmp_path / "out", method="morris", trajectories=2, parameters=["vesicle.fuse"], processes=1
    )
    rows = exported(result.out, ["vesicle.fuse", "akt_stimulated_percent"])
    assert list(rows[0]) == ["run", "vesicle.fuse [1/min]", "akt_stimulated_percent [percent]"]
    assert len(rows) == open_results(result.out).sizes["run"]


@pytest.mark.parametrize("name", ["fit.json", "abc.json"])
def test_a_fit_has_a_row_for_each_of_its_values(name, tmp_path):
    """From its words alone: what a fit says of a value is said by its own tests."""
    posterior = {"median": 2.5, "low": 2.0, "high": 3.0}
    free = [
        {
            "name": "vesicle.fuse",
            "unit": "1/min",
            "value": 2.4,
            "range": [1, 9],
            "profile": None,
            "posterior": posterior,
        },
        {"name": "vesicle.dock", "unit": "1/min", "value": 0.1, "range": [0, 1], "profile": None, "posterior": None},
    ]
    (tmp_path / name).write_text(json.dumps({"free": free}))
    first, second = exported(tmp_path)
    assert (first["name"], first["unit"], first["value"], first["posterior.low"]) == (
        "vesicle.fuse",
        "1/min",
        "2.4",
        "2",
    )
    assert (second["name"], second["value"], second["posterior.low"]) == ("vesicle.dock", "0.1", "")
    assert exported(tmp_path, ["value"]) == [{"name": row["name"], "value": row["value"]} for row in (first, second)]


@pytest.mark.parametrize(
    ("columns", "unit", "message"),
    [
        (["insuline"], None, '--columns: unknown column "insuline". Did you mean "insulin"?'),
        (["vesicles.fusd"], None, 'Did you mean "vesicles.fused"?'),
        (["vesicles", "vesicles.fused"], None, "--columns: expected each column once."),
        (["time"], None, '--columns: unknown column "time".'),
        (None, "sec", '--time: unknown unit of time "sec". Allowed: d, h, min, s.'),
    ],
)
def test_what_there_is_not_is_one_line(ran, columns, unit, message):
    with pytest.raises(InputError) as caught:
        tables(ran.out, columns, unit)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_results_without_times_have_no_unit_of_time(tmp_path):
    from glut4sim.sim.studies.sweep.sweep import sweep

    result = sweep(brief(), {"bath.insulin": "1nM,2nM"}, out=tmp_path / "out", mean_field=True)
    assert [row["bath.insulin [nM]"] for row in exported(result.out, ["akt_peak_percent"])] == ["1", "2"]
    with pytest.raises(InputError, match="--time: these results have no times; leave it out"):
        tables(result.out, None, "min")


@pytest.mark.parametrize(("name", "text"), [("compare.json", "{}"), ("fit.json", "[]"), ("fit.json", '{"free": []}')])
def test_broken_results_are_one_line(name, text, tmp_path):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=r"found no (whole|values)"):
        tables(tmp_path)
