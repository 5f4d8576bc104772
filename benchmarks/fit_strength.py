"""Fit from when a quote is shown without reserve: when the reader finds that it answers in full.

    python benchmarks/fit_strength.py INDEX

Takes the last graded questions, which the reader did not learn from (`fit_reader.py --last`), each without what it
brought to the index. Of the first three quotes, those graded 3 answer in full. Two weights are fitted to tell
them apart, and a constant so that of the first quotes above 0 the share ``FULL`` is graded 3. Run it after
`fit_refusal.py` and `fit_leaning.py`; rewrites `data/answering/calibration.toml`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from fit_refusal import save_step
from graded import GRADED, UNREAD, without_itself
from refusal_data import CORPUS, workspace
from sklearn.linear_model import LogisticRegression

from b12assistant.answering.signals import load_calibration
from b12assistant.api import Workspace

FULL = 0.8
_MADE_BY = "then: python benchmarks/fit_strength.py INDEX"


def rows_of(space: Workspace) -> Iterator[tuple[int, float, float, int]]:
    """Yield for each quote its place, the reader's score, the cosine of the nearest question asked, and its grade."""
    engine, settings = without_itself(space), space.assistant.settings
    reader = engine.reader
    if reader is None:
        raise SystemExit("there is no reader for this encoder")
    for told in map(json.loads, GRADED.read_text("utf-8").splitlines()[-UNREAD:]):
        query = engine.query(told["question"])
        hits = engine.hits(query)
        evidence = engine.evidence(query, hits)
        for place, window in enumerate(engine.windows(query, hits, settings)[: settings.quoting.quotes]):
            asked, grade = engine.signals(query, evidence, window).asked, told["grades"].get(window.best.text)
            if grade is not None and asked is not None:
                yield place, reader.score(query.asks, window.best.text), asked, int(grade)


def main(index: str) -> None:
    rows = np.array(list(rows_of(workspace(CORPUS, index))))
    x, full, first = rows[:, 1:3], rows[:, 3] == 3, rows[:, 0] == 0
    weights = LogisticRegression(C=100).fit(x, full).coef_[0]
    order = np.argsort(-(x[first] @ weights))
    totals, right, part = (x[first] @ weights)[order], full[first][order], rows[first, 3][order] > 0
    shares = np.cumsum(right) / np.arange(1, len(right) + 1)
    count = int(np.flatnonzero(shares >= FULL)[-1]) + 1
    fitted = {"full": -totals[count - 1], "full_read": weights[0], "full_asked": weights[1]}
    line = (
        f"{len(right)} first quotes: {count} above 0, of them {shares[count - 1]:.2f} graded 3 and "
        f"{part[:count].mean():.2f} at least 1; of the others {right[count:].mean():.2f} and {part[count:].mean():.2f}"
    )
    print(line)
    after = replace(load_calibration(), **{name: round(float(value), 4) for name, value in fitted.items()})
    save_step(after, _MADE_BY, [line])


if __name__ == "__main__":
    main(sys.argv[1])
