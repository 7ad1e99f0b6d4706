"""Serves the dashboard on this machine: Solara's application under uvicorn, with nothing fetched from elsewhere."""

import os
import socket
import threading
import webbrowser
from collections.abc import Callable

from glut4sim.sim.dashboard.guard import Guard
from glut4sim.sim.dashboard.html import Html
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.scenario.scenario import Scenario

HOST = "localhost"
CLOSING_SECONDS = 2  # that pages have to close their connections when the server is to end
# A page learns where anywidget lies from a script that may come after the first widget, which is then looked for here.
EARLY_ANYWIDGET = ("/jupyter/anywidget.js", 'define(["nbextensions/anywidget/index"], anywidget => anywidget);')
SETTINGS = {
    "SOLARA_APP": "glut4sim.sim.dashboard.app",
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False",
    "SOLARA_KERNEL_CULL_TIMEOUT": "60s",  # a browser that was killed frees its session after this
    "SOLARA_THEME_SHOW_BANNER": "False",
    "SOLARA_MODE": "production",
}


def serve(scenario: Scenario, port: int, open_browser: bool, say: Callable[[str], None]) -> None:
    """Serve the dashboard until Ctrl-C, or SIGTERM, which are raised again then.

    Parameters
    ----------
    scenario : that pages begin with
    port : 0 for any that is free
    say : told the address

    Raises
    ------
    InputError
        if the port is taken, or the packages of the dashboard are not installed
    """
    listener = _listen(port)
    os.environ.update(SETTINGS)  # before solara is imported, which reads them then
    try:
        import uvicorn
        from solara.server import settings
        from solara.server.starlette import app as application
        from starlette.responses import Response
        from starlette.routing import Route

        from glut4sim.sim.dashboard import app
    except ModuleNotFoundError as error:
        raise InputError(
            f'needs the package {error.name}; install it with: pip install "glut4sim[dashboard]".', place="dashboard"
        ) from None
    app.first = scenario
    path, script = EARLY_ANYWIDGET
    application.router.routes.insert(0, Route(path, lambda _: Response(script, media_type="text/javascript")))
    address = f"http://{HOST}:{listener.getsockname()[1]}"
    say(address)
    if open_browser:
        threading.Timer(0.5, webbrowser.open, [address]).start()
    # Without deflate: for frames, which hardly shrink, it is most of the work.
    config = uvicorn.Config(
        Guard(Html(application), settings.assets.proxy_cache_dir), log_level="warning", ws_per_message_deflate=False,
        timeout_graceful_shutdown=CLOSING_SECONDS,
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[listener])


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()  # from now on: who is told the address may come at once
    except (OSError, OverflowError) as error:
        raise InputError(f"cannot be used: {error}; choose another.", place=f"--port {port}") from None
    return listener
