"""How arrays lie in Zarr stores of results, so that damage shows: each chunk has a checksum, and none is left out.

The attribute `arrays` of a group names the arrays that were made with it. damage.py looks whether all is there and
whole. Metadata are not consolidated: Zarr's specification knows no copies of them.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.storage import Place, zarr_store
from glut4sim.sim.results.event_loop import wait_for

if TYPE_CHECKING:
    import xarray
    from zarr.abc.store import Store
    from zarr.storage import MemoryStore

METADATA = "zarr.json"  # of an array or a group
ARRAYS = "arrays"  # attribute of a group
WHOLE = {"write_empty_chunks": True}  # else a chunk of fill values would be missing as if it were lost


def create_array(group: Any, name: str, *, compressor: Any = None, **options: Any) -> Any:
    """A new array of a Zarr group; `compressor` instead of Zarr's own, options as of its create_array."""
    return group.create_array(name, compressors=_codecs(compressor), config=WHOLE, **options)


@contextmanager
def made_in_memory(where: Place, last: Iterable[str]) -> "Iterator[MemoryStore]":
    """A store in memory, to make arrays in; in the end its files lie in a place, instead of what was there.

    Zarr looks for nodes above and below at each array that it makes, and writes those above anew: in memory that is
    little work, and no traffic.

    Parameters
    ----------
    last
        keys that are written after all others, one after the other: who finds them finds all
    """
    from zarr.storage import MemoryStore

    files: dict[str, Any] = {}
    yield MemoryStore(files)
    storage.remove(where)
    wait_for(_put(files, where, tuple(last)))


async def _put(files: dict[str, Any], where: Place, last: tuple[str, ...]) -> None:
    from zarr.storage import LocalStore

    found = zarr_store(where)
    store: Store = LocalStore(found) if isinstance(found, Path) else found
    await asyncio.gather(*(store.set(key, content) for key, content in files.items() if key not in last))
    for key in last:
        await store.set(key, files[key])


def write_dataset(dataset: "xarray.Dataset", where: Place, mode: Literal["w", "a"], group: str | None = None) -> None:
    """Write a dataset of xarray as a store, or as a group of one; `mode` as of its to_zarr."""
    if mode == "w" and group is None:
        with made_in_memory(where, last=(METADATA,)) as made:
            _to_zarr(dataset, made, mode=mode)
    else:
        _to_zarr(dataset, zarr_store(where), mode=mode, group=group)


def _to_zarr(dataset: "xarray.Dataset", store: Any, **options: Any) -> None:
    names = [str(name) for name in dataset.variables]
    dataset.assign_attrs({ARRAYS: names}).to_zarr(
        store, zarr_format=3, consolidated=False, write_empty_chunks=True,
        encoding={name: {"compressors": _codecs()} for name in names}, **options,
    )  # fmt: skip


def _codecs(compressor: Any = None) -> Iterable[Any]:
    from zarr.codecs import Crc32cCodec, ZstdCodec

    return compressor or ZstdCodec(), Crc32cCodec()
