"""Fit when to refuse: how the signals weigh, and every cut.

Reads the public collections that `unasked.py` and ``STRANGERS`` name, and `index/`. Weights are fitted on our train
split and on other people's questions; the scale and both cuts on the calibration split. More cuts follow, each with the
numbers before it as they are, then the weights of a question in its context (`in_context.py`), and those for a corpus
whose sentences are not asked anything (`unasked.py`). The topics that ``absent`` weighs have seen the train questions
(`topics.py`). Writes `data/answering/calibration.toml`. No test split of ours is read.

``longer``: the confidence from which a whole question of 15 words or more is answered. It tells something too, which no
quote holds, so its confidence is lower at the same worth. Every other line of `benchmarks/data/tuning/longer.jsonl`
sets the cut: the lowest at which nine in ten of those that nothing answers are refused. The others are for measuring.

``strength``: when a quote is shown without reserve: when the ranker finds that it answers in full. Of the first three
quotes for graded questions that the ranker did not learn from, each without what it brought to the index, those graded
3 answer: of `graded.jsonl` the ones to show first, of `typed.jsonl` all that answer exactly. Two weights are fitted to
tell them apart, and a constant so that of the first quotes above 0 the share ``FULL`` answers.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from b12assistant.answering.engine import Engine
from b12assistant.answering.found import Found
from b12assistant.answering.signals import UNJUDGED, Calibration, Signals, is_barred, load_barring, load_calibration
from b12assistant.answering.thread import alone
from b12assistant.answers import Interpretation, Turn
from b12assistant.api import Workspace
from b12assistant.index.asked_questions import AskedQuestions, Nearest
from fit import in_context, unasked
from fit.data import GRADED, PACKAGED, SEED, SPARED, TYPED, UNREAD, Given, labelled_rows, rows, workspace

KEPT = 0.97  # of the answerable of the calibration split
KEPT_UNASKED = 0.6  # of these, if nothing were asked of their quotes: then less speaks for a quote
SIGNS = {"closeness": 1, "absent": -1, "unknown": -1, "asked": 1, "barred": -1}
# Questions of other collections, asked of ours: about other health matters, or about none.
STRANGERS = {"medicationqa": ("other_health", 60), "medquad-sample": ("other_health", 60), "npl": ("off_topic", 20)}
OURS = re.compile(r"b-?12|cobalamin|neuropath|pernicious|homocyst|methylmal", re.I)
PASSED = 0.10  # of the unanswerable of the calibration split
REFUSED = 0.9
FULL = 0.85
ITSELF = 0.985  # cosine from which an asked question is the question itself; eight bits of both blur it a little
TABLES = ("meant", "where_unasked")  # fields of a calibration
SHARES = {"near_miss": 1.0, "other_health": 0.5, "off_topic": 0.5, "nonsense": 0.5}  # how much a style counts


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


def signals_of(searched: Sequence[Found]) -> np.ndarray:
    """Return (n, 5) signals of each question and its first quote, in the order of ``SIGNS``."""
    firsts = (each.windows[0].signals if each.windows else UNJUDGED for each in searched)
    values = np.array([[getattr(signals, name) for name in SIGNS] for signals in firsts], float)  # None becomes NaN
    return np.where(np.isnan(values), np.nanmean(values, axis=0), values)


def scaled(total: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return Platt's slope and shift of a sum of signals, as if half of the questions were answerable."""
    model = LogisticRegression(C=np.inf, class_weight="balanced").fit(total[:, None], y)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def calibrated(learned: tuple[np.ndarray, Sequence[Asked]], held: np.ndarray, y: np.ndarray) -> Calibration:
    """Fit weights to the signals of questions, then scale and cuts to those ``held``, (n, 5), answerable if ``y``."""
    x, asked = learned
    weights = np.array([1.0 if each.answerable else SHARES[each.style] for each in asked])
    theta = unasked.weighed(x, np.array([each.answerable for each in asked]), weights, SIGNS)
    slope, shift = scaled(held @ theta[:-1] + theta[-1], y)
    theta = slope * theta + np.append(np.zeros(len(theta) - 1), shift)
    barred = [is_barred(Signals(**dict(zip(SIGNS, row, strict=True)))) for row in held.tolist()]
    certain = np.where(barred, 0.0, 1 / (1 + np.exp(-(held @ theta[:-1] + theta[-1]))))
    possibly, answered = np.quantile(certain[y], 1 - KEPT), np.quantile(certain[~y], 1 - PASSED)
    bare = held[y].copy()  # as over a corpus that comes without questions
    bare[:, list(SIGNS).index("asked")], bare[:, list(SIGNS).index("barred")] = 0, load_barring()["usual"]
    others = bare @ theta[:-1]
    lift = np.log(possibly / (1 - possibly)) - theta[-1] - np.quantile(others, 1 - KEPT_UNASKED)
    values = {"bias": theta[-1], **dict(zip(SIGNS, theta[:-1], strict=True))}
    values |= {"possibly": possibly, "answered": max(answered, possibly), "unasked": lift}
    rounded: dict[str, Any] = {name: round(float(value), 4) for name, value in values.items()}
    return replace(load_calibration(), **rounded)


