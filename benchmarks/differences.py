"""Count answers that show a difference: the right one with both sides, and none for questions that only look similar.

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
from b12assistant.evaluation.labelled_set import is_hit, joined_text


def main(arguments: Sequence[str]) -> None:
    if len(arguments) != 3:
        raise SystemExit(__doc__)
    labelled, corpus, index = arguments
    print(json.dumps(_questions(_lines(Path(labelled)), corpus, index)))


def _questions(rows: Iterable[dict[str, Any]], corpus: str, index: str) -> dict[str, Any]:
    """Count answers with a difference, with every labelled side of it, and with every side in any quote."""
    workspace = Workspace(load_configuration(environment={}, flags={"paths.corpus": corpus, "paths.index": index}))
    assistant = workspace.assistant
    counts: Counter[str] = Counter()
    for row in rows:
        answer = assistant.reply(row["question"]).answer
        kind = "different" if row["sides"] else "alike"
        counts[kind] += 1
        counts[f"{kind}, shown"] += bool(answer.disagreements)
        sides = [quote for differ in answer.disagreements for quote in differ.sides]
        for name, quotes in (("both sides shown", sides), ("both sides quoted", answer.shown)):
            counts[name] += bool(row["sides"]) and all(
                any(is_hit(joined_text(quote.spans), words) for quote in quotes for words in side)
                for side in row["sides"]
            )
    return dict(counts)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    yield from (json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip())


if __name__ == "__main__":
    main(sys.argv[1:])
