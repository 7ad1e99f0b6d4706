"""pyABC's populations on our workers: the same, whatever they run on and however many there are.

pyABC draws from numpy's global random numbers. Every candidate has them seeded by its number, and the first so many
that are accepted, in the order of their numbers, make a population, so that neither the number of workers nor which
is faster changes it. A process works on one candidate at a time; threads would share the random numbers, so that there
all work on one cell.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

import cloudpickle
import numpy as np
import pyabc
from pyabc.sampler import Sampler

from glut4sim.sim.studies.executors import Workers
from glut4sim.sim.studies.run.replicate import Stop
from glut4sim.sim.studies.tasks import Task, gather

TOGETHER = 4  # candidates in a task


class OrderedSampler(Sampler):
    """A sampler of pyABC.

    Parameters
    ----------
    workers
        with one task at a time where tasks share memory
    seed : of all random numbers
    report : called with the population's number and the share of it that is accepted
    """

    def __init__(self, workers: Workers, seed: int, report: Callable[[int, float], None]):
        super().__init__()
        self._workers, self._seed, self._report = workers, seed, report

    def sample_until_n_accepted(
        self, n, simulate_one, t, *, max_eval=np.inf, all_accepted=False, ana_vars=None
    ) -> "pyabc.population.Sample":
        """As pyABC documents it."""
        sample, number, work = self._create_empty_sample(), 0, cloudpickle.dumps(simulate_one)
        while sample.n_accepted < n and number < max_eval:
            starts = [number + TOGETHER * i for i in range(self._workers.count)]
            tasks = {first: Task(simulate, (work, self._seed, t, range(first, first + TOGETHER))) for first in starts}
            found = gather(tasks, self._workers, dict.fromkeys(tasks, 1.0), None)
            for particle in (particle for first in starts for particle in found[first]):
                if sample.n_accepted < n and number < max_eval:
                    sample.append(particle)
                    number += 1
            self._report(t, sample.n_accepted / n)
        self.nr_evaluations_ = number
        sample.ok = sample.n_accepted == n
        return sample


@lru_cache(maxsize=1)  # tasks of a population have the same work
def _unpickled(work: bytes) -> Callable:
    return cloudpickle.loads(work)


def simulate(work: bytes, seed: int, population: int, numbers: Sequence[int], stop: Stop) -> list:
    """Some candidates of a population: drawn, simulated and compared, each with random numbers of its own."""
    simulate_one, found = _unpickled(work), []
    for number in numbers:
        if stop.is_set():
            break
        np.random.seed(np.random.SeedSequence([seed, population + 1, number]).generate_state(8))  # noqa: NPY002
        found.append(simulate_one())
    return found
