"""The questions that refusal is fitted on, what a searched one shows, and logistic weights of that."""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from b12assistant.answering.engine import Engine
from b12assistant.answering.quoting import Window
from b12assistant.answering.retrieval import Query
from b12assistant.answering.signals import Signals, Topics
from b12assistant.api import Workspace
from b12assistant.types import Hit
from fit.data import SEED, labelled_rows, rows

KEPT = 0.95  # of the answerable of the calibration split
PENALTY = 0.02
SIGNS = {"closeness": 1, "missing": -1, "absent": -1, "unknown": -1, "asked": 1, "barred": -1}
FOLDS = 6
# Questions of other collections, asked of ours: about other health matters, or about none.
STRANGERS = {"medicationqa": ("other_health", 60), "medquad-sample": ("other_health", 60), "npl": ("off_topic", 20)}
OURS = re.compile(r"b-?12|cobalamin|neuropath|pernicious|homocyst|methylmal", re.I)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, whether the corpus answers it, and its style."""

    question: str
    answerable: bool
    style: str


def labelled(split: str) -> list[Asked]:
    """Return our own questions: answerable ones, then those that nothing answers."""
    found = labelled_rows(f"questions/{split}.jsonl", f"unanswerable/{split}.jsonl")
    return [Asked(row["question"], bool(row["gold"]), row["style"]) for row in found]


def strangers(datasets: Path) -> Iterator[Asked]:
    """Yield a sample of other people's questions that are not on our subject."""
    rng = random.Random(SEED)
    for name, (style, count) in STRANGERS.items():
        texts = [row["text"] for row in rows(datasets / name / "queries.jsonl") if not OURS.search(row["text"])]
        yield from (Asked(text, style=style, answerable=False) for text in rng.sample(texts, count))


@dataclass(frozen=True)
class Searched:
    """A question that was searched: the choice of topics does not change what is found."""

    query: Query
    hits: tuple[Hit, ...]
    first: Window | None


def search(space: Workspace, questions: Sequence[Asked]) -> list[Searched]:
    found = [space.assistant.understood(each.question) for each in questions]
    return [Searched(each.sought.own, each.hits, next(iter(each.windows), None)) for each in found]


def signals_of(engine: Engine, topics: Topics, searched: Sequence[Searched]) -> np.ndarray:
    """Return (n, 6) signals of each question and its first quote, in the order of ``SIGNS``."""
    weighing = replace(engine, topics=topics)
    found = []
    for each in searched:
        evidence = weighing.evidence(each.query, each.hits)
        nothing = Signals(0.0, 1.0, 1.0, 1.0, asked=0.0)
        signals = weighing.signals(each.query, evidence, each.first) if each.first else nothing
        found.append([getattr(signals, name) for name in SIGNS])
    values = np.array(found, float)  # None, for a quote without asked questions, becomes NaN
    return np.where(np.isnan(values), np.nanmean(values, axis=0), values)


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
    model = LogisticRegression(C=np.inf, class_weight="balanced").fit(total[:, None], y)
    return float(model.coef_[0, 0]), float(model.intercept_[0])
