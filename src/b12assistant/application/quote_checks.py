"""Check saved answers: each quote must be a slice of its document, and its question must give the same answer.

A file has an answer on each line, as `batch` and `ask --json` write it and the page saves it. An answer follows from
the index, the question, the earlier questions and the settings; one that another index gave is not asked again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from b12assistant.application import batching
from b12assistant.application.shared_answer import MOST_SHARED, shared
from b12assistant.application.workspace import Workspace, local_today
from b12assistant.display import json_form
from b12assistant.display.addresses import place_of_words
from b12assistant.display.json_form import Json
from b12assistant.errors import AssistantError, UsageError
from b12assistant.types import GAP, DocumentId, Range

_HINT = "give what `batch` or `ask --json` wrote, or what the page saved"
_BEGINNING = 48  # characters of a quote that identify it in a message
_MOST_DIFFERENCES = 20  # that are told
_NOISE = 0.0002  # of a score, on another processor
Progress = Callable[[int, int], None]


class State(StrEnum):
    """How a quote compares with the index."""

    STANDS = "stands"
    MOVED = "moved"  # word for word, at another place of its document
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result for one quote and its place in the file; ``problem`` is "" unless it is wrong."""

    where: str
    words: str
    state: State
    problem: str = ""

    @property
    def sentence(self) -> str:
        good = {State.STANDS: "matches", State.MOVED: "matches, at another place in its document"}
        return f"{self.where}: {good.get(self.state, self.problem)} (“{_beginning(self.words)}”)"

    @property
    def is_problem(self) -> bool:
        return self.state is State.WRONG


@dataclass(frozen=True, slots=True)
class Checked:
    """A verdict for each quote of a file, in order, and other problems of the file, as sentences.

    ``answers``: how many it holds. ``other``: why they could not be asked again, "" if they were.
    """

    quotes: tuple[Verdict, ...]
    problems: tuple[str, ...] = ()
    answers: int = 0
    other: str = ""

    @property
    def is_verified(self) -> bool:
        return not (self.other or self.problems or any(quote.is_problem for quote in self.quotes))

    @property
    def sentence(self) -> str:
        """Return the verdict on the file."""
        wrong = len(self.problems) + sum(quote.is_problem for quote in self.quotes)
        quotes = f"{len(self.quotes)} quote{'' if len(self.quotes) == 1 else 's'}"
        if wrong:
            return f"Not verified: {wrong} problem{'' if wrong == 1 else 's'} of the file, listed above."
        if self.other:
            return (
                f"Not verified: {self.other}, so it cannot be asked again. "
                f"Its {quotes} are word for word in their documents."
            )
        answers = "the same answer" if self.answers == 1 else f"the same {self.answers} answers"
        return f"Verified: asked again, this index gives {answers} with {quotes}, word for word."


class SavedAnswer(json_form.AskResponse):
    """A line of a file; ``shared``: the addresses of the quotes, if it is an answer that somebody shared."""

    id: str | int | float | None = None
    answer: dict[str, Any]  # type: ignore[assignment]  # compared as it is written
    shared: Annotated[list[json_form.Text], Field(max_length=MOST_SHARED)] = Field(default_factory=list)
    explain: list[Any] | None = None
    profile_ms: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)


def check_file(file: Path, space: Workspace, progress: Progress = lambda done, of: None) -> Checked:
    """Check every quote of a file, then ask the answers again. Raises ``UsageError`` for any other file."""
    records = list(_records(file, _read(file)))
    quotes: list[Verdict] = []
    problems: list[str] = []
    generation = space.opened.collection.generation
    others = {one.get("index", {}).get("generation") for _, one in records if isinstance(one.get("index"), dict)}
    strange = sorted(str(name) for name in others - {None, generation})
    other = f"it was saved from index {_beginning(strange[0])}, and this is {generation}" if strange else ""
    for at, record in records:
        quotes += (_checked(f"{at}, ", quote, space) for quote in quotes_of(record))
        problems += (f"{at}: {problem}" for problem in _malformed(record))
    if not (other or problems or any(quote.is_problem for quote in quotes)):  # else it is known already
        problems += _unlike(records, space, progress)
    return Checked(tuple(quotes), tuple(problems), len(records), other)


def _malformed(record: Json) -> Iterator[str]:
    """Yield what is wrong with the form of a line."""
    if "answer" not in record:
        yield "it holds an error in place of an answer, and nothing to check"
        return
    try:
        SavedAnswer.model_validate(record)
    except ValidationError as error:
        for found in error.errors()[:_MOST_DIFFERENCES]:
            yield f"{'.'.join(map(str, found['loc']))}: {found['msg'][:1].lower()}{found['msg'][1:]}"


def _unlike(records: Sequence[tuple[str, Json]], space: Workspace, progress: Progress) -> list[str]:
    """Ask the questions of all lines again; return the differences of the first line that has any.

    A question that was asked the same way in several lines is asked once.
    """
    known: dict[tuple[object, ...], Json] = {}
    for number, (at, record) in enumerate(records):
        progress(number, len(records))
        line = SavedAnswer.model_validate(record)
        question = line.answer.get("question")
        asked = question if isinstance(question, str) else "", tuple(line.history), line.as_typed, tuple(line.shared)
        try:
            if asked not in known:
                reply = batching.asked(space, asked[0], asked[1], as_typed=line.as_typed)
                reply = shared(space, reply, line.shared) if line.shared else reply
                known[asked] = json.loads(json.dumps(json_form.reply_json(reply, space.texts, today=local_today())))
        except AssistantError as error:
            return [f"{at}: its question cannot be asked ({error})"]
        fresh = dict(known[asked])
        if "explain" in record:
            fresh["explain"] = json.loads(json.dumps(space.explain(*asked[:2])))
        for key in ("id", "shared", "timings_ms", "profile_ms"):  # the asker's own, and measures
            fresh |= {key: record[key]} if key in record else {}
        place = at if number == len(records) - 1 else f"{at}, where asking again ended"
        if found := [f"{place}: {problem}" for problem in differences(record, fresh)]:
            return found[:_MOST_DIFFERENCES]
    return []


