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
from b12assistant.errors import AssistantError, SourceError, UsageError
from b12assistant.types import DocumentId, FileEnd
from b12assistant.verification import check_entry, check_quote, quotes_of


@dataclass(frozen=True, slots=True)
class Findings:
    """What `verify` found; each finding is a sentence."""

    passages: int
    quotes: int
    index_problems: tuple[str, ...]
    corpus_changes: tuple[str, ...]
    quote_problems: tuple[str, ...]

    @property
    def sound(self) -> bool:
        return not (self.index_problems or self.corpus_changes or self.quote_problems)

    def sentences(self) -> list[str]:
        found = [*self.index_problems, *self.corpus_changes, *self.quote_problems]
        if self.corpus_changes:
            found.append("The corpus is not the one that was indexed: run `b12assistant index`.")
        good = self.quotes - len(self.quote_problems)
        quotes = f", {good} of {self.quotes} quotes stand word for word" if self.quotes else ""
        found.append(f"{self.passages} passages checked{quotes}, {len(self.index_problems)} problems in the index.")
        return found

    def as_json(self) -> dict[str, Any]:
        return {
            "sound": self.sound,
            "passages": self.passages,
            "quotes": self.quotes,
            "index_problems": list(self.index_problems),
            "corpus_changes": list(self.corpus_changes),
            "quote_problems": list(self.quote_problems),
        }


def verify(space: Workspace, file: Path | None) -> Findings:
    """Check the index, the corpus behind it, and the quotes in ``file``. A missing index is a finding."""
    try:
        opened = space.opened
    except AssistantError as error:
        return Findings(0, 0, (str(error),), (), ())
    problems = [*opened.problems]
    for entry in opened.entries:
        problems += check_entry(entry)
    problems += _differing_extractions(space, opened)
    records = list(_records(file)) if file else []
    texts = {entry.document.id: entry.document.text for entry in opened.entries}
    checked = [_quote_problem(record, quote, texts) for record in records for quote in quotes_of(record)]
    return Findings(
        len(opened.collection.passages),
        len(checked),
        tuple(problems),
        tuple(space.stale_files()),
        tuple(problem for problem in checked if problem),
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
        "stale": list(_stale(space)),
    }
    report["problems"] += opened.problems
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
        yield from (f"  {change} (run `b12assistant index`)" for change in index["stale"])
    yield "settings:"
    for key, setting in report["settings"].items():
        yield f"  {key} = {setting['value']!r}  ({setting['origin']})"
    yield from (f"problem: {problem}" for problem in report["problems"])
    yield "No problem found." if not report["problems"] else f"{len(report['problems'])} problems."


def _stale(space: Workspace) -> Iterator[str]:
    try:
        yield from space.stale_files()
    except AssistantError as error:
        yield str(error)


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


def _records(file: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = file.read_text("utf-8").splitlines()
        for line in lines:
            if line.strip():
                yield json.loads(line)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{file} cannot be read as JSON lines", hint="give what `batch` or `ask --json` wrote"
        ) from error


def _quote_problem(record: dict[str, Any], quote: Any, texts: dict[DocumentId, str]) -> str | None:
    text = texts.get(quote.get("document"))
    problem = "its document is not in the index" if text is None else check_quote(quote, text)
    return (
        f"{record.get('id') or 'answer'}: quote {quote.get('number')} of {quote.get('document')}: {problem}"
        if problem
        else None
    )
