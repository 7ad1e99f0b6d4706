"""What a fit of a preset found goes where the program reads it: `make fits` calls this after each of its fits.

    python -m glut4sim.benchmarks.fits.adopt build/fits/NAME

Best values, to DIGITS significant digits, go into sim/model/presets/NAME.toml; the draws of the posterior beside it,
NAME.posterior.csv; the report with its figures and the values as fitted, fitted.toml, into docs/fits/NAME.
"""

import re
import shutil
import sys
import tomllib
from pathlib import Path

import numpy as np

from glut4sim.sim.model.parameters import PRESETS, load_preset
from glut4sim.sim.scenario.draws import Draws, read_draws, write_draws

DOCS = Path(__file__).parents[2] / "docs" / "fits"
DIGITS = 4
DIGITS_OF_DRAWS = 6
SHOWN = ("report.md", "fitted.toml", "fit.png", "profiles.png", "correlations.png")


def adopt(result: Path) -> None:
    """Take over the results of a fit, in a directory named like its problem and the preset.

    Raises
    ------
    ValueError
        if it changes what the preset does not mark as this fit's
    """
    name = result.name
    fitted = tomllib.loads((result / "fitted.toml").read_text("utf-8"))["parameters"]
    marked = {p.name for p in load_preset(name).parameters.values() if p.fit == name}
    if marked != set(fitted):
        raise ValueError(f"{name}: fitted are {sorted(fitted)}, the preset marks {sorted(marked)}")
    file = PRESETS.folder / f"{name}.toml"
    file.write_text(with_values(file.read_text("utf-8"), {key: rounded(text) for key, text in fitted.items()}), "utf-8")
    if (result / "posterior.csv").is_file():
        found = read_draws(result / "posterior.csv")
        short = np.array([[float(f"{value:.{DIGITS_OF_DRAWS}g}") for value in row] for row in found.values])
        write_draws(PRESETS.folder / f"{name}.posterior.csv", Draws(found.names, found.units, short, found.origin))
    (DOCS / name).mkdir(parents=True, exist_ok=True)
    for shown in SHOWN:
        if (result / shown).is_file():
            shutil.copy(result / shown, DOCS / name / shown)


def rounded(quantity: str) -> str:
    """The number of a quantity as a preset holds it: "2.82044 1/min" is "2.82"."""
    return np.format_float_positional(float(f"{float(quantity.split()[0]):.{DIGITS}g}"), trim="-")


def with_values(preset: str, values: dict[str, str]) -> str:
    """The text of a preset's file with other values, and all else as it is."""
    for name, value in values.items():
        preset = with_number(preset, name, "value", value, "the preset")
    return preset


def with_number(text: str, entry: str, key: str, number: str, of: str) -> str:
    """The text of a file `of` entries with another number of one of them, and all else as it is."""
    place = rf"(?ms)^(\[{re.escape(entry)}\]\n(?:(?!^\[).)*?^{re.escape(key)} = )\S+$"
    text, found = re.subn(place, rf"\g<1>{number}", text)
    if found != 1:
        raise ValueError(f"{entry} is not in the file of {of}")
    return text


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        adopt(Path(argument))
