"""Fit when to refuse: which words are topics, how the signals weigh, and every cut.

    python benchmarks/fit_refusal.py DATASETS INDEX

``DATASETS`` holds the public folders that `refusal_topics.py` and `refusal_unasked.py` name; ``INDEX`` is a current
index of `corpus/`. Weights are fitted on our train split and on other people's questions (the topics of a train
question by a model that has not seen it); the scale and both cuts on the calibration split. The cuts of
`refusal_cuts.py` follow, each with the numbers before it as they are, then the weights for a corpus whose sentences are
not asked anything (`refusal_unasked.py`). ``leaning`` and ``message`` stay as they are. Writes
`data/answering/topics.npz` and `calibration.toml`. No test split of ours is read. Five minutes of one core.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import refusal_cuts
import refusal_topics
import refusal_unasked
from refusal_data import CORPUS, Asked, folds, labelled, strangers, workspace
from refusal_signals import KEPT, SIGNS, scaled, search, signals_of, weighed
from sklearn.metrics import roc_auc_score

from b12assistant.answering.signals import (
    Calibration,
    Signals,
    Topics,
    is_barred,
    load_barring,
    load_calibration,
    load_topics,
)
from b12assistant.api import Workspace

OUT = Path(__file__).parent.parent / "src/b12assistant/data/answering"
PASSED = 0.10  # of the unanswerable of the calibration split
SHARES = {"near_miss": 1.0, "other_health": 0.5, "off_topic": 0.5, "nonsense": 0.5}  # how much a style counts


def calibrated(fit: tuple[np.ndarray, Sequence[Asked]], calibration: tuple[np.ndarray, Sequence[Asked]]) -> Calibration:
    x, asked = fit
    y = np.array([each.answerable for each in asked])
    weights = np.array([1.0 if each.answerable else SHARES[each.style] for each in asked])
    theta = weighed(x, y, weights)
    held, judged = calibration
    y = np.array([each.answerable for each in judged])
    slope, shift = scaled(held @ theta[:-1] + theta[-1], y)
    theta = slope * theta + np.append(np.zeros(len(theta) - 1), shift)
    barred = [is_barred(each) for each in named(held)]
    certain = np.where(barred, 0.0, 1 / (1 + np.exp(-(held @ theta[:-1] + theta[-1]))))
    possibly, answered = np.quantile(certain[y], 1 - KEPT), np.quantile(certain[~y], 1 - PASSED)
    bare = held[y].copy()  # as over a corpus that comes without questions
    bare[:, list(SIGNS).index("asked")], bare[:, list(SIGNS).index("barred")] = 0, load_barring()["usual"]
    others = bare @ theta[:-1]
    unasked = np.log(possibly / (1 - possibly)) - theta[-1] - np.quantile(others, 1 - KEPT)
    fitted = dict(zip(SIGNS, theta[:-1], strict=True))
    cuts = {"possibly": possibly, "answered": max(answered, possibly), "unasked": unasked}
    values: dict[str, Any] = {
        name: round(float(value), 4) for name, value in {"bias": theta[-1], **fitted, **cuts}.items()
    }
    return Calibration(**values)


def named(x: np.ndarray) -> list[Signals]:
    """Return the signals of each row; what is missing (NaN) stays missing."""
    rows = (dict(zip(SIGNS, row, strict=True)) for row in x.tolist())
    return [Signals(**{name: value for name, value in row.items() if not np.isnan(value)}) for row in rows]


def confidences(calibration: Calibration, x: np.ndarray) -> np.ndarray:
    return np.array([0.0 if is_barred(each) else calibration.confidence(each) for each in named(x)])


def figures(calibration: Calibration, x: np.ndarray, asked: Sequence[Asked]) -> str:
    """Return a line: what is kept, and what is refused, by style."""
    y = np.array([each.answerable for each in asked])
    styles = np.array([each.style for each in asked])
    certain = confidences(calibration, x)
    refused = "; ".join(
        f"{style} {np.mean(certain[~y & (styles == style)] < calibration.possibly):.2f}"
        for style in SHARES
        if (~y & (styles == style)).any()
    )
    return (
        f"AUROC {roc_auc_score(y, certain):.3f}; {np.mean(certain[y] >= calibration.possibly):.2f} of {y.sum()} "
        f"answerable kept; refused of {(~y).sum()}: {refused}"
    )


def fitted(datasets: Path, space: Workspace) -> tuple[Calibration, list[str]]:
    """Fit topics, weights and the two cuts of questions; write the topics."""
    train, judged, others = labelled("train"), labelled("calibration"), strangers(datasets)
    table = refusal_topics.table_of(datasets)
    bare = refusal_topics.bare(table, space.engine.encoder.digest)
    about = refusal_topics.public_examples(bare, space.engine, datasets)
    searched = search(space, train)

    def topics_from(rows: Sequence[int]) -> Topics:
        answerable = [train[i].answerable for i in rows]
        return refusal_topics.fitted(bare, about, [searched[i].query for i in rows], answerable, space.engine)

    x = np.zeros((len(train), len(SIGNS)))
    for kept, left in folds(len(train)):
        x[left] = signals_of(space.engine, topics_from(kept), [searched[i] for i in left])
    topics = topics_from(range(len(train)))
    x = np.concatenate([x, signals_of(space.engine, topics, search(space, others))])
    asked = search(space, judged)
    held, shipped = (signals_of(space.engine, each, asked) for each in (topics, load_topics()))
    print(f"what ships, calibration: {figures(load_calibration(), shipped, judged)}")
    calibration = calibrated((x, [*train, *others]), (held, judged))
    refusal_topics.save(topics, table, OUT / "topics.npz")
    return calibration, [
        f"train, topics left out: {figures(calibration, x[: len(train)], train)}",
        f"calibration: {figures(calibration, held, judged)}",
    ]


def save(calibration: Calibration, head: Sequence[str]) -> None:
    """Write `calibration.toml` under the lines of ``head``, and forget what was read of it before."""
    told = "\n".join(f"# {line}" for line in head)
    tables = {"calibration": calibration, "unasked": calibration.where_unasked}
    written = "".join(f"\n[{name}]\n{_values(table)}\n" for name, table in tables.items() if table)
    (OUT / "calibration.toml").write_text(f"{told}\n{written}", "utf-8")
    load_calibration.cache_clear()
    load_topics.cache_clear()


def _values(calibration: Calibration) -> str:
    names = [field.name for field in fields(Calibration) if field.name != "where_unasked"]
    return "\n".join(f"{name} = {getattr(calibration, name)}" for name in names)


def main(datasets: Path, index: str) -> None:
    before = load_calibration()
    calibration, lines = fitted(datasets, workspace(CORPUS, index))
    kept = {name: getattr(before, name) for name in ("leaning", "message", "where_unasked")}
    head = ["Made by: python benchmarks/fit_refusal.py DATASETS INDEX", *lines]
    save(replace(calibration, **kept), head)
    for step in (refusal_cuts.longer, refusal_cuts.strength):
        calibration, lines = step(workspace(CORPUS, index))
        head += lines
        save(calibration, head)
    calibration, lines = refusal_unasked.fitted(datasets)
    head += lines
    save(calibration, head)
    print(*head, sep="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
