"""Turn the place of words in a document into an address of the source view, and back.

An address holds the document, the ranges of the words, and a digest of each range. Words that have moved since are
found by exact search; if they are gone, the view says so and marks nothing else. Only the address of an answer holds a
question.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import combining
from urllib.parse import parse_qs, unquote, urlsplit
from urllib.parse import quote as percent

from b12assistant.types import Document, DocumentId, Range, Span

ROOT = "/d/"
MOST_SPANS = 12  # of one address
HIT = "hit"  # the id of the marked words
_RANGE = re.compile(r"(\d{1,9})-(\d{1,9})", re.ASCII)
_EDGE = re.compile(r"(?<!\w)|(?!\w)")  # not inside a word
_DIGEST = re.compile(r"[0-9a-f]{16}", re.ASCII)


@dataclass(frozen=True, slots=True)
class MarkedPlace:
    """Words to mark in a document: their ranges, a digest of each range, and the sentence that answers."""

    spans: tuple[Range, ...]
    best: Range | None
    digests: tuple[str, ...]

    def found_in(self, document: Document) -> tuple[tuple[Span, ...], Span | None] | None:
        """Find the words in ``document``, nearest to where they were, and ``best``; ``None`` if they are gone.

        A match begins and ends where a word does, so that no part of a longer word matches.
        """
        best, shift, found = None, 0, list[Span]()
        inside = all(each.end <= len(document.text) for each in self.spans)
        is_there = inside and self.digests == tuple(map(_digest, map(document.slice, self.spans)))
        for range_, digest in zip(self.spans, self.digests, strict=True):
            after = found[-1].end if found else 0
            starts = _starts(document.text, range_.end - range_.start, digest)
            shifts = [0] if is_there else [at - range_.start for at in starts if at >= after]
            if not shifts:
                return None
            shift = min(shifts, key=lambda new, old=shift: abs(new - old))  # type: ignore[misc]
            found.append(document.span(range_.start + shift, range_.end + shift))
            if self.best and range_.contains(self.best):
                best = document.span(self.best.start + shift, self.best.end + shift)
        return tuple(found), best


def of_spans(spans: Sequence[Span], best: Span | None = None) -> str:
    """Return the address of spans of one document, in order; ``best``: the most important sentence among them.

    It is ASCII without quotes or HTML syntax, whatever the file name, and names at most ``MOST_SPANS``, the first.
    """
    named = spans[:MOST_SPANS]
    ranges, digests = ",".join(map(_range, named)), ",".join(_digest(span.text) for span in named)
    marked = f"&best={_range(best)}" if best else ""
    return f"{ROOT}{percent(spans[0].document.id, safe='/')}?at={ranges}{marked}&is={digests}#{HIT}"


def of_answer(question: str, *, as_typed: bool = False) -> str:
    """Return the address of an answer: the page, which asks the question after the "#" again, in the same way.

    A browser never sends that part, so no server or proxy can log it.
    """
    return f"/#answer={percent(question.encode('utf-8', 'surrogatepass'), safe='')}" + "&typed=1" * as_typed


def read(query: Mapping[str, str]) -> MarkedPlace | None:
    """Read the place from the query of an address; ``None`` if there is none or its form is wrong."""
    spans = [_read_range(part) for part in query.get("at", "").split(",")]
    ranges = tuple(range_ for range_ in spans if range_ is not None)
    digests = tuple(query.get("is", "").split(","))
    if not len(ranges) == len(spans) == len(digests) <= MOST_SPANS or not all(map(_DIGEST.fullmatch, digests)):
        return None
    if any(a.end > b.start for a, b in pairwise(ranges)):
        return None
    best = _read_range(query.get("best", ""))
    return MarkedPlace(ranges, best if best and any(range_.contains(best) for range_ in ranges) else None, digests)


def read_link(link: str) -> tuple[DocumentId, MarkedPlace] | None:
    """Read document and place from a whole link, as in exports; ``None`` if the link is not ours."""
    try:
        parts = urlsplit(link)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    except ValueError:
        return None
    _, root, name = parts.path.partition(ROOT)
    place = read(query)
    if not root or place is None:
        return None
    return DocumentId(unquote(name)), place


def _starts(text: str, length: int, digest: str) -> Iterator[int]:
    """Yield every start of words of this length and digest."""
    edges = {match.start() for match in _EDGE.finditer(text)}
    for start in sorted(edge for edge in edges if edge + length in edges):
        end = start + length
        if _digest(text[start:end]) == digest and not any(map(combining, text[end : end + 1])):
            yield start


def _read_range(text: str) -> Range | None:
    match = _RANGE.fullmatch(text)
    return Range(int(match[1]), int(match[2])) if match and int(match[1]) < int(match[2]) else None


def _range(span: Span) -> str:
    return f"{span.start}-{span.end}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
