"""Which effect matters? Switch one off at a time, here those that obesity has on a muscle fibre.

    python docs/examples/which_step.py [FOLDER]

Writes FOLDER/which-step.png. The mean field has no noise, so one run each is enough; on the command line one of them is
`glut4sim run metabolic/obesity --mean-field --set effects.cytokines-irs1.gain=0`.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt

from glut4sim import Scenario, run
from glut4sim.sim.endocrine.evidence import acting

HEALTHY, STATE = "metabolic/clamp", "metabolic/obesity"
OBSERVABLE = "surface_glut4_stimulated_copies"
LEAST = 0.02  # change of a step that is worth a run


def respond(name: str, changes: dict[str, str]) -> float:
    """GLUT4 at the surface in the clamp."""
    scenario = Scenario.load(name, {"run.duration": "40 min"} | changes)
    return run(scenario, mean_field=True).summary["observables"][OBSERVABLE]["mean"]


def main(folder: Path) -> dict[str, float]:
    """Returns how much of the loss comes back without each effect, the most first."""
    folder.mkdir(parents=True, exist_ok=True)
    scenario = Scenario.load(STATE)
    factors = {name: course[0] for name, course in scenario.timeline([0.0, 1.0]).effects.items()}
    effects = [e for e in acting(scenario) if e.acts_on_cell and abs(factors[e.name] - 1) > LEAST]
    healthy, obese = respond(HEALTHY, {}), respond(STATE, {})
    shares = {}
    for effect in effects:
        without = respond(STATE, {f"effects.{effect.name}.gain": "0"})
        shares[effect.name] = (without - obese) / (healthy - obese)
    shares = dict(sorted(shares.items(), key=lambda item: -item[1]))
    for name, share in shares.items():
        print(f"{name:24} factor {factors[name]:.2f}   {share:.0%} of the loss comes back without it")
    figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
    ax.barh(list(shares), [100 * share for share in shares.values()])
    ax.invert_yaxis()
    ax.set_title(f"Obesity: GLUT4 at the surface {100 * (obese / healthy - 1):.0f} %; effects are not additive")
    ax.set_xlabel("Share of the loss that comes back without the effect [%]")
    figure.savefig(folder / "which-step.png", dpi=130)
    return shares


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "results/examples"))
