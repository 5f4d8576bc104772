"""What speaks for and against an answer: how close a quote comes, and what the question names that nobody speaks of.

Similarity cannot tell "Does coffee hinder B12?" from a question the sources answer: a near miss is as close as an
answer. What it names and no source does can; so each word counts by how likely it is what the question is about.
"""

from __future__ import annotations

import io
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, lru_cache
from importlib.resources import files
from math import exp
from typing import TYPE_CHECKING

import numpy as np

from b12assistant.answering.retrieval import Query
from b12assistant.language.words import terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]


BARRED = 0.53  # cosine of an answerable question to the nearest that nothing answers, for a corpus that lists none
LOUD = 4.0  # token vectors of unit length are brought to this length before they are weighed
_WORD = re.compile(r"[^\W_]+(?:['’\-‐‑][^\W_]+)*")
_HYPHEN = re.compile(r"[-‐‑]")
_UNLISTED = (0.45, -3.0, 0.0)  # what is taken for known of a word that the table does not hold


@dataclass(frozen=True, slots=True)
class Signals:
    """Of one question and one quote, each between 0 and 1.

    ``closeness``: late interaction of the question with the quote. ``missing``: the likeliest topic among the words
    that no source holds, less what comes near it. ``absent``: the same of words that the quote does not hold.
    ``unknown``: how much of the question stands in no source, by idf. ``leaning``: 1 for a follow-up that leans on
    what came before it, and so names less of which a source could know nothing; else 0.
    """

    closeness: float
    missing: float
    absent: float
    unknown: float
    leaning: float = 0.0
    asked: float | None = None  # cosine of the question and the nearest one asked of the quote; none if nothing is
    barred: float = BARRED  # the same of the questions that nothing in the corpus answers


@dataclass(frozen=True)
class Word:
    """A word of a question: its index term, and its ``tokens``, rows of the query's."""

    term: str
    tokens: NDArray[np.int64]


@dataclass(frozen=True)
class Topics:
    """How likely a word is what a question is about; fitted by `benchmarks/refusal_topics.py`.

    ``table``: of a term, how often those who write it repeat it (log), how often it stands in a title (log), and 1.
    ``weights``: of a token vector, ``(p,)``, then of the three; ``plain``: of the three alone, for another encoder.
    Each ends with a constant.
    """

    table: Mapping[str, tuple[float, float, float]]
    weights: Vectors
    plain: Vectors
    encoder: str  # digest of the weights that the token vectors are from

    def of(self, words: Sequence[Word], tokens: Vectors, encoder: str) -> Vectors:
        """(n,) between 0 and 1. ``tokens``: (q, p) rows of unit length, from the encoder with this digest."""
        known = np.array([self.features(word.term) for word in words], dtype=np.float32).reshape(-1, 4)
        if encoder != self.encoder:
            return _logistic(known @ self.plain)
        vectors = np.array([mean_of(tokens[word.tokens]) for word in words], np.float32).reshape(-1, tokens.shape[1])
        return _logistic(np.concatenate([LOUD * vectors, known], axis=1) @ self.weights)

    def features(self, term: str) -> tuple[float, float, float, float]:
        """The three, and the constant."""
        return (*self.table.get(term, _UNLISTED), 1.0)


def mean_of(vectors: Vectors) -> Vectors:
    """Of unit length; of no vector: zero."""
    mean = vectors.mean(axis=0) if len(vectors) else np.zeros(vectors.shape[1], np.float32)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-6), dtype=np.float32)


def words_of(query: Query) -> tuple[Word, ...]:
    """The informative words of the question itself; of what it leans on only where it has none of its own.

    A question does not become known by what came before it.
    """
    found = list(_located(query))
    own = [word for start, word in found if start >= query.lead]
    first: dict[str, Word] = {}
    for word in own or [word for _, word in found]:
        first.setdefault(word.term, word)
    return tuple(first.values())


def _located(query: Query) -> Iterator[tuple[int, Word]]:
    before = len(query.tokens) - len(query.places)
    for match in _WORD.finditer(query.read):
        touches = (query.places[:, 0] < match.end()) & (query.places[:, 1] > match.start())
        tokens = np.flatnonzero(touches) + before
        if not len(tokens):
            continue
        parts = dict.fromkeys(term for part in _HYPHEN.split(match[0]) for term in terms(part))
        for term in parts:
            yield match.start(), Word(term, tokens)


