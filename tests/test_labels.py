import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from b12assistant.answers import Move, Reason
from b12assistant.display import labels
from b12assistant.display.labels import load_labels
from b12assistant.types import Document, DocumentId, Interest, Range, Section, Source, SourceKind, Words

SAID = load_labels()
SUMMARY = Source(words=Words.PROJECT_SUMMARY)


@pytest.mark.parametrize("kind", SourceKind)
def test_every_kind_has_a_label_of_its_own(kind: SourceKind) -> None:
    others = {SAID.kind(Source(kind=other)) for other in SourceKind if other is not kind}
    assert SAID.kind(Source(kind=kind)) not in others


def test_an_unknown_kind_is_called_unknown() -> None:
    assert SAID.kind(Source()) == "source of unknown kind"


@pytest.mark.parametrize(
    ("source", "label"),
    [
        (Source(kind=SourceKind.STUDY), "study, its own words"),
        (
            replace(SUMMARY, kind=SourceKind.VENDOR, interest=Interest.SELLS),
            "written by us from a company's page, not the company's own words",
        ),
        (
            replace(SUMMARY, kind=SourceKind.REVIEW, interest=Interest.NONE),
            "written by us (review article), not the source's own words",
        ),
        (SUMMARY, "written by us (source of unknown kind), not the source's own words"),
    ],
    ids=["its own", "of a seller", "of a review", "of something"],
)
def test_a_label_says_whose_words_they_are(source: Source, label: str) -> None:
    assert SAID.whose_words(source) == label


@pytest.mark.parametrize(
    ("interest", "label"),
    [
        (Interest.SELLS, "sells what it recommends"),
        (Interest.UNKNOWN, "we don't know if they sell what they recommend"),
        (Interest.NONE, None),
    ],
)
def test_only_a_source_that_sells_nothing_has_no_label(interest: Interest, label: str | None) -> None:
    assert SAID.interest(Source(interest=interest)) == label


@pytest.mark.parametrize(
    ("stated", "shown"),
    [
        ("not clinically reviewed", "no doctor has checked it"),
        ("by Dr A. Sample", "by Dr A. Sample"),
        (None, ""),
    ],
)
def test_that_nobody_reviewed_a_source_is_said_in_the_words_of_readers(stated: str | None, shown: str) -> None:
    assert SAID.review(Source(review=stated)) == shown


@pytest.mark.parametrize(
    ("pages", "label"),
    [((3, 3), "page 3"), ((3, 5), "pages 3–5"), (None, None)],
    ids=["one", "several", "none"],
)
def test_a_label_gives_one_page_or_several(pages: tuple[int, int] | None, label: str | None) -> None:
    assert SAID.pages(pages) == label


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


ROOT = Path(__file__).parent.parent / "src" / "b12assistant"
HEALTH = re.compile(
    r"\b(?:b12|vitamin|nerv|dos[ei]s?\b|symptom|síntoma|deficien|doctor|médic|treat|inject|inyec|anaemi)", re.I
)
UNCHECKED = re.compile(r"\bno doctor has checked\b", re.I)  # of our texts, not of health
USED = re.compile(r"""\bsaid(?:\(\s*|_in\(space\)\(\s*)["'`]([a-z]\w*\.\w+)["'`]""")
COUNTED = re.compile(r"""\bcount\(\s*["'`]([a-z]\w*\.\w+)["'`]""")


def test_every_label_that_is_asked_for_exists() -> None:
    files = [*ROOT.glob("*.py"), *ROOT.glob("static/*.js")]
    text = "\n".join(file.read_text("utf-8") for file in files)
    asked = {*USED.findall(text), *(f"{key}_{n}" for key in COUNTED.findall(text) for n in ("one", "many"))}
    there = {f"{name}.{key}" for name, table in SAID.tables.items() for key in table}
    assert len(asked) > 30
    assert asked <= there


def test_every_value_that_an_answer_can_have_has_a_label() -> None:
    for kind in SourceKind:
        assert SAID(f"kinds.{kind}")
    for move in Move:
        assert SAID(f"moves.{move}")
    assert {*SAID.tables["headlines"]} == {*Reason} - {Reason.RED_FLAG, Reason.TRIAGE_FAILED}


def test_no_label_speaks_about_health() -> None:
    for name, table in SAID.tables.items():
        assert [
            text for text in table.values() if HEALTH.search(UNCHECKED.sub("", text.replace("b12assistant", "")))
        ] == [], name


def test_a_mistake_is_sent_to_those_who_run_the_page() -> None:
    said = SAID.naming("Anytown Surgery, b12@surgery.example")
    assert said("cite.copied_report") == "Copied. Say what is wrong and send it to Anytown Surgery, b12@surgery.example"
    assert SAID.naming("{A} {}")("cite.copied_report").endswith("{A} {}")
    assert SAID.naming("")("cite.copied_report").endswith("send it to the people who run this page.")


def test_a_day_is_written_as_the_language_does() -> None:
    assert SAID.day(date(2026, 3, 4)) == "4 March 2026"
