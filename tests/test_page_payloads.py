"""Payloads in each text that reaches a reply, a comparison, a collection and a safety text add no tag to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from payloads import PAYLOADS, Tags

from b12assistant.answers import TextId
from b12assistant.corpus.page_words import load_page_words
from b12assistant.display.citation_formats import message
from b12assistant.display.labels import load_labels
from b12assistant.display.markup import draw
from b12assistant.display.presentation import Setting, Translation
from b12assistant.display.quoted import Cited, Quoted
from b12assistant.safety.fixed_texts import load_fixed_texts
from b12assistant.types import (
    Attribution,
    Document,
    DocumentId,
    Extent,
    Origin,
    OriginId,
    Passage,
    PassageId,
    Range,
    Source,
    SourceKind,
)

LABELS, TODAY = load_labels(), date(2026, 11, 24)
SETTING = Setting(load_fixed_texts(), TODAY, base="https://b12.example")
HARMLESS = ("Plain words", "Two lines\nof words", "https://example.org/page", "zero\u200bwidth", "a\x07bell")


def cited_of(words: str) -> Cited:
    """A quote with these words in every text that goes with it."""
    origin = Origin(
        OriginId("o"), words, words, SourceKind.BLOG, "", words, TODAY, Extent.PART, "https://o.example/", words, words
    )
    document = Document(
        id=DocumentId("a.txt"),
        digest="0" * 64,
        title=words,
        text=words,
        source=Source(publisher=words, title=words, note=words),
        attributions=(Attribution(Range(0, len(words)), origin, words),),
    )
    span = document.span(0, len(words))
    return Cited((span,), span, Passage(PassageId("p"), (span,)).id)


def parts_of_the_page(words: str) -> Iterator[tuple[str, str]]:
    """Yield name and HTML of all that shows these words."""
    cited = cited_of(words)
    yield "reply", message([(words, [Quoted.of(cited, LABELS, TODAY)])], [words], LABELS, words)["html"]
    yield "who runs the page", draw("page.html", "about", load_page_words(), LABELS, words, words)
    yield (
        "heading of a translation",
        draw("answer.html", "translation", Translation(TextId("any.es"), "es", "Llame\nunchecked", words)),
    )


PLAIN = {
    name: set.union(*(Tags(dict(parts_of_the_page(words))[name]).found for words in HARMLESS))
    for name, _ in parts_of_the_page("x")
}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_adds_no_tag(payload: str) -> None:
    for name, html in parts_of_the_page(payload):
        assert Tags(html).found <= PLAIN[name], name


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_signature_is_in_the_text_of_a_reply_as_it_was_written(payload: str) -> None:
    assert message([], (), LABELS, payload)["text"].endswith(payload)
