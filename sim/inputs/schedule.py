"""Schedules: what is in the bath when, as [["0 min", "0 nM"], ["10 min", "100 nM"]] or just "5 mM"."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from glut4sim.sim.inputs.errors import InputError, describe
from glut4sim.sim.inputs.units import TIME, Kind

Value = TypeVar("Value")  # float, or what else changes in time, such as the parameters of a cell


class Schedule(NamedTuple, Generic[Value]):
    """A piecewise constant course: each value holds from its time until the next; the last, to the end.

    Attributes
    ----------
    times : ascending from 0 [s]
    values : one for each time
    """

    times: tuple[float, ...]
    values: tuple[Value, ...]

    def at(self, time: float) -> Value:
        """The value at a time [s]."""
        return self.values[bisect_right(self.times, time) - 1]

    def held(self, time: float, value: Value) -> "Schedule[Value]":
        """The same until a time [s], and this value from then to the end."""
        past = bisect_left(self.times, time)
        return Schedule((*self.times[:past], time), (*self.values[:past], value))

    def later(self, time: float) -> "Schedule[Value]":
        """What is left of it from a time on [s], counted from then."""
        passed = bisect_right(self.times, time)
        return Schedule((0.0, *(one - time for one in self.times[passed:])), self.values[passed - 1 :])

    def step_means(self, first: int, steps: int, dt: float) -> np.ndarray:
        """Mean over each of so many steps; exact where the value changes within a step.

        Parameters
        ----------
        first : number of the first step, counted from time 0
        steps : how many
        dt : length of a step [s]

        Returns
        -------
        means : (steps,) float64
        """
        passed = bisect_right(self.times, first * dt)
        if passed == bisect_left(self.times, (first + steps + 1) * dt):  # nothing changes in these steps, nor near them
            return np.full(steps, self.values[passed - 1])
        starts = (first + np.arange(steps)) * dt
        times, values = np.asarray(self.times), np.asarray(self.values)
        means = values[np.searchsorted(times, starts + 1e-9 * dt, side="right") - 1]
        for change in range(1, len(times)):
            k = int(np.floor(times[change] / dt + 1e-9)) - first
            if 0 <= k < steps:
                late = min(max(1.0 - (times[change] - starts[k]) / dt, 0.0), 1.0)
                if late < 1.0 - 1e-9:
                    means[k] += late * (values[change] - values[change - 1])
        return means


def at_level(schedule: Schedule[float]) -> tuple[bool, ...]:
    """Which values of a schedule are the level, the "how much" of what is done: neither rest nor washout.

    The rest is the first value, and the level the one value above it, wherever it occurs. Where the first value is the
    highest, it is the level, and there is one other, lower one. Of a constant all is the level.

    Returns
    -------
    whether each value is; empty if there are several levels, as of stairs
    """
    highest, first = max(schedule.values), schedule.values[0]
    others = {value for value in schedule.values if value != highest}
    if (len(others) > 1) if first == highest else any(value > first for value in others):
        return ()
    return tuple(value == highest for value in schedule.values)


def read_schedule(value: object, kind: Kind, time: Kind = TIME) -> Schedule[float]:
    """Read a schedule.

    Parameters
    ----------
    value : one quantity, or a list of [time, quantity]
    kind, time : kinds of the quantities and of the times

    Raises
    ------
    InputError
        naming the entry that is wrong
    """
    if not isinstance(value, list):
        return Schedule((0.0,), (kind.read(value),))
    if not value:
        raise InputError(f"expected a quantity or a list of pairs such as {kind.pair}, got an empty list.")
    times, values = [], []
    for i, entry in enumerate(value):
        try:
            if not isinstance(entry, list) or len(entry) != 2:
                raise InputError(f"expected a pair such as {kind.pair}, got {describe(entry)}.")
            times.append(_at("[0]", time.read, entry[0]))
            values.append(_at("[1]", kind.read, entry[1]))
            if i == 0 and times[0] != 0.0:
                raise InputError(f"expected the first time to be 0, got {describe(entry[0])}.", "[0]")
            if i > 0 and times[i] <= times[i - 1]:
                before = describe(value[i - 1][0])
                raise InputError(f"expected a time after {before}, got {describe(entry[0])}: times must ascend.", "[0]")
        except InputError as error:
            raise error.within(f"[{i}]") from None
    return Schedule(tuple(times), tuple(values))


def write_schedule(schedule: Schedule[float], kind: Kind, time: Kind = TIME) -> str | list[list[str]]:
    """What `read_schedule` turns into the same schedule."""
    if len(schedule.times) == 1:
        return kind.write(schedule.values[0])
    return write_course(schedule, kind, time)


def write_course(schedule: Schedule[float], kind: Kind, time: Kind = TIME) -> list[list[str]]:
    """As `write_schedule`, but a list also where nothing changes over time."""
    return [[time.write(moment), kind.write(value)] for moment, value in zip(schedule.times, schedule.values)]


def _at(path: str, read: Callable[[object], float], value: object) -> float:
    try:
        return read(value)
    except InputError as error:
        raise error.within(path) from None
