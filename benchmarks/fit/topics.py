"""Fit how likely a word is what a question is about: examples of words, and a logistic model of them.

Three kinds of labelled words:

* of a consumer's long message, those that its one-line summary keeps (`meqsum`, CC BY 4.0);
* of a question about a drug, those of the drug it is about (`medicationqa`);
* of our own train split, words that the corpus does not hold: topics in unanswerable questions, none in answerable.

A word is described by its token vector in the question and by what four public collections (`scifact`,
`medquad-sample`, CC BY 4.0; `covidqa`, Apache 2.0; `pubmedqa`, MIT) say of it: how often a document that holds it
repeats it, and how often it is in a title.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from b12assistant.answering.engine import Engine
from b12assistant.answering.retrieval import Query, encode_query
from b12assistant.answering.signals import LOUD, UNLISTED, Topics, mean_of, words_of
from b12assistant.language.words import terms
from fit.data import Given, labelled_rows, rows, workspace, write

FOLDERS = ("scifact", "medquad-sample", "covidqa", "pubmedqa")
FEWEST = 3  # documents that hold a listed word
LONGEST = 900  # characters of a message
OWN = 40.0  # how much our own questions weigh against the public ones
STRICT = 0.003  # inverse strength of the penalty


@dataclass(frozen=True)
class Examples:
    """Words as (n, p + 3) features, whether each is a topic, and how much it counts."""

    features: np.ndarray
    topics: np.ndarray
    weights: np.ndarray


def table_of(datasets: Path) -> dict[str, tuple[int, int]]:
    """Return, for each term, in the file's units, how often it is repeated and how seldom it is in a title."""
    holding, times, titled = (Counter[str]() for _ in range(3))
    for name in FOLDERS:
        for row in rows(datasets / name / "corpus.jsonl"):
            title = row.get("title") or ""
            found = Counter(terms(f"{title} {row['text']}"))
            holding.update(found.keys())
            times.update(found)
            titled.update(set(terms(title)))
    return {
        term: (
            min(255, round(64 * float(np.log(times[term] / held)))),
            min(255, round(-32 * float(np.log((titled[term] + 0.5) / (held + 1))))),
        )
        for term, held in sorted(holding.items())
        if held >= FEWEST
    }


def public(datasets: Path) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield questions, and the words that they are about."""
    for row in rows(datasets / "meqsum" / "questions.jsonl"):
        text = row["text"].removeprefix("SUBJECT: ").replace("MESSAGE: ", "")
        yield text[:LONGEST], frozenset(terms(row["summary"]))
    for row in rows(datasets / "medicationqa" / "queries.jsonl"):
        yield row["text"][:LONGEST], frozenset(terms(row["focus"]))


def features(topics: Topics, query: Query, counted: frozenset[str] | None = None) -> dict[str, np.ndarray]:
    """Return the features of each informative word, or of those that are counted."""
    return {
        term: np.concatenate([LOUD * mean_of(query.tokens[tokens]), topics.table.get(term, UNLISTED)])
        for term, tokens in words_of(query).items()
        if counted is None or term in counted
    }


def public_examples(topics: Topics, engine: Engine, datasets: Path) -> Examples:
    """Return the words of the public questions."""
    found = [
        (described, term in about, 1.0)
        for text, about in public(datasets)
        if text.strip()
        for query in [encode_query(text, engine.collection, engine.encoder, engine.projection)]
        for term, described in features(topics, query).items()
    ]
    return balanced(found, np.dtype(np.float32))


def own_examples(topics: Topics, queries: Sequence[Query], answerable: Sequence[bool], engine: Engine) -> Examples:
    """Return words that the corpus does not hold; those of one unanswerable question share its weight."""
    words: list[tuple[np.ndarray, bool, float]] = []
    for query, has_answer in zip(queries, answerable, strict=True):
        found = features(topics, query, frozenset(engine.collection.words.unknown_terms(query.read))).values()
        words += [(described, not has_answer, 1.0 if has_answer else 1 / len(found)) for described in found]
    return balanced(words)


def balanced(words: Sequence[tuple[np.ndarray, bool, float]], kind: np.dtype[Any] | None = None) -> Examples:
    """Weight described words: both classes count the same, and a word counts 1 on average."""
    described, labels, weights = (np.array(values) for values in zip(*words, strict=True))
    for label in (False, True):
        weights[labels == label] *= 0.5 * len(labels) / weights[labels == label].sum()
    return Examples(described.astype(kind or described.dtype), labels, weights)


def weights_of(sets: Sequence[tuple[Examples, float]], columns: slice) -> np.ndarray:
    x = np.concatenate([each.features[:, columns] for each, _ in sets])
    y = np.concatenate([each.topics for each, _ in sets])
    weights = np.concatenate([each.weights * share for each, share in sets])
    model = LogisticRegression(C=STRICT, max_iter=500).fit(x, y, sample_weight=weights)
    return np.concatenate([model.coef_[0], model.intercept_]).astype(np.float32)


def bare(table: dict[str, tuple[int, int]], encoder: str) -> Topics:
    """Return the topics without weights yet."""
    described = {name: (repeats / 64, -titled / 32, 1.0) for name, (repeats, titled) in table.items()}
    return Topics(described, np.empty(0, np.float32), np.empty(0, np.float32), encoder)


def fit(given: Given) -> None:
    space, table = workspace(), table_of(given.datasets)
    topics, engine = bare(table, space.engine.encoder.digest), space.engine
    asked = list(labelled_rows("questions/train.jsonl", "unanswerable/train.jsonl"))
    queries = [space.assistant.understood(row["question"]).sought.query for row in asked]
    own = own_examples(topics, queries, [bool(row["gold"]) for row in asked], engine)
    sets = [(public_examples(topics, engine, given.datasets), 1.0), (own, OWN)]
    weights, plain = weights_of(sets, slice(None)), weights_of(sets, slice(-3, None))
    save(Topics(topics.table, weights, plain, engine.encoder.digest), table)


def save(topics: Topics, table: dict[str, tuple[int, int]]) -> None:
    write(
        "data/answering/topics.npz",
        terms=np.frombuffer(json.dumps(list(table), ensure_ascii=False).encode(), dtype=np.uint8),
        repeats=np.array([repeats for repeats, _ in table.values()], dtype=np.uint8),
        titled=np.array([titled for _, titled in table.values()], dtype=np.uint8),
        weights=topics.weights,
        plain=topics.plain,
        encoder=np.array(topics.encoder),
    )
