"""A therapy over weeks: the hormones from dose to dose, and the cell in a clamp on several of its days.

    python docs/examples/therapy_over_weeks.py [FOLDER]

Writes FOLDER/therapy.png: 100 mg of testosterone cypionate a week in a man with low testosterone and much fat. On the
command line `glut4sim run men/trt` does it, and `glut4sim run men/trt --endocrine-only` follows the hormones alone.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt

from glut4sim import Scenario, run
from glut4sim.sim.analysis.timeline import dataset
from glut4sim.sim.reporting.figure_style import STYLE
from glut4sim.sim.studies.assays.result import AssaysResult

CHANGES = {
    "assay.at": '["0 d", "2 weeks", "24 weeks"]',
    "cell.vesicles": "4000",
    "cell.receptors": "5000",
    "cell.glucose_agents": "2000",
    "run.step": "0.5 s",
    "run.duration": "45 min",
}
STEPS = {"pi3k": "PI3K", "akt": "Akt", "translocation": "translocation", "glut4": "GLUT4 copies"}


def main(folder: Path) -> AssaysResult:
    """Follow the hormones and do the clamps."""
    folder.mkdir(parents=True, exist_ok=True)
    scenario = Scenario.load("men/trt", CHANGES)
    hormones = dataset(scenario)  # a variable for each level and drug, and the factors of the cell's steps
    result = run(scenario, replicates=2)
    for i, at in enumerate(result.summary["assays"]):
        change = result.change("surface_glut4_stimulated_copies", assay=i)
        print(f"{at['at']:>6}: GLUT4 at the surface {change.told if i else 'as it was'}")

    plt.rcParams |= STYLE
    figure, (levels, steps, surface) = plt.subplots(1, 3, figsize=(12, 3.6), layout="constrained")
    weeks = hormones.time / 7
    given = hormones["testosterone cypionate"]
    levels.plot(weeks, hormones.testosterone, label="in the blood")
    levels.plot(weeks, hormones.testosterone - given, label="the man's own")
    levels.set(title="Testosterone", ylabel="ng/dL")
    for step, label in STEPS.items():
        steps.plot(weeks, hormones.step_factor.sel(step=step), label=label)
    steps.set(title="What hormones make of the cell", ylabel="Relative to a healthy man of 30")
    for at, assay in zip(result.summary["assays"], result.assays):
        series = assay.dataset.surface_glut4.mean("replicate") / 1000
        surface.plot(series.time / 60, series, label=f"on day {at['at_days']:g}")
    surface.set(title="GLUT4 at the surface in a clamp", xlabel="Time [min]", ylabel="1000 copies")
    for ax in (levels, steps):
        ax.set_xlabel("Time [weeks]")
    for ax in (levels, steps, surface):
        ax.legend()
        ax.set_ylim(0, None)
    steps.set_ylim(0.65, 1.1)
    figure.savefig(folder / "therapy.png", dpi=110)
    return result


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "results/examples"))
