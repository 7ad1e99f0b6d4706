"""What a page can be told to simulate, beside what, and what it hands out to take home."""

import re
import zipfile

import numpy as np
import pytest
from playwright.sync_api import expect

import glut4sim
from glut4sim.sim.results.series_store import open_results
from glut4sim.sim.scenario.scenario import Scenario

TRT = "Testosterone therapy for 24 weeks"
DIFFERENCE = "GLUT4 at the surface, difference"


def difference_chart(visit):
    return visit.charts.get_by_text(DIFFERENCE)


# ---- the twin ----


def test_a_fork_is_the_same_up_to_now_and_a_twin_from_the_start(visit):
    visit.press("300×", "Play")
    visit.until("time", ">", 900.0)
    visit.press("Pause")
    expect(visit.play).to_have_text("Play")
    visit.come_to_rest()
    panel = visit.open_tab("What if")
    panel.get_by_label("What", exact=True).click()
    visit.page.get_by_role("option", name="Insulin", exact=True).click()
    expect(visit.slider("insulin")).to_have_count(1)
    visit.set_slider("insulin", 0)
    forked = visit.number("time")
    visit.press("Fork now")
    expect(visit.cell).to_have_attribute("data-cells", "2")
    assert visit.number("time") == forked
    expect(difference_chart(visit)).to_be_visible()
    expect(visit.cell).to_contain_text("Twin: Insulin 0 nM from")
    visit.come_to_rest()  # numbers follow the picture
    active = visit.cell.locator("tr", has_text="active").last.locator("td")
    assert len(set(active.all_inner_texts())) == 1
    visit.press("60×", "Play")
    visit.until("time", ">", forked + 120.0)
    visit.press("Pause")
    visit.come_to_rest()
    cell, twin = (int(text.replace(",", "")) for text in active.all_inner_texts())
    assert twin < 0.8 * cell  # what was bound lets go
    visit.press("Without the twin")
    expect(visit.cell).to_have_attribute("data-cells", "1")
    expect(difference_chart(visit)).to_be_hidden()
    visit.set_slider("insulin", 4)
    expect(visit.slider("insulin")).to_have_attribute("aria-valuetext", "30 pM")  # the server knows of it
    visit.press("Both from the start")
    expect(visit.cell).to_have_attribute("data-cells", "2")
    assert visit.number("time") == 0.0
    expect(visit.cell).to_contain_text("Twin: Insulin 0.03 nM")
    visit.press("Step 5 s")
    visit.until("time", "==", 5.0)
    expect(difference_chart(visit)).to_be_visible()
    visit.press("Without the twin")
    expect(visit.cell).to_have_attribute("data-cells", "1")


# ---- scenarios ----


def test_a_therapy_says_what_it_is_and_its_day_is_chosen_on_the_time_line(visit):
    visit.choose(TRT)
    page = visit.page
    expect(page.get_by_text("testosterone cypionate 100 mg every 7 d")).to_be_visible()
    expect(page.get_by_text("Prescription medicine and controlled substance")).to_be_visible()
    expect(page.get_by_text("Not medical advice.")).to_be_visible()
    page.get_by_text("What acts, and on which evidence").click()
    expect(page.locator(".g4-tag").first).to_be_visible()
    expect(page.locator(".g4-row", has_text="Luteinising hormone")).to_be_visible()  # a row of the time line
    day = page.locator("#weeks").get_by_role("slider")
    expect(day).to_have_attribute("aria-valuetext", "day 168")
    visit.press("Step 10 s")
    visit.until("time", "==", 10.0)
    day.press("PageUp")  # no later assay, but the end of what is known
    expect(day).not_to_have_attribute("aria-valuenow", str(168 * 86_400))
    day.press("PageDown")
    expect(day).to_have_attribute("aria-valuetext", "day 168")
    expect(day).to_have_attribute("aria-valuenow", str(168 * 86_400))
    day.press("PageDown")
    expect(day).to_have_attribute("aria-valuetext", "day 84")
    visit.until("time", "==", 0.0)
    expect(visit.page.get_by_text("The experiment is 84 d after the start")).to_be_visible()
    panel = visit.open_tab("What if")
    panel.get_by_label("Time since the start").fill("7 d")
    visit.press("On another day")
    expect(visit.cell).to_contain_text("Twin: 7 d after the start")
    expect(visit.page.get_by_role("slider", name="Time of the assay")).to_have_count(2)
    expect(visit.page.locator("#twin-weeks").get_by_role("slider")).to_have_attribute("aria-valuetext", "day 7")
    visit.press("Without the twin")
    expect(day).to_have_count(1)
    visit.open_tab("Scenario")
    visit.choose("Insulin challenge of an adipocyte")  # stays, though it has another day
    expect(day).to_be_hidden()
    expect(visit.button("Step 5 s")).to_be_visible()


