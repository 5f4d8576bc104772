"""Routes of feedback, there only where an operator turned it on. What was kept is told to this machine alone."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from b12assistant.answering.assistant import MOST_CHARACTERS
from b12assistant.corpus.ledger import UNANSWERED, Ledger
from b12assistant.display import addresses
from b12assistant.display.json_form import Form
from b12assistant.web.http_transport import BoundedRoute, JsonResponse
from b12assistant.web.loopback import is_local, require_local

ROOT = "/feedback"
_MOST_QUOTES = 12


class Vote(Form):
    """What a reader thinks; ``quotes`` are addresses of the source view."""

    about: Literal["answer", "evidence"]
    good: Annotated[bool, Field(strict=True)]
    question: Annotated[str, Field(max_length=MOST_CHARACTERS)]
    quotes: Annotated[tuple[Annotated[str, Field(max_length=4_000)], ...], Field(max_length=_MOST_QUOTES)]


def feedback_router(ledger: Ledger) -> APIRouter:
    router = APIRouter(route_class=BoundedRoute, redirect_slashes=False, include_in_schema=False)

    @router.post(f"{ROOT}/votes")
    def vote(given: Vote) -> Response:
        quotes = [place for place in map(_place, given.quotes) if place]
        ledger.vote(about=given.about, good=given.good, question=given.question, quotes=quotes)
        return JsonResponse({"kept": True})

    @router.get(f"{ROOT}/kept")
    def kept(request: Request) -> Response:
        if not is_local(request):  # the page asks for everybody, and shows nothing then
            return JsonResponse({"local": False})
        return JsonResponse({"local": True, "votes": ledger.counts(), "unanswered": ledger.unanswered()})

    @router.get(f"{ROOT}/{UNANSWERED}")
    def export(request: Request) -> Response:
        """The labelled form of `evaluate`, without gold: a curator adds the words that answer, or leaves it out."""
        require_local(request)
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ledger.unanswered())
        headers = {"content-disposition": f'attachment; filename="{UNANSWERED}"', "cache-control": "no-store"}
        return Response(lines.encode("utf-8", "backslashreplace"), 200, headers, "application/x-ndjson")

    return router


def _place(address: str) -> dict[str, object] | None:
    """Document and ranges of an address of ours; nothing else that was sent is kept."""
    found = addresses.read_link(address)
    if found is None:
        return None
    document, place = found
    return {"document": document, "spans": [[span.start, span.end] for span in place.spans]}
