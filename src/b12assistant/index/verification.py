"""Verify passages against their ids, and quotes as shown against the source, trusting neither."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from b12assistant.index.documents import Entry
from b12assistant.loaders.passages import passage_id
from b12assistant.types import GAP, MarkKind


def check_entry(entry: Entry) -> Iterator[str]:
    """Yield what is wrong with passages: each must have the id of its text, be in order, and hold nothing marked."""
    document = entry.document
    never = [mark.range for mark in document.marks if mark.kind is MarkKind.NEVER]
    seen: Counter[str] = Counter()
    end = 0
    for passage in entry.passages:
        text = "\n".join(span.text for span in passage.sentences)
        if passage.id != passage_id(document.id, text, seen[text]):
            yield f"{document.id}: passage {passage.id} does not hold the text of its id"
        seen[text] += 1
        for span in passage.sentences:
            if span.start < end:
                yield f"{document.id}: passage {passage.id} overlaps the one before"
            end = span.end
            if any(mark.overlaps(span.range) for mark in never):
                yield f"{document.id}: passage {passage.id} holds text that is never quoted"


def check_quote(quote: Mapping[str, Any], text: str) -> str | None:
    """Return what is wrong with a quote as shown, given its document's text; ``None``: it is word for word."""
    try:
        spans = [(int(start), int(end)) for start, end in quote["spans"]]
        best_start, best_end = (int(at) for at in quote["best"])
        shown = quote["text"]
    except (KeyError, TypeError, ValueError, OverflowError):
        return "it has no spans, text or best sentence"
    if not spans or not all(0 <= start < end <= len(text) for start, end in spans):
        return "its spans are outside the document"
    if any(before[1] > after[0] for before, after in pairwise(spans)):
        return "its spans are not in order"
    if GAP.join(text[start:end] for start, end in spans) != shown:
        return "its words are not the words of the source"
    if not any(start <= best_start < best_end <= end for start, end in spans):
        return "its best sentence is outside it"
    return None


def quotes_of(record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the quotes of a line of `batch` or of `ask --json`."""
    answer = record.get("answer")
    if isinstance(answer, dict):
        yield from quotes_in(answer)


def quotes_in(answer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the quotes of an answer, then the sides of its disagreements; skip what has another form."""
    yield from _objects(answer.get("quotes"))
    for differ in _objects(answer.get("disagreements")):
        yield from _objects(differ.get("sides"))


def _objects(values: object) -> Iterator[Mapping[str, Any]]:
    return (value for value in (values if isinstance(values, list) else ()) if isinstance(value, dict))
