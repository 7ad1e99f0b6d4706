"""Vesicles within reach of the membrane go through their states as the Markov chain of their rates."""

import numpy as np
import pytest

from glut4sim.agents import vesicle
from tests.statistical import laws
from tests.support import PARAMETERS, Vesicles, on_sphere
from tests.twin import VESICLE_STATES, vesicle_exits

RATES = {  # every rate some 0.1 .. 1 per second, so that each shapes the occupancies
    "release": 0.8,
    "recapture": 0.3,
    "tether": 0.9,
    "untether": 0.35,
    "dock": 0.7,
    "undock": 0.15,
    "fuse_transiently": 0.25,
    "fuse": 1.1,
    "endocytose": 0.2,
    "sort": 0.45,
    "recycle": 0.3,
    "fuse_clustered": 0.4,
    "disperse": 0.2,
    "cluster": 0.5,
    "endocytose_clustered": 1.2,
    "release_without_rab10": 0.7,
    "retain": 0.9,
    "fuse_without_rab10": 0.8,
    "disperse_stimulated": 0.6,
}
STILL = {"diffusion_mobile": 0.0, "drift_mobile": 0.0, "diffusion_endocytosed": 0.0, "drift_endocytosed": 0.0}
BRISK = PARAMETERS.vesicle._replace(**RATES, **STILL)
RAB10, AS160 = 0.6, 0.4
TIMES = (1.0, 3.0, 6.0, 12.0, 30.0)
N = 50_000  # vesicles


def occupancies(parameters, step=0.5, n=N):
    """Vesicles in each state at TIMES, (time, n_state), all stored within reach at first."""
    start = on_sphere(n, BRISK.cell_radius - 0.5 * BRISK.capture_distance)
    agents = Vesicles(start, vesicle.State.STORED, dt=step, parameters=parameters, seed=20)
    counts = []
    for steps in np.diff(np.round(np.array([0.0, *TIMES]) / step).astype(int)):
        agents.advance(np.full(steps, RAB10), AS160)
        counts.append(agents.counts)
    return np.array(counts)


def law(parameters):
    matrix = laws.generator(vesicle_exits(RAB10, AS160, parameters), VESICLE_STATES)
    return laws.propagate(np.eye(len(VESICLE_STATES))[0], [matrix * dt for dt in np.diff([0.0, *TIMES])], 1.0)


def fits(counts, parameters, near=True):
    return laws.far_off(counts, law(parameters if near else parameters._replace(tether=0.0))) <= 1.0


@pytest.mark.parametrize("step", [0.1, 0.5, 1.0])
def test_occupancies_are_those_of_the_matrix_exponential(step):
    counts = occupancies(BRISK, step)
    assert fits(counts, BRISK)
    assert not fits(counts, BRISK, near=False)


@pytest.mark.parametrize("wrong", RATES)
def test_occupancies_of_vesicles_with_one_rate_doubled_are_refused(wrong):
    """As many as the rate takes to stand out: of all of N, the least, `undock`, is off by 1.6 times what is allowed."""
    doubled = BRISK._replace(**{wrong: 2.0 * RATES[wrong]})
    enough = (1.6 / laws.far_off(law(doubled), law(BRISK))) ** 2
    assert enough <= N
    counts = occupancies(doubled, n=max(round(enough), N // 10))
    assert not fits(counts, BRISK)
    assert fits(counts, doubled)
