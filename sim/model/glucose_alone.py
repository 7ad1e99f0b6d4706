"""The mean field of glucose where the GLUT4 in the membranes is given over time: glucose acts on nothing else.

The same states, transitions and rates as in the coupled equations (sim/model/equations.py), by LSODA (Petzold, SIAM J
Sci Stat Comput 4:136, 1983; Hindmarsh's ODEPACK, through scipy).
"""

from itertools import pairwise

import numpy as np

from glut4sim.agents import glucose
from glut4sim.sim.model import equilibrium
from glut4sim.sim.model.cell_inputs import CellInBath
from glut4sim.sim.model.fluxes import flow

_N = len(glucose.State)


def follow(scenario: CellInBath, times: np.ndarray, glut4: np.ndarray, rtol: float) -> dict[str, np.ndarray]:
    """Glucose from rest.

    Parameters
    ----------
    scenario : CellInBath
    times : (K,)
        Ascending from 0 [s].
    glut4 : (K,)
        Copies in the membranes then; in between, a smooth curve through them.
    rtol : float
        Relative tolerance.

    Returns
    -------
    columns
        `glucose` (K, n_state), `glucose_events` (K, n_transition), `glucose_molecules` (K, n_state) and `net_uptake`
        (K,) of StepRecords.

    ArithmeticError if it cannot be solved.
    """
    from scipy.integrate import solve_ivp
    from scipy.interpolate import PchipInterpolator

    bath, parameters = scenario.bath.glucose, scenario.parameter_schedule
    carriers = PchipInterpolator(times, glut4) if len(times) > 1 else lambda _: glut4[0]
    p = parameters.values[0].glucose
    molecules = equilibrium.glucose_molecules(p, float(glut4[0]), bath.values[0])
    y = np.append(molecules / p.supply, np.zeros(len(glucose.TRANSITIONS)))
    rows = np.empty((len(times), len(y)))
    rows[0] = y
    changes = sorted({0.0, *(t for t in (*bath.times, *parameters.times) if t < times[-1]), times[-1]})
    for start, end in pairwise(changes):
        outside, p = bath.at(start), parameters.at(start).glucose

        def slope(t, y, outside=outside, p=p):
            around = glucose.environment(y[:_N] * p.supply, float(carriers(t)), outside, p)
            return np.concatenate(flow(glucose.TRANSITIONS, glucose.rates(around, p), y[:_N]))

        here = (times > start) & (times <= end)
        at = np.append(times[here], end) if not here.any() or times[here][-1] < end else times[here]
        solved = solve_ivp(slope, (start, end), y, "LSODA", t_eval=at, rtol=rtol, atol=rtol * 1e-6)
        if not solved.success:
            raise ArithmeticError(f"glucose could not be solved from {start:.10g} s on: {solved.message}")
        rows[here] = solved.y.T[: here.sum()]
        y = solved.y[:, -1]
    return columns(rows[:, :_N], rows[:, _N:], scenario)


def columns(shares: np.ndarray, events: np.ndarray, scenario: CellInBath) -> dict[str, np.ndarray]:
    """What records hold of glucose, from shares (K, n_state) of the supply, and events (K, n_transition) as such."""
    agents, supply = scenario.cell.glucose_agents, scenario.parameter_schedule.values[0].glucose.supply
    return {
        "glucose": shares * agents,
        "glucose_events": events * agents,
        "glucose_molecules": shares * supply,
        "net_uptake": (events[:, glucose.INFLUX] - events[:, glucose.EFFLUX]) * supply,
    }
