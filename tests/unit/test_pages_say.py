"""No command or snippet of the documentation is hidden from tests/integration/test_pages.py by how it is written."""

import re

from tests.pages import blocks
from tests.support import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND = re.compile(r"^ *(?:\$ )?(?:glut4sim|make|pip|python3?|from glut4sim|import glut4sim) \S", re.MULTILINE)


def hidden(page: str) -> list[str]:
    """Commands in blocks of a language that nobody runs, and in blocks that are only indented."""
    found = [block.text for block in blocks(page) if block.language not in ("sh", "python")]
    rest = re.sub(r"^( *)```.*?^\1```$", "", page, flags=re.DOTALL | re.MULTILINE)
    found += re.findall(r"(?:^|\n\n)((?: {4}.*\n)+)", rest)
    return [line[0] for text in found for line in COMMAND.finditer(text)]


def test_commands_stand_where_they_are_run():
    assert {page.name: lines for page in PAGES if (lines := hidden(page.read_text("utf-8")))} == {}


def test_a_hidden_command_would_be_found():
    assert hidden("Text:\n\n    glut4sim run fasting\n\nMore\n")
    assert hidden("```\nglut4sim run fasting\n```\n")
    assert not hidden("```sh\nglut4sim run fasting\n```\n")
