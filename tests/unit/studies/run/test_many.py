"""Many brief replicates: the bits of few, in few files, whatever ends the run and wherever they are computed."""

import json
from collections import Counter

import numpy as np
import pytest
import xarray as xr

from glut4sim import resume, run
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.results import layout, row_blocks
from glut4sim.sim.results import writer as writer_module
from glut4sim.sim.results.flush_policy import FlushPolicy
from glut4sim.sim.results.series_store import open_results
from glut4sim.sim.studies import tasks
from glut4sim.sim.studies.run import ensemble
from tests.runs import assert_same_results, make_scenario

N = 5


@pytest.fixture(autouse=True)
def no_figures(monkeypatch):
    """They are tested elsewhere."""
    monkeypatch.setattr(ensemble, "_draw", lambda *_: None)


def scenario(events=True):
    return make_scenario(duration="40 s", replicates=N, events=events)


@pytest.fixture(scope="module")
def apart(tmp_path_factory):
    """A run whose replicates have chunks of their own."""
    out = tmp_path_factory.mktemp("apart") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ensemble, "_draw", lambda *_: None)
        run(scenario(), out, threads=1)
    assert (out / "results.zarr" / "events" / "3").exists()
    return out


@pytest.fixture(params=[N, 2])
def together(monkeypatch, request):
    """How many replicates share a chunk: all of them, or two, of whose chunks one is in memory."""
    monkeypatch.setattr(layout, "FEW", 1)
    monkeypatch.setattr(layout, "BLOCK_BYTES", layout.bytes_of_replicate(scenario()) * request.param)
    monkeypatch.setattr(row_blocks, "OPEN", 1)
    return request.param


def files(out):
    return [path for path in (out / "results.zarr").rglob("*") if path.is_file() and path.name != "zarr.json"]


def check_chunks(out, rows):
    assert {r.parent.name for r in out.glob("results.zarr/events/*/zarr.json")}.isdisjoint(map(str, range(N)))
    assert xr.open_zarr(out / "results.zarr", chunks=None, consolidated=False).insulin.encoding["chunks"] == (rows, 41)


@pytest.mark.parametrize("batch_seconds", [1e-9, 10.0])
def test_they_are_the_same_as_apart_whatever_the_batches(apart, tmp_path, monkeypatch, together, batch_seconds):
    monkeypatch.setattr(tasks, "BATCH_SECONDS", batch_seconds)
    monkeypatch.setattr(tasks, "UNDER_WAY", 0.25)  # of which there may be one
    result = run(scenario(), tmp_path / "out", threads=2)
    assert (result.status, result.warnings) == ("complete", ())
    assert_same_results(tmp_path / "out", apart)
    check_chunks(tmp_path / "out", together)
    assert result.seconds_simulated == [40.0] * N
    assert [numbers["akt_peak_percent"] for numbers in result.replicates] == [
        numbers["akt_peak_percent"] for numbers in run(scenario()).replicates
    ]


