"""Check whether a file still agrees with the index: output of `batch` or `ask --json`, or a file saved by the page.

The words of each quote are compared with its document, and everything else about it with a fresh rendering. A saved
file is also compared as a whole with what its data gives.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from b12assistant.answers import FixedText, FixedTexts, NoticeKind, Strength, TextId, TopicId
from b12assistant.application import exporting, pack
from b12assistant.application.exporting import SavedConversation, SavedFormat, citation
from b12assistant.application.pack import SavedPack
from b12assistant.application.workspace import Workspace, local_today
from b12assistant.display import json_form
from b12assistant.display.addresses import MarkedPlace, place_of_words
from b12assistant.display.json_form import Json, source_fields
from b12assistant.display.labels import overdue
from b12assistant.display.presentation import Setting
from b12assistant.display.quoted import Cited, Quoted
from b12assistant.errors import ConfigError, UsageError
from b12assistant.index.documents import Entry
from b12assistant.types import GAP, DocumentId, Range

_HINT = "give what `batch` or `ask --json` wrote, or what the page saved as HTML, Markdown or JSON"
_HTML, _MARKDOWN = (".html", ".htm"), (".md", ".markdown")
_SAVED = (*_HTML, *_MARKDOWN, ".json")  # files that people read
_BEGINNING = 48  # characters of a quote that identify it in a message
_AROUND = 24  # characters shown before a difference
_MOST_DIFFERENCES = 20  # of the visible text
_SAVED_KEYS = ("notes", "link", "citation")  # only in quotes of a saved conversation
_MOST_LINES = 2_000  # compared one by one; longer texts are reported as one difference


class State(StrEnum):
    """How a quote compares with the index."""

    STANDS = "stands"
    MOVED = "moved"  # word for word, at another place of its document
    DIFFERS = "differs"  # word for word, but the index says other things about it
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result for one quote and its place in the file; ``problem`` is "" unless it differs or is wrong."""

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
        return self.state in (State.DIFFERS, State.WRONG)


@dataclass(frozen=True, slots=True)
class Checked:
    """A verdict for each quote of a file, in order, and other problems of the file, as sentences."""

    quotes: tuple[Verdict, ...]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Against:
    """What a file is compared with: the index and the fixed texts."""

    entries: Mapping[DocumentId, Entry]
    texts: FixedTexts = field(default_factory=dict)
    topics: Mapping[TopicId, str] = field(default_factory=dict)
    changed: frozenset[DocumentId] = frozenset()
    partly_off: frozenset[DocumentId] = frozenset()
    today: date = field(default_factory=local_today)

    @classmethod
    def of(cls, space: Workspace) -> Against:
        """Take the index of a workspace."""
        opened = space.opened
        topics = {dispute.topic: dispute.question for dispute in opened.collection.disputes}
        changed = frozenset(name for name in space.entries if space.source_changed(name))
        return cls(space.entries, space.texts, topics, changed, opened.collection.off_in_part)


def check_file(file: Path, against: Against) -> Checked:
    """Check every quote of a file, and a saved file as a whole. Raises ``UsageError`` for any other file."""
    text = _read(file)
    suffix = file.suffix.lower()
    if suffix == ".csv":
        raise UsageError(f"{file} is a table without data to check", hint=_HINT)
    data = _saved(file, text, suffix)
    if data is None:
        records = list(_records(file, text))
        made = Setting(against.texts, against.today)
        quotes = [_checked(f"{at}, ", quote, against, made) for at, one in records for quote in quotes_of(one)]
        problems = [problem for at, one in records for problem in _around(f"{at}, ", one.get("answer"), against)]
        return Checked(tuple(quotes), tuple(problems))
    try:
        return _whole(text, suffix, data, against)
    except (ConfigError, ValueError, LookupError) as error:
        raise UsageError(f"{file} holds data that is not ours ({error})", hint=_HINT) from error


def is_exported(file: Path) -> bool:
    """Check whether people read the file, so that every quote is to be listed."""
    return file.suffix.lower() in _SAVED


