"""Serve the passage pack. The reader's browser keeps only addresses; these routes turn them into words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from b12assistant.answering.assistant import GENERAL, ONLY_SELLERS
from b12assistant.answers import TextId
from b12assistant.application.lookup_rows import quoted
from b12assistant.application.pack import Pack, PackForm, Pinned, read_pin, write
from b12assistant.application.workspace import Workspace, local_today
from b12assistant.display.labels import Labels, capital
from b12assistant.display.presentation import Quoted
from b12assistant.errors import NotFoundError
from b12assistant.web.http_transport import BoundedRoute, JsonResponse
from b12assistant.web.lookup_routes import PackRequest

ROOT = "/pack"
_FORMS = {
    "markdown": (PackForm.MARKDOWN, "text/markdown"),
    "html": (PackForm.HTML, "text/html"),
    "csv": (PackForm.CSV, "text/csv"),
    "json": (PackForm.JSON, "application/json"),
}


def pack_router(workspace: Callable[[], Workspace], labels: Labels) -> APIRouter:
    """Return the routes. ``workspace`` is called once per request; ``labels``: the page's words."""
    router = APIRouter(route_class=BoundedRoute, redirect_slashes=False, include_in_schema=False)

    @router.post(f"{ROOT}/read")
    def read(asked: PackRequest) -> Response:
        """Return a row for each address, in order; if its words are gone, the row has only the address."""
        today = local_today()
        rows = []
        for pin in _pins(workspace(), asked.addresses):
            row: dict[str, Any] = {"asked": pin.address}
            if pin.cited:
                quote = Quoted.of(pin.cited, labels, today)
                notes = [capital(note) for note in quote.notes]
                row |= {**quoted(replace(quote, notes=())), "warnings": notes}
            rows.append(row)
        return JsonResponse({"rows": rows})

    @router.post(f"{ROOT}/export/{{form}}")
    def export(form: str, asked: PackRequest, request: Request) -> Response:
        """Return the pack as a file to save."""
        if form not in _FORMS:
            raise NotFoundError(f"a pack is not written as {form!r}", hint=f"ask for one of {', '.join(_FORMS)}")
        kind, media_type = _FORMS[form]
        space = workspace()
        base = str(request.base_url).rstrip("/")
        pack = Pack(
            _pins(space, asked.addresses, base), (), space.opened.collection.generation, local_today(), labels, base
        )
        names: list[TextId] = [GENERAL, *([ONLY_SELLERS] if pack.cited and pack.only_sellers else [])]
        pack = replace(pack, notices=tuple(space.texts[name] for name in names))
        name = f"passage-pack-{pack.today.isoformat()}.{kind}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        body = write(pack, kind).encode("utf-8", "surrogatepass")
        return Response(body, headers=headers, media_type=f"{media_type}; charset=utf-8")

    return router


def _pins(space: Workspace, addresses: Sequence[str], base: str = "") -> tuple[Pinned, ...]:
    entries = {entry.document.id: entry for entry in space.opened.entries}
    pins = (read_pin(address, entries.get, base) for address in addresses)
    return tuple(replace(pin, cited=space.with_state(pin.cited)) if pin.cited else pin for pin in pins)
