"""Where the time series of a run are kept: in memory, or in a Zarr store that xarray reads.

The store is made whole at the start, filled with NaN, and written chunk by chunk, each replicate in chunks of its own,
so that threads, processes and machines may write side by side. Its group `progress` says how far each replicate has
come.
"""

import asyncio
import os
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model.observables import OBSERVABLES, STATE_NAMES
from glut4sim.sim.results import storage
from glut4sim.sim.results.event_store import consolidate
from glut4sim.sim.results.storage import Place, zarr_store

if TYPE_CHECKING:
    import xarray

STORE = "results.zarr"
PROGRESS = "progress"  # group of it
REACHED = ("seconds", "records", "ended")  # columns of its array `reached`
CHUNK_RECORDS = 4096  # of one replicate, about 1 MB of all observables


def record_times(scenario) -> np.ndarray:
    """Times of all records of a complete run, t = 0 included [s]. Shape (K,)."""
    stride = round(scenario.run.record_every / scenario.run.step)
    steps = round(scenario.run.duration / scenario.run.step)
    return np.round(np.arange(steps // stride + 1) * scenario.run.record_every, 9)  # 0.3, not 0.30000000000000004


def _dims(observable) -> tuple[str, ...]:
    return ("replicate", "time") if observable.dim is None else ("replicate", "time", observable.dim)


def _shape(observable, replicates: int, records: int) -> tuple[int, ...]:
    return (replicates, records) if observable.dim is None else (replicates, records, len(STATE_NAMES[observable.dim]))


def _attributes(observable) -> dict[str, str]:
    return {"units": observable.unit, "long_name": observable.long_name}


TIME_ATTRIBUTES = {"units": "s", "long_name": "Time"}
REPLICATE_ATTRIBUTES = {"long_name": "Replicate"}


class MemorySink:
    """Series kept in memory."""

    def __init__(self, time: np.ndarray, replicates: int, attributes: Mapping[str, str]):
        self.time, self.replicates, self.attributes = time, replicates, dict(attributes)
        self.arrays = {o.name: np.full(_shape(o, replicates, len(time)), np.nan) for o in OBSERVABLES}

    def write(self, replicate: int, start: int, stop: int, values: Mapping[str, np.ndarray]) -> None:
        """Write records start .. stop - 1 of a replicate, of every observable by name."""
        for name, array in self.arrays.items():
            array[replicate, start:stop] = values[name]

    def dataset(self) -> "xarray.Dataset":
        import xarray as xr

        coordinates = {
            "replicate": ("replicate", np.arange(self.replicates), REPLICATE_ATTRIBUTES),
            "time": ("time", self.time, TIME_ATTRIBUTES),
            **{dim: (dim, list(names)) for dim, names in STATE_NAMES.items()},
        }
        variables = {o.name: (_dims(o), self.arrays[o.name], _attributes(o)) for o in OBSERVABLES}
        return xr.Dataset(variables, coordinates, self.attributes)


def create_store(path: Place, time: np.ndarray, replicates: int, attributes: Mapping[str, object], final: bool) -> None:
    """Make the Zarr store of a run, with nothing in it but NaN.

    final : whether no other group will be added to the store
    """
    import zarr

    group = zarr.create_group(zarr_store(path), zarr_format=3, attributes=dict(attributes), overwrite=True)
    for o in OBSERVABLES:
        shape = _shape(o, replicates, len(time))
        group.create_array(
            o.name,
            shape=shape,
            chunks=(1, min(CHUNK_RECORDS, len(time)), *shape[2:]),
            dtype="float64",
            fill_value=np.nan,
            dimension_names=_dims(o),
            attributes=_attributes(o),
        )

    def coordinate(name, values, attributes):
        array = group.create_array(
            name, shape=values.shape, dtype=values.dtype, dimension_names=(name,), attributes=attributes
        )
        array[:] = values

    coordinate("time", time, TIME_ATTRIBUTES)
    coordinate("replicate", np.arange(replicates), REPLICATE_ATTRIBUTES)
    for dim, names in STATE_NAMES.items():
        coordinate(dim, np.array(names, dtype=np.dtypes.StringDType()), {})
    group.create_group(PROGRESS).create_array(
        "reached",
        shape=(replicates, len(REACHED)),
        chunks=(1, len(REACHED)),
        dtype="float64",
        fill_value=0.0,
        dimension_names=("replicate", "entry"),
        attributes={"long_name": "How far each replicate has come", "entries": list(REACHED)},
    )
    if final:
        consolidate(path)


class ZarrSink:
    """Series in the Zarr store of a run.

    A chunk is replaced as a whole, so a reader never meets half of one.
    """

    def __init__(self, path: Place):
        import zarr

        self.path = path
        group = zarr.open_group(zarr_store(path), mode="r+", use_consolidated=False)
        self.arrays = {o.name: group[o.name] for o in OBSERVABLES}
        self.reached = group[f"{PROGRESS}/reached"]

    def write(self, replicate: int, start: int, stop: int, values: Mapping[str, np.ndarray]) -> None:
        """As MemorySink.write.

        All arrays at a time: one after the other, a replicate would wait for zarr's threads at each, and those for the
        replicates that compute meanwhile.
        """
        from zarr.core.sync import sync  # not public, but the loop must be zarr's own: stores may be bound to it

        async def write_all():
            part = replicate, slice(start, stop)
            await asyncio.gather(*(array.async_array.setitem(part, values[k]) for k, array in self.arrays.items()))

        sync(write_all())

    def dataset(self) -> "xarray.Dataset":
        return open_results(self.path)


def open_results(path: str | os.PathLike, group: str | None = None) -> "xarray.Dataset":
    """Open the results of a run, lazily: data are read when used.

    Parameters
    ----------
    path : a run's directory, or its results.zarr
    group : None for the time series; of a run with events also "single_vesicle" (the statistics of all replicates) and
        "events/0" (the log of replicate 0)
    """
    import xarray as xr

    path = storage.place(path)
    store = path / STORE if (path / STORE).is_dir() else path
    inside = sorted(found.parent.name for found in path.glob(f"assay-*/{STORE}"))
    if inside:
        raise InputError(f"holds {len(inside)} assays; choose one: {path / inside[0]}.", place=str(path))
    if not (store / "zarr.json").is_file():
        raise InputError(f"expected the directory of a run, found no {STORE} in it.", place=str(path))
    if group is not None and not (store / group / "zarr.json").is_file():
        raise InputError(f'found no group "{group}" in {STORE}; run with run.events = true.', place=str(path))
    with warnings.catch_warnings():  # that the metadata of a run with events are not consolidated before it ends
        warnings.filterwarnings("ignore", message="Failed to open Zarr store with consolidated")
        return xr.open_zarr(zarr_store(store), group=group, chunks=None)  # arrays of numpy, also where there is Dask
