"""Who may ask the dashboard's server for what: pages that it has served itself, and nothing that reaches elsewhere.

Any page of any site that is open in the same browser can send requests to this machine, and open websockets. It says
its own origin then, or, where a name was made to mean this machine, a foreign host. What is no message of a page's ends
its connection.
"""

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

NAMES = ("localhost", "127.0.0.1", "::1")  # of this machine
CLOSED = ("/resourcez",)  # Solara's: what goes on in the server
ASSETS = "/_solara/cdn/"  # Solara's: files that are installed; what is not would be fetched from the internet
FORBIDDEN, NOT_FOUND = 403, 404
LOG = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Guard:
    """An ASGI application that passes on to another what may be asked for.

    Parameters
    ----------
    assets : folder of the files that are installed
    """

    def __init__(self, application: Callable[..., Awaitable[None]], assets: Path):
        self._application, self._assets = application, assets

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        status = self._refusal(scope) if scope["type"] in ("http", "websocket") else None
        if status is None and scope["type"] == "websocket":
            await self._converse(scope, receive, send)
        elif status is None:
            await self._application(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted: 403
        else:
            await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body"})

    async def _converse(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a websocket on. A fault in what it is told, or in what comes of it, ends it and is said in a line."""
        try:
            await self._application(scope, receive, send)
        except Exception as error:
            first: BaseException = error
            while isinstance(first, BaseExceptionGroup):
                first = first.exceptions[0]
            trace = error if LOG.isEnabledFor(logging.DEBUG) else None
            LOG.warning("the connection of a page was closed: %s: %s", type(first).__name__, first, exc_info=trace)

    def _refusal(self, scope: Message) -> int | None:
        """The status with which something is refused; None if it is not."""
        hosts, origins = (
            [value.decode("latin-1") for name, value in scope["headers"] if name == wanted]
            for wanted in (b"host", b"origin")
        )
        here = _port(f"http://{hosts[0]}") if len(hosts) == 1 else None
        if here is None or any(_port(origin) != here for origin in origins):
            return FORBIDDEN
        path = scope["path"]
        if path.rstrip("/") in CLOSED:
            return NOT_FOUND
        if path.startswith(ASSETS) and not (self._assets / path.removeprefix(ASSETS).lstrip("/")).is_file():
            return NOT_FOUND
        return None


def _port(origin: str) -> int | None:
    """The port of an origin that is this machine by one of its own names; None if it is not."""
    try:
        said = urlsplit(origin)
        return (said.port or 80) if said.scheme == "http" and said.hostname in NAMES else None
    except ValueError:
        return None
