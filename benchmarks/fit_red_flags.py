"""Fit the models beside the rules of triage: the words, and the second opinion of the encoder.

    PYTHONPATH=tools python benchmarks/fit_red_flags.py [--anew | --words | --cuts]

Reads `train.jsonl` and `calibration.jsonl` of `benchmarks/data/red_flags/`, never the test split. The weights are
fitted on the train split; the cuts are chosen on the calibration split, which the models have not seen and no rule was
worded on. Its figures are a little better than the true ones, which `make red-flags` gives.

Writes `word_model.npz`, `second_opinion.npz` (the head) and `encoder/red_flags.onnx` (the tuned encoder in eight bits)
into the package's data: weights alone, no text. Words: a multinomial logistic regression over hashed features. Encoder:
low-rank changes of its weights and attention pooling over its token vectors (`red_flag_tuning.py`). What a later fit
continues from is in `benchmarks/data/red_flags/second_opinion.npz`.

By default it continues from the last fit: one epoch over the newest round and half of the earlier messages, eight
minutes on two cores. What ships learned two epochs more. ``--anew``: five epochs over
everything from scratch, then that one. ``--words``: keep the encoder's weights, fit the words and choose the cuts.
``--cuts``: choose the cuts again on what the models said (`build/red_flags_judged.pkl`), as when rules have changed.
"""

from __future__ import annotations

import argparse
import os
import pickle
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple
from pathlib import Path

import numpy as np
import torch
from red_flag_cuts import Shares, best_cuts, report
from red_flag_noise import among
from red_flag_rows import NEWEST, Row, by_rules, judged_alone, lengthened, letters, load, look_alikes, mangled, parts_of
from red_flag_tuning import Example, Labelled, tune
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from b12assistant.answers import Turn
from b12assistant.index.encoding import RED_FLAGS, SentenceEncoder, load_encoder, parse_low_rank, red_flag_encoder
from b12assistant.index.weights import find_weights
from b12assistant.language.words import readable
from b12assistant.safety.opinion import CONCERNS, PartScore, read_cuts
from b12assistant.safety.second_opinion import (
    CUE,
    WORDS_FILE,
    SecondOpinion,
    WordModel,
    WordOpinion,
    cue_features,
    key_of,
    load_fitted,
    load_word_model,
    parse_fitted,
    piece_features,
    word_features,
)
from b12assistant.safety.second_opinion import FILE as HEAD_FILE
from b12assistant.safety.triage import load_rules
from b12assistant.safety.turn_parts import TurnReading

ROOT = Path(__file__).parent.parent
OUT = ROOT / "src" / "b12assistant" / "data" / "red_flags"
LEARNED = ROOT / "benchmarks" / "data" / "red_flags" / HEAD_FILE
KEPT = ROOT / "build" / "red_flags_judged.pkl"
UNCUT = np.array([2.0, 2.0, 2.0, 2.0, 0.0, 2.0])  # never reached
STRENGTH = 30.0  # inverse of the regularisation of the words
MANGLED = 0.5  # weight of a mangled copy of the words beside the words as written
EPOCHS, ALL_EPOCHS = 1, 5  # continuing, and from scratch
REHEARSED = 2  # one in so many of the earlier messages is learned again with the newest
MANGLING, AFTER = 0.2, 0.2  # chance that a row is read mangled, and after a turn that it does not lean on
AMONG = {True: 0.3, False: 0.12}  # chance that an ordinary row, and another, is read among ordinary ones
CUTTINGS = 2  # of an ordinary letter: some of its sentences
AROUND = (10, 50)  # words of ordinary text around an utterance
FEW, MANY = 4, 40  # words of an ordinary text
NONE = len(CONCERNS) - 1
RULES = load_rules()
EMPTY = WordModel(
    np.empty(0, np.uint32), np.empty((0, 6), np.int8), np.ones(6, np.float32), np.zeros(6, np.float32), read_cuts(UNCUT)
)

