"""Fit what triage is told beside its rules: the words, and the second opinion of the encoder.

    python benchmarks/fit_red_flags.py [--cuts]

Reads `benchmarks/data/red_flags/train.jsonl` (weights) and `calibration.jsonl` (cuts, figures), never the test split.
Writes `src/b12assistant/data/red_flags/word_model.npz` and `second_opinion.npz`: weights alone, no text. Words: a
multinomial logistic regression over hashed features. Encoder: attention pooling over its token vectors, three heads
from three seeds. Takes some minutes on one core. ``--cuts``: keep the weights, choose the cuts anew, as when the
rules have changed.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from red_flag_cuts import ORDER, as_row, best_cuts, figures
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from torch import nn

from b12assistant.answers import Turn
from b12assistant.clauses import Clauses, Part
from b12assistant.encoding import load_encoder
from b12assistant.opinion import CONCERNS, Cuts
from b12assistant.protocols import Encoder
from b12assistant.second_opinion import FILE as HEAD_FILE
from b12assistant.second_opinion import Fitted, SecondOpinion, WordOpinion, parse_fitted
from b12assistant.token_head import LOUD
from b12assistant.triage import Triager, load_rules
from b12assistant.word_model import CUE, WordModel, cue_features, key_of, load_word_model, piece_features, word_features
from b12assistant.word_model import FILE as WORDS_FILE

ROOT = Path(__file__).parent.parent
DATA = ROOT / "benchmarks" / "data" / "red_flags"
OUT = ROOT / "src" / "b12assistant" / "data" / "red_flags"
SEED = 20_261_120
UNCUT = (Cuts(2, 2, 2), Cuts(2, 2, 2))  # never reached
STRENGTH = 30.0  # inverse of the regularisation of the words
HIDDEN, GAZES, SEEDS, EPOCHS, RATE, DECAY, BATCH = 64, 6, 3, 15, 5e-3, 0.02, 32
RULES = load_rules()


@dataclass(frozen=True)
class Row:
    """One labelled utterance, with the concern that it is of."""

    turn: Turn
    former: Turn | None
    concern: int
    level: str
    acceptable: frozenset[str]
    trap: str


def load(split: str) -> list[Row]:
    rows = []
    for line in (DATA / f"{split}.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        turns = [Turn(i, text) for i, text in enumerate([*row["history"], row["text"]])]
        concern = CONCERNS.index(row["kind"] if row["level"] == "emergency" else row["level"])
        former = turns[-2] if len(turns) > 1 else None
        rows.append(Row(turns[-1], former, concern, row["level"], frozenset(row["acceptable"]), row["trap"]))
    return rows


def whole(words: WordOpinion, row: Row) -> tuple[Clauses, Part]:
    """What is learned from: the turn, with the one before it if it may lean on that."""
    clauses, joined = words.read(row.turn, row.former)
    read = joined or clauses
    return read, read.whole


def fit_words(rows: Sequence[Row]) -> WordModel:
    empty = WordModel(
        np.empty(0, np.uint32), np.empty((0, 6), np.int8), np.ones(6, np.float32), np.zeros(6, np.float32), UNCUT
    )
    blank = WordOpinion(empty, RULES.spelling.correct, RULES.cues)
    groups = []
    for row in rows:
        clauses, part = whole(blank, row)
        words = clauses.words(part)
        pieces = frozenset().union(*(piece_features(word) for word in set(words)))
        groups.append((word_features(words), pieces, frozenset(cue_features(clauses, part))))
    counted = Counter(feature for row in groups for group in row for feature in group)
    keys = sorted({key_of(feature) for feature, times in counted.items() if times > 1})
    column = {key: i for i, key in enumerate(keys)}
    data, places = [], []
    for i, (words_, pieces, cues) in enumerate(groups):
        for features, weight in ((words_, None), (pieces, None), (cues, CUE)):
            known = sorted(column[key] for key in map(key_of, features) if key in column)
            data += [weight or max(1, len(known)) ** -0.5] * len(known)
            places += [(i, each) for each in known]
    matrix = csr_matrix((data, np.array(places).T), shape=(len(rows), len(keys)))
    model = LogisticRegression(C=STRENGTH, max_iter=500).fit(matrix, [row.concern for row in rows])
    scale = np.abs(model.coef_).max(axis=1) / 127
    weights = np.rint(model.coef_ / scale[:, None]).astype(np.int8).T
    kept = np.any(weights != 0, axis=1)
    return WordModel(
        np.array(keys, np.uint32)[kept],
        weights[kept],
        scale.astype(np.float32),
        model.intercept_.astype(np.float32),
        UNCUT,
    )


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


def fit_head(tokens: Sequence[np.ndarray], concerns: np.ndarray, seed: int) -> Pooling:
    torch.manual_seed(seed)
    rng, model = np.random.default_rng(seed), Pooling(tokens[0].shape[1])
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
    steps = EPOCHS * -(-len(tokens) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=RATE, total_steps=steps)
    for _ in range(EPOCHS):
        order = rng.permutation(len(tokens))
        for batch in (order[i : i + BATCH] for i in range(0, len(order), BATCH)):
            found = model(*padded([tokens[i] for i in batch]))
            loss = nn.functional.cross_entropy(found, torch.tensor(concerns[batch]), label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return model.eval()


def fit_encoder(words: WordOpinion, rows: Sequence[Row], encoder: Encoder) -> dict[str, np.ndarray]:
    """The arrays of `second_opinion.npz`, cuts left out."""
    texts = []
    for row in rows:
        clauses, part = whole(words, row)
        text = clauses.place(part).text
        while encoder.count(text) > encoder.limit:
            text = text[: len(text) // 2]
        texts.append(text)
    tokens = [each.tokens for each in encoder.encode(texts)]
    concerns = np.array([row.concern for row in rows])
    heads = [fit_head(tokens, concerns, seed) for seed in range(SEEDS)]
    arrays: dict[str, np.ndarray] = {"encoder": np.array(encoder.digest)}
    for name in ("hidden", "gaze", "out"):
        layers = [getattr(head, name) for head in heads]
        arrays[name] = np.stack([layer.weight.detach().numpy().T for layer in layers]).astype(np.float16)
        arrays[f"{name}_bias"] = np.stack([layer.bias.detach().numpy() for layer in layers]).astype(np.float16)
    return arrays


def as_array(cuts: tuple[Cuts, Cuts]) -> np.ndarray:
    return np.array([as_row(each) for each in cuts])


def by_rules(rows: Sequence[Row]) -> np.ndarray:
    """What the rules alone say, as places in ``ORDER``."""
    triager = Triager(RULES)
    flags = [triager([turn for turn in (row.former, row.turn) if turn]).flag for row in rows]
    return np.array([ORDER.index(flag.level if flag else "none") for flag in flags])


def lengthened(rows: Sequence[Row], words: WordOpinion) -> list[Row]:
    """Every third of ``rows`` among ordinary ones, until it is too long to be read as one."""
    rng = random.Random(SEED)
    ordinary = [row.turn.text for row in rows if row.level == "none" and row.trap in ("none", "informational")]
    found = []
    for row in rows[::3]:
        parts = [row.turn.text]
        while read_whole(words, turn := Turn(0, " ".join(map(closed, parts)))):
            parts.insert(rng.randrange(len(parts) + 1), rng.choice(ordinary))
        found.append(replace(row, turn=turn, former=None))
    return found


def read_whole(words: WordOpinion, turn: Turn) -> bool:
    clauses, _ = words.read(turn, None)
    return clauses.whole in clauses.parts


def closed(text: str) -> str:
    return text if text[-1] in ".?!" else f"{text}."


def choose(opinion: WordOpinion | SecondOpinion, words: WordOpinion, rows: Sequence[Row]) -> tuple[Cuts, Cuts]:
    """The cuts for whole turns and for clauses; what they give is told."""
    found = []
    for name, turns in (("whole turns", rows), ("clauses of long turns", lengthened(rows, words))):
        read = [opinion(row.turn, row.former).judged for row in turns]
        deciding = [[part for part in parts if part.whole] or parts for parts in read]
        ruled = by_rules(turns) if turns is rows else np.full(len(turns), len(ORDER) - 1)
        found.append(best_cuts(deciding, turns, ruled))
        print(f"{type(opinion).__name__}, {name}", *figures(deciding, turns, ruled, found[-1]), sep="\n  ", flush=True)
    return found[0], found[1]


def main(*, weights: bool) -> None:
    """``weights``: fit them anew too, not the cuts alone."""
    torch.set_num_threads(1)
    encoder = load_encoder(threads=1)
    calibration = load("calibration")
    model = fit_words(load("train")) if weights else load_word_model()
    words = WordOpinion(model, RULES.spelling.correct, RULES.cues)
    cuts = as_array(choose(words, words, calibration))
    named = {name: getattr(model, name) for name in ("keys", "weights", "scale", "bias")}
    np.savez_compressed(OUT / WORDS_FILE, **named, cuts=cuts)
    arrays = fit_encoder(words, load("train"), encoder) if weights else dict(np.load(OUT / HEAD_FILE))
    fitted: Fitted = parse_fitted({**arrays, "cuts": as_array(UNCUT)})
    cuts = as_array(choose(SecondOpinion(words, fitted, encoder), words, calibration))
    np.savez_compressed(OUT / HEAD_FILE, **{**arrays, "cuts": cuts})


if __name__ == "__main__":
    main(weights="--cuts" not in sys.argv[1:])
