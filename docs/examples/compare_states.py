"""Compare hormonal states: what low testosterone and obesity do to a muscle fibre at the same insulin, how surely.

    python docs/examples/compare_states.py [FOLDER]

Writes FOLDER/compare.png. Replicate r of each state is the same cell with the same luck, so differences are the
hormones'; on the command line this is

    glut4sim compare normal=men/eugonadal low=men/hypogonadal obese=metabolic/obesity
"""

import sys
from pathlib import Path

from glut4sim import Scenario, compare
from glut4sim.sim.studies.comparison.figure import save_figure
from glut4sim.sim.studies.comparison.result import Comparison

STATES = {  # label -> scenario; the first is the reference
    "normal testosterone": "men/eugonadal",
    "low testosterone": "men/hypogonadal",
    "morbid obesity": "metabolic/obesity",
}
SMALL = {
    "cell.vesicles": "2000",
    "cell.receptors": "5000",
    "cell.glucose_agents": "100000",
    "run.step": "0.5 s",
    "run.duration": "45 min",
}


def main(folder: Path) -> Comparison:
    """Compare the states over four paired replicates."""
    folder.mkdir(parents=True, exist_ok=True)
    found = compare({label: Scenario.load(name, SMALL) for label, name in STATES.items()}, replicates=4)
    for difference in found.differences:
        print(f"{difference.path:25} {' | '.join(difference.values)}")
    for name in found.ranked():
        change = found.effects[name]["surface_glut4_stimulated_copies"].percent
        step, alone = next(iter(found.steps[name].told().items()))
        print(f"{name}: surface GLUT4 {change.value:+.1f} % (95 %: {change.low:+.1f} to {change.high:+.1f}), ", end="")
        print(f"most of it through {step} ({alone:+.1f} % alone)")
    save_figure(found, folder / "compare.png")
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "results/examples"))
