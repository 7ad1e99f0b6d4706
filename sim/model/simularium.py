"""The vesicles of a run as a trajectory for the Simularium viewer. Needs simulariumio (extra `simularium`).

Vesicles are where they are, by state, and drawn larger than life: real ones have a radius of some 0.03 um, in a cell of
some 50 um. Beside them the viewer plots GLUT4 at the surface.
"""

from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from glut4sim.agents import vesicle
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model.cell_inputs import CellInputs
from glut4sim.sim.model.engine import CHUNK, Engine

RADIUS = 0.01  # of a vesicle as drawn, over that of the cell
COLOURS = {
    vesicle.State.STORED: "#7a7a7a",
    vesicle.State.MOBILE: "#e69f00",
    vesicle.State.TETHERED: "#56b4e9",
    vesicle.State.DOCKED: "#0072b2",
    vesicle.State.FUSED: "#d55e00",
    vesicle.State.ENDOCYTOSED: "#009e73",
    vesicle.State.CLUSTERED: "#cc79a7",
}  # Okabe and Ito's, told apart by all eyes


def trajectory(
    scenario: CellInputs,
    seed: int,
    frames: int,
    every: int,
    vesicles: int,
    progress: Callable[[float, float], None] | None = None,
) -> bytes:
    """Replicate 0 of a scenario as a file of the viewer, in its binary form.

    Parameters
    ----------
    seed : of the scenario
    frames : how many after the one at 0
    every : steps between two of them
    vesicles : that are shown, a fair sample of all where these are more
    progress : called with the simulated time [s] that is done and that will be

    Raises
    ------
    InputError
        if simulariumio is not installed
    """
    io = _load_simulariumio()
    engine = Engine(scenario, seed=seed, replicate=0)
    shown = np.linspace(0, len(engine.vesicles), min(vesicles, len(engine.vesicles)), endpoint=False).astype(int)
    places = np.empty((frames + 1, len(shown), 3))
    states = np.empty((frames + 1, len(shown)), int)
    surface = np.empty(frames + 1)
    step, total = scenario.run.step, frames * every * scenario.run.step
    for k in range(frames + 1):
        left = every if k else 0
        while left:
            engine.advance(min(left, CHUNK))
            left -= min(left, CHUNK)
        agents = engine.vesicles
        places[k] = np.stack([getattr(agents, axis)[shown] for axis in "xyz"], axis=1)
        states[k] = agents.state[shown]
        at_surface = np.isin(agents.state, vesicle.SURFACE)
        surface[k] = 100.0 * agents.glut4[at_surface].sum() / agents.glut4.sum()
        if progress is not None:
            progress(k * every * step, total)
    times = np.arange(frames + 1) * every * step
    return _packed(io, scenario, engine.parameters.vesicle.cell_radius, times, places, states, surface)


def _load_simulariumio() -> Any:
    try:
        import simulariumio
    except ImportError:
        raise InputError(
            "export simularium: needs simulariumio; install it with: pip install 'glut4sim[simularium]'"
        ) from None
    return simulariumio


def _packed(io: Any, scenario: CellInputs, radius: float, times, places, states, surface) -> bytes:
    """The trajectory as the viewer reads it."""
    frames, n = states.shape
    names = {state: f"vesicle#{state.name.lower()}" for state in vesicle.State}
    looks = {
        names[state]: io.DisplayData(
            name=names[state], display_type=io.DISPLAY_TYPE.SPHERE, radius=RADIUS * radius, color=COLOURS[state]
        )
        for state in vesicle.State
    }
    agents = io.AgentData(
        times=times,
        n_agents=np.full(frames, n),
        viz_types=np.full((frames, n), 1000.0),  # each an agent of its own
        unique_ids=np.tile(np.arange(n), (frames, 1)),
        types=[[names[vesicle.State(s)] for s in row] for row in states],
        positions=places,
        radii=np.full((frames, n), RADIUS * radius),
        display_data=looks,
    )
    what = io.MetaData(box_size=np.full(3, 2.0 * radius), trajectory_title=scenario.title, scale_factor=1.0)
    data = io.TrajectoryData(what, agents, time_units=io.UnitData("s"), spatial_units=io.UnitData("um"))
    curve = io.ScatterPlotData("GLUT4 at the surface", "Time (s)", "%", times, {"surface GLUT4": surface}, "lines")
    with TemporaryDirectory() as folder, redirect_stdout(StringIO()):  # it says what it does, line by line
        converter = io.TrajectoryConverter(data)
        converter.add_plot(curve, "scatter")
        converter.save(str(Path(folder) / "run"), binary=True)
        return (Path(folder) / "run.simularium").read_bytes()