def _whole(text: str, suffix: str, data: SavedConversation | SavedPack, against: Against) -> Checked:
    made = Setting(against.texts, data.day, data.labels, data.base)
    quotes: list[Verdict] = []
    problems: list[str] = []
    answers = (
        [(f"question {number}, ", turn.answer.as_json()) for number, turn in enumerate(data.turns, start=1)]
        if isinstance(data, SavedConversation)
        else [("", data.as_json())]
    )
    for where, answer in answers:
        quotes += (_checked(where, quote, against, made) for quote in quotes_in(answer))
        problems += _around(where, answer, against)
    problems += _visible(text, suffix, data)
    if not problems and not any(quote.is_problem for quote in quotes) and data.seal != exporting.seal_of(data):
        problems.append(
            "something was changed that the index does not hold, such as a question or the order, or a part was "
            "taken out: the data does not have the seal it was saved with"
        )
    return Checked(tuple(quotes), tuple(problems))


def _checked(where: str, quote: Mapping[str, Any], against: Against, made: Setting) -> Verdict:
    """Compare one quote of our JSON with its document."""
    name, words = DocumentId(str(quote.get("document"))), str(quote.get("text") or "")
    where = f"{where}quote {quote.get('number')} of {name}"
    entry = against.entries.get(name)
    if entry is None:
        return Verdict(where, words, State.WRONG, "its document is not in the index")
    problem, place = check_quote(quote, entry.document.text), _place(quote, words)
    now = place.found_in(entry.document.text) if place else None
    if now is None or (problem is not None and now == place):
        return Verdict(where, words, State.WRONG, problem or "its words are no longer in its document")
    moved = problem is not None
    fresh = _fresh(quote, entry, now, against, made, moved=moved)
    if differences := "; ".join(_differences(quote, fresh)):
        return Verdict(where, words, State.DIFFERS, differences)
    return Verdict(where, words, State.MOVED if moved else State.STANDS)


def _fresh(
    quote: Mapping[str, Any], entry: Entry, place: MarkedPlace, against: Against, made: Setting, *, moved: bool
) -> Json:
    """Return what the index says about the words now; for moved words, without what depends on their place.

    ``made``: how a saved file was made; for a line of `batch`, today and in English.
    """
    document = entry.document
    spans = tuple(document.span(span.start, span.end) for span in place.spans)
    best = document.span(place.best.start, place.best.end) if place.best else spans[0]
    strength = quote.get("strength")
    cited = Cited(
        spans,
        best,
        base=made.base,
        strength=Strength(strength) if strength in list(Strength) else None,
        changed=document.id in against.changed,
        partly_off=document.id in against.partly_off,
    )
    shown = Quoted.of(cited, made.labels, made.today)
    fresh: Json = {
        "title": document.title,
        "section": list(shown.place[1:]),
        "pages": list(shown.page_range) if shown.page_range else None,
        **source_fields(document.source, shown.speaker.basis),
        "source_cites": list(document.source.cites),
        "review_overdue": overdue(document.source, made.today),
        "source_changed": document.id in against.changed,
        "partly_off": document.id in against.partly_off,
        "notes": list(shown.notes),
    }
    passage = next((passage for passage in entry.passages if passage.id == quote.get("passage")), None)
    if moved:
        return fresh
    whole = replace(cited, best=None).link  # the pin of a whole passage has a link without a sentence
    link = whole if quote.get("link") == whole else cited.link
    fresh |= {"link": link, "citation": citation(replace(shown, link=link), made.labels)}
    fresh["passage"] = quote.get("passage") if passage or not quote.get("passage") else None
    if passage:
        around = passage.span
        fresh["context_span"] = [min(around.start, spans[0].start), max(around.end, spans[-1].end)]
    return fresh


def _differences(quote: Mapping[str, Any], fresh: Mapping[str, Any]) -> Iterator[str]:
    for key, value in fresh.items():
        if key in quote and quote[key] != value:
            yield f"{key} is {_shown(quote[key])} in the file, {_shown(value)} in the index"


