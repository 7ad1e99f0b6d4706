"""What a first visitor sees: the strip of causes, the cell cut open, the guided story; all of it as computed."""

import json
import re
import zipfile

import pytest
from playwright.sync_api import expect

from glut4sim.sim.dashboard import causes
from glut4sim.sim.results.series_store import open_results


def test_what_is_drawn_is_what_is_recorded(visit, tmp_path):
    """Strip, insulin and fusions; then a link opens its chart, and all fits a small screen."""
    page = visit.page
    page.set_viewport_size({"width": 1366, "height": 768})
    filled = page.locator(".v-btn.primary:visible")
    expect(filled).to_have_count(1)
    expect(filled).to_have_text("Play")
    expect(page.locator(".g4-what")).to_be_in_viewport(ratio=1.0)
    expect(page.locator(".g4-next")).to_be_in_viewport(ratio=1.0)
    assert visit.number("insulin") == 0
    visit.press("300×", "Play")
    visit.until("time", ">", 1200.0)
    visit.press("Pause")
    expect(visit.play).to_have_text("Play")
    visit.come_to_rest()
    visit.press("Step 5 s")  # to the next record
    visit.come_to_rest()
    assert visit.number("insulin") == 60  # 12 for each power of ten from 1 pM to 100 nM
    strip = page.locator(".g4-causes")
    values = dict(zip((link.name for link in causes.LINKS), json.loads(strip.get_attribute("data-links"))[0]))
    receptors = strip.get_by_role("button", name="Receptor", exact=False)
    expect(receptors).to_have_accessible_name(re.compile(f"^Receptor: {values['receptors_active']:.0f} %, "))
    receptors.click()
    expect(receptors).to_have_attribute("aria-pressed", "true")
    expect(visit.charts.locator(".g4-panel.g4-chosen")).to_contain_text("Insulin and its receptors")
    with zipfile.ZipFile(visit.download("Download results so far (zip)")) as archive:
        archive.extractall(tmp_path)
    data = open_results(tmp_path / "cell")
    data = data.sel(time=slice(0.0, visit.number("time")))  # of the rest of the run nothing is known yet
    assert visit.number("flashes") == round(float((data["fusion_rate"] * 5.0 / 60.0).sum()))
    for name in ("receptors_active", "akt_active", "surface_glut4_percent"):
        assert values[name] == pytest.approx(float(data[name].values.flat[-1])), name


def test_the_story_pauses_at_its_events_and_says_what_came_of_the_guess(visit):
    page = visit.page
    visit.press("Guided story: 5 steps")
    visit.press("Glucose streams in")
    story = page.get_by_role("region", name="Guided story")
    expect(story).to_contain_text("2 of 5.")
    expect(story).to_contain_text("No: receptors light up. After")
    expect(visit.play).to_have_text("Play")
    assert 600.0 < visit.number("time") < 660.0
    visit.press("Leave the story")
    expect(story).to_have_count(0)


def test_a_vesicle_is_followed_and_one_looks_back(visit):
    page, cell = visit.page, visit.cell
    cell.locator(".g4-stage").focus()
    page.keyboard.press("f")
    followed = cell.get_by_role("status")
    expect(followed).to_have_text(re.compile(r"^Vesicle \d+: \w+ since 0:00.0 min$"))
    visit.press("300×", "Play")
    visit.until("time", ">", 120.0)
    slider = page.get_by_label("Look back in time")
    slider.focus()
    page.keyboard.press("Home")
    visit.until("time", "==", 0.0)
    expect(visit.play).to_have_text("Pause")  # the run goes on
    expect(visit.charts.get_by_role("slider")).to_contain_text("0:00 min")
    expect(followed).to_contain_text("since 0:00.0 min")
    visit.press("Back to now")
    visit.until("time", ">", 120.0)
    expect(visit.charts.get_by_role("slider")).to_contain_text("Latest values")
    visit.press("Pause", "Stop following")
    expect(followed).to_be_hidden()
