"""The numbers that a scenario's mean field gives: near those of the fine one, and never of a cell out of glucose."""

import pytest

from glut4sim.sim.analysis import summary
from glut4sim.sim.analysis.global_sensitivity import FLOOR
from glut4sim.sim.analysis.measurements import QUANTITIES, Recorded
from glut4sim.sim.model import mean_field, observables
from glut4sim.sim.results.series_store import record_times
from glut4sim.sim.scenario.factors import SUPPLY, Factor, changed, find_factors
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.expected import numbers, solved, supplied

PULSE = Scenario.load("insulin-pulse")
BRIEF = Scenario.from_table(
    {
        "bath": {"insulin": [["0 s", "0 nM"], ["20 s", "100 nM"]], "glucose": "5 mM"},
        "run": {"duration": "1 min", "record_every": "5 s"},
    },
    "brief",
)
FOR_HOURS = {"bath": {"insulin": "100 nM"}, "run": {"duration": "10 h", "step": "1 s", "record_every": "60 s"}}


def test_coarse_twin_is_near_the_fine_one():
    times = record_times(PULSE)
    trace = mean_field.solve(PULSE, times)
    series, insulin = observables.measure(trace, None, observables.mean_scale(PULSE)), PULSE.bath.insulin
    fine = summary.one_replicate(times, {n: series[n] for n in summary.NEEDED}, (insulin.times, insulin.values))
    coarse = numbers(PULSE)
    for name, value in fine.items():
        assert (value is None) == (coarse[name] is None)
        if value is not None:
            assert coarse[name] == pytest.approx(value, rel=3e-4, abs=FLOOR), name


def test_no_run_uses_up_its_glucose():
    little = changed(BRIEF, [Factor(SUPPLY, 0.0, "1", 0.0, 1.0, "assumed", "a test")], [1e8])
    name = "glucose_uptake_stimulated_per_s"
    assert numbers(little)[name] == pytest.approx(numbers(BRIEF)[name], rel=1e-3)


def test_a_changed_parameter_changes_the_numbers():
    faster = changed(BRIEF, find_factors(BRIEF, ("vesicle.endocytose",))[0], [2.0])
    name = "surface_glut4_stimulated_percent"
    assert numbers(faster)[name] < 0.9 * numbers(BRIEF)[name]


def test_glucose_does_not_run_out_and_uptake_is_that_of_the_carriers():
    """In ten hours as many molecules as the agents stand for by default would be used up several times over."""
    scenario = Scenario.from_table(FOR_HOURS)
    enough = supplied(scenario)
    assert enough.parameter_set.glucose.supply > 3.0 * scenario.parameter_set.glucose.supply
    trace = solved(enough, record_times(scenario))
    recorded = Recorded(trace, enough.parameter_set, observables.mean_scale(enough))
    inflow, net = (QUANTITIES[name].measure(recorded) for name in ("transport", "glucose_uptake_rate"))
    assert 0.5 * inflow[-1] < net[-1] < inflow[-1]
    taken_up = numbers(scenario)["glucose_taken_up_molecules"]
    assert taken_up == pytest.approx(net[1:].sum() * 60.0, rel=1e-6)
    assert taken_up > scenario.parameter_set.glucose.supply


def test_what_suffices_is_left_as_it_is():
    scenario = Scenario.from_table({"run": {"duration": "1 min"}})
    assert supplied(scenario).parameter_schedule == scenario.parameter_schedule
