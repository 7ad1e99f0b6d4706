"""Where the time series of a run are kept: in memory, or in a Zarr store that xarray reads.

The store is made whole at the start, filled with NaN, and written chunk by chunk. Where each replicate has chunks of
its own (layout.py), threads, processes and machines may write side by side; chunks that replicates share are written by
one process, in blocks of rows (row_blocks.py). The group `progress` says how far each replicate has come.
"""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from glut4sim.sim.analysis import single_vesicle
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.storage import Place, PlaceLike, zarr_store
from glut4sim.sim.model.observables import OBSERVABLES, STATE_NAMES
from glut4sim.sim.results import conventions
from glut4sim.sim.results.event_loop import together, wait_for
from glut4sim.sim.results.zarr_arrays import CHECKSUMS, METADATA, WHOLE, create_array, create_group

if TYPE_CHECKING:
    import xarray
    from zarr.abc.store import Store

STORE = "results.zarr"
PROGRESS = "progress"  # group of it
REACHED = "reached"  # array of that, a row of Progress for each replicate
CHUNK_RECORDS = 4096  # of one replicate, about 1 MB of all observables


class Progress(NamedTuple):
    """How far a replicate has come."""

    seconds: float  # simulated [s]
    records: int  # written
    ended: bool


def record_times(scenario) -> np.ndarray:
    """Times of all records of a complete run, t = 0 included [s]. Shape (K,)."""
    stride = round(scenario.run.record_every / scenario.run.step)
    steps = round(scenario.run.duration / scenario.run.step)
    return np.round(np.arange(steps // stride + 1) * scenario.run.record_every, 9)  # 0.3, not 0.30000000000000004


def _dims(observable) -> tuple[str, ...]:
    return ("replicate", "time") if observable.dim is None else ("replicate", "time", observable.dim)


def _shape(observable, replicates: int, records: int) -> tuple[int, ...]:
    return (replicates, records) if observable.dim is None else (replicates, records, len(STATE_NAMES[observable.dim]))


def _attributes(observable) -> dict[str, Any]:
    return {"units": observable.unit, "long_name": observable.long_name}


def _state_attributes(dim: str) -> dict[str, Any]:
    return {"long_name": dim.replace("_", " ").capitalize()}


TIME_ATTRIBUTES = {"units": "s", "long_name": "Time since the start of the run"}
REPLICATE_ATTRIBUTES = {"long_name": "Replicate"}

ROWS = (*(o.name for o in OBSERVABLES), f"{PROGRESS}/{REACHED}")  # arrays with a row for each replicate


def _columns() -> dict[str, int | slice]:
    ends = np.cumsum([1 if o.dim is None else len(STATE_NAMES[o.dim]) for o in OBSERVABLES]).tolist()
    starts = [0, *ends[:-1]]
    pairs = zip(OBSERVABLES, starts, ends)
    return {o.name: start if o.dim is None else slice(start, end) for o, start, end in pairs}


COLUMNS = _columns()  # of records as a table: where each observable stands
WIDTH = 1 + max(c if isinstance(c, int) else c.stop - 1 for c in COLUMNS.values())


def as_table(pieces: Sequence[Mapping[str, np.ndarray]]) -> np.ndarray:
    """Records of every observable by name, in pieces, as one table (n, columns)."""
    ends = np.cumsum([0, *(len(values["insulin"]) for values in pieces)]).tolist()
    table = np.empty((ends[-1], WIDTH))
    for values, start, end in zip(pieces, ends, ends[1:]):
        for name, columns in COLUMNS.items():
            table[start:end, columns] = values[name]
    return table


def by_name(table: np.ndarray) -> dict[str, np.ndarray]:
    """A table of records as values of every observable, (n,) or (n, states)."""
    return {name: table[:, columns] for name, columns in COLUMNS.items()}


class MemorySeries:
    """Series kept in memory."""

    rows = 1

    def __init__(self, time: np.ndarray, replicates: int, attributes: Mapping[str, object]):
        self._time, self._replicates, self._attributes = time, replicates, dict(attributes)
        self._arrays = {o.name: np.full(_shape(o, replicates, len(time)), np.nan) for o in OBSERVABLES}
        self._progress = [Progress(0.0, 0, False)] * replicates

    def write(self, replicate: int, start: int, values: Mapping[str, np.ndarray]) -> None:
        """As ZarrSeries.write."""
        for name, array in self._arrays.items():
            array[replicate, start : start + len(values[name])] = values[name]

    def note(self, replicate: int, progress: Progress) -> None:
        """As ZarrSeries.note."""
        self._progress[replicate] = progress

    def progress(self, replicates: Sequence[int]) -> list[Progress]:
        """As ZarrSeries.progress."""
        return [self._progress[replicate] for replicate in replicates]

    def read(self, name: str, replicates: slice, records: int) -> np.ndarray:
        """As ZarrSeries.read."""
        return self._arrays[name][replicates, :records]

    def dataset(self) -> "xarray.Dataset":
        """All series, as xarray has them."""
        import xarray as xr

        coordinates = {
            "replicate": ("replicate", np.arange(self._replicates), REPLICATE_ATTRIBUTES),
            "time": ("time", self._time, TIME_ATTRIBUTES),
            **{dim: (dim, list(names), _state_attributes(dim)) for dim, names in STATE_NAMES.items()},
        }
        variables = {o.name: (_dims(o), self._arrays[o.name], _attributes(o)) for o in OBSERVABLES}
        return xr.Dataset(variables, coordinates, self._attributes)


def create(
    store: "Store",
    time: np.ndarray,
    replicates: int,
    attributes: Mapping[str, object],
    rows: int,
) -> None:
    """Make the series of a run in a new Zarr store, with nothing in them but NaN.

    Parameters
    ----------
    time : (K,) float64
        of all records [s]
    rows : replicates that share a chunk; 1: none do
    attributes : of the store
    """
    group = create_group(store, attributes=attributes)
    for o in OBSERVABLES:
        shape = _shape(o, replicates, len(time))
        create_array(
            group,
            o.name,
            shape=shape,
            chunks=(rows, len(time) if rows > 1 else min(CHUNK_RECORDS, len(time)), *shape[2:]),
            dtype="float64",
            fill_value=np.nan,
            dimension_names=_dims(o),
            attributes=_attributes(o),
        )

    def coordinate(name, values, attributes):
        array = create_array(
            group, name, shape=values.shape, dtype=values.dtype, dimension_names=(name,), attributes=attributes
        )
        array[:] = values

    coordinate("time", time, TIME_ATTRIBUTES)
    coordinate("replicate", np.arange(replicates), REPLICATE_ATTRIBUTES)
    for dim, names in STATE_NAMES.items():
        coordinate(dim, np.array(names, dtype=np.dtypes.StringDType()), _state_attributes(dim))
    columns = Progress._fields
    create_array(
        group.create_group(PROGRESS),
        REACHED,
        shape=(replicates, len(columns)),
        chunks=(rows, len(columns)),
        dtype="float64",
        fill_value=0.0,
        dimension_names=("replicate", "entry"),
        attributes={"long_name": "How far each replicate has come", "entries": list(columns)},
    )


class ZarrSeries:
    """Series in the Zarr store of a run.

    A chunk is replaced as a whole, so a reader never meets half of one. The store is opened on the loop of
    event_loop.py, and all arrays are written in one turn of it.
    """

    def __init__(self, path: Place):
        self._path = path
        arrays = wait_for(open_arrays(path, ROWS))
        self._reached = arrays.pop(ROWS[-1])
        self._arrays = arrays

    @property
    def rows(self) -> int:
        """How many replicates share a chunk."""
        return int(self._reached.chunks[0])

    def write(self, replicate: int, start: int, values: Mapping[str, np.ndarray]) -> None:
        """Write records of a replicate from number `start` on, of every observable by name, (n,) or (n, states)."""

        async def write_all():
            part = replicate, slice(start, start + len(values["insulin"]))
            await together(*(array.setitem(part, values[name]) for name, array in self._arrays.items()))

        wait_for(write_all())

    def note(self, replicate: int, progress: Progress) -> None:
        """Note how far a replicate has come, once its records are written."""
        wait_for(self._reached.setitem(replicate, np.array(progress, float)))

    def progress(self, replicates: Sequence[int]) -> list[Progress]:
        """How far some replicates have come, whoever writes them."""

        async def read_all():
            if len(replicates) > self._reached.shape[0] // 2:
                return np.asarray(await self._reached.getitem(slice(None)))[replicates]
            return np.array(await together(*map(self._reached.getitem, replicates)))

        rows = wait_for(read_all()).reshape(-1, len(Progress._fields)).tolist()
        return [Progress(seconds, int(records), ended > 0.0) for seconds, records, ended in rows]

    def read(self, name: str, replicates: slice, records: int) -> np.ndarray:
        """The first records of an observable, (replicates, records) or (.., states); NaN where there are none."""
        return np.asarray(wait_for(self._arrays[name].getitem((replicates, slice(0, records)))))

    def dataset(self) -> "xarray.Dataset":
        """All series, as xarray has them, read when used."""
        return open_results(self._path)


async def open_arrays(path: Place, names: Sequence[str]) -> dict[str, Any]:
    """Arrays of a store by their names, to be written."""
    from zarr.api.asynchronous import open_group

    group = await open_group(store=zarr_store(path), mode="r+", use_consolidated=False)
    arrays: list[Any] = await together(*map(group.getitem, names))
    return {name: array.with_config(WHOLE) for name, array in zip(names, arrays)}


def open_results(path: PlaceLike, group: str | None = None) -> "xarray.Dataset":
    """Open the results of a run, lazily: data are read when used.

    Parameters
    ----------
    path
        a run's directory, or its results.zarr, here or at an address such as s3://bucket/run
    group
        None for the time series; of a run with events also "single_vesicle" (the statistics of all replicates) and
        "events/0" (the log of replicate 0)

    Raises
    ------
    InputError
        if there is no such result
    """
    from glut4sim.sim.results import damage, event_store

    where = storage.place(path)
    store = store_of(where)
    inside = sorted(found.parent.name for found in where.glob(f"assay-*/{STORE}"))
    if inside:
        raise InputError(f"holds {len(inside)} assays; choose one: {where / inside[0]}.", place=str(where))
    if not (store / METADATA).is_file():
        raise InputError(f"expected the directory of a run, found no {STORE} in it.", place=str(where))
    with damage.named(store):
        damage.check(store)
        if group is None or (group == single_vesicle.GROUP and (store / group / METADATA).is_file()):
            return open_group(store, group)
        log = event_store.open_log(store, group)
    if log is None:
        raise InputError(f'found no group "{group}" in {STORE}; run with run.events = true.', place=str(where))
    return log


def store_of(where: Place) -> Place:
    """The store in a directory of results, or the place itself."""
    return where / STORE if (where / STORE).is_dir() else where


def open_group(store: Place, group: str | None, without: Iterable[str] = ()) -> "xarray.Dataset":
    """A group of a Zarr store, lazily, without some of its arrays."""
    import xarray as xr

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Object at .*\.partial is not recognized")  # left by a killed zarr
        dataset = xr.open_zarr(
            zarr_store(store), group=group, consolidated=False, drop_variables=list(without),
            chunks=None,  # arrays of numpy, also where there is Dask
        )  # fmt: skip
    dataset.attrs.pop(CHECKSUMS, None)
    for described in (dataset, *dataset.variables.values()):
        conventions.as_ours(described.attrs)
    return dataset
