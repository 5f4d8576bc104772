"""The page's words about itself: its name, its lead, example questions. A corpus may bring its own.

How well the library that ships answers is data beside them, of which the page and the docs give the same figures.
"""

from __future__ import annotations

from datetime import date
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


class Figure(CuratedEntry):
    """A count of what was measured. ``docs``: the page of docs/ that has it too; ``floor``: as in `floors.toml`."""

    about: Text
    sentence: Text  # with {hits} and {n}
    hits: int = Field(ge=0)
    n: int = Field(gt=0)
    measured: date
    command: Text
    docs: Text
    floor: str = ""


class ShippedFigures(CuratedEntry):
    intro: Text
    figure: list[Figure]


def load_figures() -> ShippedFigures:
    """Read how well the library that ships answers."""
    text = resources.files("b12assistant").joinpath("data", "page", "figures.toml").read_text("utf-8")
    return DataFile(ShippedFigures, text, file="figures.toml", raises=ConfigError).content


def load_page_words(language: str = "en") -> PageWords:
    """Read the words that ship with the package."""
    file = FILE if language == "en" else f"page.{language}.toml"
    folder = resources.files("b12assistant").joinpath("data", "page")
    return parse_page_words(folder.joinpath(file).read_text("utf-8"), file=file)


def parse_page_words(text: str, *, file: str = FILE) -> PageWords:
    """Return the words of a `page.toml`. Raises ``ConfigError`` that names file and line."""
    return DataFile(PageWords, text, file=file, raises=ConfigError).content