def _notices(where: str, notices: object, against: Against) -> Iterator[str]:
    for notice in notices if isinstance(notices, list) else ():
        name = TextId(str(notice.get("text_id"))) if isinstance(notice, dict) else TextId("")
        known = against.texts.get(name)
        if known is not None and notice.get("version") != known.version:
            yield f"{where}notice {name}: its version is {notice.get('version')} in the file, {known.version} here"
        else:
            yield from _other_text(f"{where}notice {name}", notice, known)


def _other_text(where: str, written: Mapping[str, Any], known: FixedText | None) -> Iterator[str]:
    if known is None:
        yield f"{where}: there is no such fixed text"
    elif written.get("text") != known.text:
        yield f"{where}: {_first_difference(str(written.get('text')), known.text, 'the fixed text')}"


def _around(where: str, answer: object, against: Against) -> Iterator[str]:
    """Report what is wrong around the quotes: fixed texts, the red flag, numbers, places and unknown keys."""
    if not isinstance(answer, dict):
        return
    yield from _notices(where, answer.get("notices"), against)
    yield from _topics(where, answer.get("disagreements"), against)
    yield from _flag(where, answer, against)
    quotes = list(_objects(answer.get("quotes")))
    numbers = [quote.get("number") for quote in quotes]
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"{where}the quotes are numbered {_shown(numbers)}"
    if "status" not in answer:
        return  # a pack
    shown, strong = bool(quotes), any(quote.get("strength") == "strong" for quote in quotes)
    right = {"answered": strong, "possibly": shown, "no_answer": not shown, "safety_only": not shown}
    if not right.get(str(answer["status"]), False):
        yield f"{where}the status {_shown(answer['status'])} does not fit its quotes"
    kinds = [notice.get("kind") for notice in _objects(answer.get("notices"))]
    if NoticeKind.GENERAL not in kinds and answer["status"] != "safety_only":
        yield f"{where}the fixed text that is shown with every answer is missing"
    for place in _objects(answer.get("nearest")):
        yield from _nearest(where, place, against)
    yield from _unknown(where, answer)


def _flag(where: str, answer: Mapping[str, Any], against: Against) -> Iterator[str]:
    """Report a red flag without its notice, or a notice without its red flag."""
    flag = answer.get("red_flag")
    notices = list(_objects(answer.get("notices")))
    if not isinstance(flag, dict):
        if any(notice.get("rule") for notice in notices):
            yield f"{where}the red flag is missing, though a notice names its rule"
        return
    name = str(flag.get("text_id"))
    if not any(notice.get("rule") == flag.get("rule") and notice.get("text_id") == name for notice in notices):
        yield f"{where}red flag {name}: no notice has its rule and text"
    yield from _other_text(f"{where}red flag {name}", flag, against.texts.get(TextId(name)))


def _nearest(where: str, place: Mapping[str, Any], against: Against) -> Iterator[str]:
    name = str(place.get("document"))
    entry = against.entries.get(DocumentId(name))
    if entry is None:
        yield f"{where}nearest passage of {name}: its document is not in the index"
        return
    passage = next((passage for passage in entry.passages if passage.id == place.get("passage")), None)
    # Another index may have other passages; the document's title still holds.
    fresh = json_form.Place.of_passage(passage).as_json() if passage else {"title": entry.document.title}
    if differences := "; ".join(_differences(place, fresh)):
        yield f"{where}nearest passage of {name}: {differences}"


def _unknown(where: str, answer: Mapping[str, Any]) -> Iterator[str]:
    """Report keys and values that an answer cannot have."""
    differing = [
        {**differ, "sides": _unsaved(differ.get("sides"))} if isinstance(differ, dict) else differ
        for differ in answer.get("disagreements") or ()
    ]
    read = {**answer, "quotes": _unsaved(answer.get("quotes")), "disagreements": differing}
    try:
        json_form.Answer.model_validate(read)
    except ValidationError as error:
        for problem in error.errors()[:_MOST_DIFFERENCES]:
            yield f"{where}{'.'.join(map(str, problem['loc']))}: {problem['msg'][:1].lower()}{problem['msg'][1:]}"


