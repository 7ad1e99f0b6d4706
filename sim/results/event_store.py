"""Where results of single vesicles are kept: the log of their transitions and its statistics.

In `results.zarr` the group `events/<replicate>` holds the log as arrays over `event`, with each vesicle's state at
t = 0, so that it can be replayed; the group `single_vesicle` holds the statistics (sim/analysis/single_vesicle.py).
Where replicates share chunks (layout.py), so do their logs: the arrays of the group `events` hold one log after the
other, and `first` and `count` say where that of a replicate stands. A run in memory keeps the statistics only, so that
its memory does not grow with every transition.
"""

import asyncio
from collections.abc import Iterator, Mapping
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from glut4sim.agents import vesicle
from glut4sim.sim.analysis import single_vesicle
from glut4sim.sim.inputs.storage import Place, consolidate, zarr_store
from glut4sim.sim.model.step_records import Events
from glut4sim.sim.results.event_loop import wait_for
from glut4sim.sim.results.series_store import open_arrays, open_group

if TYPE_CHECKING:
    import xarray

    from glut4sim.sim.scenario.scenario import Scenario

CHUNK_EVENTS = 2**17
EVENTS = "events"  # group of results.zarr
FIRST, COUNT = "first", "count"  # arrays of it, where replicates share chunks


class Column(NamedTuple):
    name: str
    dtype: str
    attributes: dict[str, Any]


def _codes(names) -> dict[str, Any]:
    """Attributes of a variable that holds codes, after the CF conventions."""
    return {"flag_values": list(range(len(names))), "flag_meanings": " ".join(names)}


def _position(axis: str) -> Column:
    return Column(axis, "float32", {"units": "um", "long_name": f"Position {axis}, from the centre of the cell"})


CHANGES = [f"{source.name.lower()} -> {target.name.lower()}" for source, target in vesicle.TRANSITIONS]
COLUMNS = (
    Column("time", "float64", {"units": "s", "long_name": "Time of the transition"}),
    Column("agent", "uint32", {"units": "1", "long_name": "Number of the vesicle"}),
    Column(
        "transition",
        "uint8",
        {"long_name": "Transition", **_codes(single_vesicle.TRANSITION_NAMES), "changes": CHANGES},
    ),
    *map(_position, "xyz"),
    Column("glut4", "int32", {"units": "copies", "long_name": "GLUT4 copies that the vesicle carries"}),
)
INITIAL = Column("initial_state", "int8", {"long_name": "State at t = 0", **_codes(single_vesicle.STATES)})


def _columns(events: Events) -> dict[str, np.ndarray]:
    position = dict(zip("xyz", events.position.T))
    return {c.name: position[c.name] if c.name in position else getattr(events, c.name) for c in COLUMNS}


class MemoryEvents:
    """Statistics kept in memory, and no log."""

    def __init__(self, scenario: "Scenario"):
        self._coordinates = _coordinates(scenario)
        sizes = _sizes(self._coordinates)
        self._tables = {
            v.name: np.full([sizes[dim] for dim in ("replicate", *v.dims)], np.nan) for v in single_vesicle.VARIABLES
        }

    def begin(self, replicate: int, initial_state: np.ndarray) -> None:
        """As ZarrEvents.begin."""

    def append(self, replicate: int, events: Events) -> None:
        """As ZarrEvents.append, but nothing is kept."""

    def cut(self, replicate: int, count: int) -> Iterator[Events]:
        """As ZarrEvents.cut; there are none."""
        return iter(())

    def put_statistics(self, replicate: int, values: Mapping[str, np.ndarray]) -> None:
        """As ZarrEvents.put_statistics."""
        for name, table in self._tables.items():
            table[replicate] = values[name]

    def statistics(self, name: str) -> np.ndarray:
        """As ZarrEvents.statistics."""
        return self._tables[name]

    def dataset(self) -> "xarray.Dataset":
        """The statistics of all replicates; NaN for those that have not ended."""
        import xarray as xr

        variables = {
            v.name: (("replicate", *v.dims), self._tables[v.name], _attributes(v)) for v in single_vesicle.VARIABLES
        }
        return xr.Dataset(variables, self._coordinates)

    def close(self) -> None:
        """As ZarrEvents.close."""


