"""The application on its own port in this process, and a browser to read it with."""

import contextlib
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
import uvicorn
from starlette.types import ASGIApp

from b12assistant.api import Workspace
from b12assistant.web.questions import Questions, Warmup
from b12assistant.web.site import application

HOW = (
    "no browser was found for this test: name one with CHROMIUM=/path/to/chromium, or `sudo apt install chromium`, "
    "or `.venv/bin/playwright install chromium`"
)
# A browser that can reach this machine and nothing else.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def find_browser(own: str) -> str | None:
    """$CHROMIUM, a browser with a usual name, or ``own``, the one that Playwright installed."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    found = (
        shutil.which(name)
        for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    )
    return next((path for path in found if path), own if Path(own).is_file() else None)


def no_browser() -> NoReturn:
    """Skip the test and say how to get a browser; in CI, fail."""
    if os.environ.get("CI", "").lower() in ("", "0", "false"):
        pytest.skip(HOW)
    pytest.fail(HOW)


@contextlib.contextmanager
def running(
    space: Workspace,
    around: Callable[[ASGIApp], ASGIApp] = lambda app: app,
    port: int = 0,
    questions: Questions | None = None,
) -> Iterator[str]:
    """Serve ``space`` and yield the address; ``around`` wraps the application; ``port``: 0 for any that is free."""
    warmup = Warmup(space)
    listener = socket.create_server(("127.0.0.1", port))
    app = around(application(space, warmup, questions=questions))
    config = uvicorn.Config(app, log_level="critical", access_log=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    warmup.start()
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
