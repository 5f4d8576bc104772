"""Check the index, the corpus and saved answers for `verify`; report health and settings for `doctor`.

A file of answers has one on each line, as `batch` and `ask --json` write it. Each quote must be a
slice of its document, and its question must give the same answer. An answer follows from the index, the question, the
earlier questions and the settings; one that another index gave is not asked again.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from b12assistant.application.workspace import Workspace
from b12assistant.config import values_of
from b12assistant.corpus.folder import check_files
from b12assistant.data_files import read_lines
from b12assistant.display.json_form import Answer, AskResponse, Quote, reply_json
from b12assistant.display.terminal import counted
from b12assistant.errors import AssistantError, SourceError, UsageError
from b12assistant.index.collection import Opened
from b12assistant.index.documents import Entry
from b12assistant.loaders.passages import passage_id
from b12assistant.types import GAP, DocumentId, FileEnd, MarkKind

_HINT = "give what `batch` or `ask --json` of this version wrote"
_SHOWN = 48  # characters of a value that are shown
_NOISE = 0.0002  # of a score, on another processor
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Checked:
    """What is wrong with a file of answers, in sentences. ``other``: why they cannot be asked again, "" if they can."""

    quotes: int
    answers: int
    problems: tuple[str, ...]
    other: str = ""

    @property
    def is_verified(self) -> bool:
        return not (self.other or self.problems)

    @property
    def sentence(self) -> str:
        """Return the verdict on the file."""
        quotes, wrong = counted(self.quotes, "quote"), len(self.problems)
        if wrong:
            return f"Not verified: {counted(wrong, 'problem')} of the file, listed above."
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
    strange = sorted({record.index.generation or generation for _, record in records if record} - {generation})
    other = f"it was saved from index {strange[0][:_SHOWN]}, and this is {generation}" if strange else ""
    texts = {entry.document.id: entry.document.text for entry in space.opened.entries}
    quotes = [(at, quote) for at, record in records if record for quote in quotes_of(record.answer)]
    problems = [f"{at}: it holds an error in place of an answer" for at, record in records if not record]
    problems += [
        f"{at}, quote {quote.number} of {quote.document}: {problem}"
        for at, quote in quotes
        if (problem := check_quote(quote, texts.get(DocumentId(quote.document))))
    ]
    if not problems and not other:
        problems = list(_unlike([(at, record) for at, record in records if record], space, progress))
    return Checked(len(quotes), len(records), tuple(problems), other)


def _unlike(records: Sequence[tuple[str, AskResponse]], space: Workspace, progress: Progress) -> Iterator[str]:
    """Ask the questions of all lines again; yield the first difference, if there is one."""
    for number, (at, record) in enumerate(records):
        progress(number, len(records))
        try:
            reply = space.ask(record.answer.question, record.history, as_typed=record.as_typed)
        except AssistantError as error:
            yield f"{at}: its question cannot be asked ({error})"
            return
        saved = record.as_json()
        fresh = {**reply_json(reply, space.texts), "timings_ms": saved["timings_ms"]}
        if found := differing(saved, fresh):
            ended = ", where asking again ended" * (number < len(records) - 1)
            yield f"{at}{ended}: {found} is not what the index gives"
            return


def differing(given: Any, fresh: Any, *place: str) -> str:
    """Return the first place at which two answers differ, "" if they are alike; list items are counted from 1."""
    if isinstance(given, dict) and isinstance(fresh, dict):
        inner = [(key, given[key], fresh[key]) for key in fresh]
    elif isinstance(given, list) and isinstance(fresh, list) and len(given) == len(fresh):
        inner = [(str(number), *pair) for number, pair in enumerate(zip(given, fresh, strict=True), start=1)]
    else:
        same = abs(given - fresh) <= _NOISE if place[-1] == "score" else given == fresh
        return "" if same else ".".join(place)
    return next(filter(None, (differing(old, new, *place, at) for at, old, new in inner)), "")


def _records(file: Path) -> Iterator[tuple[str, AskResponse | None]]:
    """Yield every answer with its line; ``None`` for an error in place of one. Raises ``UsageError``."""
    lines = read_lines(file, hint=_HINT)
    if not lines:
        raise UsageError(f"{file} holds no answers", hint=_HINT)
    for number, line in lines:
        try:
            record = dict(json.loads(line))
            record.pop("id", None)
            saved = json.dumps(record)
            yield f"line {number}", None if "error" in record else AskResponse.model_validate_json(saved, strict=True)
        except (TypeError, ValueError, RecursionError) as error:
            raise UsageError(f"{file}:{number} holds no answer", hint=_HINT) from error


def check_quote(quote: Quote, text: str | None) -> str | None:
    """Return what is wrong with a quote as shown, given its document's text; ``None`` if it is word for word."""
    if text is None:
        return "its document is not in the index"
    spans, (best_start, best_end) = quote.spans, quote.best
    if not all(0 <= start < end <= len(text) for start, end in spans):
        return "its spans are outside the document"
    if any(before[1] > after[0] for before, after in pairwise(spans)):
        return "its spans are not in order"
    if GAP.join(text[start:end] for start, end in spans) != quote.text:
        return "its words are not the words of the source"
    if not any(start <= best_start < best_end <= end for start, end in spans):
        return "its best sentence is outside it"
    return None


