"""Simulated values beside data: measured as by suites, each experiment solved once, and values that are no cell."""

import numpy as np
import pytest

from glut4sim.sim.analysis.measurements import NoValue
from glut4sim.sim.results.series_store import record_times
from glut4sim.sim.studies import expected
from glut4sim.sim.studies.fit import simulation
from glut4sim.sim.studies.fit.objective import FAR, Objective
from glut4sim.sim.studies.fit.simulation import simulate, simulate_all
from tests.fits import MINUTES, problem

DOSES = {
    "experiments__doses": {
        "title": "Doses",
        "rest": "30 s",
        "doses": ["0 nM", "1 nM", "3 nM", "100 nM"],
        "run": {"duration": "5 min"},
    },
    "data__doses": {
        "experiment": "doses",
        "observable": "akt_active",
        "at": "3 min",
        "points": [["0 nM", 0.0, 1.0], ["100 nM", 20.0, 2.0], ["1 nM", 10.0, 2.0]],
    },
}


def end_point(**more):
    return {"experiment": "pulse", "observable": "surface_glut4_percent", "value": 5.0, "sem": 0.5, **more}


def test_a_course_is_that_of_the_mean_field_at_the_times_of_the_data():
    made = problem()
    found = simulate(made, Objective(made).guess)["surface"]
    scenario = made.experiments["pulse"].scenarios[0]
    times = record_times(scenario)
    trace = expected.solved(expected.supplied(scenario), times)
    surface = 100.0 * trace.glut4_surface / scenario.parameter_set.vesicle.glut4_copies
    np.testing.assert_allclose(found, np.interp(60.0 * (np.array(MINUTES) + 1.0), times, surface), rtol=1e-6)


def test_what_counts_from_rest_is_less_by_what_was_there_before():
    made, above = problem(), problem(data__surface__above_rest=True)
    guess = Objective(made).guess
    plain, rise = (simulate(one, guess)["surface"] for one in (made, above))
    np.testing.assert_allclose(rise, plain - plain[0], rtol=1e-5, atol=1e-6)


def test_responses_follow_the_doses_of_the_data_and_only_these_are_solved(monkeypatch):
    made = problem(**DOSES)
    solved = []

    def counting(cell, times):
        solved.append(max(cell.bath.insulin.values))
        return expected.solved(cell, times)

    monkeypatch.setattr(simulation, "solved", counting)
    found = simulate(made, Objective(made).guess)["doses"]
    assert sorted(solved) == [0.0, 1.0, 100.0, 100.0]  # one of them the pulse
    assert found[0] < found[2] < found[1]


def test_end_points_are_measured_and_compared():
    made = problem(
        data__late=end_point(measure="level", at="12 min"),
        data__rest=end_point(measure="basal"),
        data__fold=end_point(measure="level", at="12 min", relative_to={"measure": "basal"}),
        data__half=end_point(measure="half_time_rise", until="12 min"),
    )
    found = simulate(made, Objective(made).guess)
    assert found["fold"] == pytest.approx(found["late"] / found["rest"])
    assert 1.0 < found["half"][0] < 6.0


def test_an_experiment_is_solved_once_for_all_its_data(monkeypatch):
    made = problem(data__late=end_point(measure="level", at="12 min"), data__rest=end_point(measure="basal"))
    calls = []
    monkeypatch.setattr(simulation, "solved", lambda cell, times: calls.append(1) or expected.solved(cell, times))
    simulate(made, Objective(made).guess)
    assert len(calls) == 1


def test_what_is_not_recorded_is_said_with_the_name_of_the_data():
    made = problem(data__late=end_point(measure="level", at="40 min"))
    with pytest.raises(NoValue, match=r"data\.late: nothing is recorded at 40 min"):
        simulate(made, Objective(made).guess)


def test_values_that_are_no_cell_are_far_from_the_data():
    made = problem(**{"free__vesicle.inner_radius": {"range": ["1 um", "60 um"]}})  # beyond the cell's own
    objective = Objective(made)
    inside, outside = objective.guess, objective.high
    assert objective.evaluate(inside) is not None
    assert objective.evaluate(outside) is None
    assert (objective.residuals(outside) == FAR).all()
    assert objective.log_posterior(outside) == -np.inf
    assert np.isfinite(objective.log_posterior(inside))


def test_held_out_data_without_a_value_are_left_out_with_the_reason():
    made = problem(data__late=end_point(measure="level", at="40 min", held_out=True))
    values, missing = simulate_all(made, Objective(made).guess)
    assert list(values) == ["surface"]
    assert missing == {"late": "data.late: nothing is recorded at 40 min"}
    fitted = problem(data__late=end_point(measure="level", at="40 min"))
    with pytest.raises(NoValue):
        simulate_all(fitted, Objective(fitted).guess)
