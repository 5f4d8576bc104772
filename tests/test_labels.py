from dataclasses import replace
from datetime import date

import pytest

from b12assistant import labels
from b12assistant.types import Document, DocumentId, Interest, Range, Section, Source, SourceKind, Words

SUMMARY = Source(words=Words.PROJECT_SUMMARY)


@pytest.mark.parametrize("kind", SourceKind)
def test_every_kind_has_a_label_of_its_own(kind: SourceKind) -> None:
    others = {labels.kind(Source(kind=other)) for other in SourceKind if other is not kind}
    assert labels.kind(Source(kind=kind)) not in others


def test_an_unknown_kind_is_called_unknown() -> None:
    assert labels.kind(Source()) == "source of unknown kind"


@pytest.mark.parametrize(
    ("source", "label"),
    [
        (Source(kind=SourceKind.STUDY), "study, its own words"),
        (
            replace(SUMMARY, kind=SourceKind.VENDOR, interest=Interest.SELLS),
            "project summary of a seller's page, not the page's own words",
        ),
        (
            replace(SUMMARY, kind=SourceKind.REVIEW, interest=Interest.NONE),
            "project summary (review article), not the source's own words",
        ),
        (SUMMARY, "project summary (source of unknown kind), not the source's own words"),
    ],
    ids=["its own", "of a seller", "of a review", "of something"],
)
def test_a_label_says_whose_words_they_are(source: Source, label: str) -> None:
    assert labels.whose_words(source) == label


@pytest.mark.parametrize(
    ("interest", "label"),
    [(Interest.SELLS, labels.SELLS), (Interest.UNKNOWN, labels.MAY_SELL), (Interest.NONE, None)],
)
def test_only_who_sells_nothing_goes_without_a_label(interest: Interest, label: str | None) -> None:
    assert labels.interest(Source(interest=interest)) == label


@pytest.mark.parametrize(
    ("pages", "label"),
    [((3, 3), "page 3"), ((3, 5), "pages 3–5"), (None, None)],
    ids=["one", "several", "none"],
)
def test_pages(pages: tuple[int, int] | None, label: str | None) -> None:
    assert labels.pages(pages) == label


def test_headings_come_outermost_first_without_the_title() -> None:
    text = "Guide\nTests\nBlood\ntext"
    headings = ((0, 5, 1), (6, 11, 2), (12, 17, 3))
    sections = tuple(Section(Range(start, end), level, start, end + 1) for start, end, level in headings)
    document = Document(DocumentId("a"), "d", "Guide", text, sections=sections)
    assert labels.section(document, 18) == ["Tests", "Blood"]


@pytest.mark.parametrize(
    ("review_by", "overdue"),
    [(date(2026, 1, 1), True), (date(2026, 1, 2), False), (None, False)],
    ids=["past", "today", "not said"],
)
def test_a_review_is_overdue_after_its_day(review_by: date | None, overdue: bool) -> None:
    assert labels.overdue(Source(review_by=review_by), date(2026, 1, 2)) is overdue
