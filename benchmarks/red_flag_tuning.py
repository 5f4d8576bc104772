"""Tune the encoder to the red flags: low-rank changes of its weights, and a head that pools over ranges of tokens.

Learned together, as in LoRA (Hu and others, 2021, arXiv 2106.09685): the weights of the encoder stay, and beside each
of the six matrices of a layer a product of two thin ones is learned. The head pools over ranges of one pass: over the
whole turn, over the message put among ordinary ones, and over each of those. So a range is judged in its surroundings.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from b12assistant.index.encoding import load_encoder
from b12assistant.safety.opinion import CONCERNS
from b12assistant.safety.second_opinion import LENGTH, WINDOW

RANK, HIDDEN, GAZES = 32, 64, 6
BATCH, BUCKET = 32, 16
RATE, HEAD_RATE, DECAY, SMOOTHING, CLIPPED = 3e-4, 5e-4, 0.01, 0.05, 1.0
MATRICES = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)
THIN = ("down", "up")
HEAD = ("hidden", "gaze", "out")


class Labelled(NamedTuple):
    """Letters ``[start, end)`` of a text, and what they are about: a place in ``CONCERNS``."""

    start: int
    end: int
    concern: int


class Example(NamedTuple):
    """A text with the ranges to judge, the whole turn first. ``new``: read in every epoch."""

    text: str
    ranges: tuple[Labelled, ...]
    new: bool


class LowRank(nn.Module):
    """A matrix as it was, which is never learned, and a thin product beside it; nothing at first without ``up``."""

    def __init__(self, base: nn.Linear, down: torch.Tensor | None = None, up: torch.Tensor | None = None) -> None:
        super().__init__()
        self.base = base.requires_grad_(requires_grad=False)
        self.down = nn.Parameter(torch.randn(base.in_features, RANK) / base.in_features**0.5 if down is None else down)
        self.up = nn.Parameter(torch.zeros(RANK, base.out_features) if up is None else up)

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        return self.base(given) + (given @ self.down) @ self.up


def low_ranks(model: nn.Module, start: Mapping[str, np.ndarray] | None = None, frozen: int = 0) -> dict[str, LowRank]:
    """Put a thin product beside each of the six matrices of a layer, and let nothing else of the encoder be learned.

    Returns them by the name of the weight. ``start``: arrays to begin with. ``frozen``: lowest layers not learned.
    """
    model.requires_grad_(requires_grad=False)
    changed: dict[str, LowRank] = {}
    for number, layer in enumerate(model.encoder.layer):
        for name in MATRICES:
            owner, _, last = name.rpartition(".")
            full = f"encoder.layer.{number}.{name}.weight"
            thin = [torch.from_numpy(start[f"{full}/{each}"].astype(np.float32)) for each in THIN] if start else []
            changed[full] = LowRank(layer.get_submodule(name), *thin)
            for each in (changed[full].down, changed[full].up):
                each.requires_grad_(number >= frozen)
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


class Tuned(nn.Module):
    """The encoder with changes, and the head. The lowest ``frozen`` layers are not learned: each text passes them once.

    ``start``: arrays of `second_opinion.npz` to begin with; none: begin with the encoder as it is.
    """

    def __init__(self, start: Mapping[str, np.ndarray] | None, frozen: int) -> None:
        super().__init__()
        model = load_encoder().model
        self.tokenizer, self.model, self.frozen = model.tokenizer, model[0].auto_model, frozen
        self.changed = low_ranks(self.model, start, frozen)
        self.head = Pooling(self.model.config.hidden_size)
        for name in HEAD if start else ():
            layer = getattr(self.head, name)
            with torch.no_grad():
                layer.weight.copy_(torch.from_numpy(start[name].astype(np.float32).reshape(layer.weight.T.shape).T))
                layer.bias.copy_(torch.from_numpy(start[f"{name}_bias"].astype(np.float32).reshape(-1)))

    def lower(self, texts: Sequence[str]) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Yield what leaves the frozen layers for each text, (n, d), and its tokens' places, (n, 2)."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        found: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        started = time.perf_counter()
        for begin in range(0, len(order), BATCH):
            rows = order[begin : begin + BATCH]
            read = self.tokenizer(
                [texts[i] for i in rows],
                padding=True,
                truncation=True,
                max_length=WINDOW + 2,
                return_offsets_mapping=True,
                return_tensors="pt",
            )
            there, places = read["attention_mask"], read.pop("offset_mapping")
            with torch.no_grad():
                states = self.model.embeddings(read["input_ids"])
                mask = _mask(there == 1)
                for layer in self.model.encoder.layer[: self.frozen]:
                    states = _first(layer(states, mask))
            for row, state, place, length in zip(rows, states, places, there.sum(1).tolist(), strict=True):
                found[row] = state[:length].half().clone(), place[:length]
            if begin // BATCH % 50 == 0:
                print(f"  read {begin} of {len(order)}, {time.perf_counter() - started:.0f} s", flush=True)
        yield from (found[i] for i in range(len(texts)))

    def forward(
        self, states: torch.Tensor, there: torch.Tensor, rows: torch.Tensor, inside: torch.Tensor
    ) -> torch.Tensor:
        mask = _mask(there)
        for layer in self.model.encoder.layer[self.frozen :]:
            states = _first(layer(states, mask))
        found: torch.Tensor = self.head(LENGTH * nn.functional.normalize(states, dim=-1), rows, inside)
        return found

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what `parse_fitted` reads, cuts left out; in half precision."""
        arrays = {}
        for name, changed in self.changed.items():
            arrays[f"{name}/down"], arrays[f"{name}/up"] = half(changed.down), half(changed.up)
        for name in HEAD:
            layer = getattr(self.head, name)
            arrays[name], arrays[f"{name}_bias"] = half(layer.weight.T), half(layer.bias)
        return arrays


