"""The sampler: a density that is known, the same chain whatever interrupts it, and what is left out of it."""

import numpy as np
import pytest

from glut4sim.sim.studies.executors import Threads
from glut4sim.sim.studies.fit.objective import Objective
from glut4sim.sim.studies.fit.posterior import Chain, Densities, convergence, sample, walkers
from tests.extras import need
from tests.fits import problem

need("emcee", "arviz")

SPREAD = np.array([[1.0, 0.9], [0.9, 1.0]])
INVERSE = np.linalg.inv(SPREAD)
BEGIN = np.random.default_rng(0).normal(size=(24, 2))


def density(inner):
    return -0.5 * np.einsum("ij,jk,ik->i", inner, INVERSE, inner)


@pytest.fixture(scope="module")
def kept():
    chains = []
    return sample(density, BEGIN, 3000, 5, chains.append), chains


def test_the_chain_has_the_moments_of_the_density(kept):
    chain, _ = kept
    assert chain.is_long_enough
    assert chain.steps < 3000
    draws = chain.kept.reshape(-1, 2)
    effective = len(draws) / chain.times.max()
    assert np.abs(draws.mean(axis=0)).max() < 4.0 / np.sqrt(effective)
    assert np.abs(np.cov(draws.T) - SPREAD).max() < 6.0 / np.sqrt(effective)
    r_hat, size = convergence(chain)
    assert (r_hat < 1.1).all()
    assert (size > 100).all()


def test_an_interrupted_chain_goes_on_as_if_nothing_had_been(kept):
    chain, chains = kept
    again = sample(density, BEGIN, 3000, 5, lambda _: None, before=Chain.from_bytes(chains[2].to_bytes()))
    assert (again.inner == chain.inner).all()
    assert (again.accepted == chain.accepted).all()
    assert (again.log_posterior == chain.log_posterior).all()


def test_another_seed_is_another_chain():
    first, second = (sample(density, BEGIN, 25, seed, lambda _: None).inner for seed in (1, 2))
    assert (first != second).any()


def test_the_beginning_is_left_out_and_the_rest_is_thinned_evenly(kept):
    chain, _ = kept
    assert chain.burn_in == int(np.ceil(5.0 * chain.times.max()))
    inner, log_posterior = chain.thinned(100)
    assert inner.shape == (24, 4, 2)
    assert (inner[:, 0] == chain.inner[chain.burn_in]).all()
    assert (inner[:, -1] == chain.inner[-1]).all()
    assert (log_posterior[:, -1] == chain.log_posterior[-1]).all()


def test_walkers_begin_within_the_ranges():
    objective = Objective(problem())
    begin = walkers(objective, objective.high, np.diag((0.5 * (objective.high - objective.low)) ** 2), seed=1)
    assert ((begin >= objective.low) & (begin <= objective.high)).all()
    assert len(np.unique(begin[:, 0])) == len(begin) == 24


@pytest.mark.parametrize("count", [1, 3])
def test_densities_do_not_depend_on_how_many_workers_there_are(count):
    made = problem()
    objective = Objective(made)
    inner = objective.guess + np.array([[0.0, 0.0], [0.05, -0.1], [9.0, 0.0], [-0.05, 0.1]])
    with Threads(count, 1) as workers:
        found = Densities(made, workers)(inner)
    assert found.tolist() == [objective.log_posterior(row) for row in inner]
    assert found[2] == -np.inf
