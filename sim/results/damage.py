"""What is missing or damaged in a Zarr store of results.

Stores say themselves which groups and arrays they have, and all metadata and chunks have checksums (zarr_arrays.py).
The store of a run holds as many chunks as its replicates say that they have written. Stores of earlier versions say
nothing of the kind: of these, only what cannot be read is found.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from typing import Any, Literal, NamedTuple

import numpy as np

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.storage import Place, zarr_store
from glut4sim.sim.results.event_loop import together, wait_for
from glut4sim.sim.results.event_store import COLUMNS, EVENTS, FIRST, INITIAL
from glut4sim.sim.results.series_store import PROGRESS, REACHED, Progress
from glut4sim.sim.results.zarr_arrays import CHECKSUMS, COUNT, EVENT, METADATA, checksum

REPLICATE, TIME = "replicate", "time"  # dimensions
RESUME = "`glut4sim resume` runs again what it held"
ANEW = "restore it, or run it again"
MISSING, DAMAGED = "is missing", "is damaged"


class Flaw(NamedTuple):
    """A file of a store that is missing or damaged."""

    key: str  # its path in the store
    state: str
    replicates: Sequence[int] = ()  # that write it when they are run again; none: it cannot be mended alone


def find(where: Place) -> list[Flaw]:
    """All files of a store that are missing or damaged. Reads the whole store."""
    return wait_for(_Store(where).find(thoroughly=True))


def check(where: Place) -> None:
    """InputError if a file of a store is missing. Reads how far replicates have come, and which files there are."""
    refuse(where, wait_for(_Store(where).find(thoroughly=False)))


def refuse(where: Place, flaws: Sequence[Flaw], remedy: str = "") -> None:
    """InputError that names the first of the flaws, if there are any."""
    if flaws:
        first, others = flaws[0], len(flaws) - 1
        more = f", with {others} other file{'s' * (others > 1)} there" if others else ""
        remedy = remedy or (RESUME if all(flaw.replicates for flaw in flaws) else ANEW)
        raise InputError(f"{first.state}{more}; {remedy}.", place=str(where / first.key))


def anew(where: Place) -> str:
    """What helps where a store that is gone on with cannot be mended."""
    return f"restore it, or remove {where.name} and resume: all is then computed again"


@contextmanager
def named(where: Place) -> Iterator[None]:
    """Whatever damage to a store makes of code that reads it is an InputError that names the damage."""
    try:
        yield
    except InputError:
        raise
    except Exception:
        refuse(where, find(where))
        raise


def forget(where: Place, flaws: Sequence[Flaw]) -> dict[int, str]:
    """Make the store of a run as if the replicates that write these files had not begun.

    Returns
    -------
    what is wrong with them, by replicate
    """
    wait_for(_Store(where).forget(flaws))
    return {r: f"{where / flaw.key} {flaw.state}" for flaw in reversed(flaws) for r in flaw.replicates}


class _Store:
    """A store while it is looked through, on the loop of event_loop.py."""

    def __init__(self, where: Place):
        self._where = where
        self._root: Any = None
        self._nodes: dict[str, Any] = {}  # arrays and groups, by path
        self._checksums: dict[str, int] = {}  # of what they hold, also by path
        self._noted: dict[str, int] = {}  # as they were when it was made
        self._flaws: list[Flaw] = []
        self._progress: np.ndarray | None = None  # (replicates, entries); None: not of a run

    async def find(self, thoroughly: bool) -> list[Flaw]:
        try:
            await self._open()
        except FileNotFoundError:
            return [Flaw(METADATA, MISSING)]
        except (ValueError, LookupError, TypeError):
            return [Flaw(METADATA, DAMAGED)]
        await self._read_progress()  # before files are listed: a run may be writing on
        keys = {key async for key in self._root.store.list()}
        await together(*(self._load(key) for key in sorted(keys) if key.endswith(METADATA)))
        self._compare_checksums()
        expected = self._expected(keys)
        for name in sorted(expected - set(self._nodes)):
            self._add(_metadata(name), MISSING, self._logged(name))
        for name, array in self._nodes.items():
            if hasattr(array, "shape"):
                await self._look_at(name, array, name in expected, keys, thoroughly)
        return self._flaws

    async def _open(self, mode: Literal["r", "r+"] = "r") -> None:
        from zarr.api.asynchronous import open_group

        self._root = await open_group(store=zarr_store(self._where), mode=mode, use_consolidated=False)

    def _add(self, key: str, state: str, replicates: Sequence[int] = ()) -> None:
        if all(flaw.key != key for flaw in self._flaws):
            self._flaws.append(Flaw(key, state, replicates))

    async def _read_progress(self) -> None:
        name = f"{PROGRESS}/{REACHED}"
        if not await self._root.store.exists(_metadata(name)):
            return
        try:
            reached = await self._root.getitem(name)
        except (ValueError, LookupError, TypeError):
            return  # `find` names it
        self._progress = progress = np.zeros(reached.shape)
        for place in product(*map(range, _grid(reached))):
            part = _part(reached, place)
            if await self._can_read(reached, place, name):
                progress[part] = await reached.getitem(part)

    async def _load(self, key: str) -> None:
        """Open what a file of metadata describes."""
        from zarr import AsyncArray, AsyncGroup
        from zarr.buffer import default_buffer_prototype
        from zarr.storage import StorePath

        content = await self._root.store.get(key, default_buffer_prototype())
        if content is None:
            return
        name = key.removesuffix(METADATA).rstrip("/")
        try:
            told = json.loads(content.to_bytes())
            self._checksums[name] = checksum(told)
            kind = AsyncArray if told["node_type"] == "array" else AsyncGroup
            self._nodes[name] = kind.from_dict(StorePath(self._root.store, name), told)
        except (ValueError, LookupError, TypeError, AttributeError):
            self._add(key, DAMAGED, self._logged(name))

    def _compare_checksums(self) -> None:
        """Take out what is another than when it was made."""
        for group, node in self._nodes.items():
            noted = node.attrs.get(CHECKSUMS, {})
            if isinstance(noted, dict):
                self._noted |= {f"{group}/{path}".strip("/"): number for path, number in noted.items()}
        changed = {name for name in self._noted if self._noted[name] != self._checksums.get(name)}
        for name, node in self._nodes.items():
            if name not in self._noted and _is_sealed(node):  # a group has lost its checksums
                changed.add(f"{EVENTS}/{self._logged(name)[0]}" if self._logged(name) else "")
        for name in sorted(changed & set(self._nodes)):
            del self._nodes[name]
            self._add(_metadata(name), DAMAGED, self._logged(name))

    def _expected(self, keys: set[str]) -> set[str]:
        """Paths of the groups and arrays that the store says it has."""
        expected = set(self._noted)
        if self._progress is not None and f"{EVENTS}/{METADATA}" in keys and f"{EVENTS}/{FIRST}" not in expected:
            begun = np.flatnonzero(self._progress[:, Progress._fields.index("records")])
            columns = INITIAL.name, *(column.name for column in COLUMNS)
            expected |= {f"{EVENTS}/{r}/{name}".rstrip("/") for r in begun for name in ("", *columns)}
        return expected

    def _logged(self, name: str) -> Sequence[int]:
        """The replicate to whose log of its own an array or a group belongs."""
        group, _, rest = name.partition("/")
        replicate = rest.partition("/")[0]
        return (int(replicate),) if group == EVENTS and replicate.isdecimal() else ()

    async def _look_at(self, name: str, array: Any, is_sealed: bool, keys: set[str], thoroughly: bool) -> None:
        """Look at the chunks of an array: whether those that are to be there are, and can be read."""
        if self._counted(name, array) > (array.shape or (0,))[0]:
            self._add(_metadata(name), DAMAGED, self._logged(name))
        for place in product(*map(range, _grid(array))):
            key = _key(name, array, place)
            if key in keys:
                if thoroughly:
                    await self._can_read(array, place, name)
                continue
            # a run that goes on may have written it after the files were listed
            if is_sealed and self._was_written(name, array, place) and not await self._root.store.exists(key):
                self._add(key, MISSING, self._writers(name, array, place))

    async def _can_read(self, array: Any, place: tuple[int, ...], name: str) -> bool:
        try:
            await array.getitem(_part(array, place))
        except (ValueError, RuntimeError, LookupError, TypeError):  # of a checksum, and of a compressor
            self._add(_key(name, array, place), DAMAGED, self._writers(name, array, place))
            return False
        return True

    def _rows(self, name: str, array: Any, place: tuple[int, ...]) -> range | None:
        """The replicates of a chunk; None if its array has no row for each."""
        dims = array.metadata.dimension_names or ()
        if self._progress is None or dims[:1] != (REPLICATE,) or name.rpartition("/")[2] == REPLICATE:
            return None
        first = place[0] * array.chunks[0]
        return range(first, min(first + array.chunks[0], array.shape[0]))

    def _writers(self, name: str, array: Any, place: tuple[int, ...]) -> Sequence[int]:
        return self._rows(name, array, place) or self._logged(name)

    def _was_written(self, name: str, array: Any, place: tuple[int, ...]) -> bool:
        """Whether a chunk is to be there, by what replicates say and logs count."""
        dims = array.metadata.dimension_names or ()
        rows = self._rows(name, array, place)
        if rows is not None and self._progress is not None:
            reached = [Progress(*row) for row in self._progress[rows.start : rows.stop]]
            if name == f"{PROGRESS}/{REACHED}":
                return False
            if TIME in dims:
                return max(one.records for one in reached) > place[1] * array.chunks[1]
            return any(one.ended for one in reached)
        if dims[:1] == (EVENT,):
            return self._counted(name, array) > place[0] * array.chunks[0]
        return True

    def _counted(self, name: str, array: Any) -> int:
        """How many events are in an array; 0 if it does not grow with them."""
        if (array.metadata.dimension_names or ())[:1] != (EVENT,):
            return 0
        log = self._nodes.get(name.rpartition("/")[0])
        count = array.shape[0] if log is None else log.attrs.get(COUNT, array.shape[0])
        return count if isinstance(count, int) else array.shape[0] + 1  # which is damage

    async def forget(self, flaws: Sequence[Flaw]) -> None:
        await self._open("r+")
        for flaw in flaws:
            await self._root.store.delete(flaw.key)
        replicates = sorted({r for flaw in flaws for r in flaw.replicates})
        if replicates:
            reached = await self._root.getitem(f"{PROGRESS}/{REACHED}")
            for replicate in replicates:
                await reached.setitem(replicate, np.zeros(len(Progress._fields)))


def _metadata(name: str) -> str:
    """The file with the metadata of a group or an array."""
    return f"{name}/{METADATA}".lstrip("/")


def _is_sealed(node: Any) -> bool:
    """Whether it is an array whose chunks have checksums, as have those that `CHECKSUMS` name."""
    from zarr.codecs import Crc32cCodec

    return any(isinstance(codec, Crc32cCodec) for codec in getattr(node.metadata, "codecs", ()))


def _grid(array: Any) -> list[int]:
    """Numbers of chunks along each dimension."""
    return [-(-n // c) for n, c in zip(array.shape, array.chunks)]


def _part(array: Any, place: tuple[int, ...]) -> tuple[slice, ...]:
    """What a chunk holds of its array."""
    return tuple(slice(i * c, min((i + 1) * c, n)) for i, c, n in zip(place, array.chunks, array.shape))


def _key(name: str, array: Any, place: tuple[int, ...]) -> str:
    return f"{name}/{array.metadata.encode_chunk_key(place)}"
