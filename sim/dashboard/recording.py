"""A recorded run as a page: what `glut4sim export html` writes.

Results hold no vesicle's place, so the first replicate is computed once more by its seed, and filmed. That the page
shows the run that was recorded is seen by its records, which must be the same to the bit.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from glut4sim.agents import vesicle
from glut4sim.sim.dashboard import causes, chart_view, frames
from glut4sim.sim.dashboard.chart_view import Curve
from glut4sim.sim.dashboard.film import Picture
from glut4sim.sim.dashboard.live import Live
from glut4sim.sim.dashboard.page_file import Changes, Charts, Page, page
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.storage import Place
from glut4sim.sim.model.engine import CHUNK
from glut4sim.sim.results.provenance import METHODS, SWEEP_KEYS, read_run
from glut4sim.sim.results.series_store import STORE, open_results

if TYPE_CHECKING:
    import xarray

STATE_AFTER = np.array([after for _, after in vesicle.TRANSITIONS], np.uint8)


def recorded(out: Place, pictures: int, vesicles: int, progress: Callable[[float, float], None] | None = None) -> Page:
    """The first replicate of a run, as a page.

    Parameters
    ----------
    out : directory of the results of a run, of one assay
    pictures : how many, at most, after the one of the start
    vesicles : that are drawn, a fair sample where there are more
    progress : called with the simulated time [s] that is done and that will be

    Raises
    ------
    InputError
        if there is no such run, or it has no record yet, or it comes out otherwise when computed again
    """
    if not (out / STORE).is_dir():
        raise InputError("expected the directory of a run.", place=str(out))
    scenario, told = read_run(out)
    if told["method"] != METHODS[False] or scenario.assay.kind is not None or not told.keys().isdisjoint(SWEEP_KEYS):
        raise InputError("expected a run of agents in a bath; other studies have no cell to be shown.", place=str(out))
    scenario.check_one_assay()
    stored = open_results(out).isel(replicate=0)
    count = int(np.isfinite(stored["insulin"].values).sum())
    if count < 2:
        raise InputError("the first replicate of this run has no records yet.", place=str(out))
    live = Live(scenario)
    try:
        ahead = live.ahead  # told all along: while the page plays, it is yet to come
        taken, changes = _film(live, float(stored["time"].values[count - 1]), pictures, vesicles, progress)
        cell = live.cells[0]
        _check_same(cell.records.taken(), stored, count, out)
        content, (table,) = chart_view.pack(
            [Curve("cell", "Cell", cell.records.charted())], live.duration, (), ahead, live.full_response
        )
        numbers = frames.vesicles_shown(cell.engine, vesicles)
        drawn = f"{len(numbers):,} of {len(cell.engine.vesicles):,} vesicles are drawn."
    finally:
        live.close()
    columns = len(content["sets"][0]["columns"])
    panels = [panel for panel in chart_view.PANELS if "sets" not in panel]
    charts = Charts(content, np.frombuffer(table, "<f4").reshape(columns, -1), panels)
    about = f"{scenario.name}, seed {scenario.run.seed}. {drawn}"
    told = causes.content([live.scenario])
    return page(scenario.title or scenario.name, about, taken, told, numbers, changes, charts)


def _film(
    live: Live, until: float, pictures: int, vesicles: int, progress: Callable[[float, float], None] | None
) -> tuple[list[Picture], Changes]:
    """Pictures at even distances up to a time [s], and what became of the vesicles in them."""
    engine, step = live.cells[0].engine, live.scenario.run.step
    rank = np.full(len(engine.vesicles), -1)  # of each vesicle among those drawn
    shown = frames.vesicles_shown(engine, vesicles)
    rank[shown] = np.arange(len(shown))
    steps, found, taken = round(until / step), [Changes.none()], []
    every = -(-steps // pictures)
    engine.note_events(True)
    while True:
        if engine.step % every == 0 or engine.step == steps:
            taken.append(Picture(live.time, live.molecules_per_hexagon, [("Cell", *frames.pack(engine, vesicles))]))
        if engine.step == steps:
            return taken, Changes(*map(np.concatenate, zip(*found)))
        live.advance(min(CHUNK, every - engine.step % every, steps - engine.step))
        events = engine.take_events()
        own = rank[events.agent] >= 0
        found.append(Changes(events.time[own], rank[events.agent[own]], STATE_AFTER[events.transition[own]]))
        if progress is not None:
            progress(live.time, until)


def _check_same(records: Mapping[str, np.ndarray], stored: "xarray.Dataset", count: int, out: Place) -> None:
    """InputError if what was computed is not what is stored."""
    for name, values in records.items():
        if not np.array_equal(values[:count], stored[name].values[:count], equal_nan=True):
            raise InputError(
                f"computed again, {name} differs from {STORE}, so that pictures would not be of this run; export it "
                "where it was run, and with the same packages.",
                place=str(out),
            )
