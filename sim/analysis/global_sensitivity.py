"""Which factors of a model matter: Morris' elementary effects and Sobol's indices, by SALib, of any function.

Points are drawn as shares of the factors' ranges, 0 to 1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario.factors import Factor

LEVELS = 4  # of Morris' grid
RESAMPLES = 1000  # of the bootstrap
RESOLUTION = 1e-4  # relative change of a number that the twin resolves
FLOOR = 1e-6  # and absolute, in the units of the summary: what is smaller is the solver's
FEWEST = 2  # trajectories, or rows of the Sobol sample

Model = Callable[[np.ndarray], np.ndarray]  # values (runs, factors) -> number (runs,); NaN where there is none
Check = Callable[[np.ndarray], np.ndarray]  # values (runs, factors) -> whether they may be combined (runs,)


@dataclass(frozen=True)
class Screening:
    """Elementary effects by factor (n_factor,), in the number's unit per whole range; `error`: 95 % half-width."""

    mu: np.ndarray
    mu_star: np.ndarray
    mu_star_error: np.ndarray
    sigma: np.ndarray
    kept: int  # trajectories


@dataclass(frozen=True)
class Indices:
    """Shares of the variance by chosen factor (n_chosen,), and their 95 % half-widths."""

    chosen: tuple[int, ...]  # places among the factors
    s1: np.ndarray
    s1_error: np.ndarray
    st: np.ndarray
    st_error: np.ndarray
    kept: int  # rows of the sample


def _all_may(points: np.ndarray) -> np.ndarray:
    return np.ones(len(points), bool)


def screen(
    factors: Sequence[Factor], model: Model, trajectories: int, seed: int, may_combine: Check = _all_may
) -> Screening | None:
    """Morris' elementary effects of all factors; None if too few trajectories are complete.

    The standard error of mu is sigma / sqrt(trajectories).
    """
    from SALib.analyze import morris as analysis
    from SALib.sample import morris as sampling

    n = len(factors)
    problem = _problem(n)

    def sample(count: int) -> np.ndarray:
        return sampling.sample(problem, count, num_levels=LEVELS, seed=np.random.default_rng([seed, 0]))

    shares = _draw(sample, trajectories, n + 1, lambda u: may_combine(_values(factors, u)))
    found = model(_values(factors, shares.reshape(-1, n))).reshape(len(shares), n + 1)
    complete = np.isfinite(found).all(axis=1)
    shares, found = shares[complete], found[complete]
    if len(found) < FEWEST:
        return None
    result = analysis.analyze(
        problem, shares.reshape(-1, n), found.ravel(), num_resamples=RESAMPLES, num_levels=LEVELS,
        seed=np.random.default_rng([seed, 1]),
    )  # fmt: skip
    keys = ("mu", "mu_star", "mu_star_conf", "sigma")
    return Screening(*(np.asarray(result[key], float) for key in keys), kept=len(found))


def decompose(
    factors: Sequence[Factor],
    model: Model,
    chosen: Sequence[int],
    samples: int,
    seed: int,
    may_combine: Check = _all_may,
) -> Indices | None:
    """Sobol's first-order and total indices of the chosen factors, the others held at their values; None as `screen`.

    The error falls as 1 / sqrt(samples), or faster where the number is a smooth function of the factors. What changes
    by less than the twin resolves has no variance to share: its indices are NaN.
    """
    from SALib.analyze import sobol as analysis
    from SALib.sample import sobol as sampling

    problem = _problem(len(chosen))
    held = np.array([factor.value for factor in factors])

    def sample(count: int) -> np.ndarray:
        return sampling.sample(problem, count, calc_second_order=False, seed=np.random.default_rng([seed, 2]))

    def values(shares: np.ndarray) -> np.ndarray:
        points = np.tile(held, (len(shares), 1))
        points[:, list(chosen)] = _values([factors[i] for i in chosen], shares)
        return points

    shares = _draw(sample, samples, len(chosen) + 2, lambda u: may_combine(values(u)))
    found = model(values(shares.reshape(-1, len(chosen)))).reshape(shares.shape[:2])
    found = found[np.isfinite(found).all(axis=1)]
    if len(found) < FEWEST:
        return None
    if np.ptp(found) <= max(RESOLUTION * np.abs(found).max(), FLOOR):
        return Indices(tuple(chosen), *np.full((4, len(chosen)), np.nan), kept=len(found))
    result = analysis.analyze(
        problem, found.ravel(), calc_second_order=False, num_resamples=RESAMPLES, seed=np.random.default_rng([seed, 3])
    )
    keys = ("S1", "S1_conf", "ST", "ST_conf")
    return Indices(tuple(chosen), *(np.asarray(result[key], float) for key in keys), kept=len(found))


def _problem(n: int) -> dict:
    return {"num_vars": n, "names": [str(i) for i in range(n)], "bounds": [[0.0, 1.0]] * n}


def _values(factors: Sequence[Factor], shares: np.ndarray) -> np.ndarray:
    return np.stack([factor.at(shares[:, i]) for i, factor in enumerate(factors)], axis=1)


def _draw(sample: Callable[[int], np.ndarray], count: int, size: int, may: Check) -> np.ndarray:
    """The first `count` groups of `size` points each, all of which may be; from a larger sample where too few are.

    Returns
    -------
    shares : (count, size, n)
    """
    drawn = count
    while drawn <= 256 * count:
        points = sample(drawn)
        groups = points.reshape(drawn, size, -1)
        fine = may(points).reshape(drawn, size).all(axis=1)
        if fine.sum() >= count:
            return groups[fine][:count]
        drawn *= 2
    raise InputError("hardly any combination of values within their ranges may be; leave out some.", "--parameters")


def ranked(factors: Sequence[Factor], screening: Screening | None, indices: Indices | None) -> list[dict]:
    """What is known of each factor, the most important first: by mu*, or by ST where nothing was screened."""
    rows = []
    for i, factor in enumerate(factors):
        row = {
            "name": factor.name,
            "value": factor.value,
            "unit": factor.unit,
            "range": [factor.low, factor.high],
            "scale": "log" if factor.is_log else "linear",
            "evidence": factor.evidence,
            "source": factor.source,
        }
        for key in ("mu", "mu_star", "mu_star_error", "sigma"):
            row[key] = None if screening is None else float(getattr(screening, key)[i])
        for key in ("s1", "s1_error", "st", "st_error"):
            inside = indices is not None and i in indices.chosen
            share = float(getattr(indices, key)[indices.chosen.index(i)]) if inside else np.nan
            row[key] = share if np.isfinite(share) else None
        rows.append(row)
    key = "st" if screening is None else "mu_star"
    return sorted(rows, key=lambda row: -1.0 if row[key] is None else row[key], reverse=True)
