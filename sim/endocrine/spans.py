"""Times of hours to years, as scenarios have them."""

from glut4sim.sim.inputs.fields import Quantity, Time
from glut4sim.sim.inputs.units import SPAN, write

DAY = 86400.0


def span_text(seconds: float) -> str:
    """Text that SPAN reads as the same time [s], in the largest unit that does: "28 d", "5 h"."""
    for size, unit in ((DAY, "d"), (3600.0, "h"), (60.0, "min")):
        text = write(seconds / size, unit)
        if seconds >= size and SPAN.read(text) == seconds:
            return text
    return "0 d" if seconds == 0.0 else SPAN.write(seconds)


class Span(Quantity):
    """A time since the start, of hours to years."""

    def write(self, value: float) -> str:
        return span_text(value)


class LongTime(Time):
    """A time above 0, of hours to years."""

    def write(self, value: float) -> str:
        return span_text(value)
