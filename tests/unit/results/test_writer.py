"""The result store: written piece by piece, readable at any time, labelled."""

import json
import warnings

import numpy as np
import pytest
import xarray as xr

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model.observables import OBSERVABLES, STATE_NAMES
from glut4sim.sim.results import writer as writer_module
from glut4sim.sim.results.flush_policy import FlushPolicy
from glut4sim.sim.results.series_store import open_results
from glut4sim.sim.results.writer import Writer
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.version import __version__


def make_scenario(duration="50 s", replicates=2, **run):
    return Scenario.from_table(
        {"title": "A test", "run": {"duration": duration, "record_every": "5 s", "replicates": replicates, **run}},
        "test",
    )


def make_values(start, stop, offset=0.0):
    """Records start .. stop - 1 of every observable; each holds its record's number plus the offset."""
    number = np.arange(start, stop) + offset
    return {
        o.name: number if o.dim is None else np.repeat(number[:, None], len(STATE_NAMES[o.dim]), axis=1)
        for o in OBSERVABLES
    }


def fill(writer, replicate, records, offset=0.0):
    writer.append(replicate, make_values(0, records, offset), 5.0 * (records - 1))
    writer.flush(replicate)


@pytest.fixture(params=["memory", "disk"])
def writer(request, tmp_path):
    writer = Writer(make_scenario(), None if request.param == "memory" else tmp_path / "out")
    writer.open()
    return writer


def test_record_times_are_round_and_include_the_start():
    fine = make_scenario(record_every="0.3 s", duration="0.9 s")
    assert writer_module.record_times(fine).tolist() == [0.0, 0.3, 0.6, 0.9]
    coarse = make_scenario(record_every="20 s", duration="50 s")
    assert writer_module.record_times(coarse).tolist() == [0.0, 20.0, 40.0]


def test_dataset_is_labelled(writer):
    fill(writer, 0, 11)
    fill(writer, 1, 11, offset=0.5)
    dataset = writer.dataset()
    assert set(dataset.data_vars) == {o.name for o in OBSERVABLES}
    for o in OBSERVABLES:
        assert dataset[o.name].dims == ("replicate", "time", *([o.dim] if o.dim else []))
        assert dataset[o.name].attrs == {"units": o.unit, "long_name": o.long_name}
        assert dataset[o.name].dtype == np.float64
    assert dataset.time.attrs["units"] == "s"
    assert dataset.time.values.tolist() == [5.0 * k for k in range(11)]
    assert dataset.replicate.values.tolist() == [0, 1]
    assert dataset.vesicle_state.values.tolist() == list(STATE_NAMES["vesicle_state"])
    fused = dataset.vesicles.sel(vesicle_state="fused", replicate=1)
    assert fused.sel(time=10.0).item() == 2.5
    assert dataset.attrs["title"] == "A test"
    assert dataset.attrs["seed"] == 1


def test_what_was_not_reached_is_nan(writer):
    writer.append(0, make_values(0, 3), 10.0)
    writer.append(0, None, 12.0)
    writer.append(0, make_values(3, 5), 20.0)
    writer.flush(0)
    dataset = writer.dataset()
    assert dataset.insulin.values[0, :5].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert np.isnan(dataset.insulin.values[0, 5:]).all()
    assert np.isnan(dataset.vesicles.values[1]).all()
    assert writer.seconds_simulated == [20.0, 0.0]


def test_the_store_can_be_read_while_it_is_written(tmp_path):
    """As it stands when the writer is killed: never closed, no more than flushed."""
    writer = Writer(make_scenario(), tmp_path / "out")
    writer.open()
    with xr.open_zarr(tmp_path / "out" / "results.zarr", consolidated=False) as dataset:
        assert np.isnan(dataset.insulin.values).all()
    fill(writer, 1, 4)
    with open_results(tmp_path / "out") as dataset:
        assert dataset.insulin.values[1, :4].tolist() == [0.0, 1.0, 2.0, 3.0]
        assert np.isnan(dataset.insulin.values[1, 4:]).all()
    assert json.loads((tmp_path / "out" / "provenance.json").read_text())["status"] == "running"


