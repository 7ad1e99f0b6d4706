"""How wide a number is: chance within a cell, cells that differ, and values that nobody knows, each by itself.

A number Y of a scenario depends on uncertain values t, on the cell c, and on chance e. The mean field gives it without
chance, f(t, c); agents at the central values t0 and of the mean cell c0 give what chance adds:

    parameters   f(t, c0) for draws of t: what one would know, were the values known
    cells        f(t0, c) for cells as a scenario's variability has them: where a single cell of the culture lies
    chance       replicates of the agents of the cell (t0, c0): where a single run of one and the same cell lies
    together     f(t, c) + e, with t, c and e drawn side by side: where a single cell, measured once, is expected

Intervals are the central 90 %. That of chance is Student's, of one further replicate: mean +- t sd sqrt(1 + 1 / n).
Together, e is drawn from the same distribution, and it brings along by how much the mean of the agents differs from the
mean field (peaks of noisy records are higher). It is taken to be the same whatever t and c are.

Chance is independent of t and c, so that its variance adds to theirs. Theirs do not just add to one another where a
cell's size matters more for some values than for others: `jointly` is what is left,

    var together = var chance + var cells + var parameters + jointly,

with the error that finite samples give it; it may be below 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri, stdtrit

LEVEL = 0.90  # of every interval over what nobody knows
ENDS = (1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0  # quantiles between which the middle LEVEL lies
REACH = float(ndtri(ENDS[1]))  # standard deviations from the middle of a normal distribution to either of these
FEWEST = 2  # values that an interval takes
KINDS = {  # of doubt, and what their intervals hold
    "chance": "one and the same cell, run again",
    "cells": "those of a culture, which differ in size, receptors and GLUT4",
    "parameters": "values that nobody knows",
    "together": "all of these: one cell of the culture, measured once",
}

Values = Sequence[float | None] | np.ndarray


class Interval(NamedTuple):
    """The middle 90 % of a number under one kind of doubt.

    Attributes
    ----------
    middle : median; of chance, the mean
    low, high : ends
    sd : standard deviation
    n : values that it is made from
    """

    middle: float
    low: float
    high: float
    sd: float
    n: int


@dataclass(frozen=True)
class Split:
    """A number and its doubt, by kind.

    Attributes
    ----------
    value : by the mean field at the central values
    parameters, together : None where fewer than FEWEST draws have the number
    chance, cells : None where nothing was run that tells it, or cells do not differ
    shares
        kind of doubt -> its share of the variance of all together, with "jointly"; empty where nothing varies
    """

    value: float
    chance: Interval | None
    cells: Interval | None
    parameters: Interval | None
    together: Interval | None
    shares: dict[str, float]


def split(
    value: float,
    parameters: Values,
    cells: Values | None = None,
    both: Values | None = None,
    replicates: Values | None = None,
    seed: int = 0,
) -> Split:
    """Divide the doubt of a number.

    Parameters
    ----------
    value : f(t0, c0)
    parameters : (n_draw,) f(t, c0)
    cells : (n_cell,) f(t0, c); None where cells do not differ
    both : (n_draw,) f(t, c), each draw with a cell of its own; as `cells`
    replicates : (n,) of the agents at t0, c0; None where there are none
    seed : of the chance that is drawn

    None and NaN are numbers that do not exist, and left out.
    """
    of_draws = _existing(parameters)
    of_cells = None if cells is None else _existing(cells)
    of_both = of_draws if both is None else _existing(both)
    of_chance = None if replicates is None else _existing(replicates)
    chance = None if of_chance is None else student(of_chance)
    together = of_both
    variances = {"parameters": _variance(of_draws)}
    if of_cells is not None:
        variances["cells"] = _variance(of_cells)
        variances["jointly"] = _variance(of_both) - variances["parameters"] - variances["cells"]
    if chance is not None and of_chance is not None:
        variances["chance"] = chance.sd**2
        together = of_both + (chance.middle - value) + _chance(chance, len(of_both), seed)
    total = sum(variances.values())
    shares = {kind: part / total for kind, part in variances.items()} if np.isfinite(total) and total > 0.0 else {}
    found = central(together)
    if found is not None:
        found = found._replace(sd=float(np.sqrt(max(total, 0.0))))  # without the tails of Student's distribution
    return Split(value, chance, None if of_cells is None else central(of_cells), central(of_draws), found, shares)


def central(values: Values) -> Interval | None:
    """The central 90 % of values; None for fewer than FEWEST."""
    existing = _existing(values)
    if len(existing) < FEWEST:
        return None
    low, middle, high = np.quantile(existing, [ENDS[0], 0.5, ENDS[1]])
    return Interval(float(middle), float(low), float(high), float(existing.std(ddof=1)), len(existing))


class Effect(NamedTuple):
    """What a change of conditions does to a number, over draws that both conditions have in common.

    Attributes
    ----------
    difference, percent
        the central 90 % of value - reference, and of 100 (value / reference - 1); None for fewer than FEWEST draws
        that have it. Draws in which the reference is not told to be above 0 have no relative change
    """

    difference: Interval | None
    percent: Interval | None


def effect(reference: Values, values: Values, *, least: float = 0.0) -> Effect:
    """The effect between two conditions from a number per draw, in the same order, (n_draw,) each.

    Parameters
    ----------
    least : what a number must exceed to be told from 0 (resolution.py)
    """
    a, b = (np.array([np.nan if one is None else one for one in each], float) for each in (reference, values))
    relative = np.full(len(a), np.nan)
    np.divide(100.0 * (b - a), a, out=relative, where=a > least)
    return Effect(central(b - a), central(relative))


def further(n: int, sd: float | np.ndarray, share: float | np.ndarray) -> np.ndarray:
    """How far one further replicate lies from the mean of n, with standard deviation sd, at a share of all cases.

    Student's t; `sd` and `share` may be arrays, of shapes that go together.
    """
    return stdtrit(n - 1, share) * sd * np.sqrt(1.0 + 1.0 / n)


def student(replicates: Values) -> Interval | None:
    """Where one further replicate lies in 90 % of all cases, if they are normal; None for fewer than FEWEST."""
    existing = _existing(replicates)
    n = len(existing)
    if n < FEWEST:
        return None
    mean, sd = float(existing.mean()), float(existing.std(ddof=1))
    reach = float(further(n, sd, ENDS[1]))
    return Interval(mean, mean - reach, mean + reach, sd, n)


def _chance(chance: Interval, count: int, seed: int) -> np.ndarray:
    """So many deviations of a further replicate, evenly over their distribution, in random order."""
    shares = (np.random.default_rng(seed).permutation(count) + 0.5) / count
    return further(chance.n, chance.sd, shares)


def _existing(values: Values) -> np.ndarray:
    found = np.array([np.nan if value is None else value for value in values], float)
    return found[np.isfinite(found)]


def _variance(values: np.ndarray) -> float:
    return float(values.var(ddof=1)) if len(values) >= FEWEST else np.nan
