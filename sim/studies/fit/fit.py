"""Fit a problem: search from many starts, profile each value, sample the posterior, and predict all data.

Each stage is kept as it goes on (record.py), so that a fit that was stopped goes on where it was, with the numbers that
nothing stopped would have given. What profiles find below the best of the searches is searched from again.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from importlib.util import find_spec

import numpy as np

from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.fields import check_whole
from glut4sim.sim.inputs.storage import PlaceLike
from glut4sim.sim.scenario.cell_tables import MAX_SEED
from glut4sim.sim.studies.executors import Workers
from glut4sim.sim.studies.fit import abc_smc, least_squares, posterior, profile
from glut4sim.sim.studies.fit.abc_result import AbcResult
from glut4sim.sim.studies.fit.objective import Objective
from glut4sim.sim.studies.fit.predictions import BATCH, Predictions, joined, predict
from glut4sim.sim.studies.fit.problem import Problem, load_problem
from glut4sim.sim.studies.fit.record import Record, Settings, read_record
from glut4sim.sim.studies.fit.result import FitResult, conclude
from glut4sim.sim.studies.fit.simulation import UNSOLVABLE, needed_seconds, simulate
from glut4sim.sim.studies.options import Progress, RunOptions, refuse_checkpoints
from glut4sim.sim.studies.tasks import Task, fault, run_tasks

STARTS, STEPS, DRAWS = 20, 2000, 400
MOST_STARTS, MOST_STEPS, MOST_DRAWS = 10_000, 1_000_000, 10_000
FEWEST_STEPS = 20  # of which something can be said
BETTER = 0.05  # of the sum of squares: by how much a profile must be below the best for it to be searched from
MOST_ROUNDS = 4  # of profiles
PER_START, PER_SIDE = 12, 24  # evaluations for each free value that a search and half of a profile may take: a guess


def fit(
    problem: Problem | str | os.PathLike,
    out: PlaceLike | None = None,
    *,
    starts: int = STARTS,
    profiles: bool = True,
    posterior: bool = True,
    steps: int = STEPS,
    draws: int = DRAWS,
    seed: int = 1,
    threads: int | None = None,
    executor: str | None = None,
    progress: Progress | None = None,
) -> FitResult:
    """Calibrate the free values of a problem.

    The result does not depend on where and on how many processors it is computed.

    Parameters
    ----------
    problem : Problem, or the name or path of one
    out
        new directory for fitted.toml, posterior.csv, posterior.zarr, fit.json, report.md, figures, and what record.py
        names; None keeps all in memory
    starts : of searches, the first at the problem's guess
    profiles : whether the likelihood is profiled for each value
    posterior : whether it is sampled (extra `fit`)
    steps : of its walkers, at most
    draws : of it that are left, about
    seed : of starts and walkers
    threads, executor, progress
        as RunOptions

    Raises
    ------
    InputError
        before anything is written: as RunOptions; if `out` exists, the data cannot be simulated at the guess, or what
        samples posteriors is not installed
    KeyboardInterrupt
        on Ctrl-C, when what was done is written (provenance: "interrupted"); `resume` goes on
    """
    options = RunOptions(threads=threads, executor=executor, progress=progress, mean_field=True)
    limits = {
        "starts": (starts, 1, MOST_STARTS),
        "steps": (steps, FEWEST_STEPS, MOST_STEPS),
        "draws": (draws, 1, MOST_DRAWS),
    }
    for name, (value, low, high) in {**limits, "seed": (seed, 0, MAX_SEED)}.items():
        check_whole(name, value, low, high)
    if not isinstance(problem, Problem):
        problem = load_problem(problem)
    settings = Settings(starts, profiles, posterior, steps, draws, seed)
    check(problem, settings)
    record = Record.new(problem, settings, None if out is None else storage.place(out))
    with storage.held(record.out):
        return _Fit(record, options).run()


def resume(out: PlaceLike, options: RunOptions) -> FitResult | AbcResult:
    """Go on with a fit that was stopped; as `running.resume`."""
    if options.checkpoint_every is not None:
        refuse_checkpoints("a fit")
    where = storage.place(out)
    problem, before = read_record(where)
    if before["method"] == abc_smc.METHOD:
        return abc_smc.resume(where, problem, before, options)
    record = Record.reopen(where, problem, before)
    check(record.problem, record.settings)
    with storage.held(where):
        record.note("running")
        return _Fit(record, options).run()


def check(problem: Problem, settings: Settings) -> None:
    """InputError if only agents can answer, data cannot be simulated at the guess, or a package is missing."""
    if problem.needs_agents:
        raise InputError("needs agents: abc_smc.fit_by_agents, or leave it out.", "watched", problem.name)
    if settings.posterior and (find_spec("emcee") is None or find_spec("arviz") is None):
        raise InputError(
            "needs emcee and arviz; install them with: pip install 'glut4sim[fit]', or leave the posterior out.",
            place="fit",
        )
    try:
        simulate(problem, Objective(problem).guess)
    except UNSOLVABLE as error:
        raise InputError(
            f"the data cannot be simulated where the search begins: {error}.", place=problem.name
        ) from None


class _Fit:
    def __init__(self, record: Record, options: RunOptions):
        self.record, self.options = record, options
        self.problem, self.settings = record.problem, record.settings
        self.objective = Objective(self.problem)
        self.workers: Workers
        n, s = len(self.problem.free), self.settings
        walkers = len(posterior.walkers(self.objective, self.objective.guess, np.eye(n), s.seed))
        self._costs = {  # evaluations of each stage
            "searches": s.starts * PER_START * (n + 1),
            "profiles": 2 * n * PER_SIDE * n if s.profiles else 0,
            "posterior": s.steps * walkers if s.posterior else 0,
            "predictions": s.draws if s.posterior else 0,
        }
        self._seconds = needed_seconds(self.problem)  # simulated by an evaluation

    def run(self) -> FitResult:
        status, predictions = "failed", None
        try:
            scenarios = [s for experiment in self.problem.experiments.values() for s in experiment.scenarios]
            tasks = max(self.settings.starts, 2 * len(self.problem.free), self.settings.draws)
            with self.options.workers(tasks, scenarios) as self.workers:
                self._search()
                if self.settings.profiles and self.record.best is not None:
                    self._profile()
                if self.settings.posterior and self.record.best is not None:
                    self._sample()
                    predictions = self._predict()
            status = "failed" if self.record.best is None else "complete"
        except KeyboardInterrupt:
            status = "interrupted"
            raise
        finally:
            self.record.note(status)
            result = conclude(self.record, predictions, status)
        return result

    def _report(self, stage: str, share: float) -> None:
        """Tell how far all is when a share of a stage is done."""
        if self.options.progress:
            stages = list(self._costs)
            before = sum(self._costs[name] for name in stages[: stages.index(stage)])
            total = sum(self._costs.values())
            self.options.progress((before + share * self._costs[stage]) * self._seconds, total * self._seconds)

    def _work_off(self, stage: str, tasks: dict, take: Callable) -> None:
        """Run the tasks of a stage; a fault in one ends all."""
        count, ended = len(tasks), 0

        def taken(key, future: Future) -> None:
            nonlocal ended
            if (error := fault(future)) is not None:
                raise error
            take(key, future.result())
            ended += 1

        run_tasks(
            tasks, self.workers, taken, lambda: ended, count, lambda done, _: self._report(stage, done / max(count, 1))
        )

    def _search(self) -> None:
        begin = least_squares.starts(self.objective, self.settings.starts, self.settings.seed)
        tasks = {
            number: Task(least_squares.search, (self.problem, start))
            for number, start in enumerate(begin)
            if number not in self.record.searches
        }

        def take(number: int, found) -> None:
            self.record.searches[number] = found
            self.record.keep_searches()

        self._work_off("searches", tasks, take)

    def _search_below(self, best: least_squares.Optimum) -> bool:
        """Search from the lowest point of the profiles, if it is below the best; whether it was."""
        lowest = profile.lowest(self.record.sides.values())
        if lowest is None or lowest.chi_square > best.chi_square - BETTER:
            return False
        found = least_squares.minimise(self.objective, lowest.inner)
        self.record.searches[len(self.record.searches)] = found if found is not None else lowest
        self.record.sides.clear()
        self.record.keep_searches()
        return True

    def _profile(self) -> None:
        for _ in range(MOST_ROUNDS):
            best = self.record.best
            assert best is not None
            spread = least_squares.covariance(self.objective, best.inner)
            tasks = {
                (which, side): Task(profile.trace, (self.problem, best, spread, which, side))
                for which in range(len(self.problem.free))
                for side in (profile.LOWER, profile.UPPER)
                if (which, side) not in self.record.sides
            }

            def take(key: tuple[int, int], found) -> None:
                self.record.sides[key] = found
                self.record.keep_searches()

            self._work_off("profiles", tasks, take)
            if not self._search_below(best):
                break

    def _sample(self) -> None:
        best, settings = self.record.best, self.settings
        assert best is not None
        spread = least_squares.covariance(self.objective, best.inner)

        def keep(chain: posterior.Chain) -> None:
            self.record.keep_chain(chain)
            self._report("posterior", chain.steps / settings.steps)

        self.record.chain = posterior.sample(
            posterior.Densities(self.problem, self.workers),
            posterior.walkers(self.objective, best.inner, spread, settings.seed),
            settings.steps,
            settings.seed,
            keep,
            self.record.chain,
        )

    def _predict(self) -> Predictions:
        chain = self.record.chain
        assert chain is not None
        draws, _ = chain.thinned(self.settings.draws)
        flat = draws.reshape(-1, draws.shape[2])
        batches: Sequence[np.ndarray] = [flat[first : first + BATCH] for first in range(0, len(flat), BATCH)]
        tasks = {number: Task(predict, (self.problem, batch)) for number, batch in enumerate(batches)}
        found: dict[int, Predictions] = {}
        self._work_off("predictions", tasks, found.__setitem__)
        return joined([found[number] for number in sorted(found)])
