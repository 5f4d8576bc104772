"""Fit what triage is told beside its rules: the words, and the second opinion of the encoder.

    python benchmarks/fit_red_flags.py [--cuts]

Reads `train.jsonl` and `calibration.jsonl` of `benchmarks/data/red_flags/`, never the test split. The weights are
fitted on the train split; the cuts are chosen on the calibration split, which the models have not seen and no rule was
worded on. What is told of it is a little better than the truth, which `make red-flags` tells.

Writes `src/b12assistant/data/red_flags/word_model.npz` and `second_opinion.npz`: weights alone, no text. Words: a
multinomial logistic regression over hashed features. Encoder: low-rank changes of its weights and attention pooling
over its token vectors (`red_flag_tuning.py`). Takes half an hour on two cores. ``--cuts``: keep the weights, choose the
cuts anew on what the models said (`build/red_flags_judged.pkl`), as when the rules have changed.
"""

from __future__ import annotations

import argparse
import pickle
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch
from red_flag_cuts import as_row, best_cuts, decided, figures
from red_flag_rows import Row, by_rules, lengthened, load, mangled, whole
from red_flag_tuning import tune
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from b12assistant.answers import Turn
from b12assistant.index.encoding import load_encoder
from b12assistant.safety.clauses import Clauses, Part
from b12assistant.safety.opinion import Cuts, Judged, Opinionated, Role, deciding, read_cuts
from b12assistant.safety.second_opinion import FILE as HEAD_FILE
from b12assistant.safety.second_opinion import SecondOpinion, WordOpinion, folded, parse_fitted
from b12assistant.safety.triage import load_rules
from b12assistant.safety.word_model import CUE, WordModel, cue_features, key_of, piece_features, word_features
from b12assistant.safety.word_model import FILE as WORDS_FILE

ROOT = Path(__file__).parent.parent
OUT = ROOT / "src" / "b12assistant" / "data" / "red_flags"
KEPT = ROOT / "build" / "red_flags_judged.pkl"
UNCUT = np.full((4, 3, 3), 2.0)  # never reached
STRENGTH = 30.0  # inverse of the regularisation of the words
MANGLED = 0.5  # what a mangled copy weighs beside the words as written
VERSIONS = 2  # mangled copies of an utterance that the encoder reads in turn
FIRST = ("w1", "w2", "w3", "w4", "wt")  # what ids of the first round begin with, English
RULES = load_rules()
EMPTY = WordModel(
    np.empty(0, np.uint32), np.empty((0, 6), np.int8), np.ones(6, np.float32), np.zeros(6, np.float32), read_cuts(UNCUT)
)

Read = tuple[Clauses, Part]
Judgements = list[Sequence[Judged]]  # the parts that decide, one list a turn


class Remembering(WordOpinion):
    """Reads every turn once, whatever the model."""

    def read(self, turn: Turn, former: Turn | None) -> tuple[Clauses, Clauses | None]:
        return read_once(turn, former)


@cache
def read_once(turn: Turn, former: Turn | None) -> tuple[Clauses, Clauses | None]:
    return WordOpinion(EMPTY, RULES.spelling.correct, RULES.cues).read(turn, former)


def opinion_of(model: WordModel) -> WordOpinion:
    return Remembering(model, RULES.spelling.correct, RULES.cues)


def features_of(clauses: Clauses, part: Part) -> tuple[frozenset[int], frozenset[int], frozenset[int]]:
    """Words, pieces, cues, as keys."""
    words = clauses.words(part)
    pieces = frozenset().union(*(piece_features(word) for word in set(words)))
    first, second, third = (
        frozenset(map(key_of, group)) for group in (word_features(words), pieces, cue_features(clauses, part))
    )
    return first, second, third


def fit_words(features: Sequence[tuple[frozenset[int], ...]], concerns: np.ndarray, weights: np.ndarray) -> WordModel:
    """A key counts if two utterances as they were written hold it."""
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
    model = LogisticRegression(C=STRENGTH, max_iter=300, tol=1e-3).fit(matrix, concerns, sample_weight=weights)
    scale = np.abs(model.coef_).max(axis=1) / 127
    found = np.rint(model.coef_ / scale[:, None]).astype(np.int8).T
    kept = np.any(found != 0, axis=1)
    bias = model.intercept_.astype(np.float32)
    return WordModel(np.array(keys, np.uint32)[kept], found[kept], scale.astype(np.float32), bias, read_cuts(UNCUT))


