"""Results that show themselves: a line where Python shows them as text, their main table in a notebook."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import NamedTuple


class Shown(NamedTuple):
    """A table, as the terminal and notebooks show it.

    Attributes
    ----------
    columns : name -> "left" or "right"
    rows : of as many cells each
    """

    title: str
    columns: Mapping[str, str]
    rows: Sequence[tuple[str, ...]]


class ShowsItself(ABC):
    """What a study leaves."""

    @abstractmethod
    def shown(self) -> Shown:
        """Its main table."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.shown().title}>"

    def _repr_html_(self) -> str:
        """As a notebook shows it."""
        return as_html(self.shown())


def as_html(shown: Shown) -> str:
    """A table in HTML, all of its text as it is."""
    sides = list(shown.columns.values())
    head = _row("th", shown.columns, sides)
    rows = "".join(_row("td", row, sides) for row in shown.rows)
    caption = f'<caption style="text-align: left">{escape(shown.title)}</caption>'
    return f"<table>{caption}<thead>{head}</thead><tbody>{rows}</tbody></table>"


def _row(tag: str, cells: Iterable[str], sides: Sequence[str]) -> str:
    inner = (f'<{tag} style="text-align: {side}">{escape(cell)}</{tag}>' for cell, side in zip(cells, sides))
    return f"<tr>{''.join(inner)}</tr>"
