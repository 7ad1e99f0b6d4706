"""What the charts draw behind a run: its mean field, how sure that is, and other runs.

All are courses of what is charted, at times of their own. Nothing here touches the cells on the page.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import psutil

from glut4sim.sim.analysis import summary
from glut4sim.sim.analysis.uncertainty import LEVEL, further
from glut4sim.sim.dashboard.build import Size
from glut4sim.sim.dashboard.chart_view import Curve, downsample
from glut4sim.sim.dashboard.live import CHARTED, Live, Recipe
from glut4sim.sim.endocrine.evidence import say
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario.sampling import sample
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies import expected

DRAWS = 40  # of which an interval is made: its ends are known to about a tenth of its width, in some ten seconds
REPLICATES = 6  # of which the band of chance is made: enough to see how wide it is, and done in some ten seconds
BLOCK = 64  # steps between two looks at whether a run is still wanted


class Overlay(NamedTuple):
    """Something behind a run.

    Attributes
    ----------
    kind : "expected", "interval", "replicates", "pin" or "points"
    label : for the reader
    columns
        name -> (K,), as of a Curve; of an interval and of replicates the lower end, and the upper one as "name high";
        of points, their standard errors as "name sem"
    """

    kind: str
    label: str
    columns: Mapping[str, np.ndarray]

    def packed(self) -> dict[str, Any]:
        """For the browser: its table column by column as float32, with as many rows as a screen shows."""
        names = ["time", *(name for name in self.columns if name != "time")]
        table = np.column_stack([np.asarray(self.columns[name], "<f4") for name in names])
        table = table if self.kind == "points" else downsample(table)
        about = {"kind": self.kind, "label": self.label, "n": len(table), "columns": names}
        return about | {"data": table.tobytes(order="F")}


def _charted(scenario: Scenario) -> dict[str, np.ndarray]:
    """What is charted of the mean field of a scenario."""
    times, found = expected.series(scenario)
    ends, rates = summary.running_rate(times, found["glucose_taken_up"])
    uptake = np.full(len(times), np.nan)
    uptake[len(times) - len(ends) :] = rates
    return {"time": times} | {name: found[name] for name in CHARTED} | {"glucose_uptake_rate": uptake}


def mean_field(scenario: Scenario) -> Overlay | None:
    """The mean of very many cells; None where the equations have no solution."""
    try:
        return Overlay("expected", "Mean field", _charted(scenario))
    except ArithmeticError:
        return None


def interval(scenario: Scenario, is_wanted: Callable[[], bool], draws: int = DRAWS) -> Overlay | None:
    """Where the mean field is, by joint draws of what is not known, as `glut4sim uncertainty` draws them.

    Returns
    -------
    Overlay or None
        None where nothing can be drawn, or it is no longer wanted
    """
    try:
        drawn = sample([scenario], draws).draws[0]
    except InputError:
        return None
    found: list[dict[str, np.ndarray]] = []
    for k in range(len(drawn)):
        if not is_wanted():
            return None
        try:
            found.append(_charted(drawn.scenario(scenario, k)))
        except (ArithmeticError, ValueError):  # what may happen far from the presets' values
            continue
    if len(found) < 2:
        return None
    columns = {"time": found[0]["time"]}
    for name in (*CHARTED, "glucose_uptake_rate"):
        ends = np.quantile([one[name] for one in found], [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0], axis=0)
        columns |= {name: ends[0], f"{name} high": ends[1]}
    return Overlay("interval", f"{LEVEL:.0%} of {len(found)} mean fields at values that may be true", columns)


class Pin(NamedTuple):
    """A run that stays on the charts while others come and go.

    Attributes
    ----------
    recipe : of its cell, without a twin
    time : up to which it is drawn [s]
    curve : None while it is being computed
    """

    recipe: Recipe
    time: float
    curve: Curve | None = None

    @property
    def label(self) -> str:
        """In words: its scenario, day, seed and changes by hand."""
        base, day, _, changes = self.recipe
        said = [base.title or base.name]
        if base.has_hormones and day is not None:
            said.append(f"{say(day)} after the start")
        said.append(f"seed {base.run.seed}")
        if count := len(tuple(changes)):
            said.append(f"{count} change{'s' if count > 1 else ''} by hand")
        return ", ".join(said)


def computed(pin: Pin, is_wanted: Callable[[], bool]) -> Pin | None:
    """A pin with its run computed anew, to the bit; None if it is no longer wanted.

    Raises
    ------
    InputError
        if its cell has no room in memory
    """
    Size(pin.recipe.memory_bytes, psutil.virtual_memory().available).check()
    live = Live(*pin.recipe)
    try:
        steps = round(pin.time / live.scenario.run.step)
        while steps > 0:
            if not is_wanted():
                return None
            live.advance(min(steps, BLOCK))
            steps -= BLOCK
        return pin._replace(curve=Curve("pin", pin.label, live.cells[0].records.charted()))
    finally:
        live.close()


def replicates(scenario: Scenario, is_wanted: Callable[[], bool], count: int = REPLICATES) -> Overlay | None:
    """Where 90 % of such cells are, that differ by chance alone: by Student's t of a few with seeds of their own.

    Returns
    -------
    Overlay or None
        None if it is no longer wanted
    """
    found: list[Mapping[str, np.ndarray]] = []
    for k in range(1, count + 1):
        other = scenario.replaced({"run.seed": scenario.run.seed + k}, told=False)
        run = computed(Pin(Recipe(other), scenario.run.duration), is_wanted)
        if run is None or run.curve is None:
            return None
        found.append(run.curve.columns)
    columns = {"time": found[0]["time"]}
    for name in (*CHARTED, "glucose_uptake_rate"):
        values = np.array([one[name] for one in found])
        mean, reach = values.mean(axis=0), further(count, values.std(axis=0, ddof=1), (1.0 + LEVEL) / 2.0)
        columns |= {name: np.maximum(mean - reach, 0.0), f"{name} high": mean + reach}
    return Overlay("replicates", f"{LEVEL:.0%} of such cells, by {count} replicates", columns)
