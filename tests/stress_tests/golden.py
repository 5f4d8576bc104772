"""Golden answers: what the labelled questions get from the shipped corpus, kept as ids and offsets."""

from __future__ import annotations

import json
from pathlib import Path

from golden_answers import CORPUS, GOLDEN, answered

from b12assistant.api import Assistant, build_index
from stress_tests.runner import Tries

# Rounding differs between processors and may swap two equally good quotes: allowed in one answer of 200.
ROUNDING = 0.005


def golden_answers(count: int, folder: Path) -> Tries:
    """Ask about ``count`` of the questions, spread over all of them."""
    golden = {record["id"]: record for record in map(json.loads, GOLDEN.read_text("utf-8").splitlines())}
    build_index(CORPUS, folder / "index")
    assistant = Assistant.open(folder / "index", corpus=CORPUS)
    every = max(1, len(golden) // count)
    given = [json.loads(line) for line in answered(assistant, every)]
    if every == 1:
        yield from (f"not asked any more: {id_}" for id_ in golden.keys() - {record["id"] for record in given})
    changed = {record["id"] for record in given if golden.get(record["id"]) != record}
    few = len(changed) <= ROUNDING * len(given)
    for record in given:
        wrong = record["id"] in changed and not few
        yield f"changed: {record['id']}; if meant: python tools/golden_answers.py" if wrong else None
