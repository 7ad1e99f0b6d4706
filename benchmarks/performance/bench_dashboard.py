"""Speed of the page with the most agents that it draws without thinning them out; `make bench`. Needs a Chromium.

The aims, for a page that has a processor to itself: 100 frames in 4 s, a click answered within 150 ms.
"""

from playwright.sync_api import expect

from tests.browser.conftest import chromium, server, visit, visit_again

__all__ = ["chromium", "server", "visit", "visit_again"]  # fixtures

SETTINGS = ("cell.vesicles=20000",)

FRAMES = """count => new Promise((done) => {
  const cell = document.querySelector(".g4-cell"), last = Number(cell.dataset.frames) + count;
  const look = () => (Number(cell.dataset.frames) >= last ? done() : requestAnimationFrame(look));
  look();
})"""

RESPONSE = """button => new Promise((done) => {
  const label = button.innerText;
  const watch = new MutationObserver(() => {
    if (button.innerText === label) return;
    watch.disconnect();
    requestAnimationFrame(() => done());
  });
  watch.observe(button, { subtree: true, childList: true, characterData: true });
  button.click();
})"""  # from a click to the frame that shows it


def test_100_frames(benchmark, visit):
    visit.press("Play")
    visit.until("time", ">", 30.0)
    assert visit.number("points") == 20_000
    benchmark.pedantic(visit.page.evaluate, args=(FRAMES, 100), rounds=5)


def test_pause_is_answered(benchmark, visit):
    visit.press("Play")
    visit.until("time", ">", 30.0)

    def running():
        if visit.play.inner_text() == "Play":
            visit.press("Play")
            expect(visit.play).to_have_text("Pause")
            visit.page.wait_for_timeout(150)

    benchmark.pedantic(visit.play.evaluate, args=(RESPONSE,), setup=running, rounds=7)
