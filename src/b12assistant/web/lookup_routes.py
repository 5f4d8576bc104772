"""Serve the tab "Look up": results while the user types. Questions are in bodies."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from itertools import pairwise
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
from b12assistant.display.labels import Labels, capital
from b12assistant.display.presentation import ShownNotice, present_notices
from b12assistant.display.quoted import Cited, Quoted, Speaker, basis_of
from b12assistant.index.parts import speakers
from b12assistant.safety.fixed_texts import telephone_numbers
from b12assistant.types import GAP, Range
from b12assistant.web.http_models import Filters
from b12assistant.web.problems import BoundedRoute, JsonResponse, PassingError
from b12assistant.web.questions import Questions


class LookUpForm(Filters):
    """``text``: what the user typed. ``phrase``: whether it is wanted exactly."""

    text: Annotated[str, Field(max_length=SEARCHED_CHARACTERS)]
    phrase: Annotated[bool, Field(strict=True)] = False
    k: Annotated[int, Field(strict=True, ge=1, le=MOST_FOUND)] = MOST_FOUND


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

    return router


def _results(space: Workspace, asked: LookUpForm, labels: Labels) -> Response:
    warnings = space.assistant.triaged(asked.text).triage.notices
    matches = LookUp(space.engine, asked.text, asked.sieve).matches(asked.k, exact=asked.phrase)
    return JsonResponse(
        {
            "notices": notices(warnings, space.texts, labels),
            "rows": [row(match, asked.sieve, labels, local_today()) for match in matches],
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


Json = dict[str, Any]


def row(match: Match, sieve: Sieve, labels: Labels, today: date) -> Json:
    """Return the row of a match.

    ``pieces``: its words in order; "s" marks the best sentence, "w" a matching word, "g" a gap. ``by``: who says the
    best sentence, those that the sieve wants.
    """
    spans = Cited.of_passage(match.passage).spans
    if len(spans) > MOST_SPANS:  # an address cannot hold them all
        spans = (match.best,)
    quote = Quoted.of(Cited(spans, match.best, match.passage.id), labels, today)
    wanted = [each for each in basis_of([match.best]) if sieve.wants(each.publisher, each.standing, each.year)]
    source = match.passage.document.source
    return {
        **place_of(quote),
        "by": " · ".join(Speaker.of(source, labels, wanted, match.passage.document.title).chip),
        "pieces": list(_pieces(quote, [match.best.range], [*match.words, *match.phrases])),
    }


def place_of(quote: Quoted) -> Json:
    """Return place and speaker as labels; ``address`` links there, and is all that a pin stores."""
    speaker = quote.speaker
    told = speaker.chip if speaker.basis else (capital(speaker.parts[0]), *speaker.parts[1:])
    return {
        "address": quote.link,
        "passage": quote.passage,
        "document": quote.document,
        "place": list(quote.place),
        "pages": quote.pages or None,
        "who": " · ".join((*told, *quote.notes)),
        "interest": capital(speaker.interest) or None,
        "sells": speaker.sells,
    }


def notices(given: Sequence[Notice], texts: FixedTexts, labels: Labels) -> list[Json]:
    """Return rows of the fixed texts above, safety texts with a heading, each followed by its translations."""
    return [row for notice in present_notices(given, texts, labels) for row in _notice(notice)]


def _notice(notice: ShownNotice) -> Iterator[Json]:
    language = notice.id.partition(".")[2] or None
    alarm, heading = notice.alarm, notice.heading or None
    yield {"text_id": notice.id, **_lines(notice.text), "language": language, "alarm": alarm, "heading": heading}
    for other in notice.translations:
        own = {"alarm": None, "heading": other.heading or None}
        yield {"text_id": other.id, **_lines(other.text), "language": other.language, **own}


def _lines(text: str) -> Json:
    """Return the lines of a fixed text, and the telephone numbers in it, the longest first."""
    numbers = {text[start:end] for start, end in telephone_numbers(text)}
    return {"lines": text.splitlines(), "numbers": sorted(numbers, key=lambda number: (-len(number), number))}


def _pieces(quote: Quoted, marked: Sequence[Range], words: Sequence[Range]) -> Iterator[list[str]]:
    for number, (text, span) in enumerate(zip(quote.words, quote.spans, strict=True)):
        if number:
            yield [GAP, "g"]
        edges = {span.start, span.end}
        edges |= {at for range_ in (*marked, *words) for at in (range_.start, range_.end) if span.start < at < span.end}
        for start, end in pairwise(sorted(edges)):
            inside = Range(start, end)
            kind = "s" * any(m.contains(inside) for m in marked) + "w" * any(w.contains(inside) for w in words)
            yield [text[start - span.start : end - span.start], kind]
