"""Fits to single vesicles: they find the rate behind the data, the same wherever they run, and go on when stopped."""

import json
import sys

import numpy as np
import pytest

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario.draws import read_draws
from glut4sim.sim.studies import running
from glut4sim.sim.studies.fit import abc_smc
from glut4sim.sim.studies.fit.abc_result import quantiles, resampled
from glut4sim.sim.studies.fit.problem import problem_from_table
from tests.extras import need

need("pyabc")

UNTETHER, DOCK = 6.0, 12.0  # 1/min, those of the preset
DWELLS = 100  # in a film
PARTICLES = 100
TABLE = {
    "title": "Tethered vesicles",
    "cell": {"preset": "adipocyte", "vesicles": 300, "receptors": 50, "glucose_agents": 50},
    "run": {"step": "1 s", "record_every": "5 s", "duration": "1 min"},
    "free": {"vesicle.dock": {}},
    "experiments": {"steady": {"title": "100 nM", "bath": {"insulin": "100 nM"}}},
    "watched": {
        "tethered": {
            "experiment": "steady",
            "observable": "dwell_tethered_basal_mean_s",
            "value": 60.0 / (UNTETHER + DOCK),
            "sem": 60.0 / (UNTETHER + DOCK) / np.sqrt(DWELLS),
        },
        "docked": {
            "experiment": "steady",
            "observable": "dwell_docked_basal_mean_s",
            "value": 5.0,
            "sem": 1.0,
            "held_out": True,
        },
    },
}


def films(untether=UNTETHER):
    """In place of agents: the mean of so many exponential dwells, by the theory of the tethered state."""

    def film(scenario, seed, threads=1):
        dock = float(scenario.parameters["vesicle.dock"].split()[0])
        dwells = np.random.default_rng(seed).exponential(60.0 / (untether + dock), DWELLS)
        return {"dwell_tethered_basal_mean_s": float(dwells.mean()), "dwell_docked_basal_mean_s": 5.0}

    return film


@pytest.fixture
def filmed(monkeypatch):
    monkeypatch.setattr(abc_smc, "watch", films())


@pytest.fixture
def problem():
    return problem_from_table(TABLE)


def fit(problem, out=None, **chosen):
    return abc_smc.fit_by_agents(problem, out, **{"populations": 3, "particles": 30, "threads": 1} | chosen)


# ---- the posterior ----


def posterior_by_theory(untether=UNTETHER):
    """Median and 90 % interval of docking, flat in its logarithm from 2 to 60 /min, given the mean of the dwells."""
    dock = np.geomspace(2.0, 60.0, 4001)
    mean = 60.0 / (untether + dock)
    density = np.exp(-DWELLS * (np.log(mean) + 60.0 / (UNTETHER + DOCK) / mean))
    low, median, high = quantiles(np.log(dock), density / density.sum())
    return np.exp([low, median, high])


def off(found):
    """How far a median is from the exact posterior's, in standard errors of the median of so many draws."""
    low, median, high = posterior_by_theory()
    error = 1.25 * np.log(high / low) / (2.0 * 1.645) / np.sqrt(PARTICLES)
    return np.log(found["value"] / median) / error


def test_it_finds_the_rate_behind_the_data(filmed, problem):
    """The median within 3 standard errors of the exact posterior's; the interval holds the truth."""
    found = fit(problem, particles=PARTICLES, populations=4).content["free"][0]
    assert abs(off(found)) < 3.0
    assert found["low"] < DOCK < found["high"]
    low, _, high = posterior_by_theory()
    # a tolerance leaves the interval somewhat wider, never narrower
    assert 0.8 * np.log(high / low) < np.log(found["high"] / found["low"]) < 1.7 * np.log(high / low)


def test_a_wrong_model_does_not_find_it(monkeypatch, problem):
    """In which vesicles let go half as often as they do."""
    monkeypatch.setattr(abc_smc, "watch", films(untether=UNTETHER / 2.0))
    found = fit(problem, particles=PARTICLES, populations=4).content["free"][0]
    assert abs(off(found)) > 3.0


def test_agents_find_the_rate_behind_agents(problem):
    """Few of them, so that the interval is only known to hold the truth and to be narrower than the range."""
    found = abc_smc.fit_by_agents(problem, populations=2, particles=20, seed=3, threads=2)
    row = found.content["free"][0]
    assert found.status == "complete"
    assert row["low"] < DOCK < row["high"]
    assert np.log(row["high"] / row["low"]) < 0.7 * np.log(60.0 / 2.0)  # narrower than the range
    assert found.content["watched"][1]["held_out"]


