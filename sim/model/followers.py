"""The mean field of the agent kinds that the coupled equations leave out: those that the cell drives and that act on
nothing in it.

The fractions p of such a kind in its states follow

    dp/dt = Q(e(t)) p

with the agents' own transitions and rates in Q and an environment e(t) that the coupled equations give. On a grid of
times e is held at its mean between two of them, and p and the counts of events advance by matrix exponentials: exact
where the environment is constant, with an error O(GRID^2) where it is not.
"""

import numpy as np

from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.model import equilibrium, kinds, signalling
from glut4sim.sim.model.cell_inputs import CellInBath
from glut4sim.sim.model.fluxes import flow
from glut4sim.sim.model.kinds import Kind
from glut4sim.sim.model.step_records import record_type

COUPLED = ("receptor", "vesicle", "glucose")  # the kinds of the coupled equations
GRID = 1.0  # s between times at which followers look


def followers() -> list[Kind]:
    """The kinds that the coupled equations leave out."""
    return [kind for kind in kinds.KINDS if kind.name not in COUPLED]


def grid(times: np.ndarray) -> np.ndarray:
    """When the coupled equations are to be looked at, so that followers can be found at these times (K,) [s]."""
    if not followers():
        return times
    return np.union1d(times, np.append(np.arange(0.0, times[-1], GRID), times[-1]))


def complete(scenario: CellInBath, times: np.ndarray, columns: dict[str, np.ndarray]):
    """The records at some times, followers and all.

    Parameters
    ----------
    scenario : CellInBath
    times
        (K,)
        Of the records [s].
    columns : dict
        What the coupled equations give at the times of `grid(times)`.

    Returns
    -------
    records : StepRecords
        With K rows.
    """
    moments = columns["time"]
    known = columns | dict(zip(signalling.SPECIES, columns["signalling"].T))
    for kind in kinds.KINDS:
        size = getattr(scenario.cell, kind.size, kind.number)
        if kind in followers():
            fractions, traffic = _follow(kind, known, scenario, moments)
            columns |= {kind.plural: fractions * size} | ({kind.events: traffic * size} if kind.events else {})
        for name, states in getattr(kind.agents, "GIVES", {}).items():
            known[name] = columns[kind.plural][:, list(states)].sum(axis=1) / size
    rows = np.searchsorted(moments, times)
    return record_type()(**{name: column[rows] for name, column in columns.items()})


def _follow(kind, known, scenario, moments):
    """Fractions (K, n_state) of a kind and events per agent since time 0 (K, n_transition)."""
    from scipy.linalg import expm

    agents, schedule = kind.agents, scenario.parameter_schedule
    n, gaps = len(agents.State), np.diff(moments)
    baths = {"insulin": scenario.bath.insulin, "glucose_bath": scenario.bath.glucose}
    means = [
        _means(baths[name], moments) if name in baths else (known[name][1:] + known[name][:-1]) / 2.0
        for name in agents.Environment._fields
    ]
    start = agents.Environment(*(float(known[name][0]) for name in agents.Environment._fields))
    y = np.zeros((len(moments), n + len(agents.TRANSITIONS)))
    y[0, :n] = equilibrium.states(agents, start, getattr(schedule.values[0], kind.name))
    for k, around in enumerate(zip(*means)):
        p = getattr(schedule.at((moments[k] + moments[k + 1]) / 2.0), kind.name)
        change, traffic = flow(agents.TRANSITIONS, agents.rates(agents.Environment(*around), p), np.eye(n))
        generator = np.zeros((y.shape[1],) * 2)
        generator[:n, :n], generator[n:, :n] = change.T, traffic.T
        y[k + 1] = expm(generator * gaps[k]) @ y[k]
    return y[:, :n], y[:, n:]


def _means(course: Schedule, moments):
    """Mean of a piecewise constant course between each two of the moments, (K - 1,)."""
    ends = np.array([*course.times, np.inf])
    low, high = np.maximum(ends[:-1], moments[:-1, None]), np.minimum(ends[1:], moments[1:, None])
    return (np.maximum(high - low, 0.0) * course.values).sum(axis=1) / np.diff(moments)
