"""Check what is sent to the framework's queue, which would answer mistakes with a stack in the log."""

from __future__ import annotations

import json
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any

from b12assistant.web.policy import App, Message, Receive, Send, send_problem
from b12assistant.web.problems import FieldError, Problem

JOIN = "/gradio_api/queue/join"
_LONGEST_SESSION = 64  # characters; the page's script sends about ten


@dataclass(frozen=True)
class JoinGuard:
    """A layer around ``app`` that refuses to queue what the page has no function for.

    ``functions``: their numbers in a session, whose page may have drawn more of them.
    """

    app: App
    functions: Callable[[str], Container[int]]

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != JOIN:
            await self.app(scope, receive, send)
            return
        if scope["method"] != "POST":
            await send_problem(send, Problem(405, "method", "Method not allowed.", "send it with POST"), scope)
            return
        messages = [await receive()]
        while messages[-1].get("more_body"):
            messages.append(await receive())
        errors = tuple(self._errors(b"".join(message.get("body", b"") for message in messages)))
        if errors:
            detail = "The request does not have the form that is asked for."
            await send_problem(send, Problem(422, "invalid_request", detail, "see errors", errors), scope)
            return

        async def again() -> Message:
            return messages.pop(0) if messages else await receive()

        await self.app(scope, again, send)

    def _errors(self, body: bytes) -> list[FieldError]:
        try:
            asked: Any = json.loads(body)
        except (ValueError, RecursionError):
            return [FieldError("body", "not JSON")]
        if not isinstance(asked, dict):
            return [FieldError("body", "not an object")]
        number, session = asked.get("fn_index"), asked.get("session_hash")
        errors = []
        if not isinstance(number, int) or isinstance(number, bool) or number not in self.functions(str(session)):
            errors.append(FieldError("body.fn_index", "not a function of the page"))
        if not isinstance(session, str) or not 0 < len(session) <= _LONGEST_SESSION:
            errors.append(FieldError("body.session_hash", f"not a text of 1 to {_LONGEST_SESSION} characters"))
        if not isinstance(asked.get("data"), list):
            errors.append(FieldError("body.data", "not a list"))
        return errors
