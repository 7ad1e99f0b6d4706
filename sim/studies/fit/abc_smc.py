"""A fit to what was seen of single vesicles: approximate Bayesian computation, population by population (ABC-SMC).

Agents give numbers with chance, whose likelihood nobody can write down. So values are drawn, cells are simulated, and
those values are kept whose cells come close to the data; then again, among and around the kept ones, ever closer (Toni
et al., J R Soc Interface 6:187, 2009), by pyABC (Schaelte et al., J Open Source Softw 7:4304, 2022).

The distance is the root mean square of all residuals in standard errors; other data of the problem, which the mean
field answers, count in it as well. Each population has the median distance of the one before as its tolerance.
Whatever a tolerance above 0 leaves in is in the posterior, which is wider for it, never narrower.

`abc.db` holds the populations, so that a fit that was stopped goes on after the last whole one.
"""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np

from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.fields import check_whole
from glut4sim.sim.inputs.storage import Place, PlaceLike
from glut4sim.sim.results.provenance import PROVENANCE
from glut4sim.sim.scenario.cell_tables import MAX_SEED
from glut4sim.sim.studies.fit.abc_result import AbcResult, Populations, conclude
from glut4sim.sim.studies.fit.likelihood import fit_scales
from glut4sim.sim.studies.fit.problem import FreeValue, Problem, load_problem
from glut4sim.sim.studies.fit.record import PROBLEM, provenance
from glut4sim.sim.studies.fit.simulation import UNSOLVABLE, simulate
from glut4sim.sim.studies.fit.watched import parts, watch
from glut4sim.sim.studies.options import Progress, RunOptions

METHOD = "abc-smc"
DATABASE = "abc.db"
POPULATIONS, PARTICLES = 8, 200
MOST_POPULATIONS, MOST_PARTICLES = 100, 100_000
LEAST_ACCEPTED = (
    0.01  # of the candidates of a population; with fewer it is not finished, and the one before is the last
)
FAR = 1e3  # residual of a number that a cell does not have, in standard errors


@dataclass(frozen=True)
class Settings:
    """What is done about a problem; what a fit is gone on with must be the same.

    Attributes
    ----------
    populations : at most
    particles : of each
    seed : of all chance
    """

    populations: int = POPULATIONS
    particles: int = PARTICLES
    seed: int = 1


class Simulation:
    """What pyABC calls a model: values -> a cell's numbers, as arrays by name.

    Parameters
    ----------
    threads : of each cell
    """

    def __init__(self, problem: Problem, threads: int):
        self.problem, self.threads = problem, threads

    def __call__(self, values: Mapping[str, float]) -> dict[str, np.ndarray]:
        """Numbers of all that was watched, and residuals of other data; NaN where there is no cell."""
        inner = np.array([values[name] for name in names(self.problem)])
        seed = int(np.random.randint(2**63 - 1))  # noqa: NPY002  pyABC's own; abc_sampler.py seeds it
        try:
            return {"watched": self._watched(inner, seed), "residuals": self._residuals(inner)}
        except UNSOLVABLE:
            points = sum(int(entry.counted.sum()) for entry in self.problem.fitted)
            return {"watched": np.full(len(self.problem.watched), np.nan), "residuals": np.full(points, np.nan)}

    def _watched(self, inner: np.ndarray, seed: int) -> np.ndarray:
        problem = self.problem
        seen = {
            (name, number): watch(problem.at(problem.experiments[name].scenarios[number], inner), seed, self.threads)
            for name, number in parts(problem.watched)
        }
        return np.array([seen[entry.experiment, entry.scenario][entry.observable] for entry in problem.watched])

    def _residuals(self, inner: np.ndarray) -> np.ndarray:
        fitted = self.problem.fitted
        if not fitted:
            return np.zeros(0)
        fits = fit_scales(fitted, simulate(self.problem, inner, fitted))
        return np.concatenate([fits[entry.name].residuals[entry.counted] for entry in fitted])


