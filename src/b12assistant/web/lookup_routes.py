"""Serve the tab "Look up": results while the user types. Questions are in bodies."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from b12assistant.answering.assistant import SEARCHED_CHARACTERS
from b12assistant.answering.lookup import MOST_FOUND, LookUp
from b12assistant.answers import Reply
from b12assistant.application.lookup_rows import notices, parts, row
from b12assistant.application.opening import speakers
from b12assistant.application.shared_answer import MOST_SHARED, read_address
from b12assistant.application.workspace import Workspace, local_today
from b12assistant.corpus.publishers import PublisherKind
from b12assistant.display.json_form import Form
from b12assistant.display.labels import Labels, capital
from b12assistant.web.http_models import Filters, Typed
from b12assistant.web.problems import BoundedRoute, JsonResponse, PassingError
from b12assistant.web.questions import Questions


class LookUpForm(Filters):
    """``text``: what the user typed. ``phrase``: whether it is wanted exactly."""

    text: Annotated[str, Field(max_length=SEARCHED_CHARACTERS)]
    phrase: Annotated[bool, Field(strict=True)] = False
    k: Annotated[int, Field(strict=True, ge=1, le=MOST_FOUND)] = MOST_FOUND


class QuoteForm(Form):
    """A quote of an answer: its number, its address, and what was searched for."""

    number: Annotated[int, Field(strict=True, ge=1, le=100)]
    address: Annotated[str, Field(max_length=4000)]
    text: Typed


class WhyForm(Form):
    """The quotes of an answer whose parts are asked for."""

    quotes: Annotated[tuple[QuoteForm, ...], Field(max_length=MOST_SHARED)]


ROOT = "/lookup"


def lookup_router(workspace: Callable[[], Workspace], questions: Questions, labels: Labels) -> APIRouter:
    """Return the routes. ``workspace`` is called once per request; ``labels``: the page's words."""
    router = APIRouter(route_class=BoundedRoute, redirect_slashes=False, include_in_schema=False)

    @router.get(f"{ROOT}/choices")
    def choices() -> Response:
        """Return the values of the filters that occur in the index."""
        return JsonResponse(_choices(workspace(), labels))

    @router.post(f"{ROOT}/search")
    async def search(asked: LookUpForm) -> Response:
        """Return the notices and the passages, best first; no notice withholds passages."""
        space = await asyncio.to_thread(workspace)
        work = partial(_results, space, asked, labels)
        return await questions.look_up(space, asked.text, work, partial(_unsearched, space, labels))

    @router.post(f"{ROOT}/parts")
    async def gave(asked: WhyForm) -> Response:
        """Return, for each quote that is still there, what each part of the search gave for its passage."""
        space = await asyncio.to_thread(workspace)
        return await questions.run(lambda: JsonResponse({"parts": list(_parts(space, asked, labels))}))

    return router


def _parts(space: Workspace, asked: WhyForm, labels: Labels) -> Iterator[str]:
    of = len(space.engine.collection.passages)
    for quote in asked.quotes:
        cited = read_address(quote.address, space.entries)
        if cited is None or not quote.text.strip():
            continue
        passage = next(each for each in space.entries[cited.document.id].passages if each.id == cited.passage)
        yield parts(LookUp(space.engine, quote.text).parts(passage), quote.number, of, labels)


def _results(space: Workspace, asked: LookUpForm, labels: Labels) -> Response:
    warnings = space.assistant.triaged(asked.text).triage.notices
    matches, notes = LookUp(space.engine, asked.text, asked.sieve).matches(asked.k, exact=asked.phrase), space.notes
    return JsonResponse(
        {
            "notices": notices(warnings, space.texts, labels),
            "rows": [
                row(match, asked.sieve, labels, local_today(), notes.get(match.passage.id, "")) for match in matches
            ],
            "generation": space.opened.collection.generation,
            "message": "",
        }
    )


def _unsearched(space: Workspace, labels: Labels, warning: Reply, error: PassingError) -> Response:
    """Answer with the notices alone, and say why nothing was searched."""
    shown = notices(warning.answer.notices, space.texts, labels)
    message = f"{labels(f'ask.{error.code}')}."
    return JsonResponse({"notices": shown, "rows": [], "generation": None, "message": message})


def _choices(space: Workspace, labels: Labels) -> dict[str, Any]:
    found = speakers(space.opened)
    publishers, kinds = Counter(each.publisher for each in found if each.publisher), {each.kind for each in found}
    return {
        "publishers": sorted(publishers, key=lambda name: (-publishers[name], name.casefold())),
        "kinds": [[kind, capital(labels(f"standings.{kind}"))] for kind in PublisherKind if kind in kinds],
        "passages": sum(len(entry.passages) for entry in space.opened.entries),
    }
