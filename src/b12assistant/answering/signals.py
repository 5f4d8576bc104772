"""Judge an answer: how close a quote is, and what the question names but no source mentions.

Similarity cannot tell "Does coffee hinder B12?" from a question the sources answer: a near miss is as close as an
answer. What only the question names can, so each word counts by how likely it is what the question is about.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from math import exp
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from b12assistant.answering.retrieval import Query
from b12assistant.data_files import read_data, read_fitted
from b12assistant.index.vectors import Vectors
from b12assistant.language.words import terms
from b12assistant.threads import once

LOUD = 4.0  # token vectors of unit length are scaled to this before they are weighted
_WORD = re.compile(r"[^\W_]+(?:['’\-‐‑][^\W_]+)*")
_HYPHEN = re.compile(r"[-‐‑]")
_ALWAYS = ("closeness", "missing", "absent", "unknown", "leaning", "ahead", "headed")  # signals that are never None
_UNLISTED = (0.45, -3.0, 0.0)  # the features of a word that is not in the table


@dataclass(frozen=True, slots=True)
class Signals:
    """Signals of one question and one quote, each between 0 and 1.

    ``closeness``: late interaction of the question with the quote. ``missing``: the likeliest topic among the words
    that no source holds, less what is near it. ``absent``: the same for words that the quote does not hold.
    ``unknown``: how much of the question is in no source, by idf. ``leaning``: 1 for a follow-up that leans on earlier
    turns, and so names less that the sources may not know; else 0.
    """

    closeness: float
    missing: float
    absent: float
    unknown: float
    leaning: float = 0.0
    asked: float | None = None  # cosine of the question and the nearest one asked of the quote, if there is one
    barred: float | None = None  # the same for the questions that nothing in the corpus answers, if it lists any
    ahead: float = 0.0  # how much closer the quote is than the second closest of the other passages, or less close
    thorough: bool = True  # nearly every sentence is asked something, so that a quote asked nothing alike is unlikely
    headed: float = 0.0  # cosine with the sentence under its heading; 0 where ``thorough``


UNJUDGED = Signals(closeness=0.0, missing=1.0, absent=1.0, unknown=1.0)  # nothing speaks for it


@cache
def load_barring() -> Mapping[str, float]:
    """Read the limits of `data/answering/barred.toml`, which says what each is."""
    return MappingProxyType(read_data("answering", "barred.toml"))


def is_barred(signals: Signals) -> bool:
    """Return whether a question is as near to one that nothing answers as to any that is asked of the quote.

    This holds for one in fifty of the best quotes of answerable questions, and for more than three in four of those
    of others. Where few sentences are asked anything, a question bars nothing by being asked.
    """
    limits = load_barring()
    if signals.barred is None:
        return False
    asked = limits["unasked"] if signals.asked is None else signals.asked
    is_told = (
        signals.closeness >= limits["told_closeness"]
        and (signals.asked or 0.0) >= limits["told_asked"]
        and signals.missing <= limits["told_missing"]
        and signals.absent <= limits["told_absent"]
    )
    nearest = asked if signals.thorough else max(limits["unasked"], asked)
    return nearest < signals.barred + (0 if is_told else limits["nearer"])


@dataclass(frozen=True)
class QuestionWord:
    """A word of a question: its index term, and its ``tokens``, rows of the query's."""

    term: str
    tokens: NDArray[np.int64]


@dataclass(frozen=True)
class Topics:
    """How likely a word is what a question is about; fitted by `benchmarks/fit/topics.py`.

    ``table``: for a term, how often texts that have it repeat it (log), how often it is in a title (log), and 1.
    ``weights``: of a token vector, ``(p,)``, then of the three; ``plain``: of the three alone, for another encoder.
    Each ends with a constant.
    """

    table: Mapping[str, tuple[float, float, float]]
    weights: Vectors
    plain: Vectors
    encoder: str  # digest of the weights that the token vectors are from

    def of(self, words: Sequence[QuestionWord], tokens: Vectors, encoder: str) -> Vectors:
        """Return (n,) between 0 and 1. ``tokens``: (q, p) rows of unit length, from the encoder with this digest."""
        known = np.array([self.features(word.term) for word in words], dtype=np.float32).reshape(-1, 4)
        if encoder != self.encoder:
            return logistic(known @ self.plain)
        vectors = np.array([mean_of(tokens[word.tokens]) for word in words], np.float32).reshape(-1, tokens.shape[1])
        return logistic(np.concatenate([LOUD * vectors, known], axis=1) @ self.weights)

    def features(self, term: str) -> tuple[float, float, float, float]:
        """Return the three, and the constant."""
        return (*self.table.get(term, _UNLISTED), 1.0)


