"""The reviewed vocabulary: well-formed, one meaning per variant, found as whole words only."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answers import TermId
from b12assistant.language.vocabulary import (
    Kind,
    Term,
    Vocabulary,
    load_vocabulary,
)
from b12assistant.language.words import terms

SHIPPED = load_vocabulary()
SMALL = Vocabulary(
    (
        Term(TermId("injections"), Kind.LAY, ("jab", "jabs")),
        Term(TermId("pernicious anaemia"), Kind.ABBREVIATION, ("PA",)),
        Term(TermId("tingling"), Kind.LAY, ("pins and needles",)),
        Term(TermId("needling"), Kind.LAY, ("needles",)),
    )
)


def found(text: str) -> list[tuple[str, str]]:
    return [(text[start:end], term) for start, end, term in SMALL.find(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("My Jabs hurt", [("Jabs", "injections")]),
        ("PA or PAs", [("PA", "pernicious anaemia"), ("PAs", "pernicious anaemia")]),
        ("ask my pa", []),
        ("pins  and needles", [("pins  and needles", "tingling")]),
    ],
    ids=["any case", "plural of capitals", "capitals only", "longest first"],
)
def test_what_is_found(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_no_variant_means_two_things() -> None:
    counts = Counter(variant.lower() for term in SHIPPED.terms for variant in term.variants)
    assert [variant for variant, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("term", SHIPPED.terms, ids=lambda term: term.id)
def test_every_variant_is_found_and_every_term_can_be_searched(term: Term) -> None:
    assert terms(term.id)
    for variant in term.variants:
        assert [(start, end, name) for start, end, name in SHIPPED.find(variant)] == [(0, len(variant), term.id)]


@given(st.text(max_size=80))
def test_findings_are_slices_in_order(text: str) -> None:
    places = [(start, end) for start, end, _ in SHIPPED.find(text)]
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(a[1] <= b[0] for a, b in pairwise(places))
