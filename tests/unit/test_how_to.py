"""What the how-to pages show is what there is."""

import re

import pytest

from tests.support import ROOT

PAGES = ROOT / "docs" / "how-to"


def code_of(page, language):
    return re.findall(rf"```{language}\n(.*?)```", (PAGES / page).read_text(), re.DOTALL)


def test_the_kind_shown_is_the_one_that_is_tested():
    shown = code_of("add-an-agent-kind.md", "python")[0]
    tested = (ROOT / "tests" / "two_state_kind.py").read_text()
    start = "from enum import IntEnum"
    assert shown[shown.index(start) :] == tested[tested.index(start) :]


def test_the_entry_shown_is_a_kind():
    from glut4sim.sim.model.kinds import KINDS, Kind

    entry = eval(code_of("add-an-agent-kind.md", "python")[1], {"Kind": Kind})
    assert entry.columns == ("gates", "gate_events")
    assert not set(entry.streams) & {number for kind in KINDS for number in kind.streams}


def test_the_lines_around_a_new_state_are_there():
    (shown,) = code_of("add-an-agent-state.md", "diff")
    source = (ROOT / "agents" / "receptor.py").read_text().splitlines()
    around = [line[1:] for line in shown.splitlines() if line.startswith(" ")]
    assert len(around) == 6
    assert [line for line in around if line not in source] == []


@pytest.mark.parametrize("page", sorted(PAGES.glob("add-*.md")), ids=lambda page: page.stem)
def test_files_that_a_page_names_exist(page):
    named = set(re.findall(r"`((?:agents|sim|tests|docs)/[\w/.]+\.\w+)`", page.read_text())) - {"agents/gate.py"}
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
