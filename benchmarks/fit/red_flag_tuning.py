"""Tune the encoder to the red flags: low-rank changes of its weights, and a head that pools over ranges of tokens.

Learned together. The head pools over ranges of one pass: over the whole turn, over the message put among ordinary ones,
and over each of those. So a range is judged in its surroundings.
"""

import random
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from b12assistant.safety.opinion import CONCERNS
from b12assistant.safety.second_opinion import LENGTH, WINDOW
from fit.low_rank import BATCH, BFLOAT16, Arrays, Descent, Tuned, batches, half

HIDDEN, GAZES = 64, 6
RATE, HEAD_RATE = 3e-4, 5e-4
HEAD = ("hidden", "gaze", "out")


class Labelled(NamedTuple):
    """Letters ``[start, end)`` of a text, and what they are about: a place in ``CONCERNS``."""

    start: int
    end: int
    concern: int


class Example(NamedTuple):
    """A text with the ranges to judge, the whole turn first."""

    text: str
    ranges: tuple[Labelled, ...]


class Pooling(nn.Module):
    """What `TokenHead` computes, for learning."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.hidden, self.gaze = nn.Linear(dimension, HIDDEN), nn.Linear(dimension, GAZES)
        self.out = nn.Linear(HIDDEN * GAZES, len(CONCERNS))
        self.before, self.after = nn.Dropout(0.1), nn.Dropout(0.3)

    def forward(self, tokens: torch.Tensor, rows: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
        """``tokens``: (b, n, d). ``rows``: (r,) the text of each range. ``inside``: (r, n) its tokens."""
        tokens = self.before(tokens)
        hidden, gaze = torch.relu(self.hidden(tokens))[rows], self.gaze(tokens)[rows]
        gaze = gaze.masked_fill(~inside[..., None], -1e4).softmax(1)
        found: torch.Tensor = self.out(self.after(torch.einsum("rnk,rnh->rkh", gaze, hidden).flatten(1)))
        return found


class Read(NamedTuple):
    """The word pieces of a text, (n,), and their places in it, (n, 2)."""

    pieces: torch.Tensor
    places: torch.Tensor


class Judging(Tuned):
    """The encoder with changes, and the head.

    ``start``: arrays to begin with, of `benchmarks/data/red_flags/second_opinion.npz`; none: the encoder as it is.
    """

    def __init__(self, start: Arrays | None) -> None:
        super().__init__(start, rounds=True)
        self.head = Pooling(self.size)
        if start is not None:
            for name in HEAD:
                layer, bias = getattr(self.head, name), start[f"{name}_bias"].astype(np.float32)
                weight = start[name].astype(np.float32).reshape(layer.weight.T.shape).T
                layer.load_state_dict({"weight": torch.tensor(weight), "bias": torch.tensor(bias.reshape(-1))})

    def read(self, texts: Sequence[str]) -> list[Read]:
        found = self.tokenizer(texts, truncation=True, max_length=WINDOW + 2, return_offsets_mapping=True)
        pairs = zip(found["input_ids"], found["offset_mapping"], strict=True)
        return [Read(torch.tensor(pieces), torch.tensor(places)) for pieces, places in pairs]

    def forward(
        self, pieces: torch.Tensor, there: torch.Tensor, rows: torch.Tensor, inside: torch.Tensor
    ) -> torch.Tensor:
        states = self.model(input_ids=pieces, attention_mask=there.long()).last_hidden_state
        found: torch.Tensor = self.head(LENGTH * nn.functional.normalize(states, dim=-1), rows, inside)
        return found

    def arrays(self, kept: float = 1.0) -> dict[str, np.ndarray]:
        """Return the thin products and the head, in half precision."""
        arrays = super().arrays(kept)
        for name in HEAD:
            layer = getattr(self.head, name)
            arrays[name], arrays[f"{name}_bias"] = half(layer.weight.T), half(layer.bias)
        return arrays


def tune(examples: Sequence[Example], start: Arrays | None, *, epochs: int, seed: int = 0) -> Arrays:
    """Learn from every example once an epoch.

    The labels are not smoothed: that gives every message a share of .04 of some concern, which is where the cuts are.
    """
    torch.manual_seed(seed)
    rng, tuned = random.Random(seed), Judging(start)
    known = tuned.read([example.text for example in examples])
    steps = epochs * -(-len(examples) // BATCH)
    descent = Descent([(tuned.thin, RATE), (tuned.head.parameters(), HEAD_RATE)], steps + 9)
    pad = partial(nn.utils.rnn.pad_sequence, batch_first=True)
    tuned.train()
    for batch in (batch for _ in range(epochs) for batch in batches([len(each.pieces) for each in known], rng)):
        pieces = pad([known[i].pieces for i in batch])
        there = pad([torch.ones(len(known[i].pieces), dtype=torch.bool) for i in batch])
        rows, inside, concerns, weights = _ranges(
            [examples[i] for i in batch], [known[i].places for i in batch], there.shape[1]
        )
        with torch.autocast("cpu", torch.bfloat16, enabled=BFLOAT16):
            found = tuned(pieces, there, rows, inside)
        loss = nn.functional.cross_entropy(found.float(), concerns, reduction="none")
        descent.step((loss * weights).sum() / weights.sum())
    return tuned.arrays()


def _ranges(
    examples: Sequence[Example], places: Sequence[torch.Tensor], width: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return for each range its text, its tokens, its concern, and its weight: a half for a part of a turn."""
    rows, inside, concerns, weights = [], [], [], []
    for row, (example, place) in enumerate(zip(examples, places, strict=True)):
        for number, (start, end, concern) in enumerate(example.ranges):
            tokens = torch.zeros(width, dtype=torch.bool)
            tokens[: len(place)] = (place[:, 0] >= start) & (place[:, 0] < end) & (place[:, 1] > place[:, 0])
            if tokens.any():
                rows.append(row)
                inside.append(tokens)
                concerns.append(concern)
                weights.append(0.5 if number else 1.0)
    return torch.tensor(rows), torch.stack(inside), torch.tensor(concerns), torch.tensor(weights)
