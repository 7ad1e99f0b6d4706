"""The cell on the page and its twin: the same as from the command line, in lockstep, and unchanged by watching."""

import io
import threading
import time
import zipfile
from types import SimpleNamespace

import numpy as np
import pandas as pd
import psutil
import pytest

from glut4sim import run
from glut4sim.sim.dashboard import archive, build, chart_files, live
from glut4sim.sim.dashboard.live import Difference, Live, LiveChange, Recipe
from glut4sim.sim.dashboard.session import Session, Status
from glut4sim.sim.endocrine.evidence import say
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model.observables import OBSERVABLES
from glut4sim.sim.results.series_store import open_results
from glut4sim.sim.scenario import live_changes
from glut4sim.sim.scenario.scenario import Scenario
from tests.processes import PATIENCE, wait_until

SMALL = {
    "cell.vesicles": "300", "cell.receptors": "600", "cell.glucose_agents": "400", "run.step": "0.5 s",
    "run.duration": "45 min",
}  # fmt: skip
STEPS = 5400  # of the whole run


def load(name="insulin-challenge", **changes):
    return Scenario.load(name, SMALL | changes).assays[-1]


RUNS = {}  # that several tests compare with, by the hash of the scenario


def from_command_line(scenario):
    """Records of the first replicate by name, as a run has them."""
    if scenario.hash not in RUNS:
        RUNS[scenario.hash] = run(scenario, replicates=1, threads=1).dataset
    return {o.name: RUNS[scenario.hash][o.name].values[0] for o in OBSERVABLES}


def assert_same(records, expected, count=None):
    for name, values in expected.items():
        np.testing.assert_array_equal(records.taken()[name], values[:count], err_msg=name)


# ---- the cells ----


def test_a_watched_run_is_that_of_the_command_line_to_the_bit():
    cells = Live(load())
    for steps in (1, 7, 500, 3, 2000):
        cells.advance(steps)
    cells.advance(10**9)  # no further than the end
    assert cells.steps_left == 0
    assert cells.time == 2700.0
    assert_same(cells.cells[0].records, from_command_line(load()))


def test_a_changed_run_is_that_of_its_scenario():
    cells = Live(load())
    cells.advance(1601)
    cells.change("insulin", 2.0)
    cells.advance(900)
    cells.change("testosterone", 100.0)
    cells.advance(STEPS)
    assert [mark.label for mark in cells.marks] == ["Insulin 2 nM", "Testosterone 100 ng/dL"]
    assert_same(cells.cells[0].records, from_command_line(cells.scenario))
    again = Live(cells.base, changes=cells.changes)
    again.advance(STEPS)
    assert_same(again.cells[0].records, cells.cells[0].records.taken())


@pytest.mark.parametrize(("name", "value"), [("insulin", 10.0), ("testosterone", 90.0)])
@pytest.mark.parametrize("scenario", ["insulin-challenge", "men/hypogonadal"])
def test_a_change_before_the_first_step_makes_another_cell_at_rest(scenario, name, value):
    brief = load(scenario, **{"run.duration": "5 min", "bath.insulin": '[["0 s", "1 nM"], ["1 min", "100 nM"]]'})
    cells = Live(brief)
    cells.change(name, value)
    assert cells.slider_values[name] == value
    cells.advance(300)
    assert_same(cells.cells[0].records, from_command_line(cells.scenario), 31 if scenario.startswith("ins") else 16)
    cells = Live(brief)
    cells.fork(name, value)
    cells.advance(300)
    assert_same(cells.cells[1].records, from_command_line(cells.cells[1].scenario), cells.cells[1].records.count)


def test_a_new_change_takes_the_place_of_later_ones_of_the_same_thing():
    cells = Live(load(), changes=[LiveChange(1200.0, "insulin", 3.0), LiveChange(1500.0, "glucose", 8.0)])
    cells.advance(1200)
    cells.change("insulin", 1.0)
    assert cells.changes == (LiveChange(1500.0, "glucose", 8.0), LiveChange(600.0, "insulin", 1.0))
    assert cells.scenario.bath.insulin.at(1300.0) == 1.0
    assert cells.scenario.bath.glucose.at(1500.0) == 8.0


