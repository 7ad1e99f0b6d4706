"""Where results of single vesicles are kept: the log of their transitions and its statistics.

In `results.zarr` the group `events/<replicate>` holds the log as arrays over `event`, with each vesicle's state at
t = 0, so that it can be replayed; the group `single_vesicle` holds the statistics (sim/analysis/single_vesicle.py).
Where replicates share chunks (layout.py), so do their logs: the arrays of the group `events` hold one log after the
other, and `first` and `count` say where that of a replicate stands. A run in memory keeps the statistics only, so that
its memory does not grow with every transition.
"""

from collections.abc import Iterator, Mapping
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from glut4sim.agents import vesicle
from glut4sim.sim.analysis import single_vesicle
from glut4sim.sim.inputs.storage import Place, zarr_store
from glut4sim.sim.model.step_records import Events
from glut4sim.sim.results.event_loop import together, wait_for
from glut4sim.sim.results.series_store import open_arrays, open_group
from glut4sim.sim.results.zarr_arrays import COUNT, EVENT, METADATA, create_array, create_group, made_in_memory

if TYPE_CHECKING:
    import xarray
    from zarr.abc.store import Store

    from glut4sim.sim.scenario.scenario import Scenario

CHUNK_EVENTS = 2**17
EVENTS = "events"  # group of results.zarr
FIRST = "first"  # an array of it, and COUNT another, where replicates share chunks


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


def row_bytes(scenario: "Scenario") -> int:
    """What the statistics of a replicate and the states of its vesicles take."""
    sizes = _sizes(_coordinates(scenario))
    return scenario.cell.vesicles + 8 * sum(prod(sizes[dim] for dim in v.dims) for v in single_vesicle.VARIABLES)


def create(store: "Store", scenario: "Scenario", rows: int) -> None:
    """Add the groups of a run with events to its Zarr store; `rows` replicates share a chunk."""
    import zarr

    root = zarr.open_group(store, mode="r+", use_consolidated=False)
    coordinates = _coordinates(scenario)
    others = " ".join(name for name, (dims, *_) in coordinates.items() if dims != (name,))
    group = create_group(root, single_vesicle.GROUP, {"coordinates": others})  # for xarray
    for name, (dims, values, attributes) in coordinates.items():
        create_array(group, name, data=values, dimension_names=dims, attributes=attributes)
    sizes = _sizes(coordinates)
    for v in single_vesicle.VARIABLES:
        shape = [sizes[dim] for dim in ("replicate", *v.dims)]
        create_array(
            group,
            v.name,
            shape=shape,
            chunks=(rows, *shape[1:]),
            dtype="float64",
            fill_value=np.nan,
            dimension_names=("replicate", *v.dims),
            attributes=_attributes(v),
        )
    group = create_group(root, EVENTS)
    if rows > 1:
        _create_log(group, scenario, rows)


def _create_log(group, scenario, rows):
    """The arrays of a log that replicates share."""
    n = scenario.run.replicates
    create_array(
        group, INITIAL.name, shape=(n, scenario.cell.vesicles), chunks=(rows, scenario.cell.vesicles),
        dtype=INITIAL.dtype, fill_value=-1, dimension_names=("replicate", "vesicle"), attributes=INITIAL.attributes,
    )  # fmt: skip
    for name, fill, what in ((FIRST, -1, "Number of the first event"), (COUNT, 0, "How many events there are")):
        create_array(
            group, name, shape=(n,), chunks=(rows,), dtype="int64", fill_value=fill, dimension_names=("replicate",),
            attributes={"long_name": what},
        )  # fmt: skip
    _create_columns(group)


def _create_columns(group) -> None:
    """The arrays of a log, with nothing in it."""
    from zarr.codecs import BloscCodec

    for c in COLUMNS:
        create_array(
            group,
            c.name,
            shape=(0,),
            chunks=(CHUNK_EVENTS,),
            dtype=c.dtype,
            dimension_names=(EVENT,),
            attributes=c.attributes,
            compressor=BloscCodec(cname="lz4", shuffle="shuffle"),  # as small as the default, in half the time
        )


def open_log(store: Place, group: str) -> "xarray.Dataset | None":
    """The log of a replicate, lazily, by its name such as "events/3"; None if there is none."""
    events, _, replicate = group.partition("/")
    if events != EVENTS or not replicate.isdecimal():
        return None
    if (store / group / METADATA).is_file():
        return _open_counted(store, group)
    if not (store / EVENTS / FIRST / METADATA).is_file():
        return None
    whole = _open_counted(store, EVENTS, FIRST, COUNT)
    if int(replicate) >= whole.sizes["replicate"] or (first := int(whole[FIRST][int(replicate)])) < 0:
        return None
    here = slice(first, first + int(whole[COUNT][int(replicate)]))
    return whole.drop_vars([FIRST, COUNT]).isel(replicate=int(replicate), event=here)


def _open_counted(store: Place, group: str, *others: str) -> "xarray.Dataset":
    """A log in a group, as far as it counts: with other arrays there, lazily."""
    import xarray as xr

    try:
        log = open_group(store, group)
    except ValueError:  # a process was ended while columns grew, and they are not all as long
        names = {*others, INITIAL.name, *(c.name for c in COLUMNS)}
        parts = [open_group(store, group, without=names - {name}) for name in sorted(names)]
        shortest = min(part.sizes["event"] for part in parts if "event" in part.sizes)
        log = xr.merge([part.isel(event=slice(shortest), missing_dims="ignore") for part in parts])
    count = log.attrs.pop(COUNT, None)  # None: of an earlier version
    return log.isel(event=slice(count), missing_dims="ignore")  # none: it is just being made


