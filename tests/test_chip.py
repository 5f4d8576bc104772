"""Who says so, on one line above a quote: publisher, kind, year and whose words, nothing cut."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from b12assistant.corpus.publishers import PublisherKind, short_names, standing
from b12assistant.corpus.sources import SourcesFile
from b12assistant.display.markup import exact, laid_out, layered
from b12assistant.display.quoted import Basis, in_short
from b12assistant.types import Extent, Interest, OriginId, Source, SourceKind, SourceWeight, Words

ROOT = Path(__file__).parent.parent


def basis(publisher: str, kind: SourceKind, published: str = "unknown") -> Basis:
    return Basis(
        OriginId(publisher),
        "A title",
        publisher,
        kind,
        SourceWeight.STUDY,
        published,
        "https://example.org/",
        "a place",
        Extent.WHOLE,
    )


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


@pytest.mark.parametrize(
    "text",
    [
        "Food | Portion\nClams | 3 ounces",
        "- one\n- two\n",
        " | \n | |",
        "a | \n- b | c\r\n\n| d",
    ],
)
def test_tables_and_lists_keep_every_character(text: str) -> None:
    drawn = layered(text, laid_out(text), exact)
    assert unescape(re.sub("<[^>]*>", "", drawn)) == unescape(re.sub("<[^>]*>", "", layered(text, (), exact)))
