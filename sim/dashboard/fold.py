"""A heading that opens and closes what is under it."""

from typing import Any

import solara
from solara.alias import rv


@solara.component
def Fold(summary: list[Any], children: list[Any] = []):  # noqa: B006  Solara's way to take children
    """The browser's own, which needs no round trip and works by keyboard.

    Parameters
    ----------
    summary : texts and elements, always to be seen
    """
    rv.Html(tag="details", class_="g4-fold", children=[rv.Html(tag="summary", children=summary), *children])
