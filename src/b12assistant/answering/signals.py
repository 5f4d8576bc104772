"""Judge an answer: how near the question is to one that is asked of the quote, and to one that nothing answers.

Similarity cannot tell "Does coffee hinder B12?" from a question the sources answer: a near miss is as close as an
answer. What people asked of the sentences can, and what the quote does not hold of the question; each word counts by
how likely it is what the question is about.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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

LOUD = 4.0  # token vectors of unit length are scaled to this before they are weighted
_WORD = re.compile(r"[^\W_]+(?:['’\-‐‑][^\W_]+)*")
_HYPHEN = re.compile(r"[-‐‑]")
_NUMBERED = re.compile(r"[a-z]\d{1,2}")
_ALWAYS = ("closeness", "absent", "unknown", "ahead", "headed")  # signals that are never None
UNLISTED = (0.45, -3.0, 0.0)  # the features of a word that is not in the table
Tokens = NDArray[np.int64]  # those of a word: rows of the query's


@dataclass(frozen=True, slots=True)
class Signals:
    """Signals of one question and one quote, each between 0 and 1, but ``ahead``.

    ``closeness``: late interaction of the question with the quote. ``absent``: the likeliest topic among the words that
    the quote does not hold, less what is near it. ``unknown``: how much of the question is in no source, by idf.
    ``asked``: cosine of the question and the nearest one asked of the quote, if there is one. ``barred``: the same for
    the questions that nothing in the corpus answers, if it lists any. ``thorough``: nearly every sentence is asked
    something, so that a quote asked nothing alike is unlikely. Only where that is not so: ``ahead``: how much closer
    the quote is than the second closest of the other passages, or less close; ``headed``: cosine with the sentence
    under its heading. ``another``: it names another thing than the question, as `names_another` says. ``read``: the
    question was read in its context.
    """

    closeness: float
    absent: float
    unknown: float
    asked: float | None = None
    barred: float | None = None
    thorough: bool = True
    ahead: float = 0.0
    headed: float = 0.0
    another: bool = False
    read: bool = False


UNJUDGED = Signals(closeness=0.0, absent=1.0, unknown=1.0, asked=0.0)  # nothing speaks for it


@cache
def load_barring() -> Mapping[str, float]:
    """Read the limits of `data/answering/barred.toml`, which says what each is."""
    return MappingProxyType(read_data("answering", "barred.toml"))


def is_barred(signals: Signals) -> bool:
    """Return whether a question is about as near to one that nothing answers as to any that is asked of the quote.

    Where few sentences are asked anything, a question bars nothing by being asked. Of a question in its context both
    only count.
    """
    limits = load_barring()
    if signals.barred is None or signals.read:
        return False
    asked = limits["unasked"] if signals.asked is None else signals.asked
    return (asked if signals.thorough else max(limits["unasked"], asked)) < signals.barred + limits["nearer"]


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

    def weighed(self, query: Query, encoder: str) -> list[tuple[str, Tokens, float]]:
        """Return the words of a question: term, tokens, and how likely it is what the question is about, 0 to 1.

        ``encoder``: the digest of the one that encoded it.
        """
        words, weighed = words_of(query), []
        for term, tokens in words.items():
            known = np.array([*self.table.get(term, UNLISTED), 1.0], np.float32)
            own = np.concatenate([LOUD * mean_of(query.tokens[tokens]), known])
            total = own @ self.weights if encoder == self.encoder else known @ self.plain
            weighed.append((term, tokens, logistic(float(total))))
        return weighed


def mean_of(vectors: Vectors) -> Vectors:
    """Return the mean scaled to unit length; zero if there is no vector."""
    mean = vectors.mean(axis=0) if len(vectors) else np.zeros(vectors.shape[1], np.float32)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-6), dtype=np.float32)


def words_of(query: Query) -> Mapping[str, Tokens]:
    """Return the informative words of the question itself; those it leans on only if it has none of its own.

    Earlier turns do not make a question known.
    """
    before = len(query.tokens) - len(query.places)
    first: dict[str, Tokens] = {}
    own: dict[str, Tokens] = {}
    words = list(_WORD.finditer(query.read))
    begins = np.searchsorted(query.places[:, 1], [match.start() for match in words], side="right")
    ends = np.searchsorted(query.places[:, 0], [match.end() for match in words])
    for match, begin, end in zip(words, begins.tolist(), ends.tolist(), strict=True):
        tokens = np.arange(before + begin, before + end)
        for term in terms(_HYPHEN.sub(" ", match[0])) if len(tokens) else ():
            first.setdefault(term, tokens)
            if match.start() >= query.lead:
                own.setdefault(term, tokens)
    return own or first


def absent(words: Sequence[tuple[str, Tokens, float]], best: Vectors, held: frozenset[str]) -> float:
    """Return the likeliest topic among the words that a quote does not hold, less what is near it; 0 if it holds all.

    ``words``: as `Topics.weighed` returns them; ``best``: (q,) the best cosine of each query token in the quote;
    ``held``: its terms.
    """
    gaps = [
        topical * min(1.0, max(0.0, 1 - float(best[tokens].mean())))
        for term, tokens, topical in words
        if term not in held
    ]
    return max(gaps, default=0.0)


def names_another(asked: Iterable[str], held: Iterable[str]) -> bool:
    """Return whether a quote names something else than the question: B12, not B7, which are near by their letters.

    ``asked``, ``held``: the terms of the question and of the quote. Asked about both, a quote on one is on the matter.
    """
    wanted, told = (set(filter(_NUMBERED.fullmatch, each)) for each in (asked, held))
    return wanted.isdisjoint(told) and not {name[0] for name in wanted}.isdisjoint(name[0] for name in told)


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


def logistic(total: float) -> float:
    """Return a share between 0 and 1 for a sum."""
    return 1 / (1 + exp(-total))


@dataclass(frozen=True, slots=True)
class Meant:
    """Fitted weights of what is known of a question in its context: there the words of a quote say little."""

    bias: float
    asked: float
    barred: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Fitted weights of the signals, and the confidence from which an answer is shown, and may be strong.

    ``full``, ``full_read`` and ``full_asked``: a constant and the weights of two signals, whose sum is above 0 for a
    quote that answers in full (`benchmarks/fit/refusal.py`).

    ``message``: the confidence from which a question in its context is answered, a follow-up or one of a longer
    message. ``longer``: the same for a whole question of ``LONGER`` words or more: what else it tells is not in the
    quote, and counts against it (`benchmarks/fit/refusal.py`).

    What speaks against an answer has a weight of 0 or less, what speaks for it 0 or more.
    """

    bias: float
    possibly: float
    answered: float
    asked: float = 0.0
    barred: float = 0.0
    unasked: float = 0.0  # instead of ``asked``, for a quote that nothing is asked of
    full: float = 0.0
    full_read: float = 0.0
    full_asked: float = 0.0
    message: float = 0.25
    longer: float = 0.25
    closeness: float = 0.0
    absent: float = 0.0
    unknown: float = 0.0
    ahead: float = 0.0
    headed: float = 0.0
    meant: Meant | None = None  # of a question in its context, instead of the others
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
        usual = load_barring()["usual"]
        barred = usual if signals.barred is None else signals.barred
        if self.meant is not None and signals.read:
            return logistic(self.meant.bias + self.meant.asked * (signals.asked or 0) + self.meant.barred * barred)
        total = self.bias + sum(getattr(self, name) * getattr(signals, name) for name in _ALWAYS)
        asked = self.unasked if signals.asked is None else self.asked * signals.asked
        total += asked if signals.thorough else max(self.unasked, asked)
        total += self.barred * (barred if signals.thorough else max(usual, barred))
        return logistic(total)

    def is_full(self, read: float, asked: float) -> bool:
        """Return whether a quote likely answers in full. ``read``: the ranker's score; ``asked``: as in `Signals`."""
        return self.full + self.full_read * read + self.full_asked * asked > 0


@cache
def load_calibration() -> Calibration:
    """Read the committed `data/answering/calibration.toml`, which names the command that made it."""
    table = read_data("answering", "calibration.toml")
    unasked, meant = Calibration(**table["unasked"]), Meant(**table["in_context"])
    return Calibration(**table["calibration"], meant=meant, where_unasked=unasked)
