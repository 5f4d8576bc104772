"""Put a question as the sources would, encode it, and rank passages for it.

People write "jab", "shortage" and "nervs" where pages write "injection", "deficiency" and "nerves". The words are the
reviewed vocabulary (`vocabulary`), searched beside the user's own; a misspelt word is corrected only to its usual
spelling, to one of the collection or of what is asked of it, or to two that were run together, and that is searched in
its place. Every change is an address in what the user wrote with the word that was read, so that it can be shown and
undone.

Passages are ranked in steps: candidates from FAISS and BM25F, late interaction, then feedback from the leaders.

The late interaction is ColBERT's MaxSim (Khattab and Zaharia, 2020) over the encoder's own token vectors. The encoder
was not trained for it, yet it beats both single rankers. Weights are uniform: fitted ones won on the documents they
were fitted on, and on no others (`docs/decisions/04-ranking.md`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from b12assistant.answers import Interpretation, Replacement, TermId, TurnSlice
from b12assistant.data_files import chosen
from b12assistant.index.collection import Collection, SourceWords
from b12assistant.index.vectors import Projection, SearchResult, Vectors
from b12assistant.language.vocabulary import Levels, Slips, Vocabulary, usual_spellings
from b12assistant.language.words import readable, terms
from b12assistant.protocols import Encoder
from b12assistant.threads import once
from b12assistant.types import Hit, Passage, Range

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]
_CLIP = 8.0  # standard scores are clipped here, so that no single score dominates
_LEADERS = 5
CONTEXT = chosen("retrieval")["context"]  # weight of what a follow-up leans on, relative to its own words
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LONG_NAME = 9  # letters
_JOINED = chosen("spelling")["joined"]


@dataclass(frozen=True)
class Rewriter:
    """``vocabulary``: terms that the sources have. ``words``: of the sources, and of what is asked of them.

    ``is_word``: whether a word that no source has is a real word, not misspelt. ``stems``: of words of other texts in
    the field: such a word is misspelt only if it has the stem of what was meant. ``levels``: results that are read as a
    range, if the sources name the ranges.
    """

    vocabulary: Vocabulary
    words: SourceWords
    is_word: Callable[[str], bool]
    stems: Container[str] = ()
    levels: Levels | None = None

    def replaced(self, read_as: Interpretation) -> Interpretation:
        """Add a replacement for every word of the question that the sources put differently."""
        return replace(read_as, replaced=tuple(self._changes(read_as.own)))

    def _changes(self, part: TurnSlice) -> Iterator[Replacement]:
        """Yield the changes in order; no two overlap."""
        known = [*self.vocabulary.find(part.text), *(self.levels.find(part.text) if self.levels else ())]
        found = [(start, end, term, not terms(term)) for start, end, term in known]  # "wot" is a slip, no other name
        taken = [range(start, end) for start, end, _ in known]
        for word in _WORD.finditer(part.text):
            is_name = _is_name(part.text, word) or any(word.start() in each for each in taken)
            usual = None if is_name else self._corrected(word[0])
            if usual is not None:
                found.append((word.start(), word.end(), usual, True))
        for start, end, read, slip in sorted(found, key=lambda change: change[0]):
            yield Replacement(TurnSlice(part.turn, part.start + start, part.start + end), read, slip)

    def _corrected(self, written: str) -> TermId | None:
        """Return what was meant; ``None`` if the word is correct, or like none of the collection."""
        word = written.lower()
        if word in self.words.counts or word in self.vocabulary.words or not word.isalpha() or self.is_word(word):
            return None
        meant = usual_spellings().get(word) or self._slips.meant(word)
        if meant is None:
            return self._apart(word)
        if terms(word) != terms(meant) and any(stem in self.stems for stem in terms(word)):
            return None
        return TermId(self.words.written.get(meant, meant))

    def _apart(self, word: str) -> TermId | None:
        """Return two words that were typed without a blank between them, as "howmuch"."""
        pairs = ((word[:at], word[at:]) for at in range(1, len(word) - 1))
        return next((TermId(" ".join(pair)) for pair in pairs if self._are_two(*pair)), None)

    def _are_two(self, first: str, second: str) -> bool:
        """Return whether neither names anything, or one does and is common; "myprotein" is a name."""
        named = [each for each in (first, second) if terms(each)]
        if len(named) != 1:
            return not named
        return len(first) > 1 and "my" not in (first, second) and self.words.counts[named[0]] >= _JOINED

    @once
    def _slips(self) -> Slips:
        return Slips(self.words.with_asked(self.is_word))


def _is_name(text: str, word: re.Match[str]) -> bool:
    """Return whether a word is a name by its capital inside a sentence: "Helan". A long one may be "Metfromin"."""
    before = text[: word.start()].rstrip()
    inside = bool(before) and before[-1] not in ".!?:\n"
    return inside and word[0].istitle() and len(word[0]) < _LONG_NAME


def reading(read_as: Interpretation, *, only_slips: bool = False) -> str:
    """Return the user's own words of a question in the words of the sources, or only spelt right."""
    own, text, at = read_as.own, "", read_as.own.start
    for change in read_as.replaced:
        if change.slip or not only_slips:
            text += own.turn.text[at : change.written.start] + change.words
            at = change.written.end
    return text + own.turn.text[at : own.end]


