"""What a first visitor is told is short, and true of the cell."""

import numpy as np
import pytest

from glut4sim.sim.dashboard import guide, scenario_cards
from glut4sim.sim.dashboard.opening import what_this_is, what_will_happen
from glut4sim.sim.scenario.scenario import SCENARIOS, Scenario
from glut4sim.sim.studies import expected


@pytest.mark.parametrize(
    ("name", "happens"),
    [
        ("insulin-challenge", "at 10 min 100 nM insulin comes; GLUT4 moves out, glucose in, until it goes at 40 min."),
        ("fasting", "insulin stays at 34 pM;"),
        ("body/clamp", "insulin is infused"),
        ("meal", "a meal at 30 min raises insulin and glucose;"),
        ("metabolic/human-adipocyte", "at 10 min 100 nM insulin comes; GLUT4 moves out, glucose in."),
    ],
)
def test_two_sentences_say_what_this_is_and_what_will_happen(name, happens):
    scenario = Scenario.load(name)
    assert len(what_this_is(scenario).split()) <= 20
    assert happens in what_will_happen(scenario)
    assert len(what_will_happen(scenario).split()) <= 22


@pytest.fixture(scope="module")
def events():
    """The time at which each event of the story comes, and the run up to there, as the mean field has it."""
    times, found = expected.series(Scenario.load(guide.SCENARIO))
    course, k, come = {"time": times} | dict(found), 0, []
    for event in guide.EVENTS:
        while not event.has_come({name: values[: k + 1] for name, values in course.items()}):
            k += 1
        come.append((times[k], {name: values[: k + 1] for name, values in course.items()}))
    return come


def test_the_answers_of_the_story_are_right(events):
    (lit, at_lit), (half, _), (level, at_level), (gone, at_gone), (over, at_over) = events
    assert guide.COMES < lit < guide.COMES + 60.0
    assert at_lit["surface_glut4_percent"][-1] < 1.3 * at_lit["surface_glut4_percent"][0]  # no vesicle has come yet
    assert 60.0 < half - guide.COMES < 1200.0  # minutes
    assert level == guide.GOES
    last = at_level["surface_glut4_percent"][at_level["time"] >= level - 300.0]
    assert last[-1] < 50.0
    assert np.ptp(last) < 1.0
    assert at_level["glucose_uptake_rate"][-1] / at_level["glucose_uptake_rate"][1] == pytest.approx(6.0, abs=0.5)
    assert gone > level
    assert at_gone["surface_glut4_percent"][-1] > 0.75 * at_level["surface_glut4_percent"][-1]
    assert over > gone
    assert at_over["surface_glut4_percent"][-1] < 0.6 * at_level["surface_glut4_percent"][-1]


def test_what_came_of_an_event_is_said_in_numbers_of_the_run(events):
    said = [event.because(course) for event, (_, course) in zip(guide.EVENTS, events)]
    assert f"After {events[0][0] - guide.COMES:.0f} s" in said[0]
    assert f"{(events[1][0] - guide.COMES) / 60.0:.1f} min" in said[1]
    assert f"near {events[2][1]['surface_glut4_percent'][-1]:.0f} %" in said[2]


def test_the_cards_are_of_installed_scenarios_and_their_pictures_of_no_other_place():
    assert {card.scenario for card in scenario_cards.CARDS} <= set(SCENARIOS.names())
    drawn = scenario_cards.picture("fasting")
    assert drawn.startswith("data:image/svg+xml;base64,")
    assert drawn != scenario_cards.picture("insulin-challenge")
