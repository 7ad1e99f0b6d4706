"""The log of events: complete, exact, the same however it is taken, and on disk in pieces that survive a kill."""

import itertools
import threading
import warnings

import numpy as np
import pytest
import xarray as xr

from glut4sim import run as simulate
from glut4sim.agents import vesicle
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model import engine as engine_module
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.model.step_records import Events, StepRecords
from glut4sim.sim.results import damage, event_store
from glut4sim.sim.results import writer as writer_module
from glut4sim.sim.results.event_loop import wait_for
from glut4sim.sim.results.flush_policy import FlushPolicy
from glut4sim.sim.results.series_store import open_results
from glut4sim.sim.results.writer import Writer
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.run import replicate as one
from tests.support import small_scenario
from tests.unit.model.test_engine import assert_same_bits

PIECES = (100, 1, 7, 256, 36)
STEP = 0.5
BRISK = {"vesicle.release": "30 1/min", "vesicle.endocytose": "2 1/min", "vesicle.sort": "6 1/min"}  # more to log
JUMP = [(0.0, 0.3), (20.0, 100.0), (120.0, 3.0)]
SOURCE, TARGET = np.array(vesicle.TRANSITIONS).T


def scenario(**arguments):
    sizes = {"vesicles": 5 * vesicle.BLOCK + 100, "receptors": 300, "glucose_agents": 300}
    return small_scenario(JUMP, **sizes | {"step": STEP} | arguments)


def joined(kind, pieces):
    return kind(*map(np.concatenate, zip(*pieces, strict=True)))


def run(log=True, threads=1, of=None):
    """The engine after steps in PIECES, its trace, its events, and the vesicles' states at the start."""
    engine = Engine(of or scenario(), seed=1, threads=threads, log_events=log)
    start = engine.vesicles.state.copy()
    traces, events = zip(*((engine.advance(steps), engine.take_events()) for steps in PIECES), strict=True)
    return engine, joined(StepRecords, traces), joined(Events, events), start


@pytest.fixture(scope="module")
def logged():
    return run()


def assert_same_events(one, other):
    """The same bits, in whatever pieces the steps were taken."""
    for name, ours, theirs in zip(Events._fields, one, other, strict=True):
        np.testing.assert_array_equal(ours, theirs, err_msg=name)


def make_scenario(duration="60 s", **run):
    """A cell so small that it runs in no time, with a log."""
    return Scenario.from_table(
        {
            "title": "A test",
            "cell": {"vesicles": 400, "receptors": 300, "glucose_agents": 300},
            "bath": {"insulin": [["0 s", "1 nM"], ["20 s", "100 nM"]]},
            "run": {"duration": duration, "record_every": "1 s", "events": True, **run},
            "parameters": BRISK,
        },
        "test",
    )


def events_of(dataset):
    """A log on disk as Events."""
    dataset = dataset.load()
    position = np.stack([dataset[axis].values for axis in "xyz"], axis=1)
    return Events(*(dataset[name].values for name in ("time", "agent", "transition")), position, dataset.glut4.values)


# ---- the engine ----


def test_logging_changes_no_bit_of_a_run(logged):
    engine, trace, events, _ = logged
    quiet, quiet_trace, none, _ = run(log=False)
    assert_same_bits((engine, trace), (quiet, quiet_trace))
    assert len(events.time) > 3_000
    assert len(none.time) == 0
    assert [column.dtype for column in none] == [column.dtype for column in events]


@pytest.mark.parametrize(("capacity", "threads"), [(8, 1), (8, 2), (1, 3), (2**14, 2), (2**14, 3)])
def test_room_in_the_log_and_threads_change_nothing(logged, monkeypatch, capacity, threads):
    monkeypatch.setattr(engine_module, "LOG_CAPACITY", capacity)
    engine, trace, events, _ = run(threads=threads)
    assert_same_bits((engine, trace), logged[:2])
    assert_same_events(events, logged[2])


def test_taking_events_seldom_gives_the_same(logged):
    engine = Engine(scenario(), seed=1, log_events=True)
    engine.advance(sum(PIECES))
    assert_same_events(engine.take_events(), logged[2])
    assert len(engine.take_events().time) == 0


