"""Read the words of the interface: one table per surface, no facts about health.

A key is `table.name`; values in {braces} are filled in. The page's scripts get the same tables as JSON.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Any

from b12assistant.answers import Reason
from b12assistant.data_files import read_data
from b12assistant.language.words import language
from b12assistant.types import Document, Source

_NOBODY = "not clinically reviewed"  # as curators write it


@cache
def tables() -> dict[str, Any]:
    """Load the words in the language of the corpus, by table and name."""
    return read_data("page", "labels", f"{language()}.toml")


def label(key: str, **values: object) -> str:
    """Return the words of a key: ``label("ask.reviewed", by=name, day=on)``.

    Raises ``KeyError`` for an unknown key or a missing value: that is a bug, and tests look for it.
    """
    table, _, name = key.partition(".")
    return str(tables()[table][name].format_map(values))


def counted(key: str, number: int) -> str:
    """Return the label for one or for many."""
    return label(f"{key}_{'one' if number == 1 else 'many'}", count=number)


def review(source: Source) -> str:
    """Return who reviewed a source, as it says itself; "" if it does not. Nobody has words for readers."""
    return label("speaker.unreviewed") if source.review == _NOBODY else source.review or ""


def headline(reason: Reason | None) -> str:
    """Return the headline for a reason; "" for a plain answer or a safety text."""
    return tables()["headlines"].get(reason, "") if reason else ""


def day(date_: date | int) -> str:
    """Return a day in words; of a year alone, the year."""
    if isinstance(date_, int):
        return str(date_)
    return label("dates.day", day=date_.day, month=label(f"dates.{date_.month}"), year=date_.year)


def capital(text: str) -> str:
    """Make the first letter a capital."""
    return text[:1].upper() + text[1:]


def section(document: Document, offset: int) -> list[str]:
    """Return the headings above ``offset``, outermost first, without one that repeats the title."""
    path = [document.slice(section.heading).strip() for section in document.heading_path(offset)]
    return [heading for heading in path if heading != document.title]


def local_today() -> date:
    """Return today's date in the local time zone."""
    return datetime.now().astimezone().date()


def overdue(source: Source) -> bool:
    """Check whether the source's own review date has passed."""
    return source.review_by is not None and source.review_by < local_today()
