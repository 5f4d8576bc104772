import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.language.words import fold, stop_words, surface_words, terms


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ménière", "meniere"),
        ("MENIÈRE", "meniere"),
        ("me\u0301ne", "mene"),
        ("ﬁbre", "fibre"),
        ("straße", "strasse"),
        ("β-carotene", "beta-carotene"),
        ("5 μg, 5 µg", "5 mug, 5 mug"),
        ("Ｂ１２", "b12"),
        ("B₁₂", "b12"),
        ("vita\u00admin", "vitamin"),
        ("co\u200bbalamin", "cobalamin"),
    ],
    ids=ascii,
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_text_that_is_folded_stays_as_it_is(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_case_does_not_matter(text: str) -> None:
    assert fold(text.casefold()) == fold(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B12", ["b12"]),
        ("b-12", ["b", "12", "b12"]),
        ("B‑12", ["b", "12", "b12"]),
        ("1,000", ["1000"]),
        ("1000", ["1000"]),
        ("1,000,000 and 12,500.5", ["1000000", "12500.5"]),
        ("2.5", ["2.5"]),
        ("1,2", ["1", "2"]),
        ("12,3456", ["12", "3456"]),
        ("patient's patients’", ["patient", "patient"]),
        ("don't", []),
        ("nerves nerve", ["nerv", "nerv"]),
        ("long-term", ["long", "term", "longterm"]),
        ("B vitamins_and_more", ["b", "vitamin"]),
        ("what is the", []),
        ("", []),
        ("—…!", []),
    ],
    ids=ascii,
)
def test_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [("cobalamin's", "COBALAMIN"), ("naïve", "naive"), ("α-lipoic", "alpha-lipoic"), ("1,000 mcg", "1000 mcg")],
    ids=["possessive", "accent", "Greek", "thousands"],
)
def test_two_spellings_are_one_word(one: str, other: str) -> None:
    assert terms(one) == terms(other)


def test_a_hyphenated_word_is_found_by_its_joined_form() -> None:
    assert set(terms("B12")) <= set(terms("B-12"))


def test_a_word_with_a_figure_is_not_stemmed() -> None:
    assert terms("h2s b6es") == ["h2s", "b6es"]


@given(st.text())
def test_terms_are_never_stop_words_or_empty(text: str) -> None:
    whole = [word for word in surface_words(text) if "-" not in word]
    assert all(terms(text))
    assert not {word for word in whole if word in stop_words()} & set(terms(" ".join(whole))) - {"b"}


@pytest.mark.parametrize("word", ["what", "how", "i", "my", "the", "does"])
def test_question_words_are_stop_words(word: str) -> None:
    assert word in stop_words()


@pytest.mark.parametrize("word", ["nerve", "b12", "numb", "pain"])
def test_subject_words_are_not_stop_words(word: str) -> None:
    assert word not in stop_words()


def test_a_name_with_capitals_inside_is_not_a_stop_word() -> None:
    assert terms("What is SAMe?") == ["same"]
    assert terms("What is the same?") == []
    assert terms("StatPearls") == terms("statpearls")
