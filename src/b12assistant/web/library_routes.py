"""The routes behind the tab Library. To look is for everybody; to build the index anew is for this machine alone."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from b12assistant.application import library
from b12assistant.application.live import Live
from b12assistant.application.rebuilding import Rebuilding
from b12assistant.display.labels import Labels
from b12assistant.errors import CorpusError
from b12assistant.web.http_transport import BoundedRoute, JsonResponse, written_id
from b12assistant.web.loopback import is_local, require_local

ROOT = "/library"

Place = Annotated[int, Query(ge=0, le=1_000_000_000)]


def library_router(live: Live, said: Labels) -> APIRouter:
    """Every route of the tab; labels are in the language of the page."""
    router = APIRouter(route_class=BoundedRoute, redirect_slashes=False, include_in_schema=False)
    _add_reading(router, live, said)
    _add_building(router, Rebuilding(live))
    return router


def _add_reading(router: APIRouter, live: Live, said: Labels) -> None:
    @router.get(f"{ROOT}/documents")
    def documents(request: Request) -> Response:
        told, local = library.overview(live().opened, said), is_local(request)
        kept_back: dict[str, list[str]] = {} if local else {"damage": []}  # it names folders of the machine
        return JsonResponse({**told, **kept_back, "may_index": local})

    @router.get(f"{ROOT}/changes")
    def changes() -> Response:
        """Reads every file of the corpus, so it is asked for by itself."""
        try:
            return JsonResponse({"changes": list(live().stale_files())})
        except CorpusError:  # where the corpus is not at hand, nobody can tell
            return JsonResponse({"changes": None})

    @router.get(f"{ROOT}/documents/{{document:whole}}")
    def document(request: Request, passages: Place = 0, marked: Place = 0) -> Response:
        space = live()
        entry = space.document(written_id(request, f"{ROOT}/documents/"))
        return JsonResponse(library.document(entry, space.opened, said, passages=passages, marked=marked))


def _add_building(router: APIRouter, rebuilding: Rebuilding) -> None:
    @router.post(f"{ROOT}/index")
    def build(request: Request) -> Response:
        require_local(request)
        rebuilding.start()
        return JsonResponse(rebuilding.told.as_json())

    @router.get(f"{ROOT}/index")
    def progress(request: Request) -> Response:
        require_local(request)
        return JsonResponse(rebuilding.told.as_json())
