"""Tune the encoder to the red flags: low-rank changes of its weights, and a head that pools over ranges of tokens.

Learned together, as in LoRA (Hu and others, 2021, arXiv 2106.09685): the weights of the encoder stay, and beside each
of the six matrices of a layer a product of two thin ones is learned. The head pools over ranges of one pass: over the
whole turn, over the message put among ordinary ones, and over each of those. So a range is judged in its surroundings.
Numbers are rounded while learning nearly as they are in use (Jacob and others, 2018, arXiv 1712.05877).
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from b12assistant.index.encoding import SentenceEncoder
from b12assistant.index.onnx_encoder import find_weights
from b12assistant.safety.opinion import CONCERNS
from b12assistant.safety.second_opinion import LENGTH, WINDOW

RANK, HIDDEN, GAZES = 32, 64, 6
BATCH, BUCKET = 32, 16
RATE, HEAD_RATE, DECAY, CLIPPED = 3e-4, 5e-4, 0.01, 1.0
MATRICES = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)
THIN = ("down", "up")
BFLOAT16 = bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # emulated, a step takes twenty times as long
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


class LowRank(nn.Module):
    """A fixed matrix, and a thin product beside it that is learned; it is zero at first without ``up``.

    ``rounds``: compute as the graph in eight bits does, nearly: here padding counts among the numbers of a text.
    ``plain``: leave the product out.
    """

    def __init__(
        self, base: nn.Linear, down: torch.Tensor | None = None, up: torch.Tensor | None = None, *, rounds: bool = False
    ) -> None:
        super().__init__()
        self.rounds, self.plain = rounds, False
        self.base = base.requires_grad_(requires_grad=False)
        self.down = nn.Parameter(torch.randn(base.in_features, RANK) / base.in_features**0.5 if down is None else down)
        self.up = nn.Parameter(torch.zeros(RANK, base.out_features) if up is None else up)

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        if self.plain:
            return self.base(given)
        if not self.rounds:
            return self.base(given) + (given @ self.down) @ self.up
        weight = self.base.weight + (self.down @ self.up).T
        return nn.functional.linear(rounded_texts(given), rounded_rows(weight), self.base.bias)


@contextmanager
def unchanged(changed: Iterable[LowRank]) -> Iterator[None]:
    """Compute as the encoder did before it learned."""
    every = tuple(changed)
    for each in every:
        each.plain = True
    try:
        yield
    finally:
        for each in every:
            each.plain = False


def rounded_texts(given: torch.Tensor) -> torch.Tensor:
    """Round each text, (b, n, d), to 256 values from its least to its greatest number."""
    low = given.detach().amin((1, 2), keepdim=True).clamp(max=0)
    high = given.detach().amax((1, 2), keepdim=True).clamp(min=1e-6)
    step = (high - low) / 255
    zero = (-low / step).round()
    return _as_if((((given / step).round() + zero).clamp(0, 255) - zero) * step, given)


def rounded_rows(weight: torch.Tensor) -> torch.Tensor:
    """Round each row of a matrix to whole numbers up to 64 times a scale."""
    scale = weight.detach().abs().amax(1, keepdim=True) / 64
    return _as_if((weight / scale).round() * scale, weight)


def _as_if(rounded: torch.Tensor, exact: torch.Tensor) -> torch.Tensor:
    """Return ``rounded`` with the gradient of ``exact`` (the straight-through estimator of Bengio and others, 2013)."""
    return exact + (rounded - exact).detach()


def low_ranks(
    model: nn.Module, start: Mapping[str, np.ndarray] | None = None, *, rounds: bool = False
) -> dict[str, LowRank]:
    """Put a thin product beside each of the six matrices of a layer, and freeze the rest of the encoder.

    Returns them by the name of the weight. ``start``: arrays to begin with. ``rounds``: as in `LowRank`.
    """
    model.requires_grad_(requires_grad=False)
    changed: dict[str, LowRank] = {}
    for number, layer in enumerate(model.encoder.layer):
        for name in MATRICES:
            owner, _, last = name.rpartition(".")
            full = f"encoder.layer.{number}.{name}.weight"
            thin = [torch.from_numpy(start[f"{full}/{each}"].astype(np.float32)) for each in THIN] if start else []
            changed[full] = LowRank(layer.get_submodule(name), *thin, rounds=rounds)
            setattr(layer.get_submodule(owner), last, changed[full])
    return changed


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


class Tuned(nn.Module):
    """The encoder with changes, and the head.

    ``start``: arrays to begin with, of `benchmarks/data/red_flags/second_opinion.npz`; none: the encoder as it is.
    """

    def __init__(self, start: Mapping[str, np.ndarray] | None) -> None:
        super().__init__()
        model = SentenceEncoder(find_weights(), threads=1).model
        self.tokenizer, self.model = model.tokenizer, model[0].auto_model
        self.changed = low_ranks(self.model, start, rounds=True)
        self.head = Pooling(self.model.config.hidden_size)
        for name in HEAD if start else ():
            layer = getattr(self.head, name)
            with torch.no_grad():
                layer.weight.copy_(torch.from_numpy(start[name].astype(np.float32).reshape(layer.weight.T.shape).T))
                layer.bias.copy_(torch.from_numpy(start[f"{name}_bias"].astype(np.float32).reshape(-1)))

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

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the thin products and the head, in half precision."""
        arrays = {}
        for name, changed in self.changed.items():
            arrays[f"{name}/down"], arrays[f"{name}/up"] = half(changed.down), half(changed.up)
        for name in HEAD:
            layer = getattr(self.head, name)
            arrays[name], arrays[f"{name}_bias"] = half(layer.weight.T), half(layer.bias)
        return arrays


