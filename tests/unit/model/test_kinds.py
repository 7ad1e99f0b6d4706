"""The register of agent kinds: what it says of the three, and that a fourth needs an entry and nothing else."""

from collections import namedtuple
from types import SimpleNamespace

import numpy as np
import pytest

from glut4sim.agents.streams import Stream
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.model import kinds, observables
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.model.kinds import KINDS, Kind
from glut4sim.sim.model.mean_field import solve
from glut4sim.sim.model.parameters import ParameterSet
from glut4sim.sim.model.step_records import StepRecords
from tests import two_state_kind
from tests.support import PARAMETERS, small_scenario

N, STEP = 100_000, 0.5
GATE = Kind(
    "gate", ("gates", "gate_events"), "gate", "Gates", "gates", "gates", (10, 11), number=N,
    module="tests.two_state_kind",
)  # fmt: skip
RATES = two_state_kind.Parameters(open=0.2, shut=0.02)
INSULIN = [(0.0, 0.0), (10.0, 100.0), (100.0, 1.0)]


def with_gates(scenario, gate=RATES):
    """A scenario's cell with gates, as an engine is told of it."""
    p = namedtuple("Parameters", (*kinds.stages(), "fibre"))(**PARAMETERS._asdict(), gate=gate)
    return SimpleNamespace(
        title=scenario.title, cell=scenario.cell, bath=scenario.bath, run=scenario.run, parameters={}, parameter_set=p,
        parameter_schedule=Schedule((0.0,), (p,)),
    )  # fmt: skip


@pytest.fixture
def cell(monkeypatch):
    monkeypatch.setattr(kinds, "KINDS", (*KINDS, GATE))
    return with_gates(small_scenario(INSULIN, step=STEP, receptors=2_000))


# ---- the three ----


def test_streams_of_random_numbers_are_those_that_bear_the_kinds_name():
    numbers = [number for kind in KINDS for number in kind.streams]
    assert len(set(numbers)) == len(numbers)
    for kind in KINDS:
        assert kind.streams == (Stream[f"{kind.name.upper()}_INITIAL"], Stream[f"{kind.name.upper()}_CLOCK"])


