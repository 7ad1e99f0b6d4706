"""The cell as a mesa.Model: batch_run over hormonal states and replicates, with a DataCollector of one's own.

    python docs/examples/mesa_batch.py [FOLDER]

Writes FOLDER/batch.csv. Each row is the end of a run, to the bit what `glut4sim run` has for this replicate.
"""

import sys
from pathlib import Path

import mesa
import numpy as np
import pandas as pd

from glut4sim import Cell
from glut4sim.agents.vesicle import SURFACE, State

AT_MEMBRANE = (State.TETHERED, State.DOCKED, *SURFACE)
PARAMETERS = {  # every argument of Cell, and every value of a scenario by its path; lists are tried in turn
    "scenario": ["men/eugonadal", "men/hypogonadal"],
    "replicate": range(2),  # replicates of one seed, as Mesa's iterations would be
    "bath.insulin": ["0.1 nM", "10 nM"],
    "vesicles": 500,
    "receptors": 2000,
    "glucose_agents": 500,
    "duration": "15 min",
    "step": "1 s",
}


class Watched(Cell):
    """A cell that also collects what Mesa's user wants to know; agents are arrays, so no loop is needed."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.datacollector = mesa.DataCollector(
            {
                "minutes": lambda cell: cell.time / 60,
                "surface_glut4": lambda cell: int(cell.vesicles.glut4[np.isin(cell.vesicles.state, SURFACE)].sum()),
                "at_membrane": lambda cell: int(np.isin(cell.vesicles.state, AT_MEMBRANE).sum()),
            }
        )
        self.datacollector.collect(self)


def main(folder: Path) -> pd.DataFrame:
    """Run all combinations; returns a row for each."""
    folder.mkdir(parents=True, exist_ok=True)
    # The scenario says when a cell has run its time; max_steps only has to be beyond that. Mesa's own default is 1000.
    rows = mesa.batch_run(Watched, PARAMETERS, max_steps=10**9, number_processes=1, display_progress=False)
    table = pd.DataFrame(rows)[[*PARAMETERS, "minutes", "surface_glut4", "at_membrane"]]
    table.to_csv(folder / "batch.csv", index=False)
    print(table.groupby(["scenario", "bath.insulin"])[["surface_glut4", "at_membrane"]].mean())
    return table


if __name__ == "__main__":  # needed where number_processes is not 1
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "results/examples"))
