"""What a fit to single vesicles leaves, in memory and in its directory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.reporting.numbers import counted, formatted, number, symbol
from glut4sim.sim.reporting.shown import Shown, ShowsItself
from glut4sim.sim.reporting.templates import render
from glut4sim.sim.scenario.draws import Draws, write_draws
from glut4sim.sim.studies.fit import labelled
from glut4sim.sim.studies.fit.content import INTERVAL, fitted_tables, short
from glut4sim.sim.studies.fit.problem import FreeValue, Problem
from glut4sim.sim.studies.fit.result import FITTED, POSTERIOR

CONTENT = "abc.json"
LEFT = 400  # draws that are left at most


class Populations(NamedTuple):
    """What the populations came to.

    Attributes
    ----------
    inner, weights : (n, n_free) and (n,) of the last population; weights sum to 1
    watched, weights_of_watched : (n, n_watched) and (n,) numbers of its cells
    tolerances, candidates : of each population: distance, and how many were simulated for it
    """

    inner: np.ndarray
    weights: np.ndarray
    watched: np.ndarray
    weights_of_watched: np.ndarray
    tolerances: list[float]
    candidates: list[int]


@dataclass(frozen=True, repr=False)
class AbcResult(ShowsItself):
    """What a fit to single vesicles leaves.

    Attributes
    ----------
    out : Path or None
        directory of the results; None if they are in memory only
    content : dict
        content of abc.json
    fitted : dict
        content of fitted.toml, a scenario fragment with the medians; empty without a population
    draws : Draws or None
        of the posterior, each as probable as any other; None without a population
    status
        "complete" or "interrupted"
    """

    out: Place | None
    problem: Problem = field(repr=False)
    content: dict[str, Any] = field(repr=False)
    fitted: dict[str, Any] = field(repr=False)
    draws: Draws | None = field(repr=False)
    warnings: tuple[str, ...]
    wall_seconds: float
    status: str

    def shown(self) -> Shown:
        """The medians and their intervals."""
        columns = {"Value": "left", "Median": "right", "Unit": "left", "90 %": "right", "Guess": "right"}
        return Shown(f"Fit: {self.content['title']}", columns, [value_row(row)[:5] for row in self.content["free"]])


def conclude(
    problem: Problem,
    out: Place | None,
    settings: Mapping[str, int],
    found: Populations | None,
    status: str,
    wall_seconds: float,
) -> AbcResult:
    """Gather what was reached, and write it where there is a directory."""
    content = _content(problem, settings, found, status)
    fitted, draws = {}, None
    if found is not None:
        fitted = fitted_tables(problem, content)
        chosen = resampled(found.weights, min(len(found.weights), LEFT), settings["seed"])
        draws = labelled.draws(problem, found.inner[None, chosen])
    if out is not None:
        _write(out, content, fitted, draws)
    return AbcResult(out, problem, content, fitted, draws, _warnings(content), wall_seconds, status)


def _write(out: Place, content: Mapping[str, Any], fitted: Mapping[str, Any], draws: Draws | None) -> None:
    storage.write_json(out / CONTENT, content)
    if draws is None:
        return
    import tomli_w

    from glut4sim.sim.studies.fit import abc_figure

    storage.write(out / FITTED, tomli_w.dumps(fitted))
    write_draws(out / POSTERIOR, draws)
    storage.write(out / "report.md", markdown(content))
    with storage.folder(out) as folder:
        abc_figure.save_figure(content, folder)


def resampled(weights: np.ndarray, n: int, seed: int) -> np.ndarray:
    """So many draws (n,) of particles by their weights, as evenly as they come (systematic resampling)."""
    ends = np.cumsum(weights) / np.sum(weights)
    return np.searchsorted(ends, (np.arange(n) + np.random.default_rng(seed).random()) / n, side="right")


def quantiles(values: np.ndarray, weights: np.ndarray) -> list[float | None]:
    """Ends of the 90 % interval and the median of weighted values (n,), those that are no numbers left out."""
    known = np.isfinite(values) & (weights > 0.0)
    if not known.any():
        return [None, None, None]
    order = np.argsort(values[known])
    values, weights = values[known][order], weights[known][order]
    middles = (np.cumsum(weights) - weights / 2.0) / weights.sum()
    return [float(np.interp(at, middles, values)) for at in (INTERVAL[0] / 100.0, 0.5, INTERVAL[1] / 100.0)]


def _content(problem: Problem, settings: Mapping[str, int], found: Populations | None, status: str) -> dict[str, Any]:
    content = {
        "problem": problem.name,
        "title": problem.title,
        "description": problem.description,
        "preset": problem.preset,
        "status": status,
        "settings": dict(settings),
    }
    if found is None:
        return content | {"populations": [], "effective": None, "free": [], "watched": []}
    return content | {
        "populations": [
            {"tolerance": tolerance, "candidates": candidates, "accepted": settings["particles"] / candidates}
            for tolerance, candidates in zip(found.tolerances, found.candidates)
        ],
        "effective": float(1.0 / np.sum(found.weights**2)),
        "free": [_free(free, found.inner[:, i], found.weights) for i, free in enumerate(problem.free)],
        "watched": [_watched(problem, i, found) for i in range(len(problem.watched))],
    }


def _free(free: FreeValue, inner: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
    low, median, high = (float(free.outer(value)) for value in quantiles(inner, weights))
    return {
        "name": free.name,
        "unit": free.factor.unit,
        "tied": [other.name for other in free.tied],
        "log": free.is_log,
        "guess": free.factor.value,
        "range": [free.factor.low, free.factor.high],
        "value": short(median),
        "low": low,
        "high": high,
        "values": free.outer(inner).tolist(),
        "weights": weights.tolist(),
    }


def _watched(problem: Problem, i: int, found: Populations) -> dict[str, Any]:
    entry = problem.watched[i]
    low, median, high = quantiles(found.watched[:, i], found.weights_of_watched)
    return {
        "name": entry.name,
        "title": entry.title,
        "observable": entry.observable,
        "unit": entry.unit,
        "value": entry.value,
        "sem": entry.sem,
        "held_out": entry.held_out,
        "evidence": list(entry.evidence),
        "source": entry.source,
        "median": median,
        "low": low,
        "high": high,
    }


def _warnings(content: Mapping[str, Any]) -> tuple[str, ...]:
    """What the user should know, one line each."""
    populations, wanted = content["populations"], content["settings"]["populations"]
    if not populations:
        return ("no population was finished; nothing is known of the values",)
    lines = []
    if content["status"] == "complete" and len(populations) < wanted:
        lines.append(f"it ended after {len(populations)} of {wanted} populations: too few candidates came close enough")
    if content["effective"] < content["settings"]["particles"] / 10.0:
        lines.append(f"the posterior is worth only {content['effective']:.0f} draws; take more --particles")
    return tuple(lines)


# ---- words ----


def markdown(content: Mapping[str, Any]) -> str:
    """The report, of what abc.json holds."""
    return render(
        "studies/fit/abc_report.md.jinja",
        content=content,
        values=[value_row(row) for row in content["free"]],
        fitted=[watched_row(row) for row in content["watched"] if not row["held_out"]],
        held_out=[watched_row(row) for row in content["watched"] if row["held_out"]],
        populations=[
            (str(n), number(p["tolerance"]), f"{p['candidates']:,}", f"{100.0 * p['accepted']:.3g} %")
            for n, p in enumerate(content["populations"], 1)
        ],
    )


def quality(content: Mapping[str, Any]) -> str:
    """How close the cells of the last population come, in a sentence."""
    last, count = content["populations"][-1], counted(len(content["populations"]), "population")
    return f"{count}; the last within {last['tolerance']:.3g} SEM of the data, worth {content['effective']:.0f} draws"


def value_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    """A fitted value: name, median, unit, interval, guess, range."""
    interval = f"[{row['low']:.4g}, {row['high']:.4g}]"
    low, high = row["range"]
    name = ", ".join([row["name"], *row["tied"]])
    return name, number(row["value"]), symbol(row["unit"]), interval, number(row["guess"]), f"{low:.4g} to {high:.4g}"


def watched_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What was seen and what is simulated."""
    simulated = formatted(row["median"], ".4g")
    if row["low"] is not None:
        simulated += f" [{row['low']:.4g}, {row['high']:.4g}]"
    measured = f"{row['value']:.4g} ± {row['sem']:.3g}"
    return (
        row["title"],
        row["observable"],
        symbol(row["unit"]),
        measured,
        simulated,
        ", ".join(row["evidence"]),
        row["source"],
    )
