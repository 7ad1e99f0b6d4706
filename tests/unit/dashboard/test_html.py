"""The page that is served says its language and can be enlarged; all else is passed on as it is."""

import asyncio

import pytest

from glut4sim.sim.dashboard.html import Html

SERVED = (
    b'<!doctype html><html><head><meta content="width=device-width, maximum-scale=1, user-scalable=no, minimal-ui">'
    b"<v-progress-linear absolute></v-progress-linear>"
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "/",
            b'<!doctype html><html lang="en"><head><script>console.log = console.debug = () => {};</script>'
            b'<meta content="width=device-width">'
            b'<v-progress-linear absolute aria-label="Busy"></v-progress-linear>',
        ),
        ("/static/other.html", SERVED),
    ],
)
def test_what_is_served(path, expected):
    sent, asked = [], []

    async def application(scope, receive, send):
        asked.append(dict(scope["headers"]))
        length = str(len(SERVED)).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
        await send({"type": "http.response.body", "body": SERVED[:20], "more_body": True})
        await send({"type": "http.response.body", "body": SERVED[20:]})

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": path, "headers": [(b"accept-encoding", b"gzip")]}
    asyncio.run(Html(application)(scope, None, send))
    body = b"".join(message.get("body", b"") for message in sent)
    assert body == expected
    assert dict(sent[0]["headers"])[b"content-length"] == str(len(body)).encode()
    assert (b"accept-encoding" in asked[0]) == (path != "/")
