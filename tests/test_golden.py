"""The chosen golden answers, and the summary of what changed between two sets of answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from golden_answers import CHOSEN, CORPUS, GOLDEN, Comparison, Row, answered, changes
from golden_answers import read as read_answers

from b12assistant.api import Assistant

# Rounding differs between processors and may swap two equally good quotes: allowed in one answer of 200.
ROUNDING = 0.005
FEET = ["guides/feet.md", [[0, 9]], [0, 9], "strong"]
HANDS = ["guides/hands.md", [[5, 9]], [5, 9], "strong"]
EVERYTHING = ["status", "notices", "first quote", "other quotes"]
TEA = ["guides/tea.md", [[3, 9]], [3, 9], "strong"]


def row(id_: str = "a", status: str = "answered", **more: object) -> Row:
    return {"id": id_, "status": status, "notices": [], "quotes": [FEET, HANDS], "nearest": [], **more}


def test_the_chosen_questions_get_their_golden_answers(starter: Path) -> None:
    golden = read_answers(GOLDEN)
    assistant = Assistant.open(starter / "index", corpus=starter / "corpus")
    compared = Comparison.of(golden, answered(assistant, {each["id"] for each in golden}))
    if len(compared.ids) > ROUNDING * len(golden):
        pytest.fail(f"{compared}\nIf this is meant: python tools/golden_answers.py", pytrace=False)


def test_each_golden_answer_is_of_another_question() -> None:
    golden = read_answers(GOLDEN)
    assert len({each["id"] for each in golden}) == len(golden) == CHOSEN


def test_a_golden_answer_names_documents_of_the_corpus() -> None:
    named = {quote[0] for each in read_answers(GOLDEN) for quote in each["quotes"]}
    assert {name for name in named if not (CORPUS / name).is_file()} == set()


@pytest.mark.parametrize(
    ("after", "ways"),
    [
        pytest.param(row(), [], id="nothing"),
        pytest.param(row(status="possibly"), ["status"], id="status"),
        pytest.param({"id": "a", "error": "too long"}, EVERYTHING, id="failed"),
        pytest.param(row(notices=[["red_flag", "urgent", "r"]]), ["notices"], id="notice"),
        pytest.param(row(quotes=[TEA, HANDS]), ["first quote"], id="first-quote"),
        pytest.param(row(quotes=[FEET, TEA]), ["other quotes"], id="other-quote"),
        pytest.param(row(quotes=[FEET]), ["other quotes"], id="one-less"),
        pytest.param(row(quotes=[HANDS, FEET]), ["first quote", "order"], id="swapped"),
        pytest.param(row(quotes=[FEET, [*HANDS[:3], "possible"]]), ["only details"], id="strength"),
        pytest.param(row(differences=[["topic", "doses", []]]), ["differences"], id="difference"),
    ],
)
def test_a_change_is_counted_by_what_changed(after: Row, ways: list[str]) -> None:
    assert changes(row(), after) == ways


def test_the_summary_names_the_first_few_answers_of_each_change() -> None:
    before = [row(str(number)) for number in range(9)]
    after = [row(str(number), "possibly") for number in range(7)] + [row("7"), row("9")]
    assert str(Comparison.of(before, after)) == (
        "9 of 9 answers changed\n"
        "  status            7  0, 1, 2, 3, 4 …\n"
        "  notices           0\n"
        "  first quote       0\n"
        "  other quotes      0\n"
        "  order             0\n"
        "  differences       0\n"
        "  only before       1  8\n"
        "  only after        1  9"
    )
