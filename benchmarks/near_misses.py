"""Tell answers from near misses: does a question go with the sentence that answers it, or with its neighbour?

    python benchmarks/near_misses.py INDEX [--last N]

`benchmarks/data/tuning/near_misses.jsonl`: each question is answered by one of two near sentences and missed by the
other, in a named kind of way. It counts once as answered and once as missed, so its words alone tell nothing (AUROC
.5). Prints, for the cosine of the encoder and for the reader, the share of questions whose own sentence wins, and the
AUROC of all pairs. ``--last``: of the last N only.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from refusal_data import CORPUS, workspace
from sklearn.metrics import roc_auc_score

PAIRS = Path(__file__).parent / "data" / "tuning" / "near_misses.jsonl"


def main(index: str, last: int) -> None:
    engine = workspace(CORPUS, index).engine
    if engine.reader is None:
        raise SystemExit("this index has no reader: build it with the encoder that ships")
    score = engine.reader.score
    rows = [json.loads(line) for line in PAIRS.read_text("utf-8").splitlines()[-last:]]

    def vectors(texts: Sequence[str]) -> np.ndarray:
        return np.array([each.vector for each in engine.encoder.encode(texts)])

    asked = vectors([row["question"] for row in rows])
    sides = ("answered_by", "not_by")
    judges = {
        "cosine": [(asked * vectors([row[side] for row in rows])).sum(axis=1) for side in sides],
        "reader": [np.array([score(row["question"], row[side]) for row in rows]) for side in sides],
    }
    kinds = np.array([row["kind"] for row in rows])
    labels = np.repeat([1, 0], len(rows))
    for name, (own, other) in judges.items():
        told = ", ".join(f"{kind} {np.mean((own > other)[kinds == kind]):.2f}" for kind in sorted(set(kinds.tolist())))
        auroc = roc_auc_score(labels, np.concatenate([own, other]))
        print(f"{name}: {np.mean(own > other):.3f} of {len(rows)} ({told}); AUROC {auroc:.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("index")
    parser.add_argument("--last", type=int, default=0, metavar="N")
    given = parser.parse_args()
    main(given.index, given.last)
