"""Everything that one page has of its own: its session, its views, and what its components watch."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import pandas  # noqa: F401  first of all: Solara's hooks look for it, and fail while another thread imports it
import solara

from glut4sim.sim.dashboard import address, archive, causes, chart_files
from glut4sim.sim.dashboard.backdrop import Pin
from glut4sim.sim.dashboard.body_follower import BodyFollower
from glut4sim.sim.dashboard.body_run import Action
from glut4sim.sim.dashboard.cell_view import CellView
from glut4sim.sim.dashboard.chart_view import ChartView
from glut4sim.sim.dashboard.live import DAY, Difference, Recipe
from glut4sim.sim.dashboard.overlays import Behind, Overlays
from glut4sim.sim.dashboard.page_link import PageLink
from glut4sim.sim.dashboard.session import Session, Status
from glut4sim.sim.dashboard.weeks import Weeks
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
    cell_view, charts, link : the views
    weeks, twin_weeks : Weeks of the cell and of its twin
    body : BodyFollower
    overlays : Overlays of the charts
    behind
        solara.Reactive of what they are
    done_to_body
        solara.Reactive, what was done to the body by hand: tuple of Action
    status
        solara.Reactive of the session's Status, a few times a second
    settings
        solara.Reactive of Settings
    """

    def __init__(self, scenario: Scenario, query: str = ""):
        self.cell_view = CellView(
            lambda cell, vesicle: self.session.follow(cell, vesicle), lambda time: self.session.look_back(time)
        )
        self.charts = ChartView()
        self.status = solara.reactive(Status(), equals=lambda a, b: a is b)
        self.settings = solara.reactive(Settings())
        self._hashed: tuple[Scenario | None, str] = (None, "")  # the scenario on show
        self._told: tuple[Scenario | None, Difference | None] = (None, None)  # of which the weeks are shown
        self.link = PageLink(self._go_to)
        self._first = Recipe(scenario)
        self._addressed_of: tuple | None = None  # what is in the address,
        self._is_asked_for = True  # whether what is shown next is in the address already
        self._query, self._addressed = "", 0.0  # as it is there, and when it was put there
        self.weeks = Weeks(lambda day: self.session.choose_day(day))
        self.twin_weeks = Weeks(lambda day: self.session.start_twin(Difference(DAY, day)))
        self.done_to_body: solara.Reactive[tuple[Action, ...]] = solara.reactive(())
        self.behind = solara.reactive(Behind(), equals=lambda a, b: a is b)
        self._body_of: tuple[str, str] | None = None  # name and hash of the scenario whose body is on show
        self._restored: tuple[Action, ...] | None = None  # what an address says was done to the body it tells of
        self._explained: tuple[str, Difference | None] = ("", None)  # what the strip of causes is of
        self.session = Session(self.cell_view, self.charts, self._hear)
        self.body = BodyFollower(lambda line: self.session.complain(line), self._tell_of_body)
        self.overlays = Overlays(self.charts, lambda line: self.session.complain(line), self._tell_of_overlays)
        if query:
            self._go_to(query)
        else:
            self.session.load(lambda: scenario)

    def close(self) -> None:
        """End the session and let go of the views."""
        self.session.close()
        self.body.close()
        self.overlays.close()
        for view in (self.cell_view, self.charts, self.weeks.view, self.twin_weeks.view, self.link):
            view.close()

    def take_home(self, what: str) -> bytes:
        """Something of the run so far: "zip", "csv", "svg" or "png"; nothing, and a line on the page, if it fails."""
        try:
            # In a thread of its own: Solara traces the one it downloads in, line by line, to be able to cancel it.
            with ThreadPoolExecutor(1) as pool:
                return pool.submit(self._made, what).result()
        except Exception as error:  # noqa: BLE001  the page must go on
            self.session.complain(f"the results could not be collected: {type(error).__name__}: {error}")
            return b""

    def _made(self, what: str) -> bytes:
        if what == "zip":
            return archive.results(self.session.taken().result())
        charts = self.session.charted().result()
        return chart_files.table(charts) if what == "csv" else chart_files.picture(charts, what)

    def _hear(self, status: Status) -> None:
        """From the session's thread: how things are."""
        if status.scenario is not None and status.scenario is not self._hashed[0]:
            before, self._hashed = self._hashed[1], (status.scenario, status.scenario.hash)
            if self._hashed[1] != before:
                self.overlays.show(status.scenario)
        if status.scenario is not None and (status.scenario, status.difference) != self._told:
            self._told = (status.scenario, status.difference)
            self._show_weeks(status)
        if status.scenario is not None and status.phase != "building":
            self._follow_with_body(status)
        self._put_into_address(status)
        if status.scenario is not None:
            self._explain(status.scenario, status.difference)
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

    # ---- the address ----

    def _put_into_address(self, status: Status) -> None:
        """What makes the cells, at once; how far they have come, every few seconds and when they stand still."""
        if status.recipe is None or status.phase in ("building", "restoring"):
            return
        now, behind = monotonic(), self.overlays.behind
        pins = tuple((pin.recipe, pin.time) for pin in behind.pins)
        shown = (status.recipe, self.body.actions, behind.kinds, pins)
        is_other = shown != self._addressed_of
        if is_other:
            self._addressed_of, self._query = shown, address.write(*shown)
        elif status.phase == "running" and now - self._addressed < ADDRESS:
            return
        self._addressed = now
        is_new = is_other and not self._is_asked_for
        self._is_asked_for = self._is_asked_for and not is_other
        self.link.show(address.at(self._query, round(status.time, 9)), is_new)

    def _go_to(self, query: str) -> None:
        """Restore what an address says."""
        self._is_asked_for = True
        _then(self.session.restore(lambda: address.read(query), self._first), self._restore_rest)

    def _restore_rest(self, shown: address.Shown) -> None:
        """From the session's thread, once the cells of an address are there."""
        self._restored, self._body_of = shown.actions, None
        self.overlays.want(shown.kinds, [Pin(*pin) for pin in shown.pins])

    # ---- what is behind the charts ----

    def pin(self) -> None:
        """Keep the run of the cell as it is now."""
        _then(self.session.pinned(), self.overlays.pin)

    def _tell_of_overlays(self) -> None:
        """Other things are behind the charts: they belong into the address."""
        self.behind.set(self.overlays.behind)
        self.session.tell_again()

    # ---- the body ----

    def _follow_with_body(self, status: Status) -> None:
        """Let the body, if the scenario has one, be that of the scenario and come to the time of the page."""
        of = status.scenario.name, self._hashed[1]
        if of != self._body_of:
            kept = self.body.actions if self._body_of and self._body_of[0] == of[0] else ()
            actions = kept if self._restored is None else self._restored
            self._body_of, self._restored = of, None
            self.body.begin(status.scenario if status.scenario.assay.kind else None, actions)
            self.done_to_body.set(self.body.actions)
        self.body.follow(status.time, status.duration)

    def _tell_of_body(self) -> None:
        """Something was done to the body: it belongs into the address."""
        self.done_to_body.set(self.body.actions)
        self.session.tell_again()

    # ---- the strip of causes ----

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

    # ---- the weeks before ----

    def _show_weeks(self, status: Status) -> None:
        """Of the cell; and of its twin, where that has come another way or is looked at on another day."""
        self.weeks.show(status.whole, status.scenario.assay.at[0])
        self.twin_weeks.show(status.twin_whole, status.twin_day)


def _then(asked: Future, act: Callable[[Any], object]) -> None:
    """Do something with what was asked for, if it comes."""
    asked.add_done_callback(lambda done: done.cancelled() or done.exception() or act(done.result()))


def read_text(text: str, name: str) -> Scenario:
    """A scenario from the text of a file; InputError with a line about its first fault."""
    try:
        return Scenario.from_table(parse(text), name)
    except InputError as error:
        raise error.within(place=name) from None