def test_no_warning_when_a_store_is_made_or_opened(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        writer = Writer(make_scenario(), tmp_path / "out")
        writer.open()
        xr.open_zarr(tmp_path / "out" / "results.zarr", consolidated=False).load()


def test_no_warning_of_what_a_killed_process_left_half_written(tmp_path):
    Writer(make_scenario(events=True), tmp_path / "out").open()
    (tmp_path / "out" / "results.zarr" / "zarr.json.3f2a.partial").write_text("{")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(open_results(tmp_path / "out").insulin.values).all()


def test_records_are_flushed_by_number(tmp_path, monkeypatch):
    monkeypatch.setattr(writer_module, "POLICY", FlushPolicy(seconds=1e9, records=256))
    writer = Writer(make_scenario(duration="5000 s"), tmp_path / "out")
    writer.open()
    writer.append(0, make_values(0, 200), 995.0)
    assert writer.reached == 0
    writer.append(0, make_values(200, 300), 1495.0)
    np.testing.assert_array_equal(writer.series("insulin")[0, :300], np.arange(300.0))
    writer.append(0, make_values(300, 301), 1500.0)
    assert writer.reached == 300


def test_records_are_flushed_by_time_even_if_no_more_come(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(writer_module, "monotonic", lambda: clock[0])
    writer = Writer(make_scenario(), tmp_path / "out")
    writer.open()
    writer.append(0, make_values(0, 2), 5.0)
    clock[0] = 4.9
    writer.append(0, None, 6.0)
    assert writer.reached == 0
    clock[0] = 5.0
    writer.append(0, None, 7.0)
    assert writer.series("insulin")[0, :2].tolist() == [0.0, 1.0]


def test_what_is_appended_before_the_store_is_open_waits(tmp_path, monkeypatch):
    monkeypatch.setattr(writer_module, "POLICY", FlushPolicy(records=256))
    writer = Writer(make_scenario(duration="5000 s"), tmp_path / "out")
    writer.append(0, make_values(0, 300), 1495.0)
    writer.open()
    writer.append(0, make_values(300, 301), 1500.0)
    np.testing.assert_array_equal(writer.series("insulin")[0, :301], np.arange(301.0))


def test_replicates_share_no_chunk(tmp_path):
    import zarr

    Writer(make_scenario(duration="50000 s", replicates=3), tmp_path / "out").open()
    for name, array in zarr.open_group(tmp_path / "out" / "results.zarr", mode="r").arrays():
        if name in {o.name for o in OBSERVABLES}:
            assert array.chunks[:2] == (1, 4096)
            assert np.isnan(array.fill_value)


def test_an_existing_directory_is_refused_and_left_alone(tmp_path):
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(InputError, match=f"{tmp_path.name}: expected a new directory, got one that exists"):
        Writer(make_scenario(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_a_directory_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be made a directory"):
        Writer(make_scenario(), tmp_path / "file" / "out")


def test_open_results_refuses_what_is_no_result(tmp_path):
    with pytest.raises(InputError, match=r"found no results\.zarr"):
        open_results(tmp_path)
    with pytest.raises(InputError, match=r"found no results\.zarr"):
        open_results(tmp_path / "absent")


def test_the_resolved_scenario_loads_as_an_equal_one(tmp_path):
    scenario = make_scenario()
    Writer(scenario, tmp_path / "out")
    assert Scenario.load(tmp_path / "out" / "scenario.toml") == scenario


def test_provenance(tmp_path):
    writer = Writer(make_scenario(seed=3), tmp_path / "out")
    writer.open()
    fill(writer, 0, 11)
    writer.finish({"observables": {}}, "complete", [])
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert provenance["version"] == __version__
    assert provenance["seed"] == 3
    assert provenance["replicates"] == 2
    assert provenance["scenario_hash"] == writer.scenario.hash
    assert provenance["parameter_hash"] == writer.scenario.preset.hash
    assert provenance["parameter_evidence"] == writer.scenario.preset.counts()
    assert provenance["environment"].keys() == {"python", "numpy", "numba", "platform", "cpu_count"}
    assert provenance["environment"]["numpy"] == np.__version__
    assert provenance["started"] <= provenance["finished"]
    assert provenance["started"].endswith("+00:00")
    assert provenance["status"] == "complete"
    assert provenance["seconds_simulated"] == [50.0, 0.0]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "scenario.toml",
        "provenance.json",
        "results.zarr",
        "summary.json",
    }


def test_json_holds_no_nan(tmp_path):
    writer = Writer(make_scenario(), tmp_path / "out")
    with pytest.raises(ValueError, match="JSON"):
        writer.finish({"mean": float("nan")}, "complete", [])


def test_on_a_full_disk_the_provenance_is_tried_all_the_same(tmp_path, monkeypatch):
    writer, write = Writer(make_scenario(), tmp_path / "out"), writer_module.write_json

    def full(where, content):
        if where.name == "summary.json":
            raise OSError(28, "No space left on device")
        write(where, content)

    monkeypatch.setattr(writer_module, "write_json", full)
    with pytest.raises(OSError, match="No space left"):
        writer.finish({}, "failed", [])
    assert json.loads((tmp_path / "out" / "provenance.json").read_text())["status"] == "failed"


def test_on_a_full_disk_the_provenance_says_less_in_place_of_nothing(tmp_path, monkeypatch):
    writer, write = Writer(make_scenario(), tmp_path / "out"), writer_module.write_json

    def full(where, content):
        if content["errors"]:
            raise OSError(28, "No space left on device")
        write(where, content)

    monkeypatch.setattr(writer_module, "write_json", full)
    with pytest.raises(OSError, match="No space left"):
        writer.finish(None, "failed", [{"replicate": 0, "error": "OSError", "traceback": "long"}])
    assert json.loads((tmp_path / "out" / "provenance.json").read_text())["status"] == "failed"
