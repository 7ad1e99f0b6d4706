"""The numbers of bodies at draws of what is not known of them: one task for each body and draw, on any workers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from glut4sim.sim.analysis.uncertainty import ENDS
from glut4sim.sim.body.simulate import simulate
from glut4sim.sim.studies.body import numbers
from glut4sim.sim.studies.body.doubt import Drawn, at
from glut4sim.sim.studies.body.people import body_of, exchange_of, protocol_of
from glut4sim.sim.studies.executors import Stop
from glut4sim.sim.studies.options import RunOptions
from glut4sim.sim.studies.tasks import Task, gather

if TYPE_CHECKING:
    from glut4sim.sim.scenario.scenario import Scenario

NUMBERS = tuple(numbers.UNITS)


def solve(
    scenarios: Mapping[str, "Scenario"], draws: list[Drawn], options: RunOptions, errors: list[str]
) -> dict[str, np.ndarray]:
    """The numbers of each scenario's body, with mean-field cells, at each draw.

    Parameters
    ----------
    scenarios : by name, each at one assay that tests its body
    errors
        is told why a body has none

    Returns
    -------
    numbers : name -> (n_draw, len(NUMBERS)), NaN where there is none
    """
    tasks = {
        (name, k): Task(_one, (scenario, drawn))
        for name, scenario in scenarios.items()
        for k, drawn in enumerate(draws)
    }
    with options.workers(len(tasks), list(scenarios.values())) as workers:
        results = gather(tasks, workers, dict.fromkeys(tasks, 1.0), options.progress)
    found = {name: np.full((len(draws), len(NUMBERS)), np.nan) for name in scenarios}
    for name, k in tasks:
        found[name][k], said = results[name, k]
        if said:
            errors.append(f"{name}, draw {k}: {said}")
    return found


def _one(scenario: "Scenario", drawn: Drawn, stop: Stop) -> tuple[np.ndarray, str]:
    """The numbers of a body, or why there are none."""
    if stop.is_set():
        return np.full(len(NUMBERS), np.nan), ""
    try:
        body = at(body_of(scenario), drawn)
        told = simulate(body, protocol_of(scenario), exchange=exchange_of(scenario)).numbers
    except (ArithmeticError, ValueError) as error:
        return np.full(len(NUMBERS), np.nan), " ".join(f"{type(error).__name__}: {error}".split())
    return np.array([told.get(name, np.nan) for name in NUMBERS], float), ""


def interval(values: np.ndarray) -> tuple[float, float] | None:
    """What the middle LEVEL of draws lie within; None where there are fewer than two."""
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return None
    low, high = np.quantile(values, ENDS)
    return float(low), float(high)
