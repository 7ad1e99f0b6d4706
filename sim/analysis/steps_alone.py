"""Through which step of the cell two scenarios differ: what each thing that differs does alone.

The reference cell is brought to rest, by the mean field, as it is at a moment of its run, and then with one thing as in
the other scenario: one step as hormones change it, one parameter of the cell, insulin or glucose in the bath. What they
do alone adds up to what they do together as far as they are small.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from glut4sim.sim.analysis import at_rest, summary
from glut4sim.sim.analysis.at_rest import Rest
from glut4sim.sim.analysis.resolution import LEAST_LEVEL
from glut4sim.sim.endocrine.modulation import STEPS, apply
from glut4sim.sim.model.geometry import LENGTHS
from glut4sim.sim.model.parameters import ParameterSet
from glut4sim.sim.scenario.scenario import Scenario

NOTICED = 1e-3  # relative change of a step or a parameter from which on it is looked at
TOLD = 0.1  # percent, the least change that is worth a word


class Moment(NamedTuple):
    """A moment of a run, and what is in the bath then."""

    after: float  # the start of the run [s]
    insulin: float  # nM
    glucose: float  # mM


class Around(NamedTuple):
    """A cell and what is in its bath."""

    parameters: ParameterSet
    insulin: float  # nM
    glucose: float  # mM


@dataclass(frozen=True)
class StepsAlone:
    """What differs does to the reference cell at rest.

    Attributes
    ----------
    moment : of the reference
    alone
        step of the cell, parameter, or "bath.insulin" and "bath.glucose" -> field of Rest -> change [percent]; those
        that are 0 in the reference are left out
    together : field of Rest -> change [percent] with all of it
    """

    moment: Moment
    alone: Mapping[str, Mapping[str, float]]
    together: Mapping[str, float]

    def told(self, quantity: str = "surface_glut4") -> dict[str, float]:
        """What changes a quantity noticeably [percent], the most first."""
        changes = {name: found.get(quantity, 0.0) for name, found in self.alone.items()}
        ranked = sorted(changes, key=lambda name: -abs(changes[name]))
        return {name: changes[name] for name in ranked if abs(changes[name]) >= TOLD}


def stimulated(scenario: Scenario) -> Moment:
    """The end of the minute that is called stimulated (summary.py): before the washout, or at the end of the run."""
    bath = scenario.bath
    _, washout, _ = summary.first_stimulation(bath.insulin.times, bath.insulin.values)
    after = scenario.run.duration if washout is None else washout
    just_before = float(np.nextafter(after, 0.0))
    return Moment(after, bath.insulin.at(just_before), bath.glucose.at(just_before))


def found(scenario: Scenario, reference: Scenario, moment: Moment | None = None) -> StepsAlone:
    """What differs between two scenarios does to the reference cell.

    Parameters
    ----------
    scenario, reference : of one assay each
    moment : of both; by default that of each where it is stimulated

    Raises
    ------
    ArithmeticError
        if one of the cells has no rest
    """
    there, here = (stimulated(each) if moment is None else moment for each in (scenario, reference))
    now, before = at_rest.factors(scenario, there.after), at_rest.factors(reference, here.after)
    base = Around(apply(reference.unmodulated, before), here.insulin, here.glucose)
    whole = Around(apply(scenario.unmodulated, now), there.insulin, there.glucose)
    cells = {
        step: base._replace(parameters=apply(base.parameters, {step: now[step] / before[step]}))
        for step in STEPS
        if abs(now[step] / before[step] - 1.0) > NOTICED
    }
    for name, (old, new) in changed_parameters(reference.unmodulated, scenario.unmodulated).items():
        cells[name] = base._replace(parameters=_with(base.parameters, name, old, new))
    cells |= {
        f"bath.{name}": base._replace(**{name: getattr(whole, name)})
        for name in ("insulin", "glucose")
        if getattr(whole, name) != getattr(base, name)
    }
    rest = _rest(base)
    alone = {name: changes(rest, _rest(cell)) for name, cell in cells.items()}
    return StepsAlone(here, alone, changes(rest, _rest(whole)))


@lru_cache(maxsize=256)  # several conditions have the same reference
def _rest(cell: Around) -> Rest:
    return at_rest.rest(*cell)


def changes(before: Rest, after: Rest) -> dict[str, float]:
    """Changes [percent] of what there is before: Akt may be 0; copies and rates are far above its least."""
    pairs = zip(Rest._fields, before, after)
    return {name: 100.0 * (b / a - 1.0) for name, a, b in pairs if a > LEAST_LEVEL}


def changed_parameters(before: ParameterSet, after: ParameterSet) -> dict[str, tuple[float, float]]:
    """Parameters that both cells have and that are not the same in them: name -> both values; between two geometries
    without the lengths, which are of other things in each."""
    found = {}
    reshaped = type(before.fibre) is not type(after.fibre)
    for section, old in before._asdict().items():
        others = getattr(after, section)._asdict()
        for key, value in old._asdict().items():
            name = f"{section}.{key}"
            if key not in others or (reshaped and name in LENGTHS):
                continue
            if abs(others[key] - value) > NOTICED * abs(value):
                found[name] = (value, others[key])
    return found


def _with(parameters: ParameterSet, name: str, old: float, new: float) -> ParameterSet:
    """The parameters with one of another cell, changed by hormones as it was."""
    section, key = name.split(".")
    table = getattr(parameters, section)
    value = new if old == 0.0 else getattr(table, key) * new / old
    return parameters._replace(**{section: table._replace(**{key: value})})
