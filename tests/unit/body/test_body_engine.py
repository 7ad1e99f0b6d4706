"""A body whose cells take up the glucose: books, bits, and what an exchange does."""

from dataclasses import replace

import numpy as np
import pytest

from glut4sim.sim.body.body import Body
from glut4sim.sim.body.engine import BodyEngine
from glut4sim.sim.body.protocols import Clamp, Fasting, meal
from glut4sim.sim.body.simulate import simulate
from glut4sim.sim.inputs.errors import InputError

MINUTE = 60.0


def few_cells(**changes):
    """A body of two small cells of each kind."""
    body = Body.of()
    small = {"cells": 2, "vesicles": 100, "receptors": 100} | changes
    return replace(body, cells={tissue: replace(kind, **small) for tissue, kind in body.cells.items()})


def run(engine, protocol, until):
    """The last state of a test."""
    for _ in engine.follow(protocol, until):
        pass
    return engine.state()


def same(one, other):
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("agents", [False, True])
@pytest.mark.parametrize("protocol", [meal(duration=15 * MINUTE), Clamp(duration=15 * MINUTE)], ids=["meal", "clamp"])
def test_glucose_that_came_in_was_used_or_excreted_or_is_in_the_body(protocol, agents):
    result = simulate(few_cells(), protocol, agents)
    turned_over = result.books["eaten"] + result.books["infused"] + result.books["produced"]
    assert turned_over > 10.0
    assert abs(result.unaccounted) < 1e-11 * turned_over


def test_what_tissues_lose_is_what_their_cells_took_up():
    body = few_cells().replaced({"fat.in_vivo_gain": "1 1"})
    engine = BodyEngine(body, agents=True)
    run(engine, Clamp(), 5 * MINUTE)
    gained, molecules = engine.blood.states[1].used_by_fat, 0.0
    for cell in engine.tissues["fat"].cells.engines:
        molecules += cell.stages["glucose"].net_uptake[0] / 2
    assert gained == pytest.approx(molecules * body.per_molecule("fat"))


def test_bits_do_not_depend_on_threads_or_on_a_stop_in_between():
    asked = ((1, 5), (2, 5), (2, 5), (1, 6))
    one, two, stopped, other = (BodyEngine(few_cells(), True, threads=n, seed=seed) for n, seed in asked)
    end = run(one, Clamp(), 4 * MINUTE)
    assert same(end, run(two, Clamp(), 4 * MINUTE))
    half = run(BodyEngine(few_cells(), True, seed=5), Clamp(), 2 * MINUTE)
    stopped.restore(half)
    assert same(end, run(stopped, Clamp(), 4 * MINUTE))
    assert not same(end, run(other, Clamp(), 4 * MINUTE))


def test_a_mean_field_goes_on_from_its_state():
    end = run(BodyEngine(Body.of()), meal(), 20 * MINUTE)
    again = BodyEngine(Body.of())
    again.restore(run(BodyEngine(Body.of()), meal(), 10 * MINUTE))
    assert same(end, run(again, meal(), 20 * MINUTE))


def test_cells_of_a_body_and_bodies_of_a_seed_have_numbers_of_their_own():
    first, second = (BodyEngine(few_cells(), True, number=number) for number in (0, 1))
    cells = [cell for engine in (first, second) for cell in engine.tissues["muscle"].cells.engines]
    starts = {cell.vesicles.glut4.tobytes() for cell in cells}
    assert len(starts) == 4


def test_halving_the_exchange_changes_little():
    halved, usual = (simulate(Body.of(), Clamp(duration=7200.0), exchange=each).numbers for each in (15.0, 30.0))
    assert halved["m_2h"] == pytest.approx(usual["m_2h"], rel=0.01)
    assert halved["production_2h"] == pytest.approx(usual["production_2h"], rel=0.01)


def test_a_fasting_body_stays_where_it_is():
    result = simulate(Body.of(), Fasting(duration=1800.0))
    assert np.ptp(result.series["glucose"]) < 0.02
    assert np.ptp(result.series["muscle_uptake"]) < 1e-3 * result.series["muscle_uptake"][0]


def test_a_body_that_makes_no_glucose_does_not_come_to_rest():
    with pytest.raises(InputError, match="rest"):
        BodyEngine(Body.of(values={"liver.production": "0 mg/(kg*min)"}))
