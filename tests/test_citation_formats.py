from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html import unescape

import pytest
from builders import build_document, build_passages
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from b12assistant.display import addresses, citation_formats
from b12assistant.display.citation_formats import CitationForm
from b12assistant.display.labels import Labels, load_labels
from b12assistant.display.markup import dotted, drawn
from b12assistant.display.quoted import Cited, Quoted, spans_text
from b12assistant.types import Document, DocumentId, GenerationId, Interest, Source, SourceKind

SAID = load_labels()
BASE = "http://127.0.0.1:7860"
SOURCE = Source(
    title="Nerves & sheaths",
    kind=SourceKind.PATIENT_GUIDE,
    interest=Interest.SELLS,
    publisher="A {Press}",
    url="https://example.org/a b?x=1%20",
    published=date(2024, 5, 3),
)
TEXT = "# Nerves\n\n## Sheath\n\nMyelin wraps 100% of every nerve. It is fat.\n\nNumb feet are a sign.\n"


def cite(cited: Cited, form: CitationForm, said: Labels) -> str:
    return citation_formats.cite(Quoted.of(cited, said, date(2026, 11, 20)), form, said)


@pytest.fixture
def cited() -> Cited:
    document = replace(build_document(TEXT, file="guides/nerves one.md", source=SOURCE), page_starts=(0, 40))
    passage = build_passages(document)[0]
    first, last = passage.sentences[0], passage.sentences[-1]
    return Cited((first, last), last, passage.id, GenerationId("gen"), BASE)


def of_text(text: str) -> Cited:
    return Cited((Document(DocumentId("a.txt"), "", "A", text).span(0, len(text)),), base=BASE)


def test_plain_text_gives_the_words_their_place_who_speaks_and_the_link(cited: Cited) -> None:
    words, _, about = cite(cited, CitationForm.PLAIN, SAID).partition("\n\n— ")
    assert words == f"“{' […] '.join(span.text for span in cited.spans)}”"
    told, link = about.split("\n")
    assert told == (
        "Nerves & sheaths › Nerves › Sheath, pages 1–2. Patient guide, its own words. A {Press}. 3 May 2024. "
        "Sells what it recommends. https://example.org/a%20b?x=1%20"
    )
    assert link == BASE + addresses.of_spans(cited.spans, cited.best)


def test_a_report_names_every_id(cited: Cited) -> None:
    told = cite(cited, CitationForm.REPORT, SAID)
    words = spans_text(cited.spans)
    for part in (words, "guides/nerves one.md", cited.document.digest, cited.passage, "gen", cited.link):
        assert str(part) in told
    assert "What is wrong:\n" in told


def test_an_address_that_is_not_a_web_address_is_left_out(cited: Cited) -> None:
    for url in ("javascript:alert(1)", "//x", "http://[", "", None):
        document = replace(cited.document, source=replace(SOURCE, url=url))
        other = replace(cited, spans=(document.span(0, 5),), best=None)
        told = cite(other, CitationForm.PLAIN, SAID)
        assert not url or url not in told


@given(st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), min_size=1))
def test_every_text_comes_back_exactly_from_html(text: str) -> None:
    if not text.strip():
        return
    shown = cite(of_text(text), CitationForm.HTML, SAID).partition("<blockquote")[2].partition("</blockquote>")[0]
    words = re.sub("<[^>]*>", "", shown.partition(">")[2].replace("<br>", "\n"))
    assert unescape(words) == text


@pytest.mark.parametrize(
    "text",
    [
        "1. One *two* _three_ <b>four</b> [five](six) `seven` &amp; # eight",
        "# Not a heading",
        "- not an item\n+ nor this\n2) nor this",
        "a | b\n--- | ---\nc | d",
        "===\n***\n> not a quote",
        "    not code",
        "~~kept~~ ![x](y) \\* 100% $x$ http://example.org",
    ],
)
def test_markdown_shows_the_words_as_they_are(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(cite(of_text(text), CitationForm.MARKDOWN, SAID))
    inside = tokens[1 : next(n for n, token in enumerate(tokens) if token.type == "blockquote_close")]
    assert {token.type for token in inside} == {"paragraph_open", "inline", "paragraph_close"}
    children = [child for token in inside for child in token.children or ()]
    breaks = {"softbreak", "hardbreak"}
    assert {child.type for child in children} <= {"text", *breaks}
    assert "".join("\n" if child.type in breaks else child.content for child in children) == dotted(text)


TABLE = "What you may feel | Where\nTingling | Hands\n\nThen:\n- rest\n- eat"


def test_a_table_and_a_list_are_copied_without_pipes_and_dashes() -> None:
    said = cite(of_text(TABLE), CitationForm.PLAIN, SAID)
    assert said.startswith("“What you may feel · Where\nTingling · Hands\n\nThen:\n• rest\n• eat”\n\n— ")
    lines = cite(of_text(TABLE), CitationForm.MARKDOWN, SAID).split("\n")
    assert lines[:5] == ["> What you may feel · Where\\", "> Tingling · Hands", ">", "> Then:", "> • rest\\"]


def test_in_html_they_are_a_table_and_a_list_and_what_divides_them_is_hidden() -> None:
    shown = cite(of_text(TABLE), CitationForm.HTML, SAID)
    assert (shown.count("<tr>"), shown.count("<td>"), shown.count("<li>")) == (2, 4, 2)
    seen = re.sub(r"<span hidden>[^<]*</span>", "", shown)
    assert "|" not in seen
    assert "- rest" not in seen


@given(st.lists(st.sampled_from(["a", " | ", "- ", "\n", "é", "\u200b", "b.", "<"]), max_size=12))
def test_no_character_of_a_table_or_a_list_is_lost(pieces: list[str]) -> None:
    text = "".join(pieces)
    words = re.sub("<[^>]*>", "", drawn(text).replace("<br>", "\n"))
    assert unescape(words) == text
    assert len(dotted(text)) == len(text)
    assert " | " not in dotted(text)
