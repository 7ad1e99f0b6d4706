"""The mean field's network and equations: against plain sums of the agents' flows, finite differences and the agents'
state of rest; and what its integration promises."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.model import equations, equilibrium, integrator, mean_field, network, signalling
from glut4sim.sim.model.fluxes import flow, shell
from glut4sim.sim.model.parameters import PRESETS, load_preset
from glut4sim.sim.scenario.scenario import Scenario
from tests.support import ALL_ROUTES, PARAMETERS, small_scenario, vesicles_around
from tests.twin import vesicle_flow


def read(receptors, p):
    """What signalling reads of receptors."""
    return [p.receptor.copies * receptors[list(receptor.GIVES[name])].sum() for name in signalling.DRIVERS]


def make_system(parameters=PARAMETERS, bins=6, capture_bins=3):
    return mean_field.System(parameters, shell(parameters.vesicle, bins, capture_bins))


def random_state(system, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.random(system.size)
    lipids = len(receptor.State) + np.array([signalling.SPECIES.index(name) for name in ("pip3", "pip2", "pi34p2")])
    y[lipids] *= [3.0, 100.0, 3.0]
    y[int(system.network.drivers[1]) : int(system.network.drivers[1]) + 4] *= 1e-3  # of the supply
    return y


def derivative(system, y, insulin=3.0, bath=5.0, parameters=None):
    """By the compiled equations, (n,)."""
    (p,), at, out = network.as_records([parameters or system.parameters]), system._room.linear, np.empty(len(y) + 1)
    equations.set_receptor_rates(insulin, p, at)
    equations.derivative(y, bath, p, system.network, at, out)
    return out[:-1].copy()


def summed_flows(system, y, insulin=3.0, bath=5.0):
    """The same in numpy, kind by kind: parts as `System.split`, then events of vesicles and glucose."""
    p = system.parameters
    receptors, signals, vesicles, sugar = system.split(y)
    d_receptors, _ = flow(receptor.TRANSITIONS, receptor.rates(receptor.Environment(insulin), p.receptor), receptors)
    d_signals = np.empty_like(signals)
    signalling.derivative(signals, *read(receptors, p), p.signalling, d_signals)
    rates = vesicle.rates(vesicles_around(signals), p.vesicle)
    d_vesicles, traffic = vesicle_flow(system.space, rates, vesicles)
    glut4 = vesicles[list(vesicle.SURFACE)].sum() * p.vesicle.glut4_copies
    around = glucose.environment(sugar * p.glucose.supply, glut4, bath, p.glucose)
    d_sugar, sugar_traffic = flow(glucose.TRANSITIONS, glucose.rates(around, p.glucose), sugar)
    return [d_receptors, d_signals, d_vesicles, d_sugar, traffic, sugar_traffic]


def summed_flows_as_vector(system, y, insulin):
    receptors, signals, vesicles, sugar, *events = summed_flows(system, y, insulin)
    there = system.where >= 0
    assert not vesicles[~there].any()
    return np.concatenate([receptors, signals, vesicles[there][np.argsort(system.where[there])], sugar, *events])


def matrix(system, y, shift, insulin=3.0, bath=5.0):
    """The compiled equations' shift I - Jacobian, dense."""
    (p,), at, plan = network.as_records([system.parameters]), system._room.linear, system.network.plan
    equations.set_receptor_rates(insulin, p, at)
    equations.linearise(y, bath, p, system.network, at)
    equations.assemble(y, shift, system.network, at)
    dense = np.zeros((plan.size, plan.size))
    row = np.repeat(np.arange(plan.size), np.diff(plan.rows.astype(int)))
    dense[row, plan.columns] = at.matrix[:-1]
    return dense


# ---- the network ----


def test_vesicles_are_where_they_can_be_and_nowhere_else():
    system = make_system()
    there, last = system.where >= 0, system.where.shape[1] - 1
    assert there[[vesicle.State.STORED, vesicle.State.MOBILE, vesicle.State.ENDOCYTOSED]].all()
    np.testing.assert_array_equal(there[vesicle.State.TETHERED], system.space.near)
    for state in (vesicle.State.DOCKED, *vesicle.SURFACE):
        assert np.flatnonzero(there[state]).tolist() == [last]
    assert sorted(system.where[there]) == list(range(network.FIRST_VESICLE, network.FIRST_VESICLE + there.sum()))


