"""What a fit of effects found goes where the program reads it.

    python -m glut4sim.benchmarks.fits.adopt_effects build/fits/hormones-NAME

Three digits of each strength go into sim/endocrine/data/effects.toml, draws of all of them beside it, as
hormones-NAME.posterior.csv, and the report with its figures into docs/fits/hormones-NAME.

The draws are of the normal density about the best values: 90 % of each within what its profile allows, the end of its
range where that is open; correlated as in the fit; and those outside the ranges turned away. A fit by walkers leaves
its posterior, which is taken then.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np

from glut4sim.benchmarks.fits.adopt import DIGITS_OF_DRAWS, DOCS, SHOWN, with_number
from glut4sim.sim.analysis.uncertainty import REACH
from glut4sim.sim.endocrine.library import DATA
from glut4sim.sim.scenario.draws import Draws, read_draws, write_draws

DRAWS = 300
DIGITS = 3


def adopt(result: Path) -> None:
    """Take over the results of a fit, in a directory named like its problem."""
    name = result.name
    found = json.loads((result / "fit.json").read_text("utf-8"))
    file = DATA / "effects.toml"
    text = file.read_text("utf-8")
    for free in found["free"]:
        effect, _, key = free["name"].partition(".")
        text = with_strength(text, effect, key, free["value"])
    file.write_text(text, "utf-8")
    posterior = result / "posterior.csv"
    draws = read_draws(posterior) if posterior.is_file() else about_the_best(name, found)
    short = np.array([[float(f"{value:.{DIGITS_OF_DRAWS}g}") for value in row] for row in draws.values])
    write_draws(DATA / f"{name}.posterior.csv", Draws(draws.names, draws.units, short, draws.origin))
    (DOCS / name).mkdir(parents=True, exist_ok=True)
    for shown in SHOWN:
        if (result / shown).is_file():
            shutil.copy(result / shown, DOCS / name / shown)


def about_the_best(name: str, found: dict) -> Draws:
    """Draws of the normal density about the best values of a fit, within its ranges; see above."""
    free = found["free"]
    low, high = np.array([one["range"] for one in free]).T
    best = np.array([one["value"] for one in free])
    ends = np.array([[one["profile"]["low"], one["profile"]["high"]] for one in free], float)  # NaN where open
    spread = np.where(np.isnan(ends), np.stack([low, high], axis=1), ends) @ [-0.5, 0.5] / REACH
    covariance = np.array(found["correlations"] or np.eye(len(free))) * np.outer(spread, spread)
    rng, kept = np.random.default_rng(1), np.empty((0, len(free)))
    while len(kept) < DRAWS:
        tried = rng.multivariate_normal(best, covariance, DRAWS)
        kept = np.concatenate([kept, tried[((tried >= low) & (tried <= high)).all(axis=1)]])
    names = tuple(one["name"] for one in free)
    return Draws(names, ("1",) * len(names), kept[:DRAWS], f"{DRAWS} draws about the best of {name}")


def with_strength(text: str, effect: str, key: str, value: float) -> str:
    """The text of the file of effects with another strength of one of them, and all else as it is."""
    number = f"{float(f'{value:.{DIGITS}g}'):g}"
    return with_number(text, effect, key, number, "effects")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        adopt(Path(argument))
