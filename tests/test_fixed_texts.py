"""The fixed texts: each says where it comes from and that it is not reviewed, and can be read by an eleven-year-old."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant import api
from b12assistant.answers import FixedText, Level, TextId
from b12assistant.application import workspace
from b12assistant.config import load_configuration
from b12assistant.data_files import Table, read_data
from b12assistant.errors import ConfigError
from b12assistant.safety.fixed_texts import (
    FILE,
    LINES,
    anywhere,
    general_words,
    load_regions,
    numbers_on,
    parse_fixed_texts,
    telephone_numbers,
)
from b12assistant.safety.red_flags import RULES_FILE
from b12assistant.safety.triage import load_rules

DATA_FILE = read_data("red_flags", FILE)
TEXTS = parse_fixed_texts(DATA_FILE, general_words())
EMERGENCIES = ("emergency_medical", "emergency_self_harm", "emergency_poisoning")
DANGER = (*EMERGENCIES, "urgent", "triage_failed", "reminder", "reminder_crisis")
READING_AGE = 11
REGIONS = ("none", *load_regions())

every_text = pytest.mark.parametrize("text", TEXTS.values(), ids=lambda text: text.id)


def in_region(region: str) -> list[FixedText]:
    words = numbers_on(date(2026, 11, 20), region)
    return list(parse_fixed_texts(DATA_FILE, words).values())


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


@pytest.mark.parametrize("rule", read_data("red_flags", RULES_FILE)["rule"], ids=lambda rule: rule["id"])
def test_a_rule_names_pages_that_were_read_or_says_that_it_is_policy(rule: Table) -> None:
    read = re.search(r"read 20\d\d-\d\d-\d\d", rule["origin"])
    assert ("://" in rule["origin"]) == bool(read)
    assert read or rule["origin"].startswith("Project policy")


def test_rules_name_findings_and_texts_that_there_are_and_no_id_is_used_twice() -> None:
    red_flags = load_rules().red_flags
    rules, findings = [rule.id for rule in red_flags.rules], [finding.id for finding in red_flags.findings]
    assert {rule.text for rule in red_flags.rules} <= set(TEXTS)
    assert {rule.level for rule in red_flags.rules} == {Level.EMERGENCY, Level.URGENT}
    assert {name for rule in red_flags.rules for name in rule.any | rule.also} <= set(findings)
    assert (len(set(rules)), len(set(findings))) == (len(rules), len(findings))


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
    called = load_regions()[region]["emergency"]["number"]
    for text in in_region(region):
        if text.id in DANGER or text.id.startswith(("emergency", "urgent")):
            calls = re.findall(r"call ([^.?]*?)(?: now|[.?\n])", text.text, re.I)
            assert called in calls, text.id
            assert not any(" or 9" in each or " or 1" in each for each in calls), text.id


@every_text
def test_no_text_holds_a_number_of_its_own(text: FixedText) -> None:
    bare = dict.fromkeys(general_words(), "")
    assert not re.search(r"\d{3}", parse_fixed_texts(DATA_FILE, bare)[text.id].text.replace("2,000", ""))


@pytest.mark.parametrize("name", [*EMERGENCIES, "urgent"])
def test_notice_says_that_it_is_not_an_assessment(name: str) -> None:
    assert "We show this because of what you wrote. Nobody has assessed you." in TEXTS[TextId(name)].text


def shipped() -> Iterator[Table]:
    for lines in load_regions().values():
        yield from (each for line, each in lines.items() if line in (*LINES, "doctor"))


@pytest.mark.parametrize("telephone", list(shipped()), ids=lambda telephone: telephone["number"])
def test_every_number_has_an_address_that_was_read_and_is_reviewed_within_a_year(telephone: Table) -> None:
    assert "http" in telephone["source"]
    assert any(character.isdigit() for character in telephone["number"])
    assert timedelta() < telephone["review_by"] - telephone["read"] <= timedelta(days=366)


def test_every_region_has_an_emergency_number() -> None:
    assert all("emergency" in lines for lines in load_regions().values())


@pytest.mark.parametrize("region", load_regions())
def test_a_region_names_its_numbers_until_their_review(region: str) -> None:
    line = load_regions()[region]["emergency"]
    assert numbers_on(line["review_by"], region)["emergency"] == line["number"]
    assert numbers_on(line["review_by"] + timedelta(days=1), region)["emergency"] == general_words()["emergency"]
    assert numbers_on(date.max, region) == general_words()


@given(st.dates(), st.sampled_from(REGIONS))
def test_no_day_brings_a_number_past_its_review(today: date, region: str) -> None:
    words = numbers_on(today, region)
    for line in LINES:
        current = load_regions().get(region, {}).get(line)
        trusted = current is not None and today <= current["review_by"]
        assert (words[line] == general_words()[line]) is not trusted


def test_a_configured_number_wins_and_does_not_expire() -> None:
    own = ("the ward on 4711", "", "")
    assert numbers_on(date(2099, 1, 1), "uk", *own) == {**general_words(), "emergency": "the ward on 4711"}
    assert numbers_on(date(2026, 11, 20), "uk", *own)["emergency"] == "the ward on 4711"


@pytest.mark.parametrize("number", ["1\n2", "\x1b[31m1"])
def test_a_configured_number_that_is_not_a_number_is_refused(number: str) -> None:
    with pytest.raises(ConfigError, match=r"red_flags\.crisis_line"):
        numbers_on(date(2026, 1, 1), "none", "", number, "")


def text_of(environment: dict[str, str]) -> str:
    space = api.Workspace(load_configuration(environment=environment))
    return space.texts[TextId("emergency_self_harm")].text


def test_the_configuration_decides_whose_numbers_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "local_today", lambda: date(2026, 11, 20))
    british = text_of({})
    assert "call 999 now.\nIn the EU: 112. In the US: 911.\n" in british
    assert "call Samaritans on 116 123 (988 in the US)." in british
    assert text_of({"B12_RED_FLAGS_REGION": "uk"}) == british
    assert "call 911 now.\nIn the UK: 999. In the EU: 112.\n" in text_of({"B12_RED_FLAGS_REGION": "us"})
    assert "call 112 now.\nIn the UK: 999. In the US: 911.\n" in text_of({"B12_RED_FLAGS_REGION": "eu"})
    nowhere = text_of({"B12_RED_FLAGS_REGION": "none"})
    assert "call your local emergency number (112, 911 or 999) now.\nYou matter" in nowhere
    assert "call the ward on 4711." in text_of({"B12_RED_FLAGS_CRISIS_LINE": "the ward on 4711"})


def test_what_is_urgent_names_who_sees_you(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "local_today", lambda: date(2026, 11, 25))
    for region, doctor in (("uk", "your GP or call 111"), ("us", "a doctor or nurse"), ("none", "a doctor or nurse")):
        space = api.Workspace(load_configuration(environment={"B12_RED_FLAGS_REGION": region}))
        for name in ("urgent", "urgent_low_mood"):
            assert space.texts[TextId(name)].text.startswith(f"See {doctor} in the next day or two")


def test_a_server_that_runs_past_a_review_stops_naming_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    space = api.Workspace(load_configuration(environment={"B12_RED_FLAGS_REGION": "us"}))
    monkeypatch.setattr(workspace, "local_today", lambda: date(2026, 11, 20))
    assert "call 911 now" in space.texts[TextId("emergency_medical")].text.casefold()
    monkeypatch.setattr(workspace, "local_today", lambda: date(2031, 1, 1))
    assert "your local emergency number" in space.texts[TextId("emergency_medical")].text


def test_an_unknown_region_is_reported_in_one_line_before_anything_is_asked() -> None:
    region = "gb"
    with pytest.raises(ConfigError, match=f"red_flags.region = '{region}'") as raised:
        api.Workspace(load_configuration(environment={"B12_RED_FLAGS_REGION": region}))
    assert "\n" not in f"{raised.value}{raised.value.hint}"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Call 112, 911 or 999.", ["112", "911", "999"]),
        ("call Samaritans on 116 123.", ["116 123"]),
        ("1-844-764-7669 (in Quebec 1-800-463-5060)", ["1-844-764-7669", "1-800-463-5060"]),
        ("01 809 2166 (8 am to 10 pm)", ["01 809 2166"]),
        ("请拨打：120（112、911 或 999）", ["120", "112", "911", "999"]),
        ("Only the first 2,000 characters; B12, in 2019, within 1 or 2 days, 3.14", []),
    ],
)
def test_the_numbers_of_a_text_are_those_to_call(text: str, numbers: list[str]) -> None:
    assert [text[start:end] for start, end in telephone_numbers(text)] == numbers


@pytest.mark.parametrize("telephone", list(shipped()), ids=lambda telephone: telephone["number"])
def test_every_number_that_ships_can_be_dialled(telephone: Table) -> None:
    digits = [each for each in anywhere(telephone).replace("(8:00–22:00)", "") if each.isdigit()]
    slices = [anywhere(telephone)[start:end] for start, end in telephone_numbers(anywhere(telephone))]
    dialled = [each for number in slices for each in number if each.isdigit()]
    assert dialled == digits or anywhere(telephone) == "15 / 112"


def test_a_translation_names_the_lines_of_the_region_and_of_where_it_is_spoken() -> None:
    today = date(2026, 11, 21)
    assert numbers_on(today, "uk", "", "", "", language="es")["emergency"] == "999 (España: 112; México: 911)"
    assert "España: 024" in numbers_on(today, "none", "", "", "", language="es")["crisis_line"]
    assert numbers_on(today, "uk", "", "", "", language="pl")["crisis_line"].startswith("Samaritans 116 123 (Polska: ")
    assert numbers_on(today, "none", "", "", "", language="zh")["emergency"].endswith("(中国大陆: 120)")
    assert numbers_on(today, "none", "", "the ward on 4711", "", language="de")["crisis_line"] == "the ward on 4711"
    assert "024" not in numbers_on(date(2031, 1, 1), "none", "", "", "", language="es")["crisis_line"]
    assert numbers_on(today, "uk", "", "", "", language="sv")["emergency"] == "999 (EU: 112; US: 911)"
    assert numbers_on(today, "none", "", "", "", language="sv") == {"emergency": "112, 911, 999"}
