"""Where sliders stop: values of what is in the bath, and of levels, from none to far beyond the healthy."""

from bisect import bisect_left

from glut4sim.sim.endocrine.known import Known
from glut4sim.sim.inputs.units import write
from glut4sim.sim.scenario.live_changes import BATH, kind

_TIMES_HEALTHY = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0)
_BATH = {
    "insulin": (0.0, 0.001, 0.003, 0.01, 0.03, 0.06, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0, 300.0),
    "glucose": (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0),
}


def values(name: str, sex: str, now: float, known: Known) -> list[float]:
    """Ascending values of a slider [unit of the kind], the present one among them.

    Levels stop at multiples of what is healthy for the sex.
    """
    if name in BATH:
        values = list(_BATH[name])
    else:
        healthy = known.levels[name].reference[sex]
        values = [float(f"{healthy * times:.3g}") for times in _TIMES_HEALTHY]
    values = [value for value in values if value <= kind(name, known).high]
    if now not in values:
        values.insert(bisect_left(values, now), now)
    return values


def say(name: str, value: float, sex: str, known: Known) -> str:
    """A value for the reader: "220 ng/dL (0.41 of healthy)", "60 pM"."""
    if name == "insulin" and 0.0 < value < 0.1:
        return write(float(f"{1000.0 * value:.3g}"), "pM")
    text = write(float(f"{value:.3g}"), kind(name, known).unit).replace("ug/", "µg/")
    healthy = 0.0 if name in BATH else known.levels[name].reference[sex]
    relative = kind(name, known).unit == "1"  # then it says so itself
    return text if relative or not healthy else f"{text} ({value / healthy:.2g} of healthy)"
