"""What `evaluate --out` writes of labelled questions: what became of each, and a reliability diagram."""

from __future__ import annotations

import json
from typing import Any

import pytest
from serving import small_space

from b12assistant.evaluation import labelled_set
from b12assistant.evaluation.labelled_set import reliability

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
    table = (folder / "out" / "per_query.tsv").read_text("utf-8").splitlines()
    assert [line.split("\t")[0] for line in table] == ["id", *(row["id"] for row in QUESTIONS)]
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


def test_reliability_counts_every_question_once(report: dict[str, Any]) -> None:
    found = report["reliability"]
    assert sum(each["n"] for each in found["bins"]) == found["n"] == len(QUESTIONS)


def test_bins_hold_means_and_shares() -> None:
    found = reliability([(0.95, True), (1.0, False), (0.05, False), (0.15, False)])
    assert found is not None
    assert [(each["low"], each["n"], each["confidence"], each["right"]) for each in found["bins"]] == [
        (0.0, 1, 0.05, 0.0),
        (0.1, 1, 0.15, 0.0),
        (0.9, 2, 0.975, 0.5),
    ]
    assert found["calibration_error"] == pytest.approx((0.05 + 0.15 + 2 * 0.475) / 4)
    assert reliability([]) is None
