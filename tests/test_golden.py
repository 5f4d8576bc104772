"""The chosen golden answers, and the summary of what changed between two sets of answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from golden_answers import CHOSEN, GOLDEN, Row, answered, changes, compared, summary
from golden_answers import read as read_answers

from b12assistant.api import Assistant

# Rounding differs between processors and may swap two equally good quotes: allowed in one answer of 200.
ROUNDING = 0.005
FEET = ["guides/feet.md", [[0, 9]], [0, 9], "strong"]
HANDS = ["guides/hands.md", [[5, 9]], [5, 9], "strong"]
TEA = ["guides/tea.md", [[3, 9]], [3, 9], "strong"]


def row(id_: str = "a", status: str = "answered", **more: object) -> Row:
    return {"id": id_, "status": status, "notices": [], "quotes": [FEET, HANDS], "nearest": [], **more}


def test_the_chosen_questions_get_their_golden_answers(starter: Path) -> None:
    golden = read_answers(GOLDEN)
    assistant = Assistant.open(starter / "index", corpus=starter / "corpus")
    changed = compared(golden, answered(assistant, {each["id"] for each in golden}))
    if len({id_ for ids in changed.values() for id_ in ids}) > ROUNDING * len(golden):
        pytest.fail(f"{summary(changed, len(golden))}\nIf this is meant: python tools/golden_answers.py", pytrace=False)


def test_each_golden_answer_is_of_another_question() -> None:
    golden = read_answers(GOLDEN)
    assert len({each["id"] for each in golden}) == len(golden) == CHOSEN


@pytest.mark.parametrize(
    ("after", "ways"),
    [
        pytest.param(row(status="possibly"), ["status"], id="status"),
        pytest.param(row(quotes=[TEA, HANDS]), ["first quote"], id="first-quote"),
        pytest.param(row(quotes=[HANDS, FEET]), ["first quote", "order"], id="swapped"),
    ],
)
def test_a_change_is_counted_by_what_changed(after: Row, ways: list[str]) -> None:
    assert changes(row(), after) == ways
