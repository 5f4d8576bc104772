"""Set the confidence from which a whole question of 15 words or more is answered.

    python benchmarks/fit_longer.py INDEX

``INDEX`` is a current index of `corpus/`. Run it after `fit_leaning.py`; the weights and the other cuts stay. Such a
question tells something too, which no quote holds, so its confidence is lower at the same worth. Every other line of
`benchmarks/data/tuning/longer.jsonl` sets the cut: the lowest at which nine in ten of those that nothing answers are
refused. The other lines are only reported. Rewrites `data/answering/calibration.toml`.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from fit_refusal import save_step
from refusal_data import CORPUS, workspace

from b12assistant.answering.signals import load_calibration

FILE = Path(__file__).parent / "data" / "tuning" / "longer.jsonl"
REFUSED = 0.9
_MADE_BY = "then: python benchmarks/fit_longer.py INDEX"


def cut_of(others: np.ndarray) -> float:
    """Return the lowest cut that refuses ``REFUSED`` of ``others``, (n,) confidences; two digits."""
    highest = np.sort(others)[int(np.ceil(REFUSED * len(others))) - 1]  # that is still refused
    return float(np.floor(100 * highest + 1e-9) + 1) / 100


def figures(name: str, cut: float, before: float, found: np.ndarray, y: np.ndarray) -> str:
    return f"{name}, 15 to 24 words: " + "; ".join(
        f"{told} {np.mean(found[y] >= each):.2f} of {y.sum()} answerable kept, "
        f"{np.mean(found[~y] < each):.2f} of {(~y).sum()} others refused"
        for told, each in (("as a short one", before), ("now", cut))
    )


def main(index: str) -> None:
    space, calibration = workspace(CORPUS, index), load_calibration()
    rows = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
    found = np.array([space.assistant.understood(row["question"]).likely for row in rows])
    y = np.array([bool(row["sentence"]) for row in rows])
    cut = cut_of(found[::2][~y[::2]])
    names = ("those that set it", "the others")
    lines = [figures(name, cut, calibration.possibly, found[at::2], y[at::2]) for at, name in enumerate(names)]
    print(*lines, sep="\n")
    save_step(replace(calibration, longer=cut), _MADE_BY, lines)


if __name__ == "__main__":
    main(sys.argv[1])
