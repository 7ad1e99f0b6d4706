"""Only pages that the dashboard has served may ask it for anything."""

import asyncio

import pytest

from glut4sim.sim.dashboard.guard import Guard


def ask(tmp_path, kind="http", path="/", host="localhost:8765", **headers):
    """What is sent back: the status, or "passed on"."""
    sent = []

    async def application(scope, receive, send):
        sent.append("passed on")

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message.get("status", message.get("code")))

    hosts = [host] if isinstance(host, str) else host
    given = [*((b"host", each.encode()) for each in hosts), *((n.encode(), v.encode()) for n, v in headers.items())]
    scope = {"type": kind, "path": path, "headers": given}
    asyncio.run(Guard(application, tmp_path)(scope, receive, send))
    return sent[0]


@pytest.mark.parametrize(("kind", "refused"), [("http", 403), ("websocket", 1008)])
def test_who_may_ask(tmp_path, kind, refused):
    for host in ("localhost:8765", "127.0.0.1:9000", "[::1]:8765", "localhost", "LOCALHOST:1"):
        assert ask(tmp_path, kind, host=host) == "passed on"
        assert ask(tmp_path, kind, host=host, origin=f"http://{host}") == "passed on"
    assert ask(tmp_path, kind, origin="http://127.0.0.1:8765") == "passed on"
    for host in ("other.example:8765", "localhost.other.example", "10.0.0.1:8765", "", "[::1", ["localhost", "a"], []):
        assert ask(tmp_path, kind, host=host) == refused
    for origin in ("http://other.example", "http://localhost:3000", "https://localhost:8765", "null",
                   "http://localhost:8765.other.example", ""):  # fmt: skip
        assert ask(tmp_path, kind, origin=origin) == refused


def test_what_may_be_asked_for(tmp_path):
    (tmp_path / "vega@5").mkdir()
    (tmp_path / "vega@5" / "main.js").write_text("")
    assert ask(tmp_path, path="/_solara/cdn/vega@5/main.js") == "passed on"
    for path in ("/_solara/cdn/vega@5/other.js", "/_solara/cdn/vega@5", "/_solara/cdn/", "/_solara/cdn//etc/none",
                 "/resourcez", "/resourcez/"):  # fmt: skip
        assert ask(tmp_path, path=path) == 404


def test_that_the_server_begins_and_ends_is_passed_on(tmp_path):
    assert ask(tmp_path, "lifespan", host=[]) == "passed on"
