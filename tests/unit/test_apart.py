"""The page of what fits of effects cannot tell apart says what their reports and the library say."""

import runpy

from glut4sim.sim.endocrine import library
from glut4sim.sim.endocrine.library import DATA
from tests.support import ROOT

SCRIPT = runpy.run_path(str(ROOT / "docs" / "apart.py"))


def test_the_page_is_made_from_the_reports():
    assert SCRIPT["PAGE"].read_text("utf-8") == SCRIPT["page"](), "run: python docs/apart.py"


def test_every_strength_that_was_fitted_together_is_there():
    """Those of the draws that were taken over with the reports, as the library has them."""
    rows = [line.strip("| ").split(" | ") for line in SCRIPT["page"]().splitlines() if line.startswith("| hormones-")]
    told = {(row[0], f"{row[1]}.gain"): float(row[3]) for row in rows}
    drawn = {
        (file.name.partition(".")[0], name)
        for file in DATA.glob("hormones-*.posterior.csv")
        for name in file.read_text("utf-8").splitlines()[0].split(",")
    }
    assert {(fit, name.split()[0]) for fit, name in drawn if name.split()[0].endswith(".gain")} == set(told)
    assert all(library.effects()[name.partition(".")[0]].gain == value for (_, name), value in told.items())
