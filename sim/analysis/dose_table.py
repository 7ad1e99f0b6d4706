"""The doses of a scenario, and levels that follow, as a NONMEM-style table of events (sim/scenario/nonmem.py)."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from glut4sim.sim.analysis import timeline
from glut4sim.sim.endocrine.names import named
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario.nonmem import COLUMNS

if TYPE_CHECKING:
    from glut4sim.sim.scenario.scenario import Scenario

HOUR, NOTHING = 3600.0, "."
MOST = 1_000_000  # observations


def table(scenario: "Scenario", observed: Sequence[str] = (), every: float = timeline.DAY) -> str:
    """The doses of a scenario, and what it has of levels and drugs, as CSV.

    Times are in h since the start, 8 am of day 0, amounts in the unit in which doses of the drug are counted, and
    observations in that of the level or drug. Drugs are numbered from 1, as CMT, in the order of the therapies, and
    then what is observed and is none of them.

    Parameters
    ----------
    observed : names of levels and drugs, or other words for them
    every : time between observations, from the start to the end of the last assay or therapy [s]

    Raises
    ------
    InputError
        if there is no such level or drug, or nothing to tell
    """
    known = scenario.known
    given = list(dict.fromkeys(therapy.drug for therapy in scenario.therapy))
    names = [named("level or drug", name, {**known.drugs, **known.levels}) for name in observed]
    for name in names:
        if name in known.drugs and name not in given:
            raise InputError(f"{name} is not given in this scenario.")
    if not given and not names:
        raise InputError("there is no therapy in it, and no level is asked for (--observe testosterone).")
    numbers = {name: i for i, name in enumerate(dict.fromkeys([*given, *names]), 1)}
    end = timeline.end(scenario)
    if end / every * len(names) > MOST:
        raise InputError(f"expected at most {MOST} observations; look less often (--every).")
    rows = [
        *_doses(scenario, numbers, end),
        *_observations(scenario, names, numbers, np.arange(0.0, end + 1e-6, every)),
    ]
    text = io.StringIO()
    written = csv.writer(text, lineterminator="\n")
    written.writerow(COLUMNS)
    for row in sorted(rows, key=lambda row: (row["TIME"], -row["EVID"])):
        written.writerow([_cell(row.get(column, NOTHING)) for column in COLUMNS])
    return text.getvalue()


def _doses(scenario, numbers, end) -> Iterator[dict]:
    for therapy in scenario.therapy:
        drug, doses = scenario.known.drugs[therapy.drug], therapy.doses(end)
        if not doses:
            continue
        row = {"ID": 1, "TIME": therapy.start / HOUR, "AMT": therapy.amount, "RATE": 0, "ADDL": 0, "II": 0, "EVID": 1}
        if therapy.every is not None and len(doses) > 1:
            row |= {"ADDL": len(doses) - 1, "II": therapy.every / HOUR}
        if therapy.over:
            row["RATE"] = therapy.amount / (therapy.over / HOUR)
        yield row | {"CMT": numbers[drug.name], "MDV": 1, "NAME": f"{drug.name} [{drug.dose_kind.unit}]"}


def _observations(scenario, names, numbers, times) -> Iterator[dict]:
    line = scenario.timeline(times) if names else None
    for name in names:
        told = f"{name} [{scenario.known.substance(name).unit}]"
        values = line.levels[name] if name in line.levels else line.drugs[name]
        for time, value in zip((times / HOUR).tolist(), values.tolist()):
            yield {"ID": 1, "TIME": time, "CMT": numbers[name], "EVID": 0, "DV": value, "MDV": 0, "NAME": told}


def _cell(value: object) -> str:
    return repr(value).removesuffix(".0") if isinstance(value, float) else f"{value}"
