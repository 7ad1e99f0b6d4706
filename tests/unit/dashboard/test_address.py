"""A page's address says all that the page shows, and nothing that it may not ask for."""

from urllib.parse import unquote_plus

import pytest

from glut4sim.sim.dashboard import address
from glut4sim.sim.dashboard.body_run import Action
from glut4sim.sim.dashboard.live import Difference, Live, LiveChange, Recipe, prepared
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario import live_changes
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.options import RunOptions

OWN = 'title = "Mine"\n[run]\nduration = "5 min"\n[bath]\ninsulin = [["0 s", "0 nM"], ["61.5 s", "0.1 nM"]]\n'


def there_and_back(recipe, time=0.0):
    query = address.at(address.write(recipe), time)
    shown = address.read(query)
    assert shown.recipe._replace(base=None) == recipe._replace(base=None)
    assert prepared(shown.recipe.base) == prepared(recipe.base)
    assert shown.recipe.base.title == recipe.base.title
    assert shown.time == time
    return unquote_plus(query)


def test_what_is_behind_the_charts():
    pinned = Recipe(base("men/trt"), 86400.0, None, (LiveChange(5.0, "glucose", 8.0),))
    query = address.at(address.write(Recipe(base()), (), ("expected", "points"), [(pinned, 1200.5)]), 90.0)
    shown = address.read(query)
    assert (shown.time, shown.kinds, shown.pins) == (90.0, ("expected", "points"), ((pinned, 1200.5),))
    assert address.write(Recipe(base()), pins=shown.pins) == address.write(Recipe(base()), pins=[(pinned, 1200.5)])


def test_what_was_done_to_a_body():
    actions = (Action(1800.0, "meal", 78.0), Action(3600.0, "end"))
    query = address.at(address.write(Recipe(base("body/clamp")), actions), 5400.0)
    assert query == "scenario=body/clamp&body=1800.0:meal:78.0&body=3600.0:end:0.0&time=5400.0"
    assert address.read(query).actions == actions
    with pytest.raises(InputError, match="swim"):
        address.read("scenario=body/clamp&body=1800.0:swim:78.0")


def base(name="insulin-challenge", **changes):
    return prepared(Scenario.load(name, changes))


def test_what_was_done_by_hand():
    changes = (LiveChange(600.1, "insulin", 0.1), LiveChange(900.0, "insulin", None))
    query = there_and_back(Recipe(base(), None, Difference("testosterone", 220.0, 12.5), changes), 1200.5)
    assert query == (
        "scenario=insulin-challenge&change=600.1:insulin:0.1&change=900.0:insulin:&twin=testosterone:220.0:12.5&time=1200.5"
    )
    assert there_and_back(Recipe(base("men/trt"), 86400.0, Difference("visceral_fat", 3.0))) == (
        "scenario=men/trt&day=86400.0&twin=visceral_fat:3.0"
    )


def test_what_was_changed_in_a_scenario():
    query = there_and_back(
        Recipe(base(**{"cell.vesicles": "500", "bath.insulin": '[["0 s", "1 nM"], ["5 min", "0 nM"]]'}))
    )
    assert "set=cell.vesicles=500" in query
    for name, value in (("testosterone", 90.0), ("visceral_fat", 3.0), ("glucose", 8.0)):
        query = there_and_back(Recipe(live_changes.from_start(base(), name, value)))
        assert "text=" not in query
    query = there_and_back(Recipe(live_changes.lengthened(base(**{"run.step": "0.5 s"}), 1800.0)))
    assert 'also=run.duration="7200 s"' in query
    seeded = RunOptions(seed=7).prepare(Scenario.load("insulin-challenge"))
    assert "also=run.seed=7" in there_and_back(Recipe(prepared(seeded)))


def test_a_scenario_of_ones_own():
    query = there_and_back(
        Recipe(prepared(Scenario.from_table(address.parse(OWN), "mine")), changes=(LiveChange(5.0, "glucose", 8.0),))
    )
    assert query.startswith("name=mine&text=")


def test_what_is_read_makes_the_same_cell():
    first = Live(base(**{"cell.vesicles": "300", "cell.receptors": "600", "cell.glucose_agents": "400"}))
    first.advance(100)
    first.change("insulin", 3.0)
    shown = address.read(address.at(address.write(first.recipe), first.time))
    second = Live(*shown.recipe)
    assert second.scenario == first.scenario
    assert second.recipe == first.recipe


def test_too_long_a_scenario_is_not_written(monkeypatch):
    monkeypatch.setattr(address, "LONGEST", 100)
    assert address.write(Recipe(prepared(Scenario.from_table(address.parse(OWN), "mine")))) == ""
    assert address.at("", 5.0) == ""


@pytest.mark.parametrize(
    "query",
    [
        "scenario=/etc/passwd", "scenario=https://other.example/a.toml", "scenario=none", "day=3", "scenario",
        "scenario=insulin-challenge&change=1:insulin", "scenario=insulin-challenge&twin=insulin",
        "scenario=insulin-challenge&time=soon", "scenario=insulin-challenge&set=cell.vesicles=many", "text=AAAA",
        "text=%FF", "scenario=insulin-challenge&set=cell.vesicles=-3",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(query):
    with pytest.raises(InputError):
        address.read(query)
