"""The HTTP API: translate between JSON and calls of a workspace. Nothing is decided here.

Searches run in the lanes of `questions`, everything else in the thread pool; what they share is safe for threads
(`threads`). A request uses one workspace from beginning to end, so its answer is from one generation. Questions are in
bodies and stay out of addresses and logs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Annotated

from fastapi import APIRouter, FastAPI, Path
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route

from b12assistant.answers import Reply
from b12assistant.application.workspace import Workspace
from b12assistant.corpus.entries import PageWords
from b12assistant.display.json_form import AskResponse, Json, SearchResponse, passage_json, reply_json, search_json
from b12assistant.index.documents import export_line
from b12assistant.web import http_models
from b12assistant.web.http_models import DocumentResponse, PassageResponse
from b12assistant.web.problems import MEDIA_TYPE, NOT_FOUND, BoundedRoute, Problem, json_response
from b12assistant.web.questions import Questions

_PROBLEM: Json = {
    "description": "A problem document: `code` says what is wrong, `hint` what to do.",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_ABOUT = (
    "{name}: answers only by quoting documents. Every quote is a slice of a document's text and says who speaks. "
    "Offsets are code points, half-open. Errors are problem documents (RFC 9457)."
)


def describe(routes: Sequence[BaseRoute], words: PageWords) -> Json:
    """Return the OpenAPI document; ``words``: of the page, for what the corpus is about."""
    about = _ABOUT.format(name=words.heading)
    document = get_openapi(title=words.name, version="1", description=about, routes=routes)
    problem = http_models.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = document["components"]["schemas"]
    schemas.update(problem.pop("$defs", {}), Problem=problem)
    return document


ROOT = "/api/v1"

# FastAPI would pass requests, including bodies, to OpenTelemetry if it is set up.
UNWATCHED: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}

Space = Callable[[], Workspace]
_UNHURRIED = 120.0  # seconds, for tests and tools, where the first question loads everything


def build_router(workspace: Space, questions: Questions | None = None) -> APIRouter:
    """Return all routes of the API. ``workspace`` is called once per request, in a thread."""
    router = APIRouter(
        route_class=BoundedRoute,
        redirect_slashes=False,
        generate_unique_id_function=attrgetter("name"),
        responses={"default": _PROBLEM},
    )
    questions = questions or Questions(_UNHURRIED)
    _add_questions(router, workspace, questions)
    _add_corpus(router, workspace)
    _add_health(router, workspace, questions)
    described = [route for route in router.routes if isinstance(route, APIRoute)]

    @router.get(f"{ROOT}/openapi.json", include_in_schema=False)
    def description() -> Response:
        """This API for machines: OpenAPI."""
        return json_response(describe(described, workspace().page_words))

    _add_elsewhere(router)
    return router


def build_app(workspace: Space, questions: Questions | None = None) -> FastAPI:
    """Return the API as an application, to which routes can be added."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, telemetry=UNWATCHED)
    app.include_router(build_router(workspace, questions))
    return app


def _add_questions(router: APIRouter, workspace: Space, questions: Questions) -> None:
    @router.post(f"{ROOT}/ask", tags=["questions"], response_model=AskResponse)
    async def ask(asked: http_models.AskRequest) -> Response:
        """Answer a question with quotes. An emergency gets its fixed text alone, and needs no index."""
        space = await asyncio.to_thread(workspace)

        def answered(reply: Reply) -> Response:
            return json_response(reply_json(reply, space.texts))

        return await questions.ask(space, asked.question, asked.history, as_typed=asked.as_typed, then=answered)

    @router.post(f"{ROOT}/search", tags=["questions"], response_model=SearchResponse)
    async def search(asked: http_models.SearchRequest) -> Response:
        """Look passages up by meaning and words. Nothing is withheld; the notices come first.

        If the search takes too long, an emergency notice is returned alone, without hits and without a generation.
        """
        space = await asyncio.to_thread(workspace)

        def searched() -> Response:
            notices, hits = space.search(asked.question, asked.k, asked.sieve)
            generation = space.opened.collection.generation
            return json_response(search_json(asked.question, notices, hits, space.texts, generation))

        def unsearched(warning: Reply, _: Exception) -> Response:
            return json_response(search_json(asked.question, warning.answer.notices, (), space.texts, None))

        return await questions.look_up(space, asked.question, searched, unsearched)


def _add_corpus(router: APIRouter, workspace: Space) -> None:
    @router.get(
        f"{ROOT}/documents/{{id:whole}}", operation_id="get_document", tags=["corpus"], response_model=DocumentResponse
    )
    def document(
        name: Annotated[str, Path(alias="id", description="Its path in the corpus, percent-encoded.")],
    ) -> Response:
        """A document: its text, sections, marks and passages, as `export` writes them."""
        space = workspace()
        entry = space.document(name)
        return json_response({**export_line(entry), "index": {"generation": space.opened.collection.generation}})

    @router.get(f"{ROOT}/passages/{{id}}", operation_id="get_passage", tags=["corpus"], response_model=PassageResponse)
    def passage(name: Annotated[str, Path(alias="id", description="The whole id.")]) -> Response:
        """A passage: its words, its place, and who speaks."""
        space = workspace()
        found = space.passage(name, whole=True)
        return json_response({**passage_json(found), "index": {"generation": space.opened.collection.generation}})


def _add_health(router: APIRouter, workspace: Space, questions: Questions) -> None:
    @router.get("/healthz", tags=["health"], response_model=http_models.Alive)
    async def healthz() -> Response:
        """The process lives. Nothing is opened or waited for."""
        return json_response({"status": "alive"})

    @router.get("/readyz", tags=["health"], response_model=http_models.Ready)
    async def readyz() -> Response:
        """Questions can be answered: the index is open and the encoder has run. Asking starts the loading."""
        space = await asyncio.to_thread(workspace)
        await questions.check_ready(space)
        opened = space.opened
        passed_over = bool(opened.problems)
        return json_response(
            {
                "status": "ready",
                "index": {"generation": opened.collection.generation},
                "counts": opened.manifest["counts"],
                "encoder": space.encoder.name,
                "older_generation": passed_over,
                "hint": "run `b12assistant verify`, then `b12assistant index`" if passed_over else None,
            }
        )


def _add_elsewhere(router: APIRouter) -> None:
    """Add a route for the rest of /api, so that the mounted page does not answer for it."""
    ours = [route for route in router.routes if isinstance(route, Route | APIRoute)]

    async def elsewhere(request: Request) -> Response:
        here = [route.methods or set() for route in ours if route.matches(request.scope)[0] is not Match.NONE]
        allowed = ", ".join(sorted(set().union(*here)))
        sentence = "This address does not know the method."
        problem = Problem(405, "method", sentence, f"use {allowed}", headers={"Allow": allowed}) if here else NOT_FOUND
        return problem.response(request.scope["path"])

    every = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
    for path in ("/api/{rest:whole}", "/healthz", "/readyz"):
        router.add_route(path, elsewhere, methods=every, include_in_schema=False)
