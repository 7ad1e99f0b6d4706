"""Doses as pharmacometricians keep them: one table of events by time, as NONMEM, nlmixr2 and Monolix read it.

    ID,TIME,AMT,RATE,ADDL,II,CMT,EVID,DV,MDV,NAME
    1,2,100,0,12,168,1,1,.,1,testosterone cypionate [mg]
    1,24,.,.,.,.,2,0,486.2,0,testosterone [ng/dL]

A row with EVID 1 is a dose AMT at TIME, given at once or at a RATE, and ADDL times more every II. One with EVID 0 is an
observation DV. CMT numbers what is given or observed, and NAME, which only people read, says what that is. "." is
nothing. sim/analysis/dose_table.py writes it. Read, it gives the doses of a therapy, whose unit it does not say:

    [[therapy]]
    drug = "testosterone cypionate"
    doses = "doses.csv"        # from this file's folder, or an address
    unit = "mg"                # of AMT
    time = "h"                 # of TIME and II: s, min, h (unless said) or d
    id = 7                     # whose doses, where the table has several people
    cmt = 1                    # which of its doses, where it has several drugs

Sources: Bauer, CPT Pharmacometrics Syst Pharmacol 8:525 (2019), for NONMEM; the table of events of rxode2.
"""

import csv
import io
import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError, describe, join_path, unknown
from glut4sim.sim.inputs.fields import Choice, SomeText, Words
from glut4sim.sim.inputs.files import TomlFile
from glut4sim.sim.inputs.tables import Table
from glut4sim.sim.inputs.units import write

COLUMNS = ("ID", "TIME", "AMT", "RATE", "ADDL", "II", "CMT", "EVID", "DV", "MDV", "NAME")
MOST = 10_000  # rows with doses
OBSERVED, DOSE = 0.0, 1.0  # EVID
_IGNORED = (OBSERVED, 2.0)  # of EVID: what gives nothing
_REFUSED = {"SS": "doses to a steady state; give those that led to it", "DUR": "DUR; give RATE, the amount per time"}
_MISSING = ("", ".", "NA")

ID = Annotated[str | None, SomeText()]


class DosesTable(Table):
    """[[therapy]] whose doses stand in a table of events."""

    drug: Words = Field(description="what is given")
    doses: Words = Field(description="a NONMEM-style table of doses, by its path from this file or its address")
    unit: Words = Field(description="unit of AMT there")
    time: Annotated[str, Choice(("s", "min", "h", "d"))] = Field(default="h", description="unit of TIME and II there")
    id: ID = Field(default=None, description="whose doses: ID there")
    cmt: ID = Field(default=None, description="which doses: CMT there")


def expanded(table: Mapping[str, Any], by: TomlFile) -> dict[str, Any]:
    """What a scenario file says, with the therapies that a table of doses comes to in place of the one that names it.

    InputError, naming the file and the path or row within it, if one cannot be read or says what no therapy can.
    """
    therapies = table.get("therapy")
    if not isinstance(therapies, list):
        return dict(table)
    found: list[Any] = []
    for i, therapy in enumerate(therapies):
        if isinstance(therapy, dict) and "doses" in therapy:
            try:
                found += _of_file(therapy, by)
            except InputError as error:
                raise error if error.place else error.within(f"therapy[{i}]", by.place) from None
        else:
            found.append(therapy)
    return {**table, "therapy": found}


def _of_file(therapy: Mapping[str, Any], by: TomlFile) -> list[dict[str, str]]:
    plain = {key: f"{v}" if key in ("id", "cmt") and type(v) is int else v for key, v in therapy.items()}
    told = DosesTable.read(plain)
    where = storage.beside(by.path.parent, told.doses)
    try:
        with storage.reading(where):
            text = storage.read_text(where)
    except OSError as error:
        raise InputError(f"{told.doses} cannot be read: {error.strerror}.", "doses") from None
    except ValueError:
        raise InputError(f"{told.doses} is no text in UTF-8.", "doses") from None
    try:
        return [_therapy(row, told) for row in _doses(text, told)]
    except InputError as error:
        raise error.within(place=str(where)) from None


