"""Cells with two membranes: what belongs to which, insulin in the T-tubules, and agents against their mean field."""

from types import SimpleNamespace

import numpy as np
import pytest

from glut4sim.agents import receptor, vesicle
from glut4sim.agents.motion import CYLINDER, SLAB
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.model import mean_field, membranes, signalling
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.model.geometry import Fibre
from glut4sim.sim.model.parameters import load_preset
from tests.support import PARAMETERS, small_scenario

FIBRE = Fibre(
    thickness=2.2, tubule_share=0.6, tubule_depth=0.55, tubule_area=400.0, tubule_delay=120.0,
    interstitial_insulin=0.43, contraction_gap=0.6, contraction_endocytosis=0.3,
)  # fmt: skip
SLICE = PARAMETERS._replace(fibre=FIBRE, vesicle=PARAMETERS.vesicle._replace(cell_radius=30.0, inner_radius=28.0))
INSULIN = [(0.0, 0.0), (60.0, 2.0)]
ACTIVE = list(receptor.ACTIVE)
N = 4000
TIMES = np.arange(0.0, 601.0, 100.0)


def scenario_of(parameters, **sizes):
    """What an engine is told of a cell with these parameters."""
    made = small_scenario(INSULIN, step=0.5, vesicles=N, receptors=N, glucose_agents=N, **sizes)
    return SimpleNamespace(
        title="slice", cell=made.cell, bath=made.bath, run=made.run, parameters={}, parameter_set=parameters,
        parameter_schedule=Schedule((0.0,), (parameters,)),
    )  # fmt: skip


def bath_of(insulin, plasma=False):
    return SimpleNamespace(insulin=insulin, plasma=plasma, rest=None)


def with_tubules(**changes):
    return SLICE._replace(fibre=FIBRE._replace(**changes))


@pytest.fixture(scope="module")
def run():
    """Records at TIMES of a slice of agents, the engine at their end, and its events."""
    engine = Engine(scenario_of(SLICE), seed=7, log_events=True)
    rows = [engine.snapshot()]
    for _ in TIMES[1:]:
        rows.append(type(rows[0])(*(column[-1:] for column in engine.advance(200))))
    return engine, type(rows[0])(*map(np.concatenate, zip(*rows, strict=True))), engine.take_events()


def deviations(parameters, trace):
    """Of vesicles fused with each membrane at the end, from the mean field, in standard errors (binomial)."""
    expected = mean_field.solve(scenario_of(parameters), TIMES)
    copies = parameters.vesicle.glut4_copies / N
    fused = np.array([trace.glut4_surface[-1] - trace.glut4_tubules[-1], trace.glut4_tubules[-1]]) / copies
    mean = np.array([expected.glut4_surface[-1] - expected.glut4_tubules[-1], expected.glut4_tubules[-1]]) / copies
    # besides the binomial, copies per vesicle are Poisson: variance of the sum is mean (1 + 1 / copies) at most
    return (fused - mean) / np.sqrt(np.maximum(mean, 1.0) * (1.0 + 1.0 / copies))


# ---- what belongs to which ----


def test_a_shell_has_one_membrane_and_its_parameters_are_the_cells():
    (one,) = membranes.membranes(PARAMETERS)
    assert one.own(PARAMETERS) is PARAMETERS
    assert (one.vesicles, one.receptors, one.dimensions) == (1.0, 1.0, 3)
    bath = bath_of(Schedule((0.0, 5.0), (1.0, 2.0)), plasma=True)
    assert one.insulin(bath) is bath.insulin


def test_a_slice_is_divided_by_areas_and_by_its_share():
    """A fibre 60 um across: 415 um2 of sarcolemma and 6.2 pL for each 2.2 um, by hand."""
    sarcolemma, tubules = membranes.membranes(SLICE)
    assert (sarcolemma.axes, tubules.axes) == (CYLINDER, SLAB)
    assert sarcolemma.vesicles + tubules.vesicles == 1.0
    assert tubules.vesicles == 0.6
    assert tubules.receptors == pytest.approx(400.0 / 814.7, rel=1e-4)
    assert membranes.area(SLICE) == pytest.approx(814.7, rel=1e-4)
    assert membranes.volume(SLICE) == pytest.approx(6.220, rel=1e-3)
    own = tubules.own(SLICE).vesicle
    assert (own.inner_radius, own.cell_radius) == (0.0, 0.55)
    faces = 2 * 2 * np.pi * 30.0**2  # of two planes
    assert own.tether == pytest.approx(SLICE.vesicle.tether * 400.0 / faces, rel=1e-9)
    total = sum(one.own(SLICE).vesicle.glut4_copies for one in (sarcolemma, tubules))
    assert total == pytest.approx(SLICE.vesicle.glut4_copies)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_receptors_are_on_both_membranes_whichever_the_vesicles_go_to(share):
    sarcolemma, tubules = membranes.membranes(with_tubules(tubule_share=share))
    assert (sarcolemma.vesicles, tubules.vesicles) == (1.0 - share, share)
    assert tubules.receptors == membranes.membranes(SLICE)[1].receptors
    assert sarcolemma.receptors + tubules.receptors == 1.0


