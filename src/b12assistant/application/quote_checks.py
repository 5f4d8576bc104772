"""Check saved answers: each quote must be a slice of its document, and its question must give the same answer.

A file has an answer on each line, as `batch` and `ask --json` write it and the page saves it. An answer follows from
the index, the question, the earlier questions and the settings; one that another index gave is not asked again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from b12assistant.application import batching
from b12assistant.application.workspace import Workspace, local_today
from b12assistant.display import json_form
from b12assistant.display.json_form import Json
from b12assistant.errors import AssistantError, UsageError
from b12assistant.types import GAP, DocumentId

_HINT = "give what `batch` or `ask --json` wrote, or what the page saved"
_BEGINNING = 48  # characters that identify words in a message
_NOISE = 0.0002  # of a score, on another processor
_OF_THE_ASKER = ("id", "explain", "timings_ms", "profile_ms")  # keys that no answer gives again
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result for one quote and its place in the file; ``problem`` is "" unless it is wrong."""

    where: str
    words: str
    problem: str = ""


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
    def wrong(self) -> int:
        """Return how many problems were found."""
        return len(self.problems) + sum(bool(quote.problem) for quote in self.quotes)

    @property
    def is_verified(self) -> bool:
        return not (self.other or self.wrong)

    @property
    def sentence(self) -> str:
        """Return the verdict on the file."""
        quotes = f"{len(self.quotes)} quote{'' if len(self.quotes) == 1 else 's'}"
        if self.wrong:
            return f"Not verified: {self.wrong} problem{'' if self.wrong == 1 else 's'} of the file, listed above."
        if self.other:
            return (
                f"Not verified: {self.other}, so it cannot be asked again. "
                f"Its {quotes} are word for word in their documents."
            )
        answers = "the same answer" if self.answers == 1 else f"the same {self.answers} answers"
        return f"Verified: asked again, this index gives {answers} with {quotes}, word for word."


def check_file(file: Path, space: Workspace, progress: Progress = lambda done, of: None) -> Checked:
    """Check every quote of a file, then ask the answers again. Raises ``UsageError`` for any other file."""
    records = list(_records(file))
    generation = space.opened.collection.generation
    others = {str(one["index"].get("generation")) for _, one in records if isinstance(one.get("index"), dict)}
    strange = sorted(others - {"None", generation})
    other = f"it was saved from index {_beginning(strange[0])}, and this is {generation}" if strange else ""
    quotes = tuple(_checked(f"{at}, ", quote, space) for at, record in records for quote in quotes_of(record))
    problems = tuple(
        f"{at}: it holds an error in place of an answer, and nothing to check"
        for at, record in records
        if not _is_answer(record.get("answer"))
    )
    checked = Checked(quotes, problems, len(records), other)
    if not checked.is_verified:  # it is known already
        return checked
    return Checked(quotes, tuple(_unlike(records, space, progress)), len(records))


def _unlike(records: Sequence[tuple[str, Json]], space: Workspace, progress: Progress) -> Iterator[str]:
    """Ask the questions of all lines again; yield the first difference, if there is one."""
    for number, (at, record) in enumerate(records):
        progress(number, len(records))
        question, history = record["answer"].get("question"), record.get("history")
        try:
            if not isinstance(question, str) or not isinstance(history, list) or not all(map(_is_text, history)):
                raise UsageError("a question and earlier questions are texts")
            reply = batching.asked(space, question, history, as_typed=record.get("as_typed") is True)
        except AssistantError as error:
            yield f"{at}: its question cannot be asked ({error})"
            return
        fresh = json.loads(json.dumps(json_form.reply_json(reply, space.texts, today=local_today())))
        own = {key: record[key] for key in _OF_THE_ASKER if key in record}
        if found := next(differences(record, {**fresh, **own}), ""):
            yield f"{at}{', where asking again ended' * (number < len(records) - 1)}: {found}"
            return


def differences(given: object, fresh: object, at: str = "") -> Iterator[str]:
    """Yield where two JSON values differ: that of the file, and that of the index."""
    if isinstance(given, dict) and isinstance(fresh, dict):
        for key in dict.fromkeys((*fresh, *given)):
            place = f"{at}.{key}" if at else str(key)
            if key in given and key in fresh:
                yield from differences(given[key], fresh[key], place)
            else:
                yield f"{place} is only in the {'file' if key in given else 'answer that the index gives'}"
    elif isinstance(given, list) and isinstance(fresh, list) and len(given) == len(fresh):
        for number, (old, new) in enumerate(zip(given, fresh, strict=True), start=1):
            yield from differences(old, new, f"{at}.{number}")
    elif isinstance(given, float) and isinstance(fresh, float) and at.endswith(".score"):
        if abs(given - fresh) > _NOISE:
            yield f"{at} is {given} in the file, {fresh} in the index"
    elif type(given) is not type(fresh) or given != fresh:  # in JSON, 1 is not true
        yield f"{at} is {_shown(given)} in the file, {_shown(fresh)} in the index"


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _checked(where: str, quote: Mapping[str, Any], space: Workspace) -> Verdict:
    """Compare one quote of our JSON with its document."""
    name = DocumentId(str(quote.get("document")))
    entry = space.entries.get(name)
    problem = check_quote(quote, entry.document.text) if entry else "its document is not in the index"
    return Verdict(f"{where}quote {quote.get('number')} of {name}", str(quote.get("text") or ""), problem or "")


def _beginning(words: str) -> str:
    shown = " ".join(words[: 20 * _BEGINNING].split())
    return f"{shown[:_BEGINNING].rstrip()}…" if len(shown) > _BEGINNING else shown


def _shown(value: object) -> str:
    return _beginning(json.dumps(value, ensure_ascii=False))


def _records(file: Path) -> Iterator[tuple[str, Json]]:
    """Yield every answer with its line. Raises ``UsageError``."""
    try:
        lines = file.read_bytes().removeprefix(b"\xef\xbb\xbf").decode().split("\n")
    except OSError as error:
        raise UsageError(f"{file} cannot be read ({error.strerror})", hint=_HINT) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text", hint=_HINT) from error
    if not any(map(str.strip, lines)):
        raise UsageError(f"{file} holds no answers", hint=_HINT)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{file}:{number} is not JSON", hint=_HINT) from error
        if not isinstance(record, dict) or not ("error" in record or _is_answer(record.get("answer"))):
            raise UsageError(f"{file}:{number} holds no answer", hint=_HINT)
        yield f"line {number}", record


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