class _Row(NamedTuple):
    """A row of the table, numbered as an editor shows it."""

    line: int
    values: Mapping[str, str]

    def number(self, column: str) -> float:
        """What a column says, 0 where it says nothing."""
        text = self.values.get(column, "")
        try:
            number = 0.0 if text in _MISSING else float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise self.fault(column, f"expected a number or nothing, got {describe(text)}.")
        return number

    def fault(self, column: str, sentence: str) -> InputError:
        """What is wrong with a column."""
        return InputError(sentence, join_path(f"line {self.line}", column))


def _doses(text: str, told: DosesTable) -> list[_Row]:
    """The rows that are doses of whom and of what is asked for."""
    rows = [row for row in _rows(text) if _is_dose(row)]
    for column, wanted, key in (("ID", told.id, "id"), ("CMT", told.cmt, "cmt")):
        there = list(dict.fromkeys(row.values.get(column, "") for row in rows))
        if wanted is None and len(there) > 1:
            some = ", ".join(there[:5]) + (", ..." if len(there) > 5 else "")
            raise InputError(f"has doses of several {column} ({some}); say in the therapy which: {key} = {there[0]}.")
        if wanted is not None and wanted not in there:
            raise unknown(column, wanted, there)
        rows = [row for row in rows if wanted in (None, row.values.get(column, ""))]
    if not rows:
        raise InputError("has no dose: no row with AMT above 0 and EVID 1.")
    if len(rows) > MOST:
        raise InputError(f"expected at most {MOST} rows with doses, got {len(rows)}; say equal doses by ADDL and II.")
    return rows


def _rows(text: str) -> Iterator[_Row]:
    lines = csv.reader(io.StringIO(text))
    names: list[str] | None = None
    try:
        for cells in lines:
            values = [cell.strip() for cell in cells]
            if not any(values) or (names and values[0].startswith("#")):
                continue
            if names is None:
                names = [value.lstrip("#").strip().upper() for value in values]
                for column in ("TIME", "AMT"):
                    if column not in names:
                        raise InputError(f"expected a first line that names the columns, {column} among them.")
            else:
                yield _Row(lines.line_num, dict(zip(names, values)))
    except csv.Error as error:
        raise InputError(f"line {lines.line_num}: {error}.") from None
    if names is None:
        raise InputError("expected a table with a first line that names the columns, got nothing.")


def _is_dose(row: _Row) -> bool:
    event = row.number("EVID") if "EVID" in row.values else float(row.number("AMT") > 0.0)
    if event not in (*_IGNORED, DOSE):
        raise row.fault("EVID", f"expected 0, 1 or 2, got {event:g}: nothing is reset here.")
    return event == DOSE


def _therapy(row: _Row, told: DosesTable) -> dict[str, str]:
    """A row as [[therapy]] has it."""
    time, amount, rate, more, every = (row.number(column) for column in ("TIME", "AMT", "RATE", "ADDL", "II"))
    for column, sentence in _REFUSED.items():
        if row.number(column):
            raise row.fault(column, f"expected no {sentence}.")
    if amount <= 0.0:
        raise row.fault("AMT", f"expected an amount above 0, got {amount:g}.")
    if rate < 0.0:
        raise row.fault("RATE", f"expected 0 or more, got {rate:g}: no model of a rate or a duration is known here.")
    if more != int(more) or more < 0.0:
        raise row.fault("ADDL", f"expected a whole number of further doses, got {more:g}.")
    if more and every <= 0.0:
        raise row.fault("II", "expected the time between doses, which ADDL asks for.")
    found = {"drug": told.drug, "dose": write(amount, told.unit), "start": write(time, told.time)}
    if more:
        found |= {"every": write(every, told.time), "for": write(every * (more + 1.0), told.time)}
    if rate:
        found["over"] = write(amount / rate, told.time)
    return found
