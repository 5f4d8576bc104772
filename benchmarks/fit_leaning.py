"""Fit what says whether a turn needs an earlier one, `data/answering/leaning.npz`.

    python benchmarks/fit_leaning.py

A logistic regression over the search encoder's vector of a turn. Follow-ups and corrections of written threads lean;
their first turns and new subjects do not, nor do questions that are asked alone. It prints the shares of held-out
threads that are judged right. The limits are chosen by hand: between them a turn is read alone first, and with what
came before only if nothing answers it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from refusal_data import DATA, rows
from sklearn.linear_model import LogisticRegression

from b12assistant.index.encoding import load_encoder, tuned_encoder
from b12assistant.language.words import readable

OUT = Path(__file__).parent.parent / "src" / "b12assistant" / "data" / "answering" / "leaning.npz"
LEANS = {"follow_up": True, "correction": True, "first": False, "new": False}
ALONE = ("questions/train.jsonl", "unanswerable/train.jsonl")
LOUD, STRENGTH = 3.0, 10.0  # factor of a vector, inverse of the regularisation
LIMITS = (0.3, 0.7)


def turns(*files: str) -> Iterator[tuple[str, bool]]:
    """Yield the turns of threads, and whether each leans on what came before."""
    for thread in (row for file in files for row in rows(DATA / "letters" / file)):
        yield from ((turn["text"], LEANS[turn["kind"]]) for turn in thread["turns"] if turn["kind"] in LEANS)


def main() -> None:
    encoder = tuned_encoder(load_encoder())
    learned = [
        *turns("threads_train.jsonl", "threads_more.jsonl"),
        *((row["question"], False) for file in ALONE for row in rows(DATA / file)),
        *((row["turns"][0]["user"], False) for row in rows(DATA / "conversations" / "train.jsonl")),
    ]
    judged = list(turns("threads_test.jsonl", "threads_later.jsonl"))
    vectors, held_out = (
        np.array([each.vector for each in encoder.each([readable(text) for text, _ in part])])
        for part in (learned, judged)
    )
    model = LogisticRegression(C=STRENGTH, max_iter=3000, class_weight="balanced")
    model.fit(LOUD * vectors, [leans for _, leans in learned])
    weights = np.append(LOUD * model.coef_[0], model.intercept_).astype(np.float32)
    np.savez_compressed(OUT, weights=weights, limits=np.array(LIMITS), encoder=np.array(encoder.digest))
    shares, truth = model.predict_proba(LOUD * held_out)[:, 1], np.array([leans for _, leans in judged])
    for limit in LIMITS:
        found = shares >= limit
        print(f"{limit}: {found[truth].mean():.3f} of {truth.sum()} that lean,", end=" ")
        print(f"{found[~truth].sum()} of {(~truth).sum()} others")


if __name__ == "__main__":
    main()
