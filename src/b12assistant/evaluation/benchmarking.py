"""A ranking put to a test collection: the run, how long each query took, what the traps of such a test found.

Retrieval alone is measured: no triage, no refusal, no choice of speakers. A document stands where its best
passage does.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from b12assistant.answering.retrieval import Query, encode_query, rank
from b12assistant.evaluation.bench_config import Ranking
from b12assistant.evaluation.datasets import Dataset
from b12assistant.evaluation.measures import JUDGED, answerable, interval, score
from b12assistant.evaluation.runs import Run
from b12assistant.index.collection import Collection
from b12assistant.index.lexical_index import BM25FIndex
from b12assistant.index.token_store import Projection
from b12assistant.protocols import Encoder

Progress = Callable[[str, int, int], None]  # stage, done, of

_TOP = 10  # of a ranking, where traps are looked for


@dataclass(frozen=True)
class Asked:
    """A query of the collection, encoded, and how long that took."""

    id: str
    query: Query
    milliseconds: float


@dataclass(frozen=True)
class Searched:
    """A run and the milliseconds of each query: encoding and searching, one at a time."""

    run: Mapping[str, Mapping[str, float]]
    milliseconds: tuple[float, ...]


@dataclass(frozen=True)
class Scored:
    """One ranking on one split: a score for each measure and query."""

    ranking: str
    scores: Mapping[str, Mapping[str, float]]
    warnings: tuple[str, ...]

    def figures(self) -> dict[str, dict[str, float]]:
        return {name: interval(list(each.values())) for name, each in self.scores.items() if name != JUDGED}


def ask(
    dataset: Dataset, collection: Collection, encoder: Encoder, projection: Projection, told: Progress
) -> tuple[Asked, ...]:
    """Every judged query encoded, one at a time, as a reader's would be."""
    for text in list(dataset.queries.values())[:1]:
        encode_query(text, collection, encoder, projection)  # what is loaded at first use is not a query's time
    asked = []
    for done, (id_, text) in enumerate(dataset.queries.items()):
        told("encoding queries", done, len(dataset.queries))
        begun = time.perf_counter()
        query = encode_query(text, collection, encoder, projection)
        asked.append(Asked(id_, query, 1000 * (time.perf_counter() - begun)))
    told("encoding queries", len(dataset.queries), len(dataset.queries))
    return tuple(asked)


def search(asked: Sequence[Asked], collection: Collection, ranking: Ranking, told: Progress) -> Searched:
    """Every query, one after the other; a query's time is that of encoding and searching."""
    run: dict[str, dict[str, float]] = {}
    taken: list[float] = []
    for done, each in enumerate(asked):
        told(f"searching ({ranking.name})", done, len(asked))
        begun = time.perf_counter()
        hits = rank(each.query, collection, ranking.depths, lambda passage: True, sys.maxsize, ranking.weights)
        taken.append(each.milliseconds + 1000 * (time.perf_counter() - begun))
        ranked = run.setdefault(each.id, {})
        for hit in hits:
            ranked.setdefault(hit.passage.document.id, hit.score)
    told(f"searching ({ranking.name})", len(asked), len(asked))
    return Searched(run, tuple(taken))


def score_run(dataset: Dataset, run: Run, name: str, *, relevant: int = 1) -> Scored:
    """``run`` over all judged queries, with what should make a reader careful."""
    scores = score(dataset.qrels, run, relevant=relevant)
    return Scored(name, scores, tuple(_of_the_run(dataset, run, scores, relevant)))


def speed(searched: Searched) -> dict[str, float]:
    """Percentiles of the milliseconds of a query, and queries a second, one at a time on this machine."""
    p50, p95, p99 = np.percentile(searched.milliseconds, [50, 95, 99])
    total = sum(searched.milliseconds) / 1000
    return {
        "p50_ms": round(float(p50), 2),
        "p95_ms": round(float(p95), 2),
        "p99_ms": round(float(p99), 2),
        "queries_per_second": round(len(searched.milliseconds) / total, 1),
    }


def sizes(collection: Collection) -> dict[str, int]:
    """Bytes of each part of the index in memory, and their sum."""
    context = collection.context
    parts = {
        "vectors": collection.matrix.nbytes,
        "words": len(collection.lexical.to_bytes()) if isinstance(collection.lexical, BM25FIndex) else 0,
        "tokens": context.tokens.nbytes + context.pieces.nbytes + context.starts.nbytes,
    }
    return {**parts, "total": sum(parts.values())}


def of_the_set(dataset: Dataset) -> Iterator[str]:
    """What in the collection itself misleads: ids that clash, texts that repeat."""
    clash = dataset.queries.keys() & {text.id for text in dataset.texts}
    if clash:
        yield (
            f"{len(clash)} query ids are ids of documents too; nothing is dropped for it "
            "(BEIR's own scorer drops such documents from the run)"
        )
    same = _repeats(f"{text.title}\0{text.text}" for text in dataset.texts)
    if same:
        yield f"{same} documents repeat another's title and text; judged only once, the twin counts as wrong"
    asked = _repeats(" ".join(text.split()).casefold() for text in dataset.queries.values())
    if asked:
        yield f"{asked} queries repeat another's words"


def of_the_texts(dataset: Dataset, collection: Collection, encoder: Encoder, title_pieces: int) -> Iterator[str]:
    """What the encoder's limit and empty documents did to the texts."""
    held = {passage.document.id for passage in collection.passages}
    empty = sum(document.id not in held for document in collection.documents)
    if empty:
        yield f"{empty} documents have no text and cannot be found"
    long = sum(encoder.count(document.title) > title_pieces for document in collection.documents)
    if long:
        yield f"{long} titles are cut to {title_pieces} word pieces in front of their passages"
    several = len(collection.passages) - len(held)
    if several:
        yield f"no text is cut: {len(held)} documents were read in {len(collection.passages)} passages"
    read = sum(encoder.count(text) > encoder.limit for text in dataset.queries.values())
    if read:
        yield f"{read} queries are longer than the encoder's limit and were read in parts"


def _of_the_run(dataset: Dataset, run: Run, scores: Mapping[str, Any], relevant: int) -> Iterator[str]:
    counted = answerable(dataset.qrels, relevant)
    if len(counted) < len(dataset.qrels):
        left = len(dataset.qrels) - len(counted)
        yield f"{left} of {len(dataset.qrels)} judged queries have no relevant document and are not counted"
    missing = [query for query in counted if not run.get(query)]
    if missing:
        yield f"{len(missing)} of {len(counted)} queries are missing from the run and count as 0 (first: {missing[0]})"
    strange = sum(query not in dataset.qrels for query in run)
    if strange:
        yield f"{strange} queries of the run are not judged in this split and are passed over"
    known = {text.id for text in dataset.texts}
    unknown = sum(document not in known for ranked in run.values() for document in ranked)
    if unknown:
        yield f"{unknown} places of the run hold documents that the collection does not have"
    tied = sum(_has_ties(run[query]) for query in counted if query in run)
    if tied:
        yield (
            f"{tied} queries have equal scores among their first {_TOP}: there the order is trec_eval's, "
            "by document id, descending"
        )
    unjudged = 1 - float(np.mean(list(scores[JUDGED].values())))
    if unjudged:
        yield f"{unjudged:.1%} of the first {_TOP} documents were never judged and count as not relevant"


def _has_ties(ranked: Mapping[str, float]) -> bool:
    best = sorted(ranked.values(), reverse=True)[: _TOP + 1]
    return len(set(best)) < len(best)


def _repeats(texts: Iterator[str]) -> int:
    return sum(times - 1 for times in Counter(texts).values())
