"""The one application: the page, the documents behind its citations, and the HTTP API, under one policy."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Mapping
from importlib import resources
from pathlib import PurePosixPath

import uvicorn
from fastapi import FastAPI, Request, Response

from b12assistant import addresses, service, terminal, ui
from b12assistant.api import Workspace, local_today
from b12assistant.errors import NotFoundError, ServerError
from b12assistant.http_transport import written_id
from b12assistant.policy import Policy
from b12assistant.source_html import View, missing_page, source_page
from b12assistant.warmup import Warmup

HOST = "127.0.0.1"
PORT = 7860
# A document is read under a far stricter policy than the framework allows the page.
VIEW_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
# Of the framework's routes those that the page needs; no upload, no file, no proxy, no list of functions.
_FRAMEWORK = (
    "/",
    "/assets/",
    "/static/",
    "/theme.css",
    "/gradio_api/queue/join",
    "/gradio_api/queue/data",
    "/gradio_api/heartbeat/",
    "/gradio_api/startup-events",
    "/gradio_api/theme.css",
)
_OWN = ("/d/", "/own/", "/favicon.ico", "/api/", "/healthz", "/readyz")


def application(space: Workspace, warmup: Warmup, host: str = HOST) -> Policy:
    """The application over a workspace; whoever serves it starts the warm-up."""
    app = service.build_app(lambda: space)
    files = _own_files()
    _add_documents(app, space)
    _add_own(app, files)
    ui.mount(app, space, warmup, _head(files))
    return Policy(app, (*_FRAMEWORK, *_OWN), host)


def serve(space: Workspace, host: str = HOST, port: int = PORT) -> None:
    """Serve until stopped. Raises an index error if there is none, and ``ServerError`` if the port is taken."""
    generation = space.opened.collection.generation  # a missing index is told here, not to a reader
    with _listening(host, port) as listener:
        warmup = Warmup(space)
        warmup.start()
        # No access log: it would hold who asked when.
        config = uvicorn.Config(
            application(space, warmup, host),
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{listener.getsockname()[1]}"
        terminal.line(f"b12assistant answers at {address} (index {generation[:8]}; Ctrl+C stops it)")
        uvicorn.Server(config).run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, or asyncio leaves Nagle on
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ServerError(
            f"cannot listen on {host}, port {port} ({error.strerror})",
            hint=f"try --port {port + 1 if port < 65535 else PORT}",
        ) from error
    return listener


def _own_files() -> Mapping[str, bytes]:
    folder = resources.files("b12assistant").joinpath("static")
    return {file.name: file.read_bytes() for file in folder.iterdir() if PurePosixPath(file.name).suffix in _TYPES}


def _head(files: Mapping[str, bytes]) -> str:
    """What the page's head names: the style sheet and script of our own, by their content."""

    def own(name: str) -> str:
        return f"/own/{name}?v={hashlib.sha256(files[name]).hexdigest()[:8]}"

    sheets = (f'<link rel="stylesheet" href="{own(name)}">' for name in ("tokens.css", "page.css", "panel.css"))
    return (
        '<meta name="referrer" content="no-referrer">'
        '<link rel="icon" href="/own/favicon.svg" type="image/svg+xml">'
        f"{''.join(sheets)}"
        f'<script defer src="{own("app.js")}"></script>'
    )


def _add_own(app: FastAPI, files: Mapping[str, bytes]) -> None:
    def own(name: str) -> Response:
        if name not in files:
            return Response("there is nothing here\n", 404, media_type="text/plain")
        kept = {"cache-control": "no-cache"}
        return Response(files[name], media_type=_TYPES[PurePosixPath(name).suffix], headers=kept)

    @app.get("/own/{name}", include_in_schema=False)
    async def own_file(name: str) -> Response:
        return own(name)

    @app.get("/favicon.ico", include_in_schema=False)
    async def icon() -> Response:
        return own("favicon.svg")


def _add_documents(app: FastAPI, space: Workspace) -> None:
    headers = {"content-security-policy": VIEW_POLICY}

    @app.get("/d/{document:whole}", include_in_schema=False)
    def document(request: Request) -> Response:
        name = written_id(request, addresses.ROOT)
        asked = request.query_params
        theme = asked.get("theme", "")
        try:
            entry = space.document(name)
        except NotFoundError:
            return Response(missing_page(name, theme), 404, headers, "text/html; charset=utf-8")
        view = View(
            addresses.read(asked), space.source_changed(name), local_today(), theme, framed=asked.get("framed") == "1"
        )
        return Response(source_page(entry, view), 200, headers, "text/html; charset=utf-8")
