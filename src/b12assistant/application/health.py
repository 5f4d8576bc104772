"""Check the index, the corpus and quotes for `verify`; report health and settings for `doctor`."""

from __future__ import annotations

import hashlib
import platform
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from b12assistant.application.quote_checks import Progress, check_file
from b12assistant.application.workspace import Workspace
from b12assistant.config import values_of
from b12assistant.corpus.folder import check_files
from b12assistant.display.terminal import counted
from b12assistant.errors import AssistantError, SourceError
from b12assistant.index.documents import Entry
from b12assistant.index.parts import Opened
from b12assistant.loaders.passages import passage_id
from b12assistant.types import FileEnd, MarkKind

_LOGIN = re.compile(r"(https?://|(?!.*\.db$)).*@", re.S)  # in an address; a file name may hold "@" too


_STALE = "the corpus is not the one that was indexed: run `b12assistant index`"


@dataclass(frozen=True, slots=True)
class Findings:
    """The findings of `verify`, as sentences.

    ``verified`` and ``verdict``: whether and how a file of ``quotes`` is confirmed, if one was given. ``fixed``: what
    was wrong before the index was rebuilt.
    """

    passages: int
    index_problems: tuple[str, ...]
    corpus_changes: tuple[str, ...] = ()
    quotes: int | None = None
    file_problems: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    verified: bool = True
    verdict: str = ""

    @property
    def sound(self) -> bool:
        return self.verified and not (self.index_problems or self.corpus_changes)

    def sentences(self) -> list[str]:
        lines = ["The index was missing or wrong and has been rebuilt from the corpus."] if self.fixed else []
        lines += [*self.index_problems, *self.corpus_changes, *self.file_problems]
        if self.corpus_changes:
            lines.append(f"{_STALE[0].upper()}{_STALE[1:]}.")
        lines.append(f"{self.passages} passages checked; {counted(len(self.index_problems), 'problem')} in the index.")
        return [*lines, self.verdict] if self.verdict else lines

    def as_json(self) -> dict[str, Any]:
        values = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}
        return {"sound": self.sound, **values}


def verify(
    space: Workspace,
    file: Path | None,
    *,
    fixed: tuple[str, ...] = (),
    progress: Progress = lambda done, of: None,
) -> Findings:
    """Check the index, its corpus, and ``file``. A missing index is a finding.

    ``fixed``: what was wrong before the index was rebuilt.
    """
    try:
        opened = space.opened
    except AssistantError as error:
        return Findings(0, (str(error),), fixed=fixed)
    checked = check_file(file, space, progress) if file else None
    problems = list(dict.fromkeys([*opened.problems, *space.store.damage()]))
    for entry in opened.entries:
        problems += check_entry(entry)
    problems += _differing_extractions(space, opened)
    found = Findings(len(opened.collection.passages), tuple(problems), tuple(space.stale_files()), fixed=fixed)
    if checked is None:
        return found
    return replace(
        found,
        quotes=checked.quotes,
        file_problems=checked.problems,
        verified=checked.is_verified,
        verdict=checked.sentence,
    )


def examine(space: Workspace) -> dict[str, Any]:
    """Report health and configuration for `doctor`."""
    report: dict[str, Any] = {
        "settings": {
            key: {"value": _without_password(key, value), "origin": space.configuration.origins[key]}
            for key, value in values_of(space.configuration.settings).items()
        },
        "python": platform.python_version(),
        "red_flags": space.red_flags_in_use,
        "problems": [],
    }
    try:
        encoder = space.encoder
        report["encoder"] = {"name": encoder.name, "sha256": encoder.digest, "runtime": dict(encoder.runtime)}
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
            {"file": file.file, "end": file.end, "reasons": list(file.reasons), "marked_share": file.marked_share}
            for file in opened.reports
        ],
        "stale": [],
        "reviewed": {
            "sentences": sum(len(entry.document.reviews) for entry in opened.entries),
            "of": sum(
                len(passage.sentences)
                for entry in opened.entries
                for passage in entry.passages
                if not passage.reference
            ),
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
    yield report["red_flags"]
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
                data = reader.read(space.corpus / entry.report.file)
                same_file = hashlib.sha256(data).hexdigest() == entry.file_sha256
                if same_file and reader.extract(data, entry.report.file).text != entry.document.text:
                    yield f"{entry.report.file}: reads differently from when it was indexed"
            except SourceError:
                continue  # reported by `stale_files`
