"""What "All ways" of Look up lists: does it keep the passages that answer, and how many come with them?

    python benchmarks/look_up.py LABELLED

`LABELLED`: questions with gold over `corpus/`, with the index of this folder. Prints the share of questions of which a
passage that answers is listed, how many passages are, of how many, and for how many questions none is. A second pass
types the first half of each question, as far as it is typed then.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from b12assistant.answering.lookup import LookUp, Way
from b12assistant.api import Workspace
from b12assistant.config import load_configuration
from b12assistant.evaluation.labelled_set import is_hit


def listed(space: Workspace, text: str) -> list[Any]:
    return [each.passage for each in LookUp(space.engine, space.configuration.settings, text).matches(Way.ALL)]


def told(name: str, space: Workspace, asked: Sequence[tuple[str, Sequence[str]]]) -> None:
    kept, counts, empty = 0, [], 0
    for text, gold in asked:
        passages = listed(space, text)
        kept += any(is_hit((passage.span,), each) for passage in passages for each in gold)
        counts.append(len(passages))
        empty += not passages
    everything = len(space.opened.collection.passages)
    print(
        f"{name}: an answer is listed for {kept / len(asked):.3f} of {len(asked)}; of {everything} passages "
        f"{statistics.median(counts):.0f} come (median), {min(counts)} to {max(counts)}; nothing for {empty}"
    )


def main(path: Path) -> None:
    space = Workspace(load_configuration(environment={}))
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    asked = [(row["question"], row["gold"]) for row in rows if row.get("gold")]
    told("questions", space, asked)
    told("half typed", space, [(text[: len(text) // 2], gold) for text, gold in asked])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
