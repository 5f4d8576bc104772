"""Measure the first quote on graded questions, without what each question itself brought to the index.

    python benchmarks/graded.py INDEX [FILE] [--every N] [--last N]

Graded questions (`data/tuning/graded.jsonl`) are asked of the sentences that readers graded best, so each would find
itself. Here a question that is asked in the same words does not count. Quotes that nobody graded are passed over.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from refusal_data import CORPUS, workspace

from b12assistant.answering.engine import Engine
from b12assistant.api import Workspace
from b12assistant.index.asked_questions import AskedQuestions

GRADED = Path(__file__).parent / "data" / "tuning" / "graded.jsonl"
UNREAD = 607  # the last questions, of writers 29 to 38, which the reader does not learn from
ITSELF = 0.985  # cosine from which an asked question is the question itself; int8 codes blur it a little


class Others(AskedQuestions):
    """The asked questions but the one that is asked now."""

    def best(self, query: np.ndarray, first: int, last: int) -> np.ndarray:
        begin, end = np.searchsorted(self.sentences, (first, last))
        kept = self.vectors[begin:end].astype(np.float32) @ query / np.iinfo(np.int8).max < ITSELF
        others = AskedQuestions(self.vectors[begin:end][kept], self.sentences[begin:end][kept])
        return others.best(query, first, last)


def without_itself(space: Workspace) -> Engine:
    """Return the engine for questions that may be asked of sentences of its index."""
    asked = space.engine.collection.asked
    if asked is None:
        raise SystemExit("nothing is asked of the sentences of this index: build it from corpus/")
    others = Others(asked.vectors, asked.sentences)
    return replace(space.engine, collection=replace(space.engine.collection, asked=others))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index")
    parser.add_argument("file", nargs="?", type=Path, default=GRADED, help="like %(default)s")
    parser.add_argument("--every", type=int, default=1, help="take one question in N")
    parser.add_argument(
        "--last", type=int, default=0, help="take the last N: the reader did not learn from the last 607"
    )
    given = parser.parse_args()
    space = workspace(CORPUS, given.index)
    engine = without_itself(space)
    settings = space.assistant.settings
    firsts, bests = [], []
    for told in map(json.loads, given.file.read_text("utf-8").splitlines()[-given.last :: given.every]):
        query = engine.query(told["question"])
        windows = engine.windows(query, engine.hits(query), settings)
        grades = [told["grades"][each.best.text] for each in windows if each.best.text in told["grades"]]
        if grades:
            firsts.append(grades[0])
            bests.append(max(grades[: settings.quoting.quotes]))
    first, best = np.array(firsts), np.array(bests)
    print(
        f"{len(first)} questions. The first quote is graded 3: {np.mean(first == 3):.3f}; at least 2: "
        f"{np.mean(first >= 2):.3f}; 0 or misleads: {np.mean(first <= 0):.3f}. One of three at least 2: "
        f"{np.mean(best >= 2):.3f}"
    )


if __name__ == "__main__":
    main()
