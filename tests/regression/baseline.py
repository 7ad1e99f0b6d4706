"""The seeded baseline: what one small run gives, to the number. A change that alters it changes users' results.

If that is meant, say so in CHANGELOG.md ("Results change"), and write the baseline anew:

    python -m tests.regression.baseline
"""

import json
from pathlib import Path

import numpy as np

from glut4sim.sim.model.engine import Engine
from glut4sim.sim.scenario.scenario import Scenario

FILE = Path(__file__).with_name("baseline.json")


def measure():
    """Counts of agents and signals every 5 min of a small insulin pulse, and where ten vesicles are at the end."""
    sizes = {"cell.vesicles": "1000", "cell.receptors": "2000", "cell.glucose_agents": "1000"}
    engine = Engine(Scenario.load("insulin-pulse", sizes), seed=20021, replicate=3)
    rows = np.arange(3000, 30001, 3000) - 1
    trace = engine.advance(30000)
    v = engine.vesicles
    return {
        "receptors": trace.receptors[rows].tolist(),
        "signalling": trace.signalling[rows].tolist(),
        "vesicles": trace.vesicles[rows].tolist(),
        "vesicle_events": trace.vesicle_events[-1].tolist(),
        "surface_glut4": trace.glut4_surface[rows].tolist(),
        "glucose": trace.glucose[rows].tolist(),
        "positions": np.stack([v.x, v.y, v.z], axis=1)[::100].astype(float).tolist(),
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(measure(), indent=1) + "\n")
