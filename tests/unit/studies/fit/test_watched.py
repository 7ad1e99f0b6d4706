"""What was seen of single vesicles: read from a problem, and simulated."""

import numpy as np
import pytest

from glut4sim.sim.analysis import single_vesicle
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.studies.fit.problem import problem_from_table
from glut4sim.sim.studies.fit.watched import watch

TABLE = {
    "title": "Single vesicles",
    "cell": {"preset": "adipocyte", "vesicles": 300, "receptors": 50, "glucose_agents": 50},
    "run": {"step": "1 s", "record_every": "5 s", "duration": "1 min"},
    "free": {"vesicle.dock": {}},
    "experiments": {
        "steady": {"title": "100 nM", "bath": {"insulin": "100 nM"}},
        "doses": {"title": "Doses", "doses": ["0 nM", "10 nM"], "rest": "20 s"},
    },
    "watched": {
        "tethered": {
            "experiment": "steady",
            "observable": "dwell_tethered_basal_mean_s",
            "value": 3.3,
            "sem": 0.3,
            "evidence": "E001",
        },
        "fused": {
            "experiment": "doses",
            "observable": "fusion_rate_insulin_per_min",
            "dose": "10 nM",
            "value": 20.0,
            "sem": 3.0,
            "held_out": True,
        },
    },
}


def changed(**watched):
    """The problem whose tethered vesicles are told of otherwise."""
    tables = TABLE["watched"] | {"tethered": TABLE["watched"]["tethered"] | watched}
    return problem_from_table(TABLE | {"watched": tables})


def test_a_problem_says_what_was_watched():
    problem = problem_from_table(TABLE)
    assert problem.needs_agents
    tethered, fused = problem.watched
    assert (tethered.unit, tethered.value, tethered.sem, tethered.evidence) == ("s", 3.3, 0.3, ("E001",))
    assert (fused.experiment, fused.scenario, fused.held_out, fused.unit) == ("doses", 1, True, "1/min")
    assert "tethered" in problem.to_toml()


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"experiment": "stedy"}, r'watched\.tethered\.experiment: unknown experiment "stedy". Did you mean "steady"'),
        ({"observable": "dwell_tethered_basal_mean"}, r"watched\.tethered\.observable: unknown number of single vesic"),
        ({"sem": 0.0}, r"watched\.tethered\.sem: expected a standard error above 0, got 0"),
        ({"dose": "10 nM"}, r"watched\.tethered\.dose: expected this only of an experiment with doses"),
        ({"experiment": "doses"}, r"watched\.tethered\.dose: expected one of the doses of the experiment"),
        ({"observable": "dwell_tethered_insulin_mean_s"}, r"watched\.tethered\.observable: .* insulin rises"),
    ],
)
def test_a_fault_is_named_in_a_line(told, sentence):
    with pytest.raises(InputError, match=sentence):
        changed(**told)


def test_a_problem_in_which_all_is_held_out_is_refused():
    with pytest.raises(InputError, match="that are not held out, got none"):
        changed(held_out=True)


def test_numbers_are_means_over_the_cells_and_follow_the_rates():
    """A tethered vesicle leaves after 1 / (untether + dock): 3.3 s, and 6.7 s with a quarter of the docking."""
    scenario = problem_from_table(TABLE).experiments["steady"].scenarios[0].replaced({"run.replicates": 12})
    found = watch(scenario, seed=1)
    assert found.keys() == single_vesicle.NUMBERS.keys()
    assert np.isnan(found["dwell_tethered_insulin_mean_s"])  # insulin does not rise
    slower = watch(scenario.replaced({"parameters.vesicle.dock": "3 1/min"}), seed=1)["dwell_tethered_basal_mean_s"]
    # 12 cells of about 100 tetherings each; long dwells are cut by the end of the minute
    assert found["dwell_tethered_basal_mean_s"] == pytest.approx(60.0 / 18.0, abs=0.4)
    assert slower == pytest.approx(60.0 / 9.0, abs=1.0)
    assert watch(scenario, seed=1) == pytest.approx(found, nan_ok=True)
    assert watch(scenario, seed=2)["dwell_tethered_basal_mean_s"] != found["dwell_tethered_basal_mean_s"]