def test_tethered_vesicles_that_move_would_be_everywhere():
    """What can be where follows from transitions and motion alone."""
    space = make_system().space
    transport = space.transport.copy()
    transport[vesicle.State.TETHERED] = transport[vesicle.State.MOBILE]
    _, where = network.network(space._replace(transport=transport))
    assert (where[vesicle.State.TETHERED] >= 0).all()


def test_which_rates_answer_to_what_follows_from_the_rates():
    names = vesicle.Parameters._fields
    answers = {
        name: [names[j] for j in network._answering(driver)] for driver, name in enumerate(vesicle.Environment._fields)
    }
    assert answers == {
        "rab10_active": ["release", "fuse"],
        "as160_phosphorylated": ["release", "recapture", "fuse", "disperse", "endocytose_clustered"],
    }


def test_a_new_transition_is_one_line(monkeypatch):
    """A tethered vesicle that lets go for the store: an arc in each bin that is near, and a count of its events."""
    network._lay_out.cache_clear()
    space, before = make_system().space, len(make_system().network.arcs)
    new = (vesicle.State.TETHERED, vesicle.State.STORED)
    monkeypatch.setattr(vesicle, "TRANSITIONS", (*vesicle.TRANSITIONS, new))
    monkeypatch.setattr(network, "OF_GLUCOSE", network.OF_GLUCOSE + 1)
    monkeypatch.setattr(network, "N_TRANSITION", network.N_TRANSITION + 1)
    network._lay_out.cache_clear()
    net, where = network.network(space)
    network._lay_out.cache_clear()
    assert len(net.arcs) == before + space.near.sum()
    arcs = net.arcs[net.first[network.OF_GLUCOSE - 1] : net.first[network.OF_GLUCOSE], :2]
    expected = [where[list(new), b] for b in np.flatnonzero(space.near)]
    np.testing.assert_array_equal(arcs, expected)


# ---- the equations ----


