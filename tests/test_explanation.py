"""Why triage decided so: every turn is explained, with the cue that decided, from the same steps."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answers import Turn, TurnSlice
from b12assistant.safety.explanation import explain, lines
from b12assistant.safety.opinion import Concern, Opinion, PartScore, Passed
from b12assistant.safety.triage import Step, Triager, load_rules

TRIAGER = Triager(load_rules())
CONTROL = "It isn't happening now"


def turns_of(*texts: str) -> tuple[Turn, ...]:
    return tuple(Turn(index, text) for index, text in enumerate(texts))


def told(*texts: str) -> list[dict[str, Any]]:
    return explain(TRIAGER.steps(turns_of(*texts)))


def findings(*texts: str) -> list[dict[str, Any]]:
    """The findings of the last turn, read as English."""
    found: list[dict[str, Any]] = told(*texts)[-1]["readings"][0]["findings"]
    return found


def finding(name: str, *texts: str) -> dict[str, Any]:
    return next(each for each in findings(*texts) if each["finding"] == name)


@pytest.mark.parametrize(
    ("text", "name", "standing", "cue", "words"),
    [
        ("I can't breathe", "breathing", "present", None, []),
        ("I have no chest pain", "chest_pain", "denied", "denied_far", ["have no"]),
        ("Can B12 deficiency cause blindness?", "sight_lost", "asked", "asked", None),
    ],
)
def test_a_finding_gives_its_standing_and_the_words_that_decided_it(
    text: str, name: str, standing: str, cue: str | None, words: list[str] | None
) -> None:
    found = finding(name, text)
    assert (found["standing"], found["cue"], found["counts"]) == (standing, cue, standing == "present")
    assert words is None or found["cue_words"] == words


def test_a_finding_is_placed_where_the_user_typed_it() -> None:
    text = "Help!! I CAN’T   breathe"
    found = finding("breathing", text)
    assert text[found["start"] : found["end"]] == "CAN’T   breathe"
    assert found["folded"] == "cant breathe"


@pytest.mark.parametrize(
    ("texts", "memory", "shown"),
    [
        (["I can't breathe"], "nothing", ["emergency_medical"]),
        (["I can't breathe", "What is myelin?"], "reminded", ["reminder"]),
        (["I want to die", CONTROL], "cleared", ["reminder_crisis"]),
    ],
    ids=["own", "reminder", "control"],
)
def test_what_memory_did_is_reported(texts: list[str], memory: str, shown: list[str]) -> None:
    last = told(*texts)[-1]
    assert (last["memory"], last["shown"]) == (memory, shown)


@given(st.lists(st.sampled_from(["I can't breathe", "What is myelin?", "and now?", CONTROL, "", "\ud800 my legs"])))
def test_the_explanation_matches_what_is_shown(texts: list[str]) -> None:
    turns = turns_of(*texts)
    explanation = explain(TRIAGER.steps(turns))
    assert [each["text"] for each in explanation] == texts
    ours = {"language"}  # about the conversation as a whole, after its steps
    shown = [notice.text for notice in TRIAGER(turns).notices if notice.kind.value not in ours]
    assert (explanation[-1]["shown"] if texts else []) == shown
    json.dumps(explanation)


def test_the_lines_say_the_same_to_a_reader() -> None:
    said = "\n".join(lines(told("I have no chest pain but I can't breathe", CONTROL)))
    assert "turn 1: I have no chest pain but I can't breathe" in said
    assert "chest_pain ('chest pain'): denied, by denied_far ('have no')" in said
    assert "does not count" in said
    assert "rule breathing_or_collapse (emergency, medical): breathing" in said
    assert "memory: a control cleared what stood before" in said
    assert said.endswith("shown: reminder")


def opinion(turn: Turn, concern: Concern) -> Opinion:
    shares = (0.1, 0.0, 0.7, 0.1, 0.0, 0.1)
    whole = PartScore(TurnSlice(turn, 0, len(turn.text)), shares, decides=True)
    clause = PartScore(TurnSlice(turn, 0, 4), shares, because=("legs", "gone"))
    evidence = None if concern is Concern.NONE else clause.place
    passed = Passed("emergency", 0.8, 0.6 if evidence else 0.9)
    return Opinion("second_opinion", concern, (whole, clause), evidence, passed)


def test_a_second_opinion_is_reported_with_every_part_it_judged() -> None:
    turn = Turn(0, "legs gone, odd")
    concerned, calm = explain([Step(turn, (), opinion=opinion(turn, each)) for each in (Concern.MEDICAL, Concern.NONE)])
    first = concerned["opinion"]
    assert (first["by"], first["concern"], first["evidence"]["text"]) == ("second_opinion", "medical", "legs")
    assert [each["text"] for each in first["parts"]] == ["legs gone, odd", "legs"]
    assert first["parts"][0]["shares"]["medical"] == 0.7
    assert calm["opinion"]["evidence"] is None
    assert (
        "  second_opinion: medical, 0.80 >= 0.60 (emergency), most of all 'legs', because of 'legs', 'gone'"
        in lines([concerned])
    )
    assert "  second_opinion: none, 0.80 < 0.90 (emergency)" in lines([calm])


def test_a_request_has_no_standing_and_counts() -> None:
    asks = {"id": "asks", "kind": "request", "about": "Asks whether to stop", "said": ["should i stop"]}
    triager = Triager(load_rules({"finding": [asks]}))
    (turn,) = explain(triager.steps(turns_of("should I stop my metformin?")))
    (found,) = turn["readings"][0]["findings"]
    assert (found["finding"], found["standing"], found["counts"]) == ("asks", None, True)
