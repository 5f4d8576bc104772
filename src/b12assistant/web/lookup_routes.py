"""The routes behind the tab "Look up": as one types, and for many questions at once. What is typed comes in bodies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from b12assistant.answering.assistant import SEARCHED_CHARACTERS
from b12assistant.answering.lookup import MOST_FOUND, Format, LookUp, Sieve, Way, format_of
from b12assistant.answers import Quote, Reply, Status
from b12assistant.application.lookup_rows import notices, quoted, row
from b12assistant.application.workspace import Workspace, local_today
from b12assistant.display.json_form import Form
from b12assistant.display.labels import Labels, capital
from b12assistant.display.presentation import Cited, Quoted
from b12assistant.types import Interest, Source, SourceKind
from b12assistant.web.http_models import Typed
from b12assistant.web.http_transport import BoundedRoute, JsonResponse
from b12assistant.web.problems import PassingError
from b12assistant.web.questions import Questions

MOST_PINNED = 100
Year = Annotated[int | None, Field(strict=True, ge=1, le=9999)]
Address = Annotated[str, Field(max_length=4000)]


class LookUpForm(Form):
    """``text``: what is typed; the rest is the filter, empty for all."""

    text: Annotated[str, Field(max_length=SEARCHED_CHARACTERS)]
    way: Way = Way.ALL
    kinds: frozenset[SourceKind] = frozenset()
    interests: frozenset[Interest] = frozenset()
    formats: frozenset[Format] = frozenset()
    document: Annotated[str, Field(max_length=300)] = ""
    since: Year = None
    until: Year = None
    k: Annotated[int, Field(strict=True, ge=1, le=MOST_FOUND)] = MOST_FOUND

    @property
    def sieve(self) -> Sieve:
        return Sieve(self.kinds, self.interests, self.formats, self.document.strip(), self.since, self.until)


class QuestionForm(Form):
    """One of many questions."""

    text: Typed


class PackRequest(Form):
    """Addresses of what was pinned, in order."""

    addresses: Annotated[tuple[Address, ...], Field(max_length=MOST_PINNED)]


ROOT = "/lookup"


def lookup_router(workspace: Callable[[], Workspace], questions: Questions, said: Labels) -> APIRouter:
    """``workspace`` is called once for each request; ``said``: the page's words."""
    router = APIRouter(route_class=BoundedRoute, redirect_slashes=False, include_in_schema=False)

    @router.get(f"{ROOT}/choices")
    def choices() -> Response:
        """What the filters offer: only what the index holds."""
        return JsonResponse(_choices(workspace(), said))

    @router.post(f"{ROOT}/search")
    async def search(asked: LookUpForm) -> Response:
        """Passages, best first, under what has to be read before; nothing is withheld for it."""
        space = workspace()

        def told(warning: Reply, error: PassingError) -> Response:
            return JsonResponse({**_unsearched(space, warning, error, said), "rows": [], "generation": None})

        return await questions.look_up(space, asked.text, lambda: _found(space, asked, said), told)

    @router.post(f"{ROOT}/best")
    async def best(asked: QuestionForm) -> Response:
        """The best quote for one of many questions. Under a safety text too, where nobody judged how well it fits."""
        space = workspace()

        def told(warning: Reply, error: PassingError) -> Response:
            return JsonResponse({**_unsearched(space, warning, error, said), "quote": None})

        return await questions.look_up(
            space, asked.text, lambda: JsonResponse(_best(space, space.ask(asked.text), said)), told
        )

    return router


def _found(space: Workspace, asked: LookUpForm, said: Labels) -> Response:
    told = space.assistant.notices(asked.text)
    found = LookUp(space.engine, space.configuration.settings, asked.text, asked.sieve).matches(asked.way, asked.k)
    return JsonResponse(
        {
            "notices": notices(told, space.texts, said),
            "rows": [row(match, said, local_today()) for match in found],
            "generation": space.opened.collection.generation,
            "told": "",
        }
    )


def _unsearched(space: Workspace, warning: Reply, error: PassingError, said: Labels) -> dict[str, Any]:
    """What stands above although nothing was searched, and why nothing was."""
    return {"notices": notices(warning.answer.notices, space.texts, said), "told": f"{said(f'ask.{error.code}')}."}


def _best(space: Workspace, reply: Reply, said: Labels) -> dict[str, Any]:
    answer = reply.answer
    return {
        "notices": notices(answer.notices, space.texts, said),
        "quote": _quote(space, reply, said),
        "told": capital(_told(answer.status, answer.quotes, said)),
    }


def _quote(space: Workspace, reply: Reply, said: Labels) -> dict[str, Any] | None:
    answer = reply.answer
    cited = (Cited.of_quote(quote, reply) for quote in answer.quotes)
    if answer.status is Status.SAFETY_ONLY:
        ranked = space.assistant.ranked(answer.question.text)
        cited = (Cited(window.spans, window.best, window.passage.id) for window in ranked)
    best = next(cited, None)
    return quoted(Quoted.of(best, said, local_today())) if best else None


def _told(status: Status, quotes: tuple[Quote, ...], said: Labels) -> str:
    if quotes:
        return said(f"strengths.{quotes[0].strength}")
    return said("lookup.not_judged" if status is Status.SAFETY_ONLY else "headlines.nothing_close")


def _choices(space: Workspace, said: Labels) -> dict[str, Any]:
    entries = space.opened.entries
    sources = [entry.document.source for entry in entries]
    kinds = {source.kind for source in sources if source.kind}
    formats = {format_of(entry.document.id) for entry in entries}
    interests = {source.interest for source in sources}
    years = [source.published.year for source in sources if source.published]
    return {
        "kinds": [[kind, capital(said.kind(Source(kind=kind)))] for kind in SourceKind if kind in kinds],
        "interests": [[each, said(f"lookup.interest_{each.name.lower()}")] for each in Interest if each in interests],
        "formats": [[each, said(f"lookup.format_{each}")] for each in Format if each in formats],
        "documents": sorted({entry.document.title for entry in entries}),
        "years": [min(years), max(years)] if years else None,
        "passages": sum(len(entry.passages) for entry in entries),
    }