@dataclass(frozen=True)
class Evidence:
    """What a question names, and what the sources hold of it. ``topicality``: (n,) of its ``words``.

    ``pool``: (q,) each query token's best cosine in the passages that were searched. ``unknown_terms``: in no source.
    ``unknown``: the share of the question that they make up, by idf. ``cosines``: of each row searched, (sentences, q).
    ``leans``: whether something that came before the question was read with it. ``barred``: as in `Signals`.
    """

    words: Sequence[Word]
    topicality: Vectors
    pool: Vectors
    unknown_terms: frozenset[str]
    unknown: float
    cosines: Mapping[int, Vectors] = field(default_factory=dict)
    leans: bool = False
    barred: float = BARRED

    @cached_property
    def missing(self) -> float:
        """1 for a question without an informative word: nothing speaks for it."""
        if not self.words:
            return 1.0
        return self._worst(self.pool, self.unknown_terms.__contains__)

    def signals(self, best: Vectors, weights: Vectors, held: frozenset[str]) -> Signals:
        """Of a quote. ``best``: (q,) each query token's best cosine in it; ``weights``: (q,); ``held``: its terms."""
        absent = self._worst(best, lambda term: term not in held)
        return Signals(float(best @ weights), self.missing, absent, self.unknown, float(self.leans), barred=self.barred)

    def _worst(self, best: Vectors, counts: Callable[[str], bool]) -> float:
        """The likeliest topic among the words that count, less what comes near it; 0 if none counts."""
        gaps = [
            float(topicality) * min(1.0, max(0.0, 1 - _mean_at(best, word.tokens)))
            for word, topicality in zip(self.words, self.topicality, strict=True)
            if counts(word.term)
        ]
        return max(gaps, default=0.0)


def _mean_at(values: Vectors, places: NDArray[np.int64]) -> float:
    """Most words are one token: of one value the mean is that value."""
    return float(values[places[0]]) if len(places) == 1 else float(values[places].mean())


@lru_cache(maxsize=1)
def load_topics() -> Topics:
    """The committed `data/answering/topics.npz`."""
    return read_topics(files("b12assistant").joinpath("data/answering/topics.npz").read_bytes())


def read_topics(data: bytes) -> Topics:
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        names = json.loads(arrays["terms"].tobytes())
        repeats, titled = arrays["repeats"].astype(float) / 64, -arrays["titled"].astype(float) / 32
        table = {name: (r, t, 1.0) for name, r, t in zip(names, repeats.tolist(), titled.tolist(), strict=True)}
        return Topics(table, arrays["weights"], arrays["plain"], str(arrays["encoder"]))


def _logistic(values: Vectors) -> Vectors:
    return np.asarray(1 / (1 + np.exp(-values)), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Fitted weights of the signals, and the confidence from which an answer is shown, and shown without reserve.

    What speaks against an answer weighs less than nothing or nothing, ``closeness`` nothing or more. ``leaning`` is
    what a follow-up has to make good, so that as few of its kind as of other questions pass without an answer.
    """

    bias: float
    closeness: float
    missing: float
    absent: float
    unknown: float
    possibly: float
    answered: float
    leaning: float = 0.0
    asked: float = 0.0
    barred: float = 0.0
    unasked: float = 0.0  # instead of ``asked``, for a quote of which nothing is asked

    def confidence(self, signals: Signals) -> float:
        """Between 0 and 1: the share of answerable among as many unanswerable questions with such signals."""
        values = {name: value for name, value in asdict(signals).items() if value is not None}
        total = self.bias + sum(getattr(self, name) * value for name, value in values.items())
        total += self.unasked if signals.asked is None else 0
        return 1 / (1 + exp(-total))


@lru_cache(maxsize=1)
def load_calibration() -> Calibration:
    """The committed values of `data/answering/calibration.toml`, which names the command that made them."""
    table = tomllib.loads(files("b12assistant").joinpath("data/answering/calibration.toml").read_text("utf-8"))
    return Calibration(**table["calibration"])
