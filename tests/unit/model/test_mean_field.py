"""The mean-field twin: what it conserves, its limits in space, its numerics, and running it in place of agents."""

import json

import numpy as np
import pytest
import xarray as xr
from scipy.linalg import expm

from glut4sim import run
from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.sim.analysis import summary
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model import mean_field
from glut4sim.sim.scenario.scenario import Scenario
from tests.support import PARAMETERS, small_scenario, vesicles_around

PULSE = [(0.0, 0.0), (60.0, 100.0), (660.0, 0.0)]


def pulse(duration=1800.0, agents=1, **vesicle_parameters):
    units = {"drift_mobile": "um/s", "diffusion_mobile": "um**2/s"}
    changed = {f"vesicle.{name}": f"{value!r} {units[name]}" for name, value in vesicle_parameters.items()}
    return small_scenario(
        [change for change in PULSE if change[0] < duration],
        vesicles=agents,
        receptors=agents,
        glucose_agents=agents,
        duration=duration,
        parameters=changed,
    )


def surface(trace):
    """Surface GLUT4 [percent]."""
    return 100.0 * trace.glut4_surface / PARAMETERS.vesicle.glut4_copies


# ---- what it keeps ----


def test_fractions_are_conserved_and_events_add_up():
    trace = mean_field.solve(pulse(), np.arange(0.0, 1801.0, 30.0))
    for kind, counts, events in (
        (vesicle, trace.vesicles, trace.vesicle_events),
        (glucose, trace.glucose, trace.glucose_events),
    ):
        np.testing.assert_allclose(counts.sum(axis=1), 1.0, rtol=1e-11)
        change = np.zeros_like(counts)
        for j, (source, target) in enumerate(kind.TRANSITIONS):
            change[:, source] -= events[:, j]
            change[:, target] += events[:, j]
        np.testing.assert_allclose(counts - counts[0], change, atol=1e-11)
        assert (np.diff(events, axis=0) >= -1e-9).all()
    np.testing.assert_allclose(trace.receptors.sum(axis=1), 1.0, rtol=1e-11)
    np.testing.assert_allclose(surface(trace), 100.0 * trace.vesicles[:, list(vesicle.SURFACE)].sum(axis=1))


