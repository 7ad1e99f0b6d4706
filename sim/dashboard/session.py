"""One page's simulation: a thread that steps its cells, does what the page asks, and sends the views what to draw.

The page never waits for the cells: it leaves tasks, the thread does them between two slices of steps and tells `listen`
what came of it. How fast it steps, and what is drawn, changes no bit of a result.
"""

import gc
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, TypeVar

import psutil

from glut4sim.sim.dashboard import chart_view
from glut4sim.sim.dashboard.backdrop import Pin
from glut4sim.sim.dashboard.build import Build, Size
from glut4sim.sim.dashboard.chart_files import Charts
from glut4sim.sim.dashboard.chart_view import Curve
from glut4sim.sim.dashboard.live import Difference, Live, LiveChange, Recipe
from glut4sim.sim.dashboard.pictures import Pictures
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario.scenario import Scenario

SPEEDS = (1.0, 10.0, 60.0, 300.0, float("inf"))  # simulated per real time
SLICE = 0.02  # s of stepping between two looks at tasks and views
FRAME, CHARTS, STATUS = 1 / 40, 1 / 10, 1 / 4  # s between two, at least
LATE = 0.25  # s behind the speed asked for, beyond which what was missed is let go
MAX_BLOCK = 256  # steps at once, at most
IDLE = 0.25  # s between two looks at views while nothing happens
BRIEF = 0.3  # s for which cells may be in the making without a word

Made = TypeVar("Made")


@dataclass(frozen=True)
class Status:
    """What the page says of its session.

    Attributes
    ----------
    phase
        "starting", "building", "restoring", "paused", "running", "finished" or "failed"
    time, duration : simulated [s]
    speed
        simulated per real time, as asked for; infinite: as fast as it computes
    ratio : as achieved, 0 while nothing moves
    scenario
        of the cell with all that was changed; None until there is one
    whole
        the same with all assays of the scenario, not only the one on show
    twin_whole, twin_day
        the same of a twin that differs all along, and when its experiment is done [s]; None and 0 without one
    is_changed : whether something was changed by hand
    difference
        in what the twin differs; None without one
    recipe : of the cells on show
    slider_values : what can be changed in the run -> its value now
    planned, overruled
        what will change by itself, and what is held by hand instead -> what is planned, in words
    asked
        what the reader is asked to say yes or no to, a sentence; empty if nothing
    error
        what went wrong last, a line; empty if nothing
    """

    phase: str = "starting"
    time: float = 0.0
    duration: float = 0.0
    speed: float = 60.0
    ratio: float = 0.0
    scenario: Scenario | None = None
    whole: Scenario | None = None
    twin_whole: Scenario | None = None
    twin_day: float = 0.0
    is_changed: bool = False
    difference: Difference | None = None
    recipe: Recipe | None = None
    slider_values: Mapping[str, float] = field(default_factory=dict)
    planned: Mapping[str, str] = field(default_factory=dict)
    overruled: Mapping[str, str] = field(default_factory=dict)
    asked: str = ""
    error: str = ""


