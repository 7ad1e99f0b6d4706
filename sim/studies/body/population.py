"""Bodies that differ: each replicate of a test is somebody else.

Factors are log-normal as those of cells (sim/model/variability.py), with the spreads (standard deviation over mean)
that [population] gives. The normals behind them are correlated as [[correlation]] says: L Z, with Z independent and
L L^T the correlations.

They depend on seed and replicate alone, so that body r is the same in every test that names the same numbers.

Hormones are those of the scenario, multiplied. First come visceral and subcutaneous fat, by the person's fat: what else
is not told follows from them as the library has it, such as less testosterone and SHBG with more fat. The spread that
[population] gives to a hormone is around that, and what depends on it, such as free testosterone, follows.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from glut4sim.agents import streams
from glut4sim.agents.streams import Stream
from glut4sim.sim.body.body import Body
from glut4sim.sim.body.hormones import Hormones
from glut4sim.sim.body.organs import organs_preset
from glut4sim.sim.endocrine.model import Plan, System
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.model.variability import log_normal
from glut4sim.sim.scenario.body_tables import Spreads, correlations
from glut4sim.sim.studies.body.people import body_of

if TYPE_CHECKING:
    from glut4sim.sim.scenario.scenario import Scenario

FAT = ("visceral_fat", "subcutaneous_fat")  # levels


def body(scenario: "Scenario", replicate: int) -> Body:
    """A body of a scenario at its one assay; InputError as `people.body_of`."""
    return differing(body_of(scenario), factors(scenario, replicate))


def factors(scenario: "Scenario", replicate: int) -> dict[str, float]:
    """What numbers of a body are multiplied by."""
    spreads = scenario.population
    together = np.linalg.cholesky(correlations(spreads, scenario.correlation))
    source = streams.source(Stream.BODY, scenario.run.seed, replicate)
    independent = ndtri(streams.uniforms(len(spreads), 0, source)[:, 0])
    return dict(zip(spreads, log_normal(np.array(list(spreads.values())), together @ independent).tolist()))


def differing(body: Body, factors: Mapping[str, float]) -> Body:
    """A body with some of its numbers multiplied; its mass is that of what is lean and what is not."""
    if not factors:
        return body
    of_person = {name: factors.get(name, 1.0) for name in Spreads.OF_PERSONS}
    person, preset = body.person, organs_preset(body.preset, body.values)
    lean = person.lean_mass * of_person["lean_mass"]
    fat = (person.mass - person.lean_mass) * of_person["fat_mass"]
    levels = {level: factor for name, factor in factors.items() if (level := Spreads.hormone(name))}
    others = {name: factor for name, factor in factors.items() if name not in of_person and not Spreads.hormone(name)}
    somebody = person._replace(mass=lean + fat, height=person.height * of_person["height"], lean_mass=lean)
    hormones = body.hormones and _differing(body.hormones, of_person["fat_mass"], levels)
    return replace(body, person=somebody, hormones=hormones).replaced(preset.multiplied(others))


def _differing(hormones: Hormones, fat: float, levels: Mapping[str, float]) -> Hormones:
    plan = hormones.plan if fat == 1.0 else _multiplied(hormones.plan, dict.fromkeys(FAT, fat))
    return replace(hormones, plan=_multiplied(plan, levels) if levels else plan)


def _multiplied(plan: Plan, factors: Mapping[str, float]) -> Plan:
    """A plan with some levels other than they would be before any drug."""
    system = System(plan, 0.0)
    before = dict(zip(system.levels, system.baseline.tolist()))
    courses = {name: plan.baseline.get(name, Schedule((0.0,), (before[name],))) for name in factors}
    changed = {
        name: Schedule(course.times, tuple(factors[name] * value for value in course.values))
        for name, course in courses.items()
    }
    return replace(plan, baseline={**plan.baseline, **changed})
