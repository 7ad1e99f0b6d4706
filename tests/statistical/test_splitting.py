"""The error of a finite step: halving the step halves it, and a thin layer at the membrane knows nothing of it.

Every agent draws the same random numbers whatever the step, so runs that differ in the step differ by its error and
little noise. In those of the whole cell vesicles are within reach of the membrane wherever they are, so that their
motion, whose draws do depend on the step, plays no part, and rates are raised so that the surface fills within seconds.
Motion at the membrane is looked at alone.
"""

from math import erf

import numpy as np
import pytest
from scipy.integrate import quad

from glut4sim.agents import vesicle
from glut4sim.sim.model import signalling
from glut4sim.sim.model.engine import Engine
from tests.statistical import laws
from tests.support import PARAMETERS, Vesicles, on_sphere, small_scenario

FAST = {  # all by Rab10
    "signalling.as160_phosphorylate": "1200 1/min",
    "signalling.as160_dephosphorylate": "8 1/min",
    "signalling.rab10_load": "0.27 1/min",
    "vesicle.retain": "0 1/min",
    "vesicle.release_without_rab10": "0 1/min",
    "vesicle.fuse_without_rab10": "0 1/min",
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
            [(0.0, 0.0), (10.0, 100.0)], vesicles=400_000, receptors=20_000, step=step, parameters=FAST
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
    """Some 1,000 vesicles and more differ for the step alone; chance adds a standard error of 0.07 to the order."""
    fused = [f for _, _, f in runs]
    assert abs(np.diff(fused, axis=0)).sum(axis=1).min() > 500
    assert order(fused) == pytest.approx(1.0, abs=0.25)


# ---- within reach of the membrane ----

THIN = PARAMETERS.vesicle._replace(  # a motor that covers the capture distance many times in a step
    capture_distance=0.05, drift_mobile=0.2, diffusion_mobile=0.01, tether=0.05, untether=50.0,
    recapture=0.0, retain=0.0, dock=0.0,
)  # fmt: skip


def share_within_reach():
    """Of mobile vesicles that drift outward, by the law of Boltzmann in the shell."""

    def density(r):
        return r**2 * np.exp(THIN.drift_mobile / THIN.diffusion_mobile * (r - THIN.cell_radius))

    reach = THIN.cell_radius - THIN.capture_distance
    near, far = (quad(density, *ends)[0] for ends in ((reach, THIN.cell_radius), (THIN.cell_radius - 2.0, reach)))
    return near / (near + far)


@pytest.mark.parametrize("step", [0.05, 0.5, 1.0])
def test_as_many_are_tethered_whatever_the_step(step):
    """The wrong model: a step whose end is thrown back by as much as it lies beyond the membrane. Where the motor holds
    a vesicle there, it leaves the half of a normal law behind, as wide as the step."""
    n, seconds = 10_000, 40.0
    agents = Vesicles(on_sphere(n, THIN.cell_radius), vesicle.State.MOBILE, dt=step, parameters=THIN, seed=7)
    agents.advance(np.zeros(round(4.0 / step)))
    near, tethered = 0.0, 0
    for _ in range(round(seconds)):
        fired, _ = agents.advance(np.zeros(round(1.0 / step)))
        tethered += int(fired[:, vesicle.TETHERING].sum())
        near += (agents.radius > THIN.cell_radius - THIN.capture_distance).mean() / round(seconds)
    share, of_all = share_within_reach(), n * seconds * THIN.tether
    error = laws.STANDARD_ERRORS / (of_all * share) ** 0.5
    assert abs(tethered / of_all / share - 1.0) <= error
    assert abs(near / share - 1.0) <= error
    thrown_back = erf(THIN.capture_distance / (4.0 * THIN.diffusion_mobile * step) ** 0.5)
    assert step < 0.5 or abs(thrown_back / share - 1.0) > 10.0 * error
