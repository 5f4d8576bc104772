"""Who says so, on one line above a quote: publisher, kind, year and whose words, nothing cut."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from builders import build_document, build_passages
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.corpus.publishers import PublisherKind, short_names, standing
from b12assistant.corpus.sources import SourcesFile
from b12assistant.display import addresses
from b12assistant.display.citation_formats import cite
from b12assistant.display.markup import dotted, pasted
from b12assistant.display.quoted import Basis, Quoted, in_short
from b12assistant.types import (
    Document,
    DocumentId,
    Extent,
    Interest,
    Origin,
    OriginId,
    Source,
    SourceKind,
    SourceWeight,
    Words,
)

TODAY = date(2026, 11, 20)
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


@pytest.fixture
def cited() -> Quoted:
    document = replace(build_document(TEXT, file="guides/nerves one.md", source=SOURCE), page_starts=(0, 40))
    passage = build_passages(document)[0]
    first, last = passage.sentences[0], passage.sentences[-1]
    return Quoted((first, last), TODAY, last, passage.id, base=BASE)


def of_text(text: str) -> Quoted:
    return Quoted((Document(DocumentId("a.txt"), "", "A", text).span(0, len(text)),), TODAY, base=BASE)


def test_plain_text_gives_the_words_their_place_who_speaks_and_the_link(cited: Quoted) -> None:
    words, _, about = cite(cited).partition("\n\n— ")
    assert words == f"“{' […] '.join(span.text for span in cited.spans)}”"
    told, link = about.split("\n")
    assert told == (
        "Nerves & sheaths › Nerves › Sheath, pages 1–2. Patient guide, its own words. A {Press}. 3 May 2024. "
        "Sells what it recommends. https://example.org/a%20b?x=1%20"
    )
    assert link == BASE + addresses.of_spans(cited.spans, cited.best)


def test_an_address_that_is_not_a_web_address_is_left_out(cited: Quoted) -> None:
    for url in ("javascript:alert(1)", "//x", "http://[", "", None):
        document = replace(cited.document, source=replace(SOURCE, url=url))
        other = replace(cited, spans=(document.span(0, 5),), best=None)
        told = cite(other)
        assert not url or url not in told


TABLE = "What you may feel | Where\nTingling | Hands\n\nThen:\n- rest\n- eat"


def test_a_table_and_a_list_are_copied_without_pipes_and_dashes() -> None:
    said = cite(of_text(TABLE))
    assert said.startswith("“What you may feel · Where\nTingling · Hands\n\nThen:\n• rest\n• eat”\n\n— ")


def test_in_a_mail_they_are_a_table_and_a_list() -> None:
    shown = pasted(TABLE)
    assert (shown.count("<tr>"), shown.count("<td>"), shown.count("<li>")) == (2, 4, 2)
    assert "|" not in shown
    assert "- rest" not in shown


@given(st.lists(st.sampled_from(["a", " | ", "- ", "\n", "é", "\u200b", "b.", "<"]), max_size=12))
def test_no_character_of_a_table_or_a_list_is_lost(pieces: list[str]) -> None:
    text = "".join(pieces)
    words = re.sub("<[^>]*>", "", pasted(text))
    assert re.findall(r"[aéb.<]", unescape(words)) == re.findall(r"[aéb.<]", text)
    assert len(dotted(text)) == len(text)
    assert " | " not in dotted(text)


ROOT = Path(__file__).parent.parent


def basis(publisher: str, kind: SourceKind, published: str = "unknown") -> Basis:
    origin = Origin(
        OriginId(publisher),
        "A title",
        publisher,
        kind,
        country="GB",
        published=published,
        read_on=date(2026, 11, 20),
        read=Extent.WHOLE,
        url="https://example.org/",
        terms="as printed",
        part_read="all",
        weight=SourceWeight.STUDY,
    )
    return Basis(origin, "a place")


def chip(*publications: Basis) -> tuple[str, ...]:
    return tuple(in_short(Source(words=Words.PROJECT_SUMMARY), publications, "Our page"))


@pytest.mark.parametrize(
    ("publisher", "kind", "expected"),
    [
        ("NICE", SourceKind.GUIDELINE, PublisherKind.GUIDELINE),
        ("NHS", SourceKind.PUBLIC_BODY, PublisherKind.NHS),
        ("NHSX", SourceKind.PATIENT_GUIDE, PublisherKind.PATIENT_GUIDE),
        ("unknown publisher", SourceKind.PATIENT_GUIDE, PublisherKind.ANONYMOUS),
        ("Drip Hydration", SourceKind.VENDOR, PublisherKind.SELLER),
    ],
)
def test_what_a_publication_is_follows_from_publisher_and_kind(
    publisher: str, kind: SourceKind | None, expected: PublisherKind
) -> None:
    assert standing(publisher, kind) is expected


def test_who_sells_is_a_seller_whatever_the_page_is_called() -> None:
    assert standing("NHS", SourceKind.PUBLIC_BODY, Interest.SELLS) is PublisherKind.SELLER


def test_a_chip_names_publisher_kind_year_and_whose_words() -> None:
    found = chip(basis("NICE", SourceKind.GUIDELINE, "2024-03-06"))
    assert found == ("NICE", "guideline", "2024", "our summary")


def test_every_short_name_is_for_a_publisher_of_the_library_and_shorter() -> None:
    origins = SourcesFile((ROOT / "corpus" / "sources.toml").read_text(encoding="utf-8")).origins.values()
    assert short_names().keys() <= {origin.publisher for origin in origins}
    assert all(len(short) < len(full) for full, short in short_names().items())
