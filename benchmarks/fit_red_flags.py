"""Fit the models beside the rules of triage: the words, and the second opinion of the encoder.

    PYTHONPATH=tools python benchmarks/fit_red_flags.py [--anew | --words | --cuts]

Reads `train.jsonl` and `calibration.jsonl` of `benchmarks/data/red_flags/`, never the test split. The weights are
fitted on the train split; the cuts are chosen on the calibration split, which the models have not seen and no rule was
worded on. Its figures are a little better than the true ones, which `make red-flags` gives.

Writes `word_model.npz`, `second_opinion.npz` (the head) and `encoder/red_flags.onnx` (the tuned encoder in eight bits)
into the package's data: weights alone, no text. Words: a multinomial logistic regression over hashed features. Encoder:
low-rank changes of its weights and attention pooling over its token vectors (`red_flag_tuning.py`). What a later fit
continues from is in `benchmarks/data/red_flags/second_opinion.npz`.

By default it continues from the last fit: in each of two rounds it learns from what the model is most wrong about, and
from some of the rest; then the weights are put halfway between the last fit and the new one (as in Wortsman and others,
2022, arXiv 2109.01903), which hears more of what nobody wrote. 40 minutes on one core. The cuts of what ships
were chosen by hand from the figures that this prints: emergencies passed over first.

``--anew``: five epochs over everything from scratch first. ``--words``: keep the encoder's weights, fit the words and
choose the cuts. ``--cuts``: choose the cuts again on what the models said (`build/red_flags_judged.pkl`), as when rules
have changed.
"""

from __future__ import annotations

import argparse
import os
import pickle
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import torch
from red_flag_cuts import Shares, best_cuts, report
from red_flag_noise import among, closed
from red_flag_rows import (
    PART,
    Row,
    by_rules,
    judged_alone,
    labelled_parts,
    lengthened,
    letters,
    load,
    mangled,
    parts_of,
)
from red_flag_tuning import Example, Labelled, tune
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from b12assistant.answers import Turn
from b12assistant.index.encoding import RED_FLAGS, SentenceEncoder, load_encoder, parse_low_rank, red_flag_encoder
from b12assistant.index.onnx_encoder import OnnxEncoder, find_weights
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
from b12assistant.safety.turn_parts import TurnReading, unended

ROOT = Path(__file__).parent.parent
OUT = ROOT / "src" / "b12assistant" / "data" / "red_flags"
LEARNED = ROOT / "benchmarks" / "data" / "red_flags" / HEAD_FILE
KEPT = ROOT / "build" / "red_flags_judged.pkl"
UNCUT = np.array([2.0, 2.0, 2.0, 2.0, 0.0, 2.0, 0.0])  # never reached
STRENGTH = 30.0  # inverse of the regularisation of the words
MANGLED = 0.5  # weight of a mangled copy of the words beside the words as written
ALL_EPOCHS = 5  # from scratch
ROUNDS = 2
READ = 26_000  # rows that are judged in a round, to find the hardest
CALM_PARTS, OTHERS = (1_800, 700), (2_200, 2_600)  # learned in a round: the hardest, and some of the rest
DOUBTFUL = 5.5  # a greater loss says more of the label
BESIDE = 0.06  # of 185 urgent messages put into letters, 5 sound less than that; from .08 on 6 or more
WINDOWS = 1_000  # of harmless sentences, and as many of serious ones, in a round
MANGLING, AFTER = 0.2, 0.2  # chance that a row is read mangled, and after a turn that it does not lean on
AMONG = {True: 0.3, False: 0.12}  # chance that an ordinary row, and another, is read among ordinary ones
AROUND = (10, 50)  # words of ordinary text around an utterance
FEW, MANY = 4, 40  # words of an ordinary text
MOST = 12  # parts of a message that are learned by themselves
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
    turn = replace(row.turn, text=unended(row.turn.text))
    reading = READER.read(turn, context or row.former)
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


def fit_words_on(rows: Sequence[Row]) -> WordModel:
    """Fit the words on the rows as they were written, and mangled."""
    read = [READER.read(row.turn, None) for row in (*rows, *mangled(rows))]
    weights = np.repeat([1.0, MANGLED], len(rows))
    model = fit_words([features_of(each) for each in read], np.tile([row.concern for row in rows], 2), weights)
    print(f"fitted the words on {len(read)} utterances", flush=True)
    return model


