"""The mean-field twin: the cell with infinitely many agents of each kind, as ordinary differential equations.

Receptors, vesicles and glucose flow along the agents' own transitions at the agents' own rates (sim/model/fluxes.py),
signalling by the same derivative, all coupled without splitting. What differs from the agents is their chance, O(1 /
sqrt N), their finite step, O(step), and the width of a radial bin.
"""

import numpy as np
from scipy.integrate import solve_ivp
from scipy.sparse import csc_matrix

from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.sim.model import equilibrium, followers, signalling
from glut4sim.sim.model.cell_inputs import CellInputs
from glut4sim.sim.model.fluxes import BINS, CAPTURE_BINS, Shell, flow, shell, vesicle_flow
from glut4sim.sim.model.step_records import StepRecords

_RAB10 = signalling.SPECIES.index("rab10_active")


class System:
    """The cell as one vector of floats, and its derivative."""

    def __init__(self, parameters, space: Shell):
        self.p, self.space = parameters, space
        self.shapes = {
            "receptors": (len(receptor.State),),
            "signals": (len(signalling.SPECIES),),
            "vesicles": (len(vesicle.State), len(space.near)),
            "glucose": (len(glucose.State),),
            "vesicle_events": (len(vesicle.TRANSITIONS),),
            "glucose_events": (len(glucose.TRANSITIONS),),
        }
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes.values()])
        self.slices = [slice(int(end - np.prod(shape)), int(end)) for shape, end in zip(self.shapes.values(), ends)]
        self.size = int(ends[-1])

    def split(self, y):
        """The parts of the vector, in the order of `shapes`; leading dimensions are kept."""
        return [y[..., part].reshape(*y.shape[:-1], *shape) for part, shape in zip(self.slices, self.shapes.values())]

    def derivative(self, y, insulin, bath):
        p = self.p
        receptors, signals, vesicles, sugar, _, _ = self.split(y)
        d_receptors, _ = flow(
            receptor.TRANSITIONS, receptor.rates(receptor.Environment(insulin), p.receptor), receptors
        )
        d_signals = np.empty_like(signals)
        signalling.derivative(signals, receptors[list(receptor.ACTIVE)].sum(), p.signalling, d_signals)
        rates = vesicle.rates(vesicle.Environment(signals[_RAB10]), p.vesicle)
        d_vesicles, traffic = vesicle_flow(self.space, rates, vesicles)
        glut4 = vesicles[vesicle.State.FUSED].sum() * p.vesicle.glut4_copies
        around = glucose.environment(sugar * p.glucose.supply, glut4, bath, p.glucose)
        d_sugar, sugar_traffic = flow(glucose.TRANSITIONS, glucose.rates(around, p.glucose), sugar)
        return np.concatenate([d_receptors, d_signals, d_vesicles.ravel(), d_sugar, traffic, sugar_traffic])

    def rest(self, insulin, bath):
        """The steady state of a bath, with no events counted yet."""
        p = self.p
        receptors = equilibrium.receptors(p.receptor, insulin)
        signals = equilibrium.signals(p.signalling, receptors[list(receptor.ACTIVE)].sum())
        vesicles = equilibrium.vesicles(p.vesicle, signals[_RAB10], self.space)
        glut4 = vesicles[vesicle.State.FUSED].sum() * p.vesicle.glut4_copies
        sugar = equilibrium.glucose_molecules(p.glucose, glut4, bath) / p.glucose.supply
        return np.concatenate(
            [
                receptors,
                signals,
                vesicles.ravel(),
                sugar,
                np.zeros(len(vesicle.TRANSITIONS) + len(glucose.TRANSITIONS)),
            ]
        )

    def jacobian(self, y, insulin, bath):
        """Derivative of the derivative, by forward differences; the counters of events act on nothing."""
        rest = self.derivative(y, insulin, bath)
        matrix = np.zeros((len(y), len(y)))
        for element in range(self.slices[-2].start):
            moved = y.copy()
            moved[element] += 1e-7 * max(abs(y[element]), 1e-3)
            matrix[:, element] = (self.derivative(moved, insulin, bath) - rest) / (moved[element] - y[element])
        return matrix

    def trace(self, scenario: CellInputs, times, rows) -> StepRecords:
        """Rows of the vector, (K, size), as the counts of so many agents."""
        return followers.complete(scenario, times, self.columns(scenario, times, rows))

    def columns(self, scenario: CellInputs, times, rows) -> dict[str, np.ndarray]:
        """As `trace`, by column and without followers."""
        cell, bath, p = scenario.cell, scenario.bath, self.p
        receptors, signals, vesicles, sugar, traffic, sugar_traffic = self.split(rows)
        by_state = vesicles.sum(axis=-1)
        return {
            "time": times,
            "insulin": np.array([bath.insulin.at(time) for time in times]),
            "glucose_bath": np.array([bath.glucose.at(time) for time in times]),
            "receptors": receptors * cell.receptors,
            "signalling": signals,
            "vesicles": by_state * cell.vesicles,
            "glut4_surface": by_state[:, vesicle.State.FUSED] * p.vesicle.glut4_copies,
            "vesicle_events": traffic * cell.vesicles,
            "glucose": sugar * cell.glucose_agents,
            "glucose_events": sugar_traffic * cell.glucose_agents,
        }


def solve(
    scenario: CellInputs, times, rtol: float = 1e-6, bins: int = BINS, capture_bins: int = CAPTURE_BINS
) -> StepRecords:
    """Solve the mean field of a scenario's cell, from rest.

    Parameters
    ----------
    scenario : CellInputs
        its step, seed and replicates play no part; its agent counts set the scale of the result
    times : (K,) ascending
        when to look [s]
    rtol : float
        relative tolerance of the solver (BDF)
    bins, capture_bins : int
        radial bins inside of the capture distance and within it

    Returns
    -------
    trace : StepRecords
        one row per time; counts are floats
    """
    wanted_times = np.asarray(times, float)
    times = followers.grid(wanted_times)
    bath, parameters = scenario.bath, scenario.parameter_schedule
    system = System(parameters.values[0], shell(parameters.values[0].vesicle, bins, capture_bins))
    y = system.rest(bath.insulin.values[0], bath.glucose.values[0])
    rows = np.tile(y, (len(times), 1))  # what is asked for at time 0 is the start
    changes = [
        time for time in sorted({*bath.insulin.times, *bath.glucose.times, *parameters.times}) if time < times[-1]
    ]
    for start, end in zip(changes, [*changes[1:], times[-1]]):
        wanted = (times > start) & (times <= end)
        system.p = parameters.at(start)
        with np.errstate(invalid="ignore", over="ignore"):  # scipy computes with rows that it has not filled yet
            solution = solve_ivp(
                lambda _, y, insulin, glucose_outside: system.derivative(y, insulin, glucose_outside),
                (start, end),
                y,
                method="BDF",
                t_eval=np.union1d(times[wanted], end),
                args=(bath.insulin.at(start), bath.glucose.at(start)),
                rtol=rtol,
                atol=1e-9,
                jac=lambda _, y, insulin, glucose_outside: csc_matrix(system.jacobian(y, insulin, glucose_outside)),
            )
        if not solution.success:
            raise ArithmeticError(f"the mean field could not be solved between {start} and {end} s: {solution.message}")
        rows[wanted] = solution.y.T[: wanted.sum()]
        y = solution.y[:, -1]
    return followers.complete(scenario, wanted_times, system.columns(scenario, times, rows))