Judgements = list[Sequence[PartScore]]  # the parts that decide, one list a turn


def opinion_of(model: WordModel) -> WordOpinion:
    return WordOpinion(model, RULES.spelling.correct, RULES.cues, RULES.languages.is_foreign)


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
    return WordModel(np.array(keys, np.uint32)[kept], found[kept], scale.astype(np.float32), bias, read_cuts(UNCUT))


def example(row: Row, *, context: Turn | None = None) -> Example:
    """Return the turn as the encoder reads it, after the one before if it may lean on that."""
    reading = READER.read(row.turn, context or row.former)
    before, text = readable(reading.context), readable(reading.folded.text)
    return Example(before + text, (Labelled(len(before), len(before + text), row.concern),))


def put_among(row: Row, ordinary: Sequence[str], rng: random.Random) -> Example:
    """Put ordinary utterances around this one: the whole has its concern, each part its own."""
    text, ranges = "", []
    for part, own in among(row.turn.text, ordinary, rng.randint(*AROUND), rng):
        folded = readable(READER.read(Turn(0, part), None).folded.text)
        if folded:
            text = f"{text} " if text else ""
            ranges.append(Labelled(len(text), len(text) + len(folded), row.concern if own else NONE))
            text += folded
    return Example(text, (Labelled(0, len(text), row.concern), *ranges))


def examples(rows: Sequence[Row], seed: int = 0) -> Iterator[Example]:
    """Yield every row as written; some also mangled, among ordinary ones, or after a turn they do not lean on."""
    rng = random.Random(seed)
    plain = [row for row in rows if row.concern == NONE and row.former is None]
    ordinary = [row.turn.text for row in plain if FEW < len(row.turn.text.split()) < MANY]
    for row, copy in zip(rows, mangled(rows, seed), strict=True):
        yield example(row)
        if rng.random() < MANGLING:
            yield example(copy)
        if rng.random() < AMONG[row.concern == NONE]:
            yield put_among(row, ordinary, rng)
        if row.former is None and rng.random() < AFTER:
            yield example(row, context=rng.choice(rows).turn)
        if row.concern == NONE and row.is_new:
            yield from cuttings(row, rng)


def cuttings(row: Row, rng: random.Random) -> Iterator[Example]:
    """Yield runs of sentences of an ordinary letter: they are ordinary too."""
    reading = READER.read(row.turn, None)
    sentences = reading.sentences
    for _ in range(CUTTINGS if len(sentences) > 3 else 0):
        start = rng.randrange(len(sentences) - 1)
        last = rng.randrange(start + 1, len(sentences))
        first, end = reading.letters(sentences[start])[0], reading.letters(sentences[last])[1]
        text = readable(reading.folded.text[first:end])
        yield Example(text, (Labelled(0, len(text), NONE),))


def fit_words_on(rows: Sequence[Row]) -> WordModel:
    """Fit the words on the rows as they were written, and mangled."""
    read = [READER.read(row.turn, None) for row in (*rows, *mangled(rows))]
    weights = np.repeat([1.0, MANGLED], len(rows))
    model = fit_words([features_of(each) for each in read], np.tile([row.concern for row in rows], 2), weights)
    print(f"fitted the words on {len(read)} utterances", flush=True)
    return model


