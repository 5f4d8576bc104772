"""Serve the list of sources, cited documents as pages, pictures and citations, and what a curator changes from there.

Addresses hold ids, offsets and digests of a source's words, never a question.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from b12assistant.application.catalogue import catalogue, published
from b12assistant.application.live import Live
from b12assistant.application.workspace import Workspace, local_today
from b12assistant.display import addresses
from b12assistant.display.citation_formats import CITE, CitationForm, cite
from b12assistant.display.labels import Labels
from b12assistant.display.printed_pages import PICTURES, PrintedPages, Printing
from b12assistant.display.quoted import Cited, Quoted
from b12assistant.display.source_page import Target, View, first_page, missing_page, source_page
from b12assistant.errors import AssistantError, ConfigError, NotFoundError, SourceError
from b12assistant.index.documents import Entry
from b12assistant.types import GenerationId
from b12assistant.web.http_models import CuratorForm
from b12assistant.web.problems import BoundedRoute, BusyError, JsonResponse, Problem, ProblemError
from b12assistant.web.questions import CLIENT, Lane

PATHS = (addresses.ROOT, PICTURES, CITE)
# Stricter than the policy of the page, where Gradio needs more.
VIEW_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
_MOST_DRAWN = 32  # pages that wait to be drawn
_PATIENCE = 25.0  # seconds for one of them
_HEADERS = {"content-security-policy": VIEW_POLICY}


def source_router(workspace: Callable[[], Workspace], labels: Labels) -> APIRouter:
    """Return the routes; they belong to the page and are not part of the described API.

    ``workspace`` is called once per request; ``labels``: the page's words.
    """
    router, sheets = APIRouter(redirect_slashes=False), PrintedPages()
    lane = Lane("draw", 1, _MOST_DRAWN)

    async def page(request: Request) -> Response:
        """Return a document as a page."""
        work = partial(_document, request, await asyncio.to_thread(workspace), sheets, labels)
        is_drawn = request.query_params.get("view") == "printed"
        return await _drawn(lane, work) if is_drawn else await run_in_threadpool(work)

    async def picture(request: Request) -> Response:
        """Return a printed page as a picture, if the file has not changed since indexing."""
        return await _drawn(lane, partial(_picture, request))

    def _picture(request: Request) -> Response:
        space = workspace()
        try:
            entry = space.document(request.path_params["document"])
        except NotFoundError:
            return _nothing()
        number = _number(request.query_params, entry)
        printing = _printed(sheets, space, entry, number) if number else None
        if printing is None or printing.page is None:
            return _nothing()
        return Response(printing.page.png, media_type="image/png", headers={"cache-control": "private, max-age=3600"})

    def words(request: Request) -> Response:
        """Return the words of an address with their citation, in the requested form."""
        asked, space = request.query_params, workspace()
        try:
            entry = space.document(request.path_params["document"])
        except NotFoundError:
            return _nothing()
        cited = _cited(entry, request, space.opened.collection.generation)
        if cited is None:
            return PlainTextResponse(f"{labels('cite.gone')}\n", 410)
        if asked.get("form") not in list(CitationForm):
            return _nothing()
        quote = Quoted.of(space.with_state(cited), labels, local_today())
        return PlainTextResponse(cite(quote, CitationForm(asked["form"]), labels).encode("utf-8", "replace"))

    for root, answer in ((addresses.ROOT, page), (PICTURES, picture), (CITE, words)):
        router.add_route(f"{root}{{document:whole}}", answer, methods=["GET"], include_in_schema=False)
    return router


async def _drawn(lane: Lane, work: Callable[[], Response]) -> Response:
    """Draw a page in a lane of its own, which one slow page cannot fill for others; refuse if that takes too long."""
    try:
        future = asyncio.wrap_future(lane.submit(work, CLIENT.get()))
        return await asyncio.wait_for(future, _PATIENCE)
    except (BusyError, TimeoutError):
        busy = "too many pages are being drawn: ask again in a few seconds\n"
        return PlainTextResponse(busy, 503, {"retry-after": "5"})


def _document(request: Request, space: Workspace, sheets: PrintedPages, labels: Labels) -> Response:
    name, asked = request.path_params["document"], request.query_params
    theme = asked.get("theme", "")
    view = View(
        addresses.read(asked),
        changed=False,
        today=local_today(),
        theme=theme if theme in ("light", "dark") else "",
        framed=asked.get("framed") == "1",
        labels=labels,
        passage=addresses.read_passage(asked),
    )
    try:
        entry, changed = space.document(name), space.source_changed(name)
    except NotFoundError:
        return page_response(missing_page(name, view.theme, labels), 404)
    view = _curated(space, entry, replace(view, changed=changed))
    printing = None
    if asked.get("view") == "printed" and entry.document.page_starts:
        number = _number(asked, entry) or first_page(Target.of(entry, view))
        printing = _printed(sheets, space, entry, number)
    return page_response(source_page(entry, view, printing))


def _printed(sheets: PrintedPages, space: Workspace, entry: Entry, number: int) -> Printing:
    data = space.source_bytes(entry) or b""
    if hashlib.sha256(data).hexdigest() != entry.file_sha256:
        return Printing(number, None, is_same_file=False)
    with suppress(SourceError):
        return Printing(number, sheets.page(data, entry.file_sha256, number), is_same_file=True)
    return Printing(number, None, is_same_file=True)


def _cited(entry: Entry, request: Request, generation: GenerationId) -> Cited | None:
    """Return the words of an address at their current place; ``None`` if they are gone."""
    base = str(request.base_url).rstrip("/")
    place = addresses.read(request.query_params)
    passage = addresses.read_passage(request.query_params)
    if place is None:
        whole = next((holder for holder in entry.passages if holder.id == passage), None)
        return Cited.of_passage(whole, generation, base) if whole else None
    now = place.found_in(entry.document.text)
    if now is None:
        return None
    spans = tuple(entry.document.span(range_.start, range_.end) for range_ in now.spans)
    best = entry.document.span(now.best.start, now.best.end) if now.best else None
    at = now.best or now.spans[0]
    holder = next((holder for holder in entry.passages if holder.span.range.overlaps(at)), None)
    return Cited(spans, best, holder.id if holder else None, generation, base)


def page_response(html: str, status: int = 200) -> Response:
    """Answer with a page of our own, under its strict policy."""
    return Response(html, status, _HEADERS, "text/html; charset=utf-8")


def _nothing() -> Response:
    return PlainTextResponse("there is nothing here\n", 404)


def _number(asked: Mapping[str, str], entry: Entry) -> int | None:
    """Return the requested page, 1-based; ``None`` if the document does not have it."""
    text = asked.get("page", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
    return number if 0 < number <= len(entry.document.page_starts) else None


def _curated(space: Workspace, entry: Entry, view: View) -> View:
    """Add what a curator decided on the document and the passage in view, and whether that can be changed there."""
    off, current = space.opened.collection.off, Target.of(entry, view).current
    passage = None if current is None else entry.passages[current]
    whole = off.documents.get(entry.document.id)
    reason = whole or (off.of(passage) if passage else None)
    return replace(
        view,
        off=reason.why.rstrip(". ") if reason else "",
        off_whole=whole is not None,
        note=off.notes.get(passage.id, "") if passage else "",
        curator=bool(space.configuration.settings.web.curator_key),
    )


PATH = "/sources"


def catalogue_router(live: Live, labels: Labels) -> APIRouter:
    """Return the route of the list of sources; ``labels``: in the language of the page."""
    router = APIRouter(route_class=BoundedRoute, redirect_slashes=False, include_in_schema=False)

    @router.get(PATH)
    def sources() -> Response:
        opened = live().opened
        listed = {"sources": catalogue(opened, labels, local_today()), "publications": published(opened, labels)}
        return JsonResponse(listed)

    return router


CURATOR = "/curator"
_SHORTEST_KEY = 16  # characters: too many to guess


def curator_router(live: Live, labels: Labels, key: str) -> APIRouter:
    """Return the route by which whoever has the key changes what is quoted; no route without a key."""
    router = APIRouter(route_class=BoundedRoute, redirect_slashes=False, include_in_schema=False)
    if not key:
        return router
    if len(key) < _SHORTEST_KEY:
        hint = 'make one with `python -c "import secrets; print(secrets.token_urlsafe())"`'
        raise ConfigError(f"web.curator_key has fewer than {_SHORTEST_KEY} characters", hint=hint)

    @router.post(CURATOR)
    def curate(asked: CuratorForm) -> Response:
        """Write what the curator decided; the next answer follows it."""
        if not secrets.compare_digest(asked.key.encode("utf-8", "replace"), key.encode()):
            raise ProblemError(Problem(403, "curator_key", labels("curator.wrong_key")))
        try:
            live().curate(asked.list, asked.document, asked.passage, " ".join(asked.words.split()))
        except AssistantError as error:
            raise ProblemError(Problem(409, error.code, labels("curator.failed", problem=error.message))) from error
        return JsonResponse({"message": labels("curator.done")})

    return router
