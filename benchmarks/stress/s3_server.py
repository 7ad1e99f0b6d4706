"""An S3 server in memory that fails when it is told to: moto's, behind a door that may be shut.

    python -m glut4sim.benchmarks.stress.s3_server FOLDER

It serves on 127.0.0.1 at a port that it writes into FOLDER/port. FOLDER/mode says how it fails, such as {"from": 40,
"share": 1.0, "how": "503"}: of the requests counted from when that was written, from the 40th on, all get a 503.
"""

import json
import random
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from socket import SHUT_RDWR
from typing import Any

ANSWERS = {
    "503": ("503 Service Unavailable", "SlowDown", "Please reduce your request rate."),
    "500": ("500 Internal Server Error", "InternalError", "We encountered an internal error."),
    "403": ("403 Forbidden", "AccessDenied", "Access Denied"),
}


class Door:
    """In front of a WSGI application: lets requests in, or answers with a fault."""

    def __init__(self, application: Callable, folder: Path):
        self.application, self.mode = application, folder / "mode"
        self.written, self.count, self.how = 0, 0, {}
        self.chance = random.Random(1)

    def __call__(self, environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        if self.mode.exists() and (written := self.mode.stat().st_mtime_ns) != self.written:
            self.written, self.count, self.how = written, 0, json.loads(self.mode.read_text())
        self.count += 1
        if self.how and self.count >= self.how["from"] and self.chance.random() < self.how["share"]:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            if self.how["how"] in ("closed", "silent"):
                if self.how["how"] == "closed":
                    environ["werkzeug.socket"].shutdown(SHUT_RDWR)
                raise ConnectionAbortedError  # which werkzeug takes to be the client's doing: it says nothing more
            status, code, message = ANSWERS[self.how["how"]]
            said = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
            start_response(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(said)))])
            return [] if environ["REQUEST_METHOD"] == "HEAD" else [said]
        return self.application(environ, start_response)


def main(folder: Path) -> None:
    """Serve to the end of the process."""
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    door = Door(DomainDispatcherApplication(create_backend_app), folder)
    server = make_server("127.0.0.1", 0, door, threaded=True)  # pyright: ignore[reportArgumentType]
    (folder / "port.part").write_text(f"{server.port}")
    (folder / "port.part").replace(folder / "port")
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
