"""The body of a scenario on the page: it is put to the scenario's test, and besides fed, infused and clamped by hand.

No threads and no page in here. Its cells are their mean field, which a page has time for.
"""

from collections.abc import Iterable
from typing import NamedTuple

from glut4sim.sim.body.engine import BodyEngine
from glut4sim.sim.body.live import LiveBody
from glut4sim.sim.dashboard.chart_view import Curve, Mark
from glut4sim.sim.endocrine.meal import MG_PER_DL
from glut4sim.sim.inputs.errors import InputError, unknown
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.body.people import body_of, exchange_of, protocol_of

WORDS = {  # what can be done to a body -> how it is told
    "meal": "{:g} g of carbohydrate eaten",
    "drink": "{:g} g of glucose drunk",
    "clamp": "clamp with {:g} mU/m²/min of insulin",
    "end": "infusions end",
}
MOST = {"meal": 300.0, "drink": 300.0, "clamp": 400.0, "end": 0.0}


class Action(NamedTuple):
    """Something done to a body by hand.

    Attributes
    ----------
    time : [s]
    what : of WORDS
    amount : g, or mU/m2/min
    """

    time: float
    what: str
    amount: float = 0.0

    def check(self) -> None:
        """InputError if nobody would do this to anybody."""
        if self.what not in WORDS:
            raise unknown("action", self.what, WORDS)
        if not 0.0 <= self.amount <= MOST[self.what]:
            raise InputError(f"expected 0 to {MOST[self.what]:g}, got {self.amount:g}.", self.what)

    @property
    def mark(self) -> Mark:
        """For the charts."""
        return Mark(self.time, WORDS[self.what].format(self.amount))


class BodyRun:
    """A body at its test, from rest on.

    Parameters
    ----------
    scenario : at one assay, with a test of the body
    actions : to be done when their time comes

    Raises
    ------
    InputError
        if there is no such body, or it does not come to rest
    """

    def __init__(self, scenario: Scenario, actions: Iterable[Action] = ()):
        self.protocol, self.exchange = protocol_of(scenario), exchange_of(scenario)
        engine = BodyEngine(body_of(scenario), exchange=self.exchange, seed=scenario.run.seed)
        self.live = LiveBody(engine)
        self.actions: list[Action] = []
        self._by_hand = False  # whether infusions are, and no longer the test's
        for action in sorted(actions):
            self.add(action)

    @property
    def time(self) -> float:
        """Since the start [s]."""
        return self.live.engine.time

    def add(self, action: Action) -> None:
        """Do something when its time comes."""
        action.check()
        self.actions.append(action)

    def advance(self) -> None:
        """Let an exchange pass."""
        start, end = self.time, self.time + self.exchange
        for time, carbohydrate, drunk in self.protocol.swallowed():
            if start <= time < end:
                self.live.engine.swallow(carbohydrate, drunk)
        for action in self.actions:
            if start <= action.time < end:
                self._do(action)
        if not self._by_hand:
            engine = self.live.engine
            self.live.given = self.protocol.given(start, engine.body.person, engine.fasting)
        self.live.advance(self.exchange)

    def _do(self, action):
        match action.what:
            case "meal":
                self.live.eat(action.amount)
            case "drink":
                self.live.drink(action.amount)
            case "clamp":
                self.live.clamp(action.amount)
            case "end":
                self.live.infuse()
        self._by_hand = self._by_hand or action.what in ("clamp", "end")

    @property
    def curve(self) -> Curve:
        """All of it so far, for the charts; glucose in mM."""
        found = dict(self.live.series)
        return Curve("cell", "Body", found | {"glucose": found["glucose"] / MG_PER_DL})

    def csv(self) -> str:
        """All of it so far; the last column is what was done by hand, in words."""
        import pandas as pd

        table = pd.DataFrame(dict(self.live.series)).assign(done="")
        for mark in self.marks:
            row = table["time"].searchsorted(mark.time + 1e-6) - 1
            table.loc[row, "done"] += "; " * bool(table.loc[row, "done"]) + mark.label
        return table.to_csv(index=False)

    @property
    def marks(self) -> list[Mark]:
        """What was done by hand."""
        return [action.mark for action in self.actions]
