"""List the sources for readers: what each document is, who published it, and what it covers."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from b12assistant.application.opening import Opened
from b12assistant.corpus.publishers import PublisherKind, Speaks
from b12assistant.display import addresses
from b12assistant.display.labels import Labels, capital, overdue
from b12assistant.types import Document, Interest, Origin, SourceKind

Json = dict[str, Any]
_FIRST = (
    *(SourceKind.GUIDELINE, SourceKind.PUBLIC_BODY, SourceKind.PATIENT_GUIDE),
    *(SourceKind.TEXTBOOK, SourceKind.REVIEW, SourceKind.STUDY),
)


def catalogue(opened: Opened, labels: Labels, today: date) -> list[Json]:
    """List every document: guidelines and guides first, sellers of what they recommend last.

    Texts are ready to show, in the language of ``labels``; what is not known is "". ``covers`` holds the headings.
    """
    documents = sorted((entry.document for entry in opened.entries), key=_place)
    return [_listed(document, opened, labels, today) for document in documents]


def publications(opened: Opened) -> dict[Origin, int]:
    """Return every publication that sentences which may be quoted rest on, with the number of those sentences."""
    used: Counter[Origin] = Counter()
    for entry in opened.entries:
        if entry.document.source.in_force:
            used.update(attribution.origin for attribution in entry.document.attributions)
    return dict(used)


def speakers(opened: Opened) -> list[Speaks]:
    """List who says what may be quoted: every publication, and every source in its own words."""
    own = [entry.document.source for entry in opened.entries if not entry.document.attributions]
    return [*map(Speaks.of, publications(opened)), *(Speaks.of(source) for source in own if source.in_force)]


def library(opened: Opened) -> dict[PublisherKind, int]:
    """Count the publications by what they are to a reader."""
    return dict(Counter(Speaks.of(origin).kind for origin in publications(opened)))


def published(opened: Opened, labels: Labels) -> list[Json]:
    """List the publications that our summaries rest on, guidelines first; ``used``: in how many sentences."""
    order = list(PublisherKind)
    used = [(Speaks.of(origin), origin, count) for origin, count in publications(opened).items()]
    used.sort(key=lambda each: (order.index(each[0].kind), each[1].publisher.casefold(), each[1].title.casefold()))
    return [
        {
            "id": origin.id,
            "title": origin.title,
            "publisher": origin.publisher,
            "kind": by.kind,
            "kind_label": capital(labels(f"standings.{by.kind}")),
            "country": origin.country if origin.country != "unknown" else "",
            "year": by.year,
            "url": origin.url,
            "used": count,
        }
        for by, origin, count in used
    ]


def _place(document: Document) -> tuple[bool, int, str, str]:
    kind = document.source.kind
    rank = _FIRST.index(kind) if kind in _FIRST else len(_FIRST)
    return document.source.interest is Interest.SELLS, rank, document.title.casefold(), document.id


def _listed(document: Document, opened: Opened, labels: Labels, today: date) -> Json:
    source, off = document.source, opened.collection.off.documents.get(document.id)
    headings = (document.slice(section.heading).strip() for section in document.sections)
    return {
        "title": document.title,
        "address": addresses.of_document(document),
        "kind": capital(labels.whose_words(source)),
        "publisher": source.publisher or "",
        "based_on": source.based_on or "",
        "year": str(source.published.year) if source.published else "",
        "review": _review(document, opened, labels),
        "review_by": labels.day(source.review_by) if source.review_by else "",
        "overdue": overdue(source, today),
        "url": source.url or "",
        "sells": capital(labels.interest(source) or ""),
        "never_quoted": not source.in_force,
        "off": off.why if off else "",
        "covers": [heading for heading in dict.fromkeys(headings) if heading and heading != document.title],
    }


def _review(document: Document, opened: Opened, labels: Labels) -> str:
    """Say who reviewed a document and, once a sentence of it was reviewed, how many were."""
    stated = labels.review(document.source)
    if not document.reviews:
        return stated
    of = sentences_in(opened, document)
    count = labels("sources.reviewed", count=len(document.reviews), of=of)
    return f"{count} ({stated})" if stated else count


def sentences_in(opened: Opened, document: Document | None = None) -> int:
    """Count the sentences that can be quoted, of one document or of all."""
    return sum(
        len(passage.sentences)
        for entry in opened.entries
        if document is None or entry.document == document
        for passage in entry.passages
        if not passage.reference
    )