def differences(given: object, fresh: object, at: str = "") -> Iterator[str]:
    """Yield where two JSON values differ: that of the file, and that of the index."""
    if isinstance(given, dict) and isinstance(fresh, dict):
        for key in (*fresh, *(key for key in given if key not in fresh)):
            place = f"{at}.{key}" if at else str(key)
            if key not in given or key not in fresh:
                yield f"{place} is only in the {'file' if key in given else 'answer that the index gives'}"
            else:
                yield from differences(given[key], fresh[key], place)
    elif isinstance(given, list) and isinstance(fresh, list):
        if len(given) != len(fresh):
            yield f"{at} has {len(given)} in the file, {len(fresh)} in the index"
        for number, (old, new) in enumerate(zip(given, fresh, strict=False), start=1):
            yield from differences(old, new, f"{at}.{number}")
    elif not _same(given, fresh, at):
        yield f"{at} is {_shown(given)} in the file, {_shown(fresh)} in the index"


def _same(given: object, fresh: object, at: str) -> bool:
    """Compare as JSON, where 1 is not true."""
    if isinstance(given, float) and isinstance(fresh, float) and at.endswith(".score"):
        return abs(given - fresh) <= _NOISE
    return type(given) is type(fresh) and given == fresh


def _checked(where: str, quote: Mapping[str, Any], space: Workspace) -> Verdict:
    """Compare one quote of our JSON with its document."""
    name, words = DocumentId(str(quote.get("document"))), str(quote.get("text") or "")
    where = f"{where}quote {quote.get('number')} of {name}"
    entry = space.entries.get(name)
    if entry is None:
        return Verdict(where, words, State.WRONG, "its document is not in the index")
    problem = check_quote(quote, entry.document.text)
    if problem is None:
        return Verdict(where, words, State.STANDS)
    is_moved = _stands_elsewhere(quote, words, entry.document.text)
    return Verdict(where, words, State.MOVED) if is_moved else Verdict(where, words, State.WRONG, problem)


def _stands_elsewhere(quote: Mapping[str, Any], words: str, text: str) -> bool:
    try:
        spans = [Range(int(start), int(end)) for start, end in quote["spans"]]
        place = place_of_words(spans, words, Range(*map(int, quote["best"])))
    except (KeyError, TypeError, ValueError, OverflowError):
        return False
    now = place.found_in(text) if place else None
    return now is not None and now != place


def _beginning(words: str) -> str:
    shown = " ".join(words[: 20 * _BEGINNING].split())
    return f"{shown[:_BEGINNING].rstrip()}…" if len(shown) > _BEGINNING else shown


def _shown(value: object) -> str:
    return _beginning(json.dumps(value, ensure_ascii=False))


def _read(file: Path) -> str:
    try:
        data = file.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise UsageError(f"{file} cannot be read ({error.strerror})", hint=_HINT) from error
    if not data.strip():
        raise UsageError(f"{file} holds no answers", hint=_HINT)
    try:
        return data.decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text", hint=_HINT) from error


def _records(file: Path, text: str) -> Iterator[tuple[str, Json]]:
    """Yield every answer with its line."""
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line, object_pairs_hook=_unique)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{file}:{number} is not JSON", hint=_HINT) from error
        if not isinstance(record, dict) or not ("error" in record or _is_answer(record.get("answer"))):
            raise UsageError(f"{file}:{number} holds no answer", hint=_HINT)
        yield f"line {number}", record


def _unique(pairs: list[tuple[str, object]]) -> Json:
    """Refuse a key that is given twice, which parsers read differently."""
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a key is given twice")
    return values


def _is_answer(answer: object) -> bool:
    quotes = answer.get("quotes") if isinstance(answer, dict) else None
    return isinstance(quotes, list) and all(isinstance(quote, dict) for quote in quotes)


def check_quote(quote: Mapping[str, Any], text: str) -> str | None:
    """Return what is wrong with a quote as shown, given its document's text; ``None`` if it is word for word."""
    try:
        spans = [(int(start), int(end)) for start, end in quote["spans"]]
        best_start, best_end = (int(at) for at in quote["best"])
        shown = quote["text"]
    except (KeyError, TypeError, ValueError, OverflowError):
        return "it has no spans, text or best sentence"
    if not spans or not all(0 <= start < end <= len(text) for start, end in spans):
        return "its spans are outside the document"
    if any(before[1] > after[0] for before, after in pairwise(spans)):
        return "its spans are not in order"
    if GAP.join(text[start:end] for start, end in spans) != shown:
        return "its words are not the words of the source"
    if not any(start <= best_start < best_end <= end for start, end in spans):
        return "its best sentence is outside it"
    return None


def quotes_of(record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the quotes of an answer, then the sides of its disagreements; skip any of another form."""
    answer = record.get("answer")
    if not isinstance(answer, dict):
        return
    yield from _objects(answer.get("quotes"))
    for differ in _objects(answer.get("disagreements")):
        yield from _objects(differ.get("sides"))


def _objects(values: object) -> Iterator[Mapping[str, Any]]:
    return (value for value in (values if isinstance(values, list) else ()) if isinstance(value, dict))