@pytest.mark.parametrize("insulin", [0.0, 0.1, 100.0])
def test_a_cell_at_rest_stays_there(insulin):
    supply = {"glucose.supply": "4e12"}  # for two hours
    scenario = small_scenario(insulin, duration=7200.0, vesicles=1, receptors=1, glucose_agents=1, parameters=supply)
    trace = mean_field.solve(scenario, np.array([0.0, 3600.0, 7200.0]))
    for counts in (trace.receptors, trace.signalling, trace.vesicles):
        np.testing.assert_allclose(counts[1:], counts[[0, 0]], rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(trace.glucose[1:, 1:3], trace.glucose[[0, 0], 1:3], rtol=1e-3)  # inside, phosphorylated


def test_counts_are_those_of_the_scenarios_agents():
    times = np.array([0.0, 300.0])
    one, many = mean_field.solve(pulse(300.0), times), mean_field.solve(pulse(300.0, agents=1000), times)
    for name in ("receptors", "vesicles", "vesicle_events", "glucose", "glucose_events"):
        np.testing.assert_allclose(getattr(many, name), 1000.0 * getattr(one, name))
    np.testing.assert_array_equal(many.signalling, one.signalling)
    np.testing.assert_array_equal(many.glut4_surface, one.glut4_surface)


def test_rows_do_not_depend_on_which_times_are_asked_for():
    coarse, fine = np.array([0.0, 660.0, 1000.0]), np.array([0.0, 60.0, 333.3, 660.0, 661.0, 1000.0])
    few, many = (mean_field.solve(pulse(1000.0), times) for times in (coarse, fine))
    np.testing.assert_allclose(many.vesicles[[0, 3, 5]], few.vesicles, rtol=1e-6, atol=1e-9)
    assert few.insulin.tolist() == [0.0, 0.0, 0.0]
    assert many.insulin.tolist() == [0.0, 100.0, 100.0, 0.0, 0.0, 0.0]


# ---- numerics ----


def test_receptors_follow_the_matrix_exponential():
    """At constant insulin their flow is linear and has an exact solution."""
    generator = np.zeros((len(receptor.State),) * 2)
    for (source, target), rate in zip(
        receptor.TRANSITIONS, receptor.rates(receptor.Environment(100.0), PARAMETERS.receptor)
    ):
        generator[target, source] += rate
        generator[source, source] -= rate
    times = np.array([0.0, 60.0, 61.0, 70.0, 120.0, 600.0])
    trace = mean_field.solve(pulse(660.0), times)
    exact = [expm(generator * (time - 60.0)) @ trace.receptors[0] for time in times[1:]]
    np.testing.assert_allclose(trace.receptors[1:], exact, atol=1e-7)


def test_bins_of_half_the_width_change_nothing_that_shows():
    """By less than 0.02 percentage points of surface GLUT4; two bins in place of fifty do."""
    times = np.arange(0.0, 1801.0, 15.0)
    default = surface(mean_field.solve(pulse(), times))
    fine = surface(mean_field.solve(pulse(), times, bins=2 * mean_field.BINS, capture_bins=2 * mean_field.CAPTURE_BINS))
    rough = surface(mean_field.solve(pulse(), times, bins=1, capture_bins=1))
    assert np.abs(default - fine).max() < 0.02
    assert np.abs(rough - fine).max() > 0.02


# ---- the search for the membrane ----


def well_mixed(times, signals, tether):
    """Surface GLUT4 [percent] of vesicles without positions, tethered at a rate of their own, driven by signalling.

    Its species (K, n_species) are taken as constant between two times, at their mean. Starts at rest.
    """
    p = PARAMETERS.vesicle

    def generator(species):
        matrix = np.zeros((len(vesicle.State),) * 2)
        rates = list(vesicle.rates(vesicles_around(species), p))
        rates[vesicle.TETHERING] = tether
        for (source, target), rate in zip(vesicle.TRANSITIONS, rates):
            matrix[target, source] += rate
            matrix[source, source] -= rate
        return matrix

    units = np.eye(len(vesicle.State))
    y = np.linalg.solve(units - 1e9 * generator(signals[0]), units[vesicle.State.STORED])  # after 30 years
    rows = [y]
    for k in range(len(times) - 1):
        y = expm(generator((signals[k] + signals[k + 1]) / 2.0) * (times[k + 1] - times[k])) @ y
        rows.append(y)
    return 100.0 * np.array(rows)[:, list(vesicle.SURFACE)].sum(axis=1)


@pytest.mark.parametrize("fast", ["drift", "diffusion"])
def test_fast_transport_has_the_limit_of_vesicles_without_positions(fast):
    """A fast motor holds every mobile vesicle at the membrane. Fast diffusion spreads them over the shell, so that they
    are within capture for the share of its volume; taking the share of its width instead is seen."""
    p = PARAMETERS.vesicle
    reach = p.cell_radius - p.capture_distance
    share = (p.cell_radius**3 - reach**3) / (p.cell_radius**3 - p.inner_radius**3)
    by_width = p.capture_distance / (p.cell_radius - p.inner_radius)
    change = {
        "drift": {"drift_mobile": 1e4, "diffusion_mobile": 1.0},
        "diffusion": {"diffusion_mobile": 2e3, "drift_mobile": 1e-9},
    }[fast]
    limit, wrong = {"drift": (1.0, share), "diffusion": (share, by_width)}[fast]
    times = np.arange(0.0, 1801.0, 3.0)
    trace = mean_field.solve(pulse(**change), times, bins=10, capture_bins=2)  # what is mixed needs no fine bins
    assert np.abs(surface(trace) - well_mixed(times, trace.signalling, limit * p.tether)).max() < 0.05
    assert np.abs(surface(trace) - well_mixed(times, trace.signalling, wrong * p.tether)).max() > 0.2


def test_how_much_the_search_for_the_membrane_matters():
    """The preset's vesicles take some seconds to get there, in which many are retained again: at the membrane at once,
    half as many more would be there at rest, and a third more after a pulse of insulin.
    """
    times = np.arange(0.0, 1801.0, 3.0)
    trace = mean_field.solve(pulse(), times)
    gain = well_mixed(times, trace.signalling, PARAMETERS.vesicle.tether) - surface(trace)
    assert (gain > 0.0).all()
    assert gain[0] == pytest.approx(2.1, abs=0.2)
    assert gain.max() == pytest.approx(10.1, abs=0.8)


# ---- run --mean-field ----


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "pulse"
    scenario = Scenario.load("insulin-pulse", {"cell.receptors": "2_000_000_000", "cell.vesicles": "1_000_000_000"})
    return run(scenario, out=out, mean_field=True)  # agents would take 50 GB


def test_a_mean_field_leaves_what_a_run_leaves(result):
    assert result.status == "complete"
    assert {path.name for path in result.out.iterdir()} == {
        "scenario.toml", "provenance.json", "results.zarr", "summary.json", "figure.png",
    }  # fmt: skip
    dataset = xr.open_zarr(result.path, consolidated=False)
    assert dict(dataset.sizes) | {"replicate": 1, "time": 781} == dict(dataset.sizes)
    provenance = json.loads((result.out / "provenance.json").read_text())
    assert provenance["method"] == "mean field"
    assert provenance["status"] == "complete"
    assert provenance["seconds_simulated"] == [3900.0]
    numbers = json.loads((result.out / "summary.json").read_text())["observables"]
    assert set(numbers) == set(summary.UNITS)
    assert all(entry["n"] == 1 for entry in numbers.values())


def test_a_mean_field_is_measured_like_agents(result):
    trace = mean_field.solve(Scenario.load("insulin-pulse"), result.dataset["time"].values)
    np.testing.assert_allclose(result.dataset["surface_glut4_percent"].values[0], surface(trace), rtol=1e-6)
    molecules = trace.glucose_events[:, glucose.INFLUX] - trace.glucose_events[:, glucose.EFFLUX]
    per_agent = PARAMETERS.glucose.supply / 100_000
    np.testing.assert_allclose(result.dataset["glucose_taken_up"].values[0], molecules * per_agent, rtol=1e-6)
    assert np.isnan(result.dataset["glucose_uptake_rate"].values[0, 0])


def test_agents_say_that_they_are_agents(tmp_path):
    run(small_scenario(duration=1.0), out=tmp_path / "agents")
    assert json.loads((tmp_path / "agents" / "provenance.json").read_text())["method"] == "agents"


def test_a_mean_field_has_one_replicate():
    assert run(small_scenario(duration=1.0), replicates=1, mean_field=True).dataset.sizes["replicate"] == 1
    with pytest.raises(InputError, match="replicates: expected 1: a mean field"):
        run(small_scenario(duration=1.0), replicates=2, mean_field=True)


def test_a_supply_that_runs_out_is_followed_to_its_end():
    """Inflow that stopped at once would make the solver step for ever."""
    table = {
        "cell": {"preset": "adipocyte"},
        "bath": {"insulin": "100 nM"},
        "run": {"duration": "40 min"},
        "parameters": {"glucose.supply": "5e10"},
    }
    found = mean_field.solve(Scenario.from_table(table), [0.0, 600.0, 2400.0], bins=6, capture_bins=3)
    outside, inside, phosphorylated, used = found.glucose.T
    assert outside[0] > outside[1] > 0.0
    assert outside[2] < 1e-3 * outside[0]
    assert used[2] > 0.9 * outside[0]
    assert inside[2] + phosphorylated[2] < 0.1 * outside[0]
