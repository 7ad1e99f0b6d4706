"""Published curves and points, as CSV files hold them.

A file has lines of comment that begin with "#", then a line of names: a column of x, `time_min` or `insulin_nM` (any
unit of time or of insulin after the underscore); one column of values for each curve, or, where there is a column
`series`, the columns `value` and `sem` of the points of several series.
"""

import numpy as np

from glut4sim.sim.analysis.measurements import Reference
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError, describe, unknown
from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.inputs.units import INSULIN, SPAN

X = {"insulin": INSULIN, "time": SPAN}  # what a column of x may be called, before its unit


def read_reference(path: Place, name: str = "") -> Reference:
    """A curve or the points of a series.

    Parameters
    ----------
    path : of the file
    name
        of the curve's column, or of the series; in a file without series the column `value` by default

    Raises
    ------
    InputError
        naming the file
    """
    try:
        with storage.reading(path):
            text = storage.read_text(path)
    except OSError as error:
        raise InputError(f"{path.name} cannot be read: {error.strerror or 'there is no such file'}.") from None
    lines = [line.strip().split(",") for line in text.splitlines() if line[:1] not in ("#", "")]
    head, rows = (lines[0], lines[1:]) if lines else ([], [])
    x_name = next((column for column in head if column.partition("_")[0] in X), None)
    if x_name is None:
        raise InputError(f"{path.name} has neither a column time_min nor insulin_nM.")
    y_name = name or "value"
    if "series" in head:
        rows = [row for row in rows if row[head.index("series")] == name]
        y_name = "value"
        if not rows:
            raise InputError(f"{path.name} has no series {describe(name)}.")
    if y_name not in head:
        raise unknown("column", y_name, head)
    what, _, unit = x_name.partition("_")
    y, sem = (_numbers(path, head, rows, c) if c in head else None for c in (y_name, "sem"))
    x = [X[what].read(f"{row[head.index(x_name)]} {unit}") for row in rows]
    return Reference(np.array(x), np.array(y), None if sem is None else np.array(sem), what == "insulin")


def _numbers(path: Place, head: list[str], rows: list[list[str]], column: str) -> list[float]:
    """A column, of numbers."""
    try:
        return [float(row[head.index(column)]) for row in rows]
    except (ValueError, IndexError):
        raise InputError(f"{path.name}: expected a number in each line of its column {column}.") from None
