"""A cell starts at rest: the steady state that `equilibrium` computes is the one that the agents keep.

This compares the agents' own random walks and clocks with finite volumes in the radius, which share no code.
"""

import numpy as np
import pytest

from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.sim.model import equilibrium
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.model.fluxes import shell
from tests.statistical import laws
from tests.support import PARAMETERS, small_scenario, vesicles_around

VESICLES, RECEPTORS = 20_000, 20_000


def rest(insulin):
    """Shares of receptors and of vesicles in each state, as computed."""
    receptors = equilibrium.receptors(PARAMETERS.receptor, insulin)
    signals = equilibrium.signals(
        PARAMETERS.signalling, *(receptors[list(states)].sum() for states in receptor.GIVES.values())
    )
    vesicles = equilibrium.vesicles(PARAMETERS.vesicle, vesicles_around(signals), shell(PARAMETERS.vesicle))
    return receptors, vesicles.sum(axis=1)


def run_at_rest(insulin, step, minutes, **wrong):
    """Snapshots at the start and after each third, at constant insulin; `wrong` factors apply to the agents alone."""
    scenario = small_scenario(
        insulin, vesicles=VESICLES, receptors=RECEPTORS, glucose_agents=200_000, step=step, duration=60.0
    )
    engine = Engine(scenario, seed=17, threads=2)
    snapshots = [engine.snapshot()]
    p = engine.parameters
    changed = {name: factor * getattr(p.vesicle, name) for name, factor in wrong.items()}
    engine.parameters = p._replace(vesicle=p.vesicle._replace(**changed))
    for _ in range(3):
        engine.advance(round(minutes * 60.0 / step / 3.0))
        snapshots.append(engine.snapshot())
    return snapshots


@pytest.mark.parametrize("insulin", [0.0, 100.0])
def test_a_resting_cell_stays_at_rest(insulin):
    receptors, vesicles = rest(insulin)
    start, *later = run_at_rest(insulin, 0.1, 30)
    for now in (start, *later):
        assert laws.far_off(now.receptors[0], receptors) <= 1.0
        assert laws.far_off(now.vesicles[0], vesicles) <= 1.0
        np.testing.assert_allclose(now.signalling[0], start.signalling[0], rtol=0.01, atol=1e-6)
        for pool in (glucose.State.INSIDE, glucose.State.PHOSPHORYLATED):  # first-order kinetics: Poisson numbers
            there = start.glucose[0, pool]
            assert abs(now.glucose[0, pool] - there) <= laws.STANDARD_ERRORS * (2.0 * there) ** 0.5


@pytest.mark.parametrize("wrong", ["release", "dock", "endocytose", "sort", "recycle", "cluster"])
def test_a_cell_that_starts_at_another_models_rest_drifts_away(wrong):
    _, vesicles = rest(100.0)
    start, *_, end = run_at_rest(100.0, 0.1, 10, **{wrong: 2.0})
    assert laws.far_off(start.vesicles[0], vesicles) <= 1.0
    assert laws.far_off(end.vesicles[0], vesicles) > 1.0


@pytest.mark.parametrize("insulin", [0.0, 100.0])
def test_the_longest_step_moves_rest_by_little(insulin):
    """In a step of 1 s the motor covers three times the capture distance; at the membrane it must hold, not throw back.

    Rest at 10, 20 and 30 min, which are nearly independent. The step may cost a third of the mobile and 2 % of the
    fused.
    """
    _, shares = rest(insulin)
    _, *later = run_at_rest(insulin, 1.0, 30)
    found = np.mean([now.vesicles[0] for now in later], axis=0) / VESICLES
    chance = laws.STANDARD_ERRORS * np.sqrt(shares * (1.0 - shares) / VESICLES / len(later))
    for state, allowed in ((vesicle.State.MOBILE, 1.0 / 3.0), (vesicle.State.FUSED, 0.02)):
        assert abs(found[state] - shares[state]) <= allowed * shares[state] + chance[state]
