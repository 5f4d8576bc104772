"""Rank passages for a question: candidates from FAISS and BM25F, late interaction, then feedback from the leaders.

The late interaction is ColBERT's MaxSim (Khattab and Zaharia, 2020) over the encoder's own token vectors. The encoder
was not trained for it, yet it beats both single rankers. Weights are uniform: fitted ones won on the documents they
were fitted on, and on no others (`docs/decisions/04-ranking.md`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from b12assistant.index.collection import Collection
from b12assistant.index.token_store import Projection
from b12assistant.protocols import Encoded, Encoder, encode_each
from b12assistant.stages import stage
from b12assistant.types import Hit, Passage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from b12assistant.protocols import Vectors

    Rows = NDArray[np.int64]
    Listed = tuple[Rows, Vectors]  # rows with their scores, best first

_CLIP = 8.0  # standard scores are clipped here, so that no single score dominates
_LEADERS = 5
CONTEXT = 0.3  # weight of what a follow-up leans on, relative to its own words (docs/lab/0010)
_TOPICS = 3  # leaders whose title groups join the candidates


@dataclass(frozen=True, slots=True)
class Weights:
    """What each part adds to a passage's score; a ranker of weight 0 brings no candidates.

    ``passage`` and ``first``: cosine of the passage and of its document's first one; ``words``: BM25F; ``late`` and
    ``informative``: MaxSim, plain and weighted by idf; ``titles``: of documents that share a leading one's title;
    ``feedback``: cosine with the leaders, as in Rocchio's method. The weight of titles was chosen on development sets
    (docs/lab/0007); the others are even.
    """

    passage: float = 0.5
    first: float = 0.5
    words: float = 1.0
    late: float = 1.0
    informative: float = 1.0
    titles: float = 5.0
    feedback: float = 1.0


@dataclass(frozen=True, slots=True)
class Depths:
    """``candidates`` of each ranker; ``rescored``: how many of them late interaction scores again.

    80 instead of 50 moved the figures of six development sets by .005 at most, up and down (docs/lab/0007).
    """

    candidates: int = 100
    rescored: int = 50


@dataclass(frozen=True, eq=False)
class Query:
    """A question encoded once. ``tokens``: (q, p) rows of unit length; the weights of its tokens each add up to 1.

    ``read``: the text that the last ``len(places)`` tokens are from, each from ``places[i, 0]`` up to ``places[i, 1]``;
    its first ``lead`` characters are only leant on. ``asks``: what the reader reads as the question.
    """

    text: str
    vector: Vectors
    tokens: Vectors
    plain: Vectors
    informative: Vectors
    read: str
    places: NDArray[np.int64]
    lead: int
    asks: str


def encode_query(text: str, collection: Collection, encoder: Encoder, projection: Projection, lead: int = 0) -> Query:
    """Encode a text; if over the encoder's limit, in parts: all their token vectors, and the mean of their vectors.

    ``lead``: characters at the start that are only leant on; their tokens weigh ``CONTEXT`` times as much as others.
    """
    return encode_queries([(text, lead)], collection, encoder, projection)[0]


def encode_queries(
    asked: Sequence[tuple[str, int]], collection: Collection, encoder: Encoder, projection: Projection
) -> list[Query]:
    """Encode each text with its lead, as ``encode_query`` does; texts that need no splitting are encoded together."""
    split = [_parts(text, encoder) for text, _ in asked]
    whole = iter(encode_each(encoder, [parts[0] for parts in split if len(parts) == 1]))
    encoded = [[next(whole)] if len(parts) == 1 else list(encoder.encode(parts)) for parts in split]
    return [
        _query(text, lead, parts, read, collection, projection)
        for (text, lead), parts, read in zip(asked, split, encoded, strict=True)
    ]


def _query(
    text: str, lead: int, texts: Sequence[str], parts: Sequence[Encoded], collection: Collection, projection: Projection
) -> Query:
    vector = np.sum([part.vector for part in parts], axis=0)
    pieces = np.concatenate([part.pieces for part in parts])
    idf = idf_of(collection.piece_idf, pieces)
    if len(projection.piece_idf):
        idf = np.sqrt(idf * idf_of(projection.piece_idf, pieces))
    begins = np.cumsum([0, *(len(each) for each in texts[:-1])])
    places = np.concatenate([part.offsets + begin for part, begin in zip(parts, begins, strict=True)])
    share = np.where(places[:, 0] < lead, CONTEXT, 1).astype(np.float32)
    return Query(
        text=text,
        vector=np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), dtype=np.float32),
        tokens=projection.reduce(np.concatenate([part.tokens for part in parts])),
        plain=as_shares(share),
        informative=as_shares(idf * share),
        read=text,
        places=places,
        lead=lead,
        asks=text,
    )


def as_shares(weights: Vectors) -> Vectors:
    """Scale the weights to add up to 1."""
    return np.asarray(weights / max(float(weights.sum()), 1e-6), dtype=np.float32)


def _parts(text: str, encoder: Encoder) -> list[str]:
    """Halve ``text``, at a blank if there is one, until each part fits the encoder."""
    if encoder.count(text) <= encoder.limit:
        return [text]
    middle = len(text) // 2
    cut = next((i for i in range(middle, len(text) - 1) if text[i].isspace()), middle)
    return [*_parts(text[:cut], encoder), *_parts(text[cut:], encoder)]


def idf_of(table: Vectors, pieces: NDArray[np.int32]) -> Vectors:
    """Return the idf of each piece. One beyond the table was never seen: it is as rare as the rarest."""
    found = np.full(len(pieces), table.max(initial=1.0), dtype=np.float32)
    known = pieces < len(table)
    found[known] = table[pieces[known]]
    return found


@stage("ranking")
def rank(
    query: Query,
    collection: Collection,
    allow: Callable[[Passage], bool],
    k: int,
    weights: Weights = Weights(),
    depths: Depths = Depths(),
) -> tuple[Hit, ...]:
    """Return at most ``k`` hits, best first, ties by row; only passages that ``allow`` accepts."""
    vectors, lexical = collection.vectors, collection.lexical
    by_vector, by_words = bool(weights.passage or weights.first), bool(weights.words)
    allowed = partial(_allowed, lambda row: allow(collection.passages[row]), depths.candidates)
    dense = allowed(lambda n: vectors.search(query.vector, n if by_vector or not by_words else 0))
    words = allowed(lambda n: lexical.search(query.text, n if by_words or not by_vector else 0))
    pool = np.union1d(dense[0], words[0])
    if not len(pool):
        return ()
    scores = _Scores(query, collection, weights, dense, words, depths.candidates)
    scores.rescore(scores.best(pool, depths.rescored))
    leaders, shares = _leaders(pool, scores.of(pool))
    if weights.titles:
        led = dict.fromkeys(collection.passages[row].document.title for row in leaders[:_TOPICS])
        alike = chain.from_iterable(collection.shared_titles.get(title, ()) for title in led)
        topics = [row for row in alike if allow(collection.passages[row])]
        joining = np.setdiff1d(np.array(topics, dtype=np.int64), pool)
        scores.rescore(scores.best(joining, depths.rescored))
        pool = np.union1d(pool, joining)
    total = scores.of(pool)
    if weights.feedback:
        near = collection.matrix[pool] @ (shares @ collection.matrix[leaders])
        total += weights.feedback * _standard(near, *_scale(near))
    if weights.titles:
        total += weights.titles * _title_groups(pool, leaders, shares, collection)
    best = np.lexsort((pool, -total))[:k]
    return tuple(Hit(collection.passages[pool[i]], float(total[i]), place) for place, i in enumerate(best, start=1))


@stage("candidates")
def _allowed(allow: Callable[[int], bool], k: int, search: Callable[[int], Listed]) -> Listed:
    """Return the best ``k`` that are allowed; the others take no places."""
    wide = k
    while True:
        rows, scores = search(wide)
        kept = np.fromiter(map(allow, rows.tolist()), dtype=bool, count=len(rows))
        if kept.sum() >= k or len(rows) < wide:
            return rows[kept][:k], scores[kept][:k]
        wide *= 4


class _Scores:
    """Scores of passages for one query. Parts are standardised by the first round."""

    def __init__(
        self, query: Query, collection: Collection, weights: Weights, dense: Listed, words: Listed, most: int
    ) -> None:
        self._query, self._collection, self._weights = query, collection, weights
        self._dense_scale, self._words_scale = _scale(dense[1]), _scale(words[1])
        self._has_dense = bool(len(dense[0]))
        self._words = dict(zip(words[0].tolist(), words[1].tolist(), strict=True))
        # A row missing from a full list counts as the last in it; missing from a short one, it has none of the words.
        self._no_words = float(words[1][-1]) if len(words[0]) == most else 0.0
        self._late: dict[int, Vectors] = {}
        self._late_scale: list[tuple[float, float]] = []

    def best(self, rows: Rows, k: int) -> Rows:
        """Return the ``k`` of ``rows`` that are worth re-scoring, by both rankers."""
        keys = self._has_dense * self._of_passage(rows) + self._of_words(rows)
        return rows[np.lexsort((rows, -keys))[:k]]

    @stage("late interaction")
    def rescore(self, rows: Rows) -> None:
        """Score ``rows`` by their tokens; the first call sets the scale."""
        if not (self._weights.late or self._weights.informative):
            return
        query, starts = self._query, self._collection.context_starts
        bests = self._collection.context.best_of(query.tokens, starts[rows], starts[rows + 1])
        for row, best in zip(rows.tolist(), bests, strict=True):
            self._late[row] = np.array([best @ query.plain, best @ query.informative], dtype=np.float32)
        if not self._late_scale:
            self._late_scale = [_scale(part) for part in np.array(list(self._late.values())).T]

    def of(self, rows: Rows) -> Vectors:
        """Return the weighted sum of all parts; a row not re-scored counts as the worst that was."""
        weights, collection = self._weights, self._collection
        first = _standard(collection.matrix[collection.first_rows[rows]] @ self._query.vector, *self._dense_scale)
        scores = weights.passage * self._of_passage(rows) + weights.first * first + weights.words * self._of_words(rows)
        if not self._late:
            return np.asarray(scores, dtype=np.float32)
        plain, informative = (
            _standard(part, *scale)
            for part, scale in zip(np.array(list(self._late.values())).T, self._late_scale, strict=True)
        )
        late = weights.late * plain + weights.informative * informative
        known = dict(zip(self._late, late.tolist(), strict=True))
        worst = float(late.min())
        return np.asarray(scores + np.array([known.get(row, worst) for row in rows.tolist()], dtype=np.float32))

    def _of_passage(self, rows: Rows) -> Vectors:
        return _standard(self._collection.matrix[rows] @ self._query.vector, *self._dense_scale)

    def _of_words(self, rows: Rows) -> Vectors:
        found = [self._words.get(row, self._no_words) for row in rows.tolist()]
        return _standard(np.array(found, dtype=np.float32), *self._words_scale)


def _scale(scores: Vectors) -> tuple[float, float]:
    """Return mean and standard deviation of one list's scores."""
    return (float(scores.mean()), float(scores.std()) or 1.0) if len(scores) else (0.0, 1.0)


def _standard(scores: Vectors, mean: float, deviation: float) -> Vectors:
    return np.asarray(np.clip((scores - mean) / deviation, -_CLIP, _CLIP), dtype=np.float32)


def _leaders(pool: Rows, scores: Vectors) -> Listed:
    """Return the best few rows of ``pool``, and how much each of them counts: shares that add up to 1."""
    order = np.lexsort((pool, -scores))[:_LEADERS]
    shares = np.exp(scores[order] - scores[order].max())
    return pool[order], np.asarray(shares / shares.sum(), dtype=np.float32)


def _title_groups(pool: Rows, leaders: Rows, shares: Vectors, collection: Collection) -> Vectors:
    """Return how much of the lead has the title that a passage's document shares with others, 0 to 1."""
    lead: dict[str, float] = defaultdict(float)
    for row, share in zip(leaders.tolist(), shares.tolist(), strict=True):
        lead[collection.passages[row].document.title] += share
    shared = {title: share for title, share in lead.items() if title in collection.shared_titles}
    titles = (collection.passages[row].document.title for row in pool.tolist())
    return np.array([shared.get(title, 0.0) for title in titles], dtype=np.float32)
