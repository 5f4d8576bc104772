"""What `evaluate --out` writes about labelled questions: the result of each, and what changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from serving import small_space

from b12assistant.answers import Reply
from b12assistant.application.workspace import Workspace
from b12assistant.errors import DatasetError
from b12assistant.evaluation import labelled_set, measures

CORPUS = {
    "nerves.md": "# Nerves\n\n## Sheath\n\nMyelin wraps every nerve. It is made of fat. Numb feet are an early sign.\n",
    "pills.txt": "Metformin lowers cobalamin in some people. Ask for a blood test.\n",
}
FIRST = "What wraps every nerve?"
QUESTIONS = [
    {"id": "wraps", "question": "What wraps every nerve: myelin?", "gold": ["Myelin wraps every nerve."]},
    {"id": "sign", "question": "What is an early sign?", "gold": ["Metformin lowers cobalamin in some people."]},
    {"id": "none", "question": "Who won the world cup of chess in 1998?", "gold": []},
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("report")
    file = folder / "questions.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in QUESTIONS), "utf-8")
    labelled_set.score(small_space(folder / "space", CORPUS), file, folder / "out")
    found: dict[str, Any] = json.loads((folder / "out" / "report.json").read_text("utf-8"))
    return found


def test_every_question_is_there_with_what_became_of_it(report: dict[str, Any]) -> None:
    assert {row["id"]: row["result"] for row in report["questions"]} == {
        "wraps": "hit",
        "sign": "missed",
        "none": "right",
    }
    missed = report["questions"][1]
    assert missed["gold"] == ["Metformin lowers cobalamin in some people."]
    assert missed["quotes"]
    assert all(each["address"].startswith("/d/") for each in missed["quotes"])


def test_a_turn_is_asked_after_those_before_it_and_in_full_without_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = [
        {
            "user": "What wraps every nerve?",
            "rewrite": "What wraps every nerve?",
            "gold": ["Myelin wraps every nerve."],
        },
        {"user": "and fat?", "rewrite": "Is myelin made of fat?", "gold": ["It is made of fat."], "kind": "follow_up"},
    ]
    (tmp_path / "turns.jsonl").write_text(json.dumps({"id": "c", "turns": turns}), "utf-8")
    space, asked = small_space(tmp_path / "space", CORPUS), list[tuple[str, tuple[str, ...]]]()
    ask = type(space).ask

    def told(self: Workspace, question: str, history: Sequence[str] = ()) -> Reply:
        asked.append((question, tuple(history)))
        return ask(self, question, history)

    monkeypatch.setattr(type(space), "ask", told)
    figures = labelled_set.score(space, tmp_path / "turns.jsonl")
    assert asked == [(FIRST, ()), ("and fat?", (FIRST,)), (FIRST, ()), ("Is myelin made of fat?", ())]
    assert (figures["conversations"], figures["turns"]) == (1, 2)
    assert figures["follow-ups as typed: hit@3"]["n"] == 1


def test_against_an_earlier_report_a_difference_has_its_interval(report: dict[str, Any]) -> None:
    questions = [{**row, "id": f"{row['id']}{n}"} for n in range(40) for row in report["questions"]]
    now = {**report, "questions": questions}
    worse = {**report, "questions": [{**row, "hit_at": None} for row in questions]}
    first = next(measures.compared(now, worse))
    assert first.startswith("hit@1: 0.000 before, 0.500 now, +0.500 [+0.")
    assert first.endswith("], n = 80: better")
    assert next(measures.compared(worse, now)).endswith(": worse")
    assert next(measures.compared(now, now)).endswith(": no clear difference")


def test_a_file_that_is_not_a_report_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"report\.json cannot be read"):
        measures.read_report(tmp_path)
    (tmp_path / "report.json").write_text('{"kind": "red_flags"}', "utf-8")
    with pytest.raises(DatasetError, match="no report on questions"):
        measures.read_report(tmp_path)
