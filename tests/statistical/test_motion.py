"""Vesicles diffuse, drift and are reflected as the theory of Brownian motion says.

A check compares independent vesicles with theory within 4 standard errors. The finite step biases what happens at a
wall; steps are chosen so that the bias stays below a fifth of a standard error, as found with twenty times as many
vesicles.
"""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from glut4sim.agents import vesicle
from glut4sim.agents.motion import SLAB, SPHERE
from tests.statistical import laws
from tests.support import PARAMETERS, Vesicles, on_sphere

N = 20_000
QUIET = PARAMETERS.vesicle._replace(  # motion and nothing else
    recapture=0.0, retain=0.0, tether=0.0, endocytose=0.0, cluster=0.0, sort=0.0, recycle=0.0
)
MOVING = {  # state: its diffusion and drift among the parameters, and which way the drift goes
    vesicle.State.STORED: ("diffusion_stored", None, 0.0),
    vesicle.State.MOBILE: ("diffusion_mobile", "drift_mobile", 1.0),
    vesicle.State.ENDOCYTOSED: ("diffusion_endocytosed", "drift_endocytosed", -1.0),
}


def moving(state, diffusion, drift, step, position, low, high, axes=SPHERE):
    """Vesicles that stay in one state; every other state's diffusion and drift is made to stand out."""
    still = {name: 7.0 for way in MOVING.values() for name in way[:2] if name} | {"diffusion_fused": 7.0}
    name, drift_name, _ = MOVING.get(state, ("diffusion_fused", None, 0.0))
    mine = {name: diffusion} | ({drift_name: drift} if drift_name else {})
    parameters = QUIET._replace(inner_radius=low, cell_radius=high, **still | mine)
    return Vesicles(position, state, dt=step, parameters=parameters, axes=axes, seed=21)


# ---- far from the walls ----

STEP, STEPS, DIFFUSION = 0.1, 80, 0.05


def free_paths(state, diffusion=DIFFUSION, drift=0.0):
    """Displacements at five times, (5, N, 3) [um], and the times [s]; the walls are 15 standard deviations away."""
    start = on_sphere(N, 50.0)
    agents = moving(state, diffusion, drift, STEP, start, 10.0, 90.0)
    paths = []
    for _ in range(5):
        agents.advance(np.zeros(STEPS))
        paths.append(agents.position - start)
    return np.array(paths), STEP * STEPS * np.arange(1, 6), start


def diffuses(paths, times, diffusion):
    """Mean squared displacement 6 D t, and per pair of axes 2 D t or none."""
    squares = [laws.mean_far_off((path**2).sum(axis=1), 6.0 * diffusion * t) for path, t in zip(paths, times)]
    axes = [
        laws.mean_far_off(path[:, a] * path[:, b], 2.0 * diffusion * t * (a == b))
        for path, t in zip(paths, times)
        for a in range(3)
        for b in range(a, 3)
    ]
    return max(squares) <= 1.0, max(axes) <= 1.0


@pytest.mark.parametrize("state", MOVING)
def test_mean_squared_displacement_is_6_d_t(state):
    paths, times, _ = free_paths(state)
    assert diffuses(paths, times, DIFFUSION) == (True, True)
    assert max(laws.mean_far_off(path[:, axis], 0.0) for path in paths for axis in range(3)) <= 1.0
    for wrong in (2.0 * DIFFUSION, DIFFUSION / 2.0):
        assert diffuses(paths, times, wrong) == (False, False)


@pytest.mark.parametrize("state", [vesicle.State.MOBILE, vesicle.State.ENDOCYTOSED])
def test_drift_carries_along_the_radius(state):
    """The mean radius grows at v + 2 D / r; nothing but diffusion is left across it."""
    speed = 0.2 * MOVING[state][2]
    paths, times, start = free_paths(state, drift=0.2)
    radius = np.linalg.norm(paths + start, axis=2)

    def drifts(v):
        means = 50.0 + v * times + 2.0 * DIFFUSION * times / (50.0 + v * times / 2.0)
        return max(laws.mean_far_off(r, mean) for r, mean in zip(radius, means)) <= 1.0

    assert drifts(speed)
    assert not drifts(-speed)
    assert not drifts(0.5 * speed)
    assert not drifts(2.0 * speed)
    spread = (radius[-1] - radius[-1].mean()) ** 2
    assert laws.mean_far_off(spread, 2.0 * DIFFUSION * times[-1]) <= 1.0
    assert laws.mean_far_off(spread, DIFFUSION * times[-1]) > 1.0