def tune(
    examples: Sequence[Example],
    start: Mapping[str, np.ndarray] | None,
    *,
    epochs: int,
    each: int,
    frozen: int,
    seed: int = 0,
) -> Mapping[str, np.ndarray]:
    """Learn from ``examples``: every epoch from the new ones and so many others that it is ``each`` of them."""
    torch.manual_seed(seed)
    rng, tuned, started = random.Random(seed), Tuned(start, frozen), time.perf_counter()
    tuned.eval()
    known = list(tuned.lower([example.text for example in examples]))
    print(f"read {len(examples)} texts, {time.perf_counter() - started:.0f} s", flush=True)
    thin = [each for changed in tuned.changed.values() for each in changed.parameters() if each.requires_grad]
    groups = [{"params": thin, "lr": RATE}, {"params": list(tuned.head.parameters()), "lr": HEAD_RATE}]
    optimiser = torch.optim.AdamW(groups, weight_decay=DECAY)
    steps = epochs * -(-min(each, len(examples)) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, [RATE, HEAD_RATE], total_steps=steps + 9, pct_start=0.1)
    new = [i for i, example in enumerate(examples) if example.new]
    old = [i for i, example in enumerate(examples) if not example.new]
    for epoch in range(epochs):
        losses = []
        tuned.train()
        taken = [*new, *rng.sample(old, max(0, min(each - len(new), len(old))))]
        for batch in _batches(taken, [len(state) for state, _ in known], rng):
            states = nn.utils.rnn.pad_sequence([known[i][0].float() for i in batch], batch_first=True)
            there = nn.utils.rnn.pad_sequence(
                [torch.ones(len(known[i][0]), dtype=torch.bool) for i in batch], batch_first=True
            )
            rows, inside, concerns, weights = _ranges(
                [examples[i] for i in batch], [known[i][1] for i in batch], there.shape[1]
            )
            with torch.autocast("cpu", torch.bfloat16):
                found = tuned(states, there, rows, inside)
            loss = nn.functional.cross_entropy(found.float(), concerns, label_smoothing=SMOOTHING, reduction="none")
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


def _batches(taken: Sequence[int], lengths: Sequence[int], rng: random.Random) -> Iterator[list[int]]:
    """Put texts of about one length together: padding is what takes the time."""
    order = rng.sample(taken, len(taken))
    found = []
    for start in range(0, len(order), BATCH * BUCKET):
        bucket = sorted(order[start : start + BATCH * BUCKET], key=lambda i: lengths[i])
        found += [bucket[i : i + BATCH] for i in range(0, len(bucket), BATCH)]
    yield from rng.sample(found, len(found))


def _mask(there: torch.Tensor) -> torch.Tensor:
    """Return what is added to the scores of attention: nothing for a token that is there."""
    return torch.zeros(there.shape).masked_fill(~there, torch.finfo(torch.float32).min)[:, None, None, :]


def _first(found: torch.Tensor | tuple[torch.Tensor, ...]) -> torch.Tensor:
    return found if isinstance(found, torch.Tensor) else found[0]


def half(values: torch.Tensor) -> np.ndarray:
    return np.ascontiguousarray(values.detach().numpy(), np.float16)
