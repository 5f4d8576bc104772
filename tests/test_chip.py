"""Who says so, on one line above a quote: publisher, kind, year and whose words, nothing cut."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from builders import build_document
from builders_quotes import passages_of
from payloads import PAYLOADS

from b12assistant.answers import Answer, Quote, Reply, Status, Strength, Timings, Turn
from b12assistant.corpus.publishers import PublisherKind, short_names, standing
from b12assistant.corpus.sources import SourcesFile
from b12assistant.display.answer_html import turn_html
from b12assistant.display.labels import load_labels
from b12assistant.display.markup import exact, laid_out, layered, words
from b12assistant.display.presentation import Setting
from b12assistant.display.quoted import Basis, Speaker
from b12assistant.types import Extent, Interest, OriginId, Source, SourceKind, SourceWeight, Words

ROOT = Path(__file__).parent.parent
LABELS = load_labels()


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
    return Speaker.of(Source(words=Words.PROJECT_SUMMARY), LABELS, publications, "Our page").chip


@pytest.mark.parametrize(
    ("publisher", "kind", "expected"),
    [
        ("NICE", SourceKind.GUIDELINE, PublisherKind.GUIDELINE),
        ("NHS", SourceKind.PUBLIC_BODY, PublisherKind.NHS),
        ("NHS Fife", SourceKind.PATIENT_GUIDE, PublisherKind.NHS),
        ("NHSX", SourceKind.PATIENT_GUIDE, PublisherKind.PATIENT_GUIDE),
        ("GOV.UK", SourceKind.PUBLIC_BODY, PublisherKind.PUBLIC_BODY),
        ("unknown publisher", SourceKind.PATIENT_GUIDE, PublisherKind.ANONYMOUS),
        ("myhealthcare.com", SourceKind.PATIENT_GUIDE, PublisherKind.ANONYMOUS),
        ("Drip Hydration", SourceKind.VENDOR, PublisherKind.SELLER),
        ("A journal", None, PublisherKind.UNKNOWN),
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


def test_a_kind_that_the_name_says_is_not_repeated() -> None:
    assert chip(basis("NHS 111 Wales", SourceKind.PUBLIC_BODY)) == ("NHS 111 Wales", "our summary")


def test_whoever_is_known_is_named_before_whoever_is_not() -> None:
    found = chip(basis("unknown publisher", SourceKind.PATIENT_GUIDE), basis("GOV.UK", SourceKind.PUBLIC_BODY))
    assert found == ("GOV.UK", "public body", "our summary", "and 1 more")


def test_a_long_name_is_short_in_the_chip_and_whole_in_the_list_of_publications() -> None:
    long = "Medicines and Healthcare products Regulatory Agency"
    speaker = Speaker.of(Source(), LABELS, [basis(long, SourceKind.PUBLIC_BODY)])
    assert speaker.chip[0] == "MHRA (UK medicines regulator)"
    assert speaker.parts[0].startswith(f"{long}: ")


def test_every_short_name_is_for_a_publisher_of_the_library_and_shorter() -> None:
    origins = SourcesFile((ROOT / "corpus" / "sources.toml").read_text(encoding="utf-8")).origins.values()
    assert short_names().keys() <= {origin.publisher for origin in origins}
    assert all(len(short) < len(full) for full, short in short_names().items())


def test_a_public_body_is_named_before_a_review_and_both_before_the_maker_of_a_product() -> None:
    maker = replace(basis("Amdipharm", SourceKind.TEXTBOOK), weight=SourceWeight.NATIONAL_GUIDELINE)
    review, body = basis("A journal", SourceKind.REVIEW), basis("NHS", SourceKind.PUBLIC_BODY)
    assert chip(maker, review, body)[0] == "NHS"
    assert chip(maker, review)[0] == "A journal"


def test_who_says_the_sentence_that_answers_is_named_before_who_says_what_is_beside_it() -> None:
    body, study = basis("NHS", SourceKind.PUBLIC_BODY), basis("A trial", SourceKind.STUDY)
    speaker = Speaker.of(Source(words=Words.PROJECT_SUMMARY), LABELS, (body, study), "Our page", (study,))
    assert (speaker.chip[0], speaker.chip[-1]) == ("A trial", "and 1 more")


def test_an_unknown_author_is_said_to_be_one() -> None:
    assert chip(basis("unknown publisher", SourceKind.PATIENT_GUIDE))[0] == "Website, author not named"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_a_publisher_calls_itself_is_drawn_exactly(payload: str) -> None:
    source = Source(publisher=payload, title=payload)
    document = build_document("Okapi tapir.", file="okapi.md", source=source)
    passage = passages_of(document)[0]
    quote = Quote(passage.sentences, passage.sentences[0], passage, Strength.STRONG, 0.5)
    answer = Answer(Turn(0, "okapi?"), Status.ANSWERED, None, (quote,), ())
    html = turn_html(1, Reply(answer, Timings(1, 1), None), Setting({}, date(2026, 11, 20)))
    by = html.partition('<figcaption class="who">')[2].partition("</figcaption>")[0]
    assert words(payload) in by
    assert by.count('class="exact"') == 2, "title and publisher; the rest are labels"


@pytest.mark.parametrize(
    "text",
    [
        "Food | Portion\nClams | 3 ounces",
        "- one\n- two\n",
        " | \n | |",
        "a | \n- b | c\r\n\n| d",
        *PAYLOADS,
    ],
)
def test_tables_and_lists_keep_every_character(text: str) -> None:
    drawn = layered(text, laid_out(text), exact)
    assert unescape(re.sub("<[^>]*>", "", drawn)) == unescape(re.sub("<[^>]*>", "", layered(text, (), exact)))


def test_a_row_of_a_table_is_drawn_without_the_lines_between_its_cells() -> None:
    drawn = layered("Food | Portion\nClams | 3 ounces", laid_out("Food | Portion\nClams | 3 ounces"), exact)
    assert drawn.count('<span class="tr of2">') == 2
    assert re.findall(r'<span class="drawn">(.*?)</span>', drawn)[0] == " &#124; "
    assert "&#124;" not in re.sub(r'<span class="drawn">.*?</span>', "", drawn)


def test_of_publications_of_one_weight_a_british_body_is_named_first() -> None:
    abroad, home = (
        basis("Drug Authority", SourceKind.PUBLIC_BODY),
        basis("MHRA Drug Safety Update", SourceKind.PUBLIC_BODY),
    )
    assert chip(abroad, home)[0] == "MHRA Drug Safety Update"
    lighter = replace(home, weight=SourceWeight.UNVERIFIED)
    assert chip(abroad, lighter)[0] == "Drug Authority"
