"""Check whether a file is what this program said: output of `batch` or `ask --json`, or a file saved by the page.

An answer follows from the index, the question, the earlier questions and the settings. All of them are in the file, so
it is asked again, drawn again, and the whole is compared. If another index gave it, its quotes are checked alone.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationError

from b12assistant.answering.assistant import MOST_TURNS
from b12assistant.application import batching, exporting, pack
from b12assistant.application.exporting import SavedConversation, SavedFormat
from b12assistant.application.pack import SavedPack
from b12assistant.application.shared_answer import answered
from b12assistant.application.workspace import Workspace, local_today
from b12assistant.display import json_form
from b12assistant.display.addresses import MarkedPlace, place_of_words
from b12assistant.display.json_form import Json
from b12assistant.display.presentation import Setting
from b12assistant.errors import AssistantError, ConfigError, UsageError
from b12assistant.types import GAP, DocumentId, Range

_HINT = "give what `batch` or `ask --json` wrote, or what the page saved as HTML, Markdown or JSON"
_HTML, _MARKDOWN = (".html", ".htm"), (".md", ".markdown")
_SAVED = (*_HTML, *_MARKDOWN, ".json")  # files that people read
_BEGINNING = 48  # characters of a quote that identify it in a message
_AROUND = 24  # characters shown before a difference
_MOST_DIFFERENCES = 20  # that are told
_NOISE = 0.0002  # of a score, on another processor
_A_DAY = timedelta(days=1)  # the file may come from another time zone
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

    ``answers``: how many were asked again; 0 for a pack. ``other``: why that could not be done, "" if it was.
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
                f"Not verified: {self.other}, so it cannot be asked again, and this index may not give this answer. "
                f"Its {quotes} are word for word in their documents, each whole, as the program can show it."
            )
        if not self.answers:
            return f"Verified: the file is what this index gives for its {quotes}, word for word."
        answers = "the same answer" if self.answers == 1 else f"the same {self.answers} answers"
        return f"Verified: asked again, this index gives {answers} with {quotes}, word for word."


def check_file(file: Path, space: Workspace, progress: Progress = lambda done, of: None) -> Checked:
    """Check every quote of a file, then ask the answers again. Raises ``UsageError`` for any other file."""
    text = _read(file)
    suffix = file.suffix.lower()
    if suffix == ".csv":
        raise UsageError(f"{file} is a table without data to check", hint=_HINT)
    given = _data_in(file, text, suffix)
    if given is None:
        return _lines(list(_records(file, text)), space, progress)
    try:
        data = _saved(given)
        form = SavedFormat.JSON if suffix == ".json" else SavedFormat.HTML if suffix in _HTML else SavedFormat.MARKDOWN
        if isinstance(data, SavedPack):
            return _pack(given, data, text, form, space)
        return _conversation(given, data, text, form, space, progress)
    except ValidationError as error:
        first = error.errors()[0]
        why = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise UsageError(f"{file} holds data that is not ours ({why})", hint=_HINT) from error
    except (ConfigError, ValueError, LookupError) as error:
        raise UsageError(f"{file} holds data that is not ours ({error})", hint=_HINT) from error


def is_exported(file: Path) -> bool:
    """Check whether people read the file, so that every quote is to be listed."""
    return file.suffix.lower() in _SAVED


def _conversation(
    given: Json, data: SavedConversation, text: str, form: SavedFormat, space: Workspace, progress: Progress
) -> Checked:
    other, made = _other(data, space), _setting(data, space)
    quotes = [
        _checked(f"question {number}, ", quote, space)
        for number, turn in enumerate(given["turns"], start=1)
        for quote in quotes_in(turn["answer"])
    ]
    problems = list(_head(data, space))
    problems += _visible(text, exporting.render(data, form), form)
    if len(data.turns) > MOST_TURNS:
        problems.append(f"it holds {len(data.turns)} answers, more than the {MOST_TURNS} of a conversation")
    if other or problems or any(quote.is_problem for quote in quotes):
        return Checked(tuple(quotes), tuple(problems), len(data.turns), other)  # it is known already
    replies = []
    try:
        for number in range(len(data.turns)):
            progress(number, len(data.turns))
            replies.append(answered(space, data.turns, number))
    except AssistantError as error:
        problem = f"question {len(replies) + 1} cannot be asked ({error})"
        return Checked(tuple(quotes), (problem,), len(data.turns))
    shared = [turn.quotes for turn in data.turns]
    fresh = exporting.data_of(replies, made, space.opened.collection.generation, shared).as_json()
    for number, (old, new) in enumerate(zip(given.pop("turns"), fresh.pop("turns"), strict=True), start=1):
        problems += (f"question {number}: {found}" for found in differences(old, new))
    problems += differences(given, fresh)
    return Checked(tuple(quotes), tuple(problems[:_MOST_DIFFERENCES]), len(data.turns))


def _pack(given: Json, data: SavedPack, text: str, form: SavedFormat, space: Workspace) -> Checked:
    other, made = _other(data, space), _setting(data, space)
    quotes = tuple(_checked("", quote, space) for quote in quotes_in(given))
    problems = [*_head(data, space), *_visible(text, pack.render(data, form), form)]
    if not (other or problems or any(quote.is_problem for quote in quotes)):
        addresses = (*(quote.link.removeprefix(data.base) for quote in data.quotes), *data.missing)
        found = [(address, pack.read_pin(address, space.entries, data.base)) for address in addresses]
        pins = [(address, words and space.with_state(words)) for address, words in found]
        fresh = pack.data_of(pins, made, space.opened.collection.generation, data.name).as_json()
        problems += differences(given, fresh)
    return Checked(quotes, tuple(problems[:_MOST_DIFFERENCES]), other=other)


class _Line(json_form.AskResponse):
    """A line of `ask --json` or `batch`."""

    id: str | int | float | None = None
    answer: dict[str, Any]  # type: ignore[assignment]  # compared as it is written
    explain: list[Any] | None = None
    profile_ms: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)


def _lines(records: Sequence[tuple[str, Json]], space: Workspace, progress: Progress) -> Checked:
    quotes: list[Verdict] = []
    problems: list[str] = []
    generation = space.opened.collection.generation
    others = {one.get("index", {}).get("generation") for _, one in records if isinstance(one.get("index"), dict)}
    strange = sorted(str(name) for name in others - {None, generation})
    other = f"it was saved from index {strange[0]}, and this is {generation}" if strange else ""
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
        _Line.model_validate(record)
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
        line = _Line.model_validate(record)
        question = line.answer.get("question")
        asked = question if isinstance(question, str) else "", tuple(line.history), line.as_typed
        try:
            if asked not in known:
                reply = batching.asked(space, asked[0], asked[1], as_typed=line.as_typed)
                known[asked] = json.loads(json.dumps(json_form.reply_json(reply, space.texts, today=local_today())))
        except AssistantError as error:
            return [f"{at}: its question cannot be asked ({error})"]
        fresh = dict(known[asked])
        if "explain" in record:
            fresh["explain"] = json.loads(json.dumps(space.explain(*asked[:2])))
        for key in ("id", "timings_ms", "profile_ms"):  # the asker's own, and measures
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


def _other(data: SavedConversation | SavedPack, space: Workspace) -> str:
    """Return what gave the file if it was not this index, this program and these settings; else ""."""
    generation, ours = space.opened.collection.generation, space.setting().chosen
    if data.index.generation != generation:
        return f"it was saved from index {_beginning(str(data.index.generation))}, and this is {generation}"
    if data.version != exporting.this_version():
        return f"it was saved by version {_beginning(data.version)}, and this is {exporting.this_version()}"
    unlike = list(differences(data.settings, dict(ours)))
    return f"it was saved with other settings ({_beginning(unlike[0])})" if unlike else ""


def _head(data: SavedConversation | SavedPack, space: Workspace) -> Iterator[str]:
    """Report a day or an address that the file cannot have."""
    published = (entry.document.source.published for entry in space.entries.values())
    first = max((day for day in published if day and day <= local_today()), default=data.day)
    if data.index.generation == space.opened.collection.generation and not first <= data.day <= local_today() + _A_DAY:
        yield f"it was not saved on {data.day}: its index holds a document of {first}, and today is {local_today()}"
    if not _is_ours(data.base, space):
        yield f"its links lead to {_beginning(data.base)}, which is no address of this program (`web.hosts`)"


def _is_ours(base: str, space: Workspace) -> bool:
    """Check an address of the page: this machine, a private network, or a name that the operator gave."""
    parts = urlsplit(base)
    name = parts.hostname or ""
    if not base:
        return True
    if base != f"{parts.scheme}://{parts.netloc}" or parts.scheme not in ("http", "https") or "@" in parts.netloc:
        return False
    if name == "localhost" or name in space.configuration.settings.web.hosts.lower().split():
        return True
    try:
        return ipaddress.ip_address(name).is_private
    except ValueError:
        return False


def _setting(data: SavedConversation | SavedPack, space: Workspace) -> Setting:
    return Setting(space.texts, data.day, data.labels, data.base, space.setting().chosen)


def _checked(where: str, quote: Mapping[str, Any], space: Workspace) -> Verdict:
    """Compare one quote of our JSON with its document; it must be one that the program can show."""
    name, words = DocumentId(str(quote.get("document"))), str(quote.get("text") or "")
    where = f"{where}quote {quote.get('number')} of {name}"
    entry = space.entries.get(name)
    if entry is None:
        return Verdict(where, words, State.WRONG, "its document is not in the index")
    problem, place = check_quote(quote, entry.document.text), _place(quote, words)
    now = place.found_in(entry.document.text) if place else None
    if now is None or (problem is not None and now == place):
        return Verdict(where, words, State.WRONG, problem or "its words are no longer in its document")
    if pack.cited(entry, now) is None:
        return Verdict(where, words, State.WRONG, "it is only a part of what may be quoted together")
    return Verdict(where, words, State.STANDS if problem is None else State.MOVED)


def _visible(text: str, given: str, form: SavedFormat) -> Iterator[str]:
    """Report the first line in which the file differs from a fresh rendering of its data; JSON is only data."""
    if text == given or form is SavedFormat.JSON:
        return
    shown, drawn = text.split("\n"), given.split("\n")
    most = min(len(shown), len(drawn))
    at = next((i for i in range(most) if shown[i] != drawn[i]), most)
    one, two = shown[at] if at < len(shown) else "", drawn[at] if at < len(drawn) else ""
    yield f"line {at + 1}: {_first_difference(one, two)}"


def _first_difference(shown: str, given: str) -> str:
    """Describe the first place where two lines differ, with some text before it."""
    at = next((i for i, (a, b) in enumerate(zip(shown, given, strict=False)) if a != b), min(len(shown), len(given)))
    start = max(0, at - _AROUND)
    return f"it shows “{_beginning(shown[start:])}”, its data gives “{_beginning(given[start:])}”"


def _beginning(words: str) -> str:
    shown = " ".join(words[: 20 * _BEGINNING].split())
    return f"{shown[:_BEGINNING].rstrip()}…" if len(shown) > _BEGINNING else shown


def _shown(value: object) -> str:
    return _beginning(json.dumps(value, ensure_ascii=False))


def _place(quote: Mapping[str, Any], words: str) -> MarkedPlace | None:
    try:
        spans = [Range(int(start), int(end)) for start, end in quote["spans"]]
        return place_of_words(spans, words, Range(*map(int, quote["best"])))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _data_in(file: Path, text: str, suffix: str) -> Json | None:
    """Read the data of a saved file; ``None`` for lines of answers. Raises ``UsageError``."""
    if suffix not in _SAVED:
        return None
    is_json = suffix == ".json"
    try:
        data = exporting.parse(text) if is_json else exporting.embedded(text, html=suffix in _HTML)
    except (ValueError, RecursionError) as error:
        if is_json:
            return None
        raise UsageError(f"{file} holds data that is not JSON", hint=_HINT) from error
    if isinstance(data, dict) and data.get("kind") in (exporting.KIND, pack.KIND):
        return data
    if is_json:
        return None
    what = "no data of quotes" if data is None else "data that is not ours"
    raise UsageError(f"{file} holds {what}", hint=_HINT)


def _saved(given: Json) -> SavedConversation | SavedPack:
    is_pack = given["kind"] == pack.KIND
    return SavedPack.model_validate(given) if is_pack else SavedConversation.model_validate(given)


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
            record = exporting.parse(line)
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
    """Yield the quotes of a line of `batch` or of `ask --json`."""
    answer = record.get("answer")
    if isinstance(answer, dict):
        yield from quotes_in(answer)


def quotes_in(answer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the quotes of an answer, then the sides of its disagreements; skip any of another form."""
    yield from _objects(answer.get("quotes"))
    for differ in _objects(answer.get("disagreements")):
        yield from _objects(differ.get("sides"))


def _objects(values: object) -> Iterator[Mapping[str, Any]]:
    return (value for value in (values if isinstance(values, list) else ()) if isinstance(value, dict))
