"""The mean-field twin: the cell with infinitely many agents of each kind, as ordinary differential equations.

Receptors, vesicles and glucose flow along the agents' own transitions at the agents' own rates, signalling by the same
derivative, all coupled without splitting (sim/model/network.py, equations.py). What differs from the agents is their
chance, O(1 / sqrt N), their finite step, O(step), and the width of a radial bin. Solved by Rodas5P (integrator.py),
which is compiled at first use.

Where a cell has several membranes (sim/model/membranes.py), what belongs to one knows nothing of the other: each is
solved by itself, and then the glucose that enters through the GLUT4 of all (glucose_alone.py).
"""

import numpy as np

from glut4sim.agents import receptor, vesicle
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.model import equations, equilibrium, followers, glucose_alone, integrator
from glut4sim.sim.model.cell_inputs import Bath, CellInBath
from glut4sim.sim.model.fluxes import BINS, CAPTURE_BINS, Shell, shell
from glut4sim.sim.model.integrator import Course
from glut4sim.sim.model.membranes import TUBULES, Membrane, membranes
from glut4sim.sim.model.network import (
    COLUMNS,
    FIRST_VESICLE,
    N_COLUMN,
    N_GLUCOSE,
    N_RECEPTOR,
    Network,
    as_records,
    network,
    signalling_alone,
)
from glut4sim.sim.model.parameters import ParameterSet
from glut4sim.sim.model.step_records import StepRecords

_RESTING_RTOL = 1e-7  # of signalling on its way to rest
GLUCOSE_GRID = 2.0  # s between times at which the glucose of a cell with several membranes sees their GLUT4
_SUMMED = ("receptors", "signalling", "vesicles", "glut4_surface", "glut4_tubules", "vesicle_events")  # over membranes
_COPIES = 6  # of a record at a time on its way from here to the results (measured: 4 in memory, 6 on disk)
_WHY = {
    integrator.TOO_MANY: "it takes too many steps",
    integrator.TOO_SMALL: "its steps become too small, or something is no finite number",
    integrator.MISFIT: "its arrays do not fit each other",
}