def test_what_is_held_says_what_was_planned_and_can_go_back_to_it():
    cells = Live(load())
    plan = {"insulin": "100 nM from 10 min, 0 nM from 40 min"}
    assert (cells.planned, cells.overruled) == (plan, {})
    assert [mark.label for mark in cells.ahead] == ["Insulin 100 nM", "Insulin 0 nM"]
    cells.advance(600)
    cells.change("insulin", 2.0)
    cells.change("testosterone", 100.0)
    assert (cells.planned, cells.overruled) == ({}, plan | {"testosterone": "531 ng/dL"})
    assert cells.ahead == []
    cells.advance(800)  # the pulse has begun meanwhile
    cells.resume("insulin")
    cells.resume("testosterone")
    assert (cells.planned, cells.overruled) == ({"insulin": "0 nM from 40 min"}, {})
    assert [mark.label for mark in cells.marks][2:] == ["Insulin as planned", "Testosterone as planned"]
    assert [cells.scenario.bath.insulin.at(time) for time in (0.0, 301.0, 701.0, 2400.0)] == [0.0, 2.0, 100.0, 0.0]
    levels = cells.scenario.hormones.levels["testosterone"]
    assert levels.values == (531.0, 100.0, 531.0)
    cells.advance(STEPS)
    assert_same(cells.cells[0].records, from_command_line(cells.scenario))


def test_what_was_changed_just_now_and_is_taken_back_leaves_nothing():
    cells = Live(load("meal"))
    assert cells.planned["insulin"].endswith("changes until 44 min")
    before = cells.scenario
    cells.advance(10)
    cells.change("insulin", 2.0)
    cells.resume("insulin")
    assert cells.changes == ()
    assert cells.scenario == before


def test_on_another_day_the_changes_are_made_at_the_same_times_of_the_run():
    whole = Scenario.load("men/trt", SMALL)
    change = LiveChange(600.0, "testosterone", 100.0)
    for day in whole.assay.at:
        cells = Live(whole, day, changes=[change])
        own = cells.scenario.hormones.levels["testosterone"]
        assert (own.times[-1], own.values[-1]) == (day + 600.0, 100.0)
        assert cells.whole.assay.at == whole.assay.at
    assert Live(whole).day == whole.assay.at[-1]
    assert Live(whole, 3 * 86400.0).whole.assay.at == tuple(sorted({*whole.assay.at, 3 * 86400.0}))


def test_a_twin_on_another_day_is_the_cell_of_that_day():
    whole = Scenario.load("men/trt", SMALL)
    changes = [LiveChange(60.0, "testosterone", 100.0), LiveChange(30.0, "glucose", 8.0)]
    cells = Live(whole, difference=Difference("day", 0.0), changes=changes)
    alone = Live(whole, 0.0, changes=changes)
    assert cells.cells[1].label == f"Twin: {say(0.0)} after the start"
    assert cells.cells[1].scenario == alone.scenario
    assert (cells.scenario.assay.at, cells.twin_whole.assay.at) == ((whole.assay.at[-1],), whole.assay.at)
    cells.advance(240)
    alone.advance(240)
    assert_same(cells.cells[1].records, alone.cells[0].records.taken())
    assert Live(load(), difference=Difference("insulin", 1.0)).twin_whole is not None
    forked = Live(load())
    forked.fork("insulin", 1.0)
    assert forked.twin_whole is None


def test_what_drugs_deliver_is_not_what_a_hormone_can_be_set_to():
    cells = Live(Scenario.load("men/trt", SMALL))
    at = cells.scenario.timeline(np.array([0.0, cells.day]))
    assert cells.slider_values["testosterone"] == at.own["testosterone"][-1] < 0.3 * at.levels["testosterone"][-1]


def test_nothing_changes_if_a_change_does_not_suit_the_twin(monkeypatch):
    cells = Live(load(), difference=Difference("insulin", 1.0))
    cells.advance(100)
    before = [cell.scenario for cell in cells.cells]

    def refuse(self, scenario):
        raise InputError("no")

    monkeypatch.setattr(Difference, "of", refuse)
    with pytest.raises(InputError):
        cells.change("glucose", 9.0)
    assert [cell.scenario for cell in cells.cells] == before
    assert cells.changes == ()


