"""Tune the encoder to the red flags: low-rank changes of its weights, and a head over its token vectors.

Learned together, as LoRA (Hu and others, 2021, arXiv 2106.09685) has it: the weights of the encoder stay as they are,
and beside each of the six matrices of a layer a product of two thin ones is learned. Every time the utterances are read
some are mangled, and some are put among ordinary ones.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from red_flag_noise import AROUND, among
from torch import nn

from b12assistant.index.encoding import load_encoder
from b12assistant.safety.opinion import CONCERNS
from b12assistant.safety.second_opinion import LOUD

RANK, HIDDEN, GAZES = 32, 64, 6
EPOCHS, BATCH, BUCKET = 6, 32, 16
RATE, HEAD_RATE, DECAY, SMOOTHING, CLIPPED = 2e-3, 2e-3, 0.01, 0.05, 1.0
MANGLED, AMONG = 0.25, 0.15  # of the utterances, each time they are read
LONGEST = 200  # word pieces that are learned from
FEW, MANY = 8, 40  # words of an ordinary text that others are put among
MATRICES = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)


class LowRank(nn.Module):
    """A matrix as it was, and a thin product beside it: nothing at first."""

    def __init__(self, base: nn.Linear) -> None:
        super().__init__()
        self.base = base
        self.down = nn.Parameter(torch.randn(base.in_features, RANK) / base.in_features**0.5)
        self.up = nn.Parameter(torch.zeros(RANK, base.out_features))

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        return self.base(given) + (given @ self.down) @ self.up


class Pooling(nn.Module):
    """What `TokenHead` computes, for learning; one head."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.hidden, self.gaze = nn.Linear(dimension, HIDDEN), nn.Linear(dimension, GAZES)
        self.out = nn.Linear(HIDDEN * GAZES, len(CONCERNS))
        self.before, self.after = nn.Dropout(0.1), nn.Dropout(0.3)

    def forward(self, tokens: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        tokens = self.before(tokens)
        gaze = self.gaze(tokens).masked_fill(~there[..., None], -1e4).softmax(1)
        pooled = torch.einsum("bnk,bnh->bkh", gaze, torch.relu(self.hidden(tokens))).flatten(1)
        found: torch.Tensor = self.out(self.after(pooled))
        return found


class Tuned(nn.Module):
    """Texts to logits, (n, 6)."""

    def __init__(self) -> None:
        super().__init__()
        model = load_encoder().model
        self.tokenizer, self.model = model.tokenizer, model[0].auto_model
        self.model.requires_grad_(requires_grad=False)
        self.changed: dict[str, LowRank] = {}
        for number, layer in enumerate(self.model.encoder.layer):
            for name in MATRICES:
                owner, _, last = name.rpartition(".")
                changed = LowRank(layer.get_submodule(name))
                setattr(layer.get_submodule(owner), last, changed)
                self.changed[f"encoder.layer.{number}.{name}.weight"] = changed
        self.head = Pooling(self.model.config.hidden_size)

    def forward(self, texts: Sequence[str]) -> torch.Tensor:
        read = self.tokenizer(
            list(texts),
            padding=True,
            truncation=True,
            max_length=LONGEST,
            return_special_tokens_mask=True,
            return_tensors="pt",
        )
        there = (read["attention_mask"] == 1) & (read.pop("special_tokens_mask") == 0)
        there[:, 0] |= ~there.any(1)  # a text of no token at all
        tokens = self.model(**read).last_hidden_state.float()
        found: torch.Tensor = self.head(LOUD * nn.functional.normalize(tokens, dim=-1), there)
        return found

    def arrays(self) -> dict[str, np.ndarray]:
        """What `parse_fitted` reads, cuts left out; in half precision."""
        arrays = {}
        for name, changed in self.changed.items():
            arrays[f"{name}/down"], arrays[f"{name}/up"] = _half(changed.down), _half(changed.up)
        for name in ("hidden", "gaze", "out"):
            layer = getattr(self.head, name)
            arrays[name], arrays[f"{name}_bias"] = _half(layer.weight.T)[None], _half(layer.bias)[None]
        return arrays


def tune(texts: Sequence[Sequence[str]], concerns: np.ndarray, seed: int = 0) -> Mapping[str, np.ndarray]:
    """``texts``: each as it was written, then mangled. ``concerns``: (n,) places in ``CONCERNS``.

    A quarter of an hour for 7,000 texts on two cores.
    """
    torch.manual_seed(seed)
    rng, tuned, started = random.Random(seed), Tuned(), time.perf_counter()
    plain = [text for (text, *_), concern in zip(texts, concerns, strict=True) if CONCERNS[concern] == "none"]
    ordinary = [text for text in plain if FEW < len(text.split()) < MANY]
    thin = [each for changed in tuned.changed.values() for each in (changed.down, changed.up)]
    groups = [{"params": thin, "lr": RATE}, {"params": list(tuned.head.parameters()), "lr": HEAD_RATE}]
    optimiser = torch.optim.AdamW(groups, weight_decay=DECAY)
    steps = EPOCHS * -(-len(texts) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, [RATE, HEAD_RATE], total_steps=steps + 1, pct_start=0.1)
    for epoch in range(EPOCHS):
        losses = []
        tuned.train()
        read = [_varied(versions, ordinary, rng) for versions in texts]
        for batch in _batches(read, rng):
            with torch.autocast("cpu", torch.bfloat16):
                found = tuned([read[i] for i in batch])
            loss = nn.functional.cross_entropy(found.float(), torch.tensor(concerns[batch]), label_smoothing=SMOOTHING)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_([*thin, *tuned.head.parameters()], CLIPPED)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.3f}, {time.perf_counter() - started:.0f} s", flush=True)
    return tuned.arrays()


def _varied(versions: Sequence[str], ordinary: Sequence[str], rng: random.Random) -> str:
    written, *others = versions
    chance = rng.random()
    if chance < MANGLED:
        return rng.choice(others)
    return among(written, ordinary, rng.randint(*AROUND), rng) if chance < MANGLED + AMONG else written


def _batches(texts: Sequence[str], rng: random.Random) -> Iterator[list[int]]:
    """Texts of about one length together: padding is what takes the time."""
    order = rng.sample(range(len(texts)), len(texts))
    found = []
    for start in range(0, len(order), BATCH * BUCKET):
        bucket = sorted(order[start : start + BATCH * BUCKET], key=lambda i: len(texts[i]))
        found += [bucket[i : i + BATCH] for i in range(0, len(bucket), BATCH)]
    yield from rng.sample(found, len(found))


def _half(values: torch.Tensor) -> np.ndarray:
    return np.ascontiguousarray(values.detach().numpy(), np.float16)