def test_receptors_signal_only_where_there_is_membrane():
    sarcolemma, tubules = membranes.membranes(with_tubules(tubule_area=0.0))
    assert (sarcolemma.receptors, tubules.receptors) == (1.0, 0.0)
    assert tubules.own(SLICE).receptor.copies == 0.0
    assert sarcolemma.own(SLICE).receptor == SLICE.receptor


# ---- insulin at the membranes ----


def test_of_plasmas_insulin_a_share_gets_between_fibres():
    sarcolemma, tubules = membranes.membranes(SLICE)
    course = Schedule((0.0, 50.0), (1.0, 3.0))
    assert sarcolemma.insulin(bath_of(course)) is course
    assert sarcolemma.insulin(bath_of(course, plasma=True)).values == (0.43, 0.43 * 3.0)
    late = tubules.insulin(bath_of(course, plasma=True))
    assert late.values[0] == 0.43
    assert late.values[-1] == pytest.approx(0.43 * 3.0)


def test_insulin_follows_the_bath_with_its_time_constant():
    """The mean of each part against the integral of the exact course; up, and down again before it has got there."""
    course = membranes.delayed(Schedule((0.0, 100.0, 400.0), (1.0, 5.0, 0.0)), 300.0)
    there = 5.0 - 4.0 * np.exp(-1.0)  # when the bath turns back

    def exact(t):
        if t < 100.0:
            return 1.0
        return 5.0 - 4.0 * np.exp(-(t - 100.0) / 300.0) if t < 400.0 else there * np.exp(-(t - 400.0) / 300.0)

    for low, high, value in zip(course.times, course.times[1:], course.values, strict=False):
        fine = np.linspace(low, high, 2001)
        mean = np.mean([exact(t) for t in (fine[1:] + fine[:-1]) / 2.0])
        assert value == pytest.approx(mean, abs=5e-3 + 1e-6)
    assert course.values[0] == 1.0
    assert course.values[-1] == 0.0
    assert course.times[-1] > 400.0 + 6.0 * 300.0  # e^-6 of the change is not yet past


@pytest.mark.parametrize("step", [0.0, 0.1])
def test_a_small_dose_comes_late_whatever_comes_later(step):
    """Until 100 nM come it is as if they did not; refused: a thousandth of the largest value is past."""
    alone = membranes.delayed(Schedule((0.0, 60.0), (step, 0.1 + step)), 600.0)
    before_more = membranes.delayed(Schedule((0.0, 60.0, 3660.0), (step, 0.1 + step, 100.0)), 600.0)
    for time in np.arange(0.0, 3660.0, 30.0):
        assert before_more.at(time) == pytest.approx(alone.at(time), rel=1e-12)
    assert alone.at(100.0) < step + 0.01


@pytest.mark.parametrize("low", [0.06, 0.0])
def test_a_washout_has_no_jump(low):
    """From part to part it falls by a tenth of what is left; refused: the last tenth of 1 nM at once."""
    course = membranes.delayed(Schedule((0.0, 10.0, 8000.0), (low, 100.0, low)), 600.0)
    late = [value for time, value in zip(course.times, course.values, strict=True) if time >= 8000.0]
    falls = -np.diff(late)
    assert (falls > 0.0).all()
    assert falls[-1] < max(2e-3 * low, 2e-4)
    assert late[-1] == low


# ---- agents ----


def test_agents_follow_the_mean_field_on_both_membranes(run):
    """Within 5 standard errors; refused: a model that captures at the sarcolemma only, and one without delay."""
    _, trace, _ = run
    assert np.abs(deviations(SLICE, trace)).max() < 5.0
    assert np.abs(deviations(with_tubules(tubule_area=0.0), trace)).max() > 8.0
    found = trace.receptors[:, ACTIVE].sum(axis=1)
    right, prompt = (
        mean_field.solve(scenario_of(parameters), TIMES).receptors[:, ACTIVE].sum(axis=1)
        for parameters in (SLICE, with_tubules(tubule_delay=0.0))
    )
    error = np.sqrt(np.maximum(right, 1.0))
    assert np.abs((found - right) / error).max() < 5.0
    assert np.abs((found - prompt) / error).max() > 8.0


