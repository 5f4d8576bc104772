"""Build and serve the application: the page, the cited documents and the HTTP API, under one policy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import partial
from importlib import resources
from pathlib import PurePosixPath

from fastapi import FastAPI, Request, Response

from b12assistant.application.live import Live
from b12assistant.application.workspace import Workspace
from b12assistant.display import terminal
from b12assistant.display.labels import tables
from b12assistant.errors import ServerError
from b12assistant.language.words import language
from b12assistant.web import listening, service, ui
from b12assistant.web.page_routes import PATHS, own_page, page_router
from b12assistant.web.policy import HEALTH, JOIN, LOOPBACK, Policy, parse_hosts
from b12assistant.web.questions import Questions, Warmup
from b12assistant.web.turns import Asking

DATA = "/gradio_api/queue/data"
HOST = "127.0.0.1"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml"}
# In this order; the other scripts need the first one.
_SHEETS = ("tokens.css", "unseen.css", "page.css", "panel.css", "keep.css", "shell.css", "lookup.css")
_FIRST_SHEETS = ("tokens.css", "page.css")  # of what is shown before the scripts have run
_FIRST = "stream.js"  # before any script of Gradio
_SCRIPTS = ("shell.js", "app.js", "copying.js", "keep.js", "lookup.js")
# Of Gradio's routes, those that the page needs; no upload, no file, no proxy, no list of functions.
_HEARTBEAT = "/gradio_api/heartbeat/"
OPEN = (
    *("/", "/assets/", "/static/", "/theme.css", JOIN, DATA, _HEARTBEAT),
    *("/gradio_api/startup-events", "/gradio_api/theme.css", "/gradio_api/app_id"),
    *(*PATHS, *HEALTH, "/own/", "/favicon.ico", "/api/"),
)


def application(space: Workspace, warmup: Warmup, host: str = HOST, questions: Questions | None = None) -> Policy:
    """Return the application over a workspace; the caller starts the warm-up."""
    live, settings = Live(space), space.configuration.settings
    questions = questions or Questions(settings.web.seconds)
    words = live().page_words
    app = service.build_app(live, questions)
    app.include_router(page_router(live, questions, words))
    folder = resources.files("b12assistant").joinpath("static")
    files = {file.name: file.read_bytes() for file in folder.iterdir() if PurePosixPath(file.name).suffix in _TYPES}
    files["labels.json"] = json.dumps({"code": language(), **tables()}, ensure_ascii=False).encode()
    own = {name: f"/own/{name}?v={hashlib.sha256(data).hexdigest()[:8]}" for name, data in files.items()}
    _add_own(app, files, own)
    ui.mount(app, Asking(live, questions, warmup), words, _head(own))
    names = LOOPBACK | parse_hosts(settings.web.hosts)
    home = partial(ui.with_head, first=own[_FIRST], words=words, sheets=[own[name] for name in _FIRST_SHEETS])
    return Policy(app, OPEN, host, names, home, own_page("plain.html", "missing", words, status=404))


def serve(space: Workspace, host: str = HOST, port: int = listening.PORT, *, behind_proxy: bool = False) -> None:
    """Serve until stopped.

    ``behind_proxy``: a proxy asks for passwords and speaks TLS, so other addresses than this machine's are allowed.
    Raises an index error if there is no index, and ``ServerError`` if the port is in use or the address not allowed.
    """
    settings = space.configuration.settings.web
    behind_proxy = behind_proxy or settings.behind_proxy
    if not behind_proxy and not listening.is_loopback(host):
        raise ServerError(
            f"will not listen on {host or 'every address'}: anyone who reaches it could ask and read",
            hint="listen on 127.0.0.1, or put a proxy with passwords and TLS in front of it and add --behind-proxy "
            "(docs/how-to/reverse-proxy.md)",
        )
    listening.start(settings.log)
    questions = Questions(settings.seconds)
    generation = space.opened.collection.generation  # a missing index stops the start, before any request
    with listening.listen(host, port) as listener:
        warmup = Warmup(space)
        served = application(space, warmup, host, questions)
        warmup.start()
        address = listening.address(host, listener)
        del space  # the served application holds the newest index
        told = f"b12assistant answers at {address} (index {generation[:8]}; Ctrl+C stops it)"
        terminal.console().print(told, soft_wrap=True)
        listening.run(served, listener, questions, behind_proxy=behind_proxy)


def _head(own: Mapping[str, str]) -> str:
    """Return the page's head: our style sheets and scripts, at addresses with a digest."""
    sheets = [f'<link rel="stylesheet" href="{own[name]}">' for name in _SHEETS]
    scripts = [f'<script defer src="{own[name]}"></script>' for name in _SCRIPTS]
    icon = '<link rel="icon" href="/own/favicon.svg" type="image/svg+xml">'
    return "".join(['<meta name="referrer" content="no-referrer">', icon, *sheets, *scripts])


def _add_own(app: FastAPI, files: Mapping[str, bytes], own: Mapping[str, str]) -> None:
    """Serve our files; ``own``: the address of each, with a digest."""

    @app.get("/own/{name}", include_in_schema=False)
    async def own_file(name: str, request: Request) -> Response:
        if name not in files:
            return Response("there is nothing here\n", 404, media_type="text/plain")
        # An address with a digest never changes, so a sheet that the page names twice is loaded once.
        is_fixed = str(request.url).endswith(own[name])
        otherwise = "max-age=3600" if name.endswith(".svg") else "no-cache"  # the page names its icon three times
        kept = "max-age=31536000, immutable" if is_fixed else otherwise
        media_type = _TYPES[PurePosixPath(name).suffix]
        return Response(files[name], media_type=media_type, headers={"cache-control": kept})

    @app.get(_HEARTBEAT + "{page}", include_in_schema=False)
    async def heartbeat() -> Response:
        """End the stream that every open page would hold; ``ui.KEPT`` says when a conversation is forgotten."""
        return Response(media_type="text/event-stream")

    @app.get("/favicon.ico", include_in_schema=False)
    async def icon(request: Request) -> Response:
        return await own_file("favicon.svg", request)
