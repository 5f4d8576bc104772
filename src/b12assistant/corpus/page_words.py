"""The page's words about itself: its name, its lead, example questions. A corpus may bring its own."""

from __future__ import annotations

from importlib import resources

from pydantic import Field

from b12assistant.corpus.entries import CuratedEntry, DataFile, Text, Texts
from b12assistant.errors import ConfigError

FILE = "page.toml"


class About(CuratedEntry):
    """A paragraph about the tool itself."""

    heading: Text
    text: Text


class PageWords(CuratedEntry):
    name: Text
    tagline: Text
    heading: Text
    lead: Text
    placeholder: Text
    examples: Texts
    about: list[About] = Field(min_length=1, description="tables with heading and text")


def load_page_words(language: str = "en") -> PageWords:
    """Read the words that ship with the package."""
    file = FILE if language == "en" else f"page.{language}.toml"
    folder = resources.files("b12assistant").joinpath("data", "page")
    return parse_page_words(folder.joinpath(file).read_text("utf-8"), file=file)


def parse_page_words(text: str, *, file: str = FILE) -> PageWords:
    """Return the words of a `page.toml`. Raises ``ConfigError`` that names file and line."""
    return DataFile(PageWords, text, file=file, raises=ConfigError).content
