"""Everything that one page has of its own: its session, its views, and what its components watch."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import monotonic

import pandas  # noqa: F401  first of all: Solara's hooks look for it, and fail while another thread imports it
import solara

from glut4sim.sim.dashboard import address, archive, causes
from glut4sim.sim.dashboard.cell_view import CellView
from glut4sim.sim.dashboard.chart_view import ChartView
from glut4sim.sim.dashboard.live import Difference, Recipe
from glut4sim.sim.dashboard.page_link import PageLink
from glut4sim.sim.dashboard.session import Session, Status
from glut4sim.sim.dashboard.timeline_view import TimelineView, content_of
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.files import parse
from glut4sim.sim.scenario.scenario import Scenario

ADDRESS = 3.0  # s between two times in the address of a run that goes on


@dataclass(frozen=True)
class Settings:
    """The part of a Status that changes only when something is done, so that most components are seldom rendered."""

    phase: str = "starting"
    speed: float = Status.speed
    scenario: Scenario | None = field(default=None, compare=False)
    whole: Scenario | None = field(default=None, compare=False)
    scenario_hash: str = ""  # in place of the scenarios when two are compared
    is_changed: bool = False
    difference: Difference | None = None
    slider_values: tuple[tuple[str, float], ...] = ()
    planned: tuple[tuple[str, str], ...] = ()
    overruled: tuple[tuple[str, str], ...] = ()
    asked: str = ""
    error: str = ""


class PageState:
    """One page's session and views.

    Parameters
    ----------
    scenario : to begin with
    query : of the page's address; what it says is restored

    Attributes
    ----------
    cell_view, charts, timeline, link : the views
    status
        solara.Reactive of the session's Status, a few times a second
    settings
        solara.Reactive of Settings
    has_timeline
        solara.Reactive, whether there is a time line of hormones to show
    """

    def __init__(self, scenario: Scenario, query: str = ""):
        self.cell_view, self.charts, self.timeline = CellView(), ChartView(), TimelineView()
        self.status = solara.reactive(Status(), equals=lambda a, b: a is b)
        self.settings = solara.reactive(Settings())
        self.has_timeline = solara.reactive(False)
        self._hashed: tuple[Scenario | None, str] = (None, "")  # the scenario on show
        self._drawn = ""  # hash of what the time line shows
        self._day = 0.0  # of the assay on show [s]
        self._explained: tuple[str, Difference | None] = ("", None)  # what the strip of causes is of
        self.link = PageLink(self._go_to)
        self._first = Recipe(scenario)
        self._recipe: Recipe | None = None  # that is in the address,
        self._is_asked_for = True  # whether what is shown next is in the address already
        self._query, self._addressed = "", 0.0  # as it is there, and when it was put there
        self.session = Session(self.cell_view, self.charts, self._hear)
        self.timeline.observe(self._choose_day, "chosen")
        if query:
            self._go_to(query)
        else:
            self.session.load(lambda: scenario)

    def close(self) -> None:
        """End the session and let go of the views."""
        self.session.close()
        for view in (self.cell_view, self.charts, self.timeline, self.link):
            view.close()

    def take_home(self) -> bytes:
        """The results up to now, zipped; nothing, and a line on the page, if that fails."""
        try:
            # In a thread of its own: Solara traces the one it downloads in, line by line, to be able to cancel it.
            with ThreadPoolExecutor(1) as pool:
                return pool.submit(archive.results, self.session.taken().result()).result()
        except Exception as error:  # noqa: BLE001  the page must go on
            self.session.complain(f"the results could not be collected: {type(error).__name__}: {error}")
            return b""

    def _hear(self, status: Status) -> None:
        """From the session's thread: how things are."""
        if status.whole is not None and status.scenario is not self._hashed[0]:
            self._hashed = (status.scenario, status.scenario.hash)
            self._show_timeline(status.whole, status.scenario.assay.at[0])
        if status.scenario is not None:
            self._explain(status.scenario, status.difference)
        self._put_into_address(status)
        self.status.set(status)
        self.settings.set(
            Settings(
                status.phase,
                status.speed,
                status.scenario,
                status.whole,
                self._hashed[1],
                status.is_changed,
                status.difference,
                tuple(status.slider_values.items()),
                tuple(status.planned.items()),
                tuple(status.overruled.items()),
                status.asked,
                status.error,
            )
        )

    def _explain(self, scenario: Scenario, difference: Difference | None) -> None:
        """Tell the strip of causes what acts in the cell and its twin, worked out in a thread of its own."""
        asked = (self._hashed[1], difference)
        if asked == self._explained:
            return
        self._explained = asked

        def work():
            twins = [] if difference is None else [difference.of(scenario)]
            content = causes.content([scenario, *twins])
            if self._explained == asked:  # else it has changed meanwhile
                self.cell_view.causes = content

        threading.Thread(target=work, name="dashboard-causes", daemon=True).start()

    # ---- the address ----

    def _put_into_address(self, status: Status) -> None:
        """What makes the cells, at once; how far they have come, every few seconds and when they stand still."""
        if status.recipe is None or status.phase in ("building", "restoring"):
            return
        now, is_other = monotonic(), status.recipe != self._recipe
        if is_other:
            self._recipe, self._query = status.recipe, address.write(status.recipe)
        elif status.phase == "running" and now - self._addressed < ADDRESS:
            return
        self._addressed = now
        is_new = is_other and not self._is_asked_for
        self._is_asked_for = self._is_asked_for and not is_other
        self.link.show(address.at(self._query, round(status.time, 9)), is_new)

    def _go_to(self, query: str) -> None:
        """Restore what an address says."""
        self._is_asked_for = True
        self.session.restore(lambda: address.read(query), self._first)

    # ---- the time line of hormones ----

    def _show_timeline(self, scenario: Scenario, day: float) -> None:
        """Work out the time line, in a thread of its own: for months it takes a second or two."""
        self.has_timeline.set(scenario.has_hormones)
        self._day = day
        if not scenario.has_hormones or scenario.hash == self._drawn:
            self.timeline.chosen = day
            return
        self._drawn = scenario.hash

        def work():
            content = content_of(scenario)
            if self._drawn == scenario.hash:  # else it has changed meanwhile
                with self.timeline.hold_sync():
                    self.timeline.content, self.timeline.chosen = content, self._day

        threading.Thread(target=work, name="dashboard-timeline", daemon=True).start()

    def _choose_day(self, change) -> None:
        """The reader has moved the marker, unless it was moved here."""
        if change["new"] != self._day:
            self.session.choose_day(change["new"])


def read_text(text: str, name: str) -> Scenario:
    """A scenario from the text of a file; InputError with a line about its first fault."""
    try:
        return Scenario.from_table(parse(text), name)
    except InputError as error:
        raise error.within(place=name) from None
