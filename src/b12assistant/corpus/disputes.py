"""Topics on which sources differ, as a curator wrote them down: `disputes.toml` at the top of a corpus.

Each side is an exact quote of a document; a quote that is absent, or stands there twice, is an error that names it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from b12assistant.answers import TopicId
from b12assistant.corpus.entries import parse_entries
from b12assistant.errors import SourceFactsError
from b12assistant.types import Document, DocumentId, Passage, Span

DISPUTES_FILE = "disputes.toml"
_KEYS = {"id", "topic", "why", "asked", "sides"}
_FORM = "write [[dispute]] with id, topic, why, asked and sides; corpus/README.md shows it"


@dataclass(frozen=True, slots=True)
class Statement:
    """A quote as it was written down, not yet looked up."""

    document: str
    quote: str


@dataclass(frozen=True, slots=True)
class Told:
    """A topic as it was written down."""

    topic: TopicId
    asked: tuple[str, ...]
    sides: tuple[tuple[Statement, ...], ...]


@dataclass(frozen=True, slots=True)
class Dispute:
    """A topic with its sides, each of one or more spans that say it, and ways to ask about it, its own first."""

    topic: TopicId
    asked: tuple[str, ...]
    sides: tuple[tuple[Span, ...], ...]


def parse_disputes(text: str, *, file: str = DISPUTES_FILE) -> tuple[Told, ...]:
    """Raises ``SourceFactsError`` that names file and topic."""
    entries = parse_entries(text, "dispute", file=file, form=_FORM)
    told = tuple(_told(entry, f"{file}: dispute {number}") for number, entry in enumerate(entries, start=1))
    seen: set[TopicId] = set()
    for each in told:
        if each.topic in seen:
            raise SourceFactsError(f"{file}: {each.topic} is there twice", hint="give each dispute its own id")
        seen.add(each.topic)
    return told


def resolve(told: Iterable[Told], passages: Iterable[Passage], *, file: str = DISPUTES_FILE) -> tuple[Dispute, ...]:
    """Every quote as the one span where it stands. Raises ``SourceFactsError`` with file, topic and quote."""
    known: dict[str, list[Passage]] = {}
    for passage in passages:
        known.setdefault(str(passage.document.id), []).append(passage)
    return tuple(
        Dispute(
            each.topic,
            each.asked,
            tuple(tuple(_found(one, known, f"{file}: {each.topic}") for one in side) for side in each.sides),
        )
        for each in told
    )


def disputes_to_bytes(disputes: Iterable[Dispute]) -> bytes:
    """Offsets, never copies of text."""
    rows = [
        {
            "topic": each.topic,
            "asked": list(each.asked),
            "sides": [[[span.document.id, span.start, span.end] for span in side] for side in each.sides],
        }
        for each in disputes
    ]
    return (json.dumps(rows, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "surrogatepass")


def disputes_from_bytes(data: bytes, documents: Iterable[Document]) -> tuple[Dispute, ...]:
    """Read bytes that were already verified against their digest; ``KeyError`` if a document is not there."""
    known = {document.id: document for document in documents}
    return tuple(
        Dispute(
            TopicId(row["topic"]),
            tuple(row["asked"]),
            tuple(tuple(known[DocumentId(id_)].span(a, b) for id_, a, b in side) for side in row["sides"]),
        )
        for row in json.loads(data.decode("utf-8", "surrogatepass"))
    )


def _told(entry: Mapping[str, Any], where: str) -> Told:
    id_ = entry.get("id")
    if not _is_text(id_):
        raise SourceFactsError(f"{where}: it has no id", hint=_FORM)
    where = f"{where} ({id_})"
    unknown = next((key for key in entry if key not in _KEYS), None)
    if unknown is not None:
        raise SourceFactsError(f"{where}: unknown key {unknown!r}", hint=_FORM)
    missing = next((key for key in ("topic", "why") if not _is_text(entry.get(key))), None)
    if missing is not None:
        raise SourceFactsError(f"{where}: {missing} is missing or no text", hint=_FORM)
    asked = entry.get("asked", [])
    if not isinstance(asked, list) or not all(map(_is_text, asked)):
        raise SourceFactsError(f"{where}: asked is no list of questions", hint=_FORM)
    sides = entry.get("sides")
    if not isinstance(sides, list) or len(sides) < 2:
        raise SourceFactsError(f"{where}: a difference has two sides or more", hint=_FORM)
    return Told(TopicId(str(id_)), (entry["topic"], *asked), tuple(_side(side, where) for side in sides))


def _side(side: object, where: str) -> tuple[Statement, ...]:
    if not isinstance(side, list) or not side:
        raise SourceFactsError(f"{where}: a side is no list of quotes", hint=_FORM)
    for each in side:
        if not isinstance(each, dict) or set(each) != {"document", "quote"} or not all(map(_is_text, each.values())):
            raise SourceFactsError(f"{where}: a quote is written {{ document = …, quote = … }}", hint=_FORM)
    return tuple(Statement(each["document"], each["quote"]) for each in side)


def _found(statement: Statement, known: Mapping[str, Sequence[Passage]], where: str) -> Span:
    passages = known.get(statement.document)
    if passages is None:
        raise SourceFactsError(f"{where}: {statement.document} is not in the index", hint="name a document of it")
    document = passages[0].document
    start = document.text.find(statement.quote)
    end = start + len(statement.quote)
    if start < 0:
        wrong = "does not stand there"
    elif document.text.find(statement.quote, start + 1) >= 0:
        wrong = "stands there twice"
    elif not any(_holds(passage, start, end) for passage in passages):
        wrong = "is not what can be quoted"
    else:
        return document.span(start, end)
    quoted = f'{statement.document}: "{statement.quote}"'
    raise SourceFactsError(f"{where}: {quoted} {wrong}", hint="copy a sentence from `b12assistant show`")


def _holds(passage: Passage, start: int, end: int) -> bool:
    """Whether all of it lies in one sentence of the passage."""
    return any(sentence.start <= start and end <= sentence.end for sentence in passage.sentences)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
