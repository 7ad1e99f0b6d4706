"""A few checks of the installed suite with agents: eight small cells. The full sizes are for `make validation`."""

import pytest

from glut4sim.sim.studies.benchmark.suite import load_suite
from glut4sim.sim.studies.benchmark.suite_run import run_suite

SMALL = {"cell": {"vesicles": 2000, "receptors": 3000, "glucose_agents": 100}, "run": {"record_every": "5 s"}}
CHOSEN = ("V10", "V11", "V12", "V21")  # events of single vesicles, counted; and a change over days


@pytest.fixture(scope="module")
def checks():
    suite = load_suite("validation", SMALL).only(lambda check: check.id in CHOSEN)
    return {one.check.id: one for one in run_suite(suite, threads=2).checks}


@pytest.mark.parametrize("name", CHOSEN)
def test_check_passes_with_replicates_and_an_interval(checks, name):
    one = checks[name]
    assert one.passed
    low, high = one.interval
    assert low < one.value < high
    assert one.error < 0.05 * abs(one.value)
