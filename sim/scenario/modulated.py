"""Parameters of a cell that its hormones change while it runs."""

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from glut4sim.sim.endocrine.modulation import EXPRESSED, apply
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.model.parameters import ParameterSet

if TYPE_CHECKING:
    from glut4sim.sim.scenario.scenario import Scenario

MODULATION_INTERVAL = 60.0  # s between two looks at the hormones
MODULATION_GRAIN = 1e-3  # change of a factor that the cell is told of


def looks(duration: float) -> tuple[np.ndarray, np.ndarray]:
    """When a cell looks at its hormones in a run, and the times of what it then sees [s].

    Returns
    -------
    starts : (K,), of intervals of a minute
    seen : (K + 1,), the start of the run and the middle of each interval
    """
    starts = np.arange(0.0, duration, MODULATION_INTERVAL)
    return starts, np.append(0.0, np.minimum(starts + MODULATION_INTERVAL / 2.0, duration))


@lru_cache(maxsize=64)
def modulated(scenario: "Scenario") -> Schedule[ParameterSet]:
    """The parameters of a run whose hormones change them, told anew whenever a factor has changed noticeably.

    Each minute has the factors of its middle. Proteins made or lost during a run are left out: it takes days.
    """
    starts, seen = looks(scenario.run.duration)
    factors = scenario.timeline(scenario.assay.at[0] + seen).factors
    table = np.array(list(factors.values()))
    expressed = [list(factors).index(name) for name in EXPRESSED]
    times, values, last = [], [], None
    for k, start in enumerate(starts):
        now = table[:, k + 1].copy()
        now[expressed] = table[expressed, 0]
        if last is None or np.any(np.abs(now / last - 1.0) > MODULATION_GRAIN):
            times.append(round(float(start) / scenario.run.step) * scenario.run.step)
            values.append(apply(scenario.unmodulated, dict(zip(factors, now.tolist()))))
            last = now
    return Schedule(tuple(times), tuple(values))
