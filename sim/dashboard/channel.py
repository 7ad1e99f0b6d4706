"""Flow control between a session and a view in the browser, so that neither floods the other.

A view says "ready" when it has mounted and "drawn" after each message that it has put on the screen; the next one is
sent only then. A browser drops what is sent before the view has mounted, and a view may mount again (a tab changed, a
page reloaded), so the channel keeps the message shown last and shows it again to every view that says it is ready.

Messages bypass the traits of the widget on purpose: a trait keeps and compares its value, which for frames is waste.
"""

from threading import Lock
from time import monotonic
from typing import Any

import anywidget

PATIENCE = 2.0  # s after which an acknowledgement counts as lost: it must not stop the show


class Channel(anywidget.AnyWidget):
    """Base of the views. `show` may be called from any thread."""

    def __init__(self, **traits):
        super().__init__(**traits)
        self._lock = Lock()
        self._ready = False
        self._last = None  # the message shown last: content, buffers
        self._id = self._drawn = 0
        self._sent_at = 0.0
        self.on_msg(self._receive)

    def is_free(self, now: float | None = None) -> bool:
        """Whether the view is there and done with the last message, or has kept silent for too long.

        Parameters
        ----------
        now : float
            `time.monotonic()` [s]
        """
        now = monotonic() if now is None else now
        with self._lock:
            return self._ready and (self._drawn == self._id or now - self._sent_at > PATIENCE)

    def show(self, content: dict[str, Any], buffers: list[bytes | memoryview]) -> None:
        """Send a message, with an id added; a view that mounts later gets it then, if it is still the last."""
        with self._lock:
            self._id += 1
            self._last = {**content, "id": self._id}, buffers
            self._send_last()

    def _send_last(self):
        self._sent_at = monotonic()
        self.send(*self._last)

    def _receive(self, _widget, content, _buffers):
        with self._lock:
            match content:
                case {"kind": "ready"}:
                    self._ready = True
                    self._drawn = 0
                    if self._last:
                        self._send_last()
                case {"kind": "drawn", "id": int(drawn)} if drawn <= self._id:
                    self._drawn = max(self._drawn, drawn)
