"""The doses of a scenario as a table of events: read back they are the same, and observations are its levels."""

import csv
import io

import pytest

from glut4sim.sim.analysis.dose_table import table
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario.nonmem import COLUMNS
from glut4sim.sim.scenario.scenario import Scenario

DRUGS = {"testosterone cypionate": "mg", "gonadorelin": "ug", "anastrozole": "mg"}


@pytest.fixture(scope="module")
def scenario():
    return Scenario.load("men/trt-full-protocol", {"therapy.0.over": "6 h"})


def given(scenario):
    return {drug: [d for t in scenario.therapy if t.drug == drug for d in t.doses(168 * 86400.0)] for drug in DRUGS}


def test_what_is_written_is_read_as_the_same_doses(scenario, tmp_path):
    (tmp_path / "doses.csv").write_text(table(scenario), encoding="utf-8")
    tables = (
        f'[[therapy]]\ndrug = "{drug}"\ndoses = "doses.csv"\nunit = "{unit}"\ncmt = {number}\n'
        for number, (drug, unit) in enumerate(DRUGS.items(), 1)
    )
    (tmp_path / "again.toml").write_text('extends = "men/trt-full-protocol"\n' + "".join(tables), encoding="utf-8")
    again = given(Scenario.load(tmp_path / "again.toml"))
    for drug, doses in given(scenario).items():
        assert again[drug] == [pytest.approx(dose) for dose in doses]
        assert len(doses) > 20
    assert given(scenario)["testosterone cypionate"][0].duration == 6 * 3600.0


def test_observations_are_levels_and_drugs_by_their_names(scenario):
    rows = list(csv.DictReader(io.StringIO(table(scenario, ["testosterone", "LH", "anastrozole"], 7 * 86400.0))))
    assert tuple(rows[0]) == COLUMNS
    assert [float(row["TIME"]) for row in rows] == sorted(float(row["TIME"]) for row in rows)
    seen = [row for row in rows if row["EVID"] == "0"]
    assert {row["NAME"]: row["CMT"] for row in seen} == {
        "testosterone [ng/dL]": "4", "lh [IU/L]": "5", "anastrozole [ng/mL]": "3"
    }  # fmt: skip
    assert {row["MDV"] for row in seen} == {"0"}
    times = [168.0 * 3600.0 * week for week in range(3)]
    line = scenario.timeline(times)
    found = [float(row["DV"]) for row in seen if row["NAME"].startswith("testosterone")][:3]
    assert found == pytest.approx(line.levels["testosterone"].tolist(), rel=1e-6)


def test_what_it_has_not_is_refused(scenario):
    with pytest.raises(InputError, match="letrozole is not given in this scenario"):
        table(scenario, ["letrozole"])
    with pytest.raises(InputError, match="testostrone"):
        table(scenario, ["testostrone"])
    with pytest.raises(InputError, match="there is no therapy in it"):
        table(Scenario.load("insulin-pulse"))
    with pytest.raises(InputError, match="look less often"):
        table(scenario, ["lh"], 1.0)
