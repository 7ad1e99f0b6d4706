"""Scenarios as rows of PEtab's condition table: one for the experiment, one for the rest before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from glut4sim.sim.endocrine.library import Effect
from glut4sim.sim.endocrine.modulation import STEPS
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.model.parameters import ParameterSet
from glut4sim.sim.model.sbml_template import NEVER, SHAPES, FreeEffect, Reading, Template, identifier
from glut4sim.sim.scenario.factors import SUPPLY, Factor, changed
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.expected import supplied
from glut4sim.sim.studies.fit.problem import Problem

SPARE = 10.0  # times what is enough at the nominal values, as the number of carriers may be free
STEADY = 1e-9  # change of an effect's share of a factor that is rounding
ALWAYS = (
    "insulin",
    "glucose_bath",
    "resting",
)  # columns that say what a condition is, even where they are all the same


@dataclass(frozen=True)
class Conditions:
    """What experiments set of the document.

    Attributes
    ----------
    template : what the document must let them set
    experiments, rests
        document's name -> value, of each scenario: in the experiment, and while the cell comes to rest before
    """

    template: Template
    experiments: tuple[Mapping[str, float], ...]
    rests: tuple[Mapping[str, float], ...]


def find_conditions(problem: Problem, scenarios: Sequence[Scenario], readings: Sequence[Reading]) -> Conditions:
    """Conditions of scenarios that have the free values.

    InputError if PEtab cannot have them: free values shape the bins, or are strengths of effects that change in time.
    """
    free = {factor.name for factor in problem.factors}
    strengths = [f for f in problem.factors if f.name not in scenarios[0].preset.parameters]
    scenarios = _with_enough_glucose(scenarios)
    first = scenarios[0].preset.build()
    told = [_Told(scenario, strengths) for scenario in scenarios]
    changes = {
        name: max(len(one.courses[name].times) - 1 for one in told)
        for name in told[0].courses
        if any(len(one.courses[name].times) > 1 for one in told)
    }
    differing = {
        name: [one.parameters[name] for one in told]
        for name in _by_name(first)
        if name not in free and len({one.parameters[name] for one in told}) > 1
    }
    for name in (f"vesicle.{shape}" for shape in SHAPES):
        if name in differing:
            raise InputError("PEtab has one model for all experiments, and this shapes its radial bins.", name)
    values = [
        {name: course.values[0] for name, course in one.courses.items()}
        | {identifier(name): column[i] for name, column in differing.items()}
        | {"vesicles": float(one.scenario.cell.vesicles)}
        | one.strengths
        for i, one in enumerate(told)
    ]
    on_cell = tuple(FreeEffect(f.name, _number(f, scenarios[0]), _effect(f, scenarios[0]).target) for f in strengths)
    template = Template(
        parameters=first,
        changes=changes,
        steps={name: step.parameters for name, step in STEPS.items()},
        varied=free | differing.keys(),
        readings=tuple(readings),
        effects=on_cell,
    )
    experiments = tuple(
        v | _events(one.courses, changes) | {"resting": 0.0} for v, one in zip(values, told, strict=True)
    )
    rests = tuple(v | _events({}, changes) | {"resting": 1.0} for v in values)
    return Conditions(template, *(_differing(rows, experiments + rests) for rows in (experiments, rests)))


def _differing(rows, everyone):
    """Rows without the columns that nobody needs: those in which all are the same, and as in the document."""
    same = {name for name, value in everyone[0].items() if all(row[name] == value for row in everyone)}
    return tuple({name: v for name, v in row.items() if name in ALWAYS or name not in same} for row in rows)


def _events(courses: Mapping[str, Schedule], changes: Mapping[str, int]) -> dict[str, float]:
    """When and to what each quantity changes, up to so many times."""
    found = {}
    for name, most in changes.items():
        course = courses.get(name, Schedule((0.0,), (0.0,)))
        later = list(zip(course.times[1:], course.values[1:])) + [(NEVER, 0.0)] * (most + 1 - len(course.times))
        for n, (time, value) in enumerate(later, 1):
            found |= {f"{name}_at_{n}": time, f"{name}_to_{n}": value}
    return found


def _with_enough_glucose(scenarios: Sequence[Scenario]) -> list[Scenario]:
    """The scenarios with one and the same supply of glucose, which none uses up."""
    most = SPARE * max(supplied(scenario).parameter_set.glucose.supply for scenario in scenarios)
    return [s.model_copy(update={"parameters": s.parameters | {SUPPLY: repr(float(most))}}) for s in scenarios]


def _by_name(parameters: ParameterSet) -> dict[str, float]:
    return {
        f"{section}.{field}": value
        for section, values in parameters._asdict().items()
        for field, value in values._asdict().items()
    }


def _effect(strength: Factor, scenario: Scenario) -> Effect:
    return scenario.known.effects[strength.name.rpartition(".")[0]]


def _number(factor: Factor, scenario: Scenario) -> float:
    """The strength that a scenario has."""
    return float(scenario.effects[factor.name])


class _Told:
    """What a scenario says, in the document's names.

    Attributes
    ----------
    parameters : of the cell as no hormone has changed them
    courses : of the bath, and of the factors of the steps on which hormones act, those of free effects left out
    strengths : how much each free effect sees of its driver
    """

    def __init__(self, scenario: Scenario, free: Sequence[Factor]):
        self.scenario = scenario
        self.parameters = _by_name(scenario.preset.build())
        bath = scenario.bath
        self.courses = {"insulin": _thinned(bath.insulin), "glucose_bath": _thinned(bath.glucose)}
        without = self._factors(scenario, free, [0.0] * len(free))
        self.courses |= {f"step_{step}": _thinned(course) for step, course in without.items()}
        self.strengths = {}
        for i, strength in enumerate(free):
            self.strengths |= self._seen(
                strength, without, [self._factors(scenario, free, _only(i, x, free)) for x in (1.0, 2.0)]
            )

    def _factors(self, scenario: Scenario, free: Sequence[Factor], values: Sequence[float]) -> dict[str, Schedule]:
        """Step of the cell -> what hormones multiply it by over the run, at some strengths of the free effects."""
        schedule = changed(scenario, free, values).parameter_schedule
        found = {}
        for name, step in STEPS.items():
            parameter, power = next(iter(step.parameters.items()))
            unmodulated, modulated = self.parameters[parameter], [_by_name(p)[parameter] for p in schedule.values]
            factors = [(value / unmodulated) ** (1.0 / power) if unmodulated else 1.0 for value in modulated]
            found[name] = Schedule(schedule.times, tuple(factors))
        return found

    def _seen(
        self, strength: Factor, without: Mapping[str, Schedule], at: Sequence[Mapping[str, Schedule]]
    ) -> dict[str, float]:
        """What an effect sees of its driver, here and in the healthy, from its step's factor f at strengths 1 and 2.

        f(g) = (1 + g seen) / (1 + g healthy) of a gain g, so that  healthy = (2 f(1) - 1 - f(2)) / (2 (f(2) - f(1)))
        f(p) = exp(p seen) of a power
        """
        effect, name = _effect(strength, self.scenario), identifier(strength.name)
        if not effect.acts_on_cell:
            raise InputError("PEtab can have only strengths of effects on the cell itself.", strength.name)
        none, *some = (found[effect.target] for found in (without, *at))
        shares = [np.divide(course.values, none.values) for course in some if course.times == none.times]
        if len(shares) < 2 or not np.allclose(np.ptp(shares, axis=1), 0.0, atol=STEADY):
            raise InputError("PEtab can have the strength only of effects that are steady in a run.", strength.name)
        one, two = (float(share[0]) for share in shares)
        if effect.power is not None:
            return {f"{name}_seen": float(np.log(one))}
        if one == two:
            return {f"{name}_seen": 0.0, f"{name}_healthy": 0.0}
        healthy = (2.0 * one - 1.0 - two) / (2.0 * (two - one))
        return {f"{name}_seen": one * (1.0 + healthy) - 1.0, f"{name}_healthy": healthy}


def _only(number: int, value: float, free: Sequence[Factor]) -> list[float]:
    """So strong is one of the free effects, and the others have no strength."""
    return [value if i == number else 0.0 for i in range(len(free))]


def _thinned(course: Schedule) -> Schedule:
    """The course without the times at which nothing changes."""
    kept = [0] + [i for i in range(1, len(course.times)) if course.values[i] != course.values[i - 1]]
    return Schedule(tuple(course.times[i] for i in kept), tuple(course.values[i] for i in kept))