def fitted(datasets: Path) -> Calibration:
    """Fit the weights and the two cuts of questions."""
    space, train, judged = workspace(), [*labelled("train"), *strangers(datasets)], labelled("calibration")

    def searched_of(questions: Sequence[Asked]) -> list[Found]:
        return [space.assistant.understood(each.question) for each in questions]

    held = signals_of(searched_of(judged)), np.array([each.answerable for each in judged])
    return calibrated((signals_of(searched_of(train)), train), *held)


def longer() -> Calibration:
    space, asked = workspace(), list(labelled_rows("tuning/longer.jsonl"))[::2]
    found = np.array([space.assistant.understood(row["question"]).likely for row in asked if not row["sentence"]])
    highest = np.sort(found)[int(np.ceil(REFUSED * len(found))) - 1]  # that is still refused
    return replace(load_calibration(), longer=float(np.floor(100 * highest + 1e-9) + 1) / 100)


def quotes_of(space: Workspace) -> Iterator[tuple[int, float, float, int]]:
    """Yield for each quote its place, the ranker's score, the cosine of the nearest question asked, and its grade."""
    engine, quotes = without_itself(space.engine), space.assistant.settings.quoting.quotes
    spared = (row for row in rows(TYPED) if row["id"].startswith(SPARED))
    for told in (*list(rows(GRADED))[-UNREAD:], *spared):
        question = Turn(0, told["question"])
        sought = engine.sought(engine.readings.replaced(Interpretation(alone(question, len(question.text)))))
        query, hits = sought.query, engine.candidates(sought)
        windows = engine.reread(sought, hits, engine.windows(sought, hits, 4 * quotes), alone=True)[:quotes]
        for place, (window, signals) in enumerate(zip(windows, engine.signals(sought, hits, windows), strict=True)):
            grade = told["grades"].get(window.best.text)
            if grade is not None and signals.asked is not None:
                yield place, engine.ranker_score(query.asks, window.best.text), signals.asked, int(grade)


def strength() -> Calibration:
    quotes = np.array(list(quotes_of(workspace())))
    x, full, first = quotes[:, 1:3], quotes[:, 3] == 3, quotes[:, 0] == 0
    weights = LogisticRegression(C=100).fit(x, full).coef_[0]
    order = np.argsort(-(x[first] @ weights))
    totals, right = (x[first] @ weights)[order], full[first][order]
    shares = np.cumsum(right) / np.arange(1, len(right) + 1)
    fitted = {"full": -totals[np.flatnonzero(shares >= FULL)[-1]], "full_read": weights[0], "full_asked": weights[1]}
    values: dict[str, Any] = {name: round(float(value), 4) for name, value in fitted.items()}
    return replace(load_calibration(), **values)


class Others(AskedQuestions):
    """The asked questions but the one that is asked now."""

    def best(self, query: np.ndarray, first: int, last: int, few: int) -> tuple[np.ndarray, np.ndarray]:
        begin, end = np.searchsorted(self.sentences, (first, last))
        kept = self.vectors[begin:end].astype(np.float32) @ query / np.iinfo(np.int8).max < ITSELF
        others = AskedQuestions(self.vectors[begin:end][kept], self.sentences[begin:end][kept])
        return others.best(query, first, last, few)

    def nearest(
        self, query: np.ndarray, most: int = 512, least: float = -1.0, of: np.ndarray | None = None
    ) -> list[Nearest]:
        return [each for each in super().nearest(query, 512, least, of) if each.cosine < ITSELF][:most]


def without_itself(engine: Engine) -> Engine:
    """Return the engine for questions that may be asked of sentences of its index."""
    asked = engine.collection.asked
    others = Others(asked.vectors, asked.sentences, asked.groups, asked.texts)
    return replace(engine, collection=replace(engine.collection, asked=others))


def save(calibration: Calibration) -> None:
    """Write `calibration.toml`, and forget what was read of it before."""
    told = "# Made by: make weights OF=refusal DATASETS=FOLDER\n"
    tables = {"calibration": calibration, "in_context": calibration.meant, "unasked": calibration.where_unasked}
    for name, table in tables.items():
        names = [field.name for field in fields(table) if field.name not in TABLES] if table else []
        told += f"\n[{name}]\n" + "".join(f"{each} = {getattr(table, each)}\n" for each in names)
    (PACKAGED / "data" / "answering" / "calibration.toml").write_text(told, "utf-8")
    load_calibration.cache_clear()


def fit(given: Given) -> None:
    save(fitted(given.datasets))
    save(longer())
    save(strength())
    save(in_context.fitted())
    save(unasked.fitted(given.datasets))
