"""What the cell view is shown besides the cells of now: those of before, and the vesicle that is followed."""

import json
from unittest.mock import Mock

import numpy as np
import pytest

from glut4sim.agents import vesicle
from glut4sim.sim.dashboard.film import Film, Picture
from glut4sim.sim.dashboard.live import Live
from glut4sim.sim.dashboard.pictures import Pictures
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.scenario.scenario import Scenario

SMALL = {
    "cell.vesicles": "300", "cell.receptors": "300", "cell.glucose_agents": "300",
    "run.step": "0.5 s", "bath.insulin": "100 nM", "run.duration": "45 min",
}  # fmt: skip


class View:
    def show_cells(self, time, molecules_per_hexagon, cells, reach):
        self.time, self.cells, self.reach = time, cells, reach


@pytest.fixture
def live():
    cells = Live(Scenario.load("insulin-challenge", SMALL))
    yield cells
    cells.close()


def test_what_is_told_of_a_vesicle_is_in_the_log_and_following_changes_no_bit(live):
    view = View()
    pictures = Pictures(view)
    live.advance(100)
    pictures.follow(live, 0, 17)
    for _ in range(30):
        live.advance(100)
        pictures.look(live)
    pictures.show(live)
    told = view.cells[0][1]["followed"]
    json.dumps(told)
    noted = Engine(live.scenario, live.scenario.run.seed, log_events=True)
    noted.advance(3100)
    events = noted.take_events()
    own = (events.agent == 17) & (events.time > 50.0)
    states = [int(vesicle.TRANSITIONS[k][1]) for k in events.transition[own]]
    assert told["number"] == told["vesicle"] == 17
    assert told["history"][1:] == [list(each) for each in zip(events.time[own].tolist(), states)]
    assert len(states) > 5
    for one, other in zip(live.cells[0].engine.state().items(), noted.state().items(), strict=True):
        np.testing.assert_array_equal(one[1], other[1], err_msg=one[0])


def test_a_vesicle_is_followed_until_its_cell_is_gone(live):
    view = View()
    pictures = Pictures(view)
    live.fork("insulin", 1.0)
    for cell, shown, told in (
        (1, 4, [None, 4]),
        (0, 5, [5, None]),
        (2, 5, [None] * 2),
        (0, 300, [None] * 2),
        (0, 6, [6, None]),
    ):
        pictures.follow(live, cell, shown)
        pictures.show(live)
        assert [facts.get("followed", {}).get("vesicle") for _, facts, _ in view.cells] == told
    engine = live.cells[0].engine
    pictures.follow(live, 0, None)
    live.advance(10)
    assert not len(engine.take_events().time)  # nothing is noted any more
    pictures.follow(live, 0, 6)
    live.change("glucose", 6.0)
    pictures.show(live)
    assert "followed" in view.cells[0][1]
    live.fork("glucose", 9.0)
    other = Live(live.base)
    pictures.show(other)
    assert "followed" not in view.cells[0][1]
    other.close()


def test_what_is_looked_back_at_is_what_was_and_looking_changes_no_bit(live):
    view, unseen = View(), Live(live.base)
    pictures, states = Pictures(view), {}
    pictures.follow(live, 0, 17)
    pictures.show(live)
    while live.steps_left:
        live.advance(min(pictures.steps_to_next(live), 40))
        pictures.look(live)
        states[live.time] = live.cells[0].engine.vesicles.state.copy()
        if live.time == 1204.0:
            pictures.look_back(605.0)
        pictures.show(live)
        assert view.time == (live.time if live.time < 1204.0 else 602.0)
    assert view.reach == {"reach": 2700.0, "every": pytest.approx(7.0), "looking_back": True}
    for time in (0.0, 21.0, 1203.0, 2700.0):
        pictures.look_back(time)
        pictures.show(live)
        assert time - 7.0 < view.time <= time
        _, facts, buffers = view.cells[0]
        if view.time:
            np.testing.assert_array_equal(np.frombuffer(buffers[1], np.uint8), states[view.time])
            assert facts["followed"]["history"][-1][1] == states[view.time][17]
        assert facts["followed"]["history"][-1][0] <= view.time
    pictures.look_back(None)
    pictures.show(live)
    assert (view.time, view.reach["looking_back"]) == (2700.0, False)
    unseen.advance(unseen.steps_left)
    for name, values in unseen.cells[0].records.taken().items():
        np.testing.assert_array_equal(live.cells[0].records.taken()[name], values, err_msg=name)
    unseen.close()
    pictures.look_back(0.0)
    live.change("glucose", 6.0)
    other = Live(live.base)
    pictures.show(other)
    assert (view.time, view.reach["looking_back"]) == (0.0, False)  # it has no past yet
    other.close()


def test_a_film_keeps_to_its_memory_and_spans_the_run():
    scenario = Scenario.load("insulin-challenge", SMALL)
    film = Film(scenario, most_bytes=10_000)
    every, time = film.every, 0.0
    while time < 2700.0:
        if film.is_due(time):
            film.add(Picture(time, 1.0, [("Cell", {}, [bytes(500)])]))
            assert sum(picture.size for picture in film.pictures) <= 10_000
        time += scenario.run.step * film.steps_to_next(time)
    times = [picture.time for picture in film.pictures]
    assert film.every == pytest.approx(every * round(film.every / every))
    assert times[0] == 0.0
    assert 10 <= len(times) <= 20
    np.testing.assert_allclose(np.diff(times), film.every)
    assert 2700.0 - times[-1] <= film.every
    assert film.at(times[3] + 0.9 * film.every).time == times[3]


def test_the_view_asks_for_a_vesicle_or_for_none_and_for_the_past():
    pytest.importorskip("anywidget")
    from glut4sim.sim.dashboard.cell_view import CellView

    follow, look_back = Mock(), Mock()
    view = CellView(follow, look_back)
    for content in ({"kind": "look back", "time": 5}, {"kind": "look back", "time": None}, {"kind": "look back"}):
        view._handle_custom_msg(content, [])
    assert [call.args for call in look_back.call_args_list] == [(5,), (None,)]
    for content in ({"kind": "follow", "cell": 1, "vesicle": 7}, {"kind": "follow", "cell": 0, "vesicle": None}):
        view._handle_custom_msg(content, [])
    view._handle_custom_msg({"kind": "follow", "cell": 0, "vesicle": "7"}, [])
    assert [call.args for call in follow.call_args_list] == [(1, 7), (0, None)]