def fit_head(rows: Sequence[Row], words: WordModel, *, anew: bool) -> Mapping[str, np.ndarray]:
    """Return the low-rank changes and the head after some rounds, halfway from the last fit."""
    start = tune(list(examples(rows)), None, epochs=ALL_EPOCHS) if anew else dict(np.load(LEARNED))
    rng, state = random.Random(11), start
    letters_read = [sentences for row in rows if (sentences := sentences_of(row))]
    for number in range(ROUNDS):
        opinion = second_of(state, opinion_of(words), write_tuned(state))
        some = rng.sample(rows, min(READ, len(rows)))
        found = list(hardest(some, [loss_of(opinion, row) for row in some], rng))
        made = [*examples(found, number), *windows(rows, letters_read, rng)]
        rng.shuffle(made)
        state = tune(made, state, epochs=1, seed=number)
    return halfway(start, state)


def loss_of(opinion: SecondOpinion, row: Row) -> float:
    """Return how wrong the encoder is about a row: the negative logarithm of the share of its concern."""
    reading = READER.read(replace(row.turn, text=unended(row.turn.text)), row.former)
    (encoded,) = opinion.layers(reading, [reading.whole])[1]
    return -float(encoded[row.concern]) if encoded is not None else 0.0


def hardest(rows: Sequence[Row], losses: Sequence[float], rng: random.Random) -> Iterator[Row]:
    """Yield the rows with the greatest loss and some of the rest, harmless parts of letters apart from all else.

    A loss beyond `DOUBTFUL` says more of the label: such a part needs its neighbours.
    """
    ordered = [
        row for loss, row in sorted(zip(losses, rows, strict=True), key=lambda each: -each[0]) if loss < DOUBTFUL
    ]
    for is_calm_part, hard, others in ((True, *CALM_PARTS), (False, *OTHERS)):
        kind = [row for row in ordered if (row.id.startswith(PART) and row.concern == NONE) == is_calm_part]
        yield from kind[:hard]
        yield from rng.sample(kind[hard:], min(others, len(kind[hard:])))


def sentences_of(row: Row) -> Sequence[str]:
    """Return the sentences of a long harmless English message; nothing of any other."""
    if row.concern != NONE or row.language != "en" or len(row.turn.text.split()) <= MANY or row.id.startswith(PART):
        return ()
    reading = READER.read(row.turn, None)
    return [row.turn.text[place.start : place.end] for place in map(reading.place, reading.sentences)]


def windows(rows: Sequence[Row], letters_read: Sequence[Sequence[str]], rng: random.Random) -> Iterator[Example]:
    """Yield sentences between two others of a letter: harmless ones where they stand, serious ones put there."""
    grave = [row for row in rows if row.concern != NONE and row.language == "en" and row.former is None]
    short = [row for row in grave if len(row.turn.text.split()) <= MANY and not row.id.startswith(PART)]
    for row in rng.sample(short, WINDOWS):
        sentences = rng.choice(letters_read)
        at = rng.randrange(len(sentences) + 1)
        yield window([*sentences[:at][-1:], row.turn.text, *sentences[at:][:1]], int(at > 0), row.concern)
    for _ in range(WINDOWS):
        sentences = rng.choice(letters_read)
        at = rng.randrange(len(sentences))
        yield window(sentences[max(0, at - 1) : at + 2], int(at > 0), NONE)


def window(sentences: Sequence[str], own: int, concern: int) -> Example:
    """Return sentences as one text in which only the one at ``own`` is judged."""
    before = " ".join(closed(unended(each).strip()) for each in sentences[:own])
    upto = " ".join(filter(None, (before, closed(unended(sentences[own]).strip()))))
    start, end = (len(readable(READER.read(Turn(0, text), None).folded.text)) for text in (before, upto))
    text = " ".join((upto, *sentences[own + 1 :]))
    return Example(readable(READER.read(Turn(0, text), None).folded.text), (Labelled(start, end, concern),))


