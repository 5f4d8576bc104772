"""Fit what finds the questions of a letter: two logistic regressions over the form of its clauses.

    python benchmarks/fit_asked.py [--out FILE]

Learns from the train splits of letters and of messages that ask two things. Weights
that count for little are left out. Takes some seconds.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from b12assistant.answering.asked import WEIGHTS, described, sentences_of

ROOT = Path(__file__).parent.parent
DATA = ROOT / "benchmarks" / "data" / "letters"
LETTERS = [DATA / "train.jsonl", DATA / "two_train.jsonl"]
OUT = ROOT / "src" / "b12assistant" / WEIGHTS
DECAY, STEPS, RATE = 0.1, 400, 0.5
LEAST, SMALL = 2, 0.02  # letters that have a feature; a weight that is left out


def examples(letters: Sequence[dict]) -> list[tuple[frozenset[str], bool, bool]]:
    """Return the features of each clause, whether it begins a question, and whether it goes on with one."""
    found = []
    for letter in letters:
        text = letter["text"]
        asked = [
            (text.find(each["slice"]), text.find(each["slice"]) + len(each["slice"])) for each in letter["questions"]
        ]
        for sentence in sentences_of(text):
            begun = set()
            for clause, features in described(text, sentence):
                inside = [
                    (start, end)
                    for start, end in asked
                    if 2 * (min(end, clause.end) - max(start, clause.start))
                    > min(clause.end - clause.start, end - start)
                ]
                new = [each for each in inside if each not in begun]
                begun.update(inside)
                found.append((features, bool(new), bool(inside) and not new))
    return found


def fit(rows: Sequence[frozenset[str]], wanted: Sequence[bool]) -> dict[str, float]:
    counted = Counter(feature for features in rows for feature in features)
    names = sorted(name for name, count in counted.items() if count >= LEAST)
    place = {name: i for i, name in enumerate(names)}
    matrix = np.zeros((len(rows), len(names)), np.float32)
    for i, features in enumerate(rows):
        matrix[i, [place[name] for name in features if name in place]] = 1
    target, weights, bias = np.array(wanted, np.float32), np.zeros(len(names), np.float32), 0.0
    velocity = np.zeros_like(weights)
    for _ in range(STEPS):
        gap = 1 / (1 + np.exp(-(matrix @ weights + bias))) - target
        gradient = (matrix.T @ gap + DECAY * weights) / len(rows)
        velocity = 0.9 * velocity - RATE * gradient
        weights += velocity
        bias -= RATE * float(gap.mean())
    kept = {name: round(float(w), 3) for name, w in zip(names, weights, strict=True) if abs(w) >= SMALL}
    return {"bias": round(bias, 3), **kept}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("letters", type=Path, nargs="*", default=LETTERS)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    letters = [json.loads(line) for file in given.letters for line in file.read_text("utf-8").splitlines()]
    features, asks, goes_on = zip(*examples(letters), strict=True)
    table = {"asks": fit(features, asks), "goes_on": fit(features, goes_on)}
    given.out.write_text(json.dumps(table, ensure_ascii=False, indent=0) + "\n", "utf-8")
    print(
        {name: len(each) for name, each in table.items()}, "from", len(features), "clauses of", len(letters), "letters"
    )


if __name__ == "__main__":
    main()
