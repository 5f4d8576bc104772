"""Provenance: each sentence of a summary names what it rests on, and each mistake is one line that names it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from builders import build_document
from corpora import again, origin, three_files, write
from fakes import FakeWorkspace
from serving import page_of

from b12assistant.application import health
from b12assistant.corpus.provenance import attribute, read_sentences
from b12assistant.display.quoted import Basis, Quoted, Speaker
from b12assistant.errors import SourceFactsError
from b12assistant.types import Attribution, Extent, FileEnd, Origin, OriginId, Range, Source, SourceKind, SourceWeight

TEXT = "Take 5 mcg a day. Rest is good. Take 5 mcg a day."
NHS = Origin(
    OriginId("nhs"),
    "A page",
    "NHS",
    SourceKind.PUBLIC_BODY,
    "GB",
    "2023",
    date(2026, 11, 21),
    Extent.PART,
    "u",
    "t",
    "p",
)
ORIGINS = {NHS.id: NHS}


def line(text: str, **more: object) -> str:
    return json.dumps({"text": text, "origins": {"nhs": "Dose"}, **more}) + "\n"


def written(corpus: Path, *lines: str, document: str = "low.md") -> Path:
    write(corpus, {f"sentences/{document}.jsonl": "".join(lines)})
    return corpus


def test_each_sentence_gets_its_origins_in_order(tmp_path: Path) -> None:
    entries = read_sentences(written(tmp_path, line("Take 5 mcg a day."), line("Take 5 mcg a day.")), "low.md")
    document, warnings = attribute(build_document(TEXT, file="low.md"), entries, ORIGINS)
    assert [(found.range.start, found.origin, found.place) for found in document.attributions] == [
        (0, NHS, "Dose"),
        (32, NHS, "Dose"),
    ]
    assert warnings == ()


def test_an_origin_that_is_not_registered_is_refused(tmp_path: Path) -> None:
    entries = read_sentences(written(tmp_path, line("Rest is good.", origins={"who": "p. 3"})), "low.md")
    with pytest.raises(SourceFactsError, match=r"sentences/low\.md\.jsonl:1: the origin 'who' is not in the register"):
        attribute(build_document(TEXT, file="low.md"), entries, ORIGINS)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ("{}", "sentences/low.md.jsonl:1: text: Field required"),
        ('{"text": "x", "origins": {"nhs": "y"}, "ask": []}', "sentences/low.md.jsonl:1: ask: Extra inputs"),
    ],
)
def test_a_wrong_line_gives_a_one_line_error_that_names_it(tmp_path: Path, wrong: str, complaint: str) -> None:
    with pytest.raises(SourceFactsError) as raised:
        read_sentences(written(tmp_path, wrong), "low.md")
    assert raised.value.message.startswith(complaint)
    assert "\n" not in raised.value.message


def test_an_index_keeps_what_its_sentences_rest_on(tmp_path: Path) -> None:
    space = three_files(tmp_path)
    write(space.corpus, {"sources.toml": origin("nhs"), "pills.txt": "Metformin lowers B12. Ask for a test.\n"})
    written(space.corpus, line("Metformin lowers B12.", detail=True), document="pills.txt")
    reports = {report.file: report for report in space.index().files}
    assert reports["pills.txt"].end is FileEnd.WARNINGS
    assert reports["pills.txt"].reasons == ("no origin is named for: Ask for a test.",)
    document = space.document("pills.txt").document
    (found,) = document.attributions
    assert (document.slice(found.range), found.origin.publisher, found.place) == (
        "Metformin lowers B12.",
        "NHS",
        "Dose",
    )
    assert document.details == (found.range,)


def test_of_two_publications_the_one_of_more_weight_is_named_first() -> None:
    guideline = replace(NHS, id=OriginId("nice"), kind=SourceKind.GUIDELINE, weight=SourceWeight.PROFESSIONAL)
    nhs = replace(NHS, weight=SourceWeight.NATIONAL_BODY)
    both = (Attribution(Range(0, 1), guideline, "a"), Attribution(Range(0, 1), nhs, "b"))
    document = replace(build_document("Rest.\n", file="low.md"), attributions=both)
    assert [found.origin.id for found in document.attributed([Range(0, 1)])] == ["nhs", "nice"]


def test_the_page_of_a_document_lists_what_it_rests_on(tmp_path: Path) -> None:
    space = three_files(tmp_path)
    write(space.corpus, {"sources.toml": origin("nhs"), "pills.txt": "Metformin lowers B12.\n"})
    written(space.corpus, line("Metformin lowers B12."), document="pills.txt")
    space.index()
    page = unescape(page_of(again(space)).get("/d/pills.txt").text)
    assert page.count("https://nhs.example/") == 1
    assert "NHS: About nerves (2023)" in page


def test_a_citation_in_words_has_the_address_of_the_publication() -> None:
    speaker = Speaker(Source(), (Basis.of(Attribution(Range(0, 1), NHS, "Dose")),))
    linked = replace(NHS, url="https://a.example/")
    other = Speaker(Source(), (Basis.of(Attribution(Range(0, 1), linked, "Dose")),))
    assert speaker.cited[0] == "NHS: A page (2023)"
    assert other.cited[0] == "NHS: A page (2023) https://a.example/"


TODAY = date(2026, 11, 23)
LOW, TEST = "Metformin lowers B12 in some people.", "Ask for a blood test."
REVIEW = {"reviewed_by": "A. Reader, GP", "reviewed_on": "2026-11-20"}


def corpus(folder: Path) -> FakeWorkspace:
    space = three_files(folder)
    rows = [{"text": text, "origins": {"nhs": "p"}} for text in (LOW, TEST)]
    lines = "".join(json.dumps(row) + "\n" for row in ({**rows[0], **REVIEW}, rows[1]))
    write(space.corpus, {"sources.toml": origin("nhs"), "sentences/pills.txt.jsonl": lines})
    return space


def test_a_reviewed_sentence_says_by_whom_and_when(tmp_path: Path) -> None:
    space = corpus(tmp_path)
    space.index()
    later = again(space)
    document = later.document("pills.txt").document
    quoted = Quoted((document.span(0, len(LOW)),), TODAY)
    assert quoted.notes[0] == "reviewed by A. Reader, GP on 20 November 2026"
    assert health.examine(later)["index"]["reviewed"]["sentences"] == 1


def test_a_quote_is_reviewed_only_if_all_of_its_sentences_are(tmp_path: Path) -> None:
    space = corpus(tmp_path)
    space.index()
    document = again(space).document("pills.txt").document
    assert not Quoted((document.span(0, len(document.text)),), TODAY).reviews


def test_a_change_of_the_words_takes_the_review_away(tmp_path: Path) -> None:
    space = corpus(tmp_path)
    path = space.corpus / "pills.txt"
    path.write_text(path.read_text("utf-8").replace("some people", "many people"), "utf-8")
    (warned,) = [each for each in space.index().files if each.file == "pills.txt"]
    assert "sentences/pills.txt.jsonl:1: this sentence is not in the document" in warned.reasons[0]
    assert again(space).document("pills.txt").document.reviews == ()
