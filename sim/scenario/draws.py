"""Joint draws of uncertain values, and files of them.

A file is CSV: a header of cells `NAME [UNIT]`, such as `vesicle.fuse [1/min],testosterone-pi3k.gain [1]`, then a line
for each draw. A fit leaves its posterior in this form, and a preset that has one is installed with it as
`sim/model/presets/NAME.posterior.csv`; those of effects that were fitted together lie in `sim/endocrine/data` as
`FIT.posterior.csv`.
"""

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from glut4sim.sim.endocrine.library import DATA
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError, describe
from glut4sim.sim.inputs.storage import PlaceLike
from glut4sim.sim.model.parameters import PRESETS, load_preset
from glut4sim.sim.scenario.factors import changed
from glut4sim.sim.scenario.scenario import Scenario

_CELL = re.compile(r"\s*(?P<name>[^\[\]\s](?:[^\[\]]*[^\[\]\s])?)\s*\[(?P<unit>[^\[\]]+)\]\s*")


class Column(NamedTuple):
    """What a column of draws is of."""

    name: str  # "vesicle.fuse", "testosterone-pi3k.gain"
    unit: str


@dataclass(frozen=True)
class Draws:
    """Joint draws of uncertain values.

    Attributes
    ----------
    names, units : of the values, as overrides are written
    values : (n_draw, n_name) float64
    origin : where they come from, in words
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    values: np.ndarray
    origin: str

    def __len__(self) -> int:
        return len(self.values)

    @property
    def columns(self) -> tuple[Column, ...]:
        """Names with their units."""
        return tuple(map(Column, self.names, self.units))

    def scenario(self, base: Scenario, draw: int) -> Scenario:
        """A scenario with the values of a draw; whether they may be combined is found when it is used."""
        return changed(base, self.columns, self.values[draw])

    def only(self, names: Sequence[str]) -> "Draws":
        """The draws of some of the values, in their order here."""
        kept = [i for i, name in enumerate(self.names) if name in names]
        return Draws(
            tuple(self.names[i] for i in kept), tuple(self.units[i] for i in kept), self.values[:, kept], self.origin
        )


def read_draws(source: PlaceLike) -> Draws:
    """Read a file of draws.

    Raises
    ------
    InputError
        naming the file and the line that is at fault
    """
    where = storage.place(source)
    try:
        text = storage.read_text(where)
    except FileNotFoundError:
        raise InputError("there is no such file.", place=str(where)) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}.", place=str(where)) from None
    except ValueError:
        raise InputError("expected UTF-8 text.", place=str(where)) from None
    try:
        names, units, values = _parse(text)
    except InputError as error:
        raise error.within(place=str(where)) from None
    return Draws(names, units, values, f"{len(values)} draws in {where.name}")


def _parse(text: str) -> tuple[tuple[str, ...], tuple[str, ...], np.ndarray]:
    lines = [(number, row) for number, row in enumerate(csv.reader(io.StringIO(text.removeprefix("\ufeff"))), 1) if row]
    if not lines:
        raise InputError("expected a header such as vesicle.fuse [1/min], got an empty file.")
    header = [(_CELL.fullmatch(cell), cell) for cell in lines[0][1]]
    for match, cell in header:
        if match is None:
            raise InputError(f"expected NAME [UNIT] such as vesicle.fuse [1/min], got {describe(cell)}.", "line 1")
    names = tuple(match["name"] for match, _ in header if match)
    units = tuple(match["unit"].strip() for match, _ in header if match)
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{name} has two columns.", "line 1")
    values = [_numbers(row, len(names), f"line {number}") for number, row in lines[1:]]
    if not values:
        raise InputError("expected at least one draw, got the header only.")
    return names, units, np.array(values)


def _numbers(row: Sequence[str], count: int, path: str) -> list[float]:
    if len(row) != count:
        raise InputError(f"expected {count} numbers, got {len(row)}.", path)
    found = []
    for cell in row:
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise InputError(f"expected a number, got {describe(cell)}.", path)
        found.append(value)
    return found


def write_draws(source: PlaceLike, draws: Draws) -> None:
    """Write draws into a file, replacing one that is there; `read_draws` finds the same floats."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(f"{name} [{unit}]" for name, unit in draws.columns)
    table.writerows([repr(float(value)) for value in row] for row in draws.values)
    storage.write(storage.place(source), text.getvalue())


@cache
def own_posterior(preset: str) -> Draws | None:
    """The posterior that an installed preset has of the values that its own fit left free; None if it has none."""
    path = PRESETS.find(preset).path.with_suffix(".posterior.csv")
    return read_draws(path) if path.is_file() else None


@cache
def posterior(preset: str) -> Draws | None:
    """The posterior of an installed preset, with what it takes over from the fit of another; None if it has none.

    Draw k of what is taken over is draw k of that fit, so that of two cells which share values both have the same.
    """
    own = own_posterior(preset)
    if own is None:
        return None
    fits = {name: parameter.fit for name, parameter in load_preset(preset).parameters.items()}
    parts = [own]
    for fit in sorted(set(fits.values()) - {"", preset}):
        if (found := own_posterior(fit)) is not None:
            parts.append(found.only([name for name in fits if fits[name] == fit]))
    count = min(map(len, parts))
    return Draws(
        tuple(name for part in parts for name in part.names),
        tuple(unit for part in parts for unit in part.units),
        np.concatenate([part.values[:count] for part in parts], axis=1),
        " and ".join(part.origin for part in parts),
    )


@cache
def posteriors_of_effects() -> tuple[Draws, ...]:
    """The posteriors of effects that were fitted together, a fit each."""
    return tuple(map(read_draws, sorted(DATA.glob("*.posterior.csv"))))
