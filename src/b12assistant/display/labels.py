"""Read the words of the interface: one table per surface, no facts about health.

A key is `table.name`; values in {braces} are filled in. The page's scripts get the same tables as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType

from b12assistant.answers import Reason
from b12assistant.data_files import read_data
from b12assistant.types import Document, Interest, Source, Words

ENGLISH = "en"


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """The words in one language; call it to get one: ``labels("ask.copy_title", number=2)``.

    Raises ``KeyError`` for an unknown key or a missing value: that is a bug, and tests look for it.
    """

    language: str  # as in `<html lang>`
    tables: Mapping[str, Mapping[str, str]]

    def __call__(self, key: str, **values: object) -> str:
        table, _, name = key.partition(".")
        return self.tables[table][name].format_map(values)

    def as_json(self) -> bytes:
        """Return JSON for the page's scripts: `{"code": …, "table": {"key": …}}`."""
        tables = {name: dict(table) for name, table in self.tables.items()}
        return json.dumps({"code": self.language, **tables}, ensure_ascii=False).encode()

    def count(self, key: str, number: int) -> str:
        """Return the label for one or for many."""
        return self(f"{key}_{'one' if number == 1 else 'many'}", count=number)

    def kind(self, source: Source) -> str:
        return self(f"kinds.{source.kind or 'unknown'}")

    def whose_words(self, source: Source) -> str:
        """Say whether these are the source's own words or this project's summary."""
        if source.words is Words.ORIGINAL:
            return self("speaker.own", kind=self.kind(source))
        if source.interest is Interest.SELLS:
            return self("speaker.summary_vendor")
        return self("speaker.summary", kind=self.kind(source))

    def interest(self, source: Source) -> str | None:
        """Return the label for a source that sells what it recommends, or may; ``None`` for others."""
        key = {Interest.SELLS: "speaker.sells", Interest.UNKNOWN: "speaker.may_sell"}.get(source.interest)
        return self(key) if key else None

    def review(self, source: Source) -> str:
        """Return who reviewed a source, as it says itself; "" if it does not. Nobody has words for readers."""
        return self("speaker.unreviewed") if source.review == _NOBODY else source.review or ""

    def pages(self, pages: tuple[int, int] | None) -> str | None:
        if pages is None:
            return None
        first, last = pages
        return self("speaker.page" if first == last else "speaker.pages", first=first, last=last)

    def headline(self, reason: Reason | None) -> str:
        """Return the headline for a reason; "" for a plain answer or a safety text."""
        return self.tables["headlines"].get(reason, "") if reason else ""

    def day(self, date_: date) -> str:
        month = self(f"dates.{date_.month}")
        return self("dates.day", day=date_.day, month=month, year=date_.year)


_NOBODY = "not clinically reviewed"  # as curators write it


@cache
def load_labels() -> Labels:
    """Load the labels."""
    tables = read_data("page", "labels", f"{ENGLISH}.toml")
    return Labels(ENGLISH, MappingProxyType({name: MappingProxyType(table) for name, table in tables.items()}))


def capital(text: str) -> str:
    """Make the first letter a capital."""
    return text[:1].upper() + text[1:]


def section(document: Document, offset: int) -> list[str]:
    """Return the headings above ``offset``, outermost first, without one that repeats the title."""
    path = [document.slice(section.heading).strip() for section in document.heading_path(offset)]
    return [heading for heading in path if heading != document.title]


def overdue(source: Source, today: date) -> bool:
    """Check whether the source's own review date has passed."""
    return source.review_by is not None and source.review_by < today
