"""The register of evidence: every published number that checks and fits use, its source, and which fits used it.

`evidence.csv` beside the suites has a line for each datum:

    id            how checks and problems of fits name it
    experiment    what was measured together: its data are fitted together or held out together
    quantity, system, condition, value, low, high, unit, sem
                  what was found in what; value and band are empty where there are many values, as in a curve
    data          where these are: a file in the folder `data` and its column or series
    grade         how well it is known: A read in its source, B well known, C recalled
    source        author, journal, volume and page, year
    fits          the problems of benchmarks/fits that are fitted to its experiment, and "by-hand" where values were
                  chosen by hand, outside the program, with it in view; "body" where values of the body were
                  (clinical.py); or "held-out": no value was fitted to it
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError, describe, unknown
from glut4sim.sim.inputs.storage import PlaceLike

FILE = "evidence.csv"
REGISTER = Path(__file__).parents[3] / "benchmarks" / FILE
GRADES = ("A", "B", "C")
HELD_OUT, BY_HAND, BODY = "held-out", "by-hand", "body"
NUMBERS = ("value", "low", "high", "sem")


@dataclass(frozen=True)
class Datum:
    """A published number, or a curve; see above.

    Attributes
    ----------
    value, low, high, sem
        None where the source gives none
    data : file and column or series; empty if it is one number
    fits : empty if it is held out
    """

    id: str
    experiment: str
    quantity: str
    system: str
    condition: str
    value: float | None
    low: float | None
    high: float | None
    unit: str
    sem: float | None
    data: str
    grade: str
    source: str
    fits: tuple[str, ...]

    @property
    def held_out(self) -> bool:
        """Whether no value was fitted to it."""
        return not self.fits


COLUMNS = tuple(field.name for field in fields(Datum))


def load_register(source: PlaceLike = REGISTER) -> dict[str, Datum]:
    """Read a register.

    Parameters
    ----------
    source : path or address of the CSV file; at first the installed one

    Returns
    -------
    register : id -> datum

    Raises
    ------
    InputError
        naming the file and the line; also where data of one experiment went into different fits
    """
    file = storage.place(source)
    try:
        with storage.reading(file):
            text = storage.read_text(file)
    except OSError as error:
        raise InputError(f"it cannot be read: {error.strerror}.", place=str(file)) from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise InputError(f"expected the columns {', '.join(COLUMNS)}.", "line 1", str(file))
    rows = [(reader.line_num, row) for row in reader]
    register: dict[str, Datum] = {}
    fits_of: dict[str, tuple[str, ...]] = {}
    for number, row in rows:
        try:
            datum = _datum(row)
            if datum.id in register:
                raise InputError(f"this id is given twice: {describe(datum.id)}.")
            if fits_of.setdefault(datum.experiment, datum.fits) != datum.fits:
                raise InputError(f"other data of {describe(datum.experiment)} had a part in other fits.")
        except InputError as error:
            raise InputError(error.sentence, f"line {number}", str(file)) from None
        register[datum.id] = datum
    return register


def find(register: Mapping[str, Datum], ids: Iterable[str]) -> tuple[Datum, ...]:
    """The data of some ids.

    Raises
    ------
    InputError
        if there is none of an id
    """
    found = []
    for name in ids:
        if name not in register:
            raise unknown("datum", name, register)
        found.append(register[name])
    return tuple(found)


def fitted(data: Iterable[Datum]) -> bool:
    """Whether a value of the cell or of a hormone was fitted to any of these data."""
    return not all(datum.held_out for datum in data)


def _datum(row: Mapping[str, str | None]) -> Datum:
    text = {key: row[key] or "" for key in COLUMNS}
    for key in ("id", "experiment", "quantity", "system", "unit", "source", "fits"):
        if not text[key]:
            raise InputError(f"{describe(key)} is missing.")
    if text["grade"] not in GRADES:
        raise unknown("grade", text["grade"], GRADES)
    numbers = {key: _number(key, text[key]) for key in NUMBERS}
    value, low, high = numbers["value"], numbers["low"], numbers["high"]
    if (value is None) == (not text["data"]):
        raise InputError("expected a value, or where many are in `data`.")
    if (low is None) != (high is None):
        raise InputError("expected a band that holds the value, with both ends.")
    if low is not None and high is not None and not low <= (low if value is None else value) <= high:
        raise InputError("expected a band that holds the value.")
    fits = text["fits"].split()
    if HELD_OUT in fits and len(fits) > 1:
        raise InputError(f"expected {HELD_OUT} alone: it is either fitted to or held out.")
    fits = () if fits == [HELD_OUT] else tuple(fits)
    return Datum(**{**text, **numbers, "fits": fits})


def _number(key: str, text: str) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        raise InputError(f"expected a number as {key}, got {describe(text)}.") from None
