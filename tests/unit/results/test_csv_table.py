"""Tables of results: every number as it is, in pieces that do not show."""

import csv
import io

import numpy as np
import pytest
import xarray as xr

from glut4sim.sim.results import csv_table
from glut4sim.sim.results.csv_table import Part, write_csv, write_parts


def written(dataset):
    file = io.StringIO()
    rows = write_csv(dataset, file)
    return file.getvalue(), rows


@pytest.fixture
def dataset():
    numbers = np.random.default_rng(1).lognormal(0.0, 30.0, (2, 7, 3))
    numbers[1, 4:] = np.nan  # not reached
    variables = {
        "vesicles": (("replicate", "time", "vesicle_state"), numbers, {"units": "1"}),
        "insulin": (("replicate", "time"), numbers[..., 0] * 0.1, {"units": "nM"}),
        "note": (("event",), np.arange(3)),
    }
    variables["insulin"][1][0, 2] = np.nan
    coordinates = {
        "replicate": np.arange(2),
        "time": ("time", 0.1 * np.arange(7), {"units": "s"}),
        "vesicle_state": ["stored", "mobile", "fused"],
    }
    return xr.Dataset(variables, coordinates)


def test_numbers_read_back_as_they_are(dataset):
    text, count = written(dataset)
    assert text.splitlines()[0] == "replicate,time [s],insulin [nM],vesicles.stored,vesicles.mobile,vesicles.fused"
    rows = list(csv.reader(io.StringIO(text)))[1:]
    assert count == len(rows) == 7 + 4
    assert [row[:2] for row in rows[6:9]] == [["0", "0.6000000000000001"], ["1", "0"], ["1", "0.1"]]
    assert rows[2][2] == ""
    for row in rows:
        at = dataset.isel(replicate=int(row[0]), time=round(float(row[1]) / 0.1))
        assert [float(cell) for cell in row[3:]] == at.vesicles.values.tolist()
        assert row[2] == "" or float(row[2]) == at.insulin.item()


@pytest.mark.parametrize("rows", [1, 2, 3, 7, 10])
def test_pieces_do_not_show(dataset, monkeypatch, rows):
    whole, sizes, table = written(dataset), [], csv_table._table

    def watch(piece, *rest):
        sizes.append(piece.sizes["replicate"] * piece.sizes["time"])
        return table(piece, *rest)

    monkeypatch.setattr(csv_table, "ROWS", rows)
    monkeypatch.setattr(csv_table, "_table", watch)
    assert written(dataset) == whole
    assert max(sizes) <= rows
    assert sum(sizes) == 14


def test_a_grid_of_levels():
    axes = {"b": ("b", [1.5, 2.0], {"units": "nM"}), "a": ("a", [10, 20, 30]), "replicate": ("replicate", [0])}
    dataset = xr.Dataset({"n": (("b", "a", "replicate"), np.arange(6.0).reshape(2, 3, 1))}, axes)
    text, rows = written(dataset)
    lines = ["b [nM],a,replicate,n", "1.5,10,0,0", "1.5,20,0,1", "1.5,30,0,2", "2,10,0,3", "2,20,0,4", "2,30,0,5"]
    assert text.splitlines() == lines
    assert rows == 6


def test_parts_are_one_table(dataset):
    """Also where the first has nothing to tell."""
    file = io.StringIO()
    parts = [Part({"condition": name}, data) for name, data in (("none", dataset.where(False)), ("a", dataset))]
    assert write_parts(parts, file, ["insulin"]) == 7 + 4 - 1  # one has no insulin
    text, _ = written(dataset[["insulin"]])
    head, *rows = text.splitlines()
    assert file.getvalue().splitlines() == [f"condition,{head}", *(f"a,{row}" for row in rows)]
