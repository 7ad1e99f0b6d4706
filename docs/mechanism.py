"""docs/mechanism.md: what each sentence of the mechanism is in the model, from the library and the presets.

python docs/mechanism.py
"""

import csv
from pathlib import Path

from glut4sim.sim.endocrine.evidence import acting, target_title
from glut4sim.sim.reporting.markdown import table
from glut4sim.sim.scenario.scenario import Scenario

PAGE = Path(__file__).with_suffix(".md")
TOLD = Path(__file__).parents[1] / "benchmarks" / "mechanism.csv"
HEAD = ("", "statement", "scenario", "by", "on", "sign", "size", "grade", "source")
WORDS = """# The mechanism, sentence by sentence

Made by `docs/mechanism.py` from `benchmarks/mechanism.csv`, the library of effects and the presets; not edited by hand.

What the simulator is to show of insulin, hormones and uptake, one statement a line, and what does it in the model: run
the scenario, and look at the step. An effect of a hormone has a sign, a size and a range (`glut4sim effects show
NAME`), a rate of the cell its value. `+/-`: sources disagree, and its range has both signs. What all of them together
do to uptake, and whether that is what was measured, is in [hormones.md](hormones.md).

"""


def page() -> str:
    """The text of the page."""
    rows, scenarios = [], {}
    for line in csv.DictReader(TOLD.read_text("utf-8").splitlines()):
        scenario = scenarios.setdefault(line["scenario"], Scenario.load(line["scenario"]))
        for i, name in enumerate(line["by"].split()):
            first = (line["claim"], line["statement"], line["scenario"]) if i == 0 else ("", "", "")
            rows.append((*first, name, *_about(name, scenario)))
    return WORDS + table(HEAD, rows, "l" * len(HEAD)) + "\n"


def _about(name: str, scenario: Scenario) -> tuple[str, ...]:
    """On what an effect or a rate acts, with which sign and size, how well it is known, and from where.

    KeyError if there is none of that name, ValueError if an effect does not act in the scenario.
    """
    if "." in name:
        found = scenario.preset.parameters[name]
        return name.partition(".")[0], "", f"{found.value:.4g} {found.unit}", found.evidence, found.source
    effect = scenario.known.effects[name]
    strength = effect.gain if effect.power is None else effect.power
    if strength and effect not in acting(scenario):
        raise ValueError(f"{name} does not act in {scenario.name}")
    low, high = effect.plausible
    sign = "+/-" if low < 0.0 < high else "+" if max(strength, high) > 0.0 else "-"
    size = f"{scenario.known.describe_strength(effect)} ({low:g} to {high:g})"
    return target_title(effect, scenario), sign, size, effect.evidence, effect.source


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
