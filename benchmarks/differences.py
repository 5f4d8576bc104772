"""Count answers that show a difference: both sides quoted, and questions that only look alike left alone.

    python benchmarks/differences.py LABELLED CORPUS INDEX

`LABELLED`: a file of `benchmarks/data/differences/`.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from b12assistant.api import Workspace
from b12assistant.config import load_configuration
from b12assistant.evaluation.labelled_set import is_hit


def main(arguments: Sequence[str]) -> None:
    if len(arguments) != 3:
        raise SystemExit(__doc__)
    labelled, corpus, index = arguments
    print(json.dumps(_questions(_lines(Path(labelled)), corpus, index)))


def _questions(rows: Iterable[dict[str, Any]], corpus: str, index: str) -> dict[str, Any]:
    """How many answers quote every side, are told to differ, and are told so where nothing conflicts."""
    workspace = Workspace(load_configuration(environment={}, flags={"paths.corpus": corpus, "paths.index": index}))
    assistant = workspace.assistant
    counts: Counter[str] = Counter()
    for row in rows:
        answer = assistant.reply(row["question"]).answer
        kind = "different" if row["sides"] else "alike"
        counts[kind] += 1
        counts[f"{kind}, told"] += bool(answer.disagreements)
        quoted = [any(is_hit(quote.spans, said) for quote in answer.quotes for said in side) for side in row["sides"]]
        counts["both sides quoted"] += bool(quoted) and all(quoted)
    return dict(counts)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    yield from (json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip())


if __name__ == "__main__":
    main(sys.argv[1:])