def mean_of(vectors: Vectors) -> Vectors:
    """Return the mean scaled to unit length; zero if there is no vector."""
    mean = vectors.mean(axis=0) if len(vectors) else np.zeros(vectors.shape[1], np.float32)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-6), dtype=np.float32)


def words_of(query: Query) -> tuple[QuestionWord, ...]:
    """Return the informative words of the question itself; those it leans on only if it has none of its own.

    Earlier turns do not make a question known.
    """
    before = len(query.tokens) - len(query.places)
    first: dict[str, QuestionWord] = {}
    own: dict[str, QuestionWord] = {}
    words = list(_WORD.finditer(query.read))
    begins = np.searchsorted(query.places[:, 1], [match.start() for match in words], side="right")
    ends = np.searchsorted(query.places[:, 0], [match.end() for match in words])
    for match, begin, end in zip(words, begins.tolist(), ends.tolist(), strict=True):
        tokens = np.arange(before + begin, before + end)
        for term in terms(_HYPHEN.sub(" ", match[0])) if len(tokens) else ():
            first.setdefault(term, QuestionWord(term, tokens))
            if match.start() >= query.lead:
                own.setdefault(term, QuestionWord(term, tokens))
    return tuple((own or first).values())


@dataclass(frozen=True)
class Evidence:
    """The words that a question names, and what the sources have of them. ``topicality``: (n,) of its ``words``.

    ``pool``: (q,) each query token's best cosine in the passages that were searched. ``unknown_terms``: in no source.
    ``unknown``: the share of the question that they make up, by idf. ``cosines``: of each row searched, (sentences, q).
    ``leans``: whether something that came before the question was read with it. ``barred`` and ``thorough``: as in
    `Signals`.
    """

    words: Sequence[QuestionWord]
    topicality: Vectors
    pool: Vectors
    unknown_terms: frozenset[str]
    unknown: float
    cosines: Mapping[int, Vectors] = field(default_factory=dict)
    leans: bool = False
    barred: float | None = None
    thorough: bool = True

    @once
    def missing(self) -> float:
        """Return 1 for a question without an informative word: nothing speaks for it."""
        return self._worst(self.pool, self.unknown_terms.__contains__) if self.words else 1.0

    def signals(
        self, best: Vectors, weights: Vectors, held: frozenset[str], asked: float | None = None, row: int | None = None
    ) -> Signals:
        """Judge a quote of the passage in ``row``.

        ``best``: (q,) the best cosine of each query token; ``weights``: (q,); ``held``: its terms.
        """
        absent, leaning = self._worst(best, lambda term: term not in held), float(self.leans)
        close = float(best @ weights)
        ahead = 0.0 if self.thorough else close - self._rival(weights, row)
        return Signals(close, self.missing, absent, self.unknown, leaning, asked, self.barred, ahead, self.thorough)

    def _rival(self, weights: Vectors, row: int | None) -> float:
        """Return the closeness of the second closest sentence in other passages, each with one sentence; 0 if none."""
        with np.errstate(all="ignore"):  # BLAS also reports what a kernel met beyond the ends of small operands
            others = sorted(float((each @ weights).max()) for other, each in self.cosines.items() if other != row)
        return others[-min(2, len(others))] if others else 0.0

    def _worst(self, best: Vectors, counts: Callable[[str], bool]) -> float:
        """Return the likeliest topic among the words that count, less what is near it; 0 if none counts."""
        gaps = [
            float(topicality) * min(1.0, max(0.0, 1 - float(best[word.tokens].mean())))
            for word, topicality in zip(self.words, self.topicality, strict=True)
            if counts(word.term)
        ]
        return max(gaps, default=0.0)


