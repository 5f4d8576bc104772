"""Fit when to refuse: which words are topics, how the signals weigh, and the two cuts.

    python benchmarks/fit_refusal.py DATASETS INDEX

``DATASETS`` holds the public folders that `refusal_topics.py` names; ``INDEX`` is a current index of `corpus/`.
Weights are fitted on our train split and on other people's questions (the topics of a train question by a model
that has not seen it); the scale and both cuts on the calibration split. Writes `data/answering/topics.npz` and
`calibration.toml`, which `fit_cuts.py` then completes. No test split and no other corpus is read.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import refusal_topics
from refusal_data import CORPUS, Asked, folds, labelled, strangers, workspace
from scipy.optimize import minimize
from sklearn.metrics import roc_auc_score

from b12assistant.answering.engine import Engine
from b12assistant.answering.quoting import Window
from b12assistant.answering.retrieval import Query
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
from b12assistant.types import Hit

OUT = Path(__file__).parent.parent / "src/b12assistant/data/answering"
KEPT = 0.95  # of the answerable of the calibration split
PASSED = 0.10  # of its unanswerable
PENALTY = 0.02
SIGNS = {"closeness": 1, "missing": -1, "absent": -1, "unknown": -1, "asked": 1, "barred": -1}
SHARES = {"near_miss": 1.0, "other_health": 0.5, "off_topic": 0.5, "nonsense": 0.5}  # how much a style counts


@dataclass(frozen=True)
class Searched:
    """A question that was searched: the choice of topics does not change what is found."""

    query: Query
    hits: tuple[Hit, ...]
    first: Window | None


def search(space: Workspace, questions: Sequence[Asked]) -> list[Searched]:
    found = []
    for each in questions:
        read = space.assistant.understood(each.question, each.history).searched
        found.append(Searched(read.query, read.hits, next(iter(read.windows), None)))
    return found


def signals_of(engine: Engine, topics: Topics, searched: Sequence[Searched]) -> np.ndarray:
    """Return (n, 6) signals of each question and its first quote, in the order of ``SIGNS``."""
    weighing = replace(engine, topics=topics)
    rows = []
    for each in searched:
        evidence = weighing.evidence(each.query, each.hits)
        nothing = Signals(0.0, 1.0, 1.0, 1.0, asked=0.0)
        signals = weighing.signals(each.query, evidence, each.first) if each.first else nothing
        rows.append([getattr(signals, name) for name in SIGNS])
    found = np.array(rows, float)  # None, for a quote without asked questions, becomes NaN
    if np.isnan(found).all(axis=0).any():  # a corpus without asked questions
        return found
    return np.where(np.isnan(found), np.nanmean(found, axis=0), found)


def weighed(x: np.ndarray, y: np.ndarray, weights: np.ndarray, of: Mapping[str, int] = SIGNS) -> np.ndarray:
    """Return logistic weights of the signals, then the bias; none against its sign. Both classes count the same."""
    scale = x.std(axis=0) + 1e-9
    signs = np.array(list(of.values()))
    z, centre = x * signs / scale, (x * signs / scale).mean(axis=0)
    balanced = np.where(y, weights / weights[y].sum(), weights / weights[~y].sum()) / 2

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        total = (z - centre) @ theta[:-1] + theta[-1]
        slope = balanced * (1 / (1 + np.exp(-total)) - y)
        value = float((balanced * np.logaddexp(0, np.where(y, -total, total))).sum())
        penalty = PENALTY * np.append(theta[:-1], 0)
        return value + float(penalty @ theta) / 2, np.append((z - centre).T @ slope, slope.sum()) + penalty

    bounds = [(0, None)] * len(of) + [(None, None)]
    theta = minimize(loss, np.zeros(len(of) + 1), jac=True, method="L-BFGS-B", bounds=bounds).x
    return np.append(theta[:-1] * signs / scale, theta[-1] - centre @ theta[:-1])


def scaled(total: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return Platt's slope and shift of a sum of signals, as if half of the questions were answerable."""
    balanced = np.where(y, 0.5 / y.sum(), 0.5 / (~y).sum())

    def loss(theta: np.ndarray) -> float:
        z = theta[0] * total + theta[1]
        return float((balanced * np.logaddexp(0, np.where(y, -z, z))).sum())

    slope, shift = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead").x
    return float(slope), float(shift)


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


def main(datasets: Path, index: str) -> None:
    space = workspace(CORPUS, index)
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
    OUT.mkdir(parents=True, exist_ok=True)
    refusal_topics.save(topics, table, OUT / "topics.npz")
    lines = [
        f"train, topics left out: {figures(calibration, x[: len(train)], train)}",
        f"calibration: {figures(calibration, held, judged)}",
    ]
    print(*lines, sep="\n")
    save(calibration, ["Made by: python benchmarks/fit_refusal.py DATASETS INDEX", *lines])


def save(calibration: Calibration, head: Sequence[str]) -> None:
    """Write `calibration.toml` under the lines of ``head``."""
    told = "\n".join(f"# {line}" for line in head)
    tables = {"calibration": calibration, "unasked": calibration.where_unasked or load_calibration().where_unasked}
    written = "".join(f"\n[{name}]\n{_values(table)}\n" for name, table in tables.items() if table)
    (OUT / "calibration.toml").write_text(f"{told}\n{written}", "utf-8")


def _values(calibration: Calibration) -> str:
    names = [field.name for field in fields(Calibration) if field.name != "where_unasked"]
    return "\n".join(f"{name} = {getattr(calibration, name)}" for name in names)


def save_step(calibration: Calibration, made_by: str, lines: Sequence[str]) -> None:
    """Write `calibration.toml` again after a later command; what that and those after it said before goes."""
    made = (OUT / "calibration.toml").read_text("utf-8").split("\n")
    head = [line[2:] for line in made if line.startswith("# ")]
    save(calibration, [*head[: head.index(made_by) if made_by in head else None], made_by, *lines])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