def spelt(read_as: Interpretation) -> str:
    """Return the user's own words of a question, spelt right."""
    return reading(read_as, only_slips=True)


@dataclass(frozen=True, slots=True)
class Weights:
    """What each part adds to a passage's score; a ranker of weight 0 brings no candidates.

    ``passage`` and ``first``: cosine of the passage and of its document's first one; ``words``: BM25F; ``late`` and
    ``informative``: MaxSim, plain and weighted by idf; ``feedback``: cosine with the leaders, as in Rocchio's method.
    """

    passage: float = 0.5
    first: float = 0.5
    words: float = 1.0
    late: float = 1.0
    informative: float = 1.0
    feedback: float = 1.0


@dataclass(frozen=True, slots=True)
class Depths:
    """``candidates`` of each ranker; ``rescored``: how many of them late interaction scores again.

    80 instead of 50 moved the figures of six development sets by .005 at most, up and down.
    """

    candidates: int = 100
    rescored: int = 50


@dataclass(frozen=True, eq=False)
class Query:
    """A question encoded once. ``tokens``: (q, p) rows of unit length; the weights of its tokens each add up to 1.

    ``read``: the text that the last ``len(places)`` tokens are from, each from ``places[i, 0]`` up to ``places[i, 1]``;
    its first ``lead`` characters are only leant on. ``asks``: what the ranker reads as the question.
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


Allow = Callable[[Rows], Mask]  # which of some rows may be found
Bests = Callable[[Query, int], Vectors]  # of a query and a row, as `bests_in` returns them


def encode_query(text: str, collection: Collection, encoder: Encoder, projection: Projection, lead: int = 0) -> Query:
    """Encode a text; if over the encoder's limit, in parts: all their token vectors, and the mean of their vectors.

    ``lead``: characters at the start that are only leant on; their tokens weigh ``CONTEXT`` times as much as others.
    """
    ranges = readable_parts(text, Range(0, len(text)), encoder) if text else ()
    texts = [text[part.start : part.end] for part in ranges] or [text]
    parts = encoder.each(texts)
    pieces = np.concatenate([part.pieces for part in parts])
    idf = idf_of(collection.context.piece_idf, pieces)
    if len(projection.piece_idf):
        idf = np.sqrt(idf * idf_of(projection.piece_idf, pieces))
    begins = np.cumsum([0, *(len(each) for each in texts[:-1])])
    places = np.concatenate([part.offsets + begin for part, begin in zip(parts, begins, strict=True)])
    share = np.where(places[:, 0] < lead, CONTEXT, 1).astype(np.float32)
    return Query(
        text=text,
        vector=_of_unit_length(np.sum([part.vector for part in parts], axis=0)),
        tokens=projection.reduce(np.concatenate([part.tokens for part in parts])),
        plain=as_shares(share),
        informative=as_shares(idf * share),
        read=text,
        places=places,
        lead=lead,
        asks=text,
    )


def beside(query: Query, reading: Query, words: Iterable[str]) -> Query:
    """Return both readings as one query, each with half the weight; ``words`` that were read are searched for too."""
    return replace(
        reading,
        text=" ".join([query.text, *words]),
        vector=_of_unit_length(query.vector + reading.vector),
        tokens=np.concatenate([query.tokens, reading.tokens]),
        plain=as_shares(np.concatenate([query.plain, reading.plain])),
        informative=as_shares(np.concatenate([query.informative, reading.informative])),
        asks=query.asks,
    )


def _of_unit_length(vector: Vectors) -> Vectors:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), dtype=np.float32)


def as_shares(weights: Vectors) -> Vectors:
    """Scale the weights to add up to 1."""
    return np.asarray(weights / max(float(weights.sum()), 1e-6), dtype=np.float32)


def readable_parts(text: str, part: Range, encoder: Encoder) -> Iterator[Range]:
    """Halve a part of ``text``, at a blank if there is one, until the encoder can read each part as a whole."""
    if encoder.count(readable(text[part.start : part.end])) <= encoder.limit:
        yield part
        return
    middle = (part.start + part.end) // 2
    cut = next((i for i in range(middle, part.end - 1) if text[i].isspace()), middle)
    yield from readable_parts(text, Range(part.start, cut), encoder)
    yield from readable_parts(text, Range(cut, part.end), encoder)


def idf_of(table: Vectors, pieces: NDArray[np.int32]) -> Vectors:
    """Return the idf of each piece. One beyond the table was never seen: it is as rare as the rarest."""
    found = np.full(len(pieces), table.max(initial=1.0), dtype=np.float32)
    known = pieces < len(table)
    found[known] = table[pieces[known]]
    return found


def rank(
    query: Query,
    collection: Collection,
    allow: Allow,
    k: int,
    weights: Weights = Weights(),
    depths: Depths = Depths(),
    bests: Bests | None = None,
) -> tuple[Hit, ...]:
    """Return at most ``k`` hits, best first, ties by row; only passages in rows that ``allow`` accepts.

    ``bests``: `bests_in` for this collection, or what has its results already.
    """
    vectors, lexical = collection.searched
    by_vector, by_words = bool(weights.passage or weights.first), bool(weights.words)
    allowed = partial(_allowed, allow, depths.candidates)
    dense = allowed(lambda n: vectors.search(query.vector, n if by_vector or not by_words else 0))
    words = allowed(lambda n: lexical.search(query.text, n if by_words or not by_vector else 0))
    pool = np.union1d(dense[0], words[0])
    if not len(pool):
        return ()
    bests = bests or (lambda query, row: bests_in(query, collection, row))
    total = _scores(pool, query, collection, weights, dense, words, depths, bests)
    if weights.feedback:
        leaders = np.lexsort((pool, -total))[:_LEADERS]
        shares = as_shares(np.exp(total[leaders] - total[leaders].max()))
        near = collection.vectors[pool] @ (shares @ collection.vectors[pool[leaders]])
        total += weights.feedback * _standard(near, near)
    best = np.lexsort((pool, -total))[:k]
    return tuple(Hit(collection.passages[pool[i]], float(total[i]), place) for place, i in enumerate(best, start=1))


def allowing(collection: Collection, wanted: Callable[[Passage], bool] | None) -> Allow:
    """Return which rows have passages that are ``wanted``: all of them without a condition."""
    passages = collection.passages
    return lambda rows: np.array([wanted is None or wanted(passages[row]) for row in rows.tolist()], np.bool_)


def _allowed(allow: Allow, k: int, search: Callable[[int], SearchResult]) -> SearchResult:
    """Return the best ``k`` that are allowed; the others take no places."""
    wide = k
    while True:
        rows, scores = search(wide)
        kept = allow(rows)
        if kept.sum() >= k or len(rows) < wide:
            return rows[kept][:k], scores[kept][:k]
        wide *= 4


def _scores(
    pool: Rows,
    query: Query,
    collection: Collection,
    weights: Weights,
    dense: SearchResult,
    words: SearchResult,
    depths: Depths,
    bests: Bests,
) -> Vectors:
    """Return the weighted sum of all parts but feedback; a row not re-scored counts as the worst that was."""
    # A row missing from a full list counts as the last in it; missing from a short one, it has none of the words.
    no_words = float(words[1][-1]) if len(words[0]) == depths.candidates else 0.0
    known = dict(zip(words[0].tolist(), words[1].tolist(), strict=True))
    by_words = np.array([known.get(row, no_words) for row in pool.tolist()], dtype=np.float32)
    by_words = _standard(by_words, words[1])
    passage = _standard(collection.vectors[pool] @ query.vector, dense[1])
    first = _standard(collection.vectors[collection.first_rows[pool]] @ query.vector, dense[1])
    scores = weights.passage * passage + weights.first * first + weights.words * by_words
    if weights.late or weights.informative:
        promising = np.lexsort((pool, -(bool(len(dense[0])) * passage + by_words)))[: depths.rescored]
        found = [bests(query, row).max(axis=0) for row in pool[promising].tolist()]
        plain, informative = np.array([[best @ query.plain, best @ query.informative] for best in found], np.float32).T
        late = weights.late * _standard(plain, plain) + weights.informative * _standard(informative, informative)
        rescored = np.full(len(pool), late.min(), dtype=np.float32)
        rescored[promising] = late
        scores += rescored
    return np.asarray(scores, dtype=np.float32)


def bests_in(query: Query, collection: Collection, row: int) -> Vectors:
    """Return each query token's best cosine in the title and in each sentence of a passage, ``(1 + sentences, q)``."""
    first, last = collection.context_starts[row : row + 2].tolist()
    return collection.context.best(query.tokens, first, last)


def _standard(scores: Vectors, listed: Vectors) -> Vectors:
    """Scale the scores by mean and standard deviation of one list's scores."""
    mean, deviation = (float(listed.mean()), float(listed.std()) or 1.0) if len(listed) else (0.0, 1.0)
    return np.asarray(np.clip((scores - mean) / deviation, -_CLIP, _CLIP), dtype=np.float32)