# ---- the address ----


def test_an_address_brings_a_run_back_to_the_bit(visit, visit_again):
    visit.press("300×", "Play")
    visit.until("time", ">", 700.0)
    visit.press("Pause")
    visit.come_to_rest()
    visit.open_tab("What if")
    visit.set_slider("testosterone", 4)
    visit.press("Fork now")
    expect(visit.cell).to_have_attribute("data-cells", "2")
    visit.open_tab("Now")
    visit.set_slider("insulin", 4)
    expect(visit.charts).to_contain_text("Insulin 0.03 nM")
    visit.press("Step 5 s")
    visit.come_to_rest()
    time, numbers = visit.number("time"), visit.cell.locator("table").inner_text()
    visit.page.wait_for_url(f"**time={time}")
    visit.page.reload()
    visit.until("time", "==", time)
    visit.come_to_rest()  # numbers follow the picture
    assert visit.cell.locator("table").inner_text() == numbers
    expect(visit.charts).to_contain_text("Insulin 0.03 nM")
    shared = visit_again(visit.page.url)
    shared.until("time", "==", time)
    shared.come_to_rest()
    assert shared.cell.locator("table").inner_text() == numbers
    visit.page.go_back()  # before the change
    expect(visit.charts).not_to_contain_text("Insulin 0.03 nM")
    visit.page.go_back()  # before the fork
    expect(visit.cell).to_have_attribute("data-cells", "1")


def test_a_pinned_run_stays_and_comes_back(visit, visit_again):
    visit.press("300×", "Play")
    visit.until("time", ">", 700.0)
    visit.press("Pause")
    visit.come_to_rest()
    panel = visit.open_tab("What if")
    visit.press("Pin this run")
    expect(visit.charts).to_have_attribute("data-overlays", "pin")
    values = visit.charts.locator(".g4-panel").first.locator(".g4-pair b")
    expect(values).to_have_count(2)  # of the run, and of the pin, which is the same run
    visit.charts.locator(".g4-cursor").press("Shift+ArrowLeft")
    expect(visit.charts.locator(".g4-cursor")).to_contain_text("Values at")
    run, pinned = values.all_inner_texts()
    assert run == pinned
    panel.get_by_text("Published points", exact=True).click()
    expect(visit.charts).to_contain_text("Circles: surface GLUT4: Sedaghat")
    numbers = visit.cell.locator("table").inner_text()
    visit.page.wait_for_url("**show=points&pin=scenario**")
    shared = visit_again(visit.page.url)
    expect(shared.charts).to_have_attribute("data-overlays", "points points pin")
    shared.until("time", ">", 700.0)
    shared.come_to_rest()
    assert shared.cell.locator("table").inner_text() == numbers
    here = shared.page.locator(".g4-dose")
    assert float(here.get_attribute("data-dose")) == 100.0
    assert float(here.get_attribute("data-response")) > 5.0


def test_a_body_is_fed_and_clamped(visit):
    visit.choose(Scenario.load("body/meal").title)
    blood = visit.page.locator(".g4-body .g4-charts")
    expect(blood).not_to_have_attribute("data-drawn", "0")
    visit.press("max", "Play")
    expect(visit.page.locator(".g4-body .g4-cursor")).not_to_contain_text("at 0:00 min")
    visit.press("Pause", "Eat a meal", "Clamp")
    expect(blood).to_contain_text("78 g of carbohydrate eaten")
    expect(blood).to_contain_text("clamp with 40 mU/m²/min of insulin")
    visit.page.wait_for_url("**body=**:clamp:40.0**")
    visit.press("Undo what was done")
    expect(blood).not_to_contain_text("eaten")