@cache
def load_topics() -> Topics:
    """Read the committed `data/answering/topics.npz`."""
    return read_fitted("answering", "topics.npz", parse=_topics)


def _topics(arrays: Mapping[str, Any]) -> Topics:
    names = json.loads(arrays["terms"].tobytes())
    repeats, titled = arrays["repeats"].astype(float) / 64, -arrays["titled"].astype(float) / 32
    table = {name: (r, t, 1.0) for name, r, t in zip(names, repeats.tolist(), titled.tolist(), strict=True)}
    return Topics(table, arrays["weights"], arrays["plain"], str(arrays["encoder"]))


SHORT, LONGER = 9, 15  # words: up to the first a question only asks, from the second on it often tells something too


def logistic(values: Vectors) -> Vectors:
    """Return a share between 0 and 1 for each sum."""
    return np.asarray(1 / (1 + np.exp(-values)), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Fitted weights of the signals, and the confidence from which an answer is shown, and may be strong.

    ``full``, ``full_read`` and ``full_asked``: a constant and the weights of two signals, whose sum is above 0 for a
    quote that answers in full (`benchmarks/fit/refusal.py`).

    ``message``: the confidence from which a question in its context is answered, a follow-up or one of a longer message
    (`benchmarks/letters.py` and the conversations, calibration splits). ``longer``: the same for a whole
    question of ``LONGER`` words or more: what else it tells is not in the quote, and counts against it
    (`benchmarks/fit/refusal.py`).

    What speaks against an answer has a weight of 0 or less, what speaks for it 0 or more. ``leaning``, 0 or less, is
    added for a follow-up, so that the same share of answerable ones is kept as of other questions.
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
    unasked: float = 0.0  # instead of ``asked``, for a quote that nothing is asked of
    full: float = 0.0
    full_read: float = 0.0
    full_asked: float = 0.0
    message: float = 0.25
    longer: float = 0.25
    ahead: float = 0.0
    headed: float = 0.0
    where_unasked: Calibration | None = None  # over a corpus in which few sentences are asked anything

    def suited(self, *, asked_throughout: bool) -> Calibration:
        """Return the weights for a corpus in which nearly every sentence is asked something, or in which few are."""
        return self if asked_throughout else self.where_unasked or self

    def with_limits(self, *, least: float, strong: float) -> Calibration:
        """Return these weights with limits of the operator's; 0 keeps a limit. Questions inside a message and long
        ones keep their distance."""
        least, strong = least or self.possibly, strong or self.answered
        message, longer = (each * least / self.possibly for each in (self.message, self.longer))
        return replace(self, possibly=least, answered=max(least, strong), message=message, longer=longer)

    def least(self, question: str) -> float:
        """Return the confidence from which a whole question is answered; between the two lengths it falls evenly."""
        share = (len(question.split()) - SHORT) / (LONGER - SHORT)
        return float(self.possibly * (self.longer / self.possibly) ** min(1.0, max(0.0, share)))

    def confidence(self, signals: Signals) -> float:
        """Return the share, 0 to 1, of answerable questions with such signals, if half of all are answerable."""
        total = self.bias + sum(getattr(self, name) * getattr(signals, name) for name in _ALWAYS)
        asked = self.unasked if signals.asked is None else self.asked * signals.asked
        total += asked if signals.thorough else max(self.unasked, asked)
        usual = load_barring()["usual"]
        barred = usual if signals.barred is None else signals.barred
        total += self.barred * (barred if signals.thorough else max(usual, barred))
        return 1 / (1 + exp(-total))

    def is_full(self, read: float, asked: float) -> bool:
        """Return whether a quote likely answers in full. ``read``: the ranker's score; ``asked``: as in `Signals`."""
        return self.full + self.full_read * read + self.full_asked * asked > 0


@cache
def load_calibration() -> Calibration:
    """Read the committed `data/answering/calibration.toml`, which names the command that made it."""
    table = read_data("answering", "calibration.toml")
    unasked = Calibration(**table["unasked"]) if "unasked" in table else None
    return Calibration(**table["calibration"], where_unasked=unasked)
