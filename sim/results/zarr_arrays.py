"""How arrays lie in Zarr stores of results, so that damage shows: each chunk has a checksum, and none is left out.

The attribute `checksums` of a group has one of its own metadata and of those of all that was made with it. damage.py
looks whether all is there and whole. Metadata are not consolidated: Zarr's specification knows no copies of them.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.storage import Place, zarr_store
from glut4sim.sim.results import conventions
from glut4sim.sim.results.event_loop import together, wait_for

if TYPE_CHECKING:
    import xarray
    from zarr.abc.store import Store
    from zarr.storage import MemoryStore

METADATA = "zarr.json"  # of an array or a group
CHECKSUMS = "checksums"  # attribute of a group: of the metadata of all in it by path, of its own by ""
EVENT = "event"  # dimension along which arrays grow
COUNT = "count"  # attribute of a group: how many events are in the arrays that grow
WHOLE = {"write_empty_chunks": True}  # else a chunk of fill values would be missing as if it were lost


def create_array(group: Any, name: str, *, attributes: Any = None, compressor: Any = None, **options: Any) -> Any:
    """A new array of a Zarr group; `compressor` instead of Zarr's own, options as of its create_array."""
    told = conventions.of_array(attributes or {})
    return group.create_array(name, compressors=_codecs(compressor), config=WHOLE, attributes=told, **options)


def create_group(where: Any, name: str = "", attributes: Mapping[str, Any] | None = None) -> Any:
    """A new Zarr group, the root of a store or, by a name, within a group; it says by which conventions."""
    told = conventions.of_group(attributes or {})
    if name:
        return where.create_group(name, attributes=told)
    import zarr

    return zarr.create_group(where, zarr_format=3, attributes=told)


@contextmanager
def made_in_memory(where: Place, last: Iterable[str]) -> "Iterator[MemoryStore]":
    """A store in memory, to make a group with arrays in; in the end it lies in a place, instead of what was there.

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
    _note_checksums(files)
    storage.remove(where)
    wait_for(_put(files, where, tuple(last)))


def checksum(metadata: Mapping[str, Any]) -> int:
    """A checksum of the metadata of an array or a group, without checksums in them and what grows with events."""
    told = dict(metadata)
    if "attributes" in told:
        told["attributes"] = {k: v for k, v in told["attributes"].items() if k not in (CHECKSUMS, COUNT)}
    if told.get("dimension_names") == [EVENT]:
        del told["shape"]
    return crc32(json.dumps(told, sort_keys=True).encode())


def _note_checksums(files: dict[str, Any]) -> None:
    """Put the checksums of all metadata into those of the root."""
    from zarr.buffer import default_buffer_prototype

    metadata = {key: json.loads(content.to_bytes()) for key, content in files.items() if key.endswith(METADATA)}
    root = metadata[METADATA]
    root["attributes"][CHECKSUMS] = {
        key.removesuffix(METADATA).rstrip("/"): checksum(told) for key, told in sorted(metadata.items())
    }
    content = json.dumps(root, indent=2).encode()
    files[METADATA] = default_buffer_prototype().buffer.from_bytes(content)


async def _put(files: dict[str, Any], where: Place, last: tuple[str, ...]) -> None:
    from zarr.storage import LocalStore

    found = zarr_store(where)
    store: Store = LocalStore(found) if isinstance(found, Path) else found
    await together(*(store.set(key, content) for key, content in files.items() if key not in last))
    for key in last:
        await store.set(key, files[key])


def write_dataset(dataset: "xarray.Dataset", where: Place) -> None:
    """Write a dataset of xarray as a store, instead of any that was there."""
    with made_in_memory(where, last=(METADATA,)) as made:
        put_dataset(dataset, made)


def put_dataset(dataset: "xarray.Dataset", store: "Store", group: str | None = None) -> None:
    """Put a dataset of xarray into a store, or into a group of one."""
    told = dataset.assign_attrs(conventions.of_group(dataset.attrs))
    for name in dataset.variables:
        told[name].attrs = conventions.of_array(dataset[name].attrs)
    told.to_zarr(
        store, mode="a", group=group, zarr_format=3, consolidated=False, write_empty_chunks=True,
        encoding={name: {"compressors": _codecs()} for name in dataset.variables},
    )  # fmt: skip


def _codecs(compressor: Any = None) -> Iterable[Any]:
    from zarr.codecs import Crc32cCodec, ZstdCodec

    return compressor or ZstdCodec(), Crc32cCodec()
