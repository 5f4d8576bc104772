"""Measure which sentences are taken for the same, on pairs that readers have judged (`data/tuning/pairs.jsonl`).

    python benchmarks/pairs.py [ALIKE …]

ALIKE: the share of terms (`quoting.alike`). Precision: of the pairs taken for the same, the share that readers judged
the same. Recall: of those judged the same, the share that is found. No opposed pair may be taken for the same.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from b12assistant.answering.quoting import Windows, compared, say_same

PAIRS = Path(__file__).parent / "data" / "tuning" / "pairs.jsonl"


def main(alike: float) -> None:
    told = [json.loads(line) for line in PAIRS.read_text("utf-8").splitlines()]
    found = Counter(each["label"] for each in told if say_same(*map(compared, each["sentences"]), alike=alike))
    same = sum(each["label"] == "same" for each in told)
    print(
        f"{alike}: {found.total()} of {len(told)} pairs are taken for the same. Precision "
        f"{found['same'] / found.total():.3f}, recall {found['same'] / same:.3f}, opposed {found['opposed']}"
    )


if __name__ == "__main__":
    for given in map(float, sys.argv[1:] or [Windows().alike]):
        main(given)
