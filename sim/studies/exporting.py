"""Results as tables for other programs, whichever study they are of: what `glut4sim export csv` writes.

run                 a row for each replicate and time
compare             the same of each condition, and its label in front; several assays: their time in front
sweep               a row for each level and replicate; of several scenarios with the condition in front
sensitivity         a row for each run
uncertainty         a row for each draw: the values drawn, and the numbers that follow
fit                 a row for each value that was free
hormones alone      a row for each time
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError, unknown
from glut4sim.sim.inputs.storage import Place, PlaceLike
from glut4sim.sim.inputs.units import SPAN
from glut4sim.sim.results import csv_table
from glut4sim.sim.results.csv_table import Part
from glut4sim.sim.results.series_store import STORE, open_results, store_of
from glut4sim.sim.results.zarr_arrays import METADATA
from glut4sim.sim.studies.comparison import comparison
from glut4sim.sim.studies.fit import abc_result
from glut4sim.sim.studies.fit import result as fit_result
from glut4sim.sim.studies.run import hormones

if TYPE_CHECKING:
    import xarray

SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}  # units of time


def tables(out: PlaceLike, columns: Sequence[str] | None = None, time_unit: str | None = None) -> list[Part]:
    """The results in a directory, as the pieces of one table, for `csv_table.write_parts`.

    Parameters
    ----------
    out : a directory or an address that a study has made, or a Zarr store in one
    columns : that will be asked for; None: all
    time_unit : one of SECONDS; None: as recorded

    Raises
    ------
    InputError
        if there is no such result, it has no such column, or no times
    """
    parts = [part._replace(dataset=_in_unit(part.dataset, time_unit)) for part in _parts(storage.place(out))]
    try:
        csv_table.check_columns(parts, columns)
    except InputError as error:
        raise error.within(place="--columns") from None
    return parts


def _parts(place: Place) -> Iterator[Part]:
    """What the directory holds, piece by piece of one table."""
    if (place / comparison.CONTENT).is_file():
        for label, folder in _conditions(place):
            yield _opened({"condition": label}, place / folder)
        return
    assays = {_when(found.parent.name): found.parent for found in place.glob(f"assay-*/{STORE}")}
    if assays:
        for when in sorted(assays, key=SPAN.read):
            yield _opened({"assay": when}, assays[when])
        return
    for name in (fit_result.CONTENT, abc_result.CONTENT):
        if (place / name).is_file():
            yield Part({}, _free_values(place / name))
            return
    if (place / hormones.STORE / METADATA).is_file() and not (place / STORE).is_dir():
        yield _opened({}, place / hormones.STORE)
        return
    yield _opened({}, place)


def _opened(labels: Mapping[str, str], place: Place) -> Part:
    """The results of a run or a sweep."""
    return Part(labels, open_results(place), store_of(place))


def _conditions(place: Place) -> list[tuple[str, str]]:
    """Labels of a comparison's conditions, and the directories of their runs."""
    with storage.whole(place, f"found no whole {comparison.CONTENT} in it."):
        told = storage.read_json(place / comparison.CONTENT)["conditions"]
        return [(condition["name"], condition["directory"]) for condition in told]


def _when(folder: str) -> str:
    """The time of an assay, from the name of its directory: "28 d"."""
    return folder.removeprefix("assay-").replace("-", " ")


def _free_values(path: Place) -> "xarray.Dataset":
    """What a fit found, a row for each of its free values."""
    import pandas as pd

    with storage.whole(path.parent, f"found no values in {path.name}."):
        rows = [dict(_plain(row)) for row in storage.read_json(path)["free"]]
        return pd.DataFrame(rows).set_index("name").to_xarray()


def _plain(row: Mapping[str, Any], before: str = "") -> Iterable[tuple[str, object]]:
    """What a row says in a word or a number, and so on of the rows in it."""
    for key, value in row.items():
        if isinstance(value, str | int | float):
            yield before + key, value
        elif isinstance(value, Mapping):
            yield from _plain(value, f"{before}{key}.")


def _in_unit(dataset: "xarray.Dataset", unit: str | None) -> "xarray.Dataset":
    """The dataset with its times in a unit."""
    if unit is None:
        return dataset
    if unit not in SECONDS:
        raise unknown("unit of time", unit, SECONDS).within(place="--time")
    if "time" not in csv_table.index_of(dataset):
        raise InputError("these results have no times; leave it out.", place="--time")
    time = dataset["time"]
    values = time.values * SECONDS[time.attrs["units"]] / SECONDS[unit]
    return dataset.assign_coords(time=("time", values, time.attrs | {"units": unit}))
