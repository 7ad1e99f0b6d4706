"""A scenario of your own, my_regimen.toml: three drugs with times of their own, and what each level does meanwhile.

    python docs/examples/my_regimen.py [FOLDER]

Writes FOLDER/my-regimen.png. On the command line: `glut4sim run docs/examples/my_regimen.toml --endocrine-only`, and
without the option the cell too.
"""

import sys
from pathlib import Path

import xarray as xr

from glut4sim import Scenario
from glut4sim.sim.endocrine.evidence import NOT_ADVICE, describe_therapy, standings
from glut4sim.sim.studies.run.hormones import run
from glut4sim.sim.studies.run.timeline_figure import save_figure

FILE = Path(__file__).with_name("my_regimen.toml")
SHOWN = ("testosterone", "lh", "estradiol", "igf1", "visceral_fat")


def main(folder: Path) -> xr.Dataset:
    """Follow the hormones; returns their time lines."""
    folder.mkdir(parents=True, exist_ok=True)
    scenario = Scenario.load(FILE)
    for therapy in scenario.therapy:
        print(describe_therapy(therapy))
    for drug, standing in standings(scenario).items():
        print(f"{drug}: {standing}")
    hormones = run(scenario).dataset
    days = [at / 86400 for at in scenario.assay.at]
    for name in SHOWN:
        course = hormones[name].sel(time=days, method="nearest")
        print(f"{course.long_name:26}", *(f"{value:8.2f}" for value in course.values), course.units)
    save_figure(hormones, scenario, folder / "my-regimen.png")
    print(NOT_ADVICE)
    return hormones


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "results/examples"))
