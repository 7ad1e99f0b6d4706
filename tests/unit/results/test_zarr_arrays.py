"""Stores that are made in memory: in their place as a whole, or not there."""

import numpy as np
import pytest
import zarr
from zarr.storage import LocalStore

from glut4sim.sim.results import damage
from glut4sim.sim.results.zarr_arrays import METADATA, create_array, made_in_memory


def make(where, last=(METADATA,)):
    with made_in_memory(where, last) as made:
        group = zarr.create_group(made, zarr_format=3, attributes={"title": "A test"})
        create_array(group, "a", data=np.arange(3.0))
        create_array(group.create_group("inner"), "b", data=np.arange(4))


def test_it_is_as_zarr_reads_it_in_place_of_what_was_there(tmp_path):
    where = tmp_path / "a.zarr"
    make(where)
    (where / "old").mkdir()
    make(where)
    group = zarr.open_group(where, mode="r", use_consolidated=False)
    assert (group.attrs["title"], group["a"][:].tolist(), group["inner/b"][:].tolist()) == (
        "A test", [0.0, 1.0, 2.0], [0, 1, 2, 3],
    )  # fmt: skip
    assert damage.find(where) == []
    assert not (where / "old").exists()


def test_what_ends_it_leaves_no_root(tmp_path, monkeypatch):
    """Whichever file it is that cannot be written; those that are written last are so in that order."""
    put, last, written = LocalStore.set, ("inner/zarr.json", METADATA), []

    async def fail(store, key, value):
        if len(written) == fault:
            raise OSError("full")
        written.append(key)
        await put(store, key, value)

    monkeypatch.setattr(LocalStore, "set", fail)
    for fault in range(6):
        written.clear()
        with pytest.raises(OSError, match="full"):
            make(tmp_path / f"{fault}.zarr", last)
        assert not (tmp_path / f"{fault}.zarr" / METADATA).exists()
    fault = None
    written.clear()
    make(tmp_path / "whole.zarr", last)
    assert (len(written), tuple(written[-2:])) == (6, last)
