"""Insulin protocols that no parameter was fitted to, against Sedaghat's ODE: surface GLUT4 minute by minute."""

import numpy as np
import pytest

from glut4sim.sim.studies.benchmark.suite import load_suite
from glut4sim.sim.studies.benchmark.suite_run import run_suite

PROTOCOLS = load_suite("validation").only(lambda check: check.id.startswith("P"))
SMALL = {"cell": {"vesicles": 2000, "receptors": 4000, "glucose_agents": 100}, "run": {"record_every": "10 s"}}


def by_id(suite, **options):
    result = run_suite(suite, threads=2, **options)
    return result, {one.check.id: one for one in result.checks}


@pytest.fixture(scope="module")
def twin():
    return by_id(PROTOCOLS, mean_field=True)


@pytest.mark.parametrize("check", PROTOCOLS.checks, ids=lambda check: f"{check.id} {check.quantity}")
def test_the_twin_follows_the_ode(twin, check):
    limit = {"rms_deviation": 2.0, "largest_deviation": 6.0}[check.measurement.measure]
    assert check.expect == (0.0, limit)
    assert twin[1][check.id].value <= limit


def test_small_cells_of_agents_follow_the_ode_too(twin):
    """Eight cells of 2,000 vesicles: their mean scatters by 0.4 percentage points about the twin."""
    suite = load_suite("validation", SMALL).only(lambda check: check.id in ("P03", "P04", "P05", "P06"))
    result, checks = by_id(suite)
    assert result.replicates == 8
    for one in checks.values():
        assert one.passed
        assert one.error < 0.5
    for name, outcome in result.outcomes.items():
        difference = outcome.series["surface_glut4_percent"].mean(axis=0)[0] - _twin_course(twin, name, outcome.time)
        assert np.sqrt(np.mean(difference**2)) < 0.6


def _twin_course(twin, experiment, time):
    outcome = twin[0].outcomes[experiment]
    return np.interp(time, outcome.time, outcome.series["surface_glut4_percent"][0, 0])


def test_a_cell_that_takes_twice_as_long_to_endocytose_does_not(monkeypatch):
    """The limits tell models apart."""
    from glut4sim.sim.studies.benchmark import suite_run

    solve = suite_run.mean_field.solve
    slower = {"vesicle.endocytose": "0.089 1/min"}
    monkeypatch.setattr(
        suite_run.mean_field, "solve", lambda s, times: solve(s.model_copy(update={"parameters": slower}), times)
    )
    suite = PROTOCOLS.only(lambda check: check.id in ("P03", "P04"))
    result = run_suite(suite, threads=1, mean_field=True)
    assert not any(one.passed for one in result.checks)