class Distance:
    """How far simulated numbers are from data: the root mean square of what is fitted, in standard errors."""

    def __init__(self, problem: Problem):
        self.value, self.sem = (np.array([getattr(w, key) for w in problem.watched]) for key in ("value", "sem"))
        self.fitted = np.array([not w.held_out for w in problem.watched])

    def __call__(self, simulated: Mapping[str, np.ndarray], _: Mapping[str, np.ndarray]) -> float:
        """The distance; the second argument is pyABC's copy of the data."""
        residuals = ((simulated["watched"] - self.value) / self.sem)[self.fitted]
        found = np.nan_to_num(np.append(residuals, simulated["residuals"]), nan=FAR, posinf=FAR, neginf=-FAR)
        return float(np.sqrt(np.mean(np.clip(found, -FAR, FAR) ** 2)))


def names(problem: Problem) -> list[str]:
    """What pyABC calls the inner values: it does not like all letters of their own names."""
    return [f"value_{number}" for number in range(len(problem.free))]


def fit_by_agents(
    problem: Problem | str | os.PathLike,
    out: PlaceLike | None = None,
    *,
    populations: int = POPULATIONS,
    particles: int = PARTICLES,
    seed: int = 1,
    threads: int | None = None,
    executor: str | None = None,
    progress: Progress | None = None,
) -> AbcResult:
    """Calibrate the free values of a problem to what was seen of single vesicles.

    The result does not depend on where and on how many processors it is computed.

    Parameters
    ----------
    problem : Problem, or the name or path of one
    out
        new directory for posterior.csv, fitted.toml, abc.json, abc.db, report.md, a figure; None keeps all in memory
    populations : of values, one after the other, at most
    particles : of each
    seed : of all chance
    threads, executor, progress
        as RunOptions; threads work on one cell together, processes on one each

    Raises
    ------
    InputError
        before anything is written: as RunOptions; if `out` exists or lies elsewhere than on this machine, nothing was
        watched, or pyABC is not installed
    KeyboardInterrupt
        on Ctrl-C, when the whole populations are written; `resume` goes on
    """
    options = RunOptions(threads=threads, executor=executor, progress=progress)
    limits = {"populations": (populations, 1, MOST_POPULATIONS), "particles": (particles, 10, MOST_PARTICLES)}
    for name, (value, low, high) in {**limits, "seed": (seed, 0, MAX_SEED)}.items():
        check_whole(name, value, low, high)
    if not isinstance(problem, Problem):
        problem = load_problem(problem)
    check(problem)
    where = None if out is None else storage.place(out)
    if where is not None:
        _check_local(where)
        storage.make_directory(where)
        storage.write(where / PROBLEM, problem.to_toml())
    with storage.held(where):
        return _Fit(problem, Settings(populations, particles, seed), where, options, datetime.now(UTC), 0.0).run()


def resume(out: PlaceLike, problem: Problem, before: Mapping[str, Any], options: RunOptions) -> AbcResult:
    """Go on with a fit that was stopped.

    Parameters
    ----------
    problem, before : what its problem.toml and its provenance.json say
    """
    where = storage.place(out)
    _check_local(where)
    check(problem)
    with storage.whole(where / PROVENANCE, "does not say how it is fitted; restore the file, or fit anew."):
        settings = Settings(**before["settings"])
    started = datetime.fromisoformat(before["started"])
    with storage.held(where):
        return _Fit(problem, settings, where, options, started, before["wall_seconds"]).run()


def check(problem: Problem) -> None:
    """InputError if a problem is none for agents, or pyABC is missing."""
    if not any(not entry.held_out for entry in problem.watched):
        raise InputError(
            "expected numbers of single vesicles that are not held out, got none.", "watched", problem.name
        )
    try:
        import pyabc  # noqa: F401
    except ImportError:
        raise InputError("needs pyABC; install it with: pip install 'glut4sim[abc]'.", place="fit") from None


def _check_local(where: Place) -> None:
    if not isinstance(where, Path):
        raise InputError("pyABC keeps its populations in a file of this machine; choose a directory.", place=str(where))


