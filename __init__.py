"""glut4sim: a stochastic, agent-based simulator of how hormones decide whether glucose gets into a cell."""

from importlib import import_module
from typing import TYPE_CHECKING

from glut4sim.version import __version__

if TYPE_CHECKING:
    from glut4sim.sim.cell import Cell
    from glut4sim.sim.scenario.scenario import Scenario
    from glut4sim.sim.studies.comparison.comparison import compare
    from glut4sim.sim.studies.running import resume, run

_HOME = {
    "Cell": "glut4sim.sim.cell",
    "Scenario": "glut4sim.sim.scenario.scenario",
    "compare": "glut4sim.sim.studies.comparison.comparison",
    "resume": "glut4sim.sim.studies.running",
    "run": "glut4sim.sim.studies.running",
}
__all__ = ["Cell", "Scenario", "__version__", "compare", "resume", "run"]


def __getattr__(name):
    """Import each public name on first use, so that `glut4sim --help` need not import mesa or numba."""
    if name not in _HOME:
        raise AttributeError(f"module 'glut4sim' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME[name]), name)
    return value
