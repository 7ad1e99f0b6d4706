"""Agents against their mean-field twin: the distance is chance, and shrinks as 1 / sqrt(number of agents).

The twin knows no random walk and no clock; it has the same transitions and rates, and the radius in bins. So this
compares the agents' motion, clocks and coupling with an integration of the flow that they should have on average.
"""

import numpy as np
import pytest

from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.sim.model import mean_field
from glut4sim.sim.model.engine import Engine
from tests.statistical.laws import STANDARD_ERRORS
from tests.support import small_scenario

TIMES = np.array([60.0, 120.0, 180.0, 240.0])
STEP = 0.1
RUNS = {1_000: 24, 10_000: 20, 100_000: 10}  # agents of each kind -> replicates
NAMES = [f"{kind.__name__}.{state.name}" for kind in (receptor, vesicle, glucose) for state in kind.State]


def scenario(agents, **factors):
    """Insulin comes after half a minute; four minutes in all. `factors` of vesicle parameters make another model."""
    p = small_scenario().parameter_set.vesicle
    changed = {f"vesicle.{name}": f"{factor * getattr(p, name)!r} 1/s" for name, factor in factors.items()}
    return small_scenario(
        [(0.0, 0.0), (30.0, 10.0)], vesicles=agents, receptors=agents, glucose_agents=agents, step=STEP,
        duration=TIMES[-1], parameters=changed,
    )  # fmt: skip


def shares(trace, agents):
    """Shares of each kind in each state, (K, states of all kinds)."""
    return np.hstack([trace.receptors, trace.vesicles, trace.glucose]) / agents


def twin(**factors):
    return shares(mean_field.solve(scenario(1, **factors), TIMES), 1)


@pytest.fixture(scope="module")
def agents():
    """Shares found, by number of agents: (replicate, time, state)."""
    found = {}
    steps = np.diff(np.round(TIMES / STEP).astype(int), prepend=0)
    for n, replicates in RUNS.items():
        engines = (Engine(scenario(n), seed=29, replicate=r, threads=2) for r in range(replicates))
        found[n] = np.array([[shares(e.advance(k), n)[-1] for k in steps] for e in engines])
    return found


def distances(agents, expected):
    """Mean distance from the twin at each number of agents, in standard errors, (3, states), at the last time.

    The spread of all replicates, scaled to one agent, gives the standard error: 54 replicates say it better than 10.
    """
    scaled = [(found - found.mean(axis=0)) * n**0.5 for n, found in agents.items()]
    freedom = sum(len(found) - 1 for found in agents.values())
    spread = np.sqrt(sum((s**2).sum(axis=0) for s in scaled) / freedom)
    off = np.array([found.mean(axis=0) - expected for found in agents.values()])[:, -1]
    error = np.array([spread / (n * len(found)) ** 0.5 for n, found in agents.items()])[:, -1]
    nobody = (off == 0.0) & (error == 0.0)  # a state that no agent of this preset enters
    return np.divide(off, error, out=np.zeros_like(off), where=~nobody)


def slope(agents, expected):
    """Slope of the log of the root-mean-square error over the log of the number of agents, and its standard error.

    The error of a replicate is its mean over states and times, each in units of its binomial standard deviation.
    """
    sd = np.sqrt(np.clip(expected * (1.0 - expected), 1e-4, None))
    squares = [np.mean(((found - expected) / sd) ** 2, axis=(1, 2)) for found in agents.values()]
    logs = np.array([np.log(s.mean()) / 2.0 for s in squares])
    errors = np.array([s.std(ddof=1) / s.mean() / 2.0 / len(s) ** 0.5 for s in squares])
    x = np.log(list(agents))
    weight = 1.0 / errors**2
    centred = x - np.average(x, weights=weight)
    spread = np.sum(weight * centred**2)
    return np.sum(weight * centred * logs) / spread, spread**-0.5


def test_agents_are_as_far_from_the_twin_as_chance_allows(agents):
    found = np.abs(distances(agents, twin()))
    worst = np.unravel_index(found.argmax(), found.shape)
    assert found.max() <= STANDARD_ERRORS, f"{NAMES[worst[1]]} with {list(agents)[worst[0]]} agents"


def test_the_error_shrinks_with_the_root_of_the_number_of_agents(agents):
    found, error = slope(agents, twin())
    assert error < 0.03  # or the test would say nothing
    assert abs(found + 0.5) <= 3.0 * error


@pytest.mark.parametrize("wrong", [{"endocytose": 1.2}, {"tether": 0.5}, {"release": 1.05}], ids=str)
def test_a_wrong_twin_is_seen_at_the_largest_number(agents, wrong):
    """Endocytosis a fifth faster: an error that does not shrink. So do half the tethering, a twentieth more release."""
    expected = twin(**wrong)
    assert np.abs(distances(agents, expected))[-1].max() > STANDARD_ERRORS


def test_a_wrong_twin_bends_the_slope(agents):
    found, error = slope(agents, twin(endocytose=1.2))
    assert abs(found + 0.5) > 3.0 * error