@pytest.mark.parametrize("changes", [{"tubule_share": 0.0}, {"tubule_share": 1.0}, {"tubule_area": 0.0}])
def test_a_membrane_may_have_no_vesicles_or_no_receptors(changes):
    """Within 5 standard errors of the mean field; refused: a sphere, whose vesicles are up to 30 um high."""
    parameters = with_tubules(**changes)
    engine = Engine(scenario_of(parameters), seed=7)
    trace = engine.advance(1200)
    assert np.abs(engine.vesicles.z).max() <= FIBRE.thickness / 2.0 + 1e-6
    assert np.abs(deviations(parameters, trace)).max() < 5.0
    expected = mean_field.solve(scenario_of(parameters), TIMES)
    found, mean = (rows.receptors[-1, ACTIVE].sum() for rows in (trace, expected))
    assert found == pytest.approx(mean, abs=5.0 * np.sqrt(mean))
    # phosphorylated IRS1 follows the share of receptors that are active, up to in proportion
    irs1 = signalling.SPECIES.index("irs1_phosphorylated")
    assert trace.signalling[-1, irs1] == pytest.approx(expected.signalling[-1, irs1], rel=5.0 / np.sqrt(mean))


def test_a_single_vesicle_belongs_to_one_membrane():
    scenario = scenario_of(SLICE)
    scenario.cell = scenario.cell.model_copy(update={"vesicles": 1})
    trace = Engine(scenario, seed=7).advance(100)
    assert (trace.vesicles.sum(axis=1) == 1).all()


def test_vesicles_stay_where_their_membrane_lets_them(run):
    engine, _, _ = run
    v, p, share = engine.vesicles, SLICE.vesicle, round(0.4 * N)
    out, high = np.hypot(v.x, v.y), np.abs(v.z)
    assert out[:share].min() > p.inner_radius - 1e-4
    assert out[:share].max() < p.cell_radius + 1e-4
    assert high[:share].max() <= FIBRE.thickness / 2.0 + 1e-6
    assert out[share:].max() <= p.inner_radius + 1e-6
    assert high[share:].max() < FIBRE.tubule_depth + 1e-5
    fused = v.state == vesicle.State.FUSED
    np.testing.assert_allclose(out[:share][fused[:share]], p.cell_radius, rtol=1e-5)
    np.testing.assert_allclose(high[share:][fused[share:]], FIBRE.tubule_depth, rtol=1e-5)


def test_books_balance_and_events_tell_vesicles_apart(run):
    engine, trace, events = run
    assert (trace.vesicles.sum(axis=1) == N).all()
    assert (trace.receptors.sum(axis=1) == N).all()
    assert engine.vesicles.glut4.sum() == engine.glut4_total
    assert engine.glut4_surface == engine.vesicles.glut4[np.isin(engine.vesicles.state, vesicle.SURFACE)].sum()
    assert (np.diff(events.time) >= 0.0).all()
    np.testing.assert_array_equal(engine.vesicles.glut4[events.agent], events.glut4)
    np.testing.assert_array_equal(
        np.bincount(events.transition, minlength=len(vesicle.TRANSITIONS)), trace.vesicle_events[-1]
    )
    tethered = events.position[(events.transition == vesicle.TETHERING) & (events.agent >= round(0.4 * N))]
    near = FIBRE.tubule_depth - SLICE.vesicle.capture_distance
    assert len(tethered)
    assert np.abs(tethered[:, 2]).min() >= near - 1e-5


def test_membranes_do_not_share_random_numbers(run):
    engine, _, _ = run
    share = round(0.4 * N)
    assert (engine.vesicles.glut4[:share] != engine.vesicles.glut4[share : 2 * share]).mean() > 0.5


def test_a_slice_goes_on_from_a_checkpoint():
    first = Engine(scenario_of(SLICE), seed=3)
    first.advance(300)
    again = Engine(scenario_of(SLICE), seed=3)
    again.restore(first.state())
    for one, other in zip(first.advance(200), again.advance(200), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_length_of_calls_and_threads_change_no_bit():
    whole, pieces = Engine(scenario_of(SLICE), seed=3), Engine(scenario_of(SLICE), seed=3, threads=2)
    expected = whole.advance(300)
    found = [pieces.advance(n) for n in (1, 99, 200)]
    for one, others in zip(expected, zip(*found, strict=True), strict=True):
        np.testing.assert_array_equal(one, np.concatenate(others))


# ---- the mean field ----


def test_glucose_alone_is_the_glucose_of_the_coupled_equations():
    """Of a cell with one membrane, from the GLUT4 that they give: within 1e-5 of what has come in."""
    scenario = scenario_of(PARAMETERS)
    times = np.arange(0.0, 601.0, mean_field.GLUCOSE_GRID)
    coupled = mean_field.solve(scenario, times, rtol=1e-8)
    alone = mean_field.glucose_alone.follow(scenario, times, coupled.glut4_surface, 1e-8)
    np.testing.assert_allclose(alone["glucose"], coupled.glucose, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(alone["glucose_events"][1:], coupled.glucose_events[1:], rtol=1e-4)


def test_without_tubules_most_of_what_insulin_does_is_gone():
    def rise(parameters):
        surface = mean_field.solve(scenario_of(parameters), np.array([0.0, 3600.0])).glut4_surface
        return surface[-1] - surface[0]

    fibre = load_preset("skeletal-muscle").build()
    assert rise(fibre._replace(fibre=fibre.fibre._replace(tubule_area=0.0))) < 0.5 * rise(fibre)
