"""A scenario changed by hand at a moment of its run, as sliders do: insulin or glucose in the bath, or a hormone.

Run from the start, the scenario that comes out does what the changed run did: to the bit where insulin or glucose were
changed, and where a hormone was, as far as the solution of its equations has the same digits.
"""

from bisect import bisect_left, bisect_right
from math import ceil

import numpy as np

from glut4sim.sim.endocrine.evidence import delays
from glut4sim.sim.endocrine.known import Known
from glut4sim.sim.endocrine.library import BODY, PLASMA_INSULIN
from glut4sim.sim.inputs.errors import InputError, unknown
from glut4sim.sim.inputs.schedule import Schedule, write_course, write_schedule
from glut4sim.sim.inputs.units import GLUCOSE, INSULIN, SPAN, Kind
from glut4sim.sim.scenario.cell_tables import BathTable
from glut4sim.sim.scenario.modulated import MODULATION_INTERVAL
from glut4sim.sim.scenario.scenario import Scenario

BATH = {"insulin": INSULIN, "glucose": GLUCOSE}
SOON = 7200.0  # s; a hormone that takes longer, and longer than the run, acts in no run


def kind(name: str, known: Known) -> Kind:
    """The kind of what is in the bath, or of a level that is known; InputError if there is no such name."""
    if name in BATH:
        return BATH[name]
    if name not in known.levels:
        raise unknown("hormone", name, (*BATH, *known.levels))
    return known.levels[name].kind


def acting_in_run(scenario: Scenario) -> list[str]:
    """Levels that the cell feels before its run is over, or within two hours; insulin in plasma is that of the bath."""
    until = max(SOON, scenario.run.duration)
    found = delays(scenario)
    others = [name for name in scenario.known.levels if name not in (*BODY, PLASMA_INSULIN)]
    return [name for name in others if found.get(name, np.inf) <= until]


def healthy(name: str, sex: str, known: Known) -> float:
    """A level of the healthy, or what is in the bath of a resting cell, in the unit of its kind."""
    return getattr(BathTable(), name).values[0] if name in BATH else known.levels[name].reference[sex]


def levels_at_start(scenario: Scenario) -> dict[str, float]:
    """The levels that act in a run, as they are when it starts, without what drugs deliver [unit of the kind]."""
    names = acting_in_run(scenario)
    found = scenario.timeline(np.array([0.0, scenario.assay.at[0]])).own if names else {}
    return {name: float(found[name][-1]) for name in names}


def takes_effect(name: str, time: float) -> float:
    """When a change made at a time of the run does [s]: at once in the bath, of a hormone at the next whole minute."""
    if name in BATH:
        return time
    return MODULATION_INTERVAL * ceil(round(time / MODULATION_INTERVAL, 9))


def changed(scenario: Scenario, name: str, value: float, time: float) -> Scenario:
    """The scenario with something held at a value from a time of the run [s] on.

    A hormone changes at the next whole minute of the run, since the cell looks at hormones once a minute. The value is
    that before drugs and the mean over its rhythm: what drugs deliver comes on top.
    """
    moment = _moment(scenario, name, time)
    return _with_course(scenario, name, _course(scenario, name).held(moment, value))


def resumed(scenario: Scenario, plan: Scenario, name: str, time: float) -> Scenario:
    """The scenario in which something is as in another, the plan, from a time of the run [s] on."""
    moment, before, planned = _moment(scenario, name, time), _course(scenario, name), _course(plan, name)
    past, later = bisect_left(before.times, moment), bisect_right(planned.times, moment)
    times = (*before.times[:past], moment, *planned.times[later:])
    return _with_course(
        scenario, name, Schedule(times, (*before.values[:past], planned.at(moment), *planned.values[later:]))
    )


def course_in_run(scenario: Scenario, name: str) -> Schedule[float]:
    """What a scenario plans for something over the time of its run, in the unit of its kind."""
    course = _course(scenario, name)
    if name in BATH:
        return course
    start = scenario.assay.at[0]
    later = bisect_right(course.times, start)
    times = (0.0, *(time - start for time in course.times[later:]))
    return Schedule(times, (course.at(start), *course.values[later:]))


def _moment(scenario: Scenario, name: str, time: float) -> float:
    """When a change made at a time of the run comes into the course of what is changed [s]."""
    return time if name in BATH else scenario.assay.at[0] + takes_effect(name, time)


def _course(scenario: Scenario, name: str) -> Schedule[float]:
    """Of what is in the bath, after meals too; or of a level, before drugs, since the first day."""
    if name in BATH:
        return getattr(scenario.bath, name)
    _ = kind(name, scenario.known)  # which refuses what nobody knows
    if name in BODY:
        raise InputError("a body does not change within a run; change it from the start.", name)
    return scenario.hormones.levels.get(name) or Schedule((0.0,), (_own_at_start(scenario, name),))


def _with_course(scenario: Scenario, name: str, course: Schedule[float]) -> Scenario:
    if name not in BATH:
        level = kind(name, scenario.known)
        return scenario.replaced({f"hormones.{name}": write_course(course, level, SPAN)}, told=False)
    bath = {key: getattr(scenario.bath, key) for key in BATH} | {name: course}  # of meals, what they lead to
    written = {key: write_schedule(schedule, BATH[key]) for key, schedule in bath.items()}
    table = scenario.resolved()
    others = {key: value for key, value in table["bath"].items() if key != "meal"}
    return Scenario.from_table({**table, "bath": others | written}, scenario.name)


def from_start(scenario: Scenario, name: str, value: float) -> Scenario:
    """The scenario with something held at a value all along; of a level, before any drug and before the first day."""
    if name in BATH:
        return changed(scenario, name, value, 0.0)
    written = kind(name, scenario.known).write(value)
    if name in BODY:
        return scenario.replaced({f"body.{name}": written}, told=False)
    return scenario.replaced({f"hormones.{name}": [[SPAN.write(0.0), written]]}, told=False)


def lengthened(scenario: Scenario, seconds: float) -> Scenario:
    """The scenario with a run that is longer by so many seconds, or by a little more: a whole number of steps."""
    steps = round(scenario.run.duration / scenario.run.step) + ceil(round(seconds / scenario.run.step, 9))
    return scenario.replaced({"run.duration": f"{round(steps * scenario.run.step, 9)!r} s"}, told=False)


def _own_at_start(scenario: Scenario, name: str) -> float:
    return float(scenario.timeline(np.array([0.0])).own[name][0])
