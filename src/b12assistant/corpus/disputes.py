"""Topics on which sources differ: read `disputes.toml`, find its quotes, and keep them with the index.

Each side is an exact quote of a document; a quote that is missing or not unique is an error that names it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from b12assistant.answers import Topic, TopicId
from b12assistant.errors import SourceFactsError
from b12assistant.language.words import find_words
from b12assistant.types import Document, DocumentId, Passage, Span

if TYPE_CHECKING:
    from b12assistant.corpus.entries import DisputeEntry, Statement

DISPUTES_FILE = "disputes.toml"


@dataclass(frozen=True, slots=True)
class Dispute:
    """A topic with its sides, each of one or more spans.

    ``asked``: ways to ask about it, the topic itself first. ``not_asked``: similar questions that are not about it.
    """

    topic: TopicId
    asked: tuple[str, ...]
    sides: tuple[tuple[Span, ...], ...]
    not_asked: tuple[str, ...] = ()

    @property
    def question(self) -> Topic:
        """Return the curator's own question, which is shown."""
        return Topic(self.asked[0])

    @property
    def examples(self) -> tuple[str, ...]:
        """Return every question that is encoded for the index: first ``asked``, then ``not_asked``."""
        return (*self.asked, *self.not_asked)


def resolve(entries: Iterable[DisputeEntry], passages: Iterable[Passage]) -> tuple[Dispute, ...]:
    """Find the only span of every quote. Raises ``SourceFactsError`` with file, topic and quote."""
    known: dict[str, list[Passage]] = {}
    for passage in passages:
        known.setdefault(str(passage.document.id), []).append(passage)
    return tuple(
        Dispute(
            TopicId(entry.id),
            (entry.topic, *entry.asked),
            tuple(
                tuple(_locate(quote, known, f"{DISPUTES_FILE}: {entry.id}") for quote in side) for side in entry.sides
            ),
            tuple(entry.not_asked),
        )
        for entry in entries
    )


def disputes_to_bytes(disputes: Iterable[Dispute]) -> bytes:
    """Write disputes as JSON: offsets, never copies of text."""
    rows = [
        {
            "topic": dispute.topic,
            "asked": list(dispute.asked),
            "not_asked": list(dispute.not_asked),
            "sides": [[[span.document.id, span.start, span.end] for span in side] for side in dispute.sides],
        }
        for dispute in disputes
    ]
    return (json.dumps(rows, ensure_ascii=False, indent=1) + "\n").encode()


def disputes_from_bytes(data: bytes, document: Callable[[DocumentId], Document]) -> tuple[Dispute, ...]:
    """Read bytes that were already verified against their digest. ``document`` returns the one with an id."""
    return tuple(
        Dispute(
            TopicId(row["topic"]),
            tuple(row["asked"]),
            tuple(tuple(document(DocumentId(id_)).span(a, b) for id_, a, b in side) for side in row["sides"]),
            tuple(row["not_asked"]),
        )
        for row in json.loads(data)
    )


def _locate(statement: Statement, known: Mapping[str, Sequence[Passage]], where: str) -> Span:
    passages = known.get(statement.document)
    if passages is None:
        raise SourceFactsError(f"{where}: {statement.document} is not in the index", hint="name a document of it")
    document = passages[0].document
    found = find_words(document.text, statement.quote)
    if found is None:
        wrong = "is not in it"
    elif find_words(document.text, statement.quote, found.start + 1):
        wrong = "is there twice"
    elif not any(s.range.contains(found) for passage in passages for s in passage.sentences):
        wrong = "is not what can be quoted"
    else:
        return document.span(found.start, found.end)
    quoted = f'{statement.document}: "{statement.quote}"'
    raise SourceFactsError(f"{where}: {quoted} {wrong}", hint="copy a sentence from `b12assistant show`")