@pytest.mark.parametrize("bins", [(6, 3), (0, 4), (40, 10)])
@pytest.mark.parametrize("preset", PRESETS.names())
def test_the_derivative_is_the_sum_of_all_flows(preset, bins):
    system = make_system(load_preset(preset).build(), *bins)
    y = random_state(system)
    found = derivative(system, y)
    *parts, events, sugar_events = summed_flows(system, y)
    for one, other in zip(system.split(found), parts, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(found[-len(events) - len(sugar_events) :], [*events, *sugar_events], rtol=1e-12)


def test_a_parameter_off_by_a_millionth_would_be_seen():
    system = make_system()
    y, p = random_state(system), PARAMETERS.vesicle
    other = PARAMETERS._replace(vesicle=p._replace(dock=p.dock * (1.0 + 1e-6)))
    change = derivative(system, y, parameters=other) - derivative(system, y)
    assert np.abs(change / np.abs(derivative(system, y)).max()).max() > 1e-8


@pytest.mark.parametrize("preset", ["adipocyte", "type-2-diabetes"])  # without the feedback of mTORC1, and with it
def test_the_matrix_is_that_of_finite_differences(preset):
    system = make_system(load_preset(preset).build()._replace(vesicle=ALL_ROUTES))
    for seed in range(3):
        y = random_state(system, seed)
        columns = []
        for e in range(len(y)):
            step = 1e-6 * max(y[e], 1e-2)
            ahead, behind = y.copy(), y.copy()
            ahead[e], behind[e] = y[e] + step, y[e] - step
            columns.append((derivative(system, ahead) - derivative(system, behind)) / (2.0 * step))
        found = matrix(system, y, 0.0)
        np.testing.assert_allclose(-found, np.stack(columns, axis=1), rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(matrix(system, y, 7.0), found + 7.0 * np.eye(len(y)), rtol=1e-12)
        for driver in system.network.drivers[: len(network.DRIVING)]:
            wrong = found.copy()
            wrong[:, driver] *= 1.001
            assert np.abs(wrong + np.stack(columns, axis=1)).max() > 1e-5


def test_linearising_leaves_the_unknowns_as_they_are():
    system = make_system()
    y = random_state(system)
    before = y.copy()
    matrix(system, y, 1.0)
    np.testing.assert_array_equal(y, before)


# ---- rest ----


@pytest.mark.parametrize("insulin", [0.0, 0.1, 100.0])
@pytest.mark.parametrize("preset", PRESETS.names())
def test_rest_is_that_of_the_agents(preset, insulin):
    p = load_preset(preset).build()
    system = make_system(p)
    receptors, signals, vesicles, sugar = system.split(system.rest(insulin, 5.0))
    np.testing.assert_allclose(receptors, equilibrium.receptors(p.receptor, insulin), rtol=1e-9, atol=1e-15)
    expected = equilibrium.signals(p.signalling, *read(receptors, p))
    np.testing.assert_allclose(signals, expected, rtol=1e-7, atol=1e-10)
    np.testing.assert_allclose(
        vesicles, equilibrium.vesicles(p.vesicle, vesicles_around(signals), system.space), rtol=1e-7, atol=1e-14
    )
    glut4 = vesicles[list(vesicle.SURFACE)].sum() * p.vesicle.glut4_copies
    np.testing.assert_allclose(sugar * p.glucose.supply, equilibrium.glucose_molecules(p.glucose, glut4, 5.0))


@pytest.mark.parametrize("change", [{"release": 0.0}, {"tether": 0.0}, {"dock": 0.0}, {"endocytose": 0.0}], ids=str)
def test_rest_is_defined_where_a_transition_is_switched_off(change):
    p = PARAMETERS._replace(vesicle=PARAMETERS.vesicle._replace(**change))
    system = make_system(p)
    _, signals, vesicles, _ = system.split(system.rest(1.0, 5.0))
    expected = equilibrium.vesicles(p.vesicle, vesicles_around(signals), system.space)
    np.testing.assert_allclose(vesicles, expected, rtol=1e-6, atol=1e-14)


# ---- integration ----


def course(times=(0.0, 600.0), insulin=(100.0,), parameters=(PARAMETERS,)):
    return integrator.Course(
        np.array(times), np.array(insulin), np.full(len(insulin), 5.0), network.as_records(list(parameters))
    )


def test_a_tighter_tolerance_is_more_exact():
    system = make_system()
    start, times = system.rest(0.0, 5.0), np.linspace(0.0, 600.0, 61)
    rows = {rtol: system.follow(start.copy(), course(), times, rtol) for rtol in (1e-4, 1e-6, 1e-8, 1e-11)}
    shown = [*range(network.N_RECEPTOR, network.FIRST_VESICLE), network.FIRST_VESICLE + vesicle.State.FUSED]
    exact = rows[1e-11][1:, shown]
    there = exact != 0.0  # what this cell leaves out stays at 0
    errors = [np.abs(rows[rtol][1:, shown][there] / exact[there] - 1.0).max() for rtol in (1e-4, 1e-6, 1e-8)]
    assert (np.array(errors) < [1e-4, 1e-6, 1e-8]).all()
    assert errors[0] > 1e-6  # or tolerances would do nothing
    assert errors[1] > 1e-9


def test_another_solver_finds_the_same():
    """scipy's explicit Runge-Kutta method, without a Jacobian, with the flows summed in numpy."""
    of = PARAMETERS._replace(vesicle=ALL_ROUTES)
    system = make_system(of, bins=3, capture_bins=2)
    start = system.rest(0.0, 5.0)
    rows = system.follow(start.copy(), course((0.0, 30.0), parameters=(of,)), np.array([10.0, 30.0]), 1e-8)
    explicit = solve_ivp(
        lambda _, y: summed_flows_as_vector(system, y, 100.0), (0.0, 30.0), start, "DOP853", [10.0, 30.0],
        rtol=1e-12, atol=1e-15,
    )  # fmt: skip
    column = system.network.column
    expected = [np.bincount(column, y, network.N_COLUMN) for y in explicit.y.T]
    np.testing.assert_allclose(rows, expected, rtol=1e-7, atol=1e-12)
    off = system.follow(start.copy(), course((0.0, 30.0), (100.001,), (of,)), np.array([10.0, 30.0]), 1e-8)
    there = np.array(expected) != 0.0
    assert np.abs(off[there] / np.array(expected)[there] - 1.0).max() > 1e-6


def misfits():
    good = course((0.0, 1.0, 2.0), (0.0, 1.0), (PARAMETERS, PARAMETERS))
    yield "a change too few", {"course": good._replace(changes=good.changes[:-1])}
    yield "an insulin too few", {"course": good._replace(insulin=good.insulin[:-1])}
    yield "a glucose too few", {"course": good._replace(glucose=good.glucose[:-1])}
    yield "a parameter set too few", {"course": good._replace(parameters=good.parameters[:-1])}
    yield "an unknown too few", {"y": 1}
    yield "a record after the end", {"times": np.array([0.0, 3.0])}
    yield "a row too few", {"rows": np.zeros((1, network.N_COLUMN))}
    yield "a column too few", {"rows": np.zeros((2, network.N_COLUMN - 1))}
    yield "room for another network", {"room": integrator.room(make_system(bins=5).network)}


@pytest.mark.parametrize("fault", [name for name, _ in misfits()])
def test_arrays_that_do_not_fit_are_refused(fault):
    """Compiled code would write beyond their ends."""
    system = make_system()
    good = course((0.0, 1.0, 2.0), (0.0, 1.0), (PARAMETERS, PARAMETERS))
    given = {
        "course": good,
        "times": np.array([0.0, 2.0]),
        "rows": np.zeros((2, network.N_COLUMN)),
        "room": system._room,
    }

    def end(y=0, **changed):
        a = given | changed
        start = system.rest(0.0, 5.0)[y:]
        return integrator.integrate(start, a["course"], system.network, a["room"], a["times"], a["rows"], 1e-4)[0]

    assert end() == integrator.DONE
    assert end(**dict(misfits())[fault]) == integrator.MISFIT


def test_what_is_no_number_is_an_error_and_no_endless_loop():
    bad = PARAMETERS._replace(vesicle=PARAMETERS.vesicle._replace(fuse=np.nan))
    with pytest.raises(ArithmeticError, match="the mean field has no state of rest: something is no finite number"):
        make_system(bad).rest(0.0, 5.0)
    system = make_system()
    start = system.rest(0.0, 5.0)
    with pytest.raises(ArithmeticError, match="could not be solved from 300 s on: its steps become too small"):
        system.follow(start, course((0.0, 300.0, 600.0), (0.0, 0.0), (PARAMETERS, bad)), np.array([600.0]), 1e-6)


def test_more_steps_than_anybody_waits_for_are_an_error(monkeypatch):
    system = make_system()
    start = system.rest(0.0, 5.0)
    monkeypatch.setattr(integrator, "MOST_TRIALS", 10)
    monkeypatch.setattr(integrator, "MOST_MORE", 1)
    monkeypatch.setattr(integrator, "integrate", integrator.integrate.py_func)
    with pytest.raises(ArithmeticError, match=r"could not be solved from [\d.e-]+ s on: it takes too many steps"):
        system.follow(start, course(), np.zeros(0), 1e-6)


@pytest.mark.parametrize(
    ("times", "rtol", "message"),
    [
        ([], 1e-6, "times: expected at least one"),
        ([10.0, 0.0], 1e-6, "ascending"),
        ([-1.0, 0.0], 1e-6, "ascending"),
        ([0.0, np.nan], 1e-6, "finite"),
        ([[0.0, 1.0]], 1e-6, "times"),
        ([0.0], 0.0, "rtol: expected a number between 0 and 1, got 0.0"),
        ([0.0], np.nan, "rtol"),
    ],
)
def test_times_and_tolerances_that_make_no_sense_are_refused(times, rtol, message):
    with pytest.raises(ValueError, match=message):
        mean_field.solve(small_scenario(), times, rtol=rtol)


# ---- changes on the way ----


class Inputs:
    """A small cell with parameters that change as they like."""

    def __init__(self, parameters: Schedule, insulin=((0.0,), (1.0,))):
        small = small_scenario(vesicles=1, receptors=1, glucose_agents=1)
        self.cell, self.parameter_schedule = small.cell, parameters
        self.bath = small.bath.model_copy(update={"insulin": Schedule(*insulin)})


def every_minute(sets):
    return Schedule(tuple(60.0 * np.arange(len(sets))), tuple(sets))


def surface(inputs, times, rtol=1e-6):
    return mean_field.solve(inputs, times, rtol=rtol, bins=6, capture_bins=3).vesicles[:, vesicle.State.FUSED]


def with_pten(factor):
    p = PARAMETERS.signalling
    return PARAMETERS._replace(signalling=p._replace(pten=factor * p.pten))


def test_changes_that_change_nothing_cost_next_to_nothing():
    """Hormones every minute do not start the solver afresh: its steps go on as long as they may be."""
    system = make_system()

    def steps(sets):
        y, room = system.rest(1.0, 5.0), system._room
        changes = np.append(60.0 * np.arange(len(sets)), 60.0 * len(sets))
        around = np.full(len(sets), 1.0), np.full(len(sets), 5.0)
        given = integrator.Course(changes, *around, network.as_records(sets))
        nothing = np.zeros(0), np.zeros((0, network.N_COLUMN))
        ending, _, steps, rejected = integrator.integrate(y, given, system.network, room, *nothing, 1e-6)
        assert ending == integrator.DONE
        return steps, rejected

    assert steps([PARAMETERS] * 60)[0] <= 65
    taken, rejected = steps([with_pten(1.0 + 0.01 * np.sin(k)) for k in range(60)])
    assert taken < 60 * 15
    assert rejected < taken / 20  # the first step after a change need not be found by trial


@pytest.mark.parametrize("rtol", [1e-6, 1e-3, 0.1])
def test_a_minute_of_another_hormone_is_never_stepped_over(rtol):
    """However loose the tolerance: six hours of rest, and a minute in which PIP3 is hardly degraded."""
    odd = every_minute([*[PARAMETERS] * 200, with_pten(0.02), *[PARAMETERS] * 159])
    found = surface(Inputs(odd), [0.0, 200 * 60.0, 206 * 60.0, 360 * 60.0], rtol)
    exact = surface(Inputs(odd), [0.0, 200 * 60.0, 206 * 60.0, 360 * 60.0], 1e-9)
    rise = exact[2] - exact[1]
    assert rise > 0.05 * exact[1]
    np.testing.assert_allclose(found, exact, atol=rtol * rise)


def test_pip3_crosses_its_basal_level():
    """Where recruitment of Akt sets in with a kink. More PTEN takes PIP3 below, less brings it back."""
    sets = Schedule((0.0, 600.0, 1200.0), (PARAMETERS, with_pten(2.0), PARAMETERS))
    times = np.arange(0.0, 2401.0, 5.0)
    pip3, akt = signalling.SPECIES.index("pip3"), signalling.SPECIES.index("akt_active")
    found, exact = (
        mean_field.solve(Inputs(sets, ((0.0,), (0.05,))), times, rtol=rtol, bins=2, capture_bins=1).signalling
        for rtol in (1e-6, 1e-10)
    )
    basal = PARAMETERS.signalling.pip3_basal
    assert exact[:, pip3].min() < basal < min(exact[0, pip3], exact[-1, pip3])
    np.testing.assert_allclose(found[:, pip3], exact[:, pip3], rtol=1e-6)
    np.testing.assert_allclose(found[:, akt], exact[:, akt], rtol=1e-5, atol=1e-11)


def test_the_whole_range_of_parameters_can_be_solved():
    """Every parameter drawn from its plausible range, where that is a cell at all."""
    pulse, rng = Scenario.load("insulin-pulse"), np.random.default_rng(5)
    times = np.arange(0.0, pulse.run.duration + 1.0, 60.0)
    for _ in range(10):
        values = {
            name: f"{rng.uniform(p.low, p.high)!r} {p.unit}"
            for name, p in pulse.preset.parameters.items()
            if name
            not in ("signalling.pip3_basal", "vesicle.cell_radius")  # which must be smaller or larger than others
        }
        trace = mean_field.solve(pulse.model_copy(update={"parameters": values}), times)
        assert all(np.isfinite(column).all() for column in trace)
        np.testing.assert_allclose(trace.vesicles.sum(axis=1), pulse.cell.vesicles, rtol=1e-9)
