"""The installed validation suite on the mean-field twin: fast and without chance.

The verdicts that count are those of the agents (docs/validation.md); the twin finds the same ones.
"""

import numpy as np
import pytest
from scipy.stats import chi2

from glut4sim.sim.analysis.measurements import TRACER, fit_to
from glut4sim.sim.model.mean_field import solve
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.benchmark.suite import load_suite
from glut4sim.sim.studies.benchmark.suite_run import run_suite

SUITE = load_suite("validation")
KNOCK_OUTS = {"akt2", "as160-4p", "rab10", "pten", "pten-control"}  # cells that differ from their preset
HERE = SUITE.only(lambda check: not check.id.startswith("P"))  # protocols: test_protocols.py


@pytest.fixture(scope="module")
def result():
    return run_suite(HERE, threads=2, mean_field=True)


@pytest.fixture(scope="module")
def verdicts(result):
    return {one.check.id: one for one in result.checks}


@pytest.mark.parametrize(
    "check", [check for check in HERE.checks if not check.known_failure], ids=lambda check: check.id
)
def test_check_passes(verdicts, check):
    one = verdicts[check.id]
    assert one.passed, f"{check.quantity}: {one.value} not in {check.expect} {one.remark}"


@pytest.mark.parametrize("check", [check for check in HERE.checks if check.known_failure], ids=lambda check: check.id)
def test_known_failure_still_fails(verdicts, check):
    """If it passes, take `known_failure` off it."""
    assert not verdicts[check.id].passed


def test_every_acceptance_check_is_there_and_none_is_excused():
    ids = {check.id for check in SUITE.checks if not check.known_failure}
    assert {f"V{number:02d}" for number in range(1, 27)} <= ids
    assert {f"P{number:02d}" for number in range(1, 11)} <= ids


def test_the_suite_asks_for_enough_replicates_of_real_cells():
    for experiment in SUITE.experiments.values():
        for scenario in experiment.scenarios if not experiment.timeline else ():
            assert scenario.run.replicates >= 8
            assert scenario.cell.vesicles >= 10_000
            assert not scenario.parameters or experiment.name in KNOCK_OUTS


def test_numbers_of_people_against_one_cell_are_called_so():
    """Clamps and HOMA; receptors are the cell's own, and levels and fat are a person's on both sides."""
    whole = {check.id for check in SUITE.checks if check.whole_body}
    assert whole == {"V15", "V15a", "V17", "V18", "V19", "V20", "V21", "V22", "V24", "V25"}


def test_hormones_act_on_muscle_in_a_clamp():
    experiments = [e for e in SUITE.experiments.values() if any(s.has_hormones for s in e.scenarios) and not e.timeline]
    assert len(experiments) >= 9
    for experiment in experiments:
        for scenario in experiment.scenarios:
            assert scenario.cell.preset == "skeletal-muscle"
            assert (scenario.bath.insulin.values, scenario.bath.glucose.values) == ((0.5,), (5.0,))
            assert not scenario.effects or experiment.name == "withdrawal"


def test_bounds_of_chi_square_are_its_95_percent_quantiles(result):
    checks = [check for check in HERE.checks if check.measurement.measure == "chi_square"]
    assert len(checks) == 21
    for check in checks:
        m = check.measurement
        fit = fit_to(result.outcomes[m.experiment].course(m), m.data, m.arguments["scaling"], m.arguments.get("at"))
        assert check.unit == f"chi-square / {fit.freedom}"
        assert check.expect == (0.0, pytest.approx(chi2.ppf(0.95, fit.freedom) / fit.freedom, abs=0.006))


@pytest.mark.parametrize("preset", ["human-adipocyte", "type-2-diabetes"])
@pytest.mark.parametrize("insulin", ["0 nM", "100 nM"])
def test_uptake_of_tracer_is_what_the_carriers_bring_in(preset, insulin):
    """At 0.05 mM nearly all that comes in stays, so transport stands for the measured uptake."""
    scenario = Scenario.from_table(
        {
            "cell": {"preset": preset},
            "bath": {"insulin": insulin, "glucose": f"{TRACER} mM"},
            "run": {"duration": "30 min"},
        }
    )
    from glut4sim.agents import glucose

    trace = solve(scenario, np.array([0.0, 1800.0]))
    p = scenario.parameter_set.glucose
    taken_up = (trace.glucose_events[1, glucose.INFLUX] - trace.glucose_events[1, glucose.EFFLUX]) * (
        p.supply / scenario.cell.glucose_agents
    )
    carried = 1800.0 * TRACER * glucose.clearance(trace.glut4_surface[1], TRACER, p)
    assert taken_up == pytest.approx(carried, rel=0.05)
