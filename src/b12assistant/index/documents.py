"""Write and read the documents and passages of a generation as JSON lines: offsets, never copies of text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from b12assistant.types import (
    Attribution,
    Block,
    BlockKind,
    Document,
    DocumentId,
    FileEnd,
    FileReport,
    Interest,
    Mark,
    MarkKind,
    Origin,
    OriginId,
    Passage,
    PassageId,
    Range,
    Section,
    Source,
    SourceKind,
    Words,
)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """An indexed file: its document, passages and report, and what it was made from."""

    document: Document
    passages: tuple[Passage, ...]
    report: FileReport
    file_sha256: str
    extractor: str
    front: Mapping[str, Any]  # facts of the file's front matter


def entries_to_bytes(entries: Iterable[Entry]) -> bytes:
    return "".join(json.dumps(_entry(entry), ensure_ascii=False, sort_keys=True) + "\n" for entry in entries).encode(
        "utf-8", "surrogatepass"
    )


def entries_from_bytes(data: bytes) -> tuple[Entry, ...]:
    """Read bytes that were already verified against their digest."""
    return tuple(_read_entry(json.loads(line)) for line in data.decode("utf-8", "surrogatepass").split("\n") if line)


def source_facts(source: Source) -> Json:
    """Return the known facts as `sources.toml` writes them."""
    facts = {
        "title": source.title,
        "kind": source.kind,
        "words": source.words,
        "based_on": source.based_on,
        "commercial_interest": source.interest.value_in_data,
        "publisher": source.publisher,
        "url": source.url,
        "published": source.published and source.published.isoformat(),
        "review_by": source.review_by and source.review_by.isoformat(),
        "superseded_by": source.superseded_by,
        "withdrawn": source.withdrawn,
        "review": source.review,
        "cites": list(source.cites),
        "note": source.note,
    }
    return {key: value for key, value in facts.items() if value is not None}


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
        "passages": [
            {"id": p.id, "reference": p.reference, "sentences": [[s.start, s.end] for s in p.sentences]}
            for p in entry.passages
        ],
        "file": entry.report.file,
        "file_sha256": entry.file_sha256,
        "extractor": entry.extractor,
        "front": {key: value.isoformat() if isinstance(value, date) else value for key, value in entry.front.items()},
        "warnings": list(entry.report.reasons),
        "marked_share": entry.report.marked_share,
    }


def _read_origin(facts: Mapping[str, Any]) -> Origin:
    typed = {"id": OriginId(facts["id"]), "kind": SourceKind(facts["kind"]), "read": date.fromisoformat(facts["read"])}
    return Origin(**{**facts, **typed})


def _read_entry(row: Mapping[str, Any]) -> Entry:
    origins = {id_: _read_origin(facts) for id_, facts in row["origins"].items()}
    document = Document(
        id=DocumentId(row["document"]),
        digest=row["digest"],
        title=row["title"],
        text=row["text"],
        source=_read_source(row["source"]),
        page_starts=tuple(row["pages"]),
        sections=tuple(Section(Range(a, b), level, start, end) for a, b, level, start, end in row["sections"]),
        blocks=tuple(Block(BlockKind(kind), Range(a, b)) for kind, a, b in row["blocks"]),
        marks=tuple(Mark(Range(a, b), MarkKind(kind), rule) for kind, rule, a, b in row["marks"]),
        attributions=tuple(Attribution(Range(a, b), origins[id_], place) for a, b, id_, place in row["attributions"]),
    )
    passages = tuple(_read_passage(passage, document) for passage in row["passages"])
    report = FileReport(
        file=row["file"],
        end=FileEnd.WARNINGS if row["warnings"] else FileEnd.INDEXED,
        reasons=tuple(row["warnings"]),
        passages=len(passages),
        marked_share=row["marked_share"],
        described=document.source.is_described,
    )
    return Entry(document, passages, report, row["file_sha256"], row["extractor"], _read_front(row["front"]))


def _read_passage(row: Mapping[str, Any], document: Document) -> Passage:
    sentences: Sequence[Sequence[int]] = row["sentences"]
    return Passage(PassageId(row["id"]), tuple(document.span(a, b) for a, b in sentences), row["reference"])


def _read_front(front: Mapping[str, Any]) -> Mapping[str, Any]:
    dates = ("published", "review_by")
    return {key: date.fromisoformat(value) if key in dates and value else value for key, value in front.items()}


def _read_source(facts: Mapping[str, Any]) -> Source:
    interest = facts.get("commercial_interest", "unknown")
    return Source(
        title=facts.get("title"),
        kind=SourceKind(facts["kind"]) if "kind" in facts else None,
        words=Words(facts["words"]),
        based_on=facts.get("based_on"),
        interest={True: Interest.SELLS, False: Interest.NONE}.get(interest, Interest.UNKNOWN),
        publisher=facts.get("publisher"),
        url=facts.get("url"),
        published=date.fromisoformat(facts["published"]) if "published" in facts else None,
        review_by=date.fromisoformat(facts["review_by"]) if "review_by" in facts else None,
        superseded_by=facts.get("superseded_by"),
        withdrawn=facts["withdrawn"],
        review=facts.get("review"),
        cites=tuple(facts["cites"]),
        note=facts.get("note"),
    )
