"""The cuts that follow the weights of refusal; each keeps the numbers before it as they are (`refusal.py`).

``longer``: the confidence from which a whole question of 15 words or more is answered. It tells something too, which no
quote holds, so its confidence is lower at the same worth. Every other line of `benchmarks/data/tuning/longer.jsonl`
sets the cut: the lowest at which nine in ten of those that nothing answers are refused; the others are only reported.

``strength``: when a quote is shown without reserve: when the reader finds that it answers in full. Of the first three
quotes for the last graded questions, which the reader did not learn from, each without what it brought to the index,
those graded 3 answer in full. Two weights are fitted to tell them apart, and a constant so that of the first quotes
above 0 the share ``FULL`` is graded 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from b12assistant.answering.engine import Engine
from b12assistant.answering.signals import Calibration, load_calibration
from b12assistant.api import Workspace
from b12assistant.index.asked_questions import AskedQuestions
from fit.data import GRADED, UNREAD, labelled_rows, rows, workspace

REFUSED = 0.9
FULL = 0.8
ITSELF = 0.985  # cosine from which an asked question is the question itself; int8 codes blur it a little


def longer() -> tuple[Calibration, list[str]]:
    calibration, space = load_calibration(), workspace()
    asked = list(labelled_rows("tuning/longer.jsonl"))
    found = np.array([space.assistant.understood(row["question"]).likely for row in asked])
    y = np.array([bool(row["sentence"]) for row in asked])
    others = np.sort(found[::2][~y[::2]])
    highest = others[int(np.ceil(REFUSED * len(others))) - 1]  # that is still refused
    cut = float(np.floor(100 * highest + 1e-9) + 1) / 100
    lines = []
    for at, name in enumerate(("those that set it", "the others")):
        kept, answerable = found[at::2] >= cut, y[at::2]
        lines.append(
            f"{name}, 15 to 24 words: {np.mean(kept[answerable]):.2f} of {answerable.sum()} answerable kept, "
            f"{np.mean(~kept[~answerable]):.2f} of {(~answerable).sum()} others refused"
        )
    return replace(calibration, longer=cut), lines


def quotes_of(space: Workspace) -> Iterator[tuple[int, float, float, int]]:
    """Yield for each quote its place, the reader's score, the cosine of the nearest question asked, and its grade."""
    engine, settings = without_itself(space.engine), space.assistant.settings
    reader = engine.reader
    if reader is None:
        raise SystemExit("there is no reader for this encoder")
    for told in list(rows(GRADED))[-UNREAD:]:
        query = engine.query(told["question"])
        hits = engine.hits(query)
        evidence = engine.evidence(query, hits)
        for place, window in enumerate(engine.windows(query, hits, settings)[: settings.quoting.quotes]):
            asked, grade = engine.signals(query, evidence, window).asked, told["grades"].get(window.best.text)
            if grade is not None and asked is not None:
                yield place, reader.score(query.asks, window.best.text), asked, int(grade)


def strength() -> tuple[Calibration, list[str]]:
    quotes = np.array(list(quotes_of(workspace())))
    x, full, first = quotes[:, 1:3], quotes[:, 3] == 3, quotes[:, 0] == 0
    weights = LogisticRegression(C=100).fit(x, full).coef_[0]
    order = np.argsort(-(x[first] @ weights))
    totals, right, part = (x[first] @ weights)[order], full[first][order], quotes[first, 3][order] > 0
    shares = np.cumsum(right) / np.arange(1, len(right) + 1)
    count = int(np.flatnonzero(shares >= FULL)[-1]) + 1
    fitted = {"full": -totals[count - 1], "full_read": weights[0], "full_asked": weights[1]}
    line = (
        f"{len(right)} first quotes: {count} above 0, of them {shares[count - 1]:.2f} graded 3 and "
        f"{part[:count].mean():.2f} at least 1; of the others {right[count:].mean():.2f} and {part[count:].mean():.2f}"
    )
    values: dict[str, Any] = {name: round(float(value), 4) for name, value in fitted.items()}
    return replace(load_calibration(), **values), [line]


class Others(AskedQuestions):
    """The asked questions but the one that is asked now."""

    def best(self, query: np.ndarray, first: int, last: int) -> np.ndarray:
        begin, end = np.searchsorted(self.sentences, (first, last))
        kept = self.vectors[begin:end].astype(np.float32) @ query / np.iinfo(np.int8).max < ITSELF
        others = AskedQuestions(self.vectors[begin:end][kept], self.sentences[begin:end][kept])
        return others.best(query, first, last)


def without_itself(engine: Engine) -> Engine:
    """Return the engine for questions that may be asked of sentences of its index."""
    asked = engine.collection.asked
    if asked is None:
        raise SystemExit("nothing is asked of the sentences of this index: build it from corpus/")
    return replace(engine, collection=replace(engine.collection, asked=Others(asked.vectors, asked.sentences)))
