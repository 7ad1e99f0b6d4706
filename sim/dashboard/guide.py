"""The guided story: five events of the insulin challenge, before each of which the reader says what will happen.

The run stands still at each event and says what came of it, in numbers of this very run.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import solara

from glut4sim.sim.dashboard.live import Live
from glut4sim.sim.dashboard.session import Session
from glut4sim.sim.scenario.scenario import Scenario

SCENARIO = "insulin-challenge"
SPEED = 60.0  # at which it is told
COMES, GOES = 600.0, 2400.0  # s, insulin of SCENARIO
HALF_ACTIVE = 40.0  # % of receptors, half of what 100 nM brings about
HALF_OUT = 20.0  # % of GLUT4 at the surface, half-way

Course = Mapping[str, np.ndarray]  # of the run so far, as LiveRecords.charted


class Event(NamedTuple):
    """A step of the story.

    Attributes
    ----------
    right : number of the answer that is right
    watch : where to look meanwhile
    has_come : whether the run has got there
    because : what came of it
    """

    question: str
    answers: tuple[str, ...]
    right: int
    watch: str
    has_come: Callable[[Course], bool]
    because: Callable[[Course], str]


def _last(course: Course, name: str) -> float:
    return float(course[name][-1])


def _at(course: Course, name: str, time: float) -> float:
    return float(course[name][np.searchsorted(course["time"], time, side="right") - 1])


def _million(rate: float) -> str:
    return f"{rate / 1e6:.0f} million molecules a second"


def _lit(course: Course) -> str:
    after, receptors = _last(course, "time") - COMES, _last(course, "receptors_active")
    out = _last(course, "surface_glut4_percent")
    return f"After {after:.0f} s {receptors:.0f} % of receptors are active, but only {out:.0f} % of GLUT4 is out."


def _half_out(course: Course) -> str:
    minutes = (_last(course, "time") - COMES) / 60.0
    return f"It took {minutes:.1f} min: each vesicle must be set free, get to the membrane, dock and fuse."


def _level(course: Course) -> str:
    out = _last(course, "surface_glut4_percent")
    return f"It stays near {out:.0f} %: as much is taken back as comes out, and glucose flows in six times as fast."


def _signal_gone(course: Course) -> str:
    left = 100.0 * _last(course, "akt_active") / _at(course, "akt_active", GOES)
    out = 100.0 * _last(course, "surface_glut4_percent") / _at(course, "surface_glut4_percent", GOES)
    return f"Akt has fallen to {left:.0f} % of what it was, while {out:.0f} % of the GLUT4 that was out still is."


def _over(course: Course) -> str:
    before, after = _at(course, "glucose_uptake_rate", GOES), _last(course, "glucose_uptake_rate")
    return f"It fell from {_million(before)} to {_million(after)}, with the GLUT4 that was taken back."


def _half_of(name: str, course: Course) -> bool:
    return _last(course, "time") > GOES and _last(course, name) <= 0.5 * _at(course, name, GOES)


EVENTS = (
    Event(
        "The cell rests: its GLUT4, the gate for glucose, is stored inside. At 10 min insulin comes. What is first?",
        ("Glucose streams in", "Receptors light up", "Vesicles fuse with the membrane"),
        1,
        "Watch the membrane, and the top of the strip.",
        lambda course: _last(course, "receptors_active") >= HALF_ACTIVE,
        _lit,
    ),
    Event(
        "Now the signal runs down the strip. How long until half of the GLUT4 that will come out is out?",
        ("Seconds", "Minutes", "Half an hour"),
        1,
        "Watch vesicles leave the store, and flash where they fuse.",
        lambda course: _last(course, "surface_glut4_percent") >= HALF_OUT,
        _half_out,
    ),
    Event(
        "Insulin stays until 40 min. Will all GLUT4 come out?",
        ("Yes, all of it", "No, it levels off", "No, it goes back inside"),
        1,
        "Watch the curve of GLUT4 at the surface.",
        lambda course: _last(course, "time") >= GOES,
        _level,
    ),
    Event(
        "Insulin is washed away. What falls first?",
        ("The signal, Akt", "GLUT4 at the surface", "Both together"),
        0,
        "Watch the bars of the strip, from the top down.",
        lambda course: _half_of("akt_active", course),
        _signal_gone,
    ),
    Event(
        "And the glucose that flows in?",
        ("Stays: the gates are open", "Falls with GLUT4", "Stops at once"),
        1,
        "Watch the hexagons, and the last bar of the strip.",
        lambda course: _half_of("glucose_uptake_rate", course),
        _over,
    ),
)


class Guide:
    """The story of one page.

    Attributes
    ----------
    step
        solara.Reactive, number of the event that is next; None before the story and after it
    guess : solara.Reactive, number of the answer to it, or None
    said : solara.Reactive, what came of the event before
    """

    def __init__(self, session: Session):
        self._session = session
        self.step: solara.Reactive[int | None] = solara.reactive(None)
        self.guess: solara.Reactive[int | None] = solara.reactive(None)
        self.said = solara.reactive("")

    def is_of(self, scenario: Scenario) -> bool:
        """Whether the story is told of this scenario."""
        return scenario.name == SCENARIO

    def begin(self) -> None:
        """From the start of its scenario."""
        self._session.pause()
        self._session.set_speed(SPEED)
        self._session.load(lambda: Scenario.load(SCENARIO))
        self._go_to(0, "")

    def end(self) -> None:
        """Leave the story; the cell goes on as it is."""
        self._session.pause_when(None)
        self._go_to(None, "")

    def answer(self, guess: int) -> None:
        """Say what will happen, and let it."""
        self.guess.set(guess)
        self._session.pause_when(self._has_come)
        self._session.play()

    def _has_come(self, live: Live) -> bool:
        """In the session's thread, at each record: whether the event is there, or never will be."""
        step, course = self.step.value, live.cells[0].records.charted()
        if step is None or not self.is_of(live.scenario):
            return False
        event = EVENTS[step]
        if not (event.has_come(course) or live.steps_left == 0):
            return False
        verdict = "Right." if self.guess.value == event.right else f"No: {_small(event.answers[event.right])}."
        self._go_to(step + 1, f"{verdict} {event.because(course)}")
        return True

    def _go_to(self, step: int | None, said: str) -> None:
        self.said.set(said)
        self.guess.set(None)
        self.step.set(step)


def _small(text: str) -> str:
    return text if text.startswith("GLUT4") else text[0].lower() + text[1:]
