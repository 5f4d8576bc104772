"""Fit the heads that judge a letter as a letter: `PYTHONPATH=tools python benchmarks/fit_letters.py`.

Reads the long English messages of `benchmarks/data/letters/train.jsonl` and of the calibration split of the red flags,
which neither the encoder nor the words have learned, and writes `letters.npz` into the package's data: a logistic
regression over the features of `b12assistant.safety.letters`, one for the words alone and one for both models. Then it
prints, for letters the heads have not seen (`calibration.jsonl`), how many of each level would be told what. The cuts
(`letters.CUTS`, `letters.GRAVE`) are policy and were set by that table; a test of letters is in `floors.toml`.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from b12assistant.answers import Turn
from b12assistant.api import Workspace
from b12assistant.config import load_configuration
from b12assistant.safety import letters
from b12assistant.safety.second_opinion import UNSEEN, Triagers, features_of, load_letter_heads, parts_of

ROOT = Path(__file__).parent.parent
OUT = ROOT / "src" / "b12assistant" / "data" / "red_flags" / letters.FILE
LETTERS = ROOT / "benchmarks" / "data" / "letters"
OLDER = ROOT / "benchmarks" / "data" / "red_flags" / "calibration.jsonl"
LEVELS = ("emergency", "urgent", "decision", "none")
STRENGTH = 0.1  # inverse of the regularisation, by the likelihood of letters in five folds
HEADS = ("both", "words")


def main() -> None:
    triage = Workspace(load_configuration(environment=os.environ)).triage
    rows = [*read(LETTERS / "train.jsonl"), *read(OLDER)]
    known = [(level, found) for text, level in rows if (found := features(triage, text)) is not None]
    arrays: dict[str, np.ndarray] = {}
    for place, name in enumerate(HEADS):
        x = np.stack([found[place] for _, found in known])
        y = [LEVELS.index(level) for level, _ in known]
        mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-6
        fitted = LogisticRegression(C=STRENGTH, max_iter=5000).fit((x - mean) / spread, y)
        weights = fitted.coef_.T / spread[:, None]
        arrays[f"{name}_weights"] = weights.astype(np.float32)
        arrays[f"{name}_bias"] = (fitted.intercept_ - mean @ weights).astype(np.float32)
    print(f"{len(known)} letters learned: {Counter(level for level, _ in known)}")
    unseen = list(read(LETTERS / "calibration.jsonl"))
    report("what ships", triage, unseen)
    np.savez_compressed(OUT, **arrays)
    load_letter_heads.cache_clear()
    report("this fit", Workspace(load_configuration(environment=os.environ)).triage, unseen)


def read(path: Path) -> Iterator[tuple[str, str]]:
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        yield row["text"], row["level"].removeprefix("medical_")


def features(triage: Triagers, text: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Return what the two heads read of a message; ``None`` if it is no letter."""
    reading = triage.words.read(Turn(0, text), None)
    parts = parts_of(reading)
    if not triage.words.is_letter(reading, parts):
        return None
    words, encoded = triage.second.layers(reading, parts)
    seen = [UNSEEN if each is None else each for each in encoded]
    return features_of(reading, parts, [seen, words]), features_of(reading, parts, [words])


def report(heads: str, triage: Triagers, rows: Sequence[tuple[str, str]]) -> None:
    """Print how many letters of each level are told what, by the models alone. ``heads``: whose."""
    print(heads)
    told = Counter((level, triage.second(Turn(0, text)).concern.level or "none") for text, level in rows)
    for (level, found), count in sorted(told.items()):
        print(f"{level:10} told {found:17} {count}")


if __name__ == "__main__":
    main()
