"""Quotes in a file that was exported: Markdown, HTML, CSV or JSON, as they are shown there to whoever reads it.

What is read is what the file shows, not something hidden beside it: words that were changed in it are found.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Any

from b12assistant.display.addresses import Place, read_link
from b12assistant.types import DocumentId

_LINK = re.compile(r"(?:https?://[^\s<>()\"]+)?/d/[^\s<>()\"]+")
_FORMULA = re.compile(r"^'(?=[=+\-@\t\r])")  # before what a spreadsheet would calculate
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])|&#(\d{1,7});")


@dataclass(frozen=True, slots=True)
class Shown:
    """A quote as a file shows it: its words, and where its link says they stand."""

    where: str
    words: str
    document: DocumentId
    place: Place


def quotes_in_markdown(text: str) -> Iterator[Shown]:
    """Block quotes; the first link of ours after one is its place."""
    words: list[str] = []
    began = 0
    for number, line in enumerate(text.split("\n"), start=1):
        line = line.removesuffix("\r")
        if line.startswith(">"):
            began = began if words else number
            words.append(line[1:].removeprefix(" "))
        elif words and (match := _LINK.search(line)):
            yield from _shown(f"line {began}", _unescaped("\n".join(words)), match[0])
            words = []
        elif words and line.strip():
            words = []  # a block quote of somebody else


def quotes_in_html(text: str) -> Iterator[Shown]:
    """Block quotes that cite a place."""
    reader = _BlockQuotes()
    reader.feed(text)
    reader.close()
    for line, link, words in reader.found:
        yield from _shown(f"line {line}", words, link)


def quotes_in_csv(text: str) -> Iterator[Shown]:
    """Rows of a pack: a link to a place in one cell, the words it names in another."""
    for number, row in enumerate(csv.reader(io.StringIO(text, newline="")), start=1):
        cells = [_FORMULA.sub("", cell) for cell in row]
        link = next((cell for cell in cells if _LINK.fullmatch(cell)), None)
        for shown in _shown(f"row {number}", "", link) if link else ():
            named = (words for words in cells if shown.place.is_of(words))
            yield replace(shown, words=next(named, cells[min(1, len(cells) - 1)]))


def records_in_json(text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The answers of a conversation, or the quotes of a pack as those of one answer; none if it is neither."""
    content = json.loads(text)
    if not isinstance(content, dict):
        return
    if isinstance(content.get("quotes"), list) and "answer" not in content:
        yield "the pack", {"answer": content}
    turns = content.get("turns")
    for number, turn in enumerate(turns if isinstance(turns, list) else (), start=1):
        if isinstance(turn, dict):
            yield f"question {number}", turn


def _shown(where: str, words: str, link: str) -> Iterator[Shown]:
    read = read_link(link)
    if read is not None:
        yield Shown(where, words, *read)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: match[1] or chr(min(int(match[2]), 0x10FFFF)), text)


class _BlockQuotes(HTMLParser):
    """What stands in each `blockquote` that cites something: its line, the address, its text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str, str]] = []
        self._open: tuple[int, str, list[str]] | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        cited = dict(attributes).get("cite")
        if tag == "blockquote" and cited:
            self._open = self.getpos()[0], html.unescape(cited), []
        elif tag == "br" and self._open:
            self._open[2].append("\n")

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[2].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "blockquote" and self._open:
            line, link, parts = self._open
            self.found.append((line, link, "".join(parts)))
            self._open = None
