"""glut4sim: a stochastic, agent-based simulator of how hormones decide whether glucose gets into a cell."""

from importlib import import_module

__version__ = "0.1.0"

_HOME = {
    "Cell": "sim.cell",
    "Scenario": "sim.scenario",
    "compare": "sim.comparison",
    "resume": "sim.resumption",
    "run": "sim.assays",
}
__all__ = ["Cell", "Scenario", "__version__", "compare", "resume", "run"]


def __getattr__(name):
    """Import each public name on first use, so that `glut4sim --help` need not import mesa or numba."""
    if name not in _HOME:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME[name]), name)
    return value
