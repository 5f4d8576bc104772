"""The page's words about itself: its name, its lead, example questions. A corpus may bring its own."""

from __future__ import annotations

from dataclasses import dataclass

from b12assistant.data_files import Table, check_keys, read_data, string, strings, tables

ENGLISH = "en"
FILE = "page.toml"
_OTHER = "page.{language}.toml"
_STRINGS = ("name", "tagline", "heading", "lead", "placeholder")


@dataclass(frozen=True, slots=True)
class About:
    """A paragraph about the tool itself."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class PageWords:
    name: str
    tagline: str
    heading: str
    lead: str
    placeholder: str
    examples: tuple[str, ...]
    about: tuple[About, ...]


def load_page_words(language: str = ENGLISH) -> PageWords:
    """Read the words that ship with the package."""
    return parse_page_words(read_data("page", FILE if language == ENGLISH else _OTHER.format(language=language)))


def parse_page_words(data: Table) -> PageWords:
    """Return the words of a parsed file. Raises ``ConfigError`` for an unknown or missing key."""
    check_keys(data, FILE, required=(*_STRINGS, "examples", "about"))
    about = []
    for number, table in enumerate(tables(data, "about", FILE), start=1):
        where = f"{FILE}, about {number}"
        check_keys(table, where, required=("heading", "text"))
        about.append(About(string(table, "heading", where), string(table, "text", where)))
    return PageWords(
        **{key: string(data, key, FILE) for key in _STRINGS},
        examples=strings(data, "examples", FILE),
        about=tuple(about),
    )
