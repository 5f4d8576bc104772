"""The table of layers: what a cell counts, and the judge without the lists of other languages."""

from __future__ import annotations

import json

import pytest
from red_flag_layers import LETTERS, harmless, layers, of_grave, of_harmless, row, sets

from b12assistant.answers import Level, Turn
from b12assistant.evaluation.red_flag_audit import NONE, Case, Judgement
from b12assistant.safety.second_opinion import Triagers


def said(level: str, told: str, *, certain: bool = True) -> Judgement:
    return Judgement(Case("x", (Turn(0, "x"),), level, frozenset(), None, {}), told, None, None, certain)


def test_a_cell_of_the_grave_counts_what_is_told_and_what_gets_nothing() -> None:
    first = [said("emergency", "emergency"), said("emergency", NONE), said("urgent", "emergency"), said(NONE, NONE)]
    second = [said("emergency", "urgent"), said("emergency", "emergency"), said("urgent", NONE), said(NONE, "urgent")]
    assert [(label, list(cells)) for label, cells in of_grave([first, second])] == [
        ("emergencies told as one, of 2", ["1 (1)", "1 (0)"]),
        ("urgent, told as that or more, of 1", ["1 (0)", "0 (1)"]),
    ]


def test_a_cell_of_the_harmless_counts_boxes_and_emergency_texts() -> None:
    line = said(NONE, "medical_decision", certain=False)
    told = [said(NONE, "emergency", certain=False), said(NONE, "urgent"), line, said(NONE, NONE), said("urgent", NONE)]
    assert of_harmless(told) == "2 (1)"
    assert row("a", ["1", "2"]) == "| a | 1 | 2 |"


def test_each_set_holds_what_its_name_says() -> None:
    found = dict(sets(None))
    assert len(found["test split"]) == sum(len(cases) for name, cases in found.items() if name.startswith("`"))
    assert {case.groups["language"] for case in found["other languages"]}.isdisjoint({"en"})
    assert {case.level for case in found["remarks"]} == {NONE}
    assert {case.level for case in found["letters"]} == {*(level.value for level in Level), NONE}
    assert [case.turns[0].text for case in harmless(["a b"])] == ["a b"]


def test_without_the_lists_a_foreign_emergency_is_not_seen_by_the_rules() -> None:
    judges = layers(Triagers(lambda: pytest.fail("the rules need no encoder")))
    turns = [Turn(0, "me duele mucho el pecho y no puedo respirar")]
    with_lists, without = judges["rules"](turns).flag, judges["rules, no lists"](turns).flag
    assert with_lists is not None
    assert with_lists.level is Level.EMERGENCY
    assert without is None


def test_every_second_reading_of_a_letter_is_settled_as_its_label() -> None:
    labels = {}
    for split in ("train", "calibration", "test", "test_later"):
        for line in (LETTERS / f"{split}.jsonl").read_text("utf-8").splitlines():
            letter = json.loads(line)
            labels[letter["id"]] = letter["level"]
    for split in ("train", "calibration"):
        for line in (LETTERS.parent / "red_flags" / f"{split}.jsonl").read_text("utf-8").splitlines():
            message = json.loads(line)
            labels[f"{split}:{message['id']}"] = message["level"].removeprefix("medical_")
    readings = [json.loads(line) for line in (LETTERS / "second_reader.jsonl").read_text("utf-8").splitlines()]
    assert len({each["id"] for each in readings}) == len(readings)
    for each in readings:
        assert ("settled" in each) == (each["writer"] != each["reader"]), each["id"]
        assert labels[each["id"]] == each.get("settled", each["reader"]), each["id"]
