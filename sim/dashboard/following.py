"""A vesicle that the reader follows, and what became of it, each change at its exact time."""

from glut4sim.agents import vesicle
from glut4sim.sim.dashboard import frames
from glut4sim.sim.model.engine import Engine

MOST = 200  # changes sent, the latest


class Following:
    """One vesicle of a cell, from now on. Its engine notes events meanwhile, which changes no bit of the run.

    Parameters
    ----------
    engine : of the cell
    shown : which of the vesicles that are drawn, as in `frames.pack`

    Attributes
    ----------
    number : of the vesicle in the cell, as in the log of events
    history : [time [s], vesicle.State] since it is followed: how it was then, and each change
    """

    def __init__(self, engine: Engine, shown: int):
        self.engine, self.shown = engine, shown
        self.number = int(frames.vesicles_shown(engine)[shown])
        self.history = [[engine.time, int(engine.vesicles.state[self.number])]]
        engine.note_events(True)
        engine.take_events()

    def look(self) -> None:
        """Take up what has happened; to be called often, since until then the engine keeps all events."""
        events = self.engine.take_events()
        own = events.agent == self.number
        for time, transition in zip(events.time[own].tolist(), events.transition[own].tolist()):
            before, after = vesicle.TRANSITIONS[transition]
            if before != after:
                self.history.append([time, int(after)])

    def end(self) -> None:
        """Let the engine note no more."""
        self.engine.note_events(False)
        self.engine.take_events()

    def facts(self, time: float, state: int) -> dict:
        """What the view is told of a time in the run, at which it is in a state: JSON."""
        past = [change for change in self.history if change[0] <= time + 1e-6]
        return {"vesicle": self.shown, "number": self.number, "history": past[-MOST:] or [[time, state]]}
