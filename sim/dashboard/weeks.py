"""The time line of hormones of a cell on the page, worked out in a thread of its own: of months it takes seconds."""

import threading
from collections.abc import Callable

import solara

from glut4sim.sim.dashboard.timeline_view import TimelineView, content_of
from glut4sim.sim.scenario.scenario import Scenario


class Weeks:
    """What a cell has gone through before its experiment.

    Parameters
    ----------
    choose : called with the time since the start [s] when the reader has moved the marker there

    Attributes
    ----------
    view : TimelineView
    is_shown
        solara.Reactive, whether there is anything to show
    """

    def __init__(self, choose: Callable[[float], None]):
        self.view, self.is_shown = TimelineView(), solara.reactive(False)
        self._choose = choose
        self._drawn = ""  # hash of the scenario that is drawn
        self._day = 0.0  # of the assay on show [s]
        self.view.observe(self._hear, "chosen")

    def show(self, scenario: Scenario | None, day: float) -> None:
        """Show the time line of a scenario with all its assays, and where a day lies on it [s]; of None, nothing."""
        has_any = scenario is not None and scenario.has_hormones
        self.is_shown.set(has_any)
        self._day = day
        if not has_any or scenario.hash == self._drawn:
            self.view.chosen = day
            return
        drawn = self._drawn = scenario.hash

        def work():
            content = content_of(scenario)
            if self._drawn == drawn:  # else it has changed meanwhile
                with self.view.hold_sync():
                    self.view.content, self.view.chosen = content, self._day

        threading.Thread(target=work, name="dashboard-timeline", daemon=True).start()

    def _hear(self, change):
        if change["new"] != self._day:  # else it was moved here
            self._choose(change["new"])
