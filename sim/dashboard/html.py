"""What Solara's page lacks for those who read it with other means: its language, that it may be enlarged, and names.

And what it has too much of: it tells of itself in the browser's console, where only faults are to be found.
"""

from collections.abc import Awaitable, Callable

from glut4sim.sim.dashboard.guard import Message, Receive, Send

INSTEAD = (
    (b"<html>", b'<html lang="en">'),
    (b"<head>", b"<head><script>console.log = console.debug = () => {};</script>"),
    (b", maximum-scale=1, user-scalable=no, minimal-ui", b""),
    (b"absolute></v-progress-linear>", b'absolute aria-label="Busy"></v-progress-linear>'),
)


class Html:
    """An ASGI application that passes on to another, and mends the page that it answers with."""

    def __init__(self, application: Callable[..., Awaitable[None]]):
        self._application = application

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/":
            await self._application(scope, receive, send)
            return
        start: Message = {}
        body = b""

        async def mend(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            for theirs, ours in INSTEAD:
                body = body.replace(theirs, ours)
            kept = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
            await send({**start, "headers": [*kept, (b"content-length", str(len(body)).encode())]})
            await send({"type": "http.response.body", "body": body})

        plain = [(name, value) for name, value in scope["headers"] if name.lower() != b"accept-encoding"]
        await self._application({**scope, "headers": plain}, receive, mend)
