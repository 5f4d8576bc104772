"""Serve the tab "Look up": results while the user types. Questions are in bodies."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from b12assistant.answering.assistant import SEARCHED_CHARACTERS
from b12assistant.answering.lookup import MOST_FOUND, LookUp, Match, Sieve
from b12assistant.answers import FixedTexts, Notice, Reply
from b12assistant.application.workspace import Workspace, local_today
from b12assistant.corpus.publishers import PublisherKind
from b12assistant.display.addresses import MOST_SPANS
from b12assistant.display.labels import capital, label
from b12assistant.display.markup import draw
from b12assistant.display.presentation import present_notices
from b12assistant.display.quoted import Quoted, basis_of, best_known, in_short, joined
from b12assistant.index.parts import speakers
from b12assistant.web.http_models import Filters
from b12assistant.web.problems import BoundedRoute, JsonResponse, PassingError
from b12assistant.web.questions import Questions


class LookUpForm(Filters):
    """``text``: what the user typed. ``phrase``: whether it is wanted exactly. ``k``: how many passages are drawn."""

    text: Annotated[str, Field(max_length=SEARCHED_CHARACTERS)]
    phrase: Annotated[bool, Field(strict=True)] = False
    k: Annotated[int, Field(strict=True, ge=1, le=MOST_FOUND)] = 10


ROOT = "/lookup"


def lookup_router(workspace: Callable[[], Workspace], questions: Questions) -> APIRouter:
    """Return the routes. ``workspace`` is called once per request."""
    router = APIRouter(route_class=BoundedRoute, redirect_slashes=False, include_in_schema=False)

    @router.get(f"{ROOT}/choices")
    def choices() -> Response:
        """Return the values of the filters that occur in the index."""
        return JsonResponse(_choices(workspace()))

    @router.post(f"{ROOT}/search")
    async def search(asked: LookUpForm) -> Response:
        """Return the notices and the passages, best first; no notice withholds passages."""
        space = await asyncio.to_thread(workspace)
        work = partial(_results, space, asked)
        return await questions.look_up(space, asked.text, work, partial(_unsearched, space))

    return router


def _results(space: Workspace, asked: LookUpForm) -> Response:
    warnings = space.assistant.triaged(asked.text).triage.notices
    matches = list(LookUp(space.engine, asked.text, asked.sieve).matches(MOST_FOUND, exact=asked.phrase))
    return JsonResponse(
        {
            "notices": notices_html(warnings, space.texts),
            "rows": [row_html(match, asked.sieve, local_today()) for match in matches[: asked.k]],
            "count": len(matches),
            "has_words": any(match.words or match.phrases for match in matches),
            "message": "",
        }
    )


def _unsearched(space: Workspace, warning: Reply, error: PassingError) -> Response:
    """Answer with the notices alone, and say why nothing was searched."""
    shown = notices_html(warning.answer.notices, space.texts)
    message = f"{label(f'ask.{error.code}')}."
    return JsonResponse({"notices": shown, "rows": [], "count": 0, "has_words": False, "message": message})


def _choices(space: Workspace) -> dict[str, Any]:
    found = speakers(space.opened)
    publishers, kinds = Counter(each.publisher for each in found if each.publisher), {each.kind for each in found}
    return {
        "publishers": sorted(publishers, key=lambda name: (-publishers[name], name.casefold())),
        "kinds": [[kind, capital(label(f"standings.{kind}"))] for kind in PublisherKind if kind in kinds],
        "passages": sum(len(entry.passages) for entry in space.opened.entries),
    }


def row_html(match: Match, sieve: Sieve, today: date) -> str:
    """Draw a match, with who says the best sentence, as far as the sieve wants them."""
    spans = joined(match.passage)
    if len(spans) > MOST_SPANS:  # an address cannot hold them all
        spans = (match.best,)
    quote = Quoted(spans, today, match.best, match.passage.id)
    wanted = [each for each in basis_of([match.best]) if sieve.wants(each.publisher, each.standing, each.year)]
    by = (" · ".join(in_short(quote.source, best_known(wanted), quote.document.title)), quote.document.title)
    who = quote.in_short if quote.speaker.basis else (capital(quote.speaker.own[0]), *quote.speaker.own[1:])
    matching = [*match.words, *match.phrases]
    return draw("lookup.html", "row", quote, matching, " — ".join(by), " · ".join((*who, *quote.notes)))


def notices_html(given: Sequence[Notice], texts: FixedTexts) -> str:
    """Draw the fixed texts above the passages."""
    return draw("lookup.html", "notices", present_notices(given, texts))
