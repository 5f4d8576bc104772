"""Fit the words of the second opinion.

A multinomial logistic regression over hashed features, fitted on `train.jsonl` and `letters_train.jsonl` of
`benchmarks/data/red_flags/` and on letters; never on the test split. The cuts stay those that ship: they were chosen by
hand, in `CUTS`, from figures of the calibration split, emergencies passed over first (by `red_flag_cuts.py`, now in
the history). Do not choose them by `make red-flags`, which asks the test split.

Writes `word_model.npz`, and `second_opinion.npz` (the head that `red-flags` learned, with its cuts): weights alone, no
text.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from b12assistant.index.encoding import load_encoder, red_flag_encoder
from b12assistant.index.onnx_encoder import OnnxEncoder
from b12assistant.language.folding import fold
from b12assistant.safety.opinion import Thresholds
from b12assistant.safety.second_opinion import (
    CUE,
    FILE,
    WORDS_FILE,
    SecondOpinion,
    WordModel,
    WordOpinion,
    cue_features,
    key_of,
    parse_fitted,
    piece_features,
    word_features,
)
from b12assistant.safety.triage import load_rules
from b12assistant.safety.turn_parts import TurnReading, sentences_of
from fit.data import DATA, Given, write
from fit.red_flag_rows import Row, labelled_parts, letters, load, mangled, told_letters

LEARNED = DATA / "red_flags" / FILE  # what `red-flags` learned: the head, and the changes of the encoder
UNCUT = np.array([2.0, 2.0, 2.0, 2.0, 0.0, 2.0, 0.0])  # never reached
STRENGTH = 30.0  # inverse of the regularisation of the words
MANGLED = 0.5  # weight of a mangled copy of the words beside the words as written
CUTS = {  # by hand; below a share of .06 beside it 5 of 185 urgent messages put into letters sound less, from .08 on 6
    WORDS_FILE: Thresholds(0.25, 0.3, danger=0.02, decision=0.02, kept=0.0, foreign=0.05),
    FILE: Thresholds(0.35, 0.5, danger=0.003, decision=0.05, kept=0.005, foreign=0.005, beside=0.06),
}
MOST = 12  # parts of a message that are learned by themselves
RULES = load_rules()
EMPTY = WordModel(
    np.empty(0, np.uint32),
    np.empty((0, 6), np.int8),
    np.ones(6, np.float32),
    np.zeros(6, np.float32),
    Thresholds(*UNCUT),
)


def opinion_of(model: WordModel) -> WordOpinion:
    return WordOpinion(model, RULES)


READER = opinion_of(EMPTY)


def features_of(reading: TurnReading) -> tuple[frozenset[int], frozenset[int], frozenset[int]]:
    """Return the words, pieces and cues of the whole turn, as keys."""
    words = reading.words(reading.whole)
    pieces = frozenset().union(*(piece_features(word) for word in set(words)))
    first, second, third = (
        frozenset(map(key_of, group)) for group in (word_features(words), pieces, cue_features(reading, reading.whole))
    )
    return first, second, third


def fit_words(features: Sequence[tuple[frozenset[int], ...]], concerns: np.ndarray, weights: np.ndarray) -> WordModel:
    """Fit the words. A key counts if two utterances hold it as they were written."""
    written = (row for row, weight in zip(features, weights, strict=True) if weight == 1)
    counted = Counter(key for row in written for group in row for key in group)
    keys = sorted(key for key, times in counted.items() if times > 1)
    column = {key: i for i, key in enumerate(keys)}
    data, rows, columns = [], [], []
    for i, groups in enumerate(features):
        for group, weight in zip(groups, (None, None, CUE), strict=True):
            known = sorted(column[key] for key in group if key in column)
            data += [weight or max(1, len(known)) ** -0.5] * len(known)
            rows += [i] * len(known)
            columns += known
    matrix = csr_matrix((data, (rows, columns)), shape=(len(features), len(keys)))
    model = LogisticRegression(C=STRENGTH, max_iter=200, tol=1e-3).fit(matrix, concerns, sample_weight=weights)
    scale = np.abs(model.coef_).max(axis=1) / 127
    found = np.rint(model.coef_ / scale[:, None]).astype(np.int8).T
    kept = np.any(found != 0, axis=1)
    bias = model.intercept_.astype(np.float32)
    return WordModel(np.array(keys, np.uint32)[kept], found[kept], scale.astype(np.float32), bias, Thresholds(*UNCUT))


def fit_words_on(rows: Sequence[Row]) -> WordModel:
    """Fit the words on the rows as they were written, and mangled."""
    read = [READER.read(row.turn, None) for row in (*rows, *mangled(rows))]
    weights = np.repeat([1.0, MANGLED], len(rows))
    return fit_words([features_of(each) for each in read], np.tile([row.concern for row in rows], 2), weights)


def second_of(state: dict[str, np.ndarray], words: WordOpinion, encoder: OnnxEncoder) -> SecondOpinion:
    """Return the second opinion with these weights, without cuts. ``encoder``: with the changes of ``state``."""
    return SecondOpinion(words, parse_fitted({**head_of(state, encoder), "cuts": UNCUT}), encoder)


def head_of(state: dict[str, np.ndarray], encoder: OnnxEncoder) -> dict[str, np.ndarray]:
    """Return what ships beside the encoder."""
    return {**{name: a for name, a in state.items() if "/" not in name}, "encoder": np.array(encoder.digest)}


def has_words(row: Row) -> bool:
    return any(sentences_of(fold(row.turn.text)))


def learned_rows() -> list[Row]:
    """Return what is learned: messages, letters, and parts of both."""
    written = [*load("train"), *load("letters_train"), *told_letters()]
    every = [*written, *labelled_parts([*written, *letters("train")], RULES, MOST)]
    return [row for row in every if has_words(row)]


def write_both(model: WordModel) -> None:
    """Write these words, and what `red-flags` learned beside them, with the cuts."""
    encoder, learned = red_flag_encoder(load_encoder()), dict(np.load(LEARNED))
    named = {name: getattr(model, name) for name in ("keys", "weights", "scale", "bias")}
    for file, arrays in ((WORDS_FILE, named), (FILE, head_of(learned, encoder))):
        write(f"data/red_flags/{file}", **arrays, cuts=np.array(astuple(CUTS[file])))


def fit(_given: Given) -> None:
    write_both(fit_words_on(learned_rows()))
