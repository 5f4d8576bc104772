"""The fixed texts: each says where it comes from and that nobody reviewed it, and can be read by an eleven-year-old."""

from __future__ import annotations

import re

import pytest

from b12assistant.answers import FixedText, TextId
from b12assistant.errors import ConfigError
from b12assistant.fixed_texts import load_fixed_texts, parse_fixed_texts
from b12assistant.triage import load_rules

TEXTS = load_fixed_texts()
NEEDED = (
    "general", "emergency_medical", "emergency_self_harm", "emergency_poisoning", "urgent", "medical_decision",
    "only_sellers", "dose", "reminder", "triage_failed", "not_happening", "looking_up",
)  # fmt: skip
EMERGENCIES = ("emergency_medical", "emergency_self_harm", "emergency_poisoning")
EXAMPLE = {"id": "one", "version": 1, "text": "A text.", "origin": "Here.", "review": "not clinically reviewed"}

every_text = pytest.mark.parametrize("text", TEXTS.values(), ids=lambda text: text.id)


def syllables(word: str) -> int:
    """Groups of vowels, a silent e at the end left out: near enough for a grade."""
    return max(1, len(re.findall(r"[aeiouy]+", word.removesuffix("e"))))


def reading_age(text: str) -> float:
    """Flesch-Kincaid grade plus five; digits are left out."""
    words = re.findall(r"[a-z]+", text.casefold())
    sentences = max(1, len(re.findall(r"[.!?:]+(?:\s|$)", text)))
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59 + 5


@pytest.mark.parametrize("name", NEEDED)
def test_needed_text_is_there(name: str) -> None:
    assert TextId(name) in TEXTS


@every_text
def test_text_says_the_truth_about_its_review(text: FixedText) -> None:
    assert text.review == "not clinically reviewed"


@every_text
def test_text_has_version_and_origin(text: FixedText) -> None:
    assert text.version >= 1
    assert len(text.origin) > 20


@every_text
def test_text_does_not_claim_a_review(text: FixedText) -> None:
    assert "reviewed" not in text.text


@every_text
def test_text_is_short_and_plain(text: FixedText) -> None:
    assert len(text.text.split()) <= 120
    assert reading_age(text.text) <= 14


@pytest.mark.parametrize("name", EMERGENCIES)
def test_emergency_text_reads_at_about_eleven(name: str) -> None:
    assert reading_age(TEXTS[TextId(name)].text) <= 12


@pytest.mark.parametrize("name", [*EMERGENCIES, "urgent", "triage_failed", "reminder"])
def test_emergency_numbers_are_worded_generally(name: str) -> None:
    text = TEXTS[TextId(name)].text
    assert "local emergency number" in text
    assert all(number in text for number in ("112", "999", "911"))


@pytest.mark.parametrize("name", [*EMERGENCIES, "urgent"])
def test_notice_says_that_it_is_no_assessment(name: str) -> None:
    text = TEXTS[TextId(name)].text
    assert "safety notice" in text
    assert "not an assessment" in text


def test_crisis_and_poison_lines_are_named() -> None:
    assert all(number in TEXTS[TextId("emergency_self_harm")].text for number in ("988", "116 123"))
    assert all(number in TEXTS[TextId("emergency_poisoning")].text for number in ("1-800-222-1222", "111"))


def test_controls_are_word_for_word() -> None:
    assert TEXTS[TextId("not_happening")].text == "This is not happening now"
    assert TEXTS[TextId("looking_up")].text == "I am looking this up, nobody is ill now"


def test_general_is_one_line() -> None:
    assert "\n" not in TEXTS[TextId("general")].text


def test_no_rule_refers_to_a_missing_text() -> None:
    assert {rule.text for rule in load_rules().red_flags.rules} <= set(TEXTS)


@pytest.mark.parametrize(
    "table",
    [
        {key: value for key, value in EXAMPLE.items() if key != "review"},
        EXAMPLE | {"author": "somebody"},
        EXAMPLE | {"version": 0},
        EXAMPLE | {"version": True},
        EXAMPLE | {"text": " "},
    ],
    ids=["missing key", "unknown key", "version nought", "version no number", "blank text"],
)
def test_invalid_text_is_an_error(table: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        parse_fixed_texts({"text": [table]})


def test_id_used_twice_is_an_error() -> None:
    with pytest.raises(ConfigError, match="twice"):
        parse_fixed_texts({"text": [EXAMPLE, EXAMPLE]})
