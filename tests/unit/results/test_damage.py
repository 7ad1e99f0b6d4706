"""What is missing or damaged in a store of results is found and named, whatever it is."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import zarr
from zarr.codecs import ZstdCodec
from zarr.storage import LocalStore

from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model.observables import OBSERVABLES, STATE_NAMES
from glut4sim.sim.model.step_records import Events
from glut4sim.sim.results import damage, event_store, layout, zarr_arrays
from glut4sim.sim.results.gathered import Piece
from glut4sim.sim.results.series_store import as_table, open_results
from glut4sim.sim.results.writer import Writer
from glut4sim.sim.scenario.scenario import Scenario

RECORDS = 11


def make_scenario(replicates=2):
    run = {"duration": "50 s", "record_every": "5 s", "replicates": replicates, "events": True}
    return Scenario.from_table({"cell": {"vesicles": 40}, "run": run}, "test")


def values():
    number = np.arange(float(RECORDS))
    return {
        o.name: number if o.dim is None else np.repeat(number[:, None], len(STATE_NAMES[o.dim]), axis=1)
        for o in OBSERVABLES
    }


def events(count=100):
    times = np.linspace(0.0, 50.0, count)
    whole = np.arange(count)
    return Events(times, whole.astype("uint32"), (whole % 5).astype("uint8"), np.ones((count, 3), "float32"),
                  whole.astype("int32"))  # fmt: skip


STATE = np.zeros(40, np.int8)


def write(out, ended=(0, 1)):
    """A run of which some replicates have ended, one is half done, and the last has not begun."""
    writer = Writer(make_scenario(len(ended) + 2), out, {"method": "agents"})
    writer.open()
    for replicate in (*ended, len(ended)):
        writer.begin(replicate, STATE)
        half = {name: column[: RECORDS // 2] for name, column in values().items()}
        writer.append(replicate, values() if replicate in ended else half, 50.0)
        writer.append_events(replicate, events())
        if replicate in ended:
            writer.put_statistics(replicate, statistics(writer))
            writer.end(replicate)
        else:
            writer.flush(replicate)
    writer.finish(None, "interrupted", [])
    return writer


def statistics(writer):
    return {name: table[0] for name, table in writer.single_vesicle().load().data_vars.items()}


def write_shared(out, monkeypatch, count=4):
    """As `write`, of replicates that share chunks two by two; the last has not begun."""
    monkeypatch.setattr(layout, "FEW", 1)
    monkeypatch.setattr(layout, "BLOCK_BYTES", 2 * layout.bytes_of_replicate(make_scenario(count)))
    writer = Writer(make_scenario(count), out)
    writer.open()
    for replicate in range(count - 1):
        writer.put(replicate, Piece(as_table([values()]), 50.0, True, statistics(writer), STATE, events()))
    writer.write_pieces()
    writer.finish(None, "interrupted", [])


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    out = tmp_path_factory.mktemp("written") / "out"
    write(out)
    return out


@pytest.fixture
def store(written, tmp_path):
    shutil.copytree(written, tmp_path / "out")
    return tmp_path / "out" / "results.zarr"


def found(store):
    return {(flaw.key, flaw.state, tuple(flaw.replicates)) for flaw in damage.find(store)}


def flip(path: Path, at=-9):
    content = bytearray(path.read_bytes())
    content[at] ^= 16
    path.write_bytes(content)


def truncate(path: Path):
    path.write_bytes(path.read_bytes()[:7])


def put_a_directory(path: Path):
    path.unlink()
    path.mkdir()


CHANGES = {"flipped": flip, "cut": truncate, "empty": lambda path: path.write_bytes(b""), "gone": Path.unlink,
           "directory": put_a_directory}  # fmt: skip
MISSING = {"gone", "directory"}


# ---- what is whole ----


def test_nothing_is_wrong_with_what_was_written_so_far(store):
    assert found(store) == set()
    damage.check(store)


def test_what_is_written_while_files_are_listed_is_not_missing(store, monkeypatch):
    listed = LocalStore.list

    async def list_before(self):
        async for key in listed(self):
            if key != "events/1/time/c/0":
                yield key

    monkeypatch.setattr(LocalStore, "list", list_before)
    damage.check(store)
    (store / "events" / "1" / "time" / "c" / "0").unlink()
    assert found(store) == {("events/1/time/c/0", "is missing", (1,))}


def test_nothing_is_wrong_where_replicates_share_chunks(tmp_path, monkeypatch):
    write_shared(tmp_path / "out", monkeypatch)
    assert found(tmp_path / "out" / "results.zarr") == set()


def test_nothing_is_wrong_at_an_address(tmp_path):
    pytest.importorskip("upath")
    where = storage.place(f"memory://{tmp_path.name}/out")
    write(where)
    assert found(where / "results.zarr") == set()
    storage.remove(where / "results.zarr" / "insulin" / "c" / "1")
    assert found(where / "results.zarr") == {("insulin/c/1/0", "is missing", (1,))}


def test_chunks_of_nothing_but_fill_values_are_there(tmp_path):
    writer = Writer(make_scenario(), tmp_path / "out")
    writer.open()
    writer.begin(0, STATE)
    writer.append(0, {name: np.full_like(column, np.nan) for name, column in values().items()}, 50.0)
    writer.flush(0)
    assert found(tmp_path / "out" / "results.zarr") == set()


def test_results_of_earlier_versions_are_read(tmp_path, monkeypatch):
    """They have no checksums, say not what is in them, and lack chunks of nothing but fill values."""
    monkeypatch.setattr(zarr_arrays, "_codecs", lambda compressor=None: (compressor or ZstdCodec(),))
    monkeypatch.setattr(zarr_arrays, "_note_checksums", lambda files: None)
    write(tmp_path / "out")
    store = tmp_path / "out" / "results.zarr"
    assert found(store) == set()
    assert (open_results(store)["insulin"].values[0] == np.arange(RECORDS)).all()
    truncate(store / "insulin" / "c" / "1" / "0")
    assert found(store) == {("insulin/c/1/0", "is damaged", (1,))}


# ---- what is not ----


CHUNKS = {
    "insulin/c/1/0": (1,),
    "vesicles/c/2/0/0": (2,),
    "single_vesicle/fusion_rate/c/0/0": (0,),
    "events/0/agent/c/0": (0,),
    "events/2/initial_state/c/0": (2,),
    "time/c/0": (),
    "single_vesicle/replicate/c/0": (),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_chunk_is_named_with_the_replicates_that_write_it(store, name):
    """Each of several; what lies beside them is not."""
    for key in CHUNKS:
        CHANGES[name](store / key)
    state = "is missing" if name in MISSING else "is damaged"
    assert found(store) == {(key, state, replicates) for key, replicates in CHUNKS.items()}


@pytest.mark.parametrize("key", CHUNKS)
def test_a_chunk_that_is_missing_is_told_when_results_are_opened(store, key):
    (store / key).unlink()
    with pytest.raises(InputError, match=f"^{store / key}: is missing; "):
        open_results(store)


def test_a_replicate_whose_progress_is_lost_is_one_that_has_not_begun(store):
    flip(store / "progress" / "reached" / "c" / "0" / "0")
    assert found(store) == {("progress/reached/c/0/0", "is damaged", (0,))}


REACHED = "progress/reached/zarr.json"
NODES = {
    "insulin/zarr.json": (),
    "events/1/agent/zarr.json": (1,),
    "single_vesicle/fusion_rate/zarr.json": (),
}


@pytest.mark.parametrize("garbage", ["garbage", "[]", '{"zarr_format": 3}', ""])
def test_metadata_are_named(store, garbage):
    nodes = NODES | {REACHED: (), "events/2/zarr.json": (2,)}
    for key in nodes:
        (store / key).write_text(garbage)
    assert found(store) >= {(key, "is damaged", replicates) for key, replicates in nodes.items()}


def test_arrays_and_logs_that_are_gone_are_named(store):
    for key in NODES:
        shutil.rmtree((store / key).parent)
    shutil.rmtree(store / "events" / "2")
    flaws = found(store)
    assert flaws >= {(key, "is missing", replicates) for key, replicates in NODES.items()}
    assert {flaw[1] for flaw in flaws} == {"is missing"}
    assert {flaw[2] for flaw in flaws if flaw[0].startswith("events/2/")} == {(2,)}
    shutil.rmtree((store / REACHED).parent)  # without it, nobody knows who has written what
    assert (REACHED, "is missing", ()) in found(store)


@pytest.mark.parametrize(
    ("key", "part"),
    [("", "attributes"), ("progress", "attributes"), ("time", "storage_transformers"), ("events/1", "attributes"),
     ("events/1/agent", "attributes")],
)  # fmt: skip
def test_metadata_that_can_be_read_and_are_others_are_named(store, key, part):
    path = store / key / "zarr.json"
    content = json.loads(path.read_text())
    del content[part]
    path.write_text(json.dumps(content))
    assert {flaw.key for flaw in damage.find(store)} == {f"{key}/zarr.json".lstrip("/")}


def test_another_attribute_of_the_root_is_named(store):
    content = json.loads((store / "zarr.json").read_text())
    content["attributes"]["seed"] += 1
    (store / "zarr.json").write_text(json.dumps(content))
    assert found(store) == {("zarr.json", "is damaged", ())}
    with pytest.raises(InputError, match=r"zarr\.json: is damaged"):
        open_results(store)


def test_fewer_events_than_are_counted_are_named(store):
    path = store / "events" / "1" / "agent" / "zarr.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"shape": [99]}))
    assert found(store) == {("events/1/agent/zarr.json", "is damaged", (1,))}


def test_a_group_without_metadata_is_named_though_all_in_it_is_whole(store):
    groups = {"events/zarr.json": (), "events/1/zarr.json": (1,), "progress/zarr.json": ()}
    for key, replicates in groups.items():
        before = (store / key).read_text()
        (store / key).unlink()
        assert found(store) == {(key, "is missing", replicates)}
        with pytest.raises(InputError, match=rf"{key}: is missing; "):
            open_results(store)
        (store / key).write_text(before)


def test_the_root_is_named(store):
    (store / "zarr.json").write_text("garbage")
    assert found(store) == {("zarr.json", "is damaged", ())}
    with pytest.raises(InputError, match=r"results\.zarr/zarr\.json: is damaged"):
        open_results(store)


def test_what_cannot_be_read_is_named_when_it_is(store):
    flip(store / "insulin" / "c" / "1" / "0")
    flip(store / "pip3" / "c" / "0" / "0")
    dataset = open_results(store)
    with (
        pytest.raises(
            InputError, match=rf"^{store}/insulin/c/1/0: is damaged, with 1 other file there; `glut4sim resu"
        ),
        damage.named(store),
    ):
        dataset.load()


def test_what_has_another_cause_is_not_blamed_on_the_store(store):
    with pytest.raises(ZeroDivisionError), damage.named(store):
        raise ZeroDivisionError


def test_shared_chunks(tmp_path, monkeypatch):
    write_shared(tmp_path / "out", monkeypatch)
    store = tmp_path / "out" / "results.zarr"
    flip(store / "insulin" / "c" / "0" / "0")
    (store / "pip3" / "c" / "1" / "0").unlink()
    flip(store / "events" / "agent" / "c" / "0")
    assert found(store) == {
        ("insulin/c/0/0", "is damaged", (0, 1)),
        ("pip3/c/1/0", "is missing", (2, 3)),
        ("events/agent/c/0", "is damaged", ()),
    }


def test_a_shared_log_that_was_being_written_is_whole(tmp_path, monkeypatch):
    """Killed when the arrays had grown, and no chunk was written."""
    write_shared(tmp_path / "out", monkeypatch)
    store = tmp_path / "out" / "results.zarr"
    group = zarr.open_group(store, path="events", mode="r+", use_consolidated=False)
    before = open_results(store, "events/1").load()
    for column in ("agent", "x"):
        group[column].resize((3 * event_store.CHUNK_EVENTS,))
    assert found(store) == set()
    assert open_results(store, "events/1").load().identical(before)


def test_what_is_forgotten_begins_anew(store):
    out = store.parent
    flip(store / "insulin" / "c" / "1" / "0")
    (store / "pip3" / "c" / "0" / "0").unlink()
    writer = Writer.reopen(out)
    writer.open()
    assert writer.ended == [False] * 4
    assert set(writer.damaged) == {0, 1}
    assert writer.damaged[1] == f"{store}/insulin/c/1/0 is damaged"
    assert found(store) == set()
    assert writer.seconds_simulated == [0.0, 0.0, 50.0, 0.0]


def test_what_no_replicate_writes_is_refused_with_a_way_out(store):
    (store / "time" / "c" / "0").unlink()
    with pytest.raises(InputError, match=r"time/c/0: is missing; restore it, or remove results\.zarr and resume"):
        Writer.reopen(store.parent).open()
    storage.remove(store)
    writer = Writer.reopen(store.parent)
    writer.open()
    assert not any(writer.ended)
    assert found(store) == set()
