"""A served dashboard, and a Chromium to look at it with; whatever a test does, nothing may go wrong unseen.

Without a Chromium these tests are skipped; with GLUT4SIM_REQUIRE_BROWSER set, as .ci/run does, they fail.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import psutil
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests import processes

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
SETTINGS = ("cell.vesicles=2000", "cell.receptors=4000", "cell.glucose_agents=2000", "run.step=0.5 s")
PATIENCE = 120_000  # ms; the first frame may wait for the kernels to be compiled

expect.set_options(timeout=PATIENCE)


class Server(NamedTuple):
    address: str
    process: psutil.Process


class Visit:
    """A page of the dashboard, in the words of its reader."""

    def __init__(self, page: Page):
        self.page = page
        self.cell, self.charts = page.locator(".g4-cell[data-frames]"), page.locator(".g4-charts[data-drawn]")
        self.clock, self.error = page.locator(".g4-clock"), page.locator(".g4-error")
        self.play = page.locator(".g4-play")  # whatever it says

    def button(self, name):
        return self.page.get_by_role("button", name=name, exact=True)

    def press(self, *names):
        for name in names:
            self.button(name).click()

    def open_tab(self, name):
        """The panel of a tab, once it has stopped moving."""
        self.page.get_by_role("tab", name=name, exact=True).click()
        expect(self.page.locator(".v-window__container--is-active")).to_have_count(0)
        return self.page.locator(".g4-side .v-window-item--active")

    def choose(self, title):
        """A scenario, by its title."""
        picker = self.page.get_by_label("Scenario", exact=True)
        picker.click()
        picker.fill(title)
        wanted = self.page.get_by_role("option", name=title, exact=True)
        wanted.click()
        expect(self.page.get_by_role("heading", name=title, exact=True)).to_be_visible()

    def slider(self, name):
        """A slider that is on show."""
        return self.page.locator(f".v-window-item--active [role=slider][data-slider={name}]")

    def set_slider(self, name, stop):
        """Click a slider at one of its stops."""
        slider = self.slider(name)
        track = self.page.locator(f".v-window-item--active .v-slider:has([data-slider={name}])")
        most = int(slider.get_attribute("aria-valuemax"))
        track.click(position={"x": track.bounding_box()["width"] * stop / most, "y": 10})
        expect(slider).to_have_attribute("aria-valuenow", str(stop))

    def number(self, name):
        """A number that the cell's view keeps for tests: "time", "frames", "points", "cells"."""
        return float(self.cell.get_attribute(f"data-{name}"))

    def until(self, name, relation, value):
        """Wait for such a number to be so; "time" is that of the last frame drawn."""
        self.page.wait_for_function(
            f"value => Number(document.querySelector('.g4-cell')?.dataset.{name}) {relation} value",
            arg=value,
            timeout=PATIENCE,
        )

    def come_to_rest(self):
        """Wait until no frame comes any more; some may still be on their way when the cell stands still."""

        def no_frame_came():
            before = self.number("frames")
            self.page.wait_for_timeout(500)
            return self.number("frames") == before

        processes.wait_until(no_frame_came)

    def download(self, button):
        """What a button gives to take home: path."""
        with self.page.expect_download() as started:
            self.press(button)
        return Path(started.value.path())


@pytest.fixture(scope="module")
def executable():
    """Path of the system's Chromium."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        message = f"there is no Chromium: none of {', '.join(NAMES)} is on the PATH"
        if os.environ.get("GLUT4SIM_REQUIRE_BROWSER"):
            pytest.fail(message)
        pytest.skip(message)
    return path


@pytest.fixture(scope="module")
def launcher():
    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="module")
def chromium(launcher, executable):
    with launcher.launch(executable_path=executable, args=OPTIONS) as browser:
        yield browser


@pytest.fixture(scope="module")
def window(launcher, executable, tmp_path_factory):
    """Where all pages are opened. It has a folder, so that Chromium keeps what it has compiled of the page's scripts:
    the next page is there in half the time.
    """
    view = {"width": 1400, "height": 900}
    folder = tmp_path_factory.mktemp("chromium")
    with launcher.launch_persistent_context(folder, executable_path=executable, args=OPTIONS, viewport=view) as context:
        yield context


@pytest.fixture(scope="module")
def server(executable):
    """`glut4sim dashboard` of a small cell; where it is, and its process."""
    changes = [argument for change in SETTINGS for argument in ("--set", change)]
    program = [sys.executable, "-u", "-m", "glut4sim", "dashboard", "--no-browser"]
    process = subprocess.Popen(
        [*program, "--port", "0", *changes], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    said = process.stdout.readline()
    found = re.search(r"http://localhost:\d+", said)
    assert found, said + process.stderr.read()
    yield Server(found.group(), psutil.Process(process.pid))
    process.terminate()
    _, complaints = process.communicate(timeout=processes.PATIENCE)
    assert "Traceback" not in complaints, complaints


@pytest.fixture
def visit_again(window, server):
    """Opens pages; when the test is over, none may have had an error, or have asked anyone else for anything.

    `where` is an address, or what follows that of the server; `without` is a glob of scripts that come empty.
    """
    pages, faults, asked = [], [], []

    def failed(request):
        if request.failure != "net::ERR_ABORTED":  # which is what a page that is left or closed no longer waits for
            faults.append(f"{request.url}: {request.failure}")

    def visit(where="", without=None):
        page = window.new_page()
        pages.append(page)
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("requestfailed", failed)
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        if without:
            page.route(without, lambda route: route.fulfill(content_type="text/javascript", body=""))
        page.goto(urljoin(server.address, where))
        opened = Visit(page)
        expect(opened.cell).not_to_have_attribute("data-frames", "0")
        expect(opened.charts).not_to_have_attribute("data-drawn", "0")
        return opened

    yield visit
    for page in pages:
        page.close()
    assert not faults
    host = urlsplit(server.address).netloc
    assert asked
    assert {urlsplit(url.removeprefix("blob:")).netloc for url in asked if not url.startswith("data:")} == {host}


@pytest.fixture
def visit(visit_again) -> Visit:
    """A page that shows its first frame."""
    return visit_again()