def test_a_twin_differs_from_its_cell_in_one_thing():
    cells = Live(load(), difference=Difference("visceral_fat", 4.0))
    cells.advance(1300)
    cells.change("glucose", 8.0)
    cells.advance(STEPS)
    cell, twin = cells.cells
    assert twin.label == "Twin: Visceral fat 4 kg"
    assert twin.scenario.body.visceral_fat == 4.0
    assert twin.scenario.bath == cell.scenario.bath
    assert_same(cell.records, from_command_line(cell.scenario))
    assert_same(twin.records, from_command_line(twin.scenario))
    assert cell.engine.step == twin.engine.step


def test_a_fork_shares_the_past_and_no_more():
    cells = Live(load())
    cells.advance(1500)
    cells.fork("insulin", 0.1)
    cell, twin = cells.cells
    assert_same(twin.records, cell.records.taken())
    np.testing.assert_array_equal(cell.engine.vesicles.x, twin.engine.vesicles.x)
    cells.advance(STEPS)
    assert_same(cell.records, from_command_line(load()))
    assert_same(twin.records, from_command_line(twin.scenario))
    assert twin.records.taken()["insulin"][-1] == 0.1
    cells.drop_twin()
    assert cells.cells == [cell]


def test_the_twin_keeps_that_in_which_it_differs():
    cells = Live(load())
    cells.fork("insulin", 0.1)
    cells.advance(100)
    cells.change("insulin", 30.0)
    assert [c.scenario.bath.insulin.at(cells.time) for c in cells.cells] == [30.0, 0.1]


def test_what_acts_over_days_cannot_be_forked():
    cells = Live(load())
    with pytest.raises(InputError, match=r"visceral_fat: acts too slowly .* start a twin that has it all along"):
        cells.fork("visceral_fat", 4.0)
    assert len(cells.cells) == 1


def test_a_longer_run_keeps_what_was_recorded():
    cells = Live(load())
    cells.advance(STEPS)
    before = cells.cells[0].records.taken()["pip3"].copy()
    cells.lengthen(600.0)
    assert cells.steps_left == 1200
    cells.advance(1200)
    np.testing.assert_array_equal(cells.cells[0].records.taken()["pip3"][: len(before)], before)
    assert_same(cells.cells[0].records, from_command_line(cells.scenario))


def test_a_longer_run_after_a_meal_has_the_same_past():
    meal, longer = load("meal"), live_changes.lengthened(load("meal"), 1800.0)
    for name in live_changes.BATH:
        short, long = getattr(meal.bath, name), getattr(longer.bath, name)
        assert long.values[: len(short.values)] == short.values
        assert len(long.values) == len(short.values) + 15


def test_a_run_is_lengthened_by_whole_steps():
    times = {"run.step": "0.7 s", "run.record_every": "7 s", "run.duration": "700 s"}
    scenario = load(**times, **{"bath.insulin": '[["0 s", "1 nM"]]'})
    assert live_changes.lengthened(scenario, 1800.0).run.duration == 2500.4


def test_what_can_be_changed_follows_the_schedule_and_the_hand():
    cells = Live(load())
    levels = {"testosterone": 531.0, "free_testosterone": 10.62, "lipolysis": 1.0}
    assert cells.slider_values == {"insulin": 0.0, "glucose": 5.0} | levels
    cells.advance(1201)
    assert cells.slider_values["insulin"] == 100.0
    cells.change("testosterone", 90.0)
    assert cells.slider_values["testosterone"] == 531.0  # until the next whole minute
    cells.advance(120)
    assert cells.slider_values["testosterone"] == 90.0


def test_the_uptake_shown_is_the_mean_of_the_minute_before():
    cells = Live(load())
    cells.advance(STEPS)
    shown, taken = cells.cells[0].records.charted(), cells.cells[0].records.taken()
    assert np.isnan(shown["glucose_uptake_rate"][:12]).all()
    expected = (taken["glucose_taken_up"][12:] - taken["glucose_taken_up"][:-12]) / 60.0
    np.testing.assert_allclose(shown["glucose_uptake_rate"][12:], expected, rtol=1e-12)


# ---- to take home ----


