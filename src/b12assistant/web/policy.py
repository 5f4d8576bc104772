"""Check every request (host, path, size) and set the headers of every response.

A plain ASGI layer around the whole application. A page without a content policy gets one with the digests of its own
inline scripts, so that no other script can run in it.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import ipaddress
import logging
import math
import os
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote as percent

from b12assistant.errors import ConfigError
from b12assistant.web.http_transport import limited
from b12assistant.web.problems import MEDIA_TYPE, Problem, ProblemError, json_bytes, not_found, unexpected
from b12assistant.web.questions import CLIENT

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

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
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_ORIGIN = re.compile(r"https?://(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:\d{1,5})?", re.ASCII)
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*", re.ASCII)
_READING = ("GET", "HEAD", "OPTIONS")
_LONGEST_NAME = 255  # bytes; file systems refuse longer names
_FOREIGN = Problem(403, "foreign_site", "Another site sent this request.", "ask from the page itself")
_INLINE = re.compile(rb"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.S | re.I)


class TooLargeError(Exception):
    """The body of a request exceeds the limit."""


@dataclass(frozen=True)
class Policy:
    """A layer around ``app``. ``paths``: the allowed paths; a trailing "/" allows everything below.

    ``host``: where the server listens. On a wildcard address any IP address is accepted, but no name except ``names``:
    a foreign name that resolves to this server belongs to a site that tries to read the page (DNS rebinding).

    ``framers``: the only origins that may show the page in a frame. ``home``: changes the page at "/" before it is
    sent. ``missing``: the page that a browser gets at an unknown address.
    """

    app: App
    paths: tuple[str, ...]
    host: str = "127.0.0.1"
    names: frozenset[str] = field(default=LOOPBACK)
    framers: tuple[str, ...] = ()
    home: Callable[[bytes], bytes] = lambda page: page
    missing: App | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            made = self.home if scope["path"] == "/" else None
            await self._http(scope, receive, _Answering(send, self.framers, made))

    async def _http(self, scope: Message, receive: Receive, send: _Answering) -> None:
        headers = {name.lower(): value for name, value in scope["headers"]}
        if not self._is_ours(headers.get(b"host", b"").decode("latin-1")):
            await refuse(send, 421, "this server does not answer under that name")
        elif not self._is_open(scope["path"]):
            if self.missing and scope["method"] == "GET" and b"text/html" in headers.get(b"accept", b""):
                await self.missing(scope, receive, send)
                return
            await refuse(send, 404, "there is nothing here")
        elif any(len(part) > _LONGEST_NAME for part in re.split(rb"[/\\]", os.fsencode(scope["path"]))):
            await send_problem(send, not_found(), scope)
        elif scope["method"] not in _READING and not self._is_from_here(headers):
            await send_problem(send, _FOREIGN, scope)
        elif not headers.get(b"content-length", b"0").isdigit() or int(headers.get(b"content-length", b"0")) > LARGEST:
            await refuse(send, 413, "the request is too large")
        else:
            try:
                await self.app(scope, limited(receive, LARGEST, TooLargeError()), send)
            except TooLargeError:
                await refuse(send, 413, "the request is too large")
            except ProblemError as error:
                await send_problem(send, error.problem, scope)
            except Exception as error:  # noqa: BLE001 - the server would log its message and its stack
                await send_problem(send, unexpected(error), scope)

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
        return self.host in ("0.0.0.0", "::") and _is_number(name)  # noqa: S104 - compared, not bound

    def _is_open(self, path: str) -> bool:
        if ".." in path.split("/"):
            return False
        return any(
            path == open_ or (open_.endswith("/") and len(open_) > 1 and path.startswith(open_)) for open_ in self.paths
        )


class _Answering:
    """Adds the headers to a response; holds a page back until its scripts are known."""

    def __init__(self, send: Send, framers: tuple[str, ...], made: Callable[[bytes], bytes] | None) -> None:
        self._send = send
        self._framers = framers
        self._made = made
        self._page: Message | None = None
        self._body: list[bytes] = []
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            message["headers"] = list(_framed(_with_headers(message["headers"]), self._framers))
            if _is_page(message["headers"]):
                self._page = message
                return
        elif self._page is not None and message["type"] == "http.response.body":
            self._body.append(message.get("body", b""))
            if message.get("more_body"):
                return
            body = b"".join(self._body)
            page, self._page = self._page, None
            if self._made is not None:
                body = self._made(body)
                page["headers"] = [header for header in page["headers"] if header[0] != b"content-length"]
                page["headers"].append((b"content-length", str(len(body)).encode()))
            page["headers"].append((b"content-security-policy", framed_by(self._framers, policy_of(body)).encode()))
            await self._send(page)
            message = {"type": "http.response.body", "body": body}
        await self._send(message)


def policy_of(page: bytes) -> str:
    """Return the content policy that allows the inline scripts of ``page`` and no others."""
    hashes = (base64.b64encode(hashlib.sha256(script).digest()).decode() for script in _INLINE.findall(page))
    return PAGE.format(hashes="".join(f" 'sha256-{digest}'" for digest in dict.fromkeys(hashes)))


def parse_framers(text: str) -> tuple[str, ...]:
    """Read origins separated by blanks. Raises ``ConfigError`` for anything else, such as "*"."""
    origins = tuple(text.split())
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise ConfigError(
                f"page.frame_ancestors: {origin!r} is not the origin of a site",
                hint="write it like https://www.example.org",
            )
    return origins


def parse_hosts(text: str) -> frozenset[str]:
    """Read host names separated by blanks. Raises ``ConfigError`` for anything else, such as "*"."""
    names = text.lower().split()
    for name in names:
        if not _HOST.fullmatch(name):
            raise ConfigError(f"web.hosts: {name!r} is not a host name", hint="write it like b12.example.org")
    return frozenset(names)


def framed_by(framers: tuple[str, ...], policy: str) -> str:
    """Return ``policy`` with ``framers`` allowed, and the page itself, which frames its documents."""
    if not framers:
        return policy
    return re.sub("frame-ancestors [^;]*", f"frame-ancestors 'self' {' '.join(framers)}", policy)


async def send_problem(send: Send, problem: Problem, scope: Message) -> None:
    """Send a problem document, unless a response has begun."""
    if isinstance(send, _Answering) and send.started:
        return
    body = json_bytes(problem.as_json(percent(scope["path"][:_LONGEST_NAME], safe="/", errors="backslashreplace")))
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def refuse(send: Send, status: int, sentence: str) -> None:
    """Send a plain refusal without details."""
    if isinstance(send, _Answering) and send.started:
        return
    body = f"{sentence}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _with_headers(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    given = [(name.lower(), value) for name, value in headers if name.lower() != b"server"]
    names = {name for name, _ in given}
    given += [(name, value) for name, value in HEADERS.items() if name not in names]
    kind = dict(given).get(b"content-type", b"")
    if b"cache-control" not in names and not kind.startswith((b"text/css", b"text/javascript", b"image/")):
        given.append((b"cache-control", b"no-store"))
    if b"content-security-policy" not in names and not kind.startswith(b"text/html"):
        given.append((b"content-security-policy", DATA.encode()))
    return given


def _framed(headers: list[tuple[bytes, bytes]], framers: tuple[str, ...]) -> Iterable[tuple[bytes, bytes]]:
    """Add ``framers`` to the content policy of a page."""
    is_page = dict(headers).get(b"content-type", b"").startswith(b"text/html")
    for name, value in headers:
        is_policy = is_page and name == b"content-security-policy"
        yield name, framed_by(framers, value.decode("latin-1")).encode("latin-1") if is_policy else value


def _is_page(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    names = dict(headers)
    return names.get(b"content-type", b"").startswith(b"text/html") and b"content-security-policy" not in names


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


MOST = 512  # open requests: every open page keeps a stream, which takes a file handle
PATIENCE = 30.0  # seconds for a body to arrive
_STREAMS = "/gradio_api/"  # Gradio watches its own clients
_AGAIN = 0.05  # seconds until a request that goes on without its client is cancelled again
_GONE = 499  # the status in the log of a request whose client went away
HEALTH = ("/healthz", "/readyz")  # never refused
_LOG = logging.getLogger("b12assistant.http")


@dataclass(eq=False)
class Admission:
    """A layer around ``app`` that limits open requests and logs responses.

    ``paths``: routes by which a request is logged, never by a made-up address. ``watch``: called with the status of
    every response.
    """

    app: App
    paths: tuple[str, ...]
    watch: Callable[[int], None] = lambda status: None
    most: int = MOST
    patience: float = PATIENCE
    _open: int = field(default=0, init=False)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in HEALTH:
            await self.app(scope, receive, send)
            return
        begun, status = time.monotonic(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        self._open += 1
        try:
            if self._open > self.most:
                await _refuse(noted)
            elif scope["path"].startswith(_STREAMS):
                await self.app(scope, self._patient(receive), noted)
            else:
                CLIENT.set((scope.get("client") or ("",))[0])
                visit = _Visit(self._patient(receive))
                await visit.run(lambda: self.app(scope, visit.receive, noted))
                status = _GONE if visit.is_gone else status
        finally:
            self._open -= 1
            self.watch(status)
            taken = round(1000 * (time.monotonic() - begun))
            _LOG.info("response", extra={"route": self._route(scope["path"]), "status": status, "ms": taken})

    def _patient(self, receive: Receive) -> Receive:
        """Limit the time until the body is complete; waiting for the end of the connection has no limit."""
        is_whole, ends = False, math.inf

        async def patient() -> Message:
            nonlocal is_whole, ends
            if is_whole:
                return await receive()
            now = time.monotonic()
            ends = min(ends, now + self.patience)
            try:
                message = await asyncio.wait_for(receive(), max(0.0, ends - now))
            except TimeoutError as error:
                hint = "send it again, or less of it"
                raise ProblemError(Problem(408, "slow", "The request took too long to arrive.", hint)) from error
            is_whole = not message.get("more_body")
            return message

        return patient

    def _route(self, path: str) -> str:
        routes = (route for route in self.paths if path == route or (route[1:] and path.startswith(route)))
        return next(routes, "other")


class _Visit:
    """A request that ends when its client goes: everything waiting or running for it is cancelled."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._gone = asyncio.Event()
        self._task: asyncio.Future[None] | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def is_gone(self) -> bool:
        return self._gone.is_set()

    async def run(self, answer: Callable[[], Awaitable[None]]) -> None:
        self._task = asyncio.ensure_future(answer())
        try:
            await self._task
        except asyncio.CancelledError:
            if not self.is_gone:
                raise  # the server is being stopped
        finally:
            self._task.cancel()
            if self._watch is not None:
                self._watch.cancel()

    async def receive(self) -> Message:
        """Receive for the application. After the body, only the end of the connection comes."""
        if self._watch is not None:
            await self._gone.wait()
            return {"type": "http.disconnect"}
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._leave()
            await asyncio.sleep(0)  # cancelled here
        elif not message.get("more_body"):
            self._watch = asyncio.create_task(self._wait())
        return message

    async def _wait(self) -> None:
        if (await self._receive())["type"] != "http.disconnect":
            return
        self._leave()
        # In Python 3.11, `wait_for` swallows a cancellation that comes as its future ends (CPython issue 81839).
        while self._task is not None and not self._task.done():
            await asyncio.sleep(_AGAIN)
            self._task.cancel()

    def _leave(self) -> None:
        self._gone.set()
        if self._task is not None:
            self._task.cancel()


async def _refuse(send: Send) -> None:
    body = b"too many requests are open: ask again in a few seconds\n"
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    headers += [(b"retry-after", b"5"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
