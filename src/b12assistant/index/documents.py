"""Write and read the documents and passages of a generation as JSON lines: offsets, never copies of text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from b12assistant.errors import REBUILD, IndexDamagedError
from b12assistant.language.words import bare
from b12assistant.types import (
    Attribution,
    Block,
    BlockKind,
    Document,
    DocumentId,
    Extent,
    FileEnd,
    FileReport,
    Interest,
    Mark,
    MarkKind,
    Origin,
    OriginId,
    Pairing,
    Passage,
    PassageId,
    Range,
    Review,
    Section,
    Source,
    SourceKind,
    SourceWeight,
    Words,
)

Json = dict[str, Any]

DOCUMENTS = "documents.jsonl"


@dataclass(frozen=True, slots=True)
class Entry:
    """An indexed file: its document and passages, what to report, and what it was made from.

    ``marked_share``: of the non-blank characters, marked `never`. ``front``: facts of the file's front matter.
    """

    document: Document
    passages: tuple[Passage, ...]
    warnings: tuple[str, ...]
    marked_share: float
    file_sha256: str
    extractor: str
    front: Mapping[str, Any]

    @property
    def report(self) -> FileReport:
        """Return the report on the file, as one whose vectors were copied."""
        return FileReport(
            file=self.document.id,
            end=FileEnd.WARNINGS if self.warnings else FileEnd.INDEXED,
            reasons=self.warnings,
            passages=len(self.passages),
            marked_share=self.marked_share,
            described=self.document.source.is_described,
        )


def entries_to_bytes(entries: Iterable[Entry]) -> bytes:
    rows = (json.dumps(_entry(entry), ensure_ascii=False, sort_keys=True) for entry in entries)
    return "".join(f"{row}\n" for row in rows).encode()


def entries_from_bytes(data: bytes) -> tuple[Entry, ...]:
    """Read bytes that were already verified against their digest. Raises ``IndexDamagedError``."""
    try:
        return tuple(_read_entry(json.loads(line)) for line in data.split(b"\n") if line)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexDamagedError(f"{DOCUMENTS} cannot be read", hint=REBUILD) from error


def stale_marks(documents: Iterable[Document], sentences: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the file and the fault of each mark that names none of ``sentences``, or contradicts another mark."""
    marked = [document for document in documents if document.repeats or document.completed]
    known = {bare(sentence) for sentence in sentences} if marked else set()
    for document in marked:
        for each in (*document.repeats, *document.completed):
            if each.text not in known:
                yield document.id, f"a sentence that a mark names is in no document: {each.text[:60]}"
        for each in document.completed:
            if each in document.repeats:
                yield document.id, f"beside it a sentence says nothing, so it cannot complete that: {each.text[:60]}"


def all_reports(reports: Iterable[FileReport], entries: Sequence[Entry]) -> tuple[FileReport, ...]:
    """Return the reports of all files, sorted, with more warnings: for each copy of another file, which is quoted only
    once, and for each faulty mark."""
    first: dict[str, str] = {}
    twins: dict[str, str] = {
        entry.document.id: first.setdefault(entry.file_sha256, entry.document.id) for entry in entries
    }
    sentences = (each.text for entry in entries for passage in entry.passages for each in passage.sentences)
    stale: dict[str, list[str]] = {}
    for file, what in stale_marks((entry.document for entry in entries), sentences):
        stale.setdefault(file, []).append(what)
    found = []
    for report in sorted(reports, key=lambda report: report.file):
        twin = twins.get(report.file, report.file)
        more = (*([f"the same bytes as {twin}"] if twin != report.file else ()), *stale.get(report.file, ()))
        found.append(replace(report, end=FileEnd.WARNINGS, reasons=(*report.reasons, *more)) if more else report)
    return tuple(found)


def source_facts(source: Source) -> Json:
    """Return the known facts as `sources.toml` writes them."""
    facts: Json = {}
    for item in fields(source):
        value = getattr(source, item.name)
        if item.name == "interest":
            facts["commercial_interest"] = source.interest.value_in_data
        elif isinstance(value, date):
            facts[item.name] = value.isoformat()
        elif value is not None:
            facts[item.name] = list(value) if isinstance(value, tuple) else value
    return facts


def export_line(entry: Entry) -> Json:
    """Return a document for `export`: canonical text, sections, marks, passages, and what its sentences rest on."""
    document = entry.document
    return {
        "document": document.id,
        "title": document.title,
        "text": document.text,
        "source": source_facts(document.source),
        "sections": [
            {"heading": document.slice(s.heading), "level": s.level, "start": s.start, "end": s.end}
            for s in document.sections
        ],
        "marked": [
            {"start": m.range.start, "end": m.range.end, "kind": m.kind, "rule": m.rule} for m in document.marks
        ],
        "passages": [
            {
                "passage": passage.id,
                "spans": [[span.start, span.end] for span in passage.sentences],
                "section": [document.slice(section.heading) for section in passage.section],
            }
            for passage in entry.passages
        ],
        "origins": list({found.origin.id: found.origin.facts for found in document.attributions}.values()),
        "rests_on": [
            {"start": found.range.start, "end": found.range.end, "origin": found.origin.id, "place": found.place}
            for found in document.attributions
        ],
    }


