"""docs/architecture.md shows the imports of the code as they are."""

import runpy

import pytest

from tests.support import ROOT

SCRIPT = ROOT / "docs" / "architecture.py"


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(SCRIPT))


def test_the_page_shows_the_imports_of_the_code(script):
    written = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    assert script["page"](written) == written, "run: python docs/architecture.py"


def test_a_package_stands_above_all_that_it_imports(script):
    imports = {"top": {"middle", "low"}, "middle": {"low"}, "low": set(), "alone": set()}
    assert script["floors"](imports) == [["alone", "low"], ["middle"], ["top"]]
    assert script["reduced"](imports) == {"top": {"middle"}, "middle": {"low"}, "low": set(), "alone": set()}
