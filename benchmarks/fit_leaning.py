"""Fit the penalty of a follow-up, which names less that the sources may not know.

    python benchmarks/fit_leaning.py INDEX

``INDEX`` is a current index of `corpus/`. Run it after `fit_refusal.py`, whose weights and cuts stay: one number is
added to the sum of signals of a question that leans on earlier turns, never in its favour, so that the same share is
kept of answerable follow-ups as of answerable questions. It is set on the conversations of the train and calibration
splits together, since a quantile of either alone is too loose, and nothing else was fitted on them. Rewrites
`data/answering/calibration.toml`. No test split and no other corpus is read.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
from fit_refusal import KEPT, SIGNS, save_step, search, signals_of
from refusal_data import CORPUS, follow_ups, workspace

from b12assistant.answering.signals import Calibration, load_calibration
from b12assistant.api import Workspace

_MADE_BY = "then: python benchmarks/fit_leaning.py INDEX"


def leaning_of(calibration: Calibration, totals: np.ndarray) -> float:
    """Return the penalty. ``totals``: (n,) sums of the signals of answerable follow-ups, without it."""
    cut = np.log(calibration.possibly / (1 - calibration.possibly))
    return round(min(0.0, float(cut - np.quantile(totals, 1 - KEPT))), 4)


def figures(name: str, before: Calibration, after: Calibration, totals: np.ndarray, y: np.ndarray) -> str:
    cut = np.log(after.possibly / (1 - after.possibly))
    return f"{name}: " + "; ".join(
        f"{told} {np.mean(totals[y] + each.leaning >= cut):.2f} of {y.sum()} answerable follow-ups kept, "
        f"{np.mean(totals[~y] + each.leaning < cut):.2f} of {(~y).sum()} others refused"
        for told, each in (("before", before), ("now", after))
    )


def main(index: str) -> None:
    space, calibration = workspace(CORPUS, index), replace(load_calibration(), leaning=0.0)
    found = {split: leaning_totals(space, calibration, split) for split in ("train", "calibration")}
    answerable = np.concatenate([totals[y] for totals, y in found.values()])
    after = replace(calibration, leaning=leaning_of(calibration, answerable))
    lines = [figures(f"{split}, follow-ups", calibration, after, *rows) for split, rows in found.items()]
    print(*lines, sep="\n")
    save_step(after, _MADE_BY, lines)


def leaning_totals(space: Workspace, calibration: Calibration, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Return (n,) sums of the signals of the follow-ups that lean, and which of them are answerable."""
    asked = follow_ups(split)
    found = [(each.answerable, one) for each, one in zip(asked, search(space, asked), strict=True) if one.query.lead]
    x = signals_of(space.engine, space.engine.topics, [one for _, one in found])
    weights = np.array([getattr(calibration, name) for name in SIGNS])
    return calibration.bias + x @ weights, np.array([y for y, _ in found])


if __name__ == "__main__":
    main(sys.argv[1])
