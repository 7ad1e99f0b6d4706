"""Hormones that answer to the insulin of a body: what they follow, and that a stop changes no bit."""

from dataclasses import replace

import numpy as np
import pytest

from glut4sim.sim.body.body import Body
from glut4sim.sim.body.engine import BodyEngine
from glut4sim.sim.body.hormones import Answering, Hormones
from glut4sim.sim.body.protocols import Clamp
from glut4sim.sim.endocrine.following import Following
from glut4sim.sim.endocrine.model import Plan, solve
from glut4sim.sim.endocrine.pharmacokinetics import Dose
from glut4sim.sim.inputs.schedule import Schedule

HOUR, DAY = 3600.0, 86400.0
START = 2.0 * DAY
PLAN = Plan(doses={"lipid emulsion": (Dose(START - 3.0 * HOUR, 30.0, 9.0 * HOUR),)})  # so that the signal changes


def body(**size):
    """Of a man whose hormones go on over the day of a test."""
    usual = Body.of()
    cells = {tissue: replace(kind, **size) for tissue, kind in usual.cells.items()}
    return replace(usual, cells=cells, hormones=Hormones(PLAN, START, START + DAY))


def clamped(engine, until):
    """Insulin in plasma before each exchange of a clamp, as a share of the fasting one."""
    shares, fasting = [1.0], engine.blood.insulin
    for _ in engine.follow(Clamp(), until):
        shares.append(engine.blood.insulin / fasting)
    return shares[:-1]


def test_hormones_go_as_if_the_insulin_of_the_body_had_been_known_beforehand():
    engine = BodyEngine(body(), exchange=60.0)
    shares = clamped(engine, 2.0 * HOUR)
    course = Schedule((0.0, *(START + 60.0 * np.arange(len(shares)))), (30.0, *(30.0 * np.array(shares))))
    end = np.array([START, START + 2.0 * HOUR])
    known, fasting = (solve(plan, end) for plan in (replace(PLAN, insulin=course), PLAN))
    expected = {step: factor[-1] for step, factor in known.factors.items()}
    assert engine.hormones.factors == pytest.approx(expected, rel=1e-6)
    assert engine.hormones.fatty_acids == pytest.approx(known.levels["ffa"][-1], rel=1e-6)
    # wrong: insulin stays as it was fasting
    assert engine.hormones.fatty_acids < 0.8 * fasting.levels["ffa"][-1]


def test_what_is_expressed_stays_as_it_was_and_nothing_goes_on_after_the_end():
    plan = Plan(sex="woman", doses={"medroxyprogesterone": (Dose(0.0, 1e3),)})
    answering, following = Answering(Hormones(plan, 0.0, DAY)), Following(plan, 0.0, DAY)
    answering.advance(2.0 * DAY, 1.0)
    factors = following.advance(DAY, following.fasting)
    assert factors["glut4"] < 0.99
    assert answering.factors == factors | {"glut4": 1.0}
    answering.advance(60.0, 9.0)
    assert answering.factors == factors | {"glut4": 1.0}


@pytest.mark.parametrize("agents", [False, True])
def test_a_body_with_hormones_goes_on_to_the_same_bits(agents):
    few = body(cells=1, vesicles=50, receptors=50) if agents else body()
    whole, half, again = (BodyEngine(few, agents) for _ in range(3))
    clamped(whole, 240.0)
    clamped(half, 120.0)
    again.restore(half.state())
    clamped(again, 240.0)
    end, reached = whole.state(), again.state()
    assert end.keys() == reached.keys()
    assert all(np.array_equal(end[name], reached[name]) for name in end)
    assert whole.hormones.factors["pi3k"] < BodyEngine(few).hormones.factors["pi3k"] < 1.0


def test_halving_the_exchange_changes_little():
    usual, halved = (BodyEngine(body(), exchange=each) for each in (60.0, 30.0))
    for engine in (usual, halved):
        clamped(engine, HOUR)
    assert halved.uptakes["muscle"] == pytest.approx(usual.uptakes["muscle"], rel=0.01)
    assert halved.hormones.fatty_acids == pytest.approx(usual.hormones.fatty_acids, rel=0.01)
