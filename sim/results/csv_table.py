"""Results as comma-separated values: a row per record, a column per variable, units in the header.

Of a run, rows are replicates and times; of a sweep, levels and replicates. A variable by state, such as `vesicles`,
has a column for each state. Values that do not exist are empty.
"""

import csv
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

import numpy as np

from glut4sim.sim.analysis.summary import UNITS
from glut4sim.sim.model.observables import OBSERVABLES

if TYPE_CHECKING:
    import xarray


def write_csv(dataset: "xarray.Dataset", file: TextIO) -> int:
    """Write a table of a dataset as `results.open_results` gives it; returns the number of its rows.

    Rows without any value, which a run did not get to, are left out; so are variables that do not stand once per
    record, such as logs of events.
    """
    index = ("replicate", "time") if "time" in dataset.dims else tuple(dataset.dims)
    writer = csv.writer(file, lineterminator="\n")
    columns = list(_columns(dataset, index))
    writer.writerow([_header(dataset[dim], dim) for dim in index] + [header for header, _ in columns])
    rows = 0
    outer, inner = dataset[index[0]].values, index[1:]
    for i, label in enumerate(outer):  # one slice at a time is in memory
        lengths = [dataset.sizes[dim] for dim in inner]
        values = np.stack([np.broadcast_to(column(i), lengths).ravel() for _, column in columns], axis=1)
        labels = np.meshgrid(*(dataset[dim].values for dim in inner), indexing="ij")
        for row in np.flatnonzero(np.isfinite(values).any(axis=1)):
            place = [label.item(), *(axis.ravel()[row].item() for axis in labels)]
            writer.writerow([_number(v) for v in place] + [_number(v) for v in values[row].tolist()])
            rows += 1
    return rows


def _columns(dataset, index) -> Iterator[tuple[str, object]]:
    """Header of each column, and what gives its values at one place along the first dimension."""
    known = [*(o.name for o in OBSERVABLES), *UNITS]  # a Zarr store keeps no order
    places = {name: place for place, name in enumerate(known)}
    for name, variable in sorted(dataset.data_vars.items(), key=lambda item: places.get(item[0], len(known))):
        further = [dim for dim in variable.dims if dim not in index]
        if not set(index) <= set(variable.dims) or len(further) > 1:
            continue
        ordered = variable.transpose(*index, *further)
        if not further:
            yield _header(variable, name), lambda i, v=ordered: v[i].values
            continue
        for s, state in enumerate(dataset[further[0]].values):
            yield _header(variable, f"{name}.{state}"), lambda i, v=ordered, s=s: v[i, ..., s].values


def _header(variable, name: str) -> str:
    unit = variable.attrs.get("units", "1")
    return name if unit == "1" else f"{name} [{unit}]"


def _number(value: float) -> str:
    """The shortest text that reads back as the same number; empty if there is none."""
    if isinstance(value, float):
        return "" if np.isnan(value) else repr(value).removesuffix(".0")
    return str(value)
