"""Everything that one page has of its own: its session, its views, and what its components watch."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pandas  # noqa: F401  first of all: Solara's hooks look for it, and fail while another thread imports it
import solara

from sim.dashboard.cell_view import CellView
from sim.dashboard.chart_view import ChartView
from sim.dashboard.live import Difference
from sim.dashboard.session import Session, Status
from sim.dashboard.timeline_view import TimelineView, content_of
from sim.errors import InputError
from sim.scenario import Scenario


@dataclass(frozen=True)
class Settings:
    """The part of a Status that changes only when something is done, so that most components are seldom rendered."""

    phase: str = "starting"
    speed: float = Status.speed
    scenario: Scenario | None = field(default=None, compare=False)
    scenario_hash: str = ""  # in place of the scenario when two are compared
    difference: Difference | None = None
    knobs: tuple[tuple[str, float], ...] = ()
    error: str = ""


class Desk:
    """One page's session and views.

    Attributes
    ----------
    cell_view, charts, timeline : the views
    status : solara.Reactive of the session's Status, a few times a second
    settings : solara.Reactive of Settings
    has_timeline : solara.Reactive, whether there is a time line of hormones to show
    """

    def __init__(self, scenario: Scenario):
        self.cell_view, self.charts, self.timeline = CellView(), ChartView(), TimelineView()
        self.status = solara.reactive(Status(), equals=lambda a, b: a is b)
        self.settings = solara.reactive(Settings())
        self.has_timeline = solara.reactive(False)
        self._hashed: tuple[Scenario | None, str] = (None, "")  # the scenario on show
        self._assays: tuple[float, ...] = (0.0,)  # those of the scenario as it was loaded
        self._whole = ""  # hash of what the time line shows
        self._day = 0.0  # of the assay on show [s]
        self.session = Session(self.cell_view, self.charts, self._hear)
        self.timeline.observe(self._choose_day, "chosen")
        self.load(lambda: scenario)

    def load(self, scenario: Callable[[], Scenario], keep_twin: bool = False) -> None:
        """Begin with a scenario; of several assays, with the last."""

        def one_assay():
            loaded = scenario()
            self._assays = loaded.assay.at
            return loaded.at_assay(self._assays[-1])

        self.session.load(one_assay, keep_twin)

    def close(self) -> None:
        """End the session and let go of the views."""
        self.session.close()
        for view in (self.cell_view, self.charts, self.timeline):
            view.close()

    def _hear(self, status: Status) -> None:
        """From the session's thread: how things are."""
        scenario = status.scenario
        if scenario is not self._hashed[0]:
            self._hashed = (scenario, scenario.hash)
            self._show_timeline(scenario)
        self.status.set(status)
        knobs = tuple(status.knobs.items())
        self.settings.set(
            Settings(status.phase, status.speed, scenario, self._hashed[1], status.difference, knobs, status.error)
        )

    # ---- the time line of hormones ----

    def _show_timeline(self, scenario: Scenario) -> None:
        """Work out the time line, in a thread of its own: for months it takes a second or two."""
        self.has_timeline.set(scenario.has_hormones)
        self._day = scenario.assay.at[0]
        whole = scenario.at_assay(*sorted({*self._assays, *scenario.assay.at}))
        if not scenario.has_hormones or whole.hash == self._whole:
            self.timeline.chosen = self._day
            return
        self._whole = whole.hash

        def work():
            content = content_of(whole)
            if self._whole == whole.hash:  # else it has changed meanwhile
                with self.timeline.hold_sync():
                    self.timeline.content, self.timeline.chosen = content, self._day

        threading.Thread(target=work, name="dashboard-timeline", daemon=True).start()

    def _choose_day(self, change) -> None:
        """The reader has moved the marker, unless it was moved here."""
        scenario = self.settings.value.scenario
        if scenario is not None and change["new"] != self._day:
            self.session.load(lambda: scenario.at_assay(change["new"]), keep_twin=True)


def read_text(text: str, name: str) -> Scenario:
    """A scenario from the text of a file; InputError with a line about its first fault."""
    import tomllib

    try:
        return Scenario.from_table(tomllib.loads(text), name)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"is not TOML: {error}.", place=name) from None
