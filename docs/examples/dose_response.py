"""A dose response: how much insulin a fibre needs, with and without fatty acids that have been high for hours.

    python docs/examples/dose_response.py [FOLDER]

Writes FOLDER/dose-response.png. On the command line, for one of the two:
`glut4sim sweep metabolic/clamp --vary bath.insulin=10pM..100nM/9`.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt

from glut4sim import Scenario
from glut4sim.sim.studies.sweep.result import describe_fits
from glut4sim.sim.studies.sweep.sweep import sweep

CHANGES = {
    "cell.vesicles": "2000",
    "cell.receptors": "5000",
    "cell.glucose_agents": "100",
    "run.step": "0.5 s",
    "run.duration": "40 min",
}
OBSERVABLE = "surface_glut4_stimulated_percent"


def main(folder: Path) -> dict[str, float]:
    """Sweep insulin for either level of fatty acids; returns the EC50 [nM] for each."""
    folder.mkdir(parents=True, exist_ok=True)
    figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
    found = {}
    for ffa in ("0.5 mM", "1.5 mM"):
        scenario = Scenario.load("metabolic/clamp", CHANGES | {"body.sex": "man", "hormones.ffa": ffa})
        result = sweep(scenario, {"bath.insulin": "10pM..100nM/9"}, replicates=2, observable=OBSERVABLE)
        print(f"Fatty acids {ffa}: {describe_fits(result)[0]}")
        numbers = result.dataset[OBSERVABLE]
        ax.errorbar(numbers["bath.insulin"], numbers.mean("replicate"), numbers.std("replicate"), fmt="o-", label=ffa)
        ((_, curve),) = result.fit()
        found[ffa] = curve.ec50.value
    ax.set(xscale="log", xlabel="Insulin [nM]", ylabel="GLUT4 at the surface [%]", ylim=(0, None))
    ax.legend(title="Fatty acids")
    figure.savefig(folder / "dose-response.png", dpi=130)
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "results/examples"))
