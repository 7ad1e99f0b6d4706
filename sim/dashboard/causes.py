"""From insulin to glucose: the links of the chain, how far each has come, and which hormones act on it.

How far is told against one fixed reference, the full response of the same cell without hormones (reference.py). So
a weak dose looks weak, and a hormone's doing can be seen.
"""

from typing import Any, NamedTuple

import numpy as np

from glut4sim.sim.dashboard import colours
from glut4sim.sim.dashboard.reference import full_response
from glut4sim.sim.endocrine.library import BODY, Effect
from glut4sim.sim.endocrine.modulation import EXPRESSED
from glut4sim.sim.model import observables
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.model.step_records import StepRecords
from glut4sim.sim.scenario.modulated import looks
from glut4sim.sim.scenario.scenario import Scenario

WORTH_SAYING = 5e-3  # relative change that an effect makes


class Link(NamedTuple):
    """A link of the chain.

    Attributes
    ----------
    name : observable that tells how far it has come
    steps : of the cell, those that lead to it and that hormones change
    """

    name: str
    title: str
    unit: str
    colour: str
    steps: tuple[str, ...] = ()


LINKS = (
    Link("insulin", "Insulin", "nM", colours.INSULIN),
    Link("receptors_active", "Receptor", "%", colours.RECEPTOR, ("receptor_copies", "receptor", "receptor_kinase")),
    Link("irs1_phosphorylated", "IRS1 / PI3K", "%", colours.IRS1, ("irs1",)),
    Link("pip3", "PIP₃", "%", colours.PIP3, ("pi3k",)),
    Link("akt_active", "Akt", "%", colours.AKT, ("akt",)),
    Link("as160_phosphorylated", "AS160", "%", colours.AS160, ("as160",)),
    Link("rab10_active", "Rab10", "%", colours.RAB10),
    Link("surface_glut4_percent", "GLUT4 out", "%", colours.GLUT4, ("translocation", "glut4")),
    Link("glucose_uptake_rate", "Glucose in", "1/s", colours.GLUCOSE, ("use",)),
)
_MEASURED = {link.name: one.measure for link in LINKS for one in observables.OBSERVABLES if one.name == link.name}


class Acting(NamedTuple):
    """What acts on a link, and by how much it multiplies the step that leads there.

    Attributes
    ----------
    who : "Testosterone"
    title : of the effect, or effects
    factors : (K,), 1 in the healthy
    """

    who: str
    title: str
    factors: np.ndarray


def values(engine: Engine, now: StepRecords, net_glucose: float) -> list[float]:
    """How far each link has come, in its unit and in the order of LINKS.

    Parameters
    ----------
    now : snapshot of the engine
    net_glucose : into the cell [molecules/s], by the present rates; between two records there is but noise
    """
    scale = observables.scale(engine.parameters, engine.glut4_total, engine.molecules_per_agent)
    records = observables.Records(now, None, scale)
    found = [float(_MEASURED[link.name](records)[0]) for link in LINKS[:-1]]
    return [*found, net_glucose]


def acting(scenario: Scenario) -> tuple[np.ndarray, dict[str, list[Acting]]]:
    """Which hormones, drugs and parts of the body act on each link in a run, and how strongly.

    Returns
    -------
    times : (K,), when the cell looks at them [s]
    acting
        link -> those that make a difference, the strongest first. Proteins made or lost in a run are left out, as
        in the run
    """
    if not scenario.has_hormones:
        return np.zeros(1), {}
    starts, seen = looks(scenario.run.duration)
    factors = scenario.timeline(scenario.assay.at[0] + seen).effects
    known = scenario.known.override(scenario.effects)
    found: dict[str, list[Acting]] = {}
    for link in LINKS:
        on_it = [known[name] for name in factors if known[name].target in link.steps]
        each = [Acting(_who(e, scenario), e.title, _in_run(e, factors[e.name])) for e in on_it]
        noticed = [one for one in _together(each) if _strength(one) > WORTH_SAYING]
        if noticed:
            found[link.name] = sorted(noticed, key=_strength, reverse=True)
    return starts, found


def _together(each: list[Acting]) -> list[Acting]:
    """Several effects of one hormone on a link as one."""
    found: dict[str, Acting] = {}
    for one in each:
        before = found.get(one.who)
        if before:
            one = Acting(one.who, f"{before.title}; {one.title}", before.factors * one.factors)
        found[one.who] = one
    return list(found.values())


def _in_run(effect: Effect, factors: np.ndarray) -> np.ndarray:
    """Of an effect on a step, (K,), from its factors at the start and in the middle of each interval, (K + 1,)."""
    return np.full(len(factors) - 1, factors[0]) if effect.target in EXPRESSED else factors[1:]


def _strength(one: Acting) -> float:
    return float(np.abs(np.log(np.maximum(one.factors, 1e-9))).max())


def _who(effect: Effect, scenario: Scenario) -> str:
    driver = scenario.known.substance(effect.driver)
    return (
        driver.title.split(",")[0] if effect.driver in BODY or effect.driver in scenario.known.levels else driver.name
    )


def content(scenarios: list[Scenario]) -> dict[str, Any]:
    """What the strip is told of the cell and its twin: JSON.

    Returns
    -------
    dict
        `links`: each Link's fields and its `reference`; `cells`: for each scenario `times` [s] and `acting`, link ->
        a list of `who`, `title` and `factors`
    """
    full = full_response(scenarios[0])  # of none the bars stay empty; the numbers stand
    cells = []
    for scenario in scenarios:
        times, found = acting(scenario)
        told = {
            link: [
                {"who": one.who, "title": one.title, "factors": [round(float(f), 4) for f in one.factors]}
                for one in those
            ]
            for link, those in found.items()
        }
        cells.append({"times": times.tolist(), "acting": told})
    return {"links": [{**link._asdict(), "reference": full.get(link.name)} for link in LINKS], "cells": cells}


def table() -> list[dict[str, Any]]:
    """The links before their reference is known."""
    return [{**link._asdict(), "reference": None} for link in LINKS]
