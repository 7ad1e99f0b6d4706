"""Pages that need no server: what is drawn on them is what was computed, and they play and ask nobody for anything."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from glut4sim import Cell
from glut4sim.agents import vesicle
from glut4sim.sim.dashboard import frames
from glut4sim.sim.dashboard.recording import recorded
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies import running

SMALL = {
    "cell.vesicles": 600, "cell.receptors": 500, "cell.glucose_agents": 500, "run.replicates": 1,
    "run.step": "0.5 s", "run.duration": "20 min", "bath.insulin": [["0 s", "0 nM"], ["5 min", "100 nM"]],
}  # fmt: skip
STATES = [state.name.lower() for state in vesicle.State]
SYMBOLS = [*STATES, *frames.RECEPTOR_GROUPS]


@pytest.fixture
def open_page(chromium, tmp_path):
    faults, asked, contexts = [], [], []

    def open_text(text):
        (tmp_path / "page.html").write_text(text, encoding="utf-8")
        contexts.append(chromium.new_context(viewport={"width": 1200, "height": 900}))
        page = contexts[-1].new_page()
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto((tmp_path / "page.html").as_uri())
        page.wait_for_function("document.querySelector('.g4-cell')?.dataset.symbols")
        return page

    yield open_text
    for context in contexts:
        context.close()
    assert not faults
    assert len(asked) == len(contexts)  # for the page alone


def test_all_that_is_drawn_of_a_cell_is_there_and_all_that_is_there_is_drawn(open_page):
    """In a slice of muscle nothing hides behind anything."""
    cell = Cell("insulin-challenge", **{**SMALL, "cell.preset": "skeletal-muscle"})
    cell.run(minutes=12)
    text = cell.view()._repr_html_()
    assert text.startswith("<iframe srcdoc=")
    page = open_page(cell.view().html)
    drawn = dict(zip(SYMBOLS, map(int, page.locator(".g4-cell").get_attribute("data-symbols").split(","))))
    counts = cell.vesicles._population.counts(len(STATES)).tolist()
    assert drawn == dict(zip(STATES, counts)) | frames.pack(cell.engine)[0]["receptors"]
    assert drawn["active"] > 100 < drawn["fused"] + drawn["clustered"]


def test_a_recorded_run_plays_by_itself(open_page, tmp_path):
    scenario = Scenario.load("insulin-challenge", SMALL)
    stored = running.run(scenario, out=tmp_path / "run").dataset.isel(replicate=0)
    page = open_page(recorded(tmp_path / "run", 40, 600).html)
    cell = page.locator(".g4-cell")
    assert page.locator("html").get_attribute("lang") == "en"

    def settled():
        """Wait until what is played has been drawn and written; the time that is on show then."""
        page.wait_for_function("""() => {
          const { told: { pictures }, shown } = document.player, { time, facts } = pictures[shown];
          const stored = document.querySelector(".g4-legend td").textContent.replace(",", "");
          const patch = JSON.parse(document.querySelector(".g4-patch").dataset.told ?? "{}");
          const { dataset } = document.querySelector(".g4-cell"), charts = document.querySelector(".g4-charts").dataset;
          const isDrawn = Number(dataset.time) === time && Number(charts.time) === time;
          return isDrawn && Number(stored) === facts.counts.stored && patch.time === time;
        }""")
        return float(cell.get_attribute("data-time"))

    # ---- with the keyboard alone
    page.locator(".g4-stage").focus()
    page.get_by_label("Speed").select_option("600")
    page.keyboard.press("f")
    page.locator(".g4-stage").focus()
    page.keyboard.press("Space")
    page.wait_for_function("document.player.time === document.player.end")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    slider = page.get_by_label("Look back in time")
    slider.focus()
    page.keyboard.press("Home")
    page.keyboard.press("End")
    for _ in range(3):
        page.keyboard.press("PageDown")
    assert 600.0 < settled() < 1200.0

    # ---- and what is seen can be taken along
    page.get_by_label("Speed").select_option("120")
    page.get_by_role("button", name="Video").click()
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Pause").click()
    with page.expect_download() as started:
        page.get_by_role("button", name="Stop and download").click()
    video = Path(started.value.path()).read_bytes()
    assert video.startswith(bytes.fromhex("1a45dfa3"))
    assert len(video) > 20_000

    # ---- what is on show is what was recorded
    time = settled()
    now = stored.sel(time=time)
    told = {row.split("\t")[0].strip(): row.split("\t")[-1] for row in cell.locator("table").inner_text().splitlines()}
    for state, number in zip(STATES, now["vesicles"].values.astype(int)):
        assert int(told[state].replace(",", "")) == number

    # ---- what became of the vesicle that is followed, and the patch where it is
    engine = Engine(scenario, scenario.run.seed, log_events=True)
    engine.advance(round(time / 0.5))
    events = engine.take_events()
    followed = cell.get_by_role("status")
    number = int(re.match(r"Vesicle (\d+): (\w+) since", followed.inner_text())[1])
    own = events.agent == number
    became = [STATES[vesicle.TRANSITIONS[k][1]] for k in events.transition[own]]
    seen = [text.split("→ ")[1] for text in cell.locator(".g4-followed li").all_inner_texts() if "→" in text]
    assert seen == became[::-1][: len(seen)]
    assert len(seen) == min(len(became), 40) > 0
    patch = json.loads(page.locator(".g4-patch").get_attribute("data-told"))
    v, radius = engine.vesicles, engine.parameters.vesicle.cell_radius
    at = np.column_stack([v.x, v.y, v.z]) / radius
    np.testing.assert_allclose(np.cross(at[number], patch["out"]), 0.0, atol=1e-4)
    inside = (np.abs(at @ patch["along"]) < patch["wide"]) & (np.abs(at @ patch["aside"]) < patch["deep"])
    there = v.state[inside & (at @ patch["out"] > 0.0)]
    named = [vesicle.State[name] for name in ("TETHERED", "DOCKED", "FUSED", "CLUSTERED")]
    assert patch["counts"] == [int((there == state).sum()) for state in named]
    assert sum(patch["counts"]) > 0
    page.keyboard.press("Escape")
    expect(cell.locator(".g4-followed")).to_be_hidden()
