"""Split documents into passages: consecutive sentences of one section, within the encoder's limit.

Nothing is dropped: units are the sentences that cleaning left, and a sentence over the limit is split at a blank, with
both parts kept. Sections are filled evenly rather than greedily, so that no passage is a tail of three words.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from math import ceil
from pathlib import Path

from b12assistant.cleaning import mark, marked_share
from b12assistant.errors import SourceError
from b12assistant.language.sentences import split_sentences, trim
from b12assistant.types import (
    BlockKind,
    Document,
    DocumentId,
    Extract,
    Mark,
    MarkKind,
    Passage,
    PassageId,
    Range,
    Source,
)

Count = Callable[[str], int]  # word pieces of a text

_LONGEST = 64  # letters per piece: more are tried only part by part, since an endless word is one piece
_SHORT = 8  # letters per piece: a longer text is not counted whole, which could be slow


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, or a part of an over-long one."""

    range: Range
    pieces: int
    reference: bool
    section: int  # offset of the section's heading, -1 before the first


@dataclass(frozen=True, slots=True)
class Part:
    """A passage without an id: its sentences, in order."""

    sentences: tuple[Range, ...]
    reference: bool = False


@dataclass(frozen=True, slots=True)
class Splitting:
    """How to make passages. ``most``: word pieces of a passage. ``passages``: the most that a file may have.

    ``tokenizer``: the file to count word pieces with; ``None``: the caller counts them.
    """

    most: int
    passages: int
    tokenizer: Path | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file ready to be indexed: its text, what is marked in it, and its passages.

    ``marked_share``: of the non-blank characters, marked `never`. ``parts``: ``None`` if the splitting named no
    tokenizer.
    """

    extract: Extract
    marks: tuple[Mark, ...]
    marked_share: float
    parts: tuple[Part, ...] | None

    def document(self, name: DocumentId, digest: str, title: str, source: Source) -> Document:
        return Document(
            id=name,
            digest=digest,
            title=title,
            text=self.extract.text,
            source=source,
            page_starts=self.extract.page_starts,
            sections=self.extract.sections,
            blocks=self.extract.blocks,
            marks=self.marks,
        )


def prepare(extract: Extract, splitting: Splitting, count: Count | None) -> Prepared:
    """Mark a text and split it into passages. Raises ``SourceError`` if there are too many."""
    marks = mark(extract)
    marked = Prepared(extract, marks, 0.0, None)
    document = marked.document(DocumentId(""), "", "", Source())
    parts = split(document, count, splitting) if count else None
    return replace(marked, marked_share=marked_share(document), parts=parts)


def split(document: Document, count: Count, splitting: Splitting) -> tuple[Part, ...]:
    """Split a text into passages, in order. Raises ``SourceError`` if there are too many.

    Every character that is not marked `never`, in a heading, or blank is in exactly one sentence of one passage.
    """
    most, units, pieces = splitting.most, [], 0
    for unit in _units(document, count, most):
        units.append(unit)
        pieces += unit.pieces
        if pieces > most * splitting.passages:
            break  # there must be too many
    parts = tuple(
        Part(tuple(unit.range for unit in part), reference)
        for (_, reference), group in groupby(units, key=lambda unit: (unit.section, unit.reference))
        for part in ([[unit] for unit in group] if reference else _even_parts(list(group), most))
    )
    if pieces > most * splitting.passages or len(parts) > splitting.passages:
        raise SourceError(f"more than {splitting.passages:,} passages", hint="split the file")
    return parts


def passages_of(document: Document, parts: Iterable[Part]) -> tuple[Passage, ...]:
    """Give each part of a document its id."""
    seen: Counter[str] = Counter()
    passages: list[Passage] = []
    for part in parts:
        spans = tuple(document.span(range_.start, range_.end) for range_ in part.sentences)
        text = "\n".join(span.text for span in spans)
        passages.append(Passage(passage_id(document.id, text, seen[text]), spans, reference=part.reference))
        seen[text] += 1
    return tuple(passages)


def chunk(document: Document, count: Count, *, most: int) -> tuple[Passage, ...]:
    """Split a document into passages of at most ``most`` word pieces each, in order, however many there are."""
    return passages_of(document, split(document, count, Splitting(most, sys.maxsize)))


def _units(document: Document, count: Count, most: int) -> Iterator[Unit]:
    never = [mark.range for mark in document.marks if mark.kind is MarkKind.NEVER]
    references = [mark.range for mark in document.marks if mark.kind is MarkKind.REFERENCE]
    for block in document.blocks:
        if block.kind is BlockKind.HEADING:
            continue
        path = document.heading_path(block.range.start)
        for part in block.range.without(never):
            reference = next(part.without(references), None) != part
            # A reference is quoted whole: the full stops in its title, journal and year do not end sentences.
            ranges = [Range(0, len(document.slice(part)))] if reference else split_sentences(document.slice(part))
            for range_ in ranges:
                sentence = Range(part.start + range_.start, part.start + range_.end)
                for piece in _within(document, sentence, count, most):
                    yield Unit(piece, count(document.slice(piece)), reference, path[-1].start if path else -1)


def _within(document: Document, range_: Range, count: Count, most: int) -> Iterator[Range]:
    """Split ``range_`` into parts of at most ``most`` word pieces, at blanks if there are any; ends are not blank."""
    rest = trim(document.text, range_.start, range_.end)
    while rest is not None:
        head = Range(rest.start, min(rest.end, rest.start + _LONGEST * most))
        cut = rest.start + _longest_prefix(document.slice(head), count, most)
        part = trim(document.text, rest.start, cut)
        if part is not None:
            yield part
        rest = trim(document.text, cut, rest.end)


def _longest_prefix(text: str, count: Count, most: int) -> int:
    """Return the length of the longest prefix of at most ``most`` pieces, ending at a blank if one is near."""
    if len(text) <= _SHORT * most and count(text) <= most:  # nearly every sentence
        return len(text)
    low, high = 1, most
    while high < len(text) and count(text[:high]) <= most:  # avoids counting all of a long text for each part
        low, high = high, 2 * high
    high = min(high, len(text))
    if high == len(text) and count(text) <= most:
        return high
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if count(text[:middle]) <= most else (low, middle - 1)
    return next((at for at in range(low, low // 2, -1) if text[at].isspace()), low)


def _even_parts(units: list[Unit], most: int) -> Iterator[list[Unit]]:
    total = sum(unit.pieces for unit in units)
    target = total / ceil(total / most) if total else most
    part: list[Unit] = []
    size = 0
    for unit in units:
        if part and (size + unit.pieces > most or size + unit.pieces / 2 > target):
            yield part
            part, size = [], 0
        part.append(unit)
        size += unit.pieces
    if part:
        yield part


def passage_id(document: DocumentId, text: str, occurrence: int) -> PassageId:
    """Return the id of a passage. ``text``: its sentences, one per line; ``occurrence``: counts equal texts from 0."""
    digest = hashlib.sha256(f"{document}\0{text}\0{occurrence}".encode()).hexdigest()
    return PassageId(digest[:20])
