"""A cell that has been in its first insulin for a stated time: no longer as without, not yet as for ever."""

import numpy as np
import pytest

from glut4sim.agents import receptor
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model import mean_field
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.scenario.scenario import Scenario

MINUTE = 60.0
ALIKE = {"rtol": 1e-4, "atol": 1e-7}


def cell(rest=None, insulin="100 nM", preset="adipocyte"):
    bath = {"insulin": insulin, "glucose": "5 mM"} | ({} if rest is None else {"rest": rest})
    size = {"preset": preset, "vesicles": 4000, "receptors": 20000, "glucose_agents": 0}
    return Scenario.from_table({"cell": size, "bath": bath, "run": {"duration": "10 min", "step": "0.5 s"}}, "cell")


@pytest.mark.parametrize("preset", ["adipocyte", "skeletal-muscle"])
def test_it_starts_where_a_cell_gets_in_that_time(preset):
    rested = mean_field.solve(cell("20 min", preset=preset), [0.0])
    late = [["0 s", "0 nM"], ["1 min", "100 nM"]]
    stepped = mean_field.solve(cell(insulin=late, preset=preset), [21.0 * MINUTE])
    for name in ("receptors", "signalling", "vesicles", "glut4_surface"):
        np.testing.assert_allclose(getattr(rested, name), getattr(stepped, name), **ALIKE, err_msg=name)
    assert not rested.vesicle_events.any()


def test_after_weeks_it_is_as_for_ever():
    weeks, for_ever = (mean_field.solve(cell(rest), [0.0]) for rest in ("30 d", None))
    np.testing.assert_allclose(weeks.vesicles, for_ever.vesicles, rtol=1e-4, atol=0.01)
    assert mean_field.solve(cell("1 min"), [0.0]).glut4_surface < 0.3 * for_ever.glut4_surface


def test_agents_are_drawn_from_there():
    scenario = cell("1 min")
    found = Engine(scenario, seed=3).snapshot()
    expected = mean_field.solve(scenario, [0.0])
    np.testing.assert_allclose(found.signalling, expected.signalling, **ALIKE)
    active = list(receptor.ACTIVE)
    n, share = found.receptors.sum(), expected.receptors[0, active].sum() / expected.receptors.sum()
    error = np.sqrt(share * (1.0 - share) / n)
    assert found.receptors[0, active].sum() / n == pytest.approx(share, abs=4.0 * error)
    for_ever = mean_field.solve(cell(), [0.0])  # the wrong model
    assert abs(for_ever.receptors[0, active].sum() / for_ever.receptors.sum() - share) > 8.0 * error
    np.testing.assert_allclose(found.vesicles[0], expected.vesicles[0], atol=4.0 * np.sqrt(expected.vesicles.max()))


def test_it_is_kept_and_must_be_a_time():
    assert Scenario.from_table(cell("90 s").resolved(), "again").bath.rest == 90.0
    assert "rest" not in cell().resolved()["bath"]
    with pytest.raises(InputError, match=r"bath\.rest: expected a time above 0 s"):
        cell("0 s")
