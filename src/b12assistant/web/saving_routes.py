"""Serve what a reader takes along: a conversation as a file, and quotes as a message.

The turns of a conversation arrive in the body and are answered again from one index.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from b12assistant.answering.assistant import GENERAL, ONLY_SELLERS
from b12assistant.answers import Reply
from b12assistant.application.shared_answer import answered, read_address
from b12assistant.application.workspace import Workspace, local_today
from b12assistant.display.citation_formats import message
from b12assistant.display.json_form import Form, reply_json
from b12assistant.display.labels import Labels
from b12assistant.display.quoted import Quoted
from b12assistant.types import Interest
from b12assistant.web.http_models import Asked, Turns
from b12assistant.web.policy import LOOPBACK
from b12assistant.web.problems import BoundedRoute, JsonResponse, json_bytes
from b12assistant.web.questions import Questions

MOST_QUOTED = 100
SAVE, REPLY = "/export", "/reply"


class SaveRequest(Form):
    """``turns``: of the conversation, oldest first."""

    turns: Turns


class MessageRequest(Form):
    """``addresses``: of the quotes, in order."""

    addresses: Annotated[tuple[Annotated[str, Field(max_length=4000)], ...], Field(max_length=MOST_QUOTED)]


def saving_router(workspace: Callable[[], Workspace], questions: Questions, labels: Labels) -> APIRouter:
    """Return the routes. ``workspace`` is called once per request; ``labels``: the page's words."""
    router = APIRouter(route_class=BoundedRoute, redirect_slashes=False, include_in_schema=False)

    @router.post(SAVE)
    async def conversation(asked: SaveRequest) -> Response:
        """Return the conversation as a file: a line for each answer, as `batch` writes it.

        Each turn waits for its turn by itself, so that a long conversation delays nobody, and none is answered for a
        reader who has gone.
        """
        space = await asyncio.to_thread(workspace)
        lines = [
            _line(space, turn, await questions.run(partial(answered, space, asked.turns, number)))
            for number, turn in enumerate(asked.turns)
        ]
        name = f"conversation-{local_today().isoformat()}.jsonl"
        headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
        return Response(b"".join(lines), headers=headers, media_type="application/jsonl; charset=utf-8")

    @router.post(REPLY)
    async def reply(asked: MessageRequest, request: Request) -> Response:
        """Return a message that quotes the passages, as text and as HTML."""
        space = await asyncio.to_thread(workspace)
        # "" if only this machine can open the page
        base = "" if request.base_url.hostname in LOOPBACK else str(request.base_url).rstrip("/")
        return await questions.run(lambda: JsonResponse(_message(space, asked, labels, base)))

    return router


def _line(space: Workspace, turn: Asked, reply: Reply) -> bytes:
    shared = {"shared": list(turn.quotes)} if turn.quotes else {}
    return json_bytes({**reply_json(reply, space.texts, today=local_today()), **shared}) + b"\n"


def _message(space: Workspace, asked: MessageRequest, labels: Labels, base: str) -> dict[str, str]:
    """Quote what is still there and was not switched off by a curator: nobody is to be sent that."""
    page = space.configuration.settings.page
    found = [read_address(address, space.entries, base) for address in asked.addresses]
    cited = [each for each in (space.with_state(words) for words in found if words) if not each.off]
    only_sellers = cited and all(each.document.source.interest is Interest.SELLS for each in cited)
    notices = [space.texts[name].text for name in (GENERAL, *([ONLY_SELLERS] if only_sellers else []))]
    quotes = [Quoted.of(each, labels, local_today()) for each in cited]
    return message(quotes, notices, labels, page.signature or page.run_by)