@pytest.mark.parametrize(("steps", "status"), [(1300, "interrupted"), (STEPS, "complete")])
def test_the_archive_holds_results_as_a_run_leaves_them(tmp_path, steps, status):
    cells = Live(load(), difference=Difference("insulin", 1.0))
    cells.advance(steps)
    zipfile.ZipFile(io.BytesIO(archive.results(cells.taken()))).extractall(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cell", "twin"]
    for folder, cell in zip(("cell", "twin"), cells.cells):
        out = tmp_path / folder
        assert Scenario.load(out / "scenario.toml") == cell.scenario
        assert f'"status": "{status}"' in (out / "provenance.json").read_text()
        assert (out / "figure.png").exists()
        stored = open_results(out)["surface_glut4"].values[0]
        np.testing.assert_array_equal(stored[: cell.records.count], cell.records.taken()["surface_glut4"])
        assert np.isnan(stored[cell.records.count :]).all()


def test_the_charts_are_taken_home_as_they_are_drawn(session):
    session.load(load).result(PATIENCE)
    session.step().result(PATIENCE)
    session.fork("insulin", 2.0).result(PATIENCE)
    session.step().result(PATIENCE)
    charts = session.charted().result(PATIENCE)
    rows = pd.read_csv(io.BytesIO(chart_files.table(charts)), index_col="time [s]")
    assert rows.index.tolist() == [0.0, 5.0, 10.0]
    cell, twin, _ = charts.curves
    np.testing.assert_allclose(rows["cell.pip3 [percent]"], cell.columns["pip3"], rtol=1e-12)
    np.testing.assert_allclose(rows["twin.insulin [nM]"], twin.columns["insulin"], rtol=1e-12)
    assert "difference.surface_glut4_percent [percent]" in rows
    svg = chart_files.picture(charts, "svg").decode()
    assert svg.count('<g id="axes_') == 6
    assert chart_files.picture(charts, "png").startswith(b"\x89PNG")


# ---- the session ----


class View:
    """Takes what a view would draw."""

    def __init__(self):
        self.frames, self.courses = [(None, [])], [{"sets": []}]  # before anything is shown

    def is_free(self, now=None):
        return True

    def show_cells(self, moment, molecules_per_hexagon, cells, reach):
        self.frames.append((moment, [label for label, _, _ in cells]))

    def show(self, content, buffers):
        self.courses.append(content)


@pytest.fixture
def session():
    heard, view, charts = [Status()], View(), View()
    opened = Session(view, charts, heard.append)
    opened.heard, opened.view, opened.charts = heard, view, charts
    yield opened
    opened.close()


def test_a_session_pauses_once_at_the_first_record_of_which_something_is_true(session):
    session.set_speed(float("inf"))
    session.load(load)
    session.pause_when(lambda cells: cells.time > 31.0)
    session.play().result(PATIENCE)
    wait_until(lambda: session.heard[-1].phase == "paused" and session.heard[-1].time > 0.0)
    assert session.heard[-1].time == 35.0
    session.play().result(PATIENCE)
    wait_until(lambda: session.heard[-1].time > 100.0)


def test_a_session_runs_to_the_end_and_changes_no_bit(session):
    session.load(load).result(PATIENCE)
    session.set_speed(float("inf"))
    session.play()
    wait_until(lambda: session.heard[-1].phase == "finished")
    cell, *_ = session.taken().result(PATIENCE)
    for name, values in from_command_line(load()).items():
        np.testing.assert_array_equal(cell.values[name], values, err_msg=name)
    assert session.view.frames[-1][0] == 2700.0
    assert session.charts.courses[-1]["until"] == 2700.0


def test_a_session_keeps_the_speed_that_was_asked_for(session):
    session.load(load).result(PATIENCE)
    session.set_speed(60.0)
    session.play().result(PATIENCE)

    def speed():
        before, clock = session.heard[-1].time, time.monotonic()
        time.sleep(1.0)
        return (session.heard[-1].time - before) / (time.monotonic() - clock)

    assert any(speed() == pytest.approx(60.0, rel=0.3) for _ in range(20))  # others may slow it down for a while
    session.pause().result(PATIENCE)
    wait_until(lambda: session.heard[-1].phase == "paused")


def test_step_goes_to_the_next_record(session):
    session.load(load).result(PATIENCE)
    session.step().result(PATIENCE)
    wait_until(lambda: session.heard[-1].time == 5.0)
    session.step().result(PATIENCE)
    wait_until(lambda: session.heard[-1].time == 10.0)
    assert session.heard[-1].phase == "paused"


def test_a_fault_of_the_user_is_a_line_and_the_cells_stay(session):
    session.load(load).result(PATIENCE)
    session.step().result(PATIENCE)
    assert isinstance(session.load(lambda: load(**{"bath.insulin": "5 mm"})).exception(PATIENCE), InputError)
    wait_until(lambda: session.heard[-1].error)
    assert "bath.insulin: expected an insulin concentration" in session.heard[-1].error
    assert session.heard[-1].time == 5.0
    session.change("insulin", 3.0).result(PATIENCE)
    wait_until(lambda: not session.heard[-1].error)
    assert session.heard[-1].slider_values["insulin"] == 3.0


def test_a_fault_of_the_program_is_said_and_a_restart_mends_it(session, monkeypatch):
    session.load(load).result(PATIENCE)

    def fail(self, steps):
        raise ArithmeticError("no")

    with monkeypatch.context() as patched:
        patched.setattr(live.Recorder, "advance", fail)
        session.play()
        wait_until(lambda: session.heard[-1].phase == "failed")
    assert "a fault of its own: ArithmeticError: no" in session.heard[-1].error
    session.restart().result(PATIENCE)
    session.step().result(PATIENCE)
    wait_until(lambda: session.heard[-1].time == 5.0 and not session.heard[-1].error)


def test_a_fault_while_showing_does_not_end_the_session(session, monkeypatch):
    session.load(load).result(PATIENCE)
    with monkeypatch.context() as patched:
        patched.setattr(View, "show_cells", lambda *_: 1 / 0)
        session.step().result(PATIENCE)
        wait_until(lambda: "ZeroDivisionError" in session.heard[-1].error)
    session.step().result(PATIENCE)
    wait_until(lambda: session.view.frames[-1][0] == session.heard[-1].time == 10.0)


def test_changes_survive_a_restart_and_another_day_until_they_are_undone(session):
    session.load(lambda: Scenario.load("men/trt", SMALL)).result(PATIENCE)
    session.change("glucose", 8.0).result(PATIENCE)
    session.restart().result(PATIENCE)
    session.choose_day(86400.0).result(PATIENCE)
    wait_until(lambda: session.heard[-1].scenario.assay.at == (86400.0,))
    assert session.heard[-1].is_changed
    assert session.heard[-1].scenario.bath.glucose.values == (8.0,)
    session.rebase(lambda base: base.replaced({"run.seed": 5})).result(PATIENCE)
    session.undo().result(PATIENCE)
    wait_until(lambda: not session.heard[-1].is_changed)
    assert session.heard[-1].scenario.bath.glucose.values == (5.0,)
    assert session.heard[-1].scenario.run.seed == 5


def test_a_run_that_has_ended_can_go_on(session):
    session.load(lambda: load(**{"run.duration": "41 min"})).result(PATIENCE)
    session.set_speed(float("inf"))
    session.play()
    wait_until(lambda: session.heard[-1].phase == "finished")
    session.play_on(60.0)
    wait_until(lambda: session.heard[-1].phase == "finished" and session.heard[-1].time == 2520.0)


def test_what_is_left_to_do_when_a_session_ends_is_called_off(session):
    session.load(load).result(PATIENCE)
    session.close()
    wait_until(lambda: not session.is_alive)
    assert not session._tasks.qsize()


def test_forks_and_twins_reach_the_views(session):
    session.load(load).result(PATIENCE)
    session.step().result(PATIENCE)
    session.fork("insulin", 2.0).result(PATIENCE)
    wait_until(lambda: session.view.frames[-1][1] == ["Cell", "Twin: Insulin 2 nM from 0.1 min"])
    wait_until(lambda: [c["name"] for c in session.charts.courses[-1]["sets"]] == ["cell", "twin", "difference"])
    session.start_twin(Difference("visceral_fat", 3.0)).result(PATIENCE)
    wait_until(
        lambda: session.heard[-1].difference == Difference("visceral_fat", 3.0) and session.heard[-1].time == 0.0
    )
    session.load(load, keep_twin=True).result(PATIENCE)
    wait_until(lambda: session.heard[-1].difference == Difference("visceral_fat", 3.0))
    session.drop_twin().result(PATIENCE)
    wait_until(lambda: session.view.frames[-1][1] == ["Cell"])


def test_a_restored_run_is_the_one_that_was_left_to_the_bit(session):
    left = Live(load())
    left.advance(1201)
    left.change("insulin", 2.0)
    left.fork("glucose", 9.0)
    left.advance(300)
    session.set_speed(1.0)
    session.restore(lambda: (left.recipe, left.time), Recipe(load())).result(PATIENCE)
    wait_until(lambda: session.heard[-1].phase == "paused" and session.heard[-1].time == left.time)
    assert "restoring" in {status.phase for status in session.heard}
    for taken, cell in zip(session.taken().result(PATIENCE), left.cells, strict=True):
        for name, values in cell.records.taken().items():
            np.testing.assert_array_equal(taken.values[name], values, err_msg=name)
    session.restore(lambda: load(**{"run.step": "no"}), Recipe(load())).exception(PATIENCE)
    assert session.heard[-1].time == left.time  # what is on show stays


def test_what_cannot_be_restored_is_begun_anew(session):
    def fail():
        raise InputError("no")

    assert isinstance(session.restore(fail, Recipe(load())).exception(PATIENCE), InputError)
    wait_until(lambda: session.heard[-1].error == "no" and session.heard[-1].scenario == live.prepared(load()))


def test_a_closed_session_leaves_no_thread(session):
    session.load(load).result(PATIENCE)
    session.play().result(PATIENCE)
    session.close()
    wait_until(lambda: not session.is_alive)
    wait_until(lambda: not [thread for thread in threading.enumerate() if thread.name.startswith("cell_")])


# ---- large cells ----

HUGE = {"cell.vesicles": "100000000"}


def test_more_than_a_page_may_have_is_refused(session, monkeypatch):
    session.load(load).result(PATIENCE)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=int(24e9)))
    fault = session.load(lambda: load(**HUGE)).exception(PATIENCE)
    assert "cell: needs about 15 GB of memory; a page may take 50% of the 24 GB that are free." in str(fault)
    session.step().result(PATIENCE)  # the cell on show stays
    wait_until(lambda: session.heard[-1].time == 5.0)


