"""What is behind the run on the charts of a page, worked out in a thread of its own, one thing after the other."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from glut4sim.sim.dashboard import backdrop, dose_view, published_points
from glut4sim.sim.dashboard.backdrop import Overlay, Pin
from glut4sim.sim.dashboard.chart_view import ChartView
from glut4sim.sim.dashboard.dose_view import DoseView
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario.scenario import Scenario

MOST_PINS = 3  # beside the run that goes on
KINDS = {
    "expected": "Mean field: very many cells",
    "interval": "90 % interval of what is not known",
    "replicates": "Replicates: 90 % of such cells",
    "points": "Published points",
}  # what can be laid behind a run -> its label


class Behind(NamedTuple):
    """What the reader wants behind the run."""

    kinds: tuple[str, ...] = ()
    pins: tuple[Pin, ...] = ()


class Overlays:
    """Keeps what is behind the run as the reader wants it, and as the scenario is.

    Parameters
    ----------
    charts : ChartView
    complain : called with a line when something goes wrong
    tell : called when what is wanted has changed

    Attributes
    ----------
    doses
        DoseView, the dose-response of the scenario's cell
    behind : Behind
    """

    def __init__(self, charts: ChartView, complain: Callable[[str], object], tell: Callable[[], object]):
        self._charts, self._complain, self._tell = charts, complain, tell
        self.doses = DoseView()
        self.behind = Behind()
        self._scenario: Scenario | None = None
        self._made: dict[str, list[Overlay]] = {}  # of the scenario, by kind
        self._asked: set[str] = set()  # kinds of the scenario that are made, or in the making
        self._of = 0  # number of the scenario
        self._closed = False
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="dashboard-overlays")

    def show(self, scenario: Scenario) -> None:
        """Another scenario, with all that was changed in it."""
        self._scenario, self._made, self._asked, self._of = scenario, {}, set(), self._of + 1
        self._do(self._draw_doses, self._of, scenario)
        self._make()

    def want(self, kinds: Iterable[str], pins: Iterable[Pin] | None = None) -> None:
        """Other things; pins without a curve are computed.

        Raises
        ------
        InputError
            if there is no such thing
        """
        wanted = tuple(kind for kind in KINDS if kind in set(kinds))
        self.behind = Behind(wanted, self.behind.pins if pins is None else tuple(pins)[:MOST_PINS])
        for pin in self.behind.pins:
            if pin.curve is None:
                self._do(self._compute, pin)
        self._make()
        self._tell()

    def pin(self, pin: Pin) -> None:
        """Keep a run; of more than there is room for the oldest goes."""
        self.want(self.behind.kinds, (*self.behind.pins, pin)[-MOST_PINS:])

    def unpin(self, place: int) -> None:
        """Let one go."""
        pins = self.behind.pins
        self.want(self.behind.kinds, pins[:place] + pins[place + 1 :])

    def close(self) -> None:
        """End what is in the making."""
        self._closed = True
        self._worker.shutdown(wait=False, cancel_futures=True)
        self.doses.close()

    # ---- the thread ----

    def _do(self, work, *args):
        if not self._closed:
            self._worker.submit(self._guard, work, *args)

    def _guard(self, work, *args):
        try:
            work(*args)
        except InputError as error:
            self._complain(str(error))
        except Exception as error:  # noqa: BLE001  the page must say it
            self._complain(f"what is behind the charts failed: {type(error).__name__}: {error}")

    def _make(self):
        """Begin with what is wanted and not made yet; show what there is."""
        if self._scenario is not None and not self._scenario.assay.kind:
            for kind in self.behind.kinds:
                if kind not in self._asked:
                    self._asked.add(kind)
                    self._do(self._work, kind, self._of, self._scenario)
        self._push()

    def _work(self, kind, of, scenario):
        def is_wanted():
            return not self._closed and of == self._of and kind in self.behind.kinds

        if not is_wanted():
            self._asked.discard(kind)
            return
        if kind == "points":
            found = published_points.points(scenario)
        else:
            found = [one for one in [_one(kind, scenario, is_wanted)] if one is not None]
        if of != self._of:
            return
        if is_wanted():
            self._made[kind] = found
        else:
            self._asked.discard(kind)  # it was given up half-way
        self._push()

    def _draw_doses(self, of, scenario):
        if not scenario.assay.kind and of == self._of and not self._closed:
            content = dose_view.content(scenario)
            if of == self._of and not self._closed:
                self.doses.content = content

    def _compute(self, pin):
        def is_wanted():
            return not self._closed and any(each is pin for each in self.behind.pins)

        if not is_wanted():
            return
        done = backdrop.computed(pin, is_wanted)
        if done is not None and is_wanted():
            pins = tuple(done if each is pin else each for each in self.behind.pins)
            self.behind = self.behind._replace(pins=pins)
            self._tell()
            self._push()

    def _push(self):
        if self._closed:
            return
        shown = [one for kind in self.behind.kinds for one in self._made.get(kind, [])]
        shown += [Overlay("pin", pin.label, pin.curve.columns) for pin in self.behind.pins if pin.curve]
        self._charts.overlays = [one.packed() for one in shown]


def _one(kind: str, scenario: Scenario, is_wanted: Callable[[], bool]) -> Overlay | None:
    """What there is one of for a scenario."""
    if kind == "expected":
        return backdrop.mean_field(scenario)
    if kind == "interval":
        return backdrop.interval(scenario, is_wanted)
    return backdrop.replicates(scenario, is_wanted)
