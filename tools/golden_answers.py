"""Write the golden answers: `python tools/golden_answers.py` after an intended change of answers.

A stress test (`tests/stress_tests/golden.py`) asks the same questions again and compares. Each line holds what decides
an answer, as ids and offsets without words, so that a diff shows which answer changed and how.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from b12assistant.api import Assistant, build_index
from b12assistant.errors import QuestionError

REPOSITORY = Path(__file__).resolve().parent.parent
DATA = REPOSITORY / "benchmarks/data"
CORPUS = REPOSITORY / "corpus"
GOLDEN = REPOSITORY / "tests/golden/answers.jsonl"
SETS = ("questions", "unanswerable", "conversations", "differences")


def questions() -> Iterator[tuple[str, str, list[str]]]:
    """Yield id, question and earlier turns of every labelled question."""
    for name in SETS:
        for path in sorted((DATA / name).glob("*.jsonl")):
            for line in path.read_text("utf-8").splitlines():
                record = json.loads(line)
                turns = [turn["user"] for turn in record["turns"]] if "turns" in record else [record["question"]]
                for i, turn in enumerate(turns):
                    yield (f"{record['id']}/{i}" if len(turns) > 1 else record["id"]), turn, turns[:i]


def answered(assistant: Assistant, every: int = 1) -> Iterator[str]:
    """Yield one line of JSON for every question, or for one in ``every``."""
    for id_, question, history in islice(questions(), 0, None, every):
        try:
            reply = assistant.ask(question, history=history)
        except QuestionError as error:
            yield json.dumps({"id": id_, "error": str(error)}, ensure_ascii=False)
        else:
            yield json.dumps({"id": id_, **_decisive(assistant.as_json(reply)["answer"])}, ensure_ascii=False)


def _decisive(answer: dict[str, Any]) -> dict[str, Any]:
    interpretation = answer["interpretation"]
    return {
        "status": answer["status"],
        "reason": answer["reason"],
        "notices": [[notice["kind"], notice["text_id"], notice["rule"]] for notice in answer["notices"]],
        "quotes": [[quote["document"], quote["spans"], quote["best"], quote["strength"]] for quote in answer["quotes"]],
        "differences": [
            [differ["topic_id"], differ["how"], [[side["document"], side["spans"]] for side in differ["sides"]]]
            for differ in answer["disagreements"]
        ],
        "nearest": [[near["document"], near["passage"]] for near in answer["nearest"]],
        "read_as": interpretation and [[part["turn"], part["start"], part["end"]] for part in interpretation["parts"]],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=GOLDEN)
    parser.add_argument("--index", type=Path, default=REPOSITORY / "index")
    options = parser.parse_args()
    build_index(CORPUS, options.index)
    lines = tuple(answered(Assistant.open(options.index, corpus=CORPUS)))
    options.out.write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{len(lines)} answers in {options.out}", file=sys.stderr)


if __name__ == "__main__":
    main()
