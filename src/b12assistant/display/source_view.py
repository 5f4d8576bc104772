"""How a document is to be shown, and the addresses of its other places and views."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlencode

from b12assistant.display.addresses import HIT, Place, of_document, query_of
from b12assistant.display.labels import Labels, load_labels
from b12assistant.index.documents import Entry
from b12assistant.types import Document, Passage, PassageId, Range


@dataclass(frozen=True, slots=True)
class View:
    """``place`` and ``passage``: as the address names them."""

    place: Place | None
    changed: bool  # the file is no longer the one that was indexed
    today: date
    theme: str = ""  # "light", "dark", or as the system has it
    framed: bool = False  # inside the page, which has a main part of its own
    said: Labels = field(default_factory=load_labels)
    passage: PassageId | None = None
    off: str = ""  # why its curator switched it off, or the passage that is named

    def link(self, document: Document, *, passage: Passage | None = None, number: int | None = None) -> str:
        """The same view of another passage, or of printed page ``number``; of neither: the text, at the quote."""
        parts = [query_of(self.place)] if self.place else []
        named = {
            "passage": passage.id if passage else self.passage,
            "view": "printed" if number else None,
            "page": number,
            "theme": self.theme,
            "framed": "1" if self.framed else None,
        }
        parts.append(urlencode({key: value for key, value in named.items() if value}))
        anchor = f"#p{passage.id}" if passage else "" if number else self.anchor
        return f"{of_document(document)}?{'&'.join(part for part in parts if part)}{anchor}"

    @property
    def anchor(self) -> str:
        return f"#{HIT}" if self.place else f"#p{self.passage}" if self.passage else ""


@dataclass(frozen=True, slots=True)
class Found:
    """What the address names, in the document of today."""

    entry: Entry
    place: Place | None  # where the words stand now
    is_moved: bool
    current: int | None  # which passage the view is at: that of the address, else that of the quote

    @classmethod
    def of(cls, entry: Entry, view: View) -> Found:
        text = entry.document.text
        place = view.place.found_in(text) if view.place else None
        current = next((n for n, each in enumerate(entry.passages) if each.id == view.passage), None)
        if current is None and place is not None:
            at = place.best or place.spans[0]
            current = next((n for n, each in enumerate(entry.passages) if each.span.range.overlaps(at)), None)
        return cls(entry, place, place is not None and place != view.place, current)

    @property
    def ranges(self) -> tuple[Range, ...]:
        """The words of the quote, else of the passage."""
        if self.place is not None:
            return self.place.spans
        return () if self.current is None else (self.entry.passages[self.current].span.range,)
