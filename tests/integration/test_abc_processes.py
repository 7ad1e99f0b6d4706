"""Populations of candidates are the same on a thread, on two processes, and however fast each of these is."""

from time import sleep

import numpy as np
import pytest

from glut4sim.sim.studies.executors import choose
from tests.extras import need

need("pyabc")


def population(executor, threads, slowly=False):
    """Values of those accepted of a population in which a fifth is, and how many candidates that took."""
    import pyabc

    from glut4sim.sim.studies.fit.abc_sampler import OrderedSampler

    def simulate_one():
        value = np.random.random()  # noqa: NPY002  as pyABC draws
        if slowly:
            sleep(0.02 * value)
        parameter = pyabc.Parameter(x=value)
        return pyabc.population.Particle(
            m=0, parameter=parameter, weight=1.0, sum_stat={}, distance=value, accepted=value < 0.2
        )

    with choose(executor, threads, threads) as workers:
        sampler = OrderedSampler(workers, 5, lambda number, share: None)
        sample = sampler.sample_until_n_accepted(20, simulate_one, 3)
    return [particle.parameter["x"] for particle in sample.accepted_particles], sampler.nr_evaluations_


def test_the_same_on_threads_and_processes():
    values, candidates = population("threads", 1)
    assert len(values) == 20
    assert candidates == pytest.approx(100, abs=4.0 * np.sqrt(20 * 0.8) / 0.2)  # of a negative binomial
    assert population("processes", 2, slowly=True) == (values, candidates)