def test_records_and_parameters_have_the_parts_of_a_step_in_its_order():
    assert kinds.stages() == ParameterSet._fields[:-1] == ("receptor", "signalling", "vesicle", "glucose")
    assert ParameterSet._fields[-1] == "fibre"
    assert StepRecords._fields == (
        "time", "insulin", "glucose_bath", "receptors", "signalling", "vesicles", "glut4_surface", "glut4_tubules",
        "vesicle_events", "glucose", "glucose_events", "glucose_molecules", "net_uptake",
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_that_nothing_else_drives_reads_only_what_is_known(kind):
    if kind.stage != "GlucoseStage":
        known = {"insulin", "glucose_bath", *observables.signalling.SPECIES}
        assert set(kind.agents.Environment._fields) <= known


# ---- a fourth ----


def occupancy(akt, p):
    """Probability that a gate is open at the end of each step, from the master equation; at rest before the first.

    In a step of constant rates it goes exponentially towards open / (open + shut).
    """
    rest = p.open * akt[0] / (p.open * akt[0] + p.shut)
    found = [rest]
    for a in akt[1:]:
        total = p.open * a + p.shut
        goal = p.open * a / total
        found.append(goal + (found[-1] - goal) * np.exp(-total * STEP))
    return np.array(found)


def far_off(counts, probability):
    """Largest distance from a binomial number, in standard errors."""
    return np.abs((counts - N * probability) / np.sqrt(N * probability * (1.0 - probability) + 1.0)).max()


def test_a_fourth_kind_is_stepped_as_its_master_equation_says(cell):
    engine = Engine(cell, seed=5)
    start, trace = engine.snapshot(), engine.advance(400)
    akt = np.append(start.signalling[0, 6], trace.signalling[:, 6])
    found = np.append(start.gates[0, 1], trace.gates[:, 1])
    assert found.max() > 2.0 * found[0] + 1_000  # insulin opens them
    assert far_off(found, occupancy(akt, RATES)) <= 4.5  # of 401 correlated values
    wrong = {
        "opens 5 % more slowly": occupancy(akt, RATES._replace(open=0.19)),
        "shuts 5 % faster": occupancy(akt, RATES._replace(shut=0.021)),
        "is driven by the Akt of 2 s ago": occupancy(np.append(np.full(4, akt[0]), akt[:-4]), RATES),
    }
    for name, probability in wrong.items():
        assert far_off(found, probability) > 6.0, name


def test_its_books_balance_and_the_other_kinds_do_not_notice_it(cell, monkeypatch):
    engine = Engine(cell, seed=5, threads=2)
    start, trace = engine.snapshot(), engine.advance(100)
    assert (trace.gates.sum(axis=1) == N).all()
    opened, shut = trace.gate_events[-1]
    assert trace.gates[-1, 1] - start.gates[0, 1] == opened - shut
    assert min(opened, shut) > 100
    monkeypatch.setattr(kinds, "KINDS", KINDS)
    alone = Engine(small_scenario(INSULIN, step=STEP, receptors=2_000), seed=5).advance(100)
    for name in StepRecords._fields:
        np.testing.assert_array_equal(getattr(trace, name), getattr(alone, name), err_msg=name)


def test_it_goes_on_from_a_checkpoint(cell):
    engine, other = Engine(cell, seed=5), Engine(cell, seed=5)
    engine.advance(30)
    state = engine.state()
    assert {"gate.state", "gate.threshold", "gate.draws", "gate.hazard"} <= state.keys()
    other.restore(state)
    for one, two in zip(engine.advance(50), other.advance(50), strict=True):
        np.testing.assert_array_equal(one, two)


def test_it_is_observed(cell):
    trace = Engine(cell, seed=5).advance(10)
    observable = observables.by_state(GATE)
    assert (observable.name, observable.unit, observable.dim) == ("gates", "gates", "gate_state")
    records = observables.Records(trace, None, observables.Scale(1.0, 1.0, 1.0, 1.0, 1.0))
    np.testing.assert_array_equal(observable.measure(records), trace.gates)


def test_its_mean_field_follows_that_of_the_cell(cell):
    times = np.array([0.0, 10.0, 40.0, 60.0])
    trace, fine = (solve(cell, when, bins=2, capture_bins=1) for when in (times, np.arange(0.0, 60.1, STEP)))
    akt = fine.signalling[:, 6]
    expected = occupancy(np.append(akt[0], (akt[1:] + akt[:-1]) / 2.0), RATES)[np.searchsorted(fine.time, times)]
    np.testing.assert_allclose(trace.gates[:, 1] / N, expected, atol=2e-4)
    np.testing.assert_allclose(trace.gates.sum(axis=1), N)
    np.testing.assert_allclose(np.diff(trace.gates[:, 1]), np.diff(trace.gate_events @ [1, -1]), rtol=1e-9)
    assert np.ptp(trace.gates[:, 1]) > 0.1 * N


def test_its_mean_field_is_written_as_sbml(cell):
    libsbml = pytest.importorskip("libsbml")
    from glut4sim.sim.model.sbml import export

    model = libsbml.readSBMLFromString(export(cell, bins=2, capture_bins=1)).getModel()
    start = solve(cell, [0.0]).gates[0] / N
    for state, share in zip(two_state_kind.State, start, strict=True):
        assert model.getSpecies(f"gate_{state.name.lower()}").getInitialAmount() == pytest.approx(share)
    names = [model.getReaction(i).getId() for i in range(model.getNumReactions())]
    assert [name for name in names if name.startswith("gate_")] == ["gate_0_shut_to_open", "gate_1_open_to_shut"]
    assert "akt_active" in libsbml.formulaToL3String(
        model.getAssignmentRuleByVariable("rate_gate_0_shut_to_open").getMath()
    )
    assert model.getAssignmentRuleByVariable("gates_open") is not None
