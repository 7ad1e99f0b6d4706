"""What ties a page to its server: its address, which holds its state, and a heartbeat, which tells of silence."""

from collections.abc import Callable

import anywidget
import traitlets

from glut4sim.sim.dashboard.browser import script, style


class PageLink(anywidget.AnyWidget):
    """The address and the heartbeat in the browser: see page_link.js.

    Parameters
    ----------
    go_to : called with the query of the address when the reader goes back or forth in the history
    """

    _esm = script("page_link.js")
    _css = style("page_link.css")
    address = traitlets.Dict({"query": "", "is_new": False}).tag(sync=True)

    def __init__(self, go_to: Callable[[str], None]):
        super().__init__()
        self._go_to = go_to
        self.on_msg(self._receive)

    def show(self, query: str, is_new: bool) -> None:
        """Put a query into the address: as a new entry of the history, or in place of the last."""
        if query != self.address["query"]:
            self.address = {"query": query, "is_new": is_new}

    def _receive(self, _widget, content, _buffers):
        match content:
            case {"kind": "ping"}:
                self.send({"kind": "pong"})
            case {"kind": "went to", "query": str(query)}:
                self._go_to(query)
