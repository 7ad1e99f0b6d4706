"""The error of a finite step: halving the step halves it.

Every agent draws the same random numbers whatever the step, so runs that differ in the step differ by its error and
little noise. Vesicles are within reach of the membrane wherever they are, so that their motion, whose draws do depend
on the step, plays no part; rates are raised so that the surface fills within seconds.
"""

import numpy as np
import pytest

from glut4sim.agents import vesicle
from glut4sim.sim.model import signalling
from glut4sim.sim.model.engine import Engine
from tests.support import small_scenario

FAST = {
    "vesicle.release": "30 1/min",
    "vesicle.tether": "300 1/min",
    "vesicle.dock": "60 1/min",
    "vesicle.fuse": "300 1/min",
    "vesicle.capture_distance": "3.5 um",
}
STEPS = (1.0, 0.5, 0.25)  # s
TIMES = np.arange(20.0, 61.0, 5.0)  # s; insulin jumps at 10 s


@pytest.fixture(scope="module")
def runs():
    """Receptors, signalling species and fused vesicles at TIMES, for each step."""
    found = []
    for step in STEPS:
        scenario = small_scenario(
            [(0.0, 0.0), (10.0, 100.0)], vesicles=200_000, receptors=20_000, step=step, parameters=FAST
        )
        trace = Engine(scenario, seed=5, threads=2).advance(round(TIMES[-1] / step))
        rows = np.round(TIMES / step).astype(int) - 1
        found.append((trace.receptors[rows], trace.signalling[rows], trace.vesicles[rows, vesicle.State.FUSED]))
    return found


def order(values):
    """Measured order of convergence of a time course, from three steps, each half of the one before."""
    coarse, middle, fine = (np.asarray(v, float) for v in values)
    return np.log2((coarse - middle).sum() / (middle - fine).sum())


def test_receptors_have_no_splitting_error(runs):
    for receptors, _, _ in runs[1:]:
        np.testing.assert_array_equal(receptors, runs[0][0])


@pytest.mark.parametrize("name", ["pip3", "akt_active", "as160_phosphorylated", "rab10_active"])
def test_signalling_is_of_first_order_in_the_step(runs, name):
    species = signalling.SPECIES.index(name)
    assert order([signals[:, species] for _, signals, _ in runs]) == pytest.approx(1.0, abs=0.1)


def test_surface_vesicles_are_of_first_order_in_the_step(runs):
    """Some 1,500 vesicles per run differ for the step alone; chance adds a standard error of 0.06 to the order."""
    fused = [f for _, _, f in runs]
    assert abs(np.diff(fused, axis=0)).sum(axis=1).min() > 500
    assert order(fused) == pytest.approx(1.0, abs=0.25)
