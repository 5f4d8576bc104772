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

from b12assistant.answering.assistant import GENERAL, MOST_CHARACTERS, ONLY_SELLERS
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


class MessagePart(Form):
    """A question, as it was asked, with the addresses of the quotes below it, in order."""

    question: Annotated[str, Field(max_length=MOST_CHARACTERS)]
    addresses: Annotated[tuple[Annotated[str, Field(max_length=4000)], ...], Field(max_length=MOST_QUOTED)]


class MessageRequest(Form):
    """``parts``: the questions of a message."""

    parts: Annotated[tuple[MessagePart, ...], Field(max_length=MOST_QUOTED)]


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
    parts: list[tuple[str, list[Quoted]]] = []
    for part in asked.parts:
        found = [read_address(address, space.entries, base) for address in part.addresses]
        cited = [each for each in (space.with_state(words) for words in found if words) if not each.off]
        parts.append((part.question, [Quoted.of(each, labels, local_today()) for each in cited]))
    quotes = [quote for _, found in parts for quote in found]
    only_sellers = quotes and all(quote.source.interest is Interest.SELLS for quote in quotes)
    notices = [space.texts[name].text for name in (GENERAL, *([ONLY_SELLERS] if only_sellers else []))]
    return message(parts, notices, labels, page.signature or page.run_by)
