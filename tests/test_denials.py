"""A denial raises nothing, wherever it stands; and what is only near one in its words is still heard."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from b12assistant.answers import Level, Turn
from b12assistant.index.encoding import load_encoder, red_flag_encoder
from b12assistant.safety.assertion import without_denied
from b12assistant.safety.second_opinion import Triagers
from b12assistant.safety.triage import Triager

MESSAGES = Path(__file__).parent.parent / "benchmarks" / "data" / "red_flags"
DENIALS = [line for line in (MESSAGES / "denials.txt").read_text("utf-8").splitlines() if line[:1] != "#"]
QUESTION = "How often is the injection given?"
RANKS: list[Level | None] = [None, Level.MEDICAL_DECISION, Level.URGENT, Level.EMERGENCY]
KEPT = (
    ("No fever but my legs went numb today", "but my legs went numb today"),
    ("No headache, no numbness, I just can't stand up.", "I just can't stand up."),
    ("No rash, but her throat is closing.", "but her throat is closing."),
)
NONE_DENIED = (
    *("I'm not OK", "I can't feel my legs", "no feeling in my legs", "no reason to live", "not been able to pee"),
    *("no strength in my arm", "No pulse", "He is not breathing.", "I am not breathing fine", "not had any urine"),
    *("No chest pain, just crushing pressure.", "No pain. It just won't lift.", "No numbness until this morning."),
    *("Nothing feels real, no sleep, no hope.", "No fever, chest pain.", "No fever and chest pain for an hour"),
    *("I'm not suicidal, I'm tidy. There's a difference.", "Not suicidal. But I've cried each day since May."),
    *("no I'm not suicidal, that's for people who haven't decided", "no weakness?", "No chest pain but it was awful"),
    *(
        "Breathing was fine until an hour ago.",
        "No movement in my left arm.",
        "I can no longer breathe without trouble.",
    ),
)


def masked(text: str) -> str:
    return " ".join(without_denied(text).split())


@pytest.fixture(scope="module")
def triage() -> Triager:
    return Triagers(lambda: red_flag_encoder(load_encoder())).in_use


def rank(triage: Triager, text: str) -> int:
    flag = triage([Turn(0, text)]).flag
    return RANKS.index(flag.level if flag else None)


def harmless() -> Iterator[str]:
    for name in ("train", "calibration"):
        for line in (MESSAGES / f"{name}.jsonl").read_text("utf-8").splitlines():
            row = json.loads(line)
            if row["level"] == "none" and row["language"] == "en" and not row["history"]:
                yield row["text"].strip()


@pytest.mark.parametrize("denial", DENIALS)
def test_a_denial_is_not_there_for_whoever_judges_the_turn(denial: str) -> None:
    assert masked(denial) == ""
    assert masked(f"{QUESTION} {denial}") == QUESTION
    assert masked(f"{denial.rstrip('.')}. {QUESTION}") == QUESTION
    assert masked(f"{QUESTION}\n{denial.lower()}") == QUESTION


@pytest.mark.parametrize(("text", "rest"), KEPT)
def test_what_stands_beside_a_denial_is_kept(text: str, rest: str) -> None:
    assert masked(text) == rest


@pytest.mark.parametrize("text", NONE_DENIED)
def test_what_may_be_a_sign_is_no_denial(text: str) -> None:
    assert masked(text) == text


def test_a_denial_raises_no_level(triage: Triager) -> None:
    rng = random.Random(0)  # noqa: S311 - a sample, not a secret
    for text in rng.sample(list(harmless()), 150):
        ended = text if text[-1:] in ".?!" else f"{text}."
        alone = rank(triage, ended)
        for denial in rng.sample(DENIALS, 2):
            assert rank(triage, f"{ended} {denial}") <= alone, (text, denial)


@pytest.mark.parametrize("denial", DENIALS[::5])
def test_a_denial_in_a_letter_raises_no_level(triage: Triager, denial: str) -> None:
    before = "Hello, I am 58 and drive a school bus, and my B12 came back at 160 in spring. The nurse gave me six jabs."
    after = (
        "My wife says I sleep better. How often should I have it from now on, and does it matter if it is a week late?"
    )
    assert rank(triage, f"{before} {denial.rstrip('.')}. {after}") <= rank(triage, f"{before} {after}")


def test_a_turn_still_leans_on_an_emergency_by_what_it_denies(triage: Triager) -> None:
    turns = [Turn(0, "I have crushing chest pain."), Turn(1, "No chest pain.")]
    assert triage(turns).notices != ()
