"""Does each quote of a file still stand? Files of `batch` and `ask --json`, and whatever the page exported."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from b12assistant.application.exported import Shown, quotes_in_csv, quotes_in_html, quotes_in_markdown, records_in_json
from b12assistant.display.addresses import Place, place_of_words
from b12assistant.errors import UsageError
from b12assistant.index.verification import check_quote, quotes_of
from b12assistant.types import DocumentId, Range

_HINT = "give what `batch` or `ask --json` wrote, or what the page exported"
_READERS = {
    ".md": quotes_in_markdown,
    ".markdown": quotes_in_markdown,
    ".html": quotes_in_html,
    ".htm": quotes_in_html,
    ".csv": quotes_in_csv,
}
_BEGINNING = 48  # characters of a quote, to know it by

Texts = Mapping[DocumentId, str]


class State(StrEnum):
    """Whether a quote stands."""

    STANDS = "stands"
    MOVED = "moved"  # word for word, at another place of its document
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One quote of a file: where it is there, and how it stands; ``problem`` is "" unless it is wrong."""

    where: str
    words: str
    state: State
    problem: str = ""

    @property
    def sentence(self) -> str:
        told = {State.STANDS: "stands", State.MOVED: "stands, at another place of its document"}
        shown = " ".join(self.words.split())
        begins = f"{shown[:_BEGINNING].rstrip()}…" if len(shown) > _BEGINNING else shown
        return f"{self.where}: {told.get(self.state, self.problem)} (“{begins}”)"

    def as_json(self) -> dict[str, str]:
        return {"where": self.where, "words": self.words, "state": self.state, "problem": self.problem}


def check_file(file: Path, texts: Texts) -> tuple[Verdict, ...]:
    """A verdict for each quote, in order. ``texts``: of the documents of the index. Raises ``UsageError``."""
    return tuple(_verdicts(file, _read(file), texts))


def is_exported(file: Path) -> bool:
    """Whether people read the file, so that they want to hear of each quote of it."""
    return file.suffix.lower() in (*_READERS, ".json")


def _verdicts(file: Path, text: str, texts: Texts) -> Iterator[Verdict]:
    reader = _READERS.get(file.suffix.lower())
    if reader is not None:
        found = list(reader(text))
        if not found:
            raise UsageError(f"{file} holds no quotes with a link to their place", hint=_HINT)
        yield from (_shown(each, texts) for each in found)
        return
    for where, record in _records(file, text):
        yield from (_quoted(where, quote, texts) for quote in quotes_of(record))


def _shown(shown: Shown, texts: Texts) -> Verdict:
    where = f"{shown.where}, quote of {shown.document}"
    text = texts.get(shown.document)
    if not shown.place.is_of(shown.words):
        return Verdict(where, shown.words, State.WRONG, "its words are not those that were exported")
    if text is None:
        return Verdict(where, shown.words, State.WRONG, "its document is not in the index")
    return _standing(where, shown.words, shown.place, text)


def _quoted(where: str, quote: Mapping[str, Any], texts: Texts) -> Verdict:
    """A quote of our JSON, with the offsets of its words."""
    name, words = quote.get("document"), str(quote.get("text") or "")
    where = f"{where}, quote {quote.get('number')} of {name}"
    text = texts.get(DocumentId(str(name)))
    if text is None:
        return Verdict(where, words, State.WRONG, "its document is not in the index")
    problem = check_quote(quote, text)
    if problem is None:
        return Verdict(where, words, State.STANDS)
    place = _place(quote, words)
    moved = place.found_in(text) if place else None
    if moved is None or moved == place:
        return Verdict(where, words, State.WRONG, problem)
    return Verdict(where, words, State.MOVED)


def _place(quote: Mapping[str, Any], words: str) -> Place | None:
    try:
        return place_of_words([Range(int(start), int(end)) for start, end in quote["spans"]], words)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _standing(where: str, words: str, place: Place, text: str) -> Verdict:
    found = place.found_in(text)
    if found is None:
        return Verdict(where, words, State.WRONG, "its words no longer stand in its document")
    return Verdict(where, words, State.STANDS if found == place else State.MOVED)


def _read(file: Path) -> str:
    try:
        data = file.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise UsageError(f"{file} cannot be read ({error.strerror})", hint=_HINT) from error
    if not data.strip():
        raise UsageError(f"{file} holds no answers", hint=_HINT)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text", hint=_HINT) from error


def _records(file: Path, text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every answer, with where it stands: of a conversation or pack, else line by line."""
    try:
        whole = list(records_in_json(text))
    except (ValueError, RecursionError):
        whole = []
    yield from whole
    if whole:
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{file}:{number} is not JSON", hint=_HINT) from error
        if not _is_answer(record):
            raise UsageError(f"{file}:{number} holds no answer", hint=_HINT)
        yield f"line {number}", record


def _is_answer(record: object) -> bool:
    if not isinstance(record, dict):
        return False
    answer = record.get("answer")
    return "error" in record or (isinstance(answer, dict) and _are_quotes(answer.get("quotes")))


def _are_quotes(quotes: object) -> bool:
    return isinstance(quotes, list) and all(isinstance(quote, dict) for quote in quotes)
