"""Results as comma-separated values: a row per record, a column per variable, units in the header.

Of a run, rows are replicates and times; of a sweep, levels and replicates. A variable by state, such as `vesicles`,
has a column for each state. Values that do not exist are empty.
"""

from collections.abc import Hashable, Iterator, Sequence
from math import prod
from typing import TYPE_CHECKING, TextIO

from glut4sim.sim.analysis.summary import UNITS
from glut4sim.sim.model.observables import OBSERVABLES

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

ROWS = 2**14  # that are in memory at a time


def write_csv(dataset: "xr.Dataset", file: TextIO) -> int:
    """Write a table of a dataset as `open_results` gives it.

    Rows without any value, which a run did not get to, are left out; so are variables that do not stand once per
    record, such as logs of events.

    Parameters
    ----------
    dataset : read piece by piece
    file : a text file

    Returns
    -------
    rows : int
        their number, without the header
    """
    index = ["replicate", "time"] if "time" in dataset.dims else list(dataset.dims)
    wanted = dataset[_names(dataset, index)]
    rows = 0
    for number, piece in enumerate(_pieces(wanted, index)):
        table = _table(piece.load(), index)
        table.to_csv(file, index=False, header=number == 0, float_format=_shortest, lineterminator="\n")
        rows += len(table)
    return rows


def _names(dataset, index: Sequence[Hashable]) -> list[str]:
    """Variables that stand once per record, or once per record and state, in the order of the observables."""
    known = [*(o.name for o in OBSERVABLES), *UNITS]  # a Zarr store keeps no order
    places = {name: place for place, name in enumerate(known)}
    once = [f"{n}" for n, v in dataset.data_vars.items() if set(index) <= set(v.dims) and len(v.dims) <= len(index) + 1]
    return sorted(once, key=lambda name: places.get(name, len(known)))


def _pieces(dataset: "xr.Dataset", dims: Sequence[Hashable]) -> Iterator["xr.Dataset"]:
    """Parts of a dataset with few enough records each, in the order of their dimensions."""
    inner = prod(dataset.sizes[dim] for dim in dims[1:])
    step = max(1, ROWS // inner)
    for first in range(0, dataset.sizes[dims[0]], step):
        part = dataset.isel({dims[0]: slice(first, first + step)})
        if inner > ROWS:
            yield from _pieces(part, dims[1:])
        else:
            yield part


def _table(piece: "xr.Dataset", index: Sequence[Hashable]) -> "pd.DataFrame":
    """The records of a part, as rows."""
    import xarray as xr

    columns = {}
    for name, variable in piece.data_vars.items():
        further = [dim for dim in variable.dims if dim not in index]
        if further:
            for s, state in enumerate(piece[further[0]].values):
                columns[_header(variable, f"{name}.{state}")] = variable.isel({further[0]: s}, drop=True)
        else:
            columns[_header(variable, name)] = variable
    frame = xr.Dataset(columns).to_dataframe(dim_order=list(index))
    frame = frame[list(columns)].dropna(how="all").reset_index()
    return frame.rename(columns={dim: _header(piece[dim], dim) for dim in index})


def _header(variable, name: Hashable) -> str:
    unit = variable.attrs.get("units", "1")
    return f"{name}" if unit == "1" else f"{name} [{unit}]"


def _shortest(value) -> str:
    """The shortest text that reads back as the same number."""
    return float.__repr__(value).removesuffix(".0")