class Log(NamedTuple):
    """The columns of a log in a store, and the group that counts what is in them.

    The columns grow side by side, and the process may be killed meanwhile. The attribute `count` of the group says how
    many events are written: it is raised when all columns have grown, and lowered before they are cut.
    """

    group: Any
    columns: dict[str, Any]  # arrays by name

    @classmethod
    async def open(cls, path: Place, where: str) -> "Log":
        """The log in a group of a store."""
        from zarr.api.asynchronous import open_group as open_

        group = await open_(store=zarr_store(path), path=where, mode="r+", use_consolidated=False)
        arrays = await open_arrays(path, [f"{where}/{c.name}" for c in COLUMNS])
        return cls(group, {c.name: array for c, array in zip(COLUMNS, arrays.values())})

    async def append(self, events: Events, start: int) -> None:
        """Write events from number `start` on, where the log ends."""
        values, end = _columns(events), start + len(events.time)

        async def write(name, array):
            await array.resize((end,))
            await array.setitem(slice(start, end), values[name])

        await together(*(write(name, array) for name, array in self.columns.items()))
        await self.group.update_attributes({COUNT: end})

    async def cut(self, count: int) -> None:
        """Keep so many events."""
        await self.group.update_attributes({COUNT: count})
        await together(*(array.resize((count,)) for array in self.columns.values()))

    async def read(self, part: slice) -> Events:
        """A part of the events."""
        found = await together(*(array.getitem(part) for array in self.columns.values()))
        values = dict(zip(self.columns, map(np.asarray, found)))
        position = np.stack([values.pop(axis) for axis in "xyz"], axis=1)
        return Events(position=position, **values)


class SharedLog:
    """The log of all replicates, one after the other; one process writes it.

    Events that `first` and `count` of no replicate mean do not count: a run was ended while it wrote them.
    """

    def __init__(self, path: Place):
        arrays = wait_for(open_arrays(path, [f"{EVENTS}/{FIRST}", f"{EVENTS}/{COUNT}"]))
        first, count = (np.asarray(wait_for(array.getitem(slice(None)))) for array in arrays.values())
        self._log = wait_for(Log.open(path, EVENTS))
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
        wait_for(self._log.append(Events(*map(np.concatenate, zip(*self._waiting))), self._written))
        self._written, self._waiting, self.waiting = self._written + self.waiting, [], 0


class ZarrEvents:
    """Logs and statistics in groups of a Zarr store.

    Safe from several threads as long as each replicate has one.
    """

    def __init__(self, path: Place):
        self._path = path
        self._logs: dict[int, Log] = {}  # by replicate
        places = [f"{single_vesicle.GROUP}/{v.name}" for v in single_vesicle.VARIABLES]
        arrays = wait_for(open_arrays(path, places))
        self._tables = {v.name: arrays[place] for v, place in zip(single_vesicle.VARIABLES, places)}

    def begin(self, replicate: int, initial_state: np.ndarray) -> None:
        """Begin a replicate's log, in place of any that was begun before.

        Parameters
        ----------
        initial_state : (n,) int
            of all vesicles at t = 0
        """
        with made_in_memory(self._path / EVENTS / str(replicate), last=(METADATA,)) as made:
            group = create_group(made, attributes={COUNT: 0})
            create_array(
                group,
                INITIAL.name,
                data=initial_state.astype(INITIAL.dtype),
                dimension_names=("vesicle",),
                attributes=INITIAL.attributes,
            )
            _create_columns(group)
        self._open(replicate)

    def _open(self, replicate: int) -> Log:
        self._logs[replicate] = wait_for(Log.open(self._path, f"{EVENTS}/{replicate}"))
        return self._logs[replicate]

    def append(self, replicate: int, events: Events) -> None:
        """Add the next events of a replicate whose log was begun or cut."""
        log = self._logs[replicate]
        if len(events.time):
            wait_for(log.append(events, start=log.group.attrs[COUNT]))

    def cut(self, replicate: int, count: int) -> Iterator[Events]:
        """Keep the first events of a replicate only; returns them, in pieces."""
        log = self._open(replicate)
        wait_for(log.cut(count))
        for first in range(0, count, CHUNK_EVENTS):
            yield wait_for(log.read(slice(first, min(first + CHUNK_EVENTS, count))))

    def put_statistics(self, replicate: int, values: Mapping[str, np.ndarray]) -> None:
        """Write the statistics of a replicate, by name as in single_vesicle.VARIABLES."""

        async def write_all():
            tables = self._tables.items()
            await together(*(table.setitem(replicate, np.asarray(values[name])) for name, table in tables))

        wait_for(write_all())

    def statistics(self, name: str) -> np.ndarray:
        """One of single_vesicle.VARIABLES, (replicates, ..); NaN where not reached."""
        return np.asarray(wait_for(self._tables[name].getitem(slice(None))))

    def dataset(self) -> "xarray.Dataset":
        """As MemoryEvents.dataset, lazily."""
        return open_group(self._path, single_vesicle.GROUP)


def _coordinates(scenario):
    replicate = (("replicate",), np.arange(scenario.run.replicates), {"long_name": "Replicate"})
    return {"replicate": replicate, **single_vesicle.coordinates(scenario)}


def _sizes(coordinates) -> dict[str, int]:
    return {name: len(values) for name, (dims, values, _) in coordinates.items() if dims == (name,)}


def _attributes(variable: single_vesicle.Variable) -> dict[str, Any]:
    return {"units": variable.unit, "long_name": variable.long_name}