def fit(rows: Sequence[Row]) -> tuple[WordModel, dict[str, np.ndarray]]:
    """The words, and the arrays of `second_opinion.npz`, cuts left out."""
    rows = [row for row in rows if row.turn.text.strip()]
    versions = [rows, *(mangled(rows, seed) for seed in range(VERSIONS))]
    read = [[whole(opinion_of(EMPTY), row) for row in version] for version in versions]
    weights = np.repeat([1.0, MANGLED], len(rows))
    concerns = np.array([row.concern for row in rows])
    features = [features_of(*each) for version in read[:2] for each in version]
    model = fit_words(features, np.tile(concerns, 2), weights)
    print(f"fitted the words on {len(features)} utterances", flush=True)
    texts = [[folded(*each) for each in versions] for versions in zip(*read, strict=True)]
    return model, {"encoder": np.array(load_encoder().digest), **tune(texts, concerns)}


def judged(rows: Sequence[Row], opinion: Opinionated) -> Judgements:
    return [deciding(opinion(row.turn, row.former).judged) for row in rows]


def as_array(cuts: Sequence[Sequence[Cuts]]) -> np.ndarray:
    """(4, roles, 3)."""
    return np.array([[as_row(each) for each in roles] for roles in cuts])


def choose(name: str, rows: Sequence[Row], ruled: np.ndarray, read: Judgements, alone: int) -> np.ndarray:
    """The cuts; what they give is told. ``alone``: how many of ``rows`` are as they were written."""
    lowers = name == "both"
    roles = (Role.WHOLE, Role.SENTENCE, Role.STRETCH) if lowers else (Role.WHOLE, Role.SENTENCE)
    cuts = best_cuts(read, rows, ruled, roles, lowers=lowers)
    found = decided(read, ruled, roles, cuts, lowers=lowers)
    long = np.array([not any(part.role is Role.WHOLE for part in parts) for parts in read])
    written, first = np.arange(len(rows)) < alone, np.array([row.id.startswith(FIRST) for row in rows])
    for kind, some in (
        ("as written", written),
        ("as written, of the first round", written & first),
        ("long, as written", written & long),
        ("made long", ~written),
    ):
        at = np.flatnonzero(some)
        print(f"{name}, {kind}", *figures([rows[i] for i in at.tolist()], ruled[at], found[at]), sep="\n  ", flush=True)
    return as_array(cuts)


def main(*, weights: bool) -> None:
    """``weights``: fit them anew too, not the cuts alone."""
    torch.set_num_threads(2)
    calibration = load("calibration")
    turns = [*calibration, *lengthened(calibration, opinion_of(EMPTY))]
    if weights:
        model, arrays = fit(load("train"))
        words = opinion_of(model)
        second = SecondOpinion(words, parse_fitted({**arrays, "cuts": UNCUT}), load_encoder())
        said = (judged(turns, words), judged(turns, second))
        KEPT.parent.mkdir(exist_ok=True)
        KEPT.write_bytes(pickle.dumps(said))
        named = {name: getattr(model, name) for name in ("keys", "weights", "scale", "bias")}
    else:
        said = pickle.loads(KEPT.read_bytes())  # noqa: S301 - this script wrote it
        named, arrays = dict(np.load(OUT / WORDS_FILE)), dict(np.load(OUT / HEAD_FILE))
    ruled = by_rules(turns, RULES)
    for file, fitted, name, read in ((WORDS_FILE, named, "words", said[0]), (HEAD_FILE, arrays, "both", said[1])):
        np.savez_compressed(OUT / file, **{**fitted, "cuts": choose(name, turns, ruled, read, len(calibration))})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cuts", action="store_true", help="choose the cuts anew, keep the weights")
    main(weights=not parser.parse_args().cuts)
