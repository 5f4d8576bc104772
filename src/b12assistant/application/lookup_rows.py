"""What was looked up, as rows for the page: words in pieces that need no cutting, where they stand, why they came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from b12assistant.answering.lookup import Match
from b12assistant.answers import FixedTexts, Notice, NoticeKind
from b12assistant.display.addresses import MOST_SPANS
from b12assistant.display.citation_formats import Cited
from b12assistant.display.labels import Labels, capital, section
from b12assistant.types import GAP, Interest, Passage, Range, Span

Json = dict[str, Any]
_MOST_WORDS = 6  # named as the reason


def row(match: Match, said: Labels) -> Json:
    """A passage that was found. ``pieces``: its words in order, each with "s" in its best sentence, "w" if it matched,
    "g" for a gap."""
    cited = cited_of(match.passage, match.best)
    return {
        **place(cited, said),
        "pieces": list(_pieces(cited, [match.best.range], [*match.words, *match.phrases])),
        "why": list(_why(match, said)),
    }


def place(cited: Cited, said: Labels) -> Json:
    """Where words stand and who speaks, as labels; ``address`` leads there, and is all that a pin keeps."""
    document, best = cited.document, cited.best or cited.spans[0]
    source = document.source
    who = [capital(said.whose_words(source)), source.publisher, source.published and said.day(source.published)]
    interest = said.interest(source)
    return {
        "address": cited.link,
        "passage": cited.passage,
        "document": document.id,
        "place": [document.title, *section(document, best.start)],
        "pages": said.pages(cited.pages),
        "who": " · ".join(part for part in who if part),
        "interest": capital(interest) if interest else None,
        "sells": source.interest is Interest.SELLS,
    }


def quoted(cited: Cited, said: Labels) -> Json:
    """Words of a source as a row without a reason."""
    return {**place(cited, said), "pieces": list(_pieces(cited, [cited.best.range] if cited.best else [], []))}


def cited_of(passage: Passage, best: Span) -> Cited:
    """The whole passage, or its best sentence where an address cannot name all its parts."""
    whole = Cited.of_passage(passage)
    spans = whole.spans if len(whole.spans) <= MOST_SPANS else (best,)
    return Cited(spans, best, passage.id)


def notices(told: Sequence[Notice], texts: FixedTexts, said: Labels) -> list[Json]:
    """The fixed texts that stand above, each with its heading if it is a safety text; translations beside theirs."""
    return [
        {
            "text_id": each.text,
            "lines": texts[each.text].text.splitlines(),
            "language": each.text.partition(".")[2] or None,
            **_alarm(each, said),
        }
        for each in told
        if each.kind is not NoticeKind.GENERAL
    ]


def _alarm(notice: Notice, said: Labels) -> Json:
    if notice.flag is None and notice.kind is not NoticeKind.TRIAGE_FAILED:
        return {"alarm": None, "heading": None}
    if notice.flag is None:
        return {"alarm": "emergency", "heading": said("ask.safety_check")}
    if notice.flag.level == "emergency":
        return {"alarm": "emergency", "heading": said("ask.safety_first")}
    return {"alarm": "caution", "heading": said("ask.please_read")}


def _pieces(cited: Cited, marked: Sequence[Range], words: Sequence[Range]) -> Iterator[list[str]]:
    for number, span in enumerate(cited.spans):
        if number:
            yield [GAP, "g"]
        edges = {span.start, span.end}
        edges |= {at for each in (*marked, *words) for at in (each.start, each.end) if span.start < at < span.end}
        cuts = sorted(edges)
        for start, end in pairwise(cuts):
            inside = Range(start, end)
            kind = "s" * any(each.contains(inside) for each in marked) + "w" * any(w.contains(inside) for w in words)
            yield [cited.document.slice(inside), kind]


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
