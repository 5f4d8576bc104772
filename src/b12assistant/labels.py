"""The interface's own words about a source: who speaks, in whose words, whether they sell, and nothing else."""

from __future__ import annotations

from datetime import date

from b12assistant.answers import FIGURES, Disagreement, Move, Reason, Strength
from b12assistant.types import Document, Interest, Source, SourceKind, Words

_KINDS = {
    SourceKind.GUIDELINE: "guideline",
    SourceKind.REVIEW: "review article",
    SourceKind.STUDY: "study",
    SourceKind.PATIENT_GUIDE: "patient guide",
    SourceKind.VENDOR: "seller's page",
    SourceKind.BLOG: "blog",
    SourceKind.REFERENCE: "list of publications",
    SourceKind.OTHER: "other source",
}
HEADLINES = {
    Reason.NOTHING_CLOSE: "The sources here hold no answer to this.",
    Reason.NOTHING_MORE: "The sources here say nothing more about this.",
    Reason.NO_KNOWN_WORD: "The sources here do not mention this.",
    Reason.WEAK_MATCH: "This may not answer the question.",
    Reason.ONLY_SELLERS: "Only sellers speak about this.",
    Reason.NOT_SEARCHED: "The sources could not be searched.",
}
MOVES = {Move.ASKS: "Searched for", Move.MORE: "More about", Move.SOURCES: "Who says it, about"}
AS_TYPED = "Search for my words as typed"
EDIT = "What was searched for"
SEARCH_THIS = "Search for this instead"
READ = "read as"
STRENGTHS = {Strength.STRONG: "strong match", Strength.POSSIBLE: "possible match"}
SELLS = "sells what it recommends"
MAY_SELL = "not known whether it sells what it recommends"


def difference(disagreement: Disagreement) -> str:
    """What stands above quotes that are shown side by side; only curators say that sources differ."""
    if disagreement.curated:
        return "The sources differ here"
    return "These sources give different figures" if disagreement.topic == FIGURES else "Compare"


def kind(source: Source) -> str:
    return _KINDS[source.kind] if source.kind else "source of unknown kind"


def whose_words(source: Source) -> str:
    """Whether these are the source's own words or this project's summary of them."""
    if source.words is Words.ORIGINAL:
        return f"{kind(source)}, its own words"
    if source.interest is Interest.SELLS:
        return "project summary of a seller's page, not the page's own words"
    return f"project summary ({kind(source)}), not the source's own words"


def interest(source: Source) -> str | None:
    """The label that must stand beside a source that sells, or may."""
    return {Interest.SELLS: SELLS, Interest.UNKNOWN: MAY_SELL}.get(source.interest)


def section(document: Document, offset: int) -> list[str]:
    """The headings above ``offset``, outermost first, without one that repeats the title."""
    path = [document.slice(section.heading).strip() for section in document.heading_path(offset)]
    return [heading for heading in path if heading != document.title]


def pages(pages: tuple[int, int] | None) -> str | None:
    if pages is None:
        return None
    first, last = pages
    return f"page {first}" if first == last else f"pages {first}–{last}"


def overdue(source: Source, today: date) -> bool:
    """Whether the source's own date of review has passed."""
    return source.review_by is not None and source.review_by < today