class Session:
    """Steps cells in a thread of its own until it is closed.

    Parameters
    ----------
    cell_view, charts : Channel
        where frames and charts go
    listen
        called with a Status whenever it changes, from the session's thread
    """

    def __init__(self, cell_view, charts, listen: Callable[[Status], None]):
        self._cell_view, self._charts, self._listen = cell_view, charts, listen
        self._pictures = Pictures(cell_view)
        self._tasks: SimpleQueue[tuple[Callable, Future]] = SimpleQueue()
        self._closed, self._given_up = threading.Event(), threading.Event()
        self._asked: tuple[str, Recipe, float] | None = None  # a question, and what is shown if the answer is yes
        self._reach: float | None = None  # time to which a run that is restored is computed [s]
        self._building = False
        self._live: Live | None = None
        self._running = False
        self._speed, self._error, self._failed = Status.speed, "", False
        self._pause_when: Callable[[Live], bool] | None = None
        self._block = 1
        self._anchor = (0.0, 0.0)  # real and simulated time from which the speed counts
        self._pace = (0.0, 0.0, 0.0)  # real and simulated time of the last look at the ratio, and the ratio
        self._shown = {"frame": 0.0, "charts": 0.0, "status": 0.0}
        self._stale = {"frame": False, "charts": False, "status": True}
        self._thread = threading.Thread(target=self._work, name="dashboard-session", daemon=True)
        self._thread.start()

    # ---- what the page asks for ----

    def load(self, scenario: Callable[[], Scenario], keep_twin: bool = False) -> Future:
        """Begin with a scenario, given by what makes it; the cells on show stay if there is a fault in it."""

        def task():
            kept = self._live.difference if keep_twin and self._live else None
            self._replace(Recipe(scenario(), difference=kept))

        return self._do(task)

    def restore(self, shown: Callable[[], tuple[Any, ...]], otherwise: Recipe) -> Future:
        """Show cells as they are at a time of their run, and stand still there.

        shown : gives a Recipe of them, the time [s], and perhaps more; it is the Future's result
        otherwise : what to begin with if that fails and nothing is on show
        """

        def task():
            try:
                found = shown()
            except InputError:
                if self._live is None:
                    self._replace(otherwise)
                raise
            self._run(False)
            self._replace(*found[:2])
            return found

        return self._do(task)

    def rebase(
        self, changed: Callable[[Scenario], Scenario], keep: Callable[[LiveChange], bool] | None = None
    ) -> Future:
        """Begin again with the scenario changed, on the same day, with the twin.

        changed : of the scenario without changes by hand
        keep : which of those to keep; None for all
        """

        def task():
            now = self._needed().recipe
            kept = now.changes if keep is None else tuple(filter(keep, now.changes))
            self._replace(now._replace(base=changed(now.base), changes=kept))

        return self._do(task)

    def restart(self) -> Future:
        """From the start again, with everything that was changed, each at its time."""
        return self.rebase(lambda scenario: scenario)

    def undo(self) -> Future:
        """From the start again, without what was changed by hand."""
        return self.rebase(lambda scenario: scenario, lambda _: False)

    def choose_day(self, day: float) -> Future:
        """Do the experiment at another time since the start [s]."""
        return self._do(lambda: self._replace(self._needed().recipe._replace(day=day)))

    def play(self) -> Future:
        """Go on; does nothing at the end of the run."""
        return self._do(lambda: self._run(self._needed().steps_left > 0))

    def play_on(self, seconds: float) -> Future:
        """Lengthen the run, and go on."""

        def task():
            self._needed().lengthen(seconds)
            self._run(True)

        return self._do(task)

    def pause(self) -> Future:
        """Stand still."""
        return self._do(lambda: self._run(False))

    def pause_when(self, is_there: Callable[[Live], bool] | None) -> Future:
        """Stand still, once, at the first record of which this is true; None to go on through all of them."""

        def task():
            self._pause_when = is_there

        return self._do(task)

    def step(self) -> Future:
        """Go to the next record and stand still there."""

        def task():
            live = self._needed()
            self._run(False)
            live.advance(live.steps_to_record)

        return self._do(task)

    def set_speed(self, speed: float) -> Future:
        """Simulated per real time, infinite for as fast as it computes."""

        def task():
            self._speed = speed
            self._set_anchor()

        return self._do(task)

    def change(self, name: str, value: float) -> Future:
        """Live.change."""

        def task():
            live = self._needed()
            self._wait_for(lambda: live.change(name, value))

        return self._do(task)

    def resume(self, name: str) -> Future:
        """Live.resume."""

        def task():
            live = self._needed()
            self._wait_for(lambda: live.resume(name))

        return self._do(task)

    def start_twin(self, difference: Difference) -> Future:
        """From the start again, beside a twin that differs all along."""
        return self._do(lambda: self._replace(self._needed().recipe._replace(difference=difference)))

    def fork(self, name: str, value: float) -> Future:
        """Live.fork."""

        def task():
            live = self._needed()
            self._wait_for(lambda: live.fork(name, value))

        return self._do(task)

    def drop_twin(self) -> Future:
        """Live.drop_twin."""

        return self._do(lambda: self._needed().drop_twin())

    def follow(self, cell: int, vesicle: int | None) -> Future:
        """Follow a vesicle of a cell, by its number among those drawn; or none."""
        return self._do(lambda: self._pictures.follow(self._needed(), cell, vesicle))

    def look_back(self, time: float | None) -> Future:
        """Let the view show the cells as they were at a time [s]; None: as they are. The run goes on meanwhile."""
        return self._do(lambda: self._pictures.look_back(time))

    def taken(self) -> Future:
        """Live.taken, as the Future's result."""
        return self._do(lambda: self._needed().taken())

    def pinned(self) -> Future:
        """The run of the cell up to now as a Pin, as the Future's result."""

        def task():
            live = self._needed()
            pin = Pin(live.recipe._replace(difference=None), round(live.time, 9))
            return pin._replace(curve=Curve("pin", pin.label, live.cells[0].records.charted()))

        return self._do(task)

    def charted(self) -> Future:
        """What the charts show now, as the Future's result."""

        def task():
            live = self._needed()
            return Charts(live.scenario.title, self._curves(), live.duration, live.marks, live.full_response)

        return self._do(task)

    def answer(self, yes: bool) -> Future:
        """Say yes or no to what was asked: whether large cells are to be made."""

        def task():
            asked, self._asked = self._asked, None
            if yes and asked:
                self._replace(*asked[1:], is_asked=True)

        return self._do(task)

    def give_up(self) -> None:
        """Do without the cells that are in the making; those on show stay."""
        self._given_up.set()

    def complain(self, error: str) -> Future:
        """Show a line about what went wrong elsewhere; an empty one takes the last away."""

        def task():
            self._error = error

        return self._do(task)

    def tell_again(self) -> Future:
        """Tell the page how things are, as something of it changed elsewhere."""
        return self._do(lambda: None)

    def close(self) -> None:
        """End the thread; may be called at any time, and again."""
        self._closed.set()
        self._tasks.put((lambda: None, Future()))

    @property
    def is_alive(self) -> bool:
        """Whether the thread still runs."""
        return self._thread.is_alive()

    # ---- the thread ----

    def _do(self, task: Callable) -> Future:
        future: Future = Future()
        self._tasks.put((task, future))
        return future

    def _work(self):
        try:
            while not self._closed.is_set():
                self._do_tasks(self._seconds_to_wait())
                if self._running:
                    self._guard(self._advance)
                self._publish()
        finally:
            if self._live:
                self._live.close()
            self._live = None
            while not self._tasks.empty():
                self._tasks.get()[1].cancel()
            gc.collect()  # the page and its views refer to one another

    def _seconds_to_wait(self):
        """How long there is nothing to do but tasks."""
        if not self._running:
            return 0.02 if any(self._stale.values()) else IDLE
        if self._speed == float("inf") or self._reach is not None:
            return 0.0
        due = self._anchor[0] + (self._live.time + self._live.scenario.run.step - self._anchor[1]) / self._speed
        return min(max(due - monotonic(), 0.0), FRAME)

    def _do_tasks(self, seconds):
        """Do all tasks that have been left; if there are none, wait so long for one."""
        try:
            task, future = self._tasks.get(timeout=seconds) if seconds > 0.0 else self._tasks.get_nowait()
            self._error, self._failed = "", False
            while True:
                self._guard(task, future)
                self._stale = dict.fromkeys(self._stale, True)
                self._shown["status"] = self._shown["charts"] = 0.0  # what was asked for is shown at once
                task, future = self._tasks.get_nowait()
        except Empty:
            pass

    def _guard(self, work, future=None):
        """Do something that may fail; a fault becomes a line on the page, which goes on working."""
        fault = result = None
        try:
            result = work()
        except InputError as error:
            self._error, fault = str(error), error
        except Exception as error:  # noqa: BLE001  whatever it is, the page must say it
            self._running, self._failed, self._stale["status"] = False, True, True
            self._error = f"glut4sim failed, which is a fault of its own: {type(error).__name__}: {error}"
            fault = error
        if future is not None:
            future.set_result(result) if fault is None else future.set_exception(fault)

    def _needed(self) -> Live:
        if self._live is None:
            raise InputError("there is no cell yet; choose a scenario.")
        return self._live

    def _replace(self, recipe: Recipe, time: float = 0.0, is_asked: bool = False):
        """Show other cells at a time, running if those before were; where they are large, ask first."""
        size = Size(recipe.memory_bytes, psutil.virtual_memory().available)
        size.check()
        self._asked = None
        if size.is_large and not is_asked and not (self._live and size.needed <= self._live.recipe.memory_bytes):
            self._asked = (f"This takes {size}.", recipe, time)
            return
        live = self._wait_for(lambda: Live(*recipe), size.is_large)
        if self._live:
            self._live.close()
        self._live = live
        self._run(self._running or time > 0.0)
        self._reach = time if time > 0.0 else None

    def _wait_for(self, make: Callable[[], Made], is_long: bool = False) -> Made:
        """What is made in another thread; meanwhile the page is told so, and may have it given up."""
        self._given_up.clear()
        build, began = Build(make, is_long), monotonic()
        try:
            while not build.wait(FRAME):
                if self._closed.is_set() or self._given_up.is_set():
                    build.give_up()
                    raise InputError("the new cell was given up.")
                if monotonic() - began > BRIEF:
                    self._building = self._stale["status"] = True
                    self._publish()
        finally:
            self._building = False
        return build.result()

    def _run(self, running: bool):
        self._running, self._reach = running, None
        self._set_anchor()

    def _set_anchor(self):
        now, time = monotonic(), self._live.time if self._live else 0.0
        self._anchor, self._pace = (now, time), (now, time, 0.0)

    def _advance(self):
        """Step as far as the speed asks for, but not for much longer than a slice."""
        live, began = self._live, monotonic()
        allowed = live.steps_left
        if self._reach is not None:
            allowed = min(allowed, round((self._reach - live.time) / live.scenario.run.step))
        elif self._speed != float("inf"):
            behind = self._anchor[1] + (began - self._anchor[0]) * self._speed - live.time
            allowed = min(allowed, int(behind / live.scenario.run.step + 1e-6))
            if behind - live.scenario.run.step > LATE * self._speed:
                self._anchor = (began, live.time)
        while allowed > 0:
            block = min(self._block, allowed, self._pictures.steps_to_next(live))
            if self._pause_when:
                block = min(block, live.steps_to_record)
            start = monotonic()
            live.advance(block)
            self._pictures.look(live)
            allowed -= block
            now = monotonic()
            if block == self._block:
                self._adapt(now - start)
            self._stale = dict.fromkeys(self._stale, True)
            if self._pause_when and live.is_at_record and self._pause_when(live):
                self._pause_when = None
                self._run(False)
                break
            if now - began > SLICE or not self._tasks.empty():
                break
        is_there = self._reach is not None and live.time > self._reach - live.scenario.run.step / 2.0
        if live.steps_left == 0 or is_there:
            self._run(False)

    def _adapt(self, took):
        """Choose how many steps to do at once."""
        if took < SLICE / 4:
            self._block = min(2 * self._block, MAX_BLOCK)
        elif took > SLICE:
            self._block = max(self._block // 2, 1)

    # ---- what is shown ----

    def _publish(self):
        now = monotonic()
        if self._live and self._cell_view.is_free(now):
            self._show("frame", FRAME, lambda: self._pictures.show(self._live), now)
        if self._live and self._charts.is_free(now):
            self._show("charts", CHARTS, self._show_charts, now)
        self._show("status", STATUS, lambda: self._listen(self.status()), now)

    def _show(self, what, every, show, now):
        """Show something if it is not as it is shown, and was not shown just now."""
        if self._stale[what] and now - self._shown[what] >= every:
            self._stale[what], self._shown[what] = False, now
            self._guard(show)

    def _show_charts(self):
        live = self._live
        self._charts.show(*chart_view.pack(self._curves(), live.duration, live.marks, live.ahead, live.full_response))

    def _curves(self):
        cells = zip(("cell", "twin"), self._live.cells)
        curves = [Curve(name, cell.label, cell.records.charted()) for name, cell in cells]
        return [*curves, chart_view.difference(*curves)] if len(curves) == 2 else curves

    def status(self) -> Status:
        """How things are; to be called in the session's thread."""
        live, asked = self._live, self._asked[0] if self._asked else ""
        if live is None:
            phase = "building" if self._building else "failed" if self._error else "starting"
            return Status(phase=phase, speed=self._speed, asked=asked, error=self._error)
        phase = "failed" if self._failed else "running" if self._running else "paused"
        if phase == "paused" and live.steps_left == 0:
            phase = "finished"
        if phase == "running" and self._reach is not None:
            phase = "restoring"
        return Status(
            "building" if self._building else phase,
            live.time,
            live.duration,
            self._speed,
            self._ratio(),
            live.scenario,
            live.whole,
            live.twin_whole,
            live.cells[-1].scenario.assay.at[0],
            bool(live.changes),
            live.difference,
            live.recipe,
            live.slider_values,
            live.planned,
            live.overruled,
            asked,
            self._error,
        )

    def _ratio(self):
        """Simulated per real time since about a second ago."""
        before, time, ratio = self._pace
        now = monotonic()
        if not self._running:
            return 0.0
        if now - before >= 1.0 or ratio == 0.0:
            ratio = (self._live.time - time) / max(now - before, 1e-6)
            if now - before >= 1.0:
                self._pace = (now, self._live.time, ratio)
        return ratio
