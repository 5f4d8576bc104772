"""Where a quote stands, as an address of the source view, and back.

The address carries offsets and a digest of the words they had: if a document has changed since, the view says so
instead of marking other words. A question never stands in an address.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import quote as percent

from b12assistant.answers import MOST_GAPS, Quote
from b12assistant.types import Document, Passage, Range

ROOT = "/d/"
_RANGE = re.compile(r"(\d{1,9})-(\d{1,9})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """What to mark in a document: the spans of a quote, the sentence that answers, the digest of their words."""

    spans: tuple[Range, ...]
    best: Range | None
    digest: str

    def stands_in(self, document: Document) -> bool:
        """Whether the words are still there."""
        inside = all(range_.end <= len(document.text) for range_ in self.spans)
        return inside and _digest([document.slice(range_) for range_ in self.spans]) == self.digest


def of_quote(quote: Quote) -> str:
    """The address of a quote: its document, opened and marked there."""
    at = ",".join(_range(span.range) for span in quote.spans)
    digest = _digest([span.text for span in quote.spans])
    return f"{of_document(quote.document)}?at={at}&best={_range(quote.best.range)}&is={digest}#hit"


def of_passage(passage: Passage) -> str:
    return f"{of_document(passage.document)}#p{passage.id}"


def of_document(document: Document) -> str:
    """ASCII without quotes or signs that mean something in HTML, whatever the file is called."""
    return ROOT + percent(document.id.encode("utf-8", "surrogatepass"), safe="/")


def read(query: Mapping[str, str]) -> Place | None:
    """The place that an address names; ``None`` if it names none, or not in our form."""
    spans = [_read_range(part) for part in query.get("at", "").split(",")]
    digest = query.get("is", "")
    if not 0 < len(spans) <= MOST_GAPS + 1 or not digest:
        return None
    found = tuple(range_ for range_ in spans if range_ is not None)
    if len(found) != len(spans) or any(a.end > b.start for a, b in pairwise(found)):
        return None
    best = _read_range(query.get("best", ""))
    return Place(found, best if best and any(range_.contains(best) for range_ in found) else None, digest)


def _read_range(text: str) -> Range | None:
    match = _RANGE.fullmatch(text)
    return Range(int(match[1]), int(match[2])) if match and int(match[1]) < int(match[2]) else None


def _range(range_: Range) -> str:
    return f"{range_.start}-{range_.end}"


def _digest(texts: Sequence[str]) -> str:
    joined = "\0".join(texts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(joined).hexdigest()[:16]
