"""What was looked up, as rows for the page: words in pieces that need no cutting, where they stand, why they came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from b12assistant.answering.lookup import Match
from b12assistant.answers import FixedTexts
from b12assistant.answers import Notice as NoticeById
from b12assistant.display.addresses import MOST_SPANS
from b12assistant.display.labels import Labels, capital
from b12assistant.display.presentation import Cited, Notice, Quoted, present_notices
from b12assistant.types import GAP, Passage, Range, Span

Json = dict[str, Any]
_MOST_WORDS = 6  # named as the reason


def row(match: Match, said: Labels, today: date) -> Json:
    """A passage that was found. ``pieces``: its words in order, each with "s" in its best sentence, "w" if it matched,
    "g" for a gap."""
    found = Quoted.of(cited_of(match.passage, match.best), said, today)
    return {
        **_place(found),
        "pieces": list(_pieces(found, [match.best.range], [*match.words, *match.phrases])),
        "why": list(_why(match, said)),
    }


def quoted(quote: Quoted) -> Json:
    """Words of a source as a row without a reason."""
    return {**_place(quote), "pieces": list(_pieces(quote, [quote.best] if quote.best else [], []))}


def _place(quote: Quoted) -> Json:
    """Where words stand and who speaks, as labels; ``address`` leads there, and is all that a pin keeps."""
    speaker = quote.speaker
    who = (capital(speaker.whose), speaker.publisher, speaker.published, *quote.notes)
    return {
        "address": quote.link,
        "passage": quote.passage,
        "document": quote.document,
        "place": list(quote.place),
        "pages": quote.pages or None,
        "who": " · ".join(part for part in who if part),
        "interest": capital(speaker.interest) or None,
        "sells": speaker.sells,
    }


def cited_of(passage: Passage, best: Span) -> Cited:
    """The whole passage, or its best sentence where an address cannot name all its parts."""
    whole = Cited.of_passage(passage)
    spans = whole.spans if len(whole.spans) <= MOST_SPANS else (best,)
    return Cited(spans, best, passage.id)


def notices(told: Sequence[NoticeById], texts: FixedTexts, said: Labels) -> list[Json]:
    """The fixed texts that stand above, each with its heading if it is a safety text; translations beside theirs."""
    return [row for notice in present_notices(told, texts, said) for row in _notice(notice)]


def _notice(notice: Notice) -> Iterator[Json]:
    language = notice.id.partition(".")[2] or None
    alarm = {"alarm": notice.alarm, "heading": notice.heading or None}
    yield {"text_id": notice.id, "lines": notice.text.splitlines(), "language": language, **alarm}
    for each in notice.translations:
        alarm = {"alarm": None, "heading": None}
        yield {"text_id": each.id, "lines": each.text.splitlines(), "language": each.language, **alarm}


def _pieces(quote: Quoted, marked: Sequence[Range], words: Sequence[Range]) -> Iterator[list[str]]:
    for number, (text, span) in enumerate(zip(quote.words, quote.spans, strict=True)):
        if number:
            yield [GAP, "g"]
        edges = {span.start, span.end}
        edges |= {at for each in (*marked, *words) for at in (each.start, each.end) if span.start < at < span.end}
        for start, end in pairwise(sorted(edges)):
            inside = Range(start, end)
            kind = "s" * any(each.contains(inside) for each in marked) + "w" * any(w.contains(inside) for w in words)
            yield [text[start - span.start : end - span.start], kind]


def _why(match: Match, said: Labels) -> Iterator[str]:
    document = match.passage.document
    if match.phrases:
        yield said("lookup.why_phrase")
    if match.meaning:
        yield said("lookup.why_meaning", place=match.meaning)
    if match.words:
        words = dict.fromkeys(document.slice(word).casefold() for word in match.words)
        shown = list(words)[:_MOST_WORDS]
        yield said("lookup.why_words", words=", ".join(shown) + ("…" if len(words) > len(shown) else ""))
    if match.in_title:
        yield said("lookup.why_title")
    if not (match.phrases or match.meaning or match.words or match.in_title):
        yield said("lookup.why_near")
