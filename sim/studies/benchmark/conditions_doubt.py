"""How wide what nobody knows leaves the effects of hormonal conditions: strengths of effects, and values of the cell.

A condition and its reference share their draws (sim/scenario/sampling.py), and so do all conditions of one cell: an
effect whose strength is a guess has the same strength in each draw wherever it acts. What is compared is the cell at
rest at each level of insulin, by the mean field, with hormones as they are when the assay begins.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np

from glut4sim.sim.analysis import at_rest
from glut4sim.sim.analysis.uncertainty import LEVEL, Effect, effect
from glut4sim.sim.endocrine.modulation import apply
from glut4sim.sim.inputs.storage import PlaceLike
from glut4sim.sim.scenario.draws import Draws
from glut4sim.sim.scenario.sampling import sample
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.drawn import without_agents
from glut4sim.sim.studies.options import RunOptions
from glut4sim.sim.studies.run.replicate import Stop
from glut4sim.sim.studies.tasks import Task, gather

DRAWS = 64  # each takes months of hormones of all scenarios: seconds to half a minute
QUANTITIES = ("surface_glut4", "uptake")  # that follow from rest

Pair = tuple[Scenario, Scenario]  # a condition and its reference
Doubted = Mapping[str, Mapping[str, Effect]]  # label of insulin -> quantity -> effect over draws


def doubt(
    pairs: Sequence[Pair],
    insulin: Mapping[str, float],
    draws: int | PlaceLike,
    ranges: bool,
    seed: int,
    options: RunOptions,
) -> tuple[list[Doubted], dict]:
    """The effects of conditions over draws.

    Parameters
    ----------
    pairs : scenarios with one assay each
    insulin : label -> level [nM]
    draws, ranges, seed : as `sampling.sample`
    options
        on what it is computed; its progress counts scenarios at draws

    Returns
    -------
    effects : of each pair
    about : what the report says of the draws

    Raises
    ------
    InputError
        as `sampling.sample`
    """
    answers, about = at_rest_over_draws(pairs, insulin, draws, ranges, seed, options)
    return [_effects(pair, answers, insulin, about["count"]) for pair in pairs], about


def at_rest_over_draws(
    pairs: Sequence[Pair],
    insulin: Mapping[str, float],
    draws: int | PlaceLike,
    ranges: bool,
    seed: int,
    options: RunOptions,
) -> tuple[Mapping, dict]:
    """Surface GLUT4 and uptake of each scenario at each draw and level of insulin, and what is said of the draws.

    Parameters and errors as of `doubt`. Answers are (n_level, 2) by scenario and draw, NaN where there is no rest.
    """
    groups: dict[frozenset[str], list[Pair]] = {}
    for pair in pairs:
        groups.setdefault(frozenset(one.cell.preset for one in pair), []).append(pair)
    drawn: dict[Pair, tuple[Draws, Draws]] = {}
    about: dict = {"level": LEVEL, "tried": 0, "turned_away": {}, "held": {}, "values": {}, "origins": []}
    for group in groups.values():
        found = sample([one for pair in group for one in pair], draws, seed, ranges)
        drawn |= {pair: (found.draws[2 * i], found.draws[2 * i + 1]) for i, pair in enumerate(group)}
        about["tried"] += found.tried
        about["values"] |= {name: asdict(factor) for name, factor in found.factors.items()}
        about["held"] |= dict(found.held)
        for why, count in found.turned_away.items():
            about["turned_away"][why] = about["turned_away"].get(why, 0) + count
        about["origins"] = list(dict.fromkeys([*about["origins"], *(each.origin for each in found.draws)]))
    about["count"] = count = len(next(iter(drawn.values()))[0])
    wanted = {
        (one, k): Task(_at_rest, (one, of, k, insulin))
        for pair, both in drawn.items()
        for one, of in zip(pair, both)
        for k in range(count)
    }
    with without_agents(options).workers(len(wanted), [one for pair in pairs for one in pair]) as workers:
        answers = gather(wanted, workers, dict.fromkeys(wanted, 1.0), options.progress)
    return answers, about


def _effects(pair: Pair, answers: Mapping, insulin: Mapping[str, float], count: int) -> Doubted:
    scenario, reference = pair
    before, after = (np.array([answers[one, k] for k in range(count)]) for one in (reference, scenario))
    return {
        label: {key: effect(before[:, i, j], after[:, i, j]) for j, key in enumerate(QUANTITIES)}
        for i, label in enumerate(insulin)
    }


def _at_rest(scenario: Scenario, draws: Draws, draw: int, insulin: Mapping[str, float], stop: Stop) -> np.ndarray:
    """Surface GLUT4 and uptake of a draw at each level of insulin, (n_level, 2); NaN where there is no rest."""
    found = np.full((len(insulin), len(QUANTITIES)), np.nan)
    if stop.is_set():
        return found
    try:
        drawn = draws.scenario(scenario, draw)
        parameters = apply(drawn.preset.build(), at_rest.factors(drawn))
        for row, level in zip(found, insulin.values()):
            surface = at_rest.surface(parameters, level)
            row[:] = surface, at_rest.net_uptake(parameters, surface)
    except (ArithmeticError, ValueError):  # a draw that is no cell in this condition has no effect to count
        pass
    return found