def test_events_replayed_from_the_start_give_every_state_and_count(logged):
    engine, trace, events, state = logged
    assert (np.diff(events.time) >= 0.0).all()
    step = np.floor(events.time / STEP).astype(int)
    fired = np.zeros((len(trace.time), len(vesicle.TRANSITIONS)), int)
    np.add.at(fired, (step, events.transition), 1)
    np.testing.assert_array_equal(fired.cumsum(axis=0), trace.vesicle_events)
    state = state.copy()
    first = 0
    for k, counts in enumerate(trace.vesicles):
        last = np.searchsorted(step, k, side="right")
        for i, j in zip(events.agent[first:last], events.transition[first:last], strict=True):
            assert state[i] == SOURCE[j]
            state[i] = TARGET[j]
        first = last
        np.testing.assert_array_equal(np.bincount(state, minlength=len(vesicle.State)), counts)
    np.testing.assert_array_equal(state, engine.vesicles.state)


def test_events_say_where_and_with_how_much_glut4(logged):
    engine, trace, events, start = logged
    p = engine.parameters.vesicle
    np.testing.assert_array_equal(events.glut4, engine.vesicles.glut4[events.agent])
    radius = np.linalg.norm(events.position.astype(float), axis=1)
    assert radius.min() >= p.inner_radius * (1.0 - 1e-6)
    from_edge = np.isin(SOURCE[events.transition], [vesicle.State.DOCKED, *vesicle.SURFACE])
    np.testing.assert_allclose(radius[from_edge], p.cell_radius, rtol=1e-6)
    tethering = events.transition == vesicle.TETHERING
    assert radius[tethering].min() >= (p.cell_radius - p.capture_distance) * (1.0 - 1e-6)
    # fusions and endocytoses carry the change of surface GLUT4
    after = np.isin(TARGET[events.transition], vesicle.SURFACE)
    sign = after.astype(int) - np.isin(SOURCE[events.transition], vesicle.SURFACE)
    before = engine.vesicles.glut4[np.isin(start, vesicle.SURFACE)].sum()
    assert before + (sign * events.glut4).sum() == trace.glut4_surface[-1]


# ---- the scenario ----


def test_the_key_is_off_by_default_and_part_of_what_a_scenario_says():
    plain, logging = Scenario.load("fasting"), Scenario.load("fasting", {"run.events": "true"})
    assert (plain.run.events, logging.run.events) == (False, True)
    assert plain.hash != logging.hash
    assert "\nevents = true\n" in logging.to_toml()
    assert logging.memory_bytes > plain.memory_bytes
    with pytest.raises(InputError, match=r"run\.events: expected true or false, got 1"):
        Scenario.load("fasting", {"run.events": "1"})


# ---- on disk ----


