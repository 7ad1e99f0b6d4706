"""Run a scenario, and plot what came out: an adipocyte that meets insulin and loses it again.

    python docs/examples/run_a_scenario.py [FOLDER]

Writes FOLDER/run.png; FOLDER is results/examples unless you say otherwise.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import xarray as xr

from glut4sim import Scenario, run

# What `--set` does on the command line. Fewer agents are faster and noisier; the real counts are the defaults.
SMALL = {"cell.vesicles": "1000", "cell.receptors": "5000", "cell.glucose_agents": "5000", "run.step": "0.5 s"}


def main(folder: Path) -> xr.Dataset:
    """Run two replicates; returns the time series, with dimensions replicate and time."""
    folder.mkdir(parents=True, exist_ok=True)
    result = run(Scenario.load("insulin-challenge", SMALL), replicates=2)  # out="DIR" would keep all of it on disk

    for name in ("surface_glut4_basal_percent", "surface_glut4_peak_percent", "surface_glut4_half_time_rise_min"):
        number = result.summary["observables"][name]
        print(f"{name:34} {number['mean']:6.2f} +- {number['sd']:.2f} {number['unit']}")

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    for ax, name in zip(axes, ("akt_active", "surface_glut4_percent")):
        series = result.dataset[name]
        ax.plot(series.time / 60, series.transpose("time", "replicate"))
        ax.set(title=series.long_name, xlabel="Time [min]", ylabel=series.units, ylim=(0, None))
    figure.savefig(folder / "run.png", dpi=130)
    return result.dataset


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "results/examples"))
