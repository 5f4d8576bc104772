"""Measure whether the quotes together answer both parts of questions that ask two things.

    python benchmarks/parts.py LABELLED INDEX [--whole]

`LABELLED`: `benchmarks/data/parts/*.jsonl`, over `corpus/`. `INDEX`: an index of it. `--whole`: each question searched
as if it asked one thing. Prints, of the ranking alone and of the answers, how often three quotes answer all parts, the
share of parts they answer, and how often the first quote answers one, with 95 % intervals.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

from refusal_data import CORPUS, workspace

from b12assistant.evaluation.labelled_set import is_hit, joined_text, mean_of
from b12assistant.types import Span

QUOTES = 3


def parts_of(row: dict[str, Any]) -> list[list[str]]:
    """Return, for each part of a question, the sentences that answer it."""
    others = row["alt_gold"]
    return [[gold, *(each["quote"] for each in others if each["part"] == i)] for i, gold in enumerate(row["gold"])]


def figures(rows: Sequence[dict[str, Any]], quoted: Sequence[Sequence[Sequence[Span]]]) -> dict[str, Any]:
    """Score the quotes. ``quoted[i]``: the spans of each quote for question ``i``, best first."""
    everything: list[bool] = []
    first: list[bool] = []
    each_part: list[bool] = []
    for row, quotes in zip(rows, quoted, strict=True):
        texts = map(joined_text, quotes[:QUOTES])
        hits = [[any(is_hit(text, said) for said in part) for part in parts_of(row)] for text in texts]
        answered = [any(part) for part in zip(*hits, strict=True)] or [False] * len(row["gold"])
        everything.append(all(answered))
        each_part += answered
        first.append(any(hits[0]) if hits else False)
    return {
        f"all parts@{QUOTES}": mean_of(everything),
        f"parts@{QUOTES}": mean_of(each_part),
        "a part@1": mean_of(first),
    }


def main(labelled: str, index: str, *, whole: bool) -> None:
    rows = [json.loads(line) for line in Path(labelled).read_text("utf-8").splitlines()]
    assistant = workspace(CORPUS, index).assistant
    with patch("b12assistant.answering.engine.weights_of", return_value=()) if whole else nullcontext():
        found = [assistant.understood(row["question"]).searched.windows for row in rows]
        ranked = [[window.spans for window in windows] for windows in found]
        answers = [assistant.reply(row["question"]).answer for row in rows]
    print(json.dumps({"ranking": figures(rows, ranked)}))
    print(json.dumps({"answers": figures(rows, [[quote.spans for quote in answer.quotes] for answer in answers])}))
    print(json.dumps({"answered": mean_of([bool(answer.quotes) for answer in answers])}))


if __name__ == "__main__":
    match sys.argv[1:]:
        case [labelled, index, *rest] if rest in ([], ["--whole"]):
            main(labelled, index, whole=bool(rest))
        case _:
            raise SystemExit(__doc__)
