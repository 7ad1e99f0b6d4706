"""What is behind the charts is what it is said to be, and the run on the page does not feel it."""

import numpy as np
import pytest

from glut4sim.sim.dashboard import backdrop, dose_view
from glut4sim.sim.dashboard.live import Live, prepared
from glut4sim.sim.dashboard.published_points import agreement, points
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.scenario.scenario import Scenario

SMALL = {
    "cell.vesicles": 500,
    "cell.receptors": 1000,
    "cell.glucose_agents": 500,
    "run.duration": "4 min",
    "bath.insulin": [["0 s", "0 nM"], ["1 min", "100 nM"]],
}


@pytest.fixture(scope="module")
def small():
    return prepared(Scenario.load("insulin-challenge", SMALL))


def run(base, pinning):
    """A run with changes by hand, in uneven steps; what was pinned in the middle, and all its records."""
    live, pinned = Live(base), None
    for steps in (1, 299, 7, 293):
        live.advance(steps)
        if steps == 299:
            live.change("insulin", 1.0)
        if steps == 7 and pinning:
            pinned = backdrop.Pin(live.recipe, live.time)
            pinned = pinned._replace(curve=live.cells[0].records.charted())
            backdrop.computed(pinned, lambda: True)
    live.close()
    return pinned, live.cells[0].records.charted()


def test_a_pinned_run_comes_back_to_the_bit_and_changes_none(small):
    pinned, records = run(small, pinning=True)
    again = backdrop.computed(pinned._replace(curve=None), lambda: True)
    for name, values in pinned.curve.items():
        np.testing.assert_array_equal(again.curve.columns[name], values)
    _, alone = run(small, pinning=False)
    for name, values in alone.items():
        np.testing.assert_array_equal(records[name], values)
    assert again.label == f"{small.title}, seed 1, 1 change by hand"
    assert backdrop.computed(pinned, lambda: False) is None


def test_the_interval_is_around_the_mean_field(small):
    mean, interval = backdrop.mean_field(small), backdrop.interval(small, lambda: True, draws=8)
    low, high = interval.columns["surface_glut4_percent"], interval.columns["surface_glut4_percent high"]
    assert np.all(low <= high)
    assert high[-1] - low[-1] > 0.1  # percentage points
    assert low[-1] - 2.0 < mean.columns["surface_glut4_percent"][-1] < high[-1] + 2.0
    assert backdrop.interval(small, lambda: False) is None
    packed = mean.packed()
    table = np.frombuffer(packed["data"], "<f4").reshape(len(packed["columns"]), packed["n"])
    np.testing.assert_allclose(table[packed["columns"].index("pip3")], mean.columns["pip3"], rtol=1e-6)


def test_replicates_are_as_far_apart_as_cells_are_by_chance(small):
    band = backdrop.replicates(small, lambda: True)
    low, high = band.columns["surface_glut4_percent"], band.columns["surface_glut4_percent high"]
    _, records = run(small, pinning=False)
    before = records["surface_glut4_percent"][: len(records["time"]) // 2]  # insulin is changed by hand
    outside = (before < low[: len(before)]) | (before > high[: len(before)])
    assert outside.mean() < 0.5  # 0.1 are expected, but they hang together
    share = 0.045  # of GLUT4 at the surface at rest, by 500 vesicles
    expected = 100.0 * np.sqrt(share * (1.0 - share) / 500)  # standard deviation, by the binomial [%]
    assert 0.3 < (high - low)[0] / (2.0 * 2.18 * expected) < 3.0
    assert backdrop.replicates(small, lambda: False) is None


def test_published_points_are_of_the_insulin_of_the_run():
    pulse = ((0.0, 100.0), (900.0, 0.0))
    assert agreement(Schedule((0.0, 600.0, 1500.0), (0.0, 100.0, 0.0)), 600.0, pulse) == float("inf")
    assert agreement(Schedule((0.0, 600.0, 2400.0), (0.0, 100.0, 0.0)), 600.0, pulse) == 900.0
    assert agreement(Schedule((0.0, 600.0), (0.0, 10.0)), 600.0, pulse) == 0.0
    assert agreement(Schedule((0.0, 600.0), (1.0, 100.0)), 600.0, pulse) == 0.0
    glut4, akt = points(Scenario.load("insulin-challenge"))
    assert (glut4.columns["time"][0], glut4.columns["time"][-1]) == (600.0, 1500.0)
    assert glut4.columns["surface_glut4_percent"][0] == 4.0
    assert "Sedaghat" in akt.label
    assert points(Scenario.load("men/hypogonadal")) == []
    weaker = points(Scenario.load("insulin-challenge", {"bath.insulin": "10 nM"}))  # of 5 min of that there are points
    assert [one.columns["time"][-1] for one in weaker] == [900.0]
    assert points(Scenario.load("insulin-challenge", {"bath.insulin": "1 nM"})) == []


def test_the_dose_response_rises_from_rest_and_saturates():
    found = dose_view.content(Scenario.load("insulin-challenge"))
    responses = np.array(found["responses"])
    assert np.all(np.diff(responses) > -0.01)
    assert responses[0] == pytest.approx(4.2, abs=0.5)  # % at rest
    assert responses[found["doses"].index(100.0)] == pytest.approx(40.5, abs=1.0)  # after 30 min, as the run has it
    assert 0.1 < found["ec50"] < 10.0
