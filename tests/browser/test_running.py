"""The page at work: the cell moves and stands still when told to, and does what hands do to it; pages are apart.

To open a page takes longer than most of what is asked of it: what follows on one page is one test.
"""

import re
import time
import tomllib

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.processes import wait_until

STEP = "Step 5 s"
GRAVE = ("serious", "critical")  # of what axe finds

INK = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
}"""  # colours on a canvas


def stands_still(visit, seconds=0.7):
    before = visit.number("time")
    time.sleep(seconds)
    return visit.number("time") == before


def hexagons_and_their_worth(visit):
    """Hexagons drawn, in and out; glucose in and out as the table has it, and what a hexagon stands for [1e6/s]."""
    rows = visit.cell.locator("tbody", has_text="Glucose").locator("tr:not(:first-child) td")
    numbers = [float(text) for text in rows.all_inner_texts()]
    said = re.search(r"Each hexagon stands for ([\d.]+) million", visit.cell.inner_text())
    return (visit.number("glucose-in"), visit.number("glucose-out")), (*numbers, float(said.group(1)))


# ---- what is drawn ----


def test_the_cell_and_its_charts_are_drawn(visit):
    assert visit.number("points") == 2000
    assert visit.cell.locator(".g4-stages canvas").evaluate(INK) > 100
    at_rest = hexagons_and_their_worth(visit)
    visit.press("300×", "Play")  # at the most, it might have ended before it is told to pause
    visit.until("time", ">", 900.0)  # insulin came at 10 min
    visit.press("Pause")
    visit.come_to_rest()
    stimulated = hexagons_and_their_worth(visit)
    assert stimulated[0][0] > 2 * at_rest[0][0] > 0
    for (entering, leaving), (influx, efflux, per_hexagon) in (at_rest, stimulated):
        assert abs(entering - influx / per_hexagon) < 1.0
        assert abs(leaving - efflux / per_hexagon) < 1.0
    assert at_rest[1][2] == stimulated[1][2]
    visit.page.emulate_media(reduced_motion="reduce")
    visit.cell.get_by_role("button", name="Reset view").click()  # draws anew
    visit.page.wait_for_timeout(300)
    assert hexagons_and_their_worth(visit) == stimulated
    for canvas in visit.charts.locator("canvas.g4-plot:visible").all():
        assert canvas.evaluate(INK) > 10
    assert int(visit.charts.get_attribute("data-points")) > 100
    axis = "Signalling, over time, on an axis from 0 to 100 % of full response"
    expect(visit.charts.get_by_role("img", name=axis)).to_be_visible()


def test_a_cell_that_comes_before_the_script_that_knows_its_view(visit_again):
    visit_again(without="**/nbextensions/anywidget/extension.js*")


# ---- the transport ----


def test_play_pause_and_speed(visit):
    """A cell runs as fast as the button says, stands still when told to, and can be given more at its end."""

    def seen():
        before, clock = visit.number("time"), time.monotonic()
        time.sleep(2.0)
        return (visit.number("time") - before) / (time.monotonic() - clock)

    assert stands_still(visit)
    for name, speed in (("10×", 10.0), ("60×", 60.0)):
        reached = visit.number("time")
        visit.press(name, "Play")
        visit.until("time", ">", reached)
        assert any(seen() == pytest.approx(speed, rel=0.3) for _ in range(10))  # others may slow it down for a while
        visit.press("Pause")
        expect(visit.play).to_have_text("Play")
        visit.come_to_rest()
        assert stands_still(visit)
    visit.press("max", "Play")
    visit.until("time", "==", 5400.0)
    expect(visit.play).to_be_disabled()
    visit.press("60×", "30 min more")
    visit.until("time", ">", 5400.0)
    expect(visit.play).to_have_text("Pause")


def test_a_restart_keeps_what_was_changed_and_a_step_is_one_record(visit):
    visit.press(STEP)
    visit.until("time", "==", 5.0)
    visit.open_tab("Now")
    visit.set_slider("glucose", 8)
    visit.press("300×", "Restart")
    visit.until("time", "==", 0.0)
    expect(visit.button("300×")).to_have_attribute("aria-pressed", "true")
    for record in (5.0, 10.0, 15.0):
        visit.press(STEP)
        visit.until("time", "==", record)
        expect(visit.charts).to_have_attribute("data-time", f"{record:g}")
    assert stands_still(visit)
    expect(visit.clock).to_have_text("0:15 min")
    expect(visit.slider("glucose")).to_have_attribute("aria-valuenow", "8")
    visit.open_tab("Scenario")
    changed = tomllib.loads(visit.download("Download the scenario as changed").read_text())
    assert changed["bath"]["glucose"] == [["0 s", "5 mM"], ["5 s", "8 mM"]]


# ---- by hand ----


def test_insulin_changes_while_the_cell_runs(visit):
    panel = visit.open_tab("Now")
    plan = "100 nM from 10 min, 0 nM from 40 min"
    expect(panel.get_by_text(f"Planned: {plan}")).to_be_visible()
    visit.press("Play")
    visit.until("time", ">", 20.0)
    visit.set_slider("insulin", 14)
    expect(visit.charts).to_contain_text("Insulin 10 nM")
    expect(panel.get_by_text(f"instead of the plan: {plan}")).to_be_visible()
    changed = visit.number("time")
    visit.until("time", ">", changed + 60.0)  # it went on
    expect(visit.slider("insulin")).to_have_attribute("aria-valuetext", "10 nM")
    visit.press("Pause")
    active = visit.cell.locator("tr", has_text="active").last.locator("td")
    expect(active).not_to_have_text("0")
    visit.press("Insulin: back to the plan")
    expect(visit.charts).to_contain_text("Insulin as planned")
    expect(panel.get_by_text(f"Planned: {plan}")).to_be_visible()
    visit.open_tab("Scenario")
    insulin = tomllib.loads(visit.download("Download the scenario as changed").read_text())["bath"]["insulin"]
    assert [level for _, level in insulin] == ["0 nM", "10 nM", "0 nM", "100 nM", "0 nM"]


def test_the_keyboard_alone_will_do(visit):
    page = visit.page
    for _ in range(5):
        page.keyboard.press("Tab")
        if visit.play.evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    visit.until("time", ">", 0.0)
    page.keyboard.press("Space")
    expect(visit.play).to_have_text("Play")
    page.keyboard.press("Tab")
    reached = visit.number("time")
    page.keyboard.press("Enter")  # a step
    visit.until("time", ">", reached)
    canvas = visit.cell.locator(".g4-stages canvas")
    canvas.focus()
    before = canvas.evaluate("canvas => canvas.toDataURL()")
    page.keyboard.press("ArrowLeft")  # turns the cell, though it stands still
    page.wait_for_function("before => document.querySelector('.g4-stages canvas').toDataURL() !== before", arg=before)
    page.keyboard.press("c")
    expect(page.get_by_label("Depth of the section")).to_be_visible()


# ---- layout ----


def test_the_page_says_what_is_where_changes_its_colours_and_fits_a_small_screen(visit):
    page, seen = visit.page, set()
    for _ in range(3):  # light, dark, and whatever the system has
        ink = visit.cell.evaluate("view => getComputedStyle(view).color")
        seen.add((visit.cell.get_attribute("data-theme"), ink))
        page.get_by_title("Colours").get_by_role("button").click()
        page.wait_for_timeout(300)
    assert len(seen) == 2
    assert {theme for theme, _ in seen} == {"light", "dark"}
    assert page.locator("html").get_attribute("lang") == "en"
    for landmark in ("banner", "complementary", "main"):
        expect(page.get_by_role(landmark)).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    before = visit.button("Reset view").bounding_box()
    page.get_by_label("Section").first.check()
    expect(page.get_by_label("Depth of the section")).to_be_visible()
    assert visit.button("Reset view").bounding_box() == before
    for width in (400, 320):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_axe_finds_nothing_serious(visit):
    visit.open_tab("What if")
    visit.press("Fork now")
    expect(visit.cell).to_have_attribute("data-cells", "2")
    for colours, tabs in (("light", ("Scenario", "Now", "What if", "Set up")), ("dark", ("Scenario", "What if"))):
        visit.page.emulate_media(color_scheme=colours)
        expect(visit.cell).to_have_attribute("data-theme", colours)
        for tab in tabs:
            visit.open_tab(tab)
            found = [one for one in Axe().run(visit.page).response["violations"] if one["impact"] in GRAVE]
            assert not [(one["id"], [node["html"] for node in one["nodes"]]) for one in found], (colours, tab)
    expect(visit.page.locator(".v-btn.primary")).to_have_text(["Play"])  # the one button where the eye falls


# ---- several pages ----


def test_two_pages_know_nothing_of_each_other(visit, visit_again):
    other = visit_again()
    visit.press("Play")
    visit.until("time", ">", 60.0)
    visit.open_tab("Now")
    visit.set_slider("insulin", 16)
    expect(visit.charts).to_contain_text("Insulin 100 nM")
    assert other.number("time") == 0.0
    expect(other.charts).not_to_contain_text("Insulin 100 nM")
    other.open_tab("Now")
    expect(other.slider("insulin")).to_have_attribute("aria-valuenow", "0")


def test_a_closed_page_leaves_nothing_running(visit, server):
    def work(seconds=0.5):
        """Share of a processor that the server takes."""
        before = server.process.cpu_times()
        time.sleep(seconds)
        after = server.process.cpu_times()
        return (after.user + after.system - before.user - before.system) / seconds

    visit.press("300×", "Play")
    visit.until("time", ">", 300.0)
    threads, busy = server.process.num_threads(), work(1.0)
    visit.page.close()
    wait_until(lambda: work() <= 0.2 * busy)
    assert server.process.num_threads() <= threads
