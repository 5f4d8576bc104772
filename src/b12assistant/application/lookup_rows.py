"""Turn results of a look-up into rows for the page: words in pieces, and their place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from b12assistant.answering.lookup import RANKED, Contributions, Match, Sieve
from b12assistant.answers import FixedTexts, Notice
from b12assistant.display.addresses import MOST_SPANS
from b12assistant.display.labels import Labels, capital
from b12assistant.display.presentation import ShownNotice, present_notices
from b12assistant.display.quoted import Cited, Quoted, Speaker, basis_of
from b12assistant.safety.fixed_texts import telephone_numbers
from b12assistant.types import GAP, Range

Json = dict[str, Any]


def row(match: Match, sieve: Sieve, labels: Labels, today: date, note: str = "") -> Json:
    """Return the row of a match.

    ``pieces``: its words in order; "s" marks the best sentence, "w" a matching word, "g" a gap. ``by``: who says the
    best sentence, those that the sieve wants. ``note``: what a curator says of the passage.
    """
    spans = Cited.of_passage(match.passage).spans
    if len(spans) > MOST_SPANS:  # an address cannot hold them all
        spans = (match.best,)
    quote = Quoted.of(Cited(spans, match.best, match.passage.id, note=note), labels, today)
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


def parts(found: Contributions, number: int, of: int, labels: Labels) -> str:
    """Say what each part of the search gave for quote ``number``; ``of``: how many passages there are."""
    ranks = [
        labels("why.place", place=place) if place else labels("why.beyond", most=RANKED)
        for place in (found.meaning, found.words)
    ]
    near = f"{found.nearness:.2f}"
    return labels("why.parts", number=number, of=f"{of:,}", meaning=ranks[0], words=ranks[1], near=near)


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
