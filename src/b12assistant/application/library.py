"""What the index holds, for curators: every document with its facts, passages, marked text and health; every file left
out and why; what is switched off. As data for the page: words of sources stay words of sources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from b12assistant.application.workspace import Opened
from b12assistant.corpus.switched_off import Off
from b12assistant.display import addresses, labels
from b12assistant.display.labels import Labels, capital
from b12assistant.display.presentation import passage_text
from b12assistant.index.documents import Entry
from b12assistant.types import Passage, Span

Json = dict[str, Any]
PORTION = 100  # passages, or marked ranges, told at once


def overview(opened: Opened, said: Labels) -> Json:
    """The index as a whole, and a line for each document and each file that is left out."""
    reports = {report.file: report for report in opened.reports}
    off = opened.collection.off
    return {
        "generation": opened.collection.generation,
        "counts": opened.manifest["counts"],
        "damage": list(opened.problems),
        "stale_entries": list(off.without_target(opened.collection.passages)),
        "documents": [
            {
                **_line(entry, opened, said),
                "reasons": list(reports[entry.report.file].reasons),
            }
            for entry in sorted(opened.entries, key=lambda entry: entry.document.id)
        ],
        "left_out": [{"file": report.file, "reasons": list(report.reasons)} for report in opened.left_out],
    }


def document(entry: Entry, opened: Opened, said: Labels, *, passages: int = 0, marked: int = 0) -> Json:
    """One document; of its passages and marked ranges a portion, from these numbers on."""
    off = opened.collection.off
    shown = entry.passages[passages : passages + PORTION]
    marks = entry.document.marks[marked : marked + PORTION]
    return {
        **_line(entry, opened, said),
        "facts": [list(fact) for fact in _facts(entry, said)],
        "passages": [_passage(each, off.of(each), said) for each in shown],
        "marked": [
            {
                "kind": mark.kind,
                "rule": mark.rule,
                "text": entry.document.slice(mark.range),
                "pages": said.pages(Span(entry.document, mark.range.start, mark.range.end).pages),
            }
            for mark in marks
        ],
        "totals": {"passages": len(entry.passages), "marked": len(entry.document.marks)},
    }


def _line(entry: Entry, opened: Opened, said: Labels) -> Json:
    """A document in a list."""
    found, off = entry.document, opened.collection.off
    source = found.source
    return {
        "document": found.id,
        "title": found.title,
        "address": addresses.of_document(found),
        "whose": capital(said.whose_words(source)),
        "sells": capital(said.interest(source) or ""),
        "published": said.day(source.published) if source.published else "",
        "passages": len(entry.passages),
        "characters": len(found.text),
        "marked_share": entry.report.marked_share,
        "off": _off(off.documents.get(found.id), said),
        "passages_off": sum(passage.id in off.passages for passage in entry.passages),
        "never_quoted": source.withdrawn or source.superseded_by is not None,
    }


def _passage(passage: Passage, off: Off | None, said: Labels) -> Json:
    return {
        "passage": passage.id,
        "address": addresses.of_passage(passage),
        "section": labels.section(passage.document, passage.span.start),
        "pages": said.pages(passage.span.pages),
        "text": passage_text(passage),
        "reference": passage.reference,
        "off": _off(off, said),
    }


def _off(off: Off | None, said: Labels) -> Json | None:
    return {"why": off.why, "since": said.day(off.since) if off.since else ""} if off else None


def _facts(entry: Entry, said: Labels) -> Iterator[tuple[str, str]]:
    """Name and value of what is known of the source and of its file."""
    source = entry.document.source
    known = [
        ("kind", capital(said.kind(source))),
        ("based_on", source.based_on),
        ("publisher", source.publisher),
        ("published", source.published and said.day(source.published)),
        ("review", source.review),
        ("review_by", source.review_by and said.day(source.review_by)),
        ("superseded_by", source.superseded_by),
        ("note", source.note),
        ("url", source.url),
        ("cites", "; ".join(source.cites)),
        ("file", entry.report.file),
        ("extractor", entry.extractor),
        ("sha256", entry.file_sha256),
    ]
    yield from ((said(f"library.fact_{name}"), str(value)) for name, value in known if value)
