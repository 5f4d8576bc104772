"""What `evaluate --out` writes about labelled questions: the result of each."""

from __future__ import annotations

import json
from typing import Any

import pytest
from serving import small_space

from b12assistant.evaluation import labelled_set

CORPUS = {
    "nerves.md": "# Nerves\n\n## Sheath\n\nMyelin wraps every nerve. It is made of fat. Numb feet are an early sign.\n",
    "pills.txt": "Metformin lowers cobalamin in some people. Ask for a blood test.\n",
}
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
