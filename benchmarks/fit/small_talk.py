"""Fit what says whether words beside a question are small talk: a greeting, an apology, thanks, a sigh.

A logistic regression, as in `leaning`. Small talk is `data/dress/sighs.jsonl`; what tells something is
`data/dress/facts.jsonl`, a third of it made to look like small talk or about other subjects, and what stands beside the
questions of `data/tuning/longer.jsonl`. To drop a fact is worse than to keep a sigh: at the limit 1 in 50 of the facts
learned from would be dropped if left out, none of the 120 of another writer, and 1 in 16 of the sighs is kept.
"""

from collections.abc import Iterator

from b12assistant.answering.asked import sentences_of
from fit.data import Given, labelled_rows
from fit.leaning import weigh

LIMIT = 0.9


def told() -> Iterator[str]:
    """Yield what stands beside the questions of longer messages."""
    for row in labelled_rows("tuning/longer.jsonl"):
        sentences = (row["question"][each.start : each.end] for each in sentences_of(row["question"]))
        yield from (sentence for sentence in sentences if not sentence.endswith("?"))


def fit(_given: Given) -> None:
    sighs = [(row["text"], True) for row in labelled_rows("dress/sighs.jsonl")]
    facts = [row["text"] for row in labelled_rows("dress/facts.jsonl")]
    weigh("small_talk", [*sighs, *((text, False) for text in (*facts, *told()))], LIMIT)
