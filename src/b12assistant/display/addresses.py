"""Where words stand, as an address of the source view, and back.

The address carries the document, the ranges the words had, and a digest of each: where they have moved since, they are
found again by exact search, and where they are gone, the view says so instead of marking other words. A question never
stands in an address.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from unicodedata import combining
from urllib.parse import parse_qs, unquote_to_bytes, urlsplit
from urllib.parse import quote as percent

from b12assistant.answers import Quote
from b12assistant.types import GAP, Document, DocumentId, Passage, PassageId, Range, Span

ROOT = "/d/"
MOST_SPANS = 12  # of one address
HIT = "hit"  # the id of what is marked
_RANGE = re.compile(r"(\d{1,9})-(\d{1,9})", re.ASCII)
_EDGE = re.compile(r"(?<!\w)|(?!\w)")  # wherever no word goes on
_DIGEST = re.compile(r"[0-9a-f]{16}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """What to mark in a document: ranges of words, the sentence that answers, the digest of each range's words."""

    spans: tuple[Range, ...]
    best: Range | None
    digests: tuple[str, ...]

    def found_in(self, text: str) -> Place | None:
        """The place where the words stand in ``text`` today, nearest to where they stood; ``None`` if they are gone.

        Words inside of a longer word are not the same words: a match begins and ends where a word does.
        """
        return self if self._stands_in(text) else self._moved_in(text)

    def is_of(self, words: str) -> bool:
        """Whether it was made of these words, as they are shown: the spans with gaps between them."""
        made = place_of_words(self.spans, words)
        return made is not None and made.digests == self.digests

    def holds(self, texts: Sequence[str]) -> bool:
        """Whether these are the words it was made of, span by span."""
        return len(texts) == len(self.digests) and all(map(_is_digest_of, self.digests, texts))

    def _stands_in(self, text: str) -> bool:
        inside = all(range_.end <= len(text) for range_ in self.spans)
        return inside and self.holds([text[range_.start : range_.end] for range_ in self.spans])

    def _moved_in(self, text: str) -> Place | None:
        found: list[Range] = []
        for range_, digest in zip(self.spans, self.digests, strict=True):
            after = found[-1].end if found else 0
            shift = found[-1].start - self.spans[len(found) - 1].start if found else 0
            starts = [at for at in _found(text, range_.end - range_.start, digest) if at >= after]
            if not starts:
                return None
            start = min(starts, key=lambda at, wanted=range_.start + shift: abs(at - wanted))  # type: ignore[misc]
            found.append(Range(start, start + range_.end - range_.start))
        return replace(self, spans=tuple(found), best=self._best_moved(found))

    def _best_moved(self, found: Sequence[Range]) -> Range | None:
        if self.best is None:
            return None
        old, new = next((old, new) for old, new in zip(self.spans, found, strict=True) if old.contains(self.best))
        shift = new.start - old.start
        return Range(self.best.start + shift, self.best.end + shift)


def words_by_span(spans: Sequence[Range], words: str) -> list[str] | None:
    """Cut ``words``, shown as those of the spans with gaps between them, span by span; ``None`` if they do not fit."""
    texts = []
    at = 0
    for number, span in enumerate(spans):
        if number and not words.startswith(GAP, at):
            return None
        at += len(GAP) if number else 0
        texts.append(words[at : at + span.end - span.start])
        at += span.end - span.start
    return texts if at == len(words) and spans else None


def place_of_words(spans: Sequence[Range], words: str, best: Range | None = None) -> Place | None:
    """The place of ``words`` that are shown as those of the spans; ``None`` if they do not fit."""
    texts = words_by_span(spans, words)
    return Place(tuple(spans), best, tuple(map(_digest, texts))) if texts else None


def of_quote(quote: Quote) -> str:
    """The address of a quote: its document, opened and marked there."""
    return of_spans(quote.spans, quote.best)


def of_spans(spans: Sequence[Span], best: Span | None = None) -> str:
    """The address of spans of one document, in order; ``best``: the sentence among them that matters most."""
    digests = tuple(_digest(span.text) for span in spans)
    place = Place(tuple(span.range for span in spans), best.range if best else None, digests)
    return f"{of_document(spans[0].document)}?{query_of(place)}#{HIT}"


def query_of(place: Place) -> str:
    """What `read` reads."""
    at = ",".join(map(_range, place.spans))
    best = f"&best={_range(place.best)}" if place.best else ""
    return f"at={at}{best}&is={','.join(place.digests)}"


def of_passage(passage: Passage) -> str:
    """The address of a passage: its document, opened there."""
    return of_passage_id(passage.document.id, passage.id)


def of_passage_id(document: DocumentId, passage: PassageId) -> str:
    """As ``of_passage``, of ids alone."""
    return f"{_of_id(document)}?passage={passage}#p{passage}"


def of_document(document: Document) -> str:
    """ASCII without quotes or signs that mean something in HTML, whatever the file is called."""
    return _of_id(document.id)


def _of_id(document: DocumentId) -> str:
    return ROOT + percent(document.encode("utf-8", "surrogatepass"), safe="/")


def read(query: Mapping[str, str]) -> Place | None:
    """The place that an address names; ``None`` if it names none, or not in our form."""
    spans = [_read_range(part) for part in query.get("at", "").split(",")]
    digests = tuple(query.get("is", "").split(","))
    if not 0 < len(spans) <= MOST_SPANS or len(digests) != len(spans) or not all(map(_DIGEST.fullmatch, digests)):
        return None
    found = tuple(range_ for range_ in spans if range_ is not None)
    if len(found) != len(spans) or any(a.end > b.start for a, b in pairwise(found)):
        return None
    best = _read_range(query.get("best", ""))
    return Place(found, best if best and any(range_.contains(best) for range_ in found) else None, digests)


def read_passage(query: Mapping[str, str]) -> PassageId | None:
    """The passage that an address names."""
    return PassageId(query["passage"]) if query.get("passage") else None


def read_link(link: str) -> tuple[DocumentId, Place] | None:
    """Document and place of a whole link, as exports have it; ``None`` if it is none of ours."""
    try:
        parts = urlsplit(link)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    except ValueError:
        return None
    _, root, name = parts.path.partition(ROOT)
    place = read(query)
    if not root or place is None:
        return None
    return DocumentId(unquote_to_bytes(name).decode("utf-8", "surrogateescape")), place


def _found(text: str, length: int, digest: str) -> Iterator[int]:
    """Every start of words of this length that have this digest."""
    edges = {match.start() for match in _EDGE.finditer(text)}
    for start in sorted(edge for edge in edges if edge + length in edges):
        end = start + length
        if _digest(text[start:end]) == digest and not any(map(combining, text[end : end + 1])):
            yield start


def _read_range(text: str) -> Range | None:
    match = _RANGE.fullmatch(text)
    return Range(int(match[1]), int(match[2])) if match and int(match[1]) < int(match[2]) else None


def _range(range_: Range) -> str:
    return f"{range_.start}-{range_.end}"


def _is_digest_of(digest: str, text: str) -> bool:
    return _digest(text) == digest


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
