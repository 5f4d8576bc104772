"""Who speaks first, as minimal pairs: the same words from two kinds of source, the same scores a step apart."""

from __future__ import annotations

import pytest

from b12assistant.answering.quoting import Order, QuoteSpan, Window, load_cues, order
from b12assistant.types import Document, DocumentId, Interest, Passage, PassageId, Source, SourceKind

CUES = load_cues()
DOSE = "The usual dose is 1,000 mcg a day."
SAFE = "It is perfectly safe."
HURRY = "Do not wait for a test."
PLAIN = "Myelin wraps nerve fibres."
OTHER = "Vitamin B12 is found in milk."
SELLS, NONE, UNKNOWN = Interest.SELLS, Interest.NONE, Interest.UNKNOWN


def said(text: str, interest: Interest, score: float = 0.5, kind: SourceKind | None = None) -> Window:
    document = Document(DocumentId(f"{interest}.md"), "digest", "Title", text, Source(kind=kind, interest=interest))
    span = document.span(0, len(text))
    cut = QuoteSpan(Passage(PassageId("0"), (span,)), (span,), slice(0, 1), (span,), len(text))
    return Window(cut, span, score)


def ordered(*candidates: Window, most: int = 3, strict: bool = False) -> Order:
    return order(candidates, most, strict=strict, cues=CUES)


@pytest.mark.parametrize("text", [DOSE, SAFE, HURRY])
@pytest.mark.parametrize("interest", [SELLS, UNKNOWN])
def test_a_sensitive_sentence_of_a_seller_is_not_first(text: str, interest: Interest) -> None:
    assert ordered(said(text, interest, 0.55), said(OTHER, NONE, 0.5)) == Order((1, 0), only_sellers=False)


@pytest.mark.parametrize("text", [DOSE, SAFE, HURRY])
def test_the_same_sentence_by_a_source_that_sells_nothing_may_be_first(text: str) -> None:
    assert ordered(said(text, NONE, 0.55), said(OTHER, NONE, 0.5)) == Order((0, 1), only_sellers=False)


@pytest.mark.parametrize("is_strict", [False, True])
@pytest.mark.parametrize("interest", [SELLS, UNKNOWN])
def test_a_harmless_sentence_of_a_seller_is_not_first_either(interest: Interest, is_strict: bool) -> None:
    candidates = said(PLAIN, interest, 0.55), said(OTHER, NONE, 0.31)
    assert ordered(*candidates, strict=is_strict) == Order((1, 0), only_sellers=False)


def test_a_harmless_sentence_that_only_a_seller_says_is_marked_under_a_red_flag() -> None:
    assert ordered(said(PLAIN, SELLS), strict=True) == Order((0,), only_sellers=True)


@pytest.mark.parametrize("interest", [SELLS, UNKNOWN])
def test_a_sensitive_sentence_that_only_a_seller_says_is_marked_so(interest: Interest) -> None:
    assert ordered(said(DOSE, interest)) == Order((0,), only_sellers=True)


def test_a_harmless_sentence_that_only_a_seller_says_needs_no_remark() -> None:
    assert ordered(said(PLAIN, SELLS)) == Order((0,), only_sellers=False)


@pytest.mark.parametrize("text", [DOSE, PLAIN])
def test_a_source_that_sells_nothing_is_fetched_from_behind_the_shown_ones(text: str) -> None:
    sellers = [said(f"{text} {n}", SELLS, 0.5) for n in range(3)]
    assert ordered(*sellers, said(OTHER, NONE, 0.45)) == Order((3, 0, 1), only_sellers=False)


@pytest.mark.parametrize(("behind", "first"), [(0.09, 1), (0.11, 0)])
def test_an_unknown_author_is_first_only_if_no_known_one_answers_about_as_well(behind: float, first: int) -> None:
    known = said(OTHER, NONE, 0.5 - behind, SourceKind.STUDY)
    assert ordered(said(PLAIN, NONE, 0.5), known).shown[0] == first


def test_of_two_that_say_the_same_the_one_that_sells_nothing_is_shown() -> None:
    assert ordered(said(PLAIN, SELLS, 0.5), said(PLAIN, NONE, 0.45)).shown == (1,)


@pytest.mark.parametrize(
    "text",
    [
        "Take 1000-mcg tablets.",
        "Loading doses come first.",
        "You cannot overdose.",
        "Side effects of tablets are rare and mostly mild.",
    ],
)
def test_cue_is_seen(text: str) -> None:
    assert CUES.is_sensitive(text)


@pytest.mark.parametrize("text", ["B12 is stored in the liver.", "A serum level of 200 pg was low."])
def test_a_plain_sentence_has_no_cue(text: str) -> None:
    assert not CUES.is_sensitive(text)


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        (DOSE, True),
        ("The usual dose is 1,000 mcg a day, as your doctor prescribes.", False),
        ("The dose, 1,000 mcg, depends on the cause.", False),
        ("Ask your doctor.", False),
    ],
)
def test_a_dose_is_bare_without_a_caution(text: str, bare: bool) -> None:
    assert CUES.bare_dose(text) is bare


def test_of_two_that_answer_about_equally_well_the_one_of_more_weight_is_first() -> None:
    study, body = said(PLAIN, NONE, 0.5, SourceKind.STUDY), said(OTHER, NONE, 0.495, SourceKind.PUBLIC_BODY)
    assert ordered(study, body) == Order((1, 0), only_sellers=False)