def test_steps_in_a_row_are_independent():
    agents = moving(vesicle.State.STORED, DIFFUSION, 0.0, STEP, on_sphere(N, 50.0), 10.0, 90.0)
    places = [agents.position]
    for _ in range(3):
        agents.advance(np.zeros(1))
        places.append(agents.position)
    first, second, third = np.diff(places, axis=0)
    for axis in range(3):
        assert laws.mean_far_off(first[:, axis] * second[:, axis], 0.0) <= 1.0
        assert laws.mean_far_off(first[:, axis] * third[:, axis], 0.0) <= 1.0
    assert laws.mean_far_off(first[:-1, 0] * first[1:, 0], 0.0) <= 1.0  # and neighbours too


# ---- in the shell ----

LOW, HIGH, BINS = 4.0, 6.0, 10
EDGES = np.linspace(LOW, HIGH, BINS + 1)
SHELL_STEP = 0.025  # s: spread 0.05 um at D = 0.05 um^2/s, a quarter of a bin


def radii_at_rest(diffusion, drift, state=vesicle.State.MOBILE):
    """Radii [um] of vesicles that started together and were left alone until their slowest mode was down to exp(-7)."""
    start = on_sphere(N, 5.0 if drift == 0.0 else 5.5)
    agents = moving(state, diffusion, drift, SHELL_STEP, start, LOW, HIGH)
    agents.advance(np.zeros(round(7.0 * (HIGH - LOW) ** 2 / np.pi**2 / diffusion / SHELL_STEP)))
    return agents.radius


def radial_law(weight):
    """Share of each bin for a density along the radius in proportion to a weight."""
    shares = np.array([quad(weight, a, b)[0] for a, b in pairwise(EDGES)])
    return shares / shares.sum()


def fits(radii, weight):
    return laws.far_off(np.histogram(radii, EDGES)[0], radial_law(weight)) <= 1.0


@pytest.mark.parametrize("state", MOVING)
def test_diffusion_alone_fills_the_volume_evenly(state):
    radii = radii_at_rest(DIFFUSION, 0.0, state)
    assert radii.min() >= np.float32(LOW) * (1.0 - 1e-6)
    assert radii.max() <= np.float32(HIGH) * (1.0 + 1e-6)
    assert fits(radii, lambda r: r**2)
    for near in ((LOW, LOW + 0.02), (HIGH - 0.02, HIGH)):  # nobody is left lying at a wall
        share = (near[1] ** 3 - near[0] ** 3) / (HIGH**3 - LOW**3)
        inside = ((radii >= near[0] - 1e-5) & (radii <= near[1] + 1e-5)).sum()
        assert laws.far_off(np.array([inside, N - inside]), np.array([share, 1.0 - share])) <= 1.0
    assert not fits(radii, lambda r: 1.0)  # evenly along the radius
    assert not fits(radii, lambda r: r)
    assert not fits(radii, lambda r: r**4)


@pytest.mark.parametrize(
    ("state", "speed"), [(vesicle.State.MOBILE, 0.08), (vesicle.State.ENDOCYTOSED, -0.08)], ids=["outward", "inward"]
)
def test_drift_against_diffusion_settles_in_a_boltzmann_law(state, speed):
    radii = radii_at_rest(DIFFUSION, abs(speed), state)
    assert fits(radii, lambda r: r**2 * np.exp(speed * r / DIFFUSION))
    for factor in (0.5, 2.0, -1.0):  # of drift over diffusion
        assert not fits(radii, lambda r, factor=factor: r**2 * np.exp(factor * speed * r / DIFFUSION))


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_agents_with_the_wrong_diffusion_are_refused_in_the_shell(factor):
    radii = radii_at_rest(factor * DIFFUSION, 0.08)
    assert not fits(radii, lambda r: r**2 * np.exp(0.08 * r / DIFFUSION))
    assert fits(radii, lambda r: r**2 * np.exp(0.08 * r / (factor * DIFFUSION)))


# ---- in a slab about a plane ----

DEPTH, NEAR = 0.6, 0.05  # um; the membrane's distance, and what is near the plane
INWARD = 0.3  # um/s
SLAB_DIFFUSION = 0.01  # um^2/s: the drift holds a vesicle within 0.03 um of the plane
SLAB_TIME = 15.0  # s; without drift all relaxes in DEPTH^2 / (pi^2 D) = 3.7 s


