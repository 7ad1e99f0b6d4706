"""What fit.json says: plain numbers and words about the best values, the data, the profiles and the posterior."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from glut4sim.sim.analysis.coverage import Judged, coverage
from glut4sim.sim.inputs.units import write
from glut4sim.sim.studies.fit import least_squares, posterior, profile
from glut4sim.sim.studies.fit.likelihood import Fitted, fit_scales, log_likelihood
from glut4sim.sim.studies.fit.objective import Objective
from glut4sim.sim.studies.fit.predictions import Predictions
from glut4sim.sim.studies.fit.problem import DataSet, FreeValue, Problem
from glut4sim.sim.studies.fit.record import Record
from glut4sim.sim.studies.fit.simulation import simulate_all

LATER = ("total", "correlations", "posterior", "score")  # what there is only with a best fit
SAME = 0.1  # of the sum of squares: searches that end so close to the best have found it
INTERVAL = (5.0, 95.0)  # percentiles of a 90 % interval
DIGITS = 6  # of fitted values, as files hold them


def build(record: Record, predictions: Predictions | None, status: str) -> dict[str, Any]:
    """All of it; what was not reached is None.

    Parameters
    ----------
    predictions : of the draws of the posterior, where it was sampled to its end
    status : as in the provenance
    """
    problem, best = record.problem, record.best
    content: dict[str, Any] = {
        "problem": problem.name,
        "title": problem.title,
        "description": problem.description,
        "preset": problem.preset,
        "status": status,
        "settings": asdict(record.settings),
        "searches": _searches(record),
    }
    chain = record.chain if predictions is not None else None
    objective = Objective(problem)
    found = None if best is None else objective.evaluate(best.inner)
    if best is None or found is None:
        return content | {"free": [], "data": [], "missing": {}} | dict.fromkeys(LATER)
    values, missing = simulate_all(problem, best.inner)
    there = [entry for entry in problem.data if entry.name not in missing]
    fits = fit_scales(there, values)
    sampled = None if chain is None else _posterior(chain, record)
    return content | {
        "free": [_free(record, i, free, best.inner, sampled) for i, free in enumerate(problem.free)],
        "data": [_data(entry, fits[entry.name], predictions) for entry in there],
        "missing": missing,
        "total": _total(problem, objective, fits, found.chi_square),
        "correlations": _correlations(record, objective, chain),
        "posterior": sampled and sampled["chain"],
        "score": _score([entry for entry in there if entry.held_out], fits, predictions),
    }


def _searches(record: Record) -> dict[str, Any]:
    best, ended = record.best, list(record.searches.values())
    found = [search for search in ended if search is not None]
    return {
        "ended": len(ended),
        "impossible": len(ended) - len(found),
        "at_best": 0 if best is None else sum(s.chi_square <= best.chi_square + SAME for s in found),
        "evaluations": sum(search.evaluations for search in found),
        "chi_square": sorted(search.chi_square for search in found),
    }


def _free(record: Record, i: int, free: FreeValue, best: np.ndarray, sampled: Mapping | None) -> dict[str, Any]:
    factor = free.factor
    return {
        "name": free.name,
        "unit": factor.unit,
        "tied": [other.name for other in free.tied],
        "log": free.is_log,
        "prior": None if free.prior is None else list(free.prior),
        "evidence": factor.evidence,
        "guess": factor.value,
        "range": [factor.low, factor.high],
        "value": short(free.outer(best[i])),
        "profile": _profile(record, i, free, float(best[i])),
        "posterior": sampled and sampled["values"][i],
    }


def _profile(record: Record, i: int, free: FreeValue, best: float) -> dict[str, Any] | None:
    sides = [record.sides.get((i, side)) for side in (profile.LOWER, profile.UPPER)]
    low, high = sides
    if low is None or high is None:
        return None
    points = np.concatenate([low.points[::-1], high.points[1:]])
    chi_square = np.concatenate([low.chi_square[::-1], high.chi_square[1:]])
    return {
        "low": None if low.end is None else float(free.outer(low.end)),
        "high": None if high.end is None else float(free.outer(high.end)),
        "reasons": [low.reason, high.reason],
        "identifiable": low.end is not None and high.end is not None,
        "values": [float(value) for value in free.outer(points[:, i])],
        "rise": (chi_square - chi_square.min()).tolist(),
    }


def _data(entry: DataSet, fit: Fitted, predictions: Predictions | None) -> dict[str, Any]:
    band = [None, None]
    if predictions is not None and np.isfinite(predictions.predicted[entry.name]).any(axis=0).all():
        band = np.nanpercentile(predictions.predicted[entry.name], INTERVAL, axis=0).tolist()
    return {
        "name": entry.name,
        "title": entry.title,
        "kind": entry.kind,
        "experiment": entry.measurements[0].experiment,
        "observable": entry.measurements[0].observable,
        "unit": entry.unit,
        "held_out": entry.held_out,
        "evidence": list(entry.evidence),
        "source": entry.source,
        "scale": fit.scale,
        "offset": fit.offset,
        "scale_of": entry.scale_of,
        "chi_square": float(fit.residuals @ fit.residuals),
        "points": int(entry.counted.sum()),
        "x": entry.x.tolist(),
        "y": entry.y.tolist(),
        "sem": entry.sem.tolist(),
        "counted": entry.counted.tolist(),
        "predicted": fit.predicted.tolist(),
        "residuals": fit.residuals.tolist(),
        "low": band[0],
        "high": band[1],
    }


def _total(problem: Problem, objective: Objective, fits: Mapping[str, Fitted], chi_square: float) -> dict[str, Any]:
    from scipy.stats import chi2

    fitted = problem.fitted
    residuals = float(sum(fits[entry.name].residuals @ fits[entry.name].residuals for entry in fitted))
    owners = {entry.scale_of for entry in fitted}
    scales = sum(entry.scale is None and entry.name in owners for entry in fitted)
    offsets = sum(entry.offset is None for entry in fitted)
    freedom = objective.points - len(problem.free) - scales - offsets
    return {
        "chi_square": residuals,
        "with_priors": chi_square,
        "points": objective.points,
        "free": len(problem.free),
        "scales": scales,
        "offsets": offsets,
        "freedom": freedom,
        "p_value": float(chi2.sf(residuals, freedom)) if freedom > 0 else None,
        "log_likelihood": log_likelihood(fitted, fits),
    }


def _correlations(record: Record, objective: Objective, chain: posterior.Chain | None) -> list[list[float]]:
    """Of inner values: of the posterior, or else about the optimum."""
    if chain is not None:
        spread = np.atleast_2d(np.cov(chain.kept.reshape(-1, chain.inner.shape[2]), rowvar=False))
    else:
        assert record.best is not None
        spread = least_squares.covariance(objective, record.best.inner)
    width = np.sqrt(np.maximum(np.diag(spread), 1e-300))
    return (spread / np.outer(width, width)).tolist()


def _posterior(chain: posterior.Chain, record: Record) -> dict[str, Any]:
    r_hat, size = posterior.convergence(chain)
    flat, times = chain.kept.reshape(-1, chain.inner.shape[2]), chain.times
    values = []
    for i, free in enumerate(record.problem.free):
        low, median, high = np.percentile(flat[:, i], (INTERVAL[0], 50.0, INTERVAL[1]))
        values.append(
            {
                "median": float(free.outer(median)),
                "low": float(free.outer(low)),
                "high": float(free.outer(high)),
                "r_hat": _finite(r_hat[i]),
                "effective": _finite(size[i]),
                "autocorrelation": _finite(times[i]),
            }
        )
    about = {
        "walkers": chain.inner.shape[1],
        "steps": chain.steps,
        "burn_in": chain.burn_in,
        "acceptance": float(chain.accepted.mean() / chain.steps),
        "long_enough": chain.is_long_enough,
        "lengths": posterior.LENGTHS,
    }
    return {"values": values, "chain": about}


def _score(
    held_out: Sequence[DataSet], fits: Mapping[str, Fitted], predictions: Predictions | None
) -> dict[str, Any] | None:
    """How the data that were held out are described; None where there are none."""
    if not held_out:
        return None
    residuals = [fits[entry.name].residuals for entry in held_out]
    score: dict[str, Any] = {
        "chi_square": float(sum(r @ r for r in residuals)),
        "points": int(sum(entry.counted.sum() for entry in held_out)),
        "coverage": None,
    }
    if predictions is not None:
        judged = [
            Judged(float(entry.y[k]), float(entry.sem[k]), predictions.predicted[entry.name][:, k],
                   entry.measurements[0].experiment, float(np.ptp(entry.y)) or 1.0)
            for entry in held_out
            for k in np.flatnonzero(entry.counted)
            if np.isfinite(predictions.predicted[entry.name][:, k]).any()
        ]  # fmt: skip
        found = coverage(judged) if judged else None
        score["coverage"] = found and {
            "inside": found.inside,
            "expected": list(found.expected),
            "experiments": found.experiments,
            "experiments_inside": found.experiments_inside,
            "verdict": found.verdict,
            "width": found.width,
        }
    return score


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def short(value: float) -> float:
    """A fitted value with the digits that files hold."""
    return float(f"{value:.{DIGITS}g}")


def fitted_tables(problem: Problem, content: Mapping[str, Any]) -> dict[str, Any]:
    """A scenario fragment with the fitted values, to be named under `extends`."""
    named = {row["name"]: row["value"] for row in content["free"]}
    values = problem.values(np.array([free.inner(named[free.name]) for free in problem.free]))
    tables: dict[str, Any] = {
        "title": f"Fitted: {problem.title}",
        "cell": {"preset": problem.preset},
        "parameters": _flat(problem.table.get("parameters", {})),
        "effects": _flat(problem.table.get("effects", {})),
    }
    parameters = problem.experiments[next(iter(problem.experiments))].preset.parameters
    for factor, value in zip(problem.factors, values):
        kind = "parameters" if factor.name in parameters else "effects"
        tables[kind][factor.name] = write(short(float(value)), factor.unit)
    return {name: table for name, table in tables.items() if table}


def _flat(table: Mapping[str, Any]) -> dict[str, Any]:
    """[parameters.vesicle] fuse = .. as "vesicle.fuse" = .."""
    return {
        f"{name}.{key}" if key else name: value
        for name, entry in table.items()
        for key, value in (entry.items() if isinstance(entry, dict) else [("", entry)])
    }
