"""Serve cited documents as pages, citations, and quotes as a message.

Addresses hold ids, offsets and digests of a source's words, never a question; those of a message are in a body.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from b12assistant.answering.assistant import GENERAL, MOST_CHARACTERS, ONLY_SELLERS
from b12assistant.application.shared_answer import read_address
from b12assistant.application.workspace import Workspace, local_today
from b12assistant.display import addresses
from b12assistant.display.citation_formats import CITE, cite, message
from b12assistant.display.json_form import Form
from b12assistant.display.labels import label
from b12assistant.display.quoted import Quoted
from b12assistant.display.source_page import THEMES, View, missing_page, source_page
from b12assistant.errors import NotFoundError
from b12assistant.types import Interest, PassageId
from b12assistant.web.policy import LOOPBACK
from b12assistant.web.problems import BoundedRoute, JsonResponse
from b12assistant.web.questions import Questions

PATHS = (addresses.ROOT, CITE)
# Stricter than the policy of the page, where Gradio needs more.
VIEW_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
_HEADERS = {"content-security-policy": VIEW_POLICY}


def source_router(workspace: Callable[[], Workspace]) -> APIRouter:
    """Return the routes; they belong to the page and are not part of the described API.

    ``workspace`` is called once per request.
    """
    router = APIRouter(redirect_slashes=False)

    def view_of(request: Request, space: Workspace) -> View:
        """Return what an address shows. Raises ``NotFoundError``."""
        name, asked = request.path_params["document"], request.query_params
        return View(
            space.document(name),
            local_today(),
            addresses.read(asked),
            PassageId(asked.get("passage", "")) or None,
            changed=space.source_changed(name),
            theme=_theme(request),
            framed=asked.get("framed") == "1",
        )

    def page(request: Request) -> Response:
        """Return a document as a page."""
        try:
            view = view_of(request, workspace())
        except NotFoundError:
            return page_response(missing_page(request.path_params["document"], _theme(request)), 404)
        return page_response(source_page(view))

    def words(request: Request) -> Response:
        """Return the words of an address with their citation."""
        try:
            view = view_of(request, workspace())
        except NotFoundError:
            return PlainTextResponse("there is nothing here\n", 404)
        quote = view.quoted(str(request.base_url).rstrip("/"))
        if quote is None:
            return PlainTextResponse(f"{label('cite.gone')}\n", 410)
        return PlainTextResponse(cite(quote).encode("utf-8", "replace"))

    for root, answer in ((addresses.ROOT, page), (CITE, words)):
        router.add_route(f"{root}{{document:whole}}", answer, methods=["GET"], include_in_schema=False)
    return router


def _theme(request: Request) -> str:
    theme = request.query_params.get("theme", "")
    return theme if theme in THEMES else ""


def page_response(html: str, status: int = 200) -> Response:
    """Answer with a page of our own, under its strict policy."""
    return Response(html, status, _HEADERS, "text/html; charset=utf-8")


MOST_QUOTED = 100
REPLY = "/reply"


class MessagePart(Form):
    """A question, as it was asked, with the addresses of the quotes below it, in order."""

    question: Annotated[str, Field(max_length=MOST_CHARACTERS)]
    addresses: Annotated[tuple[Annotated[str, Field(max_length=4000)], ...], Field(max_length=MOST_QUOTED)]


class MessageRequest(Form):
    """``parts``: the questions of a message."""

    parts: Annotated[tuple[MessagePart, ...], Field(max_length=MOST_QUOTED)]


def reply_router(workspace: Callable[[], Workspace], questions: Questions) -> APIRouter:
    """Return the route. ``workspace`` is called once per request."""
    router = APIRouter(route_class=BoundedRoute, redirect_slashes=False, include_in_schema=False)

    @router.post(REPLY)
    async def reply(asked: MessageRequest, request: Request) -> Response:
        """Return a message that quotes the passages, as text and as HTML."""
        space = await asyncio.to_thread(workspace)
        # "" if only this machine can open the page
        base = "" if request.base_url.hostname in LOOPBACK else str(request.base_url).rstrip("/")
        return await questions.run(lambda: JsonResponse(_message(space, asked, base)))

    return router


def _message(space: Workspace, asked: MessageRequest, base: str) -> dict[str, str]:
    """Quote what is still there."""
    page = space.configuration.settings.page
    parts: list[tuple[str, list[Quoted]]] = []
    for part in asked.parts:
        found = [read_address(address, space.entries, local_today(), base) for address in part.addresses]
        current = [replace(words, changed=space.source_changed(words.document.id)) for words in found if words]
        parts.append((part.question, current))
    quotes = [quote for _, found in parts for quote in found]
    only_sellers = quotes and all(quote.source.interest is Interest.SELLS for quote in quotes)
    notices = [space.texts[name].text for name in (GENERAL, *([ONLY_SELLERS] if only_sellers else []))]
    return message(parts, notices, page.signature or page.run_by)
