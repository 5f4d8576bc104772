"""Fit when to refuse: which words are topics, how the signals weigh, and every cut.

Reads the public collections that `topics.py`, `unasked.py` and `refusal_signals.py` name, and `index/`. Weights are
fitted on our train split and on other people's questions (the topics of a train question by a model that has not seen
it); the scale and both cuts on the calibration split. The cuts of `refusal_cuts.py` follow, each with the numbers
before it as they are, then the weights for a corpus whose sentences are not asked anything (`unasked.py`). ``leaning``
and ``message`` stay as they are. Writes `data/answering/topics.npz` and `calibration.toml`. No test split of ours is
read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
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
from fit import refusal_cuts, topics, unasked
from fit.data import PACKAGED, Given, workspace
from fit.refusal_signals import KEPT, SIGNS, Asked, folds, labelled, scaled, search, signals_of, strangers, weighed

PASSED = 0.10  # of the unanswerable of the calibration split
SHARES = {"near_miss": 1.0, "other_health": 0.5, "off_topic": 0.5, "nonsense": 0.5}  # how much a style counts


def calibrated(learned: tuple[np.ndarray, Sequence[Asked]], held: np.ndarray, y: np.ndarray) -> Calibration:
    """Fit weights to the signals of questions, then scale and cuts to those ``held``, (n, 6), answerable if ``y``."""
    x, asked = learned
    weights = np.array([1.0 if each.answerable else SHARES[each.style] for each in asked])
    theta = weighed(x, np.array([each.answerable for each in asked]), weights)
    slope, shift = scaled(held @ theta[:-1] + theta[-1], y)
    theta = slope * theta + np.append(np.zeros(len(theta) - 1), shift)
    barred = [is_barred(each) for each in named(held)]
    certain = np.where(barred, 0.0, 1 / (1 + np.exp(-(held @ theta[:-1] + theta[-1]))))
    possibly, answered = np.quantile(certain[y], 1 - KEPT), np.quantile(certain[~y], 1 - PASSED)
    bare = held[y].copy()  # as over a corpus that comes without questions
    bare[:, list(SIGNS).index("asked")], bare[:, list(SIGNS).index("barred")] = 0, load_barring()["usual"]
    others = bare @ theta[:-1]
    lift = np.log(possibly / (1 - possibly)) - theta[-1] - np.quantile(others, 1 - KEPT)
    values = {"bias": theta[-1], **dict(zip(SIGNS, theta[:-1], strict=True))}
    values |= {"possibly": possibly, "answered": max(answered, possibly), "unasked": lift}
    rounded: dict[str, Any] = {name: round(float(value), 4) for name, value in values.items()}
    return replace(load_calibration(), **rounded)


def named(x: np.ndarray) -> list[Signals]:
    """Return the signals of each row."""
    return [Signals(**dict(zip(SIGNS, row, strict=True))) for row in x.tolist()]


def figures(calibration: Calibration, x: np.ndarray, asked: Sequence[Asked]) -> str:
    """Return a line: what is kept, and what is refused, by style."""
    y = np.array([each.answerable for each in asked])
    styles = np.array([each.style for each in asked])
    certain = np.array([0.0 if is_barred(each) else calibration.confidence(each) for each in named(x)])
    refused = "; ".join(
        f"{style} {np.mean(certain[~y & (styles == style)] < calibration.possibly):.2f}"
        for style in SHARES
        if (~y & (styles == style)).any()
    )
    return (
        f"AUROC {roc_auc_score(y, certain):.3f}; {np.mean(certain[y] >= calibration.possibly):.2f} of {y.sum()} "
        f"answerable kept; refused of {(~y).sum()}: {refused}"
    )


def fitted(datasets: Path) -> tuple[Calibration, list[str]]:
    """Fit topics, weights and the two cuts of questions; write the topics."""
    space = workspace()
    train, judged, others = labelled("train"), labelled("calibration"), list(strangers(datasets))
    table = topics.table_of(datasets)
    bare = topics.bare(table, space.engine.encoder.digest)
    about = topics.public_examples(bare, space.engine, datasets)
    searched = search(space, train)

    def topics_from(rows: Sequence[int]) -> Topics:
        answerable = [train[i].answerable for i in rows]
        return topics.fitted(bare, about, [searched[i].query for i in rows], answerable, space.engine)

    x = np.zeros((len(train), len(SIGNS)))
    for kept, left in folds(len(train)):
        x[left] = signals_of(space.engine, topics_from(kept), [searched[i] for i in left])
    found = topics_from(range(len(train)))
    learned = np.concatenate([x, signals_of(space.engine, found, search(space, others))])
    held = signals_of(space.engine, found, search(space, judged))
    calibration = calibrated((learned, [*train, *others]), held, np.array([each.answerable for each in judged]))
    topics.save(found, table)
    return calibration, [
        f"train, topics left out: {figures(calibration, x, train)}",
        f"calibration: {figures(calibration, held, judged)}",
    ]


def save(calibration: Calibration, head: Sequence[str]) -> None:
    """Write `calibration.toml` under the lines of ``head``, and forget what was read of it before."""
    told = "".join(f"# {line}\n" for line in head)
    for name, table in (("calibration", calibration), ("unasked", calibration.where_unasked)):
        names = [field.name for field in fields(Calibration) if field.name != "where_unasked"] if table else []
        told += f"\n[{name}]\n" + "".join(f"{each} = {getattr(table, each)}\n" for each in names)
    (PACKAGED / "data" / "answering" / "calibration.toml").write_text(told, "utf-8")
    load_calibration.cache_clear()
    load_topics.cache_clear()


def fit(given: Given) -> None:
    calibration, head = fitted(given.datasets)
    head.insert(0, "Made by: make weights OF=refusal DATASETS=FOLDER")
    save(calibration, head)
    for step in (refusal_cuts.longer, refusal_cuts.strength, lambda: unasked.fitted(given.datasets)):
        calibration, lines = step()
        head += lines
        save(calibration, head)
    print(*head, sep="\n")
