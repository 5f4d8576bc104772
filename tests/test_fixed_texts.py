"""The fixed texts: each says where it comes from and that it is not reviewed, and can be read by an eleven-year-old."""

from __future__ import annotations

import re
from datetime import date

import pytest

from b12assistant.answers import FixedText, TextId
from b12assistant.safety.fixed_texts import load_fixed_texts, load_telephones
from b12assistant.safety.red_flags import Rule
from b12assistant.safety.triage import load_rules

TEXTS = load_fixed_texts()
EMERGENCIES = ("emergency_medical", "emergency_self_harm", "emergency_poisoning")
DANGER = (*EMERGENCIES, "urgent", "triage_failed", "reminder", "reminder_crisis")
READING_AGE = 11
REGIONS = ("none", *load_telephones().regions)

every_text = pytest.mark.parametrize("text", TEXTS.values(), ids=lambda text: text.id)


def in_region(region: str) -> list[FixedText]:
    words = load_telephones().words(region, {}, date(2026, 11, 20))
    return list(load_fixed_texts(words).values())


def syllables(word: str) -> int:
    """Groups of vowels, without a silent e at the end: good enough for a grade."""
    return max(1, len(re.findall(r"[aeiouy]+", word.removesuffix("e"))))


def reading_age(text: str) -> float:
    """Flesch-Kincaid grade plus five; digits are left out."""
    words = re.findall(r"[a-z]+", text.casefold())
    sentences = max(1, len(re.findall(r"[.!?:]+(?:\s|$)", text)))
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59 + 5


@every_text
def test_text_is_truthful_about_its_review(text: FixedText) -> None:
    assert text.review == "not clinically reviewed"
    assert "reviewed" not in text.text


@pytest.mark.parametrize("rule", load_rules().red_flags.rules, ids=lambda rule: rule.id)
def test_a_rule_names_pages_that_were_read_or_says_that_it_is_policy(rule: Rule) -> None:
    read = re.search(r"read 20\d\d-\d\d-\d\d", rule.origin)
    assert ("://" in rule.origin) == bool(read)
    assert read or rule.origin.startswith("Project policy")


@pytest.mark.parametrize("region", REGIONS, ids=str)
def test_every_text_is_short_and_reads_at_eleven_in_every_region(region: str) -> None:
    for text in in_region(region):
        assert len(text.text.split()) <= 100, text.id
        assert reading_age(text.text) <= READING_AGE, text.id


@pytest.mark.parametrize("name", EMERGENCIES)
def test_the_first_words_of_an_emergency_are_what_to_do(name: str) -> None:
    assert "call" in TEXTS[TextId(name)].text.splitlines()[0].casefold()


@pytest.mark.parametrize("name", DANGER)
def test_without_a_region_emergency_numbers_are_worded_generally(name: str) -> None:
    assert "your local emergency number (112, 911 or 999)" in TEXTS[TextId(name)].text


@pytest.mark.parametrize("region", ["uk", "us", "eu"])
def test_in_its_region_every_text_of_danger_names_one_number_to_call_and_no_choice(region: str) -> None:
    called = load_telephones().regions[region]["emergency"].number
    for text in in_region(region):
        if text.id in DANGER or text.id.startswith(("emergency", "urgent")):
            calls = re.findall(r"call ([^.?]*?)(?: now|[.?\n])", text.text, re.I)
            assert called in calls, text.id
            assert not any(" or 9" in each or " or 1" in each for each in calls), text.id


@every_text
def test_no_text_holds_a_number_of_its_own(text: FixedText) -> None:
    bare = dict.fromkeys(load_telephones().general, "")
    assert not re.search(r"\d{3}", load_fixed_texts(bare)[text.id].text.replace("2,000", ""))


@pytest.mark.parametrize("name", [*EMERGENCIES, "urgent"])
def test_notice_says_that_it_is_not_an_assessment(name: str) -> None:
    assert "We show this because of what you wrote. Nobody has assessed you." in TEXTS[TextId(name)].text
