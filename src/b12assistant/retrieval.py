"""A question to ranked passages: candidates from FAISS and BM25F, re-scored by late interaction.

The late interaction is ColBERT's MaxSim (Khattab and Zaharia, 2020) over the encoder's own token vectors, which was
not trained for it and still leads both single rankers (`docs/decisions/`). Weights are uniform: nothing here is fitted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from b12assistant.collection import Collection
from b12assistant.protocols import Encoder
from b12assistant.token_store import Projection
from b12assistant.types import Hit, Passage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

_CLIP = 8.0  # standard scores are cut here: one odd score must not rule
_GROUP = range(2, 16)  # documents that share a title count as one topic
_LEADERS = 5
_GROUP_WEIGHT = 3.0


@dataclass(frozen=True, slots=True)
class Depths:
    """How many candidates each stage passes on."""

    candidates: int = 100
    rescored: int = 50


@dataclass(frozen=True)
class Query:
    """A question encoded once. ``tokens``: (q, p) rows of unit length; the weights of its tokens each add up to 1."""

    text: str
    vector: Vectors
    tokens: Vectors
    plain: Vectors
    informative: Vectors


def encode_query(text: str, collection: Collection, encoder: Encoder, projection: Projection) -> Query:
    """A text over the encoder's limit is read in parts: their token vectors together, the mean of their vectors."""
    parts = list(encoder.encode(_parts(text, encoder)))
    vector = np.sum([part.vector for part in parts], axis=0)
    pieces = np.concatenate([part.pieces for part in parts])
    idf = _idf(collection.piece_idf, pieces)
    if len(projection.piece_idf):
        idf = np.sqrt(idf * _idf(projection.piece_idf, pieces))
    return Query(
        text=text,
        vector=np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), dtype=np.float32),
        tokens=projection.reduce(np.concatenate([part.tokens for part in parts])),
        plain=np.full(len(idf), 1 / max(1, len(idf)), dtype=np.float32),
        informative=(idf / max(float(idf.sum()), 1e-6)).astype(np.float32),
    )


def _parts(text: str, encoder: Encoder) -> list[str]:
    """``text`` halved at a blank, if there is one, until each part fits the encoder."""
    if encoder.count(text) <= encoder.limit:
        return [text]
    middle = len(text) // 2
    cut = next((i for i in range(middle, len(text) - 1) if text[i].isspace()), middle)
    return [*_parts(text[:cut], encoder), *_parts(text[cut:], encoder)]


def _idf(table: Vectors, pieces: NDArray[np.int32]) -> Vectors:
    """A piece beyond the table was never seen: as rare as the rarest."""
    found = np.full(len(pieces), table.max(initial=1.0), dtype=np.float32)
    known = pieces < len(table)
    found[known] = table[pieces[known]]
    return found


def rank(
    query: Query, collection: Collection, depths: Depths, allow: Callable[[Passage], bool], k: int
) -> tuple[Hit, ...]:
    """At most ``k`` hits, best first, ties by row; only passages that ``allow`` lets through."""
    allowed = np.fromiter(
        (allow(passage) for passage in collection.passages), dtype=bool, count=len(collection.passages)
    )
    wide = depths.candidates + int((~allowed).sum())
    dense_rows, dense = collection.vectors.search(query.vector, wide)
    words_rows, words = collection.lexical.search(query.text, wide)
    dense_rows, dense = _keep(dense_rows, dense, allowed, depths.candidates)
    words_rows, words = _keep(words_rows, words, allowed, depths.candidates)
    pool = np.union1d(dense_rows, words_rows)
    if not len(pool):
        return ()
    mean, deviation = _scale(dense)
    of_passage = _standard(collection.matrix[pool] @ query.vector, mean, deviation)
    of_first = _standard(collection.matrix[collection.first_rows[pool]] @ query.vector, mean, deviation)
    of_words = _standard(_scores_of(pool, words_rows, words, full=len(words) == depths.candidates), *_scale(words))
    order = np.lexsort((pool, -(of_passage + of_words)))
    top, rest = order[: depths.rescored], order[depths.rescored :]
    late = _late_interaction(query, collection, pool[top])
    scores = 0.5 * of_passage + 0.5 * of_first + of_words
    scores[top] += late
    scores[rest] += late.min()
    scores += _title_groups(pool, scores, collection)
    best = np.lexsort((pool, -scores))[:k]
    return tuple(Hit(collection.passages[pool[i]], float(scores[i]), place) for place, i in enumerate(best, start=1))


def _keep(
    rows: NDArray[np.int64], scores: Vectors, allowed: NDArray[np.bool_], k: int
) -> tuple[NDArray[np.int64], Vectors]:
    kept = allowed[rows]
    return rows[kept][:k], scores[kept][:k]


def _scale(scores: Vectors) -> tuple[float, float]:
    """Mean and deviation of one list's own scores."""
    return (float(scores.mean()), float(scores.std()) or 1.0) if len(scores) else (0.0, 1.0)


def _standard(scores: Vectors, mean: float, deviation: float) -> Vectors:
    return np.asarray(np.clip((scores - mean) / deviation, -_CLIP, _CLIP), dtype=np.float32)


def _scores_of(pool: NDArray[np.int64], rows: NDArray[np.int64], scores: Vectors, *, full: bool) -> Vectors:
    """Scores of ``pool`` from a list; a row beyond a full list gets its last score, beyond a short one zero."""
    known = dict(zip(rows.tolist(), scores.tolist(), strict=True))
    missing = float(scores[-1]) if full and len(scores) else 0.0
    return np.array([known.get(row, missing) for row in pool.tolist()], dtype=np.float32)


def _late_interaction(query: Query, collection: Collection, rows: NDArray[np.int64]) -> Vectors:
    """Plain and informative MaxSim of each passage, standardised over ``rows`` and added."""
    starts = collection.context_starts
    best = np.stack([collection.context.best(query.tokens, starts[row], starts[row + 1]).max(axis=0) for row in rows])
    total = np.zeros(len(rows), dtype=np.float32)
    for weights in (query.plain, query.informative):
        scores = best @ weights
        total += _standard(scores, *_scale(scores))
    return total


def _title_groups(pool: NDArray[np.int64], scores: Vectors, collection: Collection) -> Vectors:
    """Passages of documents that share their title with a leading one are probably on its topic."""
    documents: dict[str, set[str]] = defaultdict(set)
    for row in pool:
        document = collection.passages[row].document
        documents[document.title].add(document.id)
    bonus = np.zeros(len(pool), dtype=np.float32)
    if not any(len(group) in _GROUP for group in documents.values()):
        return bonus
    leaders = np.lexsort((pool, -scores))[:_LEADERS]
    shares = np.exp(scores[leaders] - scores[leaders].max())
    gain: dict[str, float] = defaultdict(float)
    for i, share in zip(leaders, shares / shares.sum(), strict=True):
        title = collection.passages[pool[i]].document.title
        gain[title] += _GROUP_WEIGHT * float(share) if len(documents[title]) in _GROUP else 0.0
    for i, row in enumerate(pool):
        bonus[i] = gain.get(collection.passages[row].document.title, 0.0)
    return bonus
