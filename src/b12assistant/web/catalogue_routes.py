"""Serve the list of sources for the tab Sources."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from b12assistant.application.catalogue import catalogue
from b12assistant.application.live import Live
from b12assistant.application.workspace import local_today
from b12assistant.display.labels import Labels
from b12assistant.web.http_transport import BoundedRoute, JsonResponse

PATH = "/sources"


def catalogue_router(live: Live, labels: Labels) -> APIRouter:
    """Return the route of the list of sources; ``labels``: in the language of the page."""
    router = APIRouter(route_class=BoundedRoute, redirect_slashes=False, include_in_schema=False)

    @router.get(PATH)
    def sources() -> Response:
        return JsonResponse({"sources": catalogue(live().opened, labels, local_today())})

    return router