class _Fit:
    def __init__(
        self,
        problem: Problem,
        settings: Settings,
        out: Place | None,
        options: RunOptions,
        started: datetime,
        spent: float,
    ):
        self.problem, self.settings, self.out, self.options = problem, settings, out, options
        self.started, self._clock = started, monotonic() - spent

    def run(self) -> AbcResult:
        status, found = "failed", None
        self._note("running")
        try:
            found = self._sample()
            status = "complete"
        except KeyboardInterrupt:
            status = "interrupted"
            raise
        finally:
            self._note(status)
            found = self._kept() if found is None else found
            wall = monotonic() - self._clock
            result = conclude(self.problem, self.out, vars(self.settings), found, status, wall)
        return result

    def _sample(self) -> Populations:
        import pyabc

        from glut4sim.sim.studies.fit.abc_sampler import OrderedSampler

        problem, settings = self.problem, self.settings
        scenarios = [problem.experiments[name].scenarios[number] for name, number in parts(problem.watched)]
        shares_memory = self.options.executor in (None, "threads")
        with _quiet(), self.options.workers(1 if shares_memory else settings.particles, scenarios) as workers:
            sampler = OrderedSampler(workers, settings.seed, self._report)
            smc = pyabc.ABCSMC(
                pyabc.model.FunctionModel(Simulation(problem, workers.threads), name="cell"),
                pyabc.Distribution(**dict(zip(names(problem), map(_prior, problem.free)))),
                Distance(problem),
                population_size=settings.particles,
                eps=pyabc.MedianEpsilon(),
                sampler=sampler,
            )
            history, left = self._open(smc), settings.populations
            if history.total_nr_simulations:
                left -= history.n_populations
            if left > 0:
                smc.run(max_nr_populations=left, min_acceptance_rate=LEAST_ACCEPTED)
            return _read(history)

    def _open(self, smc: Any) -> Any:
        """The history of populations: the one that is kept, or a new one."""
        if self.out is not None and (self.out / DATABASE).exists():
            return smc.load(self._database())
        seen = {"watched": np.array([w.value for w in self.problem.watched])}
        points = sum(int(entry.counted.sum()) for entry in self.problem.fitted)
        return smc.new(self._database(), seen | {"residuals": np.zeros(points)})

    def _database(self) -> str:
        return "sqlite://" if self.out is None else f"sqlite:///{self.out / DATABASE}"

    def _kept(self) -> Populations | None:
        """What the database of a fit that was stopped holds; None if there is none, or no whole population."""
        if self.out is None or not (self.out / DATABASE).exists():
            return None
        import pyabc

        history = pyabc.History(self._database(), create=False)
        return _read(history) if history.max_t is not None and history.max_t >= 0 else None

    def _report(self, population: int, share: float) -> None:
        """Tell how far all is, with all populations alike."""
        if self.options.progress:
            total = self.settings.populations * self.settings.particles
            self.options.progress((max(population, 0) + share * (population >= 0)) * self.settings.particles, total)

    def _note(self, status: str) -> None:
        """Write the provenance."""
        if self.out is None:
            return
        told = provenance(METHOD, self.problem, vars(self.settings), self.started, monotonic() - self._clock, status)
        storage.write_json(self.out / PROVENANCE, told)


@contextmanager
def _quiet() -> Iterator[None]:
    """pyABC's log says warnings only."""
    loggers = [logging.getLogger(name) for name in ("ABC", "ABC.Sampler", "ABC.History", "ABC.Distance")]
    before = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.WARNING)
        yield
    finally:
        for logger, level in zip(loggers, before):
            logger.setLevel(level)


def _prior(free: FreeValue) -> Any:
    """The prior of an inner value, within its range."""
    import pyabc

    low, high = free.bounds
    if free.prior is None:
        return pyabc.RV("uniform", low, high - low)
    centre, width = free.prior
    return pyabc.RV("truncnorm", (low - centre) / width, (high - centre) / width, centre, width)


def _read(history: Any) -> Populations:
    """The populations of a history."""
    told = history.get_all_populations()
    told = told[told.t >= 0]
    frame, weights = history.get_distribution(0)
    ordered = [f"value_{number}" for number in range(len(frame.columns))]
    of_cells, cells = history.get_weighted_sum_stats()
    return Populations(
        inner=frame[ordered].to_numpy(),
        weights=np.asarray(weights) / np.sum(weights),
        watched=np.array([cell["watched"] for cell in cells]),
        weights_of_watched=np.array(of_cells) / np.sum(of_cells),
        tolerances=told.epsilon.tolist(),
        candidates=told.samples.tolist(),
    )
