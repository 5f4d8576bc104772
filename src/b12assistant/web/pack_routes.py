"""Serve what a reader keeps: passages, whose addresses the browser holds, and a conversation as a file.

The turns of a conversation arrive in the body and are answered again from one index.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from b12assistant.answers import Reply
from b12assistant.application.exporting import FILES, SavedFormat, export
from b12assistant.application.lookup_rows import quoted
from b12assistant.application.pack import FORMS, read_pin, reply, write
from b12assistant.application.shared_answer import answered
from b12assistant.application.workspace import Workspace, local_today
from b12assistant.display.json_form import Form
from b12assistant.display.labels import Labels, capital
from b12assistant.display.quoted import Quoted
from b12assistant.display.source_page import comparison_page
from b12assistant.errors import NotFoundError
from b12assistant.web.http_models import Turns
from b12assistant.web.policy import LOOPBACK
from b12assistant.web.problems import BoundedRoute, JsonResponse
from b12assistant.web.questions import Questions
from b12assistant.web.source_routes import page_response

MOST_PINNED = 100
PATH = "/export"


Address = Annotated[str, Field(max_length=4000)]


class PackRequest(Form):
    """Addresses of the pinned passages, in order; ``name``: of their collection."""

    addresses: Annotated[tuple[Address, ...], Field(max_length=MOST_PINNED)]
    name: Annotated[str, Field(max_length=100)] = ""


class ExportRequest(Form):
    """``turns``: of the conversation, oldest first."""

    format: SavedFormat
    turns: Turns


def export_router(workspace: Callable[[], Workspace], questions: Questions, labels: Labels) -> APIRouter:
    """Return the route. ``workspace`` is called once per request; ``labels``: the page's words."""
    router = APIRouter(route_class=BoundedRoute, redirect_slashes=False, include_in_schema=False)

    @router.post(PATH)
    async def conversation(asked: ExportRequest, request: Request) -> Response:
        """Return the conversation as a file to save.

        Each turn waits for its turn by itself, so that a long conversation delays nobody, and none is answered for a
        reader who has gone.
        """
        space, base = workspace(), str(request.base_url).rstrip("/")
        replies = [
            await questions.run(partial(answered, space, asked.turns, number)) for number in range(len(asked.turns))
        ]
        return await questions.run(lambda: _file(space, asked, replies, labels, base))

    return router


def _file(space: Workspace, asked: ExportRequest, replies: Sequence[Reply], labels: Labels, base: str) -> Response:
    generation = space.opened.collection.generation
    setting, shared = space.setting(labels=labels, base=base), [turn.quotes for turn in asked.turns]
    suffix, media_type = FILES[asked.format]
    name = f"conversation-{local_today().isoformat()}.{suffix}"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    body = export(replies, setting, generation, asked.format, shared).encode("utf-8", "replace")
    return Response(body, headers=headers, media_type=f"{media_type}; charset=utf-8")


ROOT = "/pack"
COMPARE = "/compare"


def pack_router(workspace: Callable[[], Workspace], questions: Questions, labels: Labels) -> APIRouter:
    """Return the routes. ``workspace`` is called once per request; ``labels``: the page's words."""
    router = APIRouter(route_class=BoundedRoute, redirect_slashes=False, include_in_schema=False)

    @router.post(f"{ROOT}/read")
    async def read(asked: PackRequest) -> Response:
        """Return a row for each address, in order; if its words are gone, the row has only the address."""
        space = workspace()
        return await questions.run(lambda: _rows(space, asked, labels))

    @router.post(f"{ROOT}/export/{{form}}")
    async def export(form: str, asked: PackRequest, request: Request) -> Response:
        """Return the pack as a file to save."""
        if form not in FORMS:
            raise NotFoundError(f"a pack is not written as {form!r}", hint=f"ask for one of {', '.join(FORMS)}")
        space, base = workspace(), str(request.base_url).rstrip("/")
        return await questions.run(lambda: _pack(space, asked, form, labels, base))

    @router.post(f"{ROOT}/reply")
    async def message(asked: PackRequest, request: Request) -> Response:
        """Return a reply that quotes the passages, as text and as HTML."""
        space, base = workspace(), _public(request)
        return await questions.run(lambda: JsonResponse(_reply(space, asked, labels, base)))

    @router.get(COMPARE)
    async def compare(one: Address, two: Address) -> Response:
        """Return two passages side by side as a page."""
        space = workspace()
        return await questions.run(lambda: page_response(comparison_page(_sides(space, (one, two), labels), labels)))

    return router


def _public(request: Request) -> str:
    """Return the address of the page, "" if only this machine can open it."""
    return "" if request.base_url.hostname in LOOPBACK else str(request.base_url).rstrip("/")


def _reply(space: Workspace, asked: PackRequest, labels: Labels, base: str) -> dict[str, str]:
    page = space.configuration.settings.page
    found = [(address, read_pin(address, space.entries, base)) for address in asked.addresses]
    pins = [(address, cited and space.with_state(cited)) for address, cited in found]
    return reply(pins, space.setting(labels=labels, base=base), page.signature or page.run_by)


def _sides(space: Workspace, addresses: Sequence[str], labels: Labels) -> list[Quoted | None]:
    found = [read_pin(address, space.entries) for address in addresses]
    return [Quoted.of(space.with_state(words), labels, local_today()) if words else None for words in found]


def _rows(space: Workspace, asked: PackRequest, labels: Labels) -> Response:
    today, rows = local_today(), []
    for address in asked.addresses:
        cited = read_pin(address, space.entries)
        row: dict[str, Any] = {"asked": address}
        if cited:
            quote = Quoted.of(space.with_state(cited), labels, today)
            notes = [capital(note) for note in quote.notes]
            row |= {**quoted(replace(quote, notes=())), "warnings": notes}
        rows.append(row)
    return JsonResponse({"rows": rows})


def _pack(space: Workspace, asked: PackRequest, form: str, labels: Labels, base: str) -> Response:
    suffix, media_type = FILES[form]
    setting = space.setting(labels=labels, base=base)
    found = [(address, read_pin(address, space.entries, base)) for address in asked.addresses]
    pins = [(address, cited and space.with_state(cited)) for address, cited in found]
    name = f"passage-pack-{setting.today.isoformat()}.{suffix}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    body = write(pins, setting, space.opened.collection.generation, form, asked.name).encode("utf-8", "surrogatepass")
    return Response(body, headers=headers, media_type=f"{media_type}; charset=utf-8")