def row_bytes(scenario: "Scenario") -> int:
    """What the statistics of a replicate and the states of its vesicles take."""
    sizes = _sizes(_coordinates(scenario))
    return scenario.cell.vesicles + 8 * sum(prod(sizes[dim] for dim in v.dims) for v in single_vesicle.VARIABLES)


def create(path: Place, scenario: "Scenario", rows: int) -> None:
    """Add the groups of a run with events to its Zarr store; `rows` replicates share a chunk."""
    import zarr

    root = zarr.open_group(zarr_store(path), mode="r+", use_consolidated=False)
    coordinates = _coordinates(scenario)
    others = " ".join(name for name, (dims, *_) in coordinates.items() if dims != (name,))
    group = root.create_group(single_vesicle.GROUP, attributes={"coordinates": others})  # for xarray
    for name, (dims, values, attributes) in coordinates.items():
        group.create_array(name, data=values, dimension_names=dims, attributes=attributes)
    sizes = _sizes(coordinates)
    for v in single_vesicle.VARIABLES:
        shape = [sizes[dim] for dim in ("replicate", *v.dims)]
        group.create_array(
            v.name,
            shape=shape,
            chunks=(rows, *shape[1:]),
            dtype="float64",
            fill_value=np.nan,
            dimension_names=("replicate", *v.dims),
            attributes=_attributes(v),
        )
    group = root.create_group(EVENTS)
    if rows > 1:
        _create_log(group, scenario, rows)


def _create_log(group, scenario, rows):
    """The arrays of a log that replicates share."""
    n = scenario.run.replicates
    group.create_array(
        INITIAL.name, shape=(n, scenario.cell.vesicles), chunks=(rows, scenario.cell.vesicles), dtype=INITIAL.dtype,
        fill_value=-1, dimension_names=("replicate", "vesicle"), attributes=INITIAL.attributes,
    )  # fmt: skip
    for name, fill, what in ((FIRST, -1, "Number of the first event"), (COUNT, 0, "How many events there are")):
        group.create_array(
            name, shape=(n,), chunks=(rows,), dtype="int64", fill_value=fill, dimension_names=("replicate",),
            attributes={"long_name": what},
        )  # fmt: skip
    _create_columns(group)


def _create_columns(group) -> dict[str, Any]:
    """The arrays of a log, with nothing in it, by column."""
    from zarr.codecs import BloscCodec

    return {
        c.name: group.create_array(
            c.name,
            shape=(0,),
            chunks=(CHUNK_EVENTS,),
            dtype=c.dtype,
            dimension_names=("event",),
            attributes=c.attributes,
            compressors=BloscCodec(cname="lz4", shuffle="shuffle"),  # as small as the default, in half the time
        )
        for c in COLUMNS
    }


def open_log(store: Place, group: str) -> "xarray.Dataset | None":
    """The log of a replicate, lazily, by its name such as "events/3", where replicates share one; None if there is
    none."""
    events, _, replicate = group.partition("/")
    if events != EVENTS or not replicate.isdecimal() or not (store / EVENTS / FIRST / "zarr.json").is_file():
        return None
    whole = open_group(store, EVENTS)
    if int(replicate) >= whole.sizes["replicate"] or (first := int(whole[FIRST][int(replicate)])) < 0:
        return None
    here = slice(first, first + int(whole[COUNT][int(replicate)]))
    return whole.drop_vars([FIRST, COUNT]).isel(replicate=int(replicate), event=here)


class SharedLog:
    """The log of all replicates, one after the other; one process writes it.

    Events that `first` and `count` of no replicate mean do not count: a run was ended while it wrote them.
    """

    def __init__(self, path: Place):
        places = {name: f"{EVENTS}/{name}" for name in (FIRST, COUNT, *(c.name for c in COLUMNS))}
        arrays = wait_for(open_arrays(path, list(places.values())))
        first, count = (np.asarray(wait_for(arrays[places[name]].getitem(slice(None)))) for name in (FIRST, COUNT))
        self._arrays = {c.name: arrays[places[c.name]] for c in COLUMNS}
        self._written = int((first + count).max(initial=0))
        self._waiting: list[Events] = []
        self.waiting = 0  # events

    def append(self, events: Events) -> int:
        """Add the events of a replicate, to be written by `flush`; returns the number of the first."""
        first = self._written + self.waiting
        self._waiting.append(events)
        self.waiting += len(events.time)
        return first

    def flush(self) -> None:
        """Write what waits."""
        if not self.waiting:
            return
        columns = _columns(Events(*map(np.concatenate, zip(*self._waiting))))
        start, end = self._written, self._written + self.waiting

        async def write(name, array):
            await array.resize((end,))
            await array.setitem(slice(start, end), columns[name])

        async def write_all():
            await asyncio.gather(*(write(name, array) for name, array in self._arrays.items()))

        wait_for(write_all())
        self._written, self._waiting, self.waiting = end, [], 0


