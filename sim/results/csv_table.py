"""Results as comma-separated values: a row per record, a column per variable, units in the header.

Of a run, rows are replicates and times; of a sweep, levels and replicates; of draws, each is a row. A variable by
state, such as `vesicles`, has a column for each state. Values that do not exist are empty.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from math import prod
from typing import TYPE_CHECKING, NamedTuple, TextIO

from glut4sim.sim.analysis.summary import UNITS
from glut4sim.sim.inputs.errors import InputError, unknown
from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.model.observables import OBSERVABLES
from glut4sim.sim.results import damage

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

ROWS = 2**14  # that are in memory at a time


class Part(NamedTuple):
    """A dataset, and the columns that say what of the whole it is: {"condition": "low"}.

    `store` is where it is read from, if errors are to say what of it is damaged.
    """

    labels: Mapping[str, str]
    dataset: "xr.Dataset"
    store: Place | None = None


def write_csv(dataset: "xr.Dataset", file: TextIO, columns: Sequence[str] | None = None) -> int:
    """Write a table of a dataset as `open_results` gives it.

    Rows without any value, which a run did not get to, are left out; so are variables that do not stand once per
    record, such as logs of events.

    Parameters
    ----------
    dataset : read piece by piece
    file : a text file
    columns
        names of variables, such as "vesicles", or of one of their states, "vesicles.fused"; what says which record it
        is comes always. None: all

    Returns
    -------
    rows : int
        their number, without the header

    Raises
    ------
    InputError
        if there is no such column
    """
    return write_parts([Part({}, dataset)], file, columns)


def write_parts(parts: Sequence[Part], file: TextIO, columns: Sequence[str] | None = None) -> int:
    """Write one table of several datasets with the same variables; as `write_csv`."""
    rows, is_first = 0, True
    for labels, dataset, store in parts:
        index = index_of(dataset)
        chosen = _chosen(dataset, index, columns)
        for piece in _pieces(dataset[list(dict.fromkeys(name for name, _ in chosen))], index):
            with nullcontext() if store is None else damage.named(store):
                piece.load()
            table = _table(piece, index, chosen)
            for place, (name, label) in enumerate(labels.items()):
                table.insert(place, name, label)
            table.to_csv(file, index=False, header=is_first, float_format=_shortest, lineterminator="\n")
            is_first = False
            rows += len(table)
    return rows


def index_of(dataset: "xr.Dataset") -> list[Hashable]:
    """The dimensions whose values say which record a row is."""
    if "draw" in dataset.dims:
        return [dim for dim in ("condition", "draw") if dim in dataset.dims]
    if "time" in dataset.dims:
        return [dim for dim in ("replicate", "time") if dim in dataset.dims]
    return list(next(iter(dataset.data_vars.values())).dims)


def _names(dataset, index: Sequence[Hashable]) -> list[str]:
    """Variables that stand once per record, or once per record and state, in the order of the observables."""
    known = [*(o.name for o in OBSERVABLES), *UNITS]  # a Zarr store keeps no order
    places = {name: place for place, name in enumerate(known)}
    once = [f"{n}" for n, v in dataset.data_vars.items() if set(index) <= set(v.dims) and len(v.dims) <= len(index) + 1]
    return sorted(once, key=lambda name: (places.get(name, len(known)), name))


def check_columns(parts: Sequence[Part], columns: Sequence[str] | None) -> None:
    """InputError unless all parts have columns that are asked for."""
    for part in parts:
        _chosen(part.dataset, index_of(part.dataset), columns)


def _chosen(dataset, index: Sequence[Hashable], columns: Sequence[str] | None) -> list[tuple[str, int | None]]:
    """Columns as names of variables and numbers of states, None where a variable has none; in the order asked for.

    Raises
    ------
    InputError
        if there is no such column, or one is asked for twice
    """
    every: dict[str, list[tuple[str, int | None]]] = {}  # by what may be asked for
    names = _names(dataset, index)
    for name in names:
        variable = dataset[name]
        states = [dim for dim in variable.dims if dim not in index]
        every[name] = []
        for s, state in enumerate(dataset[states[0]].values if states else [None]):
            column = (name, s if states else None)
            every[name].append(column)
            if states:
                every[f"{name}.{state}"] = [column]
    if columns is None:
        return [column for name in names for column in every[name]]
    for name in columns:
        if name not in every:
            raise unknown("column", name, every)
    chosen = [column for name in columns for column in every[name]]
    if len(set(chosen)) < len(chosen):
        raise InputError("expected each column once.")
    return chosen


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


def _table(piece: "xr.Dataset", index: Sequence[Hashable], chosen: Sequence[tuple[str, int | None]]) -> "pd.DataFrame":
    """The records of a part, as rows."""
    import xarray as xr

    columns = {}
    for name, s in chosen:
        variable = piece[name]
        if s is None:
            columns[_header(variable, name)] = variable.variable
        else:
            [states] = [dim for dim in variable.dims if dim not in index]
            header = _header(variable, f"{name}.{piece[states].values[s]}")
            columns[header] = variable.isel({states: s}, drop=True).variable
    coordinates = {dim: piece[dim].variable for dim in index}
    frame = xr.Dataset(columns, coordinates).to_dataframe(dim_order=list(index))
    frame = frame[list(columns)].dropna(how="all").reset_index()
    return frame.rename(columns={dim: _header(piece[dim], dim) for dim in index})


def _header(variable, name: Hashable) -> str:
    unit = variable.attrs.get("units", "1")
    return f"{name}" if unit == "1" else f"{name} [{unit}]"


def _shortest(value) -> str:
    """The shortest text that reads back as the same number."""
    return float.__repr__(value).removesuffix(".0")