def test_the_log_on_disk_is_the_engines(tmp_path, monkeypatch):
    """Written in many pieces, by several threads, and the same as taken from an engine."""
    monkeypatch.setattr(writer_module, "POLICY", FlushPolicy(events=50))
    monkeypatch.setattr(event_store, "CHUNK_EVENTS", 64)
    of = make_scenario(replicates=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        simulate(of, tmp_path / "out", threads=2)
        logs = [
            xr.open_zarr(tmp_path / "out" / "results.zarr", group=f"events/{r}", consolidated=False).load()
            for r in range(3)
        ]
        series = xr.open_zarr(tmp_path / "out" / "results.zarr", consolidated=False)
    for replicate, log in enumerate(logs):
        engine = Engine(of, seed=1, replicate=replicate, log_events=True)
        np.testing.assert_array_equal(log.initial_state, engine.vesicles.state)
        engine.advance(600)
        events = engine.take_events()
        assert len(events.time) > 500
        assert_same_events(events_of(log), events)
    quiet = simulate(make_scenario(replicates=3, events=False), threads=1).dataset
    for name in quiet.data_vars:
        np.testing.assert_array_equal(series[name], quiet[name], err_msg=name)


def test_the_log_is_labelled(tmp_path):
    simulate(make_scenario(), tmp_path / "out")
    log = open_results(tmp_path / "out", "events/0")
    for name in ("time", "agent", "transition", "x", "y", "z", "glut4"):
        assert log[name].dims == ("event",)
        assert log[name].attrs["long_name"]
    assert [log[name].attrs["units"] for name in ("time", "x", "glut4")] == ["s", "um", "copies"]
    assert (log.time.dtype, log.agent.dtype, log.transition.dtype) == (np.float64, np.uint32, np.uint8)
    names = log.transition.attrs["flag_meanings"].split()
    assert names[vesicle.FUSION] == "fuse"
    assert names[vesicle.TRANSIENT_FUSION] == "fuse_transiently"
    assert log.transition.attrs["flag_values"] == list(range(len(vesicle.TRANSITIONS)))
    assert log.transition.attrs["changes"][vesicle.TETHERING] == "mobile -> tethered"
    assert log.initial_state.dims == ("vesicle",)
    assert log.initial_state.attrs["flag_meanings"].split() == [s.name.lower() for s in vesicle.State]


def test_without_the_key_there_is_no_log(tmp_path):
    result = simulate(make_scenario(events=False), tmp_path / "out")
    assert result.single_vesicle is None
    assert "single_vesicle" not in result.summary
    assert not (tmp_path / "out" / "single_vesicle.png").exists()
    with pytest.raises(InputError, match=r'no group "events/0" in results\.zarr; run with run\.events = true'):
        open_results(tmp_path / "out", "events/0")


def test_a_mean_field_has_no_events(tmp_path):
    simulate(make_scenario(), tmp_path / "out", mean_field=True)
    assert not Scenario.load(tmp_path / "out" / "scenario.toml").run.events
    assert not (tmp_path / "out" / "results.zarr" / "events").exists()


def test_a_write_that_is_cut_off_leaves_what_was_written_before(tmp_path, monkeypatch):
    """Killed when some arrays have grown and others have not: the reader sees none of that piece."""
    writer = Writer(make_scenario(), tmp_path / "out")
    writer.open()
    engine = Engine(make_scenario(), seed=1, log_events=True)
    writer.begin(0, engine.vesicles.state)
    pieces = []
    for _ in range(2):
        engine.advance(200)
        pieces.append(engine.take_events())
    writer.append_events(0, pieces[0])
    writer.flush(0)
    arrays = iter(writer._store.events._logs[0].columns.values())
    columns = event_store._columns(pieces[1])
    for array in itertools.islice(arrays, 3):
        wait_for(array.append(columns[array.basename]))
    assert_same_events(events_of(open_results(tmp_path / "out", "events/0")), pieces[0])
    for array in arrays:  # and when all have, but it is not counted yet
        wait_for(array.append(columns[array.basename]))
    assert_same_events(events_of(open_results(tmp_path / "out", "events/0")), pieces[0])
    assert damage.find(tmp_path / "out" / "results.zarr") == []


def test_events_leave_memory_as_they_reach_the_disk(tmp_path, monkeypatch):
    """However long the run: no more wait to be written than a piece of the log and the events of a block of steps."""
    monkeypatch.setattr(writer_module, "POLICY", FlushPolicy(events=200))
    monkeypatch.setattr(one, "CHUNK", 256)
    waiting, append_events = [], Writer.append_events

    def watch(writer, replicate, events):
        append_events(writer, replicate, events)
        waiting.append(sum(len(piece.time) for piece in writer._backlogs[replicate]._events))

    monkeypatch.setattr(Writer, "append_events", watch)
    of = make_scenario(duration="400 s")
    writer = Writer(of, tmp_path / "out")
    writer.open()
    one.simulate(of, 0, 1, writer, threading.Event())
    times = open_results(tmp_path / "out", "events/0").time.values
    in_a_block = np.searchsorted(times, times + one.CHUNK * of.run.step) - np.arange(len(times))
    assert max(waiting) <= 200 + in_a_block.max() < len(times) / 5