def test_a_large_cell_is_made_only_if_one_says_so(session, monkeypatch):
    monkeypatch.setattr(build, "ASK_FROM", load().memory_bytes + 1)  # for the cell on show nobody is asked
    session.load(load).result(PATIENCE)
    for answer, vesicles in ((False, 300), (True, 400)):
        session.load(lambda: load(**{"cell.vesicles": "400"})).result(PATIENCE)
        wait_until(lambda: session.heard[-1].asked.startswith("This takes about 1 MB of memory"))
        assert session.heard[-1].scenario.cell.vesicles == 300
        session.answer(answer).result(PATIENCE)
        wait_until(lambda: not session.heard[-1].asked)
        assert session.heard[-1].scenario.cell.vesicles == vesicles
    session.restart().result(PATIENCE)  # no larger than what is there
    assert not session.heard[-1].asked


@pytest.mark.parametrize("end", [Session.give_up, Session.close])
def test_what_is_being_built_can_be_given_up(session, monkeypatch, end):
    monkeypatch.setattr(build, "ASK_FROM", 1.0)
    working = []

    def forever(*_):
        while True:
            working.append(len("one call after another"))

    session.load(load).result(PATIENCE)
    session.answer(True).result(PATIENCE)
    with monkeypatch.context() as patched:
        patched.setattr(live, "Recorder", forever)
        larger = session.load(lambda: load(**{"cell.vesicles": "400"}))
        larger.result(PATIENCE)
        yes = session.answer(True)
        wait_until(lambda: session.heard[-1].phase == "building")
        end(session)
        assert isinstance(yes.exception(PATIENCE), InputError)
        wait_until(lambda: not [t for t in threading.enumerate() if t.name == "dashboard-build"])
    if end is Session.give_up:
        session.step().result(PATIENCE)
        wait_until(lambda: session.heard[-1].time == 5.0 and not session.heard[-1].error)
    else:
        wait_until(lambda: not session.is_alive)