def fit_head(rows: Sequence[Row], *, anew: bool) -> Mapping[str, np.ndarray]:
    """Return the low-rank changes and the head: of the last fit, or of one over everything, after one epoch more over
    the newest round and some of the earlier messages."""
    start = tune(list(examples(rows)), None, epochs=ALL_EPOCHS) if anew else dict(np.load(LEARNED))
    earlier = [row for row in rows if not row.id.startswith(NEWEST)]
    newest = [row for row in rows if row.id.startswith(NEWEST)]
    some = [*newest, *random.Random(1).sample(earlier, len(earlier) // REHEARSED)]
    return tune(list(examples(some)), start, epochs=EPOCHS)


def write_tuned() -> None:
    """Write the graph of the encoder with the low-rank changes that were learned."""
    from export_onnx import changed, make_graph, write

    encoder = SentenceEncoder(find_weights(), threads=1)
    write(make_graph(changed(encoder, parse_low_rank(np.load(LEARNED))), eight_bits=True), name=RED_FLAGS)


def judged(rows: Sequence[Row], opinion: WordOpinion | SecondOpinion) -> Judgements:
    """Judge the parts that triage judges by themselves."""
    return [
        [part for each in parts_of(row) for part in opinion(each.turn, each.former).judged if part.decides]
        for row in rows
    ]


def report_shipped(turns: Sequence[Row], ruled: np.ndarray, foreign: np.ndarray) -> None:
    """Print the figures of what ships, which a new fit should reach. ``ruled``, ``foreign``: of each turn."""
    opinion, fitted = opinion_of(load_word_model()), load_fitted()
    second = SecondOpinion(opinion, fitted, red_flag_encoder(load_encoder()))
    for name, found, cuts in (("words", opinion, load_word_model().cuts), ("both", second, fitted.cuts)):
        print(
            f"{name}, what ships",
            *report(Shares(judged(turns, found), foreign), turns, ruled, cuts),
            sep="\n",
            flush=True,
        )


def main(*, words: bool, head: bool, anew: bool) -> None:
    """``words``, ``head``: fit their weights too, not only the cuts."""
    torch.set_num_threads(os.cpu_count() or 1)
    calibration = judged_alone(load("calibration"), RULES)
    turns = [*calibration, *lengthened(calibration, READER), *letters("calibration")]
    learned = load("train")
    every = [*learned, *look_alikes([*learned, *letters("train")])]
    rows = [row for row in every if READER.read(row.turn, None).sentences]
    ruled = by_rules(turns, RULES)
    foreign = np.array([READER.is_foreign(row.turn.text) for row in turns])
    KEPT.parent.mkdir(exist_ok=True)
    if words or head:
        report_shipped(turns, ruled, foreign)
    if words:
        model = fit_words_on(rows)
        named = {name: getattr(model, name) for name in ("keys", "weights", "scale", "bias")}
        np.savez_compressed(KEPT.with_suffix(".words.npz"), **named)
    if head:
        np.savez_compressed(LEARNED, **fit_head(rows, anew=anew))
        write_tuned()
    named, learned = (dict(np.load(file)) for file in (KEPT.with_suffix(".words.npz"), LEARNED))
    encoder = red_flag_encoder(load_encoder())
    arrays = {**{name: a for name, a in learned.items() if "/" not in name}, "encoder": np.array(encoder.digest)}
    if words or head:
        opinion = opinion_of(WordModel(**named, cuts=read_cuts(UNCUT)))
        second = SecondOpinion(opinion, parse_fitted({**arrays, "cuts": UNCUT}), encoder)
        KEPT.write_bytes(pickle.dumps((judged(turns, opinion), judged(turns, second))))
    read = pickle.loads(KEPT.read_bytes())  # noqa: S301 - this script wrote it
    for file, fitted, name, said in ((WORDS_FILE, named, "words", read[0]), (HEAD_FILE, arrays, "both", read[1])):
        shares = Shares(said, foreign)
        cuts = best_cuts(shares, turns, ruled, lowers=name == "both")
        print(name, cuts, *report(shares, turns, ruled, cuts), sep="\n", flush=True)
        np.savez_compressed(OUT / file, **{**fitted, "cuts": np.array(astuple(cuts))})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--anew", action="store_true", help="learn all layers from nothing")
    parser.add_argument("--words", action="store_true", help="fit the words and choose the cuts again, no more")
    parser.add_argument("--cuts", action="store_true", help="choose the cuts again, no more")
    given = parser.parse_args()
    main(words=not given.cuts, head=not (given.words or given.cuts), anew=given.anew)