def quotes_of(answer: Answer) -> Iterator[Quote]:
    """Yield the quotes of an answer, then the sides of its disagreements."""
    yield from answer.quotes
    for differ in answer.disagreements:
        yield from differ.sides


_LOGIN = re.compile(r"(https?://|(?!.*\.db$)).*@", re.S)  # in an address; a file name may hold "@" too


_STALE = "the corpus is not the one that was indexed: run `b12assistant index`"


@dataclass(frozen=True, slots=True)
class Findings:
    """The findings of `verify`, as sentences; of a file too, if one was given.

    ``fixed``: what was wrong before the index was rebuilt.
    """

    passages: int
    index_problems: tuple[str, ...]
    corpus_changes: tuple[str, ...] = ()
    file: Checked | None = None
    fixed: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        return not (self.index_problems or self.corpus_changes) and (self.file is None or self.file.is_verified)

    def sentences(self) -> list[str]:
        lines = ["The index was missing or wrong and has been rebuilt from the corpus."] if self.fixed else []
        lines += [*self.index_problems, *self.corpus_changes, *(self.file.problems if self.file else ())]
        if self.corpus_changes:
            lines.append(f"{_STALE[0].upper()}{_STALE[1:]}.")
        lines.append(f"{self.passages} passages checked; {counted(len(self.index_problems), 'problem')} in the index.")
        return [*lines, self.file.sentence] if self.file else lines

    def as_json(self) -> dict[str, Any]:
        told = {"verified": self.file.is_verified, "verdict": self.file.sentence} if self.file else {}
        return {"sound": self.sound, **told, **asdict(self)}


def verify(space: Workspace, file: Path | None, *, progress: Progress = lambda done, of: None) -> Findings:
    """Check the index, its corpus, and ``file``. A missing index is a finding."""
    try:
        opened = space.opened
    except AssistantError as error:
        return Findings(0, (str(error),))
    checked = check_file(file, space, progress) if file else None
    problems = list(dict.fromkeys([*opened.problems, *space.store.damage()]))
    for entry in opened.entries:
        problems += check_entry(entry)
    problems += _differing_extractions(space, opened)
    passages = len(opened.collection.passages)
    return Findings(passages, tuple(problems), tuple(space.stale_files()), checked)