class ZarrEvents:
    """Logs and statistics in groups of a Zarr store.

    The arrays of a log grow one after the other, and the process may be killed in between. What counts as written is
    therefore what the group's consolidated metadata say: these are replaced as a whole, when all arrays have grown. The
    store's own metadata are consolidated by `close`, since a copy of them would hide later growth.

    Safe from several threads as long as each replicate has one.
    """

    def __init__(self, path: Place):
        import zarr

        self._path = path
        self._root = zarr.open_group(zarr_store(path), mode="r+", use_consolidated=False)
        self._logs: dict[int, dict[str, Any]] = {}  # replicate -> column -> array
        group: Any = self._root[single_vesicle.GROUP]
        self._tables = {v.name: group[v.name] for v in single_vesicle.VARIABLES}

    def begin(self, replicate: int, initial_state: np.ndarray) -> None:
        """Begin a replicate's log, in place of any that was begun before.

        Parameters
        ----------
        initial_state : (n,) int
            of all vesicles at t = 0
        """
        group = self._root.create_group(f"{EVENTS}/{replicate}", overwrite=True)
        group.create_array(
            INITIAL.name,
            data=initial_state.astype(INITIAL.dtype),
            dimension_names=("vesicle",),
            attributes=INITIAL.attributes,
        )
        self._logs[replicate] = _create_columns(group)
        consolidate(self._path, f"{EVENTS}/{replicate}")

    def append(self, replicate: int, events: Events) -> None:
        """Add the next events of a replicate whose log was begun or cut."""
        if len(events.time) == 0:
            return
        arrays, columns = self._logs[replicate], _columns(events)
        for name, array in arrays.items():
            array.append(columns[name])
        consolidate(self._path, f"{EVENTS}/{replicate}")

    def cut(self, replicate: int, count: int) -> Iterator[Events]:
        """Keep the first events of a replicate only; returns them, in pieces."""
        group: Any = self._root[f"{EVENTS}/{replicate}"]
        arrays = self._logs[replicate] = {c.name: group[c.name] for c in COLUMNS}
        for array in arrays.values():
            array.resize((count,))
        consolidate(self._path, f"{EVENTS}/{replicate}")
        for first in range(0, count, CHUNK_EVENTS):
            part = {name: array[first : first + CHUNK_EVENTS] for name, array in arrays.items()}
            position = np.stack([part.pop(axis) for axis in "xyz"], axis=1)
            yield Events(position=position, **part)

    def put_statistics(self, replicate: int, values: Mapping[str, np.ndarray]) -> None:
        """Write the statistics of a replicate, by name as in single_vesicle.VARIABLES."""
        for name, table in self._tables.items():
            table[replicate] = values[name]

    def statistics(self, name: str) -> np.ndarray:
        """One of single_vesicle.VARIABLES, (replicates, ..); NaN where not reached."""
        return np.asarray(self._tables[name][:])

    def dataset(self) -> "xarray.Dataset":
        """As MemoryEvents.dataset, lazily; after `close`."""
        import xarray as xr

        return xr.open_zarr(zarr_store(self._path), group=single_vesicle.GROUP, chunks=None)

    def close(self) -> None:
        """Nothing more will come."""
        consolidate(self._path)


def _coordinates(scenario):
    replicate = (("replicate",), np.arange(scenario.run.replicates), {"long_name": "Replicate"})
    return {"replicate": replicate, **single_vesicle.coordinates(scenario)}


def _sizes(coordinates) -> dict[str, int]:
    return {name: len(values) for name, (dims, values, _) in coordinates.items() if dims == (name,)}


def _attributes(variable: single_vesicle.Variable) -> dict[str, Any]:
    return {"units": variable.unit, "long_name": variable.long_name}
