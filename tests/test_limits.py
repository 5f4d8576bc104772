"""The limits of the confidence that fit labelled questions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from corpora import three_files, write

from b12assistant.errors import DatasetError
from b12assistant.evaluation.labelled_set import Labelled, Outcome
from b12assistant.evaluation.limits import Judged, Limits, changes, judged, limits_of

RIGHT = [Judged(0.5 + place / 100, right=True, gold=True) for place in range(40)]
WRONG = [Judged(0.3 + place / 50, right=False, gold=False) for place in range(20)]
NOW = Limits(0.3, 0.8)


def test_the_lower_limit_keeps_nearly_all_right_quotes_and_refuses_what_is_below() -> None:
    assert limits_of([*RIGHT, *WRONG], NOW).least == pytest.approx(0.51, abs=0.002)


def test_from_the_upper_limit_on_most_quotes_are_right_and_from_a_lower_one_they_are_not() -> None:
    asked = [*RIGHT, *WRONG]
    strong = limits_of(asked, NOW).strong
    shares = {limit: [each.right for each in asked if each.confidence >= limit] for limit in (strong, strong - 0.02)}
    assert sum(shares[strong]) >= 0.85 * len(shares[strong])
    assert sum(shares[strong - 0.02]) < 0.85 * len(shares[strong - 0.02])


def test_marked_questions_are_left_out_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    space = three_files(tmp_path)
    space.index()
    asked_of = {"text": "Metformin lowers B12 in some people.", "asked": ["Does metformin lower B12?"]}
    lists = {"sentences/pills.txt.jsonl": json.dumps(asked_of), "not_answered.toml": 'questions = ["Who won?"]'}
    write(space.corpus, lists)
    questions = ["Does metformin lower B12?", "Metformin: does it lower B12?", "who won", "LOWER b12 does metformin"]
    file = tmp_path / "questions.jsonl"
    rows = [{"id": str(number), "question": question, "gold": []} for number, question in enumerate(questions)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8-sig")
    asked: list[str] = []

    def ask_all(_: object, labelled: list[Labelled]) -> list[Outcome]:
        asked.extend(each.question for each in labelled)
        return []

    monkeypatch.setattr("b12assistant.evaluation.limits.ask_all", ask_all)
    with pytest.raises(DatasetError, match=r"and 3 do not count because they are marked in the corpus: a fit needs"):
        judged(space, file)
    assert asked == ["Metformin: does it lower B12?"]


def test_it_is_said_what_the_limits_change() -> None:
    assert list(changes([*RIGHT, *WRONG], NOW, Limits(0.51, 0.7))) == [
        "answering.least: 0.300 now, 0.510 fits",
        "answering.strong: 0.800 now, 0.700 fits",
        "refused, of 40 answerable questions: 0 now, 1 then",
        "refused, of 20 questions without gold: 0 now, 11 then",
        "right, of the best quotes from answering.strong on: 10 of 10 now, 20 of 20 then",
    ]
