"""British and American spellings of a word get one form; different words stay different."""

from __future__ import annotations

import pytest

from b12assistant.language.words import american, terms


@pytest.mark.parametrize(
    ("british", "american_"),
    [
        ("anaemia", "anemia"),
        ("haemoglobin", "hemoglobin"),
        ("oesophagus", "esophagus"),
        ("diarrhoea", "diarrhea"),
        ("fibres", "fibers"),
        ("tumour", "tumor"),
        ("behavioural", "behavioral"),
        ("paralysed", "paralyzed"),
        ("demyelinisation", "demyelinization"),
        ("recognising", "recognizing"),
        ("sulphate", "sulfate"),
        ("ageing", "aging"),
        ("programmes", "programs"),
    ],
)
def test_both_spellings_are_one_term(british: str, american_: str) -> None:
    assert terms(british) == terms(american_)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("toe", "tee"),
        ("four", "for"),
        ("hour", "hor"),
        ("vertebrae", "vertebre"),
        ("called", "caled"),
        ("more", "moer"),
    ],
)
def test_words_that_are_not_spellings_of_each_other_stay_apart(one: str, other: str) -> None:
    assert american(one) != american(other)


def test_the_form_of_a_form_is_itself() -> None:
    for word in ("anaemia", "oedema", "fibres", "paralysing", "defences", "neighbours"):
        assert american(american(word)) == american(word)
