"""Text and tables in Markdown, as GitHub reads it."""

import re
from collections.abc import Iterable, Sequence
from itertools import zip_longest

_MEANT = re.compile(
    r"[\\`*|<]"  # code, emphasis, cells, HTML
    r"|(?<![^\W_])_|_(?![^\W_])|~(?=~)"  # emphasis at the edge of a word, text struck out
    r"|&(?=#?\w+;)"  # &lt;
    r"|\[(?=[^\]]*\]\()"  # a link
)
_RULES = {"l": "---", "r": "---:"}


def literal(text: object) -> str:
    """Text as it is, on one line: what Markdown would take as formatting stands behind a backslash.

    Fit for a cell of a table, a heading, a line of a list.
    """
    return _MEANT.sub(r"\\\g<0>", " ".join(str(text).split()))


def table(head: Sequence[object], rows: Iterable[Sequence[object]], sides: str = "l") -> str:
    """A table; every cell is text as it is.

    Parameters
    ----------
    head : names of the columns
    rows : of as many cells each
    sides
        for each column "l", left, or "r", right; those left out stand right, as numbers do
    """
    rule = (_RULES[side] for _, side in zip_longest(head, sides, fillvalue="r"))
    lines = [map(literal, head), rule, *(map(literal, row) for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
