"""Provenance: each sentence of a summary names what it rests on, and each mistake is one line that names it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from builders import build_document, build_passages
from corpora import again, three_files, write
from starlette.testclient import TestClient

from b12assistant.corpus.folder import corpus_files
from b12assistant.corpus.provenance import attribute, line_of, place, read_sentences, without_origin
from b12assistant.corpus.sources import SourcesFile
from b12assistant.display.labels import load_labels
from b12assistant.display.quoted import Basis, Speaker
from b12assistant.errors import SourceFactsError
from b12assistant.index.documents import export_line
from b12assistant.types import Attribution, Extent, FileEnd, Origin, OriginId, Range, Source, SourceKind, SourceWeight
from b12assistant.web.questions import Warmup
from b12assistant.web.site import application

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
REGISTER = """
[[origin]]
id = "nhs"
title = "Metformin"
publisher = "NHS"
kind = "public_body"
country = "GB"
published = "2023"
read_on = 2026-11-21
url = "https://a.example/"
terms = "OGL"
read = "whole"
part_read = "the whole page"
"""


def line(text: str, **more: object) -> str:
    return json.dumps({"text": text, "origins": {"nhs": "Dose"}, **more}) + "\n"


def written(corpus: Path, *lines: str, document: str = "low.md") -> Path:
    write(corpus, {f"sentences/{document}.jsonl": "".join(lines)})
    return corpus


def test_each_sentence_gets_its_origins_in_order(tmp_path: Path) -> None:
    entries = read_sentences(written(tmp_path, line("Take 5 mcg a day."), line("Take 5 mcg a day.")), "low.md")
    attributions, warnings = attribute(build_document(TEXT, file="low.md"), entries, ORIGINS)
    assert [(found.range.start, found.origin, found.place) for found in attributions] == [
        (0, NHS, "Dose"),
        (32, NHS, "Dose"),
    ]
    assert warnings == ()


def test_a_sentence_without_origin_is_named(tmp_path: Path) -> None:
    document = build_document(TEXT, file="low.md")
    attributions, _ = attribute(document, read_sentences(written(tmp_path, line("Rest is good.")), "low.md"), ORIGINS)
    unnamed = without_origin(build_passages(document), attributions)
    assert [span.text for span in unnamed] == ["Take 5 mcg a day.", "Take 5 mcg a day."]


def test_a_line_about_nothing_is_named(tmp_path: Path) -> None:
    entries = read_sentences(written(tmp_path, line("Rest is good."), line("Rest is bad.")), "low.md")
    _, warnings = attribute(build_document(TEXT, file="low.md"), entries, ORIGINS)
    assert warnings == ("sentences/low.md.jsonl:2: this sentence is not in the document: Rest is bad.",)


def test_an_origin_that_is_not_registered_is_refused(tmp_path: Path) -> None:
    entries = read_sentences(written(tmp_path, line("Rest is good.", origins={"who": "p. 3"})), "low.md")
    with pytest.raises(SourceFactsError, match=r"sentences/low\.md\.jsonl:1: the origin 'who' is not in the register"):
        attribute(build_document(TEXT, file="low.md"), entries, ORIGINS)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ("[1]", "sentences/low.md.jsonl:1: Input should be an object"),
        ("{}", "sentences/low.md.jsonl:1: text: Field required"),
        ('{"text": "x", "origins": {"nhs": ""}}', "sentences/low.md.jsonl:1: origins.nhs"),
        ('{"text": "x", "origins": {"nhs": "y"}, "ask": []}', "sentences/low.md.jsonl:1: ask: Extra inputs"),
        ('{"text": "x", ', "sentences/low.md.jsonl:1: Invalid JSON"),
    ],
)
def test_a_wrong_line_gives_a_one_line_error_that_names_it(tmp_path: Path, wrong: str, complaint: str) -> None:
    with pytest.raises(SourceFactsError) as raised:
        read_sentences(written(tmp_path, wrong), "low.md")
    assert raised.value.message.startswith(complaint)
    assert "\n" not in raised.value.message


def test_files_of_sentences_are_not_for_quoting(tmp_path: Path) -> None:
    write(written(tmp_path, line("x")), {"low.md": TEXT, "sentences/notes.md": "Kept."})
    assert list(corpus_files(tmp_path)) == ["low.md", "sentences/notes.md"]


def test_an_index_keeps_what_its_sentences_rest_on(tmp_path: Path) -> None:
    space = three_files(tmp_path)
    write(space.corpus, {"sources.toml": REGISTER, "pills.txt": "Metformin lowers B12. Ask for a test.\n"})
    written(space.corpus, line("Metformin lowers B12."), document="pills.txt")
    reports = {report.file: report for report in space.index().files}
    assert reports["pills.txt"].end is FileEnd.WARNINGS
    assert reports["pills.txt"].reasons == ("line 1: no origin is named for: Ask for a test.",)
    document = space.document("pills.txt").document
    (found,) = document.attributions
    assert (document.slice(found.range), found.origin.publisher, found.place) == (
        "Metformin lowers B12.",
        "NHS",
        "Dose",
    )


@pytest.mark.parametrize("url", ["", "a.example", "https://", "ask the author"])
def test_an_index_refuses_an_origin_without_an_address(tmp_path: Path, url: str) -> None:
    space = three_files(tmp_path)
    write(space.corpus, {"sources.toml": REGISTER.replace("https://a.example/", url)})
    with pytest.raises(SourceFactsError, match=r"sources\.toml:10: url = .* is not known"):
        space.index()


@pytest.mark.parametrize(
    ("words", "text", "expected"),
    [
        ("Take 5 mcg a day.", "# Dose\n\nTake **5 mcg** a&nbsp;day.\n", 3),
        ("Rest is good.", "<p>Take it.</p>\n<li>Rest <b>is</b>\n good.</li>", 2),
        ("Adults | 5 mcg", "<tr>\n<td>Adults</td>\n<td>5 mcg</td></tr>", 2),
        ("Rest is good for most", "One.\nRest is better.", 2),
        ("Gone", "One.\nTwo.", 1),
        ("One two", "<" * 50_000 + "one", 1),
    ],
)
def test_words_are_found_between_markup(words: str, text: str, expected: int) -> None:
    assert line_of(words, text) == expected


def test_of_words_that_are_repeated_the_right_ones_are_named() -> None:
    raw = "---\ntitle: Rest is good\n---\nRest is good (5).\n\nRest is **good** 5.\n"
    document = build_document("Rest is good (5).\n\nRest is good 5.\n", file="low.md")
    assert [place(document.span(*at), raw.encode()) for at in ((0, 17), (19, 34))] == ["line 4", "line 6"]


def test_an_exported_document_lists_what_its_sentences_rest_on(tmp_path: Path) -> None:
    space = three_files(tmp_path)
    write(space.corpus, {"sources.toml": REGISTER, "pills.txt": "Metformin lowers B12.\n"})
    written(space.corpus, line("Metformin lowers B12."), document="pills.txt")
    space.index()
    exported = export_line(space.document("pills.txt"))
    assert [(each["id"], each["publisher"], each["url"]) for each in exported["origins"]] == [
        ("nhs", "NHS", "https://a.example/")
    ]
    assert exported["rests_on"] == [{"start": 0, "end": 21, "origin": "nhs", "place": "Dose"}]


def test_a_citation_in_words_has_the_address_of_the_publication() -> None:
    speaker = Speaker.of(Source(), load_labels(), [Basis.of(Attribution(Range(0, 1), NHS, "Dose"))])
    linked = replace(NHS, url="https://a.example/")
    other = Speaker.of(Source(), load_labels(), [Basis.of(Attribution(Range(0, 1), linked, "Dose"))])
    assert speaker.cited[0] == "NHS: A page (2023)"
    assert other.cited[0] == "NHS: A page (2023) https://a.example/"
    assert other.parts[0] == "NHS: A page (2023)"


def test_the_weight_of_a_publication_is_that_of_its_kind_unless_the_register_gives_another() -> None:
    local = REGISTER.replace('"public_body"\n', '"public_body"\nweight = "professional"\n')
    weights = [SourcesFile(text).origins[OriginId("nhs")].weight for text in (REGISTER, local)]
    assert weights == [SourceWeight.NATIONAL_BODY, SourceWeight.PROFESSIONAL]


def test_a_weight_that_is_none_of_the_seven_is_named_with_its_line() -> None:
    with pytest.raises(SourceFactsError, match=r"sources\.toml:\d+: weight = 'heavy'"):
        SourcesFile(REGISTER.replace('"public_body"\n', '"public_body"\nweight = "heavy"\n'))


def test_of_two_publications_the_one_of_more_weight_is_named_first() -> None:
    guideline = replace(NHS, id=OriginId("nice"), kind=SourceKind.GUIDELINE, weight=SourceWeight.PROFESSIONAL)
    nhs = replace(NHS, weight=SourceWeight.NATIONAL_BODY)
    both = (Attribution(Range(0, 1), guideline, "a"), Attribution(Range(0, 1), nhs, "b"))
    document = replace(build_document("Rest.\n", file="low.md"), attributions=both)
    assert [found.origin.id for found in document.attributed([Range(0, 1)])] == ["nhs", "nice"]


def test_another_origin_makes_another_index(tmp_path: Path) -> None:
    space = three_files(tmp_path)
    write(space.corpus, {"sources.toml": REGISTER, "pills.txt": "Metformin lowers B12.\n"})
    written(space.corpus, line("Metformin lowers B12."), document="pills.txt")
    first = space.index()
    write(space.corpus, {"sources.toml": REGISTER.replace('"2023"', '"2024"')})
    assert space.index().generation != first.generation


def test_the_page_of_a_document_lists_what_it_rests_on(tmp_path: Path) -> None:
    space = three_files(tmp_path)
    write(space.corpus, {"sources.toml": REGISTER, "pills.txt": "Metformin lowers B12.\n"})
    written(space.corpus, line("Metformin lowers B12."), document="pills.txt")
    space.index()
    later = again(space)
    client = TestClient(application(later, Warmup(later)), base_url="http://127.0.0.1:7860")
    page = unescape(client.get("/d/pills.txt").text)
    assert page.count("https://a.example/") == 1
    assert "NHS: Metformin (2023)" in page


def test_the_page_of_a_document_links_the_publisher_before_the_copy_that_was_read(tmp_path: Path) -> None:
    space = three_files(tmp_path)
    register = REGISTER.replace(
        'url = "https://a.example/"', 'url = "https://a.example/"\nread_at = "https://b.example/"'
    )
    write(space.corpus, {"sources.toml": register, "pills.txt": "Metformin lowers B12.\n"})
    written(space.corpus, line("Metformin lowers B12."), document="pills.txt")
    space.index()
    later = again(space)
    client = TestClient(application(later, Warmup(later)), base_url="http://127.0.0.1:7860")
    page = unescape(client.get("/d/pills.txt").text)
    assert 0 < page.index("https://a.example/") < page.index("https://b.example/")
    assert "the copy we used" in page
