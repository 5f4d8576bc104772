"""Fit what triage is told beside its rules: the words, and the second opinion of the encoder.

    python benchmarks/fit_red_flags.py [--cuts]

Reads `train.jsonl` and `calibration.jsonl` of `benchmarks/data/red_flags/`, never the test split. The weights that ship
are fitted on both, every utterance as it was written and once mangled. The cuts are chosen, and the figures told, on
what models say that were fitted without the situation: four folds by situation, each judged by a model of the other
three. Beside the rules only the calibration split is told, for the rules were worded on the other.

Writes `src/b12assistant/data/red_flags/word_model.npz` and `second_opinion.npz`: weights alone, no text. Words: a
multinomial logistic regression over hashed features. Encoder: attention pooling over its token vectors, heads of
several seeds. Takes some minutes on one core. ``--cuts``: keep the weights, choose the cuts anew on the out-of-fold
shares of the last fit (`build/red_flags_out_of_fold.pkl`), as when the rules have changed.
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
from red_flag_cuts import ORDER, as_row, best_cuts, figures
from red_flag_rows import FOLDS, Row, by_rules, lengthened, load, mangled, read_whole, whole
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from torch import nn

from b12assistant.answers import Turn
from b12assistant.clauses import Clauses, Part
from b12assistant.encoding import load_encoder
from b12assistant.opinion import CONCERNS, Cuts, Judged, deciding
from b12assistant.protocols import Encoder
from b12assistant.second_opinion import FILE as HEAD_FILE
from b12assistant.second_opinion import SecondOpinion, WordOpinion, parse_fitted
from b12assistant.token_head import LOUD
from b12assistant.triage import load_rules
from b12assistant.word_model import CUE, WordModel, cue_features, key_of, piece_features, word_features
from b12assistant.word_model import FILE as WORDS_FILE

ROOT = Path(__file__).parent.parent
OUT = ROOT / "src" / "b12assistant" / "data" / "red_flags"
KEPT = ROOT / "build" / "red_flags_out_of_fold.pkl"
UNCUT = (Cuts(2, 2, 2), Cuts(2, 2, 2))  # never reached
STRENGTH = 30.0  # inverse of the regularisation of the words
MANGLED = 0.5  # what a mangled copy weighs
HIDDEN, GAZES, SEEDS, EPOCHS, RATE, DECAY, BATCH, BUCKET = 64, 6, 2, 6, 5e-3, 0.02, 32, 16
RULES = load_rules()
EMPTY = WordModel(
    np.empty(0, np.uint32), np.empty((0, 6), np.int8), np.ones(6, np.float32), np.zeros(6, np.float32), UNCUT
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
    return WordModel(np.array(keys, np.uint32)[kept], found[kept], scale.astype(np.float32), bias, UNCUT)


class Pooling(nn.Module):
    """What `TokenHead` computes, for learning; one head."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.hidden, self.gaze = nn.Linear(dimension, HIDDEN), nn.Linear(dimension, GAZES)
        self.out = nn.Linear(HIDDEN * GAZES, len(CONCERNS))
        self.before, self.after = nn.Dropout(0.1), nn.Dropout(0.3)

    def forward(self, tokens: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        tokens = self.before(tokens)
        gaze = self.gaze(tokens).masked_fill(~there[..., None], -1e9).softmax(1)
        pooled = torch.einsum("bnk,bnh->bkh", gaze, torch.relu(self.hidden(tokens))).flatten(1)
        return self.out(self.after(pooled))


def padded(tokens: Sequence[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(map(len, tokens))
    values = np.zeros((len(tokens), longest, tokens[0].shape[1]), np.float32)
    there = np.zeros((len(tokens), longest), bool)
    for i, each in enumerate(tokens):
        values[i, : len(each)], there[i, : len(each)] = each * LOUD, True
    return torch.tensor(values), torch.tensor(there)


def batches(order: np.ndarray, tokens: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Texts of about one length together: padding is what takes the time. As many as ``order`` fills."""
    found = []
    for start in range(0, len(order), BATCH * BUCKET):
        bucket = sorted(order[start : start + BATCH * BUCKET], key=lambda i: len(tokens[i]))
        found += [np.array(bucket[i : i + BATCH]) for i in range(0, len(bucket), BATCH)]
    return found


def fit_head(tokens: Sequence[np.ndarray], concerns: np.ndarray, seed: int) -> Pooling:
    torch.manual_seed(seed)
    rng, model = np.random.default_rng(seed), Pooling(tokens[0].shape[1])
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
    steps = EPOCHS * -(-len(tokens) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=RATE, total_steps=steps)
    for _ in range(EPOCHS):
        order = rng.permutation(len(tokens))
        for batch in batches(order, tokens):
            found = model(*padded([tokens[i] for i in batch]))
            loss = nn.functional.cross_entropy(found, torch.tensor(concerns[batch]), label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return model.eval()


def encoded(read: Sequence[Read], encoder: Encoder) -> list[np.ndarray]:
    """Token vectors to learn from; in half precision, which is as good here and takes a third of the time."""
    texts = []
    for clauses, part in read:
        text = clauses.place(part).text
        while encoder.count(text) > encoder.limit:
            text = text[: len(text) // 2]
        texts.append(text)
    with torch.autocast("cpu", torch.bfloat16):
        return [each.tokens.astype(np.float16) for each in encoder.encode(texts)]


def as_arrays(heads: Sequence[Pooling], encoder: Encoder) -> dict[str, np.ndarray]:
    """The arrays of `second_opinion.npz`, cuts left out."""
    arrays: dict[str, np.ndarray] = {"encoder": np.array(encoder.digest)}
    for name in ("hidden", "gaze", "out"):
        layers = [getattr(head, name) for head in heads]
        arrays[name] = np.stack([layer.weight.detach().numpy().T for layer in layers]).astype(np.float16)
        arrays[f"{name}_bias"] = np.stack([layer.bias.detach().numpy() for layer in layers]).astype(np.float16)
    return arrays


class Learner:
    """The utterances as they were written and mangled, read and encoded once; fits on all but one fold, or on all."""

    def __init__(self, rows: Sequence[Row], encoder: Encoder) -> None:
        everything = [row for row in (*rows, *mangled(rows)) if row.turn.text.strip()]
        read = [whole(opinion_of(EMPTY), row) for row in everything]
        self._encoder = encoder
        print(f"read {len(read)} turns", flush=True)
        self._features = [features_of(*each) for each in read]
        self._tokens = encoded(read, encoder)
        print("encoded", flush=True)
        self._concerns = np.array([row.concern for row in everything])
        self._folds = np.array([row.fold for row in everything])
        self._weights = np.where(np.arange(len(everything)) < len(rows), 1.0, MANGLED)

    def fit(self, but: int | None = None) -> tuple[WordModel, dict[str, np.ndarray]]:
        """``but``: the fold that is left out."""
        used = np.flatnonzero(self._folds != but) if but is not None else np.arange(len(self._folds))
        concerns, weights = self._concerns[used], self._weights[used]
        model = fit_words([self._features[i] for i in used], concerns, weights)
        tokens = [self._tokens[i] for i in used]
        heads = [fit_head(tokens, concerns, seed) for seed in range(SEEDS)]
        print("fitted on all" if but is None else f"fitted without fold {but}", flush=True)
        return model, as_arrays(heads, self._encoder)


def judged(rows: Sequence[Row], learner: Learner, encoder: Encoder) -> tuple[Judgements, Judgements]:
    """What the words, and the words with the encoder, say of each turn, fitted without its situation."""
    by_words: dict[int, Sequence[Judged]] = {}
    by_both: dict[int, Sequence[Judged]] = {}
    for fold in range(FOLDS):
        model, arrays = learner.fit(fold)
        words = opinion_of(model)
        both = SecondOpinion(words, parse_fitted({**arrays, "cuts": as_array(UNCUT)}), encoder)
        for i, row in enumerate(rows):
            if row.fold == fold:
                by_words[i] = deciding(words(row.turn, row.former).judged)
                by_both[i] = deciding(both(row.turn, row.former).judged)
    return [by_words[i] for i in range(len(rows))], [by_both[i] for i in range(len(rows))]


def as_array(cuts: tuple[Cuts, Cuts]) -> np.ndarray:
    return np.array([as_row(each) for each in cuts])


def choose(name: str, rows: Sequence[Row], alone: int, read: Judgements) -> tuple[Cuts, Cuts]:
    """The cuts for whole turns, beside the rules, and for clauses; what they give is told. ``alone``: how many of
    ``rows`` are as they were written."""
    short = [i for i, row in enumerate(rows[:alone]) if read_whole(opinion_of(EMPTY), row.turn)]
    long = sorted(set(range(len(rows))) - set(short))
    found = []
    for kind, places in (("whole turns", short), ("clauses of long turns", long)):
        turns, parts = [rows[i] for i in places], [read[i] for i in places]
        ruled = by_rules(turns, RULES) if places is short else np.full(len(turns), len(ORDER) - 1)
        found.append(best_cuts(parts, turns, ruled))
        for split in ("calibration", "train"):
            of = [i for i, row in enumerate(turns) if row.split == split]
            lines = figures([parts[i] for i in of], [turns[i] for i in of], ruled[of], found[-1])
            print(f"{name}, {kind}, {split}, out of fold", *lines, sep="\n  ", flush=True)
    return found[0], found[1]


def main(*, weights: bool) -> None:
    """``weights``: fit them anew too, not the cuts alone."""
    torch.set_num_threads(1)
    rows = [row for split in ("train", "calibration") for row in load(split)]
    turns = [*rows, *lengthened(rows, opinion_of(EMPTY))]
    if weights:
        encoder = load_encoder(threads=1)
        learner = Learner(rows, encoder)
        read = judged(turns, learner, encoder)
        KEPT.parent.mkdir(exist_ok=True)
        KEPT.write_bytes(pickle.dumps(read))
        model, arrays = learner.fit()
        named = {name: getattr(model, name) for name in ("keys", "weights", "scale", "bias")}
    else:
        read = pickle.loads(KEPT.read_bytes())  # noqa: S301 - this script wrote it
        named, arrays = dict(np.load(OUT / WORDS_FILE)), dict(np.load(OUT / HEAD_FILE))
    for file, fitted, name, said in ((WORDS_FILE, named, "words", read[0]), (HEAD_FILE, arrays, "both", read[1])):
        cuts = as_array(choose(name, turns, len(rows), said))
        np.savez_compressed(OUT / file, **{**fitted, "cuts": cuts})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cuts", action="store_true", help="choose the cuts anew, keep the weights")
    main(weights=not parser.parse_args().cuts)
