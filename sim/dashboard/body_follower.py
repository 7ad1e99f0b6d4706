"""A body that follows the clock of a page, in a thread of its own, and the charts of its blood."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

from glut4sim.sim.dashboard import chart_view, colours
from glut4sim.sim.dashboard.body_run import Action, BodyRun
from glut4sim.sim.dashboard.chart_view import ChartView
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.body.people import exchange_of

PER_BODY = "mg/kg of body/min"
PANELS: tuple[dict[str, Any], ...] = (
    {
        "title": "Glucose",
        "unit": "mM",
        "series": [
            {"name": "glucose", "label": "in plasma", "colour": colours.GLUCOSE},
            {"name": "tissue_glucose", "label": "between cells", "colour": colours.RAB10},
        ],
    },
    {
        "title": "Insulin",
        "unit": "pM",
        "series": [
            {"name": "insulin", "label": "in plasma", "colour": colours.INSULIN},
            {"name": "muscle_insulin", "label": "between fibres of muscle", "colour": colours.RECEPTOR},
            {"name": "fat_insulin", "label": "between fat cells", "colour": colours.AKT},
        ],
    },
    {
        "title": "Glucose into the blood",
        "unit": PER_BODY,
        "series": [
            {"name": "production", "label": "made by the liver", "colour": colours.IRS1},
            {"name": "infusion", "label": "infused", "colour": colours.PIP3},
        ],
    },
    {
        "title": "Glucose taken up",
        "unit": PER_BODY,
        "series": [
            {"name": "muscle_uptake", "label": "by muscle", "colour": colours.RECEPTOR},
            {"name": "fat_uptake", "label": "by fat", "colour": colours.AKT},
            {"name": "other_uptake", "label": "by brain and blood cells", "colour": colours.RAB10},
        ],
    },
)
DRAWN_EVERY = 8  # exchanges that are caught up with between two pictures, at most
LOOK = 0.1  # s between two looks at whether the browser is ready for a picture


class BodyFollower:
    """Keeps a body at the time of a page.

    Parameters
    ----------
    complain : called with a line when something goes wrong
    tell : called when something was done to the body

    Attributes
    ----------
    charts : ChartView
    """

    def __init__(self, complain: Callable[[str], object], tell: Callable[[], object]):
        self.charts = ChartView(panels=list(PANELS))
        self._complain, self._tell = complain, tell
        self._wanted = threading.Condition()
        self._scenario: Scenario | None = None
        self._actions: tuple[Action, ...] = ()
        self._time, self._until = 0.0, 0.0  # of the page [s]
        self._run: BodyRun | None = None
        self._begun = 0  # times that the page has begun a body
        self._closed = False
        self._thread: threading.Thread | None = None

    @property
    def actions(self) -> tuple[Action, ...]:
        """All that was done by hand."""
        return self._actions

    def begin(self, scenario: Scenario | None, actions: Iterable[Action] = ()) -> None:
        """Another body, from rest; None: there is none."""
        with self._wanted:
            self._scenario, self._actions = scenario, tuple(actions)
            self._begun, self._time = self._begun + 1, 0.0
            if scenario is not None and self._thread is None:
                self._thread = threading.Thread(target=self._work, name="dashboard-body", daemon=True)
                self._thread.start()
            self._wanted.notify()

    def follow(self, time: float, until: float) -> None:
        """What time it is on the page, and when its run ends [s]; if that is earlier than before, from rest again."""
        with self._wanted:
            if time < self._time - 1e-9 and self._scenario is not None:
                self._begun += 1
            self._time, self._until = time, until
            self._wanted.notify()

    def do(self, what: str, amount: float = 0.0) -> None:
        """Something to the body, at the end of the last exchange that the page has come to."""
        with self._wanted:
            if self._scenario is None:
                return
            exchange = exchange_of(self._scenario)
            action = Action(exchange * int(self._time / exchange + 1e-9), what, amount)
            action.check()
            self._actions = (*self._actions, action)
            self._wanted.notify()
        self._tell()

    def undo(self) -> None:
        """Take back all that was done by hand; from rest again, up to now."""
        with self._wanted:
            self._actions, self._begun = (), self._begun + 1
            self._wanted.notify()
        self._tell()

    def taken(self) -> bytes:
        """CSV of the body so far."""
        return self._run.csv().encode() if self._run else b""

    def close(self) -> None:
        """End the thread, and let go of the charts."""
        with self._wanted:
            self._closed = True
            self._wanted.notify()
        self.charts.close()

    # ---- the thread ----

    def _work(self):
        made, drawn = 0, None
        while True:
            with self._wanted:
                if self._begun == made and not self._is_due():
                    self._wanted.wait(LOOK if self._run else None)
                if self._closed:
                    return
                scenario, actions, begun = self._scenario, self._actions, self._begun
            try:
                if begun != made:
                    made, self._run = begun, None
                    self._run = scenario and BodyRun(scenario, actions)
                if self._run:
                    self._catch_up(self._run, actions)
                    drawn = self._draw(self._run, drawn)
            except InputError as error:
                self._run = None
                self._complain(str(error))

    def _is_due(self):
        return self._run is not None and self._run.time + self._run.exchange <= self._time + 1e-9

    def _catch_up(self, run, actions):
        for action in actions[len(run.actions) :]:
            run.add(action)
        for _ in range(DRAWN_EVERY):
            if not self._is_due():
                break
            run.advance()

    def _draw(self, run, drawn):
        """Draw it if it is not as it is drawn; returns what is."""
        now = id(run), run.time, len(run.actions), self._until
        if now == drawn or not self.charts.is_free():
            return drawn
        self.charts.show(*chart_view.pack([run.curve], self._until, run.marks))
        return now
