"""Logging in, where an operator asked for it: nothing but the login itself, its style and the health routes is answered
to anybody else. A session is a signed cookie; when the server is restarted, everybody logs in again."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from itsdangerous import BadSignature, TimestampSigner
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from b12assistant.web.lanes import Lane
from b12assistant.web.login_html import PATH, LoginPage
from b12assistant.web.passwords import LONGEST, LONGEST_NAME, Passwords
from b12assistant.web.plain_routes import POLICY
from b12assistant.web.problems import BusyError, Problem, ProblemError
from b12assistant.web.tries import Tries

Message = MutableMapping[str, Any]
App = Callable[[Message, Any, Any], Awaitable[None]]

COOKIE = "b12_session"
SECONDS = 12 * 3600  # that a session lasts
_FIELDS = 8  # of a form, at most: to read very many keeps everybody waiting
_OPEN = ("/healthz", "/readyz", "/favicon.ico", "/own/")


@dataclass(eq=False)
class Login:
    """Around ``app``."""

    app: App
    passwords: Passwords
    page: LoginPage
    tries: Tries = field(default_factory=Tries)
    _signer: TimestampSigner = field(default_factory=lambda: TimestampSigner(secrets.token_bytes(32)))
    _lane: Lane = field(default_factory=lambda: Lane("password", 1, 8))  # one check takes 64 MB for a moment

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_OPEN):
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        name = self._who(request)
        if scope["path"] == PATH:
            await (await self._login(request, name))(scope, receive, send)
        elif name is not None:
            await self.app(scope, receive, send)
        else:
            await _refusal(request)(scope, receive, send)

    def _who(self, request: Request) -> str | None:
        """Whose session it is; nobody's if it is too old, not signed here, or its name or password not in the file."""
        try:
            session = self._signer.unsign(request.cookies.get(COOKIE, ""), max_age=SECONDS).decode()
        except BadSignature:
            return None
        name = bytes.fromhex(session.partition("-")[0]).decode()
        return name if session == self._session(name) else None

    def _session(self, name: str) -> str | None:
        """What the cookie of a session says: who it is, and by which password, so that another one ends it."""
        hash_ = self.passwords.known().get(name)
        return f"{name.encode().hex()}-{hashlib.sha256(hash_.encode()).hexdigest()[:16]}" if hash_ else None

    async def _login(self, request: Request, name: str | None) -> Response:
        if request.method == "GET":
            return self._answer(name)
        if request.method != "POST":
            return Response(status_code=405, headers={"allow": "GET, POST"})
        try:
            sent = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=_FIELDS)
        except ProblemError as error:  # too slow
            return error.problem.response(request)
        except (ValueError, ClientDisconnect):
            return Response(status_code=400)
        if "out" in sent:
            leave = RedirectResponse(PATH, 303)
            leave.delete_cookie(COOKIE)
            return leave
        asked, password = (sent.get(field, [""])[0] for field in ("name", "password"))
        return await self._checked(request, asked[:LONGEST_NAME], password[:LONGEST])

    async def _checked(self, request: Request, name: str, password: str) -> Response:
        sender = request.client.host if request.client else ""
        seconds = self.tries.wait(sender)
        if seconds:
            return self._answer(None, "login.wait", 429, {"retry-after": str(int(seconds) + 1)})
        try:
            work = self._lane.submit(lambda: self.passwords.is_right(name, password))
        except BusyError:
            return self._answer(None, "ask.busy", 503, {"retry-after": "5"})
        session = self._session(name) if await asyncio.wrap_future(work) else None
        if session is None:
            return self._answer(None, "login.wrong", 403)
        self.tries.forgive(sender)
        enter = RedirectResponse("/", 303)
        secure, signed = request.url.scheme == "https", self._signer.sign(session).decode()
        enter.set_cookie(COOKIE, signed, max_age=SECONDS, httponly=True, samesite="lax", secure=secure)
        return enter

    def _answer(
        self, name: str | None, told: str = "", status: int = 200, more: dict[str, str] | None = None
    ) -> Response:
        headers = {"content-security-policy": POLICY, "cache-control": "no-store", **(more or {})}
        return Response(
            self.page.html(name, told).encode("utf-8", "replace"), status, headers, "text/html; charset=utf-8"
        )


def _refusal(request: Request) -> Response:
    """A reader is shown where to log in; a program is told."""
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        return RedirectResponse(PATH, 303)
    hint = f"log in at {PATH} and send its cookie"
    return Problem(401, "login", "Nobody is logged in.", hint).response(request)