def test_few_files_are_left(tmp_path, together):
    run(scenario(), tmp_path / "out", threads=1)
    blocks = -(-N // together)
    found = Counter(
        str(path.relative_to(tmp_path / "out" / "results.zarr")).partition("/c/")[0] for path in files(tmp_path / "out")
    )
    assert {"insulin", "vesicles", "progress/reached", "single_vesicle/dwells", "events/first"} <= found.keys()
    assert max(found.values()) <= blocks
    logs = [path for path in files(tmp_path / "out") if "/events/" in str(path)]
    assert len(logs) == 7 + 3 * blocks  # columns of the log, and the three arrays with a row for each replicate


def test_in_memory_they_are_the_same(apart, monkeypatch):
    monkeypatch.setattr(layout, "FEW", 1)
    result = run(scenario(), threads=2)
    assert result.dataset.drop_attrs().equals(open_results(apart).load().drop_attrs())
    assert result.single_vesicle.equals(open_results(apart, "single_vesicle").load())
    assert result.summary == json.loads((apart / "summary.json").read_text())


def test_processes_need_not_reach_the_store(apart, tmp_path, together):
    told = []
    result = run(scenario(), tmp_path / "out", threads=2, executor="processes", progress=lambda *c: told.append(c))
    assert (result.status, result.warnings) == ("complete", ())
    assert_same_results(tmp_path / "out", apart)
    assert told[-1] == (pytest.approx(40.0 * N), 40.0 * N)


def test_one_that_fails_leaves_the_others_and_what_it_had_reached(apart, tmp_path, monkeypatch, together):
    advance = Engine.advance

    def fail(engine, steps):
        if len(engine.receptors) == fourth and engine.time > 20.0:
            raise RuntimeError("numbers went wrong")
        return advance(engine, steps)

    fourth = len(Engine(scenario(), seed=1, replicate=3).receptors)
    monkeypatch.setattr("glut4sim.sim.studies.run.replicate.CHUNK", 64)
    with monkeypatch.context() as patch:
        patch.setattr(Engine, "advance", fail)
        result = run(scenario(), tmp_path / "out", threads=2)
    assert result.status == "failed"
    [error] = json.loads((tmp_path / "out" / "provenance.json").read_text())["errors"]
    assert (error["replicate"], error["error"]) == (3, "RuntimeError: numbers went wrong")
    assert "in fail" in error["traceback"]
    reached = np.isfinite(open_results(tmp_path / "out").insulin.values).sum(axis=1).tolist()
    assert reached[3] == int(error["seconds_simulated"] + 1e-6) + 1 > 20
    assert reached[:3] == [41] * 3
    resumed = resume(tmp_path / "out", threads=1)
    assert resumed.status == "complete"
    assert_same_results(tmp_path / "out", apart)


def interrupt_after(count):
    calls = []

    def progress(done, total):
        calls.append(done)
        if len(calls) > count:
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize("looks", [0, 2, 5])
def test_what_was_interrupted_goes_on(apart, tmp_path, monkeypatch, together, looks):
    monkeypatch.setattr("glut4sim.sim.studies.run.replicate.CHUNK", 32)
    with monkeypatch.context() as patch:
        patch.setattr(tasks, "REPORT_SECONDS", 0.0)
        with pytest.raises(KeyboardInterrupt):
            run(scenario(), tmp_path / "out", threads=2, progress=interrupt_after(looks))
    content = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert content["status"] == "interrupted"
    reached = np.isfinite(open_results(tmp_path / "out").insulin.values).sum(axis=1)
    for records, seconds in zip(reached, content["seconds_simulated"], strict=True):
        assert records == (int(seconds + 1e-6) + 1 if seconds else 0) or (records, seconds) == (1, 0.0)
    assert resume(tmp_path / "out", threads=2).status == "complete"
    assert_same_results(tmp_path / "out", apart)


def test_what_was_killed_goes_on(apart, tmp_path, monkeypatch, together):
    """After three replicates; what waits to be written is lost, what was written is not."""
    out = tmp_path / "out"
    keep, kept = writer_module.Writer.put, []

    def put(writer, replicate, piece):
        if len(kept) == 3:
            raise KeyboardInterrupt
        keep(writer, replicate, piece)
        kept.append(replicate)

    with monkeypatch.context() as patch:
        patch.setattr(writer_module, "POLICY", FlushPolicy(seconds=0.0))
        patch.setattr(writer_module.Writer, "put", put)
        for late in ("write_pieces", "finish"):  # that a killed process does not do
            patch.setattr(writer_module.Writer, late, lambda *_: None)
        with pytest.raises(KeyboardInterrupt):
            run(scenario(), out, threads=1)
    with open_results(out) as dataset:
        whole = np.isfinite(dataset.insulin.values).all(axis=1)
    assert whole.tolist() == [True] * 3 + [False] * 2
    assert json.loads((out / "provenance.json").read_text())["status"] == "running"
    assert open_results(out, "events/2").load().identical(open_results(apart, "events/2").load())
    ran, advance = set(), Engine.advance
    monkeypatch.setattr(Engine, "advance", lambda engine, n: ran.add(engine) or advance(engine, n))
    assert resume(out, threads=1).status == "complete"
    assert len(ran) == 2
    assert_same_results(out, apart)


def test_one_alone_among_many(apart, tmp_path, together):
    run(scenario(), tmp_path / "out", only=4)
    ours, theirs = (open_results(place).isel(replicate=[4]).load() for place in (tmp_path / "out", apart))
    assert ours.identical(theirs)
    assert resume(tmp_path / "out").status == "complete"
    assert_same_results(tmp_path / "out", apart)


def test_a_store_from_before_goes_on_as_it_is(apart, tmp_path, monkeypatch):
    """Many brief replicates that have chunks of their own."""
    run(scenario(), tmp_path / "out", only=2)
    monkeypatch.setattr(layout, "FEW", 1)
    assert resume(tmp_path / "out", threads=2).status == "complete"
    assert_same_results(tmp_path / "out", apart)
    assert (tmp_path / "out" / "results.zarr" / "events" / "3").exists()


@pytest.mark.parametrize(
    ("changes", "share"),
    [
        ({}, True),
        ({"run.replicates": layout.FEW}, False),
        ({"run.duration": "4 d"}, False),
        ({"cell.glucose_agents": 4_000_000}, False),
        ({"run.record_every": "0.1 s", "run.duration": "2 h"}, False),  # a chunk each
    ],
)
def test_who_shares_chunks(changes, share):
    of = scenario().replaced({"run.replicates": 1000, "run.duration": "10 min"} | changes)
    assert (layout.replicates_per_chunk(of) > 1) == share
