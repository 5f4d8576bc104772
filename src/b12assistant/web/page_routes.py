"""Serve what the page needs beside the conversation: look-ups, cited documents, citations, messages, and figures.

Addresses hold ids, offsets and digests of a source's words, never a question; questions are in bodies.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from itertools import groupby
from operator import itemgetter
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from b12assistant.answering.assistant import GENERAL, MOST_CHARACTERS, ONLY_SELLERS, SEARCHED_CHARACTERS
from b12assistant.answering.lookup import MOST_FOUND, LookUp, Match, Sieve
from b12assistant.answers import Reply
from b12assistant.application.workspace import Workspace
from b12assistant.corpus.entries import PageWords
from b12assistant.corpus.publishers import PublisherKind
from b12assistant.data_files import read_data
from b12assistant.display import addresses
from b12assistant.display.json_form import Form
from b12assistant.display.labels import capital, counted, label
from b12assistant.display.markup import draw
from b12assistant.display.presentation import present_notices
from b12assistant.display.quoted import CITE, Quoted, basis_of, best_known, cite, joined, message
from b12assistant.display.source_page import THEMES, View, read_address
from b12assistant.errors import NotFoundError
from b12assistant.index.collection import speakers
from b12assistant.types import Interest
from b12assistant.web.http_models import Filters
from b12assistant.web.policy import LOOPBACK
from b12assistant.web.problems import BoundedRoute, PassingError, json_response
from b12assistant.web.questions import Questions

FIGURES, LOOK_UP, REPLY = "/figures", "/lookup/", "/reply"
PATHS = (addresses.ROOT, CITE, FIGURES, LOOK_UP, REPLY)
MOST_QUOTED = 20  # parts, and addresses of each: words that moved are sought in a whole document
# Of our own pages, stricter than that of the page, where Gradio needs more.
OWN_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)


class LookUpForm(Filters):
    """``text``: what the user typed. ``phrase``: whether it is wanted exactly. ``k``: how many passages are drawn."""

    text: Annotated[str, Field(max_length=SEARCHED_CHARACTERS)]
    phrase: Annotated[bool, Field(strict=True)] = False
    k: Annotated[int, Field(strict=True, ge=1, le=MOST_FOUND)] = 10


class MessagePart(Form):
    """A question, as it was asked, with the addresses of the quotes below it, in order."""

    question: Annotated[str, Field(max_length=MOST_CHARACTERS)]
    addresses: Annotated[tuple[Annotated[str, Field(max_length=4000)], ...], Field(max_length=MOST_QUOTED)]


class MessageRequest(Form):
    """``parts``: the questions of a message."""

    parts: Annotated[tuple[MessagePart, ...], Field(max_length=MOST_QUOTED)]


def page_router(workspace: Callable[[], Workspace], questions: Questions, words: PageWords) -> APIRouter:
    """Return the routes, which are not part of the described API; ``workspace`` is called once per request."""
    router = APIRouter(route_class=BoundedRoute, redirect_slashes=False, include_in_schema=False)
    _add_lookup(router, workspace, questions)
    _add_documents(router, workspace)

    @router.post(REPLY)
    async def reply(asked: MessageRequest, request: Request) -> Response:
        """Return a message that quotes the passages."""
        space = await asyncio.to_thread(workspace)
        # "" if only this machine can open the page
        base = "" if request.base_url.hostname in LOOPBACK else str(request.base_url).rstrip("/")
        return await questions.run(lambda: json_response({"text": _message(space, asked, base)}))

    @router.get(FIGURES)
    def figures() -> Response:
        """Return how well the library that ships answers."""
        shipped = read_data("page", "figures.toml")
        groups = groupby(shipped["figure"], key=itemgetter("about"))
        return own_page("plain.html", "figures", words, shipped["intro"], groups)

    return router


def _add_lookup(router: APIRouter, workspace: Callable[[], Workspace], questions: Questions) -> None:
    @router.get(f"{LOOK_UP}choices")
    def choices() -> Response:
        """Return the values of the filters that occur in the index."""
        return json_response(_choices(workspace()))

    @router.post(f"{LOOK_UP}search")
    async def search(asked: LookUpForm) -> Response:
        """Return the notices and the passages, best first; no notice withholds passages."""
        space = await asyncio.to_thread(workspace)
        return await questions.look_up(space, asked.text, partial(_results, space, asked), partial(_unsearched, space))


def _add_documents(router: APIRouter, workspace: Callable[[], Workspace]) -> None:
    @router.get(f"{addresses.ROOT}{{document:whole}}")
    def document(request: Request) -> Response:
        """Return a document as a page."""
        try:
            view = _view(request, workspace())
        except NotFoundError:
            return own_page("source.html", "missing", request.path_params["document"], _theme(request), status=404)
        return own_page("source.html", "document", view)

    @router.get(f"{CITE}{{document:whole}}")
    def citation(request: Request) -> Response:
        """Return the words of an address with their citation."""
        try:
            view = _view(request, workspace(), str(request.base_url).rstrip("/"))
        except NotFoundError:
            return PlainTextResponse("there is nothing here\n", 404)
        if view.quote is None:
            return PlainTextResponse(f"{label('cite.gone')}\n", 410)
        return PlainTextResponse(cite(view.quote).encode("utf-8", "replace"))


def own_page(template: str, macro: str, *values: object, status: int = 200) -> Response:
    """Answer with a page of our own, under its strict policy."""
    headers = {"content-security-policy": OWN_POLICY}
    return Response(draw(template, macro, *values), status, headers, "text/html; charset=utf-8")


def _view(request: Request, space: Workspace, base: str = "") -> View:
    """Return what an address of a document shows. Raises ``NotFoundError``."""
    name, asked = request.path_params["document"], request.query_params
    return View(
        space.document(name),
        addresses.read(asked),
        changed=space.source_changed(name),
        theme=_theme(request),
        framed=asked.get("framed") == "1",
        base=base,
    )


def _theme(request: Request) -> str:
    theme = request.query_params.get("theme", "")
    return theme if theme in THEMES else ""


def _results(space: Workspace, asked: LookUpForm) -> Response:
    warnings = space.assistant.triaged(asked.text).triage.notices
    matches = list(LookUp(space.engine, asked.text, asked.sieve).matches(MOST_FOUND, exact=asked.phrase))
    return json_response(
        {
            "notices": draw("lookup.html", "notices", present_notices(warnings, space.texts)),
            "rows": [row_html(match, asked.sieve) for match in matches[: asked.k]],
            "count": len(matches),
            "has_words": any(match.words or match.phrases for match in matches),
            "message": "",
        }
    )


def _unsearched(space: Workspace, warning: Reply, error: PassingError) -> Response:
    """Answer with the notices alone, and say why nothing was searched."""
    shown = draw("lookup.html", "notices", present_notices(warning.answer.notices, space.texts))
    message = f"{label(f'ask.{error.code}')}."
    return json_response({"notices": shown, "rows": [], "count": 0, "has_words": False, "message": message})


def _choices(space: Workspace) -> dict[str, Any]:
    found = speakers(space.opened)
    publishers, kinds = Counter(each.publisher for each in found if each.publisher), {each.kind for each in found}
    return {
        "publishers": sorted(publishers, key=lambda name: (-publishers[name], name.casefold())),
        "kinds": [[kind, capital(label(f"standings.{kind}"))] for kind in PublisherKind if kind in kinds],
        "passages": sum(len(entry.passages) for entry in space.opened.entries),
    }


def row_html(match: Match, sieve: Sieve) -> str:
    """Draw a match, with who says the best sentence, as far as the sieve wants them."""
    spans = joined(match.passage)
    if len(spans) > addresses.MOST_SPANS:  # an address cannot hold them all
        spans = (match.best,)
    quote = Quoted(spans, match.best, match.passage.id)
    wanted = [each for each in basis_of([match.best]) if sieve.wants(*each.speaks)]
    by = quote.speaker.own
    if wanted:
        first, *others = best_known(wanted)
        more = (counted("speaker.others", len(others)),) if others else ()
        by = (first.short, label("speaker.our_summary"), *more)
    named = f"{capital(' · '.join(by))} — {quote.document.title}"
    return draw("lookup.html", "row", quote, [*match.words, *match.phrases], named)


def _message(space: Workspace, asked: MessageRequest, base: str) -> str:
    """Quote what is still there."""
    page, changed = space.configuration.settings.page, cache(space.source_changed)  # reads the whole file
    parts: list[tuple[str, list[Quoted]]] = []
    for part in asked.parts:
        found = [read_address(address, space.entries, base) for address in part.addresses]
        current = [replace(words, changed=changed(words.document.id)) for words in found if words]
        parts.append((part.question, current))
    quotes = [quote for _, found in parts for quote in found]
    only_sellers = quotes and all(quote.source.interest is Interest.SELLS for quote in quotes)
    notices = [space.texts[name].text for name in (GENERAL, *([ONLY_SELLERS] if only_sellers else []))]
    return message(parts, notices, page.signature or page.run_by)
