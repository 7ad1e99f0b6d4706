"""The phases of an experiment: rest, and each pulse of insulin with the washout that follows it.

basal       until insulin first rises, or the whole run if it never changes
insulin     from a rise until the first fall after it
washout     from there until insulin rises again

The second pulse and its washout are called "insulin 2" and "washout 2", and so on. The first three phases exist in any
run, if only by name.
"""

from typing import TYPE_CHECKING

import numpy as np

from glut4sim.sim.analysis.summary import stimulations

if TYPE_CHECKING:
    from glut4sim.sim.scenario.scenario import Scenario

PHASES = ("basal", "insulin", "washout")  # of any run


def phase_names(count: int) -> list[str]:
    """Names of the first phases, so many."""
    return [PHASES[0], *(f"{PHASES[1 + i % 2]} {1 + i // 2}".removesuffix(" 1") for i in range(count - 1))]


def pulses(count: int) -> dict[str, int]:
    """The pulses among so many phases: name -> which phase it is."""
    return {name: i for i, name in enumerate(phase_names(count)) if name.startswith(PHASES[1])}


def phase_bounds(scenario: "Scenario") -> np.ndarray:
    """Beginnings of the P phases and the end of the last, (P + 1,) [s]; infinite where there is none."""
    moments = stimulations(*scenario.bath.insulin)
    return np.array([0.0, *moments, *[np.inf] * max(1, len(PHASES) - len(moments))])


def mean_insulin(scenario: "Scenario", bounds: np.ndarray) -> np.ndarray:
    """Mean over each phase between finite bounds (P + 1,), (P,) [nM]; NaN where it takes no time."""
    times, values = scenario.bath.insulin
    edges = np.append(times, max(scenario.run.duration, times[-1]) + 1.0)
    total = np.append(0.0, np.cumsum(np.diff(edges) * values))
    lengths = np.diff(bounds)
    amounts = np.diff(np.interp(bounds, edges, total))
    return np.divide(amounts, lengths, out=np.full(len(lengths), np.nan), where=lengths > 0.0)
