"""Pieces of the page that Solara has not: plain text in an element, and a heading that opens what is under it."""

from typing import Any

import solara
from solara.alias import rv


@solara.component
def Text(tag: str, text: str, look: str = ""):
    """An element with a text, taken as it is; solara.HTML would read the text as HTML, whoever wrote it.

    Parameters
    ----------
    look
        class in page.css
    """
    rv.Html(tag=tag, class_=look, children=[text]).key(tag)  # an element on the page cannot change its tag


@solara.component
def Fold(summary: list[Any], children: list[Any] = []):  # noqa: B006  Solara's way to take children
    """The browser's own, which needs no round trip and works by keyboard.

    Parameters
    ----------
    summary : texts and elements, always to be seen
    """
    rv.Html(tag="details", class_="g4-fold", children=[rv.Html(tag="summary", children=summary), *children])
