"""Text that Markdown shows as it is, and tables."""

import pytest

from glut4sim.sim.reporting.markdown import literal, table
from tests.markdown import NASTY, SEEN, headings, parsed, seen, tables

WORDS = [
    "a|b", "|", "||", "\\", "\\|", "\\\\|", "a\\", "*", "*a*", "**a** b", "mu*", "`a`", "`", "``a|b``", "<b>", "a < b",
    "<!-- a", "<https://a.b>", "a\nb", "a\r\n\nb", "  a  ", "", "_a_", "__a__", "l_m_n", "~~a~~", "~", "&lt;", "&#42;",
    "A & B", "[a](b)", "![a](b)", "[1, 2]", "-1.2 [-3, +4] %", "a -> b", "# a", "1. a", NASTY,
]  # fmt: skip


@pytest.mark.parametrize("words", WORDS)
def test_a_cell_shows_its_words_and_ends_where_it_ends(words):
    text = table(["first", words, "last"], [["1", words, "3"], ["4", "5", "6"]])
    once = " ".join(words.split())
    assert tables(text) == [[["first", once, "last"], ["1", once, "3"], ["4", "5", "6"]]]


@pytest.mark.parametrize("words", WORDS)
def test_a_heading_and_a_line_of_a_list_show_their_words(words):
    once = " ".join(words.split())
    assert headings(f"# x {literal(words)} x") == [f"x {once} x"]
    [item] = [token for token in parsed(f"- x {literal(words)} x") if token.type == "inline"]
    assert seen(item) == f"x {once} x"


def test_what_means_nothing_stands_as_it_is():
    for words in ("+12.3 [10.1, 14.5] %", "vesicle.glut4_copies", "A & B, J Biol Chem 288:9867 (2013)", "~ 4 > 3"):
        assert literal(words) == words


def test_columns_stand_left_or_right():
    text = table(["a", "b", "c"], [[1, 2, 3]])
    assert text.splitlines() == ["| a | b | c |", "| --- | ---: | ---: |", "| 1 | 2 | 3 |"]
    assert table(["a", "b", "c"], [], "rl").splitlines()[1] == "| ---: | --- | ---: |"


def test_the_worst_words_are_seen_whole():
    assert SEEN.count("|") == 4
    assert tables(table(["a"], [[NASTY]])) == [[["a"], [SEEN]]]
