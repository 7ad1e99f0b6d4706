"""The list of the mechanism: every statement has what does it, which acts where it says, and the page says so."""

import csv
import runpy

from tests.support import ROOT

TOLD = ROOT / "benchmarks" / "mechanism.csv"


def test_the_page_is_made_from_the_list_the_library_and_the_presets():
    """An effect that does not act in its scenario, or a name that is none, would stop it."""
    script = runpy.run_path(str(ROOT / "docs" / "mechanism.py"))
    assert (ROOT / "docs" / "mechanism.md").read_text("utf-8") == script["page"](), "run: python docs/mechanism.py"


def test_no_statement_is_left_out():
    """Those of the liver (32) and of the mass of muscle (30) are the body's; 33 is of the standing of drugs."""
    told = {int(line["claim"]) for line in csv.DictReader(TOLD.read_text("utf-8").splitlines())}
    assert told == {*range(1, 30), 31}