def _entry(entry: Entry) -> Json:
    document = entry.document
    return {
        "document": document.id,
        "digest": document.digest,
        "title": document.title,
        "text": document.text,
        "source": source_facts(document.source),
        "pages": list(document.page_starts),
        "sections": [[s.heading.start, s.heading.end, s.level, s.start, s.end] for s in document.sections],
        "blocks": [[b.kind, b.range.start, b.range.end] for b in document.blocks],
        "marks": [[m.kind, m.rule, m.range.start, m.range.end] for m in document.marks],
        "origins": {attribution.origin.id: attribution.origin.facts for attribution in document.attributions},
        "attributions": [[a.range.start, a.range.end, a.origin.id, a.place] for a in document.attributions],
        "reviews": [[r.range.start, r.range.end, r.by, r.on.isoformat()] for r in document.reviews],
        "details": [[each.start, each.end] for each in document.details],
        "repeats": [[each.range.start, each.range.end, each.text] for each in document.repeats],
        "completed": [[each.range.start, each.range.end, each.text] for each in document.completed],
        "passages": [
            {"id": p.id, "reference": p.reference, "sentences": [[s.start, s.end] for s in p.sentences]}
            for p in entry.passages
        ],
        "file_sha256": entry.file_sha256,
        "extractor": entry.extractor,
        "front": {key: value.isoformat() if isinstance(value, date) else value for key, value in entry.front.items()},
        "warnings": list(entry.warnings),
        "marked_share": entry.marked_share,
    }


def _day_or_year(value: str | int) -> date | int:
    return value if isinstance(value, int) else date.fromisoformat(value)


_DATES: Mapping[str, Callable[[Any], Any]] = {"published": _day_or_year, "review_by": date.fromisoformat}
_OF_ORIGINS = {
    "id": OriginId,
    "kind": SourceKind,
    "weight": SourceWeight,
    "read": Extent,
    "read_on": date.fromisoformat,
}
_FIELDS = {"commercial_interest": "interest"}
_INTERESTS = {interest.value_in_data: interest for interest in Interest}
_OF_SOURCES = {**_DATES, "kind": SourceKind, "words": Words, "interest": _INTERESTS.__getitem__, "cites": tuple}


def _typed(facts: Json, types: Mapping[str, Callable[[Any], Any]]) -> Json:
    """Convert the values of some keys, unless they are null."""
    return {key: types[key](value) if key in types and value is not None else value for key, value in facts.items()}


def _read_entry(row: Mapping[str, Any]) -> Entry:
    origins = {id_: Origin(**_typed(facts, _OF_ORIGINS)) for id_, facts in row["origins"].items()}
    document = Document(
        id=DocumentId(row["document"]),
        digest=row["digest"],
        title=row["title"],
        text=row["text"],
        source=Source(**_typed({_FIELDS.get(key, key): value for key, value in row["source"].items()}, _OF_SOURCES)),
        page_starts=tuple(row["pages"]),
        sections=tuple(Section(Range(a, b), level, start, end) for a, b, level, start, end in row["sections"]),
        blocks=tuple(Block(BlockKind(kind), Range(a, b)) for kind, a, b in row["blocks"]),
        marks=tuple(Mark(Range(a, b), MarkKind(kind), rule) for kind, rule, a, b in row["marks"]),
        attributions=tuple(Attribution(Range(a, b), origins[id_], place) for a, b, id_, place in row["attributions"]),
        reviews=tuple(Review(Range(a, b), by, date.fromisoformat(on)) for a, b, by, on in row["reviews"]),
        details=tuple(Range(a, b) for a, b in row["details"]),
        repeats=tuple(Pairing(Range(a, b), text) for a, b, text in row["repeats"]),
        completed=tuple(Pairing(Range(a, b), text) for a, b, text in row["completed"]),
    )
    passages = tuple(
        Passage(PassageId(each["id"]), tuple(document.span(a, b) for a, b in each["sentences"]), each["reference"])
        for each in row["passages"]
    )
    return Entry(
        document,
        passages,
        warnings=tuple(row["warnings"]),
        marked_share=row["marked_share"],
        file_sha256=row["file_sha256"],
        extractor=row["extractor"],
        front=_typed(row["front"], _DATES),
    )