def halfway(first: Mapping[str, np.ndarray], second: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
    """Return the mean of two fits; a low-rank change is the mean of two products, cut back to its rank."""
    arrays = {name: ((first[name] + second[name].astype(np.float32)) / 2) for name in first if "/" not in name}
    for name in sorted({name.rpartition("/")[0] for name in first if "/" in name}):
        products = [each[f"{name}/down"].astype(np.float32) @ each[f"{name}/up"] for each in (first, second)]
        left, sizes, right = np.linalg.svd(sum(products) / 2, full_matrices=False)
        rank, roots = first[f"{name}/down"].shape[1], np.sqrt(sizes)
        arrays[f"{name}/down"] = left[:, :rank] * roots[:rank]
        arrays[f"{name}/up"] = roots[:rank, None] * right[:rank]
    return {name: array.astype(np.float16) for name, array in arrays.items()}


def second_of(state: Mapping[str, np.ndarray], words: WordOpinion, encoder: OnnxEncoder) -> SecondOpinion:
    """Return the second opinion with these weights, without cuts. ``encoder``: with the changes of ``state``."""
    return SecondOpinion(words, parse_fitted({**head_of(state, encoder), "cuts": UNCUT}), encoder)


def head_of(state: Mapping[str, np.ndarray], encoder: OnnxEncoder) -> dict[str, np.ndarray]:
    """Return what ships beside the encoder."""
    return {**{name: a for name, a in state.items() if "/" not in name}, "encoder": np.array(encoder.digest)}


def write_tuned(state: Mapping[str, np.ndarray]) -> OnnxEncoder:
    """Write the graph of the encoder with the low-rank changes of ``state``, and return that encoder."""
    from export_onnx import changed, make_graph, write

    encoder = SentenceEncoder(find_weights(), threads=1)
    write(make_graph(changed(encoder, dict(parse_low_rank(state)())), eight_bits=True), name=RED_FLAGS)
    return red_flag_encoder(load_encoder())


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
    turns = [*calibration, *lengthened(calibration, READER), *letters("calibration"), *load("letters_calibration")]
    learned = [*load("train"), *load("letters_train")]
    every = [*learned, *labelled_parts([*learned, *letters("train")], RULES, MOST)]
    rows = [row for row in every if READER.read(row.turn, None).sentences]
    ruled = by_rules(turns, RULES)
    foreign = np.array([READER.is_foreign(row.turn.text) for row in turns])
    KEPT.parent.mkdir(exist_ok=True)
    if words or head:
        report_shipped(turns, ruled, foreign)
    if words:
        new = fit_words_on(rows)
        named = {name: getattr(new, name) for name in ("keys", "weights", "scale", "bias")}
        np.savez_compressed(KEPT.with_suffix(".words.npz"), **named)
    named = dict(np.load(KEPT.with_suffix(".words.npz")))
    model = WordModel(**named, cuts=read_cuts(UNCUT))
    if head:
        np.savez_compressed(LEARNED, **fit_head(rows, model, anew=anew))
    fitted = dict(np.load(LEARNED))
    encoder = write_tuned(fitted) if head else red_flag_encoder(load_encoder())
    arrays = head_of(fitted, encoder)
    if words or head:
        opinion = opinion_of(model)
        KEPT.write_bytes(pickle.dumps((judged(turns, opinion), judged(turns, second_of(fitted, opinion, encoder)))))
    read = pickle.loads(KEPT.read_bytes())  # noqa: S301 - this script wrote it
    for file, found, name, said in ((WORDS_FILE, named, "words", read[0]), (HEAD_FILE, arrays, "both", read[1])):
        shares = Shares(said, foreign)
        cuts = replace(best_cuts(shares, turns, ruled, lowers=name == "both"), beside=BESIDE if name == "both" else 0.0)
        print(name, cuts, *report(shares, turns, ruled, cuts), sep="\n", flush=True)
        np.savez_compressed(OUT / file, **{**found, "cuts": np.array(astuple(cuts))})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--anew", action="store_true", help="learn all layers from nothing")
    parser.add_argument("--words", action="store_true", help="fit the words and choose the cuts again, no more")
    parser.add_argument("--cuts", action="store_true", help="choose the cuts again, no more")
    given = parser.parse_args()
    main(words=not given.cuts, head=not (given.words or given.cuts), anew=given.anew)
