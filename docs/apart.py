"""docs/fits/apart.md: what the fits of hormones' effects cannot tell apart, from their reports and the library.

python docs/apart.py
"""

from collections.abc import Iterator
from pathlib import Path

from glut4sim.sim.endocrine import library
from glut4sim.sim.endocrine.modulation import STEPS
from glut4sim.sim.reporting.markdown import table

FITS = Path(__file__).parent / "fits"
PAGE = FITS / "apart.md"
SECTION = "## What cannot be told apart"
HEAD = ("fit", "effect", "step", "strength", "90 % by the profile", "trades off with", "told", "held meanwhile")
WORDS = """# What the fits of effects cannot tell apart

Made by `docs/apart.py` from the reports of `glut4sim fit hormones-*` beside this page and the library of effects; not
edited by hand. What it means, and what was held out, is in [the overview](README.md).

Each effect whose strength was fitted, the part of its range that its data allow (90 %, `open` where that is to the end
of the range), the values of the same fit that it trades off with (correlation of 0.5 and more), and whether the data
tell it. Held meanwhile were the other effects of what drives it on steps of the cell: as far as the data go, they could
do the same.

"""


def page() -> str:
    """The text of the page."""
    rows = [row for report in sorted(FITS.glob("hormones-*/report.md")) for row in _rows(report)]
    return WORDS + table(HEAD, rows, "l" * len(HEAD)) + "\n"


def _rows(report: Path) -> Iterator[tuple[str, ...]]:
    """What a report says of each value that was fitted."""
    section = report.read_text("utf-8").partition(f"{SECTION}\n\n")[2].partition("\n\n")[0]
    effects = library.effects()
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in section.splitlines()[2:]]
    fitted = {name.partition(".")[0] for name, *_ in cells}
    for name, interval, trades, told in cells:
        effect = effects[name.partition(".")[0]]
        held = [
            f"{other.name} ({other.gain:g})"
            for other in effects.values()
            if other.driver == effect.driver and other.acts_on_cell and other.name not in fitted
            if effect.sex == other.sex
        ]
        yield (
            report.parent.name,
            effect.name,
            STEPS[effect.target].title,
            f"{effect.gain:g}",
            interval,
            trades,
            told,
            ", ".join(held),
        )


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
