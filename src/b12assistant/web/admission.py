"""How many requests are open at once, how long one may take to arrive, and what is noted of each."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from b12assistant.web.problems import Problem, ProblemError

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

MOST = 512  # open requests: every page that is open somewhere keeps a stream, and each has a file handle
PATIENCE = 30.0  # seconds for a body to arrive
HEALTH = ("/healthz", "/readyz")  # never refused
_LOG = logging.getLogger("b12assistant.http")


@dataclass(eq=False)
class Admission:
    """Around ``app``. ``paths``: routes by which a request is noted, so that no address that somebody made up is;
    ``watch``: told the status of every response."""

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
            else:
                await self.app(scope, self._patient(receive), noted)
        finally:
            self._open -= 1
            self.watch(status)
            taken = round(1000 * (time.monotonic() - begun))
            _LOG.info("response", extra={"route": self._route(scope["path"]), "status": status, "ms": taken})

    def _patient(self, receive: Receive) -> Receive:
        """``receive``, until the body is whole, however small its parts; what comes after that, the end of the
        connection, may take its time."""
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
        return next((each for each in self.paths if path == each or (each[1:] and path.startswith(each))), "other")


async def _refuse(send: Send) -> None:
    body = b"too many requests are open: ask again in a few seconds\n"
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    headers += [(b"retry-after", b"5"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
