"""The posterior of a problem's free values, by an ensemble of walkers (emcee, extra `fit`).

Moves are those of differential evolution (ter Braak, Vrugt, Stat Comput 18:435, 2008; Nelson, Ford, Payne, Astrophys J
Suppl 210:11, 2014) in the sampler of Foreman-Mackey, Hogg, Lang, Goodman, Publ Astron Soc Pac 125:306 (2013). Walkers
begin as draws from the normal density about the optimum. The chain ends when it is 50 times as long as its longest
autocorrelation time, or at the most steps allowed; then its first part, five such times, is left out.

The chain is a function of the seed: where densities are computed plays no part, nor whether it was interrupted.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from glut4sim.sim.studies.executors import Workers
from glut4sim.sim.studies.fit.objective import Objective
from glut4sim.sim.studies.fit.problem import Problem
from glut4sim.sim.studies.run.replicate import Stop
from glut4sim.sim.studies.tasks import Task

LENGTHS = 50  # autocorrelation times that make a chain long enough: emcee's own advice
BURN_IN = 5.0  # the same, that are left out at the beginning
CHECK_EVERY = 100  # steps between two looks at whether it is long enough
KEEP_EVERY = 25  # steps between two times that the chain is kept
WALKERS = 4  # for each value
FEWEST_WALKERS = 24
SNOOKER = 0.2  # share of moves along the line to another walker


@dataclass(frozen=True)
class Chain:
    """What walkers did.

    Attributes
    ----------
    inner : (n_step, n_walker, n_free)
    log_posterior : (n_step, n_walker)
    accepted : (n_walker,) moves that were made
    random : state of the generator after the last step
    """

    inner: np.ndarray
    log_posterior: np.ndarray
    accepted: np.ndarray
    random: tuple

    @property
    def steps(self) -> int:
        """How long it is."""
        return len(self.inner)

    @property
    def times(self) -> np.ndarray:
        """Integrated autocorrelation time of each value (n_free,) [steps]; NaN where it cannot be told."""
        from emcee.autocorr import integrated_time

        with np.errstate(invalid="ignore"):  # of a walker that has not moved
            return integrated_time(self.inner, tol=0, quiet=True)

    @property
    def is_long_enough(self) -> bool:
        """Whether it is LENGTHS times as long as the longest of `times`."""
        return bool(self.steps >= LENGTHS * np.max(self.times))  # False where that is NaN

    @property
    def burn_in(self) -> int:
        """How many of the first steps are left out."""
        longest = np.nan_to_num(np.max(self.times), nan=self.steps)
        return int(min(np.ceil(BURN_IN * longest), self.steps // 2))

    @property
    def kept(self) -> np.ndarray:
        """What is left, (n_step, n_walker, n_free)."""
        return self.inner[self.burn_in :]

    def thinned(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """About so many draws, evenly from all walkers and from what is left of their steps.

        Returns
        -------
        inner : (n_walker, n_draw, n_free)
        log_posterior : (n_walker, n_draw)
        """
        each = min(max(1, round(number / self.inner.shape[1])), self.steps - self.burn_in)
        chosen = np.linspace(self.burn_in, self.steps - 1, each).round().astype(int)
        return self.inner[chosen].swapaxes(0, 1), self.log_posterior[chosen].T

    def to_bytes(self) -> bytes:
        """The chain as a file holds it."""
        kind, keys, place, has_gauss, gauss = self.random
        content = io.BytesIO()
        np.savez(
            content, inner=self.inner, log_posterior=self.log_posterior, accepted=self.accepted,
            kind=kind, keys=keys, place=place, has_gauss=has_gauss, gauss=gauss,
        )  # fmt: skip
        return content.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Chain":
        """The chain that a file holds; ValueError or OSError if it is damaged."""
        with np.load(io.BytesIO(content), allow_pickle=False) as found:
            random = (
                str(found["kind"]),
                found["keys"],
                int(found["place"]),
                int(found["has_gauss"]),
                float(found["gauss"]),
            )
            return cls(found["inner"], found["log_posterior"], found["accepted"], random)


def sample(
    density: Callable[[np.ndarray], np.ndarray],
    begin: np.ndarray,
    steps: int,
    seed: int,
    keep: Callable[[Chain], None],
    before: Chain | None = None,
    enough: bool = True,
) -> Chain:
    """Let walkers go.

    Parameters
    ----------
    density : log posterior density (n,) of inner values (n, n_free)
    begin : (n_walker, n_free) where walkers begin
    steps : at most, those before included
    keep : called with the chain every KEEP_EVERY steps
    before : chain to go on with
    enough : whether to end as soon as the chain is long enough
    """
    import emcee

    moves = [(emcee.moves.DEMove(), 1.0 - SNOOKER), (emcee.moves.DESnookerMove(), SNOOKER)]
    sampler: Any = emcee.EnsembleSampler(len(begin), begin.shape[1], density, moves=moves, vectorize=True)
    random: Any = np.random.RandomState(np.random.SeedSequence([seed, 1]).generate_state(4)).get_state()
    state: Any = emcee.State(begin, random_state=random)
    chain = Chain(np.zeros((0, *begin.shape)), np.zeros((0, len(begin))), np.zeros(len(begin), int), random)
    if before is not None:
        chain = before
        state = emcee.State(before.inner[-1], log_prob=before.log_posterior[-1], random_state=before.random)
    while chain.steps < steps and not (enough and _is_checked(chain)):
        number = min(KEEP_EVERY, steps - chain.steps)
        sampler.reset()
        state = sampler.run_mcmc(state, number)
        chain = Chain(
            np.concatenate([chain.inner, sampler.get_chain()]),
            np.concatenate([chain.log_posterior, sampler.get_log_prob()]),
            chain.accepted + np.asarray(sampler.backend.accepted, int),
            state.random_state,
        )
        keep(chain)
    return chain


def _is_checked(chain: Chain) -> bool:
    return chain.steps > 0 and chain.steps % CHECK_EVERY == 0 and chain.is_long_enough


def walkers(objective: Objective, best: np.ndarray, spread: np.ndarray, seed: int) -> np.ndarray:
    """Where walkers begin (n_walker, n_free): drawn from the normal density about the optimum, within the ranges.

    Parameters
    ----------
    spread : (n_free, n_free) covariance
    """
    number = max(FEWEST_WALKERS, WALKERS * len(best))
    number += number % 2
    rng, width = np.random.default_rng([seed, 2]), objective.high - objective.low
    drawn = rng.multivariate_normal(best, spread, number, method="cholesky")
    turned = np.abs((drawn - objective.low) % (2.0 * width))  # what lies outside comes back as from a mirror
    return objective.low + np.where(turned > width, 2.0 * width - turned, turned)


class Densities:
    """Log posterior densities of many inner values, shared out among workers."""

    def __init__(self, problem: Problem, workers: Workers):
        self.problem, self.workers = problem, workers

    def __call__(self, inner: np.ndarray) -> np.ndarray:
        parts = np.array_split(inner, min(len(inner), self.workers.count))
        tasks = [Task(_densities, (self.problem, part)) for part in parts]
        futures = [self.workers.submit(task.work, *task.arguments) for task in tasks]
        return np.concatenate([future.result() for future in futures])


def _densities(problem: Problem, inner: np.ndarray, stop: Stop) -> np.ndarray:
    objective = Objective(problem)
    return np.array([-np.inf if stop.is_set() else objective.log_posterior(row) for row in inner])


def convergence(chain: Chain) -> tuple[np.ndarray, np.ndarray]:
    """R-hat and effective sample size in bulk of each value (n_free,), each walker as a chain (arviz).

    Vehtari, Gelman, Simpson, Carpenter, Burkner, Bayesian Anal 16:667 (2021). Walkers learn from one another, so R-hat
    says whether they have mixed, not whether they began far enough apart.
    """
    import arviz

    chains = np.moveaxis(chain.kept, 2, 0).swapaxes(1, 2)  # value, walker, step
    return (
        np.array([float(arviz.rhat(one)) for one in chains]),
        np.array([float(arviz.ess(one)) for one in chains]),
    )
