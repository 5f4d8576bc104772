"""Split documents into passages: consecutive sentences of one section, within the encoder's limit.

Nothing is dropped: units are the sentences that cleaning left, and a sentence over the limit is split at a blank, with
both parts kept. Sections are filled evenly rather than greedily, so that no passage is a tail of three words.
"""

from __future__ import annotations

import hashlib
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from math import ceil

from b12assistant.errors import SourceError
from b12assistant.language.words import split_sentences, trim
from b12assistant.types import BlockKind, Document, DocumentId, Extract, MarkKind, Passage, PassageId, Range

Count = Callable[[str], int]  # word pieces of a text

_LONGEST = 16  # letters per piece: more are tried only part by part, since an endless word is one piece


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, or a part of an over-long one."""

    range: Range
    pieces: int
    reference: bool
    section: int  # number of the section, 0 before the first


def sentences_in(read: Extract | Document) -> tuple[Range, ...]:
    """Return the sentences that cleaning left, in order, without headings.

    A reference is quoted whole: the full stops in its title, journal and year do not end sentences.
    """
    never = [mark.range for mark in read.marks if mark.kind is MarkKind.NEVER]
    references = [mark.range for mark in read.marks if mark.kind is MarkKind.REFERENCE]
    found: list[Range] = []
    for block in read.blocks:
        for part in block.range.without(never) if block.kind is not BlockKind.HEADING else ():
            if _overlaps(part, references):
                found.append(part)
            else:
                split = split_sentences(read.text[part.start : part.end])
                found += (Range(part.start + each.start, part.start + each.end) for each in split)
    return tuple(found)


def chunk(
    document: Document, sentences: Iterable[Range], count: Count, *, most: int, limit: int = sys.maxsize
) -> tuple[Passage, ...]:
    """Split a document into passages of at most ``most`` word pieces each. ``sentences``: as from `sentences_in`.

    Every character of a sentence that is not blank is in exactly one passage. Raises ``SourceError`` if there are more
    than ``limit``.
    """
    count = lru_cache(maxsize=1)(count)  # a sentence is counted when it is split, and again as a unit
    units, pieces = [], 0
    for unit in _units(document, sentences, count, most):
        units.append(unit)
        pieces += unit.pieces
        if pieces > most * limit:
            break  # there must be too many
    parts = [
        (part, reference)
        for (_, reference), group in groupby(units, key=lambda unit: (unit.section, unit.reference))
        for part in ([[unit] for unit in group] if reference else _even_parts(list(group), most))
    ]
    if pieces > most * limit or len(parts) > limit:
        raise SourceError(f"more than {limit:,} passages", hint="split the file")
    seen: Counter[str] = Counter()
    passages: list[Passage] = []
    for part, reference in parts:
        spans = tuple(document.span(unit.range.start, unit.range.end) for unit in part)
        text = "\n".join(span.text for span in spans)
        passages.append(Passage(passage_id(document.id, text, seen[text]), spans, reference))
        seen[text] += 1
    return tuple(passages)


def _units(document: Document, sentences: Iterable[Range], count: Count, most: int) -> Iterator[Unit]:
    references = [mark.range for mark in document.marks if mark.kind is MarkKind.REFERENCE]
    starts = [section.start for section in document.sections]
    for sentence in sentences:
        reference, section = _overlaps(sentence, references), bisect_right(starts, sentence.start)
        for piece in _within(document, sentence, count, most):
            yield Unit(piece, count(document.slice(piece)), reference, section)


def _overlaps(range_: Range, taken: Sequence[Range]) -> bool:
    return next(range_.without(taken), None) != range_


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
    if count(text) <= most:  # nearly every sentence
        return len(text)
    low = max(1, bisect_right(range(1, len(text)), most, key=lambda end: count(text[:end])))
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
