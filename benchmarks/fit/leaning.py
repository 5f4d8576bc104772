"""Fit what says whether a turn needs an earlier one.

A logistic regression over the search encoder's vector of a turn. Follow-ups and corrections of written threads lean;
their first turns and new subjects do not, nor do questions that are asked alone. The limit is chosen by hand: a turn
that stands alone keeps most of its meaning in the context of others, one that leans has none without it.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression

from b12assistant.index.encoding import in_eight_bits, load_encoder, tuned_encoder
from b12assistant.language.words import readable
from fit.data import Given, labelled_rows, write

LEANS = {"follow_up": True, "correction": True, "first": False, "new": False}
LOUD, STRENGTH = 3.0, 10.0  # factor of a vector, inverse of the regularisation
LIMIT = 0.15


def turns(*names: str) -> Iterator[tuple[str, bool]]:
    """Yield the turns of threads, and whether each leans on what came before."""
    for thread in labelled_rows(*(f"letters/{name}.jsonl" for name in names)):
        yield from ((turn["text"], LEANS[turn["kind"]]) for turn in thread["turns"] if turn["kind"] in LEANS)


def weigh(name: str, learned: Sequence[tuple[str, bool]], limit: float) -> None:
    """Fit weights that tell texts apart, and write them with their limit."""
    encoder = in_eight_bits(tuned_encoder(load_encoder()))
    x = LOUD * np.array([each.vector for each in encoder.each([readable(text) for text, _ in learned])])
    model = LogisticRegression(C=STRENGTH, max_iter=3000, class_weight="balanced")
    model.fit(x, [is_so for _, is_so in learned])
    weights = np.append(LOUD * model.coef_[0], model.intercept_).astype(np.float32)
    write(f"data/answering/{name}.npz", weights=weights, limit=np.array(limit), encoder=np.array(encoder.digest))


def fit(_given: Given) -> None:
    alone = [row["question"] for row in labelled_rows("questions/train.jsonl", "unanswerable/train.jsonl")]
    alone += [row["turns"][0]["user"] for row in labelled_rows("conversations/train.jsonl")]
    weigh("leaning", [*turns("threads_train", "threads_more"), *((text, False) for text in alone)], LIMIT)