def distances_in_slab(drift, step):
    """From the plane [um], of vesicles on both sides of it, after four relaxation times or more."""
    z = np.random.default_rng(4).uniform(-DEPTH, DEPTH, N)
    start = np.stack([np.full(N, 3.0), np.zeros(N), z], axis=1)
    agents = moving(vesicle.State.ENDOCYTOSED, SLAB_DIFFUSION, drift, step, start, 0.0, DEPTH, SLAB)
    agents.advance(np.zeros(round(SLAB_TIME / step)))
    np.testing.assert_array_equal(agents.position[:, :2], start[:, :2])  # along the plane nothing moves
    return np.abs(agents.position[:, 2])


def thrown_back_twice(drift, step):
    """The same from steps that the plane mirrors, and that its wall then throws back as if they had not been."""
    random = np.random.default_rng(5)
    r, spread = random.uniform(0.0, DEPTH, N), (2.0 * SLAB_DIFFUSION * step) ** 0.5
    for _ in range(round(SLAB_TIME / step)):
        w = np.abs(r - drift * step + spread * random.normal(size=N)) - r
        reach = np.sqrt(w**2 + spread**2 * random.chisquare(2, N))
        r = np.clip(np.maximum(np.minimum(r + w, DEPTH - (reach - w) / 2.0), (reach + w) / 2.0), 0.0, DEPTH)
    return r


@pytest.mark.parametrize("drift", [0.0, INWARD])
@pytest.mark.parametrize("step", [0.2, 1.0])
def test_a_plane_that_is_a_wall_reflects_once_whatever_the_step(drift, step):
    """Evenly filled, or by drift towards the plane exponential, exp(-v z / D): in the mean, and near the plane."""
    steepness = drift / SLAB_DIFFUSION

    def integral(weight, to=DEPTH):
        return quad(lambda z: weight(z) * np.exp(-steepness * z), 0.0, to)[0]

    def as_expected(z):
        mean = integral(lambda z: z) / integral(lambda z: 1.0)
        near = integral(lambda z: 1.0, NEAR) / integral(lambda z: 1.0)
        return laws.mean_far_off(z, mean) <= 1.0, laws.mean_far_off(z < NEAR, near) <= 1.0

    assert as_expected(distances_in_slab(drift, step)) == (True, True)
    mean, near = as_expected(thrown_back_twice(drift, step))
    assert not near
    assert not mean or drift == 0.0  # without drift most are far from the plane


# ---- on the membrane ----


def test_diffusion_on_the_membrane():
    """<cos angle> falls as exp(-2 D t / R^2). A step of 0.02 R biases the exponent by 4e-4 of itself."""
    radius, diffusion = 5.0, 0.1
    start = on_sphere(N, radius)
    agents = moving(vesicle.State.FUSED, diffusion, 0.0, 0.05, start, 4.0, radius)
    cosines, times = [], []
    for _ in range(4):
        agents.advance(np.zeros(400))
        np.testing.assert_allclose(agents.radius, radius, rtol=1e-6)
        cosines.append((agents.position * start).sum(axis=1) / radius**2)
        times.append(agents.steps * 0.05)

    def diffuses_on_sphere(d):
        far = [laws.mean_far_off(c, np.exp(-2.0 * d * t / radius**2)) for c, t in zip(cosines, times)]
        return max(far) <= 1.0

    assert diffuses_on_sphere(diffusion)
    assert not diffuses_on_sphere(2.0 * diffusion)
    assert not diffuses_on_sphere(diffusion / 2.0)


@pytest.mark.parametrize("state", [vesicle.State.TETHERED, vesicle.State.DOCKED, vesicle.State.FUSED])
def test_states_without_diffusion_stay_where_they_are(state):
    """By the preset, a fused vesicle does not diffuse."""
    start = np.float32(on_sphere(100, PARAMETERS.vesicle.cell_radius)).astype(float)
    parameters = PARAMETERS.vesicle._replace(untether=0.0, dock=0.0, undock=0.0, fuse=0.0, endocytose=0.0)
    agents = Vesicles(start, state, parameters=parameters)
    agents.advance(np.zeros(50))
    np.testing.assert_array_equal(agents.position, start)