def test_other_data_count_in_the_distance(filmed):
    """The mean field's Akt, which docking does not touch, measured as it is not: no cell comes close."""
    points = [["30 s", 0.0, 0.1]]
    data = {"akt": {"experiment": "steady", "observable": "akt_active", "points": points}}
    found = fit(problem_from_table(TABLE | {"data": data}), populations=2, particles=10)
    assert found.content["populations"][-1]["tolerance"] > 10.0


# ---- the same everywhere, and again ----


def test_the_same_on_one_thread_and_on_two_and_with_another_seed_another(filmed, problem):
    first, again, other = fit(problem), fit(problem, threads=2), fit(problem, seed=2)
    assert np.array_equal(first.draws.values, again.draws.values)
    assert not np.array_equal(first.draws.values, other.draws.values)


def test_what_it_leaves(filmed, drawn, problem, tmp_path):
    result = fit(problem, tmp_path / "fit")
    names = {path.name for path in result.out.iterdir()}
    assert {"posterior.csv", "fitted.toml", "abc.json", "abc.db", "report.md", "posterior.png", "problem.toml"} < names
    assert (result.out / "posterior.png").stat().st_size > 10_000
    draws = read_draws(result.out / "posterior.csv")
    assert (draws.names, draws.units, draws.values.shape) == (("vesicle.dock",), ("1/min",), (30, 1))
    content = json.loads((result.out / "abc.json").read_text())
    tolerances = [population["tolerance"] for population in content["populations"]]
    assert len(tolerances) == 3
    assert tolerances == sorted(tolerances, reverse=True)
    assert json.loads((result.out / "provenance.json").read_text())["status"] == "complete"
    report = (result.out / "report.md").read_text()
    assert "| vesicle.dock |" in report
    assert "Data that were held out" in report


def test_stopped_it_goes_on_to_the_same_end(filmed, problem, tmp_path):
    whole = fit(problem)

    def interrupt(done, total):
        if done > 2 * 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(problem, tmp_path / "fit", progress=interrupt)
    content = json.loads((tmp_path / "fit" / "abc.json").read_text())
    assert (content["status"], len(content["populations"])) == ("interrupted", 2)
    result = running.resume(tmp_path / "fit", threads=1)
    assert result.status == "complete"
    np.testing.assert_allclose(result.draws.values, whole.draws.values, rtol=1e-12)


def test_stopped_before_the_first_population_nothing_is_known(filmed, problem, tmp_path):
    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(problem, tmp_path / "fit", progress=interrupt)
    assert json.loads((tmp_path / "fit" / "abc.json").read_text())["free"] == []
    assert not (tmp_path / "fit" / "posterior.csv").exists()
    assert running.resume(tmp_path / "fit", threads=1).status == "complete"


# ---- refused ----


def test_without_pyabc_one_line_says_what_to_install(problem, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyabc", None)
    with pytest.raises(InputError, match=r"^fit: needs pyABC; install it with: pip install 'glut4sim\[abc\]'"):
        abc_smc.check(problem)


def test_a_place_elsewhere_is_refused(problem):
    with pytest.raises(InputError, match="populations in a file of this machine"):
        fit(problem, "memory://fit")


@pytest.mark.parametrize("chosen", [{"populations": 0}, {"particles": 9}, {"seed": -1}])
def test_numbers_that_make_no_sense_are_refused(problem, chosen):
    with pytest.raises(InputError, match=f"^{next(iter(chosen))}: expected a whole number"):
        fit(problem, **chosen)


# ---- weights ----


def test_draws_are_as_many_as_their_weights_say():
    weights = np.array([0.5, 0.0, 0.3, 0.2])
    counts = np.bincount(resampled(weights, 1000, seed=1), minlength=4)
    assert np.abs(counts - 1000 * weights).max() <= 1


def test_quantiles_take_weights_and_leave_out_what_is_no_number():
    values, weights = np.array([np.nan, 3.0, 1.0, 2.0]), np.array([5.0, 1.0, 1.0, 1.0])
    assert quantiles(values, weights)[1] == pytest.approx(2.0)
    assert quantiles(np.full(3, np.nan), np.ones(3)) == [None, None, None]