class System:
    """The mean field of one cell: a vector of unknowns, its state of rest, and its course.

    Parameters
    ----------
    parameters : ParameterSet
        of the cell at rest
    space : Shell
        what its vesicles move in, whatever happens to the parameters
    """

    def __init__(self, parameters: ParameterSet, space: Shell):
        self.parameters, self.space = parameters, space
        self.network, self.where = network(space)
        self.size = self.network.plan.size
        self._first_glucose = int(self.where.max()) + 1
        self._room = integrator.room(self.network)

    def rest(self, insulin: float, bath: float) -> np.ndarray:
        """The steady state (size,) in insulin [nM] and glucose [mM], with no events counted yet.

        It is that of sim/model/equilibrium.py: where receptors and vesicles get long after they were in their first
        state, and signalling within equilibrium.SETTLING. ArithmeticError if there is none.
        """
        p = self.parameters
        around = np.array([insulin], float), np.array([bath], float)
        course = Course(np.array([0.0, equilibrium.SETTLING]), *around, as_records([p]))
        y, start = np.zeros((2, self.size))
        y[N_RECEPTOR:FIRST_VESICLE] = equilibrium.unstimulated(p.signalling)
        start[receptor.State.FREE] = 1.0
        self._settle(y, start, 0, N_RECEPTOR, course)
        self.follow(y, course, np.zeros(0), _RESTING_RTOL, signalling_alone(self.network))
        start[:] = 0.0
        start[self.where[vesicle.State.STORED]] = equilibrium.shares_of_volume(self.space)
        self._settle(y, start, FIRST_VESICLE, self._first_glucose, course)
        self._settle_glucose(y, bath)
        return y

    def start(self, membrane: Membrane, bath: Bath) -> np.ndarray:
        """The state (size,) of rest in which a run in a bath begins, at the membrane of this mean field.

        That is `rest` in its first insulin, or, if the bath has been so for a stated time only, what came in that of
        rest without insulin, with glucose in balance. ArithmeticError as there.
        """
        glucose = bath.glucose.values[0]
        if bath.rest is None:
            return self.rest(membrane.insulin(bath).values[0], glucose)
        y = self.rest(0.0, glucose)
        steady = Schedule((0.0,), (glucose,)), Schedule((0.0,), (self.parameters,))
        self.follow(y, _course(membrane.insulin_before(bath), *steady, bath.rest), np.zeros(0), _RESTING_RTOL)
        y[self._first_glucose + N_GLUCOSE :] = 0.0
        self._settle_glucose(y, glucose)
        return y

    def _settle_glucose(self, y, bath):
        p = self.parameters
        glut4 = self.split(y)[2][list(vesicle.SURFACE)].sum() * p.vesicle.glut4_copies
        molecules = equilibrium.glucose_molecules(p.glucose, glut4, bath)
        y[self._first_glucose : self._first_glucose + N_GLUCOSE] = molecules / p.glucose.supply

    def _settle(self, y, start, first, last, course):
        slow = equilibrium.SLOW
        settled = equations.settle(
            y, slow * start, slow, first, last, course.insulin[0], course.glucose[0], course.parameters[0],
            self.network, self._room.linear,
        )  # fmt: skip
        if not settled:
            raise ArithmeticError("the mean field has no state of rest: something is no finite number")

    def split(self, y) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Receptors (n_state,), signalling (n_species,), vesicles (n_state, n_bin), glucose (n_state,): fractions."""
        vesicles = np.where(self.where >= 0, y[self.where], 0.0)
        sugar = y[self._first_glucose : self._first_glucose + N_GLUCOSE]
        return y[:N_RECEPTOR], y[N_RECEPTOR:FIRST_VESICLE], vesicles, sugar

    def follow(self, y, course: Course, times, rtol: float, net: Network | None = None) -> np.ndarray:
        """Take the unknowns (size,) through a course, on the whole network or a part of it; they are changed.

        Returns
        -------
        rows : (K, n_column)
            what is recorded at each of the times, by network.COLUMNS

        ArithmeticError if it cannot be done.
        """
        rows = np.zeros((len(times), N_COLUMN))
        ending, time, _, _ = integrator.integrate(y, course, net or self.network, self._room, times, rows, rtol)
        if ending != integrator.DONE:
            raise ArithmeticError(f"the mean field could not be solved from {time:.10g} s on: {_WHY[ending]}")
        return rows


def solve(
    scenario: CellInBath, times, rtol: float = 1e-6, bins: int = BINS, capture_bins: int = CAPTURE_BINS
) -> StepRecords:
    """Solve the mean field of a scenario's cell, from rest.

    Parameters
    ----------
    scenario : CellInBath
        its step, seed and replicates play no part; its agent counts set the scale of the result
    times : (K,) ascending
        when to look [s]
    rtol : float
        relative tolerance of each step, for everything that is recorded
    bins, capture_bins : int
        radial bins inside of the capture distance and within it

    Returns
    -------
    trace : StepRecords
        one row per time; counts are floats

    ArithmeticError if it cannot be solved; ValueError for times or a tolerance that make no sense.
    """
    wanted = _checked(times, rtol)
    times = followers.grid(wanted)
    parts = systems(scenario.parameter_schedule.values[0], bins, capture_bins)
    if len(parts) > 1:
        columns = _of_membranes(scenario, parts, times, rtol)
    else:
        columns = _columns(scenario, times, _follow(scenario, *parts[0], times, rtol))
    return followers.complete(scenario, wanted, columns)


def systems(
    parameters: ParameterSet, bins: int = BINS, capture_bins: int = CAPTURE_BINS
) -> list[tuple[Membrane, System]]:
    """The mean field of each membrane of a cell: of a cell that has no other, and only what belongs to it.

    Its fractions are those of what belongs to the membrane.
    """
    found = []
    for membrane in membranes(parameters):
        own = membrane.own(parameters)
        found.append((membrane, System(own, shell(own.vesicle, bins, capture_bins, membrane.dimensions))))
    return found


def _follow(scenario, membrane, system, times, rtol):
    """Rows by network.COLUMNS of what belongs to a membrane."""
    bath, schedule = scenario.bath, scenario.parameter_schedule
    insulin = membrane.insulin(bath)
    y = system.start(membrane, bath)
    own = schedule._replace(values=tuple(map(membrane.own, schedule.values)))
    return system.follow(y, _course(insulin, bath.glucose, own, times[-1]), times, rtol)


def _of_membranes(scenario, parts, times, rtol):
    """As `_columns`, of a cell with several membranes: all that is of one by itself, and then the glucose of all."""
    moments = np.union1d(times, np.append(np.arange(0.0, times[-1], GLUCOSE_GRID), times[-1]))
    together = {}
    for membrane, system in parts:
        found = _columns(scenario, moments, _follow(scenario, membrane, system, moments, rtol))
        found["glut4_surface"] = found["glut4_surface"] * membrane.vesicles
        found["glut4_tubules"] = found["glut4_surface"] * float(membrane.name == TUBULES)
        for name in ("receptors", "signalling", "vesicles", "vesicle_events"):
            found[name] = found[name] * (membrane.receptors if name == "receptors" else membrane.vesicles)
        for name in _SUMMED:
            together[name] = together.get(name, 0.0) + found[name]
        together = found | together
    together |= glucose_alone.follow(scenario, moments, together["glut4_surface"], rtol)
    rows = np.searchsorted(moments, times)
    return {name: column[rows] for name, column in together.items()}


def bytes_per_record() -> int:
    """Memory that each time at which the mean field is looked at takes until it is written, roughly."""
    return _COPIES * N_COLUMN * np.dtype(float).itemsize


def _checked(times, rtol):
    times = np.array(times, float)
    if times.ndim != 1 or not len(times) or not np.isfinite(times).all() or (np.diff(times, prepend=0.0) < 0.0).any():
        raise ValueError("times: expected at least one, all finite and ascending from 0 or later")
    if not 0.0 < rtol < 1.0:
        raise ValueError(f"rtol: expected a number between 0 and 1, got {rtol!r}")
    return times


def _course(insulin: Schedule, bath: Schedule, parameters: Schedule, end: float) -> Course:
    """What happens until the end [s], cut wherever anything changes."""
    changes = np.array(sorted(time for time in {*insulin.times, *bath.times, *parameters.times} if time < end))
    return Course(
        np.append(changes, end),
        _at(insulin, changes),
        _at(bath, changes),
        as_records(parameters.values)[_piece(parameters, changes)],
    )


def _piece(schedule: Schedule, times) -> np.ndarray:
    """Number of the value that a schedule has at each of the times."""
    return np.searchsorted(schedule.times, times, side="right") - 1


def _at(schedule: Schedule, times) -> np.ndarray:
    return np.array(schedule.values, float)[_piece(schedule, times)]


def _columns(scenario: CellInBath, times, rows) -> dict[str, np.ndarray]:
    """Rows by network.COLUMNS as the counts of so many agents, by the columns of StepRecords."""
    cell, bath, p = scenario.cell, scenario.bath, scenario.parameter_schedule.values[0]
    part = {name: rows[:, columns] for name, columns in COLUMNS.items()}
    return {
        "time": times,
        "insulin": _at(bath.insulin, times),
        "glucose_bath": _at(bath.glucose, times),
        "receptors": part["receptors"] * (cell.receptors * p.receptor.copies),
        "signalling": part["signalling"],
        "vesicles": part["vesicles"] * cell.vesicles,
        "glut4_surface": part["vesicles"][:, list(vesicle.SURFACE)].sum(axis=1) * p.vesicle.glut4_copies,
        "glut4_tubules": np.zeros(len(times)),
        "vesicle_events": part["vesicle_events"] * cell.vesicles,
    } | glucose_alone.columns(part["glucose"], part["glucose_events"], scenario)
