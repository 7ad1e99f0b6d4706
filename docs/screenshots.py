"""Makes the dashboard's pictures for README.md and docs/dashboard.md anew, with the Chromium of the system.

    python docs/screenshots.py [FOLDER]

Writes FOLDER/dashboard.png, dashboard-twin.png, dashboard-dark-section.png and dashboard-weeks.png.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).parent / "images"
SIZE = {"width": 1440, "height": 900}
PROGRAM = [sys.executable, "-u", "-m", "glut4sim", "dashboard", "--no-browser", "--port", "0"]
HOUR = 3_600_000  # ms: as long as it takes


def main(folder: Path) -> None:
    """Take all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright, served() as address:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        with opened(browser, address) as page:
            run_to(page, 1200.0)
            page.screenshot(path=folder / "dashboard.png")
        with opened(browser, address) as page:
            page.set_viewport_size(SIZE | {"height": 1080})  # room for the differences too
            begin_with_twin(page, stop=3)
            run_to(page, 1500.0)
            page.screenshot(path=folder / "dashboard-twin.png")
        with opened(browser, address, color_scheme="dark") as page:
            run_to(page, 1500.0)
            page.get_by_label("Section").first.check()
            page.wait_for_timeout(500)
            page.screenshot(path=folder / "dashboard-dark-section.png")
        with opened(browser, address) as page:
            picker, title = page.get_by_label("Scenario", exact=True), "Testosterone therapy for 24 weeks"
            picker.click()
            picker.fill(title)  # only some of the list is there to be seen
            page.get_by_role("option", name=title, exact=True).click()
            page.get_by_role("slider", name="Time of the assay").wait_for()
            page.wait_for_timeout(1000)
            page.locator("#weeks .g4-rows").screenshot(path=folder / "dashboard-weeks.png")


@contextmanager
def served() -> Iterator[str]:
    """A dashboard, by its address."""
    process = subprocess.Popen(PROGRAM, stdout=subprocess.PIPE, text=True)
    try:
        yield re.search(r"http://localhost:\d+", process.stdout.readline()).group()
    finally:
        process.terminate()
        process.wait()


@contextmanager
def opened(browser: Browser, address: str, **options) -> Iterator[Page]:
    """A page that shows its first frame."""
    page = browser.new_page(viewport=SIZE, device_scale_factor=1.5, **options)
    page.goto(address)
    page.locator(".g4-cell:not([data-frames='0'])[data-cells]").wait_for(timeout=HOUR)
    yield page
    page.close()


def run_to(page: Page, time: float) -> None:
    """Play up to a time [s] or a little later, and let the last frame come."""
    page.get_by_role("button", name="60×", exact=True).click()
    page.get_by_role("button", name="Play", exact=True).click()
    reached = "time => Number(document.querySelector('.g4-cell').dataset.time) >= time"
    page.wait_for_function(reached, arg=time, timeout=HOUR)
    page.get_by_role("button", name="Pause", exact=True).click()
    page.mouse.move(0, 0)
    page.wait_for_timeout(1500)


def begin_with_twin(page: Page, stop: int) -> None:
    """Put a twin beside the cell that has little testosterone all along, by a stop of its slider."""
    page.get_by_role("tab", name="What if", exact=True).click()
    slider = page.locator(".v-window-item--active").get_by_role("slider")
    slider.press("Home")
    for _ in range(stop):
        page.wait_for_timeout(300)
        slider.press("ArrowRight")
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Both from the start", exact=True).click()
    page.locator(".g4-cell[data-cells='2']").wait_for()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