def tune(
    examples: Sequence[Example], start: Mapping[str, np.ndarray] | None, *, epochs: int, seed: int = 0
) -> Mapping[str, np.ndarray]:
    """Learn from every example once an epoch.

    The labels are not smoothed: that gives every message a share of .04 of some concern, which is where the cuts are.
    """
    torch.manual_seed(seed)
    rng, tuned, started = random.Random(seed), Tuned(start), time.perf_counter()
    known = tuned.read([example.text for example in examples])
    thin = [each for changed in tuned.changed.values() for each in (changed.down, changed.up)]
    groups = [{"params": thin, "lr": RATE}, {"params": list(tuned.head.parameters()), "lr": HEAD_RATE}]
    optimiser = torch.optim.AdamW(groups, weight_decay=DECAY)
    steps = epochs * -(-len(examples) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, [RATE, HEAD_RATE], total_steps=steps + 9, pct_start=0.1)
    for epoch in range(epochs):
        losses = []
        tuned.train()
        for batch in batches([len(each.pieces) for each in known], rng):
            pad = partial(nn.utils.rnn.pad_sequence, batch_first=True)
            pieces = pad([known[i].pieces for i in batch])
            there = pad([torch.ones(len(known[i].pieces), dtype=torch.bool) for i in batch])
            rows, inside, concerns, weights = _ranges(
                [examples[i] for i in batch], [known[i].places for i in batch], there.shape[1]
            )
            with torch.autocast("cpu", torch.bfloat16, enabled=BFLOAT16):
                found = tuned(pieces, there, rows, inside)
            loss = nn.functional.cross_entropy(found.float(), concerns, reduction="none")
            loss = (loss * weights).sum() / weights.sum()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_([*thin, *tuned.head.parameters()], CLIPPED)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
            if len(losses) % 50 == 0:
                print(
                    f"  {len(losses)}: loss {np.mean(losses[-50:]):.3f}, {time.perf_counter() - started:.0f} s",
                    flush=True,
                )
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.3f}, {time.perf_counter() - started:.0f} s", flush=True)
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


def batches(lengths: Sequence[int], rng: random.Random) -> Iterator[list[int]]:
    """Put texts of about the same length together: padding is what takes the time."""
    order = rng.sample(range(len(lengths)), len(lengths))
    found = []
    for start in range(0, len(order), BATCH * BUCKET):
        bucket = sorted(order[start : start + BATCH * BUCKET], key=lambda i: lengths[i])
        found += [bucket[i : i + BATCH] for i in range(0, len(bucket), BATCH)]
    yield from rng.sample(found, len(found))


def half(values: torch.Tensor) -> np.ndarray:
    return np.ascontiguousarray(values.detach().numpy(), np.float16)
