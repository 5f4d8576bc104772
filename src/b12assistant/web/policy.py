"""Check every request (host, path, size) and set the headers of every response.

A plain ASGI layer around the whole application. A page without a content policy gets one with the digests of its own
inline scripts, so that no other script can run in it.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import logging
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from b12assistant.errors import ConfigError
from b12assistant.web.problems import NOT_FOUND, Problem, ProblemError, problem_of

JOIN = "/gradio_api/queue/join"
HEALTH = ("/healthz", "/readyz")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
LARGEST = 512 * 1024  # bytes of a request: a question of 20,000 characters, each escaped
# Gradio has many inline styles; nothing else may be inline.
PAGE = (
    "default-src 'none'; script-src 'self'{hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; frame-src 'self'; manifest-src 'self'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'"
)
DATA = "default-src 'none'; frame-ancestors 'none'"
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*", re.ASCII)
_HASHED = "/assets/"  # the framework's files, whose names hold a digest
_OF_THE_API = ("/api/", "/healthz", "/readyz")  # which say what they allow
_READING = ("GET", "HEAD", "OPTIONS")
_LONGEST_NAME = 255  # bytes; file systems refuse longer names
_LOG = logging.getLogger("b12assistant.http")
_FOREIGN = Problem(403, "foreign_site", "Another site sent this request.", "ask from the page itself")
_TOO_LARGE = Problem(
    413,
    "too_large",
    f"A body has at most {LARGEST:,} bytes.",
    "shorten the question or drop the oldest turns",
    headers={"Connection": "close"},  # the rest of the body is not read, so the connection cannot be used again
)
_INLINE = re.compile(rb"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.S | re.I)


@dataclass(frozen=True)
class Policy:
    """A layer around ``app``. ``paths``: the allowed paths; a trailing "/" allows everything below.

    ``host``: where the server listens. On a wildcard address any IP address is accepted, but no name except ``names``:
    a foreign name that resolves to this server belongs to a site that tries to read the page (DNS rebinding).

    ``home``: changes the page at "/" before it is sent. ``missing``: what a browser gets at an unknown address.

    A response is logged by the allowed path it is of, never by a made-up address.
    """

    app: ASGIApp
    paths: tuple[str, ...]
    host: str
    names: frozenset[str]
    home: Callable[[bytes], bytes]
    missing: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            begun, path = time.monotonic(), scope["path"]
            answering = _Answering(send, self.home if path == "/" else None, path.startswith(_HASHED))
            try:
                await self._answer(scope)(scope, _limited(receive), answering)
            except Exception as error:  # noqa: BLE001 - the server would log its message and its stack
                response = problem_of(error).response(path[:_LONGEST_NAME])
                if not answering.started:
                    await response(scope, receive, answering)
            if path not in HEALTH:
                taken, route = round(1000 * (time.monotonic() - begun)), self._route(path) or "other"
                _LOG.info("response", extra={"route": route, "status": answering.status, "ms": taken})

    def _answer(self, scope: Scope) -> ASGIApp:
        """Return the application, or a refusal, to answer a request."""
        headers = {name.lower(): value for name, value in scope["headers"]}
        path, length = scope["path"], headers.get(b"content-length", b"0")
        if not self._is_ours(headers.get(b"host", b"").decode("latin-1")):
            return PlainTextResponse("this server does not answer under that name\n", 421)
        if ".." in path.split("/") or self._route(path) is None:
            is_page = scope["method"] == "GET" and b"text/html" in headers.get(b"accept", b"")
            return self.missing if is_page else PlainTextResponse("there is nothing here\n", 404)
        if any(len(part) > _LONGEST_NAME for part in re.split(rb"[/\\]", os.fsencode(path))):
            return NOT_FOUND.response(path[:_LONGEST_NAME])
        if scope["method"] not in _READING and not self._is_from_here(headers):
            return _FOREIGN.response(path[:_LONGEST_NAME])
        if not length.isdigit() or int(length) > LARGEST:
            return _TOO_LARGE.response(path[:_LONGEST_NAME])
        if scope["method"] == "OPTIONS" and not path.startswith(_OF_THE_API):
            return Response(status_code=204)
        return self.app

    def _is_from_here(self, headers: Mapping[bytes, bytes]) -> bool:
        """Check that no other site sent a request that may change something.

        ``Sec-Fetch-Site`` is trusted if the browser sends it. Without it, as over plain HTTP, the origin decides; it is
        "null" for forms of our own pages, which send no referrer.
        """
        site = headers.get(b"sec-fetch-site")
        if site is not None:
            return site in (b"same-origin", b"none")
        origin = headers.get(b"origin", b"null").decode("latin-1")
        return origin == "null" or self._is_ours(origin.partition("://")[2])

    def _is_ours(self, host: str) -> bool:
        name = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
        name = name.strip("[]").lower()
        if name in self.names or name == self.host.lower():
            return True
        try:
            return self.host in ("0.0.0.0", "::") and bool(ipaddress.ip_address(name))  # noqa: S104 - compared, not bound
        except ValueError:
            return False

    def _route(self, path: str) -> str | None:
        """Return the allowed path that a path is, or is below."""
        below = (open_ for open_ in self.paths if path == open_ or (open_[1:].endswith("/") and path.startswith(open_)))
        return next(below, None)


@dataclass(eq=False)
class _Answering:
    """Adds the headers to a response; holds a page back until its scripts are known, and changes it."""

    _send: Send
    _change: Callable[[bytes], bytes] | None
    _is_fixed: bool
    _page: Message | None = None
    _body: bytes = b""
    status: int = 500
    started: bool = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started, self.status = True, message["status"]
            self._set_headers(message)
            if self._page is not None:
                return
        elif self._page is not None and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if message.get("more_body"):
                return
            body = self._change(self._body) if self._change else self._body
            headers = MutableHeaders(scope=self._page)
            headers["content-length"] = str(len(body))
            headers["content-security-policy"] = policy_of(body)
            await self._send(self._page)
            message, self._page = {"type": "http.response.body", "body": body}, None
        await self._send(message)

    def _set_headers(self, message: Message) -> None:
        message["headers"] = [(name.lower(), value) for name, value in message["headers"]]
        headers = MutableHeaders(scope=message)
        for name in [name for name in headers if name.startswith("access-control-")] + ["server"]:  # no site may read
            del headers[name]
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        kind = headers.get("content-type", "")
        if self._is_fixed and message["status"] == 200:
            headers["cache-control"] = "max-age=31536000, immutable"
        elif not kind.startswith(("text/css", "text/javascript", "image/")):
            headers.setdefault("cache-control", "no-store")
        if not kind.startswith("text/html"):
            headers.setdefault("content-security-policy", DATA)
        elif "content-security-policy" not in headers:
            self._page = message


def _limited(receive: Receive) -> Receive:
    """Limit ``receive`` to ``LARGEST`` bytes, whatever the headers say; raise a problem beyond them."""
    read = 0

    async def counted() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > LARGEST:
            raise ProblemError(_TOO_LARGE)
        return message

    return counted


def policy_of(page: bytes) -> str:
    """Return the content policy that allows the inline scripts of ``page`` and no others."""
    hashes = (base64.b64encode(hashlib.sha256(script).digest()).decode() for script in _INLINE.findall(page))
    return PAGE.format(hashes="".join(f" 'sha256-{digest}'" for digest in dict.fromkeys(hashes)))


def parse_hosts(text: str) -> frozenset[str]:
    """Read host names separated by blanks. Raises ``ConfigError`` for anything else, such as "*"."""
    for part in text.lower().split():
        if not _HOST.fullmatch(part):
            raise ConfigError(f"web.hosts: {part!r} is not a host name", hint="write it like b12.example.org")
    return frozenset(text.lower().split())
