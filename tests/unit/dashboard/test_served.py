"""What a real server answers to whom it should not talk to, and to what it cannot understand."""

import base64
import json
import logging
import socket
import threading
import time
from contextlib import contextmanager

import pytest

from glut4sim.sim.dashboard.guard import Guard

uvicorn = pytest.importorskip("uvicorn")
KEY = base64.b64encode(bytes(16)).decode()
UPGRADE = f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n"


async def echo(scope, receive, send):
    """Sends back what it is told as JSON, in a websocket; else a word."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": json.dumps(json.loads(message["text"]))})


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """Of a server of `echo` behind a Guard."""
    config = uvicorn.Config(Guard(echo, tmp_path_factory.mktemp("assets")), log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join()


@contextmanager
def asked(port, headers):
    """A connection that has sent a request with these headers, and the status of its answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(f"GET / HTTP/1.1\r\n{headers}\r\n".encode())
        yield connection, int(connection.recv(4096).split()[1])


@pytest.mark.parametrize(("more", "answer"), [("", 200), (UPGRADE, 101)])
def test_foreign_hosts_and_origins_get_403(port, more, answer):
    for host, origin, expected in (
        ("localhost", None, answer),
        ("localhost", "http://localhost:{}", answer),
        ("other.example", None, 403),
        ("other.example", "http://other.example:{}", 403),
        ("localhost", "http://other.example", 403),
    ):
        said = f"Host: {host}:{port}\r\n" + (f"Origin: {origin.format(port)}\r\n" if origin else "")
        with asked(port, said + more) as (_, status):
            assert status == expected, (host, origin)


def test_what_is_no_message_ends_its_connection_and_is_said_in_a_line(port, caplog):
    def frame(text):
        return bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text.encode()  # masked by zeros

    with caplog.at_level(logging.WARNING), asked(port, f"Host: localhost:{port}\r\n{UPGRADE}") as (connection, status):
        assert status == 101
        connection.sendall(frame("[1]"))
        assert connection.recv(4096) == b"\x81\x03[1]"
        connection.sendall(frame("one"))
        while connection.recv(4096):  # until it is closed
            time.sleep(0.001)
    said = [record.getMessage() for record in caplog.records]
    assert said == ["the connection of a page was closed: JSONDecodeError: Expecting value: line 1 column 1 (char 0)"]
    assert not any(record.exc_info for record in caplog.records)
    with asked(port, f"Host: localhost:{port}\r\n") as (_, status):
        assert status == 200
