"""Observables of other packages, which tell of them by entry points of the group "glut4sim.observables".

    lab_docked = "lab_cells.measures:docked"

names a function of `observables.Records` that gives a number for each of K records, (K,). The name of the entry point
is that of the observable; the unit is an attribute of the function, `docked.unit = "vesicles"` ("1" without), and the
first line of its docstring says what it is. So the package need not import this program.
"""

import logging
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from glut4sim.sim.inputs.errors import InputError

GROUP = "glut4sim.observables"
LOG = logging.getLogger(__name__)


class Elsewhere(NamedTuple):
    """An observable of another package; the first four as observables.Observable has them."""

    name: str
    unit: str
    long_name: str
    measure: Callable[[Any], np.ndarray]
    package: str  # with its version: results that have it go on only with that


@cache
def found(taken: tuple[str, ...]) -> tuple[Elsewhere, ...]:
    """All observables of other packages, in the order of their names; none is called as one of `taken`.

    One that cannot be used is left out, and a warning says why.
    """
    from importlib.metadata import entry_points

    usable = []
    for point in sorted(entry_points(group=GROUP)):
        package = f"{point.dist.name} {point.dist.version}" if point.dist else point.module
        try:
            if not point.name.isidentifier() or point.name in taken:
                raise ValueError("expected a name of letters, digits and _ that no other observable has")
            function = point.load()
            text = (function.__doc__ or point.name).strip().splitlines()[0].rstrip(".")
            unit = f"{getattr(function, 'unit', '1')}"
        except Exception as error:  # noqa: BLE001  whatever a package does when it is imported
            LOG.warning("the observable %s of %s is left out: %s", point.name, package, error)
            continue
        usable.append(Elsewhere(point.name, unit, text, _checked(point.name, package, function), package))
    return tuple(usable)


def _checked(name: str, package: str, function: Callable[[Any], Any]) -> Callable[[Any], np.ndarray]:
    """The function, whose faults are named."""

    def measure(records: Any) -> np.ndarray:
        expected = records.rows.time.shape
        try:
            values = np.asarray(function(records), dtype=float)
        except Exception as error:
            raise InputError(f"the observable {name} of {package} fails: {type(error).__name__}: {error}.") from error
        if values.shape != expected:
            raise InputError(f"the observable {name} of {package} gives {values.shape} numbers, not {expected}.")
        return values

    return measure
