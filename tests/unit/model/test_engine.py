"""The step loop: the same bits however a run is cut up, nothing gained or lost, and a clean start."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.sim.model import engine as engine_module
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.model.step_records import Events, StepRecords
from tests.support import PARAMETERS, Glucose, Receptors, Vesicles, on_sphere, small_scenario

JUMP = [(0.0, 0.3), (5.0, 100.0), (12.3, 3.0)]


def scenario(**arguments):
    sizes = {"vesicles": 3 * vesicle.BLOCK + 100, "receptors": 2 * vesicle.BLOCK + 1, "glucose_agents": 2_000}
    return small_scenario(JUMP, [(0.0, 5.0), (7.7, 20.0)], **sizes | {"step": 0.5} | arguments)


def run(pieces, seed=1, replicate=0, threads=1, of=None):
    """The engine after steps in pieces, and its whole trace."""
    engine = Engine(of or scenario(), seed=seed, replicate=replicate, threads=threads)
    return engine, StepRecords(*map(np.concatenate, zip(*map(engine.advance, pieces), strict=True)))


def assert_same_bits(first, second):
    (engine, trace), (other, other_trace) = first, second
    for name, one, two in zip(StepRecords._fields, trace, other_trace, strict=True):
        np.testing.assert_array_equal(one, two, err_msg=name)
    for kind in ("receptors", "vesicles", "glucose"):
        ours, theirs = getattr(engine, kind), getattr(other, kind)
        for field in ours.fields:
            np.testing.assert_array_equal(getattr(ours, field.name), getattr(theirs, field.name), err_msg=field.name)


# ---- reproducibility ----


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_change_nothing(threads):
    assert_same_bits(run([60, 40]), run([60, 40], threads=threads))


@pytest.mark.parametrize("pieces", [[1] * 600, [7] * 85 + [5], [256, 1, 255, 88], [599, 1]], ids=lambda p: str(p[:3]))
def test_pieces_change_nothing(pieces):
    of = scenario(vesicles=600, receptors=300)
    assert_same_bits(run([600], of=of), run(pieces, of=of))


def test_counting_hazards_from_zero_again_changes_nothing_but_digits(monkeypatch):
    reference, trace = run([200])
    monkeypatch.setattr(engine_module, "REBASE", 32)
    rebased = run([200])
    assert_same_bits(rebased, run([1, 50, 29, 120]))
    for name in StepRecords._fields:
        np.testing.assert_allclose(getattr(rebased[1], name), getattr(trace, name), rtol=1e-12, err_msg=name)
    for kind in ("receptors", "vesicles", "glucose"):
        ours, theirs = getattr(reference, kind), getattr(rebased[0], kind)
        for field in ours.fields:
            if field.name != "threshold":
                np.testing.assert_array_equal(getattr(ours, field.name), getattr(theirs, field.name))
    hazard = rebased[0].stages["receptor"].hazard
    assert hazard.max() < reference.stages["receptor"].hazard.max() / 4.0


def test_rates_that_are_set_while_it_runs_act_the_same_however_it_is_cut_up():
    """Far above all that were before, and back again; and in a cell that goes on from the state of another."""
    of = scenario(vesicles=600, receptors=300)

    def change(factor, engine):
        p = of.parameter_set
        rates = {name: factor * getattr(p.vesicle, name) for name in ("release", "dock", "fuse", "endocytose", "sort")}
        engine.parameters = p._replace(vesicle=p.vesicle._replace(**rates))

    def run_with_changes(pieces, stop=None):
        engine, traces = Engine(of, seed=1), []
        for number, factor in enumerate((1.0, 300.0, 1.0)):
            if number == stop:
                state, engine = engine.state(), Engine(of, seed=1)
                engine.restore(state)
            change(factor, engine)
            traces += map(engine.advance, pieces)
        return engine, StepRecords(*map(np.concatenate, zip(*traces, strict=True)))

    whole = run_with_changes([60])
    assert np.diff(whole[1].vesicle_events.sum(axis=1))[60:119].mean() > 20.0 * len(whole[0].vesicles) / 600
    for pieces, stop in (([1] * 60, None), ([33, 27], 1), ([60], 2)):
        assert_same_bits(whole, run_with_changes(pieces, stop))


@pytest.mark.parametrize(("seed", "replicate"), [(2, 0), (1, 1), (1 + 2**32, 0), (2**64 - 1, 2**31)])
def test_another_seed_or_replicate_is_another_run(seed, replicate):
    first, second = Engine(scenario(), seed=1), Engine(scenario(), seed=seed, replicate=replicate)
    assert (first.vesicles.x != second.vesicles.x).mean() > 0.99
    for kind in ("receptors", "glucose"):
        assert (getattr(first, kind).threshold != getattr(second, kind).threshold).all()
    for one in (first, second):
        one.advance(40)
    assert (first.receptors.state != second.receptors.state).any()
    times = [logged([40], seed=s, replicate=r)[1].time for s, r in ((1, 0), (seed, replicate))]
    assert min(map(len, times)) > 100
    assert not np.intersect1d(*times).size


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_seeds_of_more_than_64_bits_are_refused(seed):
    with pytest.raises(ValueError, match="seed"):
        Engine(scenario(), seed=seed)


# ---- one agent more ----


def kinds_alone(n):
    """n agents of each kind, 20 s in an environment that is the same whatever n, state after state."""
    receptors = Receptors(n, dt=0.5)
    start = on_sphere(1_200, 14.5)[:n]
    vesicles = Vesicles(start, np.arange(n) % len(vesicle.State), dt=0.5)
    sugar = Glucose(n, dt=0.5)
    insulin = np.linspace(0.0, 200.0, 40)
    rates = np.outer(np.linspace(0.5, 1.0, 40), [0.2, 0.3, 0.4, 0.1])
    for k in range(0, 40, 4):
        receptors.advance(insulin[k : k + 4])
        vesicles.advance(np.full(4, 0.5))
        sugar.advance(rates[k : k + 4])
        for agents in (receptors, vesicles, sugar):
            yield [getattr(agents.population, field.name).copy() for field in agents.population.fields]


@pytest.mark.parametrize("n", [1, 511, 512, 1_100])
def test_one_agent_more_leaves_every_other_history_as_it_was(n):
    for fields, with_one_more in zip(kinds_alone(n), kinds_alone(n + 1), strict=True):
        for one, other in zip(fields, with_one_more, strict=True):
            np.testing.assert_array_equal(one, other[:n])
    assert (with_one_more[2] > 1).mean() >= 0.5  # many had events


# ---- the start ----


def test_the_start_is_a_snapshot_of_nothing_done():
    engine = Engine(scenario(), seed=1)
    now = engine.snapshot()
    assert [len(column) for column in now] == [1] * len(StepRecords._fields)
    assert (now.time[0], now.insulin[0], now.glucose_bath[0]) == (0.0, 0.3, 5.0)
    assert not now.vesicle_events.any()
    assert not now.glucose_events.any()
    for counts, kind in ((now.receptors, "receptors"), (now.vesicles, "vesicles"), (now.glucose, "glucose")):
        population = getattr(engine, kind)
        np.testing.assert_array_equal(counts[0], population.counts(counts.shape[1]))
        if kind != "vesicles":  # which have no clocks
            assert (population.draws == 1).all()
            assert (population.threshold > 0.0).all()


def test_vesicles_start_in_their_places_with_their_own_copies():
    n = 20_000
    v = Engine(small_scenario(100.0, vesicles=n), seed=1).vesicles
    p = PARAMETERS.vesicle
    position = np.stack([v.x, v.y, v.z], axis=1).astype(float)
    radius = np.linalg.norm(position, axis=1)
    on_membrane = np.isin(v.state, [vesicle.State.DOCKED, *vesicle.SURFACE])
    np.testing.assert_allclose(radius[on_membrane], p.cell_radius, rtol=1e-6)
    assert radius.min() >= p.inner_radius * (1.0 - 1e-6)
    assert radius.max() <= p.cell_radius * (1.0 + 1e-6)
    tethered = v.state == vesicle.State.TETHERED
    assert radius[tethered].min() > p.cell_radius - p.capture_distance
    direction = position / radius[:, None]
    assert np.abs(direction.mean(axis=0)).max() <= 4.0 * (1.0 / 3.0 / n) ** 0.5
    assert np.abs((direction**2).mean(axis=0) - 1.0 / 3.0).max() <= 4.0 * (4.0 / 45.0 / n) ** 0.5
    mean = p.glut4_copies / n  # Poisson: the variance is the mean
    assert abs(v.glut4.mean() - mean) <= 4.0 * (mean / n) ** 0.5
    assert abs(v.glut4.var() - mean) <= 4.0 * (2.0 * mean**2 / n + mean / n) ** 0.5
    fused = np.isin(v.state, vesicle.SURFACE)
    assert (
        abs(v.glut4[fused].mean() - v.glut4[~fused].mean()) <= 4.0 * (mean / fused.sum() + mean / (~fused).sum()) ** 0.5
    )


def test_a_snapshot_is_the_last_row_of_the_trace_and_stays_as_it_is():
    engine = Engine(scenario(), seed=1)
    trace = engine.advance(15)
    now = engine.snapshot()
    for name in set(StepRecords._fields) - {"insulin", "glucose_bath"}:  # those are means over the step in a trace
        np.testing.assert_array_equal(getattr(now, name)[0], getattr(trace, name)[-1], err_msg=name)
    assert (now.insulin[0], now.glucose_bath[0]) == (100.0, 5.0)
    kept = StepRecords(*(column.copy() for column in now))
    engine.advance(300)
    for one, two in zip(now, kept, strict=True):
        np.testing.assert_array_equal(one, two)


# ---- the bath ----


@pytest.mark.parametrize("step", [0.1, 0.3, 0.4, 1.0])
def test_changes_within_a_step_count_for_their_part_of_it(step):
    """JUMP at 5 and 12.3 s, glucose at 7.7 s: the mean of each step, whatever the step."""
    trace = Engine(scenario(step=step), seed=1).advance(round(15 / step))
    ends = trace.time
    np.testing.assert_allclose(ends, step * np.arange(1, len(ends) + 1), rtol=1e-12)

    def mean(times, values):
        edges = np.concatenate([[0.0], ends])
        area = np.interp(edges, [*times, 1e3], np.cumsum([0.0, *np.diff([*times, 1e3]) * values]))
        return np.diff(area) / step

    np.testing.assert_allclose(trace.insulin, mean([0.0, 5.0, 12.3], [0.3, 100.0, 3.0]), rtol=1e-6)
    np.testing.assert_allclose(trace.glucose_bath, mean([0.0, 7.7], [5.0, 20.0]), rtol=1e-6)


def test_two_changes_within_one_step_both_count():
    course = [(0.0, 10.0), (0.2, 20.0), (0.7, 50.0), (1.0, 5.0), (1.9, 1.0)]
    trace = Engine(small_scenario(course, step=1.0, duration=4.0), seed=1).advance(3)
    np.testing.assert_allclose(trace.insulin, [2.0 + 10.0 + 15.0, 4.5 + 0.1, 1.0])


# ---- bookkeeping ----


def assert_books_balance(engine, trace, before):
    """What a trace says against the agents themselves and against its own events."""
    kinds = (
        (engine.receptors, trace.receptors, None, None, receptor),
        (engine.vesicles, trace.vesicles, trace.vesicle_events, before.vesicle_events, vesicle),
        (engine.glucose, trace.glucose, trace.glucose_events, before.glucose_events, glucose),
    )
    for population, counts, events, events_before, kind in kinds:
        assert counts.min() >= 0
        assert (counts.sum(axis=1) == len(population)).all()
        np.testing.assert_array_equal(counts[-1], population.counts(len(kind.State)))
        if events is None:
            continue
        fired = np.diff(events, axis=0, prepend=events_before)
        assert fired.min() >= 0
        entered, left = np.zeros_like(counts), np.zeros_like(counts)
        for j, (source, target) in enumerate(kind.TRANSITIONS):
            left[:, source] += fired[:, j]
            entered[:, target] += fired[:, j]
        start = before.vesicles if kind is vesicle else before.glucose
        np.testing.assert_array_equal(np.diff(counts, axis=0, prepend=start), entered - left)
    v = engine.vesicles
    assert trace.glut4_surface[-1] == engine.glut4_surface == v.glut4[np.isin(v.state, vesicle.SURFACE)].sum()
    assert v.glut4.sum() == engine.glut4_total
    assert trace.glut4_surface.min() >= 0
    assert trace.glut4_surface.max() <= engine.glut4_total
    assert np.isfinite(trace.signalling).all()
    radius = np.sqrt(v.x.astype(float) ** 2 + v.y.astype(float) ** 2 + v.z.astype(float) ** 2)
    p = engine.parameters.vesicle
    assert radius.min() >= p.inner_radius * (1.0 - 1e-6)
    assert radius.max() <= p.cell_radius * (1.0 + 1e-6)


FACTORS = {  # parameters of which a random one or two are changed by a random factor
    "vesicle.release": "1.18 1/min",
    "vesicle.tether": "60 1/min",
    "vesicle.fuse": "31.6 1/min",
    "vesicle.endocytose": "0.178 1/min",
    "vesicle.sort": "1.43 1/min",
    "vesicle.diffusion_mobile": "0.01 um**2/s",
    "vesicle.drift_mobile": "0.5 um/s",
    "receptor.bind_first": "60000000 1/(M*min)",
    "receptor.internalise_active": "0.0021 1/min",
    "signalling.akt_phosphorylate_t308": "0.714 1/min",
    "glucose.supply": "4e11",
    "glucose.hexokinase_rate": "0.1 mM/s",
    "glucose.use": "0.1 1/s",
}


def scaled(name, factor):
    value, _, unit = FACTORS[name].partition(" ")
    return f"{float(value) * factor!r} {unit}".strip()


counts = st.integers(1, 700)
courses = st.lists(st.tuples(st.floats(0.01, 20.0), st.sampled_from([0.0, 0.1, 1.0, 30.0, 1000.0])), max_size=3)


def ascending(course, first):
    return [(0.0, first), *sorted({round(time, 3): value for time, value in course}.items())]


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    sizes=st.tuples(counts, counts, counts),
    step=st.sampled_from([0.05, 0.1, 0.25, 1.0]),
    insulin=courses,
    sugar=courses,
    first=st.sampled_from([0.0, 1.0, 100.0]),
    seed=st.integers(0, 2**64 - 1),
    factors=st.dictionaries(st.sampled_from(sorted(FACTORS)), st.sampled_from([0.01, 0.1, 10.0, 100.0]), max_size=2),
    pieces=st.lists(st.integers(1, 300), min_size=1, max_size=4),
    threads=st.integers(1, 2),
)
def test_nothing_is_gained_or_lost(sizes, step, insulin, sugar, first, seed, factors, pieces, threads):
    vesicles, receptors, glucose_agents = sizes
    of = small_scenario(
        ascending(insulin, first),
        ascending(sugar, 5.0),
        vesicles=vesicles,
        receptors=receptors,
        glucose_agents=glucose_agents,
        step=step,
        parameters={name: scaled(name, factor) for name, factor in factors.items()},
    )
    engine = Engine(of, seed=seed, threads=threads)
    for piece in pieces:
        before = engine.snapshot()
        assert_books_balance(engine, engine.advance(piece), before)


def test_books_that_do_not_balance_are_seen():
    """The check above, on traces that were tampered with."""
    engine = Engine(scenario(), seed=1)
    before = engine.snapshot()
    trace = engine.advance(100)
    assert_books_balance(engine, trace, before)
    for name in ("receptors", "vesicles", "glucose", "glut4_surface", "vesicle_events", "glucose_events"):
        column = getattr(trace, name).copy()
        column[-1] += 1
        with pytest.raises(AssertionError):
            assert_books_balance(engine, trace._replace(**{name: column}), before)


# ---- single events ----


def logged(pieces, threads=1, seed=1, replicate=0):
    engine = Engine(scenario(), seed=seed, replicate=replicate, threads=threads, log_events=True)
    rows = [(engine.advance(piece), engine.take_events()) for piece in pieces]
    trace = StepRecords(*map(np.concatenate, zip(*(trace for trace, _ in rows), strict=True)))
    return (engine, trace), Events(*map(np.concatenate, zip(*(events for _, events in rows), strict=True)))


def test_logging_events_changes_nothing_and_leaves_none_out():
    run_with_log, events = logged([100])
    assert_same_bits(run([100]), run_with_log)
    engine, trace = run_with_log
    assert (
        np.bincount(events.transition, minlength=len(vesicle.TRANSITIONS)).tolist() == trace.vesicle_events[-1].tolist()
    )
    assert (np.diff(events.time) >= 0.0).all()
    assert 0.0 < events.time[0] < events.time[-1] <= 50.0
    state = Engine(scenario(), seed=1).vesicles.state.copy()
    for i, j in zip(events.agent, events.transition, strict=True):  # each agent's own events, none missing
        assert state[i] == vesicle.TABLE.source[j]
        state[i] = vesicle.TABLE.target[j]
    np.testing.assert_array_equal(state, engine.vesicles.state)
    np.testing.assert_array_equal(events.glut4, engine.vesicles.glut4[events.agent])
    assert [len(column) for column in engine.take_events()] == [0] * len(Events._fields)


@pytest.mark.parametrize(("pieces", "threads"), [([1] * 100, 1), ([37, 63], 3)])
def test_the_log_does_not_depend_on_pieces_threads_or_its_first_size(monkeypatch, pieces, threads):
    expected_run, expected = logged([100])
    monkeypatch.setattr(engine_module, "LOG_CAPACITY", 3)
    found_run, found = logged(pieces, threads)
    assert_same_bits(expected_run, found_run)
    for name, one, other in zip(Events._fields, expected, found, strict=True):
        if name == "time":
            np.testing.assert_allclose(one, other, rtol=1e-12)
        else:
            np.testing.assert_array_equal(one, other, err_msg=name)


# ---- the ends of what is allowed ----


def test_a_cell_of_one_agent_of_each_kind_runs():
    engine = Engine(small_scenario(100.0, vesicles=1, receptors=1, glucose_agents=1, step=1.0), seed=1, threads=3)
    before = engine.snapshot()
    assert_books_balance(engine, engine.advance(1_000), before)


def test_nobody_within_reach_stays_loose_if_tethers_catch_at_once():
    """So many candidates a second, of which all are in vain out of reach, must not all be looked at."""
    rates = {"vesicle.tether": "1e20 1/s", "vesicle.drift_mobile": "0.05 um/s"}
    engine = Engine(small_scenario(100.0, vesicles=1_000, parameters=rates), seed=1)
    p, v = engine.parameters.vesicle, engine.vesicles
    loose = 0
    for _ in range(50):
        engine.advance(1)
        mobile = v.state == vesicle.State.MOBILE
        radius = np.sqrt(v.x**2 + v.y**2 + v.z**2)[mobile]
        assert (radius <= p.cell_radius - p.capture_distance + 1e-5).all()
        loose += mobile.sum()
    assert loose > 500


def test_glucose_that_runs_out_is_told():
    engine = Engine(small_scenario(100.0, glucose_agents=50, step=1.0, parameters={"glucose.supply": "3e9"}), seed=1)
    assert engine.warnings() == []
    before = engine.snapshot()
    trace = engine.advance(1_000)
    assert_books_balance(engine, trace, before)
    assert trace.glucose[-1, glucose.State.OUTSIDE] == 0
    (warning,) = engine.warnings()
    assert "glucose.supply" in warning