def test_an_address_that_makes_no_sense_and_a_server_that_is_silent_are_said(visit_again, server):
    visit = visit_again("?scenario=/etc/passwd")
    expect(visit.error).to_contain_text('there is no scenario "/etc/passwd"')
    expect(visit.page.get_by_role("heading", name="Insulin challenge of an adipocyte")).to_be_visible()
    silence = visit.page.get_by_role("alert").get_by_text(re.compile(r"No answer from the server for \d+ s"))
    expect(visit.page.locator(".g4-silence")).to_have_count(1)  # the heart beats
    expect(visit.page.get_by_role("button", name="Reload")).to_be_hidden()
    server.process.suspend()
    try:
        expect(silence).to_be_visible()
    finally:
        server.process.resume()
    expect(silence).to_be_hidden()


# ---- faults ----


def test_a_fault_is_a_line_and_the_page_goes_on(visit):
    panel = visit.open_tab("Set up")
    panel.get_by_label("Duration").fill("banana")
    visit.press("Restart with these")
    expect(visit.error).to_contain_text('run.duration: expected a time such as "10 min", got "banana".')
    visit.press("Step 5 s")
    visit.until("time", "==", 5.0)
    expect(visit.error).to_have_count(0)
    panel.get_by_text("The whole scenario as text").click()
    panel.locator("textarea").fill("title = = 3")
    visit.press("Restart with this text")
    expect(visit.error).to_contain_text("insulin-challenge: not valid TOML: Invalid value (at line 1, column 9)")
    visit.press("Dismiss")
    expect(visit.error).to_have_count(0)
    assert visit.number("time") == 5.0


def test_numbers_of_agents_take_effect_at_a_restart(visit):
    panel = visit.open_tab("Set up")
    panel.get_by_label("GLUT4 vesicles").fill("500")
    visit.press("Restart with these")
    visit.until("points", "==", 500)
    panel.get_by_label("GLUT4 vesicles").fill("8000000")
    expect(panel.get_by_text("Takes about 1.2 GB of memory")).to_be_visible()
    notice = visit.page.get_by_role("status")
    for answer in ("Do not", "Build it"):
        visit.press("Restart with these")
        expect(notice).to_contain_text("This takes about 1.2 GB of memory")
        visit.press(answer)
    expect(notice).to_contain_text("Building the cell")
    visit.press("Cancel")
    expect(visit.error).to_contain_text("the new cell was given up")
    visit.press("Step 5 s")
    visit.until("time", "==", 5.0)
    assert visit.number("points") == 500


# ---- to take home ----


def test_what_is_taken_home_is_what_the_command_line_computes(visit, tmp_path):
    visit.open_tab("Now")
    visit.press("60×", "Play")
    visit.until("time", ">", 20.0)
    visit.set_slider("insulin", 14)
    visit.press("max")
    expect(visit.button("30 min more")).to_be_visible()
    visit.open_tab("Scenario")
    scenario = Scenario.load(visit.download("Download the scenario as changed"))
    assert scenario.cell.vesicles == 2000
    with zipfile.ZipFile(visit.download("Download results so far (zip)")) as archive:
        archive.extractall(tmp_path)
    home = tmp_path / "cell"
    assert {"figure.png", "provenance.json", "results.zarr", "scenario.toml", "summary.json"} <= {
        path.name for path in home.iterdir()
    }
    assert Scenario.load(home / "scenario.toml") == scenario
    watched, computed = open_results(home), glut4sim.run(scenario).dataset
    assert set(watched.data_vars) == set(computed.data_vars)
    assert float(watched["insulin"].max()) == pytest.approx(10.0)
    for name, values in computed.data_vars.items():
        np.testing.assert_array_equal(watched[name].values, values.values, err_msg=name)
