"""What `verify` and `doctor` say: does everything still stand, and where does each setting come from?"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from b12assistant.api import Opened, Workspace
from b12assistant.config import values_of
from b12assistant.cross_encoder import load_cross_encoder
from b12assistant.errors import AssistantError, SourceError, UsageError
from b12assistant.types import DocumentId, FileEnd
from b12assistant.verification import check_entry, check_quote, quotes_of


@dataclass(frozen=True, slots=True)
class Findings:
    """What `verify` found; each finding is a sentence. ``quotes``: how many a file held, if one was given."""

    passages: int
    quotes: int | None
    index_problems: tuple[str, ...]
    corpus_changes: tuple[str, ...]
    quote_problems: tuple[str, ...]
    mended: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        return not (self.index_problems or self.corpus_changes or self.quote_problems)

    def sentences(self) -> list[str]:
        found = ["The index was missing or wrong and has been built anew from the corpus."] if self.mended else []
        found += [*self.index_problems, *self.corpus_changes, *self.quote_problems]
        if self.corpus_changes:
            found.append("The corpus is not the one that was indexed: run `b12assistant index`.")
        found.append(f"{self.passages} passages checked; {_count(len(self.index_problems), 'problem')} in the index.")
        if self.quotes is not None:
            good = self.quotes - len(self.quote_problems)
            found.append(f"{good} of {self.quotes} quotes stand word for word in the source.")
        return found

    def as_json(self) -> dict[str, Any]:
        return {
            "sound": self.sound,
            "passages": self.passages,
            "quotes": self.quotes,
            "index_problems": list(self.index_problems),
            "corpus_changes": list(self.corpus_changes),
            "quote_problems": list(self.quote_problems),
            "mended": list(self.mended),
        }


def verify(space: Workspace, file: Path | None, *, mended: tuple[str, ...] = ()) -> Findings:
    """Check the index, the corpus behind it, and the quotes in ``file``. A missing index is a finding.

    ``mended``: what was wrong before the index was built anew.
    """
    records = list(_records(file)) if file else []
    try:
        opened = space.opened
    except AssistantError as error:
        return Findings(0, None, (str(error),), (), (), mended)
    changes = tuple(space.stale_files())
    problems = [*opened.problems]
    for entry in opened.entries:
        problems += check_entry(entry)
    problems += _differing_extractions(space, opened)
    texts = {entry.document.id: entry.document.text for entry in opened.entries}
    checked = [_quote_problem(where, quote, texts) for where, record in records for quote in quotes_of(record)]
    return Findings(
        len(opened.collection.passages),
        len(checked) if file else None,
        tuple(problems),
        changes,
        tuple(problem for problem in checked if problem),
        mended,
    )


def examine(space: Workspace) -> dict[str, Any]:
    """Health and configuration, for `doctor`."""
    report: dict[str, Any] = {
        "settings": {
            key: {"value": value, "origin": space.configuration.origins[key]}
            for key, value in values_of(space.configuration.settings).items()
        },
        "python": platform.python_version(),
        "problems": [],
    }
    try:
        report["encoder"] = {"name": space.encoder.name, "sha256": space.encoder.digest}
        load_cross_encoder(space.configuration.settings.retrieval.cross_encoder)
        report["problems"] += space.triage.problems
        opened = space.opened
    except AssistantError as error:
        report["problems"].append(str(error))
        return report
    report["index"] = {
        "generation": opened.collection.generation,
        "counts": opened.manifest["counts"],
        "runtime": opened.manifest["runtime"],
        "files": [
            {"file": each.file, "end": each.end, "reasons": list(each.reasons), "marked_share": each.marked_share}
            for each in opened.reports
        ],
        "stale": [],
    }
    report["problems"] += opened.problems
    try:
        report["index"]["stale"] += space.stale_files()
    except AssistantError as error:
        report["problems"].append(str(error))
    return report


def sentences(report: dict[str, Any]) -> Iterator[str]:
    """The same for a reader."""
    yield f"Python {report['python']}"
    if "encoder" in report:
        yield f"encoder {report['encoder']['name']} (weights {report['encoder']['sha256'][:12]}…)"
    index = report.get("index")
    if index:
        counts = index["counts"]
        generation = index["generation"][:12]
        yield f"index generation {generation}: {counts['documents']} documents, {counts['passages']} passages"
        for each in index["files"]:
            if each["end"] != FileEnd.INDEXED:
                yield f"  {each['end']}: {each['file']}: {'; '.join(each['reasons'])}"
        yield from (f"  {change}" for change in index["stale"])
        if index["stale"]:
            yield "The corpus is not the one that was indexed: run `b12assistant index`."
    yield "settings:"
    for key, setting in report["settings"].items():
        yield f"  {key} = {setting['value']!r}  ({setting['origin']})"
    yield from (f"problem: {problem}" for problem in report["problems"])
    yield f"{_count(len(report['problems']), 'problem')}." if report["problems"] else "No problem found."


def _differing_extractions(space: Workspace, opened: Opened) -> Iterator[str]:
    """Documents whose file is unchanged, but reads differently today (another version of a library, say)."""
    with space.reader() as reader:
        for entry in opened.entries:
            try:
                data = reader.read(space.corpus / entry.report.file)
                same_file = hashlib.sha256(data).hexdigest() == entry.file_sha256
                if same_file and reader.extract(data, entry.report.file).text != entry.document.text:
                    yield f"{entry.report.file}: reads differently from when it was indexed"
            except SourceError:
                continue  # named by `stale_files`


def _records(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every answer in ``file``, with where it stands. Raises ``UsageError`` for a line that is none."""
    hint = "give what `batch` or `ask --json` wrote"
    try:
        lines = file.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except OSError as error:
        raise UsageError(f"{file} cannot be read ({error.strerror})", hint=hint) from error
    if not any(line.strip() for line in lines):
        raise UsageError(f"{file} holds no answers", hint=hint)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line.decode())
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{file}:{number} is not JSON", hint=hint) from error
        if not _is_answer(record):
            raise UsageError(f"{file}:{number} holds no answer", hint=hint)
        yield f"line {number}", record


def _is_answer(record: object) -> bool:
    if not isinstance(record, dict):
        return False
    answer = record.get("answer")
    return "error" in record or (isinstance(answer, dict) and _are_quotes(answer.get("quotes")))


def _are_quotes(quotes: object) -> bool:
    return isinstance(quotes, list) and all(isinstance(quote, dict) for quote in quotes)


def _quote_problem(where: str, quote: Any, texts: dict[DocumentId, str]) -> str | None:
    name = quote.get("document")
    text = texts.get(DocumentId(str(name)))
    problem = "its document is not in the index" if text is None else check_quote(quote, text)
    return f"{where}, quote {quote.get('number')} of {name}: {problem}" if problem else None


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