def _unsaved(quotes: object) -> list[object]:
    """Return quotes without the keys that only a saved file has."""
    return [
        {key: value for key, value in quote.items() if key not in _SAVED_KEYS} if isinstance(quote, dict) else quote
        for quote in (quotes if isinstance(quotes, list) else ())
    ]


def _topics(where: str, disagreements: object, against: Against) -> Iterator[str]:
    for differ in _objects(disagreements):
        name, topic = differ.get("topic_id"), differ.get("topic")
        known = against.topics.get(TopicId(str(name)))
        if topic != known:
            yield f"{where}topic {name}: it is {_shown(topic)} in the file, {_shown(known)} in the index"


def _visible(text: str, suffix: str, data: SavedConversation | SavedPack) -> Iterator[str]:
    """Report where the file differs from a fresh rendering of its data, line by line."""
    form = SavedFormat.JSON if suffix == ".json" else SavedFormat.HTML if suffix in _HTML else SavedFormat.MARKDOWN
    given = exporting.render(data, form) if isinstance(data, SavedConversation) else pack.render(data, form)
    shown, drawn = text.split("\n"), given.split("\n")
    if suffix == ".json" or shown == drawn:
        return
    other = "" if data.version == exporting.this_version() else f" (made by version {data.version})"
    changes = _changes(shown, drawn)
    for start, end, from_, to in changes[:_MOST_DIFFERENCES]:
        one, two = "\n".join(shown[start:end]), "\n".join(drawn[from_:to])
        yield f"line {start + 1}{other}: {_first_difference(one, two, 'its data')}"
    if len(changes) > _MOST_DIFFERENCES:
        yield f"{len(changes) - _MOST_DIFFERENCES} more places show what the data does not give"


def _changes(shown: Sequence[str], drawn: Sequence[str]) -> list[tuple[int, int, int, int]]:
    """Return the ranges of lines that differ; a single range if there are too many lines to compare."""
    most = min(len(shown), len(drawn))
    first = next((i for i in range(most) if shown[i] != drawn[i]), most)
    last = next((i for i in range(most - first) if shown[-1 - i] != drawn[-1 - i]), most - first)
    a, b = shown[first : len(shown) - last], drawn[first : len(drawn) - last]
    if max(len(a), len(b)) > _MOST_LINES:
        return [(first, first + len(a), first, first + len(b))]
    operations = SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    return [(first + i, first + j, first + k, first + n) for tag, i, j, k, n in operations if tag != "equal"]


def _first_difference(shown: str, given: str, giver: str) -> str:
    """Describe the first place where two texts differ, with some text before it."""
    at = next((i for i, (a, b) in enumerate(zip(shown, given, strict=False)) if a != b), min(len(shown), len(given)))
    start = max(0, at - _AROUND)
    return f"it shows “{_beginning(shown[start:])}”, {giver} gives “{_beginning(given[start:])}”"


def _beginning(words: str) -> str:
    shown = " ".join(words.split())
    return f"{shown[:_BEGINNING].rstrip()}…" if len(shown) > _BEGINNING else shown


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _place(quote: Mapping[str, Any], words: str) -> MarkedPlace | None:
    try:
        spans = [Range(int(start), int(end)) for start, end in quote["spans"]]
        return place_of_words(spans, words, Range(*map(int, quote["best"])))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _saved(file: Path, text: str, suffix: str) -> SavedConversation | SavedPack | None:
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
    kinds: dict[str, type[SavedConversation | SavedPack]]
    kinds = {exporting.KIND: SavedConversation, pack.KIND: SavedPack}
    kind = kinds.get(str(data.get("kind"))) if isinstance(data, dict) else None
    if kind is None and is_json:
        return None
    if kind is None:
        what = "no data of quotes" if data is None else "data that is not ours"
        raise UsageError(f"{file} holds {what}", hint=_HINT)
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(map(str, first["loc"]))
        raise UsageError(f"{file} holds data that is not ours ({at}: {first['msg']})", hint=_HINT) from error


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


def _records(file: Path, text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
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
