"""How fast the page is with the most agents that it draws without thinning them out.

Best of several windows: what else the machine does can only make it slower. The bounds are for a page that has a
processor to itself; where others leave it half of one, it may take twice as long.
"""

import statistics
import time

import psutil
from playwright.sync_api import expect

SETTINGS = ("cell.vesicles=20000",)
WINDOWS = 30  # at most

FRAMES = """seconds => new Promise((done) => {
  const cell = document.querySelector(".g4-cell"), before = Number(cell.dataset.frames), start = performance.now();
  setTimeout(() => done((1000 * (cell.dataset.frames - before)) / (performance.now() - start)), 1000 * seconds);
})"""  # a second

RESPONSE = """button => new Promise((done) => {
  const label = button.innerText, start = performance.now();
  const watch = new MutationObserver(() => {
    if (button.innerText === label) return;
    watch.disconnect();
    requestAnimationFrame(() => done(performance.now() - start));
  });
  watch.observe(button, { subtree: true, childList: true, characterData: true });
  button.click();
})"""  # ms from a click to the frame that shows it


class Share:
    """How much of a processor there is for the page and its server, from now on."""

    def __init__(self):
        self._start = self._now()

    @staticmethod
    def _now():
        """Time [s], and processor time [s] that they took, or that nobody wanted, so far."""
        spent = 0.0
        for process in psutil.Process().children(recursive=True):  # the browser's and the server's
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            spent += times.user + times.system
        return time.monotonic(), spent + psutil.cpu_times().idle

    def so_far(self):
        """0 to 1."""
        (began, before), (now, after) = self._start, self._now()
        return min(1.0, (after - before) / (now - began))


def test_it_draws_25_frames_a_second(visit, record_property):
    visit.press("Play")
    visit.until("time", ">", 30.0)
    assert visit.number("points") == 20_000
    windows = []
    while len(windows) < WINDOWS and max(windows, default=0.0) < 25.0:
        share = Share()
        rate = visit.page.evaluate(FRAMES, 2.0)
        windows.append(rate / share.so_far())
    record_property("frames per second", [round(rate, 1) for rate in windows])
    assert max(windows) >= 25.0


def test_a_click_is_answered_within_150_ms(visit, record_property):
    visit.press("Play")
    visit.until("time", ">", 30.0)
    windows = []
    while len(windows) < WINDOWS and min(windows, default=150.0) >= 150.0:
        took, share = [], Share()
        for label in ("Play", "Pause") * 3:
            took.append(visit.play.evaluate(RESPONSE))
            expect(visit.play).to_have_text(label)
            visit.page.wait_for_timeout(150)
        windows.append(statistics.median(took[::2]) * share.so_far())  # of those while it ran
    record_property("click to response, ms", [round(time) for time in windows])
    assert min(windows) < 150.0
