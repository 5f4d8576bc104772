"""Serve a conversation as a file: its turns arrive in the body and are answered again from one index."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from b12assistant.application.exporting import Format, export
from b12assistant.application.saved import FILES
from b12assistant.application.shared_answer import shared
from b12assistant.application.workspace import Workspace, local_today
from b12assistant.display.json_form import Form
from b12assistant.display.labels import Labels
from b12assistant.web.http_models import Turns
from b12assistant.web.http_transport import BoundedRoute
from b12assistant.web.questions import Questions

PATH = "/export"


class ExportRequest(Form):
    """``turns``: of the conversation, oldest first."""

    format: Format
    turns: Turns


def export_router(workspace: Callable[[], Workspace], questions: Questions, labels: Labels) -> APIRouter:
    """Return the route. ``workspace`` is called once per request; ``labels``: the page's words."""
    router = APIRouter(route_class=BoundedRoute, redirect_slashes=False, include_in_schema=False)

    @router.post(PATH)
    async def conversation(asked: ExportRequest, request: Request) -> Response:
        """Return the conversation as a file to save."""
        space, base = workspace(), str(request.base_url).rstrip("/")
        return await questions.run(lambda: _file(space, asked, labels, base))

    return router


def _file(space: Workspace, asked: ExportRequest, labels: Labels, base: str) -> Response:
    generation = space.opened.collection.generation
    questions = [turn.question for turn in asked.turns]
    replies = tuple(
        shared(space, space.ask(turn.question), turn.quotes)
        if turn.quotes
        else space.ask(turn.question, questions[:number], as_typed=turn.as_typed)
        for number, turn in enumerate(asked.turns)
    )
    suffix, media_type = FILES[asked.format]
    name = f"conversation-{local_today().isoformat()}.{suffix}"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    body = export(replies, space.setting(labels=labels, base=base), generation, asked.format).encode("utf-8", "replace")
    return Response(body, headers=headers, media_type=f"{media_type}; charset=utf-8")
