"""The least by which the arithmetic tells a number of the summary from 0.

Levels are fractions of a pool. The mean field is solved to an absolute tolerance of 1e-12 of them (integrator.FLOOR),
and rounding in the signalling of agents stays below that. So a level is resolved to 1e-12 of all of its pool; what
follows from levels, such as a rate, to the same share of the most that it reaches. Counted agents are well above: one
of 100,000 in one record of a day is 1e-10 of their pool.
"""

import re
from collections.abc import Iterable, Mapping

from glut4sim.sim.analysis.summary import UNITS
from glut4sim.sim.model.integrator import FLOOR

LEAST_LEVEL = 100.0 * FLOOR  # percent of a pool
_WHEN = re.compile(r"_(basal|stimulated|peak)(?=_)")  # numbers that differ in it are of one quantity

Numbers = Mapping[str, float | None]  # of UNITS


def finest(name: str, tables: Iterable[Numbers]) -> float:
    """The least that a number is told from 0, in its unit.

    Parameters
    ----------
    name : of UNITS
    tables : numbers of the runs whose largest value of the same quantity is the scale, where that is no level
    """
    if UNITS[name] == "percent":
        return LEAST_LEVEL
    same = [other for other in UNITS if _WHEN.sub("", other) == _WHEN.sub("", name)]
    values = (table.get(other) for table in tables for other in same)
    return FLOOR * max((abs(value) for value in values if value is not None), default=0.0)


def resolved(value: float | None, least: float) -> float | None:
    """The value, or 0 where the arithmetic does not tell it from that."""
    return 0.0 if value is not None and abs(value) < least else value