def examine(space: Workspace) -> dict[str, Any]:
    """Report health and configuration for `doctor`."""
    report: dict[str, Any] = {
        "settings": {
            key: {"value": _without_password(key, value), "origin": space.configuration.origins[key]}
            for key, value in values_of(space.configuration.settings).items()
        },
        "python": platform.python_version(),
        "problems": [],
    }
    try:
        encoder = space.encoder
        space.question_encoder  # noqa: B018 - reports a damaged graph
        report["encoder"] = {"name": encoder.name, "sha256": encoder.digest, "runtime": dict(encoder.runtime)}
        report["problems"] += space.triage.problems
        if (ranker := space.quote_ranker) is not None:
            ranker.score("what is it", "It is one.")  # its file is read at first use
        opened = space.opened
    except AssistantError as error:
        report["problems"].append(str(error))
        return report
    report["index"] = {
        "generation": opened.collection.generation,
        "counts": opened.manifest["counts"],
        "runtime": opened.manifest["runtime"],
        "files": [
            {"file": file.file, "end": file.end, "reasons": list(file.reasons), "marked_share": file.marked_share}
            for file in opened.reports
        ],
        "stale": [],
        "reviewed": {
            "sentences": sum(len(entry.document.reviews) for entry in opened.entries),
            "of": sum(len(each.sentences) for each in opened.collection.passages if not each.reference),
        },
    }
    report["problems"] += opened.problems
    try:
        check_files(space.corpus)
        report["index"]["stale"] += space.stale_files()
        if report["index"]["stale"]:
            report["problems"].append(_STALE)
    except AssistantError as error:
        report["problems"].append(str(error))
    return report


def check_entry(entry: Entry) -> Iterator[str]:
    """Yield what is wrong with passages: each must have the id of its text, be in order, and hold no `never` text."""
    document = entry.document
    never = [mark.range for mark in document.marks if mark.kind is MarkKind.NEVER]
    seen: Counter[str] = Counter()
    end = 0
    for passage in entry.passages:
        text = "\n".join(span.text for span in passage.sentences)
        if passage.id != passage_id(document.id, text, seen[text]):
            yield f"{document.id}: passage {passage.id} does not hold the text of its id"
        seen[text] += 1
        for span in passage.sentences:
            if span.start < end:
                yield f"{document.id}: passage {passage.id} overlaps the one before"
            end = span.end
            if any(mark.overlaps(span.range) for mark in never):
                yield f"{document.id}: passage {passage.id} holds text that is never quoted"


def _without_password(key: str, value: object) -> object:
    """Remove what is secret, since people paste the output of `doctor` into bug reports."""
    return _LOGIN.sub(r"\1…@", str(value)) if key == "index.uri" else value


def sentences(report: dict[str, Any]) -> Iterator[str]:
    """Yield the report of ``examine`` as lines of text."""
    yield f"Python {report['python']}"
    if "encoder" in report:
        encoder = report["encoder"]
        yield f"encoder {encoder['name']} (weights {encoder['sha256'][:12]}…) on {encoder['runtime']['encoder']}"
    index = report.get("index")
    if index:
        counts = index["counts"]
        generation = index["generation"][:12]
        yield f"index generation {generation}: {counts['documents']} documents, {counts['passages']} passages"
        for file in index["files"]:
            if file["end"] != FileEnd.INDEXED:
                yield f"  {file['end']}: {file['file']}: {'; '.join(file['reasons'])}"
        yield f"  sentences that somebody reviewed: {index['reviewed']['sentences']} of {index['reviewed']['of']}"
        yield from (f"  {change}" for change in index["stale"])
    yield "settings:"
    for key, setting in report["settings"].items():
        yield f"  {key} = {setting['value']!r}  ({setting['origin']})"
    yield from (f"problem: {problem}" for problem in report["problems"])
    yield f"{counted(len(report['problems']), 'problem')}." if report["problems"] else "No problem found."


def _differing_extractions(space: Workspace, opened: Opened) -> Iterator[str]:
    """Find unchanged files that now give another text, for example with another version of a library."""
    with space.reader() as reader:
        for entry in opened.entries:
            try:
                data = reader.read(space.corpus / entry.document.id)
                same_file = hashlib.sha256(data).hexdigest() == entry.file_sha256
                if same_file and reader.extract(data, entry.document.id).text != entry.document.text:
                    yield f"{entry.document.id}: reads differently from when it was indexed"
            except SourceError:
                continue  # reported by `stale_files`
